/* stoker kernels: LOAD_MISS, a read that the device asks the host for.
 *
 * The slot claims an I/O slot, parks in WAIT_IO and gives its lane back. The host reads, marks the I/O slot OK or ERROR
 * and moves the ring slot to REQUEUE; the next claim finds the I/O slot in its ticket (STK_FETCH_TICKET_ARG, slot.h)
 * and finishes. The host's side is stoker/fetch.h.
 */
#ifndef STK_OP_LOAD_MISS_H
#define STK_OP_LOAD_MISS_H

#include "guard.h"

/* Takes a free I/O slot: EMPTY -> WAIT_IO, a state in which the host leaves it alone. io_slots when none is free. */
STK_FN stk_u32 stk_io_take(const struct stk_dev *d) {
    stk_u32 i;
    for (i = 0; i < d->io_slots; i++) {
        STK_GLOBAL stk_u32 *status = d->io + i * STK_IO_WORDS + STK_IO_STATUS;
        stk_u32 guard = stk_guard(d, d->slots + i);
        if (stk_guard_even(guard) && stk_ld_fenced(status) == STK_SLOT_EMPTY &&
            stk_take(d, d->slots + i, guard, status, STK_SLOT_EMPTY, STK_SLOT_WAIT_IO)) {
            /* the state is seen before the guard is even, and before the words that it guards are written */
            STK_FENCE();
            stk_let_go(d, d->slots + i, guard); /* in WAIT_IO no other worker touches the slot */
            break;
        }
    }
    return i;
}

STK_FN stk_u32 stk_fetch_ask(const struct stk_dev *d, const struct stk_call *c, stk_u32 resource) {
    stk_u32 i = stk_io_take(d);
    STK_GLOBAL stk_u32 *io = d->io + i * STK_IO_WORDS;
    if (i == d->io_slots) {
        return STK_SLOT_REQUEUE;
    }
    stk_st(io + STK_IO_OP, STK_IO_OP_READ);
    stk_st(io + STK_IO_SRC, resource);
    stk_st(io + STK_IO_DST, resource);
    stk_st(io + STK_IO_OFFSET_LO, 0u);
    stk_st(io + STK_IO_OFFSET_HI, 0u);
    stk_st(io + STK_IO_BYTES, 0u); /* the whole resource */
    stk_st(io + STK_IO_TAG, c->index);
    stk_st(c->slot + STK_SLOT_ARG0 + STK_FETCH_TICKET_ARG, i + 1u);
    /* The slot waits before the host can see the request, so that its completion always finds it in WAIT_IO. */
    stk_st_release(c->slot + STK_SLOT_STATUS, STK_SLOT_WAIT_IO);
    stk_st_release(io + STK_IO_STATUS, STK_SLOT_PUBLISHED);
    return STK_MOVED;
}

/* Is the request in this I/O slot this miss's own? The words of an I/O slot are its asker's and the host's alone, so a
 * ticket that a publisher made up gets nothing of another slot's. */
STK_FN int stk_fetch_own(STK_GLOBAL stk_u32 *io, const struct stk_call *c, stk_u32 resource, stk_u32 status) {
    /* An error's code takes the tag's place, and the tag that of the length. */
    return stk_ld(io + (status == STK_IO_ERROR ? STK_IO_BYTES : STK_IO_TAG)) == c->index &&
           stk_ld(io + STK_IO_SRC) == resource && stk_ld(io + STK_IO_DST) == resource &&
           stk_ld(io + STK_IO_OP) == STK_IO_OP_READ;
}

STK_FN stk_u32 stk_op_load_miss(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 resource = stk_arg(c, 0), ticket = stk_arg(c, STK_FETCH_TICKET_ARG), status, code;
    STK_GLOBAL stk_u32 *io;
    if (d->io_slots == 0u) {
        return stk_refuse(c, STK_REASON_IO, 0u);
    }
    if (ticket == 0u) {
        return stk_fetch_ask(d, c, resource);
    }
    if (ticket > d->io_slots) {
        return stk_refuse(c, STK_REASON_ARGUMENT, STK_FETCH_TICKET_ARG);
    }
    io = d->io + (ticket - 1u) * STK_IO_WORDS;
    status = stk_ld_acquire(io + STK_IO_STATUS);
    if (!stk_fetch_own(io, c, resource, status)) {
        return stk_refuse(c, STK_REASON_ARGUMENT, STK_FETCH_TICKET_ARG);
    }
    if (status == STK_SLOT_WAIT_IO || status == STK_SLOT_PUBLISHED || status == STK_SLOT_CLAIMED) {
        return STK_SLOT_REQUEUE; /* woken too early */
    }
    if (status != STK_IO_OK && status != STK_IO_ERROR) {
        return stk_refuse(c, STK_REASON_ARGUMENT, STK_FETCH_TICKET_ARG);
    }
    code = stk_ld(io + STK_IO_TAG); /* the last read of these words: then the slot may be another's */
    /* Without a ticket first: a device that is lost in between leaves an outcome that nobody names, and a miss that
     * asks again. Release: a sweep of the host that sees no ticket also sees CLAIMED, and leaves the outcome here. And
     * the reads above come before the swap that frees the I/O slot. */
    stk_st_release(c->slot + STK_SLOT_ARG0 + STK_FETCH_TICKET_ARG, 0u);
    if (stk_cmpxchg_relaxed(io + STK_IO_STATUS, status, STK_SLOT_EMPTY) != status) {
        return STK_SLOT_REQUEUE; /* the host recycled it: ask again */
    }
    return status == STK_IO_OK ? STK_SLOT_DONE : stk_refuse(c, STK_REASON_IO, code);
}

#endif
