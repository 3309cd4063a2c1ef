/* Litmus programs of the control words and the debug log: a fence behind a batch, and records that a slot prints.
 * Compiled with kernels as C11 and as on a device. */
#include "programs.h"

#include "loop.h"
#include "machine.h"
#include "stoker/debug_log.h"

#if defined(WEAK_KERNEL_C11)
#define PROGRAMS   weak_control_c11
#define TITLE(t)   t ", C11"
#define DEVICE(ts) 0u
#else
#define PROGRAMS   weak_control_device
#define TITLE(t)   t ", device"
#define DEVICE(ts) (ts)
#endif

#define OPCODE 0x20001u
#define TAG    7u
#define RESULT 8u

enum {
    SEEN,
    PRINTED
};

#define RECORD (STK_DEBUG_RECORDS_WORD)

static uint32_t debug[STK_DEBUG_RECORDS_WORD + STK_DEBUG_RECORD_WORDS]; /* room for one record */

static stk_u32 run(const struct stk_dev *d, const struct stk_call *c) {
    weak_data_put(&machine.payload[0], RESULT);
    (void)d;
    (void)c;
    return STK_SLOT_DONE;
}

static const struct stk_user_op ops[] = {{OPCODE, STK_SCALAR, run}};

/* Takes one slot, if it is ready. */
static void work(stk_u32 slot) {
    struct stk_dev d = {.ring = machine.ring,
                        .control = machine.control,
                        .debug = debug,
                        .payload = (stk_u8 *)machine.payload,
                        .slots = SLOTS,
                        .control_words = STK_CTL_WORDS_MIN + 1u,
                        .debug_words = sizeof debug / sizeof debug[0],
                        .payload_bytes = sizeof machine.payload,
                        .workers = 2,
                        .user_ops = ops,
                        .user_op_count = 1};
    struct stk_worker w;
    stk_u32 used[STK_SHARED_WORDS] = {0};
    stk_worker_enter(&d, &w, 1000, stk_ld(d.control + STK_CTL_LEASE));
    w.quotas = 0;
    w.partitions = 1;
    w.first[0] = w.cursor[0] = 0;
    w.first[1] = SLOTS;
    weak_await(stk_claim(&d, &w, used, slot) == STK_CLAIM);
    stk_worker_take(&d, &w, used, slot);
}

static void batch_worker(void) {
    work(0);
}

static void fence_worker(void) {
    work(1);
}

static struct stk_control control(void) {
    return (struct stk_control){.words = machine.control, .count = STK_CTL_WORDS_MIN + 1u};
}

/* Once the epoch has moved, the tag is there, and all that the batch stored. */
static void epoch_reader(void) {
    struct stk_control c = control();
    uint32_t epoch = 0, tag = 0;
    weak_await(stk_control_epoch(&c, &epoch, NULL) == STK_OK && epoch == 1u);
    weak_check(stk_control_observable(&c, 0, &tag, NULL) == STK_OK && tag == TAG);
    weak_check(weak_data_get(&machine.payload[0]) == RESULT);
    weak_goal(SEEN);
}

static void set_up_batch(void) {
    machine_reset(PLAIN_RING);
    *status_of(0) = *status_of(1) = STK_SLOT_PUBLISHED;
    STK_SLOT_AT(machine.ring, 0)[STK_SLOT_OPCODE] = OPCODE;
    STK_SLOT_AT(machine.ring, 1)[STK_SLOT_OPCODE] = STK_OP_BATCH_FENCE;
    *arg_of(1, 0) = 1;
    *arg_of(1, 1) = TAG;
    weak_share(status_of(0), 1);
    weak_share(status_of(1), 1);
    weak_share(machine.control + STK_CTL_EPOCH, 1);
    weak_share(machine.control + STK_CTL_OBSERVABLE, 1);
    weak_share(&machine.payload[0], 1);
}

/* The log holds a record that the host reads before it makes room. */
static void log_reader(void) {
    struct stk_debug_log log = {.words = debug, .count = sizeof debug / sizeof debug[0]};
    struct stk_debug_record record;
    weak_check(stk_debug_log_record(&log, 0, &record) == STK_OK && record.format == 1u);
    weak_check(stk_debug_log_reset(&log) == STK_OK);
    weak_await(stk_load_acquire(status_of(0)) == STK_SLOT_DONE);
    if (stk_debug_log_read(&log, &record, 1, NULL) == 1) { /* else the log was still full */
        weak_check(record.format == TAG);
        weak_goal(PRINTED);
    }
    weak_goal(SEEN);
}

static void set_up_log(void) {
    machine_reset(PLAIN_RING);
    debug[STK_DEBUG_CURSOR_WORD] = STK_DEBUG_RECORD_WORDS;
    debug[RECORD] = 1;
    *status_of(0) = STK_SLOT_PUBLISHED;
    STK_SLOT_AT(machine.ring, 0)[STK_SLOT_OPCODE] = STK_OP_PRINTF;
    *arg_of(0, 0) = TAG;
    weak_share(status_of(0), 1);
    weak_share(&debug[STK_DEBUG_CURSOR_WORD], 1);
    weak_share_owned(&debug[RECORD], 1);
}

const struct weak_program PROGRAMS[] = {
    PROGRAM(TITLE("batch fence"), set_up_batch, DEVICE(3u), 1u << SEEN, batch_worker, fence_worker, epoch_reader),
    PROGRAM(TITLE("debug log"), set_up_log, DEVICE(1u), 3u, batch_worker, log_reader),
    {0},
};
