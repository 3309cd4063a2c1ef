/* stoker kernels: what tenants may claim and spend, as the lanes of a worker count it in local memory.
 *
 * A quota bounds the claims of a tenant in one ring scan, and a time share bounds the units that its slots cost
 * (cost.h). A tenant that has used up either is passed over until the scan is complete (find.h). */
#ifndef STK_TIME_SHARES_H
#define STK_TIME_SHARES_H

#include "worker.h"

/* Words about tenants that the lanes share, in rows of one word for each tenant: claims in the present ring scan,
 * claims in a row that is being cleared, most claims in a scan, units spent, units that may be spent before the other
 * tenants go first, and the last scan in which a slot of the tenant ran (0: none since the worker entered). Tenants
 * without a mask share one account. */
#define STK_USED_ROW           STK_LIMIT_ROWS
#define STK_USED_QUOTA         (2u * STK_USED_ROW)
#define STK_USED_SPENT         (3u * STK_USED_ROW)
#define STK_USED_TIME_SHARE    (4u * STK_USED_ROW)
#define STK_USED_RAN           (5u * STK_USED_ROW)
#define STK_USED_WORDS         (6u * STK_USED_ROW)
#define STK_USED_IN_SCAN(scan) ((scan) + 1u)        /* number of a scan of a worker, from 1 on */
#define STK_USED_OTHERS        STK_CTL_TENANT_MASKS /* the account of the tenants without a mask */
#define STK_TIME_SHARE_MAX     0x3FFFFFFFu          /* units; stk_spend stops counting at 2^30 */
/* number of tenants that have a mask; it uses a word of the quotas that belongs to no tenant */
#define STK_USED_TENANTS (STK_USED_QUOTA + STK_USED_ROW - 1u)

/* Returns the units of a time share of `units` where this worker hands out slots to others: as many times more, so that
 * one tenant alone can keep all of them at work. */
STK_FN stk_u32 stk_time_share_at_work(const struct stk_dev *d, stk_u32 units) {
    stk_u32 times = d->mail ? d->workers - 1u : 1u;
    return times == 1u || units < STK_TIME_SHARE_MAX / times ? units * times : STK_TIME_SHARE_MAX;
}

/* Loads the quotas from the control words. From the limits it loads the time shares and the units that tenants have
 * spent, as the worker before left them. Counts the tenants that may run slots. Each lane loads the words of one tenant
 * at a time, because over a bus every load of a lane takes its time. The words were cleared before. */
STK_FN void stk_quotas_enter(const struct stk_dev *d, STK_LOCAL stk_u32 *used) {
    stk_u32 t;
    for (t = STK_LANE; t < STK_USED_ROW; t += STK_LANES) {
        int known = t < STK_CTL_TENANT_MASKS;
        if (known) {
            used[STK_USED_QUOTA + t] = stk_ld(d->control + STK_CTL_TENANT_QUOTA + t);
            (void)stk_local_add(used + STK_USED_TENANTS, stk_ld(d->control + STK_CTL_TENANT_MASK + t) != 0u ? 1u : 0u);
        }
        used[STK_USED_TIME_SHARE + t] =
            stk_time_share_at_work(d, !d->limits ? 0xFFFFFFFFu
                                      : known ? d->limits[STK_LIMIT_TENANTS + t * STK_LIMIT_ROW + STK_LIMIT_TIME_SHARE]
                                              : d->limits[STK_LIMIT_BUDGET]);
        used[STK_USED_SPENT + t] = d->limits ? stk_ld(d->limits + STK_LIMIT_SPENT + t) : 0u;
    }
}

/* Stores, for the next worker, the units that the tenants have spent. All lanes call it. */
STK_FN void stk_quotas_leave(const struct stk_dev *d, STK_LOCAL stk_u32 *used) {
    stk_u32 t;
    for (t = STK_LANE; d->limits && t < STK_USED_ROW; t += STK_LANES) {
        stk_st(d->limits + STK_LIMIT_SPENT + t, used[STK_USED_SPENT + t]);
    }
}

/* Returns the index of a tenant's account in the rows above. */
STK_FN stk_u32 stk_account_of(stk_u32 tenant) {
    return tenant < STK_CTL_TENANT_MASKS ? tenant : STK_USED_OTHERS;
}

/* Returns the word that counts the units spent by a tenant. */
STK_FN STK_LOCAL stk_u32 *stk_spent_of(STK_LOCAL stk_u32 *used, stk_u32 tenant) {
    return used + STK_USED_SPENT + stk_account_of(tenant);
}

/* Returns the units of a tenant's time share. */
STK_FN stk_u32 stk_time_share_units(STK_LOCAL stk_u32 *used, stk_u32 tenant) {
    return used[STK_USED_TIME_SHARE + stk_account_of(tenant)];
}

/* Charges a tenant. A debt above 2^30 units does not grow further, so that no sum of the lanes wraps. */
STK_FN void stk_spend(const struct stk_worker *w, STK_LOCAL stk_u32 *used, stk_u32 tenant, stk_u32 units) {
    STK_LOCAL stk_u32 *spent = stk_spent_of(used, tenant);
    used[STK_USED_RAN + stk_account_of(tenant)] = STK_USED_IN_SCAN(w->ring_scans);
    if (*spent < 0x40000000u) {
        (void)stk_local_add(spent, units < 0x40000000u ? units : 0x40000000u);
    }
}

/* Returns the quota of a tenant: the most slots that a worker claims for the tenant in one ring scan. 0: the tenant has
 * no limit. Also returns 0 for a tenant that has no opcode mask: the workers refuse the slots of such a tenant. */
STK_FN stk_u32 stk_quota_of(STK_LOCAL stk_u32 *used, stk_u32 tenant) {
    return tenant < STK_CTL_TENANT_MASKS ? used[STK_USED_QUOTA + tenant] : 0u;
}

/* Returns the row with the claims of the scan in hand. Two rows take turns: the other one is cleared when a scan
 * ends. */
STK_FN STK_LOCAL stk_u32 *stk_used_row(const struct stk_worker *w, STK_LOCAL stk_u32 *used) {
    return used + (w->ring_scans & 1u) * STK_USED_ROW;
}

/* Returns 1 while the tenant is below its quota and its time share. */
STK_FN int stk_quota_left(const struct stk_worker *w, STK_LOCAL stk_u32 *used, stk_u32 tenant) {
    stk_u32 quota = stk_quota_of(used, tenant);
    return (w->time_shares == 0u || *stk_spent_of(used, tenant) < stk_time_share_units(used, tenant)) &&
           (quota == 0u || stk_used_row(w, used)[tenant] < quota);
}

/* Takes one of the tenant's claims, if one is left. Counts even then: the caller has looked at stk_quota_left before,
 * so that few lanes come too late. */
STK_FN int stk_quota_take(const struct stk_worker *w, STK_LOCAL stk_u32 *used, stk_u32 tenant) {
    stk_u32 quota = stk_quota_of(used, tenant);
    return quota == 0u || stk_local_add(stk_used_row(w, used) + tenant, 1u) < quota;
}

/* Returns 1 if the worker is to leave after the ring scan `scan`. In BATCH the slots that tenants publish meanwhile are
 * not there for this launch. So where several tenants had slots, and only one of them still had some in this scan, that
 * tenant would have the rest of the lease for itself. */
STK_FN int stk_time_shares_over(const struct stk_dev *d, const struct stk_worker *w, STK_LOCAL stk_u32 *used,
                                stk_u32 scan) {
    stk_u32 t, tenants = 0, now = 0;
    if (w->time_shares == 0u || w->ring_scans == scan || d->limits[STK_LIMIT_BATCH] == 0u) {
        return 0;
    }
    for (t = 0; t < STK_USED_ROW; t++) {
        tenants += used[STK_USED_RAN + t] != 0u ? 1u : 0u;
        now += used[STK_USED_RAN + t] == STK_USED_IN_SCAN(scan) ? 1u : 0u;
    }
    return tenants > 1u && now <= 1u;
}

/* Follows each step of the ring scan. When a scan is complete, clears the row of the scan before, which nobody uses
 * any more, and gives each tenant its time share again. `empty`: the whole scan found nothing, so nobody waits for a
 * tenant to pay its debt, and all debts end. */
STK_FN void stk_quota_follow_scan(const struct stk_worker *w, STK_LOCAL stk_u32 *used, stk_u32 scans_before,
                                  int empty) {
    if (w->quotas != 0u && w->ring_scans != scans_before) {
        stk_u32 t;
        for (t = STK_LANE; t < STK_USED_ROW; t += STK_LANES) {
            stk_u32 spent = used[STK_USED_SPENT + t], time_share = used[STK_USED_TIME_SHARE + t];
            used[(scans_before & 1u) * STK_USED_ROW + t] = 0;
            used[STK_USED_SPENT + t] = spent > time_share && !empty ? spent - time_share : 0u;
        }
    }
}

#endif
