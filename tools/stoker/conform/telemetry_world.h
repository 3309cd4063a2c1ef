/* Conformance: what telemetry records act on. */
#ifndef TELEMETRY_WORLD_H
#define TELEMETRY_WORLD_H

#include "cases.h"

#include "stoker/parity/telemetry_sketch.h"

#define SNAPSHOTS 16u

struct telemetry_world {
    struct stk_telemetry telemetry; /* telemetry of the last decode */
    void *memory;
    struct stk_snapshot snapshot[SNAPSHOTS]; /* snapshots that later records compare */
    struct stk_telemetry_sketch tables;
    void *tables_memory;
    struct stk_sketch sketch[2]; /* a and b of the sketch scripts */
    void *sketch_memory[2];
};

/* Returns the world of the file. The first call makes it. */
struct telemetry_world *telemetry_world(struct world *w);

/* Decodes a control buffer and a ring, in memory that is just large enough. */
int telemetry_decode(struct telemetry_world *t, const struct bytes *control, const struct bytes *ring,
                     const struct stk_opcodes *opcodes);

/* Compares a list "1,2,3", or "-" for none, with the values. */
void expect_list32(struct vec *v, const char *key, const uint32_t *values, size_t count);
void expect_list64(struct vec *v, const char *key, const uint64_t *values, size_t count);

#endif
