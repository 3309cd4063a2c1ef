/* Handlers that stop half-way, run by the interpreter. A chunk that is done in many calls ends like a chunk that is
 * done in one. A place that somebody forged harms nobody else. Other slots run in between. A tenant that floods leaves
 * the others their share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stoker/atomic.h"
#include "chunk_cases.h"
#include "stoker/kernel/cost.h"
#include "stoker/automaton.h"
#include "stoker/port/interp.h"
#include "stoker/ring.h"

#define SLOTS       16u
#define PAYLOAD     (160u << 10)
#define TABLES      (80u << 10)
#define TEXT        40000u /* bytes of a chunk, at byte 0 */
#define OUT_AT      (48u << 10)
#define HITS_AT     (88u << 10)
#define HITS_END    (92u << 10)
#define IMAGE_AT    4096u /* in the tables */
#define LONG        3900u /* bytes of a long pattern: more than a slice has */
#define ARENA_BYTES (400u << 10)
#define OP_WHOLE    0x20001u /* a user's handler that cannot stop half-way */
#define OP_HALVES   0x20002u /* a user's handler that can stop half-way, and states its cost */
#define OP_OTHER    0x20003u /* a user's handler that states its cost */

static _Alignas(64) uint8_t tables[TABLES], payload[PAYLOAD], copy[PAYLOAD], before[PAYLOAD], arena_memory[ARENA_BYTES];
static uint32_t ring_words[SLOTS * STK_SLOT_WORDS], control_words[STK_CTL_WORDS_MIN + 8u];
static struct stk_ring ring = {.words = ring_words, .slots = SLOTS};
static struct stk_interp port;

static uint32_t op_whole(const struct stk_dev *d, const struct stk_call *c) {
    (void)d;
    stk_result(c, 0, 1);
    return STK_SLOT_DONE;
}

/* Counts its calls in result 0 and its bytes in result 1. */
static uint32_t op_halves(const struct stk_dev *d, const struct stk_call *c) {
    uint32_t n = stk_arg(c, STK_ARG_BYTES), from, to;
    (void)d;
    stk_slice(c, n, &from, &to);
    stk_result(c, 0, stk_ld(c->slot + STK_SLOT_ARG0 + STK_RESULT_ARG) + 1u);
    stk_result(c, 1, stk_ld(c->slot + STK_SLOT_ARG0 + STK_RESULT_ARG + 1u) + to - from);
    return stk_slice_end(c, to, n);
}

static struct stk_cost cost_halves(const struct stk_dev *d, const struct stk_call *c) {
    (void)d;
    return stk_cost_of(stk_arg(c, STK_ARG_BYTES), STK_COST_UNIT, 1u);
}

static struct stk_cost cost_other(const struct stk_dev *d, const struct stk_call *c) {
    (void)d;
    return stk_cost_of(stk_arg(c, STK_ARG_BYTES), 2u * STK_COST_UNIT, 0);
}

static const struct stk_user_op user_ops[] = {
    {OP_WHOLE, STK_SCALAR, op_whole}, {OP_HALVES, STK_SCALAR, op_halves}, {OP_OTHER, STK_SCALAR, op_whole}};
static const struct stk_user_cost costs[] = {{OP_HALVES, cost_halves}, {OP_OTHER, cost_other}};

/* Opens the port. With a lease of almost no time every call gets the smallest budget. */
static void open_port(const struct stk_limits *limits, uint64_t lease_ns, uint32_t tenants) {
    const struct stk_device_memory memory = {.ring = ring_words,
                                             .slots = SLOTS,
                                             .control = control_words,
                                             .control_words = STK_CTL_WORDS_MIN + 8u,
                                             .payload = payload,
                                             .payload_bytes = PAYLOAD,
                                             .tables = tables,
                                             .table_bytes = TABLES};
    const struct stk_interp_config config = {.user_ops = user_ops,
                                             .user_op_count = 3,
                                             .costs = costs,
                                             .cost_count = 2,
                                             .turns = 1,
                                             .limits = limits,
                                             .pace = {.lease_ns = lease_ns}};
    memset(ring_words, 0, sizeof ring_words);
    memset(control_words, 0, sizeof control_words);
    for (uint32_t t = 0; t < tenants; t++) {
        stk_store(&control_words[STK_CTL_TENANT_MASK + t], UINT32_MAX);
    }
    assert_int_equal(stk_interp_open(&port, &memory, &config), STK_OK);
}

static void put(uint32_t slot, uint32_t opcode, uint32_t tenant, const uint32_t *args, uint32_t nargs) {
    const struct stk_work work = {opcode, tenant, STK_PRIORITY_NORMAL, nargs, args};
    assert_int_equal(stk_ring_publish(&ring, slot, &work), STK_OK);
}

static uint32_t status(uint32_t slot) {
    return stk_load(&ring_words[slot * STK_SLOT_WORDS]);
}

static const uint32_t *results(uint32_t slot) {
    return STK_SLOT_AT(ring_words, slot) + STK_SLOT_ARG0 + STK_RESULT_ARG;
}

static int is_over(uint32_t slot) {
    return stk_status_ended(status(slot));
}

/* Drives until the slot is over. Returns how often the slot was seen in YIELD. */
static uint32_t finish(uint32_t slot) {
    uint32_t yields = 0;
    while (!is_over(slot)) {
        (void)stk_interp_ops.drive(&port, true);
        yields += status(slot) == STK_SLOT_YIELD ? 1u : 0u;
        assert_true(yields < 100000u);
    }
    return yields;
}

static int record_order(const void *a, const void *b) {
    const uint32_t *x = a, *y = b;
    uint32_t a_end = stk_load(&x[STK_MATCH_END]), b_end = stk_load(&y[STK_MATCH_END]);
    return a_end < b_end ? -1 : a_end > b_end;
}

/* Makes lists comparable. SCAN_COUNT lists matches in any order, so a whole list is sorted. If there are more matches
 * than room, the list may have any of them, so it is cleared. */
static void sort_list(uint8_t *memory, uint32_t found, uint32_t room) {
    if (found <= room) {
        qsort(memory + OUT_AT, found, STK_MATCH_WORDS * 4u, record_order);
    } else {
        memset(memory + OUT_AT, 0, room * STK_MATCH_WORDS * 4u);
    }
}

/* Runs a slot in one call, then in slices, and checks that results and payload are equal. Returns how often the slot
 * stopped. */
static uint32_t check(uint32_t opcode, const uint32_t *args) {
    uint32_t whole[STK_SLOT_RESULTS], sliced[STK_SLOT_RESULTS], stops;
    memcpy(before, payload, PAYLOAD);
    open_port(NULL, 0, 1);
    put(1, opcode, 0, args, 8);
    assert_int_equal(finish(1), 0);
    assert_int_equal(status(1), STK_SLOT_DONE);
    stk_copy_out(whole, results(1), STK_SLOT_RESULTS);
    memcpy(copy, payload, PAYLOAD);
    memcpy(payload, before, PAYLOAD);
    open_port(NULL, 1, 1);
    put(1, opcode, 0, args, 8);
    stops = finish(1);
    assert_int_equal(status(1), STK_SLOT_DONE);
    stk_copy_out(sliced, results(1), STK_SLOT_RESULTS);
    assert_memory_equal(sliced, whole, sizeof whole);
    if (opcode == STK_OP_SCAN_COUNT && args[STK_SCAN_ROOM] != 0u) {
        sort_list(payload, whole[0], args[STK_SCAN_ROOM]);
        sort_list(copy, whole[0], args[STK_SCAN_ROOM]);
    }
    assert_memory_equal(payload, copy, PAYLOAD);
    return stops;
}

static void checksums_filters_and_sums_in_slices_are_those_of_the_whole(void **state) {
    uint32_t seed = 5, stops = 0, i;
    (void)state;
    for (i = 0; i < 60; i++) {
        const struct chunk_case c = chunk_case_random(payload, TEXT, &seed);
        const uint32_t sum[8] = {4u * chunk_below(&seed, 9), PAYLOAD - 40u - chunk_below(&seed, 9)};
        stops += check(c.opcode, c.args);
        assert_true(check(STK_OP_SUM64, sum) > 0u);
    }
    assert_true(stops > 60u);
}

/* Makes a text of two letters, with a long run that a long pattern matches. */
static void set_up_scan(uint32_t pattern_bytes, uint32_t *seed) {
    static uint8_t long_pattern[LONG];
    const struct stk_pattern patterns[] = {
        {long_pattern, pattern_bytes}, {(const uint8_t *)"ab", 2}, {(const uint8_t *)"bba", 3}};
    static struct stk_automaton automaton;
    struct stk_arena arena;
    uint32_t i;
    for (i = 0; i < pattern_bytes; i++) {
        long_pattern[i] = i % 7u == 3u ? 'b' : 'a';
    }
    for (i = 0; i < TEXT; i++) {
        payload[i] =
            i % 10000u < 6000u ? long_pattern[i % 10000u % pattern_bytes] : (uint8_t)('a' + chunk_below(seed, 2));
    }
    stk_arena_init(&arena, arena_memory, sizeof arena_memory);
    assert_int_equal(stk_automaton_build(&automaton, patterns, 3, &arena), STK_OK);
    assert_true(automaton.image_bytes <= TABLES - IMAGE_AT);
    memcpy(tables + IMAGE_AT, automaton.image, automaton.image_bytes);
}

static void counts_and_lists_in_slices_are_those_of_the_whole(void **state) {
    static const uint32_t lengths[] = {5, 300, LONG}, leads[] = {0, 1, 4000, TEXT};
    uint32_t seed = 3, i, k;
    (void)state;
    for (i = 0; i < 3; i++) {
        for (k = 0; k < 4; k++) {
            const uint32_t count[8] = {0, TEXT, leads[k], IMAGE_AT, HITS_AT};
            const uint32_t listed[8] = {0, TEXT, leads[k], IMAGE_AT, HITS_AT, OUT_AT, 5000};
            const uint32_t few[8] = {0, TEXT, leads[k], IMAGE_AT, HITS_AT, OUT_AT, 300};
            const uint32_t all[8] = {0, TEXT, leads[k], IMAGE_AT, leads[k], OUT_AT, 5000};
            const uint32_t some[8] = {0, TEXT, leads[k], IMAGE_AT, leads[k] + (TEXT - leads[k]) / 2u, OUT_AT, 40};
            const uint32_t none[8] = {0, TEXT, leads[k], IMAGE_AT, leads[k], OUT_AT, 0};
            set_up_scan(lengths[i], &seed);
            memset(payload + OUT_AT, 0, HITS_END - OUT_AT);
            (void)check(STK_OP_SCAN_COUNT, count);
            (void)check(STK_OP_SCAN_COUNT, listed);
            (void)check(STK_OP_SCAN_COUNT, few);
            (void)check(STK_OP_SCAN_LOCATE, all);
            (void)check(STK_OP_SCAN_LOCATE, some);
            (void)check(STK_OP_SCAN_LOCATE, none);
        }
        assert_true(check(STK_OP_SCAN_COUNT, (const uint32_t[8]){0, TEXT, 0, IMAGE_AT, HITS_AT}) > 5u);
        assert_true(check(STK_OP_SCAN_LOCATE, (const uint32_t[8]){0, TEXT, 0, IMAGE_AT, 0, OUT_AT, 5000}) > 5u);
    }
}

/* The whole chunk is lead, and the automaton claims to know patterns of 4 GiB: no call reads more than its slice. */
static void a_made_up_pattern_length_costs_no_more_than_slices(void **state) {
    uint32_t seed = 9, stops;
    const uint32_t args[8] = {0, TEXT, TEXT - 1u, IMAGE_AT, HITS_AT};
    (void)state;
    set_up_scan(5, &seed);
    memset(tables + IMAGE_AT + 4u * STK_IMAGE_W_MAX_LEN, 0xFF, 4);
    open_port(NULL, 1, 1);
    put(1, STK_OP_SCAN_COUNT, 0, args, 5);
    stops = finish(1);
    assert_int_equal(status(1), STK_SLOT_DONE);
    assert_in_range(stops, 5, 50);
}

static void a_made_up_place_stays_in_the_chunk(void **state) {
    static const uint32_t places[] = {1, 3, TEXT - 1u, TEXT, TEXT + 1u, 0x80000000u, UINT32_MAX};
    static const uint32_t ops[] = {STK_OP_SUM64, STK_OP_CRC32C, STK_OP_FIR_Q15, STK_OP_SCAN_COUNT, STK_OP_SCAN_LOCATE};
    uint32_t seed = 1, i, k;
    (void)state;
    set_up_scan(300, &seed);
    memset(payload + HITS_AT, 0, 4096);
    memcpy(before, payload, PAYLOAD);
    for (i = 0; i < 5; i++) {
        for (k = 0; k < 7; k++) {
            const uint32_t scan[8] = {0, TEXT, 0, IMAGE_AT, ops[i] == STK_OP_SCAN_COUNT ? HITS_AT : 0, OUT_AT, 100};
            const uint32_t filter[8] = {0, TEXT, 0, OUT_AT - 1024u, 100, OUT_AT};
            open_port(NULL, 1, 1);
            memcpy(payload, before, PAYLOAD);
            put(1, ops[i], 0, ops[i] == STK_OP_FIR_Q15 ? filter : scan, 8);
            STK_SLOT_AT(ring_words, 1)
            [STK_SLOT_ARG0 + STK_RESULT_ARG] = UINT32_MAX; /* records that were never written */
            stk_store(&STK_SLOT_AT(ring_words, 1)[STK_SLOT_ARG0 + STK_RESULT_ARG + STK_SLICE_AT], places[k]);
            stk_store(&STK_SLOT_AT(ring_words, 1)[STK_SLOT_ARG0 + STK_RESULT_ARG + STK_SLICE_STATE], UINT32_MAX);
            stk_store(&STK_SLOT_AT(ring_words, 1)[STK_SLOT_STATUS], STK_SLOT_YIELD);
            (void)finish(1);
            assert_memory_equal(payload, before, OUT_AT - 1024u);
            assert_memory_equal(payload + HITS_END, before + HITS_END, PAYLOAD - HITS_END);
        }
    }
}

/* The words that a publisher left in the results are no place to go on from, and a slot that was put back begins anew.
 */
static void a_slot_that_is_published_or_put_back_begins_at_its_start(void **state) {
    uint32_t args[12] = {0, 120000}, want, i;
    (void)state;
    memset(payload, 1, PAYLOAD);
    want = 120000u / 4u * 0x01010101u;
    for (i = 8; i < 12; i++) {
        args[i] = 65536;
    }
    open_port(NULL, 1, 1);
    put(1, STK_OP_SUM64, 0, args, 12);
    (void)stk_interp_ops.drive(&port, true);
    assert_int_equal(status(1), STK_SLOT_YIELD);
    stk_store(&STK_SLOT_AT(ring_words, 1)[STK_SLOT_STATUS], STK_SLOT_REQUEUE); /* the status after a lost device */
    (void)finish(1);
    assert_int_equal(stk_load(&results(1)[0]), want);
}

static void other_slots_run_between_the_slices_of_a_tenant_and_its_own_in_order(void **state) {
    const uint32_t sum[2] = {0, PAYLOAD};
    uint32_t drives = 0;
    (void)state;
    open_port(NULL, 1, 2);
    put(1, STK_OP_SUM64, 0, sum, 2);
    put(2, STK_OP_SUM64, 0, sum, 2);
    put(9, STK_OP_NOP, 1, NULL, 0);
    while (!is_over(9)) {
        (void)stk_interp_ops.drive(&port, true);
        assert_true(drives++ < 100u);
    }
    assert_false(is_over(2));
    (void)finish(2);
    /* One tenant alone: the first slot ends before the second begins. */
    open_port(NULL, 1, 1);
    put(1, STK_OP_SUM64, 0, sum, 2);
    put(2, STK_OP_SUM64, 0, sum, 2);
    (void)finish(1);
    assert_int_equal(status(2), STK_SLOT_PUBLISHED);
}

static void a_handler_of_the_user_resumes_by_the_same_helpers(void **state) {
    const uint32_t args[2] = {0, 150000};
    (void)state;
    open_port(NULL, 1, 1);
    put(1, OP_HALVES, 0, args, 2);
    assert_int_equal(finish(1), 2);
    assert_int_equal(stk_load(&results(1)[0]), 3); /* the budget is 64 KiB */
    assert_int_equal(stk_load(&results(1)[1]), 150000);
}

static void refused(uint32_t slot, uint32_t reason, uint32_t value) {
    assert_int_equal(status(slot), STK_SLOT_FAULT);
    assert_int_equal(stk_load(&STK_SLOT_AT(ring_words, slot)[STK_SLOT_ARG0 + STK_FAULT_REASON_ARG]), reason);
    assert_int_equal(stk_load(&STK_SLOT_AT(ring_words, slot)[STK_SLOT_ARG0 + STK_FAULT_VALUE_ARG]), value);
}

static void run(uint32_t slot, uint32_t opcode, uint32_t tenant, uint32_t bytes) {
    const uint32_t args[2] = {0, bytes};
    put(slot, opcode, tenant, args, 2);
    (void)finish(slot);
}

static void what_cannot_stop_and_costs_more_than_a_lease_is_refused(void **state) {
    (void)state;
    open_port(NULL, 1, 1);
    run(1, OP_WHOLE, 0, 65536);
    assert_int_equal(status(1), STK_SLOT_DONE);
    run(2, OP_WHOLE, 0, 65537);
    refused(2, STK_REASON_COST, STK_COST_OVER_LEASE);
    run(3, OP_OTHER, 0, 32769);
    refused(3, STK_REASON_COST, STK_COST_OVER_LEASE);
    open_port(NULL, 0, 1); /* a lease of unknown length refuses nothing */
    run(2, OP_WHOLE, 0, UINT32_MAX);
    assert_int_equal(status(2), STK_SLOT_DONE);
}

static void limits_of_the_host_hold_for_slots_tenants_and_ops(void **state) {
    struct stk_limits limits = {.slot_bytes = 8192,
                                .ops_off = STK_OP_OFF(STK_OP_FIR_Q15) | STK_OP_OFF(STK_OP_STORE_U32),
                                .tenants = {[1] = {.slot_bytes = 4096}, [2] = {.slot_cost = 2048}}};
    const uint32_t packed[12] = {1u | 2u << 8 | (uint32_t)STK_OP_STORE_U32 << 16, 7, STK_CTL_OBSERVABLE};
    (void)state;
    open_port(&limits, 0, 3);
    run(0, STK_OP_SUM64, 0, 8192);
    assert_int_equal(status(0), STK_SLOT_DONE);
    run(1, STK_OP_SUM64, 0, 8193);
    refused(1, STK_REASON_COST, STK_COST_OVER_BYTES);
    run(2, STK_OP_SUM64, 1, 4097);
    refused(2, STK_REASON_COST, STK_COST_OVER_BYTES);
    run(3, STK_OP_SUM64, 2, 2049);
    refused(3, STK_REASON_COST, STK_COST_OVER_UNITS);
    run(4, STK_OP_SUM64, 2, 2048);
    assert_int_equal(status(4), STK_SLOT_DONE);
    run(5, STK_OP_FIR_Q15, 0, 0);
    refused(5, STK_REASON_OFF, STK_OP_FIR_Q15);
    put(6, STK_OP_PACKED_SLOT, 0, packed, 12);
    (void)finish(6);
    refused(6, STK_REASON_PACKED, 0);
}

/* Tenant 0 keeps four filters of 256 taps under way, which are the dearest slots; tenants 1 and 2 keep two checksums
 * each. Units count when a slot is done. */
static void shares(const struct stk_limits *limits, uint32_t drives, uint64_t units[3]) {
    const uint32_t filter[6] = {0, TEXT, 0, OUT_AT - 512u, 256, OUT_AT}, sum[2] = {0, TEXT};
    uint32_t i, slot;
    open_port(limits, 1, 3);
    memset(units, 0, 3u * sizeof *units);
    for (i = 0; i < drives; i++) {
        for (slot = 0; slot < 8u; slot++) {
            uint32_t tenant = slot < 4u ? 0u : 1u + slot % 2u;
            if (status(slot) == STK_SLOT_DONE) {
                units[tenant] += TEXT * (tenant == 0u ? 384u + 24u * 256u : 208u) / STK_COST_UNIT;
            }
            if (stk_status_publishable(status(slot))) {
                put(slot, tenant == 0u ? STK_OP_FIR_Q15 : STK_OP_CRC32C, tenant, tenant == 0u ? filter : sum,
                    tenant == 0u ? 6u : 2u);
            }
        }
        (void)stk_interp_ops.drive(&port, true);
    }
}

static void a_tenant_that_floods_dear_slots_leaves_the_others_their_share(void **state) {
    const struct stk_limits weights = {.tenants = {[1] = {.weight = 3}}};
    uint64_t units[3];
    (void)state;
    memset(payload, 1, PAYLOAD);
    shares(NULL, 60000, units);
    assert_true(units[1] * 10u >= (units[0] + units[1] + units[2]) / 3u * 8u);
    assert_true(units[2] * 10u >= (units[0] + units[1] + units[2]) / 3u * 8u);
    assert_true(units[0] * 10u >= (units[0] + units[1] + units[2]) / 3u * 8u);
    shares(&weights, 60000, units);
    assert_in_range(units[1] * 10u / units[2], 25, 35);
}

/* A tenant that used more than its time share pays no debt while no other tenant has a slot that waits. */
static void a_tenant_alone_is_not_held_back(void **state) {
    const uint32_t args[2] = {0, 150000};
    uint32_t drives = 0;
    (void)state;
    open_port(NULL, 1, 3);
    put(1, STK_OP_SUM64, 0, args, 2);
    while (!is_over(1)) {
        (void)stk_interp_ops.drive(&port, true);
        assert_true(drives++ < 200u);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checksums_filters_and_sums_in_slices_are_those_of_the_whole),
        cmocka_unit_test(counts_and_lists_in_slices_are_those_of_the_whole),
        cmocka_unit_test(a_made_up_pattern_length_costs_no_more_than_slices),
        cmocka_unit_test(a_made_up_place_stays_in_the_chunk),
        cmocka_unit_test(a_slot_that_is_published_or_put_back_begins_at_its_start),
        cmocka_unit_test(other_slots_run_between_the_slices_of_a_tenant_and_its_own_in_order),
        cmocka_unit_test(a_handler_of_the_user_resumes_by_the_same_helpers),
        cmocka_unit_test(what_cannot_stop_and_costs_more_than_a_lease_is_refused),
        cmocka_unit_test(limits_of_the_host_hold_for_slots_tenants_and_ops),
        cmocka_unit_test(a_tenant_that_floods_dear_slots_leaves_the_others_their_share),
        cmocka_unit_test(a_tenant_alone_is_not_held_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
