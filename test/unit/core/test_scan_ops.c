/* The handlers on payload chunks, through the interpreter, against naive counters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stoker/atomic.h"
#include "scan_cases.h"
#include "stoker/port/interp.h"
#include "stoker/ring.h"

#define BUDGET      64u /* pattern bytes of a set */
#define TEXT_MAX    4096u
#define HITS_MAX    (BUDGET + 1u)
#define ROOM_MAX    1024u
#define IMAGE_MAX   (STK_IMAGE_TABLE_BYTE + 32768u + STK_FILTER_BYTES)
#define ARENA_BYTES 98304u
#define POOL_BYTES  (TEXT_MAX + HITS_MAX * 4u + ROOM_MAX * 8u + 256u)
#define TABLES_MAX  (IMAGE_MAX + 256u)
#define IMAGE_AT    64u

/* Payload and tables end where their pools end, the tables with the automaton's table as their last bytes: a read past
 * it is one past the pool. */
static _Alignas(64) uint8_t pool[POOL_BYTES], table_pool[TABLES_MAX], arena_memory[ARENA_BYTES];
static uint8_t copy[POOL_BYTES], table_copy[TABLES_MAX];
static uint32_t ring_words[4 * STK_SLOT_WORDS], control_words[STK_CTL_WORDS_MIN];
static struct stk_ring ring;
static struct stk_interp port;
static struct stk_automaton automaton;
static uint8_t *payload, *tables;
static uint32_t payload_bytes, table_bytes, text_at, hits_at, out_at, image_at;

static uint32_t *words_at(uint32_t at) {
    return (uint32_t *)(void *)(payload + at);
}

static uint32_t *table_words_at(uint32_t at) {
    return (uint32_t *)(void *)(tables + at);
}

/* Builds the automaton of `set` and lays payload and tables out as small as they may be. */
static void set_up(const struct stk_pattern *patterns, uint32_t count) {
    struct stk_arena arena;
    struct stk_device_memory memory = {.slots = 4, .control_words = STK_CTL_WORDS_MIN};
    stk_arena_init(&arena, arena_memory, sizeof arena_memory);
    assert_int_equal(stk_automaton_build(&automaton, patterns, count, &arena), STK_OK);
    assert_true(automaton.image_bytes <= IMAGE_MAX);
    text_at = 0;
    hits_at = TEXT_MAX;
    out_at = hits_at + HITS_MAX * 4u;
    payload_bytes = out_at + ROOM_MAX * 8u;
    payload = pool + sizeof pool - payload_bytes;
    image_at = IMAGE_AT;
    table_bytes = image_at + (uint32_t)automaton.image_bytes;
    tables = table_pool + sizeof table_pool - table_bytes;
    memset(pool, 0, sizeof pool);
    memset(table_pool, 0, sizeof table_pool);
    memcpy(tables + image_at, automaton.image, automaton.image_bytes);
    memset(control_words, 0, sizeof control_words);
    stk_store(&control_words[STK_CTL_TENANT_MASK], UINT32_MAX);
    assert_int_equal(stk_ring_init(&ring, ring_words, sizeof ring_words, 4), STK_OK);
    memory.ring = ring_words;
    memory.control = control_words;
    memory.payload = payload;
    memory.payload_bytes = payload_bytes;
    memory.tables = tables;
    memory.table_bytes = table_bytes;
    assert_int_equal(stk_interp_open(&port, &memory, NULL), STK_OK);
}

/* Every second set has no pattern that is too short for a filter. */
static void set_up_random(struct scan_set *set, uint32_t round, uint32_t *seed) {
    uint32_t shortest = round % 2u == 0u ? 1u : STK_FILTER_SPAN;
    scan_set_random_from(set, BUDGET, shortest, seed);
    set_up(set->pattern, set->count);
    assert_true(shortest == 1u || stk_load(&automaton.image[STK_IMAGE_W_FILTER]) != 0u);
}

static struct stk_slot run(uint32_t opcode, const uint32_t args[8]) {
    const struct stk_work work = {opcode, 0, STK_PRIORITY_NORMAL, 8, args};
    struct stk_slot slot;
    assert_int_equal(stk_ring_publish(&ring, 1, &work), STK_OK);
    (void)stk_interp_ops.drive(&port, true);
    assert_int_equal(stk_ring_read(&ring, 1, &slot), STK_OK);
    assert_true(stk_status_ended(slot.status));
    if (slot.status == STK_SLOT_FAULT) {
        assert_int_equal(stk_ring_transition(&ring, 1, STK_TO_ACK), STK_SLOT_FAULT);
    }
    return slot;
}

static struct stk_slot count(uint32_t offset, uint32_t bytes, uint32_t lead) {
    const uint32_t args[8] = {offset, bytes, lead, image_at, hits_at};
    return run(STK_OP_SCAN_COUNT, args);
}

static struct stk_slot locate(uint32_t bytes, uint32_t lead, uint32_t from, uint32_t room) {
    const uint32_t args[8] = {text_at, bytes, lead, image_at, from, out_at, room};
    return run(STK_OP_SCAN_LOCATE, args);
}

static void assert_refused(struct stk_slot slot, uint32_t reason, uint32_t value) {
    assert_int_equal(slot.status, STK_SLOT_FAULT);
    assert_int_equal(slot.args[STK_FAULT_REASON_ARG], reason);
    assert_int_equal(slot.args[STK_FAULT_VALUE_ARG], value);
}

/* Compares the hit counters with the naive count of text[0..n), and clears them. */
static void assert_hits(const struct scan_set *s, uint32_t n, uint32_t lead) {
    static uint64_t visits[HITS_MAX], scratch[HITS_MAX], occurrences[SCAN_PATTERNS_MAX];
    uint32_t i;
    for (i = 0; i < stk_automaton_accepting(&automaton); i++) {
        visits[i] = stk_load(&words_at(hits_at)[i]);
    }
    for (; i < HITS_MAX; i++) {
        assert_int_equal(stk_load(&words_at(hits_at)[i]), 0); /* not a counter of this automaton */
    }
    stk_automaton_occurrences(&automaton, visits, scratch, occurrences);
    for (i = 0; i < s->count; i++) {
        assert_int_equal(occurrences[i], scan_naive(payload + text_at, n, lead, &s->pattern[i]));
    }
    memset(payload + hits_at, 0, HITS_MAX * 4u);
}

static void check_count(const struct scan_set *s, uint32_t n, uint32_t lead) {
    struct stk_slot slot = count(text_at, n, lead);
    assert_int_equal(slot.status, STK_SLOT_DONE);
    assert_int_equal(slot.args[STK_RESULT_ARG], scan_naive_ends(payload + text_at, n, lead, s));
    assert_int_equal(slot.args[STK_RESULT_ARG + 1], 0);
    assert_hits(s, n, lead);
}

static void count_equals_the_naive_count_at_every_length(void **state) {
    static const uint32_t long_texts[] = {511, 1024, 3000, TEXT_MAX};
    struct scan_set set;
    uint32_t seed = 1, round, n;
    (void)state;
    for (round = 0; round < 24; round++) {
        set_up_random(&set, round, &seed);
        for (n = 0; n <= 300; n++) {
            scan_text_random(&set, payload, n, &seed);
            check_count(&set, n, 0);
        }
        for (n = 0; n < 4; n++) {
            scan_text_random(&set, payload, long_texts[n], &seed);
            check_count(&set, long_texts[n], 0);
        }
    }
}

static void lead_is_seen_and_not_counted(void **state) {
    struct scan_set set;
    uint32_t seed = 2, round;
    (void)state;
    for (round = 0; round < 400; round++) {
        uint32_t n = scan_below(&seed, 600);
        if (round % 10 == 0) {
            set_up_random(&set, round / 10u, &seed);
        }
        scan_text_random(&set, payload, n, &seed);
        check_count(&set, n, round % 7 == 0 ? n : scan_below(&seed, n + 1u));
    }
}

/* Chunks that see max_len - 1 bytes of the chunk before count every match of the whole exactly once. */
static void matches_across_chunk_borders_count_once(void **state) {
    struct scan_set set;
    uint32_t seed = 3, round;
    (void)state;
    for (round = 0; round < 60; round++) {
        uint32_t n = 1u + scan_below(&seed, 1500), from, end;
        set_up_random(&set, round / 2u, &seed);
        scan_text_random(&set, payload, n, &seed);
        for (from = 0; from < n; from = end) {
            uint32_t lead = from < automaton.max_len - 1u ? from : automaton.max_len - 1u;
            end = from + 1u + scan_below(&seed, round % 2 ? 8 : 400);
            end = end < n ? end : n;
            assert_int_equal(count(text_at + from - lead, lead + end - from, lead).status, STK_SLOT_DONE);
        }
        assert_hits(&set, n, 0);
    }
}

/* One match at each place, so at every distance from every border between two chains. */
static void one_match_counts_once_wherever_it_lies(void **state) {
    static const uint8_t needle[] = "needle-of-17-bytes";
    const uint32_t lengths[] = {1, 2, 3, 4, 5, 6, 7, 8, 16, 17};
    uint32_t i, at;
    (void)state;
    for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        const struct stk_pattern pattern = {needle, lengths[i]};
        const uint32_t n = 9 * 24 + 5;
        set_up(&pattern, 1);
        assert_int_equal(stk_load(&automaton.image[STK_IMAGE_W_FILTER]) != 0u, lengths[i] >= STK_FILTER_SPAN);
        for (at = 0; at + pattern.len <= n; at++) {
            memset(payload, '.', n);
            memcpy(payload + at, needle, pattern.len);
            assert_int_equal(count(text_at, n, 0).args[STK_RESULT_ARG], 1);
            assert_int_equal(stk_load(&words_at(hits_at)[0]), 1);
            stk_store(&words_at(hits_at)[0], 0);
        }
    }
}

static void counters_go_on_from_what_they_hold(void **state) {
    static const uint8_t letter[] = "x";
    const struct stk_pattern pattern = {letter, 1};
    (void)state;
    set_up(&pattern, 1);
    memset(payload, 'x', 100);
    stk_store(&words_at(hits_at)[0], UINT32_MAX - 9u);
    assert_int_equal(count(text_at, 100, 0).args[STK_RESULT_ARG], 100);
    assert_int_equal(stk_load(&words_at(hits_at)[0]), 90);
}

static void hit_counters_must_fit_the_payload(void **state) {
    struct scan_set set;
    uint32_t seed = 4, keep, bytes;
    (void)state;
    scan_set_random(&set, BUDGET, &seed);
    set_up(set.pattern, set.count);
    keep = hits_at;
    bytes = stk_automaton_accepting(&automaton) * 4u;
    memcpy(copy, pool, sizeof pool);
    hits_at = payload_bytes - bytes + 4u;
    assert_refused(count(text_at, 16, 0), STK_REASON_PAYLOAD, hits_at);
    hits_at = payload_bytes;
    assert_refused(count(text_at, 16, 0), STK_REASON_PAYLOAD, hits_at);
    hits_at = UINT32_MAX - 3u;
    assert_refused(count(text_at, 16, 0), STK_REASON_PAYLOAD, hits_at);
    hits_at = keep + 2u;
    assert_refused(count(text_at, 16, 0), STK_REASON_PAYLOAD, hits_at);
    assert_memory_equal(copy, pool, sizeof pool);
    hits_at = keep;
}

/// LOCATE ///

/* Walks the matches of text[lead..n) with `room` records at a time and holds each against the text. */
static void check_locate(const struct scan_set *s, uint32_t n, uint32_t lead, uint32_t room) {
    uint32_t from = lead, last_end = lead, p, k, found[SCAN_PATTERNS_MAX] = {0};
    do {
        struct stk_slot slot = locate(n, lead, from, room);
        uint32_t records = slot.args[STK_RESULT_ARG];
        assert_int_equal(slot.status, STK_SLOT_DONE);
        assert_true(records <= room);
        assert_true(slot.args[STK_RESULT_ARG + 1] > from || n == from);
        assert_true(records == room || slot.args[STK_RESULT_ARG + 1] == n);
        for (k = 0; k < records; k++) {
            const uint32_t *record = words_at(out_at) + k * STK_MATCH_WORDS;
            struct stk_match_cursor cursor = {0};
            uint32_t end = stk_load(&record[STK_MATCH_END]), longer = UINT32_MAX;
            assert_true(end > last_end && end <= n);
            last_end = end;
            while (stk_automaton_next(&automaton, stk_load(&record[STK_MATCH_STATE]), &cursor, &p)) {
                assert_true(s->pattern[p].len <= longer && s->pattern[p].len <= end);
                assert_memory_equal(payload + end - s->pattern[p].len, s->pattern[p].bytes, s->pattern[p].len);
                longer = s->pattern[p].len;
                found[p]++;
            }
            assert_true(longer != UINT32_MAX);
        }
        from = slot.args[STK_RESULT_ARG + 1];
    } while (from < n);
    for (k = 0; k < s->count; k++) {
        assert_int_equal(found[k], scan_naive(payload, n, lead, &s->pattern[k]));
    }
}

static void locate_lists_every_match_in_order_with_any_room(void **state) {
    struct scan_set set;
    uint32_t seed = 5, round;
    (void)state;
    for (round = 0; round < 60; round++) {
        uint32_t n = scan_below(&seed, 500);
        set_up_random(&set, round, &seed);
        scan_text_random(&set, payload, n, &seed);
        check_locate(&set, n, 0, ROOM_MAX);
        check_locate(&set, n, scan_below(&seed, n + 1u), 1u + round % 3u);
    }
}

static void locate_without_room_stays_where_it_is(void **state) {
    static const uint8_t letter[] = "x";
    const struct stk_pattern pattern = {letter, 1};
    struct stk_slot slot;
    (void)state;
    set_up(&pattern, 1);
    memset(payload, 'x', 100);
    memcpy(copy, pool, sizeof pool);
    slot = locate(100, 0, 40, 0);
    assert_int_equal(slot.status, STK_SLOT_DONE);
    assert_int_equal(slot.args[STK_RESULT_ARG], 0);
    assert_int_equal(slot.args[STK_RESULT_ARG + 1], 40);
    assert_memory_equal(copy, pool, sizeof pool);
}

static void match_records_must_fit_the_payload(void **state) {
    static const uint8_t letter[] = "x";
    const struct stk_pattern pattern = {letter, 1};
    (void)state;
    set_up(&pattern, 1);
    memset(payload, 'x', 100);
    memcpy(copy, pool, sizeof pool);
    out_at = payload_bytes - 8u;
    assert_refused(locate(100, 0, 0, 2), STK_REASON_PAYLOAD, out_at);
    assert_refused(locate(100, 0, 0, 0x20000001u), STK_REASON_PAYLOAD, out_at); /* bytes that wrap */
    assert_refused(locate(100, 0, 0, UINT32_MAX), STK_REASON_PAYLOAD, out_at);
    out_at = 2;
    assert_refused(locate(100, 0, 0, 1), STK_REASON_PAYLOAD, 2);
    assert_memory_equal(copy, pool, sizeof pool);
}

/// COUNT with a list ///

static struct stk_slot count_and_list(uint32_t bytes, uint32_t lead, uint32_t room) {
    const uint32_t args[8] = {text_at, bytes, lead, image_at, hits_at, out_at, room};
    return run(STK_OP_SCAN_COUNT, args);
}

static int record_order(const void *a, const void *b) {
    const uint32_t *x = a, *y = b;
    uint32_t a_end = stk_load(&x[STK_MATCH_END]), b_end = stk_load(&y[STK_MATCH_END]);
    return a_end < b_end ? -1 : a_end > b_end;
}

/* Holds the list of COUNT against that of LOCATE. */
static void check_list(const struct scan_set *s, uint32_t n, uint32_t lead) {
    static uint32_t want[ROOM_MAX * STK_MATCH_WORDS];
    uint32_t records = locate(n, lead, lead, ROOM_MAX).args[STK_RESULT_ARG], bytes = records * 8u;
    struct stk_slot slot;
    memcpy(want, words_at(out_at), bytes);
    memset(words_at(out_at), 0, ROOM_MAX * 8u);
    slot = count_and_list(n, lead, records + 1u);
    assert_int_equal(slot.status, STK_SLOT_DONE);
    assert_int_equal(slot.args[STK_RESULT_ARG], records);
    qsort(words_at(out_at), records, 8u, record_order);
    assert_memory_equal(words_at(out_at), want, bytes);
    assert_int_equal(stk_load(&words_at(out_at)[records * STK_MATCH_WORDS]), 0);
    assert_hits(s, n, lead);
}

static void count_lists_what_locate_lists(void **state) {
    struct scan_set set;
    uint32_t seed = 15, round;
    (void)state;
    for (round = 0; round < 200; round++) {
        uint32_t n = scan_below(&seed, 700);
        if (round % 4u == 0u) {
            set_up_random(&set, round / 4u, &seed);
        }
        scan_text_random(&set, payload, n, &seed);
        check_list(&set, n, round % 7 == 0 ? n : scan_below(&seed, n + 1u));
    }
}

/* The count goes on where the room ends, and no record is written behind it. */
static void count_with_more_matches_than_room_still_counts(void **state) {
    static const uint8_t letter[] = "x";
    const struct stk_pattern pattern = {letter, 1};
    struct stk_slot slot;
    uint32_t room;
    (void)state;
    set_up(&pattern, 1);
    memset(payload, 'x', 1000);
    for (room = 0; room < 40; room++) {
        memset(words_at(out_at), 0xEE, ROOM_MAX * 8u);
        slot = count_and_list(1000, 0, room);
        assert_int_equal(slot.args[STK_RESULT_ARG], 1000);
        assert_int_equal(stk_load(&words_at(out_at)[room * 2u]), 0xEEEEEEEE);
        assert_true(room == 0u || stk_load(&words_at(out_at)[room * 2u - 1u]) == 0u);
        assert_int_equal(stk_load(&words_at(hits_at)[0]), 1000);
        stk_store(&words_at(hits_at)[0], 0);
    }
}

static void list_of_count_must_fit_the_payload(void **state) {
    static const uint8_t letter[] = "x";
    const struct stk_pattern pattern = {letter, 1};
    (void)state;
    set_up(&pattern, 1);
    memset(payload, 'x', 100);
    memcpy(copy, pool, sizeof pool);
    out_at = payload_bytes - 8u;
    assert_refused(count_and_list(100, 0, 2), STK_REASON_PAYLOAD, out_at);
    assert_refused(count_and_list(100, 0, 0x20000001u), STK_REASON_PAYLOAD, out_at); /* bytes that wrap */
    assert_refused(count_and_list(100, 0, UINT32_MAX), STK_REASON_PAYLOAD, out_at);
    out_at = 2;
    assert_refused(count_and_list(100, 0, 1), STK_REASON_PAYLOAD, 2);
    assert_memory_equal(copy, pool, sizeof pool);
}

/// Images that somebody corrupted ///

/* Scans with what is in the tables now: any outcome, but nothing is written but counters and records. */
static struct stk_slot survive(uint32_t n) {
    struct stk_slot slot;
    memcpy(copy, pool, sizeof pool);
    memcpy(table_copy, table_pool, sizeof table_pool);
    slot = locate(n, 0, n / 2u, ROOM_MAX);
    memcpy(payload + out_at, copy + (payload - pool) + out_at, ROOM_MAX * 8u);
    assert_memory_equal(copy, pool, sizeof pool);
    slot = count(text_at, n, 0);
    memcpy(payload + hits_at, copy + (payload - pool) + hits_at, stk_automaton_accepting(&automaton) * 4u);
    assert_memory_equal(copy, pool, sizeof pool);
    assert_memory_equal(table_copy, table_pool, sizeof table_pool);
    return slot;
}

static void corrupt_header_is_refused_or_contained(void **state) {
    static const uint32_t values[] = {0,       1,          2,          3,          0x100,     0x101,
                                      0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, UINT32_MAX};
    struct scan_set set;
    uint32_t seed = 6, word, i;
    (void)state;
    set_up_random(&set, 1, &seed);
    scan_text_random(&set, payload, 500, &seed);
    for (word = 0; word < STK_IMAGE_WORDS; word++) {
        uint32_t *at = table_words_at(image_at) + word, was = stk_load(at), now;
        for (i = 0; i < 13; i++) {
            struct stk_slot slot;
            /* More accepting states than the counters beside them have room for are legal: they are the payload's
             * own. */
            if (word == STK_IMAGE_W_ACCEPT && i < 11 && values[i] < was) {
                continue;
            }
            now = i < 11 ? values[i] : i == 11 ? was + 1u : was - (was > 1u && word != STK_IMAGE_W_ACCEPT ? 1u : 0u);
            stk_store(at, now);
            slot = survive(500);
            if (now != was && (word == STK_IMAGE_W_MAGIC || word == STK_IMAGE_W_VERSION)) {
                assert_refused(slot, STK_REASON_TABLE, 2);
            }
            if (now != was && word == STK_IMAGE_W_FILTER && now != 0u) {
                assert_refused(slot, STK_REASON_TABLE, 6);
            }
        }
        stk_store(at, was);
    }
    check_count(&set, 500, 0);
}

static void corrupt_table_and_classes_are_contained(void **state) {
    struct scan_set set;
    uint32_t seed = 7, round, i, *table, words;
    (void)state;
    for (round = 0; round < 80; round++) {
        set_up_random(&set, round / 4u, &seed);
        scan_text_random(&set, payload, 500, &seed);
        table = table_words_at(image_at + STK_IMAGE_TABLE_BYTE);
        words = (table_bytes - image_at - STK_IMAGE_TABLE_BYTE) / 4u;
        for (i = 0; i < words; i++) {
            uint32_t shifted = stk_load(&table[i]) + words - 1u;
            stk_store(&table[i], round % 4u == 0 ? UINT32_MAX : round % 4u == 1u ? scan_random(&seed) : shifted);
        }
        if (round % 2u) {
            memset(tables + image_at + STK_IMAGE_WORDS * 4u, 0xFF, STK_IMAGE_CLASS_BYTES);
        }
        assert_int_equal(survive(500).status, STK_SLOT_DONE);
    }
}

/* A filter of which a part lies behind the tables is refused: the table alone fits. */
static void a_filter_beyond_the_tables_is_refused(void **state) {
    static const uint8_t word[] = "needle";
    const struct stk_pattern pattern = {word, 6};
    (void)state;
    set_up(&pattern, 1);
    assert_int_equal(stk_load(&automaton.image[STK_IMAGE_W_FILTER]), STK_FILTER_BYTES);
    port.memory.table_bytes = table_bytes - 64u;
    assert_int_equal(stk_interp_open(&port, &port.memory, NULL), STK_OK);
    assert_refused(count(text_at, 16, 0), STK_REASON_TABLE, 6);
    stk_store(&table_words_at(image_at)[STK_IMAGE_W_FILTER], 0);
    assert_int_equal(count(text_at, 16, 0).status, STK_SLOT_DONE);
}

/* A tenant reaches only the tables of its own share, with any argument. */
static void an_image_of_another_tenant_is_refused(void **state) {
    static const uint8_t letter[] = "x";
    const struct stk_pattern pattern = {letter, 1};
    uint32_t share, places[3] = {IMAGE_AT, 0, 0}, t, k;
    struct stk_device_memory memory;
    (void)state;
    set_up(&pattern, 1);
    memory = port.memory;
    share = (uint32_t)((automaton.image_bytes + IMAGE_AT + 63u) & ~(size_t)63u);
    assert_true(3u * share <= sizeof table_pool);
    memory.tables = tables = table_pool;
    memory.table_bytes = 3u * share;
    memset(table_pool, 0, sizeof table_pool);
    for (t = 0; t < 3u; t++) {
        places[t] = t * share + (t == 0u ? IMAGE_AT : 0u);
        memcpy(tables + places[t], automaton.image, automaton.image_bytes);
        stk_store(&control_words[STK_CTL_TENANT_MASK + t], UINT32_MAX);
    }
    stk_store(&control_words[STK_CTL_SHARE_PAYLOAD],
              (payload_bytes / 3u + 64u) & ~63u); /* three shares, the last one cut */
    assert_int_equal(stk_interp_open(&port, &memory, NULL), STK_OK);
    memset(payload, 'x', payload_bytes);
    for (t = 0; t < 3u; t++) {
        uint32_t own = t * stk_load(&control_words[STK_CTL_SHARE_PAYLOAD]);
        for (k = 0; k < 3u; k++) {
            const uint32_t args[5] = {own, 16, 0, places[k], own + 64u};
            const struct stk_work work = {STK_OP_SCAN_COUNT, t, STK_PRIORITY_NORMAL, 5, args};
            struct stk_slot slot;
            assert_int_equal(stk_ring_publish(&ring, 1, &work), STK_OK);
            (void)stk_interp_ops.drive(&port, true);
            assert_int_equal(stk_ring_read(&ring, 1, &slot), STK_OK);
            if (k == t) {
                assert_int_equal(slot.status, STK_SLOT_DONE);
                assert_int_equal(slot.args[STK_RESULT_ARG], 16);
            } else {
                assert_refused(slot, STK_REASON_TABLE, 1);
                assert_int_equal(stk_ring_transition(&ring, 1, STK_TO_ACK), STK_SLOT_FAULT);
            }
        }
    }
    /* An image that begins in the share and ends in that of the next tenant. */
    memcpy(tables + 2u * share - 64u, automaton.image, 64u);
    const uint32_t args[5] = {stk_load(&control_words[STK_CTL_SHARE_PAYLOAD]), 16, 0, 2u * share - 64u, 0};
    const struct stk_work work = {STK_OP_SCAN_COUNT, 1, STK_PRIORITY_NORMAL, 5, args};
    struct stk_slot slot;
    assert_int_equal(stk_ring_publish(&ring, 1, &work), STK_OK);
    (void)stk_interp_ops.drive(&port, true);
    assert_int_equal(stk_ring_read(&ring, 1, &slot), STK_OK);
    assert_refused(slot, STK_REASON_TABLE, 1);
}

static void sum_equals_the_naive_sum_at_every_length(void **state) {
    static const uint8_t letter[] = "x";
    const struct stk_pattern pattern = {letter, 1};
    uint32_t seed = 8, n, i;
    (void)state;
    set_up(&pattern, 1);
    for (i = 0; i < TEXT_MAX; i++) {
        payload[i] = (uint8_t)(scan_random(&seed) | 0xC0u);
    }
    for (n = 0; n <= 301; n++) {
        const uint32_t length = n <= 300 ? n : TEXT_MAX - 400u, args[8] = {4u * (n % 90u), length};
        struct stk_slot slot = run(STK_OP_SUM64, args);
        uint64_t sum = 0;
        for (i = 0; i < length; i++) {
            sum += (uint64_t)payload[args[0] + i] << (8u * (i % 4u));
        }
        assert_int_equal(slot.status, STK_SLOT_DONE);
        assert_int_equal(slot.args[STK_RESULT_ARG], (uint32_t)sum);
        assert_int_equal(slot.args[STK_RESULT_ARG + 1], (uint32_t)(sum >> 32));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(count_equals_the_naive_count_at_every_length),
        cmocka_unit_test(lead_is_seen_and_not_counted),
        cmocka_unit_test(matches_across_chunk_borders_count_once),
        cmocka_unit_test(one_match_counts_once_wherever_it_lies),
        cmocka_unit_test(counters_go_on_from_what_they_hold),
        cmocka_unit_test(hit_counters_must_fit_the_payload),
        cmocka_unit_test(locate_lists_every_match_in_order_with_any_room),
        cmocka_unit_test(locate_without_room_stays_where_it_is),
        cmocka_unit_test(match_records_must_fit_the_payload),
        cmocka_unit_test(count_lists_what_locate_lists),
        cmocka_unit_test(count_with_more_matches_than_room_still_counts),
        cmocka_unit_test(list_of_count_must_fit_the_payload),
        cmocka_unit_test(corrupt_header_is_refused_or_contained),
        cmocka_unit_test(corrupt_table_and_classes_are_contained),
        cmocka_unit_test(a_filter_beyond_the_tables_is_refused),
        cmocka_unit_test(an_image_of_another_tenant_is_refused),
        cmocka_unit_test(sum_equals_the_naive_sum_at_every_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
