/* Sources of an ingest port that reads file descriptors: files, pipes, a socket, and a file that fails. Included once
 * in a test, which defines add_fd and remove_source; fd_contract has the cases that only such ports have. */
#ifndef CONTRACT_FD_SOURCES_H
#define CONTRACT_FD_SOURCES_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

#include "host_file.h"
#include "ingest.h"
#include "stoker/port/posix.h"
#include "stopper.h"

#define FD_SOURCES    4u
#define FD_KINDS      3u
#define FD_SEQUENTIAL 1u /* the flag of both ports */
#define FD_SECOND     UINT64_C(1000000000)

/* The port's own calls, and the errno of its last refusal. */
static int add_fd(int fd, uint32_t flags);
static int remove_source(uint32_t source);
static uint64_t os_error_of_refusal(void);

static struct {
    int fd, writer; /* writer: the other end, -1 when there is none */
    uint32_t written;
} fd_source[FD_SOURCES];
static struct slow_writer fd_slow;
static pthread_t fd_thread;
static struct stopper fd_stopper;

static void fd_close(uint32_t i) {
    (void)close(fd_source[i].fd);
    if (fd_source[i].writer >= 0) {
        (void)close(fd_source[i].writer);
    }
    fd_source[i].fd = fd_source[i].writer = -1;
}

static void fd_begin(void) {
    for (uint32_t i = 0; i < FD_SOURCES; i++) {
        fd_source[i].fd = fd_source[i].writer = -1;
    }
}

static void fd_close_all(void) {
    for (uint32_t i = 0; i < FD_SOURCES; i++) {
        if (fd_source[i].fd >= 0) {
            fd_close(i);
        }
    }
}

static int fd_take(int fd, int writer, uint32_t flags) {
    assert_true(fd >= 0);
    int source = add_fd(fd, flags);
    if (source >= 0) {
        fd_source[source].fd = fd;
        fd_source[source].writer = writer;
        fd_source[source].written = 0;
    } else {
        (void)close(fd);
    }
    return source;
}

static int fd_add(uint32_t bytes, bool sequential) {
    int fd = pattern_file(bytes);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd_take(fd, -1, sequential ? FD_SEQUENTIAL : 0);
}

static int fd_add_writable(uint32_t bytes) {
    int fd = pattern_file(0);
    assert_int_equal(ftruncate(fd, bytes), 0);
    return fd_take(fd, -1, 0);
}

static void fd_content(uint32_t source, uint8_t *to, uint32_t bytes) {
    assert_int_equal(pread(fd_source[source].fd, to, bytes, 0), bytes);
}

static int fd_remove(uint32_t source) {
    int err = remove_source(source);
    if (err == STK_OK) {
        fd_close(source);
    }
    return err;
}

static void fd_shrink(uint32_t source, uint32_t bytes) {
    assert_int_equal(ftruncate(fd_source[source].fd, bytes), 0);
}

/* Adds a source whose reads fail with EIO: nothing is mapped at address 0. */
static int fd_add_failing(int *os_error) {
    *os_error = EIO;
    return fd_take(open("/proc/self/mem", O_RDONLY), -1, 0);
}

/* Adds a silent source: kind 0 is a pipe, kind 1 a non-blocking pipe, kind 2 a socket. */
static int fd_add_silent(uint32_t kind) {
    int ends[2] = {-1, -1};
    int err = kind == 2u ? socketpair(AF_UNIX, SOCK_STREAM, 0, ends) : pipe2(ends, kind == 1u ? O_NONBLOCK : 0);
    assert_int_equal(err, 0);
    assert_int_equal(fcntl(ends[1], F_SETFL, 0), 0);
    return fd_take(ends[0], ends[1], 0);
}

static void fd_write(uint32_t source, uint32_t bytes) {
    assert_int_equal(pattern_write(fd_source[source].writer, fd_source[source].written, bytes), 0);
    fd_source[source].written += bytes;
}

static void fd_end(uint32_t source) {
    (void)close(fd_source[source].writer);
    fd_source[source].writer = -1;
}

static void fd_write_slowly(uint32_t source, uint32_t bytes) {
    fd_slow = (struct slow_writer){fd_source[source].writer, 777, bytes};
    fd_source[source].writer = -1; /* the thread closes it */
    assert_int_equal(pthread_create(&fd_thread, NULL, write_slowly, &fd_slow), 0);
}

static void fd_wait_for_writer(void) {
    assert_int_equal(pthread_join(fd_thread, NULL), 0);
}

static void fd_stop_and_write(uint32_t source) {
    stopper_start(&fd_stopper, fd_source[source].writer);
    stopper_stop(&fd_stopper, 30, 2500);
}

static void fd_wait_for_stop(void) {
    stopper_end(&fd_stopper);
}

static uint64_t fd_now_ns(void) {
    return stk_posix_platform_ops.now_ns(NULL);
}

/* The sources of a port; the rest is the test's. */
static inline struct ingest_port fd_port(const char *name, const struct stk_ingest_ops *ops) {
    return (struct ingest_port){
        .name = name,
        .ops = ops,
        .sources = FD_SOURCES,
        .add = fd_add,
        .remove = fd_remove,
        .shrink = fd_shrink,
        .add_failing = fd_add_failing,
        .add_writable = fd_add_writable,
        .content = fd_content,
        .kinds = FD_KINDS,
        .add_silent = fd_add_silent,
        .write = fd_write,
        .end = fd_end,
        .write_slowly = fd_write_slowly,
        .wait_for_writer = fd_wait_for_writer,
        .stop_and_write = fd_stop_and_write,
        .wait_for_stop = fd_wait_for_stop,
        .now_ns = fd_now_ns,
    };
}

/// Cases of ports that read descriptors ///

static const struct ingest_port *fd_the_port;
static void *fd_ctx;

static int fd_open_port(void **state) {
    (void)state;
    fd_ctx = fd_the_port->open();
    return fd_ctx == NULL ? -1 : 0;
}

static int fd_close_port(void **state) {
    (void)state;
    fd_the_port->close();
    return 0;
}

static int32_t fd_read(uint32_t source, uint32_t bytes, uint8_t *dst) {
    const struct stk_ingest_read read = {source, 0, bytes, dst, 1, 0};
    struct stk_ingest_done done = {0, 0, 0};
    assert_int_equal(fd_the_port->ops->submit(fd_ctx, &read, 1), 1);
    assert_int_equal(fd_the_port->ops->reap(fd_ctx, &done, 1, 10 * FD_SECOND), 1);
    return done.result;
}

static void a_file_added_as_sequential_goes_on_where_it_is(void **state) {
    uint8_t *mem = fd_the_port->mem;
    (void)state;
    int fd = pattern_file(10000);
    assert_int_equal(lseek(fd, 1000, SEEK_SET), 1000);
    assert_int_equal(fd_take(fd, -1, FD_SEQUENTIAL), 0);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(fd_read(0, 2500, mem + i * 2500), i < 3 ? 2500 : 1500);
    }
    assert_true(pattern_matches(mem, 1000, 9000));
}

static void a_direct_read_stops_at_an_odd_end(void **state) {
    (void)state;
    int fd = pattern_file(10001);
    assert_int_equal(fsync(fd), 0);
    if (fcntl(fd, F_SETFL, O_DIRECT) != 0) {
        close(fd);
        skip(); /* this file system has no direct I/O */
    }
    assert_int_equal(fd_take(fd, -1, 0), 0);
    assert_int_equal(fd_read(0, 16384, fd_the_port->mem), 10001);
    assert_true(pattern_matches(fd_the_port->mem, 0, 10001));
}

static void what_is_no_file_is_refused(void **state) {
    (void)state;
    assert_int_equal(add_fd(-1, 0), STK_E_ARG);
    assert_true(os_error_of_refusal() == EBADF);
    int dir = open("/tmp", O_RDONLY | O_DIRECTORY);
    assert_int_equal(add_fd(dir, 0), STK_E_ISDIR);
    close(dir);
    int out = open("/dev/null", O_WRONLY);
    assert_int_equal(add_fd(out, 0), STK_E_ACCESS);
    close(out);
    int fd = pattern_file(1);
    assert_int_equal(add_fd(fd, 2), STK_E_ARG);
    assert_int_equal(fd_take(fd, -1, 0), 0); /* nothing was added */
    assert_int_equal(fd_read(0, 2, fd_the_port->mem), 1);
}

static int fd_contract(const struct ingest_port *port) {
    const struct CMUnitTest cases[] = {
        cmocka_unit_test_setup_teardown(a_file_added_as_sequential_goes_on_where_it_is, fd_open_port, fd_close_port),
        cmocka_unit_test_setup_teardown(a_direct_read_stops_at_an_odd_end, fd_open_port, fd_close_port),
        cmocka_unit_test_setup_teardown(what_is_no_file_is_refused, fd_open_port, fd_close_port),
    };
    fd_the_port = port;
    return ingest_contract(port) + cmocka_run_group_tests_name(port->name, cases, NULL, NULL);
}

#endif
