/* Requests on their way to a read and back: claimed, checked, submitted, reaped. */
#include "base/error_info.h"
#include "fetch_internal.h"
#include "base/refusal.h"

#define BATCH 16u /* reads submitted or reaped in one call of the port */

/// Asked ///

/* May the slot of `asked` have what it asks for? STK_OK and its row, or why not. */
static int check(const struct stk_fetch *m, const struct stk_io_request *asked, uint32_t *row, uint32_t *prefetch) {
    const uint32_t *w = stk_slot_at(&m->ring, asked->tag);
    uint32_t tenant = stk_load(w + STK_SLOT_TENANT);
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
    if (tenant > 31u || (m->rows[*row].is.tenants >> tenant & 1u) == 0u) {
        return STK_E_ACCESS;
    }
    return *prefetch && !m->rows[*row].is.prefetch ? STK_E_ACCESS : STK_OK;
}

/* A request that may wait for its row, or is served by what a prefetch has brought: then a miss is the one that it was
 * for. */
static void enter(struct stk_fetch *m, uint32_t k) {
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

/* Request k was claimed. Nothing that it says is used before it was checked, and no word of it is read twice. */
static void accept(struct stk_fetch *m, uint32_t k, const struct stk_io_request *asked) {
    struct stk_fetch_request *q = &m->requests[k];
    int err;
    m->stats.asked++;
    *q = (struct stk_fetch_request){.since_ns = stk_deadline_counted(&m->requests_end),
                                    .slot = asked->tag,
                                    .row = STK_FETCH_NO_ROW,
                                    .state = STK_FETCH_WAITING};
    if (asked->tag >= m->ring.slots) {
        q->slot = 0; /* which does not wait for it, or is not harmed */
        stk_fetch_end(m, k, STK_FETCH_CODE(STK_E_FORMAT), &m->stats.refused);
        return;
    }
    if (!stk_fetch_waits(m, q->slot, k)) {
        stk_fetch_end(m, k, 0, &m->stats.cancelled);
        return;
    }
    err = check(m, asked, &q->row, &q->prefetch);
    if (err != STK_OK) {
        q->row = STK_FETCH_NO_ROW;
        stk_fetch_end(m, k, STK_FETCH_CODE(err), &m->stats.refused);
        return;
    }
    m->rows[q->row].waiting++;
    enter(m, k);
}

static void claim(struct stk_fetch *m) {
    struct stk_io_request asked;
    for (uint32_t k = 0; k < m->queue.slots; k++) {
        struct stk_io_queue io = stk_fetch_io(m, k);
        if (m->requests[k].state == STK_FETCH_FREE && stk_io_queue_claim(&io, &asked, 1) == 1) {
            accept(m, k, &asked);
        }
    }
}

/* Ends the requests that took too long. The deadline was looked at before the finished reads were taken in, so a read
 * that finished during a pause is not late. */
static void expire(struct stk_fetch *m) {
    if (stk_fetch_in_flight(m) == 0u) {
        return;
    }
    for (uint32_t k = 0; k < m->queue.slots; k++) {
        const struct stk_fetch_request *q = &m->requests[k];
        if (q->state == STK_FETCH_WAITING && stk_deadline_left(&m->requests_end, q->since_ns) == 0u) {
            stk_fetch_end(m, k, STK_FETCH_CODE(STK_E_TIMEOUT), &m->stats.failed);
        }
    }
}

/// Read ///

/* What goes to the port in one call: reads, and how far down the list each was found. */
struct offer {
    struct stk_ingest_read reads[BATCH];
    uint32_t at[BATCH], count;
};

/* Request `n` of the list joins the offer when it waits and its row is not being read, which from then on it is. */
static void consider(struct stk_fetch *m, struct offer *o, uint32_t n, uint32_t prefetch) {
    const struct stk_fetch_request *q = &m->requests[(m->next + n) % m->queue.slots];
    struct stk_fetch_row *r;
    if (q->state != STK_FETCH_WAITING || q->prefetch != prefetch || m->rows[q->row].reading) {
        return;
    }
    r = &m->rows[q->row];
    r->reading = 1;
    o->reads[o->count] = (struct stk_ingest_read){.source = r->is.source,
                                                  .offset = r->is.offset,
                                                  .bytes = r->is.bytes,
                                                  .dst = m->config.memory.payload + r->is.dst,
                                                  .tag = q->row};
    o->at[o->count++] = n;
}

/* Makes the offer. Returns how many the port took, or its error; the others are not being read after all. */
static int submit_offer(struct stk_fetch *m, const struct offer *o) {
    int taken = m->config.ingest->submit(m->config.ingest_ctx, o->reads, o->count);
    uint32_t under_way = taken > 0 ? (uint32_t)taken : 0u;
    for (uint32_t i = under_way; i < o->count; i++) {
        m->rows[o->reads[i].tag].reading = 0;
    }
    m->reading += under_way;
    m->stats.reads += under_way;
    return taken;
}

/* Submits what waits and is not being read, prefetches or the others, in turn. 1; 0 the port is full; or its error. */
static int submit(struct stk_fetch *m, uint32_t prefetch) {
    uint32_t n = 0, limit = BATCH;
    while (n < m->queue.slots) {
        struct offer o = {.count = 0};
        uint32_t end = n;
        int taken;
        while (end < m->queue.slots && o.count < limit) {
            consider(m, &o, end++, prefetch);
        }
        taken = o.count != 0u ? submit_offer(m, &o) : 0;
        if (stk_is_refusal(taken)) {
            if (o.count == 1u) {
                stk_fetch_end_row(m, o.reads[0].tag, STK_FETCH_CODE(taken), &m->stats.failed);
                n = end;
            }
            limit = 1;
        } else if (taken < (int)o.count) {
            m->next = (m->next + o.at[taken > 0 ? taken : 0]) % m->queue.slots;
            return taken < 0 ? taken : 0;
        } else {
            n = end;
        }
    }
    return 1;
}

/* Does nobody but prefetches wait for this row? */
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

static void land(struct stk_fetch *m, uint32_t row, const struct stk_ingest_done *done) {
    struct stk_fetch_row *r = &m->rows[row];
    r->reading = 0;
    m->reading--;
    if (done->result == STK_E_CANCELED) {
        stk_fetch_end_row(m, row, STK_FETCH_CODE(STK_E_CANCELED), &m->stats.cancelled);
    } else if (done->result < 0) {
        uint32_t code = done->os_error > 0 ? (uint32_t)done->os_error : STK_FETCH_CODE(done->result);
        stk_fetch_end_row(m, row, code, &m->stats.failed);
    } else if ((uint32_t)done->result < r->is.bytes) {
        stk_fetch_end_row(m, row, STK_FETCH_CODE(STK_E_SHORT), &m->stats.failed);
    } else {
        m->stats.bytes += r->is.bytes;
        r->warm = only_prefetches(m, row);
        stk_fetch_end_row(m, row, 0, &m->stats.served);
    }
}

/* Takes a finished read in. One that is not the service's is told, and the others are taken in all the same. */
static int take(struct stk_fetch *m, const struct stk_ingest_done *done) {
    uint32_t row = done->tag;
    if (row >= m->config.resources || !m->rows[row].reading) {
        return stk_fail(&m->info, STK_E_RANGE, row, 0);
    }
    land(m, row, done);
    return STK_OK;
}

static int reap(struct stk_fetch *m, uint64_t wait_ns) {
    struct stk_ingest_done done[BATCH];
    int n = (int)BATCH, err = STK_OK;
    while (m->reading != 0u && n == (int)BATCH) {
        n = m->config.ingest->reap(m->config.ingest_ctx, done, BATCH, wait_ns);
        for (int i = 0; i < n; i++) {
            int taken = take(m, &done[i]);
            err = err < 0 ? err : taken;
        }
        wait_ns = 0;
    }
    return n < 0 ? n : err;
}

int stk_fetch_serve(struct stk_fetch *m, uint64_t wait_ns) {
    int taken, err;
    (void)stk_deadline_look(&m->requests_end, m->config.platform->now_ns(m->config.platform_ctx));
    stk_fetch_sweep(m);
    claim(m);
    taken = m->stopping ? 1 : submit(m, 0);
    taken = taken > 0 && !m->stopping ? submit(m, 1) : taken;
    err = taken < 0 ? taken : reap(m, wait_ns);
    expire(m);
    return err;
}
