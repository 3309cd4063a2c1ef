/* Litmus programs of the fetch service: a slot that asks for a read by the I/O queue, the service of the host, and the
 * worker that takes the outcome. Compiled with kernels as C11 and as on a device. */
#include "programs.h"

#include "loop.h"
#include "machine.h"
#include "stream/fetch_internal.h"

#if defined(WEAK_KERNEL_C11)
#define PROGRAMS   weak_miss_c11
#define TITLE(t)   t ", C11"
#define DEVICE(ts) 0u
#else
#define PROGRAMS   weak_miss_device
#define TITLE(t)   t ", device"
#define DEVICE(ts) (ts)
#endif

#define SLOT     1u /* so that the tag of a request is not 0 */
#define RESOURCE 7u
#define READ     8u
#define BROKEN   5 /* number of an error */

enum {
    ASKED,
    SERVED,
    ENDED,
    CANCELLED,
    AGAIN
};

static int kind;     /* kind of the memory */
static bool fails;   /* the read fails */
static bool is_slow; /* the read does not come back */

/// The worker ///

static void work(unsigned turns) {
    struct stk_dev d = {.ring = machine.ring,
                        .control = machine.control,
                        .io = machine.io,
                        .payload = (stk_u8 *)machine.payload,
                        .slots = SLOTS,
                        .control_words = STK_CTL_WORDS_MIN,
                        .io_slots = 1,
                        .payload_bytes = sizeof machine.payload,
                        .workers = 2};
    struct stk_worker w;
    stk_u32 used[STK_SHARED_WORDS] = {0};
    d.guards = kind == BEHIND_BUS ? machine.guards : NULL;
    stk_worker_enter(&d, &w, 1000, stk_ld(d.control + STK_CTL_LEASE));
    w.quotas = 0;
    w.partitions = 1;
    w.first[0] = w.cursor[0] = 0;
    w.first[1] = SLOTS;
    for (unsigned i = 0; i < turns; i++) {
        if (stk_claim(&d, &w, used, SLOT) == STK_CLAIM) {
            stk_worker_take(&d, &w, used, SLOT);
        }
    }
    if (w.done != 0u) {
        weak_check(weak_data_get(&machine.payload[0]) == READ);
        weak_goal(SERVED);
    }
}

static void worker(void) {
    work(2);
}

static void worker_of_three_turns(void) {
    work(3);
}

static void worker_of_one_turn(void) {
    work(1);
}

/// The service ///

struct port {
    struct stk_ingest_read read;
    bool is_there;
};

static int port_submit(void *ctx, const struct stk_ingest_read *reads, uint32_t count) {
    struct port *p = ctx;
    p->read = reads[0];
    p->is_there = !is_slow;
    return (int)count;
}

static int port_reap(void *ctx, struct stk_ingest_done *done, uint32_t max, uint64_t timeout_ns) {
    struct port *p = ctx;
    (void)max;
    (void)timeout_ns;
    if (!p->is_there) {
        return 0;
    }
    p->is_there = false;
    weak_data_put(&machine.payload[0], READ);
    done[0] = (struct stk_ingest_done){
        .tag = p->read.tag, .result = fails ? STK_E_IO : (int32_t)p->read.bytes, .os_error = fails ? BROKEN : 0};
    return 1;
}

static int port_cancel(void *ctx, uint32_t first, uint32_t last) {
    (void)ctx;
    (void)first;
    (void)last;
    return STK_OK;
}

static void port_stats(void *ctx, struct stk_ingest_stats *stats) {
    (void)ctx;
    memset(stats, 0, sizeof *stats);
}

static int drive(void *ctx, bool pending) {
    (void)ctx;
    (void)pending;
    return STK_OK;
}

static bool has_workers(void *ctx) {
    (void)ctx;
    return true;
}

static uint64_t now_ns(void *ctx) {
    (void)ctx;
    return 1;
}

static int wait_word(void *ctx, const uint32_t *word, uint32_t seen, uint64_t timeout_ns) {
    (void)ctx;
    (void)word;
    (void)seen;
    (void)timeout_ns;
    return STK_E_TIMEOUT;
}

static const struct stk_ingest_ops ingest_ops = {"litmus", port_submit, port_reap, port_cancel, port_stats};
static const struct stk_dispatch_ops dispatch_ops = {.name = "litmus", .drive = drive, .has_workers = has_workers};
static const struct stk_platform_ops platform_ops = {"litmus", now_ns, wait_word, NULL};

struct service {
    struct port port;
    struct stk_ingest_port ingest;
    struct stk_fetch fetch;
    _Alignas(64) uint8_t memory[STK_FETCH_BYTES(1, IO_SLOTS) + 64];
};

static void open_service(struct service *s) {
    struct stk_fetch_config config = {.memory = {.ring = machine.ring,
                                                 .slots = SLOTS,
                                                 .control = machine.control,
                                                 .control_words = STK_CTL_WORDS_MIN,
                                                 .io = machine.io,
                                                 .io_slots = 1,
                                                 .payload = (uint8_t *)machine.payload,
                                                 .payload_bytes = sizeof machine.payload},
                                      .dispatch = {&dispatch_ops, NULL},
                                      .ingest = &s->ingest,
                                      .platform = {&platform_ops, NULL},
                                      .resources = 1};
    const struct stk_fetch_resource resource = {.resource = RESOURCE, .bytes = 4, .tenants = 1};
    struct stk_arena arena;
    memset(s, 0, sizeof *s);
    s->ingest = (struct stk_ingest_port){.ops = &ingest_ops, .ctx = &s->port};
    stk_arena_init(&arena, s->memory, sizeof s->memory);
    weak_check(stk_fetch_init(&s->fetch, &config, &arena) == STK_OK);
    weak_check(stk_fetch_register(&s->fetch, &resource) == STK_OK);
}

static void service(void) {
    struct service s;
    open_service(&s);
    weak_check(stk_fetch_serve(&s.fetch, 0) == STK_OK);
    weak_await(s.fetch.stats.asked == 1u);
    weak_goal(ASKED);
}

/* Serves one request, then frees the requests whose outcome was taken or will not be taken. */
static void service_and_sweep(void) {
    struct service s;
    open_service(&s);
    weak_check(stk_fetch_serve(&s.fetch, 0) == STK_OK);
    weak_await(s.fetch.stats.asked == 1u);
    weak_goal(ASKED);
    stk_fetch_sweep(&s.fetch);
}

/* Cancels the slot, also if the slot holds later work by then, and uses the slot and its I/O slot for other work. */
static void service_and_cancel(void) {
    struct service s;
    open_service(&s);
    weak_check(stk_fetch_serve(&s.fetch, 0) == STK_OK);
    weak_await(s.fetch.stats.asked == 1u);
    weak_goal(ASKED);
    weak_await(stk_fetch_cancel(&s.fetch, SLOT) >= 0);
    stk_store(arg_of(SLOT, 0), 0);
    weak_data_put(&machine.payload[0], 0);
    weak_goal(CANCELLED);
}

static void look(void) {
    weak_await(stk_load_acquire(status_of(SLOT)) == STK_SLOT_DONE);
    weak_check(weak_data_get(&machine.payload[0]) == READ);
    weak_goal(ENDED);
}

static void look_at_fault(void) {
    weak_await(stk_load_acquire(status_of(SLOT)) == STK_SLOT_FAULT);
    weak_check(stk_load(arg_of(SLOT, STK_FAULT_VALUE_ARG)) == BROKEN);
    weak_goal(ENDED);
}

/* Submits another read through the same I/O slot, after the load miss got its ticket and the I/O slot is free again. */
static void ask_next(void) {
    struct stk_io_queue queue = {.words = machine.io, .slots = 1};
    weak_await(stk_load(arg_of(SLOT, STK_FETCH_TICKET_ARG)) == 1u);
    weak_await(stk_io_queue_submit_read(&queue, 0, RESOURCE + 1u, RESOURCE + 1u, 0, 0) == STK_OK);
    weak_goal(AGAIN);
}

/* Cancels the slot. */
static void service_and_cancel_alone(void) {
    struct service s;
    open_service(&s);
    weak_check(stk_fetch_serve(&s.fetch, 0) == STK_OK);
    weak_await(s.fetch.stats.asked == 1u);
    weak_await(stk_fetch_cancel(&s.fetch, SLOT) >= 0);
    weak_goal(CANCELLED);
}

/* Publishes other work in the cancelled slot. */
static void publish_next(void) {
    struct stk_ring ring = machine_ring(SLOTS);
    const uint32_t arg = RESOURCE + 1u;
    const struct stk_work item = {.opcode = STK_OP_NOP, .nargs = 1, .args = &arg};
    weak_await(stk_load(status_of(SLOT)) == STK_SLOT_EMPTY);
    weak_await(stk_ring_publish(&ring, SLOT, &item) == STK_OK);
    weak_goal(AGAIN);
}

/* Wakes the slot before its read is over. */
static void wake_early(void) {
    struct stk_ring ring = machine_ring(SLOTS);
    weak_await(stk_ring_transition(&ring, SLOT, STK_TO_REQUEUE) >= 0);
    weak_goal(AGAIN);
}

/* Takes the outcome of an earlier request and frees the I/O slot. */
static void take_and_recycle(void) {
    struct stk_io_queue queue = {.words = machine.io, .slots = 1};
    weak_await(stk_load_acquire(&machine.io[STK_IO_STATUS]) == STK_IO_OK);
    weak_check(stk_load(&machine.io[STK_IO_TAG]) == 0u && weak_data_get(&machine.payload[0]) == 0u);
    weak_check(stk_io_queue_recycle(&queue, 0) == (int)STK_IO_OK);
    weak_goal(AGAIN);
}

/// Set-ups ///

/* Publishes a load miss, and shares the words that the programs use for this slot. */
static void share_slot(void) {
    *status_of(SLOT) = STK_SLOT_PUBLISHED;
    STK_SLOT_AT(machine.ring, SLOT)[STK_SLOT_OPCODE] = STK_OP_LOAD_MISS;
    *arg_of(SLOT, 0) = RESOURCE;
    machine.io[STK_IO_OP] = STK_IO_OP_READ; /* the words of a request that are not shared */
    machine.io[STK_IO_DST] = RESOURCE;
    weak_share(status_of(SLOT), 1);
    weak_share(arg_of(SLOT, STK_FETCH_TICKET_ARG), 1);
    weak_share(&machine.io[STK_IO_STATUS], 1);
    weak_share_owned(&machine.io[STK_IO_SRC], 1);
    weak_share_owned(&machine.io[STK_IO_TAG], 1);
    weak_share(&machine.payload[0], 1);
}

static void set_up(int of_kind) {
    kind = of_kind;
    fails = is_slow = false;
    machine_reset(kind);
    share_slot();
}

static void set_up_plain(void) {
    set_up(PLAIN_RING);
}

static void set_up_custody(void) {
    set_up(WITH_CUSTODY);
    weak_share(custody_of(SLOT), 1);
    weak_share(custody_of(SLOTS), 1); /* custody word of the I/O slot */
}

static void set_up_bus(void) {
    set_up(BEHIND_BUS);
    weak_share(&machine.guards[SLOT], 1);
    weak_share(&machine.guards[SLOTS], 1);
}

static void set_up_failure(void) {
    set_up(PLAIN_RING);
    fails = true;
    weak_share_owned(&machine.io[STK_IO_BYTES], 1);
    weak_share_owned(arg_of(SLOT, STK_FAULT_VALUE_ARG), 1);
}

static void set_up_cancel(void) {
    set_up(PLAIN_RING);
    weak_share_owned(arg_of(SLOT, 0), 1);
}

static void set_up_slow_cancel(void) {
    set_up_cancel();
    is_slow = true;
}

static void set_up_outcome(int of_kind) {
    kind = of_kind;
    machine_reset(kind);
    machine.io[STK_IO_STATUS] = STK_IO_OK;
    share_slot();
    if (kind == BEHIND_BUS) {
        weak_share(&machine.guards[SLOTS], 1);
    }
}

static void set_up_outcome_plain(void) {
    set_up_outcome(PLAIN_RING);
}

static void set_up_outcome_bus(void) {
    set_up_outcome(BEHIND_BUS);
}

#define GOALS(a, b) (1u << (a) | 1u << (b))

const struct weak_program PROGRAMS[] = {
    PROGRAM(TITLE("miss"), set_up_plain, DEVICE(1u), 7u, worker, service, look),
    PROGRAM(TITLE("miss with custody"), set_up_custody, DEVICE(1u), 7u, worker, service, look),
    PROGRAM(TITLE("miss behind a bus"), set_up_bus, DEVICE(1u), 7u, worker, service, look),
    PROGRAM(TITLE("miss that fails"), set_up_failure, DEVICE(1u), GOALS(ASKED, ENDED), worker, service, look_at_fault),
    PROGRAM(TITLE("miss, swept"), set_up_plain, DEVICE(1u), GOALS(ASKED, AGAIN), worker, service_and_sweep, ask_next),
    PROGRAM(TITLE("miss, cancelled"), set_up_cancel, DEVICE(1u), GOALS(CANCELLED, AGAIN), worker, service_and_cancel,
            ask_next),
    PROGRAM(TITLE("miss, cancelled while it waits"), set_up_slow_cancel, DEVICE(1u), GOALS(CANCELLED, AGAIN),
            worker_of_one_turn, service_and_cancel, ask_next),
    PROGRAM(TITLE("miss, cancelled, the slot again"), set_up_cancel, DEVICE(1u), GOALS(CANCELLED, AGAIN), worker,
            service_and_cancel_alone, publish_next),
    PROGRAM(TITLE("miss, woken early"), set_up_plain, DEVICE(1u), GOALS(SERVED, AGAIN), worker_of_three_turns, service,
            wake_early),
    PROGRAM(TITLE("miss, the I/O slot again"), set_up_outcome_plain, DEVICE(1u), GOALS(ASKED, AGAIN),
            worker_of_one_turn, service, take_and_recycle),
    PROGRAM(TITLE("miss, the I/O slot again, behind a bus"), set_up_outcome_bus, DEVICE(1u), GOALS(ASKED, AGAIN),
            worker_of_one_turn, service, take_and_recycle),
    {0},
};
