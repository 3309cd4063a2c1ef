/* stoker port: simulated platform, ingest and dispatch, to test code that is built on the interfaces.
 *
 * Freestanding: no OS, no libc but memcpy, memmove and memset, no memory but the caller's. Everything is deterministic
 * for a given seed. Threads: any, one at a time per object. The public members that a comment calls a knob may be
 * changed at any moment; the others are for reading. */
#ifndef STOKER_PORT_SIM_H
#define STOKER_PORT_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stoker/arena.h"
#include "stoker/err.h"
#include "stoker/port/dispatch.h"
#include "stoker/port/ingest.h"
#include "stoker/port/platform.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Platform: a virtual clock ///

struct stk_sim_platform {
    uint64_t now; /* knob: the time in nanoseconds */
    /* knob: nanoseconds that each now_ns call adds after it has answered; 0: time passes in waits alone */
    uint64_t step;
    /* Knob: is called in every wait that finds the word unchanged, before the word is looked at again. Stands for the
     * rest of the world, which may change the word meanwhile. May be NULL. */
    void (*hook)(void *hook_ctx, const uint32_t *word, uint32_t seen, uint64_t timeout_ns);
    void *hook_ctx;
    uint64_t reads, waits, timeouts, wakes; /* calls so far; timeouts: waits that ended in one */
};

/* Sets a clock to `now` nanoseconds. It steps by `step` nanoseconds. */
void stk_sim_platform_init(struct stk_sim_platform *platform, uint64_t now, uint64_t step);

/* The platform interface; ctx is a struct stk_sim_platform. A wait whose word does not change moves the clock on by the
 * whole timeout. */
extern const struct stk_platform_ops stk_sim_platform_ops;

/// Ingest: sources are memory ///

#define STK_SIM_DEPTH_DEFAULT   16u
#define STK_SIM_SOURCES_DEFAULT 4u

/* Event for one read, which the script names by its number: reads are counted from 0 over all reads ever taken. */
enum stk_sim_event {
    STK_SIM_FAIL = 1, /* the read ends with `err` and `os_error` */
    STK_SIM_SHORT,    /* the read ends after `value` of its bytes, as if the source ended there or were full */
    STK_SIM_DELAY,    /* the read ends `value` reaps later than it would */
    STK_SIM_HANG      /* the read ends only when it is cancelled */
};

/* An entry of the script. */
struct stk_sim_injected_error {
    uint64_t nth;             /* number of the read */
    enum stk_sim_event event; /* event for this read */
    uint32_t value;           /* STK_SIM_SHORT: bytes; STK_SIM_DELAY: reaps */
    int32_t err;              /* STK_SIM_FAIL: a negative enum stk_err; default STK_E_IO */
    int32_t os_error;         /* STK_SIM_FAIL: errno of the completion */
};

/* Configuration of an ingest port. A 0 means the default. */
struct stk_sim_ingest_config {
    uint32_t depth;   /* most reads taken and not yet reaped, at most 65536; default 16 */
    uint32_t sources; /* most sources at one time, at most 65536; default 4 */
    uint32_t delay;   /* reaps without a read before a reap may return that read; default 0 */
    uint64_t seed;    /* 0: reads end in the order of submission; else in an order drawn from `seed` */
    const struct stk_sim_injected_error *injected; /* the script; the caller's, must outlive the object; NULL: none */
    uint32_t n_injected;                           /* entries of the script */
    uint8_t *mem;     /* memory in which dst must lie, as in a port with registered memory; NULL: anywhere */
    size_t mem_bytes; /* bytes of this memory */
    struct stk_sim_platform *clock; /* clock that a reap which finds nothing moves on by its timeout; NULL: none */
};

/* A read in flight. Visible for sizeof only, as is the next struct. */
struct stk_sim_op {
    struct stk_ingest_read read;
    uint64_t nth;
    uint32_t wait; /* reaps that have to pass before the read may end */
    bool used, hung, canceled;
};

struct stk_sim_source {
    const uint8_t *data;
    uint8_t *to; /* `data`, where the source takes writes; NULL: the source takes none */
    uint64_t bytes, cursor, come;
    uint32_t reads;
    bool used, sequential;
};

struct stk_sim_ingest {
    struct stk_sim_op *ops; /* reads in the order of their submission */
    struct stk_sim_source *source;
    struct stk_sim_ingest_config config;
    uint32_t in_flight;
    uint64_t rng;
    struct stk_ingest_stats stats;
    struct stk_error_info info; /* last refusal; index: which read of the batch, or the source */
    uint32_t cancels;           /* calls of cancel so far */
    uint32_t syncs;             /* syncs that ended well */
    uint32_t refuse;            /* knob: this many submits to come take nothing and return 0 */
    uint32_t take_max;          /* knob: most reads that one submit takes; 0: no limit */
    int submit_err;             /* knob: while negative, submit takes nothing and returns this value */
    int reap_err;               /* knob: while negative, reap returns this value */
    int cancel_err;             /* knob: while negative, cancel does nothing and returns this value */
    bool deaf;                  /* knob: cancel succeeds and ends nothing */
};

/* Arena bytes that init takes for `depth` reads and `sources` sources; 0 means the default of each. */
#define STK_SIM_INGEST_BYTES(depth, sources)                                                                           \
    (STK_ALIGNED((size_t)((depth) == 0 ? STK_SIM_DEPTH_DEFAULT : (depth)) * sizeof(struct stk_sim_op)) +               \
     STK_ALIGNED((size_t)((sources) == 0 ? STK_SIM_SOURCES_DEFAULT : (sources)) * sizeof(struct stk_sim_source)))
#define STK_SIM_INGEST_DEFINE(name, depth, sources) STK_STORAGE_DEFINE(name, STK_SIM_INGEST_BYTES(depth, sources))

/* Sets *bytes to the arena bytes that init takes for a configuration, which may be NULL for the defaults.
 * STK_E_OVERFLOW a field is above its maximum. */
STK_MUST_CHECK int stk_sim_ingest_bytes(const struct stk_sim_ingest_config *config, size_t *bytes);

/* Sets an ingest port up, without sources, in memory from `arena`, which must outlive it. config may be NULL for the
 * defaults. On error the arena is as it was. STK_E_ARG a NULL, or `injected` is NULL and n_injected is not 0;
 * STK_E_OVERFLOW a field is above its maximum; STK_E_SPACE the arena is too small (arena.need has the bytes). */
STK_MUST_CHECK int stk_sim_ingest_init(struct stk_sim_ingest *ingest, const struct stk_sim_ingest_config *config,
                                       struct stk_arena *arena);

/* Adds `bytes` bytes at `data` as a source. The bytes stay the caller's, until the source is removed. A sequential
 * source ignores offsets and goes on where it is. Returns the source's index, the lowest free one. STK_E_ARG a NULL;
 * STK_E_FULL no source is free. */
STK_MUST_CHECK int stk_sim_ingest_add(struct stk_sim_ingest *ingest, const void *data, uint64_t bytes, bool sequential);

/* Adds a source with offsets that takes writes too. The source is `bytes` bytes long and does not grow: a write beyond
 * its end comes short, with `os_error` 28 (ENOSPC of Linux), as on a medium that is full. Returns as
 * stk_sim_ingest_add. */
STK_MUST_CHECK int stk_sim_ingest_add_writable(struct stk_sim_ingest *ingest, void *data, uint64_t bytes);

/* Makes a source end at `bytes`, which is not above its present length: a file that shrinks while it is read.
 * STK_E_RANGE there is no such source; STK_E_ARG a NULL, or `bytes` is above the length. */
STK_MUST_CHECK int stk_sim_ingest_shrink(struct stk_sim_ingest *ingest, uint32_t source, uint64_t bytes);

/* Sets how many bytes of a sequential source have come so far: a pipe whose writer is slow. A read that wants more
 * waits until more have come. After the add call all bytes have come. STK_E_ARG a NULL; STK_E_RANGE there is no such
 * source. */
STK_MUST_CHECK int stk_sim_ingest_come(struct stk_sim_ingest *ingest, uint32_t source, uint64_t bytes);

/* Removes a source. STK_E_ARG a NULL; STK_E_RANGE there is no such source; STK_E_STATUS reads of it are not reaped
 * yet. */
STK_MUST_CHECK int stk_sim_ingest_remove(struct stk_sim_ingest *ingest, uint32_t source);

/* The ingest interface; ctx is a struct stk_sim_ingest. Data is copied when the read ends, in reap. Reads of one
 * sequential source always end in the order of submission. */
extern const struct stk_ingest_ops stk_sim_ingest_ops;

/// Dispatch: workers on the caller's thread ///

/* Handles one claimed slot: 16 words in stored (little-endian) order, the status already CLAIMED. Returns 0 for DONE,
 * the status to leave the slot in (STK_SLOT_YIELD, STK_SLOT_REQUEUE, STK_SLOT_WAIT_IO), or a negative number for FAULT;
 * then the handler writes the words of the reason itself. */
typedef int (*stk_sim_handler)(void *handler_ctx, uint32_t slot_index, uint32_t *slot_words);

/* Configuration of the workers. A 0 means the default. */
struct stk_sim_dispatch_config {
    struct stk_device_memory memory; /* ring and slots are needed; control may be NULL */
    stk_sim_handler handler;         /* NULL: every slot is DONE at once, its words untouched */
    void *handler_ctx;
    uint32_t per_drive;             /* most slots that one drive claims, and most that it finishes; default all */
    uint32_t delay;                 /* drives between the claim of a slot and its end; default 0, in the same drive */
    uint64_t seed;                  /* 0: slots are visited in ring order; else from a start drawn for each drive */
    enum stk_residency residency;   /* mode that info reports; default STK_RESIDENT */
    struct stk_sim_platform *clock; /* a stop that times out moves this clock on by the timeout; NULL: no clock */
};

/* Workers on the caller's thread. */
struct stk_sim_dispatch {
    struct stk_sim_dispatch_config config;
    uint32_t *due;   /* by slot: number of the drive in which the slot ends, while this port has it */
    uint8_t *mine;   /* by slot: 1 while this port has the slot */
    uint32_t cursor; /* index of the slot that the workers look at next */
    uint32_t drives; /* drives so far, modulo 2^32 */
    uint32_t held;   /* slots claimed and not ended */
    uint64_t rng;
    uint64_t done, faulted; /* slots ended so far */
    uint64_t launches;
    bool running;
    uint32_t lose_after; /* knob: the device is lost once this many more slots have ended; 0: never */
    bool lost;           /* knob: the device is lost: drive and stop return STK_E_DEVICE, and its slots stay CLAIMED */
    bool stuck;          /* knob: slots are claimed and never end */
    bool idle;           /* knob: no slot is claimed, and claimed slots end */
    bool stop_hangs;     /* knob: stop times out */
};

/* Arena bytes that init takes for a ring of `slots` slots. */
#define STK_SIM_DISPATCH_BYTES(slots) (STK_ALIGNED((size_t)(slots) * sizeof(uint32_t)) + STK_ALIGNED((size_t)(slots)))

#define STK_SIM_DISPATCH_DEFINE(name, slots) STK_STORAGE_DEFINE(name, STK_SIM_DISPATCH_BYTES(slots))

/* Sets *bytes to the arena bytes that init takes. STK_E_ARG `slots` is 0, or is more than a ring may have. */
STK_MUST_CHECK int stk_sim_dispatch_bytes(uint32_t slots, size_t *bytes);

/* Sets workers up over config->memory, which must outlive the object, as must `arena`. On error the arena is as it was.
 * STK_E_ARG a NULL, no ring, or no slots; STK_E_SPACE the arena is too small (arena.need has the bytes). */
STK_MUST_CHECK int stk_sim_dispatch_init(struct stk_sim_dispatch *dispatch,
                                         const struct stk_sim_dispatch_config *config, struct stk_arena *arena);

/* Ends a lost device and starts a new one on the same memory. The slots that the lost device had claimed stay CLAIMED
 * for the host to put back. */
void stk_sim_dispatch_revive(struct stk_sim_dispatch *dispatch);

/* The dispatch interface; ctx is a struct stk_sim_dispatch. Drive claims PUBLISHED, YIELD and REQUEUE slots by
 * compare-and-swap, counts DONE_COUNT and FAULT_COUNT in the control buffer where there is one, and claims nothing once
 * its SHUTDOWN word is set. */
extern const struct stk_dispatch_ops stk_sim_dispatch_ops;

#ifdef __cplusplus
}
#endif
#endif
