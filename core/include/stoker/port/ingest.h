/* stoker port interface: ingest, reading sources into memory that the device sees, and writing from there. */
#ifndef STOKER_PORT_INGEST_H
#define STOKER_PORT_INGEST_H

#include <stdint.h>

#include "stoker/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The kind of a request. Only a source with offsets that is open for writing takes writes and syncs. A source that is
 * open for appending takes neither. */
enum stk_ingest_op {
    STK_INGEST_READ = 0,
    STK_INGEST_WRITE = 1, /* the bytes go from `dst` to the source; the port does not change `dst` */
    STK_INGEST_SYNC = 2   /* makes the writes to the source that were reaped before last through a power cut */
};

/* A read to submit, or another op. `dst` stays the port's until the read is reaped. */
struct stk_ingest_read {
    uint32_t source; /* number of the source, as the port's own add-source call returned it */
    uint64_t offset; /* bytes from the start of the source; a sequential source (a pipe) ignores it and goes on */
    uint32_t bytes;  /* bytes to move, at least 1; of a sync 0 */
    /* memory to read into or to write from: inside the memory that the port was opened with, where the port registers
     * memory; a sync has none */
    uint8_t *dst;
    uint32_t tag; /* number of the caller's own, returned with the completion */
    uint32_t op;  /* an enum stk_ingest_op; 0: a read */
};

/* A finished read. */
struct stk_ingest_done {
    uint32_t tag; /* tag of the read */
    /* bytes read, fewer than asked only where the source ends; or a negative enum stk_err. Bytes written, fewer than
     * asked only where the OS refused the rest; a sync has 0 */
    int32_t result;
    int32_t os_error; /* the OS's own number behind a negative result or a short write, 0 when there is none */
};

/* Counters since open. They add up: submitted = completed + failed + in flight. */
struct stk_ingest_stats {
    uint64_t submitted;    /* reads, writes and syncs that submit took */
    uint64_t completed;    /* reads, writes and syncs that ended well and were reaped */
    uint64_t failed;       /* reads, writes and syncs that ended with an error and were reaped */
    uint64_t os_reads;     /* requests to the OS: more than `submitted` where reads came short */
    uint64_t bytes;        /* bytes of completed reads */
    uint64_t bounce_bytes; /* bytes that the port copied to their place itself; 0 on a zero-copy path */
    uint64_t written;      /* bytes of completed writes */
};

struct stk_ingest_ops {
    const char *name;

    /* Starts up to `count` reads, in order. Returns how many were taken, fewer when the port is full (0: reap first),
     * or an error, in which case none was taken. Writes and syncs keep no order among each other: a caller that needs
     * an order reaps the first before it submits the second. A port that cannot write refuses them with STK_E_ACCESS.
     * Never blocks on the data. Mandatory. */
    int (*submit)(void *ctx, const struct stk_ingest_read *reads, uint32_t count);

    /* Collects up to `max` finished reads, in any order. Waits at most `timeout_ns` for the first (0: not at all;
     * UINT64_MAX: for ever).
     * Returns how many; 0 when none finished; an error when the port itself failed. A failed read is a completion with
     * a negative result, never an error here. Short reads go on and interrupted ones are retried inside the port.
     * Mandatory. */
    int (*reap)(void *ctx, struct stk_ingest_done *done, uint32_t max, uint64_t timeout_ns);

    /* Asks for the reads in flight whose tags lie in `first` .. `last` to end early, and for no others; each is still
     * reaped, as STK_E_CANCELED or with its data. While a cancel is under way a port may take no new read; a reap ends
     * that. STK_OK, also with nothing in flight; an error when the port itself failed. Mandatory. */
    int (*cancel)(void *ctx, uint32_t first, uint32_t last);

    /* Copies the counters out. Mandatory. */
    void (*stats)(void *ctx, struct stk_ingest_stats *stats);
};

/// Ports that are shared ///

#define STK_INGEST_READERS_MAX 256u /* streams and fetch services that may share a port at one time */

/* The most reads that one call gives to a port, and the most completions that one call returns. On a 32-bit CPU the
 * number is smaller, since such systems have little RAM. */
#if UINTPTR_MAX > 0xFFFFFFFF
#define STK_INGEST_BATCH 16u
#else
#define STK_INGEST_BATCH 4u
#endif

/* Memory for one call of the port: the reads of a submit, or the completions of a reap. Its fields are private. The
 * memory lies in the port's struct, because it would take 700 bytes of stack on a 64-bit core. One thread makes the
 * calls of all streams and services that share the port, so they can share this memory too. */
union stk_ingest_batch {
    struct {
        struct stk_ingest_read reads[STK_INGEST_BATCH];
        uint32_t at[STK_INGEST_BATCH]; /* position of each read in the list of its owner */
        uint32_t count;                /* reads that are offered, 0 .. STK_INGEST_BATCH */
    } offer;
    struct stk_ingest_done done[STK_INGEST_BATCH];
};

/* An ingest port: its functions and its object, such as {.ops = &stk_uring_ops, .ctx = &uring}. Several streams and
 * fetch services may read through one port. Each of them gets a pointer to this one struct, which finds the owner of
 * each completion. One thread at a time uses the port, so one thread makes the calls of all streams and services that
 * share it. The struct must outlive them and must not move while one of them is open. Who calls the functions in `ops`
 * by itself does so before the first of them is opened or after the last of them is closed. */
struct stk_ingest_port {
    const struct stk_ingest_ops *ops;
    void *ctx;
    struct stk_reads *readers;    /* private: those who read through the port now; NULL at first */
    union stk_ingest_batch batch; /* private: memory for one call of the port */
};

struct stk_reads_ops; /* private */

/* The reads of one stream or fetch service on a port; a part of these objects. Its fields are private. */
struct stk_reads {
    struct stk_ingest_port *port;
    struct stk_reads *next;          /* next entry in the list of the port's readers */
    const struct stk_reads_ops *ops; /* what the owner does with its reads */
    void *owner;
    uint32_t first_tag; /* tag of the owner's read 0; the tags from here to the next reader's are the owner's */
    uint32_t in_flight; /* reads that the port has now */
    uint32_t arrived;   /* reads that came back since the owner's last look, in the calls of any reader */
    uint8_t port_full;  /* the port had no room for the last read that was offered */
};

#ifdef __cplusplus
}
#endif
#endif
