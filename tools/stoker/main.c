#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static const struct {
    const char *name, *what;
    int (*run)(int argc, char **argv);
} commands[] = {
#define COMMAND(name, what) {#name, what, cmd_##name},
    CLI_COMMANDS(COMMAND)
#undef COMMAND
};

#define COMMANDS (sizeof commands / sizeof *commands)

static void usage(FILE *out) {
    fputs("usage: stoker COMMAND [OPTION]... (stoker COMMAND --help says more)\n", out);
    for (size_t i = 0; i < COMMANDS; i++) {
        fprintf(out, "  %-7s %s\n", commands[i].name, commands[i].what);
    }
}

/* A standard stream that the caller closed must not become a device's or a file's number. What takes its place refuses
 * its use: standard input can only be written, the others only be read. */
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

/* A result that was not written must not pass for one. */
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

static int no_command(const char *name) {
    const char *names[COMMANDS];
    char text[128];
    for (size_t i = 0; i < COMMANDS; i++) {
        names[i] = commands[i].name;
    }
    return cli_bad("no command '%s': use %s", name, cli_names(text, sizeof text, names, COMMANDS));
}

static int run(int argc, char **argv) {
    if (argc < 2) {
        usage(stderr);
        return CLI_BAD;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        usage(stdout);
        return CLI_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("stoker %s\n", stk_version());
        return CLI_OK;
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    return no_command(argv[1]);
}

int main(int argc, char **argv) {
    hold_standard_streams();
    catch_write_signals();
    return close_output(run(argc, argv));
}
