/* The bare-metal port over registers in memory: each timer as a clock, waits, locks, cache lines, UARTs. The
 * instructions of a core that have no address (PRIMASK, CNTVCT) run in the firmware of boards/example. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "stoker/atomic.h"
#include "stoker/port/baremetal.h"

/* The system control space, with the registers of the DWT before it. */
#define DWT_BYTES 0xD000u
static uint32_t space[(DWT_BYTES + 0x1000u) / 4u];
static uint32_t *const scs = space + DWT_BYTES / 4u;
static struct stk_bare_clock clock;

enum {
    SYST_CSR = 4,
    SYST_RVR = 5,
    SYST_CVR = 6,
    DEMCR = 0xDFC / 4,
    CTR = 0xD7C / 4,
    CCR = 0xD14 / 4
};

/* Interrupts that are held off: how often, and how deep. */
static uint32_t sections, depth;

static uint32_t enter(void) {
    sections++;
    return depth++;
}

static void leave(uint32_t entered) {
    depth = entered;
}

static const struct stk_bare_mask mask = {enter, leave};

/// Clock ///

static void clear(void) {
    memset(space, 0, sizeof space);
    sections = depth = 0;
}

static void systick_is_started_and_counts_over_its_wraps(void **state) {
    const struct stk_bare_clock_config config = {
        .timer = STK_BARE_SYSTICK, .registers = scs, .hz = 25000000, .mask = &mask};
    (void)state;
    clear();
    assert_int_equal(stk_bare_clock_init(&clock, &config), STK_OK);
    assert_int_equal(scs[SYST_RVR], 0xFFFFFF);
    assert_int_equal(scs[SYST_CSR], 5); /* on, the core's clock, no interrupt */
    assert_true(stk_bare_clock_now(&clock) == 0);
    scs[SYST_CVR] = 0xFFFFFF; /* a tick: it begins anew below 0 */
    assert_true(stk_bare_clock_now(&clock) == 40);
    for (uint64_t wraps = 1; wraps < 10; wraps++) {
        scs[SYST_CVR] = 0x800000;
        (void)stk_bare_clock_now(&clock);
        scs[SYST_CVR] = 0xFFFFFF;
        assert_true(stk_bare_clock_now(&clock) == 40 + wraps * 40 * 0x1000000);
    }
    assert_true(sections > 10);
    assert_int_equal(depth, 0);
}

static void a_systick_that_runs_keeps_its_interrupt(void **state) {
    const struct stk_bare_clock_config config = {.timer = STK_BARE_SYSTICK, .registers = scs, .hz = 1000};
    (void)state;
    clear();
    scs[SYST_CSR] = 7;
    scs[SYST_RVR] = 0xFFFFFF;
    assert_int_equal(stk_bare_clock_init(&clock, &config), STK_OK);
    assert_int_equal(scs[SYST_CSR], 7);
    scs[SYST_RVR] = 1000; /* an operating system's tick */
    assert_int_equal(stk_bare_clock_init(&clock, &config), STK_E_UNSUPPORTED);
}

static void the_cycle_counter_is_used_where_there_is_one(void **state) {
    const struct stk_bare_clock_config config = {.timer = STK_BARE_DWT, .registers = scs, .hz = 200000000};
    (void)state;
    clear();
    space[1] = 0xFFFFFFF0u;
    assert_int_equal(stk_bare_clock_init(&clock, &config), STK_OK);
    assert_int_equal(space[0] & 1u, 1);
    assert_int_equal(scs[DEMCR], 0x01000000);
    space[1] = 0x10; /* 32 ticks of 5 ns later */
    assert_true(stk_bare_clock_now(&clock) == 32 * 5 - 1 || stk_bare_clock_now(&clock) == 32 * 5);
    space[0] = 0x02000000; /* NOCYCCNT */
    assert_int_equal(stk_bare_clock_init(&clock, &config), STK_E_UNSUPPORTED);
}

static void mtime_has_64_bits(void **state) {
    uint32_t mtime[2] = {0xFFFFFFFFu, 7};
    struct stk_bare_clock_config config = {.timer = STK_BARE_MTIME, .registers = mtime, .hz = 10000000};
    (void)state;
    assert_int_equal(stk_bare_clock_init(&clock, &config), STK_OK);
    mtime[0] = 0;
    mtime[1] = 8;
    assert_true(stk_bare_clock_now(&clock) == 100);
    mtime[1] = 8 + 4096; /* 20 days */
    uint64_t want = (UINT64_C(4096) << 32) * 100u;
    assert_true(stk_bare_clock_now(&clock) - want <= 100);
    config.registers = NULL;
    assert_int_equal(stk_bare_clock_init(&clock, &config), STK_E_ARG);
}

/* Steps of any size up to years, at rates that are no divisors of a second. The time is right to a part in 2^20. */
static void no_rate_makes_the_clock_go_back(void **state) {
    static const uint32_t rates[] = {1000000, 24999999, 25000000, 62500000, 216000000, 4294967295u};
    uint32_t mtime[2] = {0, 0};
    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        const struct stk_bare_clock_config config = {.timer = STK_BARE_MTIME, .registers = mtime, .hz = rates[i]};
        uint64_t last = 0, ticks = 0;
        mtime[0] = mtime[1] = 0;
        assert_int_equal(stk_bare_clock_init(&clock, &config), STK_OK);
        for (uint32_t step = 1; ticks < UINT64_C(1) << 50; step++) {
            ticks += step % 3u == 0 ? ticks / 8u : step;
            mtime[0] = (uint32_t)ticks;
            mtime[1] = (uint32_t)(ticks >> 32);
            uint64_t now = stk_bare_clock_now(&clock), seconds = ticks / rates[i];
            assert_true(now >= last);
            assert_true(now >= seconds * 999999000u && now <= (seconds + 1u) * 1000000001u);
            last = now;
        }
    }
}

static void what_is_no_clock_is_refused(void **state) {
    struct stk_bare_clock_config config = {.timer = (enum stk_bare_timer)9, .registers = scs, .hz = 1000};
    (void)state;
    assert_int_equal(stk_bare_clock_init(&clock, &config), STK_E_ARG);
    assert_int_equal(stk_bare_clock_init(NULL, &config), STK_E_ARG);
    assert_int_equal(stk_bare_clock_init(&clock, NULL), STK_E_ARG);
    config.timer = STK_BARE_SYSTICK;
    config.hz = 0;
    assert_int_equal(stk_bare_clock_init(&clock, &config), STK_E_ARG);
}

/* A word that changes while the core sleeps, and one that does not. */
static uint32_t word;
static uint32_t mtime_now[2];
static uint32_t naps;

static void nap(uint64_t left_ns) {
    assert_true(left_ns <= UINT64_C(1000000));
    mtime_now[0] += 100;
    if (++naps == 5) {
        stk_store_release(&word, 9);
    }
}

static void a_wait_ends_with_the_word_or_the_deadline(void **state) {
    const struct stk_bare_clock_config config = {
        .timer = STK_BARE_MTIME, .registers = mtime_now, .hz = 10000000, .idle = nap};
    const struct stk_platform_ops *ops = &stk_bare_platform_ops;
    (void)state;
    assert_int_equal(stk_bare_clock_init(&clock, &config), STK_OK);
    naps = 0;
    stk_store(&word, 3);
    assert_int_equal(ops->wait(&clock, &word, stk_le32(4), 1000000), STK_OK); /* it differs already */
    assert_int_equal(naps, 0);
    assert_int_equal(ops->wait(&clock, &word, stk_le32(3), 1000000), STK_OK);
    assert_int_equal(naps, 5);
    assert_int_equal(ops->wait(&clock, &word, stk_le32(9), 1000000), STK_E_TIMEOUT);
    assert_in_range(naps, 5 + 90, 5 + 120); /* naps of 10 us each */
    assert_int_equal(ops->wait(&clock, &word, stk_le32(9), 0), STK_E_TIMEOUT);
    ops->wake(&clock, &word);
}

/// Locks ///

static void a_lock_holds_interrupts_off(void **state) {
    struct stk_bare_lock lock = {.mask = &mask};
    (void)state;
    clear();
    stk_bare_lock_ops.lock(&lock, 3);
    assert_int_equal(depth, 1);
    stk_bare_lock_ops.unlock(&lock, 3);
    assert_int_equal(depth, 0);
    depth = 2; /* within a section of the caller */
    stk_bare_lock_ops.lock(&lock, 0);
    stk_bare_lock_ops.unlock(&lock, 0);
    assert_int_equal(depth, 2);
}

/// Cache ///

static void lines_are_those_that_the_bytes_touch(void **state) {
    static _Alignas(64) uint8_t bytes[256];
    struct stk_bare_cache cache;
    (void)state;
    clear();
    scs[CTR] = 3u << 16; /* lines of 8 words */
    stk_bare_cache_init(&cache, scs);
    assert_int_equal(cache.line_bytes, 0); /* it is off */
    stk_bare_cache_clean(&cache, bytes, 256);
    assert_int_equal(stk_bare_cache_invalidate(&cache, bytes + 1, 3), STK_OK);
    assert_int_equal(scs[0xF68 / 4] | scs[0xF5C / 4], 0);
    scs[CCR] = 1u << 16;
    stk_bare_cache_init(&cache, scs);
    assert_int_equal(cache.line_bytes, 32);
    stk_bare_cache_clean(&cache, bytes + 31, 34); /* three lines, the last of them at 64 */
    assert_int_equal(scs[0xF68 / 4], (uint32_t)(uintptr_t)(bytes + 64));
    stk_bare_cache_clean(&cache, bytes + 31, 1);
    assert_int_equal(scs[0xF68 / 4], (uint32_t)(uintptr_t)bytes);
    stk_bare_cache_flush(&cache, bytes, 96);
    assert_int_equal(scs[0xF70 / 4], (uint32_t)(uintptr_t)(bytes + 64));
    assert_int_equal(stk_bare_cache_invalidate(&cache, bytes + 32, 64), STK_OK);
    assert_int_equal(scs[0xF5C / 4], (uint32_t)(uintptr_t)(bytes + 64));
    assert_int_equal(stk_bare_cache_invalidate(&cache, bytes + 16, 32), STK_E_ALIGN);
    assert_int_equal(stk_bare_cache_invalidate(&cache, bytes, 33), STK_E_ALIGN);
    stk_bare_cache_clean(&cache, bytes + 128, 0);
    assert_int_equal(scs[0xF68 / 4], (uint32_t)(uintptr_t)bytes);
}

/// UARTs ///

static uint64_t time_ns;

static uint64_t look(void *ctx) {
    (void)ctx;
    return time_ns += 1000;
}

static const struct stk_platform_ops ticking = {.name = "ticking", .now_ns = look};
static _Alignas(4) uint8_t registers[64];

static uint32_t reg32(uint32_t at) {
    uint32_t value;
    memcpy(&value, registers + at, sizeof value);
    return value;
}

static void set32(uint32_t at, uint32_t value) {
    memcpy(registers + at, &value, sizeof value);
}

static struct stk_bare_uart_config plugged(uint32_t kind, uint32_t clock_hz, uint32_t baud) {
    memset(registers, 0, sizeof registers);
    return (struct stk_bare_uart_config){
        .kind = kind, .registers = registers, .clock_hz = clock_hz, .baud = baud, .platform = {&ticking, NULL}};
}

static void cmsdk_sends_and_receives(void **state) {
    struct stk_bare_uart_config config = plugged(STK_UART_CMSDK, 25000000, 115200);
    struct stk_bare_uart uart;
    uint8_t in[4];
    (void)state;
    assert_int_equal(stk_bare_uart_init(&uart, &config), STK_OK);
    assert_int_equal(reg32(16), 217);
    assert_int_equal(reg32(8), 3);
    assert_int_equal(stk_bare_uart_write(&uart, "ab", 2, 1000000), STK_OK);
    assert_int_equal(reg32(0), 'b');
    assert_int_equal(stk_bare_uart_read(&uart, in, 4), 0);
    set32(0, 'x');
    set32(4, 3);
    assert_int_equal(stk_bare_uart_read(&uart, in, 2), 2);
    assert_int_equal(in[1], 'x');
    assert_int_equal(stk_bare_uart_write(&uart, "c", 1, 1000000), STK_E_TIMEOUT);
    config = plugged(STK_UART_CMSDK, 25000000, 2000000);
    assert_int_equal(stk_bare_uart_init(&uart, &config), STK_E_RANGE);
}

static void pl011_sends_and_receives(void **state) {
    struct stk_bare_uart_config config = plugged(STK_UART_PL011, 24000000, 115200);
    struct stk_bare_uart uart;
    uint8_t in[4];
    (void)state;
    assert_int_equal(stk_bare_uart_init(&uart, &config), STK_OK);
    assert_int_equal(reg32(0x24), 13); /* 24 MHz / (16 * 115200) = 13 + 1 / 64 */
    assert_int_equal(reg32(0x28), 1);
    assert_int_equal(reg32(0x2C), 0x70);
    assert_int_equal(reg32(0x30), 0x301);
    assert_int_equal(stk_bare_uart_write(&uart, "ab", 2, 1000000), STK_OK);
    assert_int_equal(reg32(0), 'b');
    assert_int_equal(stk_bare_uart_read(&uart, in, 2), 2); /* no flag says that there is none */
    set32(0x18, 0x30);
    assert_int_equal(stk_bare_uart_read(&uart, in, 2), 0);
    assert_int_equal(stk_bare_uart_write(&uart, "c", 1, 1000000), STK_E_TIMEOUT);
    config = plugged(STK_UART_PL011, 1000000, 115200);
    assert_int_equal(stk_bare_uart_init(&uart, &config), STK_E_RANGE);
}

static void a_16550_sends_and_receives(void **state) {
    (void)state;
    for (uint32_t stride = 1; stride <= 4; stride += 3) {
        struct stk_bare_uart_config config = plugged(STK_UART_16550, 3686400, 9600);
        struct stk_bare_uart uart;
        uint8_t in[4];
        config.stride = stride;
        assert_int_equal(stk_bare_uart_init(&uart, &config), STK_OK);
        assert_int_equal(registers[0], 24);
        assert_int_equal(registers[3 * stride], 3);
        registers[5 * stride] = 0x20;
        assert_int_equal(stk_bare_uart_write(&uart, "ab", 2, 1000000), STK_OK);
        assert_int_equal(registers[0], 'b');
        assert_int_equal(stk_bare_uart_read(&uart, in, 4), 0);
        registers[5 * stride] = 0x01;
        assert_int_equal(stk_bare_uart_read(&uart, in, 4), 4);
        assert_int_equal(stk_bare_uart_write(&uart, "c", 1, 1000000), STK_E_TIMEOUT);
        config.stride = 2;
        assert_int_equal(stk_bare_uart_init(&uart, &config), STK_E_ARG);
        config.stride = stride;
        config.baud = 1;
        assert_int_equal(stk_bare_uart_init(&uart, &config), STK_E_RANGE);
    }
}

static void what_is_no_uart_is_refused(void **state) {
    struct stk_bare_uart_config config = plugged(4, 0, 0);
    struct stk_bare_uart uart;
    (void)state;
    assert_int_equal(stk_bare_uart_init(&uart, &config), STK_E_ARG);
    config.kind = 0;
    assert_int_equal(stk_bare_uart_init(&uart, &config), STK_E_ARG);
    config = plugged(STK_UART_PL011, 0, 0);
    assert_int_equal(stk_bare_uart_init(&uart, &config), STK_OK); /* the rate stays */
    assert_int_equal(reg32(0x24), 0);
    config.registers = NULL;
    assert_int_equal(stk_bare_uart_init(&uart, &config), STK_E_ARG);
    config = plugged(STK_UART_PL011, 0, 0);
    config.platform.ops = NULL;
    assert_int_equal(stk_bare_uart_init(&uart, &config), STK_E_ARG);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(systick_is_started_and_counts_over_its_wraps),
        cmocka_unit_test(a_systick_that_runs_keeps_its_interrupt),
        cmocka_unit_test(the_cycle_counter_is_used_where_there_is_one),
        cmocka_unit_test(mtime_has_64_bits),
        cmocka_unit_test(no_rate_makes_the_clock_go_back),
        cmocka_unit_test(what_is_no_clock_is_refused),
        cmocka_unit_test(a_wait_ends_with_the_word_or_the_deadline),
        cmocka_unit_test(a_lock_holds_interrupts_off),
        cmocka_unit_test(lines_are_those_that_the_bytes_touch),
        cmocka_unit_test(cmsdk_sends_and_receives),
        cmocka_unit_test(pl011_sends_and_receives),
        cmocka_unit_test(a_16550_sends_and_receives),
        cmocka_unit_test(what_is_no_uart_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
