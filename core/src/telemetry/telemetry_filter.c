/* stoker: telemetry, questions to a decode. */
#include "base/error_info.h"
#include "telemetry_internal.h"

int stk_status_active(uint32_t status) {
    const uint32_t active = 1u << STK_SLOT_PUBLISHED | 1u << STK_SLOT_CLAIMED | 1u << STK_SLOT_WAIT_IO |
                            1u << STK_SLOT_YIELD | 1u << STK_SLOT_REQUEUE;
    return status <= STK_SLOT_FAULT && (active >> status & 1u) != 0;
}

uint32_t stk_occupancy_depth(const struct stk_occupancy *o) {
    return o->slots - o->count[STK_SLOT_EMPTY] - o->count[STK_SLOT_DONE] - o->torn;
}

int stk_ticketed_window_active(const struct stk_ticketed_window *w) {
    return (w->count[STK_SLOT_PUBLISHED] | w->count[STK_SLOT_CLAIMED] | w->count[STK_SLOT_WAIT_IO] |
            w->count[STK_SLOT_YIELD] | w->count[STK_SLOT_REQUEUE]) != 0;
}

/* What a filter looks for. */
struct want {
    const struct stk_telemetry *t;
    int (*match)(const struct want *want, uint32_t i);
    uint32_t of; /* things to look at */
    uint32_t opcode;
};

/* Counts first: out is written only when all fits. */
static int filter(const struct want *want, uint32_t *out, uint32_t cap, struct stk_error_info *info) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < want->of; i++) {
        count += want->match(want, i) != 0;
    }
    if (count > cap) {
        return stk_fail(info, STK_E_SPACE, cap, (uint64_t)count * sizeof *out);
    }
    for (uint32_t i = 0, at = 0; at < count; i++) {
        if (want->match(want, i)) {
            out[at++] = i;
        }
    }
    return (int)count;
}

static int window_matches(const struct want *want, uint32_t i) {
    return stk_ticketed_window_active(want->t->windows + i);
}

static int slot_matches(const struct want *want, uint32_t i) {
    const struct stk_row *row = want->t->rows + i;
    return row->opcode == want->opcode && want->t->lost[i] == STK_ROW_WHOLE && stk_status_active(row->status);
}

int stk_telemetry_active_windows(const struct stk_telemetry *t, uint32_t *out, uint32_t cap,
                                 struct stk_error_info *info) {
    const struct want want = {t, window_matches, t->window_count, 0};
    return filter(&want, out, cap, info);
}

int stk_telemetry_active_slots(const struct stk_telemetry *t, uint32_t opcode, uint32_t *out, uint32_t cap,
                               struct stk_error_info *info) {
    const struct want want = {t, slot_matches, t->snapshot.occupancy.slots, opcode};
    return filter(&want, out, cap, info);
}
