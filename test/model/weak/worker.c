/* Litmus programs of a worker of one lane, with the publisher, the harvester and the fetch service of the host.
 * Compiled once with kernels as C11 (threads of the host, as in the interpreter) and once as on a device. */
#include "programs.h"

#include "loop.h"
#include "machine.h"
#include "ring/custody.h"
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

static int kind; /* kind of the memory; a constant of the program, which its set-up sets */

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

/* The handler runs in two parts. Each part runs on the worker that claims the slot then. */
static stk_u32 run_in_parts(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 at = weak_data_get(&machine.payload[0]);
    weak_data_put(&machine.payload[0], at + 1u);
    stk_result(c, 0, stk_ld(c->slot + STK_SLOT_ARG0 + STK_RESULT_ARG) + 1u);
    weak_check(at == GIVEN || at == GIVEN + 1u);
    (void)d;
    return at == GIVEN ? STK_SLICED : STK_SLOT_DONE;
}

/* The words may have any values here: a tenant may have made a worker run the slot. */
static stk_u32 run_any(const struct stk_dev *d, const struct stk_call *c) {
    stk_result(c, 0, stk_arg(c, 0));
    (void)d;
    return STK_SLOT_DONE;
}

#define PARTS_OPCODE (OPCODE + 1u)
#define ANY_OPCODE   (OPCODE + 2u)

static const struct stk_user_op ops[] = {
    {OPCODE, STK_SCALAR, run_once}, {PARTS_OPCODE, STK_SCALAR, run_in_parts}, {ANY_OPCODE, STK_SCALAR, run_any}};

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
                        .user_ops = ops,
                        .user_op_count = 3};
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
    put_work(PARTS_OPCODE);
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

/* One of several workers that look at one slot: a single one runs the slot, once. */
static void claimer(void) {
    if (work(1)) {
        weak_goal(RAN);
    }
}

static void once_reader(void) {
    weak_await(stk_load_acquire(status_of(0)) == STK_SLOT_DONE);
    weak_check(stk_load(arg_of(0, STK_RESULT_ARG)) == RESULT);
    weak_goal(ENDED);
}

static void set_up_once(int of_kind) {
    set_up(of_kind);
    put_work(OPCODE);
    share_slot();
}

static void set_up_once_plain(void) {
    set_up_once(PLAIN_RING);
}

static void set_up_once_custody(void) {
    set_up_once(WITH_CUSTODY);
}

static void set_up_once_bus(void) {
    set_up_once(BEHIND_BUS);
}

/* A whole worker, with a lease of one turn. */
static void leaver(void) {
    struct stk_dev d = device();
    struct stk_worker w;
    stk_u32 shared[STK_SHARED_WORDS];
    stk_worker_run(&d, &w, shared, 1, 1000);
}

/* Once a worker has left, its counts are exact. */
static void counter(void) {
    weak_await(stk_worker_ends(machine.control) == 1u);
    weak_check(stk_load(machine.control + STK_CTL_DONE_COUNT) == 1u);
    weak_goal(ENDED);
}

static void set_up_counts(void) {
    set_up(PLAIN_RING);
    put_work(OPCODE);
    weak_share(machine.control + STK_CTL_DONE_COUNT, 1);
    weak_share(machine.control + STK_CTL_LEASE_ENDS, 1);
}

/// Statuses that a tenant makes up ///

static void forge_end(void) {
    stk_store(status_of(0), STK_SLOT_DONE);
}

static void forge_claim(void) {
    stk_store(status_of(0), STK_SLOT_CLAIMED);
}

static void forge_work(void) {
    stk_store(status_of(0), STK_SLOT_PUBLISHED);
    stk_store(status_of(0), STK_SLOT_DONE);
}

/* The value that the last worker of the slot left there, or no value, if the tenant ended its own ticket. */
static void harvest_forged(void) {
    struct stk_publisher p = publisher();
    struct stk_slot out;
    weak_await(stk_publisher_harvest(&p, &out, NULL) == (int)STK_SLOT_DONE);
    weak_check(out.args[0] == GIVEN);
    weak_goal(ENDED);
}

/* Gives back the slot to which the tenant has stored after its harvest. No ticket is pending. */
static void give_back(void) {
    struct stk_publisher p = publisher();
    struct stk_slot out;
    weak_await(stk_publisher_harvest(&p, &out, NULL) == STK_E_WOULD_BLOCK);
}

static void publish_second(void) {
    publish(LATER, AGAIN);
}

/* Steps over the ticket of a slot that is in nobody's hand. */
static void repair(void) {
    struct stk_publisher p = publisher();
    weak_await(stk_publisher_repair(&p, 0) == STK_OK);
    stk_store(arg_of(0, 0), LATER); /* the next publisher, which has the slot now */
    weak_goal(ENDED);
}

static void share_forged(uint32_t head) {
    set_up(WITH_CUSTODY);
    put_work(ANY_OPCODE);
    machine.control[STK_CTL_HARVEST_HEAD] = head;
    share_slot();
    share_tickets();
}

static void set_up_forged(void) {
    share_forged(0);
}

#if defined(WEAK_KERNEL_C11)
static void set_up_held_behind_bus(void) {
    set_up_once(BEHIND_BUS);
    share_tickets();
}
#endif

static void set_up_left_over(void) {
    share_forged(1);
}

/* Cancels the slot and publishes it anew: a worker that looked before finds the same status, and other words. */
static void renew(void) {
    struct stk_ring ring = machine_ring(1);
    const uint32_t arg = GIVEN;
    struct stk_work item = {.opcode = OPCODE, .nargs = 1, .args = &arg};
    weak_await(stk_ring_transition(&ring, 0, STK_TO_CANCEL) >= 0);
    weak_goal(AGAIN);
    weak_data_put(&machine.payload[0], GIVEN);
    weak_check(stk_ring_publish(&ring, 0, &item) == STK_OK);
}

const struct weak_program PROGRAMS[] = {
    PROGRAM(TITLE("tickets"), set_up_plain, DEVICE(2u), 3u, publish_first, worker, harvest),
    PROGRAM(TITLE("tickets with custody"), set_up_custody, DEVICE(2u), 3u, publish_first, worker, harvest),
    PROGRAM(TITLE("tickets behind a bus"), set_up_bus, DEVICE(2u), 3u, publish_first, worker, harvest),
    PROGRAM(TITLE("tickets, the slot again"), set_up_plain, DEVICE(2u), 7u, publish_first, worker, harvest,
            publish_later),
    PROGRAM(TITLE("parts"), set_up_parts_plain, DEVICE(3u), 3u, part_worker, part_worker, part_reader),
    PROGRAM(TITLE("parts with custody"), set_up_parts_custody, DEVICE(3u), 3u, part_worker, part_worker, part_reader),
    PROGRAM(TITLE("parts behind a bus"), set_up_parts_bus, DEVICE(3u), 3u, part_worker, part_worker, part_reader),
    PROGRAM(TITLE("one of two"), set_up_once_plain, DEVICE(3u), 3u, claimer, claimer, once_reader),
    PROGRAM(TITLE("one of two with custody"), set_up_once_custody, DEVICE(3u), 3u, claimer, claimer, once_reader),
    PROGRAM(TITLE("one of two behind a bus"), set_up_once_bus, DEVICE(3u), 3u, claimer, claimer, once_reader),
    PROGRAM(TITLE("published anew"), set_up_once_plain, DEVICE(1u), 6u, worker, renew, once_reader),
    PROGRAM(TITLE("published anew with custody"), set_up_once_custody, DEVICE(1u), 6u, worker, renew, once_reader),
    PROGRAM(TITLE("counts of a worker that left"), set_up_counts, DEVICE(1u), 1u << ENDED, leaver, counter),
    PROGRAM(TITLE("repair"), set_up_forged, DEVICE(1u), 0, worker, repair),
    PROGRAM_AT_ONCE(TITLE("repair of a forged claim"), set_up_forged, DEVICE(3u), 1u << ENDED, worker, forge_claim,
                    repair),
    PROGRAM_AT_ONCE(TITLE("forged, given back"), set_up_left_over, DEVICE(1u), 1u << AGAIN, worker, give_back,
                    publish_second),
    PROGRAM_AT_ONCE(TITLE("forged end"), set_up_forged, DEVICE(3u), 1u << ENDED, worker, forge_end, harvest_forged),
    PROGRAM_AT_ONCE(TITLE("forged work"), set_up_forged, DEVICE(3u), 1u << ENDED | 1u << AGAIN, worker, forge_work,
                    harvest_forged, publish_later),
/* On a device the stores to the status and to the custody word may change their order: SECURITY.md. */
#if defined(WEAK_KERNEL_C11)
    PROGRAM(TITLE("repair behind a bus"), set_up_held_behind_bus, 0, 0, worker, repair),
#endif
    {0},
};
