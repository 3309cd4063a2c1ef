/* Records of count-min sketches: alone, and the five that a telemetry snapshot is folded into. */
#include "telemetry_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes an empty sketch in memory of its own. */
static int make(struct vec *v, struct stk_sketch *sketch, void **memory, uint64_t depth, uint64_t width) {
    size_t bytes = 0;
    int err = stk_sketch_bytes(depth, width, &bytes);
    if (err != STK_OK || !vec_affords(v, "depth", bytes)) {
        return err != STK_OK ? err : STK_E_SPACE;
    }
    free(*memory);
    *memory = vec_alloc(bytes);
    return stk_sketch_init(sketch, *memory, bytes, depth, width);
}

/* For a record "new": makes the two sketches of the file. */
static void do_new(struct vec *v, struct world *w) {
    struct telemetry_world *t = telemetry_world(w);
    uint64_t depth = vec_u64(v, "depth"), width = vec_u64(v, "width");
    int err = make(v, &t->sketch[0], &t->sketch_memory[0], depth, width);
    if (err == STK_OK) {
        err = make(v, &t->sketch[1], &t->sketch_memory[1], depth, width);
    }
    if (vec_expect_result(v, VEC_SKETCH, err)) {
        vec_expect_u64(v, "counters", t->sketch[0].bytes / sizeof(uint64_t));
    }
}

static struct stk_sketch *named(struct vec *v, struct world *w, const char *key) {
    static const char *const names[] = {"a", "b"};
    return &telemetry_world(w)->sketch[vec_one_of(v, key, names, 2) == 1];
}

/* For a record "try_add": adds, or is refused where a counter would pass its end. */
static void do_try_add(struct vec *v, struct world *w) {
    struct stk_sketch *s = named(v, w, "which");
    uint64_t key = vec_u64(v, "key"), amount = vec_u64(v, "amount");
    vec_expect_result(v, VEC_MERGE, stk_sketch_add(s, key, amount));
}

/* For a record "add": adds, and a counter stops at its end. */
static void do_add(struct vec *v, struct world *w) {
    struct stk_sketch *s = named(v, w, "which");
    uint64_t key = vec_u64(v, "key"), amount = vec_u64(v, "amount");
    stk_sketch_add_saturating(s, key, amount);
}

static void do_point(struct vec *v, struct world *w) {
    const struct stk_sketch *s = named(v, w, "which");
    vec_expect_u64(v, "value", stk_sketch_estimate(s, vec_u64(v, "key")));
}

/* For a record "merge": adds the counters of one sketch to another, which may be of another shape. */
static void do_merge(struct vec *v, struct world *w) {
    struct stk_sketch *into = named(v, w, "into"), *from, fresh;
    void *memory = NULL;
    unsigned depth, width;
    int err = STK_OK;
    if (sscanf(vec_need(v, "from"), "new_%9ux%9u", &depth, &width) == 2) {
        err = make(v, &fresh, &memory, depth, width);
        from = &fresh;
    } else {
        from = named(v, w, "from");
    }
    vec_expect_result(v, VEC_MERGE, err == STK_OK ? stk_sketch_merge(into, from) : err);
    free(memory);
}

static void do_clear(struct vec *v, struct world *w) {
    struct stk_sketch *s = named(v, w, "which");
    if (s->counters != NULL) {
        stk_sketch_clear(s);
    }
}

/* For a record "reset_shape": gives the sketch another shape. The reference's sketch grows as it needs to: here it gets
 * memory of the new size when the old memory is too small. */
static void do_reset_shape(struct vec *v, struct world *w) {
    struct stk_sketch *s = named(v, w, "which");
    void **memory = &telemetry_world(w)->sketch_memory[s == &telemetry_world(w)->sketch[1]];
    uint64_t depth = vec_u64(v, "depth"), width = vec_u64(v, "width");
    int err = stk_sketch_reset_shape(s, depth, width);
    if (err == STK_E_SPACE) {
        err = make(v, s, memory, depth, width);
    }
    vec_expect_result(v, VEC_SKETCH, err);
}

/* For a record "state": compares all counters of a sketch. */
static void do_state(struct vec *v, struct world *w) {
    const struct stk_sketch *s = named(v, w, "which");
    vec_expect_u64(v, "depth", s->depth);
    vec_expect_u64(v, "width", s->width);
    expect_list64(v, "counters", s->counters, (size_t)s->depth * s->width);
}

const struct handler sketch_handlers[] = {
    {"sketch_new", do_new},
    {"sketch_try_add", do_try_add},
    {"sketch_add", do_add},
    {"sketch_point", do_point},
    {"sketch_merge", do_merge},
    {"sketch_clear", do_clear},
    {"sketch_reset_shape", do_reset_shape},
    {"sketch_state", do_state},
    {NULL, NULL},
};

/// Sketches of a snapshot ///

/* For a record "sketch": folds the present snapshot into its five sketches. */
static void do_sketch(struct vec *v, struct world *w) {
    struct telemetry_world *t = telemetry_world(w);
    uint64_t depth = vec_u64(v, "depth"), width = vec_u64(v, "width");
    size_t bytes = 0;
    (void)vec_u32(v, "snap");
    int err = stk_telemetry_sketch_bytes(depth, width, &bytes);
    if (err == STK_OK && !vec_affords(v, "depth", bytes)) {
        err = STK_E_SPACE;
    }
    if (err == STK_OK) {
        free(t->tables_memory);
        t->tables_memory = vec_alloc(bytes);
        err = stk_telemetry_sketch_init(&t->tables, t->tables_memory, bytes, depth, width, NULL);
    }
    if (vec_expect_result(v, VEC_SKETCH, err)) {
        stk_telemetry_sketch(&t->tables, &t->telemetry);
        vec_expect_u64(v, "total_slots", t->tables.slots);
        vec_expect_u64(v, "active_slots", t->tables.active);
    }
}

/* Returns the sketch that the record names. */
static const struct stk_sketch *table(struct vec *v, struct world *w) {
    static const char *const names[] = {"ring_opcode", "active_opcode", "tenant", "status", "dispatch_metrics"};
    unsigned i = vec_one_of(v, "table", names, STK_TABLES);
    (void)vec_u32(v, "snap");
    return &telemetry_world(w)->tables.table[i % STK_TABLES];
}

static void do_table(struct vec *v, struct world *w) {
    const struct stk_sketch *s = table(v, w);
    vec_expect_u64(v, "depth", s->depth);
    vec_expect_u64(v, "width", s->width);
    expect_list64(v, "counters", s->counters, (size_t)s->depth * s->width);
}

/* For a record "estimate": compares the estimate for one key. */
static void do_estimate(struct vec *v, struct world *w) {
    const struct stk_sketch *s = table(v, w);
    if (s->width == 0) {
        vec_differ(v, "value", "a sketch to ask", "none");
        return;
    }
    vec_expect_u64(v, "value", stk_sketch_estimate(s, vec_u64(v, "key")));
}

const struct handler snapshot_sketch_handlers[] = {
    {"sketch", do_sketch},
    {"sketch_table", do_table},
    {"sketch_estimate", do_estimate},
    {NULL, NULL},
};
