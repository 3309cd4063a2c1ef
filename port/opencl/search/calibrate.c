/* stoker port: measures the time of a turn of the kernel and of a unit of cost, by launches over an empty ring. The
 * driver says when a launch is over, since the memory need not be shared yet. pace.c measures the unit again, as a slot
 * takes it. */
#include "../launch/launch.h"
#include "../report/report.h"
#include "search.h"

/* Launches of one length, of which the shortest counts. */
#define CALIBRATIONS 3
/* Most tries to see a difference between two lengths. */
#define TRIES 20
/* Nanoseconds that a launch of a measurement may take. */
#define CALIBRATION_NS UINT64_C(20000000000)
/* Nanoseconds in which a wait looks without naps, since naps would make short launches seem longer. */
#define SPIN_NS UINT64_C(20000000)
/* Nanoseconds: two launches that take so long together are long enough to judge a driver by. */
#define STAY_NS UINT64_C(100000000)

/* Most payload bytes that a turn reads: more than a device's caches hold. */
#define TOUCH_BYTES_MAX (1u << 20)
#define TOUCH_TURNS_MAX 4096u /* a power of 4, since each length is 4 times the one before */
/* Most tries: the lengths from 1 turn on, and the greatest length again. */
#define TOUCH_TRIES 12
/* Nanoseconds that are long beside the noise of a launch, and short beside a time slice of a core. */
#define TOUCH_NS UINT64_C(200000)
/* Nanoseconds that are long beside a time slice of a core: a measurement as long as this needs no second one. */
#define SLICE_NS UINT64_C(30000000)

int stk_opencl_in_time(struct stk_opencl *cl) {
    if (stk_opencl_allowed(cl, UINT64_MAX) != 0u) {
        return STK_OK;
    }
    return stk_opencl_fail(cl, STK_OPENCL_TIMEOUT, "open was not done within open_ns, which is %llu ms",
                           (unsigned long long)(cl->config.open_ns / 1000000u));
}

/* Waits until the driver says that no launch is under way. Returns STK_OK, or the error with the reason noted. */
static int wait_for_launches(struct stk_opencl *cl, uint64_t start_ns, uint64_t limit_ns) {
    struct stk_deadline end;
    stk_deadline_start(&end, limit_ns, start_ns);
    while (cl->stats.running) {
        /* The clock is read before the look at the launch, so that the last look comes after the deadline. */
        uint64_t now = stk_opencl_now_ns(), left = stk_deadline_look(&end, now);
        int over = stk_opencl_launch_over(cl);
        if (over < 0) {
            return over;
        }
        if (over) {
            stk_opencl_pop(cl);
        } else if (left == 0u) {
            int err = stk_opencl_in_time(cl);
            return err != STK_OK
                       ? err
                       : stk_opencl_fail(cl, STK_OPENCL_TIMEOUT, "a launch over an empty ring did not end in time");
        } else if (stk_time_since(start_ns, now) > SPIN_NS) {
            stk_opencl_nap();
        }
    }
    return STK_OK;
}

/* Does one launch over an empty ring. Sets *took to its time in nanoseconds. */
static int time_launch(struct stk_opencl *cl, uint64_t limit_ns, uint64_t *took) {
    uint64_t start = stk_opencl_now_ns(), limit = stk_opencl_allowed(cl, limit_ns);
    int err = stk_opencl_in_time(cl);
    err = err == STK_OK ? stk_opencl_launch(cl) : err;
    err = err == STK_OK ? wait_for_launches(cl, start, limit) : err;
    *took = stk_opencl_now_ns() - start;
    return err;
}

/* Sets *best to the time of the fastest of several launches of so many turns, and of those that *best has already: any
 * launch may lose its core for a while. */
static int time_turns(struct stk_opencl *cl, uint32_t turns, uint64_t *best) {
    int err = STK_OK;
    stk_opencl_set_turns(cl, turns, turns);
    for (int i = 0; i < CALIBRATIONS && err == STK_OK; i++) {
        uint64_t took = 0;
        err = time_launch(cl, CALIBRATION_NS, &took);
        *best = took < *best ? took : *best;
    }
    return err;
}

int stk_opencl_warm_up(struct stk_opencl *cl) {
    uint64_t took = 0;
    stk_opencl_set_turns(cl, 1, 1);
    return time_launch(cl, UINT64_MAX, &took);
}

/* Measures the time of 2^20 units, read by all lanes or by one: compares turns that read the payload in order with
 * turns that do not. On a busy machine each launch of one length may lose its core, and a unit then seems hundreds of
 * times as long, or to take no time. This error is a quarter in launches of four times the turns, so two lengths must
 * agree; the greatest length is measured again for as long as it makes no sense. */
static int measure_unit(struct stk_opencl *cl, uint32_t one, uint64_t *cost) {
    size_t region = cl->own.buffers.regions[STK_PART_PAYLOAD].bytes;
    uint32_t bytes = region < TOUCH_BYTES_MAX ? (uint32_t)region : TOUCH_BYTES_MAX, turns = 1;
    uint64_t idle = UINT64_MAX, took = UINT64_MAX;
    int known = 0, err = STK_OK;
    *cost = 0;
    for (int i = 0; i < TOUCH_TRIES && !known && err == STK_OK; i++) {
        stk_opencl_touch(cl, 0, one);
        err = time_turns(cl, turns, &idle);
        stk_opencl_touch(cl, bytes, one);
        err = err == STK_OK ? time_turns(cl, turns, &took) : err;
        if (took > idle) {
            uint64_t was = *cost, units = (uint64_t)turns * bytes, more = took - idle;
            /* Nanoseconds of 2^20 units, rounded up so that a cost is never 0. */
            *cost = ((more << 20) + units - 1u) / units;
            known = more < TOUCH_NS ? turns == TOUCH_TURNS_MAX
                                    : more >= SLICE_NS || (was / 2u <= *cost && *cost / 2u <= was);
        }
        if (turns < TOUCH_TURNS_MAX) {
            turns *= 4u;
            idle = took = UINT64_MAX;
        }
    }
    stk_opencl_touch(cl, 0, 0);
    *cost = *cost ? *cost : 1u;
    return err;
}

/* Does two launches of `turns` turns, one behind the other, as RESIDENT and QUANTUM do. Sets *inside to 1 if the first
 * launch was already over when both enqueueing calls had returned. */
static int time_pair(struct stk_opencl *cl, uint32_t turns, uint64_t *took, int *inside) {
    uint64_t start = stk_opencl_now_ns(), limit = stk_opencl_allowed(cl, CALIBRATION_NS);
    int err = stk_opencl_in_time(cl);
    stk_opencl_set_turns(cl, turns, turns);
    for (int i = 0; i < 2 && err == STK_OK; i++) {
        err = stk_opencl_launch(cl);
    }
    *inside = err == STK_OK ? stk_opencl_launch_over(cl) : err;
    err = *inside < 0 ? *inside : wait_for_launches(cl, start, limit);
    *took = stk_opencl_now_ns() - start;
    return err;
}

/* Takes the shortest of several pairs, since in any of them the host may lose its core or the process may be stopped.
 * Ends with the first pair which shows that the driver's calls return early, or that the kernels were short. */
static int time_pairs(struct stk_opencl *cl, uint32_t turns, uint64_t *shortest, int *inside) {
    int err = STK_OK;
    *shortest = UINT64_MAX;
    *inside = 1;
    for (int i = 0; i < CALIBRATIONS && *inside && *shortest >= STAY_NS && err == STK_OK; i++) {
        uint64_t took;
        err = time_pair(cl, turns, &took, inside);
        *shortest = took < *shortest ? took : *shortest;
    }
    return err;
}

/* Finds out whether the driver runs a kernel inside the call that launches the kernel. Each try launches pairs of
 * kernels, one kernel behind the other. If both calls return only after the first kernel has ended, either the driver
 * ran the kernel inside a call, or the kernel was short. So each try makes the kernels run four times the turns of the
 * try before, until the calls return before the first kernel ends, or the kernels are long enough to show that the
 * driver is synchronous. */
int stk_opencl_check_launch(struct stk_opencl *cl) {
    uint64_t took = 0;
    int inside = 1, err = STK_OK;
    for (uint32_t turns = STK_OPENCL_TURNS; inside && took < STAY_NS && turns < UINT32_MAX / 4u && err == STK_OK;
         turns *= 4u) {
        err = time_pairs(cl, turns, &took, &inside);
    }
    if (err == STK_OK && inside && took >= STAY_NS) {
        cl->own.search.synchronous = 1;
        stk_opencl_say(cl,
                       "the driver is synchronous, its call that launches a kernel returns when the kernel has left: "
                       "only BATCH can be used");
        return STK_E_UNSUPPORTED;
    }
    return err;
}

/* Measures launches of two lengths: their difference is the time of turns alone. Where there is no difference, the
 * kernel does not stay for its turns, and no lease of it could be bounded. */
int stk_opencl_calibrate(struct stk_opencl *cl) {
    uint64_t few = UINT64_MAX, many = UINT64_MAX;
    int err = STK_OK;
    /* Measured again where other work on the machine hid the difference: four times the turns must take a quarter more
     * at least. */
    for (int i = 0; (i == 0 || many <= few + few / 4u) && i < TRIES && err == STK_OK; i++) {
        err = time_turns(cl, STK_OPENCL_TURNS, &few);
        err = err == STK_OK ? time_turns(cl, 4u * STK_OPENCL_TURNS, &many) : err;
    }
    if (err == STK_OK && many <= few + few / 4u) {
        stk_opencl_say(cl, "%s: a kernel over an empty ring leaves early", stk_opencl_memory_name(cl->outcome.memory));
        return STK_E_UNSUPPORTED;
    }
    /* The lengths differ by three times STK_OPENCL_TURNS. */
    cl->outcome.turn_cost = (many - few) / 3u;
    err = err == STK_OK ? measure_unit(cl, 0, &cl->outcome.unit_cost) : err;
    cl->outcome.lane_cost = cl->outcome.unit_cost;
    return err == STK_OK && cl->config.lanes > 1u ? measure_unit(cl, 1, &cl->outcome.lane_cost) : err;
}
