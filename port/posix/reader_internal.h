/* stoker port: what the two files of the POSIX reader share. */
#ifndef STOKER_POSIX_READER_INTERNAL_H
#define STOKER_POSIX_READER_INTERNAL_H

#include "stoker/port/posix.h"

#define NONE UINT32_MAX /* no index */

enum source_kind {
    SOURCE_FREE = 0,
    SOURCE_POSITIONED = 1,
    SOURCE_SEQUENTIAL = 2
};

static inline void list_clear(struct stk_posix_list *list) {
    list->head = NONE;
    list->tail = NONE;
}

static inline void list_push(struct stk_posix_op *ops, struct stk_posix_list *list, uint32_t index) {
    ops[index].next = NONE;
    if (list->tail == NONE) {
        list->head = index;
    } else {
        ops[list->tail].next = index;
    }
    list->tail = index;
}

/* Precondition: the list is not empty. */
static inline uint32_t list_pop(const struct stk_posix_op *ops, struct stk_posix_list *list) {
    uint32_t index = list->head;
    list->head = ops[index].next;
    if (list->head == NONE) {
        list->tail = NONE;
    }
    return index;
}

/* Keeps the detail of a refusal and returns its code. */
static inline int refuse(struct stk_posix_reader *r, int err, uint32_t index, uint64_t value) {
    r->info = (struct stk_error_info){err, index, value};
    return err;
}

/* Where a read waits for its turn: sequential sources have a queue each. */
static inline struct stk_posix_list *op_list(struct stk_posix_reader *r, const struct stk_posix_op *op) {
    struct stk_posix_source *s = &r->source[op->source];
    return s->kind == SOURCE_SEQUENTIAL ? &s->queue : &r->queue;
}

#endif
