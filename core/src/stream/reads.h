/* stoker: the reads of one owner, a stream or a fetch service, on an ingest port that others may share: offering,
 * refusals, completions, cancel. The owner keeps what a read is for, and nothing else about it. Private to the core.
 *
 * A read is known to the owner by its index, 0 .. STK_READS_MAX - 1, and to the port by a tag: the reader's first tag
 * plus the index. */
#ifndef STK_SRC_READS_H
#define STK_SRC_READS_H

#include <stdbool.h>
#include <stdint.h>

#include "stoker/err.h"
#include "stoker/port/ingest.h"

#define STK_READS_MAX 65536u /* reads of one owner; STK_INGEST_READERS_MAX owners have tags for as many */

/* The callbacks of an owner for its reads. stk_reads_submit() and stk_reads_reap() make all calls. No callback may call
 * the port or these two functions: the reads or the completions of the present call lie in the port's batch. */
struct stk_reads_ops {
    /* Writes the first read at or behind position *at of the owner's list to *read, with its index as the tag, and its
     * position to *at. Returns false when there is none. */
    bool (*next)(void *owner, uint32_t *at, struct stk_ingest_read *read);

    /* The port did not take the read `index`, which next() gave: it will be asked for again. May be NULL. */
    void (*not_taken)(void *owner, uint32_t index);

    /* The port refused the read `index` alone, with STK_E_RANGE, STK_E_ARG or STK_E_ACCESS: it will never be read. */
    void (*refused)(void *owner, uint32_t index, int err);

    /* The read `index` came back, in a call of this owner or of another reader of the port. Returns false when the
     * owner waits for no such read. */
    bool (*completed)(void *owner, uint32_t index, const struct stk_ingest_done *done);
};

/* Returns true if `port` has every function that reads need. */
bool stk_reads_port_ok(const struct stk_ingest_port *port);

/* Makes `reads` one of the port's readers. It must not move before stk_reads_close(). STK_E_FULL the port has
 * STK_INGEST_READERS_MAX readers. */
int stk_reads_open(struct stk_reads *reads, struct stk_ingest_port *port, const struct stk_reads_ops *ops, void *owner);

/* Leaves the port to its other readers. No read of the owner may be in flight. */
void stk_reads_close(struct stk_reads *reads);

/* Offers the owner's reads to the port, from position *at of the owner's list on. A batch that the port refuses is
 * offered again read by read, so only the reads that are wrong are refused. 1 the port took all; 0 it is full; an error
 * of the port; STK_E_RANGE the port took more than it was offered (info: index is what it took, value what it was
 * offered). *at gets the position of the first read that the port did not take. */
int stk_reads_submit(struct stk_reads *reads, uint32_t *at, struct stk_error_info *info);

/* Takes in every completion that is there, and gives each to its owner; waits up to `wait_ns` for the first. Does not
 * wait when reads of this owner came back since the last call. STK_OK, an error of the port, or STK_E_RANGE a
 * completion that is nobody's (info.index: its tag); those beside it are taken in. */
int stk_reads_reap(struct stk_reads *reads, uint64_t wait_ns, struct stk_error_info *info);

/* Asks the port to end the read `index` early; it still comes back. An error of the port shows in the next reap. */
void stk_reads_cancel_one(const struct stk_reads *reads, uint32_t index);

/* Asks the port to end the owner's reads early; each still comes back. STK_OK or an error of the port. */
int stk_reads_cancel(const struct stk_reads *reads);

#endif
