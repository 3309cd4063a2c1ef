/* The device to hold: the same program on the interpreter and on an OpenCL device in each mode. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "opencl_modes.h"
#include "stoker/kernel/device.h" /* the dialect, for the handlers below */
#include "stoker/port/device.h"

#define SECOND  UINT64_C(1000000000)
#define SLOTS   8u
#define PAYLOAD 4096u

/* Compiles a text as C here, and keeps it as the text for the OpenCL device. */
#define BOTH(name, ...) __VA_ARGS__ static const char name[] = #__VA_ARGS__;

#define OP_LATER 0x20001u
#define OP_SPIN  0x20002u
BOTH(
    later_text, STK_FN stk_u32 later(const struct stk_dev *d, const struct stk_call *c) {
        /* never ends while payload byte 0 is 0 */
        stk_result(c, 0, 7u);
        return *(STK_GLOBAL volatile stk_u8 *)d->payload != 0u ? STK_SLOT_DONE : STK_SLOT_YIELD;
    })
BOTH(
    spin_text, STK_FN stk_u32 spin(const struct stk_dev *d, const struct stk_call *c) {
        stk_u32 n = stk_arg(c, 0), x = 1u, i;
        (void)d;
        for (i = 0; i < n; i++) {
            x ^= x << 13;
            x ^= x >> 17;
            x ^= x << 5;
        }
        stk_result(c, 0, x);
        return STK_SLOT_DONE;
    })

static const struct stk_opencl_piece pieces[] = {
    {"later.cl", later_text, OP_LATER, "later", STK_SCALAR},
    {"spin.cl", spin_text, OP_SPIN, "spin", STK_SCALAR},
};
static const struct stk_user_op user_ops[] = {{OP_LATER, STK_SCALAR, later}, {OP_SPIN, STK_SCALAR, spin}};

STK_DEVICE_INTERP_DEFINE(memory, SLOTS, 0, PAYLOAD, 0);
static struct stk_device device;
static struct stk_arena arena;
static int is_here; /* the place of the group of tests is open */

/// Places: the interpreter, and each mode of the OpenCL device ///

static const struct place {
    const char *name;
    enum stk_device_kind kind;
    enum stk_residency residency;
} places[] = {
    {"interpreter", STK_DEVICE_INTERP, (enum stk_residency)0},
    {"RESIDENT", STK_DEVICE_OPENCL, STK_RESIDENT},
    {"QUANTUM", STK_DEVICE_OPENCL, STK_QUANTUM},
    {"BATCH", STK_DEVICE_OPENCL, STK_BATCH},
};
#define PLACES (sizeof places / sizeof *places)

static struct stk_device_config base(void) {
    struct stk_device_config config = {.slots = SLOTS, .payload_bytes = PAYLOAD};
    config.opencl.device = getenv("STK_TEST_DEVICE");
    config.opencl.pieces = pieces;
    config.opencl.piece_count = 2;
    config.interp.user_ops = user_ops;
    config.interp.user_op_count = 2;
    return config;
}

static int open_with(const struct stk_device_config *config) {
    stk_arena_init(&arena, memory, sizeof memory);
    return stk_device_open(&device, config, &arena);
}

/* Prints why there is no OpenCL device to test. Fails the test where STK_REQUIRE_DEVICE asks for one. */
static void say_left_out(const char *what) {
    print_message("left out: %s: %s\n", what, device.reason);
    if (getenv("STK_REQUIRE_DEVICE")) {
        fail_msg("STK_REQUIRE_DEVICE is set, and there is no device");
    }
}

/* Opens the device at a place. Returns 0, with a message, where this machine has no such place. The handshake of the
 * first open serves the later ones. */
static int open_at(size_t i) {
    static struct stk_opencl_outcome known[PLACES];
    static int left_out[PLACES];
    struct stk_device_config config = base();
    int err;
    if (left_out[i] || (wanted_residency() && places[i].residency && places[i].residency != wanted_residency())) {
        return 0;
    }
    config.kind = places[i].kind;
    config.opencl.residency = places[i].residency;
    config.opencl.known = known[i].residency ? &known[i] : NULL;
    err = open_with(&config);
    if (err == STK_E_NODEV || (err == STK_E_UNSUPPORTED && getenv("STK_TEST_DEVICE"))) {
        left_out[i] = 1;
        say_left_out(places[i].name);
        return 0;
    }
    if (err != STK_OK) {
        fail_msg("%s: %s: %s\n%s", places[i].name, stk_err_name(err), device.reason, device.opencl.build_log);
    }
    assert_int_equal(device.kind, places[i].kind);
    known[i] = device.opencl.outcome;
    return 1;
}

static void close_it(void) {
    assert_int_equal(stk_device_close(&device, 20 * SECOND), STK_OK);
    assert_int_equal(device.kind, STK_DEVICE_ANY);
    assert_int_equal(stk_device_close(&device, 0), STK_OK); /* a second time is no error */
}

/* Opens the device at a place for a group of tests. */
static int begin(size_t i) {
    is_here = open_at(i);
    return 0;
}

static int begin_interpreter(void **state) {
    (void)state;
    return begin(0);
}

static int begin_resident(void **state) {
    (void)state;
    return begin(1);
}

static int begin_quantum(void **state) {
    (void)state;
    return begin(2);
}

static int begin_batch(void **state) {
    (void)state;
    return begin(3);
}

static int end_place(void **state) {
    (void)state;
    if (is_here) {
        close_it();
    }
    return 0;
}

static void need_place(void) {
    if (!is_here) {
        skip();
    }
}

static int submit(uint32_t opcode, uint32_t a0, uint32_t a1, uint32_t *ticket) {
    const uint32_t args[] = {a0, a1};
    const struct stk_work work = {.opcode = opcode, .nargs = 2, .args = args};
    return stk_device_submit(&device, &work, ticket);
}

/// Results and faults ///

static void work_gives_its_result(void **state) {
    struct stk_slot slot;
    uint32_t ticket = 9;
    (void)state;
    need_place();
    for (uint32_t i = 0; i < PAYLOAD; i++) {
        assert_int_equal(device.memory.payload[i], 0);
    }
    memset(device.memory.payload, 1, PAYLOAD);
    assert_int_equal(submit(STK_OP_SUM64, 0, PAYLOAD, NULL), 0);
    assert_int_equal(stk_device_wait(&device, &slot, &ticket, 60 * SECOND), STK_OK);
    assert_int_equal(ticket, 0);
    assert_int_equal(slot.status, STK_SLOT_DONE);
    assert_int_equal(slot.args[STK_RESULT_ARG], 0x01010101u * 1024u);
    assert_int_equal(slot.args[STK_RESULT_ARG + 1u], (UINT64_C(0x01010101) * 1024u) >> 32);
    assert_string_equal(device.opencl.build_log, "");
}

/* The deadline is a minute: a wait that does not see the fault ends in STK_E_TIMEOUT. */
static void fault_ends_the_wait_and_has_its_reason(void **state) {
    struct stk_slot slot;
    (void)state;
    need_place();
    assert_true(submit(STK_OP_SUM64, PAYLOAD, 64, NULL) >= 0);
    assert_true(submit(0x30000u, 0, 0, NULL) >= 0); /* nobody's opcode */
    assert_true(submit(STK_OP_SUM64, 0, 64, NULL) >= 0);
    assert_int_equal(stk_device_wait(&device, &slot, NULL, 60 * SECOND), STK_E_SLOT_FAULT);
    assert_int_equal(slot.status, STK_SLOT_FAULT);
    assert_int_equal(slot.args[STK_FAULT_REASON_ARG], STK_REASON_PAYLOAD);
    assert_int_equal(slot.args[STK_FAULT_VALUE_ARG], PAYLOAD);
    assert_int_equal(stk_device_wait(&device, &slot, NULL, 60 * SECOND), STK_E_SLOT_FAULT);
    assert_int_equal(slot.args[STK_FAULT_REASON_ARG], STK_REASON_OPCODE);
    assert_int_equal(slot.args[STK_FAULT_VALUE_ARG], 0x30000u);
    assert_int_equal(stk_device_wait(&device, &slot, NULL, 60 * SECOND), STK_OK); /* the device goes on after that */
}

/// Many slots ///

static void each_slot_of_the_ring_can_be_waited_for(void **state) {
    struct stk_slot slot;
    uint32_t ticket, first;
    (void)state;
    need_place();
    first = stk_publisher_oldest(&device.publisher);
    for (uint32_t i = 0; i < SLOTS; i++) {
        memset(device.memory.payload + i * 64u, (int)i, 64);
        assert_int_equal(submit(STK_OP_SUM64, i * 64u, 64, &ticket), (int)((first + i) % SLOTS));
        assert_int_equal(ticket, first + i);
    }
    assert_int_equal(submit(STK_OP_SUM64, 0, 64, &ticket), STK_E_FULL);
    assert_int_equal(stk_publisher_pending(&device.publisher), SLOTS);
    for (uint32_t i = 0; i < SLOTS; i++) {
        assert_int_equal(stk_device_wait(&device, &slot, &ticket, 60 * SECOND), STK_OK);
        assert_int_equal(ticket, first + i);
        assert_int_equal(slot.args[STK_RESULT_ARG], i * 0x01010101u * 16u);
    }
}

static void submissions_go_round_the_ring_any_number_of_times(void **state) {
    struct stk_slot slot;
    uint32_t ticket, first, waited = 0;
    (void)state;
    need_place();
    first = stk_publisher_oldest(&device.publisher);
    for (uint32_t sent = 0; waited < 1000u;) {
        int err = sent < 1000u ? submit(OP_SPIN, sent % 5u, 0, NULL) : STK_E_FULL;
        if (err >= 0) {
            sent++;
            continue;
        }
        assert_int_equal(err, STK_E_FULL);
        assert_int_equal(stk_device_wait(&device, &slot, &ticket, 60 * SECOND), STK_OK);
        assert_int_equal(ticket, first + waited);
        assert_int_equal(slot.args[0], waited++ % 5u);
    }
    assert_int_equal(stk_device_wait(&device, &slot, &ticket, 60 * SECOND), STK_E_UNDERFLOW);
}

#define THREADS 3u
#define EACH    200u

static void *submitter(void *unused) {
    (void)unused;
    for (uint32_t i = 0; i < EACH;) {
        int err = submit(OP_SPIN, 1, 0, NULL);
        if (err >= 0) {
            i++;
        } else if (err == STK_E_FULL || err == STK_E_WOULD_BLOCK) {
            (void)sched_yield();
        } else {
            return &device;
        }
    }
    return NULL;
}

static void threads_submit_while_one_waits(void **state) {
    pthread_t threads[THREADS];
    struct stk_slot slot;
    (void)state;
    assert_true(open_at(0));
    for (uint32_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, submitter, NULL), 0);
    }
    for (uint32_t i = 0; i < THREADS * EACH;) {
        int err = stk_device_wait(&device, &slot, NULL, 60 * SECOND);
        assert_true(err == STK_OK || err == STK_E_UNDERFLOW);
        i += err == STK_OK;
        (void)sched_yield();
    }
    for (uint32_t i = 0; i < THREADS; i++) {
        void *bad = &device;
        assert_int_equal(pthread_join(threads[i], &bad), 0);
        assert_null(bad);
    }
    close_it();
}

/// Deadlines ///

static void wait_ends_at_its_deadline_and_can_be_called_again(void **state) {
    struct stk_slot slot = {.status = 77};
    uint32_t ticket = 77;
    (void)state;
    need_place();
    device.memory.payload[0] = 0;
    assert_true(submit(OP_LATER, 0, 0, NULL) >= 0);
    for (uint32_t i = 0; i < 3u; i++) {
        assert_int_equal(stk_device_wait(&device, &slot, &ticket, i * (SECOND / 100u)), STK_E_TIMEOUT);
    }
    assert_int_equal(slot.status, 77); /* outputs are untouched */
    assert_int_equal(ticket, 77);
    device.memory.payload[0] = 1;
    assert_int_equal(stk_device_wait(&device, &slot, &ticket, 60 * SECOND), STK_OK);
    assert_int_equal(slot.args[STK_RESULT_ARG], 7);
}

/* The handler holds its worker for some tenths of a second, and on the interpreter the caller as well. */
static void handler_that_runs_holds_no_wait_and_no_close(void **state) {
    struct stk_slot slot;
    uint32_t turns = 1u << 27;
    (void)state;
    need_place();
    assert_true(submit(OP_SPIN, turns, 0, NULL) >= 0);
    while (stk_device_wait(&device, &slot, NULL, 1000) == STK_OK) {
        /* The interpreter, and a driver that runs a kernel inside the call that launches it, have the result by now. */
        if (device.kind == STK_DEVICE_INTERP || device.opencl.mode == STK_BATCH) {
            return;
        }
        /* This thread had no core while the handler ran, so the next one runs longer. */
        assert_true(turns < 1u << 31);
        turns *= 2u;
        assert_true(submit(OP_SPIN, turns, 0, NULL) >= 0);
    }
    assert_int_equal(stk_publisher_pending(&device.publisher), 1);
    (void)!stk_device_close(&device, 0); /* close may fail because a kernel still runs; close must not hang */
}

/* The kernel stays beyond its lease and its deadline, and no new context may be tried. */
static void lost_device_ends_the_wait_with_its_reason(void **state) {
    struct stk_device_config config = base();
    struct stk_slot slot;
    char opened[sizeof device.reason];
    uint32_t turns = 1u << 27;
    int err;
    (void)state;
    config.kind = STK_DEVICE_OPENCL;
    config.opencl.lease_ns = config.opencl.deadline_ns = SECOND / 1000u;
    config.opencl.recoveries = STK_OPENCL_NO_RECOVERY;
    config.opencl.residency = wanted_residency() ? wanted_residency() : STK_RESIDENT;
    if (open_with(&config) != STK_OK) {
        (void)!stk_device_close(&device, 20 * SECOND);
        say_left_out("a kernel that stays");
        skip();
    }
    (void)snprintf(opened, sizeof opened, "%s", device.reason);
    do { /* a wait that had no core while the handler ran has the result */
        assert_true(turns < 1u << 31);
        turns *= 2u;
        assert_true(submit(OP_SPIN, turns, 0, NULL) >= 0);
        err = stk_device_wait(&device, &slot, NULL, 60 * SECOND);
    } while (err == STK_OK);
    assert_int_equal(err, STK_E_DEVICE);
    assert_non_null(strstr(device.reason, device.opencl.reason));
    assert_string_not_equal(device.reason, opened);
    assert_int_equal(stk_device_wait(&device, &slot, NULL, 60 * SECOND), STK_E_DEVICE);
    close_it();
}

/// Which device ///

/* The test runs in a process of its own, whose OpenCL loader finds no driver. */
static void without_a_driver_the_interpreter_runs_and_says_why(void **state) {
    int status = 1;
    pid_t child;
    (void)state;
    (void)fflush(NULL);
    child = fork();
    if (child == 0) {
        struct stk_device_config config = base();
        struct stk_slot slot;
        int bad;
        (void)setenv("OCL_ICD_VENDORS", "/nonexistent", 1);
        (void)unsetenv("OCL_ICD_FILENAMES");
        bad = open_with(&config) != STK_OK || device.kind != STK_DEVICE_INTERP ||
              strstr(device.reason, "interpreter") == NULL || strstr(device.reason, "no OpenCL device") == NULL;
        bad |= (submit(OP_SPIN, 0, 0, NULL) < 0) << 1;
        bad |= (stk_device_wait(&device, &slot, NULL, SECOND) != STK_OK || slot.args[STK_RESULT_ARG] != 1u) << 2;
        config.kind = STK_DEVICE_OPENCL;
        bad |= (stk_device_open(&device, &config, NULL) != STK_E_NODEV) << 3;
        config.kind = STK_DEVICE_ANY;
        config.interp.user_op_count = 1; /* the second handler, OP_SPIN, is left out */
        bad |= (open_with(&config) != STK_E_NODEV || strstr(device.reason, "0x20002") == NULL) << 4;
        _exit(bad);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void opencl_device_comes_first_and_takes_nothing_from_the_arena(void **state) {
    struct stk_device_config config = base();
    (void)state;
    config.opencl.residency = wanted_residency();
    assert_int_equal(open_with(&config), STK_OK);
    if (device.kind == STK_DEVICE_INTERP) {
        say_left_out("an OpenCL device");
        skip();
    }
    assert_int_equal(arena.used, 0);
    assert_non_null(strstr(device.reason, device.opencl.device.name));
    assert_non_null(strstr(device.reason, device.opencl.reason));
    close_it();
}

/* The name of a device that does not exist stands for a device that does not open. */
static void device_that_does_not_open_is_replaced_only_where_the_caller_lets_it(void **state) {
    struct stk_device_config config = base();
    (void)state;
    config.opencl.device = "no such device";
    assert_int_equal(open_with(&config), STK_OK);
    assert_int_equal(device.kind, STK_DEVICE_INTERP);
    assert_non_null(strstr(device.reason, "no such device"));
    close_it();
    config.kind = STK_DEVICE_OPENCL;
    assert_int_equal(open_with(&config), STK_E_NODEV);
    assert_non_null(strstr(device.reason, "no such device"));
    assert_int_equal(device.kind, STK_DEVICE_ANY);
}

static void compiler_errors_are_in_the_build_log(void **state) {
    static const struct stk_opencl_piece broken = {
        "broken.cl", "\nSTK_FN stk_u32 spin(const struct stk_dev *d, const struct stk_call *c) { return nothing; }\n",
        OP_SPIN, "spin", STK_SCALAR};
    struct stk_device_config config = base();
    (void)state;
    config.opencl.pieces = &broken;
    config.opencl.piece_count = 1;
    config.interp.user_op_count = 0;
    if (!open_at(1) && !open_at(3)) {
        skip();
    }
    close_it();
    assert_int_equal(open_with(&config), STK_E_BUILD); /* the interpreter has no such handler */
    assert_non_null(strstr(device.opencl.build_log, "broken.cl:2:"));
    close_it();
    config.interp.user_op_count = 2; /* now the interpreter has the handler, and the build log of OpenCL stays */
    assert_int_equal(open_with(&config), STK_OK);
    assert_int_equal(device.kind, STK_DEVICE_INTERP);
    assert_non_null(strstr(device.opencl.build_log, "broken.cl:2:"));
    close_it();
}

/// Bad input ///

static void refused(const struct stk_device_config *config, int err, const char *word) {
    int got = open_with(config);
    if (got != err || strstr(device.reason, word) == NULL) {
        fail_msg("got %s \"%s\", wanted %s with \"%s\"", stk_err_name(got), device.reason, stk_err_name(err), word);
    }
    assert_int_equal(device.kind, STK_DEVICE_ANY);
    assert_int_equal(submit(STK_OP_NOP, 0, 0, NULL), STK_E_STATUS);
    assert_int_equal(arena.used, 0);
    assert_int_equal(stk_device_close(&device, 0), STK_OK);
}

static void bad_configurations_are_refused_with_a_reason(void **state) {
    static const struct stk_opencl_piece nameless = {"", spin_text, OP_SPIN, "spin", STK_SCALAR};
    static const struct stk_limits heavy = {.tenants = {{.weight = STK_WEIGHT_MAX + 1u}}};
    struct stk_device_config c;
    (void)state;
    refused((c = base(), c.slots = 3, &c), STK_E_ARG, "power of two");
    refused((c = base(), c.slots = 2u * STK_RING_SLOTS_INIT_MAX, &c), STK_E_OVERFLOW, "slots");
    refused((c = base(), c.observables = UINT32_MAX, &c), STK_E_OVERFLOW, "observables");
    refused((c = base(), c.tenants = 30, &c), STK_E_OVERFLOW, "tenants");
    refused((c = base(), c.io_slots = 65, &c), STK_E_OVERFLOW, "io_slots");
    refused((c = base(), c.debug_records = UINT32_MAX, &c), STK_E_OVERFLOW, "debug_records");
    refused((c = base(), c.opencl.payload_bytes = 64, &c), STK_E_ARG, "opencl");
    refused((c = base(), c.opencl.table_bytes = 64, &c), STK_E_ARG, "opencl");
    refused((c = base(), c.kind = (enum stk_device_kind)3, &c), STK_E_ARG, "kind");
    refused((c = base(), c.payload_bytes++, &c), STK_E_SPACE, "would do");
    refused((c = base(), c.kind = STK_DEVICE_INTERP, c.interp.user_op_count = 1, &c), STK_E_ARG, "0x20002");
    refused((c = base(), c.kind = STK_DEVICE_INTERP, c.interp.limits = &heavy, &c), STK_E_ARG, "limits");
    refused((c = base(), c.opencl.limits = &heavy, &c), STK_E_ARG, "limits");
    refused((c = base(), c.opencl.pieces = &nameless, c.opencl.piece_count = 1, &c), STK_E_ARG, "piece");
    assert_int_equal(stk_device_open(&device, NULL, NULL), STK_E_ARG);
    assert_non_null(strstr(device.reason, "arena"));
}

static void bad_calls_change_nothing(void **state) {
    struct stk_slot slot;
    (void)state;
    memset(&device, 0, sizeof device);
    assert_int_equal(stk_device_wait(&device, &slot, NULL, UINT64_MAX), STK_E_STATUS);
    assert_true(open_at(0));
    assert_int_equal(stk_device_wait(&device, &slot, NULL, UINT64_MAX), STK_E_UNDERFLOW);
    assert_int_equal(submit(STK_OP_RESERVED_MIN, 0, 0, NULL), STK_E_OPCODE);
    assert_int_equal(stk_device_wait(&device, &slot, NULL, UINT64_MAX), STK_E_UNDERFLOW);
    close_it();
}

/* The interpreter takes as many bytes as the macro and the query give, and one byte less is too little. */
static void macro_query_and_use_agree(void **state) {
    static uint8_t room[STK_DEVICE_INTERP_BYTES(64, 1000, 12345, 0) + STK_ALIGN];
    static const uint32_t shapes[][4] = {{0, 0, 0, 0}, {1, 1, 1, STK_NO_TABLES}, {64, 1000, 12345, 777}};
    static const size_t macros[] = {STK_DEVICE_INTERP_BYTES(0, 0, 0, 0),
                                    STK_DEVICE_INTERP_BYTES(1, 1, 1, STK_NO_TABLES),
                                    STK_DEVICE_INTERP_BYTES(64, 1000, 12345, 777)};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const struct stk_device_config c = {.kind = STK_DEVICE_INTERP,
                                            .slots = shapes[i][0],
                                            .observables = shapes[i][1],
                                            .payload_bytes = shapes[i][2],
                                            .table_bytes = shapes[i][3]};
        size_t bytes = 0;
        uint8_t *at = room + (STK_ALIGN - (uintptr_t)room % STK_ALIGN) % STK_ALIGN;
        assert_true(macros[i] + STK_ALIGN <= sizeof room || i == 0);
        assert_int_equal(stk_device_interp_bytes(&c, &bytes), STK_OK);
        assert_int_equal(bytes, macros[i]);
        if (bytes + STK_ALIGN > sizeof room) {
            continue;
        }
        memset(room, 0xA5, sizeof room);
        stk_arena_init(&arena, at, bytes - 1u);
        assert_int_equal(stk_device_open(&device, &c, &arena), STK_E_SPACE);
        assert_int_equal(arena.need, bytes);
        stk_arena_init(&arena, at, bytes);
        assert_int_equal(stk_device_open(&device, &c, &arena), STK_OK);
        assert_int_equal(arena.used, bytes);
        assert_int_equal(at[bytes], 0xA5);
        close_it();
    }
}

int main(void) {
    const struct CMUnitTest alone[] = {
        /* First: the child must find the OpenCL loader untouched. */
        cmocka_unit_test(without_a_driver_the_interpreter_runs_and_says_why),
        cmocka_unit_test(threads_submit_while_one_waits),
        cmocka_unit_test(opencl_device_comes_first_and_takes_nothing_from_the_arena),
        cmocka_unit_test(device_that_does_not_open_is_replaced_only_where_the_caller_lets_it),
        cmocka_unit_test(lost_device_ends_the_wait_with_its_reason),
        cmocka_unit_test(compiler_errors_are_in_the_build_log),
        cmocka_unit_test(bad_configurations_are_refused_with_a_reason),
        cmocka_unit_test(bad_calls_change_nothing),
        cmocka_unit_test(macro_query_and_use_agree),
    };
    const struct CMUnitTest anywhere[] = {
        cmocka_unit_test(work_gives_its_result),
        cmocka_unit_test(fault_ends_the_wait_and_has_its_reason),
        cmocka_unit_test(each_slot_of_the_ring_can_be_waited_for),
        cmocka_unit_test(submissions_go_round_the_ring_any_number_of_times),
        cmocka_unit_test(wait_ends_at_its_deadline_and_can_be_called_again),
        cmocka_unit_test(handler_that_runs_holds_no_wait_and_no_close),
    };
    int failed = cmocka_run_group_tests(alone, NULL, NULL);
    failed += cmocka_run_group_tests_name(places[0].name, anywhere, begin_interpreter, end_place);
    failed += cmocka_run_group_tests_name(places[1].name, anywhere, begin_resident, end_place);
    failed += cmocka_run_group_tests_name(places[2].name, anywhere, begin_quantum, end_place);
    failed += cmocka_run_group_tests_name(places[3].name, anywhere, begin_batch, end_place);
    return failed;
}
