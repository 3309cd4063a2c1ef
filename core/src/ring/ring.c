/* stoker: lays out a ring, attaches to one, and reads its slots. After init nothing here stores to a ring;
 * ring_publish.c and slot.c do. The status is loaded first and with acquire order, since it alone tells what the other
 * words are worth. */
#include "stoker/ring.h"

#include "base/memory.h"
#include "slot_words.h"
#include "stoker/config.h"
#include "base/words_of.h"

int stk_ring_bytes(uint32_t slots, size_t *bytes) {
    if (slots > STK_RING_SLOTS_MAX) {
        return STK_E_OVERFLOW;
    }
    return stk_size_of((uint64_t)slots * STK_SLOT_BYTES, bytes);
}

_Static_assert(STK_RING_SLOTS_INIT_MAX <= SIZE_MAX / STK_SLOT_BYTES, "what init lays out can be counted");

int stk_ring_init(struct stk_ring *ring, void *mem, size_t bytes, uint32_t slots) {
    if (slots > STK_RING_SLOTS_INIT_MAX) {
        return STK_E_OVERFLOW;
    }
    size_t need = STK_RING_BYTES(slots);
    int err = stk_layout_check(mem, bytes, need);
    if (err != STK_OK) {
        return err;
    }
    /* A ring of no slots may have no memory: memset must not get NULL, not even with a length of 0. */
    if (need > 0) {
        memset(mem, 0, need);
    }
    ring->words = mem;
    ring->slots = slots;
    return STK_OK;
}

int stk_ring_view(struct stk_ring *ring, void *mem, size_t bytes) {
    uint32_t slots;
    int err = stk_whole_records(mem, bytes, STK_SLOT_BYTES, STK_RING_SLOTS_MAX, &slots);
    if (err != STK_OK) {
        return err;
    }
    ring->words = mem;
    ring->slots = slots;
    return STK_OK;
}

int stk_ring_read(const struct stk_ring *ring, uint32_t slot, struct stk_slot *out) {
    if (slot >= ring->slots) {
        return STK_E_RANGE;
    }
    const uint32_t *w = stk_slot_at(ring, slot);
    stk_slot_copy(w, stk_load_acquire(w + STK_SLOT_STATUS), out);
    return STK_OK;
}

int stk_ring_status(const struct stk_ring *ring, uint32_t slot) {
    if (slot >= ring->slots) {
        return STK_E_RANGE;
    }
    uint32_t status = stk_load_acquire(stk_slot_at(ring, slot) + STK_SLOT_STATUS);
    return stk_status_known(status) ? (int)status : STK_E_STATUS;
}

/* Returns 1 if the slot at `w` is DONE. Acquire: the caller may read the results of the slots that it counted. */
static inline int is_done(const uint32_t *w) {
    return stk_load_acquire(w + STK_SLOT_STATUS) == STK_SLOT_DONE;
}

int stk_ring_count_done(const struct stk_ring *ring, uint32_t items) {
    if (items > ring->slots) {
        return STK_E_RANGE;
    }
    const uint32_t *w = ring->words;
    int done = 0;
    /* Four slots in one pass of the loop: a third less time where the first-level cache holds the ring. */
    for (; !STK_SMALL && items >= 4; items -= 4, w = STK_SLOT_AT(w, 4)) {
        done += is_done(w) + is_done(STK_SLOT_AT(w, 1));
        done += is_done(STK_SLOT_AT(w, 2)) + is_done(STK_SLOT_AT(w, 3));
    }
    for (; items > 0; items--, w = STK_SLOT_AT(w, 1)) {
        done += is_done(w);
    }
    return done;
}

int stk_ring_load_miss(const struct stk_ring *ring, uint32_t slot, uint32_t *resource, uint32_t *prefetch) {
    if (slot >= ring->slots) {
        return STK_E_RANGE;
    }
    const uint32_t *w = stk_slot_at(ring, slot);
    /* Acquire: the arguments that are read below are those of the party that stored this status. The status itself does
     * not matter: a worker leaves the load miss in WAIT_IO while the host looks. */
    (void)stk_load_acquire(w + STK_SLOT_STATUS);
    if (stk_load(w + STK_SLOT_OPCODE) != STK_OP_LOAD_MISS) {
        return STK_E_OPCODE;
    }
    *resource = stk_load(w + STK_SLOT_ARG0);
    /* Anything but 0 means a prefetch (SPEC.md, 1.6), so the caller gets 0 or 1. */
    *prefetch = stk_load(w + STK_SLOT_ARG0 + 1) != 0;
    return STK_OK;
}
