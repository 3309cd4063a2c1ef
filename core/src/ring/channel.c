/* stoker: a producer and a consumer of slot images over a ring in this process. They move whole images over any status.
 * Whether a move is allowed is for stk_ring_publish() and for the workers to decide. */
#include "stoker/channel.h"

#include "base/memory.h"
#include "stoker/le.h"
#include "slot_words.h"

static const char name[] = "in-process-host";

/* Returns the number of slots. A ring has at most STK_RING_SLOTS_MAX slots (2^28 - 1), so the number fits an int. */
static int ring_slots(void *ctx) {
    const struct stk_ring *ring = ctx;
    return (int)ring->slots;
}

/* Checks what a caller passed: a whole image, and a slot of the ring. The length comes first. */
static int check(const struct stk_ring *ring, uint32_t slot, size_t bytes) {
    if (bytes != STK_SLOT_BYTES) {
        return STK_E_ALIGN;
    }
    return slot < ring->slots ? STK_OK : STK_E_RANGE;
}

static int ring_publish(void *ctx, uint32_t slot, const void *image, size_t bytes) {
    struct stk_ring *ring = ctx;
    uint8_t in[STK_SLOT_BYTES];
    int err = check(ring, slot, bytes);
    if (err != STK_OK) {
        return err;
    }
    uint32_t *w = stk_slot_at(ring, slot);
    /* The image may lie in the slot itself, so all of it is read before the first store. */
    memcpy(in, image, sizeof in);
    stk_slot_in(w, in);
    /* Release: a worker that sees this status sees the fifteen words above. */
    stk_store_release(w + STK_SLOT_STATUS, stk_get32(in));
    return STK_OK;
}

static int ring_read(void *ctx, uint32_t slot, void *out, size_t bytes) {
    const struct stk_ring *ring = ctx;
    uint8_t *to = out;
    int err = check(ring, slot, bytes);
    if (err != STK_OK) {
        return err;
    }
    const uint32_t *w = stk_slot_at(ring, slot);
    /* Acquire: the words that are loaded below are at least as new as this status. */
    stk_put32(to, stk_load_acquire(w + STK_SLOT_STATUS));
    stk_slot_out(to, w);
    return STK_OK;
}

static int ring_done(void *ctx) {
    const struct stk_ring *ring = ctx;
    return stk_ring_count_done(ring, ring->slots);
}

static const struct stk_producer_ops producer_ops = {name, ring_slots, ring_publish};
static const struct stk_consumer_ops consumer_ops = {name, ring_slots, ring_read, ring_done};

void stk_ring_producer(struct stk_producer *producer, struct stk_ring *ring) {
    producer->ops = &producer_ops;
    producer->ctx = ring;
}

void stk_ring_consumer(struct stk_consumer *consumer, struct stk_ring *ring) {
    consumer->ops = &consumer_ops;
    consumer->ctx = ring;
}
