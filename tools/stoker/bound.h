/* Finds the bound of a scan: measures where the thread of the scan spends its time. */
#ifndef STOKER_CLI_BOUND_H
#define STOKER_CLI_BOUND_H

#include "cli.h"
#include "stoker/port/ingest.h"

/* Kinds of work between which the time of the scan's thread is divided. */
enum cli_bound_state {
    CLI_BOUND_HOST,    /* in the thread's own work: queueing chunks, taking results in */
    CLI_BOUND_READING, /* in a call of the reader: copying, or waiting for a read */
    CLI_BOUND_WAITING  /* in a poll of a stream: the device works, or the stream looks for what has changed */
};

/* The times of a scan. In CLI_BOUND_WAITING every buffer in flight waits for a read or for the device, and the time
 * goes to both in proportion. */
struct cli_bound {
    enum cli_bound_state state;
    uint64_t since_ns; /* when the state began; 0: the scan has not begun */
    uint64_t reading_ns, device_ns, host_ns;
    /* state of the stream that is polled: chunks in flight, and chunks that are still being read */
    uint32_t chunks, reads;
};

/* An ingest port in front of a reader's port. It adds the time of each call of the reader's port to a cli_bound. */
struct cli_bound_port {
    struct stk_ingest_ops ops;
    struct stk_ingest_port inner;
    struct cli_bound *bound;
    uint32_t reads; /* in flight */
};

/* Puts the port of a reader behind `wrap`: `port` becomes one that counts the reader's times, with the same counters
 * and the name `name`. */
void cli_bound_wrap(struct cli_bound_port *wrap, struct stk_ingest_port *port, const char *name,
                    struct cli_bound *bound);

/* Says that from now on the thread does something else. Returns what the thread did before. */
enum cli_bound_state cli_bound_to(struct cli_bound *bound, enum cli_bound_state state);

/* Says that from now on the stream whose reader is `wrap` is polled, with so many chunks in flight. */
void cli_bound_poll(struct cli_bound_port *wrap, uint32_t chunks);

/* Returns the word for what took the most time: "reading", "device" or "host". */
const char *cli_bound_name(const struct cli_bound *bound);

/* Returns the share of a time in all of them, in percent. */
double cli_bound_percent(const struct cli_bound *bound, uint64_t ns);

#endif
