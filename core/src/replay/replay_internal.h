/* stoker: the declarations that the two files of the replay share. replay.c reads the records and calls replay_slots.c
 * for each of them. replay_slots.c publishes slots, waits for them and compares outcomes. Private to the replay. */
#ifndef STK_SRC_REPLAY_INTERNAL_H
#define STK_SRC_REPLAY_INTERNAL_H

#include "record_internal.h"
#include "stoker/recorder.h"
#include "stoker/replay.h"

/* The replay's own state of one slot of the ring. */
struct stk_replay_slot {
    uint32_t sequence; /* sequence of the PUBLISH record of this slot; names the slot in a report */
    uint32_t flying;   /* 1: the slot was published and its end was not compared yet; else 0 */
};

_Static_assert(sizeof(struct stk_replay_slot) == STK_REPLAY_SLOT_BYTES, "STK_REPLAY_BYTES counts on this");

/* How a slot ended in the recorded run. With two targets this is not looked at: the targets are compared with each
 * other. */
struct stk_recorded_end {
    /* STK_SLOT_DONE or STK_SLOT_FAULT; STK_SLOT_EMPTY: the recording does not tell, and any end will do */
    uint32_t status;
    /* STK_SLOT_RESULTS result words of the slot; NULL: the recording does not tell, and any results will do */
    const uint32_t *results;
};

/* A slot without a FAILURE ended DONE, with results that were not recorded. Of a slot that was still running when the
 * recording ended, nothing is known. */
extern const struct stk_recorded_end stk_recorded_done, stk_recorded_unknown;

/* Each of the calls below returns STK_REPLAY_SAME, STK_REPLAY_DIFFERS with the report filled in, or an error. */

/* Publishes the pending work in every target, once its slot has ended there. Does nothing where no work is pending. */
int stk_replay_publish(struct stk_replay *r);

/* Waits until a slot has ended in every target, and compares the ends. Returns STK_REPLAY_SAME at once for a slot that
 * is not under way. */
int stk_replay_settle(struct stk_replay *r, uint32_t slot, const struct stk_recorded_end *recorded);
/* Waits for all slots that are under way, in the order of the ring, and compares their ends, up to the first
 * difference. */
int stk_replay_settle_all(struct stk_replay *r, const struct stk_recorded_end *recorded);

/* Compares the observables at an EPOCH record. Every slot has ended before, so nothing changes them meanwhile. */
int stk_replay_observables(struct stk_replay *r, const struct stk_log_record *record);

#endif
