/* Measures the limits for stoker bench pipeline. Four limits: reads alone; sums alone, over data that is in the payload
 * already; reads and sums at the same time, where no sum waits for a read; and reads with a plain thread that sums each
 * buffer after its read. */
#include "bench_pipeline.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "stoker/atomic.h"

#define REAP_NS     UINT64_C(60000000000)
#define LOOK_NS     UINT64_C(100000) /* longest wait for a read while sums are under way */
#define SUM_MAX     (1u << 20)       /* bytes of one sum */
#define SLOTS       PIPELINE_DEPTH_MAX
#define DRIVE_EVERY 64u

/// Reads ///

struct summer;

/* State of the reads of a pass: the free buffers, and the bytes that are left to read. */
struct reads {
    uint32_t free_buffers[PIPELINE_DEPTH_MAX], n_free, depth;
    uint64_t next, left;   /* next byte of the file; bytes that have not arrived */
    struct summer *summer; /* the thread that gets each buffer which was read; NULL: the buffer is free at once */
};

static void hand_to_summer(struct summer *s, uint32_t buffer, uint32_t bytes);

/* Sets the reads of a pass up: no read is in flight and every buffer is free. */
static void begin_reads(struct reads *r, const struct pipeline_file *f, uint32_t chunk) {
    *r = (struct reads){.depth = pipeline_depth(chunk), .left = f->bytes};
    for (; r->n_free < r->depth; r->n_free++) {
        r->free_buffers[r->n_free] = r->n_free;
    }
}

/* Starts a read into each buffer that is free. Returns 0, or CLI_BAD after printing why. */
static int start_reads(struct reads *r, struct pipeline_ours *o, const struct pipeline_file *f, uint32_t chunk) {
    struct stk_ingest_read reads[PIPELINE_DEPTH_MAX];
    uint32_t count = 0;
    int taken;
    while (r->n_free != 0u && r->next < f->bytes) {
        uint32_t k = r->free_buffers[--r->n_free];
        uint64_t left = f->bytes - r->next;
        reads[count] = (struct stk_ingest_read){.source = (uint32_t)o->source,
                                                .offset = r->next,
                                                .bytes = left < chunk ? (uint32_t)left : chunk,
                                                .dst = o->device.memory.payload + (size_t)k * chunk,
                                                .tag = k};
        r->next += reads[count++].bytes;
    }
    taken = count ? o->reader.port.ops->submit(o->reader.port.ctx, reads, count) : 0;
    return taken == (int)count ? 0 : cli_bad("bench pipeline: the reader took %d of %u reads", taken, count);
}

/* Takes in reads that ended. Returns 0, or CLI_BAD after printing why. */
static int end_reads(struct reads *r, struct pipeline_ours *o, uint64_t wait_ns) {
    struct stk_ingest_done done[PIPELINE_DEPTH_MAX];
    int n = o->reader.port.ops->reap(o->reader.port.ctx, done, PIPELINE_DEPTH_MAX, wait_ns);
    for (int i = 0; i < n; i++) {
        if (done[i].result <= 0 || (uint64_t)done[i].result > r->left) {
            return cli_bad("bench pipeline: a read returned %d", done[i].result);
        }
        r->left -= (uint64_t)done[i].result;
        if (r->summer) {
            hand_to_summer(r->summer, done[i].tag, (uint32_t)done[i].result);
        } else {
            r->free_buffers[r->n_free++] = done[i].tag;
        }
    }
    return n < 0 ? cli_bad("bench pipeline: %s: %s", stk_err_name(n), cli_fix(n)) : 0;
}

/// Sums ///

/* The sums of a pass. They read the upper half of the payload, to which nobody writes. One sum after the other goes
 * over as many bytes as the buffers of the stream have. */
struct sums {
    struct stk_ring ring;
    uint64_t left;             /* bytes for which no sum is published yet */
    uint64_t published, ended; /* slots that were published, and slots that have ended */
    uint32_t bytes, room;      /* bytes that one sum reads; bytes of all buffers of the stream together */
};

/* Sets up the sums of a pass: slots that sum data which lies in the payload already. */
static void begin_sums(struct sums *s, const struct pipeline_ours *o, uint64_t bytes, uint32_t chunk) {
    uint32_t room = chunk * pipeline_depth(chunk);
    *s = (struct sums){.ring = {.words = o->device.memory.ring, .slots = o->device.memory.slots},
                       .left = bytes,
                       .bytes = room < SUM_MAX ? room : SUM_MAX,
                       .room = room};
}

/* Publishes a sum in each slot that is free. */
static int publish_sums(struct sums *s) {
    int err = STK_OK;
    while (s->left != 0u && s->published - s->ended < SLOTS && err == STK_OK) {
        uint32_t bytes = s->left < s->bytes ? (uint32_t)s->left : s->bytes;
        const uint32_t args[] = {PIPELINE_PAYLOAD + (uint32_t)(s->published * s->bytes % s->room), bytes};
        const struct stk_work sum = {STK_OP_SUM64, 0, STK_PRIORITY_NORMAL, 2, args};
        err = stk_ring_publish(&s->ring, (uint32_t)(s->published % SLOTS), &sum);
        s->left -= bytes;
        s->published++;
    }
    return err;
}

/* Harvests the sums that ended, publishes the same number of new sums, and drives the device. */
static int move_sums(struct sums *s, struct pipeline_ours *o) {
    int err;
    while (s->ended != s->published && stk_ring_status(&s->ring, (uint32_t)(s->ended % SLOTS)) == (int)STK_SLOT_DONE) {
        s->ended++;
    }
    err = publish_sums(s);
    err = err == STK_OK && s->ended != s->published ? o->device.dispatch.ops->drive(o->device.dispatch.ctx, true) : err;
    return err < 0 ? err : STK_OK;
}

/* Waits for the slots that are in flight. */
static int end_sums(struct sums *s, struct pipeline_ours *o) {
    int err = move_sums(s, o);
    while (err == STK_OK && s->ended != s->published) {
        err = bench_await(&o->device, &s->ring, (uint32_t)(s->ended % SLOTS), DRIVE_EVERY);
        err = err == STK_OK ? move_sums(s, o) : err;
    }
    return err;
}

/// A thread that sums ///

/* The queue of buffers between the thread of the reads and the thread that sums. Each of the two counts has a cache
 * line of its own. The queue is never longer than the depth of the reads, so it has each buffer at most once. */
struct summer {
    struct {
        uint32_t buffer, bytes;
    } queue[PIPELINE_DEPTH_MAX];
    const uint8_t *payload;
    uint32_t chunk;
    uint32_t given, returned; /* buffers given to the summer, and taken back from it, by the thread of the reads */
    uint64_t sum;             /* belongs to the summer's thread until that thread was joined */
    pthread_t thread;
    _Alignas(64) uint32_t ready; /* buffers in the queue since the start */
    uint32_t over;               /* 1: no more buffers go into the queue */
    _Alignas(64) uint32_t ended; /* buffers that were summed */
};

/* Sums words, two in each load. The four sums of a pass do not wait for each other. */
static uint64_t sum_words(const uint8_t *data, uint32_t bytes) {
    uint64_t low0 = 0, low1 = 0, high0 = 0, high1 = 0;
    for (uint32_t at = 0; at + 16u <= bytes; at += 16u) {
        uint64_t pair0, pair1;
        memcpy(&pair0, data + at, sizeof pair0);
        memcpy(&pair1, data + at + 8u, sizeof pair1);
        low0 += (uint32_t)pair0;
        low1 += (uint32_t)pair1;
        high0 += pair0 >> 32;
        high1 += pair1 >> 32;
    }
    return low0 + low1 + high0 + high1;
}

/* Runs on the second thread: sums each buffer that the first thread hands over, until the first thread says that no
 * more will come. */
static void *sum_buffers(void *arg) {
    struct summer *s = arg;
    uint32_t n = 0;
    for (;;) {
        /* `over` first: what was put into the queue before it is seen after it. Acquire: the bytes of the buffer. */
        uint32_t over = stk_load_acquire(&s->over);
        if (n != stk_load_acquire(&s->ready)) {
            uint32_t at = n % PIPELINE_DEPTH_MAX;
            s->sum += sum_words(s->payload + (size_t)s->queue[at].buffer * s->chunk, s->queue[at].bytes);
            stk_store_release(&s->ended, ++n); /* the reads of the buffer come before its next use */
        } else if (over) {
            return NULL;
        } else {
            stk_pause();
        }
    }
}

/* Hands a buffer to the second thread. The queue has room for all buffers, so this never waits. */
static void hand_to_summer(struct summer *s, uint32_t buffer, uint32_t bytes) {
    s->queue[s->given % PIPELINE_DEPTH_MAX].buffer = buffer;
    s->queue[s->given % PIPELINE_DEPTH_MAX].bytes = bytes;
    stk_store_release(&s->ready, ++s->given); /* the entry and the buffer are seen before the count */
}

/* Makes the buffers free that the second thread has summed. */
static void take_back(struct summer *s, struct reads *r) {
    uint32_t ended = stk_load_acquire(&s->ended);
    for (; s->returned != ended; s->returned++) {
        r->free_buffers[r->n_free++] = s->queue[s->returned % PIPELINE_DEPTH_MAX].buffer;
    }
}

/* Starts the summer on another CPU than this thread's, where the process has another one: two threads that spin on one
 * CPU would measure the scheduler. Returns 0, or an errno. */
static int start_summer(struct summer *s) {
    pthread_attr_t attr;
    cpu_set_t cpus;
    int err = pthread_attr_init(&attr);
    if (err != 0) {
        return err;
    }
    if (sched_getaffinity(0, sizeof cpus, &cpus) == 0 && CPU_COUNT(&cpus) > 1) {
        CPU_CLR((size_t)sched_getcpu(), &cpus);
        err = pthread_attr_setaffinity_np(&attr, sizeof cpus, &cpus);
    }
    err = err ? err : pthread_create(&s->thread, &attr, sum_buffers, s);
    (void)pthread_attr_destroy(&attr);
    return err;
}

int pipeline_thread_pass(struct pipeline_ours *o, const struct pipeline_file *f, uint32_t chunk,
                         struct pipeline_pass *pass) {
    static struct summer s;
    uint64_t start = cli_now_ns();
    struct reads reads;
    int bad = 0;
    s = (struct summer){.payload = o->device.memory.payload, .chunk = chunk};
    begin_reads(&reads, f, chunk);
    reads.summer = &s;
    if (start_summer(&s) != 0) {
        return cli_bad("bench pipeline: no second thread for the limit of two threads");
    }
    while (reads.left != 0u && bad == 0) {
        take_back(&s, &reads);
        bad = start_reads(&reads, o, f, chunk);
        bad = bad ? bad : end_reads(&reads, o, LOOK_NS);
    }
    stk_store_release(&s.over, 1u);
    pthread_join(s.thread, NULL);
    pass->ns = cli_now_ns() - start;
    pass->sum = s.sum;
    return bad;
}

/// A pass ///

int pipeline_limit_pass(struct pipeline_ours *o, const struct pipeline_file *f, uint32_t chunk, unsigned parts,
                        uint64_t *ns) {
    uint64_t start = cli_now_ns();
    struct reads reads;
    struct sums sums;
    int bad = 0, err = STK_OK;
    begin_reads(&reads, f, chunk);
    begin_sums(&sums, o, f->bytes, chunk);
    while ((parts & PIPELINE_READS) && reads.left != 0u && bad == 0 && err == STK_OK) {
        err = (parts & PIPELINE_SUMS) ? move_sums(&sums, o) : STK_OK;
        bad = start_reads(&reads, o, f, chunk);
        bad = bad ? bad : end_reads(&reads, o, (parts & PIPELINE_SUMS) ? LOOK_NS : REAP_NS);
    }
    if ((parts & PIPELINE_SUMS) && bad == 0 && err == STK_OK) {
        err = end_sums(&sums, o);
    }
    *ns = cli_now_ns() - start;
    if (bad == 0 && err != STK_OK) {
        bad = cli_bad("bench pipeline: %s: %s", stk_err_name(err), cli_fix(err));
    }
    return bad ? bad : bench_device_rest(&o->device);
}
