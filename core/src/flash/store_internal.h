/* The helpers that the files of the flash store share. The public calls are in stoker/store.h. The store knows the log
 * only through stoker/log.h, its sizes and stk_log_start_at: pages, bad blocks and power cuts are the work of the
 * log. */
#ifndef STK_SRC_STORE_INTERNAL_H
#define STK_SRC_STORE_INTERNAL_H

#include "log_internal.h"
#include "stoker/store.h"

/* Returns stk_store_largest for the geometry of the log, after stk_log_measure. */
uint32_t stk_store_largest_of(const struct stk_log *log);

/// Cells, as SPEC.md section 9 has them ///

enum stk_store_kind {
    STORE_DATA = 8,    /* up to 48 bytes of an artifact */
    STORE_HEAD = 9,    /* the begin of an artifact: its key and its size */
    STORE_TAIL = 10,   /* the end of an artifact: its hash, its size, and the sequence of its head */
    STORE_REMOVED = 11 /* the artifact of a key is forgotten */
};

#define STORE_KIND 8u /* a bit that is set in the kind of every cell of a store, and in no replay record */

/* Writes the body of a head, a tail or a removal, which have the same layout. `name` is the key, or in a tail the
 * hash. */
void stk_store_put_note(uint8_t body[STK_STORE_CELL_BYTES], const uint8_t name[STK_STORE_KEY_BYTES],
                        const struct stk_store_artifact *artifact);

/* Reads key, size and sequence of an artifact from its head. Of a removal only the key is meaningful. */
void stk_store_get_head(const struct stk_log_cell *cell, struct stk_store_artifact *artifact);

/* Returns the number of DATA cells between head and tail of an artifact of `bytes` bytes. */
static inline uint32_t stk_store_cells(uint32_t bytes) {
    return bytes / STK_STORE_CELL_BYTES + (bytes % STK_STORE_CELL_BYTES != 0u ? 1u : 0u);
}

/* Returns the sequence of the tail. A put is one row of appends, so the sequences of an artifact have no gaps. */
static inline uint32_t stk_store_tail(const struct stk_store_artifact *artifact) {
    return artifact->sequence + 1u + stk_store_cells(artifact->bytes);
}

/* Returns 1 if the cell is the tail of the artifact. Does not compare the hash: mount has not read the data. */
int stk_store_is_tail(const struct stk_log_cell *cell, const struct stk_store_artifact *artifact);

/// Keys ///

#define STK_STORE_NONE 0u /* no entry; entry 0 holds no artifact, it only closes the circle of the others */

/* Returns the entry of `key`, or STK_STORE_NONE. */
uint32_t stk_store_entry_of(const struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES]);

/* Adds entry i, whose key no other entry has, to the tree by key, or removes entry i. store->count must be the number
 * of the entries in the tree before an add, and before a remove. */
void stk_store_tree_add(struct stk_store *store, uint32_t i);
void stk_store_tree_remove(struct stk_store *store, uint32_t i);

/// Index ///

/* Returns the entry of the oldest artifact, or STK_STORE_NONE when the index is empty. */
static inline uint32_t stk_store_oldest(const struct stk_store *store) {
    return store->entry[0].next[0];
}

/* Empties the index and clears the counters. */
void stk_store_clear(struct stk_store *store);

/* Makes `artifact` the artifact of its key. When the key has no entry yet, the caller makes sure that one is free. */
void stk_store_set(struct stk_store *store, const struct stk_store_artifact *artifact);

/* Takes entry i out of the index. Does nothing for STK_STORE_NONE. */
void stk_store_leave(struct stk_store *store, uint32_t i);

/* Takes entry i out of the index, counts it in stats.dropped and reports it to config.dropped. For artifacts that the
 * user did not remove. */
void stk_store_drop(struct stk_store *store, uint32_t i);

/* Returns 1 while the log is mounted. The log clears `ops` when a mount or a format fails. */
static inline int stk_store_mounted(const struct stk_store *store) {
    return store->log.config.flash.ops != NULL;
}

/// Mount ///

/* Fills the index after a mount of the log. `mounted` is the result of that mount; an error is returned as it is, with
 * an empty index. Returns as stk_store_mount. */
int stk_store_begin(struct stk_store *store, int mounted, struct stk_error_info *info);

/// Walks ///

/* Begins a walk over all cells with store->iter, in the part of the buffer that is for reading. Ends any other walk. */
int stk_store_walk(struct stk_store *store);

/* Returns 1 if cells were written between the cell before and this cell of a walk, and the medium could not give them
 * back. Call this after each cell, since it clears the counters of the walk. Cells between two boots do not count: a
 * power cut may have left these cells unreadable, and then they never were whole. */
int stk_store_in_doubt(struct stk_store *store);

/// Versions ///

/* Prepares stk_store_step for the open artifact: the first cell behind the head comes next. */
void stk_store_follow(struct stk_store *store);

/* Takes store->cell as the next cell of the open artifact. Returns 0 for a DATA cell, and sets store->filled to the
 * number of its bytes, 1 .. 48; returns 1 for the tail, if the hash is right; STK_E_CORRUPT for any other cell or a
 * wrong hash. */
int stk_store_step(struct stk_store *store);

/* Looks for an older version of the open artifact: the newest one of the same key that is whole, has the right hash,
 * and was not removed. Reads every cell before the open artifact. Returns 1, and the older version is the open artifact
 * then; 0 there is none; STK_E_IO the older version may be among the cells that the medium cannot give back. */
int stk_store_older(struct stk_store *store);

#endif
