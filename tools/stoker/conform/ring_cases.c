/* Records of the ring: its layout, every call that publishes, transitions of a slot, and load misses. */
#include "cases.h"

#include "stoker/ring.h"

#include <stdlib.h>
#include <string.h>

#define SMALL ((size_t)1 << 20) /* bytes; a larger buffer is not kept for later records */

/* Lays an empty ring out. A small ring is kept for later records. The reference has two functions for this, which name
 * their errors differently: `family` says which one the record is from. */
static void encode_empty_ring(struct vec *v, struct world *w, enum vec_family family) {
    struct stk_ring ring;
    struct bytes b = {0};
    uint32_t slots = vec_u32(v, "slots");
    bytes_zero(&b, slots > STK_RING_SLOTS_INIT_MAX ? 0 : STK_RING_BYTES(slots));
    int err = stk_ring_init(&ring, b.p, b.len, slots);
    if (family == VEC_PROTOCOL) {
        vec_expect_read(v, "ring", err, 0, 0);
    } else if (vec_expect_result(v, family, err)) {
        vec_expect_image(v, b.p, b.len);
    }
    if (err == STK_OK && b.len <= SMALL) {
        bytes_take(&w->ring, b.p, b.len);
    } else {
        free(b.p);
    }
}

static void do_encode_empty_ring(struct vec *v, struct world *w) {
    encode_empty_ring(v, w, VEC_QUEUE);
}

static void do_protocol_encode(struct vec *v, struct world *w) {
    encode_empty_ring(v, w, VEC_PROTOCOL);
}

static void do_ring_byte_len(struct vec *v, struct world *w) {
    size_t bytes = 0;
    (void)w;
    int err = stk_ring_bytes(vec_u32(v, "slots"), &bytes);
    vec_expect_size(v, "value", err, bytes);
}

static void do_load(struct vec *v, struct world *w) {
    bytes_load(v, &w->ring);
}

static void do_truncate(struct vec *v, struct world *w) {
    bytes_cut(v, &w->ring);
}

static void do_set_word(struct vec *v, struct world *w) {
    bytes_set_word(v, &w->ring);
}

static void do_image(struct vec *v, struct world *w) {
    vec_expect_image(v, w->ring.p, w->ring.len);
}

/* For a record "publish_slot": publishes one slot. */
static void do_publish_slot(struct vec *v, struct world *w) {
    struct stk_ring ring;
    uint32_t *args;
    size_t nargs = vec_numbers(v, "args", ",", 1, &args);
    struct stk_work work = {vec_u32(v, "opcode"), vec_u32(v, "tenant"), STK_PRIORITY_NORMAL, (uint32_t)nargs, args};
    uint32_t slot = vec_u32(v, "slot");
    int err = stk_ring_view(&ring, w->ring.p, w->ring.len);
    if (err == STK_OK) {
        err = stk_ring_publish(&ring, slot, &work);
    }
    vec_expect_result(v, VEC_QUEUE, err);
    free(args);
}

/* Reads the ops of a record, "opcode:arg,arg|opcode:-|...". */
static struct stk_work *parse_ops(struct vec *v, const char *key, uint32_t *count) {
    char *text = vec_copy(vec_need(v, key)), *rest = text, *tuple;
    struct stk_work *ops = vec_alloc((strlen(text) + 1) * sizeof *ops);
    *count = 0;
    while ((tuple = vec_tuple(&rest)) != NULL) {
        struct stk_work *op = &ops[(*count)++];
        char *colon = strchr(tuple, ':');
        uint32_t *args, *opcode;
        if (colon != NULL) {
            *colon = '\0';
        }
        op->opcode = vec_numbers_in(v, key, tuple, ",", &opcode) == 1 ? *opcode : 0;
        op->nargs = (uint32_t)vec_numbers_in(v, key, colon == NULL ? "(no arguments)" : colon + 1, ",", &args);
        op->args = args;
        free(opcode);
    }
    free(text);
    vec_expect_u64(v, "count", *count);
    v->checks--; /* not counted: this compares the file with itself and not with the library */
    return ops;
}

static void free_ops(struct stk_work *ops, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        free((void *)(uintptr_t)ops[i].args);
    }
    free(ops);
}

/* For a record "publish_packed": publishes several ops in one slot. */
static void do_publish_packed(struct vec *v, struct world *w) {
    struct stk_ring ring;
    uint32_t count, slot = vec_u32(v, "slot"), tenant = vec_u32(v, "tenant");
    struct stk_work *ops = parse_ops(v, "ops", &count);
    struct stk_packed_op *packed = vec_alloc(count * sizeof *packed);
    for (uint32_t i = 0; i < count; i++) {
        if (ops[i].opcode > UINT8_MAX || ops[i].nargs > UINT8_MAX) {
            vec_differ(v, "ops", "opcodes and counts of a byte", vec_get(v, "ops"));
        }
        packed[i] = (struct stk_packed_op){(uint8_t)ops[i].opcode, (uint8_t)ops[i].nargs, ops[i].args};
    }
    int err = stk_ring_view(&ring, w->ring.p, w->ring.len);
    if (err == STK_OK) {
        err = stk_ring_publish_packed(&ring, slot, tenant, packed, count);
    }
    vec_expect_result(v, VEC_QUEUE, err);
    free(packed);
    free_ops(ops, count);
}

/* For a record "batch_publish": publishes items and their fence. */
static void do_batch_publish(struct vec *v, struct world *w) {
    struct stk_ring ring;
    uint32_t count, start = vec_u32(v, "start"), tenant = vec_u32(v, "tenant");
    uint32_t tag = vec_u32(v, "tag");
    struct stk_work *items = parse_ops(v, "items", &count);
    int err = stk_ring_view(&ring, w->ring.p, w->ring.len);
    if (err == STK_OK) {
        err = stk_ring_publish_batch(&ring, start, tenant, items, count, tag, NULL);
    }
    if (vec_expect_result(v, VEC_QUEUE, err)) {
        vec_expect_u64(v, "consumed", (uint64_t)err);
    }
    free_ops(items, count);
}

/* For a record "transition": moves a slot from one status to another, or is refused. */
static void do_transition(struct vec *v, struct world *w) {
    static const char *const names[] = {"publish", "claim", "done", "fault", "cancel"};
    struct stk_ring ring;
    uint32_t slot = vec_u32(v, "slot");
    unsigned move = vec_one_of(v, "to", names, 5);
    if (move == 5) {
        return;
    }
    int err = stk_ring_view(&ring, w->ring.p, w->ring.len);
    if (err == STK_OK) {
        err = stk_ring_transition(&ring, slot, (enum stk_transition)move);
    }
    if (err == STK_E_RANGE && (enum stk_transition)move == STK_TO_PUBLISH) {
        vec_skip(v, "msg"); /* the reference refuses the move before it looks for the slot */
    }
    if (vec_expect_result(v, VEC_QUEUE, err)) {
        vec_expect_u64(v, "previous", (uint64_t)err);
    }
}

static void do_encode_load_miss(struct vec *v, struct world *w) {
    uint8_t image[STK_SLOT_BYTES];
    (void)w;
    stk_load_miss_encode(image, vec_u32(v, "resource"), vec_u32(v, "prefetch"));
    vec_expect_image(v, image, sizeof image);
}

/* For a record "decode_load_miss": reads a load miss out of the bytes of a slot. */
static void do_decode_load_miss(struct vec *v, struct world *w) {
    uint32_t resource, prefetch;
    uint64_t at = (uint64_t)vec_u32(v, "slot") * STK_SLOT_BYTES;
    int err = STK_E_MISSING;
    if (at < w->ring.len) {
        err = stk_load_miss_decode(w->ring.p + at, w->ring.len - (size_t)at, &resource, &prefetch);
    }
    /* The reference has one "none": for too few bytes and for a slot of another opcode. */
    vec_expect_outcome(v, "result", "some", "none", err,
                       at + STK_SLOT_BYTES <= w->ring.len ? STK_E_OPCODE : STK_E_MISSING);
    if (err == STK_OK) {
        vec_expect_u64(v, "resource", resource);
        vec_expect_u64(v, "prefetch", prefetch);
    }
}

/* For a record "count_done": counts DONE slots in bytes that may end early. */
static void do_count_done(struct vec *v, struct world *w) {
    struct stk_error_info info = {0};
    int count = stk_ring_image_count_done(w->ring.p, w->ring.len, vec_u64(v, "items"), &info);
    if (vec_expect_read(v, "ring", count, info.index, w->ring.len)) {
        vec_expect_u64(v, "count", (uint64_t)count);
    }
}

const struct handler ring_handlers[] = {
    {"encode_empty_ring", do_encode_empty_ring},
    {"protocol_encode_empty_ring", do_protocol_encode},
    {"ring_byte_len", do_ring_byte_len},
    {"load", do_load},
    {"truncate", do_truncate},
    {"set_word", do_set_word},
    {"image", do_image},
    {"publish_slot", do_publish_slot},
    {"publish_packed", do_publish_packed},
    {"batch_publish", do_batch_publish},
    {"transition", do_transition},
    {"encode_load_miss", do_encode_load_miss},
    {"decode_load_miss", do_decode_load_miss},
    {"count_done", do_count_done},
    {NULL, NULL},
};
