/* stoker: work items: many short slots that are published by one call, or that fill an idle ring. All items are checked
 * before the first one is written, so that a call that is refused changes nothing. ring_publish.c publishes single
 * slots with all their arguments. */
#include "stoker/parity/work_items.h"

#include "base/error_info.h"
#include "ring/slot_words.h"
#include "base/words_of.h"

/* Checks the opcode of each item. On an error the info has the slot that the item would get, and the opcode. */
static int check_opcodes(uint32_t start, const struct stk_work_item *items, uint32_t count,
                         struct stk_error_info *info) {
    for (uint32_t i = 0; i < count; i++) {
        if (!stk_opcode_ok(items[i].opcode)) {
            return stk_fail(info, STK_E_OPCODE, start + i, items[i].opcode);
        }
    }
    return STK_OK;
}

/* Checks that the items do not lie in the `slots` slots from `start` on: they are read one by one while these slots are
 * written. */
static int check_apart(const struct stk_ring *ring, uint32_t start, uint32_t slots, const struct stk_work_item *items,
                       uint32_t count, struct stk_error_info *info) {
    int overlap = stk_overlap(items, (size_t)count * sizeof *items, stk_slot_at(ring, start), STK_RING_BYTES(slots));
    return overlap ? stk_fail(info, STK_E_OVERLAP, start, 0) : STK_OK;
}

/* Checks that the slots are in the ring, apart from the items, and free. */
static int check_free(const struct stk_ring *ring, uint32_t start, const struct stk_work_item *items, uint32_t count,
                      struct stk_error_info *info) {
    int err;
    if (start > ring->slots || count > ring->slots - start) {
        return stk_fail(info, STK_E_RANGE, start, (uint64_t)start + count);
    }
    err = check_apart(ring, start, count, items, count, info);
    if (err != STK_OK) {
        return err;
    }
    for (uint32_t i = start; i < start + count; i++) {
        /* Acquire: the last writes of the worker to the slot are over before this call writes there. */
        uint32_t status = stk_load_acquire(stk_slot_at(ring, i) + STK_SLOT_STATUS);
        if (!stk_status_publishable(status)) {
            return stk_fail(info, STK_E_STATUS, i, status);
        }
    }
    return STK_OK;
}

int stk_ring_publish_items(struct stk_ring *ring, uint32_t start, uint32_t tenant, const struct stk_work_item *items,
                           uint32_t count, struct stk_error_info *info) {
    int err = check_opcodes(start, items, count, info);
    if (err == STK_OK) {
        err = check_free(ring, start, items, count, info);
    }
    if (err != STK_OK) {
        return err;
    }
    /* Each slot is complete before its status says PUBLISHED, so workers may run the first items while later items are
     * still being written. */
    for (uint32_t i = 0; i < count; i++) {
        uint32_t args[3] = {items[i].input, items[i].output, items[i].param};
        struct stk_work work = {items[i].opcode, tenant, STK_PRIORITY_NORMAL, 3, args};
        stk_slot_publish(stk_slot_at(ring, start + i), &work);
    }
    return (int)count;
}

/* Writes one item to a slot of an idle ring. The slot may hold anything. Writes only the words that an item has
 * (SPEC.md, 1.7), so the other arguments keep their old values. No worker runs yet. The status is stored last and with
 * release, so that a worker which is started later sees the words of each PUBLISHED slot. */
static void fill_slot(uint32_t *w, uint32_t tenant, const struct stk_work_item *item) {
    stk_store(w + STK_SLOT_OPCODE, item->opcode);
    stk_store(w + STK_SLOT_TENANT, tenant);
    stk_store(w + STK_SLOT_PRIORITY, STK_WIRE_PRIORITY_NORMAL);
    stk_store(w + STK_SLOT_ARG0, item->input);
    stk_store(w + STK_SLOT_ARG0 + 1, item->output);
    stk_store(w + STK_SLOT_ARG0 + 2, item->param);
    stk_store_release(w + STK_SLOT_STATUS, STK_SLOT_PUBLISHED);
}

int stk_ring_fill_items(struct stk_ring *ring, uint32_t tenant, const struct stk_work_item *items, uint32_t count,
                        struct stk_error_info *info) {
    if (count > ring->slots) {
        return stk_fail(info, STK_E_RANGE, ring->slots, count);
    }
    int err = check_opcodes(0, items, count, info);
    /* The call writes every slot of the ring and not only `count` of them, so the items must be outside of all
     * slots. */
    err = err == STK_OK ? check_apart(ring, 0, ring->slots, items, count, info) : err;
    if (err != STK_OK) {
        return err;
    }
    for (uint32_t i = 0; i < count; i++) {
        fill_slot(stk_slot_at(ring, i), tenant, &items[i]);
    }
    /* Sets all other slots to EMPTY: a ring that this call fills has no other work. */
    for (uint32_t i = count; i < ring->slots; i++) {
        stk_store_release(stk_slot_at(ring, i) + STK_SLOT_STATUS, STK_SLOT_EMPTY);
    }
    return (int)count;
}
