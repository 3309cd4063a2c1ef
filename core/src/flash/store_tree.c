/* The keys of the index of the flash store, as a crit-bit tree. store_index.c has the same entries by age.
 *
 * Each node names the first bit in which the keys below the node differ, and the number of the bit
 * grows from the root to the leaves.
 * So a search looks at no more nodes than a key has bits: 256. No choice of keys makes a search slower, and nothing is
 * hashed. A tree of n keys has n - 1 nodes. Each entry has room for one node. The node of an entry is on the way to the
 * leaf of that entry, and one entry has no node. */
#include "base/memory.h"
#include "store_internal.h"

#define LEAF 0x80000000u /* bit of a link: set when the link leads to the entry itself, clear when to its node */

_Static_assert(STK_STORE_ENTRIES_MAX <= LEAF, "a link holds an entry and a bit");

/* Returns bit `bit` of a key, 0 .. 255; bit 0 is the highest bit of byte 0. */
static uint32_t bit_of(const uint8_t *key, uint32_t bit) {
    return (uint32_t)key[bit / 8u] >> (7u - bit % 8u) & 1u;
}

/* Returns the link by which a search for `key` leaves the node. A caller may change the link. */
static uint32_t *next_link(struct stk_store *store, uint32_t node, const uint8_t *key) {
    struct stk_store_entry *e = &store->entry[node];
    return &e->child[bit_of(key, e->bit)];
}

/* Returns the entry at the end of the way that `key` takes. If any entry has this key, it is this one; the caller
 * compares. The tree must not be empty. */
static uint32_t leaf_of(const struct stk_store *store, const uint8_t *key) {
    uint32_t link = store->root;
    while ((link & LEAF) == 0u) {
        const struct stk_store_entry *e = &store->entry[link];
        link = e->child[bit_of(key, e->bit)];
    }
    return link & ~LEAF;
}

uint32_t stk_store_entry_of(const struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES]) {
    uint32_t i = store->count == 0u ? STK_STORE_NONE : leaf_of(store, key);
    return i != STK_STORE_NONE && memcmp(store->entry[i].artifact.key, key, STK_STORE_KEY_BYTES) == 0 ? i
                                                                                                      : STK_STORE_NONE;
}

/* Returns the first bit in which two keys differ. The keys must differ, else the loop would leave them. */
static uint32_t first_difference(const uint8_t *a, const uint8_t *b) {
    uint32_t bit = 0;
    while (bit_of(a, bit) == bit_of(b, bit)) {
        bit++;
    }
    return bit;
}

void stk_store_tree_add(struct stk_store *store, uint32_t i) {
    struct stk_store_entry *e = &store->entry[i];
    const uint8_t *key = e->artifact.key;
    uint32_t *link = &store->root, side;
    if (store->count == 0u) {
        *link = i | LEAF;
        return;
    }
    /* The leaf at the end of the way has the longest beginning in common with `key` of all keys, so one comparison is
     * enough. The new node goes where the bits along the way pass the bit of the difference. */
    e->bit = first_difference(key, store->entry[leaf_of(store, key)].artifact.key);
    while ((*link & LEAF) == 0u && store->entry[*link].bit < e->bit) {
        link = next_link(store, *link, key);
    }
    side = bit_of(key, e->bit);
    e->child[side] = i | LEAF;
    e->child[side ^ 1u] = *link;
    *link = i;
}

void stk_store_tree_remove(struct stk_store *store, uint32_t i) {
    const struct stk_store_entry *e = &store->entry[i];
    /* to_own leads to the node of the entry; to_last leads to the last node before the leaf, which goes with the
     * leaf. */
    uint32_t *link = &store->root, *to_own = NULL, *to_last = NULL;
    while ((*link & LEAF) == 0u) {
        to_own = *link == i ? link : to_own;
        to_last = link;
        link = next_link(store, *link, e->artifact.key);
    }
    if (to_last) {
        uint32_t last = *to_last;
        struct stk_store_entry *free = &store->entry[last];
        *to_last = free->child[link == free->child];
        if (to_own && last != i) { /* entry i goes, but its node is still needed: moves it into the entry of `last` */
            free->bit = e->bit;
            free->child[0] = e->child[0];
            free->child[1] = e->child[1];
            *to_own = last;
        }
    }
}
