/* stoker: makes the table of limits from what the host allows and from the pace of the device. Plain arithmetic, in 64
 * bits: every factor has a bound, so that no product wraps. Workers apply the table (kernels/time_shares.h); a dispatch
 * port hands it to them, and fills the words that depend on the kind of launch. */
#include "stoker/limits.h"

#define COST_UNIT 1024u               /* units; the table gives the limit of a slot's cost in multiples of this */
#define COST_MAX  (UINT64_C(1) << 41) /* in multiples of COST_UNIT this is 2^31, which fits a word of the table */
/* Calls of a handler that resumes that fit into a lease. Another slot waits for one such call at most, not for a lease.
 * More calls would make this wait shorter, and the search between two calls a larger part of the time. */
#define CALLS 128u
/* Looks at the whole ring that a call may cost at least. A slot in YIELD is found again by a ring scan, so the search
 * stays a small part of the time. */
#define ROUNDS 16u
/* Femtoseconds in a picosecond, and picoseconds in a nanosecond. */
#define FS_PER_PS    UINT64_C(1000)
#define PS_PER_NS    UINT64_C(1000)
#define LANE_MAX     65536u              /* a lane that is slower counts as this slow, so that no cost wraps */
#define UNIT_FS      UINT64_C(1000000)   /* time of a unit where the port has measured none: 1 ns */
#define TURN_UNITS   UINT64_C(64)        /* units of a turn where the port has measured none */
#define LEASE_NS_MAX (UINT64_C(1) << 43) /* about two hours: lease_ns * 10^6 in fill_pace() fits into 64 bits */

/* Returns the value, or `most` if the value is larger. A number that does not fit a word of the table saturates. */
static uint32_t at_most(uint64_t value, uint32_t most) {
    return value < most ? (uint32_t)value : most;
}

/* Returns the smaller of two limits. A limit of 0 means no limit. */
static uint64_t tighter(uint64_t a, uint64_t b) {
    return a == 0u || (b != 0u && b < a) ? b : a;
}

/* Checks the limits of the host. Returns 1 if every cost fits the table, every weight keeps a time share within a word,
 * and `ops_off` names built-in ops alone. */
static int are_valid(const struct stk_limits *l) {
    int ok = (l->ops_off & ~STK_OPS_OFF_ALL) == 0u && l->slot_cost <= COST_MAX;
    for (uint32_t t = 0; t < STK_CTL_TENANT_MASKS; t++) {
        ok = ok && l->tenants[t].weight <= STK_WEIGHT_MAX && l->tenants[t].slot_cost <= COST_MAX;
    }
    return ok;
}

/* Fills the words that say how fast the device is. Returns the budget, in units. Where the length of a lease is not
 * known (0), nothing is too dear for one: WHOLE becomes the largest number.
 *
 * The budget is a part of a lease, but no less than a few looks at the ring cost, and no more than a lease.
 * STK_BUDGET_MIN holds against all of these, so that each call does some work even on a slow device. */
static uint32_t fill_pace(const struct stk_pace *pace, uint32_t *table) {
    uint64_t unit_fs = pace->unit_fs ? pace->unit_fs : UNIT_FS;
    uint64_t lease_ns = pace->lease_ns < LEASE_NS_MAX ? pace->lease_ns : LEASE_NS_MAX;
    uint64_t whole = lease_ns ? lease_ns * (PS_PER_NS * FS_PER_PS) / unit_fs : UINT32_MAX;
    uint64_t turn = pace->turn_ps ? at_most(pace->turn_ps, UINT32_MAX) * FS_PER_PS / unit_fs : TURN_UNITS;
    /* Saturates before it multiplies: slots are fewer than 2^28, so the product stays below 2^60. */
    uint64_t ring = ROUNDS * (uint64_t)pace->slots * (turn < UINT32_MAX / ROUNDS ? turn : UINT32_MAX / ROUNDS);
    uint64_t budget = lease_ns ? whole / CALLS : STK_BUDGET_UNPACED;
    budget = budget > ring ? budget : ring;
    budget = budget < whole ? budget : whole;
    budget = budget > STK_BUDGET_MIN ? budget : STK_BUDGET_MIN;
    table[STK_LIMIT_BUDGET] = at_most(budget, lease_ns ? STK_BUDGET_MAX : STK_BUDGET_UNPACED);
    table[STK_LIMIT_WHOLE] = at_most(whole > STK_BUDGET_MIN ? whole : STK_BUDGET_MIN, UINT32_MAX);
    /* Workers divide by TURN, so it is never 0, even where a turn is shorter than a unit. */
    table[STK_LIMIT_TURN] = turn ? at_most(turn, UINT32_MAX) : 1u;
    table[STK_LIMIT_LANE] = pace->lane_fs > unit_fs ? at_most(pace->lane_fs / unit_fs, LANE_MAX) : 1u;
    return table[STK_LIMIT_BUDGET];
}

/* Fills the row of one tenant. Its limits are the tighter of its own and those of every slot. Its cost is rounded up,
 * so that a limit below COST_UNIT does not become 0, which means any cost. `budget` is STK_BUDGET_UNPACED (2^24) at
 * most and the weight 32, so the time share fits a word. */
static void fill_tenant(const struct stk_limits *l, uint32_t tenant, uint32_t budget, uint32_t *row) {
    const struct stk_tenant_limits *t = &l->tenants[tenant];
    uint64_t cost = tighter(l->slot_cost, t->slot_cost);
    row[STK_LIMIT_BYTES] = (uint32_t)tighter(l->slot_bytes, t->slot_bytes);
    row[STK_LIMIT_UNITS] = (uint32_t)((cost + COST_UNIT - 1u) / COST_UNIT);
    row[STK_LIMIT_TIME_SHARE] = budget * (t->weight ? t->weight : 1u);
}

int stk_limits_table(const struct stk_limits *limits, const struct stk_pace *pace, uint32_t table[STK_LIMIT_WORDS]) {
    static const struct stk_limits none = {0};
    uint32_t budget;
    limits = limits ? limits : &none;
    if (!are_valid(limits)) {
        return STK_E_ARG;
    }
    budget = fill_pace(pace, table);
    table[STK_LIMIT_OFF] = limits->ops_off;
    /* These words are for the port to fill, when it measures and for each launch. 0 is right for a launch without
     * mailboxes, in memory that the device shares. */
    table[STK_LIMIT_TOUCH] = table[STK_LIMIT_TOUCHES] = 0;
    for (uint32_t t = 0; t < STK_CTL_TENANT_MASKS; t++) {
        fill_tenant(limits, t, budget, table + STK_LIMIT_TENANTS + t * STK_LIMIT_ROW);
    }
    /* Nobody owes anything at the start. From here on workers keep these words, from one lease to the next. */
    for (uint32_t t = 0; t < STK_LIMIT_ROWS; t++) {
        table[STK_LIMIT_SPENT + t] = 0;
    }
    table[STK_LIMIT_START] = table[STK_LIMIT_BATCH] = table[STK_LIMIT_MAIL] = 0;
    for (uint32_t i = 0; i < STK_LIMIT_TERM_COUNT; i++) {
        table[STK_LIMIT_TERMS + i] = 0;
    }
    return STK_OK;
}
