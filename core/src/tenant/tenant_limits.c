/* stoker: what tenants reserve, and their counters. These are numbers alone: the library allocates no staging memory
 * and opens no handle. One thread at a time reserves and releases for a tenant, so plain words are enough. */
#include "tenant_internal.h"

/* Adds `n` to *used, which must stay at or below `most`. Checks the sum before it is made, since callers may pass any
 * number. */
static int reserve(const struct stk_tenant *tenant, uint64_t *used, uint64_t most, uint64_t n,
                   struct stk_error_info *info) {
    if (n > UINT64_MAX - *used) {
        return stk_fail(info, STK_E_OVERFLOW, tenant->id, *used);
    }
    if (*used + n > most) {
        return stk_fail(info, STK_E_LIMIT, tenant->id, *used);
    }
    *used += n;
    return STK_OK;
}

/* Returns 1 while the tenant is registered. */
static int is_open(const struct stk_tenant_entry *entry) {
    return (stk_load(&entry->word) & TENANT_CLOSED) == 0;
}

/* Takes `n` off *used. A tenant that was unregistered holds nothing: unregistering gives everything back by its flag
 * alone, because a store of 0 by another thread could meet a store of this one. */
static int release(const struct stk_tenant *tenant, const struct stk_tenant_entry *entry, uint64_t *used, uint64_t n,
                   struct stk_error_info *info) {
    uint64_t held = is_open(entry) ? *used : 0;
    if (n > held) {
        return stk_fail(info, STK_E_UNDERFLOW, tenant->id, held);
    }
    *used = held - n;
    return STK_OK;
}

/* Returns the entry of a tenant that may still reserve something; NULL: the handle is revoked. */
static struct stk_tenant_entry *open_entry_of(const struct stk_tenant *tenant) {
    struct stk_tenant_entry *entry = stk_tenant_entry_of(tenant);
    return entry != NULL && is_open(entry) ? entry : NULL;
}

int stk_tenant_reserve_staging(const struct stk_tenant *tenant, uint64_t bytes, struct stk_error_info *info) {
    struct stk_tenant_entry *e = open_entry_of(tenant);
    return e == NULL ? stk_tenant_revoked(tenant, info)
                     : reserve(tenant, &e->staging_bytes, e->max_staging_bytes, bytes, info);
}

int stk_tenant_reserve_handles(const struct stk_tenant *tenant, uint64_t handles, struct stk_error_info *info) {
    struct stk_tenant_entry *e = open_entry_of(tenant);
    return e == NULL ? stk_tenant_revoked(tenant, info) : reserve(tenant, &e->handles, e->max_handles, handles, info);
}

int stk_tenant_release_staging(const struct stk_tenant *tenant, uint64_t bytes, struct stk_error_info *info) {
    struct stk_tenant_entry *e = stk_tenant_entry_of(tenant);
    return e == NULL ? stk_tenant_revoked(tenant, info) : release(tenant, e, &e->staging_bytes, bytes, info);
}

int stk_tenant_release_handles(const struct stk_tenant *tenant, uint64_t handles, struct stk_error_info *info) {
    struct stk_tenant_entry *e = stk_tenant_entry_of(tenant);
    return e == NULL ? stk_tenant_revoked(tenant, info) : release(tenant, e, &e->handles, handles, info);
}

int stk_tenant_counters(const struct stk_tenant *tenant, struct stk_tenant_counters *counters) {
    const struct stk_tenant_entry *entry = stk_tenant_entry_of(tenant);
    if (entry == NULL) {
        return STK_E_REVOKED;
    }
    uint32_t word = stk_load_acquire(&entry->word); /* the drains that it counts come with it */
    uint32_t drained = stk_load(&entry->drained);
    counters->label = entry->label;
    counters->id = tenant->id;
    counters->revoked = (word & TENANT_CLOSED) != 0;
    counters->outstanding = word & TENANT_COUNT;
    counters->drained = drained;
    counters->published = drained + counters->outstanding;
    counters->quiesce_calls = stk_load(&entry->quiesce_calls);
    counters->quiesce_timeouts = stk_load(&entry->quiesce_timeouts);
    counters->max_outstanding = entry->max_outstanding;
    counters->staging_bytes = counters->revoked != 0 ? 0 : entry->staging_bytes;
    counters->max_staging_bytes = entry->max_staging_bytes;
    counters->handles = counters->revoked != 0 ? 0 : entry->handles;
    counters->max_handles = entry->max_handles;
    return STK_OK;
}
