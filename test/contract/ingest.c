#include "ingest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "pattern.h"

#define SECOND      UINT64_C(1000000000)
#define SLICE       (SECOND / 50)
#define DEPTH_MAX   64u
#define FILE_BYTES  10000u
#define UNTOUCHED   0xEE
#define NO_SOURCE   1000u
#define LEAVE_OUT() print_message("left out: %s has no such thing\n", port->name)

static const struct ingest_port *port;
static void *ctx;
static uint32_t in_flight; /* reads that were taken and not yet reaped, counted by the test */

/// Helpers ///

static int open_port(void **state) {
    (void)state;
    memset(port->mem, UNTOUCHED, port->mem_bytes);
    in_flight = 0;
    ctx = port->open();
    return ctx == NULL ? -1 : 0;
}

static int close_port(void **state) {
    (void)state;
    port->close();
    return 0;
}

static struct stk_ingest_stats stats(void) {
    struct stk_ingest_stats s;
    memset(&s, 0xA5, sizeof s);
    port->ops->stats(ctx, &s);
    assert_true(s.submitted == s.completed + s.failed + in_flight);
    return s;
}

/* Submits reads. Then overwrites the array: after submit the array belongs to the caller, so the port must not use
 * it. */
static int submit(const struct stk_ingest_read *reads, uint32_t count) {
    struct stk_ingest_read copy[DEPTH_MAX + 3u];
    memcpy(copy, reads, count * sizeof copy[0]);
    int n = port->ops->submit(ctx, copy, count);
    memset(copy, 0x5A, sizeof copy);
    in_flight += n > 0 ? (uint32_t)n : 0;
    (void)stats();
    return n;
}

static int submit1(uint32_t source, uint64_t offset, uint32_t bytes, uint8_t *dst, uint32_t tag) {
    const struct stk_ingest_read read = {source, offset, bytes, dst, tag, STK_INGEST_READ};
    return submit(&read, 1);
}

static int reap(struct stk_ingest_done *done, uint32_t max, uint64_t timeout_ns) {
    int n = port->ops->reap(ctx, done, max, timeout_ns);
    assert_true(n >= 0 && (uint32_t)n <= max && (uint32_t)n <= in_flight);
    in_flight -= (uint32_t)n;
    (void)stats();
    return n;
}

static struct stk_ingest_done reap1(void) {
    struct stk_ingest_done done = {0, 0, 0};
    assert_int_equal(reap(&done, 1, 10 * SECOND), 1);
    return done;
}

static void add(uint32_t bytes, bool sequential, uint32_t index) {
    assert_int_equal(port->add(bytes, sequential), (int)index);
}

/// What the port says of itself ///

static void it_has_a_name(void **state) {
    (void)state;
    assert_true(port->ops->name != NULL && port->ops->name[0] != '\0');
}

static void it_has_every_mandatory_call(void **state) {
    (void)state;
    assert_true(port->ops->submit != NULL && port->ops->reap != NULL && port->ops->cancel != NULL &&
                port->ops->stats != NULL);
}

static void a_fresh_port_has_counted_nothing(void **state) {
    (void)state;
    struct stk_ingest_stats s = stats();
    assert_true(s.submitted == 0 && s.completed == 0 && s.failed == 0);
    assert_true(s.os_reads == 0 && s.bytes == 0 && s.bounce_bytes == 0);
}

/// Sources with offsets ///

static void a_read_fills_its_destination_and_no_more(void **state) {
    uint8_t *dst = port->mem + 64;
    (void)state;
    add(FILE_BYTES, false, 0);
    assert_int_equal(submit1(0, 0, FILE_BYTES, dst, 0xFFFFFFF7u), 1);
    struct stk_ingest_done done = reap1();
    assert_int_equal(done.tag, 0xFFFFFFF7u);
    assert_int_equal(done.result, (int)FILE_BYTES);
    assert_int_equal(done.os_error, 0);
    assert_true(pattern_matches(dst, 0, FILE_BYTES));
    assert_true(dst[-1] == UNTOUCHED && dst[FILE_BYTES] == UNTOUCHED);
    struct stk_ingest_stats s = stats();
    assert_true(s.completed == 1 && s.bytes == FILE_BYTES && s.os_reads >= 1 && s.bounce_bytes == 0);
}

static void odd_sizes_at_odd_offsets_arrive_whole(void **state) {
    static const uint32_t sizes[] = {1, 2, 3, 63, 64, 65, 511, 513, 4095, 4096, 4097, 30001, 65537, 2500000};
    (void)state;
    add(port->source_bytes, false, 0);
    for (uint32_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint64_t offset = 12345u * (i + 1u) + i;
        uint8_t *dst = port->mem + 1 + i;
        offset = offset + sizes[i] <= port->source_bytes ? offset : 7u + i;
        if (offset + sizes[i] <= port->source_bytes && sizes[i] + 16u <= port->mem_bytes) {
            assert_int_equal(submit1(0, offset, sizes[i], dst, i), 1);
            struct stk_ingest_done done = reap1();
            assert_int_equal(done.tag, i);
            assert_int_equal(done.result, (int)sizes[i]);
            assert_true(pattern_matches(dst, offset, sizes[i]));
        }
    }
}

static void reads_past_the_end_come_short(void **state) {
    static const uint64_t far[] = {FILE_BYTES, FILE_BYTES + 1u, 1u << 30, (uint64_t)INT64_MAX - 4096u};
    (void)state;
    add(FILE_BYTES, false, 0);
    assert_int_equal(submit1(0, 9000, 4096, port->mem, 1), 1);
    assert_int_equal(reap1().result, 1000);
    assert_true(pattern_matches(port->mem, 9000, 1000) && port->mem[1000] == UNTOUCHED);
    for (uint32_t i = 0; i < sizeof far / sizeof far[0]; i++) {
        assert_int_equal(submit1(0, far[i], 4096, port->mem, 2), 1);
        assert_int_equal(reap1().result, 0);
    }
}

static void a_source_that_became_shorter_comes_short(void **state) {
    (void)state;
    add(FILE_BYTES, false, 0);
    assert_int_equal(submit1(0, 0, 4000, port->mem, 1), 1);
    assert_int_equal(reap1().result, 4000);
    port->shrink(0, 5000);
    assert_int_equal(submit1(0, 4000, 6000, port->mem, 2), 1);
    assert_int_equal(reap1().result, 1000);
    assert_true(pattern_matches(port->mem, 4000, 1000));
    assert_int_equal(submit1(0, 0, 8192, port->mem, 3), 1);
    assert_int_equal(reap1().result, 5000);
}

/* Tests that each read that the port took comes back once, with the port full all the time. */
static void many_reads_in_flight_arrive_whole(void **state) {
    uint32_t total = port->source_bytes - 29u, slots = port->depth < 32u ? port->depth : 32u, n_free = slots;
    uint32_t chunk = port->mem_bytes / slots < 32768u ? port->mem_bytes / slots : 32768u;
    uint32_t sent = 0, got = 0, reads = 0;
    uint32_t offset_of[32], free_slots[32];
    (void)state;
    for (uint32_t i = 0; i < slots; i++) {
        free_slots[i] = i;
    }
    add(total, false, 0);
    while (got < total) {
        struct stk_ingest_read batch[32];
        struct stk_ingest_done done[32];
        uint32_t n = 0;
        for (; n_free != 0 && sent < total; n++, reads++) {
            uint32_t slot = free_slots[--n_free], left = total - sent;
            offset_of[slot] = sent;
            batch[n] =
                (struct stk_ingest_read){0, sent, left < chunk ? left : chunk, port->mem + slot * chunk, slot, 0};
            sent += batch[n].bytes;
        }
        assert_int_equal(submit(batch, n), (int)n);
        int r = reap(done, slots, 10 * SECOND);
        assert_true(r > 0);
        for (int i = 0; i < r; i++) {
            uint32_t slot = done[i].tag;
            uint32_t want = total - offset_of[slot] < chunk ? total - offset_of[slot] : chunk;
            assert_int_equal(done[i].result, (int)want);
            assert_true(pattern_matches(port->mem + slot * chunk, offset_of[slot], want));
            got += want;
            offset_of[slot] = total;
            free_slots[n_free++] = slot;
        }
    }
    assert_int_equal(in_flight, 0);
    struct stk_ingest_stats s = stats();
    assert_true(s.completed == reads && s.bytes == total && s.failed == 0 && s.os_reads >= s.submitted);
}

/// Writes ///

static int submit_op(uint32_t op, uint32_t source, uint64_t offset, uint32_t bytes, uint8_t *from) {
    const struct stk_ingest_read read = {source, offset, bytes, from, 7, op};
    return submit(&read, 1);
}

static uint8_t content[4 * FILE_BYTES];

static void writes_reach_the_source_and_no_other_byte(void **state) {
    static const uint32_t sizes[] = {1, 3, 511, 513, 4097, 9000};
    uint32_t source, at = 5;
    uint64_t written = 0;
    (void)state;
    if (port->add_writable == NULL) {
        LEAVE_OUT();
        return;
    }
    source = (uint32_t)port->add_writable(sizeof content);
    for (uint32_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++, at += 100) {
        uint8_t *from = port->mem + 3 + i;
        pattern_fill(from, at, sizes[i]);
        assert_int_equal(submit_op(STK_INGEST_WRITE, source, at, sizes[i], from), 1);
        struct stk_ingest_done done = reap1();
        assert_true(done.tag == 7 && done.result == (int)sizes[i] && done.os_error == 0);
        assert_true(pattern_matches(from, at, sizes[i]));
        port->content(source, content, sizeof content);
        assert_true(pattern_matches(content + at, at, sizes[i]));
        assert_true(content[at - 1] == 0 && content[at + sizes[i]] == 0);
        at += sizes[i];
        written += sizes[i];
    }
    assert_int_equal(submit_op(STK_INGEST_SYNC, source, 0, 0, NULL), 1);
    struct stk_ingest_done synced = reap1();
    assert_true(synced.tag == 7 && synced.result == 0 && synced.os_error == 0);
    assert_int_equal(submit1(source, 5, 1, port->mem, 1), 1);
    assert_int_equal(reap1().result, 1);
    assert_true(pattern_matches(port->mem, 5, 1));
    assert_true(stats().written == written && stats().bytes == 1 && stats().bounce_bytes == 0);
    assert_int_equal(port->remove(source), STK_OK);
}

/* Reads, writes and syncs of one source together, with the port full. */
static void many_writes_in_flight_arrive_whole(void **state) {
    uint32_t chunk = sizeof content / DEPTH_MAX, source, sent = 0, ended = 0;
    (void)state;
    if (port->add_writable == NULL) {
        LEAVE_OUT();
        return;
    }
    source = (uint32_t)port->add_writable(sizeof content);
    pattern_fill(port->mem, 0, sizeof content);
    while (ended < 2u * DEPTH_MAX) {
        struct stk_ingest_done done[DEPTH_MAX];
        while (sent < 2u * DEPTH_MAX) {
            uint32_t at = sent / 2u * chunk, op = sent % 2u == 0u ? STK_INGEST_WRITE : STK_INGEST_SYNC;
            uint32_t bytes = op == STK_INGEST_WRITE ? chunk : 0;
            if (submit_op(op, source, at, bytes, port->mem + at) != 1) {
                break;
            }
            sent++;
        }
        int n = reap(done, port->depth, 10 * SECOND);
        assert_true(n > 0);
        for (int i = 0; i < n; i++) {
            assert_true((done[i].result == (int)chunk || done[i].result == 0) && done[i].os_error == 0);
        }
        ended += (uint32_t)n;
    }
    port->content(source, content, chunk * DEPTH_MAX);
    assert_true(pattern_matches(content, 0, chunk * DEPTH_MAX));
    assert_int_equal(stats().written, chunk * DEPTH_MAX);
}

static void refuses(struct stk_ingest_read bad, int err);

/* Tests every port, also a port that cannot write. */
static void a_write_that_is_not_allowed_is_refused(void **state) {
    uint8_t *mem = port->mem;
    (void)state;
    add(100, false, 0);
    uint32_t silent = (uint32_t)port->add_silent(0);
    refuses((struct stk_ingest_read){silent, 0, 10, mem, 1, STK_INGEST_WRITE}, STK_E_ACCESS);
    refuses((struct stk_ingest_read){silent, 0, 0, mem, 1, STK_INGEST_SYNC}, STK_E_ACCESS);
    refuses((struct stk_ingest_read){0, 0, 10, mem, 1, 3}, STK_E_ARG);
    refuses((struct stk_ingest_read){0, 0, 10, mem, 1, UINT32_MAX}, STK_E_ARG);
    refuses((struct stk_ingest_read){0, 0, 10, mem, 1, STK_INGEST_SYNC}, STK_E_ARG);
    if (port->add_writable != NULL) {
        uint32_t to = (uint32_t)port->add_writable(100);
        refuses((struct stk_ingest_read){to, 0, 0, mem, 1, STK_INGEST_WRITE}, STK_E_ARG);
        refuses((struct stk_ingest_read){to, 0, 0x80000000u, mem, 1, STK_INGEST_WRITE}, STK_E_ARG);
        refuses((struct stk_ingest_read){to, INT64_MAX, 1, mem, 1, STK_INGEST_WRITE}, STK_E_ARG);
        refuses((struct stk_ingest_read){to, 0, 10, NULL, 1, STK_INGEST_WRITE}, STK_E_ARG);
        if (port->checks_memory) {
            refuses((struct stk_ingest_read){to, 0, 10, mem + port->mem_bytes - 9, 1, STK_INGEST_WRITE}, STK_E_ARG);
        }
    }
}

/// Sequential sources ///

static void a_sequential_source_ignores_offsets_and_keeps_the_order(void **state) {
    (void)state;
    add(FILE_BYTES, true, 0);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(submit1(0, 99999u - i, 2500, port->mem + i * 2500, i), 1);
    }
    for (uint32_t i = 0; i < 4; i++) {
        struct stk_ingest_done done = reap1();
        assert_int_equal(done.tag, i);
        assert_int_equal(done.result, 2500);
    }
    assert_true(pattern_matches(port->mem, 0, FILE_BYTES));
}

static void the_end_of_a_sequential_source_ends_every_read_behind_it(void **state) {
    (void)state;
    add(FILE_BYTES, true, 0);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(submit1(0, 0, 6000, port->mem + i * 6000, i), 1);
    }
    for (uint32_t i = 0; i < 4; i++) {
        struct stk_ingest_done done = reap1();
        assert_int_equal(done.tag, i);
        assert_int_equal(done.result, i == 0 ? 6000 : i == 1 ? 4000 : 0);
    }
    assert_true(pattern_matches(port->mem, 0, FILE_BYTES));
}

static void what_comes_little_by_little_fills_each_read_in_order(void **state) {
    enum {
        TOTAL = 16000,
        CHUNK = 4096
    };
    (void)state;
    for (uint32_t kind = 0; kind < port->kinds; kind++) {
        uint32_t at = 0, source = (uint32_t)port->add_silent(kind);
        for (uint32_t i = 0; i < 4; i++) {
            assert_int_equal(submit1(source, 12345, CHUNK, port->mem + i * CHUNK, i), 1);
        }
        if (port->write_slowly != NULL) {
            port->write_slowly(source, TOTAL);
        } else {
            port->write(source, 777);
            port->write(source, TOTAL - 777);
            port->end(source);
        }
        for (uint32_t i = 0; i < 4; i++) {
            struct stk_ingest_done done = reap1();
            assert_int_equal(done.tag, i);
            assert_int_equal(done.result, at + CHUNK <= TOTAL ? CHUNK : (int)(TOTAL - at));
            at += (uint32_t)done.result;
        }
        assert_int_equal(at, TOTAL);
        assert_true(pattern_matches(port->mem, 0, TOTAL));
        if (port->wait_for_writer != NULL) {
            port->wait_for_writer();
        }
        assert_int_equal(port->remove(source), STK_OK);
    }
}

static void a_silent_source_keeps_the_deadline_and_holds_no_other_up(void **state) {
    struct stk_ingest_done done;
    (void)state;
    for (uint32_t kind = 0; kind < port->kinds; kind++) {
        uint32_t source = (uint32_t)port->add_silent(kind), file = (uint32_t)port->add(100, false);
        assert_int_equal(submit1(source, 0, 100, port->mem, 1), 1);
        assert_int_equal(submit1(file, 0, 100, port->mem + 100, 2), 1);
        assert_int_equal(reap1().tag, 2);
        uint64_t start = port->now_ns();
        assert_int_equal(reap(&done, 1, 0), 0);
        assert_true(port->now_ns() - start < 10 * SECOND);
        start = port->now_ns();
        assert_int_equal(reap(&done, 1, SLICE), 0);
        assert_true(port->now_ns() - start >= SLICE && port->now_ns() - start < 30 * SECOND);
        port->write(source, 40);
        port->end(source);
        assert_int_equal(reap1().result, 40);
        assert_true(pattern_matches(port->mem, 0, 40));
        assert_int_equal(port->remove(source), STK_OK);
        assert_int_equal(port->remove(file), STK_OK);
    }
}

static void silent_sources_are_served_as_their_data_comes(void **state) {
    (void)state;
    uint32_t a = (uint32_t)port->add_silent(0), b = (uint32_t)port->add_silent(port->kinds - 1u);
    assert_int_equal(submit1(a, 0, 10, port->mem, 1), 1);
    assert_int_equal(submit1(b, 0, 10, port->mem + 10, 2), 1);
    port->write(b, 10);
    assert_int_equal(reap1().tag, 2);
    port->write(a, 10);
    assert_int_equal(reap1().tag, 1);
    assert_true(pattern_matches(port->mem, 0, 10) && pattern_matches(port->mem + 10, 0, 10));
}

/// Reap ///

static void reap_outlives_a_stop_of_the_process(void **state) {
    struct stk_ingest_done done;
    (void)state;
    if (port->stop_and_write == NULL) {
        LEAVE_OUT();
        return;
    }
    uint32_t source = (uint32_t)port->add_silent(0);
    assert_int_equal(submit1(source, 0, 1, port->mem, 1), 1);
    port->stop_and_write(source);
    assert_int_equal(reap(&done, 1, 2 * SECOND), 1); /* the data comes after the stop, which is longer */
    assert_int_equal(done.result, 1);
    port->wait_for_stop();
}

static void reap_with_nothing_in_flight_returns_at_once(void **state) {
    struct stk_ingest_done done;
    (void)state;
    uint64_t start = port->now_ns();
    assert_int_equal(reap(&done, 1, 60 * SECOND), 0);
    assert_int_equal(reap(&done, 1, UINT64_MAX), 0);
    assert_true(port->now_ns() - start < 30 * SECOND);
}

static void reap_returns_at_most_what_there_is_room_for(void **state) {
    struct stk_ingest_done done[DEPTH_MAX];
    uint32_t seen = 0;
    (void)state;
    add(FILE_BYTES, false, 0);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(submit1(0, i, 100, port->mem + i * 100, i), 1);
    }
    assert_int_equal(reap(done, 0, SECOND), 0);
    while (in_flight != 0) {
        int n = reap(done, 3, UINT64_MAX);
        assert_true(n > 0);
        for (int i = 0; i < n; i++) {
            assert_int_equal(seen & 1u << done[i].tag, 0);
            seen |= 1u << done[i].tag;
        }
    }
    assert_int_equal(seen, 0xF);
}

/// Submit ///

static void a_full_port_takes_what_fits(void **state) {
    struct stk_ingest_read batch[DEPTH_MAX + 3u];
    struct stk_ingest_done done[DEPTH_MAX];
    (void)state;
    add(FILE_BYTES, false, 0);
    for (uint32_t i = 0; i < port->depth + 3u; i++) {
        batch[i] = (struct stk_ingest_read){0, i, 1, port->mem + i, i, 0};
    }
    assert_int_equal(submit(batch, 0), 0);
    assert_int_equal(submit(batch, port->depth + 3u), (int)port->depth);
    assert_int_equal(submit(batch + port->depth, 3), 0);
    while (in_flight != 0) {
        assert_true(reap(done, port->depth, 10 * SECOND) > 0);
    }
    assert_int_equal(submit(batch + port->depth, 3), 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(reap1().result, 1);
    }
    assert_true(pattern_matches(port->mem, 0, port->depth + 3u));
}

/* A read counts as in flight until it is reaped, so finished reads fill the port too. */
static void a_read_is_in_flight_until_it_is_reaped(void **state) {
    (void)state;
    add(FILE_BYTES, false, 0);
    for (uint32_t i = 0; i < port->depth; i++) {
        assert_int_equal(submit1(0, i, 1, port->mem + i, i), 1);
    }
    (void)reap1();
    assert_int_equal(submit1(0, 0, 1, port->mem, 100), 1);
    assert_int_equal(submit1(0, 0, 1, port->mem, 101), 0);
}

static void refuses(struct stk_ingest_read bad, int err) {
    const struct stk_ingest_read good = {0, 0, 10, port->mem, 0, 0};
    const struct stk_ingest_read batch[2] = {good, bad};
    struct stk_ingest_stats before = stats(), after;
    assert_int_equal(submit(&bad, 1), err);
    assert_int_equal(port->refused(), 0);
    assert_int_equal(submit(batch, 2), err);
    assert_int_equal(port->refused(), 1);
    after = stats();
    assert_memory_equal(&before, &after, sizeof before);
}

static void a_bad_read_is_refused_with_its_batch_and_changes_nothing(void **state) {
    uint8_t *mem = port->mem;
    struct stk_ingest_done done;
    (void)state;
    add(100, false, 0);
    refuses((struct stk_ingest_read){1, 0, 10, mem, 1, 0}, STK_E_RANGE);
    refuses((struct stk_ingest_read){NO_SOURCE, 0, 10, mem, 1, 0}, STK_E_RANGE);
    refuses((struct stk_ingest_read){UINT32_MAX, 0, 10, mem, 1, 0}, STK_E_RANGE);
    refuses((struct stk_ingest_read){0, 0, 0, mem, 1, 0}, STK_E_ARG);
    refuses((struct stk_ingest_read){0, 0, 10, NULL, 1, 0}, STK_E_ARG);
    refuses((struct stk_ingest_read){0, 0, 0x80000000u, mem, 1, 0}, STK_E_ARG);
    refuses((struct stk_ingest_read){0, INT64_MAX, 1, mem, 1, 0}, STK_E_ARG);
    refuses((struct stk_ingest_read){0, UINT64_MAX, 1, mem, 1, 0}, STK_E_ARG);
    if (port->checks_memory) {
        refuses((struct stk_ingest_read){0, 0, 10, (uint8_t *)((uintptr_t)mem - 1), 1, 0}, STK_E_ARG);
        refuses((struct stk_ingest_read){0, 0, 10, mem + port->mem_bytes - 9, 1, 0}, STK_E_ARG);
        refuses((struct stk_ingest_read){0, 0, 10, mem + port->mem_bytes, 1, 0}, STK_E_ARG);
    }
    assert_int_equal(reap(&done, 1, SECOND), 0);
    assert_int_equal(mem[0], UNTOUCHED);
    assert_int_equal(submit1(0, 0, 10, mem + port->mem_bytes - 10, 0), 1);
    assert_int_equal(reap1().result, 10);
}

static void an_error_of_a_read_is_its_completion(void **state) {
    int os_error = 0;
    (void)state;
    int source = port->add_failing(&os_error);
    assert_true(source >= 0);
    assert_int_equal(submit1((uint32_t)source, 0, 4096, port->mem, 3), 1);
    struct stk_ingest_done done = reap1();
    assert_int_equal(done.tag, 3);
    assert_int_equal(done.result, STK_E_IO);
    assert_int_equal(done.os_error, os_error);
    struct stk_ingest_stats s = stats();
    assert_true(s.failed == 1 && s.completed == 0 && s.bytes == 0);
    add(100, false, 1); /* the port goes on */
    assert_int_equal(submit1(1, 0, 100, port->mem, 4), 1);
    assert_int_equal(reap1().result, 100);
}

/// Cancel ///

static void cancel_without_a_read_does_nothing(void **state) {
    struct stk_ingest_done done;
    (void)state;
    add(FILE_BYTES, false, 0);
    assert_int_equal(port->ops->cancel(ctx, 0, UINT32_MAX), STK_OK);
    assert_int_equal(reap(&done, 1, SECOND), 0);
    assert_int_equal(submit1(0, 0, 100, port->mem, 1), 1);
    assert_int_equal(reap1().result, 100);
    assert_int_equal(port->ops->cancel(ctx, 0, UINT32_MAX), STK_OK);
    assert_int_equal(submit1(0, 0, 100, port->mem, 1), 1);
    assert_int_equal(reap1().result, 100);
}

/* Two silent sources, with half of a read written to the first, and a source with offsets. Then the port takes reads
 * again at once. */
static void cancel_ends_every_read_once(void **state) {
    uint32_t seen = 0;
    (void)state;
    for (uint32_t times = 1; times <= 2; times++) {
        uint32_t a = (uint32_t)port->add_silent(0), b = (uint32_t)port->add_silent(port->kinds - 1u);
        uint32_t file = (uint32_t)port->add(FILE_BYTES, false);
        const uint32_t of[] = {a, a, a, b, file, file};
        for (uint32_t i = 0; i < 6 && i < port->depth; i++) {
            assert_int_equal(submit1(of[i], 0, 100, port->mem + 100 * i, i), 1);
        }
        port->write(a, 50);
        for (uint32_t k = 0; k < times; k++) {
            assert_int_equal(port->ops->cancel(ctx, 0, UINT32_MAX), STK_OK);
        }
        seen = 0;
        while (in_flight != 0) {
            struct stk_ingest_done done = reap1();
            assert_true(done.result == STK_E_CANCELED || (of[done.tag] == file && done.result == 100));
            assert_int_equal(seen & 1u << done.tag, 0);
            seen |= 1u << done.tag;
        }
        assert_int_equal(submit1(file, 0, 10, port->mem, 9), 1);
        assert_int_equal(reap1().result, 10);
        port->write(b, 10);
        port->end(b);
        assert_int_equal(submit1(b, 0, 100, port->mem, 5), 1);
        assert_int_equal(reap1().result, 10);
        assert_int_equal(port->remove(a), STK_OK);
        assert_int_equal(port->remove(b), STK_OK);
        assert_int_equal(port->remove(file), STK_OK);
    }
}

/* Two owners, with tags 0 .. 99 and from 100 on, have reads on a source. The test cancels the reads of the first owner
 * while the source has no data, so each of them must end without data. The reads of the second owner must end with
 * theirs. */
static void cancel_ends_the_reads_of_its_tags_alone(void **state) {
    static const uint32_t tags[] = {1, 101, 2, 102};
    uint32_t seen = 0;
    (void)state;
    uint32_t a = (uint32_t)port->add_silent(0);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(submit1(a, 0, 10, port->mem + 10 * i, tags[i]), 1);
    }
    assert_int_equal(port->ops->cancel(ctx, 0, 99), STK_OK);
    for (uint32_t i = 0; i < 2; i++) {
        struct stk_ingest_done done = reap1();
        assert_int_equal(done.result, STK_E_CANCELED);
        assert_true(done.tag == 1u || done.tag == 2u);
        seen |= done.tag;
    }
    assert_int_equal(seen, 3);
    port->write(a, 20);
    for (uint32_t i = 1; i < 4; i += 2) {
        struct stk_ingest_done done = reap1();
        assert_true(done.tag == tags[i] && done.result == 10);
        assert_true(pattern_matches(port->mem + 10 * i, 10u * (i / 2u), 10));
    }
}

/* Data comes directly after the cancel. A port whose reader works on another thread may meet the data before the
 * cancel, so a cancelled read may have its data. No byte is lost, and the other reads have theirs in order. */
static void data_behind_a_cancel_goes_to_the_reads_in_order(void **state) {
    static const uint32_t tags[] = {1, 101, 2, 102};
    uint32_t at = 0, seen = 0;
    (void)state;
    uint32_t a = (uint32_t)port->add_silent(0);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(submit1(a, 0, 10, port->mem + 10 * i, tags[i]), 1);
    }
    assert_int_equal(port->ops->cancel(ctx, 0, 99), STK_OK);
    port->write(a, 40);
    for (uint32_t i = 0; i < 4; i++) {
        struct stk_ingest_done done = reap1();
        uint32_t n = 0;
        while (n < 4u && tags[n] != done.tag) {
            n++;
        }
        assert_true(n < 4u && (seen & 1u << n) == 0);
        seen |= 1u << n;
        if (done.result == STK_E_CANCELED) {
            assert_true(done.tag <= 99u);
            continue;
        }
        assert_int_equal(done.result, 10);
        assert_true(pattern_matches(port->mem + 10 * n, at, 10));
        at += 10u;
    }
}

static void a_read_behind_a_cancel_is_taken_now_or_once_all_are_reaped(void **state) {
    (void)state;
    uint32_t a = (uint32_t)port->add_silent(0);
    assert_int_equal(submit1(a, 0, 100, port->mem, 1), 1);
    assert_int_equal(port->ops->cancel(ctx, 0, UINT32_MAX), STK_OK);
    int n = submit1(a, 0, 100, port->mem, 2);
    assert_true(n == 0 || n == 1);
    struct stk_ingest_done done = reap1();
    assert_int_equal(done.tag, 1);
    assert_int_equal(done.result, STK_E_CANCELED);
    if (n == 0) {
        assert_int_equal(submit1(a, 0, 100, port->mem, 2), 1);
    }
    port->write(a, 100);
    assert_int_equal(reap1().tag, 2);
}

/// Sources ///

static void a_source_stays_until_its_reads_are_reaped(void **state) {
    (void)state;
    uint32_t a = (uint32_t)port->add_silent(0);
    assert_int_equal(a, 0);
    assert_int_equal(submit1(0, 0, 10, port->mem, 1), 1);
    assert_int_equal(port->remove(0), STK_E_STATUS);
    port->end(0);
    assert_int_equal(reap1().result, 0);
    assert_int_equal(port->remove(0), STK_OK);
    assert_int_equal(port->remove(0), STK_E_RANGE);
    assert_int_equal(port->remove(port->sources), STK_E_RANGE);
    assert_int_equal(submit1(0, 0, 10, port->mem, 1), STK_E_RANGE);
    add(100, false, 0); /* the number of the removed source is free for the next source */
}

static void sources_get_the_lowest_free_number_until_there_is_none(void **state) {
    (void)state;
    for (uint32_t i = 0; i < port->sources; i++) {
        add(100, false, i);
    }
    assert_int_equal(port->add(100, false), STK_E_FULL);
    assert_int_equal(port->remove(2), STK_OK);
    assert_int_equal(port->remove(1), STK_OK);
    add(100, false, 1);
    add(100, true, 2);
    assert_int_equal(submit1(2, 0, 100, port->mem, 1), 1);
    assert_int_equal(reap1().result, 100);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, open_port, close_port)

int ingest_contract(const struct ingest_port *the_port) {
    const struct CMUnitTest cases[] = {
        CASE(it_has_a_name),
        CASE(it_has_every_mandatory_call),
        CASE(a_fresh_port_has_counted_nothing),
        CASE(a_read_fills_its_destination_and_no_more),
        CASE(odd_sizes_at_odd_offsets_arrive_whole),
        CASE(writes_reach_the_source_and_no_other_byte),
        CASE(many_writes_in_flight_arrive_whole),
        CASE(a_write_that_is_not_allowed_is_refused),
        CASE(reads_past_the_end_come_short),
        CASE(a_source_that_became_shorter_comes_short),
        CASE(many_reads_in_flight_arrive_whole),
        CASE(a_sequential_source_ignores_offsets_and_keeps_the_order),
        CASE(the_end_of_a_sequential_source_ends_every_read_behind_it),
        CASE(what_comes_little_by_little_fills_each_read_in_order),
        CASE(a_silent_source_keeps_the_deadline_and_holds_no_other_up),
        CASE(silent_sources_are_served_as_their_data_comes),
        CASE(reap_outlives_a_stop_of_the_process),
        CASE(reap_with_nothing_in_flight_returns_at_once),
        CASE(reap_returns_at_most_what_there_is_room_for),
        CASE(a_full_port_takes_what_fits),
        CASE(a_read_is_in_flight_until_it_is_reaped),
        CASE(a_bad_read_is_refused_with_its_batch_and_changes_nothing),
        CASE(an_error_of_a_read_is_its_completion),
        CASE(cancel_without_a_read_does_nothing),
        CASE(cancel_ends_every_read_once),
        CASE(cancel_ends_the_reads_of_its_tags_alone),
        CASE(data_behind_a_cancel_goes_to_the_reads_in_order),
        CASE(a_read_behind_a_cancel_is_taken_now_or_once_all_are_reaped),
        CASE(a_source_stays_until_its_reads_are_reaped),
        CASE(sources_get_the_lowest_free_number_until_there_is_none),
    };
    port = the_port;
    return cmocka_run_group_tests_name(port->name, cases, NULL, NULL);
}
