/* The parts of the flash store. Private to its files. */
#ifndef STK_SRC_STORE_PARTS_H
#define STK_SRC_STORE_PARTS_H

#include "stoker/store.h"

/// Cells, as SPEC.md section 9 has them ///

enum store_kind {
    STORE_NOTE = 6, /* `status` says which */
    STORE_DATA = 7
};

enum store_note {
    STORE_HEAD = 0,   /* an artifact begins: its key and size */
    STORE_TAIL = 1,   /* it ends: its hash, first sequence and size */
    STORE_REMOVED = 2 /* a key's artifact is forgotten */
};

/* What a note says. */
struct store_note_body {
    uint8_t name[STK_STORE_KEY_BYTES]; /* the key; in a tail the hash */
    uint32_t bytes, head;
};

/* Makes a record of the bytes of a cell, and back. */
void stk_store_pack(struct stk_log_record *record, const uint8_t cell[STK_STORE_CELL_BYTES]);
void stk_store_unpack(const struct stk_log_record *record, uint8_t cell[STK_STORE_CELL_BYTES]);

void stk_store_put_note(uint8_t cell[STK_STORE_CELL_BYTES], const struct store_note_body *note);
void stk_store_get_note(const uint8_t cell[STK_STORE_CELL_BYTES], struct store_note_body *note);

/* Is the record a note of this kind? */
static inline int stk_store_is_note(const struct stk_log_record *record, enum store_note note) {
    return record->kind == STORE_NOTE && record->status == (uint32_t)note;
}

/* Records between head and tail. */
static inline uint32_t stk_store_cells(uint32_t bytes) {
    return bytes / STK_STORE_CELL_BYTES + (bytes % STK_STORE_CELL_BYTES != 0u ? 1u : 0u);
}

/// Index ///

/* Entry of `key`; count when it has none. */
uint32_t stk_store_entry_of(const struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES]);

void stk_store_add(struct stk_store *store, const struct stk_store_entry *entry);
void stk_store_leave(struct stk_store *store, uint32_t i);

/* The same for one that the caller did not ask to go. */
void stk_store_drop(struct stk_store *store, uint32_t i);

static inline int stk_store_mounted(const struct stk_store *store) {
    return store->log.config.flash != NULL;
}

/// Walks ///

/* A walk over all records, in the buffer that is for reading. */
int stk_store_walk(struct stk_store *store);

#endif
