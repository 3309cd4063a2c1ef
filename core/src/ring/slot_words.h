/* stoker: stores and loads the words of one slot. Inline, because a publish and a read are on the way of every slot. No
 * function here checks the number of a slot: the callers do. Nor does one decide who may touch a slot (stoker/slot.h,
 * custody.h). Private to the core. */
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

/* Returns true if a publisher may put this opcode into a slot (SPEC.md, 1.4). PRINTF, PACKED_SLOT and SHUTDOWN are
 * reserved numbers that may be published all the same. LOAD_MISS is not among them: stk_ring_publish_load_miss() is the
 * one call that publishes it. */
static inline bool stk_opcode_ok(uint32_t opcode) {
    if (opcode >= STK_OP_SYSTEM_BIT) {
        return opcode == STK_OP_PACKED_SLOT || opcode == STK_OP_SHUTDOWN;
    }
    return opcode < STK_OP_RESERVED_MIN || opcode > STK_OP_RESERVED_MAX || opcode == STK_OP_PRINTF;
}

/* Returns the number on the wire for an enum stk_priority. The numbers of the host are one higher, so that 0 can mean
 * DEFAULT, which is NORMAL. A number above STK_PRIORITY_IDLE becomes a number that is no priority on the wire
 * either. */
static inline uint32_t stk_priority_to_wire(uint32_t priority) {
    return priority == STK_PRIORITY_DEFAULT ? STK_WIRE_PRIORITY_NORMAL : priority - STK_PRIORITY_CRITICAL;
}

_Static_assert(STK_WIRE_PRIORITY_CRITICAL == 0 &&
                   STK_PRIORITY_IDLE - STK_PRIORITY_CRITICAL == (int)STK_WIRE_PRIORITY_IDLE,
               "both lists have the same order");

/* Checks work before its publish. The order of the checks is the one that stk_ring_publish() documents. */
static inline int stk_work_check(const struct stk_work *work) {
    if (work->nargs > STK_SLOT_ARGS) {
        return STK_E_ARGS;
    }
    if ((work->nargs > 0 && work->args == NULL) || work->priority > STK_PRIORITY_IDLE) {
        return STK_E_ARG;
    }
    return stk_opcode_ok(work->opcode) ? STK_OK : STK_E_OPCODE;
}

/* Copies the words of a slot, all but the status, into an image of 64 bytes. An image has the bytes as they lie in
 * memory, which is the same on every host, since words are little-endian there.
 *
 * Loads here and stores in stk_slot_in() have the same sizes: one word, two words, then four. A load that one earlier
 * store covers is served from the store buffer of the CPU. A load that straddles two stores waits until both have left
 * the buffer. A smaller load is served too. */
static inline void stk_slot_out(uint8_t *to, const uint32_t *w) {
    stk_raw_out(to + 4, w + STK_SLOT_OPCODE, 1);
    stk_raw_out(to + 8, w + STK_SLOT_TENANT, 2);
    for (uint32_t i = STK_SLOT_ARG0; i < STK_SLOT_WORDS; i += 4) {
        stk_raw_out(to + (size_t)i * 4u, w + i, 4);
    }
}

/* Copies the words of an image, all but the status, into a slot. The caller stores the status afterwards, with release
 * order. */
static inline void stk_slot_in(uint32_t *w, const uint8_t *from) {
    stk_raw_in(w + STK_SLOT_OPCODE, from + 4, 1);
    stk_raw_in(w + STK_SLOT_TENANT, from + 8, 2);
    for (uint32_t i = STK_SLOT_ARG0; i < STK_SLOT_WORDS; i += 4) {
        stk_raw_in(w + i, from + (size_t)i * 4u, 4);
    }
}

/* Stores every word of a slot but the status. Relaxed order will do: nobody else writes these words while the slot is
 * free, and stk_slot_publish() orders them before the status. Others may read them at any time, so each word is stored
 * whole. Reads all of `work` before the first store, since the work and its arguments may be words of this very
 * slot. */
static inline void stk_slot_fill(uint32_t *w, const struct stk_work *work) {
    const uint32_t opcode = work->opcode, owner[2] = {work->tenant, stk_priority_to_wire(work->priority)},
                   nargs = work->nargs;
    uint32_t args[STK_SLOT_ARGS] = {0}, i = 0;
    /* Four arguments in one copy, which saves time. The loop below does the rest, and all of it in a build for size. */
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

/* Stores the work and then PUBLISHED. Release: a worker that sees PUBLISHED sees all words of the slot. */
static inline void stk_slot_publish(uint32_t *w, const struct stk_work *work) {
    stk_slot_fill(w, work);
    stk_store_release(w + STK_SLOT_STATUS, STK_SLOT_PUBLISHED);
}

/* Tells idle workers to look at the ring. Call it after PUBLISHED. The doorbell is a hint: a worker that overlooks it
 * finds the slot by a later ring scan. Adds in one step, because two publishers that load and then store could put back
 * a number that a worker has seen before. */
static inline void stk_ring_bell(uint32_t *doorbell) {
    (void)stk_fetch_add(doorbell, 1);
}

/* Copies the words of a slot to *out, in host order. `status` is the status word, which the caller has loaded with
 * acquire order before. So the other words are at least as new as the status. */
static inline void stk_slot_copy(const uint32_t *w, uint32_t status, struct stk_slot *out) {
    out->status = status;
    stk_copy_out(&out->opcode, w + STK_SLOT_OPCODE, 1);
    stk_copy_out(&out->tenant, w + STK_SLOT_TENANT, 1);
    stk_copy_out(&out->wire_priority, w + STK_SLOT_PRIORITY, 1);
    for (uint32_t i = 0; i < STK_SLOT_ARGS; i += 4) {
        stk_copy_out(out->args + i, w + STK_SLOT_ARG0 + i, 4);
    }
}

/* Returns the status of a slot that ended in the status word `status`. A word that is not a status counts as a fault:
 * only a tenant can have stored such a word (custody.h says when the slot has ended). */
static inline uint32_t stk_slot_end_status(uint32_t status) {
    return stk_status_known(status) ? status : (uint32_t)STK_SLOT_FAULT;
}

/* Copies a slot that has ended, with its stk_slot_end_status(). If the status word was not a status, the fault has
 * STK_REASON_STATUS, and the word as its value. The slot in the ring stays as it is. */
static inline void stk_slot_copy_end(const uint32_t *w, uint32_t status, struct stk_slot *out) {
    stk_slot_copy(w, status, out);
    if (stk_slot_end_status(status) != status) {
        out->status = STK_SLOT_FAULT;
        out->args[STK_FAULT_REASON_ARG] = STK_REASON_STATUS;
        out->args[STK_FAULT_VALUE_ARG] = status;
    }
}

#endif
