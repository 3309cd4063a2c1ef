/* The lease: launching the resident kernel, seeing it leave, ending it in time; calibration and handshake. */
#include <stdio.h>
#include <time.h>

#include "internal.h"
#include "stoker/atomic.h"
#include "stoker/ring.h"

#define CALIBRATIONS       5
#define CALIBRATION_TURNS  20000u
#define CALIBRATION_NS     UINT64_C(5000000000)
#define FIRST_LAUNCH_NS    UINT64_C(60000000000) /* drivers compile in it, on a busy machine for many seconds */
#define HANDSHAKE_ROUNDS   256u
#define HANDSHAKE_LEAST    16u /* rounds that prove residency where the machine is too busy for all of them */
#define HANDSHAKE_LAUNCHES 3u
#define HANDSHAKE_NS       UINT64_C(2000000000)
#define HANDSHAKE_LOOKS    1000u /* at a slot before a nap: the kernel may be waiting for this thread's core */
#define CLOCK_EVERY        64u   /* drive looks at the clock and the event once in so many calls */

uint64_t stk_opencl_now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

static void nap(void) {
    const struct timespec t = {.tv_nsec = 50000};
    nanosleep(&t, NULL);
}

/* Workers that have left since the layout. Acquire: what they stored before leaving is seen. */
static uint32_t ends(const struct stk_opencl *cl) {
    return stk_load_acquire(cl->memory.control + STK_CTL_LEASE_ENDS) +
           stk_load_acquire(cl->memory.control + STK_CTL_IDLE_ENDS);
}

int stk_opencl_launch(struct stk_opencl *cl) {
    size_t local = cl->config.lanes, global = local * cl->config.workers;
    cl_event event = NULL;
    cl_int error = clSetKernelArg(cl->cl_kernel, 10, sizeof cl->turns, &cl->turns);
    if (error == CL_SUCCESS) {
        error = clSetKernelArg(cl->cl_kernel, 11, sizeof cl->idle_turns, &cl->idle_turns);
    }
    if (error == CL_SUCCESS) {
        error = clEnqueueNDRangeKernel(cl->cl_queue, cl->cl_kernel, 1, NULL, &global, &local, 0, NULL, &event);
    }
    if (error == CL_SUCCESS) {
        error = clFlush(cl->cl_queue);
    }
    if (cl->cl_event) {
        clReleaseEvent(cl->cl_event);
    }
    cl->cl_event = event;
    if (error != CL_SUCCESS) {
        return stk_opencl_error(cl, error, "clEnqueueNDRangeKernel");
    }
    cl->running = 1;
    cl->lease_over = 0;
    cl->expected_ends += cl->config.workers;
    cl->launched_ns = stk_opencl_now_ns();
    cl->launches++;
    return STK_OK;
}

/* Takes note that the workers have left. */
static void left(struct stk_opencl *cl) {
    uint32_t idle = stk_load(cl->memory.control + STK_CTL_IDLE_ENDS);
    uint64_t workers = cl->launches * cl->config.workers;
    cl->running = 0;
    cl->idle_ends = idle / cl->config.workers;
    cl->lease_ends = (workers - idle) / cl->config.workers;
}

/* Ends a lease that ran out of time, and sees a launch that failed. */
static int look_closer(struct stk_opencl *cl) {
    cl_int status = CL_QUEUED;
    uint32_t *lease = cl->memory.control + STK_CTL_LEASE;
    if (clGetEventInfo(cl->cl_event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL) != CL_SUCCESS ||
        status < 0 || (status == CL_COMPLETE && ends(cl) != cl->expected_ends)) {
        cl->lost = 1;
        cl->running = 0;
        snprintf(cl->reason, sizeof cl->reason, "the kernel ended abnormally (event status %d)", status);
        return STK_E_DEVICE;
    }
    if (!cl->lease_over && stk_opencl_now_ns() - cl->launched_ns > cl->config.lease_ns) {
        /* Workers only compare this word with what they found on entry; it orders nothing. */
        stk_store(lease, stk_load(lease) + 1u);
        cl->lease_over = 1;
    }
    return STK_OK;
}

static int opencl_drive(void *ctx, bool pending) {
    struct stk_opencl *cl = ctx;
    if (cl->lost) {
        return STK_E_DEVICE;
    }
    if (cl->running) {
        if (ends(cl) == cl->expected_ends) {
            left(cl);
        } else if (++cl->drives % CLOCK_EVERY == 0u) {
            return look_closer(cl);
        }
    }
    if (!cl->running && pending) {
        int err = stk_opencl_launch(cl);
        return err == STK_OK ? 1 : err;
    }
    return 0;
}

int stk_opencl_join(struct stk_opencl *cl, uint64_t timeout_ns) {
    uint64_t start = stk_opencl_now_ns();
    while (cl->running) {
        uint32_t *lease = cl->memory.control + STK_CTL_LEASE;
        cl_int status = CL_QUEUED;
        cl_int error = clGetEventInfo(cl->cl_event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL);
        /* See look_closer. Again and again, for workers that had no core until now and enter with the last number. */
        stk_store(lease, stk_load(lease) + 1u);
        if (error != CL_SUCCESS || status < 0) {
            cl->lost = 1;
            cl->running = 0;
            return STK_E_DEVICE;
        }
        if (status == CL_COMPLETE) {
            left(cl);
        } else if (stk_opencl_now_ns() - start >= timeout_ns) {
            return STK_E_TIMEOUT;
        } else {
            nap();
        }
    }
    return STK_OK;
}

static int opencl_stop(void *ctx, uint64_t timeout_ns) {
    return stk_opencl_join(ctx, timeout_ns);
}

static void opencl_info(void *ctx, struct stk_dispatch_info *info) {
    const struct stk_opencl *cl = ctx;
    *info = (struct stk_dispatch_info){
        .device = cl->device.name,
        .memory = cl->device.svm_atomics ? "fine-grain SVM with atomics" : "fine-grain SVM",
        .reason = cl->reason,
        .residency = STK_RESIDENT,
        .workers = cl->config.workers,
        .lanes = cl->config.lanes,
        .launches = cl->launches,
        .lease_ends = cl->lease_ends,
        .idle_ends = cl->idle_ends,
    };
}

const struct stk_dispatch_ops stk_opencl_ops = {
    .name = "opencl",
    .drive = opencl_drive,
    .stop = opencl_stop,
    .info = opencl_info,
};

static uint32_t turns_of(uint64_t ns, uint64_t ns_of_calibration) {
    uint64_t turns = ns * CALIBRATION_TURNS / (ns_of_calibration ? ns_of_calibration : 1u);
    return turns < 1000u ? 1000u : turns > UINT32_MAX ? UINT32_MAX : (uint32_t)turns;
}

/* One launch over an empty ring, in nanoseconds. */
static int time_launch(struct stk_opencl *cl, uint64_t *took) {
    uint64_t start = stk_opencl_now_ns();
    int err = stk_opencl_launch(cl);
    while (err == STK_OK && ends(cl) != cl->expected_ends && stk_opencl_now_ns() - start < CALIBRATION_NS) {
    }
    *took = stk_opencl_now_ns() - start;
    return err == STK_OK ? stk_opencl_join(cl, CALIBRATION_NS) : err;
}

/* The fastest of several launches, after one that may compile, says how long a turn takes: any may lose its core for a while.
 * The count of turns is four times the lease, since the host ends a lease by the clock and the count is for a host that died. */
int stk_opencl_calibrate(struct stk_opencl *cl) {
    uint64_t best = UINT64_MAX, took;
    int err;
    cl->turns = CALIBRATION_TURNS;
    cl->idle_turns = CALIBRATION_TURNS;
    err = stk_opencl_launch(cl);
    if (err == STK_OK) {
        err = stk_opencl_join(cl, FIRST_LAUNCH_NS);
    }
    for (int i = 0; i < CALIBRATIONS && err == STK_OK; i++) {
        err = time_launch(cl, &took);
        best = took < best ? took : best;
    }
    if (err == STK_E_TIMEOUT) {
        snprintf(cl->reason, sizeof cl->reason, "calibration: a launch over an empty ring did not end in time");
        err = STK_E_DEVICE;
    }
    if (err != STK_OK) {
        return err;
    }
    cl->turn_cost = best;
    cl->turns = turns_of(cl->config.lease_ns * 4u, best);
    cl->idle_turns = turns_of(cl->config.idle_ns, best);
    return STK_OK;
}

/* One round: a slot published while the kernel runs comes back DONE while it still runs. STK_E_CANCELED: it left. */
static int exchange(struct stk_opencl *cl, struct stk_ring *ring, uint32_t round, uint64_t deadline) {
    const uint32_t args[2] = {round ^ 0xA5A5A5A5u, STK_CTL_OBSERVABLE};
    const struct stk_work work = {.opcode = STK_OP_STORE_U32, .priority = STK_NORMAL, .nargs = 2, .args = args};
    uint32_t slot = round % ring->slots, looks = 0;
    int err = stk_ring_publish(ring, slot, &work);
    while (err == STK_OK && stk_ring_status(ring, slot) != (int)STK_DONE) {
        if (++looks % HANDSHAKE_LOOKS == 0u) {
            nap();
            err = ends(cl) == cl->expected_ends ? STK_E_CANCELED : STK_OK;
        }
        err = stk_opencl_now_ns() > deadline ? STK_E_TIMEOUT : err;
    }
    if (err == STK_OK && stk_load(cl->memory.control + STK_CTL_OBSERVABLE) != args[0]) {
        snprintf(cl->reason, sizeof cl->reason, "round %u: DONE was seen before what the handler stored",
                 (unsigned)round);
        err = STK_E_UNSUPPORTED;
    }
    return err;
}

/* Rounds that meet one launch, until all are answered or the launch is over. */
static int meet_launch(struct stk_opencl *cl, uint64_t deadline, uint32_t *round) {
    struct stk_ring ring = {.words = cl->memory.ring, .slots = cl->memory.slots};
    int err = stk_opencl_launch(cl), joined;
    *round = 0;
    while (err == STK_OK && *round < HANDSHAKE_ROUNDS &&
           (*round < HANDSHAKE_LEAST || stk_opencl_now_ns() <= deadline)) {
        err = exchange(cl, &ring, *round, deadline + HANDSHAKE_NS / 2u);
        *round += err == STK_OK;
    }
    if (err == STK_E_CANCELED && *round >= HANDSHAKE_LEAST) {
        err = STK_OK;
    }
    joined = stk_opencl_join(cl, HANDSHAKE_NS);
    if (joined == STK_OK && (err == STK_OK || err == STK_E_CANCELED)) {
        cl->launches = cl->lease_ends = cl->idle_ends = 0; /* counters are of the user's work */
        joined = stk_opencl_layout(cl);
    }
    return err != STK_OK ? err : joined;
}

int stk_opencl_handshake(struct stk_opencl *cl) {
    uint64_t deadline = stk_opencl_now_ns() + HANDSHAKE_NS;
    uint32_t turns = cl->turns, idle_turns = cl->idle_turns, round = 0;
    int err = STK_E_CANCELED;
    cl->turns = cl->idle_turns = turns_of(HANDSHAKE_NS * 2u, cl->turn_cost);
    /* A launch is to outlast the deadline. On a busy machine its turns may have been timed wrong: then it gets more. */
    for (uint32_t i = 0; i < HANDSHAKE_LAUNCHES && err == STK_E_CANCELED; i++) {
        err = meet_launch(cl, deadline, &round);
        cl->turns = cl->idle_turns = cl->turns < UINT32_MAX / 8u ? cl->turns * 8u : UINT32_MAX;
    }
    cl->turns = turns;
    cl->idle_turns = idle_turns;
    if (err == STK_E_TIMEOUT || err == STK_E_CANCELED) {
        snprintf(cl->reason, sizeof cl->reason, "handshake: the running kernel did not answer round %u",
                 (unsigned)round);
        err = STK_E_UNSUPPORTED;
    } else if (err == STK_OK) {
        snprintf(cl->reason, sizeof cl->reason, "handshake: %u slots published and answered inside one launch",
                 (unsigned)round);
    }
    return err;
}
