/* stoker: how much of a device a slot and a tenant may use.
 *
 * No slot holds a worker for longer than a lease, whatever its tenant asks for. Handlers state their cost in units. A
 * unit is the time in which a worker reads one byte in order, with all its lanes. A dispatch port measures how long a
 * unit takes on its device, and hands a table of limits to the workers (core/SPEC.md, 2.4). stk_limits_table() makes
 * this table. The limits mean:
 *
 * - A handler that resumes is called again and again. Each call costs at most `budget` units, and other slots run in
 *   between.
 * - A slot whose handler cannot stop half-way, and that costs more than a lease, ends in FAULT with STK_REASON_COST.
 * - Where several tenants have slots ready, each is given the same time, or time in proportion to its weight.
 * - A slot above a limit in struct stk_limits ends in FAULT with STK_REASON_COST, and a slot whose opcode is switched
 *   off there ends in FAULT with STK_REASON_OFF.
 *
 * Plain arithmetic; callable from any thread and from an ISR. */
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

/* Limits of one tenant. All zero: no limits but those that struct stk_limits sets for every tenant, and weight 1. */
struct stk_tenant_limits {
    uint32_t slot_bytes; /* most bytes that a handler goes through for one slot; 0: any number */
    uint64_t slot_cost;  /* most units of one slot, up to 2^41; 0: any number. Rounded up to a multiple of 1,024 */
    uint32_t weight;     /* share of the time, at most STK_WEIGHT_MAX: weight 2 gets twice the time of weight 1; 0: 1 */
};

/* Limits of a device. All zero: each slot may cost what it needs, and tenants share the device equally. */
struct stk_limits {
    /* most bytes that a handler goes through for one slot of any tenant; 0: any number. The smaller of this limit and
     * the tenant's own holds */
    uint32_t slot_bytes;
    /* most units of one slot of any tenant, up to 2^41; 0: any number. Rounded up to a multiple of 1,024 */
    uint64_t slot_cost;
    uint32_t ops_off; /* built-in ops that nobody may run: STK_OP_OFF(opcode) of each, joined by | */
    struct stk_tenant_limits tenants[STK_CTL_TENANT_MASKS]; /* limits of tenants 0 to 28 */
};

/// What the device can do ///

/* How fast a device is, as a port measured it. */
struct stk_pace {
    uint64_t lease_ns; /* length of a lease, in nanoseconds; 0: not known, and no slot is too dear for a lease */
    uint64_t unit_fs;  /* time of a unit, in femtoseconds (10^-15 s); 0: 1,000,000, which is 1 ns */
    uint64_t turn_ps;  /* time of a turn without work, in picoseconds; 0: the time of 64 units */
    uint64_t lane_fs;  /* time of a byte that one lane of several reads alone, in femtoseconds; 0: as unit_fs */
    uint32_t slots;    /* slots of the ring; also the turns that a look at all slots takes */
};

/* Units that one call of a handler that resumes may cost. The budget lies between MIN and MAX at any pace; where the
 * length of a lease is not known, the budget is UNPACED. */
#define STK_BUDGET_MIN     65536u
#define STK_BUDGET_UNPACED 16777216u
#define STK_BUDGET_MAX     4194304u

/* Fills the table of limits that workers read. `limits` may be NULL, which means all zero.
 * STK_E_ARG a weight is above STK_WEIGHT_MAX, a cost is above 2^41, or ops_off has a bit that belongs to no op. The
 * table is unchanged on error. */
STK_MUST_CHECK int stk_limits_table(const struct stk_limits *limits, const struct stk_pace *pace,
                                    uint32_t table[STK_LIMIT_WORDS]);

#ifdef __cplusplus
}
#endif
#endif
