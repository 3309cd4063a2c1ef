/* The memory of the ports of this machine: core/size_rules.h says what holds. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#define ZONE_MAX (8u << 20)
#include "core/size_rules.h"
#include "host_file.h"
#include "need_device.h"
#include "stoker/port/posix.h"
#include "stoker/port/posix_lock.h"
#include "stoker/port/reader_pool.h"
#include "stoker/port/uring.h"

#define SECOND UINT64_C(1000000000)

static _Alignas(4096) uint8_t data[4096];
static int file = -1;

/* Adds the file as a source until all `sources` are in use, then submits reads over these sources until `depth` reads
 * are in flight. One more source and one more read must be refused. */
static void fill(const struct stk_ingest_ops *ops, void *ctx, int (*add)(void *ctx), uint32_t depth, uint32_t sources) {
    static struct stk_ingest_done done[4096];
    for (uint32_t i = 0; i < sources; i++) {
        assert_int_equal(add(ctx), (int)i);
    }
    assert_int_equal(add(ctx), STK_E_FULL);
    for (uint32_t i = 0; i <= depth; i++) {
        struct stk_ingest_read read = {i % sources, i % sizeof data, 1, data + i % sizeof data, i, 0};
        assert_int_equal(ops->submit(ctx, &read, 1), i < depth);
    }
    for (uint32_t n = 0; n < depth;) {
        int some = ops->reap(ctx, done, 4096, 10 * SECOND);
        assert_true(some > 0);
        n += (uint32_t)some;
    }
}

/// POSIX reader ///

static struct stk_posix_reader reader;

static int reader_bytes(const uint32_t *n, size_t *bytes) {
    const struct stk_posix_reader_config config = {n[0], n[1]};
    return stk_posix_reader_bytes(&config, bytes);
}

static int reader_from(const uint32_t *n, struct stk_arena *arena) {
    const struct stk_posix_reader_config config = {n[0], n[1]};
    return stk_posix_reader_open(&reader, &config, arena);
}

static int reader_add(void *ctx) {
    return stk_posix_reader_add_file(ctx, file, 0);
}

static void reader_use(const uint32_t *n) {
    (void)n;
    fill(&stk_posix_reader_ops, &reader, reader_add, reader.depth, reader.sources);
}

static const struct sized readers = {"posix reader", reader_bytes, NULL,          reader_from,
                                     reader_use,     &reader,      sizeof reader, 1};

/// Locks ///

static struct stk_posix_locks locks;

static int locks_bytes(const uint32_t *n, size_t *bytes) {
    return stk_posix_locks_bytes(n[0], bytes);
}

static int locks_from(const uint32_t *n, struct stk_arena *arena) {
    return stk_posix_locks_open(&locks, n[0], arena);
}

/* A few locks held at a time: ThreadSanitizer follows at most 64. */
#define HELD 32u

static void locks_use(const uint32_t *n) {
    for (uint32_t i = 0; i < n[0] + HELD; i++) {
        if (i >= HELD) {
            stk_posix_lock_ops.unlock(&locks, i - HELD);
        }
        if (i < n[0]) {
            stk_posix_lock_ops.lock(&locks, i);
        }
    }
    stk_posix_locks_close(&locks);
}

static const struct sized lock_sets = {"posix locks", locks_bytes, NULL,         locks_from,
                                       locks_use,     &locks,      sizeof locks, 1};

/// io_uring ///

static struct stk_uring uring;

static int uring_bytes(const uint32_t *n, size_t *bytes) {
    const struct stk_uring_config config = {.depth = n[0], .sources = n[1]};
    return stk_uring_bytes(&config, bytes);
}

static int uring_from(const uint32_t *n, struct stk_arena *arena) {
    const struct stk_uring_config config = {
        .depth = n[0], .sources = n[1], .memory = data, .memory_bytes = sizeof data};
    int err = stk_uring_open(&uring, &config, arena);
    assert_true(err != STK_E_SPACE || uring.info.value == arena->need);
    return err;
}

static int uring_add(void *ctx) {
    return stk_uring_add_file(ctx, file, 0);
}

static void uring_use(const uint32_t *n) {
    (void)n;
    fill(&stk_uring_ops, &uring, uring_add, uring.depth, uring.sources);
    assert_int_equal(stk_uring_close(&uring, 10 * SECOND), STK_OK);
}

static const struct sized urings = {"io_uring", uring_bytes, NULL, uring_from, uring_use, NULL, 0, 1};

/// Reader pool: n is readers, depth, sources ///

static struct stk_reader_pool pool;
static struct stk_uring_config ring_config = {.memory = data, .memory_bytes = sizeof data};
static struct stk_posix_reader_config plain_config;

static struct stk_reader_pool_config pool_of_rings(const uint32_t *n) {
    ring_config.depth = n[1];
    ring_config.sources = n[2];
    return (struct stk_reader_pool_config){&stk_uring_reader_kind, &ring_config, n[0]};
}

static struct stk_reader_pool_config pool_of_plain(const uint32_t *n) {
    plain_config = (struct stk_posix_reader_config){n[1], n[2]};
    return (struct stk_reader_pool_config){&stk_posix_reader_kind, &plain_config, n[0]};
}

static int ring_pool_bytes(const uint32_t *n, size_t *bytes) {
    const struct stk_reader_pool_config config = pool_of_rings(n);
    return stk_reader_pool_bytes(&config, bytes);
}

static int plain_pool_bytes(const uint32_t *n, size_t *bytes) {
    const struct stk_reader_pool_config config = pool_of_plain(n);
    return stk_reader_pool_bytes(&config, bytes);
}

static struct stk_arena pool_arena; /* state of the arena before pool_from */

/* Closes the pool again: the rules look at the memory, which the threads of an open pool use. */
static int pool_from(const struct stk_reader_pool_config *config, struct stk_arena *arena) {
    pool_arena = *arena;
    int err = stk_reader_pool_open(&pool, config, arena);
    assert_true(err != STK_E_SPACE || pool.info.value == arena->need);
    assert_true(err != STK_OK || pool.readers == config->readers);
    assert_int_equal(stk_reader_pool_close(&pool, 10 * SECOND), STK_OK);
    return err;
}

static int ring_pool_from(const uint32_t *n, struct stk_arena *arena) {
    const struct stk_reader_pool_config config = pool_of_rings(n);
    return pool_from(&config, arena);
}

static int plain_pool_from(const uint32_t *n, struct stk_arena *arena) {
    const struct stk_reader_pool_config config = pool_of_plain(n);
    return pool_from(&config, arena);
}

static int pool_add(void *ctx) {
    return stk_reader_pool_add_file(ctx, file, 0);
}

/* Opens the pool anew in the same memory. */
static void pool_use(const struct stk_reader_pool_config *config) {
    assert_int_equal(stk_reader_pool_open(&pool, config, &pool_arena), STK_OK);
    fill(&stk_reader_pool_ops, &pool, pool_add, pool.shape.depth, pool.shape.sources);
    assert_int_equal(stk_reader_pool_close(&pool, 10 * SECOND), STK_OK);
}

static void ring_pool_use(const uint32_t *n) {
    const struct stk_reader_pool_config config = pool_of_rings(n);
    pool_use(&config);
}

static void plain_pool_use(const uint32_t *n) {
    const struct stk_reader_pool_config config = pool_of_plain(n);
    pool_use(&config);
}

static const struct sized ring_pools = {
    "pool of rings", ring_pool_bytes, NULL, ring_pool_from, ring_pool_use, NULL, 0, 1};
static const struct sized plain_pools = {
    "pool of POSIX readers", plain_pool_bytes, NULL, plain_pool_from, plain_pool_use, NULL, 0, 1};

#define RING_POOL_BYTES(r, d, s)  STK_READER_POOL_BYTES(r, d, s, STK_URING_READER_BYTES(d, s))
#define PLAIN_POOL_BYTES(r, d, s) STK_READER_POOL_BYTES(r, d, s, STK_POSIX_READER_POOLED_BYTES(d, s))

/// The table ///

#define ONE(sized, MACRO, a)                                                                                           \
    {                                                                                                                  \
        &(sized), MACRO(a), {                                                                                          \
            a, 0, 0                                                                                                    \
        }                                                                                                              \
    }
#define TWO(sized, MACRO, a, b)                                                                                        \
    {                                                                                                                  \
        &(sized), MACRO(a, b), {                                                                                       \
            a, b, 0                                                                                                    \
        }                                                                                                              \
    }

#define THREE(sized, MACRO, a, b, c)                                                                                   \
    {                                                                                                                  \
        &(sized), MACRO(a, b, c), {                                                                                    \
            a, b, c                                                                                                    \
        }                                                                                                              \
    }

/* Smallest, default, odd and largest. */
static const struct sized_shape plain[] = {
    TWO(readers, STK_POSIX_READER_BYTES, 0, 0),
    TWO(readers, STK_POSIX_READER_BYTES, 1, 1),
    TWO(readers, STK_POSIX_READER_BYTES, 7, 3),
    TWO(readers, STK_POSIX_READER_BYTES, 0, 33),
    TWO(readers, STK_POSIX_READER_BYTES, STK_POSIX_DEPTH_MAX, STK_POSIX_SOURCES_MAX),
    THREE(plain_pools, PLAIN_POOL_BYTES, 1, 1, 1),
    THREE(plain_pools, PLAIN_POOL_BYTES, 3, 7, 5),
    THREE(plain_pools, PLAIN_POOL_BYTES, STK_READER_POOL_MAX, STK_POSIX_DEPTH_MAX, 16),
    ONE(lock_sets, STK_POSIX_LOCKS_BYTES, 1),
    ONE(lock_sets, STK_POSIX_LOCKS_BYTES, 3),
    ONE(lock_sets, STK_POSIX_LOCKS_BYTES, STK_POSIX_LOCKS_MAX),
};

static const struct sized_shape rings[] = {
    TWO(urings, STK_URING_BYTES, 0, 0),
    TWO(urings, STK_URING_BYTES, 1, 1),
    TWO(urings, STK_URING_BYTES, 7, 3),
    TWO(urings, STK_URING_BYTES, 33, 0),
    TWO(urings, STK_URING_BYTES, STK_URING_DEPTH_MAX, STK_URING_SOURCES_MAX),
    THREE(ring_pools, RING_POOL_BYTES, 1, 1, 1),
    THREE(ring_pools, RING_POOL_BYTES, 3, 7, 5),
    THREE(ring_pools, RING_POOL_BYTES, STK_READER_POOL_MAX, 64, 16),
};

static bool uring_here(void) {
    struct stk_uring_info info;
    return stk_uring_probe(&info) == STK_OK && info.fixed_buffers && info.fixed_files;
}

static void macro_query_and_use_agree_and_one_byte_less_fails(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        size_rules(&plain[i]);
    }
}

/* Raises the limit on open files so that a ring can register the most sources, where the process may. Returns the limit
 * in force: a ring registers no more files than that. */
static uint64_t raise_file_limit(void) {
    const rlim_t wanted = STK_URING_SOURCES_MAX + 64u;
    struct rlimit limit = {.rlim_cur = 0};
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_cur < wanted) {
        struct rlimit raised = {.rlim_cur = wanted, .rlim_max = limit.rlim_max < wanted ? wanted : limit.rlim_max};
        limit = setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised : limit;
    }
    return limit.rlim_cur;
}

/* Rings of one process may have the most sources only where the limit on open files is above that. */
static bool within(uint64_t files, const struct sized_shape *shape) {
    return shape->sized != &urings || shape->n[1] < files;
}

static void the_same_of_io_uring(void **state) {
    uint64_t files = raise_file_limit();
    (void)state;
    for (size_t i = 0; i < sizeof rings / sizeof rings[0]; i++) {
        size_t bytes = 0;
        assert_int_equal(rings[i].sized->bytes(rings[i].n, &bytes), STK_OK);
        assert_true(bytes == rings[i].macro);
    }
    if (!uring_here()) {
        skip_without("io_uring with fixed buffers and files");
    }
    for (size_t i = 0; i < sizeof rings / sizeof rings[0]; i++) {
        if (within(files, &rings[i])) {
            size_rules(&rings[i]);
        } else {
            print_message("left out: %u sources, and the limit on open files is %u\n", (unsigned)rings[i].n[1],
                          (unsigned)files);
        }
    }
}

static void shapes_that_cannot_be_are_refused_by_query_and_init_alike(void **state) {
    static const struct {
        const struct sized *sized;
        int err;
        uint32_t n[3];
    } impossible[] = {
        {&readers, STK_E_OVERFLOW, {STK_POSIX_DEPTH_MAX + 1u, 1}},
        {&readers, STK_E_OVERFLOW, {1, STK_POSIX_SOURCES_MAX + 1u}},
        {&lock_sets, STK_E_ARG, {0}},
        {&lock_sets, STK_E_OVERFLOW, {STK_POSIX_LOCKS_MAX + 1u}},
        {&urings, STK_E_OVERFLOW, {STK_URING_DEPTH_MAX + 1u, 1}},
        {&urings, STK_E_OVERFLOW, {1, STK_URING_SOURCES_MAX + 1u}},
        {&plain_pools, STK_E_OVERFLOW, {STK_READER_POOL_MAX + 1u, 1, 1}},
        {&plain_pools, STK_E_OVERFLOW, {1, STK_POSIX_DEPTH_MAX + 1u, 1}},
        {&ring_pools, STK_E_OVERFLOW, {1, 1, STK_URING_SOURCES_MAX + 1u}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof impossible / sizeof impossible[0]; i++) {
        const uint32_t *n = impossible[i].n;
        const struct sized_shape shape = {impossible[i].sized, ZONE_MAX, {n[0], n[1], n[2]}};
        size_t bytes = 7, would_do, used;
        assert_int_equal(shape.sized->bytes(n, &bytes), impossible[i].err);
        assert_int_equal(bytes, 7);
        assert_int_equal(size_init(&shape, zone_paint(), ZONE_MAX, &would_do, &used), impossible[i].err);
        assert_true(zone_intact(0));
    }
}

STK_POSIX_READER_DEFINE(reader_memory, 0, 3);
STK_POSIX_LOCKS_DEFINE(lock_memory, 3);
STK_URING_DEFINE(uring_memory, 7, 0);
STK_READER_POOL_DEFINE(pool_memory, 2, 7, 3, STK_POSIX_READER_POOLED_BYTES(7, 3));

static void defined_storage_is_what_init_takes(void **state) {
    static const struct sized_shape reader_shape = TWO(readers, STK_POSIX_READER_BYTES, 0, 3);
    static const struct sized_shape lock_shape = ONE(lock_sets, STK_POSIX_LOCKS_BYTES, 3);
    static const struct sized_shape uring_shape = TWO(urings, STK_URING_BYTES, 7, 0);
    static const struct sized_shape pool_shape = THREE(plain_pools, PLAIN_POOL_BYTES, 2, 7, 3);
    (void)state;
    size_defined(&reader_shape, reader_memory, sizeof reader_memory);
    size_defined(&lock_shape, lock_memory, sizeof lock_memory);
    size_defined(&pool_shape, pool_memory, sizeof pool_memory);
    if (uring_here()) {
        size_defined(&uring_shape, uring_memory, sizeof uring_memory);
    }
}

static int open_file(void **state) {
    (void)state;
    file = pattern_file(sizeof data);
    return file < 0;
}

static int close_file(void **state) {
    (void)state;
    return close(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(macro_query_and_use_agree_and_one_byte_less_fails),
        cmocka_unit_test(the_same_of_io_uring),
        cmocka_unit_test(shapes_that_cannot_be_are_refused_by_query_and_init_alike),
        cmocka_unit_test(defined_storage_is_what_init_takes),
    };
    return cmocka_run_group_tests(tests, open_file, close_file);
}
