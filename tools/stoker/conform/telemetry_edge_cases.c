/* Telemetry of malformed sizes, and tables. */
#include "telemetry_world.h"

#include "stoker/parity/copy_report.h"

#include <stdlib.h>

/* True when both sides say success. */
static bool expect_decoded(struct vec *v, int err) {
    vec_expect_text(v, "result", err == STK_OK ? "ok" : "err");
    if (err == STK_OK) {
        return v->bad == 0;
    }
    vec_expect_text(v, "class", err == STK_E_ALIGN || err == STK_E_MISSING ? "Backend" : stk_err_name(err));
    return false;
}

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
    if (expect_decoded(v, decode_zeroed(v, w, vec_size(v, "ring_len"), &opcodes))) {
        vec_expect_u64(v, "slots", w->telemetry->telemetry.snapshot.occupancy.slots);
        vec_expect_u64(v, "windows", w->telemetry->telemetry.window_count);
    }
    free(list);
}

/* The control buffer alone: with a ring of no slots. */
static void do_control_decode_zeroed(struct vec *v, struct world *w) {
    static const struct stk_opcodes none;
    if (expect_decoded(v, decode_zeroed(v, w, 0, &none))) {
        const struct stk_control_state *c = &w->telemetry->telemetry.snapshot.control;
        uint32_t any = 0;
        for (uint32_t i = 0; i < STK_CTL_METRICS_SLOTS; i++) {
            any |= c->metrics[i];
        }
        vec_expect_text(v, "metrics", any == 0 ? "-" : "some");
        vec_expect_u64(v, "tenant_fairness_count", sizeof c->tenant_fairness / 4);
        vec_expect_u64(v, "priority_fairness_count", sizeof c->priority_fairness / 4);
    }
}

const struct handler telemetry_edge_handlers[] = {
    {"decode_zeroed", do_decode_zeroed},
    {"control_decode_zeroed", do_control_decode_zeroed},
    {NULL, NULL},
};

static void do_host_copy(struct vec *v, struct world *w) {
    struct stk_copy_report e = {.version = STK_COPY_REPORT_VERSION, .families = STK_COPY_REPORT_ALL};
    (void)w;
    (void)vec_u64(v, "i");
    e.host_copy_bytes = vec_u64(v, "host_copy_bytes");
    e.host_copy_avoided_bytes = vec_u64(v, "host_copy_avoided_bytes");
    vec_expect_u64(v, "bps", stk_copy_report_avoided_bps(&e));
    vec_expect_u64(v, "complete", stk_copy_report_complete(&e) != 0);
}

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
