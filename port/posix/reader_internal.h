/* stoker port: what the two files of the POSIX reader share. */
#ifndef STOKER_POSIX_READER_INTERNAL_H
#define STOKER_POSIX_READER_INTERNAL_H

#include "stoker/port/os_source.h"
#include "stoker/port/posix.h"

/* Keeps the detail of a refusal and returns its code. */
static inline int refuse(struct stk_posix_reader *r, int err, uint32_t index, uint64_t value) {
    r->info = (struct stk_error_info){err, index, value};
    return err;
}

/* Where a read waits for its turn: sequential sources have a queue each. */
static inline struct stk_index_list *op_list(struct stk_posix_reader *r, const struct stk_posix_op *op) {
    struct stk_posix_source *s = &r->source[op->source];
    return s->kind == SOURCE_SEQUENTIAL ? &s->queue : &r->queue;
}

#endif
