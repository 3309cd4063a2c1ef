/* A driver's build log, with its places turned into the user's. The number in a place is that of the line in the whole
 * text (struct stk_opencl_source), whatever name stands before it. Drivers write:
 *
 *   user.cl:700:5: error: ...
 *       clang, by the name of #line, or another: input.cl (oclgrind, Mesa), 1 (Intel), <source> (Mali), BC-src-code
 *       (Adreno), <kernel> (NVIDIA), none (NVIDIA before), <program source> (Apple); with {700:5-700:9}: behind it
 *       where ranges are on; without a column
 *   error: user.cl:700:5: ...
 *       PoCL; also "user.cl:700:5 <Spelling=user.cl:690:21>: ..." for a macro
 *   "/tmp/OCLx.cl", line 700: error: ..
 *       AMD's older compiler
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "program.h"

#define TAIL_ROOM 32u /* for the line that says how many are not there */

struct span {
    const char *at, *end;
};

/* What a line of a log says about a place. */
struct found {
    struct span name, severity, spelling, rest;
    uint32_t line, column; /* column 0: none */
    uint32_t spelling_line, spelling_column;
};

static int number(struct span *s, uint32_t *value) {
    const char *from = s->at;
    *value = 0;
    for (; s->at < s->end && isdigit((unsigned char)*s->at) && s->at - from < 9; s->at++) {
        *value = *value * 10u + (uint32_t)(*s->at - '0');
    }
    return s->at != from;
}

static int starts(struct span *s, const char *with) {
    size_t n = strlen(with);
    int yes = (size_t)(s->end - s->at) >= n && memcmp(s->at, with, n) == 0;
    s->at += yes ? n : 0u;
    return yes;
}

static int severity(struct span *s, struct span *what) {
    static const char *const names[] = {"fatal error", "catastrophic error", "error", "warning", "note", "remark"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct span rest = *s;
        if (starts(&rest, names[i]) && starts(&rest, ": ")) {
            *what = (struct span){s->at, s->at + strlen(names[i])};
            *s = rest;
            return 1;
        }
    }
    return 0;
}

/* ":line:column" or ":line" at `s`. */
static int numbers(struct span *s, uint32_t *line, uint32_t *column) {
    struct span more;
    *column = 0;
    if (!starts(s, ":") || !number(s, line)) {
        return 0;
    }
    more = *s;
    if (starts(&more, ":") && number(&more, column)) {
        *s = more;
    }
    return 1;
}

/* name:line:column, of which `s` starts with the name. Names may hold colons. */
static int place(struct span *s, struct span *name, uint32_t *line, uint32_t *column) {
    for (const char *p = s->at; (p = memchr(p, ':', (size_t)(s->end - p))) != NULL; p++) {
        struct span rest = {p, s->end};
        if (numbers(&rest, line, column)) {
            *name = (struct span){s->at, p};
            s->at = rest.at;
            return 1;
        }
    }
    return 0;
}

static int is_pocl(struct span s, struct found *f) {
    if (!severity(&s, &f->severity) || !place(&s, &f->name, &f->line, &f->column)) {
        return 0;
    }
    if (starts(&s, " <Spelling=") &&
        (!place(&s, &f->spelling, &f->spelling_line, &f->spelling_column) || !starts(&s, ">"))) {
        return 0;
    }
    if (!starts(&s, ": ")) {
        return 0;
    }
    f->rest = s;
    return 1;
}

static int is_clang(struct span s, struct found *f) {
    if (!place(&s, &f->name, &f->line, &f->column) || !starts(&s, ":")) {
        return 0;
    }
    while (starts(&s, "{")) {
        s.at = memchr(s.at, '}', (size_t)(s.end - s.at));
        if (!s.at) {
            return 0;
        }
        s.at++;
        (void)starts(&s, ":");
    }
    if (!starts(&s, " ") || !severity(&s, &f->severity)) {
        return 0;
    }
    f->rest = s;
    return 1;
}

static int is_edg(struct span s, struct found *f) {
    const char *close;
    if (!starts(&s, "\"") || (close = memchr(s.at, '"', (size_t)(s.end - s.at))) == NULL) {
        return 0;
    }
    f->name = (struct span){s.at, close};
    s.at = close;
    f->column = 0;
    if (!starts(&s, "\", line ") || !number(&s, &f->line) || !starts(&s, ": ") || !severity(&s, &f->severity)) {
        return 0;
    }
    f->rest = s;
    return 1;
}

static int parse(struct span s, struct found *f) {
    memset(f, 0, sizeof *f);
    return is_pocl(s, f) || is_edg(s, f) || is_clang(s, f);
}

static int same(struct span s, const char *text) {
    return strlen(text) == (size_t)(s.end - s.at) && memcmp(s.at, text, strlen(text)) == 0;
}

/* The place of a line of the whole text; NULL when the number is not one of it: in a header of the driver's, or a
 * macro that it keeps apart. */
static const struct stk_opencl_place *find(const struct stk_opencl_source *source, struct span name, uint32_t line) {
    static const char *const apart[] = {"<scratch space>", "<built-in>", "<command line>", "<invalid loc>"};
    const struct stk_opencl_place *at = NULL;
    int foreign = name.end - name.at > 2 && memcmp(name.end - 2, ".h", 2) == 0;
    for (uint32_t i = 0; i < source->place_count; i++) {
        const struct stk_opencl_place *p = &source->places[i];
        at = p->line <= line ? p : at;
        foreign =
            foreign && (p->name_bytes != (size_t)(name.end - name.at) || memcmp(p->name, name.at, p->name_bytes) != 0);
    }
    for (size_t i = 0; i < sizeof apart / sizeof *apart; i++) {
        foreign = foreign || same(name, apart[i]);
    }
    return foreign || line >= source->line ? NULL : at;
}

/* What is written so far. A line that does not fit is taken back whole, unless it is the first. */
struct writer {
    char *to;
    size_t room, used; /* room without the NUL */
    int full;
};

static void put(struct writer *w, const char *text, size_t bytes) {
    size_t fits = bytes < w->room - w->used ? bytes : w->room - w->used;
    memcpy(w->to + w->used, text, fits);
    w->used += fits;
    w->full = w->full || fits < bytes;
}

static void put_span(struct writer *w, struct span s) {
    put(w, s.at, (size_t)(s.end - s.at));
}

static void put_place(struct writer *w, const struct stk_opencl_source *source, struct span name, uint32_t line,
                      uint32_t column) {
    const struct stk_opencl_place *at = find(source, name, line);
    char numbers_text[32];
    if (at) {
        put(w, at->name, at->name_bytes);
        line = line - at->line + 1u;
    } else {
        put_span(w, name);
    }
    if (!at || !at->made) {
        snprintf(numbers_text, sizeof numbers_text, column ? ":%u:%u" : ":%u", (unsigned)line, (unsigned)column);
        put(w, numbers_text, strlen(numbers_text));
    }
}

static void put_line(struct writer *w, const struct stk_opencl_source *source, struct span text,
                     const struct found *f) {
    size_t from = w->used;
    if (f) {
        put_place(w, source, f->name, f->line, f->column);
        put(w, ": ", 2);
        put_span(w, f->severity);
        put(w, ": ", 2);
        put_span(w, f->rest);
        if (f->spelling_line != 0u) {
            put(w, " (written at ", 13);
            put_place(w, source, f->spelling, f->spelling_line, f->spelling_column);
            put(w, ")", 1);
        }
    } else {
        put_span(w, text);
    }
    put(w, "\n", 1);
    w->used = w->full && from != 0u ? from : w->used;
}

/* Writes the lines, or only errors and what follows them up to the next place. Returns how many lines are not there. */
static uint32_t write_lines(struct writer *w, const struct stk_opencl_source *source, const char *log, size_t bytes,
                            int errors_only) {
    const char *p = log, *end = log + bytes;
    uint32_t left_out = 0;
    int on = !errors_only;
    while (p < end) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        struct span text = {p, newline ? newline : end};
        struct found f;
        int placed;
        p = newline ? newline + 1 : end;
        text.end -= text.end > text.at && text.end[-1] == '\r' ? 1 : 0;
        placed = parse(text, &f);
        if (placed && errors_only) {
            on = f.severity.end[-1] == 'r'; /* "error" and its kinds */
        }
        if (on && !w->full) {
            put_line(w, source, text, placed ? &f : NULL);
        }
        left_out += !on || w->full ? 1u : 0u;
    }
    return left_out;
}

void stk_opencl_map_log(const struct stk_opencl_source *source, const char *log, size_t bytes, char *to, size_t room) {
    struct writer w = {.to = to, .room = room - 1u};
    uint32_t left_out = write_lines(&w, source, log, bytes, 0);
    if (left_out != 0u && room > 2u * TAIL_ROOM) {
        w = (struct writer){.to = to, .room = room - 1u - TAIL_ROOM};
        left_out = write_lines(&w, source, log, bytes, 1);
        if (w.used == 0u) {
            w.full = 0;
            left_out = write_lines(&w, source, log, bytes, 0);
        }
        if (w.used != 0u && to[w.used - 1u] != '\n') {
            to[w.used++] = '\n';
        }
        w.used += (size_t)snprintf(to + w.used, room - w.used, "... %u more lines\n", (unsigned)left_out);
    }
    to[w.used] = '\0';
}
