/* Records of the I/O queue: requests that are published, polled, claimed and completed, and the outcomes that a device
 * takes. */
#include "cases.h"

#include <stdlib.h>

/* Makes a queue and compares its bytes; `keep`: it is the queue of the file from now on. */
static void new_queue(struct vec *v, struct world *w, bool keep) {
    struct stk_io_queue queue;
    struct bytes b = {0};
    uint32_t slots = vec_u32(v, "slots");
    bytes_zero(&b, slots > STK_IO_SLOTS_MAX ? 0 : STK_IO_QUEUE_BYTES(slots));
    int err = stk_io_queue_init(&queue, b.p, b.len, slots);
    if (vec_expect_result(v, VEC_IO, err)) {
        if (keep) {
            vec_expect_u64(v, "slot_count", queue.slots);
        }
        vec_expect_image(v, b.p, b.len);
    }
    if (err == STK_OK && keep) {
        bytes_take(&w->queue, b.p, b.len);
    } else {
        free(b.p);
    }
}

static void do_io_encode(struct vec *v, struct world *w) {
    new_queue(v, w, false);
}

static void do_ioq_new(struct vec *v, struct world *w) {
    new_queue(v, w, true);
}

/* For a record "io_validate": checks a queue over zeros of some length, which must be whole slots. */
static void do_io_validate(struct vec *v, struct world *w) {
    struct stk_io_queue queue;
    struct bytes b = {0};
    (void)w;
    bytes_zero(&b, vec_size(v, "len"));
    vec_expect_result(v, VEC_IO, stk_io_queue_view(&queue, b.p, b.len));
    free(b.p);
}

/* Returns a view of the queue of this file. If the view is refused, returns a queue of 0 slots. */
static struct stk_io_queue own(struct world *w) {
    struct stk_io_queue queue = {0};
    if (stk_io_queue_view(&queue, w->queue.p, w->queue.len) != STK_OK) {
        queue.slots = 0;
    }
    return queue;
}

/* For a record "ioq_publish": publishes a request for data that lies in the buffer already. */
static void do_ioq_publish(struct vec *v, struct world *w) {
    struct stk_io_queue queue = own(w);
    vec_expect_result(v, VEC_IO,
                      stk_io_queue_publish(&queue, vec_u32(v, "slot"), vec_u32(v, "mapped"), vec_u32(v, "byte_count"),
                                           vec_u32(v, "tag")));
}

/* For a record "ioq_submit_dma_read": publishes a request to read from one handle to another. */
static void do_ioq_submit_dma_read(struct vec *v, struct world *w) {
    struct stk_io_queue queue = own(w);
    vec_expect_result(v, VEC_IO,
                      stk_io_queue_submit_read(&queue, vec_u32(v, "slot"), vec_u32(v, "src"), vec_u32(v, "dst"),
                                               vec_u32(v, "byte_count"), vec_u32(v, "tag")));
}

static void do_ioq_set_word(struct vec *v, struct world *w) {
    bytes_set_word(v, &w->queue);
}

static void do_ioq_image(struct vec *v, struct world *w) {
    vec_expect_image(v, w->queue.p, w->queue.len);
}

/* For a record "ioq_completion": compares the outcome of a slot, or that there is no outcome yet. */
static void do_ioq_completion(struct vec *v, struct world *w) {
    struct stk_io_queue queue = own(w);
    struct stk_io_request r;
    int err = stk_io_queue_read(&queue, vec_u32(v, "slot"), &r);
    vec_expect_outcome(v, "result", "some", "none", err,
                       vec_u32(v, "slot") < queue.slots ? STK_E_WOULD_BLOCK : STK_E_RANGE);
    if (err == STK_OK) {
        vec_expect_u64(v, "slot_idx", r.slot);
        vec_expect_u64(v, "mapped", r.dst);
        vec_expect_u64(v, "byte_count", r.bytes);
        vec_expect_u64(v, "tag", r.tag);
    }
}

/* For a record "ioq_is_recycled": compares whether the slot is free again. A slot outside of the queue counts as not
 * free. */
static void do_ioq_is_recycled(struct vec *v, struct world *w) {
    struct stk_io_queue queue = own(w);
    int recycled = stk_io_queue_recycled(&queue, vec_u32(v, "slot"));
    vec_expect_text(v, "value",
                    recycled == 1                              ? "1"
                    : recycled == 0 || recycled == STK_E_RANGE ? "0"
                                                               : stk_err_name(recycled));
}

static void do_io_view_zeroed(struct vec *v, struct world *w) {
    bytes_zero(&w->view, vec_size(v, "len"));
    w->use_view = true;
}

static int open_view(struct world *w, struct stk_io_queue *queue) {
    struct bytes *b = w->use_view ? &w->view : &w->queue;
    return stk_io_queue_view(queue, b->p, b->len);
}

/* For a record "io_poll": looks for published requests and leaves them. */
static void do_io_poll(struct vec *v, struct world *w) {
    struct stk_io_queue queue;
    int count = open_view(w, &queue);
    if (count == STK_OK) {
        count = stk_io_queue_poll(&queue, w->requests, STK_IO_SLOTS_MAX);
    }
    if (vec_expect_result(v, VEC_IO, count)) {
        vec_expect_u64(v, "count", (uint64_t)count);
    }
    w->request_count = count;
}

/* For a record "io_claim": claims published requests. */
static void do_io_claim(struct vec *v, struct world *w) {
    struct stk_io_queue queue;
    int count = open_view(w, &queue);
    if (count == STK_OK) {
        count = stk_io_queue_claim(&queue, w->requests, STK_IO_SLOTS_MAX);
    }
    if (vec_expect_result(v, VEC_IO, count)) {
        vec_expect_u64(v, "count", (uint64_t)count);
    }
    w->request_count = count;
}

/* For a record "io_request": compares one of the requests that were polled or claimed. */
static void do_io_request(struct vec *v, struct world *w) {
    uint64_t i = vec_u64(v, "i");
    if (w->request_count < 0 || i >= (uint64_t)w->request_count) {
        vec_differ(v, "i", "a request", "no such request");
        return;
    }
    const struct stk_io_request *r = &w->requests[i];
    vec_expect_u64(v, "slot_idx", r->slot);
    vec_expect_u64(v, "op_type", r->op);
    vec_expect_u64(v, "src", r->src);
    vec_expect_u64(v, "dst", r->dst);
    vec_expect_u64(v, "offset", r->offset);
    vec_expect_u64(v, "byte_count", r->bytes);
    vec_expect_u64(v, "tag", r->tag);
}

/* For a record "io_complete": stores the outcomes of several requests in one call. */
static void do_io_complete(struct vec *v, struct world *w) {
    struct stk_io_queue queue;
    uint32_t *n;
    uint32_t count = (uint32_t)(vec_numbers(v, "items", ":|", 2, &n) / 2);
    struct stk_io_result *results = vec_alloc(count * sizeof *results);
    for (uint32_t i = 0; i < count; i++) {
        results[i] = (struct stk_io_result){n[2 * i], n[2 * i + 1] != 0, 0};
    }
    int err = open_view(w, &queue);
    if (err == STK_OK) {
        err = stk_io_queue_complete(&queue, results, count, NULL);
    }
    vec_expect_result(v, VEC_IO, err);
    free(results);
    free(n);
}

const struct handler io_handlers[] = {
    {"io_encode", do_io_encode},
    {"io_validate", do_io_validate},
    {"ioq_new", do_ioq_new},
    {"ioq_publish", do_ioq_publish},
    {"ioq_submit_dma_read", do_ioq_submit_dma_read},
    {"ioq_set_word", do_ioq_set_word},
    {"ioq_image", do_ioq_image},
    {"ioq_completion", do_ioq_completion},
    {"ioq_is_recycled", do_ioq_is_recycled},
    {"io_view_zeroed", do_io_view_zeroed},
    {"io_poll", do_io_poll},
    {"io_claim", do_io_claim},
    {"io_request", do_io_request},
    {"io_complete", do_io_complete},
    {NULL, NULL},
};
