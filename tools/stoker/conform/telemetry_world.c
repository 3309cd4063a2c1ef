/* The snapshots and sketches on which telemetry records act. */
#include "telemetry_world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct telemetry_world *telemetry_world(struct world *w) {
    if (w->telemetry == NULL) {
        w->telemetry = vec_alloc(sizeof *w->telemetry);
    }
    return w->telemetry;
}

void telemetry_world_free(struct world *w) {
    if (w->telemetry != NULL) {
        free(w->telemetry->memory);
        free(w->telemetry->tables_memory);
        free(w->telemetry->sketch_memory[0]);
        free(w->telemetry->sketch_memory[1]);
        free(w->telemetry);
    }
}

int telemetry_decode(struct telemetry_world *t, const struct bytes *control, const struct bytes *ring,
                     const struct stk_opcodes *opcodes) {
    const struct stk_telemetry_config config = {(uint32_t)(ring->len / STK_SLOT_BYTES), opcodes->count};
    struct stk_arena arena;
    size_t bytes = 0;
    int err = stk_telemetry_bytes(config.slots, config.opcodes, &bytes);
    if (err != STK_OK) {
        return err;
    }
    /* Memory of the exact size, so that the sanitizers see an access behind it. */
    free(t->memory);
    t->memory = vec_alloc(STK_ARENA_BYTES(bytes));
    stk_arena_init(&arena, t->memory, STK_ARENA_BYTES(bytes));
    err = stk_telemetry_init(&t->telemetry, &config, &arena, NULL);
    if (err != STK_OK) {
        return err;
    }
    return stk_telemetry_decode(&t->telemetry, ring->p, ring->len, control->p, control->len, opcodes, NULL);
}

void expect_list64(struct vec *v, const char *key, const uint64_t *values, size_t count) {
    char *text = vec_alloc(count * 21 + 2); /* 20 digits and a comma for each number */
    char *at = text;
    *at = count == 0 ? '-' : '\0';
    for (size_t i = 0; i < count; i++) {
        at += sprintf(at, "%s%" PRIu64, i == 0 ? "" : ",", values[i]);
    }
    vec_expect_text(v, key, text);
    free(text);
}

void expect_list32(struct vec *v, const char *key, const uint32_t *values, size_t count) {
    /* One function compares both widths. */
    uint64_t *wide = vec_alloc(count * sizeof *wide);
    for (size_t i = 0; i < count; i++) {
        wide[i] = values[i];
    }
    expect_list64(v, key, wide, count);
    free(wide);
}
