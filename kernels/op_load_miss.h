/* stoker kernels: LOAD_MISS, a read that the device asks the host for.
 *
 * The slot claims an I/O slot, parks in WAIT_IO and gives its lane back. The host reads, marks the I/O slot OK or ERROR
 * and moves the ring slot to REQUEUE; the next claim finds the I/O slot in argument 2 and finishes.
 */
#ifndef STK_OP_LOAD_MISS_H
#define STK_OP_LOAD_MISS_H

#include "device.h"

#define STK_MISS_TICKET 2u /* argument: 1 + index of the I/O slot that serves this miss */

/* Takes a free I/O slot: EMPTY -> WAIT_IO, a state in which the host leaves it alone. io_slots when none is free. */
STK_FN stk_u32 stk_io_take(const struct stk_dev *d) {
    stk_u32 i;
    for (i = 0; i < d->io_slots; i++) {
        STK_GLOBAL stk_u32 *status = d->io + i * STK_IO_WORDS + STK_IO_STATUS;
        if (stk_ld(status) == STK_EMPTY && stk_cmpxchg(status, STK_EMPTY, STK_WAIT_IO) == STK_EMPTY) {
            break;
        }
    }
    return i;
}

STK_FN stk_u32 stk_miss_ask(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 resource = stk_arg(c, 0), i = stk_io_take(d);
    STK_GLOBAL stk_u32 *io = d->io + i * STK_IO_WORDS;
    if (i == d->io_slots) {
        return STK_REQUEUE;
    }
    stk_st(io + STK_IO_OP, STK_IO_OP_READ);
    stk_st(io + STK_IO_SRC, resource);
    stk_st(io + STK_IO_DST, resource);
    stk_st(io + STK_IO_OFFSET_LO, 0u);
    stk_st(io + STK_IO_OFFSET_HI, 0u);
    stk_st(io + STK_IO_BYTES, 0u); /* the whole resource */
    stk_st(io + STK_IO_TAG, c->index);
    stk_st(c->slot + STK_SLOT_ARG0 + STK_MISS_TICKET, i + 1u);
    /* The slot waits before the host can see the request, so that its completion always finds it in WAIT_IO. */
    stk_st_release(c->slot + STK_SLOT_STATUS, STK_WAIT_IO);
    stk_st_release(io + STK_IO_STATUS, STK_PUBLISHED);
    return STK_MOVED;
}

STK_FN stk_u32 stk_op_load_miss(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 ticket = stk_arg(c, STK_MISS_TICKET), status, tag;
    STK_GLOBAL stk_u32 *io;
    if (d->io_slots == 0u) {
        return stk_refuse(c, STK_REASON_IO, 0u);
    }
    if (ticket == 0u) {
        return stk_miss_ask(d, c);
    }
    if (ticket > d->io_slots) {
        return stk_refuse(c, STK_REASON_ARGUMENT, STK_MISS_TICKET);
    }
    io = d->io + (ticket - 1u) * STK_IO_WORDS;
    status = stk_ld_acquire(io + STK_IO_STATUS);
    if (status != STK_IO_OK && status != STK_IO_ERROR) {
        return STK_REQUEUE;
    }
    tag = stk_ld(io + STK_IO_TAG);
    /* The I/O slot must be this miss's own. An error's code takes the tag's place. */
    if (stk_ld(io + STK_IO_SRC) != stk_arg(c, 0) || (status == STK_IO_OK && tag != c->index)) {
        return stk_refuse(c, STK_REASON_ARGUMENT, STK_MISS_TICKET);
    }
    stk_st(c->slot + STK_SLOT_ARG0 + STK_MISS_TICKET, 0u);
    stk_st_release(io + STK_IO_STATUS, STK_EMPTY);
    return status == STK_IO_OK ? STK_DONE : stk_refuse(c, STK_REASON_IO, tag);
}

#endif
