/* The peer's side: OpenCL as it is used without a resident kernel. */
#include <time.h>
#include <CL/cl.h>

#include "bench.h"
#include "stoker/atomic.h"
#include "stoker/deadline.h"

#define TEXTS_MAX 4u
#define REST_NS   UINT64_C(2000000000)
#define SLOT_NS   UINT64_C(60000000000) /* longest wait for one slot */
#define LOOKS     4096u                 /* looks at a slot before a nap; the worker may be waiting for this core */
#define NAP_NS    50000

const char bench_cl_empty[] = "__kernel void nothing(void) {}\n";

int bench_cl_check(int error, const char *what) {
    return error == CL_SUCCESS ? 0 : cli_bad("bench: %s failed with OpenCL error %d", what, error);
}

int bench_cl_open(struct bench_cl *cl, void *device, const char *const *texts, uint32_t count) {
    cl_device_id id = device;
    const char *all[TEXTS_MAX] = {NULL};
    cl_int error;
    *cl = (struct bench_cl){NULL, NULL, NULL};
    for (uint32_t i = 0; i < count && i < TEXTS_MAX; i++) {
        all[i] = texts[i];
    }
    cl->context = clCreateContext(NULL, 1, &id, NULL, NULL, &error);
    if (error == CL_SUCCESS) {
        cl->queue = clCreateCommandQueueWithProperties(cl->context, id, NULL, &error);
    }
    if (error == CL_SUCCESS) {
        cl->program = clCreateProgramWithSource(cl->context, count, all, NULL, &error);
    }
    if (error == CL_SUCCESS) {
        error = clBuildProgram(cl->program, 1, &id, "-cl-std=CL1.2", NULL, NULL);
    }
    if (error != CL_SUCCESS) {
        bench_cl_close(cl);
    }
    return bench_cl_check(error, "setting the peer up");
}

void bench_cl_close(struct bench_cl *cl) {
    if (cl->program) {
        clReleaseProgram(cl->program);
    }
    if (cl->queue) {
        clReleaseCommandQueue(cl->queue);
    }
    if (cl->context) {
        clReleaseContext(cl->context);
    }
    *cl = (struct bench_cl){NULL, NULL, NULL};
}

void *bench_cl_kernel(const struct bench_cl *cl, const char *name) {
    cl_int error;
    cl_kernel kernel = clCreateKernel(cl->program, name, &error);
    return bench_cl_check(error, "clCreateKernel") == 0 ? kernel : NULL;
}

int bench_cl_launch(const struct bench_cl *cl, void *kernel) {
    const size_t one = 1;
    cl_int error = clEnqueueNDRangeKernel(cl->queue, kernel, 1, NULL, &one, &one, 0, NULL, NULL);
    if (error == CL_SUCCESS) {
        error = clFinish(cl->queue);
    }
    return bench_cl_check(error, "a launch of the peer");
}

/* Opens the device with the options of the bench, which hold for every case. */
static int open_wished(const struct bench *bench, struct cli_device *device, const struct cli_device_wish *wish) {
    struct cli_device_wish w = *wish;
    w.name = wish->name ? wish->name : bench->options.device;
    w.residency = bench->options.residency;
    w.memory = bench->options.memory;
    w.workers = (uint32_t)bench->options.workers;
    /* threads of the interpreter */
    w.threads = bench->options.workers ? (uint32_t)bench->options.workers : wish->threads;
    w.lanes = (uint32_t)bench->options.lanes;
    w.store = bench->options.store;
    return cli_device_open(device, &w);
}

/* Prints the note of the device, if it has one: for instance why it is the interpreter. */
static void say_note(const struct cli_device *device) {
    if (device->note[0]) {
        cli_note("%s", device->note);
    }
}

int bench_device_any(struct bench *bench, struct cli_device *device, const struct cli_device_wish *wish) {
    int bad = open_wished(bench, device, wish);
    if (bad == 0) {
        say_note(device);
    }
    return bad;
}

int bench_device_open(struct bench *bench, struct cli_device *device, const struct cli_device_wish *wish) {
    int bad = open_wished(bench, device, wish);
    if (bad == 0 && !device->is_opencl) {
        bad = cli_bad("bench %s: %s; it needs an OpenCL device, for the peer runs there too", bench->name,
                      device->note[0] ? device->opencl.reason : "the interpreter has no launches to compare with");
        cli_device_close(device);
    }
    if (bad == 0) {
        say_note(device);
    }
    return bad;
}

void bench_note_device(const struct bench *bench, const struct cli_device *device) {
    struct stk_dispatch_info i = {.device = ""};
    device->dispatch.ops->info(device->dispatch.ctx, &i);
    cli_note("bench %s: %s (%s, %s, %s; %u worker%s of %u lane%s)", bench->name, i.device, device->dispatch.ops->name,
             cli_residency_name(i.residency), i.memory, i.workers, i.workers == 1u ? "" : "s", i.lanes,
             i.lanes == 1u ? "" : "s");
}

/* Prints why a slot faulted. */
static int faulted(const struct stk_ring *ring, uint32_t slot) {
    struct stk_slot out;
    if (stk_ring_read(ring, slot, &out) == STK_OK) {
        cli_note("a slot faulted: %s, value %u", stk_reason_name(out.args[STK_FAULT_REASON_ARG]),
                 out.args[STK_FAULT_VALUE_ARG]);
    }
    return STK_E_SLOT_FAULT;
}

/* Sleeps, so that a worker that waits for this core can run. */
static void nap(void) {
    const struct timespec t = {.tv_nsec = NAP_NS};
    nanosleep(&t, NULL);
}

int bench_await(struct cli_device *device, const struct stk_ring *ring, uint32_t slot, uint32_t drive_every) {
    struct stk_deadline end = {0};
    for (uint64_t looks = 1;; looks++) {
        int status = stk_ring_status(ring, slot), err;
        if (stk_status_publishable((uint32_t)status)) {
            return STK_OK;
        }
        if (status == (int)STK_SLOT_FAULT) {
            return faulted(ring, slot);
        }
        stk_pause(); /* each look takes the cache line away from the worker, which has to write the status */
        if (looks % LOOKS == 0u) {
            nap();
        }
        if (looks % drive_every != 0u) {
            continue;
        }
        if (looks == drive_every) { /* most slots come back before, so the clock is not read for them */
            stk_deadline_start(&end, SLOT_NS, cli_now_ns());
        }
        err = device->dispatch.ops->drive(device->dispatch.ctx, true);
        if (err < 0 || stk_deadline_look(&end, cli_now_ns()) == 0u) {
            return err < 0 ? err : STK_E_TIMEOUT;
        }
    }
}

int bench_device_rest(struct cli_device *device) {
    int err = device->dispatch.ops->stop(device->dispatch.ctx, REST_NS);
    return err == STK_OK ? 0 : cli_bad("bench: the kernel on the device did not end: %s", cli_fix(err));
}

/* A worker on a CPU is a thread, so two plain threads show the best that it can do. */
int bench_has_thread_limit(const struct cli_device *device) {
    return device->opencl.device.type == STK_OPENCL_CPU;
}
