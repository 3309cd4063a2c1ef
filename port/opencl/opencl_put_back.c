/* What a lost kernel had in hand, in the ring and in the I/O queue, as test/model/lost.pml proves it. No worker runs, so the host may
 * move a slot as its worker would. */
#include "internal.h"
#include "stoker/atomic.h"
#include "stoker/fetch.h"

#define FAULT_REASON_AT (STK_SLOT_ARG0 + STK_FAULT_REASON_ARG)
#define FAULT_VALUE_AT  (STK_SLOT_ARG0 + STK_FAULT_VALUE_ARG)

/* Returns 1 where it does not run again. */
static uint32_t take_back(struct stk_opencl *cl, uint32_t *w, uint8_t *tries, int ran) {
    if (!ran || *tries < STK_OPENCL_TRIES) {
        *tries = (uint8_t)(*tries + (ran != 0));
        cl->put_back++;
        stk_store_release(w, STK_SLOT_REQUEUE); /* as it was: handlers check their arguments again */
        return 0;
    }
    *tries = 0;
    stk_store(w + FAULT_VALUE_AT, STK_OPENCL_TRIES);
    stk_store(w + FAULT_REASON_AT, STK_REASON_LOST);
    stk_store_release(w, STK_SLOT_FAULT); /* after its reason */
    return 1;
}

static int is_over(uint32_t status) {
    return status == STK_SLOT_EMPTY || status == STK_SLOT_PUBLISHED || stk_status_ended(status);
}

/* Lets go of all slots that a lost kernel had in hand. */
static void let_go(struct stk_opencl *cl) {
    uint32_t *custody = stk_device_custody(&cl->memory);
    for (uint32_t i = 0; i < cl->memory.slots + cl->memory.io_slots; i++) {
        stk_store_release(custody + i, (stk_load(custody + i) + 1u) & ~1u); /* release: after the stores to the slot */
    }
}

void stk_opencl_put_back(struct stk_opencl *cl, int ran) {
    uint32_t faulted = 0;
    /* A launch on copies left the host's I/O queue as it was. */
    if (cl->mode != STK_BATCH) {
        (void)stk_fetch_recover(&cl->memory);
    }
    for (uint32_t i = 0; i < cl->memory.slots; i++) {
        uint32_t *w = STK_SLOT_AT(cl->memory.ring, i);
        uint32_t status = stk_load_acquire(w);
        if (status == STK_SLOT_CLAIMED) {
            faulted += take_back(cl, w, &cl->tries[i], ran);
        } else if (is_over(status)) {
            cl->tries[i] = 0;
        }
    }
    let_go(cl);
    if (faulted) {
        (void)stk_fetch_recover(&cl->memory); /* whose outcomes nobody takes now */
    }
}
