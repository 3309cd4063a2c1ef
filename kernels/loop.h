/* stoker kernels: the worker of one lane, for a CPU and for C. It takes slots from the ring, one in a turn, until its
 * lease is over or it has found no work for long. The worker of several lanes is in loop_wide.h.
 *
 * Each turn does a bounded amount of work and the turns are counted, so a worker can never run for ever. */
#ifndef STK_LOOP_H
#define STK_LOOP_H

#include "find.h"

#if STK_LANES == 1

#define STK_SHARED_WORDS STK_USED_WORDS

/* Outcomes of a try to claim a slot. */
#define STK_NOT_READY 0
#define STK_LOST      1 /* the slot was ready, and another worker has it */
#define STK_CLAIM     2

/* Claims slot `i` if the slot is ready and its tenant may run it. The guard is read before the status: stk_take checks
 * the guard again by compare-and-swap, so a status that was read under an old guard is never acted on. */
STK_FN int stk_claim(const struct stk_dev *d, struct stk_worker *w, STK_LOCAL stk_u32 *used, stk_u32 i) {
    STK_GLOBAL stk_u32 *slot = stk_slot_of(d, i);
    stk_u32 guard = stk_guard(d, i),
            seen = stk_guard_even(guard) ? stk_ld_fenced(slot + STK_SLOT_STATUS) : STK_SLOT_EMPTY;
    if (!stk_status_claimable(seen)) {
        return STK_NOT_READY;
    }
    if (w->quotas != 0u) {
        /* The tenant is read before the claim and so is a hint: the slot may be published again in between. */
        stk_u32 tenant = stk_ld(slot + STK_SLOT_TENANT);
        if (!stk_quota_left(w, used, tenant) || !stk_quota_take(w, used, tenant)) {
            return STK_NOT_READY;
        }
    }
    if (!stk_take(d, i, guard, slot + STK_SLOT_STATUS, seen, STK_SLOT_CLAIMED)) {
        return STK_LOST;
    }
    STK_MEM_FENCE(); /* the publisher's words are read after the claim */
    w->guard = guard;
    w->resumed = seen == STK_SLOT_YIELD ? 1u : 0u;
    return STK_CLAIM;
}

/* Returns the k-th partition to look at. After STK_STARVATION_LIMIT claims at or above HIGH the partitions below HIGH
 * come first. */
STK_FN stk_u32 stk_find_order(const struct stk_worker *w, stk_u32 k) {
    stk_u32 p = w->high_claims >= STK_STARVATION_LIMIT ? k + STK_WIRE_PRIORITY_NORMAL : k;
    return p < w->partitions ? p : p - w->partitions;
}

/* Returns how many partitions, in the order of stk_find_order, come before the high scan. */
STK_FN stk_u32 stk_find_before_high_scan(const struct stk_worker *w) {
    return w->partitions == 1u || w->high_claims >= STK_STARVATION_LIMIT ? w->partitions
                                                                         : (stk_u32)STK_WIRE_PRIORITY_NORMAL;
}

/* Claims the slot under the cursor of partition `p`. Returns the slot or STK_NO_SLOT. The cursor moves on even if
 * another worker was faster, and stays at a slot that is not ready. */
STK_FN stk_u32 stk_find_at(const struct stk_dev *d, struct stk_worker *w, STK_LOCAL stk_u32 *used, stk_u32 p) {
    stk_u32 slot = w->cursor[p];
    int got = slot != STK_NO_SLOT ? stk_claim(d, w, used, slot) : STK_NOT_READY;
    if (got != STK_NOT_READY) {
        stk_find_claimed(d, w, p, slot, got == STK_CLAIM ? 1u : 0u, 1);
    }
    return got == STK_CLAIM ? slot : STK_NO_SLOT;
}

/* Claims the slot under the cursor of one of the partitions [k, end), in the order of this turn. */
STK_FN stk_u32 stk_find_cursor(const struct stk_dev *d, struct stk_worker *w, STK_LOCAL stk_u32 *used, stk_u32 k,
                               stk_u32 end) {
    stk_u32 slot = STK_NO_SLOT;
    for (; k < end && slot == STK_NO_SLOT; k++) {
        slot = stk_find_at(d, w, used, stk_find_order(w, k));
    }
    return slot;
}

/* Claims the next slot of the high scan. */
STK_FN stk_u32 stk_find_by_high_scan(const struct stk_dev *d, struct stk_worker *w, STK_LOCAL stk_u32 *used) {
    stk_u32 slot = w->high_scan_at;
    /* CRITICAL and HIGH have no slots. */
    if (w->first[STK_WIRE_PRIORITY_NORMAL] == w->first[0]) {
        return STK_NO_SLOT;
    }
    stk_high_scan_advance(w, 1u);
    if (stk_claim(d, w, used, slot) != STK_CLAIM) {
        return STK_NO_SLOT;
    }
    stk_find_claimed(d, w, stk_find_partition_of(w, slot), slot, 1u, 1);
    return slot;
}

/* Claims the next slot of the ring scan. */
STK_FN stk_u32 stk_find_by_ring_scan(const struct stk_dev *d, struct stk_worker *w, STK_LOCAL stk_u32 *used, int move) {
    stk_u32 scans_before = w->ring_scans, slot;
    stk_ring_scan_advance(d, w, 1u);
    stk_quota_follow_scan(w, used, scans_before, w->empty_turns >= d->slots);
    if (stk_time_shares_over(d, w, used, scans_before)) {
        /* No turns left means that the lease is over. */
        w->turns = 0;
    }
    slot = w->ring_scan_at;
    if (stk_claim(d, w, used, slot) != STK_CLAIM) {
        return STK_NO_SLOT;
    }
    stk_find_claimed(d, w, stk_find_partition_of(w, slot), slot, 1u, move);
    return slot;
}

/* Claims a slot of the partitions. */
STK_FN stk_u32 stk_find_in_partitions(const struct stk_dev *d, struct stk_worker *w, STK_LOCAL stk_u32 *used) {
    stk_u32 first = stk_find_before_high_scan(w), slot = stk_find_cursor(d, w, used, 0u, first);
    slot = slot == STK_NO_SLOT ? stk_find_by_high_scan(d, w, used) : slot;
    return slot == STK_NO_SLOT ? stk_find_cursor(d, w, used, first, w->partitions) : slot;
}

/* Claims a slot for this turn. Returns the slot or STK_NO_SLOT. The ring scan goes first when it is due, so that slots
 * in the partitions cannot hold up those that only the scan finds. */
STK_FN stk_u32 stk_find(const struct stk_dev *d, struct stk_worker *w, STK_LOCAL stk_u32 *used) {
    stk_u32 slot = STK_NO_SLOT;
    if (w->turns_since_scan >= STK_SCAN_EVERY) {
        w->turns_since_scan = 0;
        slot = stk_find_by_ring_scan(d, w, used, 0);
    }
    if (slot == STK_NO_SLOT) {
        slot = w->partitions == 1u ? stk_find_at(d, w, used, 0u) : stk_find_in_partitions(d, w, used);
    }
    if (slot == STK_NO_SLOT) {
        stk_find_nothing(d, w, stk_ld(d->control + STK_CTL_DOORBELL));
        /* After a scan of the whole ring for nothing the scan slows down until the doorbell rings. */
        if (w->empty_turns <= d->slots + 1u || w->empty_turns % STK_IDLE_SCAN_EVERY == 0u) {
            slot = stk_find_by_ring_scan(d, w, used, 1);
        }
    }
    return slot;
}

/* Moves the cursor back to `slot`, which was just claimed under the cursor and stopped half-way. So the slot goes on
 * before later slots begin. */
STK_FN void stk_find_again(struct stk_worker *w, stk_u32 slot) {
    stk_u32 p = stk_find_partition_of(w, slot), next = slot + 1u < w->first[p + 1u] ? slot + 1u : w->first[p];
    w->cursor[p] = w->cursor[p] == next ? slot : w->cursor[p];
}

/* Counts a slot that ended. Each slot counts once, however often it was taken up, since that depends on the
 * schedule. */
STK_FN void stk_count_end(const struct stk_dev *d, struct stk_worker *w, stk_u32 opcode, stk_u32 status) {
    if (opcode < STK_CTL_METRICS_SLOTS && stk_status_ended(status)) {
        if (w->metric != opcode) {
            stk_worker_flush(d, w);
            w->metric = opcode;
        }
        w->metric_count++;
    }
    w->done += status == STK_SLOT_DONE ? 1u : 0u;
    w->faults += status == STK_SLOT_FAULT ? 1u : 0u;
    /* The counts in the control buffer lag by at most so many slots. */
    if (w->done >= 256u) {
        stk_worker_flush(d, w);
    }
}

/* Counts a claim of a tenant that has a quota. */
STK_FN void stk_count_tenant(const struct stk_dev *d, struct stk_worker *w, STK_LOCAL stk_u32 *used, stk_u32 tenant) {
    if (tenant != w->tenant) {
        stk_worker_flush(d, w);
        w->tenant = tenant;
        w->tenant_counts = stk_quota_of(used, tenant) != 0u ? 1u : 0u;
    }
    w->tenant_count += w->tenant_counts;
}

/* Slots ahead of the cursor whose cache lines are asked for. A claim waits for its line, and its compare-and-swap holds
 * back the loads behind it. Without this only one line at a time would come from the host. */
#define STK_SLOTS_AHEAD 8u

/* Asks for the cache line of a slot that is soon to be claimed. */
STK_FN void stk_look_ahead(const struct stk_dev *d, stk_u32 slot) {
    stk_u32 ahead = d->slots - slot > STK_SLOTS_AHEAD ? slot + STK_SLOTS_AHEAD : 0u;
    STK_PREFETCH(stk_slot_of(d, ahead));
}

/* Runs the claimed slot and ends it. The status is stored with release order: the host sees the results with the
 * status. */
STK_FN void stk_worker_take(struct stk_dev *d, struct stk_worker *w, STK_LOCAL stk_u32 *used, stk_u32 slot) {
    struct stk_call c = stk_call_of(d, slot);
    stk_u32 opcode = stk_ld(c.slot + STK_SLOT_OPCODE), tenant = stk_ld(c.slot + STK_SLOT_TENANT), status, over, units;
    stk_look_ahead(d, slot);
    stk_count_tenant(d, w, used, tenant);
    status = stk_slot_run(d, w, &c, opcode, tenant, stk_tenant_ok(d, tenant), &units);
    stk_worker_charge(w, units);
    if (w->quotas != 0u) {
        stk_spend(w, used, tenant, units + w->turn_units);
    }
    if (status == STK_SLICED) {
        stk_find_again(w, slot);
    }
    if (status != STK_MOVED) {
        stk_st_release(c.slot + STK_SLOT_STATUS, status == STK_SLICED ? STK_SLOT_YIELD : status);
    }
    stk_let_go(d, slot, w->guard);
    /* A slot that only waits is no progress: a worker with nothing else to do may leave. (These are selects and no
     * branches, because PoCL 3.1's compiler crashes on the branches.) */
    over = stk_status_ended(status) ? 1u : 0u;
    w->idle = over || status == STK_SLICED ? 0u : w->idle + 1u;
    w->finished += over;
    stk_count_end(d, w, opcode, status);
}

/* Runs a worker from its entry to its exit. Ends after `turns` turns, after `idle_turns` turns in a row that finished
 * no slot, or when the host asks for SHUTDOWN or ends the lease. */
STK_FN void stk_worker_run(const struct stk_dev *dev, struct stk_worker *w, STK_LOCAL stk_u32 *shared, stk_u32 turns,
                           stk_u32 idle_turns) {
    struct stk_dev d = *dev;
    stk_u32 i;
    for (i = 0; i < STK_SHARED_WORDS; i++) {
        shared[i] = 0;
    }
    stk_worker_enter(&d, w, turns, stk_ld(d.control + STK_CTL_LEASE));
    stk_quotas_enter(&d, shared);
    stk_find_enter(&d, w, shared);
    while (!stk_worker_over(w, idle_turns, stk_ld(d.control + STK_CTL_SHUTDOWN), stk_ld(d.control + STK_CTL_LEASE))) {
        stk_u32 slot;
        stk_worker_tick(&d, w);
        slot = stk_find(&d, w, shared);
        if (slot != STK_NO_SLOT) {
            w->turns_since_scan++;
            w->empty_turns = 0;
            stk_worker_take(&d, w, shared, slot);
        } else {
            /* The worker is idle, so the counts are brought up to date for the host. */
            w->idle++;
            stk_worker_flush(&d, w);
            stk_worker_touch(&d, w);
        }
    }
    stk_worker_flush(&d, w);
    stk_quotas_leave(&d, shared);
    STK_MEM_FENCE(); /* the counts are seen before the end */
    stk_find_leave(&d, w);
    stk_worker_leave(&d, w, idle_turns);
}

#endif
#endif
