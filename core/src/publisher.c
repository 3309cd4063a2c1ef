/* stoker: tickets. */
#include "stoker/publisher.h"

#include "slot_words.h"

/* Tickets from `older` to `newer`, modulo 2^32. */
static uint32_t distance(uint32_t older, uint32_t newer) {
    return newer - older;
}

static uint32_t *slot_of(const struct stk_publisher *publisher, uint32_t ticket) {
    return stk_slot_at(&publisher->ring, ticket & publisher->mask);
}

int stk_publisher_init(struct stk_publisher *publisher, const struct stk_ring *ring,
                       const struct stk_control *control) {
    if (ring->slots == 0 || (ring->slots & (ring->slots - 1)) != 0) {
        return STK_E_ARG;
    }
    if (control->count <= STK_CTL_HARVEST_HEAD) {
        return STK_E_MISSING;
    }
    publisher->ring = *ring;
    publisher->tail = control->words + STK_CTL_PUBLISH_TAIL;
    publisher->head = control->words + STK_CTL_HARVEST_HEAD;
    publisher->doorbell = control->count > STK_CTL_DOORBELL ? control->words + STK_CTL_DOORBELL : NULL;
    publisher->mask = ring->slots - 1;
    return STK_OK;
}

int stk_publisher_reset(struct stk_publisher *publisher, uint32_t first) {
    for (uint32_t i = 0; i < publisher->ring.slots; i++) {
        uint32_t status = stk_load_acquire(stk_slot_at(&publisher->ring, i) + STK_SLOT_STATUS);
        if (!stk_status_publishable(status) && status != STK_FAULT) {
            return STK_E_STATUS;
        }
    }
    for (uint32_t i = 0; i < publisher->ring.slots; i++) {
        stk_store(stk_slot_at(&publisher->ring, i) + STK_SLOT_STATUS, STK_EMPTY);
    }
    stk_store_release(publisher->head, first);
    stk_store_release(publisher->tail, first);
    return STK_OK;
}

/* One attempt to take ticket *ticket, the tail as last seen. STK_E_AGAIN: another publisher was
 * faster, look again. */
static int take(struct stk_publisher *publisher, uint32_t *ticket) {
    uint32_t tail = *ticket;
    /* Acquire: a head that gives credit for a slot comes after the harvester's reads of it and its
     * EMPTY. */
    uint32_t pending = distance(stk_load_acquire(publisher->head), tail);
    if (pending >= publisher->ring.slots) {
        /* Read after the tail, the head may have passed an old tail; then the difference is
         * "negative". */
        *ticket = stk_load(publisher->tail);
        return *ticket == tail && pending == publisher->ring.slots ? STK_E_FULL : STK_E_AGAIN;
    }
    /* Acquire: a status that belongs to this very ticket comes after the swap that took it, so that
     * the tail read below has moved; if it has not, the slot was taken past the tickets. */
    if (stk_load_acquire(slot_of(publisher, tail) + STK_SLOT_STATUS) != STK_EMPTY) {
        *ticket = stk_load(publisher->tail);
        return *ticket == tail ? STK_E_STATUS : STK_E_AGAIN;
    }
    *ticket = stk_cas(publisher->tail, tail, tail + 1);
    return *ticket == tail ? STK_OK : STK_E_AGAIN;
}

int stk_publisher_publish(struct stk_publisher *publisher, const struct stk_work *work, uint32_t *ticket) {
    int err = stk_work_check(work);
    if (err != STK_OK) {
        return err;
    }
    uint32_t mine = stk_load(publisher->tail);
    uint32_t tries = STK_PUBLISHER_TRIES;
    do {
        err = take(publisher, &mine);
    } while (err == STK_E_AGAIN && --tries > 0);
    if (err != STK_OK) {
        return err;
    }
    stk_slot_publish(slot_of(publisher, mine), work);
    if (publisher->doorbell != NULL) {
        stk_ring_bell(publisher->doorbell);
    }
    if (ticket != NULL) {
        *ticket = mine;
    }
    return (int)(mine & publisher->mask);
}

uint32_t stk_publisher_oldest(const struct stk_publisher *publisher) {
    return stk_load(publisher->head);
}

uint32_t stk_publisher_pending(const struct stk_publisher *publisher) {
    /* The head first: a tail read later is never behind it. */
    uint32_t head = stk_load_acquire(publisher->head);
    return distance(head, stk_load(publisher->tail));
}

int stk_publisher_harvest(struct stk_publisher *publisher, struct stk_slot *out, uint32_t *ticket) {
    uint32_t head = stk_load(publisher->head); /* ours: no one else moves it */
    uint32_t *w = slot_of(publisher, head);
    /* Acquire: the results are those that the worker stored before it set the status, and the tail
     * read next has passed this ticket; if it has not, the slot was finished past the tickets. */
    uint32_t status = stk_load_acquire(w + STK_SLOT_STATUS);
    if ((status != STK_DONE && status != STK_FAULT) || stk_load(publisher->tail) == head) {
        return STK_E_AGAIN;
    }
    stk_slot_copy(w, status, out);
    stk_store(w + STK_SLOT_STATUS, STK_EMPTY);
    /* Release: our reads of the slot and its EMPTY come before the credit for it. */
    stk_store_release(publisher->head, head + 1);
    if (ticket != NULL) {
        *ticket = head;
    }
    return (int)status;
}

int stk_publisher_repair(struct stk_publisher *publisher, uint32_t ticket) {
    uint32_t head = stk_load(publisher->head);
    if (ticket != head || stk_load(publisher->tail) == head) {
        return STK_E_AGAIN;
    }
    if (stk_load_acquire(slot_of(publisher, head) + STK_SLOT_STATUS) != STK_EMPTY) {
        return STK_E_STATUS;
    }
    stk_store_release(publisher->head, head + 1);
    return STK_OK;
}
