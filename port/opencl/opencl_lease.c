/* The lease: launching the kernel, the next before the one under way ends; seeing it leave; ending it in time. */
#include <stdio.h>
#include <time.h>

#include "internal.h"
#include "stoker/atomic.h"

uint64_t stk_opencl_now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

void stk_opencl_nap(void) {
    const struct timespec t = {.tv_nsec = 50000};
    nanosleep(&t, NULL);
}

/* Workers that have left since the layout. Acquire: what they stored before leaving is seen. */
static uint32_t ends(const struct stk_opencl *cl) {
    return stk_load_acquire(cl->memory.control + STK_CTL_LEASE_ENDS) +
           stk_load_acquire(cl->memory.control + STK_CTL_IDLE_ENDS);
}

int stk_opencl_left(const struct stk_opencl *cl) {
    uint32_t head = cl->expected_ends - (cl->running - 1u) * cl->groups;
    return (int32_t)(ends(cl) - head) >= 0;
}

void stk_opencl_forget_ends(struct stk_opencl *cl) {
    cl->expected_ends = ends(cl);
}

static int enqueue(struct stk_opencl *cl, cl_event *event) {
    size_t local = cl->config.lanes, global = local * cl->groups;
    int err = stk_opencl_send_limits(cl);
    cl_int error = err == STK_OK ? clSetKernelArg(cl->cl_kernel, ARG_TURNS, sizeof cl->turns, &cl->turns) : CL_SUCCESS;
    if (err != STK_OK) {
        return err;
    }
    if (error == CL_SUCCESS) {
        error = clSetKernelArg(cl->cl_kernel, ARG_IDLE_TURNS, sizeof cl->idle_turns, &cl->idle_turns);
    }
    if (error != CL_SUCCESS) {
        return stk_opencl_error(cl, error, "clSetKernelArg");
    }
    return stk_opencl_error(
        cl, clEnqueueNDRangeKernel(cl->cl_queue, cl->cl_kernel, 1, NULL, &global, &local, 0, NULL, event),
        "clEnqueueNDRangeKernel");
}

/* Starts the lease and the deadline of a launch that has become the older one. */
static void begin_lease(struct stk_opencl *cl) {
    uint64_t lease = cl->mode == STK_QUANTUM ? cl->config.quantum_ns : cl->config.lease_ns;
    cl->launched_ns = stk_opencl_now_ns();
    cl->lease_over = 0;
    stk_deadline_start(&cl->kernel_end, stk_time_sum(lease, cl->config.deadline_ns), cl->launched_ns);
}

int stk_opencl_launch(struct stk_opencl *cl) {
    cl_event event = NULL;
    int err = enqueue(cl, &event);
    if (err == STK_OK) {
        err = stk_opencl_error(cl, clFlush(cl->cl_queue), "clFlush");
    }
    if (!event) {
        /* The end of a launch without an event cannot be seen. Such a launch would not count as running, and drive
         * would launch again and again. */
        return err != STK_OK ? err : stk_opencl_fail(cl, STK_OPENCL_DEVICE, "clEnqueueNDRangeKernel gave no event");
    }
    if (cl->running == 0u) {
        begin_lease(cl);
    }
    cl->cl_events[cl->running++] = event;
    cl->expected_ends += cl->groups;
    cl->launches++;
    return err;
}

void stk_opencl_pop(struct stk_opencl *cl) {
    uint32_t idle = stk_load(cl->memory.control + STK_CTL_IDLE_ENDS);
    clReleaseEvent(cl->cl_events[0]);
    if (cl->batch.cl_launch) {
        clReleaseEvent(cl->batch.cl_launch);
        cl->batch.cl_launch = NULL;
    }
    cl->cl_events[0] = cl->cl_events[1];
    cl->cl_events[1] = NULL;
    cl->running--;
    if (cl->running) {
        begin_lease(cl);
    }
    cl->idle_workers += idle - cl->idle_seen; /* the difference is right even when the counter has wrapped */
    cl->idle_seen = idle;
    cl->idle_ends = cl->idle_workers / cl->groups;
    cl->lease_ends = cl->launches - cl->running - cl->idle_ends;
}

int stk_opencl_event_over(struct stk_opencl *cl) {
    cl_int status = CL_QUEUED;
    cl_int error = clGetEventInfo(cl->cl_events[0], CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL);
    error = error != CL_SUCCESS ? error : status < 0 ? status : CL_SUCCESS;
    if (error != CL_SUCCESS) {
        cl->cl_error = error;
        return stk_opencl_fail(cl, STK_OPENCL_DEVICE, "%s with OpenCL error %d",
                               status < 0 ? "a launch ended" : "clGetEventInfo failed", error);
    }
    return status == CL_COMPLETE;
}

int stk_opencl_overdue(struct stk_opencl *cl, uint64_t now_ns) {
    int over;
    if (stk_deadline_look(&cl->kernel_end, now_ns) != 0u) {
        return STK_OK;
    }
    /* looks again, since the process may have been stopped between the last look and the clock */
    over = stk_opencl_event_over(cl);
    if (over != 0) {
        return over < 0 ? over : STK_OK;
    }
    return stk_opencl_fail(cl, STK_OPENCL_TIMEOUT, "timeout: the kernel was still there %llu ms after its lease",
                           (unsigned long long)(cl->config.deadline_ns / 1000000u));
}

void stk_opencl_end_lease(struct stk_opencl *cl) {
    /* Workers only compare this word with what they found on entry; it orders nothing. */
    uint32_t *lease = cl->memory.control + STK_CTL_LEASE;
    stk_store(lease, stk_load(lease) + 1u);
}

/* One look at the older launch, in whatever state the port is. */
static int join_step(struct stk_opencl *cl) {
    int over;
    if (cl->lost) {
        return stk_opencl_lost_on(cl);
    }
    if (cl->recovery.step) {
        return stk_opencl_recover_on(cl);
    }
    if (cl->mode == STK_BATCH) {
        return stk_opencl_batch_drive(cl, false); /* takes in what came back */
    }
    if (cl->mode == STK_RESIDENT) {
        /* Again and again, for workers that had no core until now and enter with the last number. */
        stk_opencl_end_lease(cl);
    }
    over = stk_opencl_event_over(cl);
    if (over > 0) {
        stk_opencl_pop(cl);
    }
    return over;
}

/* Does a launch run, or is there one of which it is not known? */
static int works(const struct stk_opencl *cl) {
    return cl->running != 0u || cl->recovery.step == RECOVER_QUIET;
}

int stk_opencl_join(struct stk_opencl *cl, uint64_t timeout_ns) {
    struct stk_deadline end;
    stk_deadline_start(&end, timeout_ns, stk_opencl_now_ns());
    return stk_opencl_join_until(cl, &end);
}

int stk_opencl_join_until(struct stk_opencl *cl, struct stk_deadline *end) {
    while (works(cl)) {
        /* the clock is read before the launch is looked at */
        uint64_t left = stk_deadline_look(end, stk_opencl_now_ns());
        int did = join_step(cl);
        if (did < 0 && cl->opened && !cl->lost) {
            (void)stk_opencl_recover(cl);
        }
        if (works(cl) && left == 0u) {
            return STK_E_TIMEOUT;
        }
        if (works(cl)) {
            stk_opencl_nap();
        }
    }
    return cl->lost ? STK_E_DEVICE : STK_OK;
}
