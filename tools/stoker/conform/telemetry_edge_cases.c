/* Telemetry of malformed sizes, and tables. */
#include "telemetry_world.h"

#include "stoker/parity/copy_report.h"

#include <stdlib.h>

/* Decodes a ring and a control buffer of zeros, of the lengths that the record gives. */
static int decode_zeroed(struct vec *v, struct world *w, size_t ring_len, const struct stk_opcodes *opcodes) {
    struct bytes control = {0}, ring = {0};
    bytes_zero(&control, vec_size(v, "control_len"));
    bytes_zero(&ring, ring_len);
    int err = telemetry_decode(telemetry_world(w), &control, &ring, opcodes);
    free(control.p);
    free(ring.p);
    return err;
}

static void do_decode_zeroed(struct vec *v, struct world *w) {
    uint32_t *list;
    struct stk_opcodes opcodes = {.count = (uint32_t)vec_numbers(v, "window_opcodes", ",", 1, &list)};
    opcodes.list = list;
    if (vec_expect_result(v, VEC_TELEMETRY, decode_zeroed(v, w, vec_size(v, "ring_len"), &opcodes))) {
        vec_expect_u64(v, "slots", w->telemetry->telemetry.snapshot.occupancy.slots);
        vec_expect_u64(v, "windows", w->telemetry->telemetry.window_count);
    }
    free(list);
}

/* Returns how many of the counts are 0, as they are when each was read from a buffer of zeros. */
static uint64_t zeros(const uint32_t *count, size_t n) {
    uint64_t zero = 0;
    for (size_t i = 0; i < n; i++) {
        zero += count[i] == 0;
    }
    return zero;
}

/* For a record "control_decode_zeroed": decodes a control buffer of zeros, with a ring of no slots. */
static void do_control_decode_zeroed(struct vec *v, struct world *w) {
    static const struct stk_opcodes none;
    if (vec_expect_result(v, VEC_TELEMETRY, decode_zeroed(v, w, 0, &none))) {
        const struct stk_control_state *c = &w->telemetry->telemetry.snapshot.control;
        uint32_t metrics = STK_CTL_METRICS_SLOTS;
        vec_expect_text(v, "metrics", zeros(c->metrics, metrics) == metrics ? "-" : "some");
        vec_expect_u64(v, "tenant_fairness_count",
                       zeros(c->tenant_fairness, sizeof c->tenant_fairness / sizeof *c->tenant_fairness));
        vec_expect_u64(v, "priority_fairness_count",
                       zeros(c->priority_fairness, sizeof c->priority_fairness / sizeof *c->priority_fairness));
    }
}

const struct handler telemetry_edge_handlers[] = {
    {"decode_zeroed", do_decode_zeroed},
    {"control_decode_zeroed", do_control_decode_zeroed},
    {NULL, NULL},
};

/* For a record "host_copy": compares the fraction of the bytes that were not copied, and whether the report is
 * complete. */
static void do_host_copy(struct vec *v, struct world *w) {
    struct stk_copy_report e = {.version = STK_COPY_REPORT_VERSION, .families = STK_COPY_REPORT_ALL};
    (void)w;
    (void)vec_u64(v, "i");
    e.host_copy_bytes = vec_u64(v, "host_copy_bytes");
    e.host_copy_avoided_bytes = vec_u64(v, "host_copy_avoided_bytes");
    vec_expect_u64(v, "bps", stk_copy_report_avoided_bps(&e));
    vec_expect_u64(v, "complete", stk_copy_report_complete(&e) != 0);
}

/* For a record "sketch_bucket": compares the counter that a key has in each row of a sketch. */
static void do_sketch_bucket(struct vec *v, struct world *w) {
    uint32_t depth = vec_u32(v, "depth"), width = vec_u32(v, "width"), key = vec_u32(v, "key");
    (void)w;
    if (width == 0) {
        vec_differ(v, "width", "counters to choose from", "none");
    }
    if (!vec_affords(v, "depth", (uint64_t)depth * sizeof(uint32_t)) || v->bad > 0) {
        return;
    }
    uint32_t *buckets = vec_alloc(depth * sizeof *buckets);
    for (uint32_t row = 0; row < depth; row++) {
        buckets[row] = stk_sketch_bucket(key, row, width);
    }
    expect_list32(v, "buckets", buckets, depth);
    free(buckets);
}

const struct handler telemetry_table_handlers[] = {
    {"host_copy", do_host_copy},
    {"sketch_bucket", do_sketch_bucket},
    {NULL, NULL},
};
