/* stoker port interface: ingest, reading sources into memory that the device sees. */
#ifndef STOKER_PORT_INGEST_H
#define STOKER_PORT_INGEST_H

#include <stdint.h>

#include "stoker/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A read to submit. `dst` stays the port's until the read is reaped. */
struct stk_ingest_read {
    uint32_t source; /* as the port's own add-source call returned it */
    uint64_t offset; /* bytes from the start; ignored by sequential sources (pipes), which go on where they are */
    uint32_t bytes;  /* at least 1 */
    uint8_t *dst;    /* inside the memory that the port was opened with, where it registers memory */
    uint32_t tag;    /* returned with the completion */
};

/* A finished read. */
struct stk_ingest_done {
    uint32_t tag;
    int32_t result;   /* bytes read, fewer than asked only where the source ends; or a negative enum stk_err */
    int32_t os_error; /* the OS's own number behind a negative result, 0 when there is none */
};

/* Counters since open. They add up: submitted = completed + failed + in flight. */
struct stk_ingest_stats {
    uint64_t submitted, completed, failed; /* reads, as the caller counts them */
    uint64_t os_reads;                     /* requests to the OS: more than submitted where reads came short */
    uint64_t bytes;                        /* bytes of completed reads */
    uint64_t bounce_bytes;                 /* bytes that were copied between landing and dst: 0 on a zero-copy path */
};

struct stk_ingest_ops {
    const char *name;

    /* Starts up to `count` reads, in order. Returns how many were taken, fewer when the port is full (0: reap first),
     * or an error, in which case none was taken. Never blocks on the data. Mandatory. */
    int (*submit)(void *ctx, const struct stk_ingest_read *reads, uint32_t count);

    /* Collects up to `max` finished reads, in any order. Waits at most `timeout_ns` for the first (0: not at all;
     * UINT64_MAX: for ever).
     * Returns how many; 0 when none finished; an error when the port itself failed. A failed read is a completion with
     * a negative result, never an error here. Short reads go on and interrupted ones are retried inside the port.
     * Mandatory. */
    int (*reap)(void *ctx, struct stk_ingest_done *done, uint32_t max, uint64_t timeout_ns);

    /* Asks for every read in flight to end early; each is still reaped, as STK_E_CANCELED or with its data. Until all
     * are, a port may take no new read. STK_OK, also with nothing in flight; an error when the port itself failed.
     * Mandatory. */
    int (*cancel)(void *ctx);

    /* Copies the counters out. Mandatory. */
    void (*stats)(void *ctx, struct stk_ingest_stats *stats);
};

#ifdef __cplusplus
}
#endif
#endif
