/* stoker: telemetry, decodes the rows of the slots, from bytes and from a live ring. The bytes of an image do not
 * change, so the first way is written for speed. A live ring changes at any moment, so the second way is written to get
 * words that belong together. Windows are made in telemetry_windows.c, from the keys that both ways leave. */
#include "base/memory.h"
#include "stoker/config.h"
#include "stoker/le.h"
#include "ring/slot_words.h"
#include "telemetry_internal.h"

/* The eight statuses are counted in the eight bytes of one register: each status adds a 1 to its byte. That is much
 * faster than eight counters in memory, which have to be stored before they can be loaded again. A word that is no
 * status adds 0; tally() finds the number of these as what is missing. */
static const uint64_t unit[STK_STATUS_KINDS] = {1,
                                                (uint64_t)1 << 8,
                                                (uint64_t)1 << 16,
                                                (uint64_t)1 << 24,
                                                (uint64_t)1 << 32,
                                                (uint64_t)1 << 40,
                                                (uint64_t)1 << 48,
                                                (uint64_t)1 << 56,
                                                0};

#define TALLY_MAX 255u /* rows of one block, so that no byte of the register overflows */

/* Adds the counts of one block of `rows` rows to the occupancy. Rows that no byte counted have a status word that is no
 * status. */
static void tally(struct stk_occupancy *occupancy, uint64_t packed, uint32_t rows) {
    for (uint32_t s = 0; s < STK_UNKNOWN; s++) {
        uint32_t count = (uint32_t)(packed >> (8u * s)) & 0xFFu;
        occupancy->count[s] += count;
        rows -= count;
    }
    occupancy->count[STK_UNKNOWN] += rows;
}

/* Decodes one slot of an image. Returns the kind of its status. All words are loaded before the first one is stored, so
 * that a compiler may join the loads: it need not fear that a store changes the image. */
static inline uint32_t row_decode(struct stk_row *row, const uint8_t *slot) {
    uint32_t w[8];
    for (uint32_t i = 0; i < 8; i++) {
        w[i] = stk_get32(slot + 4u * i);
    }
    *row = (struct stk_row){w[0], w[1], w[2], w[3], {w[4], w[5], w[6], w[7]}};
    return stk_status_kind(w[STK_SLOT_STATUS]);
}

/* A block of consecutive slots of an image. */
struct block {
    struct stk_telemetry *t;
    const uint8_t *slot;   /* first slot of the block in the image; any alignment */
    uint32_t first, count; /* number of that slot in the ring; slots in the block, at most TALLY_MAX */
    uint32_t keys;         /* keys that the blocks before this one have made */
};

/* Decodes a block when no opcode was named. This function and the two behind it have the same parameters, since
 * stk_rows_decode() picks one of them. Each returns how many keys it made. */
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

/* Writes the key of a slot to *key. Returns 1 if `names` has the opcode of the slot, else 0. After a 0 the caller
 * writes the next key over this one. So no branch depends on the opcode. */
static uint32_t key_add(uint64_t *key, const struct stk_row *row, const struct stk_names *names, uint32_t slot) {
    const struct stk_name *name = stk_names_find(names, row->opcode);
    *key = stk_key_make(names, name, row->args[0], slot);
    return name->opcode == row->opcode;
}

/* Decodes a block and makes its keys, in two loops. Serves any table of names. */
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

/* Decodes a block and makes its keys in one loop, for a table in which every opcode is at its home. Rows and keys wait
 * for the same memory, so one loop waits once. */
static uint32_t rows_keyed_home(const struct block *block, const struct stk_names *names) {
    const struct stk_names named = *names; /* a copy: the compiler knows that no store below changes it */
    struct stk_row *rows = block->t->rows;
    uint64_t *keys = block->t->keys[0] + block->keys, *key = keys;
    const uint8_t *slot = block->slot;
    uint32_t end = block->first + block->count;
    uint64_t packed = 0;
    for (uint32_t i = block->first; i < end; i++, slot += STK_SLOT_BYTES) {
        /* These two words are loaded from the slot a second time. A load out of the row, which was just stored, would
         * be slower. */
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
    /* A call through a pointer, so that each way has the registers to itself. */
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

/* A live ring, and what tells whether a slot was published anew while its row was read. */
struct live {
    const struct stk_ring *ring;
    const uint32_t *tail; /* control word: tickets handed out; its changes matter under STK_FEED_TICKETS only */
    enum stk_feed feed;
    uint32_t seen; /* the tail as it was loaded before the present try of a row */
};

/* Loads the words of a row once. Returns false if the status has changed meanwhile. Every load acquires: the status is
 * loaded again after all of them. A word of the next life of a slot was stored by a publisher that had seen the slot
 * free. So a reader that loads this word, and then the status, finds the status changed. */
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

/* Returns true if slot `i` got a ticket since live->seen, and moves live->seen on. Then the words may be of two lives,
 * although the status is the same as before. If the slot got no ticket, its words are those that were there when the
 * status was first loaded: the slot was not EMPTY then, so the publisher of its last ticket had finished.
 *
 * The first ticket from `before` on whose slot is `i` is (i - before) modulo slots further. It was handed out if it
 * lies before the tail. */
static bool reborn(struct live *live, uint32_t i) {
    uint32_t before = live->seen;
    live->seen = stk_load_acquire(live->tail);
    return ((i - before) & (live->ring->slots - 1u)) < live->seen - before;
}

/* Returns true if the words of a row changed, where there are no tickets to tell. A second collection must find every
 * word as the first one did; the status between the two says that nobody was writing them. */
static bool moved(const uint32_t *w, const struct stk_row *row) {
    struct stk_row again;
    return !row_collect(w, &again) || memcmp(row, &again, sizeof again) != 0;
}

/* Returns true if a publisher may be writing the words behind this status. An EMPTY slot may be written by any
 * publisher. A DONE slot may be written by a publisher without tickets; with tickets the harvest makes it EMPTY
 * first. */
static bool words_unsafe(const struct live *live, uint32_t status) {
    return live->feed != STK_FEED_NONE &&
           (status == STK_SLOT_EMPTY || (live->feed == STK_FEED_ANY && stk_status_publishable(status)));
}

/* Reads a row once. Returns what the row lost; STK_ROW_TORN: try again. With tickets each try asks reborn(), also when
 * the status has changed already: that call moves live->seen on for the next try. */
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

/* Fills a row, by as many tries as it takes, or STK_TELEMETRY_TRIES of them. A slot that changes under every try moves,
 * which is all that a watchdog needs to know; so the bound costs little, and a busy slot cannot hold up the caller. */
static enum stk_row_lost row_read(struct live *live, uint32_t i, struct stk_row *row) {
    for (uint32_t tries = 0; tries < STK_TELEMETRY_TRIES; tries++) {
        enum stk_row_lost lost = row_try(live, i, row);
        if (lost != STK_ROW_TORN) {
            return lost;
        }
    }
    /* The words of the last try may be of two lives, so none of them is left. */
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
