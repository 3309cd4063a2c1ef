/* BATCH: what is ready is written to the device, run until drained, and read back, without the host waiting for any of it. */
#include "internal.h"

static int open_side(struct stk_opencl *cl, struct stk_opencl_region *side, enum stk_opencl_memory memory) {
    int err = STK_OK;
    for (uint32_t i = 0; i < STK_OPENCL_REGIONS && err == STK_OK; i++) {
        if (!side[i].bytes) {
            err = stk_opencl_region_open(cl, memory, cl->regions[i].bytes, &side[i]);
        }
    }
    return err;
}

int stk_opencl_batch_open(struct stk_opencl *cl, uint32_t control_words) {
    struct stk_opencl_batch *b = &cl->batch;
    int err = open_side(cl, b->device, STK_OPENCL_COPIES);
    err = err == STK_OK ? open_side(cl, b->sent, STK_OPENCL_ALLOC_HOST) : err;
    err = err == STK_OK ? open_side(cl, b->got, STK_OPENCL_ALLOC_HOST) : err;
    b->fresh = 1;
    return err == STK_OK ? stk_opencl_set_args(cl, b->device, control_words) : err;
}

/* Bytes of region `i` that mean anything. */
static size_t length(const struct stk_opencl *cl, uint32_t i) {
    return i == REGION_PAYLOAD ? cl->memory.payload_bytes : cl->regions[i].bytes;
}

static int write_range(struct stk_opencl *cl, uint32_t i, size_t from, size_t bytes) {
    const struct stk_opencl_batch *b = &cl->batch;
    const uint8_t *host = (const uint8_t *)b->sent[i].host + from;
    cl->batch.copied += bytes;
    return stk_opencl_error(
        cl, clEnqueueWriteBuffer(cl->cl_queue, b->device[i].cl_mem, CL_FALSE, from, bytes, host, 0, NULL, NULL),
        "clEnqueueWriteBuffer");
}

/* Sends the runs of the payload that the device does not hold. */
static int send_payload(struct stk_opencl *cl) {
    const struct stk_device_copies copies = stk_opencl_copies(cl);
    struct stk_device_run run = {0};
    int err = STK_OK;
    while (err == STK_OK && stk_device_next_run(&copies, cl->batch.fresh != 0, &run)) {
        err = write_range(cl, REGION_PAYLOAD, run.from, run.bytes);
    }
    return err;
}

static int send(struct stk_opencl *cl) {
    int err = STK_OK;
    for (uint32_t i = 0; i < REGION_PAYLOAD && err == STK_OK; i++) {
        err = write_range(cl, i, 0, length(cl, i));
    }
    return err == STK_OK ? send_payload(cl) : err;
}

/* The last read's event is the launch's: the queue runs in order. */
static int read_back(struct stk_opencl *cl) {
    struct stk_opencl_batch *b = &cl->batch;
    int err = STK_OK;
    for (uint32_t i = STK_OPENCL_REGIONS; i-- > 0u && err == STK_OK;) {
        size_t bytes = length(cl, i);
        cl_event event = NULL;
        if (bytes) {
            err = stk_opencl_error(cl,
                                   clEnqueueReadBuffer(cl->cl_queue, b->device[i].cl_mem, CL_FALSE, 0, bytes,
                                                       b->got[i].host, 0, NULL, i == 0u ? &event : NULL),
                                   "clEnqueueReadBuffer");
            b->copied += bytes;
        }
        if (event) {
            b->cl_launch = cl->cl_events[0];
            cl->cl_events[0] = event;
        }
    }
    return err == STK_OK ? stk_opencl_error(cl, clFlush(cl->cl_queue), "clFlush") : err;
}

/* The reads are over. 1 when so is the kernel before them, which a driver may have dropped. */
static int launch_over(struct stk_opencl *cl) {
    void *read = cl->cl_events[0];
    int over;
    cl->cl_events[0] = cl->batch.cl_launch ? cl->batch.cl_launch : read;
    over = stk_opencl_event_over(cl);
    cl->cl_events[0] = read;
    return over;
}

int stk_opencl_batch_drive(struct stk_opencl *cl, bool pending) {
    const struct stk_device_copies copies = stk_opencl_copies(cl);
    int did = 0, err;
    if (cl->running) {
        int over = stk_opencl_event_over(cl);
        over = over > 0 ? launch_over(cl) : over;
        if (over <= 0) {
            return over < 0 ? over : stk_opencl_overdue(cl, stk_opencl_now_ns());
        }
        stk_device_merge(&copies);
        stk_opencl_pop(cl);
        cl->recovery.row = 0;
        did = 1;
    }
    if (!pending || stk_device_snapshot(&copies) == 0u) {
        return did;
    }
    err = send(cl);
    err = err == STK_OK ? stk_opencl_launch(cl) : err;
    if (err == STK_OK) {
        err = read_back(cl);
        cl->batch.loose = err != STK_OK;
    }
    cl->batch.fresh = 0;
    return err == STK_OK ? 1 : err;
}
