/* stoker port: copies of the shared memory. Holds the buffers of the device, the image that is sent and the image that
 * comes back, and enqueues the transfers. The core decides which bytes are copied (stoker/device_copies.h). */
#include <sys/mman.h>

#include "../report/report.h"
#include "memory.h"

/// Buffers ///

/* Allocates the buffers of one side that are not there yet: of the device, of the image to send, or of the image that
 * comes back. */
static int open_side(struct stk_opencl *cl, struct stk_opencl_region *side, enum stk_opencl_memory memory) {
    int err = STK_OK;
    for (uint32_t i = 0; i < STK_PART_TABLES && err == STK_OK; i++) {
        if (!side[i].bytes) {
            err = stk_opencl_region_open(cl, memory, cl->own.buffers.regions[i].bytes, &side[i]);
        }
    }
    return err;
}

/* Gives the device tables of its own. The next launch sends all bytes that the host ever stored there. A buffer that is
 * too large to be cleared on the device gets its zeros from the host too. */
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
    /* A new buffer holds nothing, so the next launch sends the whole payload. */
    c->fresh = 1;
    return err == STK_OK ? stk_opencl_set_args(cl, c->device, control_words, payload_bytes) : err;
}

int stk_opencl_attach_shared(struct stk_opencl *cl, uint32_t control_words, uint32_t payload_bytes) {
    /* Behind a bus each look-up in memory of the host would cost the way there and back, so the device gets a copy of
     * the tables. */
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
        /* Reads of a lost launch may still write into these buffers, so they are kept until close. */
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
    /* The buffers of the tables come last, since each side has STK_PART_TABLES buffers and the tables have one. */
    struct stk_opencl_region *sides[] = {c->device, c->sent, c->got, c->device + STK_PART_TABLES};
    for (uint32_t i = 0; i < 3u * STK_PART_TABLES + 1u; i++) {
        struct stk_opencl_region *r = &sides[i / STK_PART_TABLES][i % STK_PART_TABLES];
        /* The images of an older context stay; only what the present context allocated goes. */
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

/// Transfers ///

/* Points an image at the host's side of the buffers in `side`. */
static void point_at(struct stk_device_memory *image, const struct stk_opencl_region *side) {
    image->ring = side[STK_PART_RING].host;
    image->control = side[STK_PART_CONTROL].host;
    image->debug = side[STK_PART_DEBUG].host;
    image->io = side[STK_PART_IO].host;
    image->payload = side[STK_PART_PAYLOAD].host;
}

/* Returns the images as core sees them: the host's memory, what was sent, and what came back. */
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

/* Returns the number of bytes of part `i` that are in use. A handshake uses no payload. */
static size_t length(const struct stk_opencl *cl, uint32_t i) {
    return i == STK_PART_PAYLOAD ? cl->own.buffers.payload_bytes : cl->own.buffers.regions[i].bytes;
}

/* Enqueues a write of bytes of part `i`, which lie in the host's side of `side`. Does not wait: the bytes must stay
 * until the launch is over. */
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

/* Sends the byte ranges of the payload that the device does not hold. */
static int send_payload(struct stk_opencl *cl) {
    const struct stk_device_copies copies = copies_of(cl);
    struct stk_device_range range = {0};
    int err = STK_OK;
    while (err == STK_OK && stk_device_next_range(&copies, cl->own.copies.fresh != 0, &range)) {
        err = write_range(cl, &cl->own.copies.sent[STK_PART_PAYLOAD], STK_PART_PAYLOAD, range.from, range.bytes);
    }
    return err;
}

int stk_opencl_send_copies(struct stk_opencl *cl) {
    int err = STK_OK;
    /* All small parts are sent as a whole; only the payload is worth a search for changes. */
    for (uint32_t i = 0; i < STK_PART_PAYLOAD && err == STK_OK; i++) {
        err = write_range(cl, &cl->own.copies.sent[i], i, 0, length(cl, i));
    }
    err = err == STK_OK ? send_payload(cl) : err;
    cl->own.copies.fresh = 0;
    return err;
}

int stk_opencl_change_tables(struct stk_opencl *cl, uint32_t first, uint32_t bytes) {
    struct stk_opencl_copies *c = &cl->own.copies;
    /* tables_used only grows: after a lost device all of it is sent again. */
    if (bytes != 0u && first + bytes > c->tables_used) {
        c->tables_used = first + bytes;
    }
    stk_device_change(&c->tables, first, bytes);
    return c->device[STK_PART_TABLES].bytes != 0u;
}

/* Enqueues the write of the bytes that changed in the tables. Needs no wait: the queue runs in order, and the host
 * changes tables only while no launch is under way. */
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

/* Enqueues the reads behind a launch. The queue runs in order, so the event of the last read stands for the whole
 * launch. The last read is that of the ring (part 0). */
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
    /* After an error some reads may be under way without an event, so their memory must stay. */
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
