/* What the files of replay share. Private. */
#ifndef STK_SRC_REPLAY_INTERNAL_H
#define STK_SRC_REPLAY_INTERNAL_H

#include "record_internal.h"
#include "stoker/recorder.h"
#include "stoker/replay.h"

struct stk_replay_slot {
    uint32_t sequence; /* of its PUBLISH record */
    uint32_t flying;   /* published, and its end not looked at yet */
};

_Static_assert(sizeof(struct stk_replay_slot) == STK_REPLAY_SLOT_BYTES, "STK_REPLAY_BYTES counts on this");

/* How a slot ended in the recorded run; of no interest where two targets are compared. */
struct stk_recorded_end {
    uint32_t status;         /* STK_SLOT_DONE, STK_SLOT_FAULT; STK_SLOT_EMPTY: not known, any will do */
    const uint32_t *results; /* the last words of the slot; NULL: not told, any will do */
};

extern const struct stk_recorded_end stk_recorded_done, stk_recorded_unknown;

/* Each returns STK_REPLAY_SAME, STK_REPLAY_DIFFERS with the report filled in, or an error. */

/* Publishes the pending work in every target, once its slot is free. */
int stk_replay_publish(struct stk_replay *r);

/* Waits for the end of a slot and compares it; nothing for a slot that is not under way. */
int stk_replay_settle(struct stk_replay *r, uint32_t slot, const struct stk_recorded_end *recorded);
int stk_replay_settle_all(struct stk_replay *r, const struct stk_recorded_end *recorded);

/* Compares the observables at an EPOCH record; nothing runs. */
int stk_replay_observables(struct stk_replay *r, const struct stk_log_record *record);

#endif
