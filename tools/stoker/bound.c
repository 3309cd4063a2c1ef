/* Measures where the thread of a scan spends its time: with reading, with the device, or with work of its own. Every
 * call into a port is timed; the time between calls is the host's own. */
#include "bound.h"

/// The clock ///

/* Gives the time of a poll to reading and to the device, by the buffers that wait for each. */
static void share_out(struct cli_bound *b, uint64_t ns) {
    uint32_t reads = b->reads < b->chunks ? b->reads : b->chunks;
    uint64_t reading;
    if (b->chunks == 0u) {
        b->host_ns += ns;
        return;
    }
    reading = ns * reads / b->chunks;
    b->reading_ns += reading;
    b->device_ns += ns - reading;
}

enum cli_bound_state cli_bound_to(struct cli_bound *b, enum cli_bound_state state) {
    enum cli_bound_state was = b->state;
    uint64_t now = cli_now_ns(), ns = b->since_ns ? now - b->since_ns : 0u;
    if (was == CLI_BOUND_READING) {
        b->reading_ns += ns;
    } else if (was == CLI_BOUND_WAITING) {
        share_out(b, ns);
    } else {
        b->host_ns += ns;
    }
    b->since_ns = now;
    b->state = state;
    return was;
}

void cli_bound_poll(struct cli_bound_port *wrap, uint32_t chunks) {
    (void)cli_bound_to(wrap->bound, CLI_BOUND_WAITING);
    wrap->bound->chunks = chunks;
    wrap->bound->reads = wrap->reads;
}

/// The reader's port ///

/* Submits reads as the port does, with the time of the call counted as reading. */
static int timed_submit(void *ctx, const struct stk_ingest_read *reads, uint32_t count) {
    struct cli_bound_port *w = ctx;
    enum cli_bound_state was = cli_bound_to(w->bound, CLI_BOUND_READING);
    int n = w->inner.ops->submit(w->inner.ctx, reads, count);
    (void)cli_bound_to(w->bound, was);
    w->reads += n > 0 ? (uint32_t)n : 0u;
    w->bound->reads = w->reads;
    return n;
}

/* Collects reads as the port does, with the time of the call counted as reading. */
static int timed_reap(void *ctx, struct stk_ingest_done *done, uint32_t max, uint64_t timeout_ns) {
    struct cli_bound_port *w = ctx;
    enum cli_bound_state was = cli_bound_to(w->bound, CLI_BOUND_READING);
    int n = w->inner.ops->reap(w->inner.ctx, done, max, timeout_ns);
    (void)cli_bound_to(w->bound, was);
    w->reads -= n > 0 ? (uint32_t)n : 0u;
    w->bound->reads = w->reads;
    return n;
}

static int plain_cancel(void *ctx, uint32_t first, uint32_t last) {
    struct cli_bound_port *w = ctx;
    return w->inner.ops->cancel(w->inner.ctx, first, last);
}

static void plain_stats(void *ctx, struct stk_ingest_stats *stats) {
    struct cli_bound_port *w = ctx;
    w->inner.ops->stats(w->inner.ctx, stats);
}

void cli_bound_wrap(struct cli_bound_port *wrap, struct stk_ingest_port *port, const char *name,
                    struct cli_bound *bound) {
    *wrap = (struct cli_bound_port){
        .ops = {name, timed_submit, timed_reap, plain_cancel, plain_stats},
        .inner = *port,
        .bound = bound,
    };
    port->ops = &wrap->ops;
    port->ctx = wrap;
}

/// The answer ///

const char *cli_bound_name(const struct cli_bound *b) {
    uint64_t most = b->reading_ns > b->device_ns ? b->reading_ns : b->device_ns;
    return b->host_ns > most ? "host" : b->reading_ns == most ? "reading" : "device";
}

double cli_bound_percent(const struct cli_bound *b, uint64_t ns) {
    uint64_t all = b->reading_ns + b->device_ns + b->host_ns;
    return all != 0u ? (double)ns * 100.0 / (double)all : 0.0;
}
