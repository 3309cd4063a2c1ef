#include "opening.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"

#define EVERY_NS  UINT64_C(1000000000)
#define SECOND_NS UINT64_C(1000000000)

static struct {
    pthread_mutex_t lock;
    pthread_cond_t over;
    pthread_t thread;
    int running, is_over;
} opening = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *show(void *arg) {
    uint64_t start = cli_now_ns(), at = start;
    unsigned shown = 0;
    (void)arg;
    (void)pthread_mutex_lock(&opening.lock);
    while (!opening.is_over) {
        struct timespec until = {0, 0};
        at += EVERY_NS;
        until.tv_sec = (time_t)(at / SECOND_NS);
        until.tv_nsec = (long)(at % SECOND_NS);
        while (!opening.is_over && cli_now_ns() < at) {
            (void)pthread_cond_timedwait(&opening.over, &opening.lock, &until);
        }
        if (!opening.is_over) {
            fprintf(stderr, "\r\033[Kopening the device: the first start compiles its kernel (%u s)", ++shown);
        }
    }
    if (shown != 0u) {
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
    opening.is_over = 0;
    (void)pthread_cond_init(&opening.over, &attr);
    (void)pthread_condattr_destroy(&attr);
    opening.running = pthread_create(&opening.thread, NULL, show, NULL) == 0;
}

void opening_end(void) {
    if (!opening.running) {
        return;
    }
    (void)pthread_mutex_lock(&opening.lock);
    opening.is_over = 1;
    (void)pthread_cond_signal(&opening.over);
    (void)pthread_mutex_unlock(&opening.lock);
    (void)pthread_join(opening.thread, NULL);
    (void)pthread_cond_destroy(&opening.over);
    opening.running = 0;
}
