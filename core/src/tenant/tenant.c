/* stoker: the table of tenants: who is registered, under which id, and which of them may run together. One thread at a
 * time makes the calls of this file; publishers use the entries meanwhile. */
#include "stoker/tenant.h"

#include "base/memory.h"
#include "tenant_internal.h"
#include "base/words_of.h"

int stk_tenant_bytes(uint32_t capacity, size_t *bytes) {
    if (capacity > STK_TENANT_IDS_MAX) {
        return STK_E_OVERFLOW;
    }
    return stk_size_of(STK_TENANT_BYTES(capacity), bytes);
}

int stk_tenants_init(struct stk_tenants *tenants, uint32_t capacity, struct stk_arena *arena) {
    size_t bytes;
    int err = stk_tenant_bytes(capacity, &bytes);
    if (err != STK_OK) {
        return err;
    }
    void *entries = stk_arena_take(arena, bytes);
    if (entries == NULL) {
        return STK_E_SPACE;
    }
    memset(entries, 0, bytes);
    tenants->entries = entries;
    tenants->capacity = capacity;
    tenants->issued = 0;
    tenants->active = 0;
    return STK_OK;
}

/* Returns the limit, and 1 for 0: a tenant that may do nothing need not register. */
static uint64_t at_least_one(uint64_t limit) {
    return limit == 0 ? 1 : limit;
}

/* Fills an entry for a new tenant. Threads that still have a handle of an earlier owner may read the entry meanwhile:
 * the generation is stored before the word that opens the entry, so that they see that their handle is old. */
static void open_entry(struct stk_tenant_entry *entry, const struct stk_tenant_config *config, uint32_t generation) {
    uint64_t slots = at_least_one(config->max_outstanding);
    entry->label = config->label;
    entry->max_outstanding = slots;
    entry->max_staging_bytes = at_least_one(config->max_staging_bytes);
    entry->staging_bytes = 0;
    entry->max_handles = at_least_one(config->max_handles);
    entry->handles = 0;
    stk_store(&entry->generation, generation);
    stk_store(&entry->cap, slots < TENANT_COUNT ? (uint32_t)slots : TENANT_COUNT);
    stk_store(&entry->drained, 0);
    stk_store(&entry->quiesce_calls, 0);
    stk_store(&entry->quiesce_timeouts, 0);
    /* Release: a thread that sees this word sees the new generation, and so that a handle of an earlier owner is
     * old. */
    stk_store_release(&entry->word, TENANT_GENERATION(generation));
}

/* Returns the index of a free entry, and writes the generation of its next owner to *generation; STK_E_FULL: there is
 * none. Ids that were never used come first. Ids that were used come back only once their slots have all ended. */
static int find_free(struct stk_tenants *tenants, uint32_t *generation) {
    *generation = 1;
    if (tenants->issued < tenants->capacity) {
        return (int)tenants->issued++;
    }
    for (uint32_t i = 0; i < tenants->capacity; i++) {
        /* Acquire: the last drain of the old owner is over before we clear its counters. */
        if ((stk_load_acquire(&tenants->entries[i].word) & TENANT_QUIESCED) != 0) {
            *generation = stk_load(&tenants->entries[i].generation) + 1;
            return (int)i;
        }
    }
    return STK_E_FULL;
}

int stk_tenant_register(struct stk_tenants *tenants, const struct stk_tenant_config *config,
                        struct stk_tenant *tenant) {
    /* A tenant that is registered without a config has no limits and no label. */
    static const struct stk_tenant_config unbounded = {NULL, STK_TENANT_UNBOUNDED, STK_TENANT_UNBOUNDED,
                                                       STK_TENANT_UNBOUNDED};
    uint32_t generation;
    int index = find_free(tenants, &generation);
    if (index < 0) {
        return index;
    }
    open_entry(&tenants->entries[index], config == NULL ? &unbounded : config, generation);
    tenants->active++;
    tenant->tenants = tenants;
    tenant->id = (uint32_t)index + 1;
    tenant->generation = generation;
    return index + 1;
}

int stk_tenant_unregister(struct stk_tenants *tenants, uint32_t id) {
    if (!stk_tenant_is_active(tenants, id - 1)) {
        return STK_E_REVOKED;
    }
    /* Adding sets the bit: it is clear, and only this thread sets it. Other threads may change the count in the word
     * meanwhile. */
    (void)stk_fetch_add(&tenants->entries[id - 1].word, TENANT_CLOSED);
    tenants->active--;
    return STK_OK;
}

int stk_tenant_lookup(struct stk_tenants *tenants, uint32_t id, struct stk_tenant *tenant) {
    if (!stk_tenant_is_active(tenants, id - 1)) {
        return STK_E_REVOKED;
    }
    tenant->tenants = tenants;
    tenant->id = id;
    tenant->generation = stk_load(&tenants->entries[id - 1].generation);
    return STK_OK;
}

int stk_tenants_list(const struct stk_tenants *tenants, uint32_t *ids, uint32_t cap) {
    return stk_tenants_select(tenants, NULL, 0, ids, cap);
}

/* Returns 1 if row `row` of the matrix has no conflict with any of rows[0 .. count). One of the two cells of a pair is
 * enough for a conflict, so the matrix need not be symmetric. */
static int goes_with(const uint32_t *conflicts, uint32_t side, const uint32_t *rows, uint32_t count, uint32_t row) {
    for (uint32_t i = 0; i < count; i++) {
        if (conflicts[(size_t)row * side + rows[i]] != 0 || conflicts[(size_t)rows[i] * side + row] != 0) {
            return 0;
        }
    }
    return 1;
}

int stk_tenants_select(const struct stk_tenants *tenants, const uint32_t *conflicts, size_t cells, uint32_t *ids,
                       uint32_t cap) {
    /* `ids` holds row numbers until the end, which needs no other memory. */
    uint32_t side = tenants->active, taken = 0;
    int judged = conflicts != NULL && cells == (size_t)side * side;
    if (cap < side) {
        return STK_E_SPACE;
    }
    for (uint32_t row = 0; row < side; row++) {
        if (!judged || goes_with(conflicts, side, ids, taken, row)) {
            ids[taken++] = row;
        }
    }
    /* Rows become ids: both ascend, so one walk over the table meets them in order. */
    for (uint32_t index = 0, row = 0, next = 0; next < taken; index++) {
        if (stk_tenant_is_active(tenants, index) && row++ == ids[next]) {
            ids[next++] = index + 1;
        }
    }
    return (int)taken;
}
