/* stoker: the return of the slots that a lost device had claimed, in the ring and in the I/O queue. test/model/lost.pml
 * proves the steps. No worker runs, so the host may move a slot as its worker would. Other threads of the host go on
 * publishing and harvesting, so the order of the stores still counts. */
#include "stoker/device_loss.h"

#include "stoker/atomic.h"
#include "stoker/slot.h"

#define FAULT_REASON_AT (STK_SLOT_ARG0 + STK_FAULT_REASON_ARG)
#define FAULT_VALUE_AT  (STK_SLOT_ARG0 + STK_FAULT_VALUE_ARG)

/// Requests for I/O ///

/* Returns true if slot `slot` is CLAIMED, in WAIT_IO or in REQUEUE, and has the ticket of I/O slot `k`. */
static bool names_io_slot(const struct stk_device_memory *memory, uint32_t slot, uint32_t k) {
    const uint32_t *w = STK_SLOT_AT(memory->ring, slot);
    uint32_t status = stk_load_acquire(w + STK_SLOT_STATUS);
    return (status == STK_SLOT_CLAIMED || status == STK_SLOT_WAIT_IO || status == STK_SLOT_REQUEUE) &&
           stk_ticket_names(stk_load(w + STK_SLOT_OPCODE), stk_load(w + STK_SLOT_ARG0 + STK_FETCH_TICKET_ARG), k);
}

/* Clears the ticket of I/O slot `k` in all slots that hold it, where the worker did not live to publish the request. A
 * slot that waits for this request goes back to CLAIMED, as if its worker still had it, and is put back like the
 * others. Returns how many slots waited. */
static uint32_t forget_ticket(const struct stk_device_memory *memory, uint32_t k) {
    uint32_t back = 0;
    for (uint32_t i = 0; i < memory->slots; i++) {
        uint32_t *w = STK_SLOT_AT(memory->ring, i);
        if (names_io_slot(memory, i, k)) {
            stk_store(w + STK_SLOT_ARG0 + STK_FETCH_TICKET_ARG, 0);
            /* Release: the worker that claims the slot sees that it has no ticket. */
            back += stk_cas(w + STK_SLOT_STATUS, STK_SLOT_WAIT_IO, STK_SLOT_CLAIMED) == STK_SLOT_WAIT_IO;
        }
    }
    return back;
}

/* Returns true if some slot still has the ticket of I/O slot `k`, so that the slot will come for the outcome. */
static bool is_named(const struct stk_device_memory *memory, uint32_t k) {
    uint32_t i = 0;
    while (i < memory->slots && !names_io_slot(memory, i, k)) {
        i++;
    }
    return i < memory->slots;
}

uint32_t stk_device_recover_io(const struct stk_device_memory *memory) {
    uint32_t back = 0;
    for (uint32_t k = 0; k < memory->io_slots; k++) {
        uint32_t *status = memory->io + (size_t)k * STK_IO_WORDS + STK_IO_STATUS;
        uint32_t was = stk_load_acquire(status);
        if (was == STK_SLOT_WAIT_IO) { /* reserved by a worker that did not come to publish its request */
            back += forget_ticket(memory, k);
            stk_store_release(status, STK_SLOT_EMPTY);
        } else if ((was == STK_IO_OK || was == STK_IO_ERROR) && !is_named(memory, k)) {
            stk_store_release(status, STK_SLOT_EMPTY);
        }
    }
    return back;
}

/// Slots ///

/* Puts one CLAIMED slot back. A slot that was CLAIMED in STK_DEVICE_TRIES losses may be what kills the device, so it
 * faults the next time. Where no launch was under way (`ran` false), the loss is not counted against the slot. Returns
 * true when the slot runs again, false when it faulted. */
static bool put_back_slot(uint32_t *w, uint8_t *tries, bool ran) {
    if (!ran || *tries < STK_DEVICE_TRIES) {
        *tries = (uint8_t)(*tries + (ran ? 1u : 0u));
        /* the words of the slot stay as they are: the next worker's handler checks its arguments itself */
        stk_store_release(w, STK_SLOT_REQUEUE);
        return true;
    }
    *tries = 0;
    stk_store(w + FAULT_VALUE_AT, STK_DEVICE_TRIES);
    stk_store(w + FAULT_REASON_AT, STK_REASON_LOST);
    stk_store_release(w, STK_SLOT_FAULT); /* after its reason */
    return false;
}

/* Returns true if the slot does not belong to an earlier loss: it ended, or holds new work. */
static bool begins_anew(uint32_t status) {
    return status == STK_SLOT_EMPTY || status == STK_SLOT_PUBLISHED || stk_status_ended(status);
}

/* Takes all slots of the ring and of the I/O queue out of custody: an odd word goes up to the next even number, an even
 * word stays. */
static void end_custody(const struct stk_device_memory *memory) {
    uint32_t *custody = stk_device_custody(memory);
    for (uint32_t i = 0; custody != NULL && i < memory->slots + memory->io_slots; i++) {
        stk_store_release(custody + i, (stk_load(custody + i) + 1u) & ~1u); /* release: after the stores to the slot */
    }
}

uint32_t stk_device_put_back(const struct stk_device_memory *memory, uint8_t *tries, struct stk_device_loss loss) {
    uint32_t back = 0, faulted = 0;
    if (!loss.copies) {                      /* with copies the lost launch has not changed the host's queue */
        (void)stk_device_recover_io(memory); /* first, since it makes slots CLAIMED that are put back below */
    }
    for (uint32_t i = 0; i < memory->slots; i++) {
        uint32_t *w = STK_SLOT_AT(memory->ring, i);
        uint32_t status = stk_load_acquire(w);
        if (status == STK_SLOT_CLAIMED && put_back_slot(w, &tries[i], loss.ran)) {
            back++;
        } else if (status == STK_SLOT_CLAIMED) {
            faulted++;
        } else if (begins_anew(status)) {
            tries[i] = 0;
        }
    }
    end_custody(memory);
    if (faulted != 0u) {
        (void)stk_device_recover_io(memory); /* a slot that faulted takes its outcome no more: free the I/O slot */
    }
    return back;
}
