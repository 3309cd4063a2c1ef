/* The io_uring port against the kernel of this machine. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "host_file.h"
#include "stoker/port/uring.h"
#include "stopper.h"

#define DEPTH     16u
#define SOURCES   4u
#define MEM_BYTES (1u << 20)
#define SECOND    UINT64_C(1000000000)
#define SLICE     (SECOND / 50)

static _Alignas(4096) uint8_t mem[MEM_BYTES];
static uint8_t arena_mem[STK_ARENA_BYTES(STK_URING_BYTES(DEPTH, SOURCES))];
static struct stk_arena arena;
static struct stk_uring uring;
static bool available;

/// Helpers ///

static void open_with(uint32_t flags, uint32_t piece_bytes) {
    struct stk_uring_config config = {.depth = DEPTH, .sources = SOURCES, .flags = flags, .piece_bytes = piece_bytes};
    if (!available) {
        skip();
    }
    memset(mem, 0xEE, sizeof mem);
    stk_arena_init(&arena, arena_mem, sizeof arena_mem);
    assert_int_equal(stk_uring_open(&uring, &config, mem, sizeof mem, &arena), STK_OK);
}

static int open_default(void **state) {
    (void)state;
    if (available) {
        open_with(0, 0);
    }
    return 0;
}

static int close_it(void **state) {
    (void)state;
    return stk_uring_close(&uring, SECOND);
}

static void need_uring(void) {
    if (!available) {
        skip();
    }
}

static int submit1(uint32_t source, uint64_t offset, uint32_t bytes, uint8_t *dst, uint32_t tag) {
    struct stk_ingest_read read = {source, offset, bytes, dst, tag};
    return stk_uring_ops.submit(&uring, &read, 1);
}

static struct stk_ingest_done reap1(void) {
    struct stk_ingest_done done = {0, 0, 0};
    assert_int_equal(stk_uring_ops.reap(&uring, &done, 1, 10 * SECOND), 1);
    return done;
}

static void assert_adds_up(void) {
    struct stk_ingest_stats s;
    stk_uring_ops.stats(&uring, &s);
    assert_true(s.submitted == s.completed + s.failed + uring.in_flight);
    assert_true(s.bounce_bytes == 0);
}

static uint64_t now_ns(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

/* Runs `body` in a child, and returns what it returned. */
static int in_child(int (*body)(void)) {
    int status = 0;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        _exit(body());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

/// Files ///

static void reads_a_whole_file_in_one_read(void **state) {
    (void)state;
    need_uring();
    int fd = pattern_file(100000);
    assert_int_equal(stk_uring_add_file(&uring, fd, 0), 0);
    assert_int_equal(submit1(0, 0, 100000, mem + 64, 7), 1);
    struct stk_ingest_done done = reap1();
    assert_int_equal(done.tag, 7);
    assert_int_equal(done.result, 100000);
    assert_int_equal(done.os_error, 0);
    assert_true(pattern_matches(mem + 64, 0, 100000));
    assert_true(mem[63] == 0xEE && mem[64 + 100000] == 0xEE);
    assert_adds_up();
    close(fd);
}

static void reads_odd_sizes_at_odd_offsets(void **state) {
    static const uint32_t sizes[] = {1, 2, 3, 63, 64, 65, 511, 513, 4095, 4096, 4097, 65537};
    (void)state;
    need_uring();
    int fd = pattern_file(300000);
    int source = stk_uring_add_file(&uring, fd, 0);
    assert_int_equal(source, 0);
    for (uint32_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint64_t offset = 12345u * (i + 1u) + i;
        assert_int_equal(submit1(0, offset, sizes[i], mem + i, i), 1);
        assert_int_equal(reap1().result, (int)sizes[i]);
        assert_true(pattern_matches(mem + i, offset, sizes[i]));
    }
    assert_adds_up();
    close(fd);
}

static void a_read_past_the_end_comes_short(void **state) {
    (void)state;
    need_uring();
    int fd = pattern_file(10000);
    assert_int_equal(stk_uring_add_file(&uring, fd, 0), 0);
    assert_int_equal(submit1(0, 9000, 4096, mem, 1), 1);
    assert_int_equal(reap1().result, 1000);
    assert_int_equal(submit1(0, 10000, 4096, mem, 2), 1);
    assert_int_equal(reap1().result, 0);
    assert_int_equal(submit1(0, 1u << 30, 4096, mem, 3), 1);
    assert_int_equal(reap1().result, 0);
    assert_adds_up();
    close(fd);
}

static void a_file_truncated_while_it_is_read_comes_short(void **state) {
    (void)state;
    need_uring();
    int fd = pattern_file(200000);
    assert_int_equal(stk_uring_add_file(&uring, fd, 0), 0);
    assert_int_equal(submit1(0, 0, 100000, mem, 1), 1);
    assert_int_equal(reap1().result, 100000);
    assert_int_equal(ftruncate(fd, 150000), 0);
    assert_int_equal(submit1(0, 100000, 100000, mem, 2), 1);
    assert_int_equal(reap1().result, 50000);
    assert_true(pattern_matches(mem, 100000, 50000));
    close(fd);
}

static void read_everything_through(uint32_t chunk, uint64_t total, int fd) {
    uint64_t sent = 0, got = 0;
    uint32_t slots = MEM_BYTES / chunk < DEPTH ? MEM_BYTES / chunk : DEPTH;
    uint64_t offset_of[DEPTH];
    uint32_t free_slots[DEPTH], n_free = slots;
    for (uint32_t i = 0; i < slots; i++) {
        free_slots[i] = i;
    }
    assert_int_equal(stk_uring_add_file(&uring, fd, 0), 0);
    while (got < total) {
        struct stk_ingest_read batch[DEPTH];
        struct stk_ingest_done done[DEPTH];
        uint32_t n = 0;
        for (; n_free != 0 && sent < total; n++) {
            uint32_t slot = free_slots[--n_free];
            uint64_t left = total - sent;
            offset_of[slot] = sent;
            batch[n] =
                (struct stk_ingest_read){0, sent, left < chunk ? (uint32_t)left : chunk, mem + slot * chunk, slot};
            sent += batch[n].bytes;
        }
        assert_int_equal(stk_uring_ops.submit(&uring, batch, n), (int)n);
        int r = stk_uring_ops.reap(&uring, done, DEPTH, 10 * SECOND);
        assert_true(r > 0);
        for (int i = 0; i < r; i++) {
            uint32_t slot = done[i].tag;
            assert_true(done[i].result > 0);
            assert_true(pattern_matches(mem + slot * chunk, offset_of[slot], (size_t)done[i].result));
            got += (uint64_t)done[i].result;
            free_slots[n_free++] = slot;
        }
    }
    assert_true(got == total);
    assert_int_equal(uring.in_flight, 0);
    assert_adds_up();
}

static void many_reads_in_flight_arrive_whole(void **state) {
    (void)state;
    need_uring();
    int fd = pattern_file(5000011);
    read_everything_through(32768, 5000011, fd);
    struct stk_ingest_stats s;
    stk_uring_ops.stats(&uring, &s);
    assert_true(s.completed == (5000011 + 32767) / 32768);
    assert_true(s.bytes == 5000011 && s.failed == 0);
    assert_true(s.os_reads >= s.submitted);
    close(fd);
}

static void a_read_across_registered_pieces_arrives_whole(void **state) {
    (void)state;
    open_with(0, 16384);
    int fd = pattern_file(900001);
    assert_int_equal(stk_uring_add_file(&uring, fd, 0), 0);
    assert_int_equal(submit1(0, 1, 900000, mem + 100, 1), 1);
    assert_int_equal(reap1().result, 900000);
    assert_true(pattern_matches(mem + 100, 1, 900000));
    struct stk_ingest_stats s;
    stk_uring_ops.stats(&uring, &s);
    assert_true(s.os_reads >= 900000 / 16384);
    close(fd);
}

static void every_flag_reads_the_same(void **state) {
    static const uint32_t flags[] = {STK_URING_SQPOLL, STK_URING_PLAIN, STK_URING_WAIT_BY_POLL,
                                     STK_URING_SQPOLL | STK_URING_WAIT_BY_POLL | STK_URING_CANCEL_EACH};
    struct stk_uring_info info;
    (void)state;
    need_uring();
    assert_int_equal(stk_uring_probe(&info), STK_OK);
    for (uint32_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if ((flags[i] & STK_URING_SQPOLL) == 0 || info.sqpoll) {
            open_with(flags[i], 0);
            int fd = pattern_file(1500001);
            read_everything_through(65536, 1500001, fd);
            close(fd);
            assert_int_equal(stk_uring_close(&uring, SECOND), STK_OK);
        }
    }
}

static void a_direct_read_stops_at_an_odd_end(void **state) {
    (void)state;
    need_uring();
    int fd = pattern_file(10001);
    assert_int_equal(fsync(fd), 0);
    if (fcntl(fd, F_SETFL, O_DIRECT) != 0) {
        close(fd);
        skip(); /* this file system has no direct I/O */
    }
    assert_int_equal(stk_uring_add_file(&uring, fd, 0), 0);
    assert_int_equal(submit1(0, 0, 16384, mem, 1), 1);
    assert_int_equal(reap1().result, 10001);
    assert_true(pattern_matches(mem, 0, 10001));
    close(fd);
}

/// Pipes ///

/* Reads in flight: each is full but for the one where the pipe ends, and they come in order. */
static void read_pipe(int pipe_flags) {
    enum {
        TOTAL = 50000,
        CHUNK = 4096
    };
    int fds[2];
    uint64_t at = 0;
    pthread_t thread;
    assert_int_equal(pipe2(fds, pipe_flags), 0);
    assert_int_equal(fcntl(fds[1], F_SETFL, 0), 0);
    assert_int_equal(stk_uring_add_file(&uring, fds[0], 0), 0);
    struct slow_writer w = {fds[1], 777, TOTAL};
    assert_int_equal(pthread_create(&thread, NULL, write_slowly, &w), 0);
    for (uint32_t i = 0; i < DEPTH; i++) {
        assert_int_equal(submit1(0, 0, CHUNK, mem + i * CHUNK, i), 1);
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
    need_uring();
    read_pipe(0);
}

static void a_nonblocking_pipe_is_waited_for(void **state) {
    (void)state;
    need_uring();
    read_pipe(O_NONBLOCK);
}

static void a_pipe_works_on_the_paths_of_old_kernels(void **state) {
    (void)state;
    open_with(STK_URING_WAIT_BY_POLL, 0);
    read_pipe(0);
}

static void a_socket_reads_in_order(void **state) {
    int fds[2];
    (void)state;
    need_uring();
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(stk_uring_add_file(&uring, fds[0], 0), 0);
    assert_int_equal(submit1(0, 99, 3000, mem, 1), 1);
    assert_int_equal(submit1(0, 0, 3000, mem + 3000, 2), 1);
    assert_int_equal(pattern_write(fds[1], 0, 5000), 0);
    close(fds[1]);
    assert_int_equal(reap1().result, 3000);
    assert_int_equal(reap1().result, 2000);
    assert_true(pattern_matches(mem, 0, 5000));
    close(fds[0]);
}

static void a_file_added_as_sequential_goes_on_where_it_is(void **state) {
    (void)state;
    need_uring();
    int fd = pattern_file(10000);
    assert_int_equal(lseek(fd, 1000, SEEK_SET), 1000);
    assert_int_equal(stk_uring_add_file(&uring, fd, STK_URING_SEQUENTIAL), 0);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(submit1(0, 0, 2500, mem + i * 2500, i), 1);
    }
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(reap1().result, i < 3 ? 2500 : 1500);
    }
    assert_true(pattern_matches(mem, 1000, 9000));
    close(fd);
}

static void reap_of_a_silent_pipe_keeps_its_deadline(void **state) {
    int fds[2];
    struct stk_ingest_done done;
    (void)state;
    need_uring();
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(stk_uring_add_file(&uring, fds[0], 0), 0);
    assert_int_equal(submit1(0, 0, 100, mem, 1), 1);
    uint64_t start = now_ns();
    assert_int_equal(stk_uring_ops.reap(&uring, &done, 1, 0), 0);
    assert_true(now_ns() - start < SECOND);
    start = now_ns();
    assert_int_equal(stk_uring_ops.reap(&uring, &done, 1, SLICE), 0);
    assert_true(now_ns() - start >= SLICE && now_ns() - start < 2 * SECOND);
    close(fds[1]);
    assert_int_equal(reap1().result, 0);
    close(fds[0]);
}

static void reap_outlives_a_stop_of_the_process(void **state) {
    struct stopper stopper;
    int fds[2];
    struct stk_ingest_done done;
    (void)state;
    need_uring();
    assert_int_equal(pipe(fds), 0);
    stopper_start(&stopper, fds[1]);
    assert_int_equal(stk_uring_add_file(&uring, fds[0], 0), 0);
    assert_int_equal(submit1(0, 0, 1, mem, 1), 1);
    stopper_stop(&stopper, 30, 1500);
    assert_int_equal(stk_uring_ops.reap(&uring, &done, 1, SECOND), 1); /* the data comes after the stop */
    assert_int_equal(done.result, 1);
    stopper_end(&stopper);
    close(fds[0]);
    close(fds[1]);
}

static void reap_with_nothing_in_flight_returns_at_once(void **state) {
    struct stk_ingest_done done;
    (void)state;
    need_uring();
    uint64_t start = now_ns();
    assert_int_equal(stk_uring_ops.reap(&uring, &done, 1, 30 * SECOND), 0);
    assert_true(now_ns() - start < 5 * SECOND);
}

/// Cancel and close ///

/* A pipe with three reads, a socket with one, cancelled: each comes back once, as canceled. */
static void cancel_all_in_flight(uint32_t flags) {
    int pipe_fds[2], sock[2];
    uint32_t seen = 0;
    open_with(flags, 0);
    assert_int_equal(pipe(pipe_fds), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sock), 0);
    assert_int_equal(stk_uring_add_file(&uring, pipe_fds[0], 0), 0);
    assert_int_equal(stk_uring_add_file(&uring, sock[0], 0), 1);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(submit1(0, 0, 100, mem, i), 1);
    }
    assert_int_equal(submit1(1, 0, 100, mem, 3), 1);
    assert_int_equal(pattern_write(pipe_fds[1], 0, 50), 0); /* half of the first */
    assert_int_equal(stk_uring_ops.cancel(&uring), STK_OK);
    assert_int_equal(submit1(0, 0, 100, mem, 9), 0);
    for (uint32_t i = 0; i < 4; i++) {
        struct stk_ingest_done done = reap1();
        assert_int_equal(done.result, STK_E_CANCELED);
        seen |= 1u << done.tag;
    }
    assert_int_equal(seen, 0xF);
    assert_int_equal(uring.in_flight, 0);
    assert_adds_up();
    while (uring.cancels != 0) {
        struct stk_ingest_done done;
        assert_int_equal(stk_uring_ops.reap(&uring, &done, 1, 0), 0);
    }
    assert_int_equal(pattern_write(sock[1], 0, 10), 0);
    close(sock[1]);
    assert_int_equal(submit1(1, 0, 100, mem, 5), 1); /* and it goes on */
    assert_int_equal(reap1().result, 10);
    assert_int_equal(stk_uring_close(&uring, SECOND), STK_OK);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    close(sock[0]);
}

static void cancel_ends_every_read_once(void **state) {
    (void)state;
    cancel_all_in_flight(0);
}

static void cancel_one_by_one_ends_every_read_once(void **state) {
    (void)state;
    cancel_all_in_flight(STK_URING_CANCEL_EACH | STK_URING_WAIT_BY_POLL);
}

static void cancel_keeps_reads_that_were_finished(void **state) {
    struct stk_ingest_done done;
    (void)state;
    need_uring();
    int fd = pattern_file(4096);
    assert_int_equal(stk_uring_add_file(&uring, fd, 0), 0);
    assert_int_equal(submit1(0, 0, 4096, mem, 1), 1);
    while (stk_uring_ops.reap(&uring, &done, 0, 0) == 0 && uring.out != 0) {
    }
    assert_int_equal(stk_uring_ops.cancel(&uring), STK_OK);
    assert_int_equal(reap1().result, 4096);
    close(fd);
}

static void close_with_reads_in_flight_lets_go_of_the_memory(void **state) {
    int fds[2];
    (void)state;
    need_uring();
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(stk_uring_add_file(&uring, fds[0], 0), 0);
    for (uint32_t i = 0; i < DEPTH; i++) {
        assert_int_equal(submit1(0, 0, 100, mem, i), 1);
    }
    assert_int_equal(stk_uring_close(&uring, 5 * SECOND), STK_OK);
    assert_adds_up();
    assert_int_equal(stk_uring_close(&uring, 0), STK_OK);
    struct stk_ingest_done done;
    assert_int_equal(submit1(0, 0, 100, mem, 0), STK_E_SHUTDOWN);
    assert_int_equal(stk_uring_ops.reap(&uring, &done, 1, 0), STK_E_SHUTDOWN);
    assert_int_equal(stk_uring_ops.cancel(&uring), STK_E_SHUTDOWN);
    assert_int_equal(stk_uring_add_file(&uring, fds[0], 0), STK_E_SHUTDOWN);
    assert_int_equal(pattern_write(fds[1], 0, 100), 0); /* nobody reads it any more */
    close(fds[0]);
    close(fds[1]);
}

/// Refusals ///

static void what_is_no_file_is_refused(void **state) {
    (void)state;
    need_uring();
    assert_int_equal(stk_uring_add_file(&uring, -1, 0), STK_E_ARG);
    assert_true(uring.info.value == EBADF);
    int dir = open("/tmp", O_RDONLY | O_DIRECTORY);
    assert_int_equal(stk_uring_add_file(&uring, dir, 0), STK_E_ISDIR);
    close(dir);
    int out = open("/dev/null", O_WRONLY);
    assert_int_equal(stk_uring_add_file(&uring, out, 0), STK_E_ACCESS);
    close(out);
    int fd = pattern_file(1);
    assert_int_equal(stk_uring_add_file(&uring, fd, 2), STK_E_ARG);
    for (uint32_t i = 0; i < SOURCES; i++) {
        assert_int_equal(stk_uring_add_file(&uring, fd, 0), (int)i);
    }
    assert_int_equal(stk_uring_add_file(&uring, fd, 0), STK_E_FULL);
    close(fd);
}

static void a_source_is_removed_only_when_its_reads_are_reaped(void **state) {
    int fds[2];
    (void)state;
    need_uring();
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(stk_uring_add_file(&uring, fds[0], 0), 0);
    assert_int_equal(submit1(0, 0, 10, mem, 1), 1);
    assert_int_equal(stk_uring_remove_source(&uring, 0), STK_E_STATUS);
    close(fds[1]);
    assert_int_equal(reap1().result, 0);
    assert_int_equal(stk_uring_remove_source(&uring, 0), STK_OK);
    assert_int_equal(stk_uring_remove_source(&uring, 0), STK_E_RANGE);
    assert_int_equal(stk_uring_remove_source(&uring, SOURCES), STK_E_RANGE);
    assert_int_equal(submit1(0, 0, 10, mem, 1), STK_E_RANGE);
    assert_int_equal(stk_uring_add_file(&uring, fds[0], 0), 0); /* and can be added again */
    close(fds[0]);
}

static void a_read_outside_the_memory_is_refused_whole(void **state) {
    struct stk_ingest_stats s;
    (void)state;
    need_uring();
    int fd = pattern_file(100);
    assert_int_equal(stk_uring_add_file(&uring, fd, 0), 0);
    assert_int_equal(submit1(0, 0, 10, (uint8_t *)((uintptr_t)mem - 1), 0), STK_E_ARG);
    assert_int_equal(submit1(0, 0, 10, mem + MEM_BYTES - 9, 0), STK_E_ARG);
    assert_int_equal(submit1(0, 0, 10, NULL, 0), STK_E_ARG);
    assert_int_equal(submit1(0, 0, 0, mem, 0), STK_E_ARG);
    assert_int_equal(submit1(0, 0, 0x80000000u, mem, 0), STK_E_ARG);
    assert_int_equal(submit1(0, INT64_MAX, 1, mem, 0), STK_E_ARG);
    assert_int_equal(submit1(1, 0, 10, mem, 0), STK_E_RANGE);
    struct stk_ingest_read batch[2] = {{0, 0, 10, mem, 0}, {0, 0, 10, mem + MEM_BYTES, 1}};
    assert_int_equal(stk_uring_ops.submit(&uring, batch, 2), STK_E_ARG);
    assert_int_equal(uring.info.index, 1);
    stk_uring_ops.stats(&uring, &s);
    assert_true(s.submitted == 0 && s.os_reads == 0);
    assert_int_equal(submit1(0, 0, 10, mem + MEM_BYTES - 10, 0), 1);
    assert_int_equal(reap1().result, 10);
    close(fd);
}

static void a_full_port_takes_what_fits(void **state) {
    struct stk_ingest_read batch[DEPTH + 3];
    struct stk_ingest_done done[DEPTH + 3];
    uint32_t reaped = 0;
    (void)state;
    need_uring();
    int fd = pattern_file(100);
    assert_int_equal(stk_uring_add_file(&uring, fd, 0), 0);
    for (uint32_t i = 0; i < DEPTH + 3; i++) {
        batch[i] = (struct stk_ingest_read){0, i, 1, mem + i, i};
    }
    assert_int_equal(stk_uring_ops.submit(&uring, batch, DEPTH + 3), DEPTH);
    assert_int_equal(stk_uring_ops.submit(&uring, batch + DEPTH, 3), 0);
    while (reaped < DEPTH) {
        int r = stk_uring_ops.reap(&uring, done, DEPTH + 3, SECOND);
        assert_true(r > 0);
        reaped += (uint32_t)r;
    }
    assert_int_equal(stk_uring_ops.submit(&uring, batch + DEPTH, 3), 3);
    for (uint32_t i = 0; i < 3; i++) {
        (void)reap1();
    }
    assert_true(pattern_matches(mem, 0, DEPTH + 3));
    close(fd);
}

static void an_io_error_is_a_completion_with_its_errno(void **state) {
    (void)state;
    need_uring();
    int fd = open("/proc/self/mem", O_RDONLY); /* nothing is mapped at address 0, so reading it fails with EIO */
    assert_true(fd >= 0);
    assert_int_equal(stk_uring_add_file(&uring, fd, 0), 0);
    assert_int_equal(submit1(0, 0, 4096, mem, 3), 1);
    struct stk_ingest_done done = reap1();
    assert_int_equal(done.tag, 3);
    assert_int_equal(done.result, STK_E_IO);
    assert_int_equal(done.os_error, EIO);
    assert_adds_up();
    close(fd);
}

/// Opening ///

static void open_checks_its_arguments(void **state) {
    struct stk_uring u;
    struct stk_uring_config bad_depth = {.depth = STK_URING_DEPTH_MAX + 1}, bad_sources = {.sources = 5000};
    struct stk_uring_config bad_flags = {.flags = 1u << 9}, bad_piece = {.piece_bytes = 5000};
    struct stk_uring_config small_piece = {.piece_bytes = 4096};
    (void)state;
    stk_arena_init(&arena, arena_mem, sizeof arena_mem);
    assert_int_equal(stk_uring_open(&u, NULL, NULL, 10, &arena), STK_E_ARG);
    assert_int_equal(stk_uring_open(&u, NULL, mem, 0, &arena), STK_E_ARG);
    assert_int_equal(stk_uring_open(&u, NULL, mem, 10, NULL), STK_E_ARG);
    assert_int_equal(stk_uring_open(NULL, NULL, mem, 10, &arena), STK_E_ARG);
    assert_int_equal(stk_uring_open(&u, &bad_depth, mem, 10, &arena), STK_E_OVERFLOW);
    assert_int_equal(stk_uring_open(&u, &bad_sources, mem, 10, &arena), STK_E_OVERFLOW);
    assert_int_equal(stk_uring_open(&u, &bad_flags, mem, 10, &arena), STK_E_ARG);
    assert_int_equal(stk_uring_open(&u, &bad_piece, mem, 10, &arena), STK_E_ARG);
    assert_int_equal(stk_uring_open(&u, &small_piece, mem, MEM_BYTES, &arena), STK_E_OVERFLOW);
    assert_int_equal(stk_arena_mark(&arena), 0);
}

static int open_without_locked_memory(void) {
    struct rlimit limit = {65536, 65536};
    struct stk_uring u;
    stk_arena_init(&arena, arena_mem, sizeof arena_mem);
    /* root is not bound by the limit */
    if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0 || (getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))) {
        return 2;
    }
    struct stk_uring_config config = {.depth = DEPTH, .sources = SOURCES};
    int r = stk_uring_open(&u, &config, mem, sizeof mem, &arena);
    return r == STK_E_LOCKED && u.info.value == ENOMEM && strcmp(u.call, "io_uring_register (buffers)") == 0 &&
                   u.ring == NULL && stk_arena_mark(&arena) == 0
               ? 0
               : 1;
}

static void too_little_locked_memory_is_said(void **state) {
    (void)state;
    need_uring();
    assert_int_equal(in_child(open_without_locked_memory), 0);
}

/* Makes this system call fail with `os_error` from now on. */
static int forbid(unsigned call, int os_error) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)os_error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof code[0], code};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) : -1;
}

/* Returns true if the ring is refused with this code, the errno and the name of the call, and nothing is kept. */
static bool refused_by(const char *call, int os_error, int err) {
    struct stk_uring_config config = {.depth = DEPTH, .sources = SOURCES};
    stk_arena_init(&arena, arena_mem, sizeof arena_mem);
    mem[0] = 0x5A;
    int free_before = dup(0);
    (void)close(free_before);
    int r = stk_uring_open(&uring, &config, mem, sizeof mem, &arena);
    return r == err && uring.info.value == (uint64_t)os_error && strcmp(uring.call, call) == 0 && mem[0] == 0x5A &&
           stk_arena_mark(&arena) == 0 && dup(0) == free_before; /* no descriptor is left open */
}

static int open_where_forbidden(int os_error) {
    struct stk_uring_info info;
    char text[STK_URING_TEXT_BYTES];
    if (forbid(SYS_io_uring_setup, os_error) != 0) {
        return 77;
    }
    if (!refused_by("io_uring_setup", os_error, STK_E_UNSUPPORTED)) {
        return 1;
    }
    if (stk_uring_probe(&info) != STK_E_UNSUPPORTED || info.available || info.os_error != os_error) {
        return 2;
    }
    return stk_uring_describe(&info, text, sizeof text) > 0 && strncmp(text, "not available: ", 15) == 0 ? 0 : 3;
}

static int open_where_eperm(void) {
    return open_where_forbidden(EPERM);
}

static int open_where_enosys(void) {
    return open_where_forbidden(ENOSYS);
}

static void a_kernel_without_io_uring_is_unsupported(void **state) {
    (void)state;
    int r = in_child(open_where_enosys);
    if (r == 77) {
        skip(); /* no seccomp here */
    }
    assert_int_equal(r, 0);
    assert_int_equal(in_child(open_where_eperm), 0);
}

static int open_where_enter_is_forbidden(void) {
    struct stk_uring_info info;
    if (forbid(SYS_io_uring_enter, EPERM) != 0) {
        return 77;
    }
    return refused_by("io_uring_enter", EPERM, STK_E_UNSUPPORTED) && stk_uring_probe(&info) == STK_E_UNSUPPORTED &&
                   info.os_error == EPERM
               ? 0
               : 1;
}

static int open_where_enter_says_again(void) {
    return forbid(SYS_io_uring_enter, EAGAIN) == 0 && refused_by("io_uring_enter", EAGAIN, STK_E_UNSUPPORTED) ? 0 : 1;
}

static int open_where_register_is_forbidden(void) {
    return forbid(SYS_io_uring_register, EPERM) == 0 &&
                   refused_by("io_uring_register (buffers)", EPERM, STK_E_UNSUPPORTED)
               ? 0
               : 1;
}

static int open_without_descriptors(void) {
    return forbid(SYS_io_uring_setup, EMFILE) == 0 && refused_by("io_uring_setup", EMFILE, STK_E_FILES) ? 0 : 1;
}

static int open_without_memory(void) {
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    (void)getrlimit(RLIMIT_MEMLOCK, &limit); /* where the limit is high enough, raising it would be no help */
    int err = limit.rlim_cur >= sizeof mem ? STK_E_NOMEM : STK_E_LOCKED;
    return forbid(SYS_io_uring_register, ENOMEM) == 0 && refused_by("io_uring_register (buffers)", ENOMEM, err) ? 0 : 1;
}

static void io_uring_that_is_there_in_part_is_not_opened(void **state) {
    (void)state;
    need_uring();
    int r = in_child(open_where_enter_is_forbidden);
    if (r == 77) {
        skip(); /* there is no seccomp here */
    }
    assert_int_equal(r, 0);
    assert_int_equal(in_child(open_where_enter_says_again), 0);
    assert_int_equal(in_child(open_where_register_is_forbidden), 0);
    assert_int_equal(in_child(open_without_descriptors), 0);
    assert_int_equal(in_child(open_without_memory), 0);
}

/* Makes the kernel refuse requests once the ring is open. */
static int submit_where_enter_says_again(void) {
    struct stk_uring_config config = {.depth = DEPTH, .sources = SOURCES, .refused_max = 3};
    struct stk_ingest_done done;
    int fd = pattern_file(4096), n = 0;
    stk_arena_init(&arena, arena_mem, sizeof arena_mem);
    if (stk_uring_open(&uring, &config, mem, sizeof mem, &arena) != STK_OK || stk_uring_add_file(&uring, fd, 0) != 0 ||
        forbid(SYS_io_uring_enter, EAGAIN) != 0) {
        return 77;
    }
    (void)submit1(0, 0, 4096, mem, 1);
    while (n == 0) {
        n = stk_uring_ops.reap(&uring, &done, 1, SLICE);
    }
    return n == STK_E_IO && uring.info.value == EAGAIN && strcmp(uring.call, "io_uring_enter") == 0 ? 0 : 1;
}

static void a_kernel_that_refuses_for_ever_fails_the_ring(void **state) {
    (void)state;
    need_uring();
    int r = in_child(submit_where_enter_says_again);
    if (r == 77) {
        skip(); /* there is no seccomp here */
    }
    assert_int_equal(r, 0);
}

/* An event counter has offsets as far as lseek tells, and a read of it waits until somebody counts. */
static void a_read_that_does_not_end_is_late(void **state) {
    struct stk_uring_config config = {.depth = DEPTH, .sources = SOURCES, .read_timeout_ns = SLICE};
    struct stk_ingest_done done;
    int fd = eventfd(0, EFD_CLOEXEC), file = pattern_file(4096), n = 0;
    (void)state;
    need_uring();
    stk_arena_init(&arena, arena_mem, sizeof arena_mem);
    assert_int_equal(stk_uring_open(&uring, &config, mem, sizeof mem, &arena), STK_OK);
    assert_int_equal(stk_uring_add_file(&uring, fd, 0), 0);
    if (uring.source[0].kind != 1u) {
        skip(); /* this kernel's event counters cannot seek */
    }
    assert_int_equal(submit1(0, 0, 8, mem, 1), 1);
    while (n == 0) {
        n = stk_uring_ops.reap(&uring, &done, 1, SLICE);
    }
    assert_int_equal(n, 1);
    assert_int_equal(done.result, STK_E_TIMEOUT);
    assert_int_equal(done.os_error, ETIMEDOUT);
    assert_int_equal(stk_uring_add_file(&uring, file, 0), 1); /* the ring goes on */
    assert_int_equal(submit1(1, 0, 4096, mem, 2), 1);
    assert_int_equal(reap1().result, 4096);
    close(file);
    close(fd);
}

static void the_probe_describes_the_kernel(void **state) {
    struct stk_uring_info info;
    char text[STK_URING_TEXT_BYTES];
    (void)state;
    need_uring();
    assert_int_equal(stk_uring_probe(&info), STK_OK);
    assert_true(info.available && info.opcodes > 20);
    int n = stk_uring_describe(&info, text, sizeof text);
    assert_true(n > 0);
    assert_int_equal(strlen(text), n);
    print_message("io_uring: %s\n", text);
    assert_int_equal(stk_uring_describe(&info, text, (size_t)n), STK_E_SPACE);
    assert_int_equal(stk_uring_describe(&info, text, (size_t)n + 1), n);
    assert_string_equal(stk_uring_opcode_name(4), "READ_FIXED");
    assert_null(stk_uring_opcode_name(1000));
    assert_int_equal(stk_uring_probe(NULL), STK_E_ARG);
}

#define TEST(f)       cmocka_unit_test_setup_teardown(f, open_default, close_it)
#define TEST_ALONE(f) cmocka_unit_test_teardown(f, close_it)

int main(void) {
    struct stk_uring_info info;
    const struct CMUnitTest tests[] = {
        TEST(reads_a_whole_file_in_one_read),
        TEST(reads_odd_sizes_at_odd_offsets),
        TEST(a_read_past_the_end_comes_short),
        TEST(a_file_truncated_while_it_is_read_comes_short),
        TEST(many_reads_in_flight_arrive_whole),
        TEST_ALONE(a_read_across_registered_pieces_arrives_whole),
        TEST_ALONE(every_flag_reads_the_same),
        TEST(a_direct_read_stops_at_an_odd_end),
        TEST(a_pipe_with_a_slow_writer_fills_each_read_in_order),
        TEST(a_nonblocking_pipe_is_waited_for),
        TEST_ALONE(a_pipe_works_on_the_paths_of_old_kernels),
        TEST(a_socket_reads_in_order),
        TEST(a_file_added_as_sequential_goes_on_where_it_is),
        TEST(reap_of_a_silent_pipe_keeps_its_deadline),
        TEST(reap_outlives_a_stop_of_the_process),
        TEST(reap_with_nothing_in_flight_returns_at_once),
        TEST_ALONE(cancel_ends_every_read_once),
        TEST_ALONE(cancel_one_by_one_ends_every_read_once),
        TEST(cancel_keeps_reads_that_were_finished),
        TEST(close_with_reads_in_flight_lets_go_of_the_memory),
        TEST(what_is_no_file_is_refused),
        TEST(a_source_is_removed_only_when_its_reads_are_reaped),
        TEST(a_read_outside_the_memory_is_refused_whole),
        TEST(a_full_port_takes_what_fits),
        TEST(an_io_error_is_a_completion_with_its_errno),
        cmocka_unit_test(open_checks_its_arguments),
        cmocka_unit_test(too_little_locked_memory_is_said),
        cmocka_unit_test(a_kernel_without_io_uring_is_unsupported),
        cmocka_unit_test(io_uring_that_is_there_in_part_is_not_opened),
        cmocka_unit_test(a_kernel_that_refuses_for_ever_fails_the_ring),
        TEST_ALONE(a_read_that_does_not_end_is_late),
        cmocka_unit_test(the_probe_describes_the_kernel),
    };
    available = stk_uring_probe(&info) == STK_OK;
    if (!available) {
        print_message("io_uring is not available here (errno %d): its tests are skipped\n", info.os_error);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
