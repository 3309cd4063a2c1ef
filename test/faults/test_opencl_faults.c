/* Makes every OpenCL call of the port fail: once, from then on, or together with all other calls. Then one of three
 * things must hold: open reports what is wrong; the work goes on; or the port reports the loss, and all published slots
 * are still in the ring. Nothing leaks and nothing hangs. `quick`: fewer cases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "opencl_faults.h"
#include "opencl_work.h"

#define FIRST 3u /* calls that are failed of each kind in each phase, from the first one on */
#define MORE  2u /* calls that are failed besides, evenly spread over the rest of the kind */

static int quick;
static uint32_t claimed; /* slots that the lost launch had claimed */
static uint32_t turn;    /* number of the case: chooses what the case tries */
static struct { uint32_t cases, unmet, sound, recovered, lost, refused, faulted; } tally;
static uint8_t failed[FAULT_CALL_COUNT];

/// One case ///

/* Claims up to 3 published slots, as a worker would have before its launch was lost. */
static void claim_some(void) {
    claimed = 0;
    for (uint32_t i = 0; i < cl.memory.slots && claimed < 3u && cl.mode != STK_BATCH; i++) {
        claimed += stk_cas(slot_at(i), STK_SLOT_PUBLISHED, STK_SLOT_CLAIMED) == STK_SLOT_PUBLISHED;
    }
}

static void check_text(const struct fault_plan *plan, int err) {
    const char *fix = stk_opencl_failure_fix(cl.failure);
    if (!cl.reason[0] || (err != STK_E_UNSUPPORTED && err != STK_E_NODEV && !strstr(cl.reason, fix))) {
        fail_msg("%s: %s: no reason, or no fix in it: %s", faults_name(plan->call), stk_err_name(err), cl.reason);
    }
}

static uint32_t count_status(uint32_t status) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < cl.memory.slots; i++) {
        n += stk_load_acquire(slot_at(i)) == status;
    }
    return n;
}

/* Checks a port that gave its device up. The port puts its slots back once no launch runs. Then another port, or this
 * one after a revive, ends the work. */
static void after_loss(const struct fault_plan *plan) {
    uint64_t start = rig_now();
    check_text(plan, STK_E_DEVICE);
    if (plan->kind == FAULT_HANGS && faults_fired() != 0u) {
        assert_int_equal(cl.failure, STK_OPENCL_TIMEOUT);
        assert_true(cl.mode == STK_BATCH ? count_status(STK_SLOT_CLAIMED) == 0u
                                         : count_status(STK_SLOT_CLAIMED) >= claimed);
        assert_int_equal(stk_opencl_revive(&cl), STK_E_WOULD_BLOCK);
    }
    faults_end_hung();
    while (count_status(STK_SLOT_CLAIMED) != 0u) {
        assert_int_equal(stk_opencl_ops.drive(&cl, true), STK_E_DEVICE);
        assert_true(rig_now() - start < HANG_NS);
    }
    if (turn % 2u == 0u) {
        assert_int_equal(work_elsewhere(), STK_OK);
        return;
    }
    faults_mend();
    cl.config.deadline_ns = 60 * SECOND;
    while (stk_opencl_revive(&cl) != STK_OK) {
        assert_true(rig_now() - start < HANG_NS);
    }
    if (work_on() != STK_OK) {
        fail_msg("revived: %s", cl.reason);
    }
}

static int run(const struct fault_plan *plan) {
    int err = work_on();
    if (err == STK_OK) {
        faults_end_hung();
        tally.recovered += cl.losses.recoveries != 0u;
        tally.sound += cl.losses.recoveries == 0u;
        return err;
    }
    assert_int_equal(err, STK_E_DEVICE);
    tally.lost++;
    after_loss(plan);
    return err;
}

static void check_leaks(const struct fault_plan *plan) {
    const char *what;
    if (faults_leaks(&what) != 0u) {
        fail_msg("%s, call %u of phase %d: %s", faults_name(plan->call), plan->nth, (int)plan->phase, what);
    }
}

/* Deadlines of a launch. They are short where the test waits until the deadline is over. */
static const uint64_t deadlines[FAULT_KINDS] = {
    [FAULT_ONCE] = 60 * SECOND,   [FAULT_EVER] = SECOND / 4,     [FAULT_ALL] = SECOND / 4,
    [FAULT_STATUS] = 60 * SECOND, [FAULT_DROPPED] = 60 * SECOND, [FAULT_HANGS] = SECOND / 20,
};

static void play(const struct flow *flow, const struct fault_plan *plan) {
    int err;
    uint64_t start = rig_now();
    claimed = 0;
    faults_plan(plan);
    err = work_open(flow, deadlines[plan->kind]);
    if (err == STK_OK) {
        faults_phase(FAULT_RUN);
        (void)run(plan);
        faults_phase(FAULT_CLOSE);
        assert_int_equal(stk_opencl_close(&cl, 20 * SECOND), STK_OK);
    } else {
        faults_end_hung();
        check_text(plan, err);
        assert_int_equal(stk_opencl_close(&cl, 20 * SECOND), STK_OK);
        tally.refused++;
    }
    assert_null(cl.own.program.context);
    check_leaks(plan);
    tally.cases++;
    tally.faulted += faulted;
    tally.unmet += faults_fired() == 0u;
    failed[plan->call] |= faults_fired() != 0u;
    if (getenv("STK_FAULTS_SHOW")) {
        print_message("%-12s %s, call %u of phase %d, kind %d, error %d: %u ms: %s\n", flow->name,
                      faults_name(plan->call), plan->nth, (int)plan->phase, (int)plan->kind, plan->error,
                      (unsigned)((rig_now() - start) / 1000000u), cl.reason);
    }
    if (rig_now() - start > HANG_NS) {
        fail_msg("%s: %u s", faults_name(plan->call), (unsigned)((rig_now() - start) / SECOND));
    }
}

/// All cases of a flow ///

/* Plays all errors of one call, each with one kind of failure. The kinds take turns. */
static void play_call(const struct flow *flow, struct fault_plan *plan) {
    static const enum fault_kind kinds[] = {FAULT_ONCE, FAULT_EVER, FAULT_ALL};
    for (uint32_t i = 0; faults_error(plan->call, i) != CL_SUCCESS; i++) {
        plan->error = faults_error(plan->call, i);
        /* After a failure that happens once, open probes again, which takes time. */
        plan->kind =
            plan->phase == FAULT_OPEN && (quick || plan->nth > 1u || i > 0u) ? kinds[1u + turn % 2u] : kinds[turn % 3u];
        turn++;
        play(flow, plan);
        if (quick) {
            return;
        }
    }
}

/* Returns the number of the call to fail after call `n`: each of the first calls, then some of the rest. */
static uint32_t next(uint32_t n, uint32_t count) {
    uint32_t first = quick ? 1u : FIRST, stride = (count + MORE) / (MORE + 1u);
    return n < first ? n + 1u : quick ? UINT32_MAX : n + (stride ? stride : 1u);
}

static void play_phase(const struct flow *flow, enum fault_phase phase, const uint32_t *counts) {
    for (uint32_t c = 0; c < FAULT_CALL_COUNT; c++) {
        struct fault_plan plan = {.call = (enum fault_call)c, .phase = phase, .dropped = claim_some};
        for (uint32_t n = 1; n <= counts[c]; n = next(n, counts[c])) {
            plan.nth = n;
            play_call(flow, &plan);
        }
    }
}

/* Plays launches that the driver drops, launches that never end, and launches that end with an error. */
static void play_launches(const struct flow *flow, const uint32_t *counts) {
    static const struct {
        enum fault_call call;
        enum fault_kind kind;
    } ends[] = {{CALL_clEnqueueNDRangeKernel, FAULT_DROPPED},
                {CALL_clEnqueueNDRangeKernel, FAULT_HANGS},
                {CALL_clGetEventInfo, FAULT_STATUS}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        uint32_t count = counts[ends[i].call];
        for (uint32_t n = 1; n <= count; n = next(n, count)) {
            const struct fault_plan plan = {ends[i].call, FAULT_RUN, n, ends[i].kind, -9999, claim_some};
            turn++;
            play(flow, &plan);
        }
    }
}

static void play_flow(const struct flow *flow) {
    const struct fault_plan none = {.call = CALL_clFlush, .nth = UINT32_MAX};
    uint32_t counts[FAULT_PHASES][FAULT_CALL_COUNT], before = tally.cases;
    if (!work_can(flow)) {
        skip();
    }
    play(flow, &none);
    assert_int_equal(cl.losses.recoveries, 0);
    assert_int_equal(cl.stats.fallbacks != 0u, flow->falls);
    for (uint32_t p = 0; p < FAULT_PHASES; p++) {
        for (uint32_t c = 0; c < FAULT_CALL_COUNT; c++) {
            counts[p][c] = faults_count((enum fault_phase)p, (enum fault_call)c);
        }
    }
    for (uint32_t p = 0; p < FAULT_PHASES; p++) {
        play_phase(flow, (enum fault_phase)p, counts[p]);
    }
    play_launches(flow, counts[FAULT_RUN]);
    print_message("%s: %u cases\n", flow->name, tally.cases - before);
}

/* Plays failures of a few calls of each kind within the handshake. */
static void handshake(void **state) {
    static const enum fault_call calls[] = {
        CALL_clEnqueueNDRangeKernel, CALL_clGetEventInfo,      CALL_clFlush,
        CALL_clSetKernelArg,         CALL_clEnqueueReadBuffer, CALL_clEnqueueWriteBuffer};
    const struct flow *flow = &flows[FLOW_PROBE];
    struct fault_plan plan = {.call = CALL_clFlush, .nth = UINT32_MAX};
    uint32_t counts[FAULT_CALL_COUNT];
    (void)state;
    if (quick) {
        plan = (struct fault_plan){.call = calls[0], .nth = 20, .kind = FAULT_EVER, .error = faults_error(calls[0], 0)};
        play(flow, &plan);
        return;
    }
    play(flow, &plan);
    for (uint32_t c = 0; c < FAULT_CALL_COUNT; c++) {
        counts[c] = faults_count(FAULT_OPEN, (enum fault_call)c);
    }
    for (size_t c = 0; c < sizeof calls / sizeof *calls; c++) {
        for (uint32_t part = 1; part < 4u; part++) {
            plan = (struct fault_plan){.call = calls[c], .nth = 1u + counts[calls[c]] * part / 4u, .kind = FAULT_EVER};
            plan.error = faults_error(calls[c], part % 2u);
            turn++;
            play(flow, &plan);
        }
    }
}

/* Plays failures in an open that takes its program from the cache, or puts the program there. */
static void kept(void **state) {
    static const enum fault_call calls[] = {CALL_clCreateProgramWithBinary, CALL_clGetKernelInfo, CALL_clBuildProgram,
                                            CALL_clCreateKernel, CALL_clSetKernelArg};
    static const enum fault_kind kinds[] = {FAULT_ONCE, FAULT_EVER};
    struct fault_plan plan = {.call = CALL_clFlush, .nth = UINT32_MAX};
    (void)state;
    /* A driver with an empty cache of its own compiles, which under a sanitizer takes longer than a case may take. */
    faults_plan(NULL);
    work_keeps();
    assert_int_equal(work_open(&flows[FLOW_BATCH], 60 * SECOND), STK_OK);
    work_close();
    work_keeps();
    for (size_t i = 0; i < 2u; i++) {
        play(&flows[FLOW_BATCH], &plan);
        assert_int_equal(cl.built_from, i ? STK_OPENCL_FROM_CACHE : STK_OPENCL_MADE);
    }
    for (size_t i = 0; i < 2u * (sizeof calls / sizeof *calls); i++) {
        plan = (struct fault_plan){.call = calls[i / 2u], .nth = 1, .kind = kinds[i % 2u]};
        plan.error = faults_error(plan.call, 0);
        turn++;
        play(&flows[FLOW_BATCH], &plan);
        /* Open succeeds after one failure. When the driver refuses the binary once, the program is compiled. */
        if (plan.kind == FAULT_ONCE && plan.call != CALL_clSetKernelArg && cl.built_from != STK_OPENCL_MADE) {
            fail_msg("%s fails with the program that is kept, and open takes it", faults_name(plan.call));
        }
    }
    work_cache = NULL;
}

static void resident(void **state) {
    (void)state;
    play_flow(&flows[0]);
}

static void quantum(void **state) {
    (void)state;
    play_flow(&flows[1]);
}

static void batch(void **state) {
    (void)state;
    play_flow(&flows[2]);
}

static void fallback(void **state) {
    (void)state;
    play_flow(&flows[3]);
}

/* Checks that the cases above met each end, and that each call failed at least once. */
static void all_ends_were_met(void **state) {
    (void)state;
    print_message("%u cases: %u not reached, %u refused by open, %u went on, %u got over, %u lost; %u slots faulted\n",
                  tally.cases, tally.unmet, tally.refused, tally.sound, tally.recovered, tally.lost, tally.faulted);
    assert_true(tally.refused != 0u && tally.sound != 0u && tally.recovered != 0u && tally.lost != 0u);
    assert_true(tally.unmet < tally.cases / 4u);
    for (uint32_t c = 0; c < FAULT_CALL_COUNT; c++) {
        if (faults_count(FAULT_OPEN, (enum fault_call)c) != 0u && !failed[c]) {
            fail_msg("%s never failed", faults_name((enum fault_call)c));
        }
    }
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resident),          cmocka_unit_test(quantum),   cmocka_unit_test(batch),
        cmocka_unit_test(fallback),          cmocka_unit_test(handshake), cmocka_unit_test(kept),
        cmocka_unit_test(all_ends_were_met),
    };
    struct stk_opencl_device d;
    quick = argc > 1 && strcmp(argv[1], "quick") == 0;
    if (stk_opencl_device(0, &d) != STK_OK) {
        return exit_without("an OpenCL device");
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
