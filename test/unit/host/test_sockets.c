/* Sockets as sources of the readers, over loopback: UDP, TCP and Unix sockets, by multishot receive with provided
 * buffers, by single receives, and by poll and recv. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>

#include <cmocka.h>
#include <liburing.h>

#include "need_device.h"
#include "pattern.h"
#include "sockets.h"
#include "stoker/port/os_socket.h"
#include "stoker/port/posix.h"
#include "stoker/port/uring.h"

#define DEPTH   16u
#define SOURCES 4u
#define ROOM    2048u /* bytes of a read */
#define SECOND  UINT64_C(1000000000)

static _Alignas(4096) uint8_t mem[DEPTH * ROOM];
static _Alignas(4096) uint8_t buffers[SOURCES][STK_URING_SOCKET_BYTES(DEPTH)];
static _Alignas(64) uint8_t arena_mem[1u << 17];
static struct stk_posix_reader reader;
static struct stk_uring uring;
static struct stk_ingest_port port;
static bool by_uring, multishot;
static uint32_t uring_flags;
static int ends[2];

/// Helpers ///

static int open_it(void **state) {
    const struct stk_uring_config config = {
        .depth = DEPTH, .sources = SOURCES, .flags = uring_flags, .memory = mem, .memory_bytes = sizeof mem};
    const struct stk_posix_reader_config posix = {.depth = DEPTH, .sources = SOURCES};
    struct stk_arena arena;
    (void)state;
    memset(mem, 0xEE, sizeof mem);
    stk_arena_init(&arena, arena_mem, sizeof arena_mem);
    port = by_uring ? (struct stk_ingest_port){.ops = &stk_uring_ops, .ctx = &uring}
                    : (struct stk_ingest_port){.ops = &stk_posix_reader_ops, .ctx = &reader};
    return by_uring ? stk_uring_open(&uring, &config, &arena) : stk_posix_reader_open(&reader, &posix, &arena);
}

static int close_it(void **state) {
    (void)state;
    return by_uring ? stk_uring_close(&uring, 5 * SECOND) : 0;
}

static int add(int fd) {
    static uint32_t next;
    const struct stk_uring_socket_config config = {.memory = buffers[next++ % SOURCES],
                                                   .memory_bytes = sizeof buffers[0]};
    return !by_uring ? stk_posix_reader_add_socket(&reader, fd)
                     : stk_uring_add_socket(&uring, fd, multishot ? &config : NULL);
}

static int remove_it(uint32_t source) {
    return by_uring ? stk_uring_remove_source(&uring, source) : stk_posix_reader_remove_source(&reader, source);
}

/* Adds one end of a new pair. */
static uint32_t add_kind(enum socket_kind kind) {
    int source;
    assert_int_equal(socket_ends(kind, ends), 0);
    source = add(ends[0]);
    assert_true(source >= 0);
    return (uint32_t)source;
}

/* Removes the source and closes both ends. A kernel thread (STK_URING_SQPOLL) may not have taken the cancel of the
 * socket's request yet. Then the port wants a reap before it removes the source. */
static void close_ends(uint32_t source) {
    struct stk_ingest_done done;
    int err = remove_it(source);
    for (int tries = 0; tries < 1000 && err == STK_E_STATUS; tries++) {
        assert_int_equal(port.ops->reap(port.ctx, &done, 1, SECOND / 100u), 0);
        err = remove_it(source);
    }
    assert_int_equal(err, STK_OK);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void submit(uint32_t source, uint32_t tag, uint32_t bytes) {
    const struct stk_ingest_read read = {source, 0, bytes, mem + tag % DEPTH * ROOM, tag, STK_INGEST_READ};
    assert_int_equal(port.ops->submit(port.ctx, &read, 1), 1);
}

static void send_pattern(uint32_t at, uint32_t bytes) {
    uint8_t data[2u * ROOM];
    pattern_fill(data, at, bytes);
    assert_int_equal(send(ends[1], data, bytes, 0), (int)bytes);
}

static struct stk_ingest_done reap1(void) {
    struct stk_ingest_done done = {0, 0, 0};
    assert_int_equal(port.ops->reap(port.ctx, &done, 1, 10 * SECOND), 1);
    return done;
}

static void expect(uint32_t tag, int result, uint32_t at) {
    struct stk_ingest_done done = reap1();
    assert_int_equal(done.tag, tag);
    assert_int_equal(done.result, result);
    if (result > 0) {
        assert_true(pattern_matches(mem + tag % DEPTH * ROOM, at, (uint32_t)result));
    }
}

static void expect_nothing(void) {
    struct stk_ingest_done done;
    assert_int_equal(port.ops->reap(port.ctx, &done, 1, SECOND / 50), 0);
}

/// Tests ///

static void each_datagram_is_a_read(void **state) {
    static const uint32_t sizes[] = {1, 512, 2, 1400, ROOM, 77};
    (void)state;
    for (int kind = UDP; kind <= UNIX_PACKETS; kind++) {
        uint32_t source = add_kind((enum socket_kind)kind);
        for (uint32_t i = 0; i < 6; i++) {
            submit(source, i, ROOM);
        }
        for (uint32_t i = 0; i < 6; i++) {
            send_pattern(i * 100u, sizes[i]);
        }
        for (uint32_t i = 0; i < 6; i++) {
            expect(i, (int)sizes[i], i * 100u);
        }
        close_ends(source);
    }
}

static void a_datagram_that_is_too_long_is_cut_and_said_to_be(void **state) {
    (void)state;
    for (int kind = UDP; kind <= UNIX_PACKETS; kind++) {
        uint32_t source = add_kind((enum socket_kind)kind);
        submit(source, 0, 100);
        submit(source, 1, 100);
        send_pattern(5, 101);
        send_pattern(9, 100);
        struct stk_ingest_done done = reap1();
        assert_true(done.tag == 0 && done.result == 100 && done.os_error == EMSGSIZE);
        assert_true(pattern_matches(mem, 5, 100) && mem[100] == 0xEE);
        done = reap1();
        assert_true(done.tag == 1 && done.result == 100 && done.os_error == 0);
        close_ends(source);
    }
}

/* Sends one empty datagram and several in a row, and other datagrams before and behind them. Each gets a read of its
 * own. */
static void an_empty_datagram_is_an_empty_read_and_no_end(void **state) {
    (void)state;
    for (int kind = UDP; kind <= UNIX_DATAGRAMS; kind++) {
        uint32_t source = add_kind((enum socket_kind)kind);
        for (uint32_t i = 0; i < 6; i++) {
            submit(source, i, ROOM);
        }
        send_pattern(0, 10);
        send_pattern(0, 0);
        send_pattern(0, 0);
        send_pattern(20, 30);
        send_pattern(0, 0);
        send_pattern(60, 40);
        expect(0, 10, 0);
        expect(1, 0, 0);
        expect(2, 0, 0);
        expect(3, 30, 20);
        expect(4, 0, 0);
        expect(5, 40, 60);
        close_ends(source);
    }
}

static void a_stream_comes_in_parts_and_ends_once_for_all(void **state) {
    (void)state;
    for (int kind = TCP; kind <= UNIX_STREAM; kind++) {
        uint32_t source = add_kind((enum socket_kind)kind);
        for (uint32_t i = 0; i < 5; i++) {
            submit(source, i, ROOM);
        }
        send_pattern(0, 300);
        expect(0, 300, 0);
        send_pattern(300, 700);
        expect(1, 700, 300);
        (void)shutdown(ends[1], SHUT_WR);
        expect(2, 0, 0);
        expect(3, 0, 0);
        expect(4, 0, 0);
        submit(source, 5, ROOM);
        expect(5, 0, 0);
        close_ends(source);
    }
}

/* More than the reads hold: the rest stays in the socket. */
static void what_nobody_reads_stays_in_the_socket(void **state) {
    (void)state;
    for (int kind = 0; kind < SOCKET_KINDS; kind++) {
        uint32_t source = add_kind((enum socket_kind)kind), at = 0, got = 0;
        submit(source, 0, 100);
        for (uint32_t i = 0; i < 8; i++) {
            send_pattern(i * 100u, 100);
        }
        expect(0, 100, 0);
        expect_nothing();
        for (at = 100; at < 800u; at += got) {
            submit(source, 1, 100);
            struct stk_ingest_done done = reap1();
            got = (uint32_t)done.result;
            assert_true(done.result == 100 && pattern_matches(mem + ROOM, at, got));
        }
        if (by_uring && multishot) {
            struct stk_uring_socket_stats stats;
            assert_int_equal(stk_uring_socket_stats(&uring, source, &stats), STK_OK);
            assert_true(stats.multishot && stats.dry != 0 && stats.receives == 8 && stats.drops == 0);
        }
        close_ends(source);
    }
}

static void a_cancel_ends_its_reads_and_leaves_the_others(void **state) {
    (void)state;
    for (int kind = 0; kind < SOCKET_KINDS; kind++) {
        uint32_t source = add_kind((enum socket_kind)kind), seen = 0;
        for (uint32_t i = 0; i < 6; i++) {
            submit(source, i, ROOM);
        }
        expect_nothing();
        assert_int_equal(port.ops->cancel(port.ctx, 1, 3), STK_OK);
        for (uint32_t i = 1; i <= 3; i++) {
            struct stk_ingest_done done = reap1();
            assert_true(done.result == STK_E_CANCELED && done.tag >= 1 && done.tag <= 3);
            seen |= 1u << done.tag;
        }
        assert_int_equal(seen, 0xE);
        submit(source, 6, ROOM);
        send_pattern(0, 50);
        expect(0, 50, 0);
        send_pattern(50, 60);
        expect(4, 60, 50);
        send_pattern(110, 70);
        expect(5, 70, 110);
        send_pattern(180, 80);
        expect(6, 80, 180);
        assert_int_equal(port.ops->cancel(port.ctx, 0, UINT32_MAX), STK_OK);
        expect_nothing();
        close_ends(source);
    }
}

/* Submits a read with a tag of its own into a part of the memory that no other read has. */
static void submit_apart(uint32_t source, uint32_t tag, uint32_t *places, uint8_t *place_of) {
    uint32_t place = 0;
    while ((*places >> place & 1u) != 0u) {
        place++;
    }
    *places |= 1u << place;
    place_of[tag] = (uint8_t)place;
    const struct stk_ingest_read read = {source, 0, ROOM, mem + place * ROOM, tag, STK_INGEST_READ};
    assert_int_equal(port.ops->submit(port.ctx, &read, 1), 1);
}

/* Data comes all the time while reads are cancelled: none is lost, and the order stays. */
static void a_cancel_beside_data_loses_nothing(void **state) {
    static uint8_t place_of[8000];
    uint32_t sent = 0, got = 0, canceled = 0, waiting = 0, tag = 0, places = 0, turn = 0;
    uint32_t source = add_kind(UDP);
    (void)state;
    for (; turn < 400u || got < sent; turn++) {
        struct stk_ingest_done done[DEPTH];
        for (; waiting < 8u; waiting++) {
            submit_apart(source, tag++, &places, place_of);
        }
        /* the socket holds about 200 datagrams */
        for (uint32_t i = 0; turn < 400u && i < turn % 4u && sent - got < 64u; i++) {
            send_pattern(sent++ * 16u, 16);
        }
        if (turn < 400u && turn % 3u == 0) {
            assert_int_equal(port.ops->cancel(port.ctx, tag - 5u, tag - 1u - turn % 2u), STK_OK);
        }
        int n = port.ops->reap(port.ctx, done, DEPTH, turn < 400u ? 0 : 10 * SECOND);
        assert_true(n > 0 || (turn < 400u && n == 0));
        for (int i = 0; i < n; i++) {
            uint32_t place = place_of[done[i].tag];
            waiting--;
            places &= ~(1u << place);
            canceled += done[i].result == STK_E_CANCELED;
            if (done[i].result != STK_E_CANCELED) {
                assert_int_equal(done[i].result, 16);
                assert_true(pattern_matches(mem + place * ROOM, got++ * 16u, 16));
            }
        }
    }
    /* A kernel thread may not have had the time to end any read early. */
    assert_true(canceled != 0 || (uring_flags & STK_URING_SQPOLL) != 0);
    assert_int_equal(port.ops->cancel(port.ctx, 0, UINT32_MAX), STK_OK);
    for (; waiting != 0; waiting--) {
        assert_int_equal(reap1().result, STK_E_CANCELED);
    }
    close_ends(source);
}

static void sockets_take_turns_and_numbers_are_used_again(void **state) {
    (void)state;
    for (uint32_t round = 0; round < 3u; round++) {
        int first[2];
        uint32_t a = add_kind(UDP), b;
        memcpy(first, ends, sizeof first);
        b = add_kind(TCP);
        submit(a, 0, ROOM);
        submit(b, 1, ROOM);
        send_pattern(0, 20);
        expect(1, 20, 0);
        assert_int_equal(send(first[1], "x", 1, 0), 1);
        assert_int_equal(reap1().tag, 0);
        close_ends(b);
        memcpy(ends, first, sizeof first);
        close_ends(a);
    }
}

static void what_is_no_source_is_refused(void **state) {
    struct sockaddr_in address;
    int pipe_ends[2], listens = socket_bound(SOCK_STREAM, &address);
    (void)state;
    assert_int_equal(pipe(pipe_ends), 0);
    assert_int_equal(listen(listens, 1), 0);
    assert_int_equal(add(pipe_ends[0]), STK_E_ARG);
    assert_int_equal(add(listens), STK_E_ARG);
    assert_int_equal(add(-1), STK_E_ARG);
    if (by_uring) {
        struct stk_uring_socket_config config = {.memory = buffers[0], .memory_bytes = sizeof buffers[0] - 1u};
        assert_int_equal(socket_ends(UDP, ends), 0);
        assert_int_equal(stk_uring_add_socket(&uring, ends[0], &config), STK_E_SPACE);
        assert_int_equal(uring.info.value, sizeof buffers[0]);
        config = (struct stk_uring_socket_config){.memory = buffers[0] + 64, .memory_bytes = sizeof buffers[0]};
        assert_int_equal(stk_uring_add_socket(&uring, ends[0], &config), STK_E_ALIGN);
        (void)close(ends[0]);
        (void)close(ends[1]);
    }
    (void)close(pipe_ends[0]);
    (void)close(pipe_ends[1]);
    (void)close(listens);
}

/* Nobody reads, and the socket's buffer is small: sent = received + dropped, while the source is there and after. */
static void drops_are_counted(void **state) {
    uint32_t source = add_kind(UDP), received = 0, sent = 3000;
    struct stk_uring_socket_stats stats;
    int small = 1;
    (void)state;
    assert_int_equal(setsockopt(ends[0], SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
    for (uint32_t i = 0; i < sent; i++) {
        send_pattern(i, 512);
    }
    while (received + stk_os_socket_drops(ends[0]) < sent) {
        submit(source, 0, ROOM);
        assert_int_equal(reap1().result, 512);
        received++;
    }
    submit(source, 0, ROOM);
    expect_nothing();
    assert_int_equal(port.ops->cancel(port.ctx, 0, UINT32_MAX), STK_OK);
    assert_int_equal(reap1().result, STK_E_CANCELED);
    assert_true(received != 0 && received < sent);
    if (by_uring) {
        assert_int_equal(stk_uring_socket_stats(&uring, source, &stats), STK_OK);
        assert_int_equal(stats.drops, sent - received);
        assert_int_equal(stats.receives, received);
    }
    close_ends(source);
    assert_true(!by_uring || uring.socket_drops == sent - received);
}

/* The number of the ring of buffers of source 0. */
#define FIRST_GROUP 64u

/* The kernel refuses the ring of buffers, since the test has taken its number: each read sends a request of its own. */
static void without_provided_buffers_each_read_has_a_request(void **state) {
    static _Alignas(4096) uint8_t taken[4096];
    struct io_uring_buf_reg reg = {.ring_addr = (uint64_t)(uintptr_t)taken, .ring_entries = 1, .bgid = FIRST_GROUP};
    struct stk_uring_socket_stats stats;
    (void)state;
    if (!by_uring || !multishot) {
        return;
    }
    int fd = ((struct io_uring *)uring.ring)->ring_fd;
    assert_int_equal(syscall(__NR_io_uring_register, fd, IORING_REGISTER_PBUF_RING, &reg, 1), 0);
    uint32_t source = add_kind(UDP);
    for (uint32_t i = 0; i < 4; i++) {
        submit(source, i, ROOM);
    }
    send_pattern(0, 100);
    send_pattern(100, 0);
    send_pattern(200, 300);
    expect(0, 100, 0);
    expect(1, 0, 0);
    expect(2, 300, 200);
    assert_int_equal(stk_uring_socket_stats(&uring, source, &stats), STK_OK);
    assert_true(!stats.multishot && stats.os_error == EEXIST && stats.receives == 3);
    assert_int_equal(port.ops->cancel(port.ctx, 0, UINT32_MAX), STK_OK);
    assert_int_equal(reap1().result, STK_E_CANCELED);
    close_ends(source);
}

static int run(const char *name) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, open_it, close_it)
    const struct CMUnitTest cases[] = {
        CASE(each_datagram_is_a_read),
        CASE(a_datagram_that_is_too_long_is_cut_and_said_to_be),
        CASE(an_empty_datagram_is_an_empty_read_and_no_end),
        CASE(a_stream_comes_in_parts_and_ends_once_for_all),
        CASE(what_nobody_reads_stays_in_the_socket),
        CASE(a_cancel_ends_its_reads_and_leaves_the_others),
        CASE(a_cancel_beside_data_loses_nothing),
        CASE(sockets_take_turns_and_numbers_are_used_again),
        CASE(what_is_no_source_is_refused),
        CASE(drops_are_counted),
        CASE(without_provided_buffers_each_read_has_a_request),
    };
    return cmocka_run_group_tests_name(name, cases, NULL, NULL);
}

int main(void) {
    static const struct {
        const char *name;
        bool multishot;
        uint32_t flags;
    } ways[] = {
        {"io_uring, multishot", true, 0},
        {"io_uring, multishot, one thread", true, STK_URING_ONE_THREAD},
        {"io_uring, multishot, waits by poll", true, STK_URING_WAIT_BY_POLL},
        {"io_uring, multishot, SQPOLL", true, STK_URING_SQPOLL},
        {"io_uring, single receives", false, 0},
    };
    struct stk_uring_info info;
    int failed = run("posix");
    if (stk_uring_probe(&info) != STK_OK) {
        print_message("io_uring is not available here (errno %d): left out\n", info.os_error);
        return failed;
    }
    by_uring = true;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        multishot = ways[i].multishot;
        uring_flags = ways[i].flags;
        failed += run(ways[i].name);
    }
    return failed;
}
