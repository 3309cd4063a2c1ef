/* What a lost kernel had in hand, in the ring and in the I/O queue, as test/model/lost.pml proves it. No worker runs, so the host may
 * move a slot as its worker would. */
#include "internal.h"
#include "stoker/atomic.h"

#define TICKET          2u /* argument of a LOAD_MISS: 1 + its I/O slot (core/SPEC.md) */
#define FAULT_REASON_AT (STK_SLOT_ARG0 + STK_FAULT_REASON_ARG)
#define FAULT_VALUE_AT  (STK_SLOT_ARG0 + STK_FAULT_VALUE_ARG)

static uint32_t *slot_at(const struct stk_opencl *cl, uint32_t slot) {
    return cl->memory.ring + (size_t)slot * STK_SLOT_WORDS;
}

static uint32_t *io_at(const struct stk_opencl *cl, uint32_t k) {
    return cl->memory.io + (size_t)k * STK_IO_WORDS;
}

/* The outcome of its request, which a slot that faults no longer fetches, is recycled. */
static void recycle(const struct stk_opencl *cl, const uint32_t *w) {
    uint32_t ticket = stk_load(w + STK_SLOT_ARG0 + TICKET), *io, status;
    if (stk_load(w + STK_SLOT_OPCODE) != STK_OP_LOAD_MISS || ticket - 1u >= cl->memory.io_slots) {
        return;
    }
    io = io_at(cl, ticket - 1u);
    status = stk_load_acquire(io + STK_IO_STATUS);
    if ((status == STK_IO_OK || status == STK_IO_ERROR) && stk_load(io + STK_IO_SRC) == stk_load(w + STK_SLOT_ARG0)) {
        stk_store_release(io + STK_IO_STATUS, STK_EMPTY);
    }
}

static void take_back(struct stk_opencl *cl, uint32_t i, int ran) {
    uint32_t *w = slot_at(cl, i);
    if (!ran || cl->tries[i] < STK_OPENCL_TRIES) {
        cl->tries[i] = (uint8_t)(cl->tries[i] + (ran != 0));
        cl->put_back++;
        stk_store_release(w, STK_REQUEUE); /* as it was: handlers check their arguments again */
        return;
    }
    cl->tries[i] = 0;
    recycle(cl, w);
    stk_store(w + FAULT_VALUE_AT, STK_OPENCL_TRIES);
    stk_store(w + FAULT_REASON_AT, STK_REASON_LOST);
    stk_store_release(w, STK_FAULT); /* after its reason */
}

/// I/O slots ///

/* Was slot `i` with a worker that had no ticket yet, or no longer? */
static int asks(const struct stk_opencl *cl, uint32_t i) {
    const uint32_t *w = slot_at(cl, i);
    return stk_load(w) == STK_CLAIMED && stk_load(w + STK_SLOT_OPCODE) == STK_OP_LOAD_MISS &&
           stk_load(w + STK_SLOT_ARG0 + TICKET) == 0u;
}

static int names(const struct stk_opencl *cl, uint32_t i, uint32_t k) {
    const uint32_t *w = slot_at(cl, i);
    uint32_t status = stk_load(w);
    return (status == STK_CLAIMED || status == STK_WAIT_IO || status == STK_REQUEUE) &&
           stk_load(w + STK_SLOT_OPCODE) == STK_OP_LOAD_MISS && stk_load(w + STK_SLOT_ARG0 + TICKET) == k + 1u;
}

/* The slots that name a request which its asker did not live to publish ask again. Returns how many do. */
static uint32_t forget_names(struct stk_opencl *cl, uint32_t k) {
    uint32_t found = 0;
    for (uint32_t i = 0; i < cl->memory.slots; i++) {
        if (names(cl, i, k)) {
            stk_store(slot_at(cl, i) + STK_SLOT_ARG0 + TICKET, 0u);
            found++;
            if (stk_load(slot_at(cl, i)) == STK_WAIT_IO) {
                take_back(cl, i, 1);
            }
        }
    }
    return found;
}

/* Is the finished request in I/O slot `k` one that a worker had just taken note of? It frees the slot after that. */
static int noted(const struct stk_opencl *cl, uint32_t k, uint32_t status) {
    const uint32_t *io = io_at(cl, k);
    uint32_t source = stk_load(io + STK_IO_SRC), tag = stk_load(io + STK_IO_TAG);
    for (uint32_t i = 0; i < cl->memory.slots; i++) {
        if (names(cl, i, k)) {
            return 0;
        }
    }
    for (uint32_t i = 0; i < cl->memory.slots; i++) {
        if (asks(cl, i) && stk_load(slot_at(cl, i) + STK_SLOT_ARG0) == source && (status == STK_IO_ERROR || tag == i)) {
            return 1;
        }
    }
    return 0;
}

/* The host's own requests stay: they are PUBLISHED when the call that makes them returns, and no slot of the ring had them in hand. */
static void put_back_io(struct stk_opencl *cl) {
    uint32_t asking = 0;
    for (uint32_t i = 0; i < cl->memory.slots; i++) {
        asking += asks(cl, i) ? 1u : 0u;
    }
    for (uint32_t k = 0; k < cl->memory.io_slots; k++) {
        uint32_t *status = io_at(cl, k) + STK_IO_STATUS, was = stk_load_acquire(status);
        int over = was == STK_IO_OK || was == STK_IO_ERROR;
        if (was == STK_WAIT_IO && forget_names(cl, k) != 0u) {
            stk_store_release(status, STK_EMPTY);
        } else if (asking != 0u && (was == STK_WAIT_IO || (over && noted(cl, k, was)))) {
            asking--; /* one I/O slot a worker */
            stk_store_release(status, STK_EMPTY);
        }
    }
}

/// Ring slots ///

static int is_over(uint32_t status) {
    return status == STK_EMPTY || status == STK_PUBLISHED || status == STK_DONE || status == STK_FAULT;
}

void stk_opencl_put_back(struct stk_opencl *cl, int ran) {
    /* A launch on copies left the host's I/O queue as it was. */
    if (cl->mode != STK_BATCH) {
        put_back_io(cl);
    }
    for (uint32_t i = 0; i < cl->memory.slots; i++) {
        uint32_t status = stk_load_acquire(slot_at(cl, i));
        if (status == STK_CLAIMED) {
            take_back(cl, i, ran);
        } else if (is_over(status)) {
            cl->tries[i] = 0;
        }
    }
}
