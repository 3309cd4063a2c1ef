/* The standard litmus tests: what the checker itself is tested with. Each name is that of the literature; the letters
 * behind it are the orders: r relaxed, a acquire or release, s sequentially consistent, f with fences. */
#include "programs.h"

static uint32_t x, y, z;

static void share(void) {
    x = y = z = 0;
    weak_share(&x, 1);
    weak_share(&y, 1);
    weak_share(&z, 1);
}

#define LOAD(w, order)               weak_load(&(w), WEAK_##order, WEAK_SITE("load"))
#define STORE(w, v, order)           weak_store(&(w), (v), WEAK_##order, WEAK_SITE("store"))
#define FENCE(order)                 weak_fence(WEAK_##order, WEAK_SYSTEM, WEAK_SITE("fence"))
#define NEAR(order)                  weak_fence(WEAK_##order, WEAK_DEVICE, WEAK_SITE("fence"))
#define ADD(w, v, order)             weak_add(&(w), (v), WEAK_##order, WEAK_SITE("add"))
#define CAS(w, e, v, order, failure) weak_cas(&(w), (e), (v), WEAK_##order, WEAK_##failure, WEAK_SITE("cas"))
#define NOTE(i, value)               weak_note((i), (value))
#define SAW(i)                       weak_noted(i)

/* A function of a thread with this body. */
#define THREAD(name, ...)                                                                                              \
    static void name(void) {                                                                                           \
        __VA_ARGS__                                                                                                    \
    }
#define FINAL(name, outcome)                                                                                           \
    static void name(void) {                                                                                           \
        weak_outcome(outcome);                                                                                         \
    }

/// Message passing: data, then a flag ///

THREAD(mp_store_rr, STORE(x, 1, RELAXED); STORE(y, 1, RELAXED);)
THREAD(mp_store_ra, STORE(x, 1, RELAXED); STORE(y, 1, RELEASE);)
THREAD(mp_store_f, STORE(x, 1, RELAXED); FENCE(RELEASE); STORE(y, 1, RELAXED);)
THREAD(mp_store_wrong_f, STORE(x, 1, RELAXED); FENCE(ACQUIRE); STORE(y, 1, RELAXED);)
THREAD(mp_load_rr, NOTE(0, LOAD(y, RELAXED)); NOTE(1, LOAD(x, RELAXED));)
THREAD(mp_load_ar, NOTE(0, LOAD(y, ACQUIRE)); NOTE(1, LOAD(x, RELAXED));)
THREAD(mp_load_f, NOTE(0, LOAD(y, RELAXED)); FENCE(ACQUIRE); NOTE(1, LOAD(x, RELAXED));)
THREAD(mp_load_wrong_f, NOTE(0, LOAD(y, RELAXED)); FENCE(RELEASE); NOTE(1, LOAD(x, RELAXED));)
THREAD(mp_load_late_f, NOTE(0, LOAD(y, RELAXED)); NOTE(1, LOAD(x, RELAXED)); FENCE(ACQUIRE);)
FINAL(mp_stale, SAW(0) == 1 && SAW(1) == 0)

/* Message passing with plain data in place of the first word. */
THREAD(mp_data_put_r, weak_data_put(&x, 1); STORE(y, 1, RELAXED);)
THREAD(mp_data_put_a, weak_data_put(&x, 1); STORE(y, 1, RELEASE);)
THREAD(mp_data_get, weak_await(LOAD(y, ACQUIRE) == 1); NOTE(0, weak_data_get(&x));)
FINAL(never, false)

/* A release sequence: a read-modify-write in between keeps what the store released, a later store does not. */
THREAD(sequence_add, weak_await(LOAD(y, RELAXED) == 1); (void)ADD(y, 1, RELAXED);)
THREAD(sequence_store, weak_await(LOAD(y, RELAXED) == 1); STORE(y, 2, RELAXED);)
THREAD(sequence_own, STORE(x, 1, RELAXED); STORE(y, 1, RELEASE); STORE(y, 2, RELAXED);)
FINAL(sequence_stale, SAW(0) == 2 && SAW(1) == 0)

/* A store that overwrites the flag without a look at it. The last value shows that it came behind. */
THREAD(blind_store, STORE(y, 2, RELAXED);)
FINAL(blind_stale, SAW(0) == 2 && SAW(1) == 0 && weak_last(&y) == 2)

/* These threads use scopes: thread 0 is on the device, thread 1 on the host or on the device. */
THREAD(mp_store_near, STORE(x, 1, RELAXED); NEAR(RELEASE); STORE(y, 1, RELAXED);)
THREAD(mp_load_near, NOTE(0, LOAD(y, RELAXED)); NEAR(ACQUIRE); NOTE(1, LOAD(x, RELAXED));)

/// Three threads: what was passed on ///

THREAD(isa2_middle_a, weak_await(LOAD(y, ACQUIRE) == 1); STORE(z, 1, RELEASE);)
THREAD(isa2_middle_r, weak_await(LOAD(y, RELAXED) == 1); STORE(z, 1, RELEASE);)
THREAD(isa2_end, NOTE(0, LOAD(z, ACQUIRE)); NOTE(1, LOAD(x, RELAXED));)

THREAD(wrc_middle_a, weak_await(LOAD(x, ACQUIRE) == 1); STORE(y, 1, RELEASE);)
THREAD(wrc_middle_r, weak_await(LOAD(x, RELAXED) == 1); STORE(y, 1, RELAXED);)
THREAD(wrc_begin, STORE(x, 1, RELAXED);)

/// Store buffering: each stores, then reads the other's word ///

#define SB(name, order)                                                                                                \
    THREAD(sb_0_##name, STORE(x, 1, order); NOTE(0, LOAD(y, order));)                                                  \
    THREAD(sb_1_##name, STORE(y, 1, order); NOTE(1, LOAD(x, order));)
SB(r, RELAXED)
SB(s, SEQ_CST)
THREAD(sb_0_a, STORE(x, 1, RELEASE); NOTE(0, LOAD(y, ACQUIRE));)
THREAD(sb_1_a, STORE(y, 1, RELEASE); NOTE(1, LOAD(x, ACQUIRE));)
THREAD(sb_0_f, STORE(x, 1, RELAXED); FENCE(SEQ_CST); NOTE(0, LOAD(y, RELAXED));)
THREAD(sb_1_f, STORE(y, 1, RELAXED); FENCE(SEQ_CST); NOTE(1, LOAD(x, RELAXED));)
THREAD(sb_0_fa, STORE(x, 1, RELAXED); FENCE(ACQ_REL); NOTE(0, LOAD(y, RELAXED));)
THREAD(sb_1_fa, STORE(y, 1, RELAXED); FENCE(ACQ_REL); NOTE(1, LOAD(x, RELAXED));)
/* A read-modify-write of one word by both is an order. */
THREAD(sb_0_rmw, STORE(x, 1, RELAXED); (void)ADD(z, 1, ACQ_REL); NOTE(0, LOAD(y, RELAXED));)
THREAD(sb_1_rmw, STORE(y, 1, RELAXED); (void)ADD(z, 1, ACQ_REL); NOTE(1, LOAD(x, RELAXED));)
FINAL(sb_both_stale, SAW(0) == 0 && SAW(1) == 0)

/// R, S, 2+2W: stores against stores ///

THREAD(r_0_f, STORE(x, 1, RELAXED); FENCE(SEQ_CST); STORE(y, 1, RELAXED);)
THREAD(r_1_f, STORE(y, 2, RELAXED); FENCE(SEQ_CST); NOTE(0, LOAD(x, RELAXED));)
THREAD(r_0_a, STORE(x, 1, RELEASE); STORE(y, 1, RELEASE);)
THREAD(r_1_a, STORE(y, 2, RELEASE); NOTE(0, LOAD(x, ACQUIRE));)
FINAL(r_stale, weak_last(&y) == 2 && SAW(0) == 0)

THREAD(s_0_a, STORE(x, 2, RELAXED); STORE(y, 1, RELEASE);)
THREAD(s_0_r, STORE(x, 2, RELAXED); STORE(y, 1, RELAXED);)
THREAD(s_1, weak_await(LOAD(y, ACQUIRE) == 1); NOTE(0, 1); STORE(x, 1, RELAXED);)
FINAL(s_backwards, SAW(0) == 1 && weak_last(&x) == 2)

#define W22(name, order)                                                                                               \
    THREAD(w22_0_##name, STORE(x, 1, order); STORE(y, 2, order);)                                                      \
    THREAD(w22_1_##name, STORE(y, 1, order); STORE(x, 2, order);)
W22(r, RELAXED)
W22(a, RELEASE)
W22(s, SEQ_CST)
THREAD(w22_0_f, STORE(x, 1, RELAXED); FENCE(SEQ_CST); STORE(y, 2, RELAXED);)
THREAD(w22_1_f, STORE(y, 1, RELAXED); FENCE(SEQ_CST); STORE(x, 2, RELAXED);)
FINAL(w22_both_first, weak_last(&x) == 1 && weak_last(&y) == 1)

/// Load buffering: no value comes out of thin air, and no load from a store behind it ///

THREAD(lb_0_r, NOTE(0, LOAD(x, RELAXED)); STORE(y, 1, RELAXED);)
THREAD(lb_1_r, NOTE(1, LOAD(y, RELAXED)); STORE(x, 1, RELAXED);)
THREAD(lb_0_value, uint32_t v = LOAD(x, RELAXED); NOTE(0, v); STORE(y, v, RELAXED);)
THREAD(lb_1_value, uint32_t v = LOAD(y, RELAXED); NOTE(1, v); STORE(x, v, RELAXED);)
FINAL(lb_both, SAW(0) == 1 && SAW(1) == 1)
FINAL(lb_one, SAW(0) == 1 && SAW(1) == 0)
FINAL(lb_thin_air, SAW(0) != 0)

/// Independent reads of independent writes ///

THREAD(store_x_r, STORE(x, 1, RELAXED);)
THREAD(store_y_r, STORE(y, 1, RELAXED);)
THREAD(store_x_a, STORE(x, 1, RELEASE);)
THREAD(store_y_a, STORE(y, 1, RELEASE);)
THREAD(store_x_s, STORE(x, 1, SEQ_CST);)
THREAD(store_y_s, STORE(y, 1, SEQ_CST);)
#define IRIW(name, order)                                                                                              \
    THREAD(iriw_2_##name, NOTE(0, LOAD(x, order)); NOTE(1, LOAD(y, order));)                                           \
    THREAD(iriw_3_##name, NOTE(2, LOAD(y, order)); NOTE(3, LOAD(x, order));)
IRIW(r, RELAXED)
IRIW(a, ACQUIRE)
IRIW(s, SEQ_CST)
THREAD(iriw_2_f, NOTE(0, LOAD(x, RELAXED)); FENCE(SEQ_CST); NOTE(1, LOAD(y, RELAXED));)
THREAD(iriw_3_f, NOTE(2, LOAD(y, RELAXED)); FENCE(SEQ_CST); NOTE(3, LOAD(x, RELAXED));)
FINAL(iriw_disagree, SAW(0) == 1 && SAW(1) == 0 && SAW(2) == 1 && SAW(3) == 0)

/// Coherence: one word alone ///

THREAD(corr_read, NOTE(0, LOAD(x, RELAXED)); NOTE(1, LOAD(x, RELAXED));)
THREAD(corr_read_again, NOTE(2, LOAD(x, RELAXED)); NOTE(3, LOAD(x, RELAXED));)
THREAD(store_x_2, STORE(x, 2, RELAXED);)
FINAL(corr_backwards, SAW(0) == 1 && SAW(1) == 0)
FINAL(corr_disagree, SAW(0) == 1 && SAW(1) == 2 && SAW(2) == 2 && SAW(3) == 1)
THREAD(coww, STORE(x, 1, RELAXED); STORE(x, 2, RELAXED);)
FINAL(coww_backwards, weak_last(&x) == 1)
THREAD(corw, NOTE(0, LOAD(x, RELAXED)); STORE(x, 2, RELAXED);)
FINAL(corw_future, SAW(0) == 2)
THREAD(cowr, STORE(x, 2, RELAXED); NOTE(0, LOAD(x, RELAXED));)
FINAL(cowr_own, SAW(0) == 0)
FINAL(cowr_other, SAW(0) == 1 && weak_last(&x) == 2)

/// Read-modify-writes ///

THREAD(add_x, NOTE(0, ADD(x, 1, RELAXED));)
THREAD(add_x_again, NOTE(1, ADD(x, 1, RELAXED));)
FINAL(add_lost, weak_last(&x) != 2 || SAW(0) == SAW(1))
THREAD(cas_x, NOTE(0, CAS(x, 0, 1, ACQ_REL, ACQUIRE));)
THREAD(cas_x_again, NOTE(1, CAS(x, 0, 2, ACQ_REL, ACQUIRE));)
FINAL(cas_both, SAW(0) == 0 && SAW(1) == 0)
/* A swap that fails acquires with the order of the failure alone. */
THREAD(cas_fail_a, NOTE(0, CAS(y, 5, 6, ACQ_REL, ACQUIRE)); NOTE(1, LOAD(x, RELAXED));)
THREAD(cas_fail_r, NOTE(0, CAS(y, 5, 6, ACQ_REL, RELAXED)); NOTE(1, LOAD(x, RELAXED));)

/// Barrier of a group ///

THREAD(barrier_0, STORE(x, 1, RELAXED); weak_barrier(3); NOTE(0, 1);)
THREAD(barrier_1, weak_barrier(3); NOTE(1, LOAD(x, RELAXED)); NOTE(2, 1);)
FINAL(barrier_stale, SAW(2) == 1 && SAW(1) == 0)

#define F WEAK_FORBIDDEN
#define A WEAK_ALLOWED
#define TEST(name, expect, final, ...)                                                                                 \
    { name, share, {__VA_ARGS__}, final, expect, 0, false, 0, 0 }
#define TEST_ON(name, expect, final, device, ...)                                                                      \
    { name, share, {__VA_ARGS__}, final, expect, device, false, 0, 0 }

#define TEST_AT_ONCE(name, expect, final, ...)                                                                         \
    { name, share, {__VA_ARGS__}, final, expect, 0, true, 0, 0 }

const struct weak_program weak_standard[] = {
    TEST("MP rr", A, mp_stale, mp_store_rr, mp_load_rr),
    TEST("MP ar", A, mp_stale, mp_store_ra, mp_load_rr),
    TEST("MP ra", A, mp_stale, mp_store_rr, mp_load_ar),
    TEST("MP aa", F, mp_stale, mp_store_ra, mp_load_ar),
    TEST("MP fa", F, mp_stale, mp_store_f, mp_load_ar),
    TEST("MP af", F, mp_stale, mp_store_ra, mp_load_f),
    TEST("MP ff", F, mp_stale, mp_store_f, mp_load_f),
    TEST("MP fr", A, mp_stale, mp_store_f, mp_load_rr),
    TEST("MP rf", A, mp_stale, mp_store_rr, mp_load_f),
    TEST("MP wrong fence of the writer", A, mp_stale, mp_store_wrong_f, mp_load_f),
    TEST("MP wrong fence of the reader", A, mp_stale, mp_store_f, mp_load_wrong_f),
    TEST("MP late fence", A, mp_stale, mp_store_f, mp_load_late_f),
    TEST("MP plain data, a race", A, NULL, mp_data_put_r, mp_data_get),
    TEST("MP plain data", F, never, mp_data_put_a, mp_data_get),
    TEST("MP through a read-modify-write", F, sequence_stale, mp_store_ra, sequence_add, mp_load_ar),
    TEST("MP through a store of another", A, sequence_stale, mp_store_ra, sequence_store, mp_load_ar),
    TEST("MP through a store of its own", A, sequence_stale, sequence_own, mp_load_ar),
    TEST_AT_ONCE("MP through a store of another, seen at once", F, sequence_stale, mp_store_ra, sequence_store,
                 mp_load_ar),
    TEST_AT_ONCE("MP overwritten blindly, seen at once", F, blind_stale, mp_store_ra, blind_store, mp_load_ar),
    TEST("MP overwritten blindly", A, blind_stale, mp_store_ra, blind_store, mp_load_ar),
    TEST_ON("MP near, device to device", F, mp_stale, 3, mp_store_near, mp_load_near),
    TEST_ON("MP near, device to host", A, mp_stale, 1, mp_store_near, mp_load_ar),
    TEST_ON("MP far, device to host", F, mp_stale, 1, mp_store_f, mp_load_ar),
    TEST_ON("MP near, host to device", F, mp_stale, 2, mp_store_ra, mp_load_near),
    TEST_ON("MP far, host to device", F, mp_stale, 2, mp_store_ra, mp_load_f),
    TEST_ON("MP far to near, device to device", F, mp_stale, 3, mp_store_f, mp_load_near),
    TEST("ISA2 aaa", F, mp_stale, mp_store_ra, isa2_middle_a, isa2_end),
    TEST("ISA2 ara", A, mp_stale, mp_store_ra, isa2_middle_r, isa2_end),
    TEST_ON("ISA2 near, then far to the host", F, mp_stale, 3, mp_store_near, isa2_middle_a, isa2_end),
    TEST("WRC aa", F, mp_stale, wrc_begin, wrc_middle_a, mp_load_ar),
    TEST("WRC rr", A, mp_stale, wrc_begin, wrc_middle_r, mp_load_ar),
    TEST("SB rr", A, sb_both_stale, sb_0_r, sb_1_r),
    TEST("SB aa", A, sb_both_stale, sb_0_a, sb_1_a),
    TEST("SB ss", F, sb_both_stale, sb_0_s, sb_1_s),
    TEST("SB ff", F, sb_both_stale, sb_0_f, sb_1_f),
    TEST("SB f r", A, sb_both_stale, sb_0_f, sb_1_r),
    TEST("SB acquire-release fences", A, sb_both_stale, sb_0_fa, sb_1_fa),
    TEST("SB with swaps of one word", F, sb_both_stale, sb_0_rmw, sb_1_rmw),
    TEST("R aa", A, r_stale, r_0_a, r_1_a),
    TEST("R ff", F, r_stale, r_0_f, r_1_f),
    TEST("S a", F, s_backwards, s_0_a, s_1),
    TEST("S r", A, s_backwards, s_0_r, s_1),
    TEST("2+2W r", A, w22_both_first, w22_0_r, w22_1_r),
    TEST("2+2W a", A, w22_both_first, w22_0_a, w22_1_a),
    TEST("2+2W s", F, w22_both_first, w22_0_s, w22_1_s),
    TEST("2+2W ff", F, w22_both_first, w22_0_f, w22_1_f),
    TEST("LB rr", F, lb_both, lb_0_r, lb_1_r),
    TEST("LB rr, one of them", A, lb_one, lb_0_r, lb_1_r),
    TEST("LB thin air", F, lb_thin_air, lb_0_value, lb_1_value),
    TEST("IRIW r", A, iriw_disagree, store_x_r, store_y_r, iriw_2_r, iriw_3_r),
    TEST("IRIW a", A, iriw_disagree, store_x_a, store_y_a, iriw_2_a, iriw_3_a),
    TEST("IRIW s", F, iriw_disagree, store_x_s, store_y_s, iriw_2_s, iriw_3_s),
    TEST("IRIW ff", F, iriw_disagree, store_x_r, store_y_r, iriw_2_f, iriw_3_f),
    TEST("CoRR", F, corr_backwards, store_x_r, corr_read),
    TEST("CoRR2", F, corr_disagree, store_x_r, store_x_2, corr_read, corr_read_again),
    TEST("CoWW", F, coww_backwards, coww),
    TEST("CoRW", F, corw_future, corw),
    TEST("CoWR", F, cowr_own, store_x_r, cowr),
    TEST("CoWR, the other one's", F, cowr_other, store_x_r, cowr),
    TEST("two adds", F, add_lost, add_x, add_x_again),
    TEST("two swaps", F, cas_both, cas_x, cas_x_again),
    TEST("MP, a swap that fails with acquire", F, mp_stale, mp_store_ra, cas_fail_a),
    TEST("MP, a swap that fails relaxed", A, mp_stale, mp_store_ra, cas_fail_r),
    TEST("barrier", F, barrier_stale, barrier_0, barrier_1),
    {0},
};
