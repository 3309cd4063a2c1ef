/* stoker: what the files of the telemetry decoder share. Private to the core. */
#ifndef STK_SRC_TELEMETRY_INTERNAL_H
#define STK_SRC_TELEMETRY_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stoker/telemetry.h"

/* A status as an index of count[]. */
static inline uint32_t stk_status_kind(uint32_t status) {
    return status < STK_UNKNOWN ? status : STK_UNKNOWN;
}

/// The opcodes named ///

#define STK_NAME_ENTRIES 8u /* table entries for each opcode named: few collisions, and a filler is always left */

struct stk_name {
    uint32_t opcode;
    uint32_t rank; /* among the opcodes in ascending order, shifted to its place in a key */
};

/* The opcodes that were named, as a hash table without an empty entry: those that are free hold the first opcode once
 * more, so that looking there is never wrong and a look-up is a fixed number of compares. */
struct stk_names {
    struct stk_name *table;
    uint64_t scale;  /* of a ticket in a key */
    uint32_t count;  /* different opcodes; 0 when none was named */
    uint32_t factor; /* of the hash, odd */
    uint32_t mask;   /* entries - 1, below 2^16 */
    uint32_t reach;  /* entries to look at, from an opcode's home on */
};

/* Makes the table in t's scratch. */
void stk_names_make(struct stk_names *names, const struct stk_telemetry *t, const struct stk_opcodes *opcodes);

static inline uint32_t stk_names_home(uint32_t factor, uint32_t mask, uint32_t opcode) {
    return (opcode * factor >> 16) & mask;
}

/* The entry of `opcode`, or one that holds another when it was not named. Without a branch on that: no predictor could
 * guess it. */
static inline const struct stk_name *stk_names_find(const struct stk_names *names, uint32_t opcode) {
    uint32_t home = stk_names_home(names->factor, names->mask, opcode);
    const struct stk_name *name = names->table + home;
    for (uint32_t r = 1; r < names->reach; r++) {
        const struct stk_name *next = names->table + ((home + r) & names->mask);
        name = next->opcode == opcode ? next : name;
    }
    return name;
}

/* The key of a slot whose opcode was named: the slot in bits 0 to 19, above them the number of its window, were there
 * one for every (ticket, opcode): ticket * opcodes + rank. So keys are in the order of windows and then of slots. */
#define STK_KEY_WINDOW 20u

_Static_assert(STK_TELEMETRY_SLOTS_MAX <= 1u << STK_KEY_WINDOW, "a slot fits a key");
_Static_assert(STK_TELEMETRY_OPCODES_MAX <= 1u << (32u - STK_KEY_WINDOW),
               "a rank fits a name, a window's number a key");

static inline uint64_t stk_key_make(const struct stk_names *names, const struct stk_name *name, uint32_t ticket,
                                    uint32_t slot) {
    return ticket * names->scale + (slot + name->rank);
}

static inline uint32_t stk_key_slot(uint64_t key) {
    return (uint32_t)key & ((1u << STK_KEY_WINDOW) - 1u);
}

static inline uint64_t stk_key_window(uint64_t key) {
    return key >> STK_KEY_WINDOW;
}

/* Sorts keys[0][0..n) ascending. The bits below `low` must ascend already wherever the bits from `low` up are equal.
 * bins has 256 counters. Returns whichever of the two buffers holds the outcome. */
uint64_t *stk_keys_sort(uint64_t *const keys[2], uint32_t *bins, uint32_t n, uint32_t low);

/// Steps of a decode ///

/* Rows and their occupancy, from bytes and from a live ring. Returns how many keys are in t->keys[0], in the order of
 * slots: those of slots whose opcode was named. */
uint32_t stk_rows_decode(struct stk_telemetry *t, const uint8_t *ring, uint32_t slots, const struct stk_names *names);
uint32_t stk_rows_read(struct stk_telemetry *t, const struct stk_ring *ring, const uint32_t *tail, enum stk_feed feed,
                       const struct stk_names *names);

/* The control words, from bytes when `live` is NULL. STK_CTL_WORDS_MIN of them are there. */
void stk_control_decode(struct stk_control_state *state, const uint8_t *bytes, const uint32_t *live);

/* Makes the windows of `keys` keys. */
void stk_windows_make(struct stk_telemetry *t, uint32_t keys);

#endif
