/* The keys of the flash store's index, as a crit-bit tree. Each node names the first bit in which the keys below it
 * differ, and the bits grow from the root to the leaves. So a search looks at no more nodes than a key has bits,
 * whatever keys there are: no choice of keys makes it slow, and nothing is hashed. A tree of n keys has n - 1 nodes.
 * Each entry has room for one node: that node is on the way to the entry's own leaf, and one entry has none. */
#include "base/memory.h"
#include "store_internal.h"

#define LEAF 0x80000000u /* in a link: the entry itself; else its node */

_Static_assert(STK_STORE_ENTRIES_MAX <= LEAF, "a link holds an entry and a bit");

static uint32_t bit_of(const uint8_t *key, uint32_t bit) {
    return (uint32_t)key[bit / 8u] >> (7u - bit % 8u) & 1u;
}

static uint32_t *next_link(struct stk_store *store, uint32_t node, const uint8_t *key) {
    struct stk_store_entry *e = &store->entry[node];
    return &e->child[bit_of(key, e->bit)];
}

/* Returns the entry at the end of the way that `key` takes: its own if it has one. The tree is not empty. */
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

/* Returns the first bit in which two keys differ; there is one. */
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
    uint32_t *link = &store->root, *to_own = NULL, *to_last = NULL; /* links that lead to nodes */
    while ((*link & LEAF) == 0u) {
        to_own = *link == i ? link : to_own;
        to_last = link;
        link = next_link(store, *link, e->artifact.key);
    }
    if (to_last) {
        uint32_t last = *to_last;
        struct stk_store_entry *free = &store->entry[last];
        *to_last = free->child[link == free->child];
        if (to_own && last != i) { /* the entry goes, so its node moves into the one that is free now */
            free->bit = e->bit;
            free->child[0] = e->child[0];
            free->child[1] = e->child[1];
            *to_own = last;
        }
    }
}
