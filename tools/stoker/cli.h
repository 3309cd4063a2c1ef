/* Shared by the commands of the stoker program. */
#ifndef STOKER_CLI_H
#define STOKER_CLI_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "stoker/stoker.h"

/* Exit codes. */
#define CLI_OK    0
#define CLI_FAULT 1 /* a file could not be read; the rest is right */
#define CLI_BAD   2 /* bad input, or no device: no result was printed; or it could not be written */

/* Prints one line on stderr, "stoker: ...". Its control bytes are escaped, so `format` has no newline; on a terminal
 * the line is broken at blanks. Returns CLI_BAD. */
int cli_bad(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Returns what a user of the command does about an error of the library, one clause without a full stop. The texts of
 * the library name no command; this one does where a command helps. */
const char *cli_fix(int err);

/* Prints one line on stderr about something that is not an error. */
void cli_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints bytes. A byte that a terminal would not show is printed as \xHH, and a backslash as two. */
void cli_print_bytes(FILE *out, const void *bytes, size_t len);

/* Returns the bytes of the UTF-8 sequence at the start of `bytes`; 0 when there is none. Overlong forms, surrogates and
 * characters above U+10FFFF do not count. */
size_t cli_utf8(const void *bytes, size_t len);

/* Reads a number of bytes: "256K", "1M", "2G", "4096". Returns 0 on success. */
int cli_parse_bytes(const char *text, uint64_t *bytes);

/* Reads a whole number up to `max`. Returns 0 on success. */
int cli_parse_number(const char *text, uint64_t max, uint64_t *number);

uint64_t cli_now_ns(void);

/* Says that a thread may still be inside a driver. Then the process ends at once when the command is over, without the
 * code that libraries run at the end of a process. */
void cli_leave_threads(void);

/* Returns zeroed, page-aligned memory of the process, or NULL where there is none. */
void *cli_map(size_t bytes);
void cli_unmap(void *memory, size_t bytes);

/// Colour ///

enum cli_color {
    CLI_COLOR_AUTO,
    CLI_COLOR_ALWAYS,
    CLI_COLOR_NEVER
};

enum cli_paint {
    CLI_PLAIN,
    CLI_NAME,    /* name of a file or device */
    CLI_NUMBER,  /* offset in a file */
    CLI_PATTERN, /* bytes that were found */
    CLI_PAINTS
};

/* Reads the value of --color. Returns 0, or CLI_BAD after printing why. */
int cli_parse_color(const char *text, enum cli_color *color);

/* Makes cli_paint work, or not: with AUTO on a terminal alone, and not where NO_COLOR or TERM speak against it. */
void cli_color_begin(enum cli_color color);

/* Prints what the following bytes on standard output are painted with; nothing without colours. */
void cli_paint(enum cli_paint paint);

/// Columns ///

/* Prints words from column `at` on, in lines of at most so many columns with an indentation, and ends the last line. */
void cli_wrap(FILE *out, const char *text, size_t bytes, size_t at, size_t indent, size_t columns);

#define CLI_FACT_AT 14u /* column of the texts of cli_fact */

/* Prints a label and a text beside it, one blank behind a label that reaches into its column; on a terminal in lines
 * that the terminal does not break. The text's control bytes are escaped. */
void cli_fact(FILE *out, const char *label, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Prints a line for programs and people, KEY=VALUE with a blank between two: on a terminal in lines that the terminal
 * does not break, anywhere else in one. */
void cli_record(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/// Names ///

/* Returns the end of a noun behind the number `n`: "" for 1, else "s". */
static inline const char *cli_s(uint64_t n) {
    return n == 1u ? "" : "s";
}

/* Writes "a, b or c" of `count` names to `text`, cut to `size`. Returns text. */
const char *cli_names(char *text, size_t size, const char *const *names, size_t count);

#endif
