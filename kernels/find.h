/* stoker kernels: where a worker looks for its next slot.
 *
 * Work is taken from the cursors of the partitions, CRITICAL first; after STK_STARVATION_LIMIT claims at or above HIGH
 * a lower one goes first once. Two rounds find the slots that lie elsewhere. The urgent round goes through CRITICAL and
 * HIGH, one step in each turn. The slow round goes through the whole ring: it finds slots in YIELD or REQUEUE behind a
 * cursor, slots published outside their partition, and slots behind holes. The slow round moves in every turn that
 * found nothing else and in one of STK_ROUND_EVERY that did. Once the slow round has gone all the way round for
 * nothing, it moves in one turn of STK_IDLE_EVERY until something is found or the doorbell word changes.
 *
 * In one slow round of a worker a tenant may claim as many slots as its quota says, and spend as many units (cost.h) as
 * its share. After that its slots are passed over until the round is complete, when every other slot has been looked
 * at. Units that a tenant spent above its share are taken off its shares in the next rounds. A whole round that found
 * no slot to run ends these debts. A quota of 0 means no quota. */
#ifndef STK_FIND_H
#define STK_FIND_H

#include "shares.h"

#define STK_ROUND_EVERY 16u
#define STK_IDLE_EVERY  16u

/* Ways to a slot: the cursors of the partitions by their number, then the rounds. */
#define STK_WAY_URGENT 5u
#define STK_WAY_ROUND  6u
#define STK_WAYS       7u

/// Entering ///

/* Takes the partitions from the control words; one partition when they are not five in order that end at the slot count. */
STK_FN void stk_find_partitions(const struct stk_dev *d, struct stk_worker *w) {
    stk_u32 p, ok = 1u;
    for (p = 0; p <= STK_PRIORITIES; p++) {
        w->first[p] = stk_ld(d->control + STK_CTL_PRIORITY_OFFSETS + p);
        ok &= p == 0u || w->first[p] >= w->first[p == 0u ? 0u : p - 1u] ? 1u : 0u;
    }
    w->parts = ok != 0u && w->first[STK_PRIORITIES] == d->slots ? STK_PRIORITIES : 1u;
    if (w->parts == 1u) {
        w->first[0] = 0;
        w->first[1] = d->slots;
    }
}

/* Returns 1 if some tenant may use up its quota before a slow round is over. Tenants are looked at before a claim only
 * in this case, and where tenants share the device. */
STK_FN stk_u32 stk_find_quotas(const struct stk_dev *d, STK_LOCAL stk_u32 *used) {
    stk_u64 round = (stk_u64)d->slots * STK_ROUND_EVERY * STK_LANES;
    stk_u32 t, bind = 0;
    for (t = 0; t < STK_CTL_TENANT_MASKS; t++) {
        stk_u32 quota = stk_quota_of(used, t);
        bind |= quota != 0u && quota < round ? 1u : 0u;
    }
    return bind;
}

/* After stk_quotas_enter. */
STK_FN void stk_find_enter(const struct stk_dev *d, struct stk_worker *w, STK_LOCAL stk_u32 *used) {
    stk_u32 p, at = stk_ld(d->control + STK_CTL_CURSOR), round = stk_ld(d->control + STK_CTL_ROUND);
    stk_find_partitions(d, w);
    for (p = 0; p < w->parts; p++) {
        stk_u32 cursor = w->parts == 1u ? at : stk_ld(d->control + STK_CTL_PARTITION_CURSORS + p);
        cursor = cursor >= w->first[p] && cursor < w->first[p + 1u] ? cursor : w->first[p];
        w->cursor[p] = w->first[p] < w->first[p + 1u] ? cursor : STK_NO_SLOT;
    }
    w->round = round < d->slots ? round : 0u; /* goes on, so that short leases get around too */
    w->urgent = w->first[0];
    w->rounds = 0;
    w->shares = d->limits && used[STK_USED_TENANTS] > 1u ? 1u : 0u;
    w->start = w->shares != 0u ? stk_ld(d->limits + STK_LIMIT_START) : 0u;
    w->start = w->start < d->slots ? w->start : 0u;
    w->above = w->parts == 1u ? 0u : stk_ld(d->control + STK_CTL_STARVATION);
    w->since = 0;
    w->quiet = 0;
    w->bell = 0;
    w->quotas = stk_find_quotas(d, used) | w->shares;
}

/* One lane: where the next worker is to begin. */
STK_FN void stk_find_leave(const struct stk_dev *d, const struct stk_worker *w) {
    stk_u32 p;
    stk_st(d->control + STK_CTL_ROUND, w->round);
    if (w->shares != 0u) {
        stk_st(d->limits + STK_LIMIT_START, w->start);
    }
    if (w->parts == 1u) {
        stk_st(d->control + STK_CTL_CURSOR, w->cursor[0]);
    }
    for (p = 0; w->parts > 1u && p < w->parts; p++) {
        stk_st(d->control + STK_CTL_PARTITION_CURSORS + p, w->cursor[p]);
    }
}

/// Order ///

/* The k-th partition to look at: those below HIGH first when it is their turn. */
STK_FN stk_u32 stk_find_order(const struct stk_worker *w, stk_u32 k) {
    stk_u32 p = w->above >= STK_STARVATION_LIMIT ? k + STK_WIRE_PRIORITY_NORMAL : k;
    return p < w->parts ? p : p - w->parts;
}

/* How many of the partitions, in that order, come before the urgent round. */
STK_FN stk_u32 stk_find_before_urgent(const struct stk_worker *w) {
    return w->parts == 1u || w->above >= STK_STARVATION_LIMIT ? w->parts : (stk_u32)STK_WIRE_PRIORITY_NORMAL;
}

STK_FN stk_u32 stk_find_part_of(const struct stk_worker *w, stk_u32 slot) {
    stk_u32 p = 0;
    while (p + 1u < w->parts && slot >= w->first[p + 1u]) {
        p++;
    }
    return p;
}

/* `slots` steps on from `slot`, in the partitions [from, to). */
STK_FN stk_u32 stk_find_step(const struct stk_worker *w, stk_u32 from, stk_u32 to, stk_u32 slot, stk_u32 slots) {
    stk_u32 first = w->first[from], room = w->first[to] - slot;
    return slots < room ? slot + slots : first + (slots - room);
}

/* Returns the slot that is `slots` steps behind `slot` in the whole ring. Both are at most the size of the ring. */
STK_FN stk_u32 stk_find_plus(const struct stk_dev *d, stk_u32 slot, stk_u32 slots) {
    stk_u32 room = d->slots - slot;
    return slots < room ? slot + slots : slots - room;
}

/* Returns the distance between the starts of two slow rounds: about 0.62 of the ring, so that the starts spread
 * evenly. */
STK_FN stk_u32 stk_find_stride(const struct stk_dev *d) {
    return (stk_u32)((stk_u64)d->slots * 40503u >> 16);
}

/* Moves the slow round on by `slots`, which is at most the size of the ring. Where tenants have shares, each round
 * starts at another slot: a tenant spends its share on the first of its slots that the round meets, and these must not
 * be the same slots in each round. */
STK_FN void stk_find_round_on(const struct stk_dev *d, struct stk_worker *w, stk_u32 slots) {
    stk_u32 left = w->start > w->round ? w->start - w->round : d->slots - (w->round - w->start);
    stk_u32 over = slots >= left ? 1u : 0u;
    w->rounds += over;
    if (over != 0u && w->shares != 0u) {
        w->start = stk_find_plus(d, w->start, stk_find_stride(d));
        w->round = stk_find_plus(d, w->start, slots - left);
    } else {
        w->round = stk_find_plus(d, w->round, slots);
    }
}

STK_FN void stk_find_urgent_on(struct stk_worker *w, stk_u32 slots) {
    stk_u32 size = w->first[STK_WIRE_PRIORITY_NORMAL] - w->first[0];
    if (size != 0u) {
        w->urgent = stk_find_step(w, 0u, STK_WIRE_PRIORITY_NORMAL, w->urgent, slots < size ? slots : size);
    }
}

/* `n` slots of partition `p` were claimed, the last of them `slot`: its cursor goes on behind it, but where the slow round only took its
 * turn. */
STK_FN void stk_find_claimed(const struct stk_dev *d, struct stk_worker *w, stk_u32 p, stk_u32 slot, stk_u32 n,
                             int move) {
    if (move && slot >= w->first[p]) {
        w->cursor[p] = slot + 1u < w->first[p + 1u] ? slot + 1u : w->first[p];
    }
    if (w->parts > 1u && n != 0u) {
        w->above = p <= STK_WIRE_PRIORITY_HIGH ? w->above + n : 0u;
        if (STK_LANE == 0u) {
            stk_count_part(d, w, p, n);
        }
    }
}

/// Quiet ///

/* Nothing was found: the doorbell is read before the round that has to find nothing, so that no ring is missed. */
STK_FN void stk_find_nothing(const struct stk_dev *d, struct stk_worker *w, stk_u32 bell) {
    (void)d;
    w->quiet = w->quiet == 0u || bell != w->bell ? 1u : w->quiet < 0x7FFFFFFFu ? w->quiet + 1u : w->quiet;
    w->bell = bell;
}

#endif
