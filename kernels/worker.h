/* stoker kernels: what a worker knows, what it counts, and how it runs the slot in hand.
 *
 * A worker of several lanes keeps this in every lane: the lease and the search move in step, the counts are the lane's own.
 */
#ifndef STK_WORKER_H
#define STK_WORKER_H

#include "packed.h"

/* How often, in turns, the heartbeat word moves. */
#define STK_HEARTBEAT_TURNS 1024u

#define STK_NO_SLOT 0xFFFFFFFFu

/* Private: PoCL 3.1 loses stores to a struct in local memory that lives across its regions. */
struct stk_worker {
    stk_u32 turns, idle; /* turns left in the lease; idle turns in a row */
    stk_u32 lease;       /* the lease word on entry: when the host changes it, the lease is over */
    stk_u32 finished;    /* slots that ended in DONE or FAULT */
    stk_u32 alone;       /* nobody else claims or cancels slots while this worker runs */
    stk_u32 share[2];    /* observables and payload bytes of a tenant, 0: all */
    /* Not yet added to the control words. */
    stk_u32 done, faults;
    stk_u32 metric, metric_count;                /* a run of one built-in opcode */
    stk_u32 tenant, tenant_count, tenant_counts; /* a run of one tenant; does it count? */
    stk_u32 part, part_count;                    /* a run of one partition */
    /* Search: find.h. */
    stk_u32 parts;                      /* partitions; 1: the ring is not partitioned */
    stk_u32 first[STK_PRIORITIES + 1u]; /* first slot of each, and the end of the last */
    stk_u32 cursor[STK_PRIORITIES];     /* slot of each to look at next; STK_NO_SLOT: it has none */
    stk_u32 round, urgent;              /* slots of the rounds to look at next */
    stk_u32 rounds;                     /* rounds through the ring that are complete */
    stk_u32 above;                      /* claims at or above HIGH since one below */
    stk_u32 since;                      /* turns with work since the round moved */
    stk_u32 quiet;                      /* turns in a row that found nothing */
    stk_u32 bell;                       /* the doorbell word when the first of those began */
    stk_u32 quotas;                     /* may a quota bind? */
};

/// Counts ///

/* Adds what was counted to the control words. They lag while a worker is busy and are exact when it is idle. */
STK_FN void stk_worker_flush(const struct stk_dev *d, struct stk_worker *w) {
    if (w->metric_count != 0u) {
        stk_add(d->control + STK_CTL_METRICS + w->metric, w->metric_count);
        w->metric_count = 0;
    }
    if (w->tenant_count != 0u) {
        stk_add(d->control + STK_CTL_TENANT_FAIRNESS + w->tenant, w->tenant_count);
        w->tenant_count = 0;
    }
    if (w->part_count != 0u) {
        stk_add(d->control + STK_CTL_PRIORITY_FAIRNESS + w->part, w->part_count);
        stk_st(d->control + STK_CTL_STARVATION, w->above);
        w->part_count = 0;
    }
    if (w->faults != 0u) {
        stk_add(d->control + STK_CTL_FAULT_COUNT, w->faults);
        w->faults = 0;
    }
    if (w->done != 0u) {
        stk_add(d->control + STK_CTL_DONE_COUNT, w->done);
        w->done = 0;
    }
}

/* What the lanes share of the tenants: their claims in the round in hand, a row that is being cleared, and their quotas. */
#define STK_USED_ROW   32u
#define STK_USED_QUOTA (2u * STK_USED_ROW)
#define STK_USED_WORDS (3u * STK_USED_ROW)

/* Takes the quotas from the control words; all lanes. */
STK_FN void stk_quotas_enter(const struct stk_dev *d, STK_LOCAL stk_u32 *used) {
    stk_u32 t;
    for (t = STK_LANE; t < STK_CTL_TENANT_MASKS; t += STK_LANES) {
        used[STK_USED_QUOTA + t] = stk_ld(d->control + STK_CTL_TENANT_QUOTA + t);
    }
}

STK_FN stk_u32 stk_quota_of(STK_LOCAL stk_u32 *used, stk_u32 tenant) {
    return tenant < STK_CTL_TENANT_MASKS ? used[STK_USED_QUOTA + tenant] : 0u;
}

/* `n` claims in partition `part`. */
STK_FN void stk_count_part(const struct stk_dev *d, struct stk_worker *w, stk_u32 part, stk_u32 n) {
    if (part != w->part) {
        stk_worker_flush(d, w);
        w->part = part;
    }
    w->part_count += n;
}

/// The slot in hand ///

STK_FN struct stk_call stk_call_of(const struct stk_dev *d, stk_u32 slot) {
    struct stk_call c;
    c.slot = d->ring + (stk_u64)slot * STK_SLOT_WORDS;
    c.args = c.slot + STK_SLOT_ARG0;
    c.nargs = STK_SLOT_ARGS;
    c.index = slot;
    c.packed = 0;
    return c;
}

/* Tenant `tenant`'s part of `bytes` units that begin at `base`: [*first, *end). share 0: all of them. */
STK_FN void stk_share_of(stk_u32 share, stk_u32 tenant, stk_u32 base, stk_u32 limit, stk_u32 *first, stk_u32 *end) {
    stk_u64 from = (stk_u64)base + (stk_u64)share * tenant, to = share == 0u ? (stk_u64)limit : from + share;
    *first = from < limit ? (stk_u32)from : limit;
    *end = to < limit ? (stk_u32)to : limit;
}

/* Handlers reach what this tenant owns from here on. */
STK_FN void stk_worker_enter_tenant(struct stk_dev *d, const struct stk_worker *w, stk_u32 tenant) {
    stk_share_of(w->share[0], tenant, STK_CTL_OBSERVABLE, d->control_words, &d->observable_first, &d->observable_end);
    stk_share_of(w->share[1], tenant, 0u, d->payload_bytes, &d->payload_first, &d->payload_end);
}

STK_FN int stk_tenant_ok(const struct stk_dev *d, stk_u32 tenant) {
    return tenant < STK_CTL_TENANT_MASKS && stk_ld(d->control + STK_CTL_TENANT_MASK + tenant) != 0u;
}

/* Is the opcode in the window of another tenant? */
STK_FN int stk_opcode_foreign(stk_u32 opcode, stk_u32 tenant) {
    return opcode >= STK_OP_TENANT_BASE && opcode < STK_OP_SYSTEM_BIT &&
           (opcode - STK_OP_TENANT_BASE) / STK_OP_TENANT_RANGE != tenant;
}

/* Not a status: the slot is for all lanes of the group. */
#define STK_FOR_ALL 0xFEu

/* Runs a claimed slot. With several lanes, one that is for all of them is only prepared. */
STK_FN stk_u32 stk_slot_run(struct stk_dev *d, const struct stk_worker *w, const struct stk_call *c, stk_u32 opcode,
                            stk_u32 tenant, int tenant_ok) {
    if (!tenant_ok) {
        return stk_refuse(c, STK_REASON_TENANT, tenant);
    }
    if (opcode == STK_OP_NOP) {
        return STK_DONE;
    }
    if (stk_opcode_foreign(opcode, tenant)) {
        return stk_refuse(c, STK_REASON_OPCODE, opcode);
    }
    if ((w->share[0] | w->share[1]) != 0u) {
        stk_worker_enter_tenant(d, w, tenant);
    }
    if (opcode == STK_OP_PACKED_SLOT) {
        return stk_op_packed(d, c);
    }
    if (stk_op_width(d, opcode) == STK_WIDE) {
        stk_u32 i;
        for (i = 0; i < STK_SLOT_RESULTS; i++) {
            stk_result(c, i, 0u);
        }
        if (STK_LANES > 1) {
            return STK_FOR_ALL;
        }
    }
    return stk_op_run(d, c, opcode);
}

/* A handler on a chunk takes as many turns of the lease as it has cache lines to look at, so that a lease of so many turns
 * lasts about as long with work as without. */
STK_FN stk_u32 stk_slot_cost(const struct stk_dev *d, stk_u32 opcode, stk_u32 bytes) {
    int chunk = opcode > STK_OP_RESERVED_MAX && opcode < STK_OP_SYSTEM_BIT && bytes <= d->payload_bytes;
    return chunk ? bytes / 64u : 0u;
}

STK_FN void stk_worker_charge(struct stk_worker *w, stk_u32 cost) {
    w->turns = w->turns > cost ? w->turns - cost : 0u;
}

/// Coming and going ///

STK_FN int stk_worker_over(const struct stk_worker *w, stk_u32 idle_turns, stk_u32 shutdown, stk_u32 lease) {
    return w->turns == 0u || w->idle >= idle_turns || shutdown != 0u || lease != w->lease;
}

/* A turn of the lease. */
STK_FN void stk_worker_tick(const struct stk_dev *d, struct stk_worker *w) {
    w->turns--;
    if (STK_LANE == 0u && (w->turns & (STK_HEARTBEAT_TURNS - 1u)) == 0u) {
        stk_add(d->control + STK_CTL_HEARTBEAT, 1u);
    }
}

/* `turns` is the whole lease. */
STK_FN void stk_worker_enter(struct stk_dev *d, struct stk_worker *w, stk_u32 turns) {
    w->turns = turns;
    w->lease = stk_ld(d->control + STK_CTL_LEASE);
    w->idle = 0;
    w->finished = 0;
    w->done = 0;
    w->faults = 0;
    w->metric = 0;
    w->metric_count = 0;
    w->tenant = STK_TENANT_NONE;
    w->tenant_count = 0;
    w->tenant_counts = 0;
    w->part = 0;
    w->part_count = 0;
    if (stk_ld(d->control + STK_CTL_BUS) == 0u) {
        d->guards = 0;
    }
    w->alone = d->workers == 1u && d->guards ? 1u : 0u;
    w->share[0] = stk_ld(d->control + STK_CTL_SHARE_OBSERVABLES);
    w->share[1] = stk_ld(d->control + STK_CTL_SHARE_PAYLOAD);
    stk_worker_enter_tenant(d, w, 0u);
    if (STK_LANE == 0u) {
        stk_add(d->control + STK_CTL_WORKERS_IN, 1u);
    }
}

/* One lane: counts why the worker leaves, then that it left. */
STK_FN void stk_worker_leave(const struct stk_dev *d, const struct stk_worker *w, stk_u32 idle_turns) {
    stk_add(d->control + (w->idle < idle_turns ? STK_CTL_LEASE_ENDS : STK_CTL_IDLE_ENDS), 1u);
}

#endif
