/* stoker: the report of copies: the families of numbers that are missing, and the part of all copies that was avoided.
 * The caller fills the report; nothing here measures. The reference implementation has this module; nothing in this
 * library uses it. */
#include "stoker/parity/copy_report.h"

#include <stdbool.h>

#define BPS 10000u /* ten-thousandths in a whole */

uint32_t stk_copy_report_missing(const struct stk_copy_report *evidence) {
    return STK_COPY_REPORT_ALL & ~evidence->families;
}

int stk_copy_report_complete(const struct stk_copy_report *evidence) {
    return evidence->version == STK_COPY_REPORT_VERSION && stk_copy_report_missing(evidence) == 0;
}

/* The names are those of the reference implementation. A set of several families has no name. */
const char *stk_copy_report_family(uint32_t family) {
    switch (family) {
    case STK_COPY_REPORT_RING:
        return "ring";
    case STK_COPY_REPORT_CONTROL:
        return "control";
    case STK_COPY_REPORT_COPY:
        return "copy";
    case STK_COPY_REPORT_RESIDENCY:
        return "residency";
    default:
        return "unknown";
    }
}

/* A number of 96 bits, the product of 64 and 32 bits: C11 has no wider type on every CPU. */
struct wide {
    uint64_t high; /* multiples of 2^32 */
    uint32_t low;  /* the rest */
};

/* Returns a * b. Loses nothing: the sum of the two products of 32 bits has at most 96 bits. */
static struct wide times(uint64_t a, uint32_t b) {
    uint64_t low = (a & UINT32_MAX) * b;
    return (struct wide){(a >> 32) * b + (low >> 32), (uint32_t)low};
}

/* Returns true if at least `q` ten-thousandths were avoided. Compares q * copied with (BPS - q) * avoided, which is the
 * same as q <= BPS * avoided / (copied + avoided), without the sum that may not fit 64 bits. */
static bool at_least(uint32_t q, uint64_t copied, uint64_t avoided) {
    struct wide a = times(copied, q);
    struct wide b = times(avoided, BPS - q);
    return a.high < b.high || (a.high == b.high && a.low <= b.low);
}

uint32_t stk_copy_report_avoided_bps(const struct stk_copy_report *evidence) {
    uint32_t low = 0, high = BPS;
    /* Without this line a report of 0 and 0 bytes would say 10,000: every part of nothing was avoided. */
    if (evidence->host_copy_avoided_bytes == 0) {
        return 0;
    }
    /* Searches the result by halving, in 14 steps. A division would need a numerator of 96 bits, for which C11 has no
     * type. `low` always holds, and `high + 1` never does. */
    while (low < high) {
        uint32_t middle = (low + high + 1u) / 2u;
        if (at_least(middle, evidence->host_copy_bytes, evidence->host_copy_avoided_bytes)) {
            low = middle;
        } else {
            high = middle - 1u;
        }
    }
    return low;
}

void stk_telemetry_capacity(const struct stk_telemetry *t, struct stk_capacity_evidence *out) {
    /* Ticketed windows have as much room as slots: each slot may begin a window of its own. Without room for opcodes
     * the telemetry keeps no windows at all. */
    uint32_t room = t->opcodes_max > 0 ? t->slots_max : 0;
    out->version = STK_COPY_REPORT_VERSION;
    out->slots = t->snapshot.occupancy.slots;
    out->slots_room = t->slots_max;
    out->windows = t->window_count;
    out->windows_room = room;
    out->opcodes_room = t->opcodes_max;
    out->keys_room = room;
}

int stk_capacity_complete(const struct stk_capacity_evidence *e) {
    return e->version == STK_COPY_REPORT_VERSION && e->slots <= e->slots_room && e->windows <= e->windows_room &&
           e->windows <= e->keys_room;
}
