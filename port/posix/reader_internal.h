/* stoker port: what the files of the POSIX reader share. */
#ifndef STOKER_POSIX_READER_INTERNAL_H
#define STOKER_POSIX_READER_INTERNAL_H

#include "stoker/port/os_source.h"
#include "stoker/port/posix.h"

/* Keeps the detail of a refusal in r->info and returns `err`, so that a caller can write `return refuse(...)`. */
static inline int refuse(struct stk_posix_reader *r, int err, uint32_t index, uint64_t value) {
    r->info = (struct stk_error_info){err, index, value};
    return err;
}

/* Returns the list in which an operation waits. Each sequential source has a list of its own, because its reads must
 * run in order and one source without data must not hold the others up. All sources with offsets share one list. */
static inline struct stk_index_list *op_list(struct stk_posix_reader *r, const struct stk_posix_op *op) {
    struct stk_posix_source *s = &r->source[op->source];
    return s->kind == SOURCE_SEQUENTIAL ? &s->queue : &r->queue;
}

#endif
