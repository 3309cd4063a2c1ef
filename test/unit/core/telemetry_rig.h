/* A ring, a control buffer and a telemetry object of fixed size, for the telemetry tests. */
#ifndef TELEMETRY_RIG_H
#define TELEMETRY_RIG_H

#include <string.h>

#include "stoker/atomic.h"
#include "stoker/telemetry.h"

#define RIG_SLOTS   96u
#define RIG_OPCODES 64u

static _Alignas(64) uint32_t rig_ring[RIG_SLOTS * STK_SLOT_WORDS];
static uint32_t rig_control[STK_CTL_WORDS_MIN];
STK_TELEMETRY_DEFINE(rig_memory, RIG_SLOTS, RIG_OPCODES);
static struct stk_telemetry rig;

/* Makes *t in the `bytes` bytes at `memory`, which are aligned. */
static inline int rig_init(struct stk_telemetry *t, void *memory, size_t bytes, uint32_t slots, uint32_t opcodes,
                           struct stk_error_info *info) {
    const struct stk_telemetry_config config = {.slots = slots, .opcodes = opcodes};
    struct stk_arena arena;
    stk_arena_init(&arena, memory, bytes);
    return stk_telemetry_init(t, &config, &arena, info);
}

static inline void rig_reset(void) {
    memset(rig_ring, 0, sizeof rig_ring);
    memset(rig_control, 0, sizeof rig_control);
    assert_int_equal(rig_init(&rig, rig_memory, sizeof rig_memory, RIG_SLOTS, RIG_OPCODES, NULL), STK_OK);
}

static inline uint32_t *rig_slot(uint32_t i, uint32_t status, uint32_t opcode, uint32_t ticket, uint32_t class) {
    uint32_t *w = STK_SLOT_AT(rig_ring, i);
    stk_store(w + STK_SLOT_STATUS, status);
    stk_store(w + STK_SLOT_OPCODE, opcode);
    stk_store(w + STK_SLOT_TENANT, 100u + i);
    stk_store(w + STK_SLOT_PRIORITY, STK_WIRE_PRIORITY_NORMAL);
    stk_store(w + STK_SLOT_ARG0, ticket);
    stk_store(w + STK_SLOT_ARG0 + 1, class);
    stk_store(w + STK_SLOT_ARG0 + 2, 1000u + i);
    stk_store(w + STK_SLOT_ARG0 + 3, 2000u + i);
    return w;
}

static inline int rig_decode(uint32_t slots, const struct stk_opcodes *opcodes) {
    return stk_telemetry_decode(&rig, rig_ring, (size_t)slots * STK_SLOT_BYTES, rig_control, sizeof rig_control,
                                opcodes, NULL);
}

static inline int rig_read(uint32_t slots, enum stk_feed feed, const struct stk_opcodes *opcodes) {
    struct stk_ring ring;
    struct stk_control control;
    assert_int_equal(stk_ring_view(&ring, rig_ring, (size_t)slots * STK_SLOT_BYTES), STK_OK);
    assert_int_equal(stk_control_view(&control, rig_control, sizeof rig_control), STK_OK);
    return stk_telemetry_read(&rig, &ring, &control, feed, opcodes, NULL);
}

#endif
