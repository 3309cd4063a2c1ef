/* stoker kernels: the worker of several lanes, for a GPU.
 *
 * A turn: each lane looks at one slot of each source, slot cursor + lane. The source to take is chosen from what all
 * lanes saw. The lanes that saw a ready slot there claim and run it, one slot in a lane. Slots for all lanes are held
 * by the lanes that claimed them, and the group runs one of them in a turn until none is left. A group that finds
 * nothing for long lets lane 0 look alone.
 *
 * Both barriers are met in every turn: PoCL 3.1 runs the code behind a barrier inside a branch once for each lane.
 * Fences stand where all lanes pass or none. Lanes tell one another things through words in local memory. There are two
 * sets of these words, used by turns, so that one set is cleared while the other is in use.
 *
 * Where workers have mailboxes (mail.h), the worker that looks hands the slots for all lanes to the others. A worker
 * at a mailbox goes through the same turn: in place of the look lane 0 reads the mailbox, and holds the slot found
 * there. */
#ifndef STK_LOOP_WIDE_H
#define STK_LOOP_WIDE_H

#include "mail.h"

#if STK_LANES > 1

/* Words that the lanes of a turn share; all are 0 before the turn. */
#define STK_TURN_READY  0u  /* a bit for each source: some lane saw a ready slot there */
#define STK_TURN_WORK   1u  /* a bit for each source: some lane saw a ready slot there that is no NOP */
#define STK_TURN_LAST   2u  /* 1 + the last lane that saw a ready slot in the chosen source */
#define STK_TURN_CLAIMS 3u  /* slots claimed */
#define STK_TURN_OVER   4u  /* slots that ended or did a part of their work */
#define STK_TURN_COST   5u  /* units of the dearest slot of one lane */
#define STK_TURN_HELD   6u  /* lanes that hold a slot for all */
#define STK_TURN_FIRST  7u  /* STK_LANES - the first lane that holds a slot for all */
#define STK_TURN_LEAVE  8u  /* 1: the worker has closed its mailbox */
#define STK_TURN_JOB    9u  /* 1: the worker has found a slot in its mailbox */
#define STK_TURN_MAIL   10u /* STK_MAIL_LOOK_WORDS words: what stk_mail_look counts */
#define STK_TURN_OPEN   (STK_TURN_MAIL + STK_MAIL_LOOK_OPEN)
#define STK_TURN_BUSY   (STK_TURN_MAIL + STK_MAIL_LOOK_BUSY)
#define STK_TURN_FULL   (STK_TURN_MAIL + STK_MAIL_LOOK_FULL)
#define STK_TURN_TAKEN  14u /* slots for all lanes that lanes took, or wanted to take */
#define STK_TURN_SKIP   15u /* STK_LANES - the first lane that left its slot, since no mailbox had room */
#define STK_TURN_WAITS  16u /* 1: some lane saw a slot for all lanes that waits for room in a mailbox */
#define STK_TURN_SUMS   17u /* stk_call.sums of the slot that all lanes ran in the turn before */
#define STK_TURN_BOXES  (STK_TURN_SUMS + STK_SUM_WORDS)       /* the mailboxes that have room (stk_mail_look) */
#define STK_TURN_GIVEN  (STK_TURN_BOXES + STK_MAIL_BOXES_MAX) /* a bit for each mailbox that got a slot */
#define STK_TURN_WORDS  (STK_TURN_GIVEN + STK_MAIL_BITS)

/* Words of local memory with copies of the control words that a turn needs. The lanes read these control words and the
 * slots of the turn at the same time, so that all reads take only one trip over the bus. From STK_CTL_TENANT_MASK on a
 * word has the same index here as in the control buffer. */
#define STK_POLL_SHUTDOWN 0u
#define STK_POLL_LEASE    1u
#define STK_POLL_DOORBELL 2u
#define STK_POLL_WORDS    32u

/* Words about a slot that a lane holds for all lanes. They are read once, so that all lanes run the same. */
#define STK_HOLD_SLOT   0u
#define STK_HOLD_OPCODE 1u
#define STK_HOLD_TENANT 2u
#define STK_HOLD_COST   3u /* units of the call */
#define STK_HOLD_FROM   4u /* as in struct stk_call */
#define STK_HOLD_STEP   5u
#define STK_HOLD_GUARD  6u
#define STK_HOLD_WORDS  7u

/* Words that the group counts in and adds to the control words later: claims of each tenant, ends of each built-in
 * opcode, slots that were DONE and slots that were FAULT. */
#define STK_COUNT_METRIC STK_CTL_METRICS_SLOTS
#define STK_COUNT_DONE   (2u * STK_CTL_METRICS_SLOTS)
#define STK_COUNT_FAULT  (STK_COUNT_DONE + 1u)
#define STK_COUNT_WORDS  (STK_COUNT_DONE + 2u)
#define STK_COUNT_TURNS  64u /* turns between two additions of a busy group */
#define STK_COUNT_QUIET  16u /* turns without a slot after which a worker at a mailbox adds */

/* Places of these groups of words in the local memory of a worker. */
#define STK_SHARED_COUNT STK_USED_WORDS
#define STK_SHARED_POLL  (STK_SHARED_COUNT + STK_COUNT_WORDS)
#define STK_SHARED_TURN  (STK_SHARED_POLL + STK_POLL_WORDS)
#define STK_SHARED_HOLD  (STK_SHARED_TURN + 2u * STK_TURN_WORDS)
#define STK_SHARED_RANK  (STK_SHARED_HOLD + STK_HOLD_WORDS * STK_LANES)
#define STK_SHARED_LEASE (STK_SHARED_RANK + 1u) /* the lease word on entry */
#define STK_SHARED_WORDS (STK_SHARED_LEASE + 1u)

/* Empty turns after which every slot has been looked at since the doorbell was read. */
#define STK_EMPTY_TURNS_MAX(d) ((d)->slots / STK_LANES + 2u)

/* No mailbox. */
#define STK_NO_BOX 0xFFFFFFFFu

/* The state of one lane, beside that of the worker. */
struct stk_lane {
    stk_u32 seen;   /* four bits for each source: the status of the ready slot there, 0: none */
    stk_u32 kept;   /* the source whose slot the lane keeps */
    stk_u32 slot;   /* the slot that the lane keeps: a ready slot that it may claim */
    stk_u32 opcode; /* opcode of this slot */
    stk_u32 tenant; /* tenant of this slot */
    stk_u32 guard;  /* guard of this slot */
    stk_u32 spent;  /* units that this lane charged the tenant of its slot before the cost was known */
    stk_u32 held;   /* 1: this lane holds a slot for all lanes */
    stk_u32 box;    /* place of the mailbox for the slot that this lane claimed in STK_TURN_BOXES; STK_NO_BOX: none */
    stk_u32 holds;  /* lanes that hold a slot for all; the same number in all lanes */
    stk_u32 ran;    /* 1: the group ran a slot for all lanes in the last turn */
    stk_u32 runner; /* 1: this lane held that slot */
    stk_u32 status; /* status with which that slot ended */
    stk_u32 source; /* source chosen in this turn */
};

/// Looking ///

/* Returns how many lanes look: all, or one after many turns that found nothing. */
STK_FN stk_u32 stk_wide_lanes(const struct stk_dev *d, const struct stk_worker *w) {
    return w->empty_turns > STK_EMPTY_TURNS_MAX(d) ? 1u : (stk_u32)STK_LANES;
}

/* Returns 1 if the ring scan looks in this turn. */
STK_FN int stk_wide_ring_scan_due(const struct stk_dev *d, const struct stk_worker *w) {
    return (w->turns_since_scan >= STK_SCAN_EVERY) |
           ((w->empty_turns != 0u) &
            ((w->empty_turns <= STK_EMPTY_TURNS_MAX(d)) | (w->empty_turns % STK_IDLE_SCAN_EVERY == 0u)));
}

/* Returns the slot `lane` steps behind `at` among the slots [first, end), STK_NO_SLOT for a lane that would come round
 * to `at` again. This function and its callers select values instead of branching, since each branch makes a turn on
 * a GPU longer. */
STK_FN stk_u32 stk_wide_step(stk_u32 first, stk_u32 end, stk_u32 at, stk_u32 lane) {
    stk_u32 room = end - at, slot = lane < room ? at + lane : first + (lane - room);
    return ((at != STK_NO_SLOT) & (lane < end - first)) ? slot : STK_NO_SLOT;
}

/* Returns the slot that lane `lane` looks at on a source, or STK_NO_SLOT. */
STK_FN stk_u32 stk_wide_slot(const struct stk_dev *d, const struct stk_worker *w, stk_u32 source, stk_u32 lane) {
    if (source < STK_PRIORITIES) {
        return stk_wide_step(stk_worker_first(w, source), stk_worker_first(w, source + 1u),
                             stk_worker_cursor(w, source), lane);
    }
    return source == STK_SOURCE_HIGH_SCAN
               ? stk_wide_step(w->first[0], w->first[STK_WIRE_PRIORITY_NORMAL], w->high_scan_at, lane)
               : stk_wide_step(0u, d->slots, w->ring_scan_at, lane);
}

/* Returns 1 if the lanes look at a source in this turn. */
STK_FN int stk_wide_source_open(const struct stk_dev *d, const struct stk_worker *w, stk_u32 source) {
    return source == STK_SOURCE_RING_SCAN
               ? stk_wide_ring_scan_due(d, w)
               : (source < w->partitions) | ((source == STK_SOURCE_HIGH_SCAN) & (w->partitions > 1u));
}

/* Most units that a lane charges before the cost is known. The limit keeps the sum of all lanes from wrapping a
 * word. */
#define STK_LANE_SPENT_MAX (0x3FFFFFFFu / STK_LANES)

/* Returns the units that a slot of one lane costs beside those of its handler: its part of the turn, which the lanes
 * share. */
STK_FN stk_u32 stk_wide_turn_units(const struct stk_worker *w) {
    return w->turn_units / STK_LANES + 1u;
}

/* Takes one of the tenant's claims, and charges the tenant in advance for the most that a slot of this opcode may cost.
 * Without this charge all lanes could claim slots of one tenant before the first of them is charged. */
STK_FN int stk_wide_quota_take(const struct stk_worker *w, struct stk_lane *lane, STK_LOCAL stk_u32 *used) {
    int chunk = w->time_shares != 0u && lane->opcode > STK_OP_RESERVED_MAX && lane->opcode < STK_OP_SYSTEM_BIT;
    STK_LOCAL stk_u32 *spent = stk_spent_of(used, lane->tenant);
    lane->spent = !chunk ? stk_wide_turn_units(w) : w->budget < STK_LANE_SPENT_MAX ? w->budget : STK_LANE_SPENT_MAX;
    /* An op of one turn needs no luck among the lanes: the look has seen that its tenant may go on. */
    if ((stk_local_add(spent, lane->spent) < stk_time_share_units(used, lane->tenant) || !chunk) &&
        stk_quota_take(w, used, lane->tenant)) {
        return 1;
    }
    (void)stk_local_add(spent, 0u - lane->spent);
    lane->spent = 0;
    return 0;
}

/* Returns words of the device's own memory. A lane reads these words in place of a slot that the lane must not look at.
 * So all lanes make the load, and no branch is needed. With a branch, the compiler waits for the load in the branch. */
STK_FN STK_GLOBAL stk_u32 *stk_wide_nothing(const struct stk_dev *d) {
    return d->guards ? d->guards : d->ring;
}

/* Returns the index of control word `i` of those that a turn reads. */
STK_FN stk_u32 stk_wide_poll_word(stk_u32 i) {
    return i == STK_POLL_LEASE ? STK_CTL_LEASE : i == STK_POLL_DOORBELL ? STK_CTL_DOORBELL : i;
}

/* Loads this lane's first control word of the turn. */
STK_FN stk_u32 stk_wide_poll_begin(const struct stk_dev *d) {
    return stk_ld(STK_LANE < STK_POLL_WORDS ? d->control + stk_wide_poll_word(STK_LANE) : stk_wide_nothing(d));
}

/* Loads the status of this lane's first mailbox. */
STK_FN stk_u32 stk_wide_mail_begin(const struct stk_dev *d) {
    return stk_ld(STK_LANE < stk_mail_boxes(d) ? stk_mail_box(d, STK_LANE) : stk_wide_nothing(d));
}

/* Hands the control words of this turn to all lanes. `first` is what stk_wide_poll_begin returned. */
STK_FN void stk_wide_poll_end(const struct stk_dev *d, STK_LOCAL stk_u32 *poll, stk_u32 first) {
    stk_u32 i;
    if (STK_LANE < STK_POLL_WORDS) {
        poll[STK_LANE] = first;
    }
    for (i = STK_LANE + STK_LANES; i < STK_POLL_WORDS; i += STK_LANES) {
        poll[i] = stk_ld(d->control + stk_wide_poll_word(i));
    }
}

/* Bits of the partitions below HIGH, and of HIGH and above, in a word with a bit for each source. */
#define STK_READY_LOWER (((1u << STK_PRIORITIES) - 1u) & ~STK_READY_UPPER)
#define STK_READY_UPPER ((1u << STK_WIRE_PRIORITY_NORMAL) - 1u)

/* Returns the source to take from, STK_SOURCES for none, in the order of stk_find_order and stk_find_before_high_scan.
 * There is no loop, since each branch makes a turn on a GPU longer. `ready` has a bit for each source with a ready
 * slot. Each line overrules the lines above it. */
STK_FN stk_u32 stk_wide_choose(const struct stk_worker *w, stk_u32 ready) {
    stk_u32 ring_scan = ready & 1u << STK_SOURCE_RING_SCAN, high_scan = ready & 1u << STK_SOURCE_HIGH_SCAN, first;
    first = ready & (STK_READY_LOWER | 1u << STK_SOURCE_RING_SCAN);
    first = high_scan != 0u ? high_scan : first;
    first = (ready & STK_READY_UPPER) != 0u ? ready & STK_READY_UPPER : first;
    first = w->high_claims >= STK_STARVATION_LIMIT && (ready & STK_READY_LOWER) != 0u ? ready & STK_READY_LOWER : first;
    first = w->turns_since_scan >= STK_SCAN_EVERY && ring_scan != 0u ? ring_scan : first;
    return first != 0u ? stk_lowest_bit(first) : STK_SOURCES;
}

/* Returns the slot that this lane looks at on a source, or STK_NO_SLOT where it looks at none. */
STK_FN stk_u32 stk_wide_target(const struct stk_dev *d, const struct stk_worker *w, stk_u32 source, stk_u32 all) {
    stk_u32 slot = stk_wide_slot(d, w, source, STK_LANE);
    return ((STK_LANE < all) & stk_wide_source_open(d, w, source)) ? slot : STK_NO_SLOT;
}

/* Returns the guard of a slot; 0 where there is nothing to guard. */
STK_FN stk_u32 stk_wide_guard(const struct stk_dev *d, stk_u32 slot) {
    return slot != STK_NO_SLOT ? stk_guard(d, slot) : 0u;
}

/* Returns 1 if the lane is to look at the slot. */
STK_FN int stk_wide_looks(stk_u32 slot, stk_u32 guard) {
    return (slot != STK_NO_SLOT) & stk_guard_even(guard);
}

/* Returns the first words of a slot; any words where the lane is not to look at the slot. */
STK_FN struct stk_head stk_wide_head(const struct stk_dev *d, stk_u32 slot, stk_u32 guard) {
    stk_u32 at = slot != STK_NO_SLOT ? slot : 0u;
    return stk_ld_head(stk_wide_looks(slot, guard) ? stk_slot_of(d, at) : stk_wide_nothing(d));
}

/* Notes what this lane saw in one source, in lane->seen, *ready and *work. A slot for all lanes does not count as ready
 * while no worker waits for one, so that the slots behind it get their turn; *waits is set if there is such a slot. */
STK_FN void stk_wide_see(const struct stk_dev *d, const struct stk_worker *w, struct stk_lane *lane,
                         STK_LOCAL stk_u32 *used, stk_u32 source, int looks, struct stk_head head, stk_u32 *ready,
                         stk_u32 *work, stk_u32 *waits) {
    if (looks && stk_status_claimable(head.status) && (w->quotas == 0u || stk_quota_left(w, used, head.tenant))) {
        if (d->mail && w->room == 0u && stk_op_width(d, head.opcode) == STK_WIDE) {
            *waits = 1;
            return;
        }
        lane->seen |= head.status << (4u * source);
        *ready |= 1u << source;
        *work |= head.opcode != STK_OP_NOP ? 1u << source : 0u;
    }
}

/* The parts of a look, expanded for each source: a loop would keep the heads in an array, which would be memory. */
#define STK_EACH_SOURCE(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6)
#define STK_TWO_SOURCES(X) X(0) X(6)
#define STK_SOURCE_SLOT(i)                                                                                             \
    stk_u32 slot##i = stk_wide_target(d, w, i##u, all);                                                                \
    stk_u32 guard##i = 0;
#define STK_SOURCE_GUARD(i) guard##i = stk_wide_guard(d, slot##i);
#define STK_SOURCE_HEAD(i)  struct stk_head head##i = stk_wide_head(d, slot##i, guard##i);
#define STK_SOURCE_SEE(i)                                                                                              \
    stk_wide_see(d, w, lane, shared, i##u, stk_wide_looks(slot##i, guard##i), head##i, &ready, &work, &waits);
#define STK_SOURCE_KEEP(i)                                                                                             \
    lane->opcode = lane->kept == i##u ? head##i.opcode : lane->opcode;                                                 \
    lane->tenant = lane->kept == i##u ? head##i.tenant : lane->tenant;                                                 \
    lane->slot = lane->kept == i##u ? slot##i : lane->slot;                                                            \
    lane->guard = lane->kept == i##u ? guard##i : lane->guard;

/* The look of this lane: fills lane->seen, keeps the slot that this lane would choose, and tells the group. `before`
 * has the words of the turn before.
 *
 * All loads begin before the first loaded word is used, so that the loads overlap. The head of each source (the first
 * words of a slot) is a variable of its own. An array of heads would lie in memory, and each store into the array would
 * wait for its load. The guards are loaded before the heads, and only where other workers may hold a guard. A GPU
 * returns loads in their order. So the mailboxes, which are near, are loaded first, and the lanes count them while the
 * heads come over a bus. */
#define STK_WIDE_LOOK(EACH_SOURCE)                                                                                     \
    stk_u32 ready = 0, work = 0, waits = 0, all = stk_wide_lanes(d, w), poll, mail;                                    \
    EACH_SOURCE(STK_SOURCE_SLOT)                                                                                       \
    if (w->alone == 0u) {                                                                                              \
        EACH_SOURCE(STK_SOURCE_GUARD)                                                                                  \
    }                                                                                                                  \
    mail = stk_wide_mail_begin(d);                                                                                     \
    EACH_SOURCE(STK_SOURCE_HEAD)                                                                                       \
    poll = stk_wide_poll_begin(d);                                                                                     \
    stk_mail_look(d, mail, before + STK_TURN_GIVEN, now + STK_TURN_BOXES, now + STK_TURN_MAIL);                        \
    stk_wide_poll_end(d, shared + STK_SHARED_POLL, poll);                                                              \
    lane->seen = 0;                                                                                                    \
    EACH_SOURCE(STK_SOURCE_SEE)                                                                                        \
    if (waits != 0u) {                                                                                                 \
        now[STK_TURN_WAITS] = 1;                                                                                       \
    }                                                                                                                  \
    if (ready != 0u) {                                                                                                 \
        lane->kept = stk_wide_choose(w, ready);                                                                        \
        EACH_SOURCE(STK_SOURCE_KEEP)                                                                                   \
        stk_local_or(now + STK_TURN_READY, ready);                                                                     \
        if (work != 0u) {                                                                                              \
            stk_local_or(now + STK_TURN_WORK, work);                                                                   \
        }                                                                                                              \
    }

/* Looks at all sources of a ring with partitions. */
STK_FN void stk_wide_look_at_all(const struct stk_dev *d, const struct stk_worker *w, struct stk_lane *lane,
                                 STK_LOCAL stk_u32 *before, STK_LOCAL stk_u32 *shared, STK_LOCAL stk_u32 *now) {
    STK_WIDE_LOOK(STK_EACH_SOURCE)
}

#if STK_TILED
/* Looks at the two sources of a ring without partitions. A GPU takes the time of its instructions for a turn, so fewer
 * sources make a shorter turn. (PoCL 3.1's compiler crashes on the two functions.) */
STK_FN void stk_wide_look_at_two(const struct stk_dev *d, const struct stk_worker *w, struct stk_lane *lane,
                                 STK_LOCAL stk_u32 *before, STK_LOCAL stk_u32 *shared, STK_LOCAL stk_u32 *now) {
    STK_WIDE_LOOK(STK_TWO_SOURCES)
}
#endif

/* Does this lane's look, with as few sources as the ring needs. */
STK_FN void stk_wide_look(const struct stk_dev *d, const struct stk_worker *w, struct stk_lane *lane,
                          STK_LOCAL stk_u32 *before, STK_LOCAL stk_u32 *shared, STK_LOCAL stk_u32 *now) {
#if STK_TILED
    if (w->partitions == 1u) {
        stk_wide_look_at_two(d, w, lane, before, shared, now);
        return;
    }
#endif
    stk_wide_look_at_all(d, w, lane, before, shared, now);
}

/* Lane 0 of a worker at a mailbox: takes up the slot that lies there, as if this lane had claimed the slot. */
STK_FN void stk_wide_fetch(const struct stk_dev *d, struct stk_worker *w, struct stk_lane *lane,
                           STK_LOCAL stk_u32 *shared, STK_LOCAL stk_u32 *now) {
    STK_LOCAL stk_u32 *hold = shared + STK_SHARED_HOLD;
    STK_GLOBAL stk_u32 *box = stk_mail_box(d, w->box - 1u), *job = stk_mail_job(d, w->box - 1u);
    stk_u32 status = STK_MAIL_CLOSED;
    stk_u32 i = 0;
    if (w->box <= STK_MAIL_BOXES_MAX) {
        /* Whether the worker stays is settled before the look: a slot that is found after the answer "no" is its last
         * one. */
        w->stays = stk_mail_stays(d, w->turns);
        do {
            status = stk_mail_poll(box, w->stays);
            i++;
        } while (status == STK_MAIL_OPEN && i < STK_MAIL_LOOKS);
    }
    if (status == STK_MAIL_FULL) {
        hold[STK_HOLD_SLOT] = stk_ld(job + STK_JOB_SLOT);
        hold[STK_HOLD_OPCODE] = stk_ld(job + STK_JOB_OPCODE);
        hold[STK_HOLD_TENANT] = stk_ld(job + STK_JOB_TENANT);
        hold[STK_HOLD_COST] = 0;
        hold[STK_HOLD_FROM] = stk_ld(job + STK_JOB_FROM);
        hold[STK_HOLD_STEP] = stk_ld(job + STK_JOB_STEP);
        hold[STK_HOLD_GUARD] = stk_ld(job + STK_JOB_GUARD);
        stk_mail_taken(box, w->stays);
        lane->held = 1;
        now[STK_TURN_JOB] = 1;
    }
    now[STK_TURN_LEAVE] = status == STK_MAIL_CLOSED ? 1u : 0u;
}

/// Running ///

/* Returns how many mailboxes there are whose workers have a slot, as this turn's look saw them. */
STK_FN stk_u32 stk_wide_working(STK_LOCAL stk_u32 *now) {
    return now[STK_TURN_BUSY] + now[STK_TURN_FULL];
}

/* Finds a mailbox for a slot for all lanes before the slot is claimed. Returns 0 if the slot is to stay in the ring.
 * The slots that come first get the mailboxes: as many lanes as mailboxes have room take those of the list, waiting
 * workers first. Where no worker has come after a while the dispatcher runs the slots itself, one at a time, so that it
 * looks for workers in between. */
STK_FN int stk_wide_room(const struct stk_dev *d, const struct stk_worker *w, struct stk_lane *lane,
                         STK_LOCAL stk_u32 *now) {
    lane->box = STK_NO_BOX;
    if (!d->mail || stk_op_width(d, lane->opcode) != STK_WIDE) {
        return 1;
    }
    if (STK_LANE < now[STK_TURN_OPEN] + now[STK_TURN_BUSY]) {
        lane->box = stk_mail_place(stk_local_add(now + STK_TURN_TAKEN, 1u), now[STK_TURN_OPEN]);
        return 1;
    }
    if (w->deserted > STK_MAIL_GRACE && now[STK_TURN_OPEN] + stk_wide_working(now) == 0u &&
        stk_local_add(now + STK_TURN_TAKEN, 1u) == 0u) {
        return 1;
    }
    stk_local_max(now + STK_TURN_SKIP, STK_LANES - STK_LANE);
    return 0;
}

/* Returns the status of the slot that this lane saw in the chosen source; 0: the lane saw no ready slot there. If the
 * lane saw one, then this slot is the slot that the lane keeps: all lanes choose by the same order, so no source with a
 * ready slot comes before the chosen one. */
STK_FN stk_u32 stk_wide_seen(const struct stk_lane *lane) {
    return lane->source < STK_SOURCES ? lane->seen >> (4u * lane->source) & 15u : 0u;
}

/* Claims this lane's slot of the chosen source. Returns the slot or STK_NO_SLOT. Orders nothing.
 *
 * A worker that is alone takes its slots as it saw them. It needs no claim that others see for a NOP, since it ends a
 * NOP at once. For any other slot it still reads the guard, from the device's own memory. The custody word has to
 * change with each claim, in later launches too: otherwise the host takes a slot that was put back for a slot that no
 * worker has seen. */
STK_FN stk_u32 stk_wide_claim(const struct stk_dev *d, struct stk_worker *w, struct stk_lane *lane,
                              STK_LOCAL stk_u32 *shared, STK_LOCAL stk_u32 *now) {
    stk_u32 seen = stk_wide_seen(lane), slot;
    STK_GLOBAL stk_u32 *words;
    if (seen == 0u) {
        return STK_NO_SLOT;
    }
    slot = lane->slot;
    words = stk_slot_of(d, slot);
    stk_local_max(now + STK_TURN_LAST, STK_LANE + 1u);
    if (!stk_wide_room(d, w, lane, now) || (w->quotas != 0u && !stk_wide_quota_take(w, lane, shared))) {
        return STK_NO_SLOT;
    }
    w->resumed = seen == STK_SLOT_YIELD ? 1u : 0u;
    if (w->alone != 0u) {
        if (lane->opcode != STK_OP_NOP) {
            lane->guard = stk_ld(d->guards + slot);
            stk_st(d->guards + slot, lane->guard + 2u); /* the lane that ends the slot stores the same value */
            stk_store_claim(d, slot, lane->guard, words + STK_SLOT_STATUS, STK_SLOT_CLAIMED);
        }
        return slot;
    }
    if (stk_take(d, slot, lane->guard, words + STK_SLOT_STATUS, seen, STK_SLOT_CLAIMED)) {
        return slot;
    }
    (void)stk_local_add(stk_spent_of(shared, lane->tenant), 0u - lane->spent);
    return STK_NO_SLOT;
}

/* Returns 1 if the tenant may run slots: by this turn's look, or, where that says no, by the word as it is now. The
 * mask may have been set after the look at the mask and before the look at the slot. */
STK_FN int stk_wide_tenant_ok(const struct stk_dev *d, STK_LOCAL stk_u32 *poll, stk_u32 tenant) {
    return tenant < STK_CTL_TENANT_MASKS && (poll[STK_CTL_TENANT_MASK + tenant] != 0u || stk_tenant_ok(d, tenant));
}

/* Runs the slot that this lane claimed, or holds it for all lanes. Returns its new status; STK_MOVED if the handler has
 * set the status; STK_FOR_ALL if the slot is held. */
STK_FN stk_u32 stk_wide_run(struct stk_dev *d, struct stk_worker *w, struct stk_lane *lane, STK_LOCAL stk_u32 *shared,
                            STK_LOCAL stk_u32 *now, struct stk_call *c) {
    STK_LOCAL stk_u32 *hold = shared + STK_SHARED_HOLD + STK_HOLD_WORDS * STK_LANE, *spent;
    stk_u32 units, status;
    spent = stk_spent_of(shared, lane->tenant);
    /* The slot may have been cancelled and published again between look and claim. */
    if (w->alone == 0u) {
        lane->opcode = stk_ld(c->slot + STK_SLOT_OPCODE);
        lane->tenant = stk_ld(c->slot + STK_SLOT_TENANT);
    }
    if (stk_quota_of(shared, lane->tenant) != 0u) {
        (void)stk_local_add(shared + STK_SHARED_COUNT + lane->tenant, 1u);
    }
    status = stk_slot_run(d, w, c, lane->opcode, lane->tenant,
                          stk_wide_tenant_ok(d, shared + STK_SHARED_POLL, lane->tenant), &units);
    if (w->quotas != 0u) {
        (void)stk_local_add(spent, 0u - lane->spent);
        stk_spend(w, shared, lane->tenant, units + stk_wide_turn_units(w));
    }
    if (status == STK_FOR_ALL) {
        hold[STK_HOLD_SLOT] = c->index;
        hold[STK_HOLD_OPCODE] = lane->opcode;
        hold[STK_HOLD_TENANT] = lane->tenant;
        hold[STK_HOLD_COST] = units;
        hold[STK_HOLD_FROM] = c->from;
        hold[STK_HOLD_STEP] = c->step;
        hold[STK_HOLD_GUARD] = lane->guard;
    } else if (units != 0u) {
        stk_local_max(now + STK_TURN_COST, units);
    }
    (void)stk_local_add(now + STK_TURN_CLAIMS, 1u);
    return status;
}

/* Stores the results that the lanes added up. Earlier calls for the slot have left their part in the slot. */
STK_FN void stk_wide_store_sums(const struct stk_dev *d, STK_LOCAL stk_u32 *hold, STK_LOCAL stk_u32 *sums) {
    STK_GLOBAL stk_u32 *result = stk_slot_of(d, hold[STK_HOLD_SLOT]) + STK_SLOT_ARG0 + STK_RESULT_ARG;
    stk_u32 added = sums[STK_SUM_ADDED], xored = sums[STK_SUM_XORED], again = hold[STK_HOLD_FROM], i;
    for (i = 0; i + 1u < STK_SLOT_RESULTS; i++) {
        if ((added >> i & 1u) != 0u) {
            stk_u64 sum = (stk_u64)sums[i + 1u] << 32 | sums[i];
            sum += again != 0u ? (stk_u64)stk_ld(result + i + 1u) << 32 | stk_ld(result + i) : 0u;
            stk_st(result + i, (stk_u32)sum);
            stk_st(result + i + 1u, (stk_u32)(sum >> 32));
        }
    }
    for (i = 0; i < STK_SLOT_RESULTS; i++) {
        if ((xored >> i & 1u) != 0u) {
            stk_st(result + i, sums[i] ^ (again != 0u ? stk_ld(result + i) : 0u));
        }
    }
}

/* Ends a slot: stores its status, gives it back, and counts it. Results were stored before, and fenced. */
STK_FN void stk_wide_finish(const struct stk_dev *d, const struct stk_worker *w, STK_LOCAL stk_u32 *shared,
                            STK_LOCAL stk_u32 *now, stk_u32 slot, stk_u32 opcode, stk_u32 status, stk_u32 guard) {
    STK_LOCAL stk_u32 *counts = shared + STK_SHARED_COUNT;
    if (status != STK_MOVED) {
        stk_st(stk_slot_of(d, slot) + STK_SLOT_STATUS, status == STK_SLICED ? STK_SLOT_YIELD : status);
    }
    if (w->alone == 0u || opcode != STK_OP_NOP) {
        stk_let_go(d, slot, guard);
    }
    if (!stk_status_ended(status) && status != STK_SLICED) {
        return;
    }
    (void)stk_local_add(now + STK_TURN_OVER, 1u);
    if (status == STK_SLICED) {
        return;
    }
    (void)stk_local_add(counts + (status == STK_SLOT_DONE ? STK_COUNT_DONE : STK_COUNT_FAULT), 1u);
    if (opcode < STK_CTL_METRICS_SLOTS) {
        (void)stk_local_add(counts + STK_COUNT_METRIC + opcode, 1u);
    }
}

/* Adds the counts of the group to the control words, each count by one lane. Called between barriers that no lane
 * counts between. The control words lag while the group is busy and are exact when it is idle. */
STK_FN void stk_wide_flush(const struct stk_dev *d, struct stk_worker *w, STK_LOCAL stk_u32 *counts) {
    stk_u32 i;
    for (i = STK_LANE; i < STK_COUNT_WORDS; i += STK_LANES) {
        stk_u32 n = counts[i];
        if (n != 0u) {
            counts[i] = 0;
            stk_add(d->control + (i < STK_COUNT_DONE    ? STK_CTL_TENANT_FAIRNESS + i
                                  : i == STK_COUNT_DONE ? STK_CTL_DONE_COUNT
                                                        : STK_CTL_FAULT_COUNT),
                    n);
        }
    }
    stk_worker_flush(d, w); /* the partitions, which lane 0 counts */
}

/* Returns 1 if it is time to add the counts. A worker at a mailbox waits a few turns for the next slot first, since
 * additions of many workers to one word wait for one another. */
STK_FN int stk_wide_flush_due(const struct stk_worker *w, stk_u32 ended, stk_u32 turn) {
    int quiet = w->box == 0u ? ended == 0u : w->idle == STK_COUNT_QUIET;
    return quiet || turn % STK_COUNT_TURNS == 0u;
}

#if STK_TILED
/* Ends the slot that this lane saw, in a turn in which all lanes saw NOPs alone. These slots need no claim, since no
 * other worker can claim them and no tenant has a quota. Only kernels with tiles have this function: PoCL 3.1's
 * compiler crashes on the branch to it. */
STK_FN void stk_wide_end_nop(const struct stk_dev *d, const struct stk_worker *w, const struct stk_lane *lane,
                             STK_LOCAL stk_u32 *shared, STK_LOCAL stk_u32 *now) {
    stk_u32 status = STK_SLOT_DONE;
    if (!stk_wide_tenant_ok(d, shared + STK_SHARED_POLL, lane->tenant)) {
        struct stk_call c = stk_call_of(d, lane->slot);
        status = stk_refuse(&c, STK_REASON_TENANT, lane->tenant);
        STK_MEM_FENCE(); /* the reason is seen before the status */
    }
    /* The end comes first, since the host waits for the status. */
    stk_wide_finish(d, w, shared, now, lane->slot, STK_OP_NOP, status, 0u);
    stk_local_max(now + STK_TURN_LAST, STK_LANE + 1u);
    (void)stk_local_add(now + STK_TURN_CLAIMS, 1u);
    if (stk_quota_of(shared, lane->tenant) != 0u) {
        (void)stk_local_add(shared + STK_SHARED_COUNT + lane->tenant, 1u);
    }
}
#endif

/* Does the part of a turn in which each lane works on its own slot. A lane runs only the memory fences that its own
 * slot needs where STK_MEM_FENCE_OF_ONE is 1; elsewhere all lanes run the fences if `fenced` is not 0. `fenced` is not
 * 0 if the slot of some lane stores words for the host or reads words of the host. A NOP does neither: the lane read
 * the opcode of the NOP together with its status. */
STK_FN void stk_wide_work(struct stk_dev *d, struct stk_worker *w, struct stk_lane *lane, STK_LOCAL stk_u32 *shared,
                          STK_LOCAL stk_u32 *now, stk_u32 fenced, stk_u32 leave) {
    STK_LOCAL stk_u32 *hold = shared + STK_SHARED_HOLD + STK_HOLD_WORDS * STK_LANE;
    stk_u32 slot, status = STK_FOR_ALL;
#if STK_TILED
    if (fenced == 0u && w->quotas == 0u) {
        if (stk_wide_seen(lane) != 0u) {
            stk_wide_end_nop(d, w, lane, shared, now);
        }
        return;
    }
#endif
    if (lane->runner != 0u && lane->status != STK_SLOT_FAULT) {
        stk_wide_store_sums(d, hold, now + STK_TURN_SUMS);
    }
    slot = stk_wide_claim(d, w, lane, shared, now);
    /* One fence orders two things: the claims come before the reads of the claimed slots, and the stores of all lanes
     * for the last slot come before its status. */
#if STK_MEM_FENCE_OF_ONE
    if (lane->runner != 0u || (slot != STK_NO_SLOT && w->alone == 0u)) {
        STK_MEM_FENCE();
    } else if (slot != STK_NO_SLOT && lane->opcode != STK_OP_NOP) {
        STK_MEM_FENCE_DEVICE();
    }
#else
    if (fenced != 0u) {
        STK_MEM_FENCE();
    }
#endif
    if (lane->runner != 0u) {
        stk_wide_finish(d, w, shared, now, hold[STK_HOLD_SLOT], hold[STK_HOLD_OPCODE], lane->status,
                        hold[STK_HOLD_GUARD]);
        if (w->box != 0u) {
            stk_mail_done(stk_mail_box(d, w->box - 1u), w->stays, w->turns != 0u ? STK_MAIL_OPEN : STK_MAIL_CLOSED);
        }
    }
    if (slot != STK_NO_SLOT) {
        struct stk_call c = stk_call_of(d, slot);
        status = stk_wide_run(d, w, lane, shared, now, &c);
        lane->held = status == STK_FOR_ALL ? 1u : 0u;
        if (lane->held != 0u && lane->box != STK_NO_BOX) {
            stk_u32 box = now[STK_TURN_BOXES + lane->box];
            stk_mail_write(d, box, &c, lane->opcode, lane->tenant, lane->guard);
            now[STK_TURN_BOXES + lane->box] = box | STK_MAIL_TAKEN;
            stk_local_or(now + STK_TURN_GIVEN + box / 32u, 1u << (box % 32u));
            lane->held = 0;
        }
    }
    /* The host sees the results before the status, and a worker sees the words in a mailbox before its status. */
#if STK_MEM_FENCE_OF_ONE
    if (status != STK_FOR_ALL && (lane->opcode != STK_OP_NOP || status != STK_SLOT_DONE)) {
        STK_MEM_FENCE();
    }
#else
    if (fenced != 0u || status == STK_SLOT_FAULT) {
        STK_MEM_FENCE();
    }
#endif
    if (status != STK_FOR_ALL) {
        stk_wide_finish(d, w, shared, now, slot, lane->opcode, status, lane->guard);
    }
    if (leave != 0u && lane->held != 0u) {
        stk_give_back(d, hold[STK_HOLD_SLOT], hold[STK_HOLD_GUARD], hold[STK_HOLD_FROM]);
        lane->held = 0;
    }
    if (lane->held != 0u) {
        (void)stk_local_add(now + STK_TURN_HELD, 1u);
        stk_local_max(now + STK_TURN_FIRST, STK_LANES - STK_LANE);
    }
}

/// The turn ///

/* Moves the cursor of partition `p` on behind the first `lanes` slots there, of which `n` were claimed. */
STK_FN void stk_wide_move_cursor(const struct stk_dev *d, struct stk_worker *w, stk_u32 p, stk_u32 lanes, stk_u32 n) {
    /* Without a computed index, for which a GPU would choose among all words. */
    if (w->partitions == 1u) {
        stk_u32 at = w->cursor[0], room = d->slots - at;
        w->cursor[0] = lanes < room ? at + lanes : lanes - room;
    } else {
        stk_u32 first = stk_worker_first(w, p), at = stk_worker_cursor(w, p), room = stk_worker_first(w, p + 1u) - at;
        stk_worker_set_cursor(w, p, lanes < room ? at + lanes : first + (lanes - room));
        stk_find_count(d, w, p, n);
    }
}

/* All lanes: moves the search on behind the slots that this turn looked at. The words of the turn are read together,
 * since many reads of local memory that are under way together take as long as one. */
STK_FN void stk_wide_move(const struct stk_dev *d, struct stk_worker *w, const struct stk_lane *lane,
                          STK_LOCAL stk_u32 *used, STK_LOCAL stk_u32 *now, stk_u32 doorbell) {
    stk_u32 ready = now[STK_TURN_READY], skip = now[STK_TURN_SKIP], last = now[STK_TURN_LAST],
            claims = now[STK_TURN_CLAIMS], waits = now[STK_TURN_WAITS], open = now[STK_TURN_OPEN],
            busy = now[STK_TURN_BUSY], full = now[STK_TURN_FULL], taken = now[STK_TURN_TAKEN];
    stk_u32 all = stk_wide_lanes(d, w), due = stk_wide_ring_scan_due(d, w), scans_before = w->ring_scans;
    stk_u32 done = STK_LANES - skip; /* lanes before the first that left its slot */
    int scan_turn = w->turns_since_scan >= STK_SCAN_EVERY;
    if (lane->source < STK_SOURCES) {
        stk_u32 lanes = skip != 0u && done < last ? done : last;
        if (lane->source < w->partitions) {
            stk_wide_move_cursor(d, w, lane->source, lanes, claims);
        } else {
            stk_u32 slot = stk_wide_slot(d, w, lane->source, lanes != 0u ? lanes - 1u : 0u);
            stk_find_claimed(d, w, stk_find_partition_of(w, slot), slot, claims,
                             lanes != 0u && (lane->source != STK_SOURCE_RING_SCAN || !scan_turn));
        }
        all = skip != 0u && done < all ? done : all;
    }
    /* A scan that saw something ready and was not chosen looks there again. */
    if (w->partitions > 1u && (lane->source == STK_SOURCE_HIGH_SCAN || (ready >> STK_SOURCE_HIGH_SCAN & 1u) == 0u)) {
        stk_high_scan_advance(w, all);
    }
    if (due && (lane->source == STK_SOURCE_RING_SCAN || (ready >> STK_SOURCE_RING_SCAN & 1u) == 0u)) {
        stk_ring_scan_advance(d, w, all < d->slots ? all : d->slots);
        stk_quota_follow_scan(w, used, scans_before, ready == 0u && w->empty_turns >= STK_EMPTY_TURNS_MAX(d));
        w->turns = stk_time_shares_over(d, w, used, scans_before) ? 0u : w->turns;
    }
    w->turns_since_scan = scan_turn ? 0u : w->turns_since_scan;
    if (ready != 0u) {
        w->turns_since_scan++;
        w->empty_turns = 0;
    } else if (waits != 0u) {
        w->empty_turns = 0;
    } else {
        stk_find_nothing(d, w, doorbell);
    }
    /* Guesses for the next look whether a mailbox has room: that look comes before the mailboxes are counted again. */
    w->deserted = open + busy + full != 0u ? 0u : w->deserted + 1u;
    w->room = open + busy > taken || w->deserted > STK_MAIL_GRACE ? 1u : 0u;
}

/* Some lanes: put the slots of this turn into their mailboxes, after what each lane did for them. Where the worker of
 * a mailbox has left meanwhile, the slot goes back to the ring. */
STK_APART void stk_wide_hand_over(const struct stk_dev *d, STK_LOCAL stk_u32 *now) {
    stk_u32 k, open = now[STK_TURN_OPEN], room = open + now[STK_TURN_BUSY];
#if STK_MEM_FENCE_OF_ONE
    /* One fence for the claims and the words of all slots. The host sees both no later than the end of the slot, since
     * the worker makes a fence of the whole system before it stores the end. */
    STK_MEM_FENCE_DEVICE();
#endif
    for (k = STK_LANE; k < room; k += STK_MAIL_LANES) {
        stk_u32 box = now[STK_TURN_BOXES + stk_mail_place(k, open)];
        if ((box & STK_MAIL_TAKEN) != 0u) {
            box &= ~STK_MAIL_TAKEN;
            if (!stk_mail_put(stk_mail_box(d, box))) {
                STK_GLOBAL stk_u32 *job = stk_mail_job(d, box);
                stk_give_back(d, stk_ld(job + STK_JOB_SLOT), stk_ld(job + STK_JOB_GUARD), stk_ld(job + STK_JOB_FROM));
            }
        }
    }
}

/* Runs the slot that the first of the holding lanes holds. Called by all lanes. */
STK_FN void stk_wide_run_held(struct stk_dev *d, struct stk_worker *w, struct stk_lane *lane, STK_LOCAL stk_u32 *shared,
                              STK_LOCAL stk_u32 *now, STK_LOCAL stk_u32 *next) {
    stk_u32 first = STK_LANES - now[STK_TURN_FIRST];
    STK_LOCAL stk_u32 *hold = shared + STK_SHARED_HOLD + STK_HOLD_WORDS * first;
    struct stk_call c = stk_call_of(d, hold[STK_HOLD_SLOT]);
    c.from = hold[STK_HOLD_FROM];
    c.step = hold[STK_HOLD_STEP];
    c.sums = next + STK_TURN_SUMS;
    if (d->shared_out != 0u) {
        stk_worker_enter_tenant(d, w, hold[STK_HOLD_TENANT]);
    }
#if STK_TILED
    stk_tile_args(d, &c);
#endif
    stk_worker_charge(w, hold[STK_HOLD_COST]);
    lane->status = stk_op_run_wide(d, &c, hold[STK_HOLD_OPCODE]);
    lane->ran = 1;
    lane->runner = STK_LANE == first ? 1u : 0u;
    lane->held = STK_LANE == first ? 0u : lane->held;
}

/* Enters a worker: finds out whether it looks at the ring or has a mailbox. Called by all lanes, between barriers. */
STK_FN void stk_wide_enter(struct stk_dev *d, struct stk_worker *w, STK_LOCAL stk_u32 *shared, stk_u32 turns) {
    stk_u32 rank = shared[STK_SHARED_RANK];
    d->worker = d->mail ? rank : d->worker;
    if (rank == 0u) {
        stk_quotas_enter(d, shared);
    }
    /* All lanes have the same lease word, whenever the host changes it. */
    stk_worker_enter(d, w, turns, shared[STK_SHARED_LEASE]);
    w->box = rank;
    /* A worker at a mailbox does not search. It gets more turns, since a turn at a mailbox is short. */
    if (rank != 0u) {
        w->turns = turns < 0xFFFFFFFFu / STK_MAIL_PATIENCE ? turns * STK_MAIL_PATIENCE : 0xFFFFFFF0u;
        w->partitions = 1;
        w->quotas = 0;
        w->time_shares = 0;
        w->empty_turns = 0;
        w->turns_since_scan = 0;
        if (STK_LANE == 0u) {
            stk_mail_check_in(d, w);
        }
    }
}

/* Says why this worker leaves. Called by one lane. Workers with mailboxes are counted together, in one addition by the
 * last of them; the dispatcher tells the others to leave. */
STK_FN void stk_wide_leave(const struct stk_dev *d, const struct stk_worker *w, stk_u32 idle_turns) {
    stk_u32 why;
    if (w->box == 0u) {
        stk_find_leave(d, w);
    }
    if (!d->mail) {
        stk_worker_leave(d, w, idle_turns);
        return;
    }
    if (w->box == 0u) {
        stk_st(d->mail + STK_MAIL_STOP, w->idle < idle_turns ? STK_MAIL_STOP_LEASE : STK_MAIL_STOP_IDLE);
    }
    why = stk_mail_leave(d);
    if (why != 0u) {
        stk_add(d->control + (why == STK_MAIL_STOP_IDLE ? STK_CTL_IDLE_ENDS : STK_CTL_LEASE_ENDS), d->workers);
    }
}

/* Runs a worker from its entry to its exit. Called by every lane with the same arguments. Ends as the worker of one
 * lane does (loop.h). */
STK_FN void stk_worker_run(const struct stk_dev *dev, struct stk_worker *w, STK_LOCAL stk_u32 *shared, stk_u32 turns,
                           stk_u32 idle_turns) {
    struct stk_dev d = *dev;
    struct stk_lane lane = {0, STK_SOURCES, STK_NO_SLOT, 0, 0, 0, 0, 0, STK_NO_BOX, 0, 0, 0, 0, STK_SOURCES};
    stk_u32 turn, most, i;
    for (i = STK_LANE; i < STK_SHARED_WORDS; i += STK_LANES) {
        shared[i] = 0;
    }
    STK_BARRIER();
    if (STK_LANE == 0u) {
        shared[STK_SHARED_RANK] = d.mail ? stk_mail_enter(&d) : 0u;
        /* Only the dispatcher reads the lease: the others leave when it says stop. */
        if (shared[STK_SHARED_RANK] == 0u) {
            shared[STK_SHARED_LEASE] = stk_ld(d.control + STK_CTL_LEASE);
        }
    }
    STK_BARRIER();
    stk_wide_enter(&d, w, shared, turns);
    STK_BARRIER();
    if (w->box == 0u) {
        stk_find_enter(&d, w, shared);
    }
    /* A bound on the turns, in every case. A worker at a mailbox first ends the slot in hand and the next one, so it
     * gets 8 turns more; the greatest lease has no room for them in a word. */
    most = w->turns < 0xFFFFFFF0u ? w->turns + 8u : 0xFFFFFFFEu;
    for (turn = 0; turn <= most; turn++) {
        STK_LOCAL stk_u32 *now = shared + STK_SHARED_TURN + (turn & 1u) * STK_TURN_WORDS;
        STK_LOCAL stk_u32 *next = shared + STK_SHARED_TURN + (~turn & 1u) * STK_TURN_WORDS;
        STK_LOCAL stk_u32 *poll = shared + STK_SHARED_POLL;
        stk_u32 leave, fenced, doorbell, ready, work, job, shutdown, lease;
        stk_u32 taken, ended, held, cost, working;
        if (w->box != 0u) {
            if (STK_LANE == 0u && lane.ran == 0u) {
                stk_wide_fetch(&d, w, &lane, shared, now);
            }
        } else if (lane.holds == 0u) {
            stk_wide_look(&d, w, &lane, next, shared, now);
        } else {
            stk_wide_poll_end(&d, poll, stk_wide_poll_begin(&d));
        }
        STK_BARRIER(); /* shows what each lane saw, and what each lane stored for the slot that all ran */
        shutdown = poll[STK_POLL_SHUTDOWN];
        lease = poll[STK_POLL_LEASE];
        doorbell = poll[STK_POLL_DOORBELL];
        ready = now[STK_TURN_READY];
        work = now[STK_TURN_WORK];
        job = now[STK_TURN_JOB];
        leave = now[STK_TURN_LEAVE];
        leave = w->box != 0u ? leave : stk_worker_over(w, idle_turns, shutdown, lease) ? 1u : 0u;
        lane.source = leave == 0u && lane.holds == 0u ? stk_wide_choose(w, ready) : STK_SOURCES;
        fenced = w->alone == 0u || lane.ran != 0u || lane.holds != 0u || job != 0u ||
                         (lane.source != STK_SOURCES && (work >> lane.source & 1u) != 0u)
                     ? 1u
                     : 0u;
        if (lane.source != STK_SOURCES || lane.ran != 0u || lane.holds != 0u || job != 0u) {
            stk_wide_work(&d, w, &lane, shared, now, fenced, leave);
        }
        for (i = STK_LANE; i < STK_TURN_WORDS; i += STK_LANES) {
            next[i] = 0;
        }
        STK_BARRIER(); /* shows what each lane did */
        if (leave != 0u) {
            break;
        }
        taken = now[STK_TURN_TAKEN];
        ended = now[STK_TURN_OVER];
        held = now[STK_TURN_HELD];
        cost = now[STK_TURN_COST];
        working = stk_wide_working(now);
        if (taken != 0u && STK_LANE < STK_MAIL_LANES) {
            stk_wide_hand_over(&d, now);
        }
        if (stk_wide_flush_due(w, ended, turn)) {
            stk_wide_flush(&d, w, shared + STK_SHARED_COUNT);
        }
        stk_worker_tick(&d, w);
        if (w->box == 0u && lane.holds == 0u) {
            stk_wide_move(&d, w, &lane, shared, now, doorbell);
        }
        w->idle = ended + working != 0u ? 0u : w->idle + 1u;
        stk_worker_charge(w, cost);
        if (w->box == 0u && ended == 0u && lane.ran == 0u && held == 0u) {
            stk_worker_touch(&d, w);
        }
        lane.ran = 0;
        lane.runner = 0;
        lane.holds = held;
        if (lane.holds != 0u) {
            stk_wide_run_held(&d, w, &lane, shared, now, next);
            lane.holds--;
        }
    }
    stk_wide_flush(&d, w, shared + STK_SHARED_COUNT);
    if (w->box == 0u) {
        stk_quotas_leave(&d, shared);
    }
    STK_MEM_FENCE(); /* the counts are seen before the end */
    STK_BARRIER();
    if (STK_LANE == 0u) {
        stk_wide_leave(&d, w, idle_turns);
    }
}

#endif
#endif
