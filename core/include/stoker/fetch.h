/* stoker: the host's side of the I/O that slots on the device ask for: LOAD_MISS, and the reads, writes and I/O fences
 * that handlers ask for (stoker/kernel/io.h).
 *
 * A slot asks through the I/O queue and waits without holding a lane (core/SPEC.md 1.6, 4.3 and 4.4). The host has one
 * table of what slots may ask for. A row has a number, and is a resource or a handle. A resource is read whole, to one
 * place in the payload; LOAD_MISS asks for resources. A handle names a range of a source and a range of the payload,
 * and says which reads, writes and I/O fences between the two are allowed. Each row says which tenants may ask.
 * stk_fetch_poll claims requests, checks each against the table, reads and writes over the ingest port, completes the
 * I/O slot and wakes the ring slot. A request that is refused or fails faults its own slot, with reason STK_REASON_IO,
 * and no other, and a request that is refused touches nothing.
 *
 * What the device says is not trusted: each word is read once and checked, and only these sources and destinations are
 * reached.
 *
 * One thread serves: it makes every call below, and every cancel of a slot that may hold a load miss
 * (stk_fetch_cancel). It may run streams beside it, in turns. The ingest port may be shared with them and with other
 * services (struct stk_ingest_port); each has its own reads there and cancels no others. The service is the only server
 * of its I/O queue. No call blocks past its timeout. */
#ifndef STOKER_FETCH_H
#define STOKER_FETCH_H

#include <stddef.h>
#include <stdint.h>

#include "stoker/arena.h"
#include "stoker/deadline.h"
#include "stoker/err.h"
#include "stoker/io_queue.h"
#include "stoker/port/dispatch.h"
#include "stoker/port/ingest.h"
#include "stoker/port/platform.h"
#include "stoker/ring.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Configuration ///

#define STK_FETCH_RESOURCES_DEFAULT 16u
#define STK_FETCH_RESOURCES_MAX     (65536u - STK_IO_SLOTS_MAX)

struct stk_fetch_config {
    /* memory of the device; ring, control buffer, I/O queue (1 .. STK_IO_SLOTS_MAX slots) and payload are mandatory */
    struct stk_device_memory memory;
    struct stk_dispatch_port dispatch; /* port of the device; mandatory */
    struct stk_ingest_port *ingest;    /* port that reads and writes the sources; mandatory */
    struct stk_platform_port platform; /* clock and waits; mandatory */

    /* rows of the table, for resources and handles, 1 .. STK_FETCH_RESOURCES_MAX; 0: STK_FETCH_RESOURCES_DEFAULT */
    uint32_t resources;
    uint64_t timeout_ns; /* longest time from a claimed request to its end (deadline.h); 0: 10 s; UINT64_MAX: never */
};

/// Object ///

struct stk_fetch_row;     /* one resource; private */
struct stk_fetch_request; /* state of the request in one I/O slot; private */

/* Counters since init. Requests add up: asked = served + refused + failed + cancelled + in flight. */
struct stk_fetch_stats {
    uint64_t asked;     /* requests claimed */
    uint64_t served;    /* requests whose I/O succeeded */
    uint64_t refused;   /* requests that the table does not allow, or that were malformed */
    uint64_t failed;    /* requests whose I/O failed, came short, or took too long */
    uint64_t cancelled; /* requests whose slot did not wait any more, or that the close of the service ended */
    uint64_t reads;     /* reads, writes and syncs submitted to the ingest port */
    uint64_t shared;    /* requests that joined a read which others had asked for */
    uint64_t ahead;     /* requests that were served from the data of a prefetch */
    uint64_t bytes;     /* bytes of reads that did not fail */
    uint64_t written;   /* bytes of writes that did not fail */
};

struct stk_fetch {
    struct stk_fetch_config config;
    struct stk_ring ring;
    struct stk_io_queue queue;
    struct stk_fetch_row *rows;
    struct stk_fetch_request *requests; /* one for each I/O slot */
    struct stk_fetch_stats stats;
    struct stk_reads reads; /* reads of this service that the ingest port has */
    /* deadline of all claimed requests; each request has the whole timeout from its claim on */
    struct stk_deadline requests_end;
    struct stk_error_info info; /* detail of the last error; see each call */
    uint32_t reach;             /* rows that a search looks at, from the resource's own row on */
    uint32_t outcomes;          /* completed requests that their slots have not yet taken */
    uint32_t next;              /* I/O slot whose read goes first when the port has room again */
    uint32_t pass;              /* steps that claimed requests; wraps */
    uint64_t ended_told;        /* requests that have ended, as far as stk_fetch_poll has returned them */
    uint8_t prefetches;         /* reads for prefetches are being submitted, and not the others */
    uint8_t stopping;           /* stk_fetch_close began */
    uint8_t closed;             /* stk_fetch_close finished, or init failed */
};

#define STK_FETCH_ROW_BYTES     64u
#define STK_FETCH_REQUEST_BYTES 64u

/* Bytes of the arena that stk_fetch_init takes for so many resources and I/O slots. `resources` 0 is the default. */
#define STK_FETCH_BYTES(resources, io_slots)                                                                           \
    (STK_ALIGNED((size_t)((resources) == 0 ? STK_FETCH_RESOURCES_DEFAULT : (resources)) * STK_FETCH_ROW_BYTES) +       \
     STK_ALIGNED((size_t)(io_slots)*STK_FETCH_REQUEST_BYTES))
#define STK_FETCH_DEFINE(name, resources, io_slots) STK_STORAGE_DEFINE(name, STK_FETCH_BYTES(resources, io_slots))

/* Writes STK_FETCH_BYTES(resources, io_slots) to *bytes, for numbers that are known only at run time. STK_E_ARG
 * `io_slots` is 0; STK_E_OVERFLOW `resources` is above STK_FETCH_RESOURCES_MAX or `io_slots` above STK_IO_SLOTS_MAX. */
STK_MUST_CHECK int stk_fetch_bytes(uint32_t resources, uint32_t io_slots, size_t *bytes);

/* A service with an empty table. Copies `config` and takes STK_FETCH_BYTES(resources, memory.io_slots) from `arena`;
 * ports, buffers and arena memory stay the caller's and must outlive it. The object must not move, and must be closed
 * (stk_fetch_close) before it is freed, since the ingest port knows it. STK_E_ARG a mandatory member is missing;
 * STK_E_FULL the ingest port has STK_INGEST_READERS_MAX readers; STK_E_OVERFLOW; STK_E_ALIGN; STK_E_SPACE (info.value
 * and arena.need: bytes that would do). The arena is unchanged on error. */
STK_MUST_CHECK int stk_fetch_init(struct stk_fetch *fetch, const struct stk_fetch_config *config,
                                  struct stk_arena *arena);

/// Table ///

/* A resource: a range of a source that LOAD_MISS reads whole, to one place in the payload. */
struct stk_fetch_resource {
    uint32_t resource; /* number by which slots ask for the resource: any that no other row has */
    uint32_t source;   /* number of the source, as the ingest port returned it */
    uint64_t offset;   /* byte of the source at which the range begins */
    uint32_t bytes;    /* length of the range, 1 .. INT32_MAX bytes */
    uint32_t dst;      /* byte of the payload to which the first byte of the range goes */
    uint32_t tenants;  /* bit t: tenant t may ask, 0 .. 28; not 0 */
    uint32_t prefetch; /* 1: slots may also ask ahead of need; 0: they may not */
};

/* Adds a resource to the table; *resource is copied. O(rows). In the error info, index is the number of the resource.
 * Errors:
 * - STK_E_ARG a member of *resource is out of its range.
 * - STK_E_SPACE the destination leaves the payload (info.value: payload bytes that would do).
 * - STK_E_STATUS the number is in the table, or the destination overlaps that of another resource (info.value: the
 *   number of the row in the way).
 * - STK_E_FULL the table has no free row (info.value: its rows).
 * - STK_E_SHUTDOWN the service is closed or closes. */
STK_MUST_CHECK int stk_fetch_register(struct stk_fetch *fetch, const struct stk_fetch_resource *resource);

#define STK_IO_MAY_READ  1u /* from the source to the payload */
#define STK_IO_MAY_WRITE 2u /* from the payload to the source */
#define STK_IO_MAY_FENCE 4u /* wait until the writes to the source are kept through a power cut */

struct stk_fetch_handle {
    uint32_t handle; /* number by which slots name the handle: any number that no other row has */
    /* number of a source of the ingest port. The source has offsets; for STK_IO_MAY_WRITE it is open for writing */
    uint32_t source;
    uint64_t offset;                 /* start of the range in the source, bytes */
    uint64_t bytes;                  /* length of that range, 1 or more; offset + bytes at most INT64_MAX */
    uint32_t payload, payload_bytes; /* range of the payload that may be read into and written from */
    uint32_t tenants;                /* bit t: tenant t may ask, 0 .. 28; not 0 */
    uint32_t rights;                 /* allowed ops, bits of STK_IO_MAY_*; not 0 */
    /* Offsets in the source, lengths and addresses must be multiples of this power of two, as O_DIRECT needs them; 0:
     * 1. A request that is not aligned ends with STK_E_ALIGN. */
    uint32_t align;
};

/* Adds a handle to the table; *handle is copied. Ranges of several handles may overlap; then the slots must keep their
 * I/O apart. O(rows). Errors as stk_fetch_register; STK_E_STATUS only where the number is in the table. */
STK_MUST_CHECK int stk_fetch_grant(struct stk_fetch *fetch, const struct stk_fetch_handle *handle);

/* Removes a resource or a handle from the table. STK_E_NOENT no row has the number; STK_E_WOULD_BLOCK slots wait for
 * the row (info.value: how many), or its memory is still with the ingest port: poll first; STK_E_SHUTDOWN the service
 * is closed. */
STK_MUST_CHECK int stk_fetch_unregister(struct stk_fetch *fetch, uint32_t resource);

/// Serving ///

/* The value of a slot that faulted with STK_REASON_IO: the OS's number where the I/O failed with one, or an enum
 * stk_err as a 32-bit word. STK_E_NOENT there is no such resource or handle; STK_E_ACCESS the tenant may not use the
 * resource or handle, or the request is not among its rights; STK_E_RANGE the request leaves the range of the handle;
 * STK_E_ALIGN the request is not aligned to the handle's `align`; STK_E_FORMAT the request is malformed; STK_E_SHORT
 * the source ended; STK_E_TIMEOUT; STK_E_CANCELED, STK_E_SHUTDOWN the service was closed; what the ingest port said.
 * Beside the outcome of a read or write through a handle the I/O slot says how many bytes were moved, also if the I/O
 * failed (STK_IO_MOVED). */
#define STK_FETCH_CODE(err) ((uint32_t)(err))

/* Takes in requests, moves I/O on, ends the requests that are over and drives the device. Waits up to timeout_ns for
 * the first request that ends (0: not at all; UINT64_MAX: for ever). Returns how many requests ended; 0 when none ended
 * in time. Returns an error of the ingest port or of the dispatch port as it is; nothing is lost then: poll again.
 * STK_E_RANGE the ingest port returned a read that is nobody's (info.index: its tag); STK_E_SHUTDOWN.
 * The slots that this call woke are pending to the device. The caller drives the device for those slots that it
 * published itself.
 *
 * Several load misses for one resource share one read. A prefetch waits behind every other load miss. The data of a
 * prefetch serves the next load miss for the resource without a read, once. A read that takes too long fails its slots,
 * and the destination is the port's until the read comes back (stk_fetch_unregister tells).
 *
 * Reads and writes through handles keep no order. An I/O fence begins when every write to the same source that was
 * published before the fence has come back, well or with an error. If a write takes too long, or its slot does not wait
 * any more, the service asks the port to end the write. A part of its bytes may be written then, or all of them. The
 * service takes no new request from the I/O slot of the write before the write has come back. */
STK_MUST_CHECK int stk_fetch_poll(struct stk_fetch *fetch, uint64_t timeout_ns);

/* Returns the number of requests that were claimed and have not ended. */
uint32_t stk_fetch_in_flight(const struct stk_fetch *fetch);

/* Cancels ring slot `slot` as STK_TO_CANCEL does, whatever the slot holds, and cancels the request of the slot too. A
 * read for the request goes on and serves other slots. Returns the previous status. STK_E_RANGE there is no such slot;
 * STK_E_STATUS the slot cannot be cancelled now; STK_E_WOULD_BLOCK workers run, on memory where a slot that does not
 * wait can only be cancelled while no worker runs (control word 159, SPEC.md 1.2). */
STK_MUST_CHECK int stk_fetch_cancel(struct stk_fetch *fetch, uint32_t slot);

/* Closes the service: cancels its reads, fails what waits with STK_E_CANCELED and what is still asked with
 * STK_E_SHUTDOWN, and waits up to timeout_ns until no read of the service is with the ingest port. The port, the device
 * and everything else on them go on. The slots go to REQUEUE: they end once the device is driven. Stop publishing load
 * misses before: later ones wait for ever. STK_OK, or what failed first; STK_E_TIMEOUT the port still owns
 * destinations: a further call goes on waiting. After the service was closed every other call returns STK_E_SHUTDOWN,
 * and the object may be freed. */
STK_MUST_CHECK int stk_fetch_close(struct stk_fetch *fetch, uint64_t timeout_ns);

#ifdef __cplusplus
}
#endif
#endif
