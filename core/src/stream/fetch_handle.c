/* stoker: reads, writes and I/O fences through handles: checks of requests, the order of fences, and completions. Only
 * the copy of a request that the claim made is looked at, so a device that changes the words later changes nothing. */
#include "stream/fetch_internal.h"

/// Table ///

/* Returns the number of a row with the right to `op`, STK_IO_OP_*; 0: there is no such op. */
static uint32_t right_to(uint32_t op) {
    return op == STK_IO_OP_READ    ? STK_IO_MAY_READ
           : op == STK_IO_OP_WRITE ? STK_IO_MAY_WRITE
           : op == STK_IO_OP_FENCE ? STK_IO_MAY_FENCE
                                   : 0u;
}

/* Returns true if `bytes` bytes from `at` on lie in the first `room` bytes. No sum, so nothing can wrap. */
static bool fits(uint64_t at, uint64_t bytes, uint64_t room) {
    return at <= room && bytes <= room - at;
}

/* Checks the ranges of a read or write against its handle, and fills them in. STK_E_FORMAT the length is 0; STK_E_RANGE
 * the length is more than a completion can count (INT32_MAX), or the request leaves a range of the handle; STK_E_ALIGN
 * an offset, a length or an address is not a multiple of the handle's `align`. */
static int check_ranges(const struct stk_fetch *m, const struct stk_io_request *asked, struct stk_fetch_request *q) {
    const struct stk_fetch_handle *h = &m->rows[q->row].is;
    uint32_t payload = asked->op == STK_IO_OP_READ ? asked->dst : asked->src;
    uint64_t mask = h->align != 0u ? h->align - 1u : 0u;
    if (asked->bytes == 0u) {
        return STK_E_FORMAT;
    }
    if (asked->bytes > (uint32_t)INT32_MAX || !fits(asked->offset, asked->bytes, h->bytes) || payload < h->payload ||
        !fits(payload - h->payload, asked->bytes, h->payload_bytes)) {
        return STK_E_RANGE;
    }
    q->offset = h->offset + asked->offset; /* at most INT64_MAX: stk_fetch_grant() has checked the end of the range */
    q->payload = payload;
    q->bytes = asked->bytes;
    return ((q->offset | q->bytes | (uintptr_t)(m->config.memory.payload + payload)) & mask) == 0u ? STK_OK
                                                                                                   : STK_E_ALIGN;
}

int stk_fetch_check_handle(const struct stk_fetch *m, const struct stk_io_request *asked, struct stk_fetch_request *q) {
    uint32_t tenant = stk_load(stk_slot_at(&m->ring, asked->tag) + STK_SLOT_TENANT), right = right_to(asked->op);
    const struct stk_fetch_handle *h;
    if (m->stopping) {
        return STK_E_SHUTDOWN;
    }
    if (right == 0u) {
        return STK_E_FORMAT;
    }
    q->op = asked->op;
    q->row = stk_fetch_find(m, asked->op == STK_IO_OP_READ ? asked->src : asked->dst);
    if (q->row == STK_FETCH_NO_ROW) {
        return STK_E_NOENT;
    }
    h = &m->rows[q->row].is;
    if ((h->rights & right) == 0u || tenant > 31u || (h->tenants >> tenant & 1u) == 0u) {
        return STK_E_ACCESS;
    }
    if (asked->op != STK_IO_OP_FENCE) {
        return check_ranges(m, asked, q);
    }
    /* An I/O fence is about a whole source: the words of a range must be 0 (SPEC.md, 4.4). */
    return asked->src == 0u && asked->offset == 0u && asked->bytes == 0u ? STK_OK : STK_E_FORMAT;
}

/// Order ///

/* Returns true if pass `a` is not after pass `b`. The numbers wrap, so their difference is compared: no request lives
 * for 2^31 passes. */
static bool not_after(uint32_t a, uint32_t b) {
    return b - a <= UINT32_MAX / 2u;
}

/* Returns true if a fence on `source` that was claimed in pass `pass` must wait for request w: w is a write to the
 * source, was not claimed in a later pass, and still waits or is with the port. A write that took too long counts until
 * the port gives it back. A request that waits behind such a write may be a write to any source. */
static bool comes_before(const struct stk_fetch *m, const struct stk_fetch_request *w, uint32_t source, uint32_t pass) {
    if (w->moving && w->held && not_after(w->seen, pass)) {
        return true;
    }
    return w->op == STK_IO_OP_WRITE && (w->moving || w->state == STK_FETCH_WAITING) &&
           m->rows[w->row].is.source == source && not_after(w->pass, pass);
}

bool stk_fetch_may_move(const struct stk_fetch *m, const struct stk_fetch_request *q) {
    bool may = !q->moving;
    for (uint32_t k = 0; may && q->op == STK_IO_OP_FENCE && k < m->queue.slots; k++) {
        may = !comes_before(m, &m->requests[k], m->rows[q->row].is.source, q->pass);
    }
    return may;
}

/// With the port ///

void stk_fetch_move(struct stk_fetch *m, uint32_t k, struct stk_ingest_read *read) {
    struct stk_fetch_request *q = &m->requests[k];
    q->moving = 1;
    m->rows[q->row].moving++;
    m->stats.reads++;
    *read = (struct stk_ingest_read){.source = m->rows[q->row].is.source,
                                     .offset = q->offset,
                                     .bytes = q->bytes,
                                     .dst = m->config.memory.payload + q->payload,
                                     .tag = m->config.resources + k,
                                     .op = q->op == STK_IO_OP_READ    ? STK_INGEST_READ
                                           : q->op == STK_IO_OP_WRITE ? STK_INGEST_WRITE
                                                                      : STK_INGEST_SYNC};
}

void stk_fetch_moved(struct stk_fetch *m, uint32_t k) {
    m->requests[k].moving = 0;
    m->rows[m->requests[k].row].moving--;
}

void stk_fetch_stop_moving(const struct stk_fetch *m, uint32_t k) {
    if (m->requests[k].moving) {
        stk_reads_cancel_one(&m->reads, m->config.resources + k);
    }
}

/* Returns the code with which I/O ended; 0: all bytes were moved. The number of the OS says more than our own code, so
 * it goes first. */
static uint32_t code_of(const struct stk_fetch_request *q, const struct stk_ingest_done *done) {
    if (done->result >= 0 && q->moved == q->bytes) {
        return 0;
    }
    return done->os_error > 0 ? (uint32_t)done->os_error
           : done->result < 0 ? STK_FETCH_CODE(done->result)
                              : STK_FETCH_CODE(STK_E_SHORT);
}

bool stk_fetch_complete(struct stk_fetch *m, uint32_t k, const struct stk_ingest_done *done) {
    struct stk_fetch_request *q;
    uint32_t code;
    if (k >= m->queue.slots || !m->requests[k].moving) {
        return false;
    }
    q = &m->requests[k];
    stk_fetch_moved(m, k);
    if (q->state != STK_FETCH_WAITING) {
        return true; /* the request ended before its I/O came back */
    }
    q->moved = done->result > 0 ? (uint32_t)done->result : 0u;
    code = done->result == STK_E_CANCELED ? STK_FETCH_CODE(STK_E_CANCELED) : code_of(q, done);
    if (code == 0u && q->op == STK_IO_OP_READ) {
        m->stats.bytes += q->moved;
    } else if (code == 0u) {
        m->stats.written += q->moved;
    }
    stk_fetch_end(m, k, code,
                  code == 0u                       ? &m->stats.served
                  : done->result == STK_E_CANCELED ? &m->stats.cancelled
                                                   : &m->stats.failed);
    return true;
}
