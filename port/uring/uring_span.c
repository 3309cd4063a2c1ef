/* stoker port: cuts a read into requests. A source of blocks takes requests that begin and end at block boundaries, and
 * an address that is aligned. A part of the read that a request can bring to its place goes there directly. The rest,
 * less than a block at either end, is read into a bounce block and copied. Writes are never bounced. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "uring_internal.h"

#include <string.h>

#define READ_MAX (1u << 30) /* most bytes of one request; the kernel's own limit is 2 GiB less a page */

/* Returns the smaller of two numbers. The caller knows that one of them fits into 32 bits. */
static uint32_t least(uint64_t a, uint64_t b) {
    return (uint32_t)(a < b ? a : b);
}

/// Bounce blocks ///

/* Returns the bounce block of a read. `bounce` counts from 1, since 0 means that the read has none. */
static uint8_t *block_of(const struct stk_uring *u, const struct stk_uring_op *op) {
    return u->bounce + (size_t)(op->bounce - 1u) * STK_URING_BOUNCE_BYTES;
}

/* Gives the read a bounce block unless it has one. Returns false when none is free. */
static bool take_block(struct stk_uring *u, struct stk_uring_op *op) {
    for (uint32_t i = 0; i < STK_URING_BOUNCES && op->bounce == 0; i++) {
        if ((u->bounces_used & (1u << i)) == 0) {
            u->bounces_used |= 1u << i;
            op->bounce = (uint8_t)(i + 1u);
        }
    }
    return op->bounce != 0;
}

void stk_uring_unbounce_(struct stk_uring *u, struct stk_uring_op *op) {
    if (op->bounce == 0) {
        return;
    }
    u->bounces_used &= ~(1u << (op->bounce - 1u));
    op->bounce = 0;
    /* The block is free now, so the read that has waited longest is planned again. */
    if (u->parked.head != STK_INDEX_NONE) {
        uint32_t index = STK_INDEX_POP(u->ops, &u->parked);
        STK_INDEX_PUSH(u->ops, &u->outbox, index);
    }
}

/// The next request ///

/* Plans a request for the first block that the rest of the read touches; `skip` bytes of that block come before the
 * read. If the part behind this block could not go to its place either, since its address is not aligned, the request
 * is for as many blocks as fit into a bounce block. Returns false where no bounce block is free. */
static bool plan_bounce(struct stk_uring *u, const struct stk_uring_source *s, struct stk_uring_op *op, uint32_t skip) {
    bool one = ((uintptr_t)op->to + s->block - skip) % s->align == 0;
    uint64_t touched = (uint64_t)skip + op->asked + s->block - 1u;
    uint32_t most = one ? s->block : STK_URING_BOUNCE_BYTES - STK_URING_BOUNCE_BYTES % s->block;
    if (!take_block(u, op)) {
        return false;
    }
    op->at -= skip;
    op->skip = skip;
    op->to = block_of(u, op);
    op->asked = least(least(touched - touched % s->block, most), s->end - op->at);
    return true;
}

bool stk_uring_plan_(struct stk_uring *u, struct stk_uring_op *op) {
    const struct stk_uring_source *s = &u->source[op->source];
    uint32_t left = op->bytes - op->got, most, skip;
    /* UINT64_MAX is -1 for the kernel, which then reads on from the file's own position. */
    op->at = s->kind == SOURCE_POSITIONED ? op->offset + op->got : UINT64_MAX;
    op->to = op->dst + op->got;
    op->asked = left;
    op->skip = 0;
    most = least(left, s->request_max);
    if ((u->flags & STK_URING_PLAIN) == 0 && s->receive == RECEIVE_NONE) {
        /* A request into registered memory must lie in one registered buffer. A receive does not use registered
         * memory. */
        most = least(most, u->buffer_bytes - (size_t)(op->to - u->mem) % u->buffer_bytes);
    }
    /* A write that is not aligned is sent as it is, and the kernel refuses it: only the caller can align it. */
    if (s->block != 0 && op->op == STK_INGEST_READ) {
        skip = (uint32_t)(op->at % s->block);
        most = least(most, s->end - op->at);
        /* Whole blocks only; a rest of less than a block at the end gives 0 here and goes through a bounce block. */
        most -= most % s->block;
        if (skip != 0 || most == 0 || (uintptr_t)op->to % s->align != 0) {
            return plan_bounce(u, s, op, skip);
        }
    }
    /* The read may have a block from a plan that was made when the queue had no room. */
    stk_uring_unbounce_(u, op);
    op->asked = most;
    return true;
}

int32_t stk_uring_took_(struct stk_uring *u, struct stk_uring_op *op, int32_t res) {
    uint32_t got = res > 0 ? (uint32_t)res : 0u, left = op->bytes - op->got;
    if (op->bounce == 0) {
        return res;
    }
    /* The first `skip` bytes and all bytes behind the read belong to the block and not to the read. */
    got = got > op->skip ? got - op->skip : 0u;
    got = got < left ? got : left;
    memcpy(op->dst + op->got, block_of(u, op) + op->skip, got);
    u->stats.bounce_bytes += got;
    u->path[u->source[op->source].path].bounce_bytes += got;
    stk_uring_unbounce_(u, op);
    return res < 0 ? res : (int32_t)got;
}
