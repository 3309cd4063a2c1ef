/* The reader for kernels without io_uring: what it has beside the contract of every ingest port (test/contract). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "host_file.h"
#include "stoker/port/posix.h"

#define DEPTH     16u
#define SOURCES   4u
#define MEM_BYTES 65536u
#define SECOND    UINT64_C(1000000000)

static _Alignas(4096) uint8_t mem[MEM_BYTES];
static _Alignas(STK_ALIGN) uint8_t arena_mem[STK_POSIX_READER_BYTES(DEPTH, SOURCES)];
static struct stk_posix_reader reader;

/// Helpers ///

static int open_reader(void **state) {
    struct stk_posix_reader_config config = {.depth = DEPTH, .sources = SOURCES};
    struct stk_arena arena;
    (void)state;
    memset(mem, 0xEE, sizeof mem);
    stk_arena_init(&arena, arena_mem, sizeof arena_mem);
    return stk_posix_reader_open(&reader, &config, &arena);
}

static int submit1(uint32_t source, uint64_t offset, uint32_t bytes, uint8_t *dst, uint32_t tag) {
    struct stk_ingest_read read = {source, offset, bytes, dst, tag, 0};
    return stk_posix_reader_ops.submit(&reader, &read, 1);
}

static int reap_for(struct stk_ingest_done *done, uint32_t max, uint64_t timeout_ns) {
    return stk_posix_reader_ops.reap(&reader, done, max, timeout_ns);
}

static struct stk_ingest_done reap1(void) {
    struct stk_ingest_done done = {0, 0, 0};
    assert_int_equal(reap_for(&done, 1, 10 * SECOND), 1);
    return done;
}

static void assert_adds_up(void) {
    struct stk_ingest_stats s;
    stk_posix_reader_ops.stats(&reader, &s);
    assert_true(s.submitted == s.completed + s.failed + reader.in_flight);
    assert_true(s.bounce_bytes == 0);
}

/// What is this port's own ///

static void submit_only_queues(void **state) {
    (void)state;
    int fd = pattern_file(10000);
    assert_int_equal(stk_posix_reader_add_file(&reader, fd, 0), 0);
    assert_int_equal(submit1(0, 0, 4096, mem, 1), 1);
    assert_int_equal(mem[0], 0xEE);
    assert_true(reader.stats.os_reads == 0);
    assert_int_equal(reap1().result, 4096);
    assert_true(pattern_matches(mem, 0, 4096));
    close(fd);
}

static void one_reap_returns_at_most_max_and_works_a_bounded_time(void **state) {
    struct stk_ingest_done done[DEPTH];
    (void)state;
    int fd = pattern_file(10000);
    assert_int_equal(stk_posix_reader_add_file(&reader, fd, 0), 0);
    for (uint32_t i = 0; i < DEPTH; i++) {
        assert_int_equal(submit1(0, i, 100, mem + i * 100, i), 1);
    }
    assert_int_equal(submit1(0, 0, 1, mem, 0), 0); /* full */
    assert_int_equal(reap_for(done, 3, 0), 3);
    assert_int_equal(reap_for(done, 0, SECOND), 0);
    assert_true(reader.stats.os_reads == 3);
    assert_int_equal(reap_for(done, DEPTH, 0), DEPTH - 3);
    assert_int_equal(reap_for(done, DEPTH, 60 * SECOND), 0); /* nothing in flight: at once */
    assert_adds_up();
    close(fd);
}

static void a_descriptor_that_was_closed_too_early_is_a_completion(void **state) {
    (void)state;
    int fd = pattern_file(10000);
    assert_int_equal(stk_posix_reader_add_file(&reader, fd, 0), 0);
    close(fd);
    assert_int_equal(submit1(0, 0, 4096, mem, 3), 1);
    struct stk_ingest_done done = reap1();
    assert_int_equal(done.result, STK_E_ARG);
    assert_int_equal(done.os_error, EBADF);
    assert_adds_up();
}

static void open_wants_a_reader_and_an_arena(void **state) {
    struct stk_arena arena;
    (void)state;
    stk_arena_init(&arena, arena_mem, sizeof arena_mem);
    assert_int_equal(stk_posix_reader_open(NULL, NULL, &arena), STK_E_ARG);
    assert_int_equal(stk_posix_reader_open(&reader, NULL, NULL), STK_E_ARG);
    assert_int_equal(stk_posix_reader_bytes(NULL, NULL), STK_E_ARG);
}

#define TEST(f) cmocka_unit_test_setup(f, open_reader)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(submit_only_queues),
        TEST(one_reap_returns_at_most_max_and_works_a_bounded_time),
        TEST(a_descriptor_that_was_closed_too_early_is_a_completion),
        TEST(open_wants_a_reader_and_an_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
