/* The limit of a round trip between two cores. */
#include "bench_line.h"

#include <pthread.h>
#include <sched.h>

#include "cli.h"
#include "stoker/atomic.h"

#define LOOKS_BEFORE_CLOCK 4096u                 /* looks at the line between two looks at the clock */
#define PARTNER_NS         UINT64_C(10000000000) /* longest wait for the other thread */
#define LEAVE              UINT32_MAX

/* One line between the threads: both words lie in it, so that it moves to a core and back in each round trip. */
static struct { uint32_t words[16]; } line __attribute__((aligned(64)));

#define THERE (line.words)      /* written by the first thread */
#define BACK  (line.words + 1u) /* written by the second thread */

/* 1: both threads have one CPU, so a thread that waits keeps the other thread from running, and therefore yields. With
 * more CPUs no thread yields: threads that yield to each other stay on one CPU. */
static int one_cpu;

static int has_one_cpu(void) {
    cpu_set_t cpus;
    return sched_getaffinity(0, sizeof cpus, &cpus) == 0 && CPU_COUNT(&cpus) == 1;
}

/* Waits until the word differs from `value`. Returns its new value, or `value` after PARTNER_NS. */
static uint32_t await_other(const uint32_t *word, uint32_t value) {
    uint64_t end = 0;
    for (uint32_t looks = 1;; looks++) {
        uint32_t now = stk_load_acquire(word);
        if (now != value) {
            return now;
        }
        if (looks % LOOKS_BEFORE_CLOCK == 0u) {
            if (one_cpu) {
                sched_yield();
            }
            end = end ? end : cli_now_ns() + PARTNER_NS;
            if (cli_now_ns() > end) {
                return value;
            }
        }
    }
}

/* Runs on the second thread: gives each value back. */
static void *give_back(void *unused) {
    uint32_t seen = 0, now;
    while ((now = await_other(THERE, seen)) != seen && now != LEAVE) {
        stk_store_release(BACK, now);
        seen = now;
    }
    return unused;
}

int bench_line(struct histogram *h, uint64_t count) {
    const uint64_t began = cli_now_ns();
    uint64_t start = began;
    pthread_t partner;
    uint32_t n = 0;
    int lost = 0;
    one_cpu = has_one_cpu();
    stk_store(THERE, 0);
    stk_store(BACK, 0);
    if (pthread_create(&partner, NULL, give_back, NULL) != 0) {
        return cli_bad("bench rtt: no second thread for the limit of two threads: raise `ulimit -u`");
    }
    while (n < count && n < LEAVE - 1u && !lost && start - began < BENCH_LINE_NS) {
        start = cli_now_ns();
        stk_store_release(THERE, n + 1u);
        lost = await_other(BACK, n) == n;
        histogram_add(h, cli_now_ns() - start);
        n++;
    }
    stk_store_release(THERE, LEAVE);
    pthread_join(partner, NULL);
    return lost ? cli_bad("bench rtt: the second thread of the limit did not run: try again on a quieter machine") : 0;
}
