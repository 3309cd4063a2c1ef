/* stoker kernels: LOAD_MISS, a read that the device asks the host for.
 *
 * The slot claims an I/O slot, parks in WAIT_IO and gives its lane back (stoker/kernel/io.h). The host reads, marks the
 * I/O slot OK or ERROR and moves the ring slot to REQUEUE; the next claim finds the I/O slot in its ticket
 * (STK_FETCH_TICKET_ARG, slot.h) and finishes. The host's side is stoker/fetch.h.
 */
#ifndef STK_OP_LOAD_MISS_H
#define STK_OP_LOAD_MISS_H

#include "stoker/kernel/io.h"

/* Asks the host for a resource in the first call, and ends with the host's answer in a later one. */
STK_FN stk_u32 stk_op_load_miss(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 code = 0, moved = 0, resource = stk_arg(c, 0), status;
    /* 0 bytes ask for the whole resource. */
    struct stk_io_ask ask = stk_io_make_ask(STK_IO_OP_READ, resource, resource, 0u, 0u);
    status = stk_io_outcome(d, c, &ask, 0u, &code, &moved);
    return status == STK_SLOT_DONE && code != 0u ? stk_refuse(c, STK_REASON_IO, code) : status;
}

#endif
