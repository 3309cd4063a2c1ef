/* stoker kernels: I/O that a handler asks the host for (core/SPEC.md, 4.4). The host's side is stoker/fetch.h.
 *
 * The handler of a slot asks, and its worker goes on with other slots. The host serves the request and wakes the slot.
 * The handler then runs again from its start, makes the same call, and the call gives it the outcome:
 *
 *     stk_u32 status = stk_io_write(d, c, MY_HANDLE, 4096u, stk_arg(c, 0), stk_arg(c, 1));
 *     if (status == STK_SLOT_DONE) {
 *         stk_result(c, 0, 1u); // the bytes are in the file
 *     }
 *     return status;
 *
 * Only a STK_SCALAR handler may ask, and not inside a packed slot. The handler asks for one thing at a time; a handler
 * of several steps keeps the number of its step in a result word. Argument STK_FETCH_TICKET_ARG of its slot belongs to
 * these calls: whoever publishes the slot stores 0 there.
 */
#ifndef STOKER_KERNEL_IO_H
#define STOKER_KERNEL_IO_H

#include "stoker/kernel/guard.h"

/* A request of a slot. A READ goes from handle `src` to payload byte `dst`, a WRITE from payload byte `src` to handle
 * `dst`; `offset` counts bytes from the start of the handle's range of the source. A FENCE has the handle in `dst`, and
 * zeros in the other fields. */
struct stk_io_ask {
    stk_u32 op, src, dst, bytes;
    stk_u64 offset;
};

/* Returns the request with these fields. */
STK_FN struct stk_io_ask stk_io_make_ask(stk_u32 op, stk_u32 src, stk_u32 dst, stk_u64 offset, stk_u32 bytes) {
    struct stk_io_ask ask;
    ask.op = op;
    ask.src = src;
    ask.dst = dst;
    ask.bytes = bytes;
    ask.offset = offset;
    return ask;
}

/* Takes a free I/O slot: EMPTY -> WAIT_IO, a state in which the host leaves the I/O slot alone. Returns its index, or
 * io_slots when none is free. */
STK_FN stk_u32 stk_io_take(const struct stk_dev *d) {
    stk_u32 i;
    for (i = 0; i < d->io_slots; i++) {
        STK_GLOBAL stk_u32 *status = d->io + i * STK_IO_WORDS + STK_IO_STATUS;
        stk_u32 guard = stk_guard(d, d->slots + i);
        if (stk_guard_even(guard) && stk_ld_fenced(status) == STK_SLOT_EMPTY &&
            stk_take(d, d->slots + i, guard, status, STK_SLOT_EMPTY, STK_SLOT_WAIT_IO)) {
            /* the state is seen before the guard is even, and before the words that it guards are written */
            STK_MEM_FENCE();
            /* No other worker touches an I/O slot in WAIT_IO, so the guard may go back at once. */
            stk_let_go(d, d->slots + i, guard);
            break;
        }
    }
    return i;
}

/* Publishes the request of a slot that has not asked yet. `mark`: 0 for a LOAD_MISS, else STK_IO_TICKET. Returns
 * STK_MOVED, or STK_SLOT_REQUEUE when every I/O slot is in use. */
STK_FN stk_u32 stk_io_publish(const struct stk_dev *d, const struct stk_call *c, const struct stk_io_ask *ask,
                              stk_u32 mark) {
    stk_u32 i = stk_io_take(d);
    STK_GLOBAL stk_u32 *io = d->io + i * STK_IO_WORDS;
    if (i == d->io_slots) {
        return STK_SLOT_REQUEUE;
    }
    stk_st(io + STK_IO_OP, ask->op);
    stk_st(io + STK_IO_SRC, ask->src);
    stk_st(io + STK_IO_DST, ask->dst);
    stk_st(io + STK_IO_OFFSET_LO, (stk_u32)ask->offset);
    stk_st(io + STK_IO_OFFSET_HI, (stk_u32)(ask->offset >> 32));
    stk_st(io + STK_IO_BYTES, ask->bytes);
    stk_st(io + STK_IO_TAG, c->index);
    stk_st(c->slot + STK_SLOT_ARG0 + STK_FETCH_TICKET_ARG, mark + i + 1u);
    /* The slot waits before the host can see the request, so that its completion always finds it in WAIT_IO. */
    stk_st_release(c->slot + STK_SLOT_STATUS, STK_SLOT_WAIT_IO);
    stk_st_release(io + STK_IO_STATUS, STK_SLOT_PUBLISHED);
    return STK_MOVED;
}

/* Returns 1 if the request in this I/O slot is this slot's own. Only the slot that asked and the host write the words
 * of an I/O slot. So a slot whose ticket was invented by a publisher does not get the outcome of another slot. */
STK_FN int stk_io_own(STK_GLOBAL stk_u32 *io, const struct stk_call *c, const struct stk_io_ask *ask, stk_u32 status) {
    /* An error's code takes the place of the tag, and the tag that of the length. */
    return stk_ld(io + (status == STK_IO_ERROR ? STK_IO_BYTES : STK_IO_TAG)) == c->index &&
           stk_ld(io + STK_IO_SRC) == ask->src && stk_ld(io + STK_IO_DST) == ask->dst &&
           stk_ld(io + STK_IO_OP) == ask->op;
}

/* Publishes the request in the first call, and takes its outcome in a later one. Returns STK_SLOT_DONE when the outcome
 * is there: *code is 0, or the code of the error, and *moved the number of bytes that were moved. The handler returns
 * any other status at once. */
STK_FN stk_u32 stk_io_outcome(const struct stk_dev *d, const struct stk_call *c, const struct stk_io_ask *ask,
                              stk_u32 mark, stk_u32 *code, stk_u32 *moved) {
    stk_u32 ticket = stk_ld(c->slot + STK_SLOT_ARG0 + STK_FETCH_TICKET_ARG), status;
    STK_GLOBAL stk_u32 *io;
    if (d->io_slots == 0u) {
        return stk_refuse(c, STK_REASON_IO, 0u);
    }
    if (ticket == 0u) {
        return stk_io_publish(d, c, ask, mark);
    }
    /* A ticket without the mark leaves no number that is a ticket. */
    ticket -= mark;
    if (ticket == 0u || ticket > d->io_slots) {
        return stk_refuse(c, STK_REASON_ARGUMENT, STK_FETCH_TICKET_ARG);
    }
    io = d->io + (ticket - 1u) * STK_IO_WORDS;
    status = stk_ld_acquire(io + STK_IO_STATUS);
    if (!stk_io_own(io, c, ask, status)) {
        return stk_refuse(c, STK_REASON_ARGUMENT, STK_FETCH_TICKET_ARG);
    }
    if (status == STK_SLOT_WAIT_IO || status == STK_SLOT_PUBLISHED || status == STK_SLOT_CLAIMED) {
        /* The slot was woken too early. */
        return STK_SLOT_REQUEUE;
    }
    if (status != STK_IO_OK && status != STK_IO_ERROR) {
        return stk_refuse(c, STK_REASON_ARGUMENT, STK_FETCH_TICKET_ARG);
    }
    *moved = stk_ld(io + STK_IO_MOVED);
    /* This is the last read of these words: after the swap below the I/O slot may belong to another slot. */
    *code = stk_ld(io + STK_IO_TAG);
    *code = status == STK_IO_OK ? 0u : *code;
    /* The ticket is cleared before the swap. If the device is lost in between, no slot has the ticket of the outcome:
     * the host frees the I/O slot, and this slot asks again. Release orders two things. A sweep of the host that sees
     * no ticket also sees CLAIMED, and leaves the outcome alone. The reads above come before the swap that frees the
     * I/O slot. */
    stk_st_release(c->slot + STK_SLOT_ARG0 + STK_FETCH_TICKET_ARG, 0u);
    if (stk_cmpxchg_relaxed(io + STK_IO_STATUS, status, STK_SLOT_EMPTY) != status) {
        /* The host has freed the I/O slot, so this slot asks again. */
        return STK_SLOT_REQUEUE;
    }
    return STK_SLOT_DONE;
}

/// For handlers ///

/* Does one request as the three calls below do, for a handler that goes on after an error. Returns STK_SLOT_DONE when
 * the outcome is there: *code is 0 or the code of the error, *moved the number of bytes that were moved. The handler
 * returns any other status at once. */
STK_FN_FOR_USERS stk_u32 stk_io(const struct stk_dev *d, const struct stk_call *c, const struct stk_io_ask *ask,
                                stk_u32 *code, stk_u32 *moved) {
    stk_u32 at = ask->op == STK_IO_OP_READ ? ask->dst : ask->src;
    if (c->packed) {
        return stk_refuse(c, STK_REASON_PACKED, 0u);
    }
    if (ask->op != STK_IO_OP_FENCE && !stk_payload_ok(d, at, ask->bytes)) {
        return stk_refuse(c, STK_REASON_PAYLOAD, at);
    }
    return stk_io_outcome(d, c, ask, STK_IO_TICKET, code, moved);
}

/* Does one request as stk_io does, and faults the slot if the I/O failed. Result 0 then has the number of bytes that
 * were moved. */
STK_FN_FOR_USERS stk_u32 stk_io_or_fault(const struct stk_dev *d, const struct stk_call *c,
                                         const struct stk_io_ask *ask) {
    stk_u32 code = 0, moved = 0, status = stk_io(d, c, ask, &code, &moved);
    if (status == STK_SLOT_DONE && code != 0u) {
        stk_result(c, 0, moved);
        return stk_refuse(c, STK_REASON_IO, code);
    }
    return status;
}

/* Reads `bytes` bytes from byte `offset` of the handle's range of the source to payload byte `to`. Returns
 * STK_SLOT_DONE once the bytes are there; the handler returns any other status at once. A source that ends before is an
 * error, STK_E_SHORT. */
STK_FN_FOR_USERS stk_u32 stk_io_read(const struct stk_dev *d, const struct stk_call *c, stk_u32 handle, stk_u64 offset,
                                     stk_u32 to, stk_u32 bytes) {
    struct stk_io_ask ask = stk_io_make_ask(STK_IO_OP_READ, handle, to, offset, bytes);
    return stk_io_or_fault(d, c, &ask);
}

/* Writes `bytes` bytes, which begin at payload byte `from`, to byte `offset` of the handle's range of the source.
 * Returns as stk_io_read. Those bytes of the payload must not change before the call returns STK_SLOT_DONE. */
STK_FN_FOR_USERS stk_u32 stk_io_write(const struct stk_dev *d, const struct stk_call *c, stk_u32 handle, stk_u64 offset,
                                      stk_u32 from, stk_u32 bytes) {
    struct stk_io_ask ask = stk_io_make_ask(STK_IO_OP_WRITE, from, handle, offset, bytes);
    return stk_io_or_fault(d, c, &ask);
}

/* Asks for an I/O fence: waits until every write to the handle's source that was asked for before the fence is kept
 * through a power cut. Returns as stk_io_read. */
STK_FN_FOR_USERS stk_u32 stk_io_fence(const struct stk_dev *d, const struct stk_call *c, stk_u32 handle) {
    struct stk_io_ask ask = stk_io_make_ask(STK_IO_OP_FENCE, 0u, handle, 0u, 0u);
    return stk_io_or_fault(d, c, &ask);
}

#endif
