/* stoker: how requests of the fetch service end. A slot that still waits gets an outcome and is woken; where none
 * waits, the I/O slot is given back. This file also cancels a slot that may hold a request. */
#include "stream/cancel.h"
#include "stream/fetch_internal.h"

/// Ending ///

/* Gives back I/O slot k, which the service has claimed, without an outcome. No slot of the ring waits for an outcome
 * there, and another slot could take an outcome that was left. By compare-and-swap: a status that the device has
 * changed meanwhile is not the service's to change. */
static void drop(struct stk_fetch *m, uint32_t k) {
    uint32_t *status = m->queue.words + (size_t)k * STK_IO_WORDS + STK_IO_STATUS;
    m->requests[k].state = STK_FETCH_FREE;
    (void)stk_cas(status, STK_SLOT_CLAIMED, STK_SLOT_EMPTY);
}

/* Writes the outcome to I/O slot k and then wakes its ring slot, in this order, so that the worker finds the outcome.
 * Returns false when the device has taken the I/O slot's status from the service, or somebody else has moved the ring
 * slot: then no slot hears of the outcome. */
static bool wake(struct stk_fetch *m, uint32_t k, uint32_t code) {
    const struct stk_io_result result = {.slot = 0, .ok = code == 0u, .error = code};
    uint32_t *status = stk_slot_at(&m->ring, m->requests[k].slot) + STK_SLOT_STATUS;
    struct stk_io_queue io = stk_fetch_io(m, k);
    bool woken;
    /* The word is stored before the outcome, whose release makes the word visible. The word has held the offset of the
     * request, so a request that was refused needs a store too: else the handler would take the offset for moved bytes.
     * A load miss has no such word. */
    if (stk_load(stk_slot_at(&m->ring, m->requests[k].slot) + STK_SLOT_OPCODE) != STK_OP_LOAD_MISS) {
        stk_store(io.words + STK_IO_MOVED, m->requests[k].moved);
    }
    if (stk_io_queue_complete(&io, &result, 1, NULL) != STK_OK) {
        return false;
    }
    m->requests[k].state = STK_FETCH_OUTCOME;
    m->outcomes++;
    /* Fails where the slot was cancelled since it was looked at; the next sweep then recycles the I/O slot. */
    woken = stk_cas(status, STK_SLOT_WAIT_IO, STK_SLOT_REQUEUE) == STK_SLOT_WAIT_IO;
    stk_ring_bell(m->config.memory.control + STK_CTL_DOORBELL);
    return woken;
}

void stk_fetch_end(struct stk_fetch *m, uint32_t k, uint32_t code, uint64_t *counter) {
    struct stk_fetch_request *q = &m->requests[k];
    if (q->row != STK_FETCH_NO_ROW) {
        m->rows[q->row].waiting--;
    }
    q->state = STK_FETCH_FREE;
    if (stk_fetch_waits(m, q->slot, k) && wake(m, k, code)) {
        (*counter)++;
        return;
    }
    /* wake() may have written the outcome and found the ring slot gone: such a request is in OUTCOME, for the sweep. */
    if (q->state == STK_FETCH_FREE) {
        drop(m, k);
    }
    /* A request that was refused is counted so even where nobody hears of it. */
    (*(counter == &m->stats.refused ? counter : &m->stats.cancelled))++;
}

void stk_fetch_end_row(struct stk_fetch *m, uint32_t row, uint32_t code, uint64_t *counter) {
    for (uint32_t k = 0; k < m->queue.slots; k++) {
        if (m->requests[k].state == STK_FETCH_WAITING && m->requests[k].row == row) {
            stk_fetch_end(m, k, code, counter);
        }
    }
}

/// Outcomes ///

/* Sets I/O slot k to EMPTY, so that the device may ask through it again. Nothing is lost where the device has emptied
 * the slot itself: the error of the call is dropped. */
static void recycle(struct stk_fetch *m, uint32_t k) {
    struct stk_io_queue io = stk_fetch_io(m, k);
    m->requests[k].state = STK_FETCH_FREE;
    m->outcomes--;
    (void)!stk_io_queue_recycle(&io, 0);
}

/* Returns true if ring slot `slot` will not come for the outcome in I/O slot k. The ticket is read before the status: a
 * slot that has taken its outcome clears the ticket, then empties the I/O slot, then ends. So a ticket of 0 in a slot
 * that runs may mean that the worker is about to empty the I/O slot itself, and the sweep leaves it alone. */
static bool gone(const struct stk_ring *ring, uint32_t slot, uint32_t k) {
    const uint32_t *w = stk_slot_at(ring, slot);
    uint32_t ticket = stk_slot_arg(w, STK_FETCH_TICKET_ARG), status = stk_load_acquire(w + STK_SLOT_STATUS);
    bool runs = status == STK_SLOT_CLAIMED;
    if (!runs && status != STK_SLOT_REQUEUE) {
        return true;
    }
    return !stk_ticket_names(stk_load(w + STK_SLOT_OPCODE), ticket, k) && !(runs && ticket == 0u);
}

void stk_fetch_sweep(struct stk_fetch *m) {
    for (uint32_t k = 0; k < m->queue.slots && m->outcomes != 0u; k++) {
        const struct stk_fetch_request *q = &m->requests[k];
        struct stk_io_queue io = stk_fetch_io(m, k);
        int status;
        if (q->state != STK_FETCH_OUTCOME) {
            continue;
        }
        status = stk_io_queue_status(&io, 0);
        if ((status != (int)STK_IO_OK && status != (int)STK_IO_ERROR) || gone(&m->ring, q->slot, k)) {
            recycle(m, k);
        }
    }
}

/// Cancel ///

/* Finds the request in state `state` that ring slot `slot` waits for: the slot holds the ticket of the request, and the
 * request names the slot. A ticket alone proves nothing, since a publisher may have stored any ticket. Returns the
 * number of I/O slots if there is no such request. */
static uint32_t request_of(const struct stk_fetch *m, uint32_t slot, uint32_t state) {
    const uint32_t *w = stk_slot_at(&m->ring, slot);
    uint32_t opcode = stk_load(w + STK_SLOT_OPCODE), ticket = stk_slot_arg(w, STK_FETCH_TICKET_ARG), k = 0;
    while (k < m->queue.slots &&
           !(stk_ticket_names(opcode, ticket, k) && m->requests[k].state == state && m->requests[k].slot == slot)) {
        k++;
    }
    return k;
}

/* Cancels a slot that is in REQUEUE and may have been woken with an outcome. Claims the slot as a worker would, so that
 * the outcome is recycled before the slot becomes EMPTY: a new load miss in this slot must not find an old outcome. */
static int cancel_woken(struct stk_fetch *m, uint32_t slot) {
    uint32_t *status = stk_slot_at(&m->ring, slot) + STK_SLOT_STATUS;
    bool ours = stk_cas(status, STK_SLOT_REQUEUE, STK_SLOT_CLAIMED) == STK_SLOT_REQUEUE;
    uint32_t k = ours ? request_of(m, slot, STK_FETCH_OUTCOME) : m->queue.slots;
    if (k < m->queue.slots) {
        recycle(m, k);
    }
    if (ours) {
        /* Release: a publisher that finds the ring slot EMPTY finds the I/O slot recycled too. */
        stk_store_release(status, STK_SLOT_EMPTY);
    }
    return ours ? (int)STK_SLOT_REQUEUE : STK_E_STATUS;
}

int stk_fetch_cancel(struct stk_fetch *fetch, uint32_t slot) {
    uint32_t k;
    int was = stk_ring_status(&fetch->ring, slot);
    if (was < 0) {
        return was;
    }
    if (was != (int)STK_SLOT_WAIT_IO && !stk_may_cancel(fetch->config.memory.control, &fetch->config.dispatch)) {
        return STK_E_WOULD_BLOCK;
    }
    if (was == (int)STK_SLOT_REQUEUE) {
        return cancel_woken(fetch, slot);
    }
    /* The request is looked up before the transition: a publisher may overwrite the ticket after the transition. */
    k = was == (int)STK_SLOT_WAIT_IO ? request_of(fetch, slot, STK_FETCH_WAITING) : fetch->queue.slots;
    was = stk_ring_transition(&fetch->ring, slot, STK_TO_CANCEL);
    if (was >= 0 && k < fetch->queue.slots) {
        stk_fetch_stop_moving(fetch, k);
        stk_fetch_end(fetch, k, 0, &fetch->stats.cancelled); /* the slot of the request no longer waits */
        fetch->ended_told++; /* the caller knows of this end: no poll is to count it again */
    }
    return was;
}
