/* A LOAD_MISS and its request as a lost kernel left them, for the tests of what becomes of them. */
#ifndef LOAD_MISS_WORDS_H
#define LOAD_MISS_WORDS_H

#include "stoker/atomic.h"
#include "stoker/port/dispatch.h"
#include "stoker/slot.h"

/* Stores a LOAD_MISS of resource 100 + slot, as a worker left it. `ticket`: 1 + the number of its I/O slot, or 0. */
static inline void load_miss_in(const struct stk_device_memory *m, uint32_t slot, uint32_t status, uint32_t ticket) {
    uint32_t *w = STK_SLOT_AT(m->ring, slot);
    stk_store(w + STK_SLOT_OPCODE, STK_OP_LOAD_MISS);
    stk_store(w + STK_SLOT_ARG0, 100u + slot);
    stk_store(w + STK_SLOT_ARG0 + STK_FETCH_TICKET_ARG, ticket);
    stk_store_release(w, status);
}

/* The I/O slot of that number, for the ring slot of that number. */
static inline void io_in(const struct stk_device_memory *m, uint32_t k, uint32_t status) {
    uint32_t *w = m->io + (size_t)k * STK_IO_WORDS;
    stk_store(w + STK_IO_OP, STK_IO_OP_READ);
    stk_store(w + STK_IO_SRC, 100u + k);
    stk_store(w + STK_IO_DST, 100u + k);
    stk_store(w + STK_IO_TAG, k);
    stk_store_release(w + STK_IO_STATUS, status);
}

static inline void expect_miss_in(const struct stk_device_memory *m, uint32_t slot, uint32_t status, uint32_t ticket) {
    const uint32_t *w = STK_SLOT_AT(m->ring, slot);
    assert_int_equal(stk_load(w), status);
    assert_int_equal(stk_load(w + STK_SLOT_ARG0 + STK_FETCH_TICKET_ARG), ticket);
}

#endif
