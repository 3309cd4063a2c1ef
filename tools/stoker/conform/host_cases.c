/* Records of a ring in this process, as stoker/channel.h has it: a producer that stores whole images, and a
 * consumer. */
#include "cases.h"

#include "stoker/channel.h"

#include <stdlib.h>
#include <string.h>

/* Makes both ends of the ring of this file. */
static void ends(struct world *w, struct stk_ring *ring, struct stk_producer *producer, struct stk_consumer *consumer) {
    ring->words = (uint32_t *)(void *)w->host.p;
    ring->slots = (uint32_t)(w->host.len / STK_SLOT_BYTES);
    stk_ring_producer(producer, ring);
    stk_ring_consumer(consumer, ring);
}

/* For a record "host_new": makes a ring and compares what its ends say about it. A small ring is kept for later
 * records. */
static void do_host_new(struct vec *v, struct world *w) {
    struct stk_ring ring;
    struct stk_producer producer;
    struct stk_consumer consumer;
    struct bytes b = {0};
    uint32_t slots = vec_u32(v, "slots");
    bytes_zero(&b, slots > STK_RING_SLOTS_INIT_MAX ? 0 : STK_RING_BYTES(slots));
    int err = stk_ring_init(&ring, b.p, b.len, slots);
    if (vec_expect_result(v, VEC_QUEUE, err)) {
        stk_ring_producer(&producer, &ring);
        stk_ring_consumer(&consumer, &ring);
        vec_expect_u64(v, "slot_count", (uint64_t)producer.ops->slots(producer.ctx));
        vec_expect_u64(v, "len", b.len);
        vec_expect_text(v, "name", consumer.ops->name);
    }
    if (err == STK_OK && b.len <= (size_t)1 << 20) {
        bytes_take(&w->host, b.p, b.len);
    } else {
        free(b.p);
    }
}

/* For a record "host_publish": stores an image, which may have a wrong length. */
static void do_host_publish(struct vec *v, struct world *w) {
    struct stk_ring ring;
    struct stk_producer producer;
    struct stk_consumer consumer;
    uint8_t *image;
    size_t len = vec_bytes(v, "hex", &image);
    ends(w, &ring, &producer, &consumer);
    (void)vec_get(v, "len");
    vec_expect_result(v, VEC_QUEUE, producer.ops->publish(producer.ctx, vec_u32(v, "slot"), image, len));
    free(image);
}

/* For a record "host_read": copies a slot out, into memory that may be too small. */
static void do_host_read(struct vec *v, struct world *w) {
    struct stk_ring ring;
    struct stk_producer producer;
    struct stk_consumer consumer;
    size_t len = vec_size(v, "out_len");
    uint8_t *out = vec_alloc(len);
    ends(w, &ring, &producer, &consumer);
    int err = consumer.ops->read(consumer.ctx, vec_u32(v, "slot"), out, len);
    if (vec_expect_result(v, VEC_QUEUE, err)) {
        vec_expect_hex(v, "hex", out, len);
    }
    free(out);
}

/* For a record "host_done_count": compares how many slots are DONE. */
static void do_host_done_count(struct vec *v, struct world *w) {
    struct stk_ring ring;
    struct stk_producer producer;
    struct stk_consumer consumer;
    ends(w, &ring, &producer, &consumer);
    int count = consumer.ops->done(consumer.ctx);
    if (vec_expect_result(v, VEC_QUEUE, count)) {
        vec_expect_u64(v, "count", (uint64_t)count);
    }
}

static void do_host_image(struct vec *v, struct world *w) {
    vec_expect_image(v, w->host.p, w->host.len);
}

const struct handler host_handlers[] = {
    {"host_new", do_host_new},     {"host_publish", do_host_publish},
    {"host_read", do_host_read},   {"host_done_count", do_host_done_count},
    {"host_image", do_host_image}, {NULL, NULL},
};
