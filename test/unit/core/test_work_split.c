/* Claim-next: lengths of runs, every unit once while devices are lost and come back, the reorder_limit, refusals. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "stoker/work_split.h"

#define DEVICES 5u
#define RUNS    3u
#define TOTAL   700u
#define HISTORY 4000u

STK_WORK_SPLIT_DEFINE(memory, DEVICES, RUNS);
static struct stk_work_split units;

/* Makes `units` in the first `bytes` bytes of the memory. */
static int init(const struct stk_work_split_config *config, size_t bytes) {
    struct stk_arena arena;
    stk_arena_init(&arena, memory, bytes);
    return stk_work_split_init(&units, config, &arena);
}

static void start_new(struct stk_work_split_config config, uint32_t total) {
    memset(memory, 0xA5, sizeof memory);
    assert_int_equal(init(&config, sizeof memory), STK_OK);
    assert_int_equal(stk_work_split_begin(&units, total, 0), STK_OK);
}

/* Starts a range on devices that have done so much before that growth bounds no run of a test. */
static void start(struct stk_work_split_config config, uint32_t total) {
    struct stk_work_split_run run;
    start_new(config, HISTORY);
    for (uint32_t turn = 0; !stk_work_split_finished(&units); turn++) {
        uint32_t device = turn % config.devices;
        if (stk_work_split_claim(&units, device, &run) == 1) {
            assert_int_equal(stk_work_split_done(&units, device, &run, run.count), STK_OK);
        }
    }
    assert_int_equal(stk_work_split_begin(&units, total, 0), STK_OK);
}

static void claims(uint32_t device, uint32_t first, uint32_t count, struct stk_work_split_run *run) {
    assert_int_equal(stk_work_split_claim(&units, device, run), 1);
    assert_int_equal(run->first, first);
    assert_int_equal(run->count, count);
}

/// Lengths ///

static void runs_shrink_towards_the_end(void **state) {
    struct stk_work_split_run run;
    uint32_t last = UINT32_MAX, first = 0;
    (void)state;
    start((struct stk_work_split_config){.devices = 2}, 1000);
    for (uint32_t turn = 0; stk_work_split_claim(&units, turn % 2, &run) == 1; turn++) {
        assert_int_equal(run.first, first);
        assert_int_equal(run.count, (1000 - first + 3) / 4); /* a quarter of what is left, rounded up */
        assert_true(run.count <= last);
        last = run.count;
        first += run.count;
        assert_int_equal(stk_work_split_done(&units, turn % 2, &run, run.count), STK_OK);
    }
    assert_int_equal(last, 1);
    assert_true(stk_work_split_finished(&units));
    assert_int_equal(stk_work_split_settled(&units), 1000);
}

static void lengths_stay_within_their_bounds(void **state) {
    struct stk_work_split_run run;
    (void)state;
    start((struct stk_work_split_config){.devices = 2, .runs = 3, .run_min = 7, .run_max = 10}, 23);
    claims(0, 0, 7, &run);
    claims(1, 7, 7, &run);
    claims(0, 14, 7, &run);
    claims(1, 21, 2, &run); /* all that is left */
    start((struct stk_work_split_config){.devices = 2, .run_max = 10}, UINT32_MAX);
    claims(0, 0, 10, &run);
}

static void the_only_live_device_takes_all(void **state) {
    struct stk_work_split_run run;
    (void)state;
    start((struct stk_work_split_config){.devices = 1}, UINT32_MAX);
    claims(0, 0, UINT32_MAX, &run);
    assert_int_equal(stk_work_split_done(&units, 0, &run, UINT32_MAX), STK_OK);
    assert_int_equal(stk_work_split_claim(&units, 0, &run), 0);
    assert_int_equal(stk_work_split_settled(&units), UINT32_MAX);
    start((struct stk_work_split_config){.devices = 3}, 60);
    assert_int_equal(stk_work_split_live(&units), 3);
    assert_int_equal(stk_work_split_lose(&units, 0), STK_OK);
    assert_int_equal(stk_work_split_lose(&units, 2), STK_OK);
    assert_int_equal(stk_work_split_live(&units), 1);
    claims(1, 0, 60, &run);
}

static void a_faster_device_gets_longer_runs(void **state) {
    struct stk_work_split_run run;
    (void)state;
    start((struct stk_work_split_config){.devices = 2}, 4000);
    assert_int_equal(stk_work_split_weigh(&units, 0, 3), STK_OK);
    claims(0, 0, 1500, &run);
    claims(1, 1500, 313, &run); /* an eighth of 2500 */
    assert_int_equal(stk_work_split_weigh(&units, 2, 1), STK_E_RANGE);
    assert_int_equal(stk_work_split_weigh(&units, 1, 0), STK_E_ARG);
    assert_int_equal(stk_work_split_weigh(&units, 1, STK_WORK_SPLIT_WEIGHT_MAX + 1), STK_E_ARG);
}

static void a_new_device_begins_with_short_runs(void **state) {
    struct stk_work_split_run run;
    uint32_t first = 0;
    (void)state;
    start_new((struct stk_work_split_config){.devices = 2, .run_min = 3}, 1000000);
    for (uint32_t count = 3; count < 1000; count = 3 + 4 * first) {
        claims(0, first, count, &run);
        assert_int_equal(stk_work_split_done(&units, 0, &run, count), STK_OK);
        first += count;
    }
    claims(1, first, 3, &run); /* the other device has done nothing */
    /* The only live device has no others to delay. */
    assert_int_equal(stk_work_split_lose(&units, 0), STK_OK);
    assert_int_equal(stk_work_split_done(&units, 1, &run, 3), STK_OK);
    claims(1, first + 3, 1000000 - first - 3, &run);
}

static void a_slow_device_takes_nothing_that_a_fast_one_does_sooner(void **state) {
    struct stk_work_split_run fast, slow;
    (void)state;
    start((struct stk_work_split_config){.devices = 2}, 40);
    assert_int_equal(stk_work_split_weigh(&units, 0, 10), STK_OK);
    claims(0, 0, 19, &fast);
    claims(1, 19, 1, &slow); /* for 1 unit the fast device does 10; 21 are left */
    assert_int_equal(stk_work_split_done(&units, 1, &slow, 1), STK_OK);
    assert_int_equal(stk_work_split_done(&units, 0, &fast, 19), STK_OK);
    claims(0, 20, 10, &fast);
    claims(1, 30, 1, &slow);
    assert_int_equal(stk_work_split_done(&units, 1, &slow, 1), STK_OK);
    assert_int_equal(stk_work_split_claim(&units, 1, &slow), STK_E_WOULD_BLOCK); /* 9 are left */
    /* Units that come back count as units that are left. */
    assert_int_equal(stk_work_split_give_back(&units, 0, &fast), STK_OK);
    claims(1, 20, 1, &slow);
    /* The slow device is the fastest one that lives. */
    assert_int_equal(stk_work_split_done(&units, 1, &slow, 1), STK_OK);
    assert_int_equal(stk_work_split_lose(&units, 0), STK_OK);
    claims(1, 21, 9, &slow);
}

static void a_slow_device_takes_units_as_long_as_later_ranges_follow(void **state) {
    struct stk_work_split_run run;
    (void)state;
    start((struct stk_work_split_config){.devices = 2, .runs = 2}, 1);
    assert_int_equal(stk_work_split_weigh(&units, 0, 10), STK_OK);
    assert_int_equal(stk_work_split_claim(&units, 1, &run), STK_E_WOULD_BLOCK);
    claims(0, 0, 1, &run);
    assert_int_equal(stk_work_split_done(&units, 0, &run, 1), STK_OK);
    assert_int_equal(stk_work_split_begin(&units, 2, 25), STK_OK);
    claims(1, 0, 1, &run); /* 1 unit is worth 10 of the other device, and 27 are left */
    /* Units that the device holds count twice, so these and one more are worth 30. */
    assert_int_equal(stk_work_split_claim(&units, 1, &run), STK_E_WOULD_BLOCK);
    claims(0, 1, 1, &run);
}

static void devices_that_are_nearly_alike_both_go_on_to_the_end(void **state) {
    struct stk_work_split_run run, held;
    (void)state;
    start((struct stk_work_split_config){.devices = 2, .runs = 2}, 40);
    assert_int_equal(stk_work_split_weigh(&units, 0, 1000), STK_OK);
    assert_int_equal(stk_work_split_weigh(&units, 1, 990), STK_OK);
    claims(1, 0, 10, &held); /* and holds these */
    claims(0, 10, 8, &run);
    claims(0, 18, 6, &run);
    claims(1, 24, 4, &run); /* 12 are left, and it holds 10 */
}

/// Losses ///

static void runs_of_a_lost_device_are_claimed_by_others(void **state) {
    struct stk_work_split_run a, b, c, late;
    (void)state;
    start((struct stk_work_split_config){.devices = 2, .runs = 2, .run_max = 10}, 30);
    claims(0, 0, 8, &a);
    claims(0, 8, 6, &b);
    assert_int_equal(stk_work_split_done(&units, 0, &a, 5), STK_OK);
    assert_int_equal(a.first, 5);
    assert_int_equal(a.count, 3);
    assert_int_equal(stk_work_split_lose(&units, 0), STK_OK);
    late = b;
    assert_int_equal(stk_work_split_done(&units, 0, &late, 1), STK_E_STATUS);
    assert_int_equal(stk_work_split_claim(&units, 0, &late), STK_E_DEVICE);
    claims(1, 5, 3, &a);
    claims(1, 8, 6, &b);
    assert_int_equal(stk_work_split_claim(&units, 1, &c), STK_E_FULL);
    assert_int_equal(stk_work_split_done(&units, 1, &b, 6), STK_OK);
    assert_int_equal(stk_work_split_settled(&units), 5);
    claims(1, 14, 10, &b);
    assert_int_equal(stk_work_split_done(&units, 1, &a, 3), STK_OK);
    assert_int_equal(stk_work_split_settled(&units), 14);
    /* Device 0 claims units again after it has joined again. Until then its calls were refused. */
    assert_int_equal(stk_work_split_rejoin(&units, 0), STK_OK);
    claims(0, 24, 2, &a);
}

static void a_long_run_that_came_back_is_shared(void **state) {
    struct stk_work_split_run run;
    (void)state;
    start((struct stk_work_split_config){.devices = 3}, 600);
    claims(0, 0, 100, &run);
    assert_int_equal(stk_work_split_give_back(&units, 0, &run), STK_OK);
    assert_int_equal(stk_work_split_give_back(&units, 0, &run), STK_E_STATUS);
    claims(1, 0, 17, &run);
    claims(2, 17, 14, &run);
    assert_int_equal(stk_work_split_settled(&units), 0);
    assert_int_equal(stk_work_split_done(&units, 2, &run, 14), STK_OK);
    claims(2, 31, 12, &run);
}

static void a_device_may_take_its_own_run_again(void **state) {
    struct stk_work_split_run run;
    (void)state;
    start((struct stk_work_split_config){.devices = 2}, 40);
    claims(0, 0, 10, &run);
    assert_int_equal(stk_work_split_give_back(&units, 0, &run), STK_OK);
    claims(1, 0, 3, &run);
    claims(0, 3, 7, &run);
    assert_int_equal(stk_work_split_claim(&units, 0, &run), STK_E_FULL);
    assert_int_equal(stk_work_split_done(&units, 0, &run, 7), STK_OK);
}

static void with_every_device_lost_nothing_is_claimed(void **state) {
    struct stk_work_split_run run;
    (void)state;
    start((struct stk_work_split_config){.devices = 2}, 9);
    claims(0, 0, 3, &run);
    assert_int_equal(stk_work_split_lose(&units, 0), STK_OK);
    assert_int_equal(stk_work_split_lose(&units, 1), STK_OK);
    assert_int_equal(stk_work_split_live(&units), 0);
    assert_int_equal(stk_work_split_claim(&units, 1, &run), STK_E_DEVICE);
    assert_false(stk_work_split_finished(&units));
    assert_int_equal(stk_work_split_lose(&units, 2), STK_E_RANGE);
    assert_int_equal(stk_work_split_rejoin(&units, 2), STK_E_RANGE);
}

/// A model ///

static uint32_t seed;

static uint32_t below(uint32_t n) {
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)seed * n) >> 32);
}

static uint8_t done[TOTAL];
static struct stk_work_split_run held[DEVICES][RUNS];
static uint32_t held_count[DEVICES];

static void drop(uint32_t d, uint32_t i) {
    held[d][i] = held[d][--held_count[d]];
}

static void model_finishes(uint32_t d) {
    uint32_t i = below(held_count[d]), n = below(held[d][i].count + 1), first = held[d][i].first;
    assert_int_equal(stk_work_split_done(&units, d, &held[d][i], n), STK_OK);
    for (uint32_t k = first; k < first + n; k++) {
        assert_int_equal(done[k]++, 0); /* once */
    }
    assert_int_equal(held[d][i].first, first + n);
    if (held[d][i].count == 0) {
        drop(d, i);
    }
}

static void model_step(uint32_t d, uint32_t reorder_limit) {
    struct stk_work_split_run run, late = held[d][0];
    uint32_t low = 0, what = below(20), n = held_count[d];
    while (low < units.total && done[low]) {
        low++;
    }
    assert_int_equal(stk_work_split_settled(&units), low);
    if (what == 0 && stk_work_split_live(&units) > 1) {
        assert_int_equal(stk_work_split_lose(&units, d), STK_OK);
        held_count[d] = 0;
        assert_int_equal(stk_work_split_claim(&units, d, &run), STK_E_DEVICE);
        assert_true(n == 0 || stk_work_split_done(&units, d, &late, late.count) == STK_E_STATUS);
    } else if (what == 1) {
        assert_int_equal(stk_work_split_rejoin(&units, d), STK_OK);
    } else if (what == 13) {
        assert_int_equal(stk_work_split_weigh(&units, d, 1 + below(100)), STK_OK);
    } else if (what == 2 && n != 0) {
        assert_int_equal(stk_work_split_give_back(&units, d, &held[d][0]), STK_OK);
        drop(d, 0);
    } else if (what < 12 && n != 0) {
        model_finishes(d);
    } else if (stk_work_split_claim(&units, d, &run) == 1) {
        assert_true(run.count != 0 && run.first + run.count <= units.total);
        assert_true(reorder_limit == 0 || run.first + run.count <= low + reorder_limit);
        held[d][held_count[d]++] = run;
    }
}

static void every_unit_is_done_once_whatever_fails(void **state) {
    (void)state;
    for (uint32_t round = 0; round < 30; round++) {
        seed = round;
        uint32_t reorder_limit = below(3) == 0 ? 1 + below(50) : 0, total = below(TOTAL), steps = 0, all = 0;
        start((struct stk_work_split_config){.devices = 1 + below(DEVICES),
                                             .runs = 1 + below(RUNS),
                                             .run_max = below(2) == 0 ? 40 : 0,
                                             .reorder_limit = reorder_limit},
              total);
        memset(done, 0, sizeof done);
        memset(held_count, 0, sizeof held_count);
        while (!stk_work_split_finished(&units)) {
            model_step(below(units.config.devices), reorder_limit);
            if (++steps == 200000) {
                fail_msg("round %u does not end", (unsigned)round);
            }
        }
        for (uint32_t i = 0; i < total; i++) {
            all += done[i];
        }
        assert_int_equal(all, total);
    }
}

/// The reorder_limit ///

static void no_unit_is_handed_out_past_the_reorder_limit(void **state) {
    struct stk_work_split_run a, b;
    (void)state;
    start((struct stk_work_split_config){.devices = 2, .reorder_limit = 4}, 100);
    claims(0, 0, 4, &a);
    assert_int_equal(stk_work_split_claim(&units, 1, &b), STK_E_WOULD_BLOCK);
    assert_int_equal(stk_work_split_done(&units, 0, &a, 3), STK_OK);
    claims(1, 4, 3, &b);
    assert_int_equal(stk_work_split_done(&units, 1, &b, 3), STK_OK);
    assert_int_equal(stk_work_split_claim(&units, 1, &b), STK_E_WOULD_BLOCK);
    assert_int_equal(stk_work_split_settled(&units), 3);
    assert_int_equal(stk_work_split_lose(&units, 0), STK_OK);
    claims(1, 3, 1, &b);
    start((struct stk_work_split_config){.devices = 1, .reorder_limit = UINT32_MAX - 1}, UINT32_MAX);
    claims(0, 0, UINT32_MAX - 1, &a);
}

/// Refusals ///

static void ranges_and_runs_that_cannot_be_are_refused(void **state) {
    const struct stk_work_split_config bad = {.devices = 1, .run_min = 5, .run_max = 4}, good = {.devices = 2};
    struct stk_work_split_run run, other;
    struct stk_work_split_progress progress, before;
    (void)state;
    assert_int_equal(init(&bad, sizeof memory), STK_E_ARG);
    assert_int_equal(init(&good, STK_WORK_SPLIT_BYTES(2, 0) - 1), STK_E_SPACE);
    assert_int_equal(init(&(struct stk_work_split_config){0}, sizeof memory), STK_E_ARG);
    start(good, 0);
    assert_true(stk_work_split_finished(&units));
    assert_int_equal(stk_work_split_claim(&units, 0, &run), 0);
    assert_int_equal(stk_work_split_claim(&units, 2, &run), STK_E_RANGE);
    start(good, 10);
    assert_int_equal(stk_work_split_progress(&units, 0, &before), STK_OK);
    claims(0, 0, 3, &run);
    assert_int_equal(stk_work_split_begin(&units, 5, 0), STK_E_STATUS);
    assert_int_equal(units.total, 10);
    assert_int_equal(stk_work_split_done(&units, 0, &run, 4), STK_E_ARG);
    assert_int_equal(stk_work_split_done(&units, 1, &run, 1), STK_E_STATUS);
    assert_int_equal(stk_work_split_done(&units, 2, &run, 1), STK_E_RANGE);
    assert_int_equal(stk_work_split_give_back(&units, 2, &run), STK_E_RANGE);
    other = run;
    other.at = 1;
    assert_int_equal(stk_work_split_done(&units, 0, &other, 1), STK_E_STATUS);
    other = run;
    other.first = 1;
    assert_int_equal(stk_work_split_done(&units, 0, &other, 1), STK_E_STATUS);
    other = run;
    other.count = 2;
    assert_int_equal(stk_work_split_done(&units, 0, &other, 1), STK_E_STATUS);
    assert_int_equal(stk_work_split_done(&units, 0, &run, 2), STK_OK);
    assert_int_equal(stk_work_split_progress(&units, 0, &progress), STK_OK);
    assert_int_equal(progress.claimed - before.claimed, 3);
    assert_int_equal(progress.done - before.done, 2);
    assert_int_equal(stk_work_split_progress(&units, 2, &progress), STK_E_RANGE);
    /* The next range drops the units that were given back, but keeps the counts of the work that each device did. */
    assert_int_equal(stk_work_split_give_back(&units, 0, &run), STK_OK);
    assert_int_equal(stk_work_split_begin(&units, 2, 0), STK_OK);
    claims(1, 0, 1, &run);
    assert_int_equal(stk_work_split_progress(&units, 0, &progress), STK_OK);
    assert_int_equal(progress.claimed - before.claimed, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_shrink_towards_the_end),
        cmocka_unit_test(lengths_stay_within_their_bounds),
        cmocka_unit_test(the_only_live_device_takes_all),
        cmocka_unit_test(a_faster_device_gets_longer_runs),
        cmocka_unit_test(a_new_device_begins_with_short_runs),
        cmocka_unit_test(a_slow_device_takes_nothing_that_a_fast_one_does_sooner),
        cmocka_unit_test(a_slow_device_takes_units_as_long_as_later_ranges_follow),
        cmocka_unit_test(devices_that_are_nearly_alike_both_go_on_to_the_end),
        cmocka_unit_test(runs_of_a_lost_device_are_claimed_by_others),
        cmocka_unit_test(a_long_run_that_came_back_is_shared),
        cmocka_unit_test(a_device_may_take_its_own_run_again),
        cmocka_unit_test(with_every_device_lost_nothing_is_claimed),
        cmocka_unit_test(every_unit_is_done_once_whatever_fails),
        cmocka_unit_test(no_unit_is_handed_out_past_the_reorder_limit),
        cmocka_unit_test(ranges_and_runs_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
