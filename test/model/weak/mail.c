/* Litmus programs of workers of several lanes with mailboxes: the whole life of a worker, stk_worker_run, with a lease
 * of a few turns. Each thread is one lane of a group. Compiled once where each lane makes its own fences, and once
 * where one lane makes them for all. */
#include "programs.h"

#include <stdint.h>

/* Lane 0 does the part of lane 1 at a barrier: it clears every second word. */
static void clear_for_lane_1(uint32_t *shared);
#define STK_BARRIER() clear_for_lane_1(shared)

#include "mail.h"

/* A worker at a mailbox has as many turns as the others, so that executions stay small. */
#undef STK_MAIL_PATIENCE
#define STK_MAIL_PATIENCE 1u

#include "loop_wide.h"
#include "machine.h"
#include "ring/custody.h"

#if defined(WEAK_KERNEL_ONE)
#define PROGRAMS weak_mail_one
#define TITLE(t) t ", one fence for all"
#else
#define PROGRAMS weak_mail_device
#define TITLE(t) t ", a fence of each"
#endif

#define OPCODE 0x20001u
#define GIVEN  7u
#define RESULT 8u

enum {
    RAN,
    ENDED
};

static int kind; /* kind of the memory; a constant of the program, which its set-up sets */

static stk_u32 run_wide(const struct stk_dev *d, const struct stk_call *c) {
    weak_check(stk_arg(c, 0) == GIVEN);
    weak_check(weak_data_get(&machine.payload[0]) == GIVEN);
    weak_data_put(&machine.payload[0], RESULT);
    if (d->worker != 0u) {
        weak_goal(RAN); /* at a mailbox */
    }
    return STK_SLOT_DONE;
}

/* A slot of one lane, which the group that looks runs itself. */
static stk_u32 run_scalar(const struct stk_dev *d, const struct stk_call *c) {
    weak_goal(RAN);
    (void)d;
    weak_check(stk_arg(c, 0) == GIVEN);
    weak_check(weak_data_get(&machine.payload[0]) == GIVEN);
    weak_data_put(&machine.payload[0], RESULT);
    return STK_SLOT_DONE;
}

/* One of two slots: each has a part of the payload. */
static stk_u32 run_one_of_two(const struct stk_dev *d, const struct stk_call *c) {
    weak_check(weak_data_get(&machine.payload[c->index]) == GIVEN);
    weak_data_put(&machine.payload[c->index], RESULT);
    if (d->worker != 0u && c->index == 1u) {
        weak_goal(RAN);
    }
    return STK_SLOT_DONE;
}

#define SCALAR_OPCODE     (OPCODE + 1u)
#define ONE_OF_TWO_OPCODE (OPCODE + 2u)

static const struct stk_user_op ops[] = {{OPCODE, STK_WIDE, run_wide},
                                         {SCALAR_OPCODE, STK_SCALAR, run_scalar},
                                         {ONE_OF_TWO_OPCODE, STK_WIDE, run_one_of_two}};

/* Barriers that the group has passed: two and one when it enters, and two in each turn. */
static unsigned barriers;

static void clear_odd(uint32_t *words, unsigned count, unsigned from) {
    for (unsigned i = from; i < count; i += STK_LANES) {
        words[i] = 0;
    }
}

static void clear_for_lane_1(uint32_t *shared) {
    unsigned turn = (barriers - 3u) / 2u;
    if (barriers == 0u) {
        clear_odd(shared, STK_SHARED_WORDS, 1u);
    } else if (barriers > 3u && barriers % 2u == 0u) {
        clear_odd(shared + STK_SHARED_TURN + (~turn & 1u) * STK_TURN_WORDS, STK_TURN_WORDS, 1u);
    }
    barriers++;
}

static bool has_mail; /* set by the set-up of each litmus program and not changed later, like `kind` */

static void group(stk_u32 slots, stk_u32 turns, stk_u32 idle_turns) {
    struct stk_dev d = {.ring = machine.ring,
                        .control = machine.control,
                        .payload = (stk_u8 *)machine.payload,
                        .mail = has_mail ? machine.mail : NULL,
                        .limits = machine.limits,
                        .slots = slots,
                        .control_words = STK_CTL_WORDS_MIN,
                        .payload_bytes = sizeof machine.payload,
                        .workers = 2,
                        .user_ops = ops,
                        .user_op_count = 3};
    struct stk_worker w;
    stk_u32 shared[STK_SHARED_WORDS];
    memset(&w, 0, sizeof w);
    barriers = 0;
    d.guards = kind == BEHIND_BUS ? machine.guards : NULL;
    stk_worker_run(&d, &w, shared, turns, idle_turns);
}

static void group_of_one_slot(void) {
    group(1, 3, 1000);
}

static void group_of_two_slots(void) {
    group(2, 6, 1000);
}

static void group_of_two_turns(void) {
    group(1, 2, 1000);
}

static void group_that_leaves(void) {
    group(1, 1, 0);
}

/* Once a worker has left, its counts are exact. */
static void counter(void) {
    weak_await(stk_worker_ends(machine.control) == 1u);
    weak_check(stk_load(machine.control + STK_CTL_DONE_COUNT) == 1u);
    weak_goal(ENDED);
}

/* The last group to leave made the mailboxes ready for the next launch, and says why the launch ended. */
static void ready_again(void) {
    weak_check(weak_last(machine.mail + STK_MAIL_ARRIVED) == 0u && weak_last(machine.mail + STK_MAIL_LEFT) == 0u);
    weak_check(weak_last(machine.mail + STK_MAIL_STOP) == 0u);
    weak_check(weak_last(machine.mail + STK_MAIL_BOXES) == STK_MAIL_ABSENT);
    weak_check(weak_last(machine.control + STK_CTL_IDLE_ENDS) == 2u);
    weak_goal(ENDED);
}

static void publish(void) {
    weak_data_put(&machine.payload[0], GIVEN);
    stk_store(arg_of(0, 0), GIVEN);
    stk_store_release(status_of(0), STK_SLOT_PUBLISHED);
}

static void look(void) {
    weak_await(stk_load_acquire(status_of(0)) == STK_SLOT_DONE);
    weak_check(weak_data_get(&machine.payload[0]) == RESULT);
    weak_goal(ENDED);
}

static void lay_out(int of_kind, stk_u32 opcode) {
    kind = of_kind;
    has_mail = true;
    machine_reset(kind);
    for (uint32_t i = 0; i < SLOTS; i++) { /* words that are not shared */
        STK_SLOT_AT(machine.ring, i)[STK_SLOT_OPCODE] = opcode;
    }
    machine.mail[STK_MAIL_JOB(0) + STK_JOB_OPCODE] = opcode;
    machine.mail[STK_MAIL_JOB(0) + STK_JOB_STEP] = UINT32_MAX;
    machine.limits[STK_LIMIT_BUDGET] = machine.limits[STK_LIMIT_WHOLE] = 1000000;
    machine.limits[STK_LIMIT_TURN] = machine.limits[STK_LIMIT_LANE] = 1000;
    machine.limits[STK_LIMIT_TERMS] = machine.control[STK_CTL_NO_SHARED_ATOMICS];
    weak_share(machine.mail + STK_MAIL_ARRIVED, 1);
    weak_share(machine.mail + STK_MAIL_BOXES, 1);
}

static void set_up(int of_kind, stk_u32 opcode) {
    lay_out(of_kind, opcode);
    weak_share(status_of(0), 1);
    weak_share_owned(arg_of(0, 0), 1);
    weak_share(&machine.payload[0], 1);
    weak_share_owned(machine.mail + STK_MAIL_JOB(0) + STK_JOB_SLOT, 1);
}

static void set_up_custody(void) {
    set_up(WITH_CUSTODY, OPCODE);
}

static void set_up_bus(void) {
    set_up(BEHIND_BUS, OPCODE);
}

static void set_up_scalar_custody(void) {
    set_up(WITH_CUSTODY, SCALAR_OPCODE);
}

static void set_up_scalar_bus(void) {
    set_up(BEHIND_BUS, SCALAR_OPCODE);
}

static void set_up_two_slots(void) {
    lay_out(BEHIND_BUS, ONE_OF_TWO_OPCODE);
    for (uint32_t i = 0; i < SLOTS; i++) {
        *status_of(i) = STK_SLOT_PUBLISHED;
        machine.payload[i] = GIVEN;
        weak_share(&machine.payload[i], 1);
    }
    weak_share_owned(machine.mail + STK_MAIL_JOB(0) + STK_JOB_SLOT, 1);
}

static void set_up_counts(void) {
    lay_out(BEHIND_BUS, SCALAR_OPCODE);
    has_mail = false;
    *status_of(0) = STK_SLOT_PUBLISHED;
    *arg_of(0, 0) = machine.payload[0] = GIVEN;
    weak_share(status_of(0), 1);
    weak_share(machine.control + STK_CTL_DONE_COUNT, 1);
    weak_share(machine.control + STK_CTL_LEASE_ENDS, 1);
}

static void set_up_leaving(void) {
    lay_out(BEHIND_BUS, OPCODE);
    weak_share(machine.mail + STK_MAIL_LEFT, 1);
    weak_share(machine.mail + STK_MAIL_STOP, 1);
    weak_share(machine.control + STK_CTL_IDLE_ENDS, 1);
}

const struct weak_program PROGRAMS[] = {
    PROGRAM(TITLE("mail"), set_up_custody, 3u, 3u, group_of_one_slot, group_of_one_slot, publish, look),
    PROGRAM(TITLE("mail behind a bus"), set_up_bus, 3u, 3u, group_of_one_slot, group_of_one_slot, publish, look),
    PROGRAM(TITLE("slot of one lane"), set_up_scalar_custody, 1u, 3u, group_of_one_slot, publish, look),
    PROGRAM(TITLE("slot of one lane, behind a bus"), set_up_scalar_bus, 1u, 3u, group_of_one_slot, publish, look),
    PROGRAM(TITLE("mail, one slot behind the other"), set_up_two_slots, 3u, 1u << RAN, group_of_two_slots,
            group_of_two_slots),
    PROGRAM_TO_END(TITLE("mail, all leave"), set_up_leaving, 3u, 1u << ENDED, ready_again, group_that_leaves,
                   group_that_leaves),
    PROGRAM_AT_ONCE(TITLE("counts of a group that left"), set_up_counts, 1u, 3u, group_of_two_turns, counter),
    {0},
};
