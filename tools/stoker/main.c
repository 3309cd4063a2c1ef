/* The stoker command: finds the subcommand and runs it, prints help, and sets up what all subcommands rely on. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "options.h"

/// Pages ///

/* Returns the page of the command itself, with a row for each subcommand. */
static const struct cli_page *page_stoker(void) {
    static struct cli_row rows[CLI_ROWS_MAX];
    static const struct cli_page page = {
        .name = "",
        .what = "keeps one kernel running on a device and feeds it from storage",
        .synopsis = "COMMAND [OPTION]... [FILE]...\nhelp [COMMAND]",
        .about = "",
        .rows = rows,
        .exits = {"all went well",
                  "a part failed: a file that could not be read, a figure or a vector that is wrong, a difference",
                  "bad input or no device: no result was printed, or it could not be written"},
    };
    uint32_t n = 0;
    rows[n++] = (struct cli_row){.text = "Commands"};
    for (const struct cli_command *c = cli_commands + 1; c->name; c++) {
        rows[n++] = (struct cli_row){.value = c->name, .text = c->page()->what};
    }
    rows[n++] = (struct cli_row){.text = "Options"};
    rows[n++] = (struct cli_row){.id = 'V', .name = "version", .text = "print the version"};
    rows[n++] = (struct cli_row)CLI_HELP_ROW;
    return &page;
}

const struct cli_command cli_commands[] = {
    {"", NULL, page_stoker},
#define COMMAND(name) {#name, cmd_##name, page_##name},
    CLI_COMMANDS(COMMAND)
#undef COMMAND
        {NULL, NULL, NULL},
};

/// Help ///

static const struct cli_command *find(const char *name) {
    const struct cli_command *c = cli_commands + 1;
    while (c->name && strcmp(c->name, name) != 0) {
        c++;
    }
    return c->name ? c : NULL;
}

/* Prints the line for a word that is no command. */
static int no_command(const char *name) {
    const char *names[CLI_ROWS_MAX] = {NULL};
    char text[256], use[160] = ": use ";
    size_t count = 0;
    for (const struct cli_command *c = cli_commands + 1; c->name; c++) {
        names[count++] = c->name;
    }
    cli_names(use + strlen(use), sizeof use - strlen(use), names, count);
    return cli_bad("no command '%s'%s", name, cli_did_you_mean(text, sizeof text, name, names, use));
}

enum {
    OPT_MAN = 256,
    OPT_COMPLETION
};

static const struct cli_row help_rows[] = {
    {0, NULL, NULL, "Options", NULL, 0},
    {OPT_MAN, "man", NULL, "print the man page instead, for man -l", NULL, 0},
    {OPT_COMPLETION, "completion", "SHELL", "print the completion for bash or zsh", "bash zsh", 0},
    CLI_HELP_ROW,
    {0, NULL, NULL, NULL, NULL, 0},
};

const struct cli_page *page_help(void) {
    static char commands[160];
    static const struct cli_page page = {
        .name = "help",
        .what = "print the help of a command",
        .synopsis = "[OPTION]... [COMMAND]",
        .about = "Prints what a command does and which options it has, as stoker COMMAND --help does.",
        .rows = help_rows,
        .exits = {"the help was printed", NULL, "no such command"},
        .operands = commands,
    };
    commands[0] = '\0';
    for (const struct cli_command *c = cli_commands + 1; c->name; c++) {
        strcat(strcat(commands, commands[0] ? " " : ""), c->name);
    }
    return &page;
}

struct help_options {
    const char *shell;
    int man;
};

static int take_help_option(void *to, int id) {
    struct help_options *o = to;
    if (id == OPT_MAN) {
        o->man = 1;
    } else if (strcmp(optarg, "bash") != 0 && strcmp(optarg, "zsh") != 0) {
        return cli_bad("--completion %s: give bash or zsh", optarg);
    } else {
        o->shell = optarg;
    }
    return 0;
}

int cmd_help(int argc, char **argv) {
    struct help_options o = {NULL, 0};
    const struct cli_command *command = cli_commands;
    int code = cli_options(page_help(), argc, argv, take_help_option, &o);
    if (code != 0) {
        return code < 0 ? CLI_OK : code;
    }
    if (argc - optind > 1) {
        return cli_bad("help takes one command: leave '%s' away", argv[optind + 1]);
    }
    if (optind < argc && (command = find(argv[optind])) == NULL) {
        return no_command(argv[optind]);
    }
    if (o.shell) {
        (strcmp(o.shell, "bash") == 0 ? cli_print_bash : cli_print_zsh)();
    } else if (o.man) {
        cli_print_man(command->page());
    } else {
        cli_print_help(command->page(), stdout);
    }
    return CLI_OK;
}

/// The process ///

/* Opens /dev/null in the place of each standard stream that the caller closed, so that no device or file gets its
 * number. The replacement refuses every use: standard input can only be written, and the other two can only be read. */
static void hold_standard_streams(void) {
    for (int fd = 0; fd < 3; fd++) {
        if (fcntl(fd, F_GETFD) < 0) {
            (void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        }
    }
}

static int threads_left;

void cli_leave_threads(void) {
    threads_left = 1;
}

/* Does nothing. A signal that has a handler does not end the process; programs that this process starts do not inherit
 * the handler. */
static void ignore(int number) {
    (void)number;
}

/* Lets a write fail with an errno and a line of its own when it reaches the limit on the size of files, or when the
 * reader has gone away. Without handlers a signal would end the process. */
static void catch_write_signals(void) {
    struct sigaction action = {.sa_handler = ignore, .sa_flags = SA_RESTART};
    (void)sigaction(SIGXFSZ, &action, NULL);
    (void)sigaction(SIGPIPE, &action, NULL);
}

/* Closes standard output. A result that was not written must not pass for one, so a failure changes the exit code. */
static int close_output(int code) {
    int failed = ferror(stdout);
    if (fclose(stdout) != 0 || failed) {
        code = cli_bad("standard output could not be written: check what it goes to, and run again");
    }
    if (threads_left) {
        _exit(code); /* a driver's code for the end of the process must not run beside its own thread */
    }
    return code;
}

static int take_option(void *to, int id) {
    *(int *)to |= id == 'V';
    return 0;
}

/* Runs the subcommand, or prints the version or the help. */
static int run(int argc, char **argv) {
    const struct cli_command *command = argc > 1 ? find(argv[1]) : NULL;
    int version = 0, code;
    if (command) {
        return command->run(argc - 1, argv + 1);
    }
    if (argc > 1 && argv[1][0] != '-') {
        return no_command(argv[1]);
    }
    code = cli_options(page_stoker(), argc, argv, take_option, &version);
    if (code != 0) {
        return code < 0 ? CLI_OK : code;
    }
    if (version) {
        printf("stoker %s\n", stk_version());
        return CLI_OK;
    }
    cli_print_help(page_stoker(), stderr);
    return CLI_BAD;
}

int main(int argc, char **argv) {
    hold_standard_streams();
    catch_write_signals();
    return close_output(run(argc, argv));
}
