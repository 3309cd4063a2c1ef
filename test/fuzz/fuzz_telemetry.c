/* Decodes telemetry from bytes of any content and any length, taken for a ring and a control buffer. */
#include "fuzz.h"
#include "stoker/telemetry.h"

#define SLOTS   32u
#define OPCODES 4u

static _Alignas(STK_ALIGN) uint8_t memory[STK_TELEMETRY_BYTES(SLOTS, OPCODES)];

static void check(const struct stk_telemetry *t, size_t ring_bytes) {
    uint32_t indices[SLOTS], all = 0;
    int active = stk_telemetry_active_windows(t, indices, SLOTS, NULL);
    FUZZ_CHECK(t->snapshot.occupancy.slots == ring_bytes / STK_SLOT_BYTES);
    FUZZ_CHECK(t->window_count <= t->snapshot.occupancy.slots && active >= 0 && (uint32_t)active <= t->window_count);
    for (uint32_t i = 0; i < t->window_count; i++) {
        const struct stk_ticketed_window *w = &t->windows[i];
        all += w->required + w->lookahead + w->other;
        FUZZ_CHECK(i == 0 || w[-1].ticket < w->ticket || (w[-1].ticket == w->ticket && w[-1].opcode < w->opcode));
    }
    FUZZ_CHECK(all <= t->snapshot.occupancy.slots);
    FUZZ_CHECK(stk_telemetry_active_slots(t, 8, indices, SLOTS, NULL) >= 0);
}

/* The input: ring bytes (16 bits), four opcodes, then the ring and the control buffer, neither aligned. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input in = {data, size};
    size_t ring_bytes = (size_t)fuzz_u8(&in) << 8 | fuzz_u8(&in);
    uint32_t opcodes[OPCODES];
    const struct stk_opcodes named = {opcodes, fuzz_u8(&in) % (OPCODES + 1u)};
    const struct stk_telemetry_config config = {SLOTS, OPCODES};
    struct stk_telemetry telemetry;
    struct stk_arena arena;
    for (uint32_t i = 0; i < OPCODES; i++) {
        opcodes[i] = fuzz_u32(&in);
    }
    ring_bytes = ring_bytes < in.size ? ring_bytes : in.size;
    stk_arena_init(&arena, memory, sizeof memory);
    FUZZ_CHECK(stk_telemetry_init(&telemetry, &config, &arena, NULL) == STK_OK);
    int err =
        stk_telemetry_decode(&telemetry, in.data, ring_bytes, in.data + ring_bytes, in.size - ring_bytes, &named, NULL);
    size_t control_bytes = in.size - ring_bytes;
    if (err == STK_OK) {
        check(&telemetry, ring_bytes);
    } else {
        FUZZ_CHECK((err == STK_E_ALIGN && (ring_bytes % STK_SLOT_BYTES != 0 || control_bytes % 4u != 0)) ||
                   (err == STK_E_MISSING && control_bytes < STK_CTL_OBSERVABLE * 4u) ||
                   (err == STK_E_SPACE && ring_bytes > SLOTS * STK_SLOT_BYTES));
    }
    return 0;
}
