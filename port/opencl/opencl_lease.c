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

int stk_opencl_lose(struct stk_opencl *cl, const char *why) {
    cl->lost = 1;
    snprintf(cl->reason, sizeof cl->reason, "device lost: %s", why);
    return STK_E_DEVICE;
}

/* The tests' fault: kernels go on in memory where the host does not look. */
static int play_dead(struct stk_opencl *cl) {
    struct stk_opencl_region mixed[STK_OPENCL_REGIONS];
    uint32_t wanted = cl->dead_claims, taken = 0;
    int err;
    if (cl->batch.device[REGION_RING].cl_mem) {
        return STK_OK;
    }
    for (uint32_t i = 0; i < cl->memory.slots && taken < wanted; i++) {
        taken += stk_cas(cl->memory.ring + (size_t)i * STK_SLOT_WORDS, STK_PUBLISHED, STK_CLAIMED) == STK_PUBLISHED;
    }
    if (wanted && !taken) {
        return STK_OK; /* not yet: there is nothing to lose */
    }
    err = stk_opencl_batch_open(cl, cl->memory.control_words);
    for (uint32_t i = 0; i < STK_OPENCL_REGIONS; i++) {
        mixed[i] = (cl->dead_parts >> i & 1u) ? cl->batch.device[i] : cl->regions[i];
    }
    return err == STK_OK ? stk_opencl_set_args(cl, mixed, cl->memory.control_words) : err;
}

static cl_int enqueue(struct stk_opencl *cl, cl_event *event) {
    size_t local = cl->config.lanes, global = local * cl->groups;
    cl_int error = clSetKernelArg(cl->cl_kernel, 10, sizeof cl->turns, &cl->turns);
    if (error == CL_SUCCESS) {
        error = clSetKernelArg(cl->cl_kernel, 11, sizeof cl->idle_turns, &cl->idle_turns);
    }
    if (error == CL_SUCCESS) {
        error = clEnqueueNDRangeKernel(cl->cl_queue, cl->cl_kernel, 1, NULL, &global, &local, 0, NULL, event);
    }
    return error;
}

int stk_opencl_launch(struct stk_opencl *cl) {
    cl_event event = NULL;
    int err = STK_OK;
    if (cl->dead_after && cl->mode != STK_BATCH &&
        stk_load(cl->memory.control + STK_CTL_DONE_COUNT) >= cl->dead_after) {
        err = play_dead(cl);
    }
    err = err == STK_OK ? stk_opencl_error(cl, enqueue(cl, &event), "clEnqueueNDRangeKernel") : err;
    if (err == STK_OK) {
        err = stk_opencl_error(cl, clFlush(cl->cl_queue), "clFlush");
    }
    if (!event) {
        return err;
    }
    if (cl->running == 0u) {
        cl->launched_ns = stk_opencl_now_ns();
        cl->lease_over = 0;
    }
    cl->cl_events[cl->running++] = event;
    cl->expected_ends += cl->groups;
    cl->launches++;
    return err;
}

void stk_opencl_pop(struct stk_opencl *cl) {
    uint32_t idle = stk_load(cl->memory.control + STK_CTL_IDLE_ENDS), groups = cl->groups;
    clReleaseEvent(cl->cl_events[0]);
    cl->cl_events[0] = cl->cl_events[1];
    cl->cl_events[1] = NULL;
    cl->running--;
    cl->launched_ns = cl->running ? stk_opencl_now_ns() : cl->launched_ns;
    cl->lease_over = 0;
    cl->idle_ends = idle / groups;
    cl->lease_ends = cl->launches - cl->running - cl->idle_ends;
}

int stk_opencl_event_over(struct stk_opencl *cl) {
    cl_int status = CL_QUEUED;
    cl_int error = clGetEventInfo(cl->cl_events[0], CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL);
    if (error != CL_SUCCESS || status < 0) {
        char why[64];
        cl->cl_error = error != CL_SUCCESS ? error : status;
        snprintf(why, sizeof why, "a launch ended with OpenCL error %d", cl->cl_error);
        /* Nothing of a failed launch is waited for; those behind it fail with it. */
        while (cl->running) {
            stk_opencl_pop(cl);
        }
        return stk_opencl_lose(cl, why);
    }
    return status == CL_COMPLETE;
}

int stk_opencl_overdue(struct stk_opencl *cl, uint64_t now_ns) {
    uint64_t lease = cl->mode == STK_QUANTUM ? cl->config.quantum_ns : cl->config.lease_ns;
    char why[96];
    if (now_ns - cl->launched_ns <= lease + cl->config.deadline_ns) {
        return STK_OK;
    }
    snprintf(why, sizeof why, "timeout: the kernel was still there %llu ms after its lease",
             (unsigned long long)(cl->config.deadline_ns / 1000000u));
    return stk_opencl_lose(cl, why);
}

void stk_opencl_end_lease(struct stk_opencl *cl) {
    /* Workers only compare this word with what they found on entry; it orders nothing. */
    uint32_t *lease = cl->memory.control + STK_CTL_LEASE;
    stk_store(lease, stk_load(lease) + 1u);
}

/* Waits for the driver to say that every launch is over. */
static int join_launches(struct stk_opencl *cl, uint64_t timeout_ns) {
    uint64_t start = stk_opencl_now_ns();
    while (cl->running) {
        int over = stk_opencl_event_over(cl);
        if (over < 0) {
            return over;
        }
        if (cl->mode == STK_RESIDENT) {
            /* Again and again, for workers that had no core until now and enter with the last number. */
            stk_opencl_end_lease(cl);
        }
        if (over) {
            stk_opencl_pop(cl);
        } else if (stk_opencl_now_ns() - start >= timeout_ns) {
            return STK_E_TIMEOUT;
        } else {
            stk_opencl_nap();
        }
    }
    return STK_OK;
}

/* The same, and takes in what came back. */
static int join_batch(struct stk_opencl *cl, uint64_t timeout_ns) {
    uint64_t start = stk_opencl_now_ns();
    while (cl->running) {
        int err = stk_opencl_batch_drive(cl, false);
        if (err < 0) {
            return err;
        }
        if (cl->running && stk_opencl_now_ns() - start >= timeout_ns) {
            return STK_E_TIMEOUT;
        }
        if (cl->running) {
            stk_opencl_nap();
        }
    }
    return STK_OK;
}

int stk_opencl_join(struct stk_opencl *cl, uint64_t timeout_ns) {
    return cl->mode == STK_BATCH && !cl->lost ? join_batch(cl, timeout_ns) : join_launches(cl, timeout_ns);
}
