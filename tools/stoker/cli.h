/* Shared by the commands of the stoker program. */
#ifndef STOKER_CLI_H
#define STOKER_CLI_H

#include <getopt.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "stoker/stoker.h"

/* Exit codes. */
#define CLI_OK    0
#define CLI_FAULT 1 /* a file failed while it was read; the rest is right */
#define CLI_BAD   2 /* bad input, or no device: no result was printed; or it could not be written */

/* One line on stderr, "stoker: ...", printed by cli_print_bytes, so without a newline in `format`. Returns CLI_BAD. */
int cli_bad(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Returns what a user of the command does about an error of the library, one clause without a full stop. The texts of
 * the library name no command; this one does where a command helps. */
const char *cli_fix(int err);

/* One line on stderr about something that is not an error. */
void cli_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The line for what getopt_long did not take, '?' or ':': its own lines say what is wrong, and not what to do. */
int cli_bad_option(const char *command, int option, char **argv);

/* Checks that an option with a value is given once: a second value would silently replace the first one. `seen` has a
 * bit for each of `options` and begins as 0. Options without a value may repeat. Returns 0, or CLI_BAD with the line
 * written when `option` was given before. */
int cli_once(const struct option *options, int option, uint64_t *seen);

/* The bytes with those that a terminal would not show as \xHH, a backslash as two. */
void cli_print_bytes(FILE *out, const void *bytes, size_t len);

/* Returns the bytes of the UTF-8 sequence at the start of `bytes`; 0 when there is none. Overlong forms, surrogates and
 * characters above U+10FFFF do not count. */
size_t cli_utf8(const void *bytes, size_t len);

/* "256K", "1M", "2G", "4096": bytes. 0 on success. */
int cli_parse_bytes(const char *text, uint64_t *bytes);

/* A whole number up to `max`. 0 on success. */
int cli_parse_number(const char *text, uint64_t max, uint64_t *number);

uint64_t cli_now_ns(void);

/* A thread may still be inside a driver: the process ends at once when the command is over, without the code that
 * libraries run at its end. */
void cli_leave_threads(void);

/* Zeroed, page-aligned memory of the process; NULL when there is none. */
void *cli_map(size_t bytes);
void cli_unmap(void *memory, size_t bytes);

/* The commands, as X(name, what the command does), in the order of the help: "stoker NAME" is cmd_NAME, which gets its
 * own name in argv[0] and returns an exit code. */
#define CLI_COMMANDS(X)                                                                                                \
    X(scan, "count byte-string patterns in files, on the device")                                                      \
    X(info, "show devices, residency, io_uring features and limits")                                                   \
    X(bench, "measure against peers (stoker bench --help names the cases)")                                            \
    X(replay, "feed a recording into fresh instances and find where they part")                                        \
    X(log, "show and check replay logs")                                                                               \
    X(conform, "run test vectors against this library")

#define CLI_COMMAND(name, what) int cmd_##name(int argc, char **argv);
CLI_COMMANDS(CLI_COMMAND)
#undef CLI_COMMAND

/* Writes "a, b or c" of `count` names to `text`, cut to `size`. Returns text. */
const char *cli_names(char *text, size_t size, const char *const *names, size_t count);

#endif
