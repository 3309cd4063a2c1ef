/* stoker port: simulated ingest. Sources are memory of the test, a script says which read fails, hangs or comes late,
 * and with a seed reads end in another order. Data moves only inside reap. */
#include "stoker/port/sim.h"

#include <string.h>

#include "sim_random.h"
#include "stoker/deadline.h"

#define COUNT_MAX 65536u
/* ENOSPC of Linux, the errno of a medium without space. */
#define FULL 28

/* Keeps the detail of a refusal and returns `err`. */
static int refuse(struct stk_sim_ingest *s, int err, uint32_t index, uint64_t value) {
    s->info = (struct stk_error_info){err, index, value};
    return err;
}

/// Set-up ///

/* Returns the configuration with the defaults in the place of zeros; NULL gives all defaults. */
static struct stk_sim_ingest_config resolved(const struct stk_sim_ingest_config *config) {
    struct stk_sim_ingest_config c = {.depth = 0};
    if (config != NULL) {
        c = *config;
    }
    c.depth = c.depth != 0 ? c.depth : STK_SIM_DEPTH_DEFAULT;
    c.sources = c.sources != 0 ? c.sources : STK_SIM_SOURCES_DEFAULT;
    return c;
}

int stk_sim_ingest_bytes(const struct stk_sim_ingest_config *config, size_t *bytes) {
    struct stk_sim_ingest_config c = resolved(config);
    if (c.depth > COUNT_MAX || c.sources > COUNT_MAX) {
        return STK_E_OVERFLOW;
    }
    *bytes = STK_SIM_INGEST_BYTES(c.depth, c.sources);
    return STK_OK;
}

int stk_sim_ingest_init(struct stk_sim_ingest *ingest, const struct stk_sim_ingest_config *config,
                        struct stk_arena *arena) {
    struct stk_sim_ingest_config c = resolved(config);
    size_t bytes;
    if (ingest == NULL || arena == NULL) {
        return STK_E_ARG;
    }
    int err = stk_sim_ingest_bytes(&c, &bytes);
    if (err < 0) {
        return err;
    }
    if (c.injected == NULL && c.n_injected != 0) {
        return STK_E_ARG;
    }
    uint8_t *mem = stk_arena_take(arena, bytes);
    if (mem == NULL) {
        return STK_E_SPACE;
    }
    memset(mem, 0, bytes);
    *ingest = (struct stk_sim_ingest){.config = c, .rng = c.seed};
    ingest->ops = (struct stk_sim_op *)(void *)mem;
    ingest->source = (struct stk_sim_source *)(void *)(mem + STK_ALIGNED((size_t)c.depth * sizeof *ingest->ops));
    return STK_OK;
}

/* Returns true if `source` is the index of a source that was added and not removed. */
static bool has_source(const struct stk_sim_ingest *s, uint32_t source) {
    return source < s->config.sources && s->source[source].used;
}

int stk_sim_ingest_add(struct stk_sim_ingest *ingest, const void *data, uint64_t bytes, bool sequential) {
    uint32_t i = 0;
    if (ingest == NULL || (data == NULL && bytes != 0)) {
        return STK_E_ARG;
    }
    while (i < ingest->config.sources && ingest->source[i].used) {
        i++;
    }
    if (i == ingest->config.sources) {
        return refuse(ingest, STK_E_FULL, i, 0);
    }
    /* All bytes have come from the start; stk_sim_ingest_come makes a source a slow pipe. */
    ingest->source[i] = (struct stk_sim_source){
        .data = data, .bytes = bytes, .come = UINT64_MAX, .used = true, .sequential = sequential};
    return (int)i;
}

int stk_sim_ingest_add_writable(struct stk_sim_ingest *ingest, void *data, uint64_t bytes) {
    int source = stk_sim_ingest_add(ingest, data, bytes, false);
    if (source >= 0) {
        ingest->source[source].to = data;
    }
    return source;
}

/* A source can only shrink, since its memory belongs to the test and has no more bytes. */
int stk_sim_ingest_shrink(struct stk_sim_ingest *ingest, uint32_t source, uint64_t bytes) {
    if (ingest == NULL) {
        return STK_E_ARG;
    }
    if (!has_source(ingest, source)) {
        return refuse(ingest, STK_E_RANGE, source, 0);
    }
    if (bytes > ingest->source[source].bytes) {
        return refuse(ingest, STK_E_ARG, source, ingest->source[source].bytes);
    }
    ingest->source[source].bytes = bytes;
    return STK_OK;
}

int stk_sim_ingest_come(struct stk_sim_ingest *ingest, uint32_t source, uint64_t bytes) {
    if (ingest == NULL) {
        return STK_E_ARG;
    }
    if (!has_source(ingest, source)) {
        return refuse(ingest, STK_E_RANGE, source, 0);
    }
    ingest->source[source].come = bytes;
    return STK_OK;
}

/* Refuses while reads are in flight: their end would look at a source that is gone. */
int stk_sim_ingest_remove(struct stk_sim_ingest *ingest, uint32_t source) {
    if (ingest == NULL) {
        return STK_E_ARG;
    }
    if (!has_source(ingest, source)) {
        return refuse(ingest, STK_E_RANGE, source, 0);
    }
    if (ingest->source[source].reads != 0) {
        return refuse(ingest, STK_E_STATUS, source, ingest->source[source].reads);
    }
    ingest->source[source].used = false;
    return STK_OK;
}

/// Submit ///

/* Checks one entry of a submit by the rules of a real port: source, op, length, offset and memory. `index` is the place
 * of the entry in the batch. */
static int check_read(struct stk_sim_ingest *s, const struct stk_ingest_read *read, uint32_t index) {
    uintptr_t base = (uintptr_t)s->config.mem, dst = (uintptr_t)read->dst;
    size_t room = s->config.mem_bytes;
    if (!has_source(s, read->source)) {
        return refuse(s, STK_E_RANGE, index, read->source);
    }
    if (read->op == STK_INGEST_SYNC && read->bytes == 0) {
        return s->source[read->source].to != NULL ? STK_OK : refuse(s, STK_E_ACCESS, index, read->source);
    }
    if (read->op > STK_INGEST_WRITE || read->dst == NULL || read->bytes == 0 || read->bytes > INT32_MAX) {
        return refuse(s, STK_E_ARG, index, read->bytes);
    }
    if (read->op == STK_INGEST_WRITE && s->source[read->source].to == NULL) {
        return refuse(s, STK_E_ACCESS, index, read->source);
    }
    if (!s->source[read->source].sequential && read->offset > (uint64_t)INT64_MAX - read->bytes) {
        return refuse(s, STK_E_ARG, index, read->offset);
    }
    if (base != 0 && (dst < base || dst - base > room || room - (dst - base) < read->bytes)) {
        return refuse(s, STK_E_ARG, index, dst);
    }
    return STK_OK;
}

/* Returns the first entry of the script for this event of read `nth`; NULL if there is none. */
static const struct stk_sim_injected_error *scripted(const struct stk_sim_ingest *s, uint64_t nth,
                                                     enum stk_sim_event event) {
    for (uint32_t i = 0; i < s->config.n_injected; i++) {
        if (s->config.injected[i].nth == nth && s->config.injected[i].event == event) {
            return &s->config.injected[i];
        }
    }
    return NULL;
}

/* Takes a read: gives it its number in the order of all reads, by which the script names it, and how many reaps it
 * waits. */
static void take_read(struct stk_sim_ingest *s, const struct stk_ingest_read *read) {
    uint64_t nth = s->stats.submitted++;
    const struct stk_sim_injected_error *late = scripted(s, nth, STK_SIM_DELAY);
    struct stk_sim_op *op = &s->ops[s->in_flight++];
    *op = (struct stk_sim_op){.read = *read, .nth = nth, .wait = s->config.delay};
    if (late != NULL) {
        op->wait += late->value;
    }
    op->hung = scripted(s, nth, STK_SIM_HANG) != NULL;
    s->source[read->source].reads++;
}

static int sim_submit(void *ctx, const struct stk_ingest_read *reads, uint32_t count) {
    struct stk_sim_ingest *s = ctx;
    if (s == NULL || (reads == NULL && count != 0)) {
        return STK_E_ARG;
    }
    if (s->submit_err < 0) {
        return s->submit_err;
    }
    for (uint32_t i = 0; i < count; i++) {
        int err = check_read(s, &reads[i], i);
        if (err < 0) {
            return err;
        }
    }
    /* The knob comes after the checks: a port that is full still refuses what is wrong. */
    if (s->refuse != 0) {
        s->refuse--;
        return 0;
    }
    /* take_max lets a test see how a caller takes a submit that takes fewer reads than there is room for. */
    uint32_t room = s->config.depth - s->in_flight;
    room = s->take_max != 0 && s->take_max < room ? s->take_max : room;
    uint32_t taken = count < room ? count : room;
    for (uint32_t i = 0; i < taken; i++) {
        take_read(s, &reads[i]);
    }
    return (int)taken;
}

/// Reap ///

/* Ends a write: copies as many bytes as the source has room for, since a source does not grow. Returns the bytes;
 * *os_error says why there are fewer than asked for. */
static int32_t take_data(struct stk_sim_ingest *s, const struct stk_sim_op *op, int32_t *os_error) {
    struct stk_sim_source *source = &s->source[op->read.source];
    const struct stk_sim_injected_error *cut = scripted(s, op->nth, STK_SIM_SHORT);
    uint64_t room = op->read.offset < source->bytes ? source->bytes - op->read.offset : 0;
    uint64_t bytes = op->read.bytes < room ? op->read.bytes : room;
    bytes = cut != NULL && cut->value < bytes ? cut->value : bytes;
    if (bytes != 0) {
        memcpy(source->to + op->read.offset, op->read.dst, (size_t)bytes);
    }
    s->stats.os_reads++;
    *os_error = bytes < op->read.bytes ? FULL : 0;
    return bytes != 0 ? (int32_t)bytes : STK_E_NOSPC;
}

/* Ends a read: copies the bytes that the source has. Returns how many. A sequential source goes on behind them. */
static int32_t copy_data(struct stk_sim_ingest *s, const struct stk_sim_op *op) {
    struct stk_sim_source *source = &s->source[op->read.source];
    const struct stk_sim_injected_error *cut = scripted(s, op->nth, STK_SIM_SHORT);
    uint64_t at = source->sequential ? source->cursor : op->read.offset;
    uint64_t left = at < source->bytes ? source->bytes - at : 0;
    uint64_t bytes = op->read.bytes < left ? op->read.bytes : left;
    if (cut != NULL && cut->value < bytes) {
        bytes = cut->value;
    }
    if (bytes != 0) {
        memcpy(op->read.dst, source->data + at, (size_t)bytes);
    }
    source->cursor = source->sequential ? at + bytes : 0;
    s->stats.os_reads++;
    return (int32_t)bytes;
}

/* Ends one operation by the script or by copying, and counts it. A read that was cancelled keeps STK_E_CANCELED even if
 * the script would fail it. */
static struct stk_ingest_done end_read(struct stk_sim_ingest *s, const struct stk_sim_op *op) {
    struct stk_ingest_done done = {.tag = op->read.tag, .result = STK_E_CANCELED, .os_error = 0};
    const struct stk_sim_injected_error *failure = scripted(s, op->nth, STK_SIM_FAIL);
    if (op->canceled) {
        /* `done` says STK_E_CANCELED from the start. */
    } else if (failure != NULL) {
        done.result = failure->err < 0 ? failure->err : STK_E_IO;
        done.os_error = failure->os_error;
        s->stats.os_reads++;
    } else if (op->read.op == STK_INGEST_READ) {
        done.result = copy_data(s, op);
    } else if (op->read.op == STK_INGEST_WRITE) {
        done.result = take_data(s, op, &done.os_error);
    } else {
        done.result = 0;
        s->stats.os_reads++;
        s->syncs++;
    }
    if (done.result < 0) {
        s->stats.failed++;
    } else {
        s->stats.completed++;
        *(op->read.op == STK_INGEST_READ ? &s->stats.bytes : &s->stats.written) += (uint32_t)done.result;
    }
    return done;
}

/* Returns true if all bytes that this read wants have come, or all that the source will ever have. */
static bool has_come(const struct stk_sim_source *source, const struct stk_sim_op *op) {
    uint64_t left = source->come > source->cursor ? source->come - source->cursor : 0;
    return !source->sequential || source->come >= source->bytes || left >= op->read.bytes;
}

/* Returns true if ops[i] can end now. A read of a sequential source waits for the reads of that source before it. */
static bool can_end(const struct stk_sim_ingest *s, uint32_t i) {
    const struct stk_sim_op *op = &s->ops[i];
    if (op->canceled) {
        return true;
    }
    if (op->hung || op->wait != 0 || !has_come(&s->source[op->read.source], op)) {
        return false;
    }
    for (uint32_t k = 0; s->source[op->read.source].sequential && k < i; k++) {
        if (s->ops[k].read.source == op->read.source) {
            return false;
        }
    }
    return true;
}

/* Returns the index of the read to end next: the first that can, or with a seed one that is drawn. Returns in_flight if
 * none can. */
static uint32_t pick(struct stk_sim_ingest *s) {
    uint32_t n = 0, first = s->in_flight;
    for (uint32_t i = 0; i < s->in_flight; i++) {
        if (can_end(s, i)) {
            first = n++ == 0 ? i : first;
        }
    }
    if (n < 2 || s->rng == 0) {
        return first;
    }
    for (uint32_t skip = sim_random_below(&s->rng, n); skip != 0; skip--) {
        do {
            first++;
        } while (!can_end(s, first));
    }
    return first;
}

static int sim_reap(void *ctx, struct stk_ingest_done *done, uint32_t max, uint64_t timeout_ns) {
    struct stk_sim_ingest *s = ctx;
    uint32_t n = 0, i;
    if (s == NULL || (done == NULL && max != 0)) {
        return STK_E_ARG;
    }
    if (s->reap_err < 0) {
        return s->reap_err;
    }
    while (n < max && (i = pick(s)) < s->in_flight) {
        done[n++] = end_read(s, &s->ops[i]);
        s->source[s->ops[i].read.source].reads--;
        s->in_flight--;
        /* The array keeps the order of submission, which can_end() relies on. */
        memmove(&s->ops[i], &s->ops[i + 1], (s->in_flight - i) * sizeof s->ops[0]);
    }
    for (i = 0; i < s->in_flight; i++) {
        /* Each reap brings reads that were delayed one reap nearer to their end. */
        s->ops[i].wait -= s->ops[i].wait != 0;
    }
    /* Time passes as if the reap had waited for its whole timeout. */
    if (n == 0 && max != 0 && s->in_flight != 0 && s->config.clock != NULL) {
        s->config.clock->now = stk_time_sum(s->config.clock->now, timeout_ns);
    }
    return (int)n;
}

/// Cancel and counters ///

static int sim_cancel(void *ctx, uint32_t first, uint32_t last) {
    struct stk_sim_ingest *s = ctx;
    if (s == NULL) {
        return STK_E_ARG;
    }
    s->cancels++;
    if (s->cancel_err < 0) {
        return s->cancel_err;
    }
    for (uint32_t i = 0; i < s->in_flight && !s->deaf; i++) {
        uint32_t tag = s->ops[i].read.tag;
        /* The read ends in the next reap, as in a real port. */
        s->ops[i].canceled = s->ops[i].canceled || (first <= tag && tag <= last);
    }
    return STK_OK;
}

static void sim_stats(void *ctx, struct stk_ingest_stats *stats) {
    *stats = ((const struct stk_sim_ingest *)ctx)->stats;
}

const struct stk_ingest_ops stk_sim_ingest_ops = {
    .name = "sim",
    .submit = sim_submit,
    .reap = sim_reap,
    .cancel = sim_cancel,
    .stats = sim_stats,
};
