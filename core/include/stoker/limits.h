/* stoker: how much of a device a slot and a tenant may use.
 *
 * No slot holds a worker for longer than a lease, whatever its tenant asks for. Handlers state their cost in units; a unit is the time
 * in which a worker reads one byte in order, with all its lanes. A dispatch port measures how long a unit takes on its device, and hands
 * workers a table of limits (core/SPEC.md, 2.4) that these calls make:
 *
 * - A handler that resumes is called again and again, each time for at most `budget` units, and other slots run in between.
 * - A slot whose handler cannot stop half-way, and that costs more than a lease, ends in FAULT with STK_REASON_COST.
 * - Where several tenants have slots ready, each is given the same time, or as much as its weight says.
 * - What the host limits or switches off in struct stk_limits ends in FAULT with STK_REASON_COST or STK_REASON_OFF.
 *
 * Plain arithmetic; callable from any thread and from an ISR.
 */
#ifndef STOKER_LIMITS_H
#define STOKER_LIMITS_H

#include <stdint.h>

#include "stoker/err.h"
#include "stoker/words.h"

#ifdef __cplusplus
extern "C" {
#endif

/// What the host allows ///

#define STK_WEIGHT_MAX 32u

/* Limits of one tenant. All zero: those of every tenant. */
struct stk_tenant_limits {
    uint32_t slot_bytes; /* most bytes that a handler goes through for one slot; 0: any number */
    uint64_t slot_cost;  /* most units of one slot, up to 2^41; 0: any number. Rounded up to a multiple of 1,024 */
    uint32_t weight;     /* time beside the other tenants', at most STK_WEIGHT_MAX: 2 is twice that of weight 1; 0: 1 */
};

/* Limits of a device. All zero: each slot may cost what it needs, and tenants share the device equally. */
struct stk_limits {
    uint32_t slot_bytes; /* as in struct stk_tenant_limits, for the slots of every tenant; the smaller of both holds */
    uint64_t slot_cost;
    uint32_t ops_off; /* STK_OP_OFF(opcode) of built-in ops that nobody may run, joined by | */
    struct stk_tenant_limits tenants[STK_CTL_TENANT_MASKS]; /* of tenants 0 to 28 */
};

/// What the device can do ///

/* How fast a device is, as a port measured it. */
struct stk_pace {
    uint64_t lease_ns; /* how long a lease lasts, nanoseconds; 0: not known, and no slot is too dear for a lease */
    uint64_t unit_fs;  /* how long a unit takes, femtoseconds (10^-15 s); 0: 1,000,000, which is 1 ns */
    uint64_t turn_ps;  /* how long a turn without work takes, picoseconds; 0: 64 units */
    uint64_t lane_fs;  /* how long a byte takes that one lane of several reads alone, femtoseconds; 0: as unit_fs */
    uint32_t slots;    /* of the ring: how many turns a look at all of them takes */
};

/* The units of a call that resumes: between these, whatever the pace, and without a pace the default. */
#define STK_BUDGET_MIN     65536u
#define STK_BUDGET_DEFAULT 16777216u
#define STK_BUDGET_MAX     16777216u

/* Fills the table of limits that workers read. `limits` may be NULL, which is all zero.
 * STK_E_ARG: a weight is above STK_WEIGHT_MAX, a cost is above 2^41, or ops_off has a bit that is no op's; the table is then as it was. */
STK_MUST_CHECK int stk_limits_table(const struct stk_limits *limits, const struct stk_pace *pace,
                                    uint32_t table[STK_LIMIT_WORDS]);

#ifdef __cplusplus
}
#endif
#endif
