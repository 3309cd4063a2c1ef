/* Follows one version of an artifact cell by cell, and goes back to an older version. The index knows only the newest
 * version of a key; the flash keeps older versions until the log erases their blocks. An older version is needed when a
 * mount took an artifact for whole that a power cut had torn. */
#include "base/memory.h"
#include "store_internal.h"

void stk_store_follow(struct stk_store *store) {
    store->next = store->open.sequence + 1u;
    store->left = store->open.bytes;
    store->filled = 0;
    store->at = 0;
    stk_blake3_init_keyed(&store->hash, store->open.key);
}

int stk_store_step(struct stk_store *store) {
    const struct stk_log_cell *cell = &store->cell;
    uint8_t digest[STK_BLAKE3_OUT];
    uint32_t n = store->left < STK_STORE_CELL_BYTES ? store->left : STK_STORE_CELL_BYTES;
    if (n == 0u) {
        stk_blake3_digest(&store->hash, digest);
        return stk_store_is_tail(cell, &store->open) && memcmp(cell->body, digest, sizeof digest) == 0 ? 1
                                                                                                       : STK_E_CORRUPT;
    }
    if (cell->sequence != store->next || cell->kind != STORE_DATA ||
        stk_blake3_update(&store->hash, cell->body, n) != STK_OK) {
        return STK_E_CORRUPT;
    }
    store->next++;
    store->left -= n;
    store->filled = n;
    store->at = 0;
    return STK_OK;
}

/* Looks at one cell of a walk, for versions of the key of the open artifact. Returns 1 when the cell is the tail of a
 * whole version, which is then the open artifact; -1 when the cell removes the versions before it; else 0. *is_followed
 * is 1 while the open artifact is a version that is whole so far. */
static int look(struct stk_store *store, int *is_followed) {
    const struct stk_log_cell *cell = &store->cell;
    int state = *is_followed ? stk_store_step(store) : STK_E_CORRUPT;
    *is_followed = state == STK_OK;
    /* A cell that does not continue the version may itself be a head or a removal, so the look goes on for those. */
    if (state >= STK_OK || cell->kind == STORE_DATA || memcmp(cell->body, store->open.key, STK_STORE_KEY_BYTES) != 0) {
        return state == 1;
    }
    if (cell->kind == STORE_HEAD) {
        stk_store_get_head(cell, &store->open);
        stk_store_follow(store);
        *is_followed = 1;
    }
    return cell->kind == STORE_REMOVED ? -1 : 0;
}

int stk_store_older(struct stk_store *store) {
    const uint32_t end = store->open.sequence;
    uint32_t sequence = 0, bytes = 0;
    int found = 0, in_doubt = 0, is_followed = 0, got = stk_store_walk(store);
    while (got >= 0 && (got = stk_log_next_cell(&store->iter, &store->cell)) == 1 &&
           (int32_t)(store->cell.sequence - end) < 0) {
        int change;
        in_doubt |= stk_store_in_doubt(store);
        change = look(store, &is_followed);
        if (change != 0) {
            found = change;
            in_doubt = 0; /* cells that could not be read before this version or removal do not matter */
            sequence = store->open.sequence;
            bytes = store->open.bytes;
        }
    }
    in_doubt |= stk_store_in_doubt(store); /* cells between the last cell of the walk and the damaged artifact */
    store->open.sequence = sequence;
    store->open.bytes = bytes;
    return got < 0 ? got : in_doubt ? STK_E_IO : found == 1;
}
