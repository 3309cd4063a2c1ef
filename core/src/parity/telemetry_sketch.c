/* stoker: five sketches of one telemetry snapshot, which count slots by status, opcode, tenant and opcode of active
 * slots, and the metrics of the control buffer by index. Sketches of several snapshots or devices can be merged. The
 * snapshot itself comes from telemetry.c. The reference implementation has this module. */
#include "stoker/parity/telemetry_sketch.h"

#include "base/error_info.h"
#include "base/words_of.h"

_Static_assert(STK_TABLES == 5, "as many as STK_TELEMETRY_SKETCH_BYTES has room for");

int stk_telemetry_sketch_bytes(uint64_t depth, uint64_t width, size_t *bytes) {
    size_t one;
    int err = stk_sketch_bytes(depth, width, &one);
    if (err != STK_OK) {
        return err;
    }
    if (one > SIZE_MAX / STK_TABLES) { /* the product below would wrap around */
        return STK_E_OVERFLOW;
    }
    *bytes = STK_TABLES * one;
    return STK_OK;
}

int stk_telemetry_sketch_init(struct stk_telemetry_sketch *sketch, void *mem, size_t bytes, uint64_t depth,
                              uint64_t width, struct stk_error_info *info) {
    size_t need;
    int err = stk_telemetry_sketch_bytes(depth, width, &need);
    if (err != STK_OK) {
        return stk_fail(info, err, 0, 0);
    }
    if ((uintptr_t)mem % sizeof(uint64_t) != 0) {
        return stk_fail(info, STK_E_ALIGN, 0, sizeof(uint64_t));
    }
    /* The five sketches have the same shape, so each gets a fifth of the memory. */
    err = stk_layout_check(mem, bytes, need);
    for (uint32_t i = 0; i < STK_TABLES && err == STK_OK; i++) {
        uint8_t *part = (uint8_t *)mem + i * (need / STK_TABLES);
        err = stk_sketch_init(&sketch->table[i], part, need / STK_TABLES, depth, width);
    }
    if (err != STK_OK) {
        return stk_fail(info, err, 0, need);
    }
    sketch->slots = 0;
    sketch->active = 0;
    return STK_OK;
}

/* Adds `amount` to the counters of a key in one sketch. Saturates instead of failing, since stk_telemetry_sketch() has
 * no way to return an error. */
static void add(struct stk_telemetry_sketch *sketch, enum stk_telemetry_table table, uint32_t key, uint32_t amount) {
    stk_sketch_add_saturating(&sketch->table[table], key, amount);
}

/* Counts one slot of the snapshot. `lost` is enum stk_row_lost or 0: a row that was torn counts nowhere, and of a row
 * without words only the status is known. */
static void add_row(struct stk_telemetry_sketch *sketch, const struct stk_row *row, uint32_t lost) {
    if (lost == STK_ROW_TORN) {
        return;
    }
    add(sketch, STK_TABLE_STATUS, row->status, 1);
    if (stk_status_active(row->status)) {
        sketch->active++;
    }
    if (lost == STK_ROW_WORDS) {
        return;
    }
    add(sketch, STK_TABLE_OPCODE, row->opcode, 1);
    add(sketch, STK_TABLE_TENANT, row->tenant, 1);
    if (stk_status_active(row->status)) {
        add(sketch, STK_TABLE_ACTIVE_OPCODE, row->opcode, 1);
    }
}

void stk_telemetry_sketch(struct stk_telemetry_sketch *sketch, const struct stk_telemetry *t) {
    /* Begins at 0: the sketches are of this snapshot only. */
    for (uint32_t i = 0; i < STK_TABLES; i++) {
        stk_sketch_clear(&sketch->table[i]);
    }
    sketch->slots = t->snapshot.occupancy.slots;
    sketch->active = 0;
    for (uint32_t i = 0; i < sketch->slots; i++) {
        add_row(sketch, t->rows + i, t->lost[i]);
    }
    /* A metric is a count already, so it is added as one amount, with its index as the key. */
    for (uint32_t i = 0; i < STK_CTL_METRICS_SLOTS; i++) {
        uint32_t count = t->snapshot.control.metrics[i];
        if (count != 0) {
            add(sketch, STK_TABLE_METRICS, i, count);
        }
    }
}
