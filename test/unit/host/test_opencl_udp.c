/* Datagrams of a UDP socket through a device, one in each slot: by multishot receive into the payload, published,
 * summed up, and handed out in the order in which they were sent. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "opencl_rig.h"
#include "sockets.h"
#include "stoker/le.h"
#include "stoker/port/uring.h"
#include "stoker/stream.h"

#define BYTES   512u
#define DEPTH   64u
#define UNACKED 64u
#define BURST   20000u /* datagrams that nobody reads */

static struct stk_opencl cl;
static const struct way *way;
static struct stk_uring uring;
static struct stk_stream stream;
static struct stk_ingest_port port;
static _Alignas(64) uint8_t arena_memory[1u << 17];
static _Alignas(4096) uint8_t buffers[STK_URING_SOCKET_BYTES(DEPTH)];
static int ends[2];
static uint32_t source;

/* Returns how many datagrams are sent: fewer in modes whose launches take long. */
static uint32_t datagrams(void) {
    return way->residency == STK_RESIDENT ? times(200000, 20000) : times(20000, 5000);
}

static struct {
    uint32_t numbers; /* datagrams to send */
    uint32_t unacked; /* datagrams that may be under way; 0: any number */
    _Atomic uint32_t acked;
} sender;

static struct {
    uint64_t received, gaps; /* gaps: numbers that were left out */
    uint32_t next;           /* number of the datagram that comes next when none is lost */
    uint32_t reads;          /* reads that are still to be queued */
    uint32_t wrong;          /* datagrams that came twice or too late, or whose sum is not the device's */
} seen;

/// Both ends ///

static void fill(uint8_t *data, uint32_t number) {
    for (uint32_t i = 0; i < BYTES / 4u; i++) {
        stk_put32(data + 4u * i, number * 2654435761u + i * number);
    }
    stk_put32(data, number);
}

static void *send_all(void *unused) {
    uint8_t data[BYTES];
    for (uint32_t i = 0; i < sender.numbers; i++) {
        while (sender.unacked != 0u && i - atomic_load(&sender.acked) >= sender.unacked) {
            (void)sched_yield();
        }
        fill(data, i);
        if (send(ends[1], data, BYTES, 0) != (ssize_t)BYTES) {
            return &sender;
        }
    }
    return unused;
}

static int queue_read(void) {
    const struct stk_stream_read read = {
        .source = source, .flags = STK_READ_SEQUENTIAL, .offset = 1, .bytes = BYTES, .opcode = STK_OP_SUM64};
    return stk_stream_read(&stream, &read);
}

static int on_result(void *ctx, const struct stk_stream_result *r, struct stk_stream_next *next) {
    uint64_t sum = 0;
    (void)ctx;
    (void)next;
    if (r->err != STK_OK) {
        return 0; /* cancelled in the end */
    }
    uint32_t number = stk_get32(r->data);
    for (uint32_t i = 0; i < BYTES / 4u; i++) {
        sum += stk_get32(r->data + 4u * i);
    }
    seen.wrong += r->bytes != BYTES || number < seen.next || r->results[0] != (uint32_t)sum ||
                  r->results[1] != (uint32_t)(sum >> 32);
    seen.gaps += number - seen.next;
    seen.next = number + 1u;
    seen.received++;
    atomic_store(&sender.acked, (uint32_t)seen.received);
    return queue_read();
}

/// Set-up ///

static void open_all(void) {
    const struct stk_opencl_config config = {.slots = DEPTH, .payload_bytes = DEPTH * BYTES};
    struct stk_uring_config ring = {.depth = DEPTH, .flags = STK_URING_PLAIN | STK_URING_ONE_THREAD};
    const struct stk_uring_socket_config socket = {.memory = buffers, .memory_bytes = sizeof buffers};
    struct stk_arena arena;
    int err;
    if (!rig_open(&cl, &config, way)) {
        skip();
    }
    stk_arena_init(&arena, arena_memory, sizeof arena_memory);
    ring.memory = cl.memory.payload;
    ring.memory_bytes = cl.memory.payload_bytes;
    err = stk_uring_open(&uring, &ring, &arena);
    if (err != STK_OK) {
        assert_int_equal(err, STK_E_UNSUPPORTED);
        assert_int_equal(stk_opencl_close(&cl, 20 * SECOND), STK_OK);
        skip_without("io_uring");
    }
    assert_int_equal(socket_ends(UDP, ends), 0);
    err = stk_uring_add_socket(&uring, ends[0], &socket);
    assert_true(err >= 0);
    source = (uint32_t)err;
    port = (struct stk_ingest_port){.ops = &stk_uring_ops, .ctx = &uring};
    const struct stk_stream_config stream_config = {.memory = cl.memory,
                                                    .dispatch = {&stk_opencl_ops, &cl},
                                                    .ingest = &port,
                                                    .platform = {&stk_posix_platform_ops, NULL},
                                                    .on_result = on_result,
                                                    .depth = DEPTH,
                                                    .chunk_bytes = BYTES};
    assert_int_equal(stk_stream_init(&stream, &stream_config, &arena), STK_OK);
    memset(&seen, 0, sizeof seen);
    atomic_store(&sender.acked, 0);
}

static void begin_reads(void) {
    for (uint32_t i = 0; i < DEPTH; i++) {
        assert_int_equal(queue_read(), STK_OK);
    }
}

static struct stk_uring_socket_stats close_all(void) {
    struct stk_uring_socket_stats stats;
    assert_int_equal(stk_stream_close(&stream, 20 * SECOND), STK_OK);
    assert_int_equal(stk_uring_socket_stats(&uring, source, &stats), STK_OK);
    assert_int_equal(stk_uring_remove_source(&uring, source), STK_OK);
    assert_int_equal(stk_uring_close(&uring, 20 * SECOND), STK_OK);
    assert_int_equal(stk_opencl_close(&cl, 20 * SECOND), STK_OK);
    assert_true(uring.socket_drops == stats.drops);
    (void)close(ends[0]);
    (void)close(ends[1]);
    return stats;
}

static uint64_t dropped(void) {
    struct stk_uring_socket_stats stats;
    assert_int_equal(stk_uring_socket_stats(&uring, source, &stats), STK_OK);
    return stats.drops;
}

/* Polls until each of the datagrams that were sent was received or dropped. Ends also when none has come for long. */
static void poll_until_counted(uint64_t sent) {
    uint64_t last = rig_now();
    while (seen.received + dropped() < sent && rig_now() - last < 60 * SECOND) {
        int n = stk_stream_poll(&stream, SECOND / 50);
        if (n < 0) {
            fail_msg("%s: %s: %s", way->name, stk_err_name(n), cl.reason);
        }
        last = n > 0 ? rig_now() : last;
    }
}

/// Tests ///

static void no_datagram_is_lost_or_reordered(void **state) {
    uint32_t total = datagrams();
    struct stk_ingest_stats stats;
    pthread_t thread;
    void *failed = NULL;
    (void)state;
    open_all();
    begin_reads();
    sender.numbers = total;
    sender.unacked = UNACKED;
    uint64_t start = rig_now();
    assert_int_equal(pthread_create(&thread, NULL, send_all, NULL), 0);
    poll_until_counted(total);
    print_message("%s: %u of %u datagrams in %u ms\n", way->name, (unsigned)seen.received, (unsigned)total,
                  (unsigned)((rig_now() - start) / 1000000u));
    assert_int_equal(seen.received, total);
    assert_int_equal(pthread_join(thread, &failed), 0);
    assert_null(failed);
    assert_int_equal(seen.gaps, 0);
    assert_int_equal(seen.wrong, 0);
    stk_uring_ops.stats(&uring, &stats);
    assert_int_equal(stats.bounce_bytes, 0);
    struct stk_uring_socket_stats socket = close_all();
    assert_int_equal(socket.receives, total);
    assert_true(socket.drops == 0 && socket.cut == 0);
}

/* Nobody polls while the datagrams come: what the socket cannot hold is dropped and counted. */
static void what_a_held_consumer_misses_is_counted(void **state) {
    (void)state;
    open_all();
    begin_reads();
    assert_int_equal(stk_stream_poll(&stream, 0), 0); /* the reads are with the kernel */
    sender.numbers = BURST;
    sender.unacked = 0;
    assert_null(send_all(NULL));
    poll_until_counted(BURST);
    assert_true(seen.received != 0 && seen.received < BURST && seen.wrong == 0);
    struct stk_uring_socket_stats socket = close_all();
    print_message("%s: sent %u, received %u, dropped %u\n", way->name, (unsigned)BURST, (unsigned)seen.received,
                  (unsigned)socket.drops);
    assert_int_equal(socket.drops, BURST - seen.received);
    assert_int_equal(socket.receives, seen.received);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_datagram_is_lost_or_reordered),
        cmocka_unit_test(what_a_held_consumer_misses_is_counted),
    };
    int failed = 0;
    for (size_t i = 0; i < WAYS; i++) {
        way = &ways[i];
        failed += rig_is_first(i) ? cmocka_run_group_tests_name(way->name, tests, NULL, NULL) : 0;
    }
    return failed;
}
