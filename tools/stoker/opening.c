/* A line on the terminal while a device is opened, which may take seconds. A thread writes the line, since the caller
 * is inside the driver. */
#include "opening.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "stoker/port/os_clock.h"

#define SECOND_NS UINT64_C(1000000000)

static struct {
    pthread_mutex_t lock;
    pthread_cond_t over;
    pthread_t thread;
    bool running, is_over;
} opening = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Waits for the end, at most a second. Returns true if the device is open. Called with the lock held. */
static bool wait_a_second(void) {
    const struct timespec until = stk_os_time_after(SECOND_NS);
    int err = 0;
    while (!opening.is_over && err == 0) {
        err = pthread_cond_timedwait(&opening.over, &opening.lock, &until);
    }
    return opening.is_over;
}

/* Runs on a thread: shows the seconds since open began, after the first second. */
static void *show(void *arg) {
    unsigned seconds = 0;
    (void)arg;
    (void)pthread_mutex_lock(&opening.lock);
    while (!wait_a_second()) {
        fprintf(stderr, "\r\033[Kopening the device: the first start compiles its kernel (%u s)", ++seconds);
    }
    if (seconds != 0u) {
        fputs("\r\033[K", stderr);
    }
    (void)pthread_mutex_unlock(&opening.lock);
    return NULL;
}

void opening_begin(int quiet) {
    pthread_condattr_t attr;
    if (quiet || !isatty(STDERR_FILENO) || pthread_condattr_init(&attr) != 0) {
        return;
    }
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    opening.is_over = false;
    (void)pthread_cond_init(&opening.over, &attr);
    (void)pthread_condattr_destroy(&attr);
    opening.running = pthread_create(&opening.thread, NULL, show, NULL) == 0;
}

void opening_end(void) {
    if (!opening.running) {
        return;
    }
    (void)pthread_mutex_lock(&opening.lock);
    opening.is_over = true;
    (void)pthread_cond_signal(&opening.over);
    (void)pthread_mutex_unlock(&opening.lock);
    (void)pthread_join(opening.thread, NULL);
    (void)pthread_cond_destroy(&opening.over);
    opening.running = false;
}
