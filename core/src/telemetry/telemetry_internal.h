/* stoker: what the files of the telemetry decoder share: the table of the named opcodes, the keys by which slots are
 * grouped into ticketed windows, and the steps of a decode. DESIGN.md, "Telemetry without a halt", has the reasons.
 * Private to the core. */
#ifndef STK_SRC_TELEMETRY_INTERNAL_H
#define STK_SRC_TELEMETRY_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stoker/telemetry.h"

/* Returns the index of a status in count[]. All words that are no status share the last index. */
static inline uint32_t stk_status_kind(uint32_t status) {
    return status < STK_UNKNOWN ? status : STK_UNKNOWN;
}

/// The opcodes named ///

/* Table entries for each named opcode. The table has more than four times as many entries as opcodes, so collisions are
 * few, and at least one entry is always free. */
#define STK_NAME_ENTRIES 8u

struct stk_name {
    uint32_t opcode;
    /* place of the opcode among the named ones in ascending order, from 0, shifted left by STK_KEY_WINDOW */
    uint32_t rank;
};

/* The named opcodes as a hash table without an empty entry. An entry that is free holds the first opcode once more. So
 * each entry can be compared, and a look-up takes a fixed number of compares. */
struct stk_names {
    struct stk_name *table;
    uint64_t scale;  /* factor of a ticket in a key: count, shifted left by STK_KEY_WINDOW */
    uint32_t count;  /* number of different opcodes; 0 when none was named, and then no other field is set */
    uint32_t factor; /* factor of the hash; odd, so that no two opcodes get the same product */
    uint32_t mask;   /* entries of the table - 1; below 2^16, since a hash has 16 bits */
    uint32_t reach;  /* entries to look at for an opcode, from its home on; 1: no opcode is elsewhere */
};

/* Makes the table in the scratch memory of `t`. Needs at least one opcode. Writes over t->keys, so it comes before the
 * rows. */
void stk_names_make(struct stk_names *names, const struct stk_telemetry *t, const struct stk_opcodes *opcodes);

/* Returns the entry at which the search for an opcode begins. Takes the upper half of the product, whose bits depend on
 * more bits of the opcode than those of the lower half. */
static inline uint32_t stk_names_home(uint32_t factor, uint32_t mask, uint32_t opcode) {
    return (opcode * factor >> 16) & mask;
}

/* Returns the entry of `opcode`; if the opcode was not named, an entry with another opcode, so the caller compares.
 * There is no branch on the outcome, since no predictor could guess which opcode the next slot has. */
static inline const struct stk_name *stk_names_find(const struct stk_names *names, uint32_t opcode) {
    uint32_t home = stk_names_home(names->factor, names->mask, opcode);
    const struct stk_name *name = names->table + home;
    for (uint32_t r = 1; r < names->reach; r++) {
        const struct stk_name *next = names->table + ((home + r) & names->mask);
        name = next->opcode == opcode ? next : name;
    }
    return name;
}

/* The key of a slot whose opcode was named. Bits 0 to 19 are the slot. The bits above are the number that its ticketed
 * window would have if there were one for every (ticket, opcode): ticket * opcodes + rank. So ascending keys are in the
 * order of windows, and within a window in the order of slots. */
#define STK_KEY_WINDOW 20u

_Static_assert(STK_TELEMETRY_SLOTS_MAX <= 1u << STK_KEY_WINDOW, "a slot fits a key");
_Static_assert(STK_TELEMETRY_OPCODES_MAX <= 1u << (32u - STK_KEY_WINDOW),
               "a rank fits a name, a window's number a key");

/* Returns the key of a slot. No sum wraps: 32 bits of ticket, 12 of rank and 20 of slot are 64. */
static inline uint64_t stk_key_make(const struct stk_names *names, const struct stk_name *name, uint32_t ticket,
                                    uint32_t slot) {
    return ticket * names->scale + (slot + name->rank);
}

/* Returns the slot of a key. */
static inline uint32_t stk_key_slot(uint64_t key) {
    return (uint32_t)key & ((1u << STK_KEY_WINDOW) - 1u);
}

/* Returns the number of the window of a key, not its index: windows without a slot count too. */
static inline uint64_t stk_key_window(uint64_t key) {
    return key >> STK_KEY_WINDOW;
}

/* Sorts keys[0][0..n) ascending, by the bits from `low` up. Where these are equal, the bits below must ascend already.
 * keys[1] has room for n keys, and bins is 256 counters. Returns whichever of the two buffers holds the outcome. */
uint64_t *stk_keys_sort(uint64_t *const keys[2], uint32_t *bins, uint32_t n, uint32_t low);

/// Steps of a decode ///

/* Both functions fill the rows and count the occupancy: the first from bytes, the second from a live ring. They return
 * the number of keys in t->keys[0]. Each slot whose opcode has a name has one key, in the order of slots. A row that
 * lost words has no key. */
uint32_t stk_rows_decode(struct stk_telemetry *t, const uint8_t *ring, uint32_t slots, const struct stk_names *names);
uint32_t stk_rows_read(struct stk_telemetry *t, const struct stk_ring *ring, const uint32_t *tail, enum stk_feed feed,
                       const struct stk_names *names);

/* Fills the state of the control buffer: from `live` words, or from bytes when `live` is NULL. The caller has checked
 * that there are STK_CTL_WORDS_MIN words. */
void stk_control_decode(struct stk_control_state *state, const uint8_t *bytes, const uint32_t *live);

/* Makes the ticketed windows of the first `keys` keys in t->keys[0]. Cannot fail: there is room for a window for each
 * slot. */
void stk_windows_make(struct stk_telemetry *t, uint32_t keys);

#endif
