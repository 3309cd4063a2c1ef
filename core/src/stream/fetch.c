/* stoker: the fetch service, which does the I/O that slots ask for: its life, its table and its polls. fetch_serve.c
 * moves requests, fetch_handle.c has the rules of reads and writes through handles, fetch_end.c ends requests. The
 * reasons are in DESIGN.md, "One loop serves all I/O that slots ask for". */
#include "stoker/fetch.h"

#include "base/error_info.h"
#include "base/memory.h"
#include "base/words_of.h"
#include "stoker/wait.h"
#include "stream/fetch_internal.h"

#define TIMEOUT_DEFAULT_NS UINT64_C(10000000000) /* 10 s, as the slots of a stream have */

/// Set-up ///

int stk_fetch_bytes(uint32_t resources, uint32_t io_slots, size_t *bytes) {
    if (io_slots == 0u) {
        return STK_E_ARG;
    }
    if (resources > STK_FETCH_RESOURCES_MAX || io_slots > STK_IO_SLOTS_MAX) {
        return STK_E_OVERFLOW;
    }
    return stk_size_of(STK_FETCH_BYTES(resources, io_slots), bytes);
}

/* Returns true if the config lacks a function that the service will call. */
static bool ports_missing(const struct stk_fetch_config *c) {
    return !c->dispatch.ops || !c->dispatch.ops->drive || !c->dispatch.ops->has_workers ||
           !stk_reads_port_ok(c->ingest) || !c->platform.ops || !c->platform.ops->now_ns || !c->platform.ops->wait;
}

/* Checks the config, and writes the bytes of arena that the service takes to *bytes. */
static int check_config(const struct stk_fetch_config *c, size_t *bytes) {
    const struct stk_device_memory *m = &c->memory;
    if (ports_missing(c) || !m->ring || m->slots == 0u || !m->control || m->control_words < STK_CTL_WORDS_MIN ||
        !m->io || !m->payload) {
        return STK_E_ARG;
    }
    return stk_fetch_bytes(c->resources, m->io_slots, bytes);
}

/* Makes the views of the ring and of the I/O queue. Returns an error for a bad alignment or a bad size. */
static int views(struct stk_fetch *s) {
    const struct stk_device_memory *m = &s->config.memory;
    int err = stk_ring_view(&s->ring, m->ring, STK_RING_BYTES(m->slots));
    return err == STK_OK ? stk_io_queue_view(&s->queue, m->io, STK_IO_QUEUE_BYTES(m->io_slots)) : err;
}

int stk_fetch_init(struct stk_fetch *fetch, const struct stk_fetch_config *config, struct stk_arena *arena) {
    struct stk_fetch s = {.config = *config};
    uint8_t *memory = NULL;
    size_t bytes = 0, mark = stk_arena_mark(arena);
    int err = check_config(config, &bytes);
    if (err == STK_OK) {
        err = views(&s);
    }
    if (err == STK_OK) {
        memory = stk_arena_take(arena, bytes);
        s.info.value = memory ? 0u : arena->need;
        err = memory ? STK_OK : STK_E_SPACE;
    }
    s.config.resources = s.config.resources != 0u ? s.config.resources : STK_FETCH_RESOURCES_DEFAULT;
    s.config.timeout_ns = s.config.timeout_ns != 0u ? s.config.timeout_ns : TIMEOUT_DEFAULT_NS;
    /* The first step reads the clock. Time that counts before a request is claimed belongs to no request. */
    stk_deadline_start(&s.requests_end, s.config.timeout_ns, 0);
    if (err == STK_OK) {
        memset(memory, 0, bytes);
        s.rows = (struct stk_fetch_row *)(void *)memory;
        s.requests = (struct stk_fetch_request *)(void *)(memory + STK_ALIGNED((size_t)s.config.resources *
                                                                               STK_FETCH_ROW_BYTES));
    }
    *fetch = s;
    /* Last, and with the object at its final place: the port keeps a pointer into it. */
    if (err == STK_OK) {
        err = stk_reads_open(&fetch->reads, fetch->config.ingest, &stk_fetch_reads_ops, fetch);
    }
    if (err != STK_OK) {
        stk_arena_release(arena, mark);
    }
    fetch->info.err = err;
    fetch->closed = err != STK_OK;
    return err;
}

/// Table ///

/* Returns the n-th row that a search for the resource looks at. A resource lies in the first row that was free when the
 * resource was added; the search begins at the row of the resource's number and goes around. A search looks at `reach`
 * rows, the most that any resource needed. So a slot that asks for a number which is not in the table does not cost a
 * walk through all rows. */
static uint32_t row_after(const struct stk_fetch *m, uint32_t resource, uint32_t n) {
    return (uint32_t)(((uint64_t)resource + n) % m->config.resources);
}

uint32_t stk_fetch_find(const struct stk_fetch *m, uint32_t resource) {
    for (uint32_t n = 0; n < m->reach; n++) {
        uint32_t row = row_after(m, resource, n);
        if (m->rows[row].used && m->rows[row].is.handle == resource) {
            return row;
        }
    }
    return STK_FETCH_NO_ROW;
}

/* Counts the rows from the resource's own row to the first free one. Returns the number of all rows when none is
 * free. */
static uint32_t steps_to_free(const struct stk_fetch *m, uint32_t resource) {
    uint32_t n = 0;
    while (n < m->config.resources && m->rows[row_after(m, resource, n)].used) {
        n++;
    }
    return n;
}

/* Returns the payload byte behind the handle's range, in 64 bits, so that the sum does not wrap. */
static uint64_t end_of(const struct stk_fetch_handle *h) {
    return (uint64_t)h->payload + h->payload_bytes;
}

/* Returns true if both are resources, and the read of one would go to bytes of the other. The service reads resources
 * by itself, so it must keep them apart. The ranges of handles may overlap: there the slots say what is moved. */
static bool collide(const struct stk_fetch_handle *a, const struct stk_fetch_handle *b) {
    return (a->rights & b->rights & STK_FETCH_LOAD) != 0u && a->payload < end_of(b) && b->payload < end_of(a);
}

/* Adds a row whose numbers were checked. STK_E_SPACE, STK_E_STATUS or STK_E_FULL as stk_fetch_grant says. */
static int add_row(struct stk_fetch *m, const struct stk_fetch_handle *h) {
    uint32_t steps;
    if (end_of(h) > m->config.memory.payload_bytes) {
        return stk_fail(&m->info, STK_E_SPACE, h->handle, end_of(h));
    }
    for (uint32_t row = 0; row < m->config.resources; row++) {
        const struct stk_fetch_handle *other = &m->rows[row].is;
        if (m->rows[row].used && (other->handle == h->handle || collide(other, h))) {
            return stk_fail(&m->info, STK_E_STATUS, h->handle, other->handle);
        }
    }
    steps = steps_to_free(m, h->handle);
    if (steps == m->config.resources) {
        return stk_fail(&m->info, STK_E_FULL, h->handle, m->config.resources);
    }
    m->rows[row_after(m, h->handle, steps)] = (struct stk_fetch_row){.is = *h, .used = 1};
    /* Rows that are removed do not make `reach` smaller: a row behind the gap must still be found. */
    m->reach = steps < m->reach ? m->reach : steps + 1u;
    return STK_OK;
}

int stk_fetch_register(struct stk_fetch *fetch, const struct stk_fetch_resource *resource) {
    const struct stk_fetch_handle row = {
        .handle = resource->resource,
        .source = resource->source,
        .offset = resource->offset,
        .bytes = resource->bytes,
        .payload = resource->dst,
        .payload_bytes = resource->bytes,
        .tenants = resource->tenants,
        .rights = resource->prefetch != 0u ? STK_FETCH_LOAD | STK_FETCH_PREFETCH : STK_FETCH_LOAD,
    };
    if (fetch->closed || fetch->stopping) {
        return STK_E_SHUTDOWN;
    }
    if (resource->bytes == 0u || resource->bytes > INT32_MAX || resource->tenants == 0u || resource->prefetch > 1u) {
        return stk_fail(&fetch->info, STK_E_ARG, resource->resource, resource->bytes);
    }
    return add_row(fetch, &row);
}

int stk_fetch_grant(struct stk_fetch *fetch, const struct stk_fetch_handle *handle) {
    uint32_t all = STK_IO_MAY_READ | STK_IO_MAY_WRITE | STK_IO_MAY_FENCE;
    if (fetch->closed || fetch->stopping) {
        return STK_E_SHUTDOWN;
    }
    if (handle->bytes == 0u || handle->bytes > (uint64_t)INT64_MAX ||
        handle->offset > (uint64_t)INT64_MAX - handle->bytes || handle->tenants == 0u || handle->rights == 0u ||
        (handle->rights & ~all) != 0u || (handle->align & (handle->align - 1u)) != 0u) {
        return stk_fail(&fetch->info, STK_E_ARG, handle->handle, handle->bytes);
    }
    return add_row(fetch, handle);
}

int stk_fetch_unregister(struct stk_fetch *fetch, uint32_t resource) {
    uint32_t row;
    if (fetch->closed) {
        return STK_E_SHUTDOWN;
    }
    row = stk_fetch_find(fetch, resource);
    if (row == STK_FETCH_NO_ROW) {
        return stk_fail(&fetch->info, STK_E_NOENT, resource, 0);
    }
    if (fetch->rows[row].waiting != 0u || fetch->rows[row].reading || fetch->rows[row].moving != 0u) {
        return stk_fail(&fetch->info, STK_E_WOULD_BLOCK, resource, fetch->rows[row].waiting);
    }
    fetch->rows[row].used = 0;
    return STK_OK;
}

/// Turns ///

uint32_t stk_fetch_in_flight(const struct stk_fetch *fetch) {
    const struct stk_fetch_stats *s = &fetch->stats;
    return (uint32_t)(s->asked - s->served - s->refused - s->failed - s->cancelled);
}

/* Returns the number of requests that have ended since init, well or not. */
static uint64_t ended(const struct stk_fetch *m) {
    return m->stats.asked - stk_fetch_in_flight(m);
}

static uint64_t now(const struct stk_fetch *m) {
    return m->config.platform.ops->now_ns(m->config.platform.ctx);
}

/* Serves once, then drives the device. An outcome that no slot has taken belongs to a slot that was woken, so such a
 * slot counts as work for which a kernel is to be started. */
static int make_step(struct stk_fetch *m, uint64_t wait_ns) {
    int err = stk_fetch_serve(m, wait_ns);
    int driven = m->config.dispatch.ops->drive(m->config.dispatch.ctx, m->outcomes != 0u);
    return err < 0 ? err : driven < 0 ? driven : STK_OK;
}

/* Waits for `wait_ns` in one step. Where a read is out, the step waits for the read, and the caller looks for new
 * requests after it. Where no read is out, the step waits for the first I/O slot to change; the store of a device may
 * not end this wait. */
static int wait_in_step(struct stk_fetch *m, uint64_t wait_ns) {
    const uint32_t *word = m->queue.words + STK_IO_STATUS;
    int err = STK_OK;
    if (m->reads.in_flight == 0u) {
        /* The platform compares the word first, so a store right before the sleep ends the wait. */
        err = m->config.platform.ops->wait(m->config.platform.ctx, word, stk_le32(stk_load(word)), wait_ns);
        wait_ns = 0;
    }
    return err < 0 && err != STK_E_TIMEOUT ? err : make_step(m, wait_ns);
}

/* Returns the number of ended requests that no poll has counted yet, or an error. Requests may also end during a call
 * of another stream or service that reads through the same port. */
static int tell_ended(struct stk_fetch *m, int err) {
    uint64_t fresh = ended(m) - m->ended_told;
    m->ended_told += fresh;
    return err < 0 ? err : (int)fresh;
}

int stk_fetch_poll(struct stk_fetch *fetch, uint64_t timeout_ns) {
    struct stk_deadline end;
    uint64_t left;
    int err;
    if (fetch->closed) {
        return STK_E_SHUTDOWN;
    }
    err = make_step(fetch, 0);
    if (err != STK_OK || timeout_ns == 0u) {
        return tell_ended(fetch, err);
    }
    stk_deadline_start(&end, timeout_ns, now(fetch));
    for (left = timeout_ns; err == STK_OK && ended(fetch) == fetch->ended_told && left != 0u;
         left = stk_deadline_look(&end, now(fetch))) {
        err = wait_in_step(fetch, stk_deadline_wait(&end, STK_WAIT_SLICE_NS));
    }
    return tell_ended(fetch, err);
}

/// End ///

/* Ends the requests whose I/O the port was never given. The others end when the port gives their I/O back. */
static void end_unread(struct stk_fetch *m) {
    for (uint32_t k = 0; k < m->queue.slots; k++) {
        const struct stk_fetch_request *q = &m->requests[k];
        if (q->state == STK_FETCH_WAITING && !m->rows[q->row].reading && !q->moving) {
            stk_fetch_end(m, k, STK_FETCH_CODE(STK_E_CANCELED), &m->stats.cancelled);
        }
    }
}

int stk_fetch_close(struct stk_fetch *fetch, uint64_t timeout_ns) {
    struct stk_deadline end;
    int err, failed;
    if (fetch->closed) {
        return STK_E_SHUTDOWN;
    }
    stk_deadline_start(&end, timeout_ns, now(fetch));
    fetch->stopping = 1;
    err = stk_reads_cancel(&fetch->reads);
    end_unread(fetch);
    /* One step also where no read is in flight, so that requests in the queue are refused. */
    failed = make_step(fetch, 0);
    err = err < 0 ? err : failed;
    while (fetch->reads.in_flight != 0u) {
        if (stk_deadline_look(&end, now(fetch)) == 0u) {
            return err < 0 ? err : STK_E_TIMEOUT;
        }
        failed = wait_in_step(fetch, stk_deadline_wait(&end, STK_WAIT_SLICE_NS));
        err = err < 0 ? err : failed;
    }
    /* The last step refuses requests that waited in an I/O slot whose I/O was still with the port. */
    failed = make_step(fetch, 0);
    err = err < 0 ? err : failed;
    stk_reads_close(&fetch->reads);
    fetch->closed = 1;
    return err;
}
