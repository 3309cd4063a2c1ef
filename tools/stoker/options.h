/* The options of the commands: one table for each command. The options are parsed by the table, and --help, man pages
 * and completions are written from it. */
#ifndef STOKER_CLI_OPTIONS_H
#define STOKER_CLI_OPTIONS_H

#include <getopt.h>

#include "cli.h"

#define CLI_ROWS_MAX 60u /* most options of one command */

/* A row of a table. A row whose `id` is not 0 describes an option. A row with id 0 and a `value` describes a word that
 * the command takes. A row with id 0 and no `value` is a heading for the rows below it. A row of zeros ends the
 * table. */
struct cli_row {
    int id;            /* the letter of the short form, or a number above 255 for an option without one */
    const char *name;  /* long form; NULL: none */
    const char *value; /* of an option: name of its value, NULL: the option takes no value; of a word: the word */
    const char *text;  /* text of the help: the effect of the option; of a heading, its words */
    const char *words; /* values to offer, with blanks between them; NULL: files for a FILE, folders for a DIR */
    int repeats;       /* 1: an option with a value that may be given several times */
};

/* A command as its help, its man page and its completion show it. Lines of a text are separated by line feeds; each is
 * wrapped as a paragraph of its own. */
struct cli_page {
    const char *name;     /* name of the command; empty: stoker itself */
    const char *what;     /* effect of the command in a few words, beginning with a verb */
    const char *synopsis; /* text behind the name; a line for each form */
    const char *about;
    const struct cli_row *rows;
    const struct cli_row *shown; /* rows of the help; NULL: `rows` */
    const char *notes;           /* behind the rows; NULL: none */
    const char *exits[3];        /* meaning of the exit codes 0, 1 and 2; NULL: the command has no such code */
    const char *operands;        /* words to offer for operands; NULL: files */
};

struct cli_command {
    const char *name;
    int (*run)(int argc, char **argv);
    const struct cli_page *(*page)(void);
};

/* The commands, as X(name), in the order of the help: "stoker NAME" is cmd_NAME, which gets its own name in argv[0] and
 * returns an exit code; page_NAME returns its page. */
#define CLI_COMMANDS(X) X(scan) X(info) X(bench) X(replay) X(log) X(conform) X(help)

#define CLI_COMMAND(name)                                                                                              \
    int cmd_##name(int argc, char **argv);                                                                             \
    const struct cli_page *page_##name(void);
CLI_COMMANDS(CLI_COMMAND)
#undef CLI_COMMAND

/* The commands as a list; a NULL name ends the list. The first is stoker itself, without `run`. */
extern const struct cli_command cli_commands[];

/* Calls take(to, id) for each option of the command line but CLI_HELP_ROW, with its value in optarg.
 * Returns 0 with optind at the first operand, -1 when the help was printed, or CLI_BAD after printing why. A value
 * is refused that would silently replace an earlier one. */
int cli_options(const struct cli_page *page, int argc, char **argv, int (*take)(void *to, int id), void *to);

/* Takes the number in optarg for the option `name`, `least` to `most`. Returns 0, or CLI_BAD after printing why. */
int cli_number_option(const char *name, uint64_t least, uint64_t most, uint64_t *value);

/* Prints the help of a page, its man page, or the completion of all commands. */
void cli_print_help(const struct cli_page *page, FILE *out);
void cli_print_man(const struct cli_page *page);
void cli_print_bash(void);
void cli_print_zsh(void);

/* Returns the name of the list, which a NULL ends, that `word` is most likely meant to be; NULL: it is like none. */
const char *cli_nearest(const char *word, const char *const *names);

/* Writes ": did you mean NAME?" to `text`, or `otherwise` where no name is near. Returns text. */
const char *cli_did_you_mean(char *text, size_t size, const char *word, const char *const *names,
                             const char *otherwise);

/// Rows of several commands ///

#define CLI_HELP_ROW                                                                                                   \
    { 'h', "help", NULL, "print this help", NULL, 0 }
#define CLI_COLOR_ROW(color)                                                                                           \
    {                                                                                                                  \
        color, "color", "WHEN", "auto, always or never (auto: on a terminal, unless NO_COLOR is set)",                 \
            "auto always never", 0                                                                                     \
    }

#define CLI_MODE_ROWS(residency, memory)                                                                               \
    {residency, "residency", "MODE", "ask for " CLI_RESIDENCIES, "resident quantum batch", 0}, {                       \
        memory, "memory", "KIND", "ask for " CLI_MEMORIES, "svm-atomics host-nv alloc-host use-host svm copies", 0     \
    }

#define CLI_OPEN_ENVIRONMENT                                                                                           \
    { 0, NULL, "STOKER_OPEN_SECONDS", "most seconds for opening a device, its compiler included (120)", NULL, 0 }

#define CLI_MODE_ENVIRONMENT                                                                                           \
    {0,                                                                                                                \
     NULL,                                                                                                             \
     "STOKER_RESIDENCY",                                                                                               \
     "the --residency of OpenCL devices where neither --residency nor --memory is given",                              \
     NULL,                                                                                                             \
     0},                                                                                                               \
        {0, NULL, "STOKER_MEMORY", "the --memory of OpenCL devices, likewise", NULL, 0}, CLI_OPEN_ENVIRONMENT

#endif
