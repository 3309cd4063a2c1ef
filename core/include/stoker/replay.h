/* stoker: replay. Feeds a recording into fresh devices, to find the first place where their outcomes differ. A replay
 * compares epochs and outcomes, not the order in which slots ran.
 *
 * The log of a recorder has each published slot, its input bytes, and the end of each epoch. A replay publishes the
 * same work to one or two devices, the targets. It compares two targets with each other: status and results of each
 * slot as it ends, and at each epoch every observable. It compares one target with the log: failures, recorded results,
 * and the digest of the observables at each epoch. The first difference ends the replay and is reported: epoch, slot,
 * word and both values.
 *
 * The replay waits for a slot only at four places: before it publishes the slot once more, at the recorded outcome of
 * the slot, before an input of the slot, and at the end of an epoch. So a target may run slots in at least all the
 * orders that were possible in the recorded run. If a program needs an order between two parts of its work, then they
 * must be in different epochs or in one slot. Slots that wait for the host to do I/O (LOAD_MISS) are not replayed.
 *
 *      struct stk_replay_shape shape;
 *      if (stk_replay_find(&iter, &shape, &skipped) == 1) {
 *          open_targets(&config, &shape); // one instance of that shape, or two: the caller's function
 *          if (stk_replay_init(&replay, &config, &shape, &arena, NULL) == STK_OK) {
 *              what = stk_replay_run(&replay, &iter, &report);
 *          }
 *      }
 *
 * One thread uses a replay and all of its targets. The calls wait for devices, so they are not for interrupts. */
#ifndef STOKER_REPLAY_H
#define STOKER_REPLAY_H

#include <stddef.h>
#include <stdint.h>

#include "stoker/arena.h"
#include "stoker/blake3.h"
#include "stoker/err.h"
#include "stoker/log.h"
#include "stoker/port/dispatch.h"
#include "stoker/port/platform.h"
#include "stoker/ring.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The shape of the recorded instance ///

/* The recorded instance, as a START has it. Open targets of this shape. */
struct stk_replay_shape {
    uint32_t slots;         /* slots of the ring */
    uint32_t observables;   /* number of observables */
    uint32_t payload_bytes; /* bytes of the payload; may be 0 */
    uint32_t table_bytes;   /* bytes of the tables; may be 0 */
    uint32_t debug_records; /* records of the debug log; may be 0 */
    uint32_t io_slots;      /* I/O slots of the I/O queue; may be 0 */
    uint32_t tenants;       /* bit i: tenant i is authorised */
    uint32_t epoch;         /* number of the epoch in the control buffer when the recording began */
    uint64_t digest;        /* digest of the observables at that moment; 0: not recorded */
    uint32_t sequence;      /* sequence of the START record */
};

/* Goes on to the next START of the log and reads its shape. *skipped becomes the number of records that were passed
 * over; they belong to a recording whose START the log no longer has. Returns 1; 0 when the log has no further START,
 * and then nothing more in it can be replayed (a larger log keeps more). STK_E_UNSUPPORTED the START is of another
 * version of the recorder; STK_E_CORRUPT its numbers make no sense; the errors of stk_log_next(). */
STK_MUST_CHECK int stk_replay_find(struct stk_log_iter *iter, struct stk_replay_shape *shape, uint32_t *skipped);

/// Configuration ///

#define STK_REPLAY_TARGETS 2u

/* A target, which must be a fresh instance:
 * - Ring and control buffer are laid out as for a first use, with the recorded numbers of slots and observables.
 * - Payload and tables are zeros, at least as large as the recorded ones.
 * - Debug log and I/O queue are empty, of any size.
 * - Nothing was published yet.
 *
 * Workers that run on this thread must find any published slot within one drive: an interpreter's `turns` are more than
 * its slots. */
struct stk_replay_target {
    struct stk_device_memory memory;   /* memory of the instance */
    struct stk_dispatch_port dispatch; /* port of the instance */
};

/* Writes the `bytes` bytes of an INPUT record to `data`. The record says which bytes: source label, position and lead
 * (SPEC.md, "Recording"). `ctx` is input_ctx of the configuration. Returns STK_OK, or an error when the bytes are not
 * to be had, which ends the replay. The replay checks the digest. */
typedef int (*stk_replay_input_fn)(void *ctx, const struct stk_log_record *input, void *data, uint32_t bytes);

/* Configuration of a replay. */
struct stk_replay_config {
    struct stk_replay_target target[STK_REPLAY_TARGETS]; /* the targets, as many as `targets` says; mandatory */
    uint32_t targets; /* 1: the target is compared with the recording; 2: the targets are compared with each other */
    struct stk_platform_port platform; /* clock and waits; mandatory */
    /* brings the bytes of inputs; NULL: an INPUT record ends the replay with STK_E_MISSING */
    stk_replay_input_fn input;
    void *input_ctx;          /* first argument of `input`; may be NULL */
    uint64_t slot_timeout_ns; /* longest wait for one slot, nanoseconds (deadline.h); 0: 10 s; UINT64_MAX: never ends */
};

/// Report ///

/* The kind of the first difference. */
enum stk_replay_what {
    STK_REPLAY_NOTHING = 0, /* nothing so far */
    /* the status of a slot; the values are STK_SLOT_DONE, STK_SLOT_FAULT and so on (words.h). The recorded status is
     * DONE where the recording has no failure of the slot in time (recorder.h) */
    STK_REPLAY_STATUS,
    STK_REPLAY_RESULT,     /* result word `word` of a slot */
    STK_REPLAY_OBSERVABLE, /* observable `word`, which is control word 160 + word */
    STK_REPLAY_DIGEST      /* the digest of all observables; value[1] is the recorded one */
};

/* The report of a replay: the first difference, and how far the replay came. */
struct stk_replay_report {
    enum stk_replay_what what; /* kind of the first difference */
    /* number of the epoch under way, which is the number in the control buffer after the fence that ends it; of a
     * difference */
    uint32_t epoch;
    uint32_t slot;   /* slot of a difference in STATUS or RESULT, or of STK_E_TIMEOUT */
    uint32_t opcode; /* opcode of that slot */
    /* sequence in the log: of the PUBLISH record of the slot for STATUS and RESULT, else of the EPOCH record */
    uint32_t sequence;
    uint32_t word;                      /* number of the word for RESULT and OBSERVABLE */
    uint64_t value[STK_REPLAY_TARGETS]; /* value of each target; with one target, [1] is the recorded value */
    /* Counters, valid whether there was a difference or not: */
    uint64_t records; /* records taken from the log */
    uint64_t slots;   /* slots published, fences not counted */
    uint64_t epochs;  /* epochs compared without a difference */
    uint64_t skipped; /* failures in the log that say nothing about the end of a slot */
    /* Where an error happened: */
    int err;                      /* error that stk_replay_run returned; STK_OK: none */
    uint32_t target;              /* target of STK_E_TIMEOUT and STK_E_DEVICE */
    struct stk_log_record record; /* record that was taken last */
};

/// Replay ///

/* Bytes of memory that a replay of a ring of `slots` slots takes. */
#define STK_REPLAY_SLOT_BYTES          8u
#define STK_REPLAY_BYTES(slots)        STK_ALIGNED((size_t)(slots)*STK_REPLAY_SLOT_BYTES)
#define STK_REPLAY_DEFINE(name, slots) STK_STORAGE_DEFINE(name, STK_REPLAY_BYTES(slots))

/* Writes STK_REPLAY_BYTES(slots) to *bytes. STK_E_OVERFLOW `slots` is above STK_RING_SLOTS_INIT_MAX. */
STK_MUST_CHECK int stk_replay_bytes(uint32_t slots, size_t *bytes);

struct stk_replay_slot; /* private: what the replay keeps for a slot */

/* A replay. The caller reads `shape` after STK_REPLAY_RESTART. */
struct stk_replay {
    struct stk_replay_config config;  /* configuration as given to init, with defaults filled in */
    struct stk_replay_shape shape;    /* shape of this recording; after STK_REPLAY_RESTART of the next one */
    struct stk_replay_slot *slots;    /* state of the replay for each slot of the ring */
    struct stk_replay_report *report; /* report of the replay under way */
    uint32_t flying;                  /* slots that were published and whose end was not compared yet */
    uint32_t epoch;                   /* number of the epoch under way, as in the report */
    struct stk_log_record pending;    /* PUBLISH record that waits for its further arguments */
    uint32_t args[STK_SLOT_ARGS];     /* arguments of that work */
    struct stk_blake3 hash;           /* memory to make digests in; an init that fails may have written to it */
    uint8_t has_pending;              /* 1: `pending` and `args` are valid; else 0 */
};

/* Makes a replay. Checks that the targets have the shape, authorises the recorded tenants in them, and sets their
 * epoch. Takes STK_REPLAY_BYTES(shape->slots) bytes of the arena; the caller may release them when the replay is
 * dropped. `config` and `shape` are copied. On error the arena and the targets are as they were. Errors:
 * - STK_E_ARG a mandatory member is missing, or `targets` is not 1 or 2.
 * - STK_E_RANGE a target does not have the shape.
 * - STK_E_STATUS the observables of a target are not those with which the recording began: the target or the recorded
 *   instance was not fresh.
 * - STK_E_SPACE the arena is too small.
 *
 * `info` may be NULL. Its index is the target, its value with STK_E_SPACE the bytes that the arena must have. */
STK_MUST_CHECK int stk_replay_init(struct stk_replay *replay, const struct stk_replay_config *config,
                                   const struct stk_replay_shape *shape, struct stk_arena *arena,
                                   struct stk_error_info *info);

#define STK_REPLAY_SAME    0 /* the log ended, and nothing differed */
#define STK_REPLAY_DIFFERS 1 /* the report says what differed */
/* Nothing differed up to another START. replay->shape is its shape; a replay with fresh targets goes on from there. */
#define STK_REPLAY_RESTART 2

/* Replays the records that follow the START, up to the end of the log, the next START or the first difference. `iter`
 * is as stk_replay_find() left it. After a difference or an error slots may be left running in the targets. Returns
 * STK_REPLAY_SAME, STK_REPLAY_DIFFERS, STK_REPLAY_RESTART, or an error; report->record is then the record at which it
 * happened:
 * - STK_E_CORRUPT records before this one are missing or damaged; or the log was mounted anew without a START; or the
 *   recorder lost some (EPOCH); or the record makes no sense, such as a failure or a result that was recorded too late
 *   (recorder.h); or the bytes of an INPUT are not the recorded ones.
 * - STK_E_MISSING there is an INPUT and no input function. Else the error of that function.
 * - STK_E_RANGE a slot or bytes lie beyond the instance.
 * - STK_E_OPCODE, STK_E_ARGS the work cannot be published.
 * - STK_E_UNSUPPORTED a record has an unknown kind, or a START is of another version.
 * - STK_E_TIMEOUT a slot did not end in a target.
 * - STK_E_DEVICE a target was lost.
 * - The errors of stk_log_next(). */
STK_MUST_CHECK int stk_replay_run(struct stk_replay *replay, struct stk_log_iter *iter,
                                  struct stk_replay_report *report);

#ifdef __cplusplus
}
#endif
#endif
