/* stoker port: what the files of the io_uring port share. */
#ifndef STOKER_URING_INTERNAL_H
#define STOKER_URING_INTERNAL_H

#include <stdint.h>

#include <liburing.h>

#include "stoker/port/uring.h"

#define NONE UINT32_MAX /* no index */

_Static_assert(sizeof(struct io_uring) <= STK_URING_RING_BYTES, "raise STK_URING_RING_BYTES");

enum source_kind {
    SOURCE_FREE = 0,
    SOURCE_POSITIONED = 1,
    SOURCE_SEQUENTIAL = 2
};

/* The way of a read; those in OP_SEND_* are in the outbox, those in OP_READ and OP_POLL in the kernel. */
enum op_state {
    OP_FREE,
    OP_QUEUED,
    OP_SEND_READ,
    OP_SEND_POLL,
    OP_READ,
    OP_POLL,
    OP_READY
};

static inline void list_clear(struct stk_uring_list *list) {
    list->head = NONE;
    list->tail = NONE;
}

static inline void list_push(struct stk_uring_op *ops, struct stk_uring_list *list, uint32_t index) {
    ops[index].next = NONE;
    if (list->tail == NONE) {
        list->head = index;
    } else {
        ops[list->tail].next = index;
    }
    list->tail = index;
}

/* Precondition: the list is not empty. */
static inline uint32_t list_pop(const struct stk_uring_op *ops, struct stk_uring_list *list) {
    uint32_t index = list->head;
    list->head = ops[index].next;
    if (list->head == NONE) {
        list->tail = NONE;
    }
    return index;
}

/* Keeps the detail of a refusal and returns its code. */
static inline int refuse(struct stk_uring *u, int err, uint32_t index, uint64_t value) {
    u->fault = (struct stk_fault){err, index, value};
    return err;
}

/* Hands the outbox, and a cancel that is due, to the kernel as far as it takes them; the next reap goes on. */
void stk_uring_flush_(struct stk_uring *u);

/* Takes every answer that is there. */
void stk_uring_harvest_(struct stk_uring *u);

/* Waits for an answer for at most `timeout_ns`. */
void stk_uring_wait_(struct stk_uring *u, uint64_t timeout_ns);

/* Moves operation `index` on: the kernel answered its request with `res`, a count or -errno. */
void stk_uring_answered_(struct stk_uring *u, uint32_t index, int res);

#endif
