/* stoker: gives slots to several publishers by tickets, and takes them back in the order of the tickets (SPEC.md, 1.8).
 * Two words of the control buffer hold all that the publishers share: the tail counts tickets handed out, the head
 * tickets harvested. Both run free and are compared by difference alone. Workers know nothing of tickets. */
#include "stoker/publisher.h"

#include "custody.h"
#include "slot_words.h"

/* Returns how many tickets lie from `older` to `newer`, modulo 2^32. */
static uint32_t distance(uint32_t older, uint32_t newer) {
    return newer - older;
}

/* Returns the first word of the slot of a ticket. The number of slots is a power of two and so divides 2^32: the slots
 * stay in order when the tickets wrap. */
static uint32_t *slot_of(const struct stk_publisher *publisher, uint32_t ticket) {
    return stk_slot_at(&publisher->ring, ticket & publisher->mask);
}

int stk_publisher_init(struct stk_publisher *publisher, const struct stk_ring *ring,
                       const struct stk_control *control) {
    if (ring->slots == 0 || (ring->slots & (ring->slots - 1)) != 0) {
        return STK_E_ARG;
    }
    /* The head is the higher of the two words without which there are no tickets. A buffer that ends behind it, before
     * the doorbell or word 159, serves with less: idle workers find slots later, and every status is believed. */
    if (control->count <= STK_CTL_HARVEST_HEAD) {
        return STK_E_MISSING;
    }
    publisher->ring = *ring;
    publisher->tail = control->words + STK_CTL_PUBLISH_TAIL;
    publisher->head = control->words + STK_CTL_HARVEST_HEAD;
    publisher->doorbell = control->count > STK_CTL_DOORBELL ? control->words + STK_CTL_DOORBELL : NULL;
    publisher->control = control->count > STK_CTL_NO_SHARED_ATOMICS ? control->words : NULL;
    publisher->mask = ring->slots - 1;
    publisher->doubted = publisher->entered = 0;
    publisher->doubts = false;
    return STK_OK;
}

/* Returns true if a reset, during which no worker runs, may set a slot with this status to EMPTY. A word that is not a
 * status is set to EMPTY only where there are custody words, which show that no worker has the slot. */
static bool is_recyclable(const struct stk_publisher *publisher, uint32_t status) {
    return stk_status_publishable(status) || stk_status_ended(status) ||
           (!stk_status_known(status) && stk_custody(publisher->control) != NULL);
}

int stk_publisher_reset(struct stk_publisher *publisher, uint32_t first) {
    /* All slots are checked before the first store, so that nothing changes on error. */
    for (uint32_t i = 0; i < publisher->ring.slots; i++) {
        uint32_t status = stk_load_acquire(stk_slot_at(&publisher->ring, i) + STK_SLOT_STATUS);
        if (!is_recyclable(publisher, status)) {
            return STK_E_STATUS;
        }
    }
    for (uint32_t i = 0; i < publisher->ring.slots; i++) {
        stk_store(stk_slot_at(&publisher->ring, i) + STK_SLOT_STATUS, STK_SLOT_EMPTY);
    }
    /* No other publisher or harvester runs yet, so the order of these stores does not matter. */
    stk_store_release(publisher->head, first);
    stk_store_release(publisher->tail, first);
    return STK_OK;
}

/* Returns STK_OK if the slot of `ticket`, which was harvested before, may be written: the slot is EMPTY and no worker
 * has it. */
static int look(const struct stk_publisher *publisher, uint32_t ticket) {
    uint32_t slot = ticket & publisher->mask;
    /* Acquire: a status that belongs to this very ticket was stored after the swap that took the ticket. So the tail
     * that the caller reads next has moved. If the tail has not moved, someone took the slot without a ticket. */
    uint32_t status = stk_load_acquire(stk_slot_at(&publisher->ring, slot) + STK_SLOT_STATUS);
    if (status == STK_SLOT_EMPTY) {
        return stk_in_custody(publisher->control, slot) ? STK_E_WOULD_BLOCK : STK_OK;
    }
    /* A tenant stored this status in a slot that was no longer its own: the harvester gives the slot back. */
    return stk_custody(publisher->control) != NULL ? STK_E_WOULD_BLOCK : STK_E_STATUS;
}

/* Tries once to take ticket *ticket, the tail as last seen. STK_E_WOULD_BLOCK: another publisher was faster, or the
 * harvester has to give the slot back first. Look again then. */
static int take(struct stk_publisher *publisher, uint32_t *ticket) {
    uint32_t tail = *ticket;
    int err;
    /* Acquire: a head that gives credit for a slot was stored after the harvester had read the slot and stored
     * EMPTY. */
    uint32_t pending = distance(stk_load_acquire(publisher->head), tail);
    if (pending >= publisher->ring.slots) {
        /* The caller read the tail before the head. Meanwhile the head may have passed this old tail, and then the
         * difference is "negative", a very large number. FULL is true only if the tail has not moved and every slot is
         * pending. */
        *ticket = stk_load(publisher->tail);
        return *ticket == tail && pending == publisher->ring.slots ? STK_E_FULL : STK_E_WOULD_BLOCK;
    }
    err = look(publisher, tail);
    if (err != STK_OK) {
        *ticket = stk_load(publisher->tail);
        return *ticket == tail ? err : STK_E_WOULD_BLOCK;
    }
    /* A ticket is a number and says nothing of its slot: head and status do, and both were acquired in this try. */
    *ticket = stk_cas(publisher->tail, tail, tail + 1);
    return *ticket == tail ? STK_OK : STK_E_WOULD_BLOCK;
}

int stk_publisher_publish(struct stk_publisher *publisher, const struct stk_work *work, uint32_t *ticket) {
    int err = stk_work_check(work);
    if (err != STK_OK) {
        return err;
    }
    uint32_t mine = stk_load(publisher->tail);
    /* Bounded, so that an interrupt that publishes returns even when other publishers are faster every time. */
    uint32_t tries = STK_PUBLISHER_TRIES;
    do {
        err = take(publisher, &mine);
    } while (err == STK_E_WOULD_BLOCK && --tries > 0);
    if (err != STK_OK) {
        return err;
    }
    /* From here on the ticket is this publisher's alone. If the publisher dies before PUBLISHED, the slot stays EMPTY:
     * a hole, which stk_publisher_repair() steps over. */
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
    /* The head first: the tail only grows, so a tail that is read later is never behind this head. */
    uint32_t head = stk_load_acquire(publisher->head);
    return distance(head, stk_load(publisher->tail));
}

/* Makes the slot EMPTY, whose status was `status`. Returns true if the slot is EMPTY now and no worker has it. A tenant
 * may have stored PUBLISHED since the caller looked at the slot, and a worker may have taken the slot. The worker makes
 * the custody word odd before it claims, and no worker claims EMPTY, so either the worker sees EMPTY or this call sees
 * the odd word. In the second case the slot gets its status back. */
static bool empty(struct stk_publisher *publisher, uint32_t slot, uint32_t status) {
    uint32_t *word = stk_slot_at(&publisher->ring, slot) + STK_SLOT_STATUS;
    bool taken = stk_cas(word, status, STK_SLOT_EMPTY) == status;
    bool held = stk_in_custody(publisher->control, slot);
    /* The outcome does not matter: if this swap fails, somebody has stored a status since, and the slot is not EMPTY
     * either. */
    (void)(taken && held && stk_cas(word, STK_SLOT_EMPTY, status));
    return taken && !held;
}

/* Returns true if no worker will write to the slot of `ticket`, whose status word is not a status. No worker claims
 * such a slot, but one may have looked at the slot before. Where a claim swaps the status, the custody word decides at
 * once. Elsewhere all workers that were there when this function first saw the ticket have to leave. While one of them
 * is inside, the answer is false, and a later call has to ask again. */
static bool abandoned(struct stk_publisher *publisher, uint32_t ticket) {
    const uint32_t *control = publisher->control;
    uint32_t ends;
    if (control == NULL) {
        return false;
    }
    if (stk_custody(control) != NULL && stk_atomics_exclude(stk_load(control + STK_CTL_NO_SHARED_ATOMICS))) {
        return !stk_in_custody(control, ticket & publisher->mask);
    }
    ends = stk_worker_ends(control);
    if (!publisher->doubts || publisher->doubted != ticket) {
        publisher->doubts = true;
        publisher->doubted = ticket;
        publisher->entered = stk_load(control + STK_CTL_WORKERS_IN);
    }
    /* Both counters run free. `ends` has reached `entered` if the difference is not "negative". */
    return distance(publisher->entered, ends) < UINT32_MAX / 2u;
}

/* Returns true if the slot of `ticket` has ended and no worker will write to it any more. Does not trust the status
 * alone, since the tenant may have stored it. */
static bool is_over(struct stk_publisher *publisher, uint32_t ticket, uint32_t status) {
    return stk_status_known(status) ? stk_slot_ended(publisher->control, ticket & publisher->mask, status)
                                    : abandoned(publisher, ticket);
}

/* Hands the oldest ticket to the caller and moves the head. `end` is a copy of its slot, which is EMPTY now. Returns
 * the status of the end. */
static int deliver(struct stk_publisher *publisher, uint32_t head, const struct stk_slot *end, struct stk_slot *out,
                   uint32_t *ticket) {
    *out = *end;
    /* Release: the reads of the slot and the store of EMPTY come before the credit for the slot. */
    stk_store_release(publisher->head, head + 1);
    if (ticket != NULL) {
        *ticket = head;
    }
    return (int)end->status;
}

/* Gives the slot of the next ticket back, if a tenant has stored to it since its harvest: no worker has the slot, by
 * its custody word, and no worker may claim its status. No publisher takes the ticket before the slot is EMPTY, and
 * only the harvester makes the slot EMPTY. A publisher that made it EMPTY could clear a slot that another publisher has
 * published meanwhile. */
static void give_back(struct stk_publisher *publisher, uint32_t head) {
    uint32_t tail = stk_load(publisher->tail), slot = tail & publisher->mask, status;
    if (stk_custody(publisher->control) == NULL || distance(head, tail) >= publisher->ring.slots) {
        return;
    }
    status = stk_load_acquire(stk_slot_at(&publisher->ring, slot) + STK_SLOT_STATUS);
    if (status != STK_SLOT_EMPTY && !stk_status_claimable(status) && !stk_in_custody(publisher->control, slot)) {
        (void)empty(publisher, slot, status);
    }
}

int stk_publisher_harvest(struct stk_publisher *publisher, struct stk_slot *out, uint32_t *ticket) {
    uint32_t head = stk_load(publisher->head); /* only the harvester moves the head, so relaxed order will do */
    uint32_t *w = slot_of(publisher, head);
    struct stk_slot end;
    /* Acquire: the words copied below are those that the worker stored before this status. And if the end belongs to
     * this ticket, the tail that is read next has passed the ticket. If the tail has not, somebody finished the slot
     * without a ticket, and the slot is not the harvester's. */
    uint32_t status = stk_load_acquire(w + STK_SLOT_STATUS);
    if (stk_load(publisher->tail) == head || !is_over(publisher, head, status)) {
        give_back(publisher, head);
        return STK_E_WOULD_BLOCK;
    }
    /* Copied before EMPTY is stored. If a worker turns out to have the slot, the copy is dropped, and `out` stays as it
     * was. */
    stk_slot_copy_end(w, status, &end);
    return empty(publisher, head & publisher->mask, status) ? deliver(publisher, head, &end, out, ticket)
                                                            : STK_E_WOULD_BLOCK;
}

/* Returns true if nobody will move the oldest slot, in this status, on. The slot is EMPTY: its publisher died, or the
 * slot was cancelled. Or it says CLAIMED although no worker has it: its tenant stored that. */
static bool is_hole(const struct stk_publisher *publisher, uint32_t slot, uint32_t status) {
    return status == STK_SLOT_EMPTY ? !stk_in_custody(publisher->control, slot)
                                    : status == STK_SLOT_CLAIMED && stk_nobody_has(publisher->control, slot);
}

int stk_publisher_repair(struct stk_publisher *publisher, uint32_t ticket) {
    uint32_t head = stk_load(publisher->head), slot = head & publisher->mask, status;
    if (ticket != head || stk_load(publisher->tail) == head) {
        return STK_E_WOULD_BLOCK;
    }
    status = stk_load_acquire(slot_of(publisher, head) + STK_SLOT_STATUS);
    if (!is_hole(publisher, slot, status) || !empty(publisher, slot, status)) {
        return STK_E_STATUS;
    }
    stk_store_release(publisher->head, head + 1);
    return STK_OK;
}
