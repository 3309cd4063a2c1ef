/* board.h agrees with the linker script, and the start-up code leaves memory in the state that C expects. */
#include "board.h"

#include <cmocka.h>
#include <string.h>

extern char __ram[], __ram_size[], __stack_size[], __stack[]; /* symbols of memory.ld, whose addresses are the values */

static uint32_t set_at_start = 0x12345678u;
static uint32_t zero_at_start[1024];
static _Alignas(8) unsigned char bytes[16];

static void board_h_has_the_ram_of_the_linker_script(void **state) {
    (void)state;
    assert_true((uintptr_t)__ram == BOARD_RAM_ADDRESS);
    assert_true((uintptr_t)__ram_size == BOARD_RAM_SIZE);
    assert_true((uintptr_t)__stack_size == BOARD_STACK_SIZE);
}

static void the_stack_is_at_the_end_of_the_ram(void **state) {
    uintptr_t here = (uintptr_t)&state;
    (void)state;
    assert_true((uintptr_t)__stack == (uintptr_t)BOARD_RAM_ADDRESS + BOARD_RAM_SIZE);
    assert_true(here < (uintptr_t)__stack && here > (uintptr_t)__stack - BOARD_STACK_SIZE);
}

static void variables_have_their_first_values(void **state) {
    (void)state;
    assert_int_equal(set_at_start, 0x12345678u);
    for (size_t i = 0; i < sizeof zero_at_start / sizeof zero_at_start[0]; i++) {
        assert_int_equal(zero_at_start[i], 0);
    }
}

/* An aarch64 compiler joins accesses to single bytes into unaligned ones, which Device memory refuses. */
static void copies_may_be_unaligned(void **state) {
    uint64_t word = 0x0102030405060708u, back;
    (void)state;
    for (size_t at = 0; at < 8; at++) {
        memcpy(bytes + at, &word, sizeof word);
        memcpy(&back, bytes + at, sizeof back);
        assert_true(back == word);
    }
}

#if defined(__aarch64__)
/* Returns the memory type of an address, as MAIR encodes it. */
static uint64_t memory_type(const void *address) {
    uint64_t par;
    __asm__ volatile("at s1e1r, %1\n\tisb\n\tmrs %0, par_el1" : "=r"(par) : "r"(address) : "memory");
    return par & 1u ? 0 : par >> 56;
}

static void data_is_cached_normal_memory(void **state) {
    (void)state;
    assert_int_equal(memory_type(&set_at_start), 0xff);
    assert_int_equal(memory_type(&state), 0xff);
}

static void devices_are_device_memory(void **state) {
    (void)state;
    assert_int_equal(memory_type((const void *)(uintptr_t)BOARD_UART_ADDRESS), 0x04);
    assert_int_equal(memory_type((const void *)(uintptr_t)BOARD_NOR_ADDRESS), 0x04);
}

static void the_timer_has_the_rate_of_board_h(void **state) {
    uint64_t hz;
    (void)state;
    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(hz));
    assert_int_equal(hz, BOARD_TIMER_HZ);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(board_h_has_the_ram_of_the_linker_script),
        cmocka_unit_test(the_stack_is_at_the_end_of_the_ram),
        cmocka_unit_test(variables_have_their_first_values),
        cmocka_unit_test(copies_may_be_unaligned),
#if defined(__aarch64__)
        cmocka_unit_test(data_is_cached_normal_memory),
        cmocka_unit_test(devices_are_device_memory),
        cmocka_unit_test(the_timer_has_the_rate_of_board_h),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
