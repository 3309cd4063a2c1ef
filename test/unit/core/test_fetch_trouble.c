/* The fetch service when something is wrong: requests, reads, ports, slots that do not wait any more, devices that are
 * lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stoker/atomic.h"
#include "fetch_world.h"
#include "stoker/device_loss.h"

/// Refused ///

static void what_the_table_does_not_allow_faults_its_own_slot(void **state) {
    (void)state;
    world(NULL, 8);
    ask(0, 8);          /* there is no resource 8 */
    ask_as(1, 2, 1, 0); /* tenant 2 may not ask for resource 1 */
    ask_as(2, 0, 2, 1); /* a prefetch of a resource that must not be asked for ahead of need */
    ask(3, UINT32_MAX); /* there is no resource with this number either */
    ask_as(4, 1, 2, 0); /* allowed: this request ends well */
    drive();
    poll_ends(5);
    drive();
    assert_failed(0, STK_FETCH_CODE(STK_E_NOENT));
    assert_failed(1, STK_FETCH_CODE(STK_E_ACCESS));
    assert_failed(2, STK_FETCH_CODE(STK_E_ACCESS));
    assert_failed(3, STK_FETCH_CODE(STK_E_NOENT));
    assert_status(4, STK_SLOT_DONE);
    assert_int_equal(w.fetch.stats.refused, 4);
    assert_int_equal(w.fetch.stats.reads, 1);
    assert_quiet();
}

/* Parks slot `slot` with this tenant and resource by hand, as the device would for I/O slot k, and asks with any words.
 */
static void ask_by_hand(uint32_t slot, uint32_t tenant, uint32_t k, const struct stk_io_request *request) {
    uint32_t *s = slot_words(slot), *io = io_slot(k);
    stk_store(&s[STK_SLOT_OPCODE], STK_OP_LOAD_MISS);
    stk_store(&s[STK_SLOT_TENANT], tenant);
    stk_store(&s[STK_SLOT_ARG0], 2);
    stk_store(&s[STK_SLOT_ARG0 + 1], 0);
    stk_store(&s[STK_SLOT_ARG0 + STK_FETCH_TICKET_ARG], k + 1u);
    stk_store(&s[STK_SLOT_STATUS], STK_SLOT_WAIT_IO);
    stk_store(&io[STK_IO_OP], request->op);
    stk_store(&io[STK_IO_SRC], request->src);
    stk_store(&io[STK_IO_DST], request->dst);
    stk_store(&io[STK_IO_OFFSET_LO], (uint32_t)request->offset);
    stk_store(&io[STK_IO_OFFSET_HI], (uint32_t)(request->offset >> 32));
    stk_store(&io[STK_IO_BYTES], request->bytes);
    stk_store(&io[STK_IO_TAG], request->tag);
    stk_store(&io[STK_IO_STATUS], STK_SLOT_PUBLISHED);
}

static void request_that_is_none_of_a_load_miss_is_refused(void **state) {
    static const struct stk_io_request bad[] = {
        {0, STK_IO_OP_WRITE, 2, 2, 0, 0, 9},
        {0, STK_IO_OP_FENCE, 2, 2, 0, 0, 9},
        {0, 77, 2, 2, 0, 0, 9},
        {0, STK_IO_OP_READ, 3, 3, 0, 0, 9},
        {0, STK_IO_OP_READ, 2, 3, 0, 0, 9},
        {0, STK_IO_OP_READ, 2, 2, 1, 0, 9},
        {0, STK_IO_OP_READ, 2, 2, UINT64_MAX, 0, 9},
        {0, STK_IO_OP_READ, 2, 2, 0, 1, 9},
        {0, STK_IO_OP_READ, 2, 2, 0, UINT32_MAX, 9},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        world(NULL, 4);
        ask_by_hand(9, 0, 1, &bad[i]);
        freeze(true);
        poll_ends(1);
        assert_status(9, STK_SLOT_REQUEUE);
        assert_int_equal(stk_load(&io_slot(1)[STK_IO_STATUS]), STK_IO_ERROR);
        assert_int_equal(stk_load(&io_slot(1)[STK_IO_TAG]), STK_FETCH_CODE(STK_E_FORMAT));
        assert_int_equal(w.fetch.stats.refused, 1);
        freeze(false);
        drive(); /* the device finds a request of another slot, and faults its slot; the service frees the I/O slot */
        assert_status(9, STK_SLOT_FAULT);
        assert_quiet();
    }
}

static void tenant_without_a_bit_is_refused(void **state) {
    static const uint32_t tenants[] = {2, 31, 32, 33, UINT32_MAX};
    const struct stk_io_request good = {0, STK_IO_OP_READ, 2, 2, 0, 0, 9};
    (void)state;
    for (size_t i = 0; i < sizeof tenants / sizeof *tenants; i++) {
        world(NULL, 4);
        ask_by_hand(9, tenants[i], 1, &good);
        poll_ends(1);
        assert_int_equal(stk_load(&io_slot(1)[STK_IO_TAG]), STK_FETCH_CODE(STK_E_ACCESS));
        assert_int_equal(w.fetch.stats.refused, 1);
        assert_int_equal(w.fetch.stats.reads, 0);
    }
}

/* Tests that a request of no waiting slot frees the I/O slot and changes no slot. */
static void request_of_a_slot_that_does_not_wait_is_dropped(void **state) {
    const struct stk_io_request good = {0, STK_IO_OP_READ, 2, 2, 0, 0, 9};
    struct stk_io_request far = good;
    uint32_t i;
    (void)state;
    for (i = 0; i < 6u; i++) {
        world(NULL, 4);
        far.tag = i == 0u ? SLOTS : i == 1u ? UINT32_MAX : 9u;
        ask_by_hand(9, 0, 1, &far);
        if (i == 2u) {
            stk_store(&slot_words(9)[STK_SLOT_STATUS], STK_SLOT_EMPTY);
        } else if (i == 3u) {
            stk_store(&slot_words(9)[STK_SLOT_ARG0 + STK_FETCH_TICKET_ARG], 3); /* slot 9 names another ticket */
        } else if (i == 4u) {
            stk_store(&slot_words(9)[STK_SLOT_OPCODE], STK_OP_NOP);
        } else if (i == 5u) {
            stk_store(&slot_words(9)[STK_SLOT_STATUS], STK_SLOT_CLAIMED);
        }
        poll_ends(1);
        assert_int_equal(stk_load(&io_slot(1)[STK_IO_STATUS]), STK_SLOT_EMPTY);
        assert_int_equal(w.fetch.stats.refused, i < 2u);
        assert_int_equal(w.fetch.stats.cancelled, i >= 2u);
        assert_int_equal(w.fetch.stats.reads, 0);
        assert_int_not_equal(status_of(9), STK_SLOT_REQUEUE);
        assert_quiet();
    }
}

/// Reads ///

static void read_that_fails_faults_its_slots_and_no_others(void **state) {
    static const struct stk_sim_injected_error injected[] = {
        {0, STK_SIM_FAIL, 0, 0, 5}, {1, STK_SIM_FAIL, 0, STK_E_NOMEM, 0}, {2, STK_SIM_SHORT, 199, 0, 0}};
    const struct stk_sim_ingest_config ingest = {.depth = 8, .sources = 4, .injected = injected, .n_injected = 3};
    (void)state;
    world(&ingest, 8);
    for (uint32_t i = 0; i < 4; i++) {
        ask(i, i);
    }
    ask_as(4, 1, 0, 0);
    drive();
    poll_ends(5);
    drive();
    assert_failed(0, 5);
    assert_failed(4, 5);
    assert_failed(1, STK_FETCH_CODE(STK_E_NOMEM));
    assert_failed(2, STK_FETCH_CODE(STK_E_SHORT));
    assert_status(3, STK_SLOT_DONE);
    assert_int_equal(w.fetch.stats.failed, 4);
    assert_int_equal(w.fetch.stats.bytes, 200);
    assert_quiet();
}

static void prefetch_that_fails_brings_nothing(void **state) {
    static const struct stk_sim_injected_error injected[] = {{0, STK_SIM_FAIL, 0, 0, 5}};
    const struct stk_sim_ingest_config ingest = {.depth = 8, .sources = 4, .injected = injected, .n_injected = 1};
    (void)state;
    world(&ingest, 8);
    ask_as(0, 0, 3, 1);
    drive();
    poll_ends(1);
    ask(1, 3);
    drive();
    poll_ends(1);
    drive();
    assert_failed(0, 5);
    assert_status(1, STK_SLOT_DONE);
    assert_int_equal(w.fetch.stats.ahead, 0);
    assert_quiet();
}

static void read_that_the_port_refuses_faults_its_slots(void **state) {
    struct stk_fetch_resource row = row_of(2);
    (void)state;
    world(NULL, 8);
    assert_int_equal(stk_fetch_unregister(&w.fetch, 2), STK_OK);
    row.source = 3;
    assert_int_equal(stk_fetch_register(&w.fetch, &row), STK_OK);
    ask(0, 2);
    ask(1, 2);
    ask(2, 3);
    drive();
    poll_ends(3);
    drive();
    assert_failed(0, STK_FETCH_CODE(STK_E_RANGE));
    assert_failed(1, STK_FETCH_CODE(STK_E_RANGE));
    assert_status(2, STK_SLOT_DONE);
    assert_quiet();
}

static void read_that_takes_too_long_fails_its_slots_and_keeps_its_destination(void **state) {
    static const struct stk_sim_injected_error injected[] = {{0, STK_SIM_DELAY, 6000, 0, 0}};
    const struct stk_sim_ingest_config ingest = {.depth = 8, .sources = 4, .injected = injected, .n_injected = 1};
    (void)state;
    world(&ingest, 8);
    ask(0, 2);
    ask(1, 3);
    drive();
    poll_ends(1);
    assert_int_equal(stk_fetch_poll(&w.fetch, 99 * MS), 0);
    assert_int_equal(stk_fetch_poll(&w.fetch, 2 * MS), 1);
    drive();
    assert_failed(0, STK_FETCH_CODE(STK_E_TIMEOUT));
    assert_status(1, STK_SLOT_DONE);
    assert_int_equal(w.fetch.stats.failed, 1);
    assert_int_equal(stk_fetch_unregister(&w.fetch, 2), STK_E_WOULD_BLOCK);
    ask(4, 2); /* slot 4 waits for the same read */
    drive();
    assert_int_equal(stk_fetch_poll(&w.fetch, 99 * MS), 0);
    assert_int_equal(w.fetch.stats.shared, 1);
    w.fetch.requests_end.timeout_ns = 10000 * MS;
    assert_int_equal(stk_fetch_poll(&w.fetch, 10000 * MS), 1);
    drive();
    assert_status(4, STK_SLOT_DONE);
    assert_true(has_landed(2));
    assert_int_equal(w.fetch.stats.reads, 2);
    assert_int_equal(stk_fetch_unregister(&w.fetch, 2), STK_OK);
    assert_quiet();
}

/* A read that ended during the pause serves its slot. A read that hangs still times out, even for an owner that always
 * looks late. */
static void request_outlives_a_pause_of_the_process(void **state) {
    static const struct stk_sim_injected_error injected[] = {{0, STK_SIM_DELAY, 12, 0, 0}, {1, STK_SIM_HANG, 0, 0, 0}};
    const struct stk_sim_ingest_config ingest = {.depth = 8, .sources = 4, .injected = injected, .n_injected = 2};
    int ended = 0, polls = 0;
    (void)state;
    world(&ingest, 8);
    ask(0, 2);
    drive();
    for (int i = 0; i < 5; i++) {
        assert_int_equal(stk_fetch_poll(&w.fetch, 0), 0);
        w.clock.now += 10000 * MS;
    }
    poll_ends(1);
    drive();
    assert_status(0, STK_SLOT_DONE);
    ask(1, 3);
    drive();
    for (polls = 0; polls < 20 && ended == 0; polls++) {
        w.clock.now += 10000 * MS;
        ended = stk_fetch_poll(&w.fetch, 0);
    }
    assert_int_equal(ended, 1);
    assert_in_range(polls, 2, 10);
    drive();
    assert_failed(1, STK_FETCH_CODE(STK_E_TIMEOUT));
}

/// Ports ///

static void error_of_a_port_is_returned_and_loses_nothing(void **state) {
    struct stk_ingest_read foreign;
    struct stk_ingest_stats port;
    (void)state;
    world(NULL, 8);
    ask(0, 2);
    drive();
    w.ingest.submit_err = STK_E_IO;
    assert_int_equal(stk_fetch_poll(&w.fetch, MS), STK_E_IO);
    w.ingest.submit_err = 0;
    w.ingest.reap_err = STK_E_NOMEM;
    assert_int_equal(stk_fetch_poll(&w.fetch, MS), STK_E_NOMEM);
    assert_int_equal(stk_fetch_in_flight(&w.fetch), 1);
    w.ingest.reap_err = 0;
    poll_ends(1);
    drive();
    assert_status(0, STK_SLOT_DONE);
    foreign = (struct stk_ingest_read){w.source, 0, 4, w.payload, 7, 0};
    for (uint32_t i = 0; i < 2; i++) {
        ask(0, 2);
        drive();
        foreign.tag = i == 0u ? 7u : ROWS;
        assert_int_equal(stk_sim_ingest_ops.submit(&w.ingest, &foreign, 1), 1);
        assert_int_equal(stk_fetch_poll(&w.fetch, MS), STK_E_RANGE);
        assert_int_equal(w.fetch.info.index, foreign.tag);
        drive();
        assert_status(0, STK_SLOT_DONE);
    }
    stk_sim_ingest_ops.stats(&w.ingest, &port);
    assert_int_equal(port.submitted, w.fetch.stats.reads + 2u);
    assert_quiet();
}

static int failing_wait(void *ctx, const uint32_t *word, uint32_t seen, uint64_t timeout_ns) {
    (void)ctx;
    (void)word;
    (void)seen;
    (void)timeout_ns;
    return STK_E_IO;
}

static void error_of_the_platform_ends_the_wait(void **state) {
    struct stk_platform_ops broken = stk_sim_platform_ops;
    (void)state;
    world_parts(NULL, 4);
    broken.wait = failing_wait;
    w.config.platform.ops = &broken;
    assert_int_equal(stk_fetch_init(&w.fetch, &w.config, &w.arena), STK_OK);
    assert_int_equal(stk_fetch_poll(&w.fetch, 0), 0);
    assert_int_equal(stk_fetch_poll(&w.fetch, MS), STK_E_IO);
}

static void lost_device_is_told_and_requests_go_on(void **state) {
    static _Alignas(64) uint8_t memory[1024];
    const struct stk_sim_dispatch_config config = {.memory = {.ring = w.ring_words, .slots = SLOTS}};
    const struct stk_io_request good = {0, STK_IO_OP_READ, 2, 2, 0, 0, 9};
    struct stk_sim_dispatch device;
    struct stk_arena arena;
    (void)state;
    world_parts(NULL, 4);
    stk_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(stk_sim_dispatch_init(&device, &config, &arena), STK_OK);
    w.config.dispatch.ops = &stk_sim_dispatch_ops;
    w.config.dispatch.ctx = &device;
    assert_int_equal(stk_fetch_init(&w.fetch, &w.config, &w.arena), STK_OK);
    allow(2);
    ask_by_hand(9, 0, 1, &good);
    device.lost = true;
    assert_int_equal(stk_fetch_poll(&w.fetch, MS), STK_E_DEVICE);
    assert_status(9, STK_SLOT_REQUEUE);
    assert_int_equal(w.fetch.stats.served, 1);
    assert_int_equal(stk_fetch_close(&w.fetch, MS), STK_E_DEVICE);
    assert_int_equal(stk_fetch_poll(&w.fetch, MS), STK_E_SHUTDOWN);
}

/// Cancel ///

static void slot_is_cancelled_in_every_state_of_its_load_miss(void **state) {
    const struct stk_sim_ingest_config slow = {.depth = 8, .sources = 4, .delay = 4};
    const struct stk_work nop = {.opcode = STK_OP_NOP, .priority = STK_PRIORITY_NORMAL};
    (void)state;
    world(&slow, 4);
    ask(0, 2); /* the slot is published */
    assert_int_equal(stk_fetch_cancel(&w.fetch, 0), (int)STK_SLOT_PUBLISHED);
    ask(0, 2); /* the slot has asked, and the service has not claimed the request */
    drive();
    assert_int_equal(stk_fetch_cancel(&w.fetch, 0), (int)STK_SLOT_WAIT_IO);
    poll_ends(1);
    assert_int_equal(w.fetch.stats.cancelled, 1);
    assert_int_equal(w.fetch.stats.reads, 0);
    ask(0, 2); /* the service reads the resource for slots 0 and 1 */
    ask(1, 2);
    drive();
    assert_int_equal(stk_fetch_poll(&w.fetch, 0), 0);
    assert_int_equal(stk_fetch_cancel(&w.fetch, 0), (int)STK_SLOT_WAIT_IO);
    assert_int_equal(w.fetch.stats.cancelled, 2);
    assert_int_equal(stk_load(&io_slot(0)[STK_IO_STATUS]) == STK_SLOT_EMPTY ||
                         stk_load(&io_slot(1)[STK_IO_STATUS]) == STK_SLOT_EMPTY,
                     1);
    freeze(true);
    poll_ends(1);
    assert_status(0, STK_SLOT_EMPTY);
    assert_status(1, STK_SLOT_REQUEUE); /* slot 1 was woken; the cancel frees its outcome too */
    assert_int_equal(stk_fetch_cancel(&w.fetch, 1), (int)STK_SLOT_REQUEUE);
    assert_status(1, STK_SLOT_EMPTY);
    assert_int_equal(w.fetch.stats.served, 1);
    assert_int_equal(w.fetch.outcomes, 0);
    assert_int_equal(stk_fetch_cancel(&w.fetch, 1), STK_E_STATUS);
    assert_int_equal(stk_fetch_cancel(&w.fetch, SLOTS), STK_E_RANGE);
    assert_int_equal(stk_ring_publish(&w.ring, 1, &nop), STK_OK);
    assert_int_equal(stk_fetch_cancel(&w.fetch, 1), (int)STK_SLOT_PUBLISHED);
    stk_store(&slot_words(1)[STK_SLOT_STATUS], STK_SLOT_REQUEUE); /* the slot has another opcode than LOAD_MISS */
    assert_int_equal(stk_fetch_cancel(&w.fetch, 1), (int)STK_SLOT_REQUEUE);
    stk_store(&slot_words(1)[STK_SLOT_STATUS], STK_SLOT_WAIT_IO);
    assert_int_equal(stk_fetch_cancel(&w.fetch, 1), (int)STK_SLOT_WAIT_IO);
    stk_store(&slot_words(1)[STK_SLOT_STATUS], 9);
    assert_int_equal(stk_fetch_cancel(&w.fetch, 1), STK_E_STATUS);
    assert_quiet();
}

static bool workers_run;

static bool tell_workers(void *ctx) {
    (void)ctx;
    return workers_run;
}

/* Where claims and cancels do not exclude each other, only a slot that waits is cancelled beside workers. (That a
 * launch which has not begun counts, and one with copies does not, is the port's to say.) */
static void slot_is_cancelled_once_workers_are_gone(void **state) {
    struct stk_dispatch_ops telling = stk_interp_ops;
    (void)state;
    world(NULL, 4);
    telling.has_workers = tell_workers;
    w.fetch.config.dispatch.ops = &telling;
    ask(1, 2);
    drive(); /* the worker publishes the request */
    ask(0, 2);
    ask(2, 3);
    stk_store(&w.control[STK_CTL_NO_SHARED_ATOMICS], 1);
    workers_run = true;
    assert_int_equal(stk_fetch_cancel(&w.fetch, 0), STK_E_WOULD_BLOCK);
    assert_status(0, STK_SLOT_PUBLISHED);
    assert_int_equal(stk_fetch_cancel(&w.fetch, 1), (int)STK_SLOT_WAIT_IO);
    workers_run = false;
    assert_int_equal(stk_fetch_cancel(&w.fetch, 2), (int)STK_SLOT_PUBLISHED);
    assert_int_equal(stk_fetch_cancel(&w.fetch, 0), (int)STK_SLOT_PUBLISHED);
    poll_ends(1);
    assert_quiet();
}

/* Tests a requeued load miss that has found no I/O slot, and so has none to give back. */
static void load_miss_that_waits_for_an_io_slot_is_cancelled(void **state) {
    const struct stk_sim_ingest_config slow = {.depth = 8, .sources = 4, .delay = 4};
    (void)state;
    world(&slow, 1);
    ask(0, 2);
    ask(1, 3);
    drive();
    assert_status(1, STK_SLOT_REQUEUE);
    assert_int_equal(stk_fetch_poll(&w.fetch, 0), 0);
    assert_int_equal(stk_fetch_cancel(&w.fetch, 1), (int)STK_SLOT_REQUEUE);
    assert_status(1, STK_SLOT_EMPTY);
    poll_ends(1);
    drive();
    assert_status(0, STK_SLOT_DONE);
    assert_quiet();
}

/* Tests a read of a cancelled load miss that ends when the slot waits for another resource. This read does not wake the
 * slot. */
static void late_completion_does_not_wake_the_next_miss_of_its_slot(void **state) {
    const struct stk_sim_ingest_config slow = {.depth = 1, .sources = 4, .delay = 4};
    (void)state;
    world(&slow, 4);
    ask(0, 2);
    drive();
    assert_int_equal(stk_fetch_poll(&w.fetch, 0), 0);
    assert_int_equal(stk_fetch_cancel(&w.fetch, 0), (int)STK_SLOT_WAIT_IO);
    ask(0, 3);
    drive();
    while (w.fetch.stats.reads < 2u) {
        assert_int_equal(stk_fetch_poll(&w.fetch, 0), 0);
        assert_status(0, STK_SLOT_WAIT_IO);
    }
    assert_true(has_landed(2) && !has_landed(3));
    poll_ends(1);
    drive();
    assert_status(0, STK_SLOT_DONE);
    assert_true(has_landed(3));
    assert_quiet();
}

/* Tests a publisher that forges a ticket in the slot of a cancelled load miss. The forged slot gets neither the outcome
 * nor the I/O slot. */
static void forged_ticket_in_a_cancelled_slot_gets_no_outcome(void **state) {
    const struct stk_sim_ingest_config slow = {.depth = 4, .sources = 4, .delay = 4};
    uint32_t *forged = slot_words(0);
    (void)state;
    world(&slow, 4);
    ask(0, 2);
    drive();
    assert_int_equal(stk_fetch_poll(&w.fetch, 0), 0);
    assert_int_equal(stk_fetch_cancel(&w.fetch, 0), (int)STK_SLOT_WAIT_IO);
    stk_store(&forged[STK_SLOT_TENANT], 2); /* this tenant may not ask for resource 2 */
    stk_store(&forged[STK_SLOT_ARG0 + STK_FETCH_TICKET_ARG], 1);
    stk_store_release(forged, STK_SLOT_PUBLISHED);
    drive();
    assert_status(0, STK_SLOT_FAULT);
    assert_int_equal(stk_load(&forged[STK_SLOT_ARG0 + STK_FAULT_REASON_ARG]), STK_REASON_ARGUMENT);
    while (w.fetch.reads.in_flight != 0u) {
        assert_int_equal(stk_fetch_poll(&w.fetch, 0), 0);
    }
    assert_quiet();
}

/* Tests slots that others cancel or fault after the slots were woken. The service takes the outcome back. */
static void outcome_that_no_slot_comes_for_is_recycled(void **state) {
    static const enum stk_transition moves[] = {STK_TO_CANCEL, STK_TO_FAULT};
    (void)state;
    for (uint32_t i = 0; i < 4u; i++) {
        world(NULL, 2);
        ask(0, 2);
        drive();
        freeze(true);
        poll_ends(1);
        assert_int_equal(stk_ring_transition(&w.ring, 0, moves[i % 2u]), (int)STK_SLOT_REQUEUE);
        if (i >= 2u) { /* the slot is published once more */
            stk_store(&slot_words(0)[STK_SLOT_STATUS], STK_SLOT_EMPTY);
            ask(0, 3);
        }
        assert_int_equal(stk_fetch_poll(&w.fetch, 0), 0);
        assert_int_equal(w.fetch.outcomes, 0);
        assert_int_equal(stk_load(&io_slot(0)[STK_IO_STATUS]), STK_SLOT_EMPTY);
    }
}

/* Tests slots in REQUEUE and CLAIMED. A slot with another I/O ticket has not asked for this I/O. A slot without an I/O
 * ticket may have asked. */
static void outcome_is_kept_while_its_slot_may_come_for_it(void **state) {
    static const struct {
        uint32_t status, ticket, kept;
    } cases[] = {{STK_SLOT_REQUEUE, 1, 1}, {STK_SLOT_CLAIMED, 1, 1}, {STK_SLOT_CLAIMED, 0, 1}, {STK_SLOT_REQUEUE, 0, 0},
                 {STK_SLOT_CLAIMED, 2, 0}, {STK_SLOT_REQUEUE, 2, 0}, {STK_SLOT_WAIT_IO, 2, 0}, {STK_SLOT_DONE, 1, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        world(NULL, 2);
        ask(0, 2);
        drive();
        freeze(true);
        poll_ends(1);
        stk_store(&slot_words(0)[STK_SLOT_STATUS], cases[i].status);
        stk_store(&slot_words(0)[STK_SLOT_ARG0 + STK_FETCH_TICKET_ARG], cases[i].ticket);
        assert_int_equal(stk_fetch_poll(&w.fetch, 0), 0);
        assert_int_equal(w.fetch.outcomes, cases[i].kept);
        assert_int_equal(stk_load(&io_slot(0)[STK_IO_STATUS]), cases[i].kept ? STK_IO_OK : STK_SLOT_EMPTY);
    }
}

/// Shutdown ///

static void shutdown_cancels_what_is_read_and_what_waits(void **state) {
    static const struct stk_sim_injected_error injected[] = {{0, STK_SIM_HANG, 0, 0, 0}};
    const struct stk_sim_ingest_config one = {.depth = 1, .sources = 4, .injected = injected, .n_injected = 1};
    (void)state;
    world(&one, 4);
    ask(0, 2);
    ask(1, 3);
    drive();
    assert_int_equal(stk_fetch_poll(&w.fetch, 0), 0);
    ask(2, 4);
    drive();
    assert_int_equal(stk_fetch_close(&w.fetch, MS), STK_OK);
    drive();
    assert_failed(0, STK_FETCH_CODE(STK_E_CANCELED));
    assert_failed(1, STK_FETCH_CODE(STK_E_CANCELED));
    assert_failed(2, STK_FETCH_CODE(STK_E_SHUTDOWN));
    assert_int_equal(w.fetch.stats.cancelled, 2);
    assert_int_equal(w.fetch.stats.refused, 1);
    assert_adds_up();
    assert_int_equal(stk_fetch_poll(&w.fetch, 0), STK_E_SHUTDOWN);
    assert_int_equal(stk_fetch_unregister(&w.fetch, 2), STK_E_SHUTDOWN);
    assert_int_equal(stk_fetch_close(&w.fetch, MS), STK_E_SHUTDOWN);
}

static void shutdown_waits_for_reads_that_do_not_end(void **state) {
    static const struct stk_sim_injected_error injected[] = {{0, STK_SIM_HANG, 0, 0, 0}};
    const struct stk_sim_ingest_config one = {.depth = 4, .sources = 4, .injected = injected, .n_injected = 1};
    const struct stk_fetch_resource row = row_of(9);
    (void)state;
    world(&one, 4);
    ask(0, 2);
    drive();
    assert_int_equal(stk_fetch_poll(&w.fetch, 0), 0);
    w.ingest.deaf = true;
    assert_int_equal(stk_fetch_close(&w.fetch, 2 * MS), STK_E_TIMEOUT);
    assert_int_equal(stk_fetch_register(&w.fetch, &row), STK_E_SHUTDOWN);
    assert_int_equal(stk_fetch_in_flight(&w.fetch), 1);
    w.ingest.deaf = false;
    w.ingest.reap_err = STK_E_IO;
    assert_int_equal(stk_fetch_close(&w.fetch, 2 * MS), STK_E_IO);
    w.ingest.reap_err = 0;
    w.ingest.cancel_err = STK_E_NOMEM; /* the error is reported, although the reads end now */
    assert_int_equal(stk_fetch_close(&w.fetch, 2 * MS), STK_E_NOMEM);
    drive();
    assert_failed(0, STK_FETCH_CODE(STK_E_CANCELED));
    assert_adds_up();
}

/// Devices ///

static void recover_lets_a_miss_ask_again(void **state) {
    const struct stk_io_request good = {0, STK_IO_OP_READ, 2, 2, 0, 0, 9};
    (void)state;
    world(NULL, 4);
    ask_by_hand(9, 0, 1, &good); /* slot 9 waits, and its request was not published */
    stk_store(&io_slot(1)[STK_IO_STATUS], STK_SLOT_WAIT_IO);
    ask_by_hand(10, 0, 2, &good); /* slot 10 has not stored WAIT_IO yet */
    stk_store(&io_slot(2)[STK_IO_STATUS], STK_SLOT_WAIT_IO);
    stk_store(&slot_words(10)[STK_SLOT_STATUS], STK_SLOT_CLAIMED);
    stk_store(&io_slot(3)[STK_IO_STATUS], STK_SLOT_WAIT_IO); /* no slot names I/O slot 3 yet */
    assert_int_equal(stk_device_recover_io(&w.config.memory), 1);
    for (uint32_t k = 0; k < 4; k++) {
        assert_int_equal(stk_load(&io_slot(k)[STK_IO_STATUS]), STK_SLOT_EMPTY);
    }
    for (uint32_t i = 9; i < 11; i++) {
        assert_status(i, STK_SLOT_CLAIMED);
        assert_int_equal(stk_load(&slot_words(i)[STK_SLOT_ARG0 + STK_FETCH_TICKET_ARG]), 0);
        stk_store(&slot_words(i)[STK_SLOT_STATUS], STK_SLOT_REQUEUE); /* a port puts CLAIMED slots back like this */
    }
    assert_int_equal(stk_device_recover_io(&w.config.memory), 0);
    drive();
    poll_ends(2);
    drive();
    assert_status(9, STK_SLOT_DONE);
    assert_status(10, STK_SLOT_DONE);
    assert_quiet();
}

static void recover_frees_outcomes_that_nobody_names(void **state) {
    const struct stk_io_request good = {0, STK_IO_OP_READ, 2, 2, 0, 0, 9};
    static const uint32_t statuses[] = {STK_IO_OK, STK_IO_ERROR, STK_IO_OK, STK_SLOT_PUBLISHED};
    (void)state;
    world(NULL, 4);
    for (uint32_t k = 0; k < 4; k++) {
        ask_by_hand(9 + k, 0, k, &good);
        stk_store(&io_slot(k)[STK_IO_STATUS], statuses[k]);
    }
    /* slot 9 has taken its outcome; the I/O slot is not EMPTY yet */
    stk_store(&slot_words(9)[STK_SLOT_STATUS], STK_SLOT_CLAIMED);
    stk_store(&slot_words(9)[STK_SLOT_ARG0 + STK_FETCH_TICKET_ARG], 0);
    stk_store(&slot_words(10)[STK_SLOT_STATUS], STK_SLOT_FAULT); /* slot 10 was put back too often */
    stk_store(&slot_words(11)[STK_SLOT_STATUS], STK_SLOT_REQUEUE);
    assert_int_equal(stk_device_recover_io(&w.config.memory), 0);
    assert_int_equal(stk_load(&io_slot(0)[STK_IO_STATUS]), STK_SLOT_EMPTY);
    assert_int_equal(stk_load(&io_slot(1)[STK_IO_STATUS]), STK_SLOT_EMPTY);
    assert_int_equal(stk_load(&io_slot(2)[STK_IO_STATUS]), STK_IO_OK);
    assert_int_equal(stk_load(&io_slot(3)[STK_IO_STATUS]), STK_SLOT_PUBLISHED);
    assert_status(9, STK_SLOT_CLAIMED);
    assert_status(11, STK_SLOT_REQUEUE);
    assert_status(12, STK_SLOT_WAIT_IO);
}

/* A device that took the words of a claimed request away, or moved the slot that waits: its loss, and nobody else's. */
static void device_that_meddles_harms_itself(void **state) {
    const struct stk_sim_ingest_config slow = {.depth = 8, .sources = 4, .delay = 2};
    (void)state;
    world(&slow, 4);
    ask(0, 2);
    ask(1, 3);
    drive();
    assert_int_equal(stk_fetch_poll(&w.fetch, 0), 0);
    for (uint32_t k = 0; k < 2; k++) {
        stk_store(&io_slot(k)[STK_IO_STATUS],
                  stk_load(&io_slot(k)[STK_IO_TAG]) == 0u ? STK_SLOT_PUBLISHED : STK_SLOT_CLAIMED);
    }
    poll_ends(2);
    drive();
    assert_status(1, STK_SLOT_DONE);
    assert_int_equal(w.fetch.stats.cancelled, 1);
    poll_ends(1); /* ends the request of the slot that was published once more */
    drive();
    assert_status(0, STK_SLOT_DONE);
    assert_quiet();
}

static uint32_t draw(uint64_t *seed, uint32_t below) {
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % below;
}

/* Writes a value into one word of the ring or of the I/O queue. Most of these values mean something to the service. */
static void trash(uint64_t *seed) {
    static const uint32_t words[] = {0, 1, 2, 3, 4, 6, 7, 16, 17, STK_OP_LOAD_MISS, 79, 80, UINT32_MAX};
    uint32_t value = words[draw(seed, sizeof words / sizeof *words)], slot = draw(seed, 8), word = draw(seed, 8);
    if (draw(seed, 2) != 0u) {
        stk_store(&io_slot(slot)[word], value);
    } else {
        stk_store(&slot_words(slot)[word], value);
    }
}

/* Clears all slots of the ring and of the I/O queue. The service keeps the requests that it has claimed. */
static void wipe(void) {
    for (uint32_t i = 0; i < 8u; i++) {
        memset(slot_words(i), 0, STK_SLOT_BYTES);
        memset(io_slot(i), 0, STK_IO_SLOT_BYTES);
    }
}

/* With any values in the words of the I/O queue, the service writes only to the ranges in its table, and the counters
 * add up. */
static void hostile_words_reach_nothing_but_the_table(void **state) {
    const struct stk_sim_ingest_config slow = {.depth = 3, .sources = 4, .delay = 1, .seed = 3};
    uint64_t seed = 42;
    (void)state;
    world(&slow, 8);
    for (uint32_t i = 0; i < 5000u; i++) {
        if (i % 16u == 0u) {
            wipe();
        } else if (i % 16u >= 8u) {
            trash(&seed);
        }
        if (draw(&seed, 8) == 0u) {
            (void)!stk_fetch_cancel(&w.fetch, draw(&seed, 9));
        }
        for (uint32_t n = draw(&seed, 3); n > 0u; n--) {
            (void)!stk_ring_publish_load_miss(&w.ring, draw(&seed, 8), draw(&seed, 3), draw(&seed, 9), draw(&seed, 2));
        }
        if (draw(&seed, 64) == 0u) {
            (void)stk_device_recover_io(&w.config.memory);
        }
        assert_true(stk_interp_ops.drive(&w.interp, true) >= 0);
        assert_true(stk_fetch_poll(&w.fetch, 0) >= 0);
        freeze(false);
    }
    assert_true(w.fetch.stats.served > 100u && w.fetch.stats.refused > 100u && w.fetch.stats.cancelled > 50u);
    assert_rest_untouched();
    assert_int_equal(stk_fetch_close(&w.fetch, 1000 * MS), STK_OK);
    assert_int_equal(stk_fetch_in_flight(&w.fetch), 0);
    assert_int_equal(w.fetch.reads.in_flight, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_table_does_not_allow_faults_its_own_slot),
        cmocka_unit_test(request_that_is_none_of_a_load_miss_is_refused),
        cmocka_unit_test(tenant_without_a_bit_is_refused),
        cmocka_unit_test(request_of_a_slot_that_does_not_wait_is_dropped),
        cmocka_unit_test(read_that_fails_faults_its_slots_and_no_others),
        cmocka_unit_test(prefetch_that_fails_brings_nothing),
        cmocka_unit_test(read_that_the_port_refuses_faults_its_slots),
        cmocka_unit_test(read_that_takes_too_long_fails_its_slots_and_keeps_its_destination),
        cmocka_unit_test(request_outlives_a_pause_of_the_process),
        cmocka_unit_test(error_of_a_port_is_returned_and_loses_nothing),
        cmocka_unit_test(error_of_the_platform_ends_the_wait),
        cmocka_unit_test(lost_device_is_told_and_requests_go_on),
        cmocka_unit_test(slot_is_cancelled_in_every_state_of_its_load_miss),
        cmocka_unit_test(slot_is_cancelled_once_workers_are_gone),
        cmocka_unit_test(load_miss_that_waits_for_an_io_slot_is_cancelled),
        cmocka_unit_test(late_completion_does_not_wake_the_next_miss_of_its_slot),
        cmocka_unit_test(forged_ticket_in_a_cancelled_slot_gets_no_outcome),
        cmocka_unit_test(outcome_that_no_slot_comes_for_is_recycled),
        cmocka_unit_test(outcome_is_kept_while_its_slot_may_come_for_it),
        cmocka_unit_test(shutdown_cancels_what_is_read_and_what_waits),
        cmocka_unit_test(shutdown_waits_for_reads_that_do_not_end),
        cmocka_unit_test(recover_lets_a_miss_ask_again),
        cmocka_unit_test(recover_frees_outcomes_that_nobody_names),
        cmocka_unit_test(device_that_meddles_harms_itself),
        cmocka_unit_test(hostile_words_reach_nothing_but_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
