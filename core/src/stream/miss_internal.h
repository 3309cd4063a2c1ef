/* What the files of the miss service share. Private to them. */
#ifndef STK_SRC_MISS_INTERNAL_H
#define STK_SRC_MISS_INTERNAL_H

#include "ring/slot_words.h"
#include "stoker/miss.h"

#define STK_MISS_TICKET_ARG 2u         /* 1 + the I/O slot; kernels/op_load_miss.h */
#define STK_MISS_NO_ROW     UINT32_MAX /* of a request that was refused */

struct stk_miss_row {
    struct stk_miss_resource is;
    uint32_t waiting; /* requests for it */
    uint8_t used;
    uint8_t reading; /* its read is with the port */
    uint8_t warm;    /* a prefetch has brought it, and no miss has asked for it since */
};

enum stk_miss_state {
    STK_MISS_FREE = 0, /* none of the service's */
    STK_MISS_WAITING,  /* claimed; its row is to be read */
    STK_MISS_OUTCOME   /* completed; its slot has not yet taken the outcome */
};

struct stk_miss_request {
    uint64_t since_ns; /* time that requests_end had counted when the request was claimed */
    uint32_t slot;     /* of the ring */
    uint32_t row;
    uint32_t state;
    uint32_t prefetch;
};

_Static_assert(sizeof(struct stk_miss_row) <= STK_MISS_ROW_BYTES, "STK_MISS_BYTES counts on this");
_Static_assert(sizeof(struct stk_miss_request) <= STK_MISS_REQUEST_BYTES, "STK_MISS_BYTES counts on this");

/* I/O slot k as a queue of its own. */
static inline struct stk_io_queue stk_miss_io(const struct stk_miss *m, uint32_t k) {
    return (struct stk_io_queue){.words = m->queue.words + (size_t)k * STK_IO_WORDS, .slots = 1};
}

static inline uint32_t stk_slot_arg(const uint32_t *slot, uint32_t i) {
    return stk_load_acquire(slot + STK_SLOT_ARG0 + i);
}

/* Does ring slot `slot` wait for I/O slot k? What waits cannot have a ticket that its publisher made up: asking
 * overwrites it. */
static inline bool stk_miss_waits(const struct stk_miss *m, uint32_t slot, uint32_t k) {
    const uint32_t *w = stk_slot_at(&m->ring, slot);
    return stk_load_acquire(w + STK_SLOT_STATUS) == STK_WAIT_IO && stk_load(w + STK_SLOT_OPCODE) == STK_OP_LOAD_MISS &&
           stk_slot_arg(w, STK_MISS_TICKET_ARG) == k + 1u;
}

/// miss.c ///

/* The row of a resource, or STK_MISS_NO_ROW. */
uint32_t stk_miss_find(const struct stk_miss *m, uint32_t resource);

/// miss_end.c: what a request ends with ///

/* Ends request k: with code 0 it was served, else it failed with that code. Counts it in *counter, or as cancelled when
 * its slot no longer waits. */
void stk_miss_end(struct stk_miss *m, uint32_t k, uint32_t code, uint64_t *counter);

/* Ends every request that waits for `row`. */
void stk_miss_end_row(struct stk_miss *m, uint32_t row, uint32_t code, uint64_t *counter);

/* Forgets outcomes that were taken, and recycles those whose slot will not come for them. */
void stk_miss_sweep(struct stk_miss *m);

/// miss_serve.c ///

/* One turn without the device: nothing waits longer than wait_ns. STK_OK, or an error of the ingest port. */
int stk_miss_serve(struct stk_miss *m, uint64_t wait_ns);

#endif
