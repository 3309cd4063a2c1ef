/* Litmus programs of the host's side alone: slots, the hand-over of images, and the I/O queue. Where a worker is
 * needed, the host moves the slot as a worker would. */
#include "machine.h"
#include "programs.h"
#include "stoker/channel.h"
#include "stoker/io_queue.h"
#include "stoker/parity/spsc.h"
#include "stoker/publisher.h"

#define OPCODE 0x20001u
#define GIVEN  7u /* what the first publisher says, in an argument and in the payload */
#define LATER  9u /* the second one */
#define RESULT 8u

enum {
    PUBLISHED_GOAL,
    DONE_GOAL,
    AGAIN_GOAL
};
#define ALL_GOALS 7u

static void share_slot(void) {
    weak_share(status_of(0), 1);
    weak_share_owned(arg_of(0, 0), 1);
    weak_share_owned(arg_of(0, STK_RESULT_ARG), 1);
    weak_share(&machine.payload[0], 1);
}

static void set_up_slot(void) {
    machine_reset(PLAIN_RING);
    STK_SLOT_AT(machine.ring, 0)[STK_SLOT_OPCODE] = STK_OP_LOAD_MISS; /* as it is read; stores to it do nothing */
    share_slot();
}

static struct stk_work work_of(const uint32_t *arg) {
    return (struct stk_work){.opcode = OPCODE, .nargs = 1, .args = arg};
}

/// Slots without tickets ///

static void publish(void) {
    struct stk_ring ring = machine_ring(1);
    const uint32_t arg = GIVEN;
    struct stk_work work = work_of(&arg);
    weak_data_put(&machine.payload[0], GIVEN);
    weak_check(stk_ring_publish(&ring, 0, &work) == STK_OK);
}

static void publish_load_miss(void) {
    struct stk_ring ring = machine_ring(1);
    weak_data_put(&machine.payload[0], GIVEN);
    weak_check(stk_ring_publish_load_miss(&ring, 0, 0, GIVEN, 0) == STK_OK);
}

/* Runs the slot as a worker would, by transitions. */
static void run(void) {
    struct stk_ring ring = machine_ring(1);
    weak_await(stk_ring_transition(&ring, 0, STK_TO_CLAIM) >= 0);
    weak_goal(PUBLISHED_GOAL);
    weak_check(stk_load(arg_of(0, 0)) == GIVEN);
    weak_check(weak_data_get(&machine.payload[0]) == GIVEN);
    stk_store(arg_of(0, STK_RESULT_ARG), RESULT);
    weak_data_put(&machine.payload[0], RESULT);
    weak_check(stk_ring_transition(&ring, 0, STK_TO_DONE) >= 0);
}

static void look_by_read(void) {
    struct stk_ring ring = machine_ring(1);
    struct stk_slot slot;
    weak_await(stk_load(status_of(0)) == STK_SLOT_DONE); /* so that only the read below orders anything */
    weak_check(stk_ring_read(&ring, 0, &slot) == STK_OK);
    weak_check(slot.status == STK_SLOT_DONE && slot.args[STK_RESULT_ARG] == RESULT);
    weak_goal(DONE_GOAL);
}

static void look_by_status(void) {
    struct stk_ring ring = machine_ring(1);
    weak_await(stk_ring_status(&ring, 0) == (int)STK_SLOT_DONE);
    weak_check(weak_data_get(&machine.payload[0]) == RESULT);
    weak_goal(DONE_GOAL);
}

static void look_by_count(void) {
    struct stk_ring ring = machine_ring(1);
    weak_await(stk_ring_count_done(&ring, 1) == 1);
    weak_check(weak_data_get(&machine.payload[0]) == RESULT);
    weak_goal(DONE_GOAL);
}

static void look_for_load_miss(void) {
    struct stk_ring ring = machine_ring(1);
    uint32_t resource, prefetch;
    weak_await(stk_load(status_of(0)) == STK_SLOT_PUBLISHED);
    weak_check(stk_ring_load_miss(&ring, 0, &resource, &prefetch) == STK_OK && resource == GIVEN);
    weak_goal(DONE_GOAL);
}

/* Publishes in the slot once its work is done: the worker has read its words. */
static void publish_again(void) {
    struct stk_ring ring = machine_ring(1);
    const uint32_t arg = LATER;
    struct stk_work work = work_of(&arg);
    weak_await(stk_load(status_of(0)) == STK_SLOT_DONE);
    weak_check(stk_ring_publish(&ring, 0, &work) == STK_OK);
    weak_goal(AGAIN_GOAL);
}

/* Cancels the slot and uses it for something else, or leaves it to the worker. */
static void cancel(void) {
    struct stk_ring ring = machine_ring(1);
    if (stk_ring_transition(&ring, 0, STK_TO_CANCEL) >= 0) {
        weak_data_put(&machine.payload[0], LATER);
        weak_goal(AGAIN_GOAL);
    }
}

/// Tickets ///

static struct stk_publisher publisher(uint32_t slots) {
    struct stk_publisher p;
    struct stk_ring ring = machine_ring(slots);
    struct stk_control control = machine_control();
    weak_check(stk_publisher_init(&p, &ring, &control) == STK_OK);
    return p;
}

static void set_up_tickets(void) {
    machine_reset(PLAIN_RING);
    weak_share(status_of(0), 1);
    weak_share(machine.control + STK_CTL_PUBLISH_TAIL, 1);
    weak_share(machine.control + STK_CTL_HARVEST_HEAD, 1);
}

static void set_up_two_tickets(void) {
    set_up_tickets();
    weak_share(status_of(1), 1);
}

/* One of two publishers in a ring of two slots: each gets a ticket, and no status is taken for a stranger's. */
static void publish_ticket(void) {
    struct stk_publisher p = publisher(2);
    const uint32_t arg = GIVEN;
    struct stk_work work = work_of(&arg);
    int slot = stk_publisher_publish(&p, &work, NULL);
    weak_check(slot >= 0);
    weak_goal(slot == 0 ? PUBLISHED_GOAL : DONE_GOAL);
}

static void publish_one_ticket(void) {
    struct stk_publisher p = publisher(1);
    const uint32_t arg = GIVEN;
    struct stk_work work = work_of(&arg);
    weak_check(stk_publisher_publish(&p, &work, NULL) == 0);
}

static void end_ticket(void) {
    struct stk_ring ring = machine_ring(1);
    weak_await(stk_ring_transition(&ring, 0, STK_TO_CLAIM) >= 0);
    weak_check(stk_ring_transition(&ring, 0, STK_TO_DONE) >= 0);
}

static void harvest_ticket(void) {
    struct stk_publisher p = publisher(1);
    struct stk_slot out;
    weak_await(stk_publisher_harvest(&p, &out, NULL) == (int)STK_SLOT_DONE);
    weak_goal(DONE_GOAL);
}

/* Somebody else who counts: never more tickets than slots. */
static void count_pending(void) {
    struct stk_publisher p = publisher(1);
    weak_check(stk_publisher_pending(&p) <= 1u);
}

/// Images ///

static void channel_put(void) {
    struct stk_ring ring = machine_ring(1);
    struct stk_producer producer;
    uint32_t image[STK_SLOT_WORDS] = {[STK_SLOT_STATUS] = STK_SLOT_PUBLISHED, [STK_SLOT_ARG0] = GIVEN};
    stk_ring_producer(&producer, &ring);
    weak_check(producer.ops->publish(producer.ctx, 0, image, sizeof image) == STK_OK);
}

static void channel_get(void) {
    struct stk_ring ring = machine_ring(1);
    struct stk_consumer consumer;
    uint32_t image[STK_SLOT_WORDS];
    weak_await(stk_load(status_of(0)) == STK_SLOT_PUBLISHED);
    stk_ring_consumer(&consumer, &ring);
    weak_check(consumer.ops->read(consumer.ctx, 0, image, sizeof image) == STK_OK);
    weak_check(image[STK_SLOT_ARG0] == GIVEN);
    weak_goal(DONE_GOAL);
}

static void spsc_put(void) {
    struct stk_ring ring = machine_ring(1);
    struct stk_spsc end;
    uint32_t image[STK_SLOT_WORDS] = {[STK_SLOT_ARG0] = GIVEN};
    stk_spsc_begin(&end, &ring);
    weak_await(stk_spsc_put(&end, image) == STK_OK);
    image[STK_SLOT_ARG0] = LATER;
    weak_await(stk_spsc_put(&end, image) == STK_OK);
    weak_goal(PUBLISHED_GOAL);
}

static void spsc_take(void) {
    struct stk_ring ring = machine_ring(1);
    struct stk_spsc end;
    uint32_t image[STK_SLOT_WORDS];
    stk_spsc_begin(&end, &ring);
    weak_await(stk_spsc_take(&end, image) == STK_OK);
    weak_check(image[STK_SLOT_ARG0] == GIVEN);
    weak_goal(DONE_GOAL);
    weak_await(stk_spsc_take(&end, image) == STK_OK);
    weak_check(image[STK_SLOT_ARG0] == LATER);
    weak_goal(AGAIN_GOAL);
}

/// I/O queue ///

static struct stk_io_queue queue(void) {
    return (struct stk_io_queue){.words = machine.io, .slots = 1};
}

static void set_up_queue(void) {
    machine_reset(PLAIN_RING);
    weak_share(&machine.io[STK_IO_STATUS], 1);
    weak_share_owned(&machine.io[STK_IO_SRC], 1);
    weak_share_owned(&machine.io[STK_IO_TAG], 1);
    weak_share(&machine.payload[0], 1);
}

static void ask(void) {
    struct stk_io_queue q = queue();
    weak_data_put(&machine.payload[0], GIVEN); /* a write: the data is there before the request */
    weak_check(stk_io_queue_submit_read(&q, 0, GIVEN, 0, 4, 1) == STK_OK);
}

static void serve(bool ok) {
    struct stk_io_queue q = queue();
    struct stk_io_request request;
    const struct stk_io_result result = {.slot = 0, .ok = ok, .error = ok ? 0u : RESULT};
    weak_await(stk_io_queue_claim(&q, &request, 1) == 1);
    weak_check(request.src == GIVEN);
    weak_check(weak_data_get(&machine.payload[0]) == GIVEN);
    weak_data_put(&machine.payload[0], RESULT);
    weak_goal(PUBLISHED_GOAL);
    weak_check(stk_io_queue_complete(&q, &result, 1, NULL) == STK_OK);
}

static void serve_ok(void) {
    serve(true);
}

static void serve_error(void) {
    serve(false);
}

static void take_by_status(void) {
    struct stk_io_queue q = queue();
    weak_await(stk_io_queue_status(&q, 0) == (int)STK_IO_OK);
    weak_check(weak_data_get(&machine.payload[0]) == RESULT);
    weak_goal(DONE_GOAL);
}

static void take_by_read(void) {
    struct stk_io_queue q = queue();
    struct stk_io_request request;
    weak_await(stk_load(&machine.io[STK_IO_STATUS]) == STK_IO_ERROR);
    weak_check(stk_io_queue_read(&q, 0, &request) == STK_OK);
    weak_check(request.tag == RESULT);
    weak_goal(DONE_GOAL);
}

/* A server that looks before it claims. */
static void look_by_poll(void) {
    struct stk_io_queue q = queue();
    struct stk_io_request request;
    weak_await(stk_io_queue_poll(&q, &request, 1) == 1);
    weak_check(request.src == GIVEN);
    weak_check(weak_data_get(&machine.payload[0]) == GIVEN);
    weak_goal(DONE_GOAL);
}

/* Takes the outcome and frees the slot. After that only the next asker uses the slot. */
static void take_and_recycle(void) {
    struct stk_io_queue q = queue();
    struct stk_io_request request;
    weak_await(stk_io_queue_status(&q, 0) == (int)STK_IO_ERROR);
    weak_await(stk_io_queue_read(&q, 0, &request) == STK_OK);
    weak_check(request.tag == RESULT && weak_data_get(&machine.payload[0]) == RESULT);
    weak_check(stk_io_queue_recycle(&q, 0) >= 0);
    weak_goal(DONE_GOAL);
}

static void recycle_unseen(void) {
    struct stk_io_queue q = queue();
    weak_await(stk_io_queue_recycle(&q, 0) >= 0);
    weak_check(weak_data_get(&machine.payload[0]) == RESULT);
    weak_goal(DONE_GOAL);
}

static void set_up_served_queue(void) {
    machine_reset(PLAIN_RING);
    machine.io[STK_IO_STATUS] = STK_IO_ERROR;
    machine.io[STK_IO_TAG] = RESULT;
    machine.payload[0] = RESULT;
    weak_share(&machine.io[STK_IO_STATUS], 1);
    weak_share_owned(&machine.io[STK_IO_SRC], 1);
    weak_share_owned(&machine.io[STK_IO_TAG], 1);
    weak_share(&machine.payload[0], 1);
}

static void ask_after(void) {
    struct stk_io_queue q = queue();
    weak_await(stk_io_queue_submit_read(&q, 0, LATER, 0, 4, 2) == STK_OK);
    weak_data_put(&machine.payload[0], LATER);
    weak_goal(AGAIN_GOAL);
}

static void reuse_when_recycled(void) {
    struct stk_io_queue q = queue();
    weak_await(stk_io_queue_recycled(&q, 0) == 1);
    weak_data_put(&machine.payload[0], LATER);
    weak_goal(AGAIN_GOAL);
}

#define GOALS(a, b) (1u << (a) | 1u << (b))

const struct weak_program weak_ring[] = {
    PROGRAM("slot: read", set_up_slot, 0, 3, publish, run, look_by_read),
    PROGRAM("slot: status", set_up_slot, 0, 3, publish, run, look_by_status),
    PROGRAM("slot: count of done", set_up_slot, 0, 3, publish, run, look_by_count),
    PROGRAM("slot: load miss", set_up_slot, 0, 1u << DONE_GOAL, publish_load_miss, look_for_load_miss),
    PROGRAM("slot: published again", set_up_slot, 0, GOALS(PUBLISHED_GOAL, AGAIN_GOAL), publish, run, publish_again),
    PROGRAM("slot: cancelled", set_up_slot, 0, GOALS(PUBLISHED_GOAL, AGAIN_GOAL), publish, run, cancel),
    PROGRAM("tickets: two publishers", set_up_two_tickets, 0, 3, publish_ticket, publish_ticket),
    PROGRAM("tickets: pending", set_up_tickets, 0, 1u << DONE_GOAL, publish_one_ticket, end_ticket, harvest_ticket,
            count_pending),
    PROGRAM("hand-over: channel", set_up_slot, 0, 1u << DONE_GOAL, channel_put, channel_get),
    PROGRAM("hand-over: spsc", set_up_slot, 0, ALL_GOALS, spsc_put, spsc_take),
    PROGRAM("I/O queue: served", set_up_queue, 0, 3, ask, serve_ok, take_by_status),
    PROGRAM("I/O queue: failed", set_up_queue, 0, 3, ask, serve_error, take_by_read),
    PROGRAM("I/O queue: polled", set_up_queue, 0, 1u << DONE_GOAL, ask, look_by_poll),
    PROGRAM("I/O queue: recycled", set_up_queue, 0, 3, ask, serve_ok, recycle_unseen),
    PROGRAM("I/O queue: asked again", set_up_served_queue, 0, GOALS(DONE_GOAL, AGAIN_GOAL), take_and_recycle,
            ask_after),
    PROGRAM("I/O queue: free again", set_up_served_queue, 0, GOALS(DONE_GOAL, AGAIN_GOAL), take_and_recycle,
            reuse_when_recycled),
    {0},
};
