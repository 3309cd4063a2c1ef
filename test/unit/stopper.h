/* A child process that stops this process for a while, as Ctrl-Z or a debugger does, and then lets it go on. Start the
 * child while this process has one thread. */
#ifndef STOPPER_H
#define STOPPER_H

#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct stopper {
    pid_t pid;
    int to;
};

static inline void stopper_nap(uint32_t ms) {
    const struct timespec t = {.tv_sec = (time_t)(ms / 1000u), .tv_nsec = (long)(ms % 1000u) * 1000000};
    nanosleep(&t, NULL);
}

struct stop {
    uint32_t after_ms, ms;
};

/* Does the child's work: carries out each stop that it is asked for. A while after a stop, writes a byte to `then`,
 * unless `then` is -1. */
static inline void stopper_serve(int from, int then) {
    struct stop stop;
    while (read(from, &stop, sizeof stop) == (ssize_t)sizeof stop) {
        stopper_nap(stop.after_ms);
        kill(getppid(), SIGSTOP);
        stopper_nap(stop.ms);
        kill(getppid(), SIGCONT);
        stopper_nap(200);
        if (then >= 0 && write(then, "x", 1) != 1) {
            break;
        }
    }
    _exit(0);
}

static inline void stopper_start(struct stopper *s, int then) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    s->pid = fork();
    assert_true(s->pid >= 0);
    if (s->pid == 0) {
        close(ends[1]);
        stopper_serve(ends[0], then);
    }
    close(ends[0]);
    s->to = ends[1];
}

/* Makes the child stop this process `after_ms` from now, for `ms` milliseconds. */
static inline void stopper_stop(const struct stopper *s, uint32_t after_ms, uint32_t ms) {
    const struct stop stop = {after_ms, ms};
    assert_int_equal(write(s->to, &stop, sizeof stop), sizeof stop);
}

static inline void stopper_end(struct stopper *s) {
    int status = 0;
    close(s->to);
    assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
}

#endif
