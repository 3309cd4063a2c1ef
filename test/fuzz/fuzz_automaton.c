/* The pattern compiler on any pattern set, and its image through the scan handler against a naive count. */
#include "fuzz.h"
#include "stoker/automaton.h"
#include "stoker/control.h"
#include "stoker/port/interp.h"
#include "stoker/ring.h"

#define PATTERNS 16u
#define TOTAL    128u
#define TEXT     256u
#define SPACE    STK_AUTOMATON_BYTES(PATTERNS, TOTAL)

static uint8_t space[SPACE + STK_ALIGN];
static _Alignas(64) uint8_t payload[TEXT + TOTAL * 4u + 64u], tables[1u << 18];
static uint32_t ring_words[STK_SLOT_WORDS];
static uint32_t control_words[STK_CTL_OBSERVABLE];
static uint64_t visits[TOTAL + 1], scratch[TOTAL + 1], occurrences[PATTERNS];

static uint64_t naive(const uint8_t *text, uint32_t n, const struct stk_pattern *p) {
    uint64_t count = 0;
    for (uint32_t i = 0; i + p->len <= n; i++) {
        count += memcmp(text + i, p->bytes, p->len) == 0;
    }
    return count;
}

/* Runs SCAN_COUNT over `text` in the payload; the counters come back in visits. */
static void scan(const struct stk_automaton *a, const uint8_t *text, uint32_t n) {
    const struct stk_device_memory memory = {.ring = ring_words,
                                             .slots = 1,
                                             .control = control_words,
                                             .control_words = STK_CTL_OBSERVABLE,
                                             .payload = payload,
                                             .payload_bytes = sizeof payload,
                                             .tables = tables,
                                             .table_bytes = sizeof tables};
    uint32_t hits_at = TEXT, args[STK_SLOT_ARGS] = {0, n, 0, 64, hits_at};
    const struct stk_work work = {STK_OP_SCAN_COUNT, 0, STK_PRIORITY_NORMAL, 5, args};
    struct stk_ring ring;
    struct stk_control control;
    struct stk_interp interp;
    memset(payload, 0, sizeof payload);
    memcpy(payload, text, n);
    FUZZ_CHECK(64u + a->image_bytes <= sizeof tables);
    memcpy(tables + 64, a->image, a->image_bytes);
    FUZZ_CHECK(stk_ring_init(&ring, ring_words, sizeof ring_words, 1) == STK_OK);
    FUZZ_CHECK(stk_control_init(&control, control_words, sizeof control_words, 0, 1, 0) == STK_OK);
    FUZZ_CHECK(stk_interp_open(&interp, &memory, NULL) == STK_OK);
    FUZZ_CHECK(stk_ring_publish(&ring, 0, &work) == STK_OK);
    FUZZ_CHECK(stk_interp_ops.drive(&interp, true) == 1);
    FUZZ_CHECK(stk_ring_status(&ring, 0) == (int)STK_SLOT_DONE);
    for (uint32_t i = 0; i < stk_automaton_accepting(a); i++) {
        uint32_t word;
        memcpy(&word, payload + hits_at + 4u * i, 4);
        visits[i] = word;
    }
}

/* The input: a count, then (length, bytes) for each pattern, then the text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input in = {data, size};
    struct stk_pattern patterns[PATTERNS];
    struct stk_automaton a;
    struct stk_arena arena;
    uint32_t count = fuzz_u8(&in) % (PATTERNS + 1u), total = 0, n;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t len = fuzz_u8(&in) % 16u;
        len = len > in.size ? (uint32_t)in.size : len;
        len = len > TOTAL - total ? TOTAL - total : len;
        patterns[i] = (struct stk_pattern){in.data, len};
        in.data += len;
        in.size -= len;
        total += len;
    }
    n = in.size < TEXT ? (uint32_t)in.size : TEXT;
    stk_arena_init(&arena, space, sizeof space);
    int err = stk_automaton_build(&a, patterns, count, &arena);
    if (err == STK_OK) {
        scan(&a, in.data, n);
        stk_automaton_occurrences(&a, visits, scratch, occurrences);
        for (uint32_t i = 0; i < count; i++) {
            FUZZ_CHECK(occurrences[i] == naive(in.data, n, &patterns[i]));
        }
    } else {
        FUZZ_CHECK(err == STK_E_PATTERN && arena.used == 0); /* no pattern, or an empty one: the memory is enough */
    }
    return 0;
}
