/* stoker kernels: where a worker looks for its next slot.
 *
 * Work is taken from the cursors of the partitions, CRITICAL first; after STK_STARVATION_LIMIT claims at or above HIGH
 * a lower one goes first once. Two scans find the slots that lie elsewhere. The high scan goes through CRITICAL and
 * HIGH, one step in each turn. The ring scan goes through the whole ring: it finds slots in YIELD or REQUEUE behind a
 * cursor, slots published outside their partition, and slots behind holes. The ring scan moves in every turn that
 * found nothing else and in one of STK_SCAN_EVERY that did. Once the ring scan has gone all the way round for
 * nothing, it moves in one turn of STK_IDLE_SCAN_EVERY until something is found or the doorbell word changes.
 *
 * In one ring scan of a worker a tenant may claim as many slots as its quota says, and spend as many units (cost.h) as
 * its time share. After that its slots are passed over until the scan is complete, when every other slot has been
 * looked at. Units that a tenant spent above its time share are taken off its time shares in the next scans. A whole
 * scan that found no slot to run ends these debts. A quota of 0 means no quota. */
#ifndef STK_FIND_H
#define STK_FIND_H

#include "time_shares.h"

/* Turns with work between two turns of the ring scan, and idle turns between two of its turns. */
#define STK_SCAN_EVERY      16u
#define STK_IDLE_SCAN_EVERY 16u

/* Sources of a slot. The cursors of the partitions have the numbers of the partitions; the scans follow. */
#define STK_SOURCE_HIGH_SCAN 5u
#define STK_SOURCE_RING_SCAN 6u
#define STK_SOURCES          7u

/// Entering ///

/* Takes the partitions from the control words. Takes the whole ring as one partition if the words are not five
 * partitions in order that end at the slot count, as in a ring without partitions. */
STK_FN void stk_find_partitions(const struct stk_dev *d, struct stk_worker *w) {
    stk_u32 p, ok = 1u, before = 0;
    for (p = 0; p <= STK_PRIORITIES; p++) {
        stk_u32 first = stk_ld(d->control + STK_CTL_PRIORITY_OFFSETS + p);
        ok &= first >= before ? 1u : 0u;
        before = first;
        stk_worker_set_first(w, p, first);
    }
    w->partitions = ok != 0u && w->first[STK_PRIORITIES] == d->slots ? STK_PRIORITIES : 1u;
    if (w->partitions == 1u) {
        w->first[0] = 0;
        w->first[1] = d->slots;
    }
}

/* Returns 1 if some tenant may use up its quota before a ring scan is over. Tenants are looked at before a claim only
 * in this case, and where tenants share the device. */
STK_FN stk_u32 stk_find_quotas(const struct stk_dev *d, STK_LOCAL stk_u32 *used) {
    /* A ring scan takes at most so many claims: in each of its turns every lane claims one slot. */
    stk_u64 scan = (stk_u64)d->slots * STK_SCAN_EVERY * STK_LANES;
    stk_u32 t, bind = 0;
    for (t = 0; t < STK_CTL_TENANT_MASKS; t++) {
        stk_u32 quota = stk_quota_of(used, t);
        bind |= quota != 0u && quota < scan ? 1u : 0u;
    }
    return bind;
}

/* Sets the search up from the words that the last worker left. Call it after stk_quotas_enter. */
STK_FN void stk_find_enter(const struct stk_dev *d, struct stk_worker *w, STK_LOCAL stk_u32 *used) {
    stk_u32 p, at = stk_ld(d->control + STK_CTL_CURSOR), scan_at = stk_ld(d->control + STK_CTL_RING_SCAN);
    stk_find_partitions(d, w);
    /* Every cursor is set: a worker of several lanes computes with each, also where the ring has one partition. */
    for (p = 0; p < STK_PRIORITIES; p++) {
        stk_u32 cursor = w->partitions == 1u ? at : stk_ld(d->control + STK_CTL_PARTITION_CURSORS + p);
        stk_u32 first = stk_worker_first(w, p), end = stk_worker_first(w, p + 1u);
        /* The host may have changed the partitions since the last worker left. Then a place outside becomes the first
         * slot. */
        cursor = cursor >= first && cursor < end ? cursor : first;
        stk_worker_set_cursor(w, p, p < w->partitions && first < end ? cursor : STK_NO_SLOT);
    }
    /* The scan goes on where the last worker stopped, so that short leases get around the ring too. */
    w->ring_scan_at = scan_at < d->slots ? scan_at : 0u;
    w->high_scan_at = w->first[0];
    w->ring_scans = 0;
    w->time_shares = d->limits && used[STK_USED_TENANTS] > 1u ? 1u : 0u;
    w->ring_scan_start = w->time_shares != 0u ? stk_ld(d->limits + STK_LIMIT_START) : 0u;
    w->ring_scan_start = w->ring_scan_start < d->slots ? w->ring_scan_start : 0u;
    w->high_claims = w->partitions == 1u ? 0u : stk_ld(d->control + STK_CTL_STARVATION);
    w->turns_since_scan = 0;
    w->empty_turns = 0;
    w->doorbell_seen = 0;
    w->quotas = stk_find_quotas(d, used) | w->time_shares;
}

/* Stores where the next worker begins to search. Called by one lane. */
STK_FN void stk_find_leave(const struct stk_dev *d, const struct stk_worker *w) {
    stk_u32 p;
    stk_st(d->control + STK_CTL_RING_SCAN, w->ring_scan_at);
    if (w->time_shares != 0u) {
        stk_st(d->limits + STK_LIMIT_START, w->ring_scan_start);
    }
    if (w->partitions == 1u) {
        stk_st(d->control + STK_CTL_CURSOR, w->cursor[0]);
    }
    for (p = 0; w->partitions > 1u && p < w->partitions; p++) {
        stk_st(d->control + STK_CTL_PARTITION_CURSORS + p, stk_worker_cursor(w, p));
    }
}

/// Moving ///

/* Returns the partition in which a slot lies. */
STK_FN stk_u32 stk_find_partition_of(const struct stk_worker *w, stk_u32 slot) {
    stk_u32 p = 0;
    while (p + 1u < w->partitions && slot >= stk_worker_first(w, p + 1u)) {
        p++;
    }
    return p;
}

/* Returns the slot that is `slots` steps behind `slot` in the partitions [from, to), which are taken as a circle. */
STK_FN stk_u32 stk_find_step(const struct stk_worker *w, stk_u32 from, stk_u32 to, stk_u32 slot, stk_u32 slots) {
    stk_u32 first = stk_worker_first(w, from), room = stk_worker_first(w, to) - slot;
    return slots < room ? slot + slots : first + (slots - room);
}

/* Returns the slot that is `slots` steps behind `slot` in the whole ring. Both are at most the size of the ring. */
STK_FN stk_u32 stk_find_plus(const struct stk_dev *d, stk_u32 slot, stk_u32 slots) {
    stk_u32 room = d->slots - slot;
    return slots < room ? slot + slots : slots - room;
}

/* Returns the distance between the starts of two ring scans: about 0.62 of the ring, so that the starts spread
 * evenly. */
STK_FN stk_u32 stk_find_stride(const struct stk_dev *d) {
    return (stk_u32)((stk_u64)d->slots * 40503u >> 16);
}

/* Moves the ring scan on by `slots`, which is at most the size of the ring. Where tenants have time shares, each scan
 * starts at another slot: a tenant spends its time share on the first of its slots that the scan meets, and these must
 * not be the same slots in each scan. */
STK_FN void stk_ring_scan_advance(const struct stk_dev *d, struct stk_worker *w, stk_u32 slots) {
    stk_u32 left = w->ring_scan_start > w->ring_scan_at ? w->ring_scan_start - w->ring_scan_at
                                                        : d->slots - (w->ring_scan_at - w->ring_scan_start);
    stk_u32 over = slots >= left ? 1u : 0u;
    w->ring_scans += over;
    if (over != 0u && w->time_shares != 0u) {
        w->ring_scan_start = stk_find_plus(d, w->ring_scan_start, stk_find_stride(d));
        w->ring_scan_at = stk_find_plus(d, w->ring_scan_start, slots - left);
    } else {
        w->ring_scan_at = stk_find_plus(d, w->ring_scan_at, slots);
    }
}

/* Moves the high scan on by `slots`, within CRITICAL and HIGH. */
STK_FN void stk_high_scan_advance(struct stk_worker *w, stk_u32 slots) {
    stk_u32 size = w->first[STK_WIRE_PRIORITY_NORMAL] - w->first[0];
    if (size != 0u) {
        w->high_scan_at = stk_find_step(w, 0u, STK_WIRE_PRIORITY_NORMAL, w->high_scan_at, slots < size ? slots : size);
    }
}

/* Counts `n` claims in partition `p`. A claim below HIGH ends the row of high claims that STK_STARVATION_LIMIT
 * bounds. */
STK_FN void stk_find_count(const struct stk_dev *d, struct stk_worker *w, stk_u32 p, stk_u32 n) {
    if (w->partitions > 1u && n != 0u) {
        w->high_claims = p <= STK_WIRE_PRIORITY_HIGH ? w->high_claims + n : 0u;
        if (STK_LANE == 0u) {
            stk_count_partition(d, w, p, n);
        }
    }
}

/* Counts `n` claims in partition `p`, the last of them slot `slot`. With `move` the cursor of the partition goes on
 * behind this slot; a turn that the ring scan took only because it was due moves no cursor. */
STK_FN void stk_find_claimed(const struct stk_dev *d, struct stk_worker *w, stk_u32 p, stk_u32 slot, stk_u32 n,
                             int move) {
    stk_u32 first = stk_worker_first(w, p);
    if (move && slot >= first) {
        stk_worker_set_cursor(w, p, slot + 1u < stk_worker_first(w, p + 1u) ? slot + 1u : first);
    }
    stk_find_count(d, w, p, n);
}

/// Empty turns ///

/* Counts a turn that found nothing, up to 2^31 - 1. `doorbell` was read before the scan that has to find nothing, so
 * that no ring of the doorbell is missed. */
STK_FN void stk_find_nothing(const struct stk_dev *d, struct stk_worker *w, stk_u32 doorbell) {
    (void)d;
    w->empty_turns = w->empty_turns == 0u || doorbell != w->doorbell_seen ? 1u
                     : w->empty_turns < 0x7FFFFFFFu                       ? w->empty_turns + 1u
                                                                          : w->empty_turns;
    w->doorbell_seen = doorbell;
}

#endif
