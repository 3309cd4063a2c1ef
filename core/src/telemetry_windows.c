/* stoker: telemetry, ticketed windows from the slots that belong to one. */
#include <string.h>

#include "telemetry_parts.h"

/* A slot's argument 1 as an index from `required` on. */
static inline uint32_t class_of(uint32_t arg) {
    return arg < 2u ? arg : 2u;
}

_Static_assert(offsetof(struct stk_window, lookahead) == offsetof(struct stk_window, required) + 4 &&
                   offsetof(struct stk_window, other) == offsetof(struct stk_window, required) + 8,
               "classes are counted by index");

/* Counts a slot. Slots come in descending order, so that the first one of a window is the last to leave its number, in the
 * place of the tenant. */
static inline void window_add(struct stk_window *window, const struct stk_row *row, uint32_t slot) {
    uint32_t *classes = &window->required;
    uint32_t kind = stk_status_kind(row->status), class = class_of(row->args[1]);
    window->tenant = slot;
    window->count[kind]++;
    classes[class]++;
}

/* Names a window that was counted after its first slot. */
static inline void window_name(struct stk_window *window, const struct stk_row *first) {
    window->ticket = first->args[0];
    window->opcode = first->opcode;
    window->tenant = first->tenant;
}

/// Tickets close together: a window for each that could be, in their order; then those without a slot go ///

static uint32_t close_up(struct stk_window *windows, uint32_t count, const struct stk_row *rows) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++) {
        if ((windows[i].required | windows[i].lookahead | windows[i].other) == 0) {
            continue;
        }
        if (n < i) {
            windows[n] = windows[i];
        }
        window_name(windows + n, rows + windows[i].tenant);
        n++;
    }
    return n;
}

static uint32_t windows_direct(struct stk_telemetry *t, uint32_t opcodes, uint32_t matched, uint32_t least,
                               uint32_t count) {
    const struct stk_row *rows = t->rows;
    const uint32_t *matches = t->matches;
    struct stk_window *windows = t->windows;
    memset(windows, 0, count * sizeof *windows);
    for (uint32_t i = matched; i-- > 0;) {
        uint32_t slot = stk_match_slot(matches[i]);
        uint32_t at = (rows[slot].args[0] - least) * opcodes + (matches[i] >> STK_MATCH_RANK);
        window_add(windows + at, rows + slot, slot);
    }
    return close_up(windows, count, rows);
}

/// Tickets far apart: sorted, as keys of ticket and match from the top ///

#define KEY_TICKET 32u

static const uint64_t *keys_make(const struct stk_telemetry *t, uint32_t matched) {
    for (uint32_t i = 0; i < matched; i++) {
        uint32_t match = t->matches[i];
        t->keys[0][i] = (uint64_t)t->rows[stk_match_slot(match)].args[0] << KEY_TICKET | match;
    }
    return stk_keys_sort(t->keys, t->bins, matched, STK_MATCH_RANK);
}

static bool begins_window(const uint64_t *key) {
    return key[0] >> STK_MATCH_RANK != key[-1] >> STK_MATCH_RANK;
}

static uint32_t windows_sorted(struct stk_telemetry *t, uint32_t matched) {
    const uint64_t *keys = keys_make(t, matched);
    uint32_t count = 1;
    for (uint32_t i = 1; i < matched; i++) {
        count += begins_window(keys + i);
    }
    memset(t->windows, 0, count * sizeof *t->windows);
    struct stk_window *window = t->windows + count - 1u;
    for (uint32_t i = matched; i-- > 0;) {
        uint32_t slot = stk_match_slot((uint32_t)keys[i]);
        window_add(window, t->rows + slot, slot);
        window -= i > 0 && begins_window(keys + i);
    }
    for (uint32_t i = 0; i < count; i++) {
        window_name(t->windows + i, t->rows + t->windows[i].tenant);
    }
    return count;
}

/// Which of the two ///

struct span {
    uint32_t least, greatest;
};

static inline void span_add(struct span *span, uint32_t ticket) {
    span->least = ticket < span->least ? ticket : span->least;
    span->greatest = ticket > span->greatest ? ticket : span->greatest;
}

/* Of the tickets of all matches. In two halves, so that one comparison need not wait for the one before it. */
static struct span span_of(const struct stk_telemetry *t, uint32_t matched) {
    struct span low = {UINT32_MAX, 0}, high = low;
    const uint32_t *matches = t->matches;
    const struct stk_row *rows = t->rows;
    uint32_t half = matched / 2;
    for (uint32_t i = 0; i < half; i++) {
        span_add(&low, rows[stk_match_slot(matches[i])].args[0]);
        span_add(&high, rows[stk_match_slot(matches[half + i])].args[0]);
    }
    span_add(&low, rows[stk_match_slot(matches[matched - 1])].args[0]);
    low.least = high.least < low.least ? high.least : low.least;
    low.greatest = high.greatest > low.greatest ? high.greatest : low.greatest;
    return low;
}

void stk_windows_make(struct stk_telemetry *t, const struct stk_names *names, uint32_t matched) {
    if (matched == 0) {
        return;
    }
    struct span span = span_of(t, matched);
    uint64_t could_be = ((uint64_t)span.greatest - span.least + 1u) * names->count;
    t->window_count = could_be <= t->slots_max
                          ? windows_direct(t, names->count, matched, span.least, (uint32_t)could_be)
                          : windows_sorted(t, matched);
}
