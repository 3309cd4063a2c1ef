/* stoker bench slots, the limit: lines of 64 bytes that two threads hand to each other, as many in flight as the ring
 * has slots. Each line goes there and back, as a slot does, and carries nothing but one word. */
#include "bench_lines.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define LINE_BYTES 64u
#define AHEAD      8u         /* lines whose transfer is asked for before they are needed */
#define LOOKS      (1u << 20) /* looks at a line between two looks at the clock */
#define WAIT_NS    UINT64_C(10000000000)

struct line {
    _Alignas(LINE_BYTES) _Atomic uint32_t full;
};

struct lines {
    struct line *line;
    uint32_t count;
    uint64_t rounds; /* round trips of each line */
    atomic_int failed;
};

/* Waits until the line holds `value`. Returns 0, or 1 after WAIT_NS or when the other thread has failed. */
static int await(struct lines *l, const struct line *line, uint32_t value) {
    uint64_t start = 0;
    for (uint32_t looks = 1; atomic_load_explicit(&line->full, memory_order_acquire) != value; looks++) {
        if (looks % LOOKS == 0u) {
            start = start ? start : cli_now_ns();
            if (atomic_load(&l->failed) || cli_now_ns() - start > WAIT_NS) {
                atomic_store(&l->failed, 1);
                return 1;
            }
        }
    }
    return 0;
}

/* Takes one line after the other as soon as the line holds `from`, and makes it `to`. */
static void hand_over(struct lines *l, uint32_t from, uint32_t to) {
    uint32_t at = 0, ahead = AHEAD < l->count ? AHEAD : 0u;
    for (uint64_t i = 0; i < l->rounds; i++) {
        __builtin_prefetch(&l->line[ahead], 1);
        if (await(l, &l->line[at], from) != 0) {
            return;
        }
        atomic_store_explicit(&l->line[at].full, to, memory_order_release);
        at = at + 1u == l->count ? 0u : at + 1u;
        ahead = ahead + 1u == l->count ? 0u : ahead + 1u;
    }
}

static void *give_back(void *arg) {
    hand_over(arg, 1, 0);
    return NULL;
}

int bench_lines(uint32_t count, uint64_t rounds, double *per_second) {
    struct lines l = {
        .line = aligned_alloc(LINE_BYTES, (size_t)count * sizeof(struct line)), .count = count, .rounds = rounds};
    pthread_t other;
    uint64_t start, took;
    if (!l.line) {
        return cli_bad("bench: no memory for %u lines: free some memory", count);
    }
    for (uint32_t i = 0; i < count; i++) {
        atomic_init(&l.line[i].full, 0);
    }
    if (pthread_create(&other, NULL, give_back, &l) != 0) {
        free(l.line);
        return cli_bad("bench: no second thread for the limit of two threads: raise `ulimit -u`");
    }
    start = cli_now_ns();
    hand_over(&l, 0, 1);
    (void)pthread_join(other, NULL);
    took = cli_now_ns() - start;
    free(l.line);
    *per_second = (double)rounds * 1e9 / (double)(took ? took : 1u);
    return l.failed ? cli_bad("bench: two threads did not get a core each for 10 s: try again on a quieter machine")
                    : 0;
}
