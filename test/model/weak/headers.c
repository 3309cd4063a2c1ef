/* Compares the headers in include/ with those for which they stand in: what each call asks for in the real ones. */
#include "headers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATOMIC  "kernels/include/stoker/atomic.h"
#define LANG    "kernels/include/stoker/kernel/lang.h"
#define LINES   512
#define COLUMNS 256

/* The n-th definition of a function in a file, and what stands in its body: the words in this order. */
static const struct definition {
    const char *file, *head;
    unsigned number;
    const char *words[3];
    unsigned fences; /* calls of STK_MEM_FENCE() in all */
} definitions[] = {
    {ATOMIC, "stk_load(", 1, {"atomic_load_explicit", "(relaxed)"}, 0},
    {ATOMIC, "stk_load_acquire(", 1, {"atomic_load_explicit", "(acquire)"}, 0},
    {ATOMIC, "stk_store(", 1, {"atomic_store_explicit", "(relaxed)"}, 0},
    {ATOMIC, "stk_store_release(", 1, {"atomic_store_explicit", "(release)"}, 0},
    {ATOMIC, "stk_cas(", 1, {"atomic_compare_exchange_strong_explicit", "(acq_rel)", "(acquire)"}, 0},
    {ATOMIC, "stk_fetch_add(", 1, {"atomic_fetch_add_explicit", "(acq_rel)"}, 0},
    /* as OpenCL C */
    {LANG, "stk_ld(", 1, {"volatile"}, 0},
    {LANG, "stk_ld_fenced(", 1, {"stk_ld(p)"}, 0},
    {LANG, "stk_ld_acquire(", 1, {"volatile", "STK_MEM_FENCE()"}, 1},
    {LANG, "stk_st(", 1, {"volatile"}, 0},
    {LANG, "stk_st_release(", 1, {"STK_MEM_FENCE()", "volatile"}, 1},
    {LANG, "stk_st_fenced(", 1, {"stk_st(p, v)"}, 0},
    {LANG, "stk_cmpxchg_relaxed(", 1, {"atomic_cmpxchg"}, 0},
    {LANG, "stk_cmpxchg(", 1, {"stk_cmpxchg_relaxed", "STK_MEM_FENCE()"}, 1},
    {LANG, "stk_add(", 1, {"atomic_add"}, 0},
    /* as C11 */
    {LANG, "stk_ld(", 2, {"stk_load(p)"}, 0},
    {LANG, "stk_ld_fenced(", 2, {"stk_load_acquire(p)"}, 0},
    {LANG, "stk_ld_acquire(", 2, {"stk_load_acquire(p)"}, 0},
    {LANG, "stk_st(", 2, {"stk_store(p, v)"}, 0},
    {LANG, "stk_st_release(", 2, {"stk_store_release(p, v)"}, 0},
    {LANG, "stk_st_fenced(", 2, {"stk_store_release(p, v)"}, 0},
    {LANG, "stk_cmpxchg(", 2, {"stk_cas(p, expected, desired)"}, 0},
    {LANG, "stk_cmpxchg_relaxed(", 2, {"stk_cas(p, expected, desired)"}, 0},
    {LANG, "stk_add(", 2, {"stk_fetch_add(p, v)"}, 0},
};

static char text[LINES][COLUMNS];
static unsigned line_count;

static void read_header(const char *root, const char *file) {
    char path[COLUMNS * 2];
    FILE *f;
    (void)snprintf(path, sizeof path, "%s/%s", root, file);
    f = fopen(path, "r");
    if (!f) {
        perror(path);
        exit(2);
    }
    line_count = 0;
    while (line_count < LINES && fgets(text[line_count], COLUMNS, f)) {
        line_count++;
    }
    (void)fclose(f);
}

/* Returns the line in which the function is defined: it begins there, in the first column, and opens its body. */
static unsigned find_definition(const struct definition *d) {
    unsigned seen = 0;
    for (unsigned i = 0; i < line_count; i++) {
        const char *at = strstr(text[i], d->head);
        bool is_head = (text[i][0] == 's' || text[i][0] == 'S') && at && at != text[i] && strchr(text[i], '{');
        if (is_head && (at[-1] == ' ' || at[-1] == '*') && ++seen == d->number) {
            return i;
        }
    }
    return line_count;
}

static bool is_as_told(const struct definition *d) {
    unsigned word = 0, fences = 0, i = find_definition(d) + 1u;
    for (; i < line_count && text[i][0] != '}'; i++) {
        const char *at = text[i];
        while (word < 3 && d->words[word] && (at = strstr(at, d->words[word]))) {
            word++;
        }
        fences += strstr(text[i], "STK_MEM_FENCE()") != NULL;
    }
    return i < line_count && (word == 3 || !d->words[word]) && fences == d->fences;
}

unsigned headers_compare(const char *root) {
    const char *file = NULL;
    unsigned wrong = 0;
    for (unsigned i = 0; i < sizeof definitions / sizeof definitions[0]; i++) {
        const struct definition *d = &definitions[i];
        if (d->file != file) {
            read_header(root, d->file);
            file = d->file;
        }
        if (!is_as_told(d)) {
            printf("%s: %s) is not what weak/include says of it (definition %u)\n", d->file, d->head, d->number);
            wrong++;
        }
    }
    return wrong;
}
