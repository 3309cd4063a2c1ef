/* The parts of the flash store. Private to its files. */
#ifndef STK_SRC_STORE_INTERNAL_H
#define STK_SRC_STORE_INTERNAL_H

#include "stoker/store.h"

/// Cells, as SPEC.md section 9 has them ///

enum stk_store_kind {
    STORE_DATA = 8,    /* bytes of an artifact */
    STORE_HEAD = 9,    /* an artifact begins: its key and size */
    STORE_TAIL = 10,   /* it ends: its hash, the sequence of its head, and its size */
    STORE_REMOVED = 11 /* a key's artifact is forgotten */
};

#define STORE_KIND 8u /* set in the kind of every cell of a store, and of no other log */

/* Writes what any cell but DATA says: a name, which is the key or, in a tail, the hash; and which artifact. */
void stk_store_put_note(uint8_t body[STK_STORE_CELL_BYTES], const uint8_t name[STK_STORE_KEY_BYTES],
                        const struct stk_store_artifact *artifact);

/* Reads a head. */
void stk_store_get_head(const struct stk_log_cell *cell, struct stk_store_artifact *artifact);

/* Cells between head and tail. */
static inline uint32_t stk_store_cells(uint32_t bytes) {
    return bytes / STK_STORE_CELL_BYTES + (bytes % STK_STORE_CELL_BYTES != 0u ? 1u : 0u);
}

/* The sequence of its tail. */
static inline uint32_t stk_store_tail(const struct stk_store_artifact *artifact) {
    return artifact->sequence + 1u + stk_store_cells(artifact->bytes);
}

/* Is the cell the artifact's tail? What its hash says is not looked at. */
int stk_store_is_tail(const struct stk_log_cell *cell, const struct stk_store_artifact *artifact);

/// Keys ///

#define STK_STORE_NONE 0u /* entry 0 is none: it closes the circle of the others */

/* Returns the entry of `key`, or STK_STORE_NONE. */
uint32_t stk_store_entry_of(const struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES]);

/* Adds entry i, whose key no other entry has, or removes it. store->count is the number of the others with it. */
void stk_store_tree_add(struct stk_store *store, uint32_t i);
void stk_store_tree_remove(struct stk_store *store, uint32_t i);

/// Index ///

static inline uint32_t stk_store_oldest(const struct stk_store *store) {
    return store->entry[0].next[0];
}

/* Empties the index and clears the counters. */
void stk_store_clear(struct stk_store *store);

/* Makes `artifact` the one of its key. A key without an entry needs a free one. */
void stk_store_set(struct stk_store *store, const struct stk_store_artifact *artifact);

/* Takes entry i out of the index; STK_STORE_NONE: does nothing. */
void stk_store_leave(struct stk_store *store, uint32_t i);

/* The same for one that the caller did not ask to go: counted and reported. */
void stk_store_drop(struct stk_store *store, uint32_t i);

static inline int stk_store_mounted(const struct stk_store *store) {
    return store->log.config.flash.ops != NULL;
}

/// Mount ///

/* The configuration of the store's log. */
struct stk_log_config stk_store_log_config(const struct stk_store *store);

/* Fills the index after the log was mounted, or failed to be with the error `mounted`. Returns as stk_store_mount. */
int stk_store_begin(struct stk_store *store, int mounted, struct stk_error_info *info);

/// Walks ///

/* Begins a walk over all cells, in the part of the buffer that is for reading. */
int stk_store_walk(struct stk_store *store);

/* Asked after each cell of a walk: were there cells between the one before and this one that were written and that the
 * medium could not give back? Cells between two boots do not count: a power cut may have left them so, and then they
 * never were anything. */
static inline int stk_store_in_doubt(struct stk_store *store) {
    int in_doubt = store->iter.corrupt != 0u && store->iter.unreadable != 0u && store->cell.boot == store->boot;
    store->iter.corrupt = 0;
    store->iter.unreadable = 0;
    store->boot = store->cell.boot;
    return in_doubt;
}

/// Versions ///

/* Begins to follow the open artifact: its first cell behind the head comes next. */
void stk_store_follow(struct stk_store *store);

/* Takes store->cell for the next one of the open artifact. Returns 0: its bytes, `filled` of them; 1: its tail, and the
 * hash is right; STK_E_CORRUPT another cell, or the hash is wrong. */
int stk_store_step(struct stk_store *store);

/* Looks for the newest whole version of the open artifact's key that is older than the open one, and that no removal
 * came after; its hash is right. Returns 1, and it is the open one; or 0; STK_E_IO it may be among what the medium
 * cannot give back. Reads each record before the open artifact. */
int stk_store_older(struct stk_store *store);

#endif
