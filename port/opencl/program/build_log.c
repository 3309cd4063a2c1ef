/* stoker port: a driver's build log, with its places turned into the user's. The number in a place is that of the line
 * in the whole text (struct stk_opencl_source), whatever name stands before it. A line that no form below fits is
 * copied as it is. Drivers write:
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

/* Bytes that are kept for the last line, which says how many lines were left out. */
#define TAIL_ROOM 32u

/* A part of the log: its first byte and the byte behind its last. */
struct span {
    const char *at, *end;
};

/* Parts of a line of the log that has a place. */
struct found {
    /* name of the file, word for how bad the error is, name of the macro's file, and the message */
    struct span name, severity, spelling, rest;
    uint32_t line, column;                   /* place of the error, counted from 1; column 0: none */
    uint32_t spelling_line, spelling_column; /* place where a macro was written; line 0: none */
};

/* Reads a number of at most 9 digits, so that it fits into 32 bits, and moves `s` behind it. Returns 0 if there is
 * none. */
static int number(struct span *s, uint32_t *value) {
    const char *from = s->at;
    *value = 0;
    for (; s->at < s->end && isdigit((unsigned char)*s->at) && s->at - from < 9; s->at++) {
        *value = *value * 10u + (uint32_t)(*s->at - '0');
    }
    return s->at != from;
}

/* Returns 1 if `s` starts with this text, and then moves `s` behind it. */
static int starts(struct span *s, const char *with) {
    size_t n = strlen(with);
    int yes = (size_t)(s->end - s->at) >= n && memcmp(s->at, with, n) == 0;
    s->at += yes ? n : 0u;
    return yes;
}

/* Reads a word such as "error: ". Returns 1 and moves `s` behind it if there is one. */
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

/* Reads ":line:column" or ":line". Returns 1 and moves `s` behind it if it is there. */
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

/* Reads name:line:column at the start of `s`. Names may hold colons, so the first colon that numbers follow ends the
 * name. */
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

/* Return 1 if a line has the form of PoCL, of clang or of AMD's older compiler (EDG), and fill `f` in. */
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
    /* Skips ranges of columns, which clang writes where they are switched on. */
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

/* Returns 1 if a line names a place. The more special forms come first, since the form of clang fits parts of them. */
static int parse(struct span s, struct found *f) {
    memset(f, 0, sizeof *f);
    return is_pocl(s, f) || is_edg(s, f) || is_clang(s, f);
}

/* Returns 1 if the span is exactly this text. */
static int same(struct span s, const char *text) {
    return strlen(text) == (size_t)(s.end - s.at) && memcmp(s.at, text, strlen(text)) == 0;
}

/* Returns the file or piece in which a line of the whole text lies. Returns NULL if the number is not one of this text:
 * it counts lines of a header of the driver's, or of a macro that the driver keeps apart. */
static const struct stk_opencl_place *find(const struct stk_opencl_source *source, struct span name, uint32_t line) {
    static const char *const apart[] = {"<scratch space>", "<built-in>", "<command line>", "<invalid loc>"};
    const struct stk_opencl_place *at = NULL;
    /* A name that ends in ".h" is foreign unless it is the name of one of our files. */
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

/* The text that is written so far. A line that does not fit is taken back as a whole, unless it is the first one. */
struct writer {
    char *to;          /* start of the text */
    size_t room, used; /* bytes of the room without the final NUL, and bytes written */
    int full;          /* 1: a part did not fit, so nothing more is written */
};

/* Appends bytes as far as they fit, and notes if they do not. */
static void put(struct writer *w, const char *text, size_t bytes) {
    size_t fits = bytes < w->room - w->used ? bytes : w->room - w->used;
    memcpy(w->to + w->used, text, fits);
    w->used += fits;
    w->full = w->full || fits < bytes;
}

static void put_span(struct writer *w, struct span s) {
    put(w, s.at, (size_t)(s.end - s.at));
}

/* Appends a place as name:line:column of the user's piece. A place that is not in the text keeps the driver's words,
 * and one in lines that the port has made has a name only. */
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

/* Appends one line of the log, translated if `f` has its parts. */
static void put_line(struct writer *w, const struct stk_opencl_source *source, struct span text,
                     const struct found *f) {
    size_t from = w->used;
    if (f) {
        put_place(w, source, f->name, f->line, f->column);
        put(w, ": ", 2);
        put_span(w, f->severity);
        put(w, ": ", 2);
        put_span(w, f->rest);
        /* The error lies where the macro is used; the place where it was written helps as well. */
        if (f->spelling_line != 0u) {
            put(w, " (written at ", 13);
            put_place(w, source, f->spelling, f->spelling_line, f->spelling_column);
            put(w, ")", 1);
        }
    } else {
        put_span(w, text);
    }
    put(w, "\n", 1);
    /* A line that was cut goes away as a whole, but a first line that is too long is better than none. */
    w->used = w->full && from != 0u ? from : w->used;
}

/* Writes the lines, or with `errors_only` the errors and the lines that follow each up to the next place. Returns how
 * many lines were left out. */
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
        /* Some drivers end lines with CR and LF. */
        text.end -= text.end > text.at && text.end[-1] == '\r' ? 1 : 0;
        placed = parse(text, &f);
        if (placed && errors_only) {
            on = f.severity.end[-1] == 'r'; /* "error" and its kinds end in r, the other words do not */
        }
        if (on && !w->full) {
            put_line(w, source, text, placed ? &f : NULL);
        }
        left_out += !on || w->full ? 1u : 0u;
    }
    return left_out;
}

void stk_opencl_map_build_log(const struct stk_opencl_source *source, const char *log, size_t bytes, char *to,
                              size_t room) {
    struct writer w = {.to = to, .room = room - 1u};
    uint32_t left_out = write_lines(&w, source, log, bytes, 0);
    /* Not all lines fit, so the errors go first: a long list of warnings must not hide them. */
    if (left_out != 0u && room > 2u * TAIL_ROOM) {
        w = (struct writer){.to = to, .room = room - 1u - TAIL_ROOM};
        left_out = write_lines(&w, source, log, bytes, 1);
        /* There is no error among the lines, so they are written from the start. */
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
