/* Reads a file of handlers and its list. */
#include "handlers.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"

#define TEXT_MAX   (1u << 20)
#define LIST_START "#define STK_HANDLERS(X)"
#define HANDLERS   "name a file of handlers in the kernel dialect (kernels/README.md)"

/* Returns the whole file as text, or NULL after printing why. */
static char *load_text(const char *path) {
    const struct cli_file input = {"--handler ", path, HANDLERS};
    size_t length = 0;
    char *text = cli_file_load(&input, TEXT_MAX, &length);
    if (text && strlen(text) != length) {
        cli_bad("--handler %s: not a text: " HANDLERS, path);
        free(text);
        text = NULL;
    }
    return text;
}

/* Passes over blanks, and over the ends of lines that go on. */
static const char *skip(const char *p) {
    for (;;) {
        p += strspn(p, " \t");
        if (p[0] == '\\' && p[strcspn(p, "\n")] == '\n' && strspn(p + 1, "\r") + 1u == strcspn(p, "\n")) {
            p += strcspn(p, "\n") + 1u;
            continue;
        }
        return p;
    }
}

/* Passes over `token` and the blanks around it. Returns NULL when the token is not there. */
static const char *expect(const char *p, const char *token) {
    p = p ? skip(p) : NULL;
    return p && strncmp(p, token, strlen(token)) == 0 ? skip(p + strlen(token)) : NULL;
}

/* Copies the name at `p` to `name`. Returns what follows it; NULL when there is no name, or one that is too long. */
static const char *read_name(const char *p, char name[STK_OPENCL_NAME_MAX + 1u]) {
    size_t n = p ? strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") : 0u;
    if (n == 0u || n > STK_OPENCL_NAME_MAX) {
        return NULL;
    }
    memcpy(name, p, n);
    name[n] = '\0';
    return p + n;
}

/* Overwrites the lines with #include by blanks: on a device the dialect is there already, and there are no files. */
static void drop_includes(char *text) {
    char *line = text;
    while (line) {
        const char *p = line + strspn(line, " \t");
        char *end = strchr(line, '\n');
        if (*p == '#' && strncmp(p + 1u + strspn(p + 1, " \t"), "include", sizeof "include" - 1u) == 0) {
            memset(line, ' ', strcspn(line, "\r\n"));
        }
        line = end ? end + 1 : NULL;
    }
}

/* Reads an entry X(opcode, function, width, cost). Returns NULL when the text is something else. */
static const char *read_handler(struct cli_handlers *h, const char *p) {
    uint32_t i = h->count - 1u;
    struct stk_opencl_piece *piece = &h->pieces[h->count];
    unsigned long opcode;
    const char *wide;
    char *end;
    p = expect(expect(p, "X"), "(");
    if (!p || !isdigit((unsigned char)*p) || h->count == STK_OPENCL_PIECES_MAX) {
        return NULL;
    }
    opcode = strtoul(p, &end, 0);
    p = read_name(expect(end + strspn(end, "uUlL"), ","), h->functions[i]);
    if (!p || opcode > UINT32_MAX) {
        return NULL;
    }
    p = expect(p, ",");
    wide = expect(p, "STK_WIDE");
    p = expect(wide ? wide : expect(p, "STK_SCALAR"), ",");
    p = expect(read_name(p, h->cost_functions[i]), ")");
    h->costs[i] = (struct stk_opencl_cost){(uint32_t)opcode, h->cost_functions[i]};
    *piece = (struct stk_opencl_piece){h->functions[i], NULL, (uint32_t)opcode, h->functions[i],
                                       wide ? STK_WIDE : STK_SCALAR};
    h->count += p ? 1u : 0u;
    h->cost_count += p ? 1u : 0u;
    return p;
}

/* Finds the list of handlers in the file and reads its entries, without a compiler. */
static int read_list(struct cli_handlers *h, const char *path) {
    const char *p = strstr(h->text, LIST_START);
    p = p ? skip(p + sizeof LIST_START - 1u) : NULL;
    while (p && *p == 'X') {
        p = read_handler(h, p);
    }
    if (!p || h->count < 2u || (*p != '\0' && *p != '\n' && *p != '\r')) {
        return cli_bad("--handler %s: end the file with its list, at most %u of them: " LIST_START
                       " X(0x40000001u, function, STK_SCALAR, cost) X(...) (kernels/README.md)",
                       path, CLI_HANDLERS_MAX);
    }
    return 0;
}

int cli_handlers_load(struct cli_handlers *h, const char *path) {
    const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    size_t i, n = strlen(base);
    memset(h, 0, sizeof *h);
    h->text = load_text(path);
    if (!h->text) {
        return CLI_BAD;
    }
    drop_includes(h->text);
    n = n < STK_OPENCL_NAME_MAX ? n : STK_OPENCL_NAME_MAX;
    for (i = 0; i < n; i++) {
        h->file[i] = isalnum((unsigned char)base[i]) || strchr("_.+-", base[i]) ? base[i] : '_';
    }
    h->pieces[h->count++] = (struct stk_opencl_piece){.name = h->file, .source = h->text};
    return read_list(h, path);
}

void cli_handlers_free(struct cli_handlers *h) {
    free(h->text);
    h->text = NULL;
    h->count = 0;
    h->cost_count = 0;
}
