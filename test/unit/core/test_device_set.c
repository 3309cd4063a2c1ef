/* Tests the choice of a device for work, the reason when no device fits, and the learning of speeds. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "stoker/device_set.h"
#include "stoker/words.h"

#define G (UINT64_C(1) << 30)

static const struct stk_opcode_range own[] = {{0x20000, 0x20003}, {0x40100000, 0x401FFFFF}};

enum {
    GPU,
    CPU,
    CPU_AGAIN,
    SLOW,
    DEVICES
};

static struct stk_device_set_device devices[DEVICES];
static struct stk_device_set fleet;

static int table(void **state) {
    (void)state;
    devices[GPU] =
        (struct stk_device_set_device){"NVIDIA H200", STK_QUANTUM, 140 * G, 1u << 20, 132, 4, 128, NULL, 0, 0, 0};
    devices[CPU] = (struct stk_device_set_device){"pthread-x", STK_RESIDENT, 8 * G, 1u << 16, 2, 1, 1, own, 2, 0, 0};
    devices[CPU_AGAIN] =
        (struct stk_device_set_device){"pthread-x", STK_RESIDENT, 8 * G, 1u << 24, 2, 1, 1, own, 1, 0, 0};
    devices[SLOW] = (struct stk_device_set_device){NULL, STK_BATCH, 0, 4096, 1, 1, 8, NULL, 0, 0, 0};
    fleet = (struct stk_device_set){.devices = devices, .count = DEVICES};
    return 0;
}

static void each_need_leads_to_the_device_that_meets_it(void **state) {
    static const struct {
        struct stk_device_set_need need;
        int want;
        uint32_t index;
        uint64_t lack;
    } cases[] = {
        /* The need names nothing, so the best residency wins, then the most compute units, then the first device. */
        {{.device = STK_DEVICE_SET_ANY}, CPU, 0, 0},
        {{.device = SLOW}, SLOW, 0, 0},
        {{.device = CPU_AGAIN, .name = "PTHREAD"}, CPU_AGAIN, 0, 0},
        {{.device = STK_DEVICE_SET_ANY, .name = "h200"}, GPU, 0, 0},
        {{.device = STK_DEVICE_SET_ANY, .name = ""}, CPU, 0, 0},
        {{.device = STK_DEVICE_SET_ANY, .name = "Pthread-X"}, CPU, 0, 0},
        {{.device = STK_DEVICE_SET_ANY, .payload_bytes = 1u << 17}, CPU_AGAIN, 0, 0},
        {{.device = STK_DEVICE_SET_ANY, .memory = 9 * G}, GPU, 0, 0},
        {{.device = STK_DEVICE_SET_ANY, .compute_units = 3}, GPU, 0, 0},
        {{.device = STK_DEVICE_SET_ANY, .lanes = 8}, GPU, 0, 0},
        {{.device = STK_DEVICE_SET_ANY, .lanes = 8, .residency = STK_BATCH}, GPU, 0, 0},
        {{.device = SLOW, .residency = STK_BATCH}, SLOW, 0, 0},
        {{.device = STK_DEVICE_SET_ANY, .opcode_wanted = true, .opcode = STK_OP_NOP}, CPU, 0, 0},
        {{.device = GPU, .opcode_wanted = true, .opcode = STK_OP_SCAN_COUNT}, GPU, 0, 0},
        {{.device = GPU, .opcode_wanted = true, .opcode = STK_OP_SHUTDOWN}, GPU, 0, 0},
        {{.device = STK_DEVICE_SET_ANY, .opcode_wanted = true, .opcode = 0x20003}, CPU, 0, 0},
        {{.device = CPU, .opcode_wanted = true, .opcode = 0x40100000}, CPU, 0, 0},
        /* Nobody has that index or name. */
        {{.device = DEVICES}, STK_E_NODEV, 0, STK_LACKS_INDEX},
        {{.device = STK_DEVICE_SET_ANY, .name = "h2000"}, STK_E_NODEV, 0, STK_LACKS_NAME},
        {{.device = GPU, .name = "pthread"}, STK_E_NODEV, GPU, STK_LACKS_NAME},
        {{.device = SLOW, .name = "a"}, STK_E_NODEV, SLOW, STK_LACKS_NAME},
        /* Somebody has, and lacks something else: the one that came farthest. */
        {{.device = GPU, .opcode_wanted = true, .opcode = 0x20000}, STK_E_UNSUPPORTED, GPU, STK_LACKS_OPCODE},
        {{.device = STK_DEVICE_SET_ANY, .opcode_wanted = true, .opcode = 0x20004},
         STK_E_UNSUPPORTED,
         GPU,
         STK_LACKS_OPCODE},
        {{.device = CPU_AGAIN, .opcode_wanted = true, .opcode = 0x40100000},
         STK_E_UNSUPPORTED,
         CPU_AGAIN,
         STK_LACKS_OPCODE},
        {{.device = GPU, .residency = STK_RESIDENT}, STK_E_UNSUPPORTED, GPU, STK_LACKS_RESIDENCY},
        {{.device = SLOW, .residency = STK_QUANTUM}, STK_E_UNSUPPORTED, SLOW, STK_LACKS_RESIDENCY},
        {{.device = SLOW, .memory = 1}, STK_E_UNSUPPORTED, SLOW, STK_LACKS_MEMORY},
        {{.device = STK_DEVICE_SET_ANY, .payload_bytes = 1u << 25}, STK_E_UNSUPPORTED, GPU, STK_LACKS_PAYLOAD},
        {{.device = STK_DEVICE_SET_ANY, .compute_units = 133}, STK_E_UNSUPPORTED, GPU, STK_LACKS_COMPUTE_UNITS},
        {{.device = STK_DEVICE_SET_ANY, .compute_units = 2, .lanes = 129}, STK_E_UNSUPPORTED, GPU, STK_LACKS_LANES},
        {{.device = STK_DEVICE_SET_ANY, .name = "pthread", .lanes = 2}, STK_E_UNSUPPORTED, CPU, STK_LACKS_LANES},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int got;
        fleet.info = (struct stk_error_info){0, 0, 0};
        got = stk_device_set_route(&fleet, &cases[i].need);
        if (got != cases[i].want || fleet.info.index != cases[i].index || fleet.info.value != cases[i].lack ||
            fleet.info.err != (got < 0 ? got : 0)) {
            fail_msg("case %u: %d, device %u lacks %s", (unsigned)i, got, (unsigned)fleet.info.index,
                     stk_device_set_lack_name((enum stk_device_set_lack)fleet.info.value));
        }
    }
}

static void what_the_kernel_text_has_every_device_has(void **state) {
    static const uint32_t has[] = {STK_OP_NOP,         STK_OP_BATCH_FENCE, STK_OP_LOAD_MISS,  STK_OP_PRINTF,
                                   STK_OP_PACKED_SLOT, STK_OP_SHUTDOWN,    STK_OP_SCAN_COUNT, STK_OP_SCAN_LOCATE,
                                   STK_OP_SUM64,       STK_OP_CRC32C,      STK_OP_FIR_Q15};
    struct stk_device_set_need need = {.device = GPU, .opcode_wanted = true};
    (void)state;
    for (size_t i = 0; i < sizeof has / sizeof *has; i++) {
        need.opcode = has[i];
        assert_int_equal(stk_device_set_route(&fleet, &need), GPU);
    }
    need.opcode = STK_OP_BUILTIN_MAX + 1u;
    assert_int_equal(stk_device_set_route(&fleet, &need), STK_E_UNSUPPORTED);
}

static void a_lost_device_is_passed_over(void **state) {
    const struct stk_device_set_need any = {.device = STK_DEVICE_SET_ANY}, cpu = {.device = CPU};
    (void)state;
    devices[CPU].lost = true;
    assert_int_equal(stk_device_set_route(&fleet, &any), CPU_AGAIN);
    assert_int_equal(stk_device_set_route(&fleet, &cpu), STK_E_UNSUPPORTED);
    assert_int_equal(fleet.info.value, STK_LACKS_LIFE);
    devices[CPU_AGAIN].residency = (enum stk_residency)0; /* it never opened */
    assert_int_equal(stk_device_set_route(&fleet, &any), GPU);
    fleet.count = 0;
    assert_int_equal(stk_device_set_route(&fleet, &any), STK_E_NODEV);
}

static void the_fastest_wins_once_all_are_known(void **state) {
    const struct stk_device_set_need any = {.device = STK_DEVICE_SET_ANY}, h200 = {.device = GPU};
    (void)state;
    devices[GPU].speed = 900;
    devices[CPU].speed = 100;
    devices[CPU_AGAIN].speed = 100;
    assert_int_equal(stk_device_set_route(&fleet, &any), CPU); /* the slow one's is not known */
    devices[SLOW].speed = 1000;
    assert_int_equal(stk_device_set_route(&fleet, &any), SLOW);
    devices[SLOW].lost = true;
    assert_int_equal(stk_device_set_route(&fleet, &any), GPU);
    devices[GPU].speed = 100;
    assert_int_equal(stk_device_set_route(&fleet, &any), GPU); /* the first of equals */
    assert_int_equal(stk_device_set_route(&fleet, &h200), GPU);
}

static void speeds_are_a_moving_average(void **state) {
    struct stk_device_set_device *d = &devices[GPU];
    (void)state;
    stk_device_set_learn(d, 0, 5);
    stk_device_set_learn(d, 5, 0);
    assert_true(d->speed == 0);
    stk_device_set_learn(d, 4000, 1000000);
    assert_true(d->speed == 4000000);
    stk_device_set_learn(d, 8000, 1000000);
    assert_true(d->speed == 5000000);
    d->speed = 0;
    stk_device_set_learn(d, 1, UINT64_MAX);
    assert_true(d->speed == 1);
    d->speed = 0;
    stk_device_set_learn(d, UINT64_MAX, UINT64_C(1) << 40);
    assert_true(d->speed == ((UINT64_C(1) << 24) - 1) * 1000000000u);
    stk_device_set_learn(d, UINT64_MAX, 1);
    d->speed = 0;
    stk_device_set_learn(d, UINT64_MAX, 1);
    assert_true(d->speed == UINT64_MAX);
    stk_device_set_learn(d, UINT64_MAX, 1);
    assert_true(d->speed == UINT64_MAX);
}

static void weights_are_shares_of_the_fastest(void **state) {
    (void)state;
    devices[GPU].speed = 4000;
    devices[CPU].speed = 1000;
    devices[CPU_AGAIN].speed = 1;
    assert_int_equal(stk_device_set_weight(&fleet, CPU), STK_DEVICE_SET_WEIGHT); /* one is not known yet */
    devices[SLOW].lost = true;
    devices[SLOW].speed = 1u << 30;
    assert_int_equal(stk_device_set_weight(&fleet, GPU), STK_DEVICE_SET_WEIGHT);
    assert_int_equal(stk_device_set_weight(&fleet, CPU), STK_DEVICE_SET_WEIGHT / 4);
    assert_int_equal(stk_device_set_weight(&fleet, CPU_AGAIN), 1);
    assert_int_equal(stk_device_set_weight(&fleet, SLOW), STK_DEVICE_SET_WEIGHT);
    devices[GPU].speed = UINT64_MAX;
    devices[CPU].speed = UINT64_MAX / 2;
    assert_int_equal(stk_device_set_weight(&fleet, CPU), STK_DEVICE_SET_WEIGHT / 2);
    devices[CPU].speed = UINT64_MAX - 1;
    assert_int_equal(stk_device_set_weight(&fleet, CPU), STK_DEVICE_SET_WEIGHT);
}

static void a_port_describes_itself(void **state) {
    const struct stk_dispatch_info info = {.device = "x", .residency = STK_QUANTUM, .workers = 3, .lanes = 5};
    const struct stk_device_memory memory = {.payload_bytes = 7};
    struct stk_device_set_device d = {.compute_units = 9};
    (void)state;
    stk_device_set_describe(&d, &info, &memory);
    assert_string_equal(d.name, "x");
    assert_true(d.residency == STK_QUANTUM && d.workers == 3 && d.lanes == 5 && d.payload_bytes == 7 &&
                d.compute_units == 9);
}

static void every_lack_has_a_name(void **state) {
    (void)state;
    for (unsigned i = STK_LACKS_NOTHING; i <= STK_LACKS_LANES; i++) {
        assert_string_not_equal(stk_device_set_lack_name((enum stk_device_set_lack)i), "?");
    }
    assert_string_equal(stk_device_set_lack_name((enum stk_device_set_lack)(STK_LACKS_LANES + 1)), "?");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_need_leads_to_the_device_that_meets_it, table, NULL),
        cmocka_unit_test_setup_teardown(what_the_kernel_text_has_every_device_has, table, NULL),
        cmocka_unit_test_setup_teardown(a_lost_device_is_passed_over, table, NULL),
        cmocka_unit_test_setup_teardown(the_fastest_wins_once_all_are_known, table, NULL),
        cmocka_unit_test_setup_teardown(speeds_are_a_moving_average, table, NULL),
        cmocka_unit_test_setup_teardown(weights_are_shares_of_the_fastest, table, NULL),
        cmocka_unit_test(a_port_describes_itself),
        cmocka_unit_test(every_lack_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
