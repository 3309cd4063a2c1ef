/* Starts and times whole programs for stoker bench scan. */
#include "bench_process.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define ENVIRONMENT 512u /* most environment variables that the new process gets */

extern char **environ;

/* Copies the environment of this process, with LC_ALL=C where the program wants it. */
static void environment(const char **env, int locale_c) {
    size_t n = 0;
    for (char **e = environ; *e && n < ENVIRONMENT - 2u; e++) {
        if (!locale_c || strncmp(*e, "LC_ALL=", 7) != 0) {
            env[n++] = *e;
        }
    }
    if (locale_c) {
        env[n++] = "LC_ALL=C";
    }
    env[n] = NULL;
}

/* Starts the program with its stdout in a pipe. 0 or a positive errno. */
static int start(const struct bench_process *p, pid_t *pid, int *out) {
    const char *env[ENVIRONMENT];
    posix_spawn_file_actions_t actions;
    int ends[2], error;
    environment(env, p->locale_c);
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return errno;
    }
    posix_spawn_file_actions_init(&actions);
    error = posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    if (error == 0) {
        /* The strings are not written to; the types of exec are older than const. */
        error = posix_spawnp(pid, p->argv[0], &actions, NULL, (char *const *)(uintptr_t)p->argv,
                             (char *const *)(uintptr_t)env);
    }
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    *out = ends[0];
    if (error != 0) {
        close(ends[0]);
    }
    return error;
}

/* Reads a pipe to its end; keeps the first bytes as a string. */
static void drain(int out, char *text, size_t size) {
    char rest[BENCH_OUTPUT_BYTES];
    size_t kept = 0;
    for (;;) {
        int full = kept + 1u >= size;
        ssize_t n = full ? read(out, rest, sizeof rest) : read(out, text + kept, size - 1u - kept);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            break;
        }
        kept += full ? 0u : (size_t)n;
    }
    text[kept] = '\0';
    close(out);
}

static double seconds(const struct timeval *t) {
    return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

void bench_process_run(struct bench_process *p) {
    uint64_t began = cli_now_ns();
    struct rusage used;
    pid_t pid;
    int out, status = 0;
    p->not_there = start(p, &pid, &out) != 0;
    if (p->not_there) {
        return;
    }
    drain(out, p->output, sizeof p->output);
    while (wait4(pid, &status, 0, &used) < 0 && errno == EINTR) {
    }
    p->wall = (double)(cli_now_ns() - began) / 1e9;
    p->cpu = seconds(&used.ru_utime) + seconds(&used.ru_stime);
    p->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
