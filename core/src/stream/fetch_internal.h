/* Declarations that the files of the fetch service share. Private to them.
 *
 * Request k is the request that was claimed from I/O slot k. A request goes from FREE to WAITING (claimed), to OUTCOME
 * (completed) and back to FREE (the slot took the outcome, or never will take it). The port may still have the I/O of a
 * request through a handle when the request is FREE again: `moving` is set for this time. */
#ifndef STK_SRC_FETCH_INTERNAL_H
#define STK_SRC_FETCH_INTERNAL_H

#include <stdbool.h>

#include "ring/slot_words.h"
#include "stoker/fetch.h"
#include "stream/reads.h"

#define STK_FETCH_NO_ROW UINT32_MAX /* `row` of a refused request, which no row counts in `waiting` */

/* Rights of a resource, beside the public ones of a handle. */
#define STK_FETCH_LOAD     0x100u /* LOAD_MISS may ask for the whole resource */
#define STK_FETCH_PREFETCH 0x200u /* LOAD_MISS may also prefetch the resource */

/* A row of the table. A resource is a handle whose two ranges are equally long. */
struct stk_fetch_row {
    struct stk_fetch_handle is; /* ranges and rights of the row */
    uint32_t waiting;           /* requests for this row in state WAITING */
    uint32_t moving;            /* requests through this handle whose I/O is with the port */
    uint8_t used;               /* 1: the row is in the table */
    uint8_t reading;            /* 1: the read of this resource is with the port */
    uint8_t warm; /* 1: a prefetch has brought the data, and no load miss has asked for the resource since */
};

enum stk_fetch_state {
    STK_FETCH_FREE = 0, /* the service has no request from this I/O slot */
    STK_FETCH_WAITING,  /* the service has claimed the request, and the request's I/O has not ended */
    STK_FETCH_OUTCOME   /* the request has ended, and the ring slot has not taken the outcome */
};

struct stk_fetch_request {
    uint64_t since_ns; /* time that requests_end had counted when the request was claimed */
    uint64_t offset;   /* byte of the source at which the I/O begins */
    uint32_t slot;     /* ring slot that asked */
    uint32_t row;      /* index of the resource's or handle's row in the table, or STK_FETCH_NO_ROW */
    uint32_t state;    /* an enum stk_fetch_state */
    uint32_t prefetch; /* 1: a load miss that asks ahead of need; 0: any other request */
    uint32_t op;       /* STK_IO_OP_*: the request goes through a handle; 0: the request loads a resource */
    uint32_t payload;  /* byte of the payload at which the I/O begins */
    uint32_t bytes;    /* bytes to be moved */
    uint32_t moved;    /* bytes that were moved, 0 .. bytes */
    uint32_t pass;     /* stk_fetch.pass when the request was claimed: orders I/O fences against writes */
    uint32_t moving;   /* 1: the I/O of the request is with the port, also after the request itself has ended */
    uint32_t held;     /* 1: a new request waits in the I/O slot while the I/O of this one is with the port */
    uint32_t seen;     /* stk_fetch.pass when `held` became 1 */
};

_Static_assert(sizeof(struct stk_fetch_row) <= STK_FETCH_ROW_BYTES, "STK_FETCH_BYTES counts on this");
_Static_assert(sizeof(struct stk_fetch_request) <= STK_FETCH_REQUEST_BYTES, "STK_FETCH_BYTES counts on this");

/* Returns I/O slot k as a queue of one slot, so that the calls of io_queue.h change this slot and no other. */
static inline struct stk_io_queue stk_fetch_io(const struct stk_fetch *m, uint32_t k) {
    return (struct stk_io_queue){.words = m->queue.words + (size_t)k * STK_IO_WORDS, .slots = 1};
}

/* Returns argument `i` of a slot. Acquire: a status that is loaded later is not older than the argument. */
static inline uint32_t stk_slot_arg(const uint32_t *slot, uint32_t i) {
    return stk_load_acquire(slot + STK_SLOT_ARG0 + i);
}

/* Returns true if ring slot `slot` waits for I/O slot k. A slot in WAIT_IO has no ticket that its publisher made up,
 * since the slot overwrote the ticket when it asked. The mark of the ticket must fit the opcode, so a slot whose opcode
 * was changed after it asked does not wait. */
static inline bool stk_fetch_waits(const struct stk_fetch *m, uint32_t slot, uint32_t k) {
    const uint32_t *w = stk_slot_at(&m->ring, slot);
    return stk_load_acquire(w + STK_SLOT_STATUS) == STK_SLOT_WAIT_IO &&
           stk_ticket_names(stk_load(w + STK_SLOT_OPCODE), stk_slot_arg(w, STK_FETCH_TICKET_ARG), k);
}

/// fetch.c ///

/* Returns the row of a resource or handle, or STK_FETCH_NO_ROW. */
uint32_t stk_fetch_find(const struct stk_fetch *m, uint32_t resource);

/// fetch_end.c: how requests end ///

/* Ends request k. `code` 0: the request was served; else the error code. Adds 1 to *counter, or to the count of
 * cancelled requests when the ring slot no longer waits. */
void stk_fetch_end(struct stk_fetch *m, uint32_t k, uint32_t code, uint64_t *counter);

/* Ends every request that waits for `row`. */
void stk_fetch_end_row(struct stk_fetch *m, uint32_t row, uint32_t code, uint64_t *counter);

/* Frees each request whose ring slot has taken the outcome, and each request whose ring slot will not take it. */
void stk_fetch_sweep(struct stk_fetch *m);

/// fetch_handle.c: requests through handles ///

/* Checks the request `asked` of ring slot `asked->tag` against the table. Fills in the row, the op and the ranges of
 * *q. Returns STK_OK, or the reason for which the request is refused. */
int stk_fetch_check_handle(const struct stk_fetch *m, const struct stk_io_request *asked, struct stk_fetch_request *q);

/* Returns true if the I/O of request q may go to the port now: the port does not have the I/O yet, and, where q is an
 * I/O fence, no earlier write is under way. */
bool stk_fetch_may_move(const struct stk_fetch *m, const struct stk_fetch_request *q);

/* Hands request k to the port: fills in its read. */
void stk_fetch_move(struct stk_fetch *m, uint32_t k, struct stk_ingest_read *read);

/* Notes that the I/O of request k is not with the port any more. */
void stk_fetch_moved(struct stk_fetch *m, uint32_t k);

/* Handles the completion `done` of the I/O of request k. Returns false when request k has no I/O with the port. */
bool stk_fetch_complete(struct stk_fetch *m, uint32_t k, const struct stk_ingest_done *done);

/* Asks the port to end the I/O of request k, if the I/O is with the port. */
void stk_fetch_stop_moving(const struct stk_fetch *m, uint32_t k);

/// fetch_serve.c ///

/* The callbacks of the service for its reads on the ingest port. The owner of the reads is the struct stk_fetch. */
extern const struct stk_reads_ops stk_fetch_reads_ops;

/* Does one step of the service without the device. Waits for nothing longer than wait_ns. Returns STK_OK, or an error
 * of the ingest port. */
int stk_fetch_serve(struct stk_fetch *m, uint64_t wait_ns);

#endif
