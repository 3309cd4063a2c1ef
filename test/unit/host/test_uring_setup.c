/* The set-up of a ring: what the config asks for, what kernels of all ages refuse, and the report of both. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "host_file.h"

#define DEPTH     8u
#define SOURCES   2u
#define SECOND    UINT64_C(1000000000)
#define LARGE     (IORING_SETUP_SQE128 | IORING_SETUP_CQE32)
#define MEM_BYTES 65536u

#include "uring_kernel.h"
#include "uring_rig.h"

static int forget(void **state) {
    (void)state;
    memset(&kernel, 0, sizeof kernel);
    return stk_uring_close(&uring, 10 * SECOND);
}

static int open_ring(uint32_t flags) {
    return open_pieces(flags, 0);
}

static void reads_a_file(void) {
    struct stk_ingest_read read = {0, 0, 5000, mem, 1, STK_INGEST_READ};
    struct stk_ingest_done done = {0, 0, 0};
    int fd = pattern_file(5000);
    memset(mem, 0xEE, sizeof mem);
    assert_int_equal(stk_uring_add_file(&uring, fd, 0), 0);
    assert_int_equal(stk_uring_ops.submit(&uring, &read, 1), 1);
    assert_int_equal(stk_uring_ops.reap(&uring, &done, 1, 10 * SECOND), 1);
    assert_int_equal(done.result, 5000);
    assert_true(pattern_matches(mem, 0, 5000));
    assert_int_equal(stk_uring_remove_source(&uring, 0), STK_OK);
    (void)close(fd);
}

static bool is_on(enum stk_uring_feature feature) {
    return uring.feature[feature].why == STK_URING_ON;
}

/* The report must name the set-up flags that the kernel got. */
static void report_is_true(void) {
    static const struct {
        enum stk_uring_feature feature;
        uint32_t flag;
    } rows[] = {{STK_URING_SINGLE_ISSUER, IORING_SETUP_SINGLE_ISSUER},
                {STK_URING_DEFER_TASKRUN, IORING_SETUP_DEFER_TASKRUN},
                {STK_URING_COOP_TASKRUN, IORING_SETUP_COOP_TASKRUN},
                {STK_URING_KERNEL_THREAD, IORING_SETUP_SQPOLL},
                {STK_URING_LARGE_REQUESTS, LARGE}};
    const struct io_uring *ring = uring.ring;
    char text[STK_URING_SETUP_BYTES];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(is_on(rows[i].feature), (ring->flags & rows[i].flag) == rows[i].flag);
    }
    assert_true(stk_uring_describe_setup(&uring, text, sizeof text) > 0);
    char *without = strstr(text, "; without ");
    for (int i = 0; i < STK_URING_FEATURES; i++) {
        char *word = strstr(text, stk_uring_feature_name((enum stk_uring_feature)i));
        assert_non_null(word);
        assert_int_equal(is_on((enum stk_uring_feature)i), without == NULL || word < without);
    }
}

/// Fallbacks ///

/* Kernels by what they do not know, the newest first. */
static const uint32_t kernels[] = {
    0,
    IORING_SETUP_DEFER_TASKRUN,                                                           /* before 6.1 */
    IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SINGLE_ISSUER,                              /* before 6.0 */
    IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN | /* before 5.19 */
        IORING_SETUP_TASKRUN_FLAG | LARGE,
};

static void every_wish_opens_on_kernels_of_all_ages(void **state) {
    const uint32_t all = STK_URING_SQPOLL | STK_URING_PLAIN | STK_URING_WAIT_BY_POLL | STK_URING_ONE_THREAD |
                         STK_URING_COOP | STK_URING_PASSTHROUGH | STK_URING_HUGE;
    (void)state;
    for (size_t age = 0; age < sizeof kernels / sizeof kernels[0]; age++) {
        for (uint32_t flags = 0; flags <= all; flags++) {
            kernel.unknown = kernels[age];
            kernel.sqpoll_error = (age & 1u) != 0 ? EPERM : 0;
            assert_int_equal(open_ring(flags), STK_OK);
            report_is_true();
            reads_a_file();
            assert_int_equal(stk_uring_close(&uring, 10 * SECOND), STK_OK);
        }
    }
}

/* Says `why` about each feature. */
static void assert_why(const enum stk_uring_why why[STK_URING_FEATURES]) {
    for (int i = 0; i < STK_URING_FEATURES; i++) {
        if (uring.feature[i].why != why[i]) {
            fail_msg("%s: %d, not %d", stk_uring_feature_name((enum stk_uring_feature)i), (int)uring.feature[i].why,
                     (int)why[i]);
        }
    }
}

static void what_nobody_asked_for_is_off(void **state) {
    static const enum stk_uring_why why[STK_URING_FEATURES] = {
        STK_URING_ON,        STK_URING_ON,        STK_URING_NOT_ASKED, STK_URING_NOT_ASKED, STK_URING_NOT_ASKED,
        STK_URING_NOT_ASKED, STK_URING_NOT_ASKED, STK_URING_NOT_ASKED, STK_URING_NOT_ASKED, STK_URING_NOT_ASKED};
    (void)state;
    assert_int_equal(open_ring(STK_URING_WAIT_BY_POLL), STK_OK);
    assert_why(why);
}

static void a_refused_kernel_thread_is_done_without(void **state) {
    static const enum stk_uring_why why[STK_URING_FEATURES] = {
        STK_URING_ON,      STK_URING_ON,        STK_URING_NOT_ASKED, STK_URING_NOT_ASKED, STK_URING_NOT_ASKED,
        STK_URING_REFUSED, STK_URING_NOT_ASKED, STK_URING_ON,        STK_URING_NOT_ASKED, STK_URING_NOT_ASKED};
    char text[STK_URING_SETUP_BYTES];
    (void)state;
    kernel.sqpoll_error = EPERM;
    assert_int_equal(open_ring(STK_URING_SQPOLL), STK_OK);
    assert_why(why);
    assert_int_equal(uring.feature[STK_URING_KERNEL_THREAD].os_error, EPERM);
    int n = stk_uring_describe_setup(&uring, text, sizeof text);
    assert_int_equal(strlen(text), n);
    assert_string_equal(text,
                        "registered buffers, registered files, timed wait; without single issuer (not asked "
                        "for), deferred task work (not asked for), cooperative task work (not asked for), "
                        "SQPOLL (Operation not permitted), large requests (not asked for), huge pages (not asked for), "
                        "multishot receive (not asked for)");
    assert_int_equal(stk_uring_describe_setup(&uring, text, (size_t)n), STK_E_SPACE);
    reads_a_file();
}

static void an_old_kernel_has_cooperative_task_work(void **state) {
    static const enum stk_uring_why why[STK_URING_FEATURES] = {
        STK_URING_ON,        STK_URING_ON,        STK_URING_REFUSED, STK_URING_REFUSED,   STK_URING_ON,
        STK_URING_NOT_ASKED, STK_URING_NOT_ASKED, STK_URING_ON,      STK_URING_NOT_ASKED, STK_URING_NOT_ASKED};
    (void)state;
    kernel.unknown = kernels[2];
    assert_int_equal(open_ring(STK_URING_ONE_THREAD), STK_OK);
    assert_why(why);
    assert_int_equal(uring.feature[STK_URING_DEFER_TASKRUN].os_error, EINVAL);
}

static void deferred_task_work_needs_no_cooperative_one(void **state) {
    (void)state;
    assert_int_equal(open_ring(STK_URING_ONE_THREAD), STK_OK);
    if (!is_on(STK_URING_DEFER_TASKRUN)) {
        skip(); /* this kernel has none */
    }
    assert_true(is_on(STK_URING_SINGLE_ISSUER));
    assert_int_equal(uring.feature[STK_URING_COOP_TASKRUN].why, STK_URING_EXCLUDED);
}

static void errors_that_are_not_about_flags_end_the_open(void **state) {
    (void)state;
    kernel.unknown = UINT32_MAX;
    assert_int_equal(open_ring(STK_URING_ONE_THREAD), STK_OK); /* the plain way has no flags at all */
    assert_int_equal(uring.setup_flags, 0);
    assert_int_equal(stk_uring_close(&uring, 10 * SECOND), STK_OK);
    kernel.sqpoll_error = ENOMEM;
    kernel.cq_entries = UINT32_MAX; /* no kernel makes a queue of this length */
    assert_int_equal(open_ring(STK_URING_SQPOLL), STK_E_UNSUPPORTED);
    assert_true(uring.info.value == EINVAL);
    assert_null(uring.ring);
}

static void huge_pages_keep_the_bytes(void **state) {
    size_t bytes = (size_t)8 << 20;
    struct stk_uring_config config = {
        .depth = DEPTH, .sources = SOURCES, .flags = STK_URING_HUGE, .memory_bytes = bytes};
    uint8_t *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct stk_arena arena;
    (void)state;
    need_uring();
    pattern_fill(memory, 0, bytes);
    config.memory = memory + 64; /* at no page's begin */
    config.memory_bytes = bytes - 64;
    stk_arena_init(&arena, arena_mem, sizeof arena_mem);
    assert_int_equal(stk_uring_open(&uring, &config, &arena), STK_OK);
    assert_true(pattern_matches(memory, 0, bytes));
    report_is_true();
    assert_true(is_on(STK_URING_HUGE_PAGES) || uring.feature[STK_URING_HUGE_PAGES].os_error != 0);
    assert_int_equal(stk_uring_close(&uring, 10 * SECOND), STK_OK);
    assert_int_equal(munmap(memory, bytes), 0);
    assert_int_equal(open_ring(STK_URING_HUGE), STK_OK); /* too small for a huge page */
    reads_a_file();
}

static void a_closed_ring_has_no_report(void **state) {
    char text[STK_URING_SETUP_BYTES];
    (void)state;
    assert_int_equal(open_ring(0), STK_OK);
    assert_int_equal(stk_uring_close(&uring, 10 * SECOND), STK_OK);
    assert_int_equal(stk_uring_describe_setup(&uring, text, sizeof text), STK_E_SHUTDOWN);
    assert_int_equal(stk_uring_describe_setup(NULL, text, sizeof text), STK_E_ARG);
    assert_null(stk_uring_feature_name(STK_URING_FEATURES));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_wish_opens_on_kernels_of_all_ages, forget),
        cmocka_unit_test_teardown(what_nobody_asked_for_is_off, forget),
        cmocka_unit_test_teardown(a_refused_kernel_thread_is_done_without, forget),
        cmocka_unit_test_teardown(an_old_kernel_has_cooperative_task_work, forget),
        cmocka_unit_test_teardown(deferred_task_work_needs_no_cooperative_one, forget),
        cmocka_unit_test_teardown(errors_that_are_not_about_flags_end_the_open, forget),
        cmocka_unit_test_teardown(huge_pages_keep_the_bytes, forget),
        cmocka_unit_test_teardown(a_closed_ring_has_no_report, forget),
    };
    look_for_uring();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
