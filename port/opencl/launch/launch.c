/* stoker port: launches of the kernel. Enqueues a launch, behind another one if need be; sees it end; ends its lease in
 * time. The residency mode decides when to launch (resident.c, quantum.c, batch.c). */
#include "launch.h"
#include "../memory/memory.h"
#include "../report/report.h"
#include "stoker/atomic.h"

/* Returns how many workers have left since the layout of the memory. The loads have acquire order: the host sees what a
 * worker stored before it left. */
static uint32_t ends(const struct stk_opencl *cl) {
    return stk_load_acquire(cl->memory.control + STK_CTL_LEASE_ENDS) +
           stk_load_acquire(cl->memory.control + STK_CTL_IDLE_ENDS);
}

int stk_opencl_left(const struct stk_opencl *cl) {
    const struct stk_opencl_launches *l = &cl->own.launches;
    /* end_target counts the workers of all launches under way; those of the older launch are the ones before the last
     * launch. The difference is taken as signed, since the counters wrap. */
    uint32_t head = l->end_target - (cl->stats.running - 1u) * l->terms.workers;
    return (int32_t)(ends(cl) - head) >= 0;
}

void stk_opencl_forget_ends(struct stk_opencl *cl) {
    cl->own.launches.end_target = ends(cl);
}

int stk_opencl_renew(struct stk_opencl *cl) {
    cl->own.launches.end_target = 0;
    cl->own.launches.idle_workers = 0;
    cl->own.launches.idle_seen = 0;
    cl->stats.launches = cl->stats.lease_ends = cl->stats.idle_ends = 0;
    return stk_opencl_layout(cl);
}

/* Enqueues one launch with the tables and limits that it needs before it. On success *event stands for the launch. */
static int enqueue(struct stk_opencl *cl, cl_event *event) {
    const struct stk_opencl_program *p = &cl->own.program;
    const uint32_t turns = cl->stats.turns, idle_turns = cl->stats.idle_turns;
    size_t local = cl->config.lanes, global = local * cl->own.launches.terms.workers;
    cl_int error;
    int err = stk_opencl_send_limits(cl);
    err = err == STK_OK ? stk_opencl_send_tables(cl) : err;
    if (err != STK_OK) {
        return err;
    }
    error = clSetKernelArg(p->kernel, ARG_TURNS, sizeof turns, &turns);
    if (error == CL_SUCCESS) {
        error = clSetKernelArg(p->kernel, ARG_IDLE_TURNS, sizeof idle_turns, &idle_turns);
    }
    if (error != CL_SUCCESS) {
        return stk_opencl_error(cl, error, "clSetKernelArg");
    }
    return stk_opencl_error(cl, clEnqueueNDRangeKernel(p->queue, p->kernel, 1, NULL, &global, &local, 0, NULL, event),
                            "clEnqueueNDRangeKernel");
}

/* Starts the lease and the deadline of a launch that has become the older one: the queue runs in order, so the device
 * runs a launch only then. */
static void begin_lease(struct stk_opencl *cl) {
    struct stk_opencl_launches *l = &cl->own.launches;
    uint64_t lease = stk_opencl_mode(cl->mode)->lease_ns(&cl->config);
    l->launched_ns = stk_opencl_now_ns();
    l->lease_ended = 0;
    stk_deadline_start(&l->kernel_end, stk_time_sum(lease, l->terms.deadline_ns), l->launched_ns);
}

int stk_opencl_launch(struct stk_opencl *cl) {
    cl_event event = NULL;
    int err = enqueue(cl, &event);
    if (err == STK_OK) {
        err = stk_opencl_error(cl, clFlush(cl->own.program.queue), "clFlush");
    }
    if (!event) {
        /* The end of a launch without an event cannot be seen. Such a launch would not count as running, and drive
         * would launch again and again. */
        return err != STK_OK ? err : stk_opencl_fail(cl, STK_OPENCL_DEVICE, "clEnqueueNDRangeKernel gave no event");
    }
    if (cl->stats.running == 0u) {
        begin_lease(cl);
    }
    /* The launch counts even if the flush failed: it is enqueued and may run. */
    cl->own.launches.events[cl->stats.running++] = event;
    cl->own.launches.end_target += cl->own.launches.terms.workers;
    cl->stats.launches++;
    return err;
}

void stk_opencl_follow(struct stk_opencl *cl, cl_event read) {
    cl->own.launches.kernel_event = cl->own.launches.events[0];
    cl->own.launches.events[0] = read;
}

void stk_opencl_pop(struct stk_opencl *cl) {
    struct stk_opencl_launches *l = &cl->own.launches;
    uint32_t idle = stk_load(cl->memory.control + STK_CTL_IDLE_ENDS);
    clReleaseEvent(l->events[0]);
    if (l->kernel_event) {
        clReleaseEvent(l->kernel_event);
        l->kernel_event = NULL;
    }
    l->events[0] = l->events[1];
    l->events[1] = NULL;
    cl->stats.running--;
    if (cl->stats.running) {
        begin_lease(cl);
    }
    /* The device's counter has 32 bits and wraps; the difference is right across a wrap too. */
    l->idle_workers += idle - l->idle_seen;
    l->idle_seen = idle;
    cl->stats.idle_ends = l->idle_workers / l->terms.workers;
    /* A launch that did not end idle ended by its lease. */
    cl->stats.lease_ends = cl->stats.launches - cl->stats.running - cl->stats.idle_ends;
}

/* Returns 1 if the command of this event is over, 0 if not, or STK_E_DEVICE with the failure noted. */
static int is_over(struct stk_opencl *cl, cl_event event) {
    cl_int status = CL_QUEUED;
    cl_int error = clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL);
    if (error != CL_SUCCESS) {
        return stk_opencl_fail_launch(cl, error, "clGetEventInfo failed");
    }
    return status < 0 ? stk_opencl_fail_launch(cl, status, "a launch ended") : status == CL_COMPLETE;
}

int stk_opencl_launch_over(struct stk_opencl *cl) {
    return is_over(cl, cl->own.launches.events[0]);
}

int stk_opencl_kernel_over(struct stk_opencl *cl) {
    struct stk_opencl_launches *l = &cl->own.launches;
    return is_over(cl, l->kernel_event ? l->kernel_event : l->events[0]);
}

int stk_opencl_launch_status(const struct stk_opencl *cl, cl_int *status) {
    return clGetEventInfo(cl->own.launches.events[0], CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof *status, status,
                          NULL) == CL_SUCCESS;
}

int stk_opencl_overdue(struct stk_opencl *cl, uint64_t now_ns) {
    struct stk_opencl_launches *l = &cl->own.launches;
    int over;
    if (stk_deadline_look(&l->kernel_end, now_ns) != 0u) {
        return STK_OK;
    }
    /* Looks once more: the process may have been stopped between the last look and the clock, while the launch
     * ended. */
    over = stk_opencl_launch_over(cl);
    if (over != 0) {
        return over < 0 ? over : STK_OK;
    }
    return stk_opencl_fail(cl, STK_OPENCL_TIMEOUT, "timeout: the kernel was still there %llu ms after its lease",
                           (unsigned long long)(l->terms.deadline_ns / 1000000u));
}

void stk_opencl_end_lease(struct stk_opencl *cl) {
    /* Workers only compare this word with the value that they found on entry, so the store needs no order. */
    uint32_t *lease = cl->memory.control + STK_CTL_LEASE;
    stk_store(lease, stk_load(lease) + 1u);
}

/* Ends the lease of a launch that has stayed for lease_ns. With work left the next launch is enqueued first, so that
 * the device has it at once. A pause of the process counts for the lease: the device may have run during the pause, and
 * a lease that ends loses nothing. */
int stk_opencl_bound_lease(struct stk_opencl *cl, bool pending, uint64_t now_ns) {
    struct stk_opencl_launches *l = &cl->own.launches;
    int err = STK_OK;
    if (!l->lease_ended && stk_time_since(l->launched_ns, now_ns) > cl->config.lease_ns) {
        err = pending && cl->stats.running == 1u ? stk_opencl_launch(cl) : STK_OK;
        stk_opencl_end_lease(cl);
        l->lease_ended = 1;
    }
    return err;
}
