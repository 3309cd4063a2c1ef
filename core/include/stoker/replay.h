/* stoker: replay, a recording fed into fresh instances to find where they part.
 *
 * The recorder's log says what was published, on which bytes, and where an epoch ended. A replay publishes the same to
 * one or two targets. With two it compares them with each other: status and result words of each slot as it ends, and
 * at each epoch every observable. With one it compares the target with what the log says: the failures, and the digest
 * of the observables at each epoch. The first difference ends it and is reported: epoch, slot, word and both values.
 *
 * A slot is waited for only before it is used again, before its recorded failure, and at an epoch, so that a device has
 * the same freedom of schedule as in the recorded run, or more: what a program needs in order must be an epoch apart,
 * or in one slot. Slots that wait for the host to do I/O (LOAD_MISS) are not replayed.
 *
 *     struct stk_replay_shape shape;
 *     if (stk_replay_find(&iter, &shape, &skipped) == 1) {
 *         open_targets(&config, &shape); // one instance of that shape, or two: the caller's function
 *         if (stk_replay_init(&replay, &config, &shape, &arena, NULL) == STK_OK) {
 *             what = stk_replay_run(&replay, &iter, &report);
 *         }
 *     }
 *
 * One thread uses a replay and all of its targets.
 */
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

struct stk_replay_shape {
    uint32_t slots;         /* of the ring */
    uint32_t observables;   /* words */
    uint32_t payload_bytes; /* may be 0 */
    uint32_t table_bytes;   /* may be 0 */
    uint32_t debug_records; /* may be 0 */
    uint32_t io_slots;      /* may be 0 */
    uint32_t tenants;       /* bit i: tenant i is authorised */
    uint32_t epoch;         /* of the control buffer when the recording began */
    uint64_t digest;        /* of its observables then; 0: not told */
    uint32_t sequence;      /* of the START record */
};

/* Goes on to the next START of the log and reads it; *skipped gets the records passed over, which belong to a recording
 * whose START the log no longer has. 1; 0 the log holds no START (any more): nothing in it can be replayed, and a
 * larger log keeps more; STK_E_UNSUPPORTED it is of another version of the recorder; STK_E_CORRUPT its numbers make no
 * sense; the errors of stk_log_next. */
STK_MUST_CHECK int stk_replay_find(struct stk_log_iter *iter, struct stk_replay_shape *shape, uint32_t *skipped);

/// Configuration ///

#define STK_REPLAY_TARGETS 2u

/* A fresh instance: ring and control buffer laid out as for a first use, with the recorded numbers of slots and
 * observables; payload and tables of zeros, at least as large as the recorded ones; debug log and I/O queue empty, of
 * any size; nothing published yet. One whose workers run on this thread must find any published slot within a drive:
 * an interpreter's `turns` are more than its slots. */
struct stk_replay_target {
    struct stk_device_memory memory;
    struct stk_dispatch_port dispatch;
};

/* Writes the bytes of an INPUT record (SPEC.md, "Recording": source label, position, lead) to `data`, `bytes` of them.
 * STK_OK, or an error when they are not to be had, which ends the replay. Digests are the replay's to check. */
typedef int (*stk_replay_input_fn)(void *ctx, const struct stk_log_record *input, void *data, uint32_t bytes);

struct stk_replay_config {
    struct stk_replay_target target[STK_REPLAY_TARGETS];
    uint32_t targets; /* 1: compared with the recording; 2: with each other */
    struct stk_platform_port platform;
    stk_replay_input_fn input; /* NULL: a log with an INPUT record is refused with STK_E_MISSING */
    void *input_ctx;
    uint64_t slot_timeout_ns; /* longest wait for one slot (deadline.h); 0: 10 s; UINT64_MAX: never */
};

/// Report ///

enum stk_replay_what {
    STK_REPLAY_NOTHING = 0,
    STK_REPLAY_STATUS,     /* of a slot: values are STK_SLOT_DONE, STK_SLOT_FAULT ... as in words.h */
    STK_REPLAY_RESULT,     /* word `word` of a slot's results */
    STK_REPLAY_OBSERVABLE, /* observable `word`, control word 160 + word */
    STK_REPLAY_DIGEST      /* of the observables; value[1] is the recorded one */
};

struct stk_replay_report {
    enum stk_replay_what what;          /* what differs first */
    uint32_t epoch;                     /* in which epoch: the control buffer's number after the fence that ends it */
    uint32_t slot;                      /* STATUS and RESULT */
    uint32_t opcode;                    /* what the slot ran */
    uint32_t sequence;                  /* STATUS and RESULT: of the slot's PUBLISH record; else of the EPOCH record */
    uint32_t word;                      /* RESULT and OBSERVABLE */
    uint64_t value[STK_REPLAY_TARGETS]; /* of each target; with one target, [1] is the recording's */
    /* so far, a difference or not */
    uint64_t records; /* taken from the log */
    uint64_t slots;   /* published, fences not counted */
    uint64_t epochs;  /* compared */
    uint64_t skipped; /* failures in the log that say nothing about a slot that ran */
    /* trouble */
    int err;                      /* what stk_replay_run returned below 0 */
    uint32_t target;              /* STK_E_TIMEOUT, STK_E_DEVICE: which */
    struct stk_log_record record; /* being replayed */
};

/// Replay ///

#define STK_REPLAY_SLOT_BYTES          8u
#define STK_REPLAY_BYTES(slots)        STK_ALIGNED((size_t)(slots)*STK_REPLAY_SLOT_BYTES)
#define STK_REPLAY_DEFINE(name, slots) STK_STORAGE_DEFINE(name, STK_REPLAY_BYTES(slots))

/* The same at run time. STK_E_OVERFLOW above STK_RING_SLOTS_INIT_MAX. */
STK_MUST_CHECK int stk_replay_bytes(uint32_t slots, size_t *bytes);

struct stk_replay_slot; /* private */

struct stk_replay {
    struct stk_replay_config config;
    struct stk_replay_shape shape; /* of the recording under way, or of the next one after STK_REPLAY_RESTART */
    struct stk_replay_slot *slots;
    struct stk_replay_report *report; /* of the run under way */
    uint32_t flying;                  /* slots that were published and not looked at since */
    uint32_t epoch;                   /* that is under way */
    struct stk_log_record pending;    /* a PUBLISH whose further arguments may come */
    uint32_t args[STK_SLOT_ARGS];     /* of it */
    struct stk_blake3 hash;           /* memory of the digests; an init that fails may have written to it */
    uint8_t has_pending;
};

/* Checks that the targets have the shape, authorises the recorded tenants in them, and sets their epoch. Takes
 * STK_REPLAY_BYTES(shape->slots) bytes of the arena; the caller may release them when the replay is dropped. STK_E_ARG
 * a mandatory member is missing, or targets is not 1 or 2; STK_E_SPACE the arena is too small; STK_E_RANGE a target is
 * not of the shape; STK_E_STATUS the observables of a target are not those that the recording began with: the target,
 * or the recorded instance, was not fresh. `info` gets the target as index, and the bytes that the arena must have as
 * value. On error the arena and the targets are as they were. */
STK_MUST_CHECK int stk_replay_init(struct stk_replay *replay, const struct stk_replay_config *config,
                                   const struct stk_replay_shape *shape, struct stk_arena *arena,
                                   struct stk_error_info *info);

#define STK_REPLAY_SAME    0 /* the log ended and nothing differed */
#define STK_REPLAY_DIFFERS 1
#define STK_REPLAY_RESTART 2 /* nothing differed up to another START: replay->shape is of it, and fresh targets go on */

/* Replays what follows the START up to the end of the log, the next START or the first difference. Slots may be left
 * running in the targets after a difference or an error. One of the above, or trouble, and report->record says where:
 * STK_E_CORRUPT records are missing or damaged before this one, or the log was mounted anew without a START, or the
 * recorder lost some (EPOCH), or a record makes no sense; for an INPUT: the bytes are not those that were recorded;
 * STK_E_MISSING an INPUT and no input function; an error of that function; STK_E_RANGE a slot or bytes beyond the
 * instance; STK_E_OPCODE, STK_E_ARGS work that cannot be published; STK_E_TIMEOUT a slot did not end in a target;
 * STK_E_DEVICE a target was lost; the errors of stk_log_next. */
STK_MUST_CHECK int stk_replay_run(struct stk_replay *replay, struct stk_log_iter *iter,
                                  struct stk_replay_report *report);

#ifdef __cplusplus
}
#endif
#endif
