/* stoker: an spsc queue of 64-byte images, in a ring that no worker uses. The two ends share nothing but the status of
 * each slot: an EMPTY slot belongs to the end that puts, a PUBLISHED slot to the end that takes. So the queue needs no
 * common index. */
#include "stoker/parity/spsc.h"

#include "stoker/le.h"
#include "ring/slot_words.h"

/* Both ends begin at slot 0 of an empty ring, so they go through the slots in the same order. */
void stk_spsc_begin(struct stk_spsc *end, const struct stk_ring *ring) {
    *end = (struct stk_spsc){.ring = *ring};
}

/* Returns the status word of a slot. */
static uint32_t *status_at(const struct stk_spsc *end, uint32_t slot) {
    return stk_slot_at(&end->ring, slot) + STK_SLOT_STATUS;
}

/* Looks whether the next slots are free, and sets end->known to how many are. Reads the status of the last of
 * STK_SPSC_AHEAD slots only. The taking end empties slots in order, so the slots before that one are free too, and one
 * read is enough for STK_SPSC_AHEAD slots. In a ring of STK_SPSC_AHEAD slots or fewer the function looks at one slot at
 * a time, so that the whole ring can be used. Returns STK_OK or STK_E_WOULD_BLOCK. */
static int look_ahead(struct stk_spsc *end) {
    uint32_t slots = end->ring.slots, ahead = slots > STK_SPSC_AHEAD ? STK_SPSC_AHEAD : 1u;
    uint32_t last = end->next + ahead - 1u;
    /* Acquire, with the release in stk_spsc_take: the reads of the taking end are over before these slots are written
     * again. */
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
    /* Release, with the acquire in stk_spsc_take: an end that sees PUBLISHED also sees the image. */
    stk_store_release(status_at(end, end->next), STK_SLOT_PUBLISHED);
    end->known--; /* only this end fills slots, so the others that were free still are */
    advance(end);
    return STK_OK;
}

int stk_spsc_take(struct stk_spsc *end, void *image) {
    uint32_t *status = status_at(end, end->next);
    /* Acquire, with the release in stk_spsc_put: the image below is the one for which this status was stored. */
    if (end->ring.slots == 0u || stk_load_acquire(status) != STK_SLOT_PUBLISHED) {
        return STK_E_WOULD_BLOCK;
    }
    stk_put32(image, STK_SLOT_PUBLISHED); /* the first word of an image is its status, which was read already */
    stk_slot_out(image, status - STK_SLOT_STATUS);
    /* Release, with the acquire in look_ahead: the image is read to its end before the slot is free. */
    stk_store_release(status, STK_SLOT_EMPTY);
    advance(end);
    return STK_OK;
}
