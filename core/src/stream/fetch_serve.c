/* stoker: the requests of the fetch service on their way to a read and back: claimed, checked, submitted, reaped. */
#include "stream/fetch_internal.h"

/// Asked ///

/* Checks a load miss against the table. Returns STK_OK and its row, or why the slot may not have the resource. The
 * words of the I/O slot must be those of a load miss, and name the resource that the ring slot names; words that
 * somebody has changed give STK_E_FORMAT. */
static int check_load(const struct stk_fetch *m, const struct stk_io_request *asked, uint32_t *row,
                      uint32_t *prefetch) {
    const uint32_t *w = stk_slot_at(&m->ring, asked->tag);
    uint32_t tenant = stk_load(w + STK_SLOT_TENANT), wanted;
    *prefetch = stk_slot_arg(w, 1) != 0u;
    if (m->stopping) {
        return STK_E_SHUTDOWN;
    }
    if (asked->op != STK_IO_OP_READ || asked->dst != asked->src || asked->offset != 0u || asked->bytes != 0u ||
        stk_slot_arg(w, 0) != asked->src) {
        return STK_E_FORMAT;
    }
    *row = stk_fetch_find(m, asked->src);
    if (*row == STK_FETCH_NO_ROW) {
        return STK_E_NOENT;
    }
    wanted = *prefetch ? STK_FETCH_LOAD | STK_FETCH_PREFETCH : STK_FETCH_LOAD;
    if (tenant > 31u || (m->rows[*row].is.tenants >> tenant & 1u) == 0u) {
        return STK_E_ACCESS;
    }
    return (m->rows[*row].is.rights & wanted) == wanted ? STK_OK : STK_E_ACCESS;
}

/* Serves a load miss at once where a prefetch has brought its data; else the request waits for the read of its row. The
 * data of a prefetch serves one load miss. Another prefetch leaves the data for the load miss to come. */
static void serve_or_wait(struct stk_fetch *m, uint32_t k) {
    struct stk_fetch_request *q = &m->requests[k];
    struct stk_fetch_row *row = &m->rows[q->row];
    if (row->warm) {
        row->warm = q->prefetch != 0u;
        m->stats.ahead++;
        stk_fetch_end(m, k, 0, &m->stats.served);
        return;
    }
    m->stats.shared += row->waiting > 1u || row->reading;
}

/* Takes in request k, which was claimed, and ends it at once where it is refused. `asked` is a copy of the words: they
 * are checked before they are used, and the device may write to the queue meanwhile. */
static void accept_request(struct stk_fetch *m, uint32_t k, const struct stk_io_request *asked) {
    struct stk_fetch_request *q = &m->requests[k];
    /* A request that had to wait for an earlier I/O of its I/O slot gets the pass in which it was first seen: a fence
     * that was published later must wait for this write. A fence itself gets the later pass, and so waits for too much
     * rather than for too little. */
    uint32_t pass = q->held && asked->op != STK_IO_OP_FENCE ? q->seen : m->pass;
    bool load;
    int err;
    m->stats.asked++;
    *q = (struct stk_fetch_request){.since_ns = stk_deadline_counted(&m->requests_end),
                                    .slot = asked->tag,
                                    .row = STK_FETCH_NO_ROW,
                                    .state = STK_FETCH_WAITING,
                                    .pass = pass};
    if (asked->tag >= m->ring.slots) {
        /* There is no such slot. Slot 0 stands in: either it does not wait for I/O slot k, and nothing happens to it,
         * or it does wait, and then the tag of its own request was overwritten. */
        q->slot = 0;
        stk_fetch_end(m, k, STK_FETCH_CODE(STK_E_FORMAT), &m->stats.refused);
        return;
    }
    if (!stk_fetch_waits(m, q->slot, k)) {
        stk_fetch_end(m, k, 0, &m->stats.cancelled);
        return;
    }
    load = stk_load(stk_slot_at(&m->ring, q->slot) + STK_SLOT_OPCODE) == STK_OP_LOAD_MISS;
    err = load ? check_load(m, asked, &q->row, &q->prefetch) : stk_fetch_check_handle(m, asked, q);
    if (err != STK_OK) {
        q->row = STK_FETCH_NO_ROW;
        stk_fetch_end(m, k, STK_FETCH_CODE(err), &m->stats.refused);
        return;
    }
    m->rows[q->row].waiting++;
    if (load) {
        serve_or_wait(m, k);
    }
}

/* Returns true if I/O slot k holds a fence now. */
static bool is_fence(const struct stk_fetch *m, uint32_t k) {
    struct stk_io_queue io = stk_fetch_io(m, k);
    struct stk_io_request asked;
    return stk_io_queue_read(&io, 0, &asked) == STK_OK && asked.op == STK_IO_OP_FENCE;
}

/* Notes the pass since which a new request waits in I/O slot k. No request is claimed from an I/O slot while the I/O of
 * the one before is with the port, since both would have the same tag there. */
static void note_held(struct stk_fetch *m, uint32_t k) {
    struct stk_fetch_request *q = &m->requests[k];
    struct stk_io_queue io = stk_fetch_io(m, k);
    if (q->state == STK_FETCH_FREE && q->moving && !q->held && stk_io_queue_status(&io, 0) == (int)STK_SLOT_PUBLISHED) {
        q->held = 1;
        q->seen = m->pass;
    }
}

/* Claims the requests that are there, without I/O fences where `fences` is false. Returns true if a fence is among the
 * claimed. */
static bool claim_pass(struct stk_fetch *m, bool fences) {
    struct stk_io_request asked;
    bool fence = false;
    for (uint32_t k = 0; k < m->queue.slots; k++) {
        struct stk_io_queue io = stk_fetch_io(m, k);
        bool free = m->requests[k].state == STK_FETCH_FREE && !m->requests[k].moving;
        note_held(m, k);
        if (free && (fences || !is_fence(m, k)) && stk_io_queue_claim(&io, &asked, 1) == 1) {
            fence = fence || asked.op == STK_IO_OP_FENCE;
            accept_request(m, k, &asked);
        }
    }
    return fence;
}

/* Claims requests. A pass may claim a fence and overlook a write that was published before the fence, in an I/O slot
 * that the pass had left behind. So a second pass follows a pass that claimed a fence. The second pass claims all
 * writes that were published before the fence, and no further fence, which would need a pass of its own.
 * Such a write may also be in an I/O slot whose outcome was taken since the last sweep, so a sweep comes between. */
static void claim_requests(struct stk_fetch *m) {
    m->pass++;
    if (claim_pass(m, true)) {
        stk_fetch_sweep(m);
        (void)claim_pass(m, false);
    }
}

/* Ends the requests that took too long. stk_fetch_serve reads the clock before it takes in the finished reads. So a
 * read that finished while the process was stopped is not late. */
static void end_late_requests(struct stk_fetch *m) {
    if (stk_fetch_in_flight(m) == 0u) {
        return;
    }
    for (uint32_t k = 0; k < m->queue.slots; k++) {
        const struct stk_fetch_request *q = &m->requests[k];
        if (q->state == STK_FETCH_WAITING && stk_deadline_left(&m->requests_end, q->since_ns) == 0u) {
            stk_fetch_stop_moving(m, k);
            stk_fetch_end(m, k, STK_FETCH_CODE(STK_E_TIMEOUT), &m->stats.failed);
        }
    }
}

/// Reads: what the service does with them (reads.h) ///

/* Gives the next read to the port, as stk_reads_ops.next. The index of a read is its row; for a request through a
 * handle it is the number of rows plus the number of the request. Position n of the list is request (next + n) mod
 * slots: the search begins where the port had no room last time, so no request starves behind others. A resource is
 * read once for all load misses that wait for it. */
static bool next_read(void *owner, uint32_t *at, struct stk_ingest_read *read) {
    struct stk_fetch *m = owner;
    for (; *at < m->queue.slots; (*at)++) {
        uint32_t k = (m->next + *at) % m->queue.slots;
        const struct stk_fetch_request *q = &m->requests[k];
        struct stk_fetch_row *r;
        if (q->state != STK_FETCH_WAITING || q->prefetch != m->prefetches || m->rows[q->row].reading) {
            continue;
        }
        if (q->op != 0u && stk_fetch_may_move(m, q)) {
            stk_fetch_move(m, k, read);
            return true;
        }
        if (q->op != 0u) {
            continue;
        }
        r = &m->rows[q->row];
        r->reading = 1;
        m->stats.reads++;
        *read = (struct stk_ingest_read){.source = r->is.source,
                                         .offset = r->is.offset,
                                         .bytes = r->is.payload_bytes,
                                         .dst = m->config.memory.payload + r->is.payload,
                                         .tag = q->row};
        return true;
    }
    return false;
}

/* Undoes next_read() for a read that the port did not take. A later submit offers the read again. */
static void return_read(void *owner, uint32_t index) {
    struct stk_fetch *m = owner;
    m->stats.reads--;
    if (index < m->config.resources) {
        m->rows[index].reading = 0;
    } else {
        stk_fetch_moved(m, index - m->config.resources);
    }
}

/* Fails the requests of a read that the port refused. `reading` of the row and `moving` of the request were set by
 * next_read(), and return_read() has cleared them: the port's submit took nothing. */
static void refuse_read(void *owner, uint32_t index, int err) {
    struct stk_fetch *m = owner;
    if (index < m->config.resources) {
        stk_fetch_end_row(m, index, STK_FETCH_CODE(err), &m->stats.failed);
    } else {
        stk_fetch_end(m, index - m->config.resources, STK_FETCH_CODE(err), &m->stats.failed);
    }
}

/* Submits the reads that requests wait for: prefetches, or all others. Returns 1 when the port took all, 0 when the
 * port is full, or the port's error. */
static int submit_reads(struct stk_fetch *m, uint8_t prefetches) {
    uint32_t at = 0;
    int taken;
    m->prefetches = prefetches;
    taken = stk_reads_submit(&m->reads, &at, &m->info);
    if (taken <= 0) {
        m->next = (m->next + at) % m->queue.slots;
    }
    return taken;
}

/* Returns true if prefetches wait for this row, and no load miss that needs the data now. Only then is the data kept
 * for the next load miss. */
static bool only_prefetches(const struct stk_fetch *m, uint32_t row) {
    uint32_t waiting = 0;
    for (uint32_t k = 0; k < m->queue.slots; k++) {
        const struct stk_fetch_request *q = &m->requests[k];
        if (q->state == STK_FETCH_WAITING && q->row == row) {
            waiting++;
            if (!q->prefetch) {
                return false;
            }
        }
    }
    return waiting != 0u;
}

/* Takes one completion in, as stk_reads_ops.completed, and ends all requests that waited for it. Returns false for a
 * row that is not being read, which is a fault of the port. */
static bool complete_read(void *owner, uint32_t row, const struct stk_ingest_done *done) {
    struct stk_fetch *m = owner;
    struct stk_fetch_row *r;
    if (row >= m->config.resources) {
        return stk_fetch_complete(m, row - m->config.resources, done);
    }
    if (!m->rows[row].reading) {
        return false;
    }
    r = &m->rows[row];
    r->reading = 0;
    if (done->result == STK_E_CANCELED) {
        stk_fetch_end_row(m, row, STK_FETCH_CODE(STK_E_CANCELED), &m->stats.cancelled);
    } else if (done->result < 0) {
        uint32_t code = done->os_error > 0 ? (uint32_t)done->os_error : STK_FETCH_CODE(done->result);
        stk_fetch_end_row(m, row, code, &m->stats.failed);
    } else if ((uint32_t)done->result < r->is.bytes) { /* the source has ended inside of the resource */
        stk_fetch_end_row(m, row, STK_FETCH_CODE(STK_E_SHORT), &m->stats.failed);
    } else {
        m->stats.bytes += r->is.bytes;
        r->warm = only_prefetches(m, row);
        stk_fetch_end_row(m, row, 0, &m->stats.served);
    }
    return true;
}

const struct stk_reads_ops stk_fetch_reads_ops = {
    .next = next_read, .not_taken = return_read, .refused = refuse_read, .completed = complete_read};

/// A step ///

int stk_fetch_serve(struct stk_fetch *m, uint64_t wait_ns) {
    int taken, err;
    /* The clock is read first: I/O that ended while the process was stopped is taken in below, before a request
     * counts as late. */
    (void)stk_deadline_look(&m->requests_end, m->config.platform.ops->now_ns(m->config.platform.ctx));
    stk_fetch_sweep(m);
    claim_requests(m);
    /* Prefetches go last, and only while the port has room. */
    taken = m->stopping ? 1 : submit_reads(m, 0);
    taken = taken > 0 && !m->stopping ? submit_reads(m, 1) : taken;
    err = taken < 0 ? taken : stk_reads_reap(&m->reads, wait_ns, &m->info);
    end_late_requests(m);
    return err;
}
