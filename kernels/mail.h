/* stoker kernels: mailboxes, through which one worker hands slots to the others.
 *
 * Reads of one ring by many groups are served one after the other where the ring lies behind a bus. So one worker looks
 * at the ring: the first group of a launch that enters, the dispatcher. The dispatcher runs slots of one lane itself
 * and hands slots for all lanes to the other workers. Each of these polls a mailbox in the device's own memory, where
 * polling disturbs nobody.
 *
 *   ABSENT -> OPEN     the worker checks in: of many groups some may start only when others have ended
 *   OPEN -> FULL       the dispatcher hands over a slot, whose words it wrote before; by compare-and-swap
 *   FULL -> BUSY       the worker has read the words of the slot, and runs the slot
 *   BUSY -> FULL       the dispatcher hands over the next slot, so that the worker need not wait; by compare-and-swap
 *   BUSY -> OPEN       the worker has ended the slot, and has no next one; by compare-and-swap
 *   BUSY -> CLOSED     the same, and the lease of the worker is over; by compare-and-swap
 *   FULL -> CLOSED     the worker is about to leave, so it left the mailbox FULL while it ran the slot
 *   OPEN -> CLOSED     the worker leaves: the dispatcher said stop, or its own lease is over; by compare-and-swap
 *
 * Nobody waits for another group. A worker leaves after a number of turns even if the dispatcher never says stop. The
 * dispatcher leaves whatever the workers do. Each worker ends the slots that it has before it leaves, which are two at
 * most. When no mailbox has had a worker for some turns the dispatcher runs slots for all lanes itself.
 * test/model/mail.pml has these rules. */
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

/* Looks of a worker at its mailbox in one turn: a look takes a part of the time of a turn. */
#define STK_MAIL_LOOKS (STK_TILED ? 8u : 1u)

/* Number of lanes that hand slots over. One memory fence orders the writes of all of them. */
#define STK_MAIL_LANES (STK_LANES < 32 ? STK_LANES : 32)

/* Words with a bit for each mailbox. */
#define STK_MAIL_BITS (STK_MAIL_BOXES_MAX / 32u)

/* Bit of a mailbox in the list of those that have room: a lane has a slot for the mailbox. */
#define STK_MAIL_TAKEN 0x80000000u

/* Returns the status word of mailbox `i`. */
STK_FN STK_GLOBAL stk_u32 *stk_mail_box(const struct stk_dev *d, stk_u32 i) {
    return d->mail + STK_MAIL_BOXES + i;
}

/* Returns the words of the slot in mailbox `i`. */
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
    STK_MEM_FENCE();
    if (stk_add(d->mail + STK_MAIL_LEFT, 1u) + 1u != d->workers) {
        return 0;
    }
    STK_MEM_FENCE_DEVICE(); /* the stores of the others come before the reads and stores below: all of them have left */
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

/* Places in the counts of stk_mail_look. OPEN, BUSY and FULL count the mailboxes in this state; OTHER counts the
 * mailboxes that no worker uses. */
#define STK_MAIL_LOOK_OPEN  0u
#define STK_MAIL_LOOK_BUSY  1u
#define STK_MAIL_LOOK_FULL  2u
#define STK_MAIL_LOOK_OTHER 3u
#define STK_MAIL_LOOK_WORDS 4u

/* Returns how many mailboxes the dispatcher looks at. */
STK_FN stk_u32 stk_mail_boxes(const struct stk_dev *d) {
    return !d->mail ? 0u : d->workers - 1u < STK_MAIL_BOXES_MAX ? d->workers - 1u : STK_MAIL_BOXES_MAX;
}

/* All lanes: counts the mailboxes in the words STK_MAIL_LOOK_* of `counts`, and lists those that have room. Those that
 * are OPEN stand at the start of `list`, and those that are BUSY at its end, the last one first. `given` has a bit for
 * each mailbox that got a slot in the turn before. Some lanes may still be about to swap the status of such a mailbox,
 * so it counts as FULL whatever its status says. `first` is the status of mailbox STK_LANE. */
STK_FN void stk_mail_look(const struct stk_dev *d, stk_u32 first, STK_LOCAL stk_u32 *given, STK_LOCAL stk_u32 *list,
                          STK_LOCAL stk_u32 *counts) {
    stk_u32 i, boxes = stk_mail_boxes(d);
    for (i = STK_LANE; i < boxes; i += STK_LANES) {
        stk_u32 status = i == STK_LANE ? first : stk_ld(stk_mail_box(d, i)), kind, n;
        int is_given = (given[i / 32u] >> (i % 32u) & 1u) != 0u;
        kind = is_given || status == STK_MAIL_FULL ? STK_MAIL_LOOK_FULL
               : status == STK_MAIL_OPEN           ? STK_MAIL_LOOK_OPEN
               : status == STK_MAIL_BUSY           ? STK_MAIL_LOOK_BUSY
                                                   : STK_MAIL_LOOK_OTHER;
        n = stk_local_add(counts + kind, 1u);
        if (kind <= STK_MAIL_LOOK_BUSY) {
            list[kind == STK_MAIL_LOOK_OPEN ? n : STK_MAIL_BOXES_MAX - 1u - n] = i;
        }
    }
}

/* Returns where the list has its mailbox number `k`: workers that wait come before workers that run a slot. */
STK_FN stk_u32 stk_mail_place(stk_u32 k, stk_u32 open) {
    return k < open ? k : STK_MAIL_BOXES_MAX - 1u - (k - open);
}

/* Writes the words of a slot into mailbox `box`. A fence, then stk_mail_put, has to follow. */
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

/* Hands over the slot whose words are in the mailbox `box`. A worker that was BUSY may have come to OPEN since the
 * look, and comes to BUSY only through FULL, so three tries are enough. Returns 0 if the worker has left meanwhile. */
STK_FN int stk_mail_put(STK_GLOBAL stk_u32 *box) {
    stk_u32 was = stk_cmpxchg_relaxed(box, STK_MAIL_OPEN, STK_MAIL_FULL);
    if (was == STK_MAIL_BUSY) {
        was = stk_cmpxchg_relaxed(box, STK_MAIL_BUSY, STK_MAIL_FULL);
        if (was == STK_MAIL_OPEN) {
            was = stk_cmpxchg_relaxed(box, STK_MAIL_OPEN, STK_MAIL_FULL);
        }
    }
    return was == STK_MAIL_OPEN || was == STK_MAIL_BUSY;
}

/// The worker at a mailbox ///

/* One lane: returns 1 if the worker is to take a slot after the one that it finds now. */
STK_FN stk_u32 stk_mail_stays(const struct stk_dev *d, stk_u32 turns) {
    return stk_ld(d->mail + STK_MAIL_STOP) == 0u && turns != 0u ? 1u : 0u;
}

/* One lane: returns the status of the worker's mailbox, which is closed first where the worker is to leave. */
STK_FN stk_u32 stk_mail_poll(STK_GLOBAL stk_u32 *box, stk_u32 stays) {
    stk_u32 status = stk_ld(box);
    if (status == STK_MAIL_OPEN && stays == 0u) {
        status =
            stk_cmpxchg_relaxed(box, STK_MAIL_OPEN, STK_MAIL_CLOSED) == STK_MAIL_OPEN ? STK_MAIL_CLOSED : STK_MAIL_FULL;
    }
    if (status == STK_MAIL_FULL) {
        STK_MEM_FENCE_DEVICE(); /* the words of the slot are read after the status */
    }
    return status;
}

/* Says that the words of the slot in the worker's mailbox have been read. Called by one lane. A worker that is about to
 * leave leaves the mailbox FULL, so that it gets no further slot. */
STK_FN void stk_mail_taken(STK_GLOBAL stk_u32 *box, stk_u32 stays) {
    if (stays != 0u) {
        STK_MEM_FENCE_DEVICE(); /* the words are read before the dispatcher may write others */
        stk_st(box, STK_MAIL_BUSY);
    }
}

/* Says that the slot which the worker took up has ended. Called by one lane. A next slot may be there already. `to`:
 * OPEN, or CLOSED where the lease of the worker is over. */
STK_FN void stk_mail_done(STK_GLOBAL stk_u32 *box, stk_u32 stays, stk_u32 to) {
    if (stays != 0u) {
        (void)stk_cmpxchg_relaxed(box, STK_MAIL_BUSY, to);
    } else {
        stk_st(box, STK_MAIL_CLOSED);
    }
}

#endif
#endif
