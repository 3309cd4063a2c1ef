/* The reader pool: what it has beside the contract of every ingest port (test/contract). Most cases drive readers of
 * this file, which hold reads, fail and refuse as a case asks. */
#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <liburing.h>

#include "host_file.h"
#include "need_device.h"
#include "stoker/port/posix.h"
#include "stoker/port/reader_pool.h"
#include "stoker/port/uring.h"

#define DEPTH      12u
#define SOURCES    3u
#define READERS    3u
#define READ_BYTES 100u
#define SECOND     UINT64_C(1000000000)
#define SLICE      (SECOND / 50)
#define FAKE_BYTES (STK_ALIGNED(sizeof(struct fake)) + STK_ALIGN)

/// Readers of this file ///

struct fake_config {
    uint32_t open_fails_from; /* this reader and those behind it cannot be opened */
};

struct fake {
    uint32_t number; /* number of the reader, in the order in which the readers were opened */
    uint32_t count;
    struct stk_ingest_read reads[DEPTH];
    uint8_t canceled[DEPTH];
    uint32_t sources;
    struct stk_ingest_stats stats;
    struct stk_error_info info;
};

static struct {
    _Atomic uint32_t opened, held, sources_known;
    _Atomic bool hold;                   /* reads do not end; each reader takes one, and its reap keeps the thread */
    _Atomic bool keep;                   /* reads do not end, and the threads go on */
    _Atomic int let_go;                  /* number of held reads that may end */
    _Atomic bool slow;                   /* each reap takes a few milliseconds */
    _Atomic bool wont_close;             /* close returns STK_E_TIMEOUT */
    _Atomic bool fails;                  /* a reader with reads fails in its reap */
    _Atomic uint32_t of_reader[READERS]; /* reads that each reader was given */
    _Atomic uint32_t order[64];          /* reader << 16 | offset, of each read of a pipe, in the order of arrival */
    _Atomic uint32_t ordered;
} world;

static void nap(void) {
    const struct timespec t = {0, 200000};
    (void)nanosleep(&t, NULL);
}

static int fake_submit(void *ctx, const struct stk_ingest_read *reads, uint32_t count) {
    struct fake *f = ctx;
    for (uint32_t i = 0; i < count; i++) {
        f->canceled[f->count] = 0;
        f->reads[f->count++] = reads[i];
        world.of_reader[f->number]++;
        world.order[world.ordered++ % 64u] = f->number << 16 | (uint32_t)reads[i].offset;
    }
    f->stats.os_reads += count;
    return (int)count;
}

static int fake_reap(void *ctx, struct stk_ingest_done *done, uint32_t max, uint64_t timeout_ns) {
    struct fake *f = ctx;
    uint32_t kept = 0;
    int n = 0;
    (void)timeout_ns;
    if (world.fails) {
        f->info = (struct stk_error_info){STK_E_IO, 0, EREMOTEIO};
        return STK_E_IO;
    }
    for (uint32_t i = 0; world.slow && i < 20u; i++) {
        nap();
    }
    world.held += f->count != 0 && world.hold;
    while (f->count != 0 && world.hold && world.let_go-- <= 0) {
        world.let_go++;
        nap();
    }
    for (uint32_t i = 0; i < f->count; i++) {
        if ((uint32_t)n < max && (f->canceled[i] || !world.keep)) {
            int32_t result = f->canceled[i] ? (int32_t)STK_E_CANCELED : (int32_t)f->reads[i].bytes;
            memset(f->reads[i].dst, (int)(f->number + 1u), f->canceled[i] ? 0 : f->reads[i].bytes);
            done[n++] = (struct stk_ingest_done){f->reads[i].tag, result, 0};
        } else {
            f->canceled[kept] = f->canceled[i];
            f->reads[kept++] = f->reads[i];
        }
    }
    f->count = kept;
    return n;
}

static int fake_cancel(void *ctx, uint32_t first, uint32_t last) {
    struct fake *f = ctx;
    for (uint32_t i = 0; i < f->count; i++) {
        f->canceled[i] |= first <= f->reads[i].tag && f->reads[i].tag <= last;
    }
    return STK_OK;
}

static void fake_stats(void *ctx, struct stk_ingest_stats *stats) {
    *stats = ((struct fake *)ctx)->stats;
}

static int fake_shape(const void *config, struct stk_reader_shape *shape) {
    (void)config;
    *shape = (struct stk_reader_shape){.depth = DEPTH, .sources = SOURCES, .bytes = FAKE_BYTES};
    return STK_OK;
}

static int fake_check_file(int fd, bool *sequential, int *os_error) {
    *sequential = fd == 1;
    *os_error = fd < 0 ? EBADF : 0;
    return fd < 0 ? STK_E_ARG : STK_OK;
}

static int fake_open(void *reader, const void *config, struct stk_arena *arena) {
    const struct fake_config *c = config;
    struct fake *f = reader;
    *f = (struct fake){.number = world.opened++};
    if (f->number >= c->open_fails_from) {
        f->info = (struct stk_error_info){STK_E_LOCKED, 0, ENOMEM};
        return STK_E_LOCKED;
    }
    return stk_arena_take(arena, STK_ALIGN) != NULL ? STK_OK : STK_E_SPACE;
}

static int fake_close(void *reader, uint64_t timeout_ns) {
    (void)reader;
    (void)timeout_ns;
    nap();
    return world.wont_close ? STK_E_TIMEOUT : STK_OK;
}

static int fake_add_file(void *reader, int fd, bool sequential) {
    (void)sequential;
    if (fd == 7) {
        ((struct fake *)reader)->info = (struct stk_error_info){STK_E_FILES, 0, EMFILE};
        return STK_E_FILES;
    }
    world.sources_known++;
    return (int)((struct fake *)reader)->sources++;
}

static int fake_remove_source(void *reader, uint32_t source) {
    (void)reader;
    (void)source;
    world.sources_known--;
    return STK_OK;
}

static void fake_wait(void *reader, int fd, uint64_t timeout_ns) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    const struct timespec t = {0, timeout_ns < SLICE ? (long)timeout_ns : (long)SLICE};
    (void)reader;
    (void)ppoll(&p, 1, &t, NULL);
}

static void fake_refusal(const void *reader, struct stk_error_info *info, const char **call) {
    *info = ((const struct fake *)reader)->info;
    *call = "a call of the test";
}

static const struct stk_ingest_ops fake_ops = {"fake", fake_submit, fake_reap, fake_cancel, fake_stats};
static const struct stk_reader_kind fake_kind = {
    .ops = &fake_ops,
    .object_bytes = sizeof(struct fake),
    .shape = fake_shape,
    .check_file = fake_check_file,
    .open = fake_open,
    .close = fake_close,
    .add_file = fake_add_file,
    .remove_source = fake_remove_source,
    .wait = fake_wait,
    .refusal = fake_refusal,
};

/// The kernel's side of rings: what it refuses ///

static _Atomic uint32_t refused_setups;       /* IORING_SETUP_* bits that this kernel does not know */
static _Atomic uint32_t rings_allowed = 1000; /* rings that it makes before it has no memory */

int __real_io_uring_queue_init_params(unsigned entries, struct io_uring *ring, struct io_uring_params *params);
int __wrap_io_uring_queue_init_params(unsigned entries, struct io_uring *ring, struct io_uring_params *params);
int __wrap_io_uring_queue_init_params(unsigned entries, struct io_uring *ring, struct io_uring_params *params) {
    if ((params->flags & refused_setups) != 0) {
        return -EINVAL;
    }
    uint32_t left = rings_allowed;
    while (left != 0 && !atomic_compare_exchange_weak(&rings_allowed, &left, left - 1u)) {
    }
    if (left == 0) {
        return -ENOMEM;
    }
    return __real_io_uring_queue_init_params(entries, ring, params);
}

/// Helpers ///

static _Alignas(4096) uint8_t mem[1u << 20];
static uint8_t arena_mem[1u << 18];
static struct stk_arena arena;
static struct stk_reader_pool pool;

static int open_fakes(uint32_t readers, uint32_t open_fails_from) {
    struct fake_config fakes = {open_fails_from};
    const struct stk_reader_pool_config config = {&fake_kind, &fakes, readers};
    memset(&world, 0, sizeof world);
    memset(mem, 0, sizeof mem);
    stk_arena_init(&arena, arena_mem, sizeof arena_mem);
    int err = stk_reader_pool_open(&pool, &config, &arena);
    memset(&fakes, 0xA5, sizeof fakes); /* the config is the caller's again */
    return err;
}

static int open_default(void **state) {
    (void)state;
    if (open_fakes(READERS, READERS) != STK_OK || stk_reader_pool_add_file(&pool, 0, 0) != 0 ||
        stk_reader_pool_add_file(&pool, 1, 0) != 1) {
        return -1;
    }
    return 0;
}

static int close_it(void **state) {
    (void)state;
    world.hold = world.keep = world.slow = world.wont_close = false;
    return stk_reader_pool_close(&pool, 10 * SECOND) == STK_OK ? 0 : -1;
}

static int submit1(uint32_t source, uint64_t offset, uint32_t tag) {
    const struct stk_ingest_read read = {source, offset, READ_BYTES, mem + READ_BYTES * tag, tag, 0};
    return stk_reader_pool_ops.submit(&pool, &read, 1);
}

/* Reaps until `count` reads are there; `seen` gets one bit for each tag. Returns how many were cancelled. */
static uint32_t reap_all(uint32_t count, uint32_t *seen) {
    struct stk_ingest_done done[DEPTH];
    uint32_t canceled = 0;
    *seen = 0;
    while (count != 0) {
        int n = stk_reader_pool_ops.reap(&pool, done, DEPTH, 10 * SECOND);
        assert_true(n > 0 && (uint32_t)n <= count);
        for (int i = 0; i < n; i++) {
            assert_int_equal(*seen & 1u << done[i].tag, 0);
            assert_true(done[i].result == (int)READ_BYTES || done[i].result == STK_E_CANCELED);
            *seen |= 1u << done[i].tag;
            canceled += done[i].result == STK_E_CANCELED;
        }
        count -= (uint32_t)n;
    }
    return canceled;
}

static void wait_for(_Atomic uint32_t *word, uint32_t least) {
    for (uint32_t i = 0; *word < least; i++) {
        assert_true(i < 50000u);
        nap();
    }
}

static uint32_t given(void) {
    uint32_t all = 0;
    for (uint32_t i = 0; i < READERS; i++) {
        all += world.of_reader[i];
    }
    return all;
}

/// Sharing out ///

static void readers_that_are_busy_leave_the_reads_to_the_others(void **state) {
    struct stk_ingest_done done;
    uint32_t seen;
    (void)state;
    world.hold = true;
    for (uint32_t i = 0; i < READERS; i++) {
        assert_int_equal(submit1(0, 0, i), 1);
        wait_for(&world.held, i + 1u); /* each is in the hands of a reader of its own */
    }
    for (uint32_t i = 0; i < READERS; i++) {
        assert_int_equal(world.of_reader[i], 1);
    }
    assert_int_equal(stk_reader_pool_ops.reap(&pool, &done, 1, SLICE), 0);
    world.hold = false;
    assert_int_equal(reap_all(READERS, &seen), 0);
    assert_int_equal(seen, (1u << READERS) - 1u);
    for (uint32_t i = 0; i < READERS; i++) {
        assert_true(mem[READ_BYTES * i] != 0 && mem[READ_BYTES * i + READ_BYTES - 1u] == mem[READ_BYTES * i]);
    }
}

static void reads_of_a_pipe_go_to_one_reader_in_their_order(void **state) {
    uint32_t seen;
    (void)state;
    for (uint32_t i = 0; i < DEPTH; i++) {
        assert_int_equal(submit1(1, i, i), 1);
    }
    assert_int_equal(reap_all(DEPTH, &seen), 0);
    assert_int_equal(world.ordered, DEPTH);
    for (uint32_t i = 0; i < DEPTH; i++) {
        assert_int_equal(world.order[i] & 0xFFFFu, i);
        assert_int_equal(world.order[i] >> 16, world.order[0] >> 16);
    }
}

/* The caller of slow readers gets the first reads while others are still queued. The second half of the reads does not
 * end before the caller has some of the first half. */
static void finished_reads_come_back_while_others_are_queued(void **state) {
    struct stk_ingest_done done[DEPTH];
    uint32_t seen;
    (void)state;
    world.slow = true;
    world.let_go = (int)DEPTH / 2;
    world.hold = true;
    for (uint32_t i = 0; i < DEPTH; i++) {
        assert_int_equal(submit1(0, 0, i), 1);
    }
    int n = stk_reader_pool_ops.reap(&pool, done, DEPTH, 10 * SECOND);
    assert_true(n >= 1 && n <= (int)DEPTH / 2);
    world.slow = world.hold = false;
    assert_int_equal(reap_all(DEPTH - (uint32_t)n, &seen), 0);
}

/* Holds all readers but one. That reader has a single read ready. */
static void a_reader_that_is_held_up_does_not_hold_up_what_is_ready(void **state) {
    struct stk_ingest_done done;
    uint32_t seen;
    (void)state;
    world.hold = true;
    for (uint32_t i = 0; i < READERS; i++) {
        assert_int_equal(submit1(0, 0, i), 1);
        wait_for(&world.held, i + 1u);
    }
    for (uint32_t i = READERS; i < DEPTH; i++) {
        assert_int_equal(submit1(0, 0, i), 1);
    }
    world.let_go++; /* one read ends; its reader takes the next and is held up again */
    /* The reap has no timeout, at whose end it would look without a wake. */
    assert_int_equal(stk_reader_pool_ops.reap(&pool, &done, 1, UINT64_MAX), 1);
    world.hold = false;
    assert_int_equal(reap_all(DEPTH - 1u, &seen), 0);
}

static void the_counters_are_the_sum_of_the_readers(void **state) {
    struct stk_ingest_stats s;
    uint32_t seen;
    (void)state;
    for (uint32_t round = 0; round < 50; round++) {
        for (uint32_t i = 0; i < DEPTH; i++) {
            assert_int_equal(submit1(0, 0, i), 1);
        }
        assert_int_equal(submit1(0, 0, 0), 0);
        assert_int_equal(reap_all(DEPTH, &seen), 0);
    }
    stk_reader_pool_ops.stats(&pool, &s);
    assert_true(s.submitted == 50u * DEPTH && s.completed == s.submitted && s.failed == 0);
    assert_true(s.os_reads == s.submitted && s.bytes == s.submitted * READ_BYTES && s.bounce_bytes == 0);
}

static void a_source_that_was_removed_is_forgotten_by_every_reader(void **state) {
    uint32_t seen;
    (void)state;
    for (uint32_t round = 0; round < 20; round++) {
        for (uint32_t i = 0; i < DEPTH; i++) {
            assert_int_equal(submit1(0, 0, i), 1);
        }
        assert_int_equal(stk_reader_pool_remove_source(&pool, 0), STK_E_STATUS);
        assert_int_equal(reap_all(DEPTH, &seen), 0);
        assert_true(world.sources_known >= 1);
        assert_int_equal(stk_reader_pool_remove_source(&pool, 0), STK_OK);
        /* The call waits for the readers, but not for ever: a reader without a core forgets the source later. */
        for (uint32_t i = 0; world.sources_known != 0; i++) {
            assert_true(i < 50000u);
            nap();
        }
        assert_int_equal(stk_reader_pool_remove_source(&pool, 0), STK_E_RANGE);
        assert_int_equal(submit1(0, 0, 0), STK_E_RANGE);
        assert_int_equal(stk_reader_pool_add_file(&pool, 0, 0), 0);
    }
}

static void a_source_that_a_reader_refuses_fails_its_reads(void **state) {
    struct stk_ingest_done done;
    uint32_t seen;
    (void)state;
    assert_int_equal(stk_reader_pool_add_file(&pool, 7, 0), 2);
    assert_int_equal(submit1(2, 0, 5), 1);
    assert_int_equal(stk_reader_pool_ops.reap(&pool, &done, 1, 10 * SECOND), 1);
    assert_true(done.tag == 5 && done.result == STK_E_FILES && done.os_error == EMFILE);
    assert_int_equal(submit1(0, 0, 1), 1); /* the pool goes on */
    assert_int_equal(reap_all(1, &seen), 0);
}

/// Cancel and close ///

/* Each reader has some of the reads. Exactly those of the range end. */
static void cancel_reaches_the_reads_of_every_reader_and_no_others(void **state) {
    struct stk_ingest_done done[DEPTH];
    uint32_t canceled = 0;
    (void)state;
    world.keep = true;
    for (uint32_t i = 0; i < DEPTH; i++) {
        assert_int_equal(submit1(i % 2u, 0, i), 1);
    }
    while (given() != DEPTH) {
        nap();
    }
    assert_int_equal(stk_reader_pool_ops.cancel(&pool, 3, 8), STK_OK);
    while (canceled != (1u << 9) - (1u << 3)) {
        int n = stk_reader_pool_ops.reap(&pool, done, DEPTH, 10 * SECOND);
        assert_true(n > 0);
        for (int i = 0; i < n; i++) {
            assert_int_equal(done[i].result, STK_E_CANCELED);
            canceled |= 1u << done[i].tag;
        }
    }
    assert_int_equal(stk_reader_pool_ops.reap(&pool, done, DEPTH, SLICE), 0);
    world.keep = false;
    assert_int_equal(reap_all(DEPTH - 6u, &canceled), 0);
}

/* The readers are busy, so the reads behind are still in the queue. */
static void cancel_ends_reads_that_no_reader_has_taken_at_once(void **state) {
    struct stk_ingest_done done[DEPTH];
    uint32_t seen;
    (void)state;
    world.hold = true;
    for (uint32_t i = 0; i < READERS; i++) {
        assert_int_equal(submit1(0, 0, i), 1);
        wait_for(&world.held, i + 1u);
    }
    assert_int_equal(submit1(0, 0, 5), 1);
    assert_int_equal(submit1(1, 0, 6), 1);
    assert_int_equal(stk_reader_pool_ops.cancel(&pool, 5, 6), STK_OK);
    assert_int_equal(stk_reader_pool_ops.reap(&pool, done, DEPTH, 0), 2);
    assert_true(done[0].result == STK_E_CANCELED && done[1].result == STK_E_CANCELED);
    assert_int_equal(given(), READERS);
    world.hold = false;
    assert_int_equal(reap_all(READERS, &seen), 0);
}

static void close_with_reads_in_flight_waits_for_the_readers(void **state) {
    struct stk_ingest_done done;
    (void)state;
    world.keep = true;
    world.wont_close = true;
    for (uint32_t i = 0; i < DEPTH; i++) {
        assert_int_equal(submit1(0, 0, i), 1);
    }
    while (given() != DEPTH) {
        nap();
    }
    assert_int_equal(stk_reader_pool_close(&pool, SLICE), STK_E_TIMEOUT);
    assert_true(pool.info.value == DEPTH); /* reads that the readers still have */
    assert_int_equal(submit1(0, 0, 0), STK_E_SHUTDOWN);
    assert_int_equal(stk_reader_pool_ops.reap(&pool, &done, 1, 0), STK_E_SHUTDOWN);
    assert_int_equal(stk_reader_pool_ops.cancel(&pool, 0, UINT32_MAX), STK_E_SHUTDOWN);
    assert_int_equal(stk_reader_pool_add_file(&pool, 0, 0), STK_E_SHUTDOWN);
    assert_int_equal(stk_reader_pool_remove_source(&pool, 0), STK_E_SHUTDOWN);
    assert_int_equal(stk_reader_pool_close(&pool, 0), STK_E_TIMEOUT);
    world.wont_close = false;
    assert_int_equal(stk_reader_pool_close(&pool, 10 * SECOND), STK_OK);
    assert_int_equal(stk_reader_pool_close(&pool, 0), STK_OK);
}

static void a_reader_that_fails_fails_the_pool(void **state) {
    struct stk_ingest_done done;
    int n = 0;
    (void)state;
    world.fails = true;
    for (uint32_t i = 0; i < 1000u && n >= 0; i++) {
        (void)!submit1(0, 0, i % DEPTH);
        n = stk_reader_pool_ops.reap(&pool, &done, 1, SLICE);
        nap();
    }
    assert_int_equal(n, STK_E_IO);
    assert_true(pool.info.value == EREMOTEIO);
    assert_string_equal(pool.call, "a call of the test");
    assert_int_equal(submit1(0, 0, 0), STK_E_IO);
    assert_int_equal(stk_reader_pool_ops.cancel(&pool, 0, 1), STK_E_IO);
}

/// Opening ///

static void fewer_readers_than_asked_for_come_with_the_reason(void **state) {
    uint32_t seen;
    (void)state;
    assert_int_equal(open_fakes(READERS, 1), STK_OK);
    assert_int_equal(pool.readers, 1);
    assert_int_equal(pool.fewer, STK_E_LOCKED);
    assert_true(pool.fewer_info.value == ENOMEM);
    assert_string_equal(pool.fewer_call, "a call of the test");
    assert_int_equal(stk_reader_pool_add_file(&pool, 0, 0), 0);
    assert_int_equal(stk_reader_pool_add_file(&pool, 1, 0), 1);
    assert_int_equal(stk_reader_pool_add_file(&pool, 1, 0), 2);
    for (uint32_t i = 0; i < DEPTH; i++) {
        assert_int_equal(submit1(i % SOURCES, 0, i), 1);
    }
    assert_int_equal(reap_all(DEPTH, &seen), 0);
}

static void a_pool_without_a_reader_is_not_opened(void **state) {
    (void)state;
    assert_int_equal(open_fakes(READERS, 0), STK_E_LOCKED);
    assert_true(pool.info.value == ENOMEM);
    assert_string_equal(pool.call, "a call of the test");
    assert_int_equal(stk_arena_mark(&arena), 0);
    assert_int_equal(submit1(0, 0, 0), STK_E_SHUTDOWN);
    assert_int_equal(stk_reader_pool_close(&pool, 0), STK_OK);
}

static void open_checks_its_arguments(void **state) {
    const struct fake_config fakes = {READERS};
    const struct stk_reader_pool_config many = {&fake_kind, &fakes, STK_READER_POOL_MAX + 1u};
    const struct stk_reader_pool_config none = {NULL, &fakes, 1}, good = {&fake_kind, &fakes, 2};
    const struct stk_reader_pool_config no_memory = {&stk_uring_reader_kind, NULL, 1};
    size_t bytes = 0;
    (void)state;
    memset(&world, 0, sizeof world);
    stk_arena_init(&arena, arena_mem, sizeof arena_mem);
    assert_int_equal(stk_reader_pool_open(NULL, &good, &arena), STK_E_ARG);
    assert_int_equal(stk_reader_pool_open(&pool, NULL, &arena), STK_E_ARG);
    assert_int_equal(stk_reader_pool_open(&pool, &good, NULL), STK_E_ARG);
    assert_int_equal(stk_reader_pool_open(&pool, &none, &arena), STK_E_ARG);
    assert_int_equal(stk_reader_pool_open(&pool, &many, &arena), STK_E_OVERFLOW);
    assert_int_equal(stk_reader_pool_open(&pool, &no_memory, &arena), STK_E_ARG);
    assert_int_equal(stk_reader_pool_bytes(&good, NULL), STK_E_ARG);
    assert_int_equal(stk_reader_pool_bytes(&good, &bytes), STK_OK);
    assert_true(bytes == STK_READER_POOL_BYTES(2, DEPTH, SOURCES, FAKE_BYTES));
    assert_int_equal(stk_arena_mark(&arena), 0);
    assert_true(stk_reader_pool_default() >= 1 && stk_reader_pool_default() <= STK_READER_POOL_DEFAULT_MAX);
    assert_true(stk_reader_pool_default() <= stk_reader_pool_cpus());
}

static void a_pool_that_reads_allocates_nothing(void **state) {
    uint32_t seen;
    (void)state;
    size_t before = mallinfo2().uordblks;
    for (uint32_t round = 0; round < 100; round++) {
        for (uint32_t i = 0; i < DEPTH; i++) {
            assert_int_equal(submit1(0, 0, i), 1);
        }
        assert_int_equal(reap_all(DEPTH, &seen), 0);
    }
    assert_true(mallinfo2().uordblks == before);
}

/// Rings ///

static int open_rings(uint32_t rings, uint64_t read_timeout_ns) {
    const struct stk_uring_config ring = {.depth = DEPTH,
                                          .sources = SOURCES,
                                          .read_timeout_ns = read_timeout_ns,
                                          .memory = mem,
                                          .memory_bytes = sizeof mem};
    const struct stk_reader_pool_config config = {&stk_uring_reader_kind, &ring, rings};
    struct stk_uring_info info;
    if (stk_uring_probe(&info) != STK_OK) {
        skip_without("io_uring");
    }
    stk_arena_init(&arena, arena_mem, sizeof arena_mem);
    return stk_reader_pool_open(&pool, &config, &arena);
}

static void read_a_file(void) {
    struct stk_ingest_done done[DEPTH];
    uint32_t got = 0;
    int fd = pattern_file(10u * 65536u);
    assert_int_equal(stk_reader_pool_add_file(&pool, fd, 0), 0);
    for (uint32_t i = 0; i < 10; i++) {
        const struct stk_ingest_read read = {0, i * UINT64_C(65536), 65536, mem + (size_t)i * 65536u, i, 0};
        assert_int_equal(stk_reader_pool_ops.submit(&pool, &read, 1), 1);
    }
    while (got < 10u) {
        int n = stk_reader_pool_ops.reap(&pool, done, DEPTH, 10 * SECOND);
        assert_true(n > 0);
        for (int i = 0; i < n; i++) {
            assert_int_equal(done[i].result, 65536);
        }
        got += (uint32_t)n;
    }
    assert_true(pattern_matches(mem, 0, 10u * 65536u));
    assert_int_equal(stk_reader_pool_remove_source(&pool, 0), STK_OK);
    (void)close(fd);
}

static void a_kernel_that_knows_no_better_set_up_gets_the_plain_one(void **state) {
    static const uint32_t unknown[] = {0, IORING_SETUP_DEFER_TASKRUN,
                                       IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_COOP_TASKRUN};
    static const char *const names[] = {NULL, "cooperative task work", "plain set-up"};
    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        refused_setups = unknown[i];
        int err = open_rings(2, 0);
        refused_setups = 0;
        assert_int_equal(err, STK_OK);
        assert_int_equal(pool.readers, 2);
        const struct stk_uring *ring = pool.threads[0].reader;
        assert_int_equal(ring->setup_flags & unknown[i], 0);
        if (names[i] != NULL && (i == 2 || ring->setup_flags != 0)) {
            assert_string_equal(stk_uring_setup_name(ring->setup_flags), names[i]);
        }
        read_a_file();
        assert_int_equal(stk_reader_pool_close(&pool, 10 * SECOND), STK_OK);
    }
}

static void rings_that_cannot_be_set_up_are_left_out_with_the_reason(void **state) {
    (void)state;
    rings_allowed = 3;
    int err = open_rings(3, 0); /* two for stk_uring_probe, which tries SQPOLL with the second */
    rings_allowed = 1000;
    assert_int_equal(err, STK_OK);
    assert_int_equal(pool.readers, 1);
    assert_int_equal(pool.fewer, STK_E_NOMEM);
    assert_true(pool.fewer_info.value == ENOMEM);
    assert_string_equal(pool.fewer_call, "io_uring_setup");
    read_a_file();
}

/* An event counter has offsets as far as lseek tells, and a read of it waits until somebody counts. */
static void a_read_that_a_ring_does_not_end_is_late(void **state) {
    struct stk_ingest_done done = {0, 0, 0};
    int fd = eventfd(0, EFD_CLOEXEC), n = 0;
    (void)state;
    assert_int_equal(open_rings(2, SLICE), STK_OK);
    assert_int_equal(stk_reader_pool_add_file(&pool, fd, 0), 0);
    if (pool.source[0].kind != 1u) {
        skip(); /* this kernel's event counters cannot seek */
    }
    const struct stk_ingest_read read = {0, 0, 8, mem, 1, 0};
    assert_int_equal(stk_reader_pool_ops.submit(&pool, &read, 1), 1);
    while (n == 0) {
        n = stk_reader_pool_ops.reap(&pool, &done, 1, SLICE);
    }
    assert_int_equal(n, 1);
    assert_true(done.result == STK_E_TIMEOUT && done.os_error == ETIMEDOUT);
    assert_int_equal(stk_reader_pool_remove_source(&pool, 0), STK_OK);
    (void)close(fd);
    read_a_file(); /* the pool still works */
}

/* Silent pipes, each with a ring of its own. After close the kernel writes to the memory no more. */
static void close_of_rings_with_reads_in_flight_lets_go_of_the_memory(void **state) {
    int ends[2][2];
    (void)state;
    assert_int_equal(open_rings(2, 0), STK_OK);
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(pipe(ends[i]), 0);
        assert_int_equal(stk_reader_pool_add_file(&pool, ends[i][0], 0), (int)i);
        assert_int_equal(submit1(i, 0, i), 1);
        assert_int_equal(submit1(i, 0, 2u + i), 1);
    }
    mem[0] = mem[READ_BYTES] = 0x5A;
    assert_int_equal(stk_reader_pool_close(&pool, 10 * SECOND), STK_OK);
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(pattern_write(ends[i][1], 0, READ_BYTES), 0); /* no reader reads these bytes any more */
        (void)close(ends[i][0]);
        (void)close(ends[i][1]);
    }
    assert_true(mem[0] == 0x5A && mem[READ_BYTES] == 0x5A);
}

#define TEST(f)       cmocka_unit_test_setup_teardown(f, open_default, close_it)
#define TEST_ALONE(f) cmocka_unit_test_teardown(f, close_it)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(readers_that_are_busy_leave_the_reads_to_the_others),
        TEST(reads_of_a_pipe_go_to_one_reader_in_their_order),
        TEST(finished_reads_come_back_while_others_are_queued),
        TEST(a_reader_that_is_held_up_does_not_hold_up_what_is_ready),
        TEST(the_counters_are_the_sum_of_the_readers),
        TEST(a_source_that_was_removed_is_forgotten_by_every_reader),
        TEST(a_source_that_a_reader_refuses_fails_its_reads),
        TEST(cancel_reaches_the_reads_of_every_reader_and_no_others),
        TEST(cancel_ends_reads_that_no_reader_has_taken_at_once),
        TEST(close_with_reads_in_flight_waits_for_the_readers),
        TEST(a_reader_that_fails_fails_the_pool),
        TEST_ALONE(fewer_readers_than_asked_for_come_with_the_reason),
        TEST_ALONE(a_pool_without_a_reader_is_not_opened),
        cmocka_unit_test(open_checks_its_arguments),
        TEST(a_pool_that_reads_allocates_nothing),
        TEST_ALONE(a_kernel_that_knows_no_better_set_up_gets_the_plain_one),
        TEST_ALONE(rings_that_cannot_be_set_up_are_left_out_with_the_reason),
        TEST_ALONE(a_read_that_a_ring_does_not_end_is_late),
        TEST_ALONE(close_of_rings_with_reads_in_flight_lets_go_of_the_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
