/* stoker kernels: the state of a worker, its counts, and the code that runs a claimed slot. find.h and the loops choose
 * the slot.
 *
 * In a worker of several lanes each lane keeps this state. Lease and search are the same in all lanes; each lane has
 * counts of its own. */
#ifndef STK_WORKER_H
#define STK_WORKER_H

#include "packed.h"

/* Turns between two moves of the heartbeat word; a power of two. */
#define STK_HEARTBEAT_TURNS 1024u

/* No slot. */
#define STK_NO_SLOT 0xFFFFFFFFu

/* Workers that together read as fast as a bus lets them. */
#define STK_WORKERS_FILL_BUS 4u

/* State of a worker. In private memory: PoCL 3.1 loses stores to a struct in local memory that lives across its
 * regions. */
struct stk_worker {
    stk_u32 turns, idle; /* turns left in the lease, and idle turns in a row */
    stk_u32 lease;       /* the lease word on entry: when the host changes it, the lease is over */
    stk_u32 finished;    /* slots that ended in DONE or FAULT */
    stk_u32 resumed;     /* 1: the slot in hand was claimed in YIELD, so its handler goes on */
    stk_u32 budget;      /* units that one call of a handler that resumes may cost */
    stk_u32 whole;       /* units that a call which cannot stop half-way may cost */
    stk_u32 turn_units;  /* units that take as long as a turn */
    stk_u32 lane_units;  /* units that a byte costs when one lane reads it alone */
    stk_u32 touch;       /* payload bytes that a turn without work reads while the host measures a unit; 0: none */
    stk_u32 touches;     /* 1: one lane reads them; 0: all lanes do */
    stk_u32 touched;     /* some bits of the sum of these bytes */
    stk_u32 alone;       /* nobody else claims or cancels slots while this worker runs */
    stk_u32 box;         /* 1 + the mailbox from which this worker takes its slots; 0: it looks at the ring */
    stk_u32 stays;       /* at a mailbox 0: the worker takes no slot after the one in hand */
    stk_u32 room;        /* with mailboxes 1: a mailbox has room for a slot for all lanes, or no worker has come */
    stk_u32 deserted;    /* turns in a row in which no mailbox had a worker */
    stk_u32 guard;       /* guard of the slot in hand, where the worker has one lane */
    stk_u32 share[3];    /* observables, payload bytes and table bytes of a tenant, 0: all */
    /* Counts that are not yet added to the control words. */
    stk_u32 done, faults;
    stk_u32 metric, metric_count;                /* ends of one built-in opcode in a row */
    stk_u32 tenant, tenant_count, tenant_counts; /* claims of one tenant in a row; 1: it has a quota */
    stk_u32 counted_partition, partition_count;  /* claims in one partition in a row */
    /* State of the search: find.h. */
    stk_u32 partitions;                 /* 1: the ring is not partitioned */
    stk_u32 first[STK_PRIORITIES + 1u]; /* first slot of each partition, and the end of the last */
    stk_u32 cursor[STK_PRIORITIES];     /* slot of each partition to look at next; STK_NO_SLOT: it has none */
    stk_u32 ring_scan_at, high_scan_at; /* slots at which the scans look next */
    stk_u32 ring_scan_start;            /* slot at which the ring scan began */
    stk_u32 ring_scans;                 /* ring scans that are complete */
    stk_u32 time_shares;                /* 1: several tenants share the device under limits */
    stk_u32 high_claims;                /* claims of CRITICAL or HIGH slots since one of a lower priority */
    stk_u32 turns_since_scan;           /* turns with work since the ring scan had its turn */
    stk_u32 empty_turns;                /* turns in a row that found nothing */
    stk_u32 doorbell_seen;              /* the doorbell word when the first of those turns began */
    stk_u32 quotas;                     /* 1: tenants are looked at before a claim, since they may be passed over */
};

/// Words of a worker by a computed index ///

/* A compiler for a GPU keeps a struct in registers only if the program computes no index into the struct, and a turn of
 * a worker takes longer if its struct lies in memory. So these functions select among all words instead of indexing. */
#if STK_TILED
#define STK_WORKER_CHOOSE(p, k, word)  ((p) == k##u ? (word)[k] : 0u)
#define STK_WORKER_KEEP(p, k, word, v) (word)[k] = (p) == k##u ? (v) : (word)[k]

/* Returns the first slot of partition `p`; with the number of partitions, the end of the last one. */
STK_FN stk_u32 stk_worker_first(const struct stk_worker *w, stk_u32 p) {
    return STK_WORKER_CHOOSE(p, 0, w->first) | STK_WORKER_CHOOSE(p, 1, w->first) | STK_WORKER_CHOOSE(p, 2, w->first) |
           STK_WORKER_CHOOSE(p, 3, w->first) | STK_WORKER_CHOOSE(p, 4, w->first) | STK_WORKER_CHOOSE(p, 5, w->first);
}

/* Sets the first slot of partition `p`. */
STK_FN void stk_worker_set_first(struct stk_worker *w, stk_u32 p, stk_u32 slot) {
    STK_WORKER_KEEP(p, 0, w->first, slot);
    STK_WORKER_KEEP(p, 1, w->first, slot);
    STK_WORKER_KEEP(p, 2, w->first, slot);
    STK_WORKER_KEEP(p, 3, w->first, slot);
    STK_WORKER_KEEP(p, 4, w->first, slot);
    STK_WORKER_KEEP(p, 5, w->first, slot);
}

/* Returns the slot of partition `p` to look at next. */
STK_FN stk_u32 stk_worker_cursor(const struct stk_worker *w, stk_u32 p) {
    return STK_WORKER_CHOOSE(p, 0, w->cursor) | STK_WORKER_CHOOSE(p, 1, w->cursor) |
           STK_WORKER_CHOOSE(p, 2, w->cursor) | STK_WORKER_CHOOSE(p, 3, w->cursor) | STK_WORKER_CHOOSE(p, 4, w->cursor);
}

/* Sets the slot of partition `p` to look at next. */
STK_FN void stk_worker_set_cursor(struct stk_worker *w, stk_u32 p, stk_u32 slot) {
    STK_WORKER_KEEP(p, 0, w->cursor, slot);
    STK_WORKER_KEEP(p, 1, w->cursor, slot);
    STK_WORKER_KEEP(p, 2, w->cursor, slot);
    STK_WORKER_KEEP(p, 3, w->cursor, slot);
    STK_WORKER_KEEP(p, 4, w->cursor, slot);
}
#else
STK_FN stk_u32 stk_worker_first(const struct stk_worker *w, stk_u32 p) {
    return w->first[p];
}

STK_FN void stk_worker_set_first(struct stk_worker *w, stk_u32 p, stk_u32 slot) {
    w->first[p] = slot;
}

STK_FN stk_u32 stk_worker_cursor(const struct stk_worker *w, stk_u32 p) {
    return w->cursor[p];
}

STK_FN void stk_worker_set_cursor(struct stk_worker *w, stk_u32 p, stk_u32 slot) {
    w->cursor[p] = slot;
}
#endif

/// Counts ///

/* Adds the counts to the control words. The words lag while a worker is busy and are exact when it is idle. */
STK_FN void stk_worker_flush(const struct stk_dev *d, struct stk_worker *w) {
    if (w->metric_count != 0u) {
        stk_add(d->control + STK_CTL_METRICS + w->metric, w->metric_count);
        w->metric_count = 0;
    }
    if (w->tenant_count != 0u) {
        stk_add(d->control + STK_CTL_TENANT_FAIRNESS + w->tenant, w->tenant_count);
        w->tenant_count = 0;
    }
    if (w->partition_count != 0u) {
        stk_add(d->control + STK_CTL_PRIORITY_FAIRNESS + w->counted_partition, w->partition_count);
        stk_st(d->control + STK_CTL_STARVATION, w->high_claims);
        w->partition_count = 0;
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

/* Counts `n` claims in a partition. */
STK_FN void stk_count_partition(const struct stk_dev *d, struct stk_worker *w, stk_u32 partition, stk_u32 n) {
    if (partition != w->counted_partition) {
        stk_worker_flush(d, w);
        w->counted_partition = partition;
    }
    w->partition_count += n;
}

/// The slot in hand ///

/* Returns the call for a slot of the ring, from its start. */
STK_FN struct stk_call stk_call_of(const struct stk_dev *d, stk_u32 slot) {
    struct stk_call c;
    c.slot = stk_slot_of(d, slot);
    c.args = c.slot + STK_SLOT_ARG0;
    c.nargs = STK_SLOT_ARGS;
    c.index = slot;
    c.packed = 0;
    c.from = 0;
    c.step = 0xFFFFFFFFu;
#if STK_LANES > 1
    c.sums = 0;
#endif
#if STK_TILED
    c.group_args = 0;
#endif
    return c;
}

/* Sets [*first, *end) to the share of a tenant: `share` units from base + share * tenant on, cut at `limit`. A share of
 * 0 means all units. */
STK_FN void stk_share_of(stk_u32 share, stk_u32 tenant, stk_u32 base, stk_u32 limit, stk_u32 *first, stk_u32 *end) {
    stk_u64 from = (stk_u64)base + (stk_u64)share * tenant, to = share == 0u ? (stk_u64)limit : from + share;
    *first = from < limit ? (stk_u32)from : limit;
    *end = to < limit ? (stk_u32)to : limit;
}

/* Lets handlers reach the shares of this tenant, and nothing else, from here on. */
STK_FN void stk_worker_enter_tenant(struct stk_dev *d, const struct stk_worker *w, stk_u32 tenant) {
    stk_share_of(w->share[0], tenant, STK_CTL_OBSERVABLE, d->control_words, &d->observable_first, &d->observable_end);
    stk_share_of(w->share[1], tenant, 0u, d->payload_bytes, &d->payload_first, &d->payload_end);
    stk_share_of(w->share[2], tenant, 0u, d->table_bytes, &d->table_first, &d->table_end);
}

/* Returns 1 if the tenant may run slots. */
STK_FN int stk_tenant_ok(const struct stk_dev *d, stk_u32 tenant) {
    return tenant < STK_CTL_TENANT_MASKS && stk_ld(d->control + STK_CTL_TENANT_MASK + tenant) != 0u;
}

/* Returns 1 if the opcode lies in the window of another tenant. */
STK_FN int stk_opcode_foreign(stk_u32 opcode, stk_u32 tenant) {
    return opcode >= STK_OP_TENANT_BASE && opcode < STK_OP_SYSTEM_BIT &&
           (opcode - STK_OP_TENANT_BASE) / STK_OP_TENANT_RANGE != tenant;
}

/* Stands for a status: the slot is for all lanes of the group. */
#define STK_FOR_ALL 0xFEu

/* Returns the limit of the host that a slot of `units` units passes, as STK_COST_OVER_*; 0: none. */
STK_FN stk_u32 stk_slot_over(const struct stk_dev *d, const struct stk_cost *cost, stk_u64 units, stk_u32 tenant) {
    const STK_GLOBAL stk_u32 *row = d->limits + STK_LIMIT_TENANTS + tenant * STK_LIMIT_ROW;
    stk_u32 bytes = row[STK_LIMIT_BYTES], most = row[STK_LIMIT_UNITS];
    if (bytes != 0u && cost->bytes > bytes) {
        return STK_COST_OVER_BYTES;
    }
    return most != 0u && units > (stk_u64)most * 1024u ? STK_COST_OVER_UNITS : 0u;
}

/* Computes what the slot in hand costs. Sets how far its next call goes, and *units to the cost of that call. Returns
 * 0, or the limit that the slot passes (STK_COST_OVER_*). */
STK_FN stk_u32 stk_slot_price(const struct stk_dev *d, const struct stk_worker *w, struct stk_call *c,
                              const struct stk_cost *cost, stk_u32 tenant, stk_u32 width, stk_u32 *units) {
    /* Without limits the pace is not known. Then each byte costs one unit with any handler, and 64 units are a turn. */
    stk_u64 per_byte = !d->limits && cost->per_byte != 0u
                           ? STK_COST_UNIT
                           : (stk_u64)cost->per_byte * (width == STK_WIDE ? 1u : w->lane_units);
    stk_u64 all = cost->bytes * per_byte / STK_COST_UNIT, most, call = all;
    stk_u32 over, left, step;
    if (per_byte == 0u) {
        return 0;
    }
    over = d->limits ? stk_slot_over(d, cost, all, tenant) : 0u;
    if (over == 0u && cost->resumes == 0u && all > w->whole) {
        over = STK_COST_OVER_LEASE;
    }
    if (cost->resumes != 0u) {
        c->from = w->resumed != 0u ? stk_ld(c->slot + STK_SLOT_ARG0 + STK_RESULT_ARG + STK_SLICE_AT) : 0u;
        left = cost->bytes > c->from ? cost->bytes - c->from : 0u;
        most = (stk_u64)w->budget * STK_COST_UNIT / per_byte;
        step = most < 0xFFFFFFFFu ? (stk_u32)most : 0xFFFFFFFFu;
        /* A call stops at a multiple of STK_SLICE_BYTES, or of STK_SLICE_FINE where the budget is below that. A budget
         * of less than STK_SLICE_FINE still moves on by so much, or the slot would never end. */
        step &= step < STK_SLICE_BYTES ? ~(STK_SLICE_FINE - 1u) : ~(STK_SLICE_BYTES - 1u);
        c->step = step != 0u ? step : STK_SLICE_FINE;
        left = left < c->step ? left : c->step;
        call = left * per_byte / STK_COST_UNIT;
    }
    *units = call < 0xFFFFFFFFu ? (stk_u32)call : 0xFFFFFFFFu;
    return over;
}

/* Makes a claimed slot ready to run. Returns STK_SLOT_DONE if the slot may run. Otherwise faults the slot because of
 * its cost, and returns its status. */
STK_FN stk_u32 stk_slot_ready(const struct stk_dev *d, const struct stk_worker *w, struct stk_call *c, stk_u32 opcode,
                              stk_u32 tenant, stk_u32 width, stk_u32 *units) {
    struct stk_cost cost = opcode == STK_OP_PACKED_SLOT ? stk_cost_packed(d, c) : stk_op_cost(d, c, opcode);
    stk_u32 over = stk_slot_price(d, w, c, &cost, tenant, width, units), i;
    if (over != 0u) {
        *units = 0;
        return stk_refuse(c, STK_REASON_COST, over);
    }
    /* A handler that adds to its results, over lanes or over calls, must find zeros in the first call. */
    if (c->from == 0u && (width == STK_WIDE || cost.resumes != 0u)) {
        for (i = 0; i < STK_SLOT_RESULTS; i++) {
            stk_result(c, i, 0u);
        }
    }
    return STK_SLOT_DONE;
}

/* Runs a claimed slot, and sets *units to the cost of the call. With several lanes, a slot that all of them run
 * together is only prepared here. */
STK_FN stk_u32 stk_slot_run(struct stk_dev *d, const struct stk_worker *w, struct stk_call *c, stk_u32 opcode,
                            stk_u32 tenant, int tenant_ok, stk_u32 *units) {
    stk_u32 width, status;
    *units = 0;
    if (!tenant_ok) {
        return stk_refuse(c, STK_REASON_TENANT, tenant);
    }
    if (opcode == STK_OP_NOP) {
        return STK_SLOT_DONE;
    }
    if (stk_opcode_foreign(opcode, tenant)) {
        return stk_refuse(c, STK_REASON_OPCODE, opcode);
    }
    if (d->shared_out != 0u) {
        stk_worker_enter_tenant(d, w, tenant);
    }
    if (stk_op_off(d, opcode)) {
        return stk_refuse(c, STK_REASON_OFF, opcode);
    }
    width = stk_op_width(d, opcode);
    status = stk_slot_ready(d, w, c, opcode, tenant, width, units);
    if (status != STK_SLOT_DONE) {
        return status;
    }
    if (opcode == STK_OP_PACKED_SLOT) {
        return stk_op_packed(d, c);
    }
    return STK_LANES > 1 && width == STK_WIDE ? STK_FOR_ALL : stk_op_run(d, c, opcode);
}

/* Charges the lease for a call of `units` units: it takes off the turns that would fit into the time of the call. So a
 * lease lasts about as long with work as without. */
STK_FN void stk_worker_charge(struct stk_worker *w, stk_u32 units) {
    if (units >= w->turn_units) { /* a division takes long, and most turns cost nothing */
        stk_u32 turns = units / w->turn_units;
        w->turns = w->turns > turns ? w->turns - turns : 0u;
    }
}

/* Sums up w->touch bytes of the payload in a turn without work. The host measures the time of a unit this way. */
STK_FN void stk_worker_touch(const struct stk_dev *d, struct stk_worker *w) {
    stk_u32 words = w->touch / 4u;
    if (words == 0u) {
        return;
    }
    if (w->touches == 0u) {
        w->touched |= (stk_u32)(stk_sum_share(d->payload, 0u, words) >> 33);
    } else if (STK_LANE == 0u) {
        w->touched |= (stk_u32)(stk_sum_words(d->payload, 0u, words) >> 33);
    }
}

/// Coming and going ///

/* Returns 1 if the worker leaves: its turns or its idle turns are used up, or the host asked for it. */
STK_FN int stk_worker_over(const struct stk_worker *w, stk_u32 idle_turns, stk_u32 shutdown, stk_u32 lease) {
    return w->turns == 0u || w->idle >= idle_turns || shutdown != 0u || lease != w->lease;
}

/* Takes one turn off the lease, and moves the heartbeat word now and then. Of workers with mailboxes only the
 * dispatcher moves it. */
STK_FN void stk_worker_tick(const struct stk_dev *d, struct stk_worker *w) {
    w->turns -= w->turns != 0u ? 1u : 0u;
    if (STK_LANE == 0u && w->box == 0u && (w->turns & (STK_HEARTBEAT_TURNS - 1u)) == 0u) {
        stk_add(d->control + STK_CTL_HEARTBEAT, 1u);
    }
}

/* Returns control word `word`, whose copy is term `i` (STK_LIMIT_TERMS). */
STK_FN stk_u32 stk_worker_term(const struct stk_dev *d, stk_u32 i, stk_u32 word) {
    return stk_ld(d->mail ? d->limits + STK_LIMIT_TERMS + i : d->control + word);
}

/* Finds out how this worker takes slots (guard.h). */
STK_FN void stk_worker_enter_custody(struct stk_dev *d, struct stk_worker *w) {
    stk_u32 bus = stk_worker_term(d, 0u, STK_CTL_NO_SHARED_ATOMICS), at = stk_custody_at(bus);
    STK_GLOBAL stk_u32 *custody = 0;
    if (at != 0u) {
        custody = d->control + at;
    }
    w->guard = 0;
    d->swap = stk_atomics_exclude(bus) ? 1u : 0u;
    d->custody = 0;
    if (d->swap != 0u) {
        d->guards = custody;
        w->alone = 0;
    } else {
        d->custody = custody;
        w->alone = (d->workers == 1u || d->mail) && d->guards ? 1u : 0u;
    }
}

/* Sets a worker up. `turns` is the whole lease, and `lease` is the lease word. The first of workers with mailboxes
 * counts all of them as entered, as the last one that leaves counts all as gone. */
STK_FN void stk_worker_enter(struct stk_dev *d, struct stk_worker *w, stk_u32 turns, stk_u32 lease) {
    w->turns = turns;
    w->lease = lease;
    w->idle = 0;
    w->finished = 0;
    w->box = 0;
    w->stays = 1;
    w->room = 0;
    w->deserted = 0;
    w->resumed = 0;
    d->ops_off = d->limits ? d->limits[STK_LIMIT_OFF] : 0u;
    w->budget = d->limits ? d->limits[STK_LIMIT_BUDGET] : 0xFFFFFFFFu;
    w->whole = d->limits ? d->limits[STK_LIMIT_WHOLE] : 0xFFFFFFFFu;
    if (d->mail) {
        /* The host measured the pace of one worker. A few workers fill a bus, and all of them share it. A call that can
         * stop half-way costs a small part of a lease, so only the other calls are bounded more tightly. */
        w->whole /= (d->workers + STK_WORKERS_FILL_BUS - 1u) / STK_WORKERS_FILL_BUS;
    }
    w->turn_units = d->limits ? d->limits[STK_LIMIT_TURN] : 64u;
    w->lane_units = d->limits ? d->limits[STK_LIMIT_LANE] : 1u;
    w->touch = d->limits ? d->limits[STK_LIMIT_TOUCH] : 0u;
    w->touches = d->limits ? d->limits[STK_LIMIT_TOUCHES] : 0u;
    w->touched = 0;
    w->done = 0;
    w->faults = 0;
    w->metric = 0;
    w->metric_count = 0;
    w->tenant = STK_TENANT_NONE;
    w->tenant_count = 0;
    w->tenant_counts = 0;
    w->counted_partition = 0;
    w->partition_count = 0;
    stk_worker_enter_custody(d, w);
    w->share[0] = stk_worker_term(d, 1u, STK_CTL_SHARE_OBSERVABLES);
    w->share[1] = stk_worker_term(d, 2u, STK_CTL_SHARE_PAYLOAD);
    w->share[2] = stk_table_share(d->table_bytes, d->payload_bytes, w->share[1]);
    d->shared_out = w->share[0] | w->share[1];
    stk_worker_enter_tenant(d, w, 0u);
    if (STK_LANE == 0u && (!d->mail || d->worker == 0u)) {
        stk_add(d->control + STK_CTL_WORKERS_IN, d->mail ? d->workers : 1u);
    }
}

/* Counts why the worker leaves, which also says that it left. Called by one lane. */
STK_FN void stk_worker_leave(const struct stk_dev *d, const struct stk_worker *w, stk_u32 idle_turns) {
    if (w->touched != 0u) {
        /* The sum is used here, so that a compiler does not drop the reads. */
        stk_add(d->control + STK_CTL_HEARTBEAT, 1u);
    }
    stk_add(d->control + (w->idle < idle_turns ? STK_CTL_LEASE_ENDS : STK_CTL_IDLE_ENDS), 1u);
}

#endif
