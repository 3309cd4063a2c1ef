/* Records of work items: many short items that one call publishes, or with which it fills an idle ring. */
#include "cases.h"

#include "stoker/parity/work_items.h"

#include <stdlib.h>
#include <string.h>

/* Reads the items of a record, "op:input:output:param|...". */
static struct stk_work_item *parse_items(struct vec *v, uint32_t *count) {
    uint32_t *n;
    size_t numbers = vec_numbers(v, "items", ":|", 4, &n);
    struct stk_work_item *items = vec_alloc(numbers * sizeof *items);
    *count = (uint32_t)(numbers / 4);
    for (uint32_t i = 0; i < *count; i++) {
        items[i] = (struct stk_work_item){n[4 * i], n[4 * i + 1], n[4 * i + 2], n[4 * i + 3]};
    }
    free(n);
    vec_expect_u64(v, "count", *count);
    v->checks--; /* not counted: this compares the file with itself and not with the library */
    return items;
}

/* For a record "publish_work_items": publishes many items in one call. */
static void do_publish_work_items(struct vec *v, struct world *w) {
    struct stk_ring ring;
    uint32_t count, start = vec_u32(v, "start"), tenant = vec_u32(v, "tenant");
    struct stk_work_item *items = parse_items(v, &count);
    int err = stk_ring_view(&ring, w->ring.p, w->ring.len);
    if (err == STK_OK) {
        err = stk_ring_publish_items(&ring, start, tenant, items, count, NULL);
    } else {
        /* An opcode is refused first, even where no view of the ring is possible. */
        ring = (struct stk_ring){0};
        int first = stk_ring_publish_items(&ring, start, tenant, items, count, NULL);
        err = first == STK_E_OPCODE ? first : err;
    }
    if (vec_expect_result(v, VEC_QUEUE, err)) {
        vec_expect_u64(v, "published", (uint64_t)err);
    }
    free(items);
}

/* Lays a ring of items out. Works on a copy: `kept` holds on to its words where the size is the same, and is only
 * replaced on success. */
static void encode(struct vec *v, struct bytes *into, bool keep) {
    struct stk_ring ring;
    struct bytes b = {0};
    uint32_t count, slots = vec_u32(v, "slots"), tenant = vec_u32(v, "tenant");
    struct stk_work_item *items = parse_items(v, &count);
    bytes_zero(&b, slots > STK_RING_SLOTS_INIT_MAX ? 0 : STK_RING_BYTES(slots));
    int err = stk_ring_init(&ring, b.p, b.len, slots);
    if (err == STK_OK && keep && into->len == b.len) {
        memcpy(b.p, into->p, b.len);
    }
    if (err == STK_OK) {
        err = stk_ring_fill_items(&ring, tenant, items, count, NULL);
    }
    vec_expect_result(v, VEC_QUEUE, err);
    if (err >= 0) {
        bytes_take(into, b.p, b.len);
    } else {
        free(b.p);
    }
    free(items);
}

static void do_encode_work_items(struct vec *v, struct world *w) {
    encode(v, &w->ring, false);
}

static void do_encode_work_items_words(struct vec *v, struct world *w) {
    encode(v, &w->words, true);
}

/* For a record "words_load": keeps words, in little-endian order, for later records. */
static void do_words_load(struct vec *v, struct world *w) {
    uint32_t *n;
    size_t count = vec_numbers(v, "words", ",", 1, &n);
    bytes_zero(&w->words, 4 * count);
    for (size_t i = 0; i < 4 * count; i++) {
        w->words.p[i] = (uint8_t)(n[i / 4] >> (8 * (i % 4)));
    }
    free(n);
}

static void do_words_image(struct vec *v, struct world *w) {
    vec_expect_image(v, w->words.p, w->words.len);
}

const struct handler item_handlers[] = {
    {"publish_work_items", do_publish_work_items},
    {"encode_work_items", do_encode_work_items},
    {"encode_work_items_words", do_encode_work_items_words},
    {"words_load", do_words_load},
    {"words_image", do_words_image},
    {NULL, NULL},
};
