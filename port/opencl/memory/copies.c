/* Copies of the shared memory: the device's own, what was sent to it, and what came back. */
#include <sys/mman.h>

#include "../report/report.h"
#include "memory.h"

/// Buffers ///

static int open_side(struct stk_opencl *cl, struct stk_opencl_region *side, enum stk_opencl_memory memory) {
    int err = STK_OK;
    for (uint32_t i = 0; i < STK_PART_TABLES && err == STK_OK; i++) {
        if (!side[i].bytes) {
            err = stk_opencl_region_open(cl, memory, cl->own.buffers.regions[i].bytes, &side[i]);
        }
    }
    return err;
}

/* Gives the device tables of its own. The next launch gets all that the host has stored there, and of a buffer that is
 * too large to be cleared on the device the zeros as well. */
static int open_tables(struct stk_opencl *cl) {
    struct stk_opencl_copies *c = &cl->own.copies;
    int err = STK_OK;
    if (!c->device[STK_PART_TABLES].bytes) {
        err = stk_opencl_region_open(cl, STK_OPENCL_COPIES, cl->own.buffers.regions[STK_PART_TABLES].bytes,
                                     &c->device[STK_PART_TABLES]);
        stk_device_change(&c->tables, 0,
                          c->device[STK_PART_TABLES].bytes > STK_OPENCL_ZEROED_MAX ? cl->memory.table_bytes
                                                                                   : c->tables_used);
    }
    return err;
}

int stk_opencl_attach_copies(struct stk_opencl *cl, uint32_t control_words, uint32_t payload_bytes) {
    struct stk_opencl_copies *c = &cl->own.copies;
    int err = open_side(cl, c->device, STK_OPENCL_COPIES);
    err = err == STK_OK ? open_side(cl, c->sent, STK_OPENCL_ALLOC_HOST) : err;
    err = err == STK_OK ? open_side(cl, c->got, STK_OPENCL_ALLOC_HOST) : err;
    err = err == STK_OK ? open_tables(cl) : err;
    c->fresh = 1;
    return err == STK_OK ? stk_opencl_set_args(cl, c->device, control_words, payload_bytes) : err;
}

int stk_opencl_attach_shared(struct stk_opencl *cl, uint32_t control_words, uint32_t payload_bytes) {
    /* Behind a bus a look-up in memory of the host would cost the way there and back. */
    int err = cl->device.unified ? STK_OK : open_tables(cl);
    return err == STK_OK ? stk_opencl_set_args(cl, cl->own.buffers.regions, control_words, payload_bytes) : err;
}

void stk_opencl_abandon_copies(struct stk_opencl *cl) {
    cl->own.copies.untracked = 1;
}

void stk_opencl_retire_copies(struct stk_opencl *cl, struct stk_opencl_region *got) {
    struct stk_opencl_copies *c = &cl->own.copies;
    stk_opencl_region_close(&c->device[STK_PART_TABLES]);
    for (uint32_t i = 0; i < STK_PART_TABLES; i++) {
        stk_opencl_region_close(&c->device[i]);
        got[i] = (struct stk_opencl_region){0};
        if (c->untracked) {
            got[i] = c->got[i];
            c->got[i] = (struct stk_opencl_region){0};
        }
    }
    c->untracked = 0;
    stk_opencl_region_close(&cl->own.buffers.guards);
}

void stk_opencl_drop_copies(struct stk_opencl *cl) {
    struct stk_opencl_copies *c = &cl->own.copies;
    struct stk_opencl_region *sides[] = {c->device, c->sent, c->got, c->device + STK_PART_TABLES};
    for (uint32_t i = 0; i < 3u * STK_PART_TABLES + 1u; i++) {
        struct stk_opencl_region *r = &sides[i / STK_PART_TABLES][i % STK_PART_TABLES];
        if (r->cl_context == cl->own.program.context) {
            stk_opencl_region_close(r);
        }
    }
    stk_opencl_region_close(&cl->own.buffers.guards);
}

void stk_opencl_close_copies(struct stk_opencl *cl) {
    struct stk_opencl_copies *c = &cl->own.copies;
    stk_opencl_region_close(&c->device[STK_PART_TABLES]);
    for (uint32_t i = 0; i < STK_PART_TABLES; i++) {
        stk_opencl_region_close(&c->device[i]);
        stk_opencl_region_close(&c->sent[i]);
        stk_opencl_region_close(&c->got[i]);
    }
    *c = (struct stk_opencl_copies){0};
}

/// There and back ///

/* Points an image at the host's side of the buffers in `side`. */
static void point_at(struct stk_device_memory *image, const struct stk_opencl_region *side) {
    image->ring = side[STK_PART_RING].host;
    image->control = side[STK_PART_CONTROL].host;
    image->debug = side[STK_PART_DEBUG].host;
    image->io = side[STK_PART_IO].host;
    image->payload = side[STK_PART_PAYLOAD].host;
}

static struct stk_device_copies copies_of(const struct stk_opencl *cl) {
    struct stk_device_copies copies = {.host = cl->memory, .tries = cl->own.buffers.tries};
    copies.host.payload_bytes = cl->own.buffers.payload_bytes;
    copies.sent = copies.got = copies.host;
    point_at(&copies.sent, cl->own.copies.sent);
    point_at(&copies.got, cl->own.copies.got);
    return copies;
}

uint32_t stk_opencl_snapshot(struct stk_opencl *cl) {
    const struct stk_device_copies copies = copies_of(cl);
    return stk_device_snapshot(&copies);
}

void stk_opencl_merge(struct stk_opencl *cl) {
    const struct stk_device_copies copies = copies_of(cl);
    stk_device_merge(&copies);
}

/* Bytes of region `i` that mean anything. */
static size_t length(const struct stk_opencl *cl, uint32_t i) {
    return i == STK_PART_PAYLOAD ? cl->own.buffers.payload_bytes : cl->own.buffers.regions[i].bytes;
}

/* `side`: the region whose bytes on the host are sent to part `i`. */
static int write_range(struct stk_opencl *cl, const struct stk_opencl_region *side, uint32_t i, size_t from,
                       size_t bytes) {
    const struct stk_opencl_copies *c = &cl->own.copies;
    const uint8_t *host = (const uint8_t *)side->host + from;
    cl->own.copies.copied += bytes;
    return stk_opencl_error(
        cl,
        clEnqueueWriteBuffer(cl->own.program.queue, c->device[i].cl_mem, CL_FALSE, from, bytes, host, 0, NULL, NULL),
        "clEnqueueWriteBuffer");
}

/* Sends the runs of the payload that the device does not hold. */
static int send_payload(struct stk_opencl *cl) {
    const struct stk_device_copies copies = copies_of(cl);
    struct stk_device_run run = {0};
    int err = STK_OK;
    while (err == STK_OK && stk_device_next_run(&copies, cl->own.copies.fresh != 0, &run)) {
        err = write_range(cl, &cl->own.copies.sent[STK_PART_PAYLOAD], STK_PART_PAYLOAD, run.from, run.bytes);
    }
    return err;
}

int stk_opencl_send_copies(struct stk_opencl *cl) {
    int err = STK_OK;
    for (uint32_t i = 0; i < STK_PART_PAYLOAD && err == STK_OK; i++) {
        err = write_range(cl, &cl->own.copies.sent[i], i, 0, length(cl, i));
    }
    err = err == STK_OK ? send_payload(cl) : err;
    cl->own.copies.fresh = 0;
    return err;
}

int stk_opencl_change_tables(struct stk_opencl *cl, uint32_t first, uint32_t bytes) {
    struct stk_opencl_copies *c = &cl->own.copies;
    if (bytes != 0u && first + bytes > c->tables_used) {
        c->tables_used = first + bytes;
    }
    stk_device_change(&c->tables, first, bytes);
    return c->device[STK_PART_TABLES].bytes != 0u;
}

/* Nothing waits here: the queue runs in order, and the host changes tables only while no launch is under way. */
int stk_opencl_send_tables(struct stk_opencl *cl) {
    struct stk_device_changes *t = &cl->own.copies.tables;
    int err = STK_OK;
    if (t->first != t->end && cl->own.copies.device[STK_PART_TABLES].bytes != 0u) {
        err = write_range(cl, &cl->own.buffers.regions[STK_PART_TABLES], STK_PART_TABLES, t->first, t->end - t->first);
    }
    if (err == STK_OK) {
        *t = (struct stk_device_changes){0};
    }
    return err;
}

/* The last read's event stands for the launch: the queue runs in order. */
int stk_opencl_read_copies(struct stk_opencl *cl, cl_event *last) {
    struct stk_opencl_copies *c = &cl->own.copies;
    cl_command_queue queue = cl->own.program.queue;
    int err = STK_OK;
    *last = NULL;
    for (uint32_t i = STK_PART_TABLES; i-- > 0u && err == STK_OK;) {
        size_t bytes = length(cl, i);
        if (bytes) {
            err = stk_opencl_error(cl,
                                   clEnqueueReadBuffer(queue, c->device[i].cl_mem, CL_FALSE, 0, bytes, c->got[i].host,
                                                       0, NULL, i == 0u ? last : NULL),
                                   "clEnqueueReadBuffer");
            c->copied += bytes;
        }
    }
    err = err == STK_OK ? stk_opencl_error(cl, clFlush(queue), "clFlush") : err;
    c->untracked = err != STK_OK;
    return err;
}

/// Counts of lost launches ///

int stk_opencl_open_tries(struct stk_opencl *cl) {
    void *pages = mmap(NULL, cl->config.slots, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cl->own.buffers.tries = pages == MAP_FAILED ? NULL : pages;
    return stk_opencl_error(cl, cl->own.buffers.tries ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY, "mmap");
}

void stk_opencl_close_tries(struct stk_opencl *cl) {
    if (cl->own.buffers.tries) {
        munmap(cl->own.buffers.tries, cl->config.slots);
    }
    cl->own.buffers.tries = NULL;
}
