/* Finds the calls that ask for an order in the text of the sources. */
#include "orders.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_      512
#define EXCEPTIONS_MAX 256

static const char *const part_names[WEAK_PARTS] = {"acquire", "release", "failure", "fence"};

#define PART(name) (1u << WEAK_PART_##name)

/* The calls, and what each asks for: on the host and where kernels run as C11, and where kernels run on a device. */
static const struct call {
    const char *name;
    unsigned parts, device_parts;
} calls[] = {
    {"stk_load_acquire", PART(ACQUIRE), 0},
    {"stk_store_release", PART(RELEASE), 0},
    {"stk_cas", PART(ACQUIRE) | PART(RELEASE) | PART(FAILURE), 0},
    {"stk_fetch_add", PART(ACQUIRE) | PART(RELEASE), 0},
    {"stk_ld_fenced", PART(ACQUIRE), 0},
    {"stk_ld_acquire", PART(ACQUIRE), PART(FENCE)},
    {"stk_st_fenced", PART(RELEASE), 0},
    {"stk_st_release", PART(RELEASE), PART(FENCE)},
    {"stk_cmpxchg_relaxed", PART(ACQUIRE) | PART(RELEASE) | PART(FAILURE), 0},
    {"stk_cmpxchg", PART(ACQUIRE) | PART(RELEASE) | PART(FAILURE), PART(FENCE)},
    {"stk_add", PART(ACQUIRE) | PART(RELEASE), 0},
    {"STK_MEM_FENCE", 0, PART(FENCE)},
    {"STK_MEM_FENCE_LOADS", 0, PART(FENCE)},
    {"STK_MEM_FENCE_DEVICE", 0, PART(FENCE)},
};

/* Kernels that only run with several lanes, and so never as C11. */
static const char *const wide[] = {"kernels/mail.h", "kernels/loop_wide.h"};

struct exception {
    char file[96], fragment[128];
    unsigned parts, used; /* bits */
    unsigned line;
};

static struct exception exceptions[EXCEPTIONS_MAX];
static unsigned exception_count, faults;

/// Exceptions ///

static unsigned part_of_name(const char *name) {
    for (unsigned p = 0; p < WEAK_PARTS; p++) {
        if (strcmp(name, part_names[p]) == 0) {
            return 1u << p;
        }
    }
    return 0;
}

/* A line is `FILE: PART[,PART]: FRAGMENT`; the lines behind it that begin with a space are the reason. */
static void read_exception(char *line, unsigned number) {
    struct exception *e = &exceptions[exception_count];
    char *file = strtok(line, ":"), *parts = strtok(NULL, ":"), *fragment = strtok(NULL, "\n");
    if (!file || !parts || !fragment || exception_count == EXCEPTIONS_MAX || strlen(file) >= sizeof e->file ||
        strlen(fragment) >= sizeof e->fragment) {
        printf("exceptions, line %u: not FILE: PARTS: FRAGMENT\n", number);
        faults++;
        return;
    }
    *e = (struct exception){.line = number};
    strcpy(e->file, file);
    strcpy(e->fragment, fragment + strspn(fragment, " "));
    for (char *p = strtok(parts, " ,"); p; p = strtok(NULL, " ,")) {
        e->parts |= part_of_name(p);
    }
    exception_count++;
}

static void read_exceptions(const char *path) {
    char line[LINE_MAX_];
    unsigned number = 0;
    FILE *f = fopen(path, "r");
    if (!f) {
        perror(path);
        exit(2);
    }
    while (fgets(line, sizeof line, f)) {
        number++;
        if (line[0] != '#' && line[0] != ' ' && line[0] != '\n') {
            read_exception(line, number);
        }
    }
    (void)fclose(f);
}

static bool is_excepted(const char *file, const char *text, enum weak_part part) {
    bool found = false;
    for (unsigned i = 0; i < exception_count; i++) {
        struct exception *e = &exceptions[i];
        if ((e->parts >> part & 1u) != 0u && strcmp(e->file, file) == 0 && strstr(text, e->fragment)) {
            e->used |= 1u << part;
            found = true;
        }
    }
    return found;
}

/// Sources ///

static bool is_name(char c) {
    return isalnum((unsigned char)c) || c == '_';
}

/* Returns where the call stands in the text; NULL: nowhere. */
static const char *find_call(const char *text, const char *name) {
    size_t n = strlen(name);
    for (const char *at = strstr(text, name); at; at = strstr(at + 1, name)) {
        if ((at == text || !is_name(at[-1])) && at[n] == '(') {
            return at;
        }
    }
    return NULL;
}

/* Blanks comments. `inside`: a comment that began on an earlier line goes on. */
static void strip(char *text, bool *inside) {
    for (char *c = text; *c != '\0' && *c != '\n'; c++) {
        if (*inside) {
            if (c[0] == '*' && c[1] == '/') {
                *inside = false;
                *c++ = ' ';
            }
            *c = ' ';
        } else if (c[0] == '/' && c[1] == '*') {
            *inside = true;
            *c++ = ' ';
            *c = ' ';
        }
    }
}

static bool is_wide(const char *file) {
    for (unsigned i = 0; i < sizeof wide / sizeof wide[0]; i++) {
        if (strcmp(file, wide[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Returns true if the path of a compiled file ends in this name. */
static bool is_file(const char *path, const char *name) {
    size_t a = strlen(path), b = strlen(name);
    return a >= b && strcmp(path + a - b, name) == 0 && (a == b || path[a - b - 1u] == '/');
}

bool orders_is_checked(const char *path, char **files, unsigned file_count) {
    for (unsigned i = 0; i < file_count; i++) {
        if (is_file(path, files[i])) {
            return true;
        }
    }
    return false;
}

struct place {
    const char *file, *text;
    unsigned line;
};

static void judge(const struct place *at, const struct call *call, enum weak_part part, const struct order *orders,
                  unsigned count) {
    bool is_asked = false;
    const char *needed_by = NULL;
    for (unsigned i = 0; i < count; i++) {
        const struct order *o = &orders[i];
        /* a call that is longer than a line has its last line as its number, with some compilers */
        if (o->part == part && strcmp(o->site.call, call->name) == 0 && is_file(o->site.file, at->file) &&
            o->site.line >= (int)at->line && o->site.line <= (int)at->line + 2) {
            is_asked = true;
            needed_by = needed_by ? needed_by : o->needed_by;
        }
    }
    if (needed_by) {
        printf("%s:%u: %s, %s: needed by %s\n", at->file, at->line, call->name, part_names[part], needed_by);
    } else if (is_excepted(at->file, at->text, part)) {
        printf("%s:%u: %s, %s: see the exceptions\n", at->file, at->line, call->name, part_names[part]);
    } else {
        printf("%s:%u: %s, %s: %s\n", at->file, at->line, call->name, part_names[part],
               is_asked ? "NO PROGRAM FAILS WITHOUT IT" : "IN NO PROGRAM");
        faults++;
    }
}

static void read_source(const char *root, const char *file, const struct order *orders, unsigned count) {
    char path[LINE_MAX_], line[LINE_MAX_], text[LINE_MAX_];
    struct place at = {.file = file, .text = text};
    bool inside = false;
    FILE *f;
    (void)snprintf(path, sizeof path, "%s/%s", root, file);
    f = fopen(path, "r");
    if (!f) {
        perror(path);
        exit(2);
    }
    while (fgets(line, sizeof line, f)) {
        at.line++;
        strcpy(text, line);
        strip(line, &inside);
        for (unsigned i = 0; i < sizeof calls / sizeof calls[0]; i++) {
            unsigned parts = calls[i].device_parts | (is_wide(file) ? 0u : calls[i].parts);
            for (unsigned p = 0; p < WEAK_PARTS && find_call(line, calls[i].name); p++) {
                if ((parts >> p & 1u) != 0u) {
                    judge(&at, &calls[i], (enum weak_part)p, orders, count);
                }
            }
        }
    }
    (void)fclose(f);
}

unsigned orders_compare(const struct order *orders, unsigned count, const char *root, const char *path, char **files,
                        unsigned file_count) {
    read_exceptions(path);
    for (unsigned i = 0; i < file_count; i++) {
        read_source(root, files[i], orders, count);
    }
    for (unsigned i = 0; i < exception_count; i++) {
        for (unsigned p = 0; p < WEAK_PARTS; p++) {
            if (((exceptions[i].parts & ~exceptions[i].used) >> p & 1u) != 0u) {
                printf("exceptions, line %u: %s needs no exception\n", exceptions[i].line, part_names[p]);
                faults++;
            }
        }
    }
    return faults;
}
