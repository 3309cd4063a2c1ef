/* How requests end: an outcome for the slot that waits, or nothing where none does; and cancel. */
#include "stream/cancel.h"
#include "stream/fetch_internal.h"

/// Ending ///

/* Nobody waits for I/O slot k, which the service has claimed: it has no outcome that another slot could take. */
static void drop(struct stk_fetch *m, uint32_t k) {
    uint32_t *status = m->queue.words + (size_t)k * STK_IO_WORDS + STK_IO_STATUS;
    m->requests[k].state = STK_FETCH_FREE;
    (void)stk_cas(status, STK_SLOT_CLAIMED, STK_SLOT_EMPTY);
}

/* The outcome goes to I/O slot k, then its ring slot is woken, so that it finds it. False when the device has taken the
 * I/O slot's status from us, or somebody else has moved the ring slot. */
static bool wake(struct stk_fetch *m, uint32_t k, uint32_t code) {
    const struct stk_io_result result = {.slot = 0, .ok = code == 0u, .error = code};
    uint32_t *status = stk_slot_at(&m->ring, m->requests[k].slot) + STK_SLOT_STATUS;
    struct stk_io_queue io = stk_fetch_io(m, k);
    bool woken;
    /* Seen with the outcome. The word has held the offset, so it is stored for a request that was refused, too. */
    if (stk_load(stk_slot_at(&m->ring, m->requests[k].slot) + STK_SLOT_OPCODE) != STK_OP_LOAD_MISS) {
        stk_store(io.words + STK_IO_MOVED, m->requests[k].moved);
    }
    if (stk_io_queue_complete(&io, &result, 1, NULL) != STK_OK) {
        return false;
    }
    m->requests[k].state = STK_FETCH_OUTCOME;
    m->outcomes++;
    woken = stk_cas(status, STK_SLOT_WAIT_IO, STK_SLOT_REQUEUE) == STK_SLOT_WAIT_IO; /* else the sweep recycles it */
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

static void recycle(struct stk_fetch *m, uint32_t k) {
    struct stk_io_queue io = stk_fetch_io(m, k);
    m->requests[k].state = STK_FETCH_FREE;
    m->outcomes--;
    (void)!stk_io_queue_recycle(&io, 0);
}

/* Will ring slot `slot` not come for the outcome in I/O slot k? The ticket is read before the status: a slot that has
 * taken its outcome clears the ticket, then empties the I/O slot, then ends. */
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

/* The request that ring slot `slot` holds the ticket of, when the service knows it; else the number of I/O slots. */
static uint32_t request_of(const struct stk_fetch *m, uint32_t slot, uint32_t state) {
    const uint32_t *w = stk_slot_at(&m->ring, slot);
    uint32_t opcode = stk_load(w + STK_SLOT_OPCODE), ticket = stk_slot_arg(w, STK_FETCH_TICKET_ARG), k = 0;
    while (k < m->queue.slots &&
           !(stk_ticket_names(opcode, ticket, k) && m->requests[k].state == state && m->requests[k].slot == slot)) {
        k++;
    }
    return k;
}

/* A woken slot: it is claimed as a worker would, so that its outcome is gone before it is free. */
static int cancel_woken(struct stk_fetch *m, uint32_t slot) {
    uint32_t *status = stk_slot_at(&m->ring, slot) + STK_SLOT_STATUS;
    bool ours = stk_cas(status, STK_SLOT_REQUEUE, STK_SLOT_CLAIMED) == STK_SLOT_REQUEUE;
    uint32_t k = ours ? request_of(m, slot, STK_FETCH_OUTCOME) : m->queue.slots;
    if (k < m->queue.slots) {
        recycle(m, k);
    }
    if (ours) {
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
    k = was == (int)STK_SLOT_WAIT_IO ? request_of(fetch, slot, STK_FETCH_WAITING) : fetch->queue.slots;
    was = stk_ring_transition(&fetch->ring, slot, STK_TO_CANCEL);
    if (was >= 0 && k < fetch->queue.slots) {
        stk_fetch_stop_moving(fetch, k);
        stk_fetch_end(fetch, k, 0, &fetch->stats.cancelled); /* its slot no longer waits */
        fetch->ended_told++;                                 /* by this call */
    }
    return was;
}
