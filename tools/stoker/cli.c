/* Functions that all commands share: messages, lines that fit a terminal, numbers of the command line, colours, and the
 * advice for each error of the library. */
#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define RECORD_INDENT 2u   /* indentation of the second and further lines of a record */
#define LINE_BYTES    8192 /* most bytes of a message: longer than any path */

/* Returns 1 for a byte that could move the cursor of a terminal or change its state. */
static int is_control(unsigned char b) {
    return b < 0x20 || b == 0x7F;
}

void cli_print_bytes(FILE *out, const void *bytes, size_t len) {
    const unsigned char *b = bytes;
    size_t i = 0, plain;
    while (i < len) {
        if (is_control(b[i])) {
            fprintf(out, "\\x%02X", b[i++]);
            continue;
        }
        /* Writes all bytes up to the next special one in one call, because a pattern may have thousands of bytes. */
        fputs(b[i] == '\\' ? "\\" : "", out);
        for (plain = 1; i + plain < len && !is_control(b[i + plain]) && b[i + plain] != '\\'; plain++) {
        }
        fwrite(b + i, 1, plain, out);
        i += plain;
    }
}

void cli_wrap(FILE *out, const char *text, size_t bytes, size_t at, size_t indent, size_t columns) {
    const char *end = text + bytes;
    while (text < end) {
        const char *word = text;
        size_t blanks, length;
        while (word < end && *word == ' ') {
            word++;
        }
        blanks = (size_t)(word - text);
        for (length = 0; word + length < end && word[length] != ' '; length++) {
        }
        if (blanks != 0u && at + blanks + length > columns) {
            fprintf(out, "\n%*s", (int)indent, "");
            at = indent;
        } else {
            fprintf(out, "%*s", (int)blanks, "");
            at += blanks;
        }
        fwrite(word, 1, length, out);
        at += length;
        text = word + length;
    }
    fputc('\n', out);
}

/* Returns the columns of the terminal that `out` is, without the last one; SIZE_MAX: it is none. */
static size_t columns_of(FILE *out) {
    struct winsize window;
    return ioctl(fileno(out), TIOCGWINSZ, &window) == 0 && window.ws_col > 2u * CLI_FACT_AT ? window.ws_col - 1u
                                                                                            : SIZE_MAX;
}

/* Prints a label, and a text from column `at` on. Escapes control bytes, which a file name may bring into the text, so
 * that the output is one line. On a terminal the line is broken to fit. One call writes all of the output, so that
 * lines of several processes stay whole. */
static void print_beside(FILE *out, const char *label, size_t at, const char *format, va_list args) {
    char text[LINE_BYTES], *escaped = NULL, *lines = NULL;
    size_t escaped_bytes = 0, bytes = 0;
    FILE *escaping = open_memstream(&escaped, &escaped_bytes), *wrapping = open_memstream(&lines, &bytes);
    vsnprintf(text, sizeof text, format, args);
    if (escaping) {
        cli_print_bytes(escaping, text, strlen(text));
        fclose(escaping);
    }
    if (wrapping) {
        fprintf(wrapping, "%-*s", (int)at, label);
        cli_wrap(wrapping, escaped ? escaped : "", escaped_bytes, at, at, columns_of(out));
        fclose(wrapping);
    }
    if (bytes != 0u) {
        fwrite(lines, 1, bytes, out);
    } else {
        fprintf(out, "%sno memory for a message\n", label);
    }
    free(escaped);
    free(lines);
}

static void line(const char *format, va_list args) {
    static const char label[] = "stoker: ";
    print_beside(stderr, label, sizeof label - 1u, format, args);
}

void cli_fact(FILE *out, const char *label, const char *format, ...) {
    va_list args;
    va_start(args, format);
    print_beside(out, label, strlen(label) < CLI_FACT_AT ? CLI_FACT_AT : strlen(label) + 1u, format, args);
    va_end(args);
}

void cli_record(FILE *out, const char *format, ...) {
    char text[LINE_BYTES];
    size_t columns;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    columns = columns_of(out);
    if (columns == SIZE_MAX) { /* a log may have millions of records */
        fputs(text, out);
        fputc('\n', out);
    } else {
        cli_wrap(out, text, strlen(text), 0, RECORD_INDENT, columns);
    }
}

int cli_bad(const char *format, ...) {
    va_list args;
    va_start(args, format);
    line(format, args);
    va_end(args);
    return CLI_BAD;
}

void cli_note(const char *format, ...) {
    va_list args;
    va_start(args, format);
    line(format, args);
    va_end(args);
}

int cli_parse_number(const char *text, uint64_t max, uint64_t *number) {
    char *end;
    unsigned long long value;
    if (text[0] < '0' || text[0] > '9') {
        return -1;
    }
    errno = 0; /* strtoull says only by errno that a number is too large */
    value = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || value > max) {
        return -1;
    }
    *number = value;
    return 0;
}

int cli_parse_bytes(const char *text, uint64_t *bytes) {
    static const char units[] = "KMG";
    char digits[32];
    size_t n = strlen(text);
    unsigned shift = 0;
    const char *unit;
    if (n == 0 || n >= sizeof digits) {
        return -1;
    }
    memcpy(digits, text, n + 1u);
    unit = strchr(units, digits[n - 1u]); /* the index in `units` is the power of 1,024, less 1 */
    if (unit) {
        shift = 10u * (unsigned)(unit - units + 1);
        digits[n - 1u] = '\0';
    }
    if (cli_parse_number(digits, UINT64_MAX >> shift, bytes) != 0) {
        return -1;
    }
    *bytes <<= shift;
    return 0;
}

uint64_t cli_now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

void *cli_map(size_t bytes) {
    void *memory = mmap(NULL, bytes ? bytes : 1u, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void cli_unmap(void *memory, size_t bytes) {
    if (memory) {
        munmap(memory, bytes ? bytes : 1u);
    }
}

const char *cli_fix(int err) {
    switch (err) {
    case STK_E_NODEV:
        return "`stoker info` lists the devices that run kernels";
    case STK_E_UNSUPPORTED:
        return "this device or kernel lacks a needed feature: use another port; `stoker info` says why";
    case STK_E_LOCKED:
        return "too little locked memory: raise `ulimit -l`, or use a smaller --chunk or --depth";
    default:
        return stk_err_fix(err);
    }
}

static int is_painted; /* 1: colours are printed */

int cli_parse_color(const char *text, enum cli_color *color) {
    static const char *const names[] = {"auto", "always", "never"};
    for (uint32_t i = 0; i < 3u; i++) {
        if (strcmp(text, names[i]) == 0) {
            *color = (enum cli_color)i;
            return 0;
        }
    }
    return cli_bad("--color %s: give auto, always or never", text);
}

void cli_color_begin(enum cli_color color) {
    const char *none = getenv("NO_COLOR"), *term = getenv("TERM");
    /* NO_COLOR is a convention of many programs: any text in it switches colours off. */
    int fits = isatty(STDOUT_FILENO) && (!none || !none[0]) && term && strcmp(term, "dumb") != 0;
    is_painted = color == CLI_COLOR_ALWAYS || (color == CLI_COLOR_AUTO && fits);
}

void cli_paint(enum cli_paint paint) {
    static const char *const codes[CLI_PAINTS] = {"\033[0m", "\033[35m", "\033[32m", "\033[1;31m"};
    if (is_painted) {
        fputs(codes[paint], stdout);
    }
}

const char *cli_names(char *text, size_t size, const char *const *names, size_t count) {
    size_t at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count && at < size; i++) {
        const char *before = i == 0 ? "" : i + 1 == count ? " or " : ", ";
        at += (size_t)snprintf(text + at, size - at, "%s%s", before, names[i]);
    }
    return text;
}
