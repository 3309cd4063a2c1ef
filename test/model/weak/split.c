/* Litmus programs of a range of units that devices share: claims in order, runs that are given back, and threads that
 * read settled units without a claim. */
#include "programs.h"

#include "device/work_split_internal.h"
#include "machine.h"

#define UNITS  3u /* at most */
#define RESULT 8u

enum {
    CLAIMED,
    SEEN,
    MOVED
};

static _Alignas(64) uint32_t words[STK_WORK_SPLIT_BYTES(2, 1) / sizeof(uint32_t)];
static uint32_t total, run_min; /* constants of the program, set by its set-up */

static struct stk_work_split split(void) {
    return (struct stk_work_split){
        .config = {.devices = 2, .runs = 1, .run_min = run_min, .run_max = UINT32_MAX, .reorder_limit = UINT32_MAX},
        .total = total,
        .words = words};
}

static void work_on(uint32_t unit) {
    weak_data_put(&machine.payload[unit], RESULT);
}

/* Claims one run, does its units, and calls stk_work_split_done after each unit. */
static void work(uint32_t device) {
    struct stk_work_split s = split();
    struct stk_work_split_run run;
    weak_await(stk_work_split_claim(&s, device, &run) == 1);
    weak_goal(CLAIMED);
    while (run.count != 0u) {
        work_on(run.first);
        weak_check(stk_work_split_done(&s, device, &run, 1) == STK_OK);
    }
}

static void device_0(void) {
    work(0);
}

static void device_1(void) {
    work(1);
}

/* Claims both units, does the first, and gives the second one back. */
static void device_that_gives_back(void) {
    struct stk_work_split s = split();
    struct stk_work_split_run run;
    weak_await(stk_work_split_claim(&s, 0, &run) == 1);
    work_on(run.first);
    weak_check(stk_work_split_done(&s, 0, &run, 1) == STK_OK);
    if (run.count != 0u) {
        weak_check(stk_work_split_give_back(&s, 0, &run) == STK_OK);
    }
}

static void device_that_takes_back(void) {
    struct stk_work_split s = split();
    struct stk_work_split_run run;
    weak_await(stk_load(words + UNITS_NEXT) != 0u);
    weak_await(stk_work_split_claim(&s, 1, &run) == 1);
    weak_goal(MOVED);
    work_on(run.first);
    weak_check(stk_work_split_done(&s, 1, &run, 1) == STK_OK);
}

/* Claims both units, does the first, gives both units back, and claims again. Meanwhile the other device may have
 * claimed the run or a part of it. */
static void device_that_claims_again(void) {
    struct stk_work_split s = split();
    struct stk_work_split_run run;
    weak_await(stk_work_split_claim(&s, 0, &run) == 1);
    weak_check(run.first == 0u && run.count == 2u);
    work_on(run.first);
    weak_check(stk_work_split_give_back(&s, 0, &run) == STK_OK);
    weak_await(stk_work_split_claim(&s, 0, &run) == 1);
    work_on(run.first);
    weak_check(stk_work_split_done(&s, 0, &run, 1) == STK_OK);
    weak_goal(run.first == 1u ? CLAIMED : SEEN);
}

/* Gives a run back and takes it again, or finds that the other device has taken it. */
static void device_that_retakes(void) {
    struct stk_work_split s = split();
    struct stk_work_split_run run;
    weak_await(stk_work_split_claim(&s, 0, &run) == 1);
    work_on(run.first);
    weak_check(stk_work_split_give_back(&s, 0, &run) == STK_OK);
    weak_await(stk_work_split_claim(&s, 0, &run) == 1);
    work_on(run.first);
    weak_goal(SEEN);
}

static void device_is_lost(void) {
    struct stk_work_split s = split();
    struct stk_work_split_run run;
    weak_await(stk_work_split_claim(&s, 0, &run) == 1);
    work_on(run.first);
    weak_check(stk_work_split_lose(&s, 0) == STK_OK);
}

static void finished(void) {
    struct stk_work_split s = split();
    weak_await(stk_work_split_finished(&s) == 1);
    weak_check(weak_data_get(&machine.payload[0]) == RESULT && weak_data_get(&machine.payload[1]) == RESULT);
    weak_goal(SEEN);
}

/* Reads all units below the one that is settled. */
static void look(void) {
    struct stk_work_split s = split();
    uint32_t below = stk_work_split_settled(&s);
    for (uint32_t i = 0; i < below; i++) {
        weak_check(weak_data_get(&machine.payload[i]) == RESULT);
        weak_goal(SEEN);
    }
}

static void set_up(uint32_t units, uint32_t shortest) {
    machine_reset(PLAIN_RING);
    memset(words, 0, sizeof words);
    total = units;
    run_min = shortest;
    for (uint32_t d = 0; d < 2u; d++) {
        const struct stk_work_split s = split();
        uint32_t *run = stk_work_split_run_at(&s, d, 0);
        stk_store(stk_work_split_device(&s, d) + UNITS_WEIGHT, 1u);
        stk_store(stk_work_split_device(&s, d) + UNITS_FINISHED, UNITS); /* growth bounds no run */
        weak_share(run + UNITS_STATE, 1);
        weak_share(run + UNITS_FIRST, 1);
        weak_share(run + UNITS_COUNT, 1);
    }
}

static void share_rest(void) {
    weak_share(words, 4);
    weak_share(&machine.payload[0], UNITS);
}

static void set_up_single_units(void) {
    set_up(2, 1);
    share_rest();
}

static void set_up_whole_run(void) {
    set_up(2, 2);
    share_rest();
}

/* Sets up one more unit than a run has, so that a device that gave its run back goes on to the next. */
static void set_up_next_run(void) {
    set_up(3, 2);
    share_rest();
}

/* So many units that two of them are a run, and one of two that were given back. */
static void set_up_front(void) {
    set_up(5, 1);
    share_rest();
}

/* Sets up a range of two units: unit 0 is done, and device 1 has given unit 1 back. */
static void set_up_moved(void) {
    const struct stk_work_split s = {.config = {.devices = 2, .runs = 1}, .words = words};
    uint32_t *run = stk_work_split_run_at(&s, 1, 0);
    machine_reset(PLAIN_RING);
    memset(words, 0, sizeof words);
    total = 2;
    run_min = 1;
    stk_store(words + UNITS_NEXT, 2u);
    stk_store(run + UNITS_STATE, UNITS_BACK);
    stk_store(run + UNITS_FIRST, 1u);
    stk_store(run + UNITS_COUNT, 1u);
    machine.payload[0] = RESULT;
    for (uint32_t d = 0; d < 2u; d++) {
        stk_store(stk_work_split_device(&s, d) + UNITS_WEIGHT, 1u);
        weak_share(stk_work_split_run_at(&s, d, 0), 3);
    }
    share_rest();
}

static void device_that_moves(void) {
    struct stk_work_split s = split();
    struct stk_work_split_run run;
    weak_check(stk_work_split_claim(&s, 0, &run) == 1);
    work_on(run.first);
    weak_check(stk_work_split_done(&s, 0, &run, 1) == STK_OK);
    weak_goal(MOVED);
}

const struct weak_program weak_split[] = {
    PROGRAM("split: finished", set_up_single_units, 0, 3u, device_0, device_1, finished),
    PROGRAM("split: settled", set_up_single_units, 0, 3u, device_0, device_1, look),
    PROGRAM("split: two look", set_up_whole_run, 0, 3u, device_0, look, look),
    PROGRAM("split: given back", set_up_whole_run, 0, 6u, device_that_gives_back, device_that_takes_back, look),
    PROGRAM("split: moved", set_up_moved, 0, 6u, device_that_moves, look),
    PROGRAM("split: taken again", set_up_whole_run, 0, 6u, device_that_retakes, device_that_takes_back),
    PROGRAM("split: run used again", set_up_next_run, 0, 6u, device_that_claims_again, device_that_takes_back),
    PROGRAM("split: front taken", set_up_front, 0, 5u, device_that_claims_again, device_that_takes_back),
    PROGRAM("split: lost", set_up_whole_run, 0, 4u, device_is_lost, device_that_takes_back),
    {0},
};
