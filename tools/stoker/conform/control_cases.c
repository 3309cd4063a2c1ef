/* Records of the control buffer: its layout, its size, and each call that reads it. */
#include "cases.h"

#include "stoker/control.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* For a record "encode_control": lays a control buffer out, compares its bytes, and keeps it for later records. */
static void do_encode_control(struct vec *v, struct world *w) {
    struct stk_control control;
    struct bytes b = {0};
    uint32_t observables = vec_u32(v, "observable");
    int shutdown = (int)vec_u32(v, "shutdown");
    bytes_zero(&b, observables > STK_CONTROL_OBSERVABLES_INIT_MAX ? 0 : STK_CONTROL_BYTES(observables));
    int err = stk_control_init(&control, b.p, b.len, shutdown, vec_u32(v, "tenant_count"), observables);
    if (vec_expect_read(v, "control", err, 0, 0)) {
        vec_expect_image(v, b.p, b.len);
    }
    if (err == STK_OK && vec_has(v, "hex") && strcmp(vec_get(v, "hex"), "omitted") != 0) {
        bytes_take(&w->control, b.p, b.len);
    } else {
        free(b.p);
    }
}

/* For a record "control_byte_len": compares the size of a control buffer. */
static void do_control_byte_len(struct vec *v, struct world *w) {
    size_t bytes = 0;
    (void)w;
    int err = stk_control_bytes(vec_u32(v, "observable"), &bytes);
    vec_expect_size(v, "value", err, bytes);
}

static void do_control_load(struct vec *v, struct world *w) {
    bytes_load(v, &w->control);
}

static void do_control_set_word(struct vec *v, struct world *w) {
    bytes_set_word(v, &w->control);
}

enum read {
    DONE_COUNT,
    EPOCH,
    OBSERVABLE
};

/* Reads one word in the way that `what` says, also out of a buffer that is too short. */
static void read_one(struct vec *v, struct world *w, enum read what) {
    struct stk_control control;
    struct stk_error_info info = {0};
    uint32_t value = 0;
    uint32_t index = what == OBSERVABLE ? vec_u32(v, "index") : 0;
    int err = stk_control_view(&control, w->control.p, w->control.len);
    if (err == STK_OK) {
        err = what == DONE_COUNT ? stk_control_done_count(&control, &value, &info)
              : what == EPOCH    ? stk_control_epoch(&control, &value, &info)
                                 : stk_control_observable(&control, index, &value, &info);
    }
    if (vec_expect_read(v, "control", err, info.index, w->control.len)) {
        vec_expect_u64(v, "value", value);
    }
}

static void do_read_done_count(struct vec *v, struct world *w) {
    read_one(v, w, DONE_COUNT);
}

static void do_read_epoch(struct vec *v, struct world *w) {
    read_one(v, w, EPOCH);
}

static void do_read_observable(struct vec *v, struct world *w) {
    read_one(v, w, OBSERVABLE);
}

/* For a record "read_metrics": compares the counters that are not 0, as a list opcode:count. */
static void do_read_metrics(struct vec *v, struct world *w) {
    struct stk_control control;
    struct stk_error_info info = {0};
    struct stk_metric metric[STK_CTL_METRICS_SLOTS];
    char text[STK_CTL_METRICS_SLOTS * 16] = "-";
    int count = stk_control_view(&control, w->control.p, w->control.len);
    if (count == STK_OK) {
        count = stk_control_metrics(&control, metric, STK_CTL_METRICS_SLOTS, &info);
    }
    for (int i = 0, at = 0; i < count; i++) {
        at += snprintf(text + at, sizeof text - (size_t)at, "%s%" PRIu32 ":%" PRIu32, i == 0 ? "" : ",",
                       metric[i].opcode, metric[i].count);
    }
    if (vec_expect_read(v, "control", count, info.index, w->control.len)) {
        vec_expect_text(v, "metrics", text);
    }
}

const struct handler control_handlers[] = {
    {"encode_control", do_encode_control},
    {"control_byte_len", do_control_byte_len},
    {"control_load", do_control_load},
    {"control_set_word", do_control_set_word},
    {"read_done_count", do_read_done_count},
    {"read_epoch", do_read_epoch},
    {"read_observable", do_read_observable},
    {"read_metrics", do_read_metrics},
    {NULL, NULL},
};
