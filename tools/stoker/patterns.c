#include "patterns.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output.h"

#define SET_MAX (UINT64_C(1) << 30) /* bytes of a pattern file */

/* Reads a whole file or pipe into memory. */
static char *read_all(int fd, size_t *length) {
    size_t room = 65536, n = 0;
    char *text = malloc(room);
    while (text) {
        ssize_t got = read(fd, text + n, room - n);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            *length = n;
            if (got == 0) {
                return text;
            }
            break;
        }
        n += (size_t)got;
        if (n == room) {
            char *more = room < SET_MAX ? realloc(text, room * 2u) : NULL;
            if (!more) {
                errno = EFBIG;
                break;
            }
            text = more;
            room *= 2u;
        }
    }
    free(text);
    return NULL;
}

static int split(struct patterns *p, const char *path, size_t length) {
    size_t lines = 0, start = 0;
    for (size_t i = 0; i < length; i++) {
        lines += p->text[i] == '\n';
    }
    lines += length > 0 && p->text[length - 1u] != '\n';
    if (lines == 0) {
        return cli_bad("%s: the pattern file is empty: put one pattern on each line", path);
    }
    p->items = calloc(lines, sizeof *p->items);
    if (!p->items || lines > UINT32_MAX / 2u) {
        return cli_bad("%s: no memory for %zu patterns: split the file", path, lines);
    }
    for (size_t i = 0; i < lines; i++) {
        const char *end = memchr(p->text + start, '\n', length - start);
        size_t len = end ? (size_t)(end - (p->text + start)) : length - start;
        if (len == 0) {
            return cli_bad("%s:%zu: empty pattern: remove the empty line", path, i + 1u);
        }
        p->items[p->count++] = (struct stk_pattern){(const uint8_t *)p->text + start, (uint32_t)len};
        start += len + 1u;
    }
    return 0;
}

int patterns_load(struct patterns *p, const char *path) {
    struct stat st;
    size_t length = 0;
    int bad = cli_input(path), fd;
    memset(p, 0, sizeof *p);
    if (bad) {
        return bad;
    }
    fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return cli_bad("%s: %s: name a readable pattern file after -f", path, strerror(errno));
    }
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        close(fd);
        return cli_bad("%s: is a directory: name a pattern file after -f", path);
    }
    p->text = read_all(fd, &length);
    close(fd);
    if (!p->text) {
        return cli_bad("%s: %s: name a readable pattern file of at most 1 GiB after -f", path, strerror(errno));
    }
    return split(p, path, length);
}

static uint32_t distinct_bytes(const struct patterns *p, uint64_t *total) {
    uint8_t used[256] = {0};
    uint32_t n = 0;
    *total = 0;
    for (uint32_t i = 0; i < p->count; i++) {
        *total += p->items[i].len;
        for (uint32_t k = 0; k < p->items[i].len; k++) {
            n += used[p->items[i].bytes[k]] == 0;
            used[p->items[i].bytes[k]] = 1;
        }
    }
    return n;
}

int patterns_build(struct patterns *p) {
    struct stk_arena arena;
    uint64_t total;
    uint32_t distinct = distinct_bytes(p, &total);
    int err;
    p->memory_bytes = stk_automaton_bytes(p->count, total, distinct);
    p->memory = p->memory_bytes ? cli_map(p->memory_bytes) : NULL;
    if (!p->memory) {
        return cli_bad("%u patterns of %llu bytes make a table that does not fit: split the pattern file", p->count,
                       (unsigned long long)total);
    }
    stk_arena_init(&arena, p->memory, p->memory_bytes);
    err = stk_automaton_build(&p->automaton, p->items, p->count, &arena);
    return err == STK_OK ? 0 : cli_bad("patterns: %s: %s", stk_err_name(err), stk_err_fix(err));
}

void patterns_free(struct patterns *p) {
    cli_unmap(p->memory, p->memory_bytes);
    free(p->items);
    free(p->text);
    memset(p, 0, sizeof *p);
}
