/* Passes of stoker bench payload: chunks of a text that lies in the payload of each device, shared by the devices. */
#ifndef STOKER_CLI_BENCH_PAYLOAD_H
#define STOKER_CLI_BENCH_PAYLOAD_H

#include <pthread.h>

#include "bench.h"
#include "stoker/control.h"
#include "stoker/device_set.h"
#include "stoker/ring.h"
#include "stoker/work_split.h"

#define PAYLOAD_DEVICES_MAX 16u
/* Runs that a device holds, and the least chunks of a run. At the end of a pass runs are short, and a device with many
 * workers needs all of these chunks in flight. */
#define PAYLOAD_RUNS    64u
#define PAYLOAD_RUN_MIN 4u
#define PAYLOAD_ALONE   "alone_" /* a peer: passes by one device, by its place in --device from 0 on */

struct payload_shared;

/* A device with a text in its payload. One thread makes the calls for it in a pass. */
struct payload_device {
    struct cli_device device;
    struct stk_ring ring;
    struct stk_control control;
    struct payload_shared *shared;
    uint32_t index;
    uint64_t done; /* chunks in passes by several devices, since the caller set it to 0 */
    /* the pass */
    struct stk_work_split_run runs[PAYLOAD_RUNS]; /* runs that the device holds, used in a cycle */
    uint32_t first_run, run_count;                /* index of the oldest run, and number of runs */
    uint32_t next, left;                          /* chunk to publish next, and how many of the newest run are left */
    uint32_t sent, taken;                         /* slots published and harvested; modulo 2^32 */
    uint64_t result;                              /* sum of the results of its slots */
    int err;                                      /* a negative enum stk_err where the pass failed */
};

/* State that the devices share. */
struct payload_shared {
    struct stk_work_split units; /* chunks */
    uint8_t units_memory[STK_ARENA_BYTES(STK_WORK_SPLIT_BYTES(PAYLOAD_DEVICES_MAX, PAYLOAD_RUNS))];
    struct stk_device_set_device speeds[PAYLOAD_DEVICES_MAX]; /* speeds learnt from passes by one device */
    struct stk_device_set fleet;
    const struct payload_work *work; /* work of the pass */
    pthread_barrier_t start;         /* start of a pass that several devices make */
    uint32_t device_count;
};

/* The slots of a pass. */
struct payload_work {
    uint32_t bytes;  /* bytes of the text */
    uint32_t chunk;  /* bytes of a slot */
    uint32_t lead;   /* bytes before a chunk that its slot reads too */
    uint32_t opcode; /* STK_OP_SCAN_COUNT or STK_OP_SUM64 */
    /* for SCAN_COUNT: offset of the automaton in the tables, and offset of the counters in the payload */
    uint32_t image_at, hits_at;
};

static inline uint32_t payload_chunks(uint32_t bytes, uint32_t chunk) {
    return (bytes - 1u) / chunk + 1u;
}

/* Makes ready to share passes among the devices. 0, or CLI_BAD after printing why. */
int payload_share(struct payload_shared *shared, struct payload_device *devices, uint32_t count);

/* Makes one pass with `count` of the devices, which begin at `devices`: one of them, or all. *result: the sum of what
 * the slots left; *took: nanoseconds. Returns a negative enum stk_err. */
int payload_pass(struct payload_shared *shared, struct payload_device *devices, uint32_t count,
                 const struct payload_work *work, uint64_t *result, uint64_t *took);

#endif
