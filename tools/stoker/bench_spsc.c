/* 64-byte images from one thread to another: stk_spsc beside ck_ring and atomic_queue. */
#include <pthread.h>
#include <sched.h>
#include <string.h>

#ifdef STK_HAVE_CK
#include <ck_ring.h>
#endif

#include "bench.h"
#include "bench_core.h"

#define SLOTS  1024u
#define IMAGES 1000000u
#define SPINS  10000u /* tries before the CPU is given away, for machines where both threads share a core */
#define LINE   __attribute__((aligned(64)))

struct image {
    uint32_t words[16];
} LINE;

/* One way of handing over: neither call waits; 1 done, 0 not now. */
struct way {
    const char *name;
    void (*open)(void);
    void *(*put_all)(void *unused);
    uint32_t (*take_all)(void);
};

/* The two loops of a way, with its put and take inlined where they can be. take_all returns images that came out of
 * order. */
#define HANDOVER_LOOPS(way)                                                                                            \
    static void *way##_put_all(void *unused) {                                                                         \
        struct image image = {{0}};                                                                                    \
        for (uint32_t n = 0; n < IMAGES; n++) {                                                                        \
            image.words[3] = n;                                                                                        \
            for (uint32_t spins = 1; !way##_put(&image); spins++) {                                                    \
                if (spins % SPINS == 0) {                                                                              \
                    sched_yield();                                                                                     \
                }                                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
        return unused;                                                                                                 \
    }                                                                                                                  \
    static uint32_t way##_take_all(void) {                                                                             \
        struct image image;                                                                                            \
        uint32_t wrong = 0;                                                                                            \
        for (uint32_t n = 0; n < IMAGES; n++) {                                                                        \
            for (uint32_t spins = 1; !way##_take(&image); spins++) {                                                   \
                if (spins % SPINS == 0) {                                                                              \
                    sched_yield();                                                                                     \
                }                                                                                                      \
            }                                                                                                          \
            wrong += image.words[3] != n;                                                                              \
        }                                                                                                              \
        return wrong;                                                                                                  \
    }

/// stoker ///

static uint32_t ring_words[SLOTS * STK_SLOT_WORDS] LINE;
static struct stk_spsc putting LINE;
static struct stk_spsc taking LINE;

/* Empties the queue before a pass. */
static void ours_open(void) {
    struct stk_ring ring;
    if (stk_ring_init(&ring, ring_words, sizeof ring_words, SLOTS) == STK_OK) {
        stk_spsc_begin(&putting, &ring);
        stk_spsc_begin(&taking, &ring);
    }
}

static int ours_put(const struct image *image) {
    return stk_spsc_put(&putting, image) == STK_OK;
}

static int ours_take(struct image *image) {
    return stk_spsc_take(&taking, image) == STK_OK;
}

HANDOVER_LOOPS(ours)

/// ck_ring ///

#ifdef STK_HAVE_CK
static ck_ring_t ck LINE;
static struct image ck_images[SLOTS];
CK_RING_PROTOTYPE(image, image)

static void ck_open(void) {
    ck_ring_init(&ck, SLOTS);
}

static int ck_put(struct image *image) {
    return ck_ring_enqueue_spsc_image(&ck, ck_images, image);
}

static int ck_take(struct image *image) {
    return ck_ring_dequeue_spsc_image(&ck, ck_images, image);
}

HANDOVER_LOOPS(ck)
#endif

/// atomic_queue ///

#ifdef STK_HAVE_ATOMIC_QUEUE
static int queue_put(const struct image *image) {
    return bench_atomic_queue_put(image->words);
}

static int queue_take(struct image *image) {
    return bench_atomic_queue_take(image->words);
}

HANDOVER_LOOPS(queue)
#endif

static const struct way ways[] = {
    {"stoker", ours_open, ours_put_all, ours_take_all},
#ifdef STK_HAVE_CK
    {"ck_ring", ck_open, ck_put_all, ck_take_all},
#endif
#ifdef STK_HAVE_ATOMIC_QUEUE
    {"atomic_queue", bench_atomic_queue_open, queue_put_all, queue_take_all},
#endif
};
#define WAYS (sizeof ways / sizeof *ways)

/* Returns the nanoseconds of an image; negative, after printing why, when an image was lost. */
static double run_way(const struct way *way) {
    pthread_t thread;
    uint64_t start;
    uint32_t wrong;
    way->open();
    start = cli_now_ns();
    if (pthread_create(&thread, NULL, way->put_all, NULL) != 0) {
        cli_bad("bench core: no second thread for the hand-over");
        return -1.0;
    }
    wrong = way->take_all();
    start = cli_now_ns() - start;
    pthread_join(thread, NULL);
    if (wrong != 0) {
        cli_bad("bench core: %s lost the order of %u images", way->name, wrong);
        return -1.0;
    }
    return (double)start / IMAGES;
}

int bench_spsc(struct bench *b) {
    double ns[WAYS][BENCH_BLOCKS], median[WAYS];
    for (uint32_t block = 0; block < BENCH_BLOCKS; block++) {
        for (size_t i = 0; i < WAYS; i++) {
            ns[i][block] = run_way(&ways[i]);
            if (ns[i][block] < 0.0) {
                return CLI_BAD;
            }
        }
    }
    for (size_t i = 0; i < WAYS; i++) {
        median[i] = bench_median(ns[i], BENCH_BLOCKS);
    }
    for (size_t i = 1; i < WAYS; i++) {
        bench_figure(b, &(struct bench_figure){.metric = "handover_64b",
                                               .value = median[0],
                                               .unit = "ns",
                                               .better = BENCH_LESS,
                                               .peer = ways[i].name,
                                               .peer_value = median[i]});
    }
    if (WAYS == 1) {
        bench_figure(b, &(struct bench_figure){.metric = "handover_64b", .value = median[0], .unit = "ns"});
    }
    return CLI_OK;
}
