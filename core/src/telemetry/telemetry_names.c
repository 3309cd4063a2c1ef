/* stoker: telemetry, the table of the opcodes named. */
#include "telemetry_internal.h"

#define FACTORS 8u /* hash factors to try for a table without collisions */

/* The greatest power of two that the room for `count` opcodes holds. */
static uint32_t entries_for(uint32_t count) {
    uint32_t entries = STK_NAME_ENTRIES;
    while (entries * 2u <= STK_NAME_ENTRIES * count) {
        entries *= 2u;
    }
    return entries;
}

_Static_assert(STK_NAME_ENTRIES *STK_TELEMETRY_OPCODES_MAX <= 1u << 16, "a hash has 16 bits");

/* Puts `name` into the first entry from its home on that holds `filler`. */
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

static void fill(struct stk_names *names, const uint64_t *opcodes) {
    const struct stk_name first = {(uint32_t)opcodes[0], 0};
    names->reach = 1;
    for (uint32_t i = 0; i <= names->mask; i++) {
        names->table[i] = first;
    }
    for (uint32_t rank = 1; rank < names->count; rank++) {
        put(names, (struct stk_name){(uint32_t)opcodes[rank], rank << STK_KEY_WINDOW}, first.opcode);
    }
    /* Last, since the others may have taken its home: it finds itself or a filler, which is the same. */
    put(names, first, first.opcode);
}

/* Ascending, each opcode once, in place. Returns how many. */
static uint32_t unique(uint64_t *sorted, uint32_t count) {
    uint32_t n = 1;
    for (uint32_t i = 1; i < count; i++) {
        sorted[n] = sorted[i];
        n += sorted[n] != sorted[n - 1];
    }
    return n;
}

void stk_names_make(struct stk_names *names, const struct stk_telemetry *t, const struct stk_opcodes *opcodes) {
    for (uint32_t i = 0; i < opcodes->count; i++) {
        t->keys[0][i] = opcodes->list[i];
    }
    uint64_t *sorted = stk_keys_sort(t->keys, t->bins, opcodes->count, 0);
    names->count = unique(sorted, opcodes->count);
    names->scale = (uint64_t)names->count << STK_KEY_WINDOW;
    names->mask = entries_for(names->count) - 1u;
    names->factor = 0x9E3779B1u;
    names->table = t->names;
    fill(names, sorted);
    for (uint32_t i = 1; i < FACTORS && names->reach > 1; i++) {
        names->factor *= 0x85EBCA6Bu;
        fill(names, sorted);
    }
}
