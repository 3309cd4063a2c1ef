/* stoker kernels: the worker, one group that takes slots from the ring until its lease or its patience ends.
 *
 * A turn looks at the slot under the cursor; when that one is not ready, at one slot of a round through the whole ring,
 * which finds slots that went to YIELD or REQUEUE behind the cursor, slots published out of order, and steps over holes.
 * Each turn does a bounded amount of work and the turns are counted, so a worker can never run for ever.
 */
#ifndef STK_LOOP_H
#define STK_LOOP_H

#include "packed.h"

#define STK_ACTION_IDLE  0u
#define STK_ACTION_RUN   1u
#define STK_ACTION_LEAVE 2u

/* How often, in turns, the heartbeat word moves. */
#define STK_HEARTBEAT_TURNS 1024u

/* What lane 0 decides and every lane follows; in local memory where there are several lanes. */
struct stk_turn {
    stk_u32 action, slot, opcode;
};

/* The state of lane 0. Private: PoCL 3.1 loses stores to a struct in local memory that lives across its regions. */
struct stk_worker {
    struct stk_turn now;
    stk_u32 cursor, round;        /* slots to look at next */
    stk_u32 turns, idle;          /* turns left in the lease; idle turns in a row */
    stk_u32 lease;                /* the lease word on entry: when the host changes it, the lease is over */
    stk_u32 finished;             /* slots that ended in DONE or FAULT */
    stk_u32 done, faults;         /* not yet added to the control words */
    stk_u32 metric, metric_count; /* a run of one built-in opcode, likewise */
};

STK_FN int stk_claimable(stk_u32 status) {
    return status == STK_PUBLISHED || status == STK_YIELD || status == STK_REQUEUE;
}

/* Claims slot `i` when it is ready. */
STK_FN int stk_claim(const struct stk_dev *d, stk_u32 i) {
    STK_GLOBAL stk_u32 *status = d->ring + (stk_u64)i * STK_SLOT_WORDS + STK_SLOT_STATUS;
    stk_u32 seen = stk_ld(status);
    /* The CAS acquires: the publisher's words are read after it. */
    return stk_claimable(seen) && stk_cmpxchg(status, seen, STK_CLAIMED) == seen;
}

/* Adds what was counted to the control words. They lag while a worker is busy and are exact when it is idle. */
STK_FN void stk_worker_flush(const struct stk_dev *d, struct stk_worker *w) {
    if (w->metric_count != 0u) {
        stk_add(d->control + STK_CTL_METRICS + w->metric, w->metric_count);
        w->metric_count = 0;
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

STK_FN void stk_worker_count(const struct stk_dev *d, struct stk_worker *w, stk_u32 opcode, stk_u32 status) {
    /* A slot counts when it ends, however often it was taken up: how often depends on the schedule. */
    if (opcode < STK_CTL_METRICS_SLOTS && (status == STK_DONE || status == STK_FAULT)) {
        if (w->metric != opcode) {
            stk_worker_flush(d, w);
            w->metric = opcode;
        }
        w->metric_count++;
    }
    w->done += status == STK_DONE ? 1u : 0u;
    w->faults += status == STK_FAULT ? 1u : 0u;
    if (w->done >= 256u) {
        stk_worker_flush(d, w);
    }
}

STK_FN int stk_tenant_ok(const struct stk_dev *d, stk_u32 tenant) {
    return tenant < STK_CTL_TENANT_MASKS && stk_ld(d->control + STK_CTL_TENANT_MASK + tenant) != 0u;
}

STK_FN struct stk_call stk_call_of(const struct stk_dev *d, stk_u32 slot) {
    struct stk_call c;
    c.slot = d->ring + (stk_u64)slot * STK_SLOT_WORDS;
    c.args = c.slot + STK_SLOT_ARG0;
    c.nargs = STK_SLOT_ARGS;
    c.index = slot;
    c.packed = 0;
    return c;
}

/* Ends a slot: its words are seen before its status. */
STK_FN void stk_worker_finish(const struct stk_dev *d, struct stk_worker *w, const struct stk_call *c, stk_u32 opcode,
                              stk_u32 status) {
    stk_u32 over = status == STK_DONE || status == STK_FAULT ? 1u : 0u;
    if (status != STK_MOVED) {
        stk_st_release(c->slot + STK_SLOT_STATUS, status);
    }
    /* A slot that only waits on is no progress: a worker with nothing else to do may leave. (Selects, not branches: PoCL
     * 3.1's compiler crashes on the branches.) */
    w->idle = over ? 0u : w->idle + 1u;
    w->finished += over;
    stk_worker_count(d, w, opcode, status);
}

/* A handler on a chunk takes as many turns of the lease as it has cache lines to look at, so that a lease of so many turns
 * lasts about as long with work as without. */
STK_FN void stk_worker_charge(const struct stk_dev *d, struct stk_worker *w, stk_u32 opcode, stk_u32 bytes) {
    int chunk = opcode > STK_OP_RESERVED_MAX && opcode < STK_OP_SYSTEM_BIT && bytes <= d->payload_bytes;
    stk_u32 cost = chunk ? bytes / 64u : 0u;
    w->turns = w->turns > cost ? w->turns - cost : 0u;
}

/* Slots ahead of the cursor whose lines are asked for. A claim waits for its line, and its CAS holds back the loads behind
 * it, so without this one line crosses from the host at a time. */
#define STK_SLOTS_AHEAD 6u

/* Asks for the line of a slot that is soon to be claimed. */
STK_FN void stk_worker_look_ahead(const struct stk_dev *d, stk_u32 slot) {
    stk_u32 ahead = d->slots - slot > STK_SLOTS_AHEAD ? slot + STK_SLOTS_AHEAD : 0u;
    STK_PREFETCH(d->ring + (stk_u64)ahead * STK_SLOT_WORDS);
}

/* Lane 0: runs the claimed slot, unless it is for all lanes. */
STK_FN void stk_worker_take(const struct stk_dev *d, struct stk_worker *w, stk_u32 slot) {
    struct stk_call c = stk_call_of(d, slot);
    stk_u32 opcode = stk_ld(c.slot + STK_SLOT_OPCODE), tenant = stk_ld(c.slot + STK_SLOT_TENANT), status = STK_DONE;
    w->cursor = slot + 1u == d->slots ? 0u : slot + 1u;
    stk_worker_look_ahead(d, slot);
    stk_worker_charge(d, w, opcode, stk_ld(c.args + STK_ARG_BYTES));
    if (!stk_tenant_ok(d, tenant)) {
        status = stk_refuse(&c, STK_REASON_TENANT, tenant);
    } else if (opcode == STK_OP_NOP) {
        status = STK_DONE;
    } else if (opcode == STK_OP_PACKED_SLOT) {
        status = stk_op_packed(d, &c);
    } else if (stk_op_width(d, opcode) == STK_WIDE) {
        stk_u32 i;
        for (i = 0; i < STK_SLOT_RESULTS; i++) {
            stk_result(&c, i, 0u);
        }
        w->now.slot = slot;
        w->now.opcode = opcode;
        w->now.action = STK_ACTION_RUN;
        return;
    } else {
        status = stk_op_run(d, &c, opcode);
    }
    stk_worker_finish(d, w, &c, opcode, status);
}

/* Lane 0: one turn. */
STK_FN void stk_worker_turn(const struct stk_dev *d, struct stk_worker *w, stk_u32 idle_turns) {
    w->now.action = STK_ACTION_IDLE;
    if (w->turns == 0u || w->idle >= idle_turns || stk_ld(d->control + STK_CTL_SHUTDOWN) != 0u ||
        stk_ld(d->control + STK_CTL_LEASE) != w->lease) {
        w->now.action = STK_ACTION_LEAVE;
        return;
    }
    w->turns--;
    if ((w->turns & (STK_HEARTBEAT_TURNS - 1u)) == 0u) {
        stk_add(d->control + STK_CTL_HEARTBEAT, 1u);
    }
    if (stk_claim(d, w->cursor)) {
        stk_worker_take(d, w, w->cursor);
        return;
    }
    w->round = w->round + 1u >= d->slots ? 0u : w->round + 1u;
    if (stk_claim(d, w->round)) {
        stk_worker_take(d, w, w->round);
        return;
    }
    w->idle++;
    stk_worker_flush(d, w);
}

/* Lane 0: the worker is here; `turns` is its whole lease. */
STK_FN void stk_worker_enter(const struct stk_dev *d, struct stk_worker *w, stk_u32 turns) {
    stk_u32 cursor = stk_ld(d->control + STK_CTL_CURSOR), round = stk_ld(d->control + STK_CTL_ROUND);
    w->cursor = cursor < d->slots ? cursor : 0u;
    w->round = round < d->slots ? round : 0u; /* goes on, so that short leases get around too */
    w->turns = turns;
    w->lease = stk_ld(d->control + STK_CTL_LEASE);
    w->idle = 0;
    w->done = 0;
    w->faults = 0;
    w->metric = 0;
    w->metric_count = 0;
    w->finished = 0;
    w->now.slot = 0;
    w->now.opcode = 0;
    stk_add(d->control + STK_CTL_WORKERS_IN, 1u);
}

/* Lane 0: counts why the worker leaves, then that it left. */
STK_FN void stk_worker_leave(const struct stk_dev *d, struct stk_worker *w, stk_u32 idle_turns) {
    stk_worker_flush(d, w);
    stk_st(d->control + STK_CTL_CURSOR, w->cursor);
    stk_st(d->control + STK_CTL_ROUND, w->round);
    stk_add(d->control + (w->idle < idle_turns ? STK_CTL_LEASE_ENDS : STK_CTL_IDLE_ENDS), 1u);
}

/* The whole life of a worker, called by every lane with the same arguments. Ends after `turns` turns, after `idle_turns`
 * turns in a row that finished no slot, or when the host asks for SHUTDOWN or ends the lease.
 *
 * Both barriers are met in every turn but the last: PoCL 3.1 runs what follows a barrier inside a branch once for each
 * lane. So a slot that all lanes ran is ended by the turn after, which there always is: the lease's last turn leaves. */
STK_FN void stk_worker_run(const struct stk_dev *d, struct stk_worker *w, STK_LOCAL struct stk_turn *now, stk_u32 turns,
                           stk_u32 idle_turns) {
    struct stk_turn t = {STK_ACTION_IDLE, 0, 0};
    stk_u32 turn, status = STK_DONE;
    if (STK_LANE == 0u) {
        stk_worker_enter(d, w, turns);
    }
    for (turn = 0; turn <= turns; turn++) {
        struct stk_call c = stk_call_of(d, t.slot);
        if (STK_LANE == 0u) {
            if (t.action == STK_ACTION_RUN) {
                stk_worker_finish(d, w, &c, t.opcode, status);
            }
            stk_worker_turn(d, w, idle_turns);
            *now = w->now;
        }
        STK_BARRIER(); /* lanes read what lane 0 decided, and the slot it claimed */
        t = *now;
        if (t.action == STK_ACTION_LEAVE) {
            break;
        }
        if (t.action == STK_ACTION_RUN) {
            c = stk_call_of(d, t.slot);
            status = stk_op_run(d, &c, t.opcode);
        }
        STK_BARRIER(); /* every lane's results are in before the status, and nobody still reads `now` */
    }
    if (STK_LANE == 0u) {
        stk_worker_leave(d, w, idle_turns);
    }
}

#endif
