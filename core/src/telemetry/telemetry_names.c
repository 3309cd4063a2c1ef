/* stoker: telemetry, the table of the named opcodes. It is made once in a decode and looked at for each slot
 * (stk_names_find), so it is worth the time to make it more than once until it has no collisions. */
#include "telemetry_internal.h"

/* Hash factors to try, in this order. The first factor without collisions is taken: then a slot needs one compare. If
 * every factor has collisions, the last factor is taken. */
#define FACTORS 8u

/* Returns the greatest power of two that fits into the memory for `count` opcodes. */
static uint32_t entries_for(uint32_t count) {
    uint32_t entries = STK_NAME_ENTRIES;
    while (entries * 2u <= STK_NAME_ENTRIES * count) {
        entries *= 2u;
    }
    return entries;
}

_Static_assert(STK_NAME_ENTRIES *STK_TELEMETRY_OPCODES_MAX <= 1u << 16, "a hash has 16 bits");

/* Puts `name` into the first entry from its home on that holds `filler`, and notes how far that was. Ends, because
 * fewer names than entries are put. */
static void put(struct stk_names *names, struct stk_name name, uint32_t filler) {
    uint32_t at = stk_names_home(names->factor, names->mask, name.opcode);
    uint32_t reach = 1;
    while (names->table[at & names->mask].opcode != filler) {
        at++;
        reach++;
    }
    names->table[at & names->mask] = name;
    names->reach = reach > names->reach ? reach : names->reach;
}

/* Fills the table with ascending opcodes, by the present factor. All entries begin as the first opcode, which has rank
 * 0. */
static void fill(struct stk_names *names, const uint64_t *opcodes) {
    const struct stk_name first = {(uint32_t)opcodes[0], 0};
    names->reach = 1;
    for (uint32_t i = 0; i <= names->mask; i++) {
        names->table[i] = first;
    }
    for (uint32_t rank = 1; rank < names->count; rank++) {
        put(names, (struct stk_name){(uint32_t)opcodes[rank], rank << STK_KEY_WINDOW}, first.opcode);
    }
    /* The first opcode comes last, since the others may have taken its home. It ends at an entry that holds it already,
     * so only the reach changes. */
    put(names, first, first.opcode);
}

/* Drops repetitions from ascending opcodes, in place. Returns how many are left; `count` is at least 1. */
static uint32_t unique(uint64_t *sorted, uint32_t count) {
    uint32_t n = 1;
    for (uint32_t i = 1; i < count; i++) {
        sorted[n] = sorted[i];
        n += sorted[n] != sorted[n - 1];
    }
    return n;
}

void stk_names_make(struct stk_names *names, const struct stk_telemetry *t, const struct stk_opcodes *opcodes) {
    /* The buffers of the keys are free until the rows are decoded, so the opcodes are sorted in them. */
    for (uint32_t i = 0; i < opcodes->count; i++) {
        t->keys[0][i] = opcodes->list[i];
    }
    uint64_t *sorted = stk_keys_sort(t->keys, t->bins, opcodes->count, 0);
    names->count = unique(sorted, opcodes->count);
    names->scale = (uint64_t)names->count << STK_KEY_WINDOW;
    names->mask = entries_for(names->count) - 1u;
    /* A prime near 2^32 divided by the golden ratio: opcodes that are neighbours land far apart (Knuth, TAOCP 3, 6.4).
     * The other factors are its products with another odd number, and so are odd too. */
    names->factor = 0x9E3779B1u;
    names->table = t->names;
    fill(names, sorted);
    for (uint32_t i = 1; i < FACTORS && names->reach > 1; i++) {
        names->factor *= 0x85EBCA6Bu;
        fill(names, sorted);
    }
}
