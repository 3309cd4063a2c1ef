/* stoker: telemetry in fixed memory: five count-min sketches of one decode.
 *
 * Use them where the rows of a decode are too much to keep or to send. The sketches estimate how often each opcode,
 * tenant and status occurs, in memory that does not depend on the number of slots. Sketches of one shape from several
 * moments or rings merge with stk_sketch_merge. */
#ifndef STOKER_PARITY_TELEMETRY_SKETCH_H
#define STOKER_PARITY_TELEMETRY_SKETCH_H

#include <stddef.h>
#include <stdint.h>

#include "stoker/arena.h"
#include "stoker/err.h"
#include "stoker/parity/sketch.h"
#include "stoker/telemetry.h"

#ifdef __cplusplus
extern "C" {
#endif

enum stk_telemetry_table {
    STK_TABLE_OPCODE,        /* slots by opcode */
    STK_TABLE_ACTIVE_OPCODE, /* slots by opcode, those alone for which stk_status_active() is true */
    STK_TABLE_TENANT,        /* slots by tenant */
    STK_TABLE_STATUS,        /* slots by status word */
    STK_TABLE_METRICS,       /* the control buffer's metrics: slots executed, by opcode below 32 */
    STK_TABLES
};

#define STK_TELEMETRY_SKETCH_BYTES(depth, width) (5u * STK_SKETCH_BYTES(depth, width))
#define STK_TELEMETRY_SKETCH_DEFINE(name, depth, width)                                                                \
    STK_STORAGE_DEFINE(name, STK_TELEMETRY_SKETCH_BYTES(depth, width))

struct stk_telemetry_sketch {
    struct stk_sketch table[STK_TABLES];
    uint32_t slots;  /* slots of the last decode that was counted */
    uint32_t active; /* active slots among these slots */
};

/* Sets *bytes to STK_TELEMETRY_SKETCH_BYTES(depth, width). Errors of stk_sketch_bytes. */
STK_MUST_CHECK int stk_telemetry_sketch_bytes(uint64_t depth, uint64_t width, size_t *bytes);

/* Makes five empty sketches in mem, which stays the caller's. Errors as stk_sketch_bytes; STK_E_ALIGN mem is not
 * aligned to 8 bytes; STK_E_SPACE `bytes` is too small (info: value is the bytes that the sketches need); STK_E_ARG mem
 * is NULL. */
STK_MUST_CHECK int stk_telemetry_sketch_init(struct stk_telemetry_sketch *sketch, void *mem, size_t bytes,
                                             uint64_t depth, uint64_t width, struct stk_error_info *info);

/* Empties the sketches and counts a decode. A row that lost its words counts in STATUS only, and a torn row nowhere.
 * Loops over slots * depth counters and over all counters. ISR-safe where the time for these loops is short enough. */
void stk_telemetry_sketch(struct stk_telemetry_sketch *sketch, const struct stk_telemetry *telemetry);

#ifdef __cplusplus
}
#endif
#endif
