/* Counts the launches and the allocations of a million slots. The test replaces the allocation functions of the C
 * library to count them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "opencl_adds.h"
#include "stoker/control.h"
#include "stoker/publisher.h"

#if defined(__has_feature)
#define FEATURE(name) __has_feature(name)
#else
#define FEATURE(name) 0
#endif

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&                           \
    !FEATURE(address_sanitizer) && !FEATURE(thread_sanitizer)
#define COUNTED 1
#include "alloc_count_cl.h"
#else
#define COUNTED 0 /* a sanitizer's functions are in that place */
#endif

#define MANY 1000000u
#define SOME 80000u /* more than one worker ends in a lease of half a millisecond */

#if COUNTED

/* Publishes `total` adds by ticket and harvests them, as a user does. */
static void run_tickets(uint32_t total) {
    const uint32_t args[] = {1, STK_CTL_OBSERVABLE};
    const struct stk_work add = {STK_OP_ATOMIC_ADD, 0, STK_PRIORITY_NORMAL, 2, args};
    uint32_t published = 0, harvested = 0, looks = 0;
    uint64_t start = rig_now();
    struct stk_publisher publisher;
    struct stk_control control;
    struct stk_slot slot;
    assert_int_equal(stk_control_view(&control, cl.memory.control, (size_t)cl.memory.control_words * 4u), STK_OK);
    assert_int_equal(stk_publisher_init(&publisher, &ring, &control), STK_OK);
    alloc_count_begin();
    while (harvested < total) {
        while (published < total && stk_publisher_publish(&publisher, &add, NULL) >= 0) {
            published++;
        }
        while (stk_publisher_harvest(&publisher, &slot, NULL) == (int)STK_SLOT_DONE) {
            harvested++;
        }
        if (stk_opencl_ops.drive(&cl, harvested < published) < 0 ||
            (++looks % 4096u == 0u && rig_now() - start > HANG_NS)) {
            break;
        }
    }
    alloc_count_end();
    if (harvested != total) {
        fail_msg("slot %u of %u in %u s: %s", (unsigned)harvested, (unsigned)total,
                 (unsigned)((rig_now() - start) / SECOND), cl.reason);
    }
    assert_int_equal(stk_opencl_ops.stop(&cl, 20 * SECOND), STK_OK);
    assert_int_equal(stk_load(cl.memory.control + STK_CTL_OBSERVABLE), total);
}

/* The library allocates nothing, and lets the driver allocate in launches and copies only. */
static void check_counts(const struct way *way) {
    print_message(
        "%s: %u launches; allocations and releases on this thread: %u by the library; by the driver %u in launches and "
        "copies, %u in other calls\n",
        way->name, (unsigned)cl.stats.launches, alloc_count.library, alloc_count.launch, alloc_count.driver);
    assert_int_equal(alloc_count.library, 0);
    assert_int_equal(alloc_count.driver, 0);
}

/* One lease is long enough to hold them all here; with the default one, of 100 ms, they take as many launches as
 * tenths of a second. */
static void a_million_slots_need_four_launches_and_no_allocation(void **state) {
    const struct stk_opencl_config config = {.lease_ns = 60 * SECOND, .idle_ns = 10 * SECOND};
    const struct way *way = first_way(STK_RESIDENT);
    (void)state;
    open_way(&config, way);
    run_tickets(MANY);
    check_counts(way);
    assert_true(cl.stats.launches >= 1u && cl.stats.launches <= 4u);
    close_way();
}

static void no_mode_allocates_between_open_and_close(void **state) {
    static const enum stk_residency modes[] = {STK_RESIDENT, STK_QUANTUM, STK_BATCH};
    const struct stk_opencl_config config = {.lease_ns = 500000, .quantum_ns = 500000};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const struct way *way = first_way(modes[i]);
        open_way(&config, way);
        run_tickets(SOME);
        check_counts(way);
        assert_true(cl.stats.launches > 1u);
        close_way();
    }
}

#else

static void sanitizers_take_the_place_of_what_would_count(void **state) {
    (void)state;
    (void)MANY;
    (void)SOME;
    (void)run_adds;
    (void)slow_piece;
    print_message("skipped: allocations are counted in the place where a sanitizer counts them\n");
    skip();
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
#if COUNTED
        cmocka_unit_test(what_allocates_is_counted),
        cmocka_unit_test(a_million_slots_need_four_launches_and_no_allocation),
        cmocka_unit_test(no_mode_allocates_between_open_and_close),
#else
        cmocka_unit_test(sanitizers_take_the_place_of_what_would_count),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
