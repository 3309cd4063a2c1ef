/* Several threads, one for each device, claim runs, and some devices are lost again and again. Every unit must be done
 * once. A thread that sees a unit done must also see the stores that were made for the unit. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>

#include "stoker/atomic.h"
#include "stoker/work_split.h"

#define THREADS 4u
#define RUNS    2u
#define TOTAL   200000u
#define ROUNDS  4u

STK_WORK_SPLIT_DEFINE(memory, THREADS, RUNS);
static struct stk_work_split units;
static uint32_t done[TOTAL]; /* plain: ordered by the calls alone */

static uint32_t below(uint32_t *seed, uint32_t n) {
    *seed = *seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)*seed * n) >> 32);
}

/* Does the front of a run. A device is lost in the middle of it now and then, and works again a little later. */
static const char *work(uint32_t self, struct stk_work_split_run *run, uint32_t *seed) {
    uint32_t n = 1 + below(seed, run->count);
    for (uint32_t i = run->first; i < run->first + n; i++) {
        done[i]++;
    }
    if (stk_work_split_done(&units, self, run, n) != STK_OK) {
        return "a run that was held could not be ended";
    }
    if (run->count != 0 && below(seed, 4) == 0) {
        return stk_work_split_give_back(&units, self, run) == STK_OK ? NULL : "a run could not be given back";
    }
    if (self != 0 && below(seed, 16) == 0) {
        struct stk_work_split_run late = *run;
        int lost = stk_work_split_lose(&units, self) == STK_OK;
        lost = lost && (late.count == 0 || stk_work_split_done(&units, self, &late, 1) == STK_E_STATUS);
        sched_yield();
        return lost && stk_work_split_rejoin(&units, self) == STK_OK ? NULL : "a lost device still holds a run";
    }
    return run->count == 0 ? NULL : work(self, run, seed);
}

static void *device(void *arg) {
    uint32_t self = (uint32_t)(uintptr_t)arg, seed = self, settled = 0, seen = 0;
    for (;;) {
        struct stk_work_split_run run;
        const char *complaint = NULL;
        int got = stk_work_split_claim(&units, self, &run);
        if (got == 0) {
            break;
        }
        if (got == 1) {
            complaint = work(self, &run, &seed);
        } else if (got != STK_E_WOULD_BLOCK) {
            return "a claim was refused";
        } else {
            sched_yield();
        }
        seen = stk_work_split_settled(&units);
        for (; settled < seen; settled++) {
            if (done[settled] != 1) {
                return "a unit below the settled ones is not done once";
            }
        }
        if (complaint != NULL) {
            return (void *)(uintptr_t)complaint;
        }
    }
    return stk_work_split_settled(&units) == TOTAL ? NULL : "all is done and not settled";
}

static void share_out(const struct stk_work_split_config *config) {
    pthread_t threads[THREADS];
    struct stk_work_split_progress progress;
    struct stk_arena arena;
    uint32_t sum = 0;
    memset(done, 0, sizeof done);
    stk_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(stk_work_split_init(&units, config, &arena), STK_OK);
    assert_int_equal(stk_work_split_begin(&units, TOTAL, 0), STK_OK);
    for (uint32_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, device, (void *)(uintptr_t)i), 0);
    }
    for (uint32_t i = 0; i < THREADS; i++) {
        void *complaint;
        assert_int_equal(pthread_join(threads[i], &complaint), 0);
        if (complaint != NULL) {
            fail_msg("%s", (const char *)complaint);
        }
    }
    for (uint32_t i = 0; i < TOTAL; i++) {
        assert_int_equal(done[i], 1);
    }
    for (uint32_t i = 0; i < THREADS; i++) {
        assert_int_equal(stk_work_split_progress(&units, i, &progress), STK_OK);
        sum += progress.done;
    }
    assert_int_equal(sum, TOTAL);
}

static void every_unit_is_done_once(void **state) {
    (void)state;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        share_out(&(struct stk_work_split_config){.devices = THREADS, .runs = RUNS, .run_max = 64});
        share_out(&(struct stk_work_split_config){.devices = THREADS, .runs = RUNS, .run_max = 5, .reorder_limit = 40});
        share_out(&(struct stk_work_split_config){.devices = THREADS});
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_unit_is_done_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
