/* The reader for kernels without io_uring. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "host_file.h"
#include "stoker/port/posix.h"
#include "stopper.h"

#define DEPTH     16u
#define SOURCES   4u
#define MEM_BYTES (8u << 20)
#define SECOND    UINT64_C(1000000000)
#define SLICE     (SECOND / 50)

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
    struct stk_ingest_read read = {source, offset, bytes, dst, tag};
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

static uint64_t now_ns(void) {
    return stk_posix_platform_ops.now_ns(NULL);
}

/// Files ///

static void reads_odd_sizes_at_odd_offsets(void **state) {
    static const uint32_t sizes[] = {1, 2, 3, 63, 64, 65, 511, 513, 4095, 4097, 65537, 2500000};
    (void)state;
    int fd = pattern_file(3000000);
    assert_int_equal(stk_posix_reader_add_file(&reader, fd, 0), 0);
    for (uint32_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint64_t offset = 12345u * (i + 1u) + i;
        assert_int_equal(submit1(0, offset, sizes[i], mem + 1 + i, i), 1);
        struct stk_ingest_done done = reap1();
        assert_int_equal(done.tag, i);
        assert_int_equal(done.result, (int)sizes[i]);
        assert_true(pattern_matches(mem + 1 + i, offset, sizes[i]));
    }
    assert_adds_up();
    close(fd);
}

static void reads_past_the_end_come_short(void **state) {
    (void)state;
    int fd = pattern_file(10000);
    assert_int_equal(stk_posix_reader_add_file(&reader, fd, 0), 0);
    assert_int_equal(submit1(0, 9000, 4096, mem, 1), 1);
    assert_int_equal(submit1(0, 10000, 4096, mem, 2), 1);
    assert_int_equal(reap1().result, 1000);
    assert_int_equal(reap1().result, 0);
    assert_int_equal(ftruncate(fd, 5000), 0);
    assert_int_equal(submit1(0, 0, 8192, mem, 3), 1);
    assert_int_equal(reap1().result, 5000);
    assert_adds_up();
    close(fd);
}

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

static void a_direct_read_stops_at_an_odd_end(void **state) {
    (void)state;
    int fd = pattern_file(10001);
    assert_int_equal(fsync(fd), 0);
    if (fcntl(fd, F_SETFL, O_DIRECT) != 0) {
        close(fd);
        skip(); /* this file system has no direct I/O */
    }
    assert_int_equal(stk_posix_reader_add_file(&reader, fd, 0), 0);
    assert_int_equal(submit1(0, 0, 16384, mem, 1), 1);
    assert_int_equal(reap1().result, 10001);
    close(fd);
}

/// Pipes ///

/* Each read is full but for the one where the pipe ends, and they come in order. */
static void read_pipe(int flags) {
    enum {
        TOTAL = 50000,
        CHUNK = 4096
    };
    int fds[2];
    uint64_t at = 0;
    pthread_t thread;
    assert_int_equal(pipe2(fds, flags), 0);
    assert_int_equal(fcntl(fds[1], F_SETFL, 0), 0);
    assert_int_equal(stk_posix_reader_add_file(&reader, fds[0], 0), 0);
    struct slow_writer w = {fds[1], 777, TOTAL};
    assert_int_equal(pthread_create(&thread, NULL, write_slowly, &w), 0);
    for (uint32_t i = 0; i < DEPTH; i++) {
        assert_int_equal(submit1(0, 12345, CHUNK, mem + i * CHUNK, i), 1);
    }
    for (uint32_t i = 0; i < DEPTH; i++) {
        struct stk_ingest_done done = reap1();
        assert_int_equal(done.tag, i);
        assert_int_equal(done.result, at + CHUNK <= TOTAL ? CHUNK : (int)(TOTAL - at));
        assert_true(pattern_matches(mem + i * CHUNK, at, (size_t)done.result));
        at += (uint64_t)done.result;
    }
    assert_true(at == TOTAL);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_adds_up();
    close(fds[0]);
}

static void a_pipe_with_a_slow_writer_fills_each_read_in_order(void **state) {
    (void)state;
    read_pipe(0);
}

static void a_nonblocking_pipe_is_waited_for(void **state) {
    (void)state;
    read_pipe(O_NONBLOCK);
}

static void a_silent_pipe_keeps_the_deadline_and_holds_no_file_up(void **state) {
    int fds[2];
    struct stk_ingest_done done;
    (void)state;
    assert_int_equal(pipe(fds), 0);
    int fd = pattern_file(100);
    assert_int_equal(stk_posix_reader_add_file(&reader, fds[0], 0), 0);
    assert_int_equal(stk_posix_reader_add_file(&reader, fd, 0), 1);
    assert_int_equal(submit1(0, 0, 100, mem, 1), 1);
    assert_int_equal(submit1(1, 0, 100, mem + 100, 2), 1);
    assert_int_equal(reap1().tag, 2);
    uint64_t start = now_ns();
    assert_int_equal(reap_for(&done, 1, 0), 0);
    assert_true(now_ns() - start < SECOND);
    start = now_ns();
    assert_int_equal(reap_for(&done, 1, SLICE), 0);
    assert_true(now_ns() - start >= SLICE && now_ns() - start < 5 * SECOND);
    assert_int_equal(pattern_write(fds[1], 0, 40), 0);
    close(fds[1]);
    assert_int_equal(reap1().result, 40);
    close(fds[0]);
    close(fd);
}

static void reap_outlives_a_stop_of_the_process(void **state) {
    struct stopper stopper;
    int fds[2];
    struct stk_ingest_done done;
    (void)state;
    assert_int_equal(pipe(fds), 0);
    stopper_start(&stopper, fds[1]);
    assert_int_equal(stk_posix_reader_add_file(&reader, fds[0], 0), 0);
    assert_int_equal(submit1(0, 0, 1, mem, 1), 1);
    stopper_stop(&stopper, 30, 1500);
    assert_int_equal(stk_posix_reader_ops.reap(&reader, &done, 1, SECOND), 1); /* the data comes after the stop */
    assert_int_equal(done.result, 1);
    stopper_end(&stopper);
    close(fds[0]);
    close(fds[1]);
}

static void two_pipes_are_served_as_they_come(void **state) {
    int a[2], b[2];
    (void)state;
    assert_int_equal(pipe(a), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, b), 0);
    assert_int_equal(stk_posix_reader_add_file(&reader, a[0], 0), 0);
    assert_int_equal(stk_posix_reader_add_file(&reader, b[0], 0), 1);
    assert_int_equal(submit1(0, 0, 10, mem, 1), 1);
    assert_int_equal(submit1(1, 0, 10, mem + 10, 2), 1);
    assert_int_equal(pattern_write(b[1], 0, 10), 0);
    assert_int_equal(reap1().tag, 2);
    assert_int_equal(pattern_write(a[1], 0, 10), 0);
    assert_int_equal(reap1().tag, 1);
    for (int i = 0; i < 2; i++) {
        close(a[i]);
        close(b[i]);
    }
}

static void a_file_added_as_sequential_goes_on_where_it_is(void **state) {
    (void)state;
    int fd = pattern_file(10000);
    assert_int_equal(lseek(fd, 1000, SEEK_SET), 1000);
    assert_int_equal(stk_posix_reader_add_file(&reader, fd, STK_POSIX_SEQUENTIAL), 0);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(submit1(0, 0, 2500, mem + i * 2500, i), 1);
    }
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(reap1().result, i < 3 ? 2500 : 1500);
    }
    assert_true(pattern_matches(mem, 1000, 9000));
    close(fd);
}

/// Cancel, errors, refusals ///

static void cancel_ends_every_read_once(void **state) {
    int fds[2];
    uint32_t seen = 0;
    (void)state;
    assert_int_equal(pipe(fds), 0);
    int fd = pattern_file(100);
    assert_int_equal(stk_posix_reader_add_file(&reader, fds[0], 0), 0);
    assert_int_equal(stk_posix_reader_add_file(&reader, fd, 0), 1);
    for (uint32_t i = 0; i < 6; i++) {
        assert_int_equal(submit1(i & 1, 0, 10, mem, i), 1);
    }
    assert_int_equal(stk_posix_reader_ops.cancel(&reader), STK_OK);
    for (uint32_t i = 0; i < 6; i++) {
        struct stk_ingest_done done = reap1();
        assert_int_equal(done.result, STK_E_CANCELED);
        seen |= 1u << done.tag;
    }
    assert_int_equal(seen, 0x3F);
    assert_adds_up();
    assert_int_equal(submit1(1, 0, 10, mem, 9), 1); /* and it goes on */
    assert_int_equal(reap1().result, 10);
    close(fds[0]);
    close(fds[1]);
    close(fd);
}

static void an_io_error_is_a_completion_with_its_errno(void **state) {
    (void)state;
    int fd = open("/proc/self/mem", O_RDONLY); /* nothing is mapped at address 0, so reading it fails with EIO */
    assert_int_equal(stk_posix_reader_add_file(&reader, fd, 0), 0);
    assert_int_equal(submit1(0, 0, 4096, mem, 3), 1);
    struct stk_ingest_done done = reap1();
    assert_int_equal(done.result, STK_E_IO);
    assert_int_equal(done.os_error, EIO);
    close(fd);
    assert_int_equal(submit1(0, 0, 4096, mem, 3), 1); /* a descriptor that was closed too early */
    done = reap1();
    assert_int_equal(done.result, STK_E_ARG);
    assert_int_equal(done.os_error, EBADF);
    assert_adds_up();
}

static void what_is_no_file_is_refused(void **state) {
    (void)state;
    assert_int_equal(stk_posix_reader_add_file(&reader, -1, 0), STK_E_ARG);
    assert_true(reader.info.value == EBADF);
    int dir = open("/tmp", O_RDONLY | O_DIRECTORY);
    assert_int_equal(stk_posix_reader_add_file(&reader, dir, 0), STK_E_ISDIR);
    close(dir);
    int out = open("/dev/null", O_WRONLY);
    assert_int_equal(stk_posix_reader_add_file(&reader, out, 0), STK_E_ACCESS);
    close(out);
    int fd = pattern_file(1);
    assert_int_equal(stk_posix_reader_add_file(&reader, fd, 2), STK_E_ARG);
    for (uint32_t i = 0; i < SOURCES; i++) {
        assert_int_equal(stk_posix_reader_add_file(&reader, fd, 0), (int)i);
    }
    assert_int_equal(stk_posix_reader_add_file(&reader, fd, 0), STK_E_FULL);
    assert_int_equal(submit1(2, 0, 1, mem, 0), 1);
    assert_int_equal(stk_posix_reader_remove_source(&reader, 2), STK_E_STATUS);
    (void)reap1();
    assert_int_equal(stk_posix_reader_remove_source(&reader, 2), STK_OK);
    assert_int_equal(stk_posix_reader_remove_source(&reader, 2), STK_E_RANGE);
    assert_int_equal(stk_posix_reader_add_file(&reader, fd, 0), 2);
    close(fd);
}

static void a_bad_read_is_refused_with_its_batch(void **state) {
    (void)state;
    int fd = pattern_file(100);
    assert_int_equal(stk_posix_reader_add_file(&reader, fd, 0), 0);
    assert_int_equal(submit1(1, 0, 10, mem, 0), STK_E_RANGE);
    assert_int_equal(submit1(0, 0, 0, mem, 0), STK_E_ARG);
    assert_int_equal(submit1(0, 0, 10, NULL, 0), STK_E_ARG);
    assert_int_equal(submit1(0, 0, 0x80000000u, mem, 0), STK_E_ARG);
    assert_int_equal(submit1(0, INT64_MAX, 1, mem, 0), STK_E_ARG);
    struct stk_ingest_read batch[2] = {{0, 0, 10, mem, 0}, {0, 0, 10, NULL, 1}};
    assert_int_equal(stk_posix_reader_ops.submit(&reader, batch, 2), STK_E_ARG);
    assert_int_equal(reader.info.index, 1);
    assert_true(reader.stats.submitted == 0 && reader.in_flight == 0);
    close(fd);
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
        TEST(reads_odd_sizes_at_odd_offsets),
        TEST(reads_past_the_end_come_short),
        TEST(submit_only_queues),
        TEST(one_reap_returns_at_most_max_and_works_a_bounded_time),
        TEST(a_direct_read_stops_at_an_odd_end),
        TEST(a_pipe_with_a_slow_writer_fills_each_read_in_order),
        TEST(a_nonblocking_pipe_is_waited_for),
        TEST(a_silent_pipe_keeps_the_deadline_and_holds_no_file_up),
        TEST(reap_outlives_a_stop_of_the_process),
        TEST(two_pipes_are_served_as_they_come),
        TEST(a_file_added_as_sequential_goes_on_where_it_is),
        TEST(cancel_ends_every_read_once),
        TEST(an_io_error_is_a_completion_with_its_errno),
        TEST(what_is_no_file_is_refused),
        TEST(a_bad_read_is_refused_with_its_batch),
        TEST(open_wants_a_reader_and_an_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
