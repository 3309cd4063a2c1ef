/* stoker: an spsc queue of 64-byte images in a ring that no worker sees. The status of a slot is all that the two ends
 * share: EMPTY belongs to the putting end, PUBLISHED to the taking end. */
#include "stoker/parity/spsc.h"

#include "stoker/le.h"
#include "ring/slot_words.h"

void stk_spsc_begin(struct stk_spsc *end, const struct stk_ring *ring) {
    *end = (struct stk_spsc){.ring = *ring};
}

/* Returns the status word of a slot. */
static uint32_t *status_at(const struct stk_spsc *end, uint32_t slot) {
    return stk_slot_at(&end->ring, slot) + STK_SLOT_STATUS;
}

/* Finds out whether the next slots are free, and notes how many. Looks at the last of STK_SPSC_AHEAD slots alone: the
 * taking end empties slots in order, so the slots before it are free too, and one look serves several images. A ring of
 * STK_SPSC_AHEAD slots or fewer is looked at slot by slot, so that all of it can be used. */
static int look_ahead(struct stk_spsc *end) {
    uint32_t slots = end->ring.slots, ahead = slots > STK_SPSC_AHEAD ? STK_SPSC_AHEAD : 1u;
    uint32_t last = end->next + ahead - 1u;
    /* Acquire: the taker's reads of these slots are over before they are written again. */
    if (slots == 0u || stk_load_acquire(status_at(end, last < slots ? last : last - slots)) != STK_SLOT_EMPTY) {
        return STK_E_WOULD_BLOCK;
    }
    end->known = ahead;
    return STK_OK;
}

/* Moves this end to the next slot, around the end of the ring. */
static void advance(struct stk_spsc *end) {
    end->next = end->next + 1u == end->ring.slots ? 0u : end->next + 1u;
}

int stk_spsc_put(struct stk_spsc *end, const void *image) {
    if (end->known == 0u && look_ahead(end) != STK_OK) {
        return STK_E_WOULD_BLOCK;
    }
    stk_slot_in(stk_slot_at(&end->ring, end->next), image);
    /* Release: the image comes before its status. */
    stk_store_release(status_at(end, end->next), STK_SLOT_PUBLISHED);
    end->known--;
    advance(end);
    return STK_OK;
}

int stk_spsc_take(struct stk_spsc *end, void *image) {
    uint32_t *status = status_at(end, end->next);
    /* Acquire: the image that is read is the one this status was stored for. */
    if (end->ring.slots == 0u || stk_load_acquire(status) != STK_SLOT_PUBLISHED) {
        return STK_E_WOULD_BLOCK;
    }
    stk_put32(image, STK_SLOT_PUBLISHED);
    stk_slot_out(image, status - STK_SLOT_STATUS);
    /* Release: the image was read before its slot is free. */
    stk_store_release(status, STK_SLOT_EMPTY);
    advance(end);
    return STK_OK;
}
