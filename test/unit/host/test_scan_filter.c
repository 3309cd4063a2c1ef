/* The filter before the automaton changes no count, no state and no record: texts of hundreds of kilobytes, in which
 * stretches without a match, with many and with nothing but matches follow one another, scanned with the filter and
 * without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scan_cases.h"
#include "stoker/device_memory.h"
#include "stoker/port/interp.h"
#include "stoker/ring.h"

#define BUDGET    700u
#define TEXT_MAX  (400u * 1024u)
#define HITS_AT   TEXT_MAX
#define HITS      (BUDGET + 1u)
#define OUT_AT    (HITS_AT + 4096u)
#define ROOM      4096u
#define PAYLOAD   (OUT_AT + ROOM * STK_MATCH_WORDS * 4u)
#define IMAGE_AT  64u
#define IMAGE_MAX (STK_IMAGE_TABLE_BYTE + (1u << 20) + STK_FILTER_BYTES)
#define ROUNDS    120u

struct outcome {
    uint64_t ends;
    uint32_t hits[HITS];
    uint32_t records[ROOM * STK_MATCH_WORDS];
};

static struct scan_set set;
static struct stk_automaton automaton;
static struct stk_device_memory memory;
static struct stk_interp port;
static struct stk_ring ring;
static struct outcome with, without;
static uint32_t drives;

/* Fills the text with stretches of random length. A stretch has bytes of no pattern, random letters, random letters
 * with patterns between them, or one pattern repeated. */
static void fill(uint8_t *text, uint32_t n, uint32_t *seed) {
    uint32_t i = 0;
    while (i < n) {
        const struct stk_pattern *p = &set.pattern[scan_below(seed, set.count)];
        uint32_t kind = scan_below(seed, 4), run = 1u + scan_below(seed, scan_below(seed, 3) == 0u ? 60000u : 500u), k;
        run = run < n - i ? run : n - i;
        if (kind == 2u) {
            scan_text_random(&set, text + i, run, seed);
        }
        for (k = 0; k < run && kind != 2u; k++) {
            text[i + k] = kind == 0u   ? (uint8_t)(set.letter + set.letters)
                          : kind == 1u ? scan_letter(&set, seed)
                                       : p->bytes[k % p->len];
        }
        i += run;
    }
}

static int record_order(const void *a, const void *b) {
    const uint32_t *x = a, *y = b;
    return x[STK_MATCH_END] < y[STK_MATCH_END] ? -1 : x[STK_MATCH_END] > y[STK_MATCH_END];
}

static void scan(uint32_t n, uint32_t lead, struct outcome *o) {
    const uint32_t args[8] = {0, n, lead, IMAGE_AT, HITS_AT, OUT_AT, ROOM};
    const struct stk_work work = {STK_OP_SCAN_COUNT, 0, STK_PRIORITY_NORMAL, 8, args};
    struct stk_slot slot;
    memset(memory.payload + HITS_AT, 0, PAYLOAD - HITS_AT);
    assert_int_equal(stk_ring_publish(&ring, 0, &work), STK_OK);
    while (stk_ring_status(&ring, 0) != STK_SLOT_DONE) {
        assert_true(stk_interp_ops.drive(&port, true) >= 0);
        drives++;
        assert_int_not_equal(stk_ring_status(&ring, 0), STK_SLOT_FAULT);
    }
    assert_int_equal(stk_ring_read(&ring, 0, &slot), STK_OK);
    o->ends = slot.args[STK_RESULT_ARG] | (uint64_t)slot.args[STK_RESULT_ARG + 1] << 32;
    memcpy(o->hits, memory.payload + HITS_AT, sizeof o->hits);
    memcpy(o->records, memory.payload + OUT_AT, sizeof o->records);
    if (o->ends <= ROOM) {
        qsort(o->records, (size_t)o->ends, STK_MATCH_WORDS * 4u, record_order);
    }
}

/* Holds a scan with the filter against one without, by a worker whose lease lasts `lease_ns`. */
static void compare(uint64_t lease_ns, uint32_t seed) {
    const struct stk_device_layout layout = {
        .slots = 4, .tenants = 1, .payload_bytes = PAYLOAD, .table_bytes = IMAGE_AT + IMAGE_MAX};
    const size_t bytes = STK_DEVICE_MEMORY_BYTES(4, 0u, 0u, 0u, PAYLOAD, IMAGE_AT + IMAGE_MAX);
    const size_t build_bytes = stk_automaton_bytes(SCAN_PATTERNS_MAX, BUDGET, 256) + STK_FILTER_BYTES;
    void *shared = aligned_alloc(STK_ALIGN, bytes), *built = aligned_alloc(STK_ALIGN, build_bytes);
    const struct stk_interp_config config = {.pace = {.lease_ns = lease_ns}};
    uint32_t round, matches = 0;
    struct stk_arena arena;
    stk_arena_init(&arena, shared, bytes);
    assert_int_equal(stk_device_memory_init(&memory, &layout, &arena), STK_OK);
    assert_int_equal(stk_interp_open(&port, &memory, &config), STK_OK);
    assert_int_equal(stk_ring_init(&ring, memory.ring, memory.slots * STK_SLOT_WORDS * 4u, memory.slots), STK_OK);
    for (round = 0; round < ROUNDS; round++) {
        uint32_t n = scan_below(&seed, round % 4u == 0u ? TEXT_MAX : 5000u), lead = scan_below(&seed, n / 8u + 1u);
        uint32_t *image = (uint32_t *)(void *)(memory.tables + IMAGE_AT);
        scan_set_random_from(&set, round % 3u == 0u ? BUDGET : 120u, STK_FILTER_SPAN, &seed);
        fill(memory.payload, n, &seed);
        stk_arena_init(&arena, built, build_bytes);
        assert_int_equal(stk_automaton_build(&automaton, set.pattern, set.count, &arena), STK_OK);
        assert_true(automaton.image_bytes <= IMAGE_MAX);
        memcpy(image, automaton.image, automaton.image_bytes);
        assert_int_equal(image[STK_IMAGE_W_FILTER], STK_FILTER_BYTES);
        scan(n, lead, &with);
        image[STK_IMAGE_W_FILTER] = 0;
        scan(n, lead, &without);
        assert_int_equal(with.ends, without.ends);
        assert_memory_equal(with.hits, without.hits, sizeof with.hits);
        if (with.ends <= ROOM) {
            matches += (uint32_t)with.ends;
            assert_memory_equal(with.records, without.records, sizeof with.records);
        }
    }
    assert_true(matches > 1000u); /* the records of many texts fitted */
    assert_true(lease_ns == 0u ? drives == 2u * ROUNDS : drives > 4u * ROUNDS);
    free(built);
    free(shared);
}

static void with_and_without_the_filter_all_is_the_same(void **state) {
    (void)state;
    drives = 0;
    compare(0, 71);
}

/* A lease of almost no time: every call does the least. */
static void calls_of_a_few_kilobytes_change_nothing(void **state) {
    (void)state;
    drives = 0;
    compare(1, 72);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_and_without_the_filter_all_is_the_same),
        cmocka_unit_test(calls_of_a_few_kilobytes_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
