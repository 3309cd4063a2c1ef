/* stoker: the words of one slot, inline for the calls that publish and read. Private to the core.
 */
#ifndef STK_SRC_SLOT_WORDS_H
#define STK_SRC_SLOT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "stoker/atomic.h"
#include "stoker/config.h"
#include "stoker/ring.h"

static inline uint32_t *stk_slot_at(const struct stk_ring *ring, uint32_t slot) {
    return STK_SLOT_AT(ring->words, slot);
}

static inline bool stk_opcode_ok(uint32_t opcode) {
    if (opcode >= STK_OP_SYSTEM_BIT) {
        return opcode == STK_OP_PACKED_SLOT || opcode == STK_OP_SHUTDOWN;
    }
    return opcode < STK_OP_RESERVED_MIN || opcode > STK_OP_RESERVED_MAX || opcode == STK_OP_PRINTF;
}

/* Returns the word of the wire for an enum stk_priority. A number that is none becomes a word that is none. */
static inline uint32_t stk_priority_to_wire(uint32_t priority) {
    return priority == STK_PRIORITY_DEFAULT ? STK_WIRE_PRIORITY_NORMAL : priority - STK_PRIORITY_CRITICAL;
}

_Static_assert(STK_WIRE_PRIORITY_CRITICAL == 0 &&
                   STK_PRIORITY_IDLE - STK_PRIORITY_CRITICAL == (int)STK_WIRE_PRIORITY_IDLE,
               "both lists have the same order");

/* The argument errors of publishing, in their documented order. */
static inline int stk_work_check(const struct stk_work *work) {
    if (work->nargs > STK_SLOT_ARGS) {
        return STK_E_ARGS;
    }
    if ((work->nargs > 0 && work->args == NULL) || work->priority > STK_PRIORITY_IDLE) {
        return STK_E_ARG;
    }
    return stk_opcode_ok(work->opcode) ? STK_OK : STK_E_OPCODE;
}

/* The words of a slot behind its status are moved in parts of these sizes, in and out alike: a load that matches the
 * store before it is served from the store buffer, one that straddles two stores waits for both to leave it. (A smaller
 * load is served too.) A slot's image is its bytes, the same on every host. */
static inline void stk_slot_out(uint8_t *to, const uint32_t *w) {
    stk_raw_out(to + 4, w + STK_SLOT_OPCODE, 1);
    stk_raw_out(to + 8, w + STK_SLOT_TENANT, 2);
    for (uint32_t i = STK_SLOT_ARG0; i < STK_SLOT_WORDS; i += 4) {
        stk_raw_out(to + (size_t)i * 4u, w + i, 4);
    }
}

static inline void stk_slot_in(uint32_t *w, const uint8_t *from) {
    stk_raw_in(w + STK_SLOT_OPCODE, from + 4, 1);
    stk_raw_in(w + STK_SLOT_TENANT, from + 8, 2);
    for (uint32_t i = STK_SLOT_ARG0; i < STK_SLOT_WORDS; i += 4) {
        stk_raw_in(w + i, from + (size_t)i * 4u, 4);
    }
}

/* Writes every word but the status. Nobody else writes these words while the slot is free, but others may read them at
 * any time. Reads all of `work` before the first store, since the work and its arguments may be words of this very
 * slot. */
static inline void stk_slot_fill(uint32_t *w, const struct stk_work *work) {
    const uint32_t opcode = work->opcode, owner[2] = {work->tenant, stk_priority_to_wire(work->priority)},
                   nargs = work->nargs;
    uint32_t args[STK_SLOT_ARGS] = {0}, i = 0;
    for (; !STK_SMALL && i + 4 <= nargs; i += 4) {
        memcpy(args + i, work->args + i, 4 * sizeof *args);
    }
    for (; i < nargs; i++) {
        args[i] = work->args[i];
    }
    stk_store(w + STK_SLOT_OPCODE, opcode);
    stk_copy_in(w + STK_SLOT_TENANT, owner, 2);
    for (i = 0; i < STK_SLOT_ARGS; i += 4) {
        stk_copy_in(w + STK_SLOT_ARG0 + i, args + i, 4);
    }
}

/* The release orders the words above before the status: who sees PUBLISHED sees them all. */
static inline void stk_slot_publish(uint32_t *w, const struct stk_work *work) {
    stk_slot_fill(w, work);
    stk_store_release(w + STK_SLOT_STATUS, STK_SLOT_PUBLISHED);
}

/* Tells idle workers to look at the ring. Release: who sees the doorbell changed sees what was published before. */
static inline void stk_ring_bell(uint32_t *doorbell) {
    (void)stk_fetch_add(doorbell, 1);
}

/* Every word but the status, which the caller has loaded with acquire order before. */
static inline void stk_slot_copy(const uint32_t *w, uint32_t status, struct stk_slot *out) {
    out->status = status;
    stk_copy_out(&out->opcode, w + STK_SLOT_OPCODE, 1);
    stk_copy_out(&out->tenant, w + STK_SLOT_TENANT, 1);
    stk_copy_out(&out->wire_priority, w + STK_SLOT_PRIORITY, 1);
    for (uint32_t i = 0; i < STK_SLOT_ARGS; i += 4) {
        stk_copy_out(out->args + i, w + STK_SLOT_ARG0 + i, 4);
    }
}

/* Copies a slot that is over, as stk_slot_copy() does. A slot whose status word is no status becomes a fault with
 * STK_REASON_STATUS, and the word is the fault's value. */
static inline void stk_slot_copy_end(const uint32_t *w, uint32_t status, struct stk_slot *out) {
    stk_slot_copy(w, status, out);
    if (!stk_status_known(status)) {
        out->status = STK_SLOT_FAULT;
        out->args[STK_FAULT_REASON_ARG] = STK_REASON_STATUS;
        out->args[STK_FAULT_VALUE_ARG] = status;
    }
}

#endif
