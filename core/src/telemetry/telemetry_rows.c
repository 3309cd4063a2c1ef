/* stoker: telemetry, rows from bytes and from a live ring. */
#include "base/memory.h"
#include "stoker/config.h"
#include "stoker/le.h"
#include "ring/slot_words.h"
#include "telemetry_internal.h"

/* Counts statuses in the eight bytes of one register, which is much faster than eight counters in memory that have to
 * be stored before they can be loaded again. */
static const uint64_t unit[STK_STATUS_KINDS] = {1,
                                                (uint64_t)1 << 8,
                                                (uint64_t)1 << 16,
                                                (uint64_t)1 << 24,
                                                (uint64_t)1 << 32,
                                                (uint64_t)1 << 40,
                                                (uint64_t)1 << 48,
                                                (uint64_t)1 << 56,
                                                0};

#define TALLY_MAX 255u /* rows that cannot overflow a byte */

static void tally(struct stk_occupancy *occupancy, uint64_t packed, uint32_t rows) {
    for (uint32_t s = 0; s < STK_UNKNOWN; s++) {
        uint32_t count = (uint32_t)(packed >> (8u * s)) & 0xFFu;
        occupancy->count[s] += count;
        rows -= count;
    }
    occupancy->count[STK_UNKNOWN] += rows;
}

/* Decodes one slot of an image. Returns the kind of its status. Every word is loaded before the first is stored, so
 * that a compiler may join them. */
static inline uint32_t row_decode(struct stk_row *row, const uint8_t *slot) {
    uint32_t w[8];
    for (uint32_t i = 0; i < 8; i++) {
        w[i] = stk_get32(slot + 4u * i);
    }
    *row = (struct stk_row){w[0], w[1], w[2], w[3], {w[4], w[5], w[6], w[7]}};
    return stk_status_kind(w[STK_SLOT_STATUS]);
}

/* Some slots of an image, TALLY_MAX at most. */
struct block {
    struct stk_telemetry *t;
    const uint8_t *slot;
    uint32_t first, count;
    uint32_t keys; /* made before */
};

/* Each of these returns how many keys it made. */
static uint32_t rows_plain(const struct block *block, const struct stk_names *names) {
    struct stk_row *row = block->t->rows + block->first;
    uint64_t packed = 0;
    for (uint32_t i = 0; i < block->count; i++) {
        uint32_t kind = row_decode(row + i, block->slot + (size_t)i * STK_SLOT_BYTES);
        if (STK_SMALL) {
            block->t->snapshot.occupancy.count[kind]++;
        } else {
            packed += unit[kind];
        }
    }
    if (!STK_SMALL) {
        tally(&block->t->snapshot.occupancy, packed, block->count);
    }
    (void)names;
    return 0;
}

static uint32_t key_add(uint64_t *key, const struct stk_row *row, const struct stk_names *names, uint32_t slot) {
    const struct stk_name *name = stk_names_find(names, row->opcode);
    *key = stk_key_make(names, name, row->args[0], slot);
    return name->opcode == row->opcode;
}

static uint32_t rows_keyed(const struct block *block, const struct stk_names *names) {
    const struct stk_row *row = block->t->rows + block->first;
    uint64_t *keys = block->t->keys[0] + block->keys;
    uint32_t made = 0;
    rows_plain(block, names);
    for (uint32_t i = 0; i < block->count; i++) {
        made += key_add(keys + made, row + i, names, block->first + i);
    }
    return made;
}

/* The same in one loop when every opcode is found at its home, since both wait for the same memory. */
static uint32_t rows_keyed_home(const struct block *block, const struct stk_names *names) {
    const struct stk_names named = *names; /* a copy, which no store below can change */
    struct stk_row *rows = block->t->rows;
    uint64_t *keys = block->t->keys[0] + block->keys, *key = keys;
    const uint8_t *slot = block->slot;
    uint32_t end = block->first + block->count;
    uint64_t packed = 0;
    for (uint32_t i = block->first; i < end; i++, slot += STK_SLOT_BYTES) {
        /* Loaded from the slot twice: out of the row, just stored, would be slower. */
        uint32_t opcode = stk_get32(slot + 4u * STK_SLOT_OPCODE);
        uint32_t ticket = stk_get32(slot + 4u * STK_SLOT_ARG0);
        packed += unit[row_decode(rows + i, slot)];
        const struct stk_name *name = named.table + stk_names_home(named.factor, named.mask, opcode);
        *key = stk_key_make(&named, name, ticket, i);
        key += name->opcode == opcode;
    }
    tally(&block->t->snapshot.occupancy, packed, block->count);
    return (uint32_t)(key - keys);
}

uint32_t stk_rows_decode(struct stk_telemetry *t, const uint8_t *ring, uint32_t slots, const struct stk_names *names) {
    uint32_t (*rows)(const struct block *block, const struct stk_names *names) = rows_plain;
    struct block block = {.t = t, .slot = ring};
    if (names->count > 0) {
        rows = !STK_SMALL && names->reach == 1 ? rows_keyed_home : rows_keyed;
    }
    t->snapshot.occupancy = (struct stk_occupancy){.slots = slots};
    if (slots > 0) {
        memset(t->lost, STK_ROW_WHOLE, slots);
    }
    for (; block.first < slots; block.first += block.count) {
        block.slot = ring + (size_t)block.first * STK_SLOT_BYTES;
        block.count = slots - block.first > TALLY_MAX ? TALLY_MAX : slots - block.first;
        block.keys += rows(&block, names);
    }
    return block.keys;
}

/// Live ///

/* A live ring, and what is needed to know whether a slot got a new life. */
struct live {
    const struct stk_ring *ring;
    const uint32_t *tail; /* tickets handed out; used under STK_FEED_TICKETS */
    enum stk_feed feed;
    uint32_t seen; /* the tail before this row */
};

/* Once through the row's words. False when the status changed meanwhile.
 * Acquire, on every word: the status is loaded again after all of them. A word of a slot's next life was stored by a
 * publisher that had seen the slot free, so whoever loads that word and then the status finds it changed. */
static inline bool row_collect(const uint32_t *w, struct stk_row *row) {
    row->status = stk_load_acquire(w + STK_SLOT_STATUS);
    row->opcode = stk_load_acquire(w + STK_SLOT_OPCODE);
    row->tenant = stk_load_acquire(w + STK_SLOT_TENANT);
    row->wire_priority = stk_load_acquire(w + STK_SLOT_PRIORITY);
    row->args[0] = stk_load_acquire(w + STK_SLOT_ARG0);
    row->args[1] = stk_load_acquire(w + STK_SLOT_ARG0 + 1);
    row->args[2] = stk_load_acquire(w + STK_SLOT_ARG0 + 2);
    row->args[3] = stk_load_acquire(w + STK_SLOT_ARG0 + 3);
    return stk_load_acquire(w + STK_SLOT_STATUS) == row->status;
}

/* Did slot `i` get a ticket since live->seen? Then the words may be of two lives, though the status is the same again.
 * Without one its words are those that were there when the status was first loaded: the slot was not EMPTY then, so the
 * publisher of its last ticket had finished. */
static bool reborn(struct live *live, uint32_t i) {
    uint32_t before = live->seen;
    live->seen = stk_load_acquire(live->tail);
    return ((i - before) & (live->ring->slots - 1u)) < live->seen - before;
}

/* The same without tickets: a second collection finds every word as the first did, and the status between the two says
 * that nobody was writing them. */
static bool moved(const uint32_t *w, const struct stk_row *row) {
    struct stk_row again;
    return !row_collect(w, &again) || memcmp(row, &again, sizeof again) != 0;
}

/* May a publisher be writing the words behind this status? */
static bool words_unsafe(const struct live *live, uint32_t status) {
    return live->feed != STK_FEED_NONE &&
           (status == STK_SLOT_EMPTY || (live->feed == STK_FEED_ANY && stk_status_publishable(status)));
}

/* One try; returns what it lost. */
static enum stk_row_lost row_try(struct live *live, uint32_t i, struct stk_row *row) {
    const uint32_t *w = stk_slot_at(live->ring, i);
    bool whole = row_collect(w, row);
    if (live->feed == STK_FEED_TICKETS && reborn(live, i)) {
        return STK_ROW_TORN;
    }
    if (whole && words_unsafe(live, row->status)) {
        *row = (struct stk_row){.status = row->status};
        return STK_ROW_WORDS;
    }
    if (whole && live->feed == STK_FEED_ANY) {
        whole = !moved(w, row);
    }
    return whole ? STK_ROW_WHOLE : STK_ROW_TORN;
}

/* Fills the row by as many tries as it takes, or as there are. */
static enum stk_row_lost row_read(struct live *live, uint32_t i, struct stk_row *row) {
    for (uint32_t tries = 0; tries < STK_TELEMETRY_TRIES; tries++) {
        enum stk_row_lost lost = row_try(live, i, row);
        if (lost != STK_ROW_TORN) {
            return lost;
        }
    }
    *row = (struct stk_row){0};
    return STK_ROW_TORN;
}

uint32_t stk_rows_read(struct stk_telemetry *t, const struct stk_ring *ring, const uint32_t *tail, enum stk_feed feed,
                       const struct stk_names *names) {
    struct live live = {ring, tail, feed, stk_load_acquire(tail)};
    struct stk_occupancy occupancy = {.slots = ring->slots};
    uint32_t keys = 0;
    for (uint32_t i = 0; i < ring->slots; i++) {
        struct stk_row *row = t->rows + i;
        enum stk_row_lost lost = row_read(&live, i, row);
        t->lost[i] = (uint8_t)lost;
        if (lost == STK_ROW_TORN) {
            occupancy.torn++;
        } else {
            occupancy.count[stk_status_kind(row->status)]++;
        }
        if (names->count > 0 && lost == STK_ROW_WHOLE) {
            keys += key_add(t->keys[0] + keys, row, names, i);
        }
    }
    t->snapshot.occupancy = occupancy;
    return keys;
}
