/* stoker: telemetry, makes ticketed windows out of the keys of the slots. There are two ways, for tickets that lie
 * close together and for tickets that do not. Both go through the keys from the last one to the first one. Rows that
 * have no key belong to no window. */
#include "base/memory.h"
#include "stoker/config.h"
#include "telemetry_internal.h"

/* Returns the class of a slot as an index from `required` on: argument 1 is 0 (required), 1 (lookahead) or anything
 * else (other). */
static inline uint32_t class_of(uint32_t arg) {
    return arg < 2u ? arg : 2u;
}

_Static_assert(offsetof(struct stk_ticketed_window, lookahead) == offsetof(struct stk_ticketed_window, required) + 4 &&
                   offsetof(struct stk_ticketed_window, other) == offsetof(struct stk_ticketed_window, required) + 8,
               "classes are counted by index");

/* Counts a slot in its window. Slots come in descending order, so the first slot of a window is the last one to leave
 * its number here. The number waits in the field of the tenant, which window_name() fills then. */
static inline void window_add(struct stk_ticketed_window *window, const struct stk_row *row, uint32_t slot) {
    uint32_t *classes = &window->required;
    uint32_t kind = stk_status_kind(row->status), class = class_of(row->args[1]);
    window->tenant = slot;
    window->count[kind]++;
    classes[class]++;
}

/* Fills in ticket, opcode and tenant of a window that was counted, from its first slot in the ring. */
static inline void window_name(struct stk_ticketed_window *window, const struct stk_row *first) {
    window->ticket = first->args[0];
    window->opcode = first->opcode;
    window->tenant = first->tenant;
}

/// Tickets close together: a window for each that could be, in their order; then those without a slot go ///

/* Moves the windows that have a slot to the front, in their order, and names them. Returns how many there are. The
 * other places stand for a (ticket, opcode) that is possible and that no slot has. */
static uint32_t close_up(struct stk_ticketed_window *windows, uint32_t count, const struct stk_row *rows) {
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

/* Makes the windows in a table with a place for each possible number: `least` is the number of the first of `count`
 * places. Needs no sort, because the number of a window is its place. */
static uint32_t windows_direct(struct stk_telemetry *t, uint32_t keys, uint64_t least, uint32_t count) {
    const struct stk_row *rows = t->rows;
    const uint64_t *key = t->keys[0];
    struct stk_ticketed_window *windows = t->windows;
    memset(windows, 0, count * sizeof *windows);
    for (uint32_t i = keys; i-- > 0;) {
        uint32_t slot = stk_key_slot(key[i]);
        window_add(windows + (size_t)(stk_key_window(key[i]) - least), rows + slot, slot);
    }
    return close_up(windows, count, rows);
}

/// Tickets far apart: keys sorted ///

/* Returns true if the window of this sorted key is another than that of the key before, which must exist. */
static bool begins_window(const uint64_t *key) {
    return stk_key_window(key[0]) != stk_key_window(key[-1]);
}

/* Makes the windows from sorted keys, in which the slots of a window lie together. The first loop counts the windows,
 * so that the second one can fill them from the last to the first. Needs at least one key. */
static uint32_t windows_sorted(struct stk_telemetry *t, uint32_t keys) {
    const uint64_t *key = stk_keys_sort(t->keys, t->bins, keys, STK_KEY_WINDOW);
    uint32_t count = 1;
    for (uint32_t i = 1; i < keys; i++) {
        count += begins_window(key + i);
    }
    memset(t->windows, 0, count * sizeof *t->windows);
    struct stk_ticketed_window *window = t->windows + count - 1u;
    for (uint32_t i = keys; i-- > 0;) {
        uint32_t slot = stk_key_slot(key[i]);
        window_add(window, t->rows + slot, slot);
        window -= i > 0 && begins_window(key + i);
    }
    for (uint32_t i = 0; i < count; i++) {
        window_name(t->windows + i, t->rows + t->windows[i].tenant);
    }
    return count;
}

/// Which of the two ///

/* Least and greatest of some keys. */
struct span {
    uint64_t least, greatest;
};

static inline void span_add(struct span *span, uint64_t key) {
    span->least = key < span->least ? key : span->least;
    span->greatest = key > span->greatest ? key : span->greatest;
}

/* Returns the span of `keys` keys, at least one. Goes through two halves at the same time, so that one comparison need
 * not wait for the one before it. An odd last key is where both halves begin. */
static struct span span_of(const uint64_t *key, uint32_t keys) {
    struct span low = {key[keys - 1u], key[keys - 1u]}, high = low;
    uint32_t half = keys / 2;
    for (uint32_t i = 0; i < half; i++) {
        span_add(&low, key[i]);
        span_add(&high, key[half + i]);
    }
    span_add(&low, high.least);
    span_add(&low, high.greatest);
    return low;
}

/* The first way is taken where the table is no larger than the memory for windows, which tickets that lie close
 * together allow. Both ways take time in proportion to the keys, whatever the tickets are: sorting takes at most six
 * passes, for 44 bits of window. A small library has the second way alone, with the slower sort. */
void stk_windows_make(struct stk_telemetry *t, uint32_t keys) {
    if (keys == 0) {
        return;
    }
    if (!STK_SMALL) {
        struct span span = span_of(t->keys[0], keys);
        uint64_t least = stk_key_window(span.least);
        uint64_t could_be = stk_key_window(span.greatest) - least + 1u;
        if (could_be <= t->slots_max) {
            t->window_count = windows_direct(t, keys, least, (uint32_t)could_be);
            return;
        }
    }
    t->window_count = windows_sorted(t, keys);
}
