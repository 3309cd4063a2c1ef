/* Telemetry against a naive model: random rings, tickets close together and far apart, opcodes few and many. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "telemetry_rig.h"

#define ROUNDS 3000u

static uint64_t seed = 0x9E3779B97F4A7C15u;

static uint32_t random32(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 24);
}

static uint32_t below(uint32_t n) {
    return random32() % n;
}

/* An opcode out of a set of `kinds`, whose members lie close together or far apart. */
static uint32_t opcode_of(uint32_t kinds, uint32_t spread) {
    uint32_t k = below(kinds);
    return spread == 0 ? k : spread == 1 ? STK_OP_TENANT_BASE + k * 3u : (k + 1u) * (k + 1u) * 0x85EBCA6Bu ^ k << 20;
}

static uint32_t ticket_of(uint32_t spread, uint32_t base) {
    switch (spread) {
    case 0:
        return base + below(4);
    case 1:
        return base + below(60);
    case 2:
        return below(8) << 24 | below(3);
    default:
        return random32();
    }
}

static void fill_ring(uint32_t slots, uint32_t kinds, uint32_t spread) {
    uint32_t tickets = below(4), base = below(2) ? random32() : UINT32_MAX - 20u;
    for (uint32_t i = 0; i < slots; i++) {
        uint32_t status = below(8) == 0 ? random32() : below(10);
        uint32_t *w = rig_slot(i, status, opcode_of(kinds, spread), ticket_of(tickets, base), below(4));
        stk_store(w + STK_SLOT_TENANT, below(5));
    }
}

static struct stk_ticketed_window model[RIG_SLOTS];
static uint32_t model_count;

static int model_before(const struct stk_ticketed_window *a, uint32_t ticket, uint32_t opcode) {
    return a->ticket < ticket || (a->ticket == ticket && a->opcode < opcode);
}

/* The window of (ticket, opcode), made in its place when there is none. */
static struct stk_ticketed_window *model_window(uint32_t ticket, uint32_t opcode, uint32_t tenant) {
    uint32_t at = 0;
    while (at < model_count && model_before(&model[at], ticket, opcode)) {
        at++;
    }
    if (at == model_count || model[at].ticket != ticket || model[at].opcode != opcode) {
        memmove(model + at + 1, model + at, (model_count - at) * sizeof model[0]);
        memset(model + at, 0, sizeof model[0]);
        model[at].ticket = ticket;
        model[at].opcode = opcode;
        model[at].tenant = tenant;
        model_count++;
    }
    return model + at;
}

static int model_named(const struct stk_opcodes *opcodes, uint32_t opcode) {
    for (uint32_t i = 0; i < opcodes->count; i++) {
        if (opcodes->list[i] == opcode) {
            return 1;
        }
    }
    return 0;
}

static void model_make(uint32_t slots, const struct stk_opcodes *opcodes) {
    model_count = 0;
    for (uint32_t i = 0; i < slots; i++) {
        const uint32_t *w = STK_SLOT_AT(rig_ring, i);
        uint32_t status = stk_load(w), opcode = stk_load(w + STK_SLOT_OPCODE), class = stk_load(w + STK_SLOT_ARG0 + 1);
        if (!model_named(opcodes, opcode)) {
            continue;
        }
        struct stk_ticketed_window *window =
            model_window(stk_load(w + STK_SLOT_ARG0), opcode, stk_load(w + STK_SLOT_TENANT));
        window->required += class == 0;
        window->lookahead += class == 1;
        window->other += class > 1;
        window->count[status <= STK_SLOT_FAULT ? status : STK_UNKNOWN]++;
    }
}

static void assert_is_model(uint32_t slots) {
    uint32_t count[STK_STATUS_KINDS] = {0};
    for (uint32_t i = 0; i < slots; i++) {
        uint32_t status = stk_load(STK_SLOT_AT(rig_ring, i));
        count[status <= STK_SLOT_FAULT ? status : STK_UNKNOWN]++;
    }
    assert_int_equal(rig.snapshot.occupancy.slots, slots);
    assert_memory_equal(rig.snapshot.occupancy.count, count, sizeof count);
    assert_int_equal(rig.window_count, model_count);
    assert_memory_equal(rig.windows, model, model_count * sizeof model[0]);
}

static void assert_filters(uint32_t slots, uint32_t opcode) {
    uint32_t out[RIG_SLOTS], n = 0;
    int found = stk_telemetry_active_slots(&rig, opcode, out, RIG_SLOTS, NULL);
    for (uint32_t i = 0; i < slots; i++) {
        uint32_t status = stk_load(STK_SLOT_AT(rig_ring, i));
        int active = status == 1 || status == 2 || status == 4 || status == 5 || status == 6;
        if (active && stk_load(STK_SLOT_AT(rig_ring, i) + STK_SLOT_OPCODE) == opcode) {
            assert_true(n < (uint32_t)found && out[n] == i);
            n++;
        }
    }
    assert_int_equal(found, n);
}

/* An image at an odd address, as it may come from anywhere. */
static void decode_unaligned(uint32_t slots, const struct stk_opcodes *opcodes) {
    static uint8_t image[1 + sizeof rig_ring], control[3 + sizeof rig_control];
    memcpy(image + 1, rig_ring, sizeof rig_ring);
    memcpy(control + 3, rig_control, sizeof rig_control);
    assert_int_equal(stk_telemetry_decode(&rig, image + 1, (size_t)slots * STK_SLOT_BYTES, control + 3,
                                          sizeof rig_control, opcodes, NULL),
                     STK_OK);
}

static void every_ring_decodes_as_the_model_says(void **state) {
    uint32_t list[RIG_OPCODES];
    struct stk_opcodes opcodes = {list, 0};
    (void)state;
    rig_reset();
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint32_t slots = below(RIG_SLOTS + 1), kinds = 1 + below(below(2) ? 6 : 80), spread = below(3);
        opcodes.count = below(below(2) ? 6 : RIG_OPCODES + 1);
        for (uint32_t i = 0; i < opcodes.count; i++) {
            list[i] = opcode_of(kinds, spread);
        }
        fill_ring(slots, kinds, spread);
        model_make(slots, &opcodes);
        assert_int_equal(rig_decode(slots, &opcodes), STK_OK);
        assert_is_model(slots);
        assert_filters(slots, opcode_of(kinds, spread));
        decode_unaligned(slots, &opcodes);
        assert_is_model(slots);
        assert_int_equal(rig_read(slots, STK_FEED_NONE, &opcodes), STK_OK);
        assert_is_model(slots);
    }
}

/* A byte of the tally, and the bins of the sort, hold 255 and more slots of one kind. */
static void many_equal_slots_are_counted(void **state) {
    static uint32_t words[600 * STK_SLOT_WORDS];
    static const uint32_t list[] = {0};
    const struct stk_opcodes opcodes = {list, 1};
    STK_TELEMETRY_DEFINE(memory, 600, 1);
    struct stk_telemetry t;
    (void)state;
    rig_reset();
    for (uint32_t i = 0; i < 600; i++) {
        stk_store(STK_SLOT_AT(words, i), i < 590 ? STK_SLOT_FAULT : STK_UNKNOWN);
        stk_store(STK_SLOT_AT(words, i) + STK_SLOT_ARG0, i % 2 * 0x10000000u);
    }
    assert_int_equal(rig_init(&t, memory, sizeof memory, 600, 1, NULL), STK_OK);
    assert_int_equal(stk_telemetry_decode(&t, words, sizeof words, rig_control, 640, &opcodes, NULL), STK_OK);
    assert_int_equal(t.snapshot.occupancy.count[STK_SLOT_FAULT], 590);
    assert_int_equal(t.snapshot.occupancy.count[STK_UNKNOWN], 10);
    assert_int_equal(t.window_count, 2);
    assert_int_equal(t.windows[1].ticket, 0x10000000);
    assert_int_equal(t.windows[1].count[STK_SLOT_FAULT], 295);
    assert_int_equal(t.windows[0].count[STK_UNKNOWN], 5);
}

/* The first and the last opcode of as many as can be named, with the least and the greatest ticket. */
static void the_greatest_numbers_have_windows(void **state) {
    static const struct { uint32_t ticket, opcode; } want[4] = {{0, 0}, {0, 4095}, {UINT32_MAX, 0}, {UINT32_MAX, 4095}};
    static uint32_t list[STK_TELEMETRY_OPCODES_MAX];
    const struct stk_opcodes opcodes = {list, STK_TELEMETRY_OPCODES_MAX};
    STK_TELEMETRY_DEFINE(memory, 4, STK_TELEMETRY_OPCODES_MAX);
    struct stk_telemetry t;
    (void)state;
    rig_reset();
    for (uint32_t i = 0; i < STK_TELEMETRY_OPCODES_MAX; i++) {
        list[i] = i;
    }
    for (uint32_t i = 0; i < 4; i++) {
        rig_slot(3 - i, STK_SLOT_DONE, want[i].opcode, want[i].ticket, 0);
    }
    assert_int_equal(rig_init(&t, memory, sizeof memory, 4, STK_TELEMETRY_OPCODES_MAX, NULL), STK_OK);
    assert_int_equal(stk_telemetry_decode(&t, rig_ring, 256, rig_control, 640, &opcodes, NULL), STK_OK);
    assert_int_equal(t.window_count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(t.windows[i].ticket, want[i].ticket);
        assert_int_equal(t.windows[i].opcode, want[i].opcode);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_ring_decodes_as_the_model_says),
        cmocka_unit_test(many_equal_slots_are_counted),
        cmocka_unit_test(the_greatest_numbers_have_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
