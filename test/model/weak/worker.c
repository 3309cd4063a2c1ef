/* Litmus programs of a worker of one lane, with the publisher, the harvester and the miss service of the host. Compiled
 * once with kernels as C11 (threads of the host, as in the interpreter) and once as on a device. */
#include "programs.h"

#include "loop.h"
#include "machine.h"
#include "stoker/publisher.h"

#if defined(WEAK_KERNEL_C11)
#define PROGRAMS   weak_worker_c11
#define TITLE(t)   t ", C11"
#define DEVICE(ts) 0u
#else
#define PROGRAMS   weak_worker_device
#define TITLE(t)   t ", device"
#define DEVICE(ts) (ts)
#endif

#define OPCODE 0x20001u
#define GIVEN  7u
#define LATER  9u
#define RESULT 8u

enum {
    RAN,
    ENDED,
    AGAIN
};

static int kind; /* of the memory; a constant of the program, set by its set-up */

/// A worker ///

/* Reads what the publisher wrote, and writes what the harvester reads. */
static stk_u32 run_once(const struct stk_dev *d, const struct stk_call *c) {
    weak_check(stk_arg(c, 0) == GIVEN);
    weak_check(weak_data_get(&machine.payload[0]) == GIVEN);
    weak_data_put(&machine.payload[0], RESULT);
    stk_result(c, 0, RESULT);
    (void)d;
    return STK_SLOT_DONE;
}

/* The same in two parts, each by the worker that claims the slot then. */
static stk_u32 run_in_parts(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 at = weak_data_get(&machine.payload[0]);
    weak_data_put(&machine.payload[0], at + 1u);
    stk_result(c, 0, stk_ld(c->slot + STK_SLOT_ARG0 + STK_RESULT_ARG) + 1u);
    weak_check(at == GIVEN || at == GIVEN + 1u);
    (void)d;
    return at == GIVEN ? STK_SLICED : STK_SLOT_DONE;
}

static const struct stk_user_op once[] = {{OPCODE, STK_SCALAR, run_once}, {OPCODE + 1u, STK_SCALAR, run_in_parts}};

static struct stk_dev device(void) {
    struct stk_dev d = {.ring = machine.ring,
                        .control = machine.control,
                        .io = machine.io,
                        .payload = (stk_u8 *)machine.payload,
                        .slots = 1,
                        .control_words = STK_CTL_WORDS_MIN,
                        .io_slots = 1,
                        .payload_bytes = sizeof machine.payload,
                        .workers = 2,
                        .user_ops = once,
                        .user_op_count = 2};
    d.guards = kind == BEHIND_BUS ? machine.guards : NULL;
    return d;
}

/* Enters, and takes up to `turns` times what is in slot 0. Returns true if the last turn claimed. */
static bool work(unsigned turns) {
    struct stk_dev d = device();
    struct stk_worker w;
    stk_u32 used[STK_SHARED_WORDS] = {0};
    bool claimed = false;
    stk_worker_enter(&d, &w, 1000, stk_ld(d.control + STK_CTL_LEASE));
    w.quotas = 0;
    for (unsigned i = 0; i < turns; i++) {
        claimed = stk_claim(&d, &w, used, 0) == STK_CLAIM;
        if (claimed) {
            w.partitions = 1;
            w.first[0] = 0;
            w.first[1] = 1;
            w.cursor[0] = 0;
            stk_worker_take(&d, &w, used, 0);
        }
    }
    return claimed;
}

static void worker(void) {
    weak_await(work(1));
}

/// Publisher and harvester ///

static struct stk_publisher publisher(void) {
    struct stk_publisher p;
    struct stk_ring ring = machine_ring(1);
    struct stk_control control = machine_control();
    weak_check(stk_publisher_init(&p, &ring, &control) == STK_OK);
    return p;
}

/* A publisher that tries once: later tries do the same. */
static void publish(uint32_t value, unsigned goal) {
    struct stk_publisher p = publisher();
    struct stk_work item = {.opcode = OPCODE, .nargs = 1, .args = &value};
    weak_await(stk_publisher_publish(&p, &item, NULL) >= 0);
    weak_goal(goal);
}

static void publish_first(void) {
    weak_data_put(&machine.payload[0], GIVEN);
    publish(GIVEN, RAN);
}

static void publish_later(void) {
    weak_await(stk_load(machine.control + STK_CTL_PUBLISH_TAIL) == 1u);
    publish(LATER, AGAIN);
}

static void harvest(void) {
    struct stk_publisher p = publisher();
    struct stk_slot out;
    weak_await(stk_publisher_harvest(&p, &out, NULL) == (int)STK_SLOT_DONE);
    weak_check(out.args[STK_RESULT_ARG] == RESULT && out.args[0] == GIVEN);
    weak_check(weak_data_get(&machine.payload[0]) == RESULT);
    weak_goal(ENDED);
}

static void share_slot(void) {
    weak_share(status_of(0), 1);
    weak_share_owned(arg_of(0, 0), 1);
    weak_share_owned(arg_of(0, STK_RESULT_ARG), 1);
    weak_share(&machine.payload[0], 1);
    if (kind != PLAIN_RING) {
        weak_share(custody_of(0), 1);
    }
    if (kind == BEHIND_BUS) {
        weak_share(&machine.guards[0], 1);
    }
}

static void share_tickets(void) {
    weak_share(machine.control + STK_CTL_PUBLISH_TAIL, 1);
    weak_share(machine.control + STK_CTL_HARVEST_HEAD, 1);
}

static void set_up(int of_kind) {
    kind = of_kind;
    machine_reset(kind);
    STK_SLOT_AT(machine.ring, 0)[STK_SLOT_OPCODE] = OPCODE; /* this word is not shared */
}

static void set_up_plain(void) {
    set_up(PLAIN_RING);
    share_slot();
    share_tickets();
}

static void set_up_custody(void) {
    set_up(WITH_CUSTODY);
    share_slot();
    share_tickets();
}

static void set_up_bus(void) {
    set_up(BEHIND_BUS);
    share_slot();
    share_tickets();
}

/* A slot that is published and has its words. */
static void put_work(uint32_t opcode) {
    *status_of(0) = STK_SLOT_PUBLISHED;
    STK_SLOT_AT(machine.ring, 0)[STK_SLOT_OPCODE] = opcode;
    *arg_of(0, 0) = GIVEN;
    machine.payload[0] = GIVEN;
    machine.control[STK_CTL_PUBLISH_TAIL] = 1;
}

static void set_up_parts(int of_kind) {
    set_up(of_kind);
    put_work(OPCODE + 1u);
    share_slot();
}

static void set_up_parts_plain(void) {
    set_up_parts(PLAIN_RING);
}

static void set_up_parts_custody(void) {
    set_up_parts(WITH_CUSTODY);
}

static void set_up_parts_bus(void) {
    set_up_parts(BEHIND_BUS);
}

static void part_worker(void) {
    if (work(1)) {
        weak_goal(RAN);
    }
}

static void part_reader(void) {
    weak_await(stk_load_acquire(status_of(0)) == STK_SLOT_DONE);
    weak_check(stk_load(arg_of(0, STK_RESULT_ARG)) == 2u && weak_data_get(&machine.payload[0]) == GIVEN + 2u);
    weak_goal(ENDED);
}

#define HOST_ONE(list) list

const struct weak_program PROGRAMS[] = {
    {TITLE("tickets"), set_up_plain, {publish_first, worker, harvest}, NULL, WEAK_FORBIDDEN, DEVICE(2u), 3u},
    {TITLE("tickets with custody"),
     set_up_custody,
     {publish_first, worker, harvest},
     NULL,
     WEAK_FORBIDDEN,
     DEVICE(2u),
     3u},
    {TITLE("tickets behind a bus"), set_up_bus, {publish_first, worker, harvest}, NULL, WEAK_FORBIDDEN, DEVICE(2u), 3u},
    {TITLE("tickets, the slot again"),
     set_up_plain,
     {publish_first, worker, harvest, publish_later},
     NULL,
     WEAK_FORBIDDEN,
     DEVICE(2u),
     7u},
    {TITLE("parts"), set_up_parts_plain, {part_worker, part_worker, part_reader}, NULL, WEAK_FORBIDDEN, DEVICE(3u), 3u},
    {TITLE("parts with custody"),
     set_up_parts_custody,
     {part_worker, part_worker, part_reader},
     NULL,
     WEAK_FORBIDDEN,
     DEVICE(3u),
     3u},
    {TITLE("parts behind a bus"),
     set_up_parts_bus,
     {part_worker, part_worker, part_reader},
     NULL,
     WEAK_FORBIDDEN,
     DEVICE(3u),
     3u},
    {0},
};
