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

static int kind; /* of the memory; a constant of the program, set by its set-up */

static stk_u32 run_wide(const struct stk_dev *d, const struct stk_call *c) {
    weak_check(stk_arg(c, 0) == GIVEN);
    weak_check(weak_data_get(&machine.payload[0]) == GIVEN);
    weak_data_put(&machine.payload[0], RESULT);
    if (d->worker != 0u) {
        weak_goal(RAN); /* at a mailbox */
    }
    return STK_SLOT_DONE;
}

static const struct stk_user_op ops[] = {{OPCODE, STK_WIDE, run_wide}};

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

static void group(stk_u32 turns) {
    struct stk_dev d = {.ring = machine.ring,
                        .control = machine.control,
                        .payload = (stk_u8 *)machine.payload,
                        .mail = machine.mail,
                        .limits = machine.limits,
                        .slots = 1,
                        .control_words = STK_CTL_WORDS_MIN,
                        .payload_bytes = sizeof machine.payload,
                        .workers = 2,
                        .user_ops = ops,
                        .user_op_count = 1};
    struct stk_worker w;
    stk_u32 shared[STK_SHARED_WORDS];
    memset(&w, 0, sizeof w);
    barriers = 0;
    d.guards = kind == BEHIND_BUS ? machine.guards : NULL;
    stk_worker_run(&d, &w, shared, turns, 1000);
}

static void group_of_turns(void) {
    group(3);
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

static void set_up(int of_kind) {
    kind = of_kind;
    machine_reset(kind);
    STK_SLOT_AT(machine.ring, 0)[STK_SLOT_OPCODE] = OPCODE;
    machine.mail[STK_MAIL_JOB(0) + STK_JOB_OPCODE] = OPCODE; /* words that are not shared */
    machine.mail[STK_MAIL_JOB(0) + STK_JOB_STEP] = UINT32_MAX;
    machine.limits[STK_LIMIT_BUDGET] = machine.limits[STK_LIMIT_WHOLE] = 1000000;
    machine.limits[STK_LIMIT_TURN] = machine.limits[STK_LIMIT_LANE] = 1000;
    machine.limits[STK_LIMIT_TERMS] = machine.control[STK_CTL_NO_SHARED_ATOMICS];
    weak_share(status_of(0), 1);
    weak_share_owned(arg_of(0, 0), 1);
    weak_share(&machine.payload[0], 1);
    weak_share(machine.mail + STK_MAIL_ARRIVED, 1);
    weak_share(machine.mail + STK_MAIL_BOXES, 1);
    weak_share_owned(machine.mail + STK_MAIL_JOB(0) + STK_JOB_SLOT, 1);
}

static void set_up_custody(void) {
    set_up(WITH_CUSTODY);
}

static void set_up_bus(void) {
    set_up(BEHIND_BUS);
}

const struct weak_program PROGRAMS[] = {
    {TITLE("mail"), set_up_custody, {group_of_turns, group_of_turns, publish, look}, NULL, WEAK_FORBIDDEN, 3u, 3u},
    {TITLE("mail behind a bus"),
     set_up_bus,
     {group_of_turns, group_of_turns, publish, look},
     NULL,
     WEAK_FORBIDDEN,
     3u,
     3u},
    {0},
};
