/* A ring over a kernel that gives short reads, errors and refusals on demand (uring_kernel.h): each read comes back
  * once with its own bytes, the counters add up after every step, and close waits until no read is in flight. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "host_file.h"

#define DEPTH      16u
#define SOURCES    4u
#define READ_BYTES 8192u
#define FILE_BYTES 200003u
#define SECOND     UINT64_C(1000000000)
#define TAGS       65536u
#define MEM_BYTES  (DEPTH * READ_BYTES)

#include "sockets.h"
#include "uring_kernel.h"
#include "uring_rig.h"

static uint32_t seed;

static uint32_t draw(uint32_t below) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

/// Helpers ///

static void open_ring(uint32_t flags) {
    assert_int_equal(open_pieces(flags, 0), STK_OK);
    kernel.requests = kernel.submits = 0;
    seed = 1;
}

static void need_injection(void) {
    if (available && !kernel_injects) {
        print_message("skipped: this kernel answers no request as a test asks (Linux 6.10)\n");
        skip();
    }
}

static int close_ring(void **state) {
    (void)state;
    memset(&kernel, 0, sizeof kernel);
    return stk_uring_close(&uring, 10 * SECOND);
}

/* The counters must add up, on each path and in all: submitted reads are completed, failed, canceled or in flight. */
static void assert_adds_up(void) {
    struct stk_ingest_stats all;
    struct stk_uring_path_stats sum = {0};
    stk_uring_ops.stats(&uring, &all);
    for (uint32_t i = 0; i < STK_URING_PATHS; i++) {
        const struct stk_uring_path_stats *p = &uring.path[i];
        uint64_t reads = 0;
        for (uint32_t k = 0; k < SOURCES; k++) {
            reads += uring.source[k].kind != 0 && uring.source[k].path == i ? uring.source[k].reads : 0u;
        }
        assert_true(p->submitted == p->completed + p->failed + p->canceled + reads);
        sum.submitted += p->submitted;
        sum.completed += p->completed;
        sum.failed += p->failed + p->canceled;
        sum.bytes += p->bytes;
        sum.bounce_bytes += p->bounce_bytes;
        sum.registered += p->registered + p->plain;
    }
    assert_true(all.submitted == all.completed + all.failed + uring.in_flight);
    assert_true(sum.submitted == all.submitted && sum.completed == all.completed && sum.failed == all.failed);
    assert_true(sum.bytes == all.bytes && sum.bounce_bytes == all.bounce_bytes && sum.registered == all.os_reads);
}

static int submit(uint32_t source, uint64_t offset, uint32_t bytes, uint32_t buffer, uint32_t tag) {
    const struct stk_ingest_read read = {source, offset,         bytes, mem + (size_t)buffer * READ_BYTES,
                                         tag,    STK_INGEST_READ};
    int taken = stk_uring_ops.submit(&uring, &read, 1);
    assert_adds_up();
    return taken;
}

static struct stk_ingest_done reap(void) {
    struct stk_ingest_done done = {0, 0, 0};
    assert_int_equal(stk_uring_ops.reap(&uring, &done, 1, 10 * SECOND), 1);
    assert_adds_up();
    return done;
}

static void cancel(uint32_t first, uint32_t last) {
    assert_int_equal(stk_uring_ops.cancel(&uring, first, last), STK_OK);
    assert_adds_up();
}

static int add(int fd) {
    int source = stk_uring_add_file(&uring, fd, 0);
    assert_true(source >= 0);
    return source;
}

/* Opens the file with O_DIRECT. Returns -1 where the file system has no O_DIRECT. */
static int open_direct(int fd) {
    char name[64];
    (void)snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    return open(name, O_RDONLY | O_DIRECT);
}

/* Reads DEPTH parts of a file, one into each buffer, and checks each. Returns how many failed. */
static uint32_t read_parts(uint32_t source, int err, int os_error) {
    uint32_t failed = 0;
    for (uint32_t i = 0; i < DEPTH; i++) {
        assert_int_equal(submit(source, i * 7001u, 7001, i, i), 1);
    }
    for (uint32_t i = 0; i < DEPTH; i++) {
        struct stk_ingest_done done = reap();
        if (done.result < 0) {
            assert_int_equal(done.result, err);
            assert_int_equal(done.os_error, os_error);
            failed++;
        } else {
            assert_int_equal(done.result, 7001);
            assert_true(pattern_matches(mem + (size_t)done.tag * READ_BYTES, (uint64_t)done.tag * 7001u, 7001));
        }
    }
    return failed;
}

/// Answers ///

static int32_t few_bytes(uint32_t nth, uint32_t bytes) {
    (void)bytes;
    return (int32_t)(nth * 37u % 701u + 1u);
}

static void short_reads_go_on_to_the_end(void **state) {
    (void)state;
    open_ring(0);
    int fd = pattern_file(FILE_BYTES);
    kernel.fate = few_bytes;
    assert_int_equal(read_parts((uint32_t)add(fd), 0, 0), 0);
    assert_true(kernel.requests > 10 * DEPTH);
    (void)close(fd);
}

/* Interrupts 63 of 64 reads, in both ways, so no read is interrupted 64 times in a row. */
static int32_t interrupted_often(uint32_t nth, uint32_t bytes) {
    (void)bytes;
    return nth % 3u == 0 ? 0 : nth % 3u == 1 ? -EINTR : -EAGAIN;
}

static void interrupted_reads_are_sent_again(void **state) {
    (void)state;
    need_injection();
    open_ring(0);
    int fd = pattern_file(FILE_BYTES);
    kernel.fate = interrupted_often;
    assert_int_equal(read_parts((uint32_t)add(fd), 0, 0), 0);
    (void)close(fd);
}

static int wanted_errno;

static int32_t always_fails(uint32_t nth, uint32_t bytes) {
    (void)nth;
    (void)bytes;
    return -wanted_errno;
}

static void what_is_interrupted_for_ever_fails(void **state) {
    static const int numbers[] = {EINTR, EAGAIN};
    (void)state;
    need_injection();
    open_ring(0);
    int fd = pattern_file(FILE_BYTES);
    uint32_t source = (uint32_t)add(fd);
    for (uint32_t i = 0; i < 2; i++) {
        wanted_errno = numbers[i];
        kernel.fate = always_fails;
        assert_int_equal(read_parts(source, STK_E_IO, numbers[i]), DEPTH);
        kernel.fate = NULL;
        assert_int_equal(read_parts(source, 0, 0), 0);
    }
    (void)close(fd);
}

/* Makes each third read fail, also a read that has got a part of its bytes. */
static int32_t third_fails(uint32_t nth, uint32_t bytes) {
    return nth % 3u == 2u ? -wanted_errno : nth % 3u == 1u ? (int32_t)(bytes / 2u) : 0;
}

static void an_error_is_that_of_its_read_alone(void **state) {
    static const struct {
        int os_error, err;
        const char *advice; /* a part of it */
    } rows[] = {
        {EIO, STK_E_IO, ""},
        {ENOSPC, STK_E_NOSPC, ""},
        {EMFILE, STK_E_FILES, "`ulimit -n`"},
        {ENODEV, STK_E_NODEV, ""},
        {ENFILE, STK_E_FILES, "`ulimit -n`"},
        {ENOMEM, STK_E_NOMEM, ""},
        {ETIMEDOUT, STK_E_TIMEOUT, ""},
    };
    (void)state;
    need_injection();
    open_ring(0);
    int fd = pattern_file(FILE_BYTES);
    uint32_t source = (uint32_t)add(fd);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        wanted_errno = rows[i].os_error;
        kernel.fate = third_fails;
        uint32_t failed = read_parts(source, rows[i].err, rows[i].os_error);
        assert_true(failed != 0 && failed < DEPTH);
        assert_non_null(strstr(stk_err_fix(rows[i].err), rows[i].advice));
    }
    (void)close(fd);
}

/* More answers than the queue has room for: the kernel keeps them until the ring takes them in. */
static void a_full_completion_queue_loses_nothing(void **state) {
    (void)state;
    kernel.sq_entries = 2;
    kernel.cq_entries = 4;
    open_ring(0);
    int fd = pattern_file(FILE_BYTES);
    uint32_t source = (uint32_t)add(fd);
    const struct io_uring *ring = uring.ring;
    bool full = false;
    for (uint32_t i = 0; i < DEPTH; i++) {
        assert_int_equal(submit(source, i * 100u, 100, i, i), 1);
        full = full || (*ring->sq.kflags & IORING_SQ_CQ_OVERFLOW) != 0;
    }
    assert_true(full);
    for (uint32_t i = 0; i < DEPTH; i++) {
        struct stk_ingest_done done = reap();
        assert_int_equal(done.result, 100);
        assert_true(pattern_matches(mem + (size_t)done.tag * READ_BYTES, done.tag * 100u, 100));
    }
    (void)close(fd);
}

/// The source changes ///

static int shrinking;

/* Cuts the file in the middle of the reads. */
static int32_t shrinks(uint32_t nth, uint32_t bytes) {
    if (nth == DEPTH + 3u) {
        assert_int_equal(ftruncate(shrinking, 30000), 0);
    }
    return (int32_t)(bytes / 2u + 1u);
}

static void a_file_that_shrinks_ends_its_reads_short(void **state) {
    uint32_t whole = 0, cut = 0;
    (void)state;
    open_ring(0);
    shrinking = pattern_file(FILE_BYTES);
    uint32_t source = (uint32_t)add(shrinking);
    kernel.fate = shrinks;
    for (uint32_t i = 0; i < DEPTH; i++) {
        assert_int_equal(submit(source, i * 8000u, 8000, i, i), 1);
    }
    for (uint32_t i = 0; i < DEPTH; i++) {
        struct stk_ingest_done done = reap();
        assert_true(done.result >= 0 && done.result <= 8000);
        assert_true(pattern_matches(mem + (size_t)done.tag * READ_BYTES, done.tag * 8000u, (uint32_t)done.result));
        whole += done.result == 8000;
        cut += done.result < 8000;
    }
    assert_true(whole != 0 && cut != 0);
    (void)close(shrinking);
}

static int32_t is_gone(uint32_t nth, uint32_t bytes) {
    (void)bytes;
    return nth < 5u ? 0 : -ENODEV;
}

static void a_device_that_disappears_fails_its_reads_and_no_more(void **state) {
    (void)state;
    need_injection();
    open_ring(0);
    int fd = pattern_file(FILE_BYTES), other = pattern_file(FILE_BYTES);
    uint32_t source = (uint32_t)add(fd);
    kernel.fate = is_gone;
    assert_int_equal(read_parts(source, STK_E_NODEV, ENODEV), DEPTH - 5u);
    assert_int_equal(stk_uring_remove_source(&uring, source), STK_OK);
    kernel.fate = NULL;
    assert_int_equal(read_parts((uint32_t)add(other), 0, 0), 0);
    (void)close(fd);
    (void)close(other);
}

/// Cancel and close, in every state ///

/* The states in which a read may be. */
enum where {
    IN_THE_QUEUE,  /* the read waits behind another read of its pipe */
    NOT_TAKEN,     /* the request is in the submission queue, and the kernel refuses requests */
    IN_THE_OUTBOX, /* refused requests fill the submission queue, so this request waits in the outbox */
    WITHOUT_BLOCK, /* other reads use all bounce blocks */
    IN_THE_KERNEL, /* the kernel has the request, for a pipe that is silent */
    POLLED,        /* the ring polls a pipe that its owner made non-blocking */
    FINISHED,      /* the answer is there, and was not reaped */
    FAILED,        /* the answer is there, with an error, and was not reaped */
    STATES
};

static int own_fd, own_direct, own_ends[2];

static bool is_refused(enum where where) {
    return where == NOT_TAKEN || where == IN_THE_OUTBOX || where == WITHOUT_BLOCK;
}

/* Opens a ring and brings reads with the tags 0 .. into a state. Returns how many there are. */
static uint32_t bring_to(enum where where) {
    bool silent_only = where == IN_THE_KERNEL || where == POLLED;
    uint32_t count = is_refused(where) ? DEPTH : silent_only ? 1u : 2u;
    kernel.sq_entries = where == IN_THE_OUTBOX ? 2u : 0u;
    open_ring(0);
    own_fd = pattern_file(FILE_BYTES);
    own_direct = open_direct(own_fd);
    assert_int_equal(pipe(own_ends), 0);
    uint32_t file = (uint32_t)add(own_fd), direct = own_direct >= 0 ? (uint32_t)add(own_direct) : file;
    if (where == POLLED) {
        assert_int_equal(fcntl(own_ends[0], F_SETFL, O_NONBLOCK), 0);
    }
    uint32_t silent = (uint32_t)add(own_ends[0]);
    kernel.refuse = is_refused(where) ? EAGAIN : 0;
    if (where == FAILED) {
        wanted_errno = EIO;
        kernel.fate = always_fails;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t source = where == WITHOUT_BLOCK ? direct : where == IN_THE_QUEUE || silent_only ? silent : file;
        assert_int_equal(submit(source, 4096u * i + 1u, 100, i, i), 1);
    }
    for (uint32_t i = 0; i < 20 && where >= IN_THE_KERNEL; i++) {
        struct stk_ingest_done none;
        assert_int_equal(stk_uring_ops.reap(&uring, &none, 0, SECOND / 1000), 0);
    }
    return count;
}

static void leave_state(void) {
    (void)close(own_fd);
    (void)close(own_direct);
    (void)close(own_ends[0]);
    (void)close(own_ends[1]);
}

static void cancel_ends_a_read_in_every_state(void **state) {
    static const uint32_t least_canceled[STATES] = {
        [IN_THE_QUEUE] = 2, [IN_THE_OUTBOX] = DEPTH - 2u, [IN_THE_KERNEL] = 1, [POLLED] = 1};
    static const uint32_t most_canceled[STATES] = {
        [IN_THE_QUEUE] = 2,      [NOT_TAKEN] = DEPTH, [IN_THE_OUTBOX] = DEPTH,
        [WITHOUT_BLOCK] = DEPTH, [IN_THE_KERNEL] = 1, [POLLED] = 1};
    (void)state;
    for (int where = 0; where < (kernel_injects ? STATES : FAILED); where++) {
        uint32_t count = bring_to((enum where)where), seen = 0, canceled = 0;
        cancel(0, count - 1u);
        kernel.refuse = 0;
        for (uint32_t i = 0; i < count; i++) {
            struct stk_ingest_done done = reap();
            assert_true(done.tag < count && (seen & (1u << done.tag)) == 0);
            seen |= 1u << done.tag;
            canceled += done.result == STK_E_CANCELED;
            /* A request that the kernel is given together with its cancel may be faster. */
            assert_true(done.result == STK_E_CANCELED || done.result == (where == FAILED ? STK_E_IO : 100));
        }
        assert_true(canceled >= least_canceled[where] && canceled <= most_canceled[where]);
        assert_int_equal(uring.in_flight, 0);
        assert_int_equal(uring.bounces_used, 0);
        memset(&kernel, 0, sizeof kernel);
        assert_int_equal(read_parts(0, 0, 0), 0); /* the ring still works */
        assert_int_equal(close_ring(NULL), STK_OK);
        leave_state();
    }
}

static void close_drains_in_every_state(void **state) {
    (void)state;
    for (int where = 0; where < (kernel_injects ? STATES : FAILED); where++) {
        (void)bring_to((enum where)where);
        if (is_refused((enum where)where)) {
            assert_int_equal(stk_uring_close(&uring, SECOND / 50), STK_E_TIMEOUT);
            assert_adds_up();
            kernel.refuse = 0;
        }
        assert_int_equal(stk_uring_close(&uring, 5 * SECOND), STK_OK);
        assert_int_equal(uring.in_flight, 0);
        assert_int_equal(uring.out, 0);
        assert_adds_up();
        leave_state();
        memset(&kernel, 0, sizeof kernel);
    }
}

/* The kernel has a read, and takes no request to cancel it: close keeps its deadline, and the ring stays open. */
static void close_keeps_its_deadline_while_the_kernel_refuses(void **state) {
    (void)state;
    assert_int_equal(bring_to(IN_THE_KERNEL), 1);
    kernel.refuse = EAGAIN;
    assert_int_equal(stk_uring_close(&uring, SECOND / 20), STK_E_TIMEOUT);
    assert_true(uring.info.value == 1 && uring.in_flight == 1);
    assert_adds_up();
    kernel.refuse = 0;
    assert_int_equal(stk_uring_close(&uring, 5 * SECOND), STK_OK);
    assert_adds_up();
    leave_state();
}

/// Everything at once ///

static int32_t any_fate(uint32_t nth, uint32_t bytes) {
    static const int errors[] = {EINTR, EAGAIN, EIO, ENOSPC, ENODEV};
    (void)nth;
    switch (draw(8)) {
    case 0:
        return -errors[draw(5)];
    case 1:
        return bytes > 512u ? (int32_t)((draw(bytes / 512u) + 1u) * 512u) : 0;
    default:
        return 0;
    }
}

static struct {
    bool out;
    uint32_t source, offset, bytes, buffer;
} sent[TAGS];
static bool buffer_used[DEPTH];

/* Takes at most one read back, and checks that the read is out and has its own bytes. */
static void random_reap(uint32_t silent) {
    struct stk_ingest_done done;
    int n = stk_uring_ops.reap(&uring, &done, 1, draw(16) == 0 ? SECOND / 1000 : 0);
    assert_true(n >= 0);
    if (n == 1) {
        assert_true(done.tag < TAGS && sent[done.tag].out);
        sent[done.tag].out = false;
        buffer_used[sent[done.tag].buffer] = false;
        if (done.result > 0 && sent[done.tag].source != silent) {
            assert_true((uint32_t)done.result <= sent[done.tag].bytes);
            assert_true(pattern_matches(mem + (size_t)sent[done.tag].buffer * READ_BYTES, sent[done.tag].offset,
                                        (uint32_t)done.result));
        }
    }
}

static void random_submit(uint32_t tag, const uint32_t *sources, uint32_t count) {
    uint32_t buffer = 0;
    while (buffer < DEPTH && buffer_used[buffer]) {
        buffer++;
    }
    if (buffer < DEPTH) {
        sent[tag].source = sources[draw(count)];
        sent[tag].offset = draw(FILE_BYTES + 5000u);
        sent[tag].bytes = draw(READ_BYTES - 1u) + 1u;
        sent[tag].buffer = buffer;
        sent[tag].out = submit(sent[tag].source, sent[tag].offset, sent[tag].bytes, buffer, tag) == 1;
        buffer_used[buffer] = sent[tag].out;
    }
}

static void random_steps_add_up(uint32_t flags) {
    open_ring(flags);
    int fd = pattern_file(FILE_BYTES), direct = open_direct(fd), ends[2];
    direct = direct >= 0 ? direct : dup(fd);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    uint32_t sources[3] = {(uint32_t)add(fd), (uint32_t)add(direct), (uint32_t)add(ends[0])};
    memset(sent, 0, sizeof sent);
    memset(buffer_used, 0, sizeof buffer_used);
    kernel.fate = any_fate;
    for (uint32_t step = 0; step < 20000u; step++) {
        kernel.refuse = draw(50) == 0 ? EBUSY : 0;
        switch (draw(12)) {
        case 0: {
            uint32_t first = draw(step + 1u);
            cancel(first, first + draw(8));
            break;
        }
        case 1:
            (void)!write(ends[1], mem, draw(2) * 700u); /* a silent pipe would keep its read for ever */
            break;
        case 2:
        case 3:
        case 4:
        case 5:
            random_submit(step, sources, 3);
            break;
        default:
            random_reap(sources[2]);
        }
        assert_adds_up();
    }
    kernel.refuse = 0;
    kernel.fate = NULL;
    assert_int_equal(stk_uring_close(&uring, 10 * SECOND), STK_OK);
    assert_int_equal(uring.in_flight, 0);
    assert_adds_up();
    (void)close(fd);
    (void)close(direct);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void the_counters_add_up_after_every_step(void **state) {
    static const uint32_t ways[] = {0, STK_URING_ONE_THREAD, STK_URING_PLAIN | STK_URING_WAIT_BY_POLL,
                                    STK_URING_ONE_THREAD | STK_URING_PASSTHROUGH};
    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        random_steps_add_up(ways[i]);
    }
}

/// Sockets ///

static _Alignas(4096) uint8_t buffers[STK_URING_SOCKET_BYTES(DEPTH)];
static int socket_fds[2];

/* Makes a pair of sockets and adds one of them as a source with multishot receive. Returns the source. */
static uint32_t add_socket(enum socket_kind kind) {
    const struct stk_uring_socket_config config = {.memory = buffers, .memory_bytes = sizeof buffers};
    assert_int_equal(socket_ends(kind, socket_fds), 0);
    int source = stk_uring_add_socket(&uring, socket_fds[0], &config);
    assert_true(source >= 0);
    return (uint32_t)source;
}

static void remove_socket(uint32_t source) {
    assert_int_equal(stk_uring_remove_source(&uring, source), STK_OK);
    (void)close(socket_fds[0]);
    (void)close(socket_fds[1]);
}

/* Sends `bytes` bytes of the pattern from byte `at`, and takes the read with this tag, which has them. */
static void read_gets(uint32_t tag, uint32_t at, uint32_t bytes) {
    uint8_t data[READ_BYTES];
    pattern_fill(data, at, bytes);
    assert_int_equal(send(socket_fds[1], data, bytes, 0), (int)bytes);
    struct stk_ingest_done done = reap();
    assert_int_equal(done.tag, tag);
    assert_int_equal(done.result, bytes);
    assert_true(pattern_matches(mem + (size_t)tag * READ_BYTES, at, bytes));
}

/* Says that the socket and the report of the ring have the reason why there is no multishot. */
static void assert_no_multishot(uint32_t source, int os_error) {
    struct stk_uring_socket_stats stats;
    char text[STK_URING_SETUP_BYTES], reason[128];
    assert_int_equal(stk_uring_socket_stats(&uring, source, &stats), STK_OK);
    assert_false(stats.multishot);
    assert_int_equal(stats.os_error, os_error);
    assert_int_equal(uring.feature[STK_URING_MULTISHOT].why, STK_URING_REFUSED);
    (void)snprintf(reason, sizeof reason, "multishot receive (%s)", strerror(os_error));
    assert_true(stk_uring_describe_setup(&uring, text, sizeof text) > 0);
    assert_non_null(strstr(text, reason));
}

/* Linux before 6.0 answers a multishot receive by EINVAL: each read gets a request of its own, and a read that was
 * cancelled before the answer ends although the read in front of it waits. */
static void without_multishot_each_read_has_a_request(void **state) {
    (void)state;
    for (int kind = UDP; kind < SOCKET_KINDS; kind++) {
        kernel.no_multishot = true;
        open_ring(kind == UDP ? STK_URING_ONE_THREAD : 0);
        kernel.receives = 0;
        uint32_t source = add_socket((enum socket_kind)kind);
        assert_int_equal(uring.feature[STK_URING_MULTISHOT].why, STK_URING_ON); /* the kernel takes the buffers */
        for (uint32_t i = 0; i < 4; i++) {
            assert_int_equal(submit(source, 0, READ_BYTES, i, i), 1);
        }
        cancel(1, 1);
        struct stk_ingest_done done = reap();
        assert_int_equal(done.tag, 1);
        assert_int_equal(done.result, STK_E_CANCELED);
        assert_no_multishot(source, EINVAL);
        read_gets(0, 0, 700);
        read_gets(2, 700, 1);
        cancel(3, 3);
        assert_int_equal(reap().result, STK_E_CANCELED);
        assert_int_equal(submit(source, 0, READ_BYTES, 5, 5), 1);
        read_gets(5, 99, 1000);
        /* the refused receive, and one receive for each read that reached the kernel */
        assert_true(kernel.receives >= 5);
        remove_socket(source);
        assert_int_equal(close_ring(NULL), STK_OK);
    }
}

/* A cancel makes the ring of buffers anew. If the kernel has no memory for the new ring of buffers, the io_uring ring
 * still works, and each read has a request of its own. */
static void without_memory_for_buffers_each_read_has_a_request(void **state) {
    struct stk_uring_socket_stats stats;
    (void)state;
    for (int kind = UDP; kind < SOCKET_KINDS; kind++) {
        open_ring(kind == UDP ? STK_URING_ONE_THREAD : 0);
        uint32_t source = add_socket((enum socket_kind)kind);
        for (uint32_t i = 0; i < 4; i++) {
            assert_int_equal(submit(source, 0, READ_BYTES, i, i), 1);
        }
        read_gets(0, 0, 700);
        assert_int_equal(stk_uring_socket_stats(&uring, source, &stats), STK_OK);
        if (!stats.multishot) {
            remove_socket(source);
            skip(); /* kernels before 6.0 have no multishot receive */
        }
        kernel.buffers_error = ENOMEM;
        cancel(2, 2);
        struct stk_ingest_done done = reap();
        assert_int_equal(done.tag, 2);
        assert_int_equal(done.result, STK_E_CANCELED);
        read_gets(1, 700, 800);
        read_gets(3, 1500, 900);
        assert_no_multishot(source, ENOMEM);
        assert_int_equal(submit(source, 0, READ_BYTES, 7, 7), 1);
        read_gets(7, 5, 50);
        remove_socket(source);
        assert_int_equal(close_ring(NULL), STK_OK);
    }
}

/// Batches ///

static void a_batch_is_one_system_call(void **state) {
    struct stk_ingest_read reads[DEPTH];
    struct stk_ingest_done done[DEPTH];
    (void)state;
    open_ring(0);
    int fd = pattern_file(FILE_BYTES);
    uint32_t source = (uint32_t)add(fd);
    for (uint32_t i = 0; i < DEPTH; i++) {
        reads[i] = (struct stk_ingest_read){source, i * 100u, 100, mem + i * 100u, i, STK_INGEST_READ};
    }
    assert_int_equal(stk_uring_ops.submit(&uring, reads, DEPTH), DEPTH);
    assert_int_equal(kernel.submits, 1);
    for (uint32_t n = 0; n < DEPTH;) {
        int some = stk_uring_ops.reap(&uring, done, DEPTH, 10 * SECOND);
        assert_true(some > 0);
        n += (uint32_t)some;
    }
    assert_true(pattern_matches(mem, 0, DEPTH * 100u));
    (void)close(fd);
}

#define TEST(f) cmocka_unit_test_teardown(f, close_ring)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(short_reads_go_on_to_the_end),
        TEST(interrupted_reads_are_sent_again),
        TEST(what_is_interrupted_for_ever_fails),
        TEST(an_error_is_that_of_its_read_alone),
        TEST(a_full_completion_queue_loses_nothing),
        TEST(a_file_that_shrinks_ends_its_reads_short),
        TEST(a_device_that_disappears_fails_its_reads_and_no_more),
        TEST(cancel_ends_a_read_in_every_state),
        TEST(close_drains_in_every_state),
        TEST(close_keeps_its_deadline_while_the_kernel_refuses),
        TEST(the_counters_add_up_after_every_step),
        TEST(without_multishot_each_read_has_a_request),
        TEST(without_memory_for_buffers_each_read_has_a_request),
        TEST(a_batch_is_one_system_call),
    };
    look_for_uring();
    kernel_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
