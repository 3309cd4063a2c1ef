/* stoker: telemetry, filters over the last decode. They read its rows and windows and never the ring, so an answer
 * holds for the moment of the decode. */
#include "base/error_info.h"
#include "telemetry_internal.h"

int stk_status_active(uint32_t status) {
    /* FAULT is not among them: such a slot waits for the host, and the device does nothing for it. */
    const uint32_t active = 1u << STK_SLOT_PUBLISHED | 1u << STK_SLOT_CLAIMED | 1u << STK_SLOT_WAIT_IO |
                            1u << STK_SLOT_YIELD | 1u << STK_SLOT_REQUEUE;
    return status <= STK_SLOT_FAULT && (active >> status & 1u) != 0;
}

uint32_t stk_occupancy_depth(const struct stk_occupancy *o) {
    /* The free slots are subtracted from all slots, so that a slot whose word is not a status counts as in use. */
    return o->slots - o->count[STK_SLOT_EMPTY] - o->count[STK_SLOT_DONE] - o->torn;
}

int stk_ticketed_window_active(const struct stk_ticketed_window *w) {
    return (w->count[STK_SLOT_PUBLISHED] | w->count[STK_SLOT_CLAIMED] | w->count[STK_SLOT_WAIT_IO] |
            w->count[STK_SLOT_YIELD] | w->count[STK_SLOT_REQUEUE]) != 0;
}

/* A filter: the windows or slots to look at, and the rule by which one of them is wanted. */
struct want {
    const struct stk_telemetry *t;
    /* Returns not 0 if window or slot number `i` is wanted. */
    int (*match)(const struct want *want, uint32_t i);
    /* number of windows or slots to look at */
    uint32_t of;
    uint32_t opcode; /* opcode of the slots that are wanted; not used for windows */
};

/* Writes the numbers of all that match, in ascending order. Counts first, since `out` is written only when all of them
 * fit. */
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

/* Matches a ticketed window with work under way. */
static int window_matches(const struct want *want, uint32_t i) {
    return stk_ticketed_window_active(want->t->windows + i);
}

/* Matches a slot with this opcode and work under way. A row that lost words has no opcode to compare. */
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
