#include "platform.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "stoker/atomic.h"

#define MS     UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

static const struct platform_port *port;
static uint32_t word;

static uint64_t now(void) {
    return port->ops->now_ns(port->ctx);
}

/* `seen` goes in as it is stored. */
static int wait_word(uint32_t seen, uint64_t timeout_ns) {
    return port->ops->wait(port->ctx, &word, stk_le32(seen), timeout_ns);
}

static void it_has_a_name_and_every_mandatory_call(void **state) {
    (void)state;
    assert_true(port->ops->name != NULL && port->ops->name[0] != '\0');
    assert_true(port->ops->now_ns != NULL && port->ops->wait != NULL);
}

static void the_clock_never_runs_backwards(void **state) {
    uint64_t last = now();
    (void)state;
    for (int i = 0; i < 10000; i++) {
        uint64_t t = now();
        assert_true(t >= last);
        last = t;
    }
}

static void a_changed_word_ends_the_wait_at_once(void **state) {
    (void)state;
    stk_store_release(&word, 7);
    uint64_t start = now();
    assert_int_equal(wait_word(6, 60 * SECOND), STK_OK);
    assert_int_equal(wait_word(6, 0), STK_OK);
    assert_int_equal(wait_word(6, UINT64_MAX), STK_OK);
    assert_true(now() - start < 30 * SECOND);
}

static void without_a_timeout_a_wait_only_looks(void **state) {
    (void)state;
    stk_store_release(&word, 7);
    uint64_t start = now();
    for (int i = 0; i < 100; i++) {
        int r = wait_word(7, 0);
        assert_true(r == STK_OK || r == STK_E_TIMEOUT); /* it may end for no reason */
    }
    assert_true(now() - start < 30 * SECOND);
}

static void an_unchanged_word_times_out(void **state) {
    int r;
    (void)state;
    stk_store_release(&word, 7);
    uint64_t start = now();
    do {
        r = wait_word(7, 20 * MS);
    } while (r == STK_OK && now() - start < 30 * SECOND);
    assert_int_equal(r, STK_E_TIMEOUT);
    assert_true(now() - start >= 20 * MS && now() - start < 30 * SECOND);
}

/* Tests a change with timeouts of any length. A long timeout is no error. */
static void a_change_ends_a_wait_that_is_under_way(void **state) {
    static const uint64_t timeouts[] = {60 * SECOND, UINT64_MAX};
    (void)state;
    for (int i = 0; i < 2; i++) {
        stk_store_release(&word, 7);
        uint64_t start = now();
        port->change_later(&word, 8);
        while (stk_load_acquire(&word) == 7) {
            assert_int_equal(wait_word(7, timeouts[i]), STK_OK);
        }
        port->join();
        assert_int_equal(stk_load(&word), 8);
        assert_true(now() - start < 30 * SECOND);
    }
}

static void a_wake_that_nobody_waits_for_does_nothing(void **state) {
    (void)state;
    if (port->ops->wake == NULL) {
        print_message("left out: %s is for one thread\n", port->name);
        return;
    }
    stk_store_release(&word, 7);
    port->ops->wake(port->ctx, &word);
    assert_int_equal(stk_load(&word), 7);
}

int platform_contract(const struct platform_port *the_port) {
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(it_has_a_name_and_every_mandatory_call),
        cmocka_unit_test(the_clock_never_runs_backwards),
        cmocka_unit_test(a_changed_word_ends_the_wait_at_once),
        cmocka_unit_test(without_a_timeout_a_wait_only_looks),
        cmocka_unit_test(an_unchanged_word_times_out),
        cmocka_unit_test(a_change_ends_a_wait_that_is_under_way),
        cmocka_unit_test(a_wake_that_nobody_waits_for_does_nothing),
    };
    port = the_port;
    return cmocka_run_group_tests_name(port->name, cases, NULL, NULL);
}
