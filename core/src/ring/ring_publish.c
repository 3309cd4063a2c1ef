/* stoker: publishes single slots and batches without tickets. Each slot has one publisher at a time here: the status is
 * looked at and then overwritten, without a swap. Several publishers of one ring use publisher.c. */
#include "base/error_info.h"
#include "slot_words.h"
#include "base/words_of.h"

int stk_opcode_publishable(uint32_t opcode) {
    return stk_opcode_ok(opcode) ? STK_OK : STK_E_OPCODE;
}

int stk_opcode_user(uint32_t opcode) {
    if (opcode <= STK_OP_BUILTIN_MAX || opcode >= STK_OP_SYSTEM_BIT) {
        return STK_E_OPCODE;
    }
    return opcode >= STK_OP_RESERVED_MIN && opcode <= STK_OP_RESERVED_MAX ? STK_E_OPCODE : STK_OK;
}

/* Returns true if the slot may be written: EMPTY or DONE. Acquire pairs with the worker's release of DONE: the worker
 * has written its last word to the slot before this publisher overwrites it. */
static bool slot_is_free(const struct stk_ring *ring, uint32_t slot) {
    return stk_status_publishable(stk_load_acquire(stk_slot_at(ring, slot) + STK_SLOT_STATUS));
}

/* Publishes `work`, whose check returned `err`. A slot out of range is reported before any other error, as the header
 * lists the errors; so the caller checks the work and hands the outcome in. */
static int publish(struct stk_ring *ring, uint32_t slot, const struct stk_work *work, int err) {
    if (slot >= ring->slots) {
        return STK_E_RANGE;
    }
    if (err != STK_OK) {
        return err;
    }
    if (!slot_is_free(ring, slot)) {
        return STK_E_STATUS;
    }
    stk_slot_publish(stk_slot_at(ring, slot), work);
    return STK_OK;
}

int stk_ring_publish(struct stk_ring *ring, uint32_t slot, const struct stk_work *work) {
    return publish(ring, slot, work, stk_work_check(work));
}

int stk_ring_publish_load_miss(struct stk_ring *ring, uint32_t slot, uint32_t tenant, uint32_t resource,
                               uint32_t prefetch) {
    uint32_t args[2] = {resource, prefetch != 0};
    struct stk_work work = {STK_OP_LOAD_MISS, tenant, STK_PRIORITY_NORMAL, 2, args};
    /* The work is not checked: stk_ring_publish() would refuse this opcode, and all other fields are made here. */
    return publish(ring, slot, &work, STK_OK);
}

/* Returns the value for the error info: the argument of `work` that stk_work_check() refused with `err`. For STK_E_ARG
 * this is the priority; a valid priority there tells that the arguments were missing. */
static uint32_t wrong_argument(const struct stk_work *work, int err) {
    return err == STK_E_ARGS ? work->nargs : err == STK_E_ARG ? work->priority : work->opcode;
}

/* Checks all that can be wrong with a batch before its first byte is written, so that a batch is published whole or not
 * at all. The items and their arguments must lie outside of the batch: a store to an early slot would overwrite what a
 * later slot is made of. The fence needs a slot too, so the batch has count + 1 slots. */
static int batch_check(const struct stk_ring *ring, uint32_t start, const struct stk_work *items, uint32_t count,
                       struct stk_error_info *info) {
    const uint32_t *slots;
    size_t bytes;
    if (start >= ring->slots || count >= ring->slots - start) {
        return stk_fail(info, STK_E_RANGE, start, (uint64_t)start + count + 1);
    }
    slots = stk_slot_at(ring, start);
    bytes = ((size_t)count + 1u) * STK_SLOT_BYTES;
    for (uint32_t i = 0; i < count; i++) {
        int err = stk_work_check(&items[i]);
        if (err != STK_OK) {
            return stk_fail(info, err, start + i, wrong_argument(&items[i], err));
        }
        if (stk_overlap(&items[i], sizeof items[i], slots, bytes) ||
            stk_overlap(items[i].args, items[i].nargs * sizeof *items[i].args, slots, bytes)) {
            return stk_fail(info, STK_E_OVERLAP, start + i, 0);
        }
    }
    for (uint32_t i = 0; i <= count; i++) {
        if (!slot_is_free(ring, start + i)) {
            return stk_fail(info, STK_E_STATUS, start + i, stk_load(stk_slot_at(ring, start + i) + STK_SLOT_STATUS));
        }
    }
    return STK_OK;
}

int stk_ring_publish_batch(struct stk_ring *ring, uint32_t start, uint32_t tenant, const struct stk_work *items,
                           uint32_t count, uint32_t tag, struct stk_error_info *info) {
    int err = batch_check(ring, start, items, count, info);
    if (err != STK_OK) {
        return err;
    }
    for (uint32_t i = 0; i < count; i++) {
        /* A copy, since the batch decides tenant and priority of every slot and the items are the caller's. */
        struct stk_work work = items[i];
        work.tenant = tenant;
        work.priority = STK_PRIORITY_NORMAL;
        stk_slot_publish(stk_slot_at(ring, start + i), &work);
    }
    /* The fence is published last: a worker that sees it finds all slots of its batch published. */
    uint32_t args[2] = {count, tag};
    struct stk_work fence = {STK_OP_BATCH_FENCE, tenant, STK_PRIORITY_NORMAL, 2, args};
    stk_slot_publish(stk_slot_at(ring, start + count), &fence);
    return (int)(count + 1);
}
