/* stoker bench read: a file in the page cache through the readers, without a device. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "reader.h"

#define BYTES_DEFAULT (UINT64_C(512) << 20)
#define RUNS_DEFAULT  5u
#define DEPTH         32u
#define CHUNK_MAX     (1u << 20)
#define REAP_NS       UINT64_C(60000000000)

static const uint32_t chunks[] = {64u << 10, 256u << 10, CHUNK_MAX};

struct read_bench {
    struct bench *bench;
    int fd;
    uint64_t bytes;  /* bytes of the file */
    uint8_t *memory; /* DEPTH buffers of CHUNK_MAX bytes */
    uint32_t runs, readers;
};

/// The file ///

/* Returns word `i` of the file. */
static uint64_t word(uint64_t i) {
    return i * UINT64_C(0x9E3779B97F4A7C15);
}

/* Writes the file, each word of which is computed from its place, so that a read at a wrong place is found. */
static int make_file(struct read_bench *b) {
    int bad = bench_file("read", &b->fd);
    for (uint64_t at = 0; at < b->bytes && bad == 0;) {
        uint64_t *words = (void *)b->memory;
        size_t n = b->bytes - at < CHUNK_MAX ? (size_t)(b->bytes - at) : CHUNK_MAX;
        ssize_t wrote;
        for (size_t i = 0; i < n / 8u; i++) {
            words[i] = word(at / 8u + i);
        }
        wrote = write(b->fd, words, n);
        if (wrote < 0 || (size_t)wrote != n) {
            bad = cli_bad("bench read: writing the file: %s: name another place in TMPDIR", strerror(errno));
        }
        at += n;
    }
    return bad;
}

/* Returns 1 if the bytes are those of the file at `offset`. */
static int right(const uint8_t *data, uint64_t offset, size_t bytes) {
    const uint64_t *words = (const void *)data;
    for (size_t i = 0; i < bytes / 8u; i++) {
        if (words[i] != word(offset / 8u + i)) {
            return 0;
        }
    }
    return 1;
}

/// The readers ///

/* A pass over the file: which buffers are free, and where the others' data begins in the file. */
struct pass {
    struct read_bench *bench;
    struct cli_reader *reader;
    uint32_t source, chunk;
    int check; /* 1: compare every byte */
    uint32_t free_buffers[DEPTH], n_free;
    uint64_t offset[DEPTH], next;
};

/* Starts reads into all buffers that are free. Returns 0, or CLI_BAD after printing why. */
static int start_reads(struct pass *p) {
    struct stk_ingest_read reads[DEPTH];
    uint32_t count = 0;
    int taken;
    while (p->n_free != 0 && p->next < p->bench->bytes) {
        uint32_t k = p->free_buffers[--p->n_free];
        reads[count++] =
            (struct stk_ingest_read){p->source, p->next, p->chunk, p->bench->memory + (size_t)k * CHUNK_MAX, k, 0};
        p->offset[k] = p->next;
        p->next += p->chunk;
    }
    taken = count ? p->reader->port.ops->submit(p->reader->port.ctx, reads, count) : 0;
    return taken == (int)count ? 0 : cli_bad("bench read: %s took %d of %u reads", p->reader->name, taken, count);
}

/* Waits for reads that end. Returns 0, or CLI_BAD after printing why. */
static int end_reads(struct pass *p) {
    struct stk_ingest_done done[DEPTH];
    int n = p->reader->port.ops->reap(p->reader->port.ctx, done, DEPTH, REAP_NS);
    for (int i = 0; i < n; i++) {
        uint32_t k = done[i].tag;
        int wrong = p->check && !right(p->bench->memory + (size_t)k * CHUNK_MAX, p->offset[k], p->chunk);
        if (done[i].result != (int32_t)p->chunk || wrong) {
            return cli_bad("bench read: %s: %d bytes at %llu%s", p->reader->name, done[i].result,
                           (unsigned long long)p->offset[k], wrong ? ", and wrong ones" : "");
        }
        p->free_buffers[p->n_free++] = k;
    }
    return n > 0 ? 0 : cli_bad("bench read: %s: %s", p->reader->name, n < 0 ? cli_fix(n) : "no answer for 60 s");
}

/* Makes one pass over the file. Returns the time, or 0 after printing why. */
static double pass_of_ours(struct read_bench *b, struct cli_reader *r, uint32_t source, uint32_t chunk, int check) {
    struct pass p = {.bench = b, .reader = r, .source = source, .chunk = chunk, .check = check, .n_free = DEPTH};
    uint64_t start = cli_now_ns();
    int bad = 0;
    for (uint32_t i = 0; i < DEPTH; i++) {
        p.free_buffers[i] = i;
    }
    while (bad == 0 && (p.next < b->bytes || p.n_free != DEPTH)) {
        bad = start_reads(&p);
        bad = bad ? bad : end_reads(&p);
    }
    return bad ? 0.0 : (double)(cli_now_ns() - start);
}

/// The peer: pread by as many threads ///

struct peer {
    const struct read_bench *bench;
    _Atomic uint64_t next;
    _Atomic int failed;
    uint32_t chunk, threads;
};

struct peer_thread {
    struct peer *peer;
    uint32_t index;
    pthread_t thread;
};

/* Runs on each thread of the peer: reads with a share of the buffers, and takes the next chunk each time. */
static void *peer_run(void *arg) {
    const struct peer_thread *t = arg;
    struct peer *p = t->peer;
    uint32_t share = DEPTH / p->threads, chunk = 0;
    uint64_t at;
    while ((at = atomic_fetch_add(&p->next, p->chunk)) < p->bench->bytes) {
        uint8_t *buffer = p->bench->memory + (size_t)(t->index * share + chunk++ % share) * CHUNK_MAX;
        if (pread(p->bench->fd, buffer, p->chunk, (off_t)at) != (ssize_t)p->chunk) {
            p->failed = 1;
        }
    }
    return NULL;
}

/* Reads the file once with pread by `threads` threads. Returns the time in nanoseconds, or a negative number after an
 * error. */
static double pass_of_peer(const struct read_bench *b, uint32_t threads, uint32_t chunk) {
    struct peer peer = {.bench = b, .chunk = chunk, .threads = threads};
    struct peer_thread all[STK_READER_POOL_MAX];
    uint64_t start = cli_now_ns();
    uint32_t made = 0;
    for (; made < threads; made++) {
        all[made] = (struct peer_thread){.peer = &peer, .index = made};
        if (made + 1u < threads && pthread_create(&all[made].thread, NULL, peer_run, &all[made]) != 0) {
            peer.failed = 1;
            break;
        }
    }
    if (!peer.failed) {
        peer_run(&all[threads - 1u]); /* the caller is the last of them */
    }
    for (uint32_t i = 0; i < made && i + 1u < threads; i++) {
        (void)pthread_join(all[i].thread, NULL);
    }
    if (peer.failed) {
        (void)cli_bad("bench read: pread by %u threads failed", threads);
        return 0.0;
    }
    return (double)(cli_now_ns() - start);
}

/// Both ///

/* Measures reader and peer alternately with chunks of one size. The first pass checks the bytes and is not timed. */
static int measure(struct read_bench *b, struct cli_reader *r, uint32_t source, uint32_t chunk) {
    double ours[BENCH_RUNS_MAX], theirs[BENCH_RUNS_MAX];
    uint64_t whole = b->bytes;
    int bad = pass_of_ours(b, r, source, chunk, 1) > 0.0 ? 0 : CLI_BAD;
    char metric[48];
    for (uint32_t i = 0; i < b->runs && bad == 0; i++) {
        ours[i] = pass_of_ours(b, r, source, chunk, 0);
        theirs[i] = pass_of_peer(b, r->readers, chunk);
        bad = ours[i] > 0.0 && theirs[i] > 0.0 ? 0 : CLI_BAD;
    }
    if (bad == 0) {
        snprintf(metric, sizeof metric, "%s_%u_%uK", r->name, r->readers, chunk >> 10);
        bench_figure(b->bench, &(struct bench_figure){metric, (double)whole / bench_median(ours, b->runs), "GB/s",
                                                      BENCH_MORE, r->readers == 1u ? "pread" : "pread_threads",
                                                      (double)whole / bench_median(theirs, b->runs)});
    }
    return bad;
}

/* Measures all sizes of chunks through `readers` readers. */
static int measure_kind(struct read_bench *b, const char *which, uint32_t readers) {
    static struct cli_reader r;
    int source, bad = cli_reader_open(&r, which, b->memory, (size_t)DEPTH * CHUNK_MAX, DEPTH, readers, 0);
    if (bad) {
        return bad;
    }
    if (r.note[0]) {
        cli_note("%s", r.note);
    }
    source = cli_reader_add(&r, b->fd, 0);
    bad = source < 0 ? cli_bad("bench read: %s", cli_fix(source)) : 0;
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks && bad == 0; i++) {
        bad = measure(b, &r, (uint32_t)source, chunks[i]);
    }
    (void)cli_reader_close(&r);
    return bad;
}

static int run(struct bench *bench) {
    const char *const kinds[] = {"auto", "posix"};
    uint64_t bytes = bench->options.bytes ? bench->options.bytes : BYTES_DEFAULT;
    struct read_bench b = {.bench = bench, .fd = -1, .bytes = (bytes + CHUNK_MAX - 1u) / CHUNK_MAX * CHUNK_MAX};
    int bad;
    b.runs = bench->options.runs ? (uint32_t)bench->options.runs : RUNS_DEFAULT;
    b.readers = bench->options.readers ? (uint32_t)bench->options.readers : stk_reader_pool_default();
    b.memory = cli_map((size_t)DEPTH * CHUNK_MAX);
    if (!b.memory) {
        return cli_bad("bench read: no memory for %u buffers of 1 MiB: free some memory", DEPTH);
    }
    bad = make_file(&b);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && bad == 0; i++) {
        bad = measure_kind(&b, kinds[i], 1);
        if (bad == 0 && b.readers > 1u) {
            bad = measure_kind(&b, kinds[i], b.readers);
        }
    }
    if (b.fd >= 0) {
        close(b.fd);
    }
    cli_unmap(b.memory, (size_t)DEPTH * CHUNK_MAX);
    return bad;
}

const struct bench_case bench_read = {
    .name = "read",
    .options = BENCH_RUNS | BENCH_BYTES | BENCH_READERS,
    .run = run,
    .what = "a file in the page cache through one reader and through several, without a device: the bound of a scan; "
            "the peer is pread by as many threads",
    .values = {{"bytes", "of the file, which is made in TMPDIR and removed (512M)"},
               {"readers", "readers, each with a thread (one for each CPU up to 4, above that for two, up to 8)"},
               {"runs", "runs of each (5)"}},
};
