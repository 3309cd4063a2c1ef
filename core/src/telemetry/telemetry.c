/* stoker: telemetry, the object and its two decodes. Checks all that the caller passed, and then calls the steps of the
 * other files. All errors come before the first byte of the last decode is changed, and no step behind the checks can
 * fail. The health of a device is computed from a decode in watchdog.c. */
#include "stoker/telemetry.h"

#include "base/error_info.h"
#include "base/memory.h"
#include "stoker/atomic.h"
#include "telemetry_internal.h"
#include "base/words_of.h"

_Static_assert(sizeof(struct stk_row) == 32 && sizeof(struct stk_ticketed_window) == 60,
               "as STK_TELEMETRY_BYTES is documented");
_Static_assert(STK_NAME_ENTRIES * sizeof(struct stk_name) == 64, "what STK_TELEMETRY_BYTES has for an opcode");

int stk_telemetry_bytes(uint32_t slots, uint32_t opcodes, size_t *bytes) {
    if (slots > STK_TELEMETRY_SLOTS_MAX || opcodes > STK_TELEMETRY_OPCODES_MAX) {
        return STK_E_OVERFLOW;
    }
    *bytes = STK_TELEMETRY_BYTES(slots, opcodes); /* 115 MB at most: fits a size_t of 32 bits */
    return STK_OK;
}

/* Gives each part its place in the memory. Parts of wider alignment come first, so that no part needs padding. Without
 * opcodes there are no windows and no scratch, and the pointers to them stay NULL. The buffers of the keys also hold
 * opcodes while the table of names is made, so they have room for the larger of the two numbers. */
static void lay_out(struct stk_telemetry *t, void *mem) {
    size_t most = t->slots_max > t->opcodes_max ? t->slots_max : t->opcodes_max;
    if (t->opcodes_max == 0) {
        t->rows = mem;
        t->lost = (void *)(t->rows + t->slots_max);
        return;
    }
    t->keys[0] = mem;
    t->keys[1] = t->keys[0] + most;
    t->rows = (void *)(t->keys[1] + most);
    t->windows = (void *)(t->rows + t->slots_max);
    t->bins = (void *)(t->windows + t->slots_max);
    /* The bins are 256 counters, one for each value of eight bits of a key. */
    t->names = (void *)(t->bins + 256);
    t->lost = (void *)(t->names + (size_t)STK_NAME_ENTRIES * t->opcodes_max);
}

int stk_telemetry_init(struct stk_telemetry *t, const struct stk_telemetry_config *config, struct stk_arena *arena,
                       struct stk_error_info *info) {
    size_t need;
    if (config == NULL || arena == NULL) {
        return stk_fail(info, STK_E_ARG, 0, 0);
    }
    /* These limits hold on machines of any size: above them a slot or a rank would not fit a key. */
    int err = stk_telemetry_bytes(config->slots, config->opcodes, &need);
    if (err != STK_OK) {
        return stk_fail(info, err, 0, config->slots > STK_TELEMETRY_SLOTS_MAX ? config->slots : config->opcodes);
    }
    void *mem = stk_arena_take(arena, need);
    if (mem == NULL) {
        return stk_fail(info, STK_E_SPACE, 0, arena->need);
    }
    memset(t, 0, sizeof *t);
    t->slots_max = config->slots;
    t->opcodes_max = config->opcodes;
    lay_out(t, mem);
    return STK_OK;
}

/* Checks that a decode of so many slots and opcodes fits into the memory of init. STK_E_SPACE tells the bytes that
 * would do for both: a number that fits stays as it was at init. */
static int room_check(const struct stk_telemetry *t, size_t slots, const struct stk_opcodes *opcodes,
                      struct stk_error_info *info) {
    uint32_t named = opcodes == NULL ? 0 : opcodes->count;
    if (slots > STK_TELEMETRY_SLOTS_MAX || named > STK_TELEMETRY_OPCODES_MAX) {
        return stk_fail(info, STK_E_OVERFLOW, 0, slots > STK_TELEMETRY_SLOTS_MAX ? slots : named);
    }
    if (slots > t->slots_max || named > t->opcodes_max) {
        size_t most_slots = slots > t->slots_max ? slots : t->slots_max;
        size_t most_named = named > t->opcodes_max ? named : t->opcodes_max;
        return stk_fail(info, STK_E_SPACE, 0, STK_TELEMETRY_BYTES(most_slots, most_named));
    }
    return STK_OK;
}

/* Checks that the control buffer has all words before the observables. A decode does not fill in words that are
 * missing. */
static int control_check(uint64_t words, struct stk_error_info *info) {
    if (words < STK_CTL_WORDS_MIN) {
        return stk_fail(info, STK_E_MISSING, (uint32_t)words, 4u * STK_CTL_WORDS_MIN);
    }
    return STK_OK;
}

/* Checks the lengths of two images, in the order of errors that telemetry.h documents. */
static int image_check(size_t ring_bytes, size_t control_bytes, struct stk_error_info *info) {
    if (control_bytes % 4 != 0) {
        return stk_fail(info, STK_E_ALIGN, 0, control_bytes);
    }
    int err = control_check(control_bytes / 4, info);
    if (err == STK_OK && ring_bytes % STK_SLOT_BYTES != 0) {
        return stk_fail(info, STK_E_ALIGN, 0, ring_bytes);
    }
    return err;
}

/* Checks that a list of opcodes which is not empty is there. */
static int names_check(const struct stk_opcodes *opcodes, struct stk_error_info *info) {
    if (opcodes != NULL && opcodes->list == NULL && opcodes->count > 0) {
        return stk_fail(info, STK_E_ARG, 0, opcodes->count);
    }
    return STK_OK;
}

/* Begins a decode: drops the windows of the last one, and makes the table of names. Without opcodes the table is empty,
 * no row gets a key, and there are no windows. */
static void begin(struct stk_telemetry *t, const struct stk_opcodes *opcodes, struct stk_names *names) {
    t->window_count = 0;
    names->count = 0;
    if (opcodes != NULL && opcodes->count > 0) {
        stk_names_make(names, t, opcodes);
    }
}

int stk_telemetry_decode(struct stk_telemetry *t, const void *ring, size_t ring_bytes, const void *control,
                         size_t control_bytes, const struct stk_opcodes *opcodes, struct stk_error_info *info) {
    if ((ring == NULL && ring_bytes > 0) || (control == NULL && control_bytes > 0)) {
        return stk_fail(info, STK_E_ARG, 0, 0);
    }
    int err = names_check(opcodes, info);
    if (err == STK_OK) {
        err = image_check(ring_bytes, control_bytes, info);
    }
    if (err == STK_OK) {
        err = room_check(t, ring_bytes / STK_SLOT_BYTES, opcodes, info);
    }
    if (err != STK_OK) {
        return err;
    }
    struct stk_names names;
    begin(t, opcodes, &names);
    stk_control_decode(&t->snapshot.control, control, NULL);
    uint32_t matched = stk_rows_decode(t, ring, (uint32_t)(ring_bytes / STK_SLOT_BYTES), &names);
    stk_windows_make(t, matched);
    return STK_OK;
}

int stk_telemetry_read(struct stk_telemetry *t, const struct stk_ring *ring, const struct stk_control *control,
                       enum stk_feed feed, const struct stk_opcodes *opcodes, struct stk_error_info *info) {
    int err = names_check(opcodes, info);
    if (err == STK_OK) {
        err = control_check(control->count, info);
    }
    if (err == STK_OK) {
        err = room_check(t, ring->slots, opcodes, info);
    }
    if (err != STK_OK) {
        return err;
    }
    /* A ticket names its slot only where the number of slots is a power of two (publisher.h). */
    if (feed == STK_FEED_TICKETS && (ring->slots & (ring->slots - 1u)) != 0) {
        return stk_fail(info, STK_E_ARG, 0, ring->slots);
    }
    struct stk_names names;
    begin(t, opcodes, &names);
    stk_control_decode(&t->snapshot.control, NULL, control->words);
    uint32_t matched = stk_rows_read(t, ring, control->words + STK_CTL_PUBLISH_TAIL, feed, &names);
    stk_windows_make(t, matched);
    return STK_OK;
}
