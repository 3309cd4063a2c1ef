/* stoker: the words of one slot, inline for the calls that publish and read. Private to the core.
 */
#ifndef STK_SRC_SLOT_WORDS_H
#define STK_SRC_SLOT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stoker/atomic.h"
#include "stoker/ring.h"

static inline uint32_t *stk_slot_at(const struct stk_ring *ring, uint32_t slot) {
    return ring->words + (size_t)slot * STK_SLOT_WORDS;
}

static inline bool stk_status_publishable(uint32_t status) {
    return status == STK_EMPTY || status == STK_DONE;
}

static inline bool stk_opcode_ok(uint32_t opcode) {
    if (opcode >= STK_OP_SYSTEM_BIT) {
        return opcode == STK_OP_PACKED_SLOT || opcode == STK_OP_SHUTDOWN;
    }
    return opcode < STK_OP_RESERVED_MIN || opcode > STK_OP_RESERVED_MAX || opcode == STK_OP_PRINTF;
}

/* The argument errors of publishing, in their documented order. */
static inline int stk_work_check(const struct stk_work *work) {
    if (work->nargs > STK_SLOT_ARGS) {
        return STK_E_ARGS;
    }
    if (work->nargs > 0 && work->args == NULL) {
        return STK_E_ARG;
    }
    return stk_opcode_ok(work->opcode) ? STK_OK : STK_E_OPCODE;
}

/* Argument `i`, 0 beyond nargs. Picks a pointer rather than a branch: nargs varies from call to call. */
static inline uint32_t stk_work_arg(const struct stk_work *work, uint32_t i) {
    static const uint32_t zeros[STK_SLOT_ARGS] = {0};
    const uint32_t *from = i < work->nargs ? work->args : zeros;
    return from[i];
}

/* Every word but the status. Nobody else writes these while the slot is free, yet others may read
 * them at any time, so they are relaxed atomics: plain moves on every machine we know. */
static inline void stk_slot_fill(uint32_t *w, const struct stk_work *work) {
    stk_store(w + STK_SLOT_OPCODE, work->opcode);
    stk_store(w + STK_SLOT_TENANT, work->tenant);
    stk_store(w + STK_SLOT_PRIORITY, work->priority);
    for (uint32_t i = 0; i < STK_SLOT_ARGS; i += 4) { /* by four: gcc does not unroll it at -O2 */
        stk_store(w + STK_SLOT_ARG0 + i, stk_work_arg(work, i));
        stk_store(w + STK_SLOT_ARG0 + i + 1, stk_work_arg(work, i + 1));
        stk_store(w + STK_SLOT_ARG0 + i + 2, stk_work_arg(work, i + 2));
        stk_store(w + STK_SLOT_ARG0 + i + 3, stk_work_arg(work, i + 3));
    }
}

/* The release orders the words above before the status: who sees PUBLISHED sees them all. */
static inline void stk_slot_publish(uint32_t *w, const struct stk_work *work) {
    stk_slot_fill(w, work);
    stk_store_release(w + STK_SLOT_STATUS, STK_PUBLISHED);
}

/* Every word but the status, which the caller has loaded with acquire order before. */
static inline void stk_slot_copy(const uint32_t *w, uint32_t status, struct stk_slot *out) {
    out->status = status;
    out->opcode = stk_load(w + STK_SLOT_OPCODE);
    out->tenant = stk_load(w + STK_SLOT_TENANT);
    out->priority = stk_load(w + STK_SLOT_PRIORITY);
    for (uint32_t i = 0; i < STK_SLOT_ARGS; i += 4) {
        out->args[i] = stk_load(w + STK_SLOT_ARG0 + i);
        out->args[i + 1] = stk_load(w + STK_SLOT_ARG0 + i + 1);
        out->args[i + 2] = stk_load(w + STK_SLOT_ARG0 + i + 2);
        out->args[i + 3] = stk_load(w + STK_SLOT_ARG0 + i + 3);
    }
}

#endif
