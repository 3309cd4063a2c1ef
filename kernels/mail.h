/* stoker kernels: mailboxes, through which one worker hands slots to the others.
 *
 * Reads of one ring by many groups are served one after the other where the ring lies behind a bus. So one worker looks
 * at the ring: the first group of a launch that enters, the dispatcher. The dispatcher runs slots of one lane itself
 * and hands slots for all lanes to the other workers. Each of these polls a mailbox in the device's own memory, where
 * polling disturbs nobody.
 *
 *   ABSENT -> OPEN     the worker checks in: of many groups some may start only when others have ended
 *   OPEN -> FULL       the dispatcher hands over a slot, whose words it wrote before; by compare-and-swap
 *   FULL -> OPEN       the worker has ended the slot
 *   FULL -> CLOSED     the worker has ended the slot, and the lease of the worker is over
 *   OPEN -> CLOSED     the worker leaves: the dispatcher said stop, or its own lease is over; by compare-and-swap
 *
 * Nobody waits for another group. A worker leaves after a number of turns even if the dispatcher never says stop. The
 * dispatcher leaves whatever the workers do, and each of them ends the slot that it has before it leaves. When no
 * mailbox has had a worker for some turns the dispatcher runs slots for all lanes itself. test/model/mail.pml has these
 * rules. */
#ifndef STK_MAIL_H
#define STK_MAIL_H

#include "find.h"

#if STK_LANES > 1

/* Words of the slot in a mailbox, as in STK_HOLD_* of loop_wide.h. */
#define STK_JOB_SLOT   0u
#define STK_JOB_OPCODE 1u
#define STK_JOB_TENANT 2u
#define STK_JOB_FROM   3u
#define STK_JOB_STEP   4u
#define STK_JOB_GUARD  5u

/* Turns of a worker at its mailbox for each turn of a lease: a turn at a mailbox takes a part of the time of a turn
 * over a bus, and the dispatcher is to say stop first. */
#define STK_MAIL_PATIENCE 16u

/* Turns without any worker at a mailbox after which the dispatcher runs slots for all lanes itself. */
#define STK_MAIL_GRACE 64u

/* Lanes that hand slots over, after one fence for all of them. */
#define STK_MAIL_LANES (STK_LANES < 32 ? STK_LANES : 32)

/* Words with a bit for each mailbox. */
#define STK_MAIL_BITS (STK_MAIL_BOXES_MAX / 32u)

/* Bit of a mailbox in the list of those that are OPEN: a lane has put a slot into the mailbox. */
#define STK_MAIL_TAKEN 0x80000000u

STK_FN STK_GLOBAL stk_u32 *stk_mail_box(const struct stk_dev *d, stk_u32 i) {
    return d->mail + STK_MAIL_BOXES + i;
}

STK_FN STK_GLOBAL stk_u32 *stk_mail_job(const struct stk_dev *d, stk_u32 i) {
    return d->mail + STK_MAIL_JOB(i);
}

/* One lane: returns how many workers have entered before this one. Worker 0 is the dispatcher, worker i has mailbox
 * i - 1. */
STK_FN stk_u32 stk_mail_enter(const struct stk_dev *d) {
    return stk_add(d->mail + STK_MAIL_ARRIVED, 1u);
}

/* One lane: opens the mailbox of this worker, which is ready to run slots. */
STK_FN void stk_mail_check_in(const struct stk_dev *d, const struct stk_worker *w) {
    if (w->box != 0u && w->box <= STK_MAIL_BOXES_MAX) {
        stk_st(stk_mail_box(d, w->box - 1u), STK_MAIL_OPEN);
    }
}

/* One lane, after all that this worker stored: the last worker of the launch to leave makes the mailboxes ready for the
 * next launch. Returns STK_MAIL_STOP_*, why the launch ends, to the last worker; else 0. */
STK_FN stk_u32 stk_mail_leave(const struct stk_dev *d) {
    stk_u32 i, why;
    STK_FENCE();
    if (stk_add(d->mail + STK_MAIL_LEFT, 1u) + 1u != d->workers) {
        return 0;
    }
    why = stk_ld(d->mail + STK_MAIL_STOP);
    for (i = 0; i < STK_MAIL_BOXES_MAX; i++) {
        stk_st(stk_mail_box(d, i), STK_MAIL_ABSENT);
    }
    stk_st(d->mail + STK_MAIL_STOP, 0u);
    stk_st(d->mail + STK_MAIL_ARRIVED, 0u);
    stk_st(d->mail + STK_MAIL_LEFT, 0u);
    return why != 0u ? why : STK_MAIL_STOP_LEASE;
}

/* Gives slot `slot` of the ring back to the next worker, which runs the slot from where an earlier call stopped (`from`
 * is not 0), or from its start. */
STK_FN void stk_give_back(const struct stk_dev *d, stk_u32 slot, stk_u32 guard, stk_u32 from) {
    stk_st(stk_slot_of(d, slot) + STK_SLOT_STATUS, from != 0u ? STK_SLOT_YIELD : STK_SLOT_REQUEUE);
    stk_let_go(d, slot, guard);
}

/// The dispatcher ///

/* All lanes: lists the mailboxes that are OPEN in `list`, counts them in *open and those that are FULL in *full.
 * `given` has a bit for each mailbox that got a slot in the turn before. Some lanes may still be about to swap the
 * status of such a mailbox, so it counts as FULL whatever its status says. */
STK_FN void stk_mail_look(const struct stk_dev *d, STK_LOCAL stk_u32 *given, STK_LOCAL stk_u32 *list,
                          STK_LOCAL stk_u32 *open, STK_LOCAL stk_u32 *full) {
    stk_u32 i, boxes = d->workers - 1u < STK_MAIL_BOXES_MAX ? d->workers - 1u : STK_MAIL_BOXES_MAX;
    for (i = STK_LANE; i < boxes; i += STK_LANES) {
        stk_u32 status = stk_ld(stk_mail_box(d, i));
        if ((given[i / 32u] >> (i % 32u) & 1u) != 0u || status == STK_MAIL_FULL) {
            (void)stk_local_add(full, 1u);
        } else if (status == STK_MAIL_OPEN) {
            list[stk_local_add(open, 1u)] = i;
        }
    }
}

/* Writes what the worker has to know of a slot. A fence, then stk_mail_put, has to follow. */
STK_FN void stk_mail_write(const struct stk_dev *d, stk_u32 box, const struct stk_call *c, stk_u32 opcode,
                           stk_u32 tenant, stk_u32 guard) {
    STK_GLOBAL stk_u32 *job = stk_mail_job(d, box);
    stk_st(job + STK_JOB_SLOT, c->index);
    stk_st(job + STK_JOB_OPCODE, opcode);
    stk_st(job + STK_JOB_TENANT, tenant);
    stk_st(job + STK_JOB_FROM, c->from);
    stk_st(job + STK_JOB_STEP, c->step);
    stk_st(job + STK_JOB_GUARD, guard);
}

/* Hands a slot over whose words are in the mailbox. Where the worker has left meanwhile, the slot goes back to the
 * ring. */
STK_FN void stk_mail_put(const struct stk_dev *d, stk_u32 box) {
    STK_GLOBAL stk_u32 *job = stk_mail_job(d, box);
    if (stk_cmpxchg_relaxed(stk_mail_box(d, box), STK_MAIL_OPEN, STK_MAIL_FULL) != STK_MAIL_OPEN) {
        stk_give_back(d, stk_ld(job + STK_JOB_SLOT), stk_ld(job + STK_JOB_GUARD), stk_ld(job + STK_JOB_FROM));
    }
}

/// The worker at a mailbox ///

/* One lane: returns the status of the worker's mailbox after it was closed where the worker is to leave. */
STK_FN stk_u32 stk_mail_poll(const struct stk_dev *d, const struct stk_worker *w) {
    STK_GLOBAL stk_u32 *box = stk_mail_box(d, w->box - 1u);
    stk_u32 status, stop;
    if (w->box > STK_MAIL_BOXES_MAX) {
        return STK_MAIL_CLOSED;
    }
    status = stk_ld(box);
    stop = stk_ld(d->mail + STK_MAIL_STOP);
    if (status == STK_MAIL_OPEN && (stop != 0u || w->turns == 0u)) {
        status =
            stk_cmpxchg_relaxed(box, STK_MAIL_OPEN, STK_MAIL_CLOSED) == STK_MAIL_OPEN ? STK_MAIL_CLOSED : STK_MAIL_FULL;
    }
    if (status == STK_MAIL_FULL) {
        STK_FENCE_DEVICE(); /* the words of the slot are read after the status */
    }
    return status;
}

/* One lane: the slot of the worker's mailbox has ended. */
STK_FN void stk_mail_done(const struct stk_dev *d, const struct stk_worker *w) {
    stk_st(stk_mail_box(d, w->box - 1u), w->turns != 0u ? STK_MAIL_OPEN : STK_MAIL_CLOSED);
}

#endif
#endif
