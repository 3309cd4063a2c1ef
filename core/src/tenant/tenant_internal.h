/* stoker: one tenant of a table. Private to the core. */
#ifndef STK_SRC_TENANT_INTERNAL_H
#define STK_SRC_TENANT_INTERNAL_H

#include "base/error_info.h"
#include "stoker/atomic.h"
#include "stoker/tenant.h"

/* The state word: outstanding slots in the low 28 bits, flags above them, so that one swap both counts
 * a slot and sees that the tenant is open. The two lowest bits of the generation make a swap fail
 * that slept while its id went to another tenant. */
#define TENANT_COUNT                  STK_TENANT_OUTSTANDING_MAX
#define TENANT_CLOSED                 (1u << 28) /* unregistered */
#define TENANT_QUIESCED               (1u << 29) /* and nothing was outstanding since: the id is free */
#define TENANT_GENERATION(generation) ((generation) << 30)

/* Words are atomic and of any thread; the rest belongs to the thread that registers or reserves. */
struct stk_tenant_entry {
    _Alignas(STK_ALIGN) uint32_t word;
    uint32_t generation;
    uint32_t cap; /* the quota of slots, as far as it is counted */
    uint32_t drained;
    uint32_t quiesce_calls, quiesce_timeouts;
    const char *label;
    uint64_t max_outstanding;
    uint64_t max_staging_bytes, staging_bytes;
    uint64_t max_handles, handles;
};

_Static_assert(sizeof(struct stk_tenant_entry) == STK_TENANT_ENTRY_BYTES, "STK_TENANT_BYTES counts on this");

/* The entry that a handle names, NULL when its id has gone to another tenant. */
static inline struct stk_tenant_entry *stk_tenant_entry_of(const struct stk_tenant *tenant) {
    struct stk_tenant_entry *entry = &tenant->tenants->entries[tenant->id - 1];
    return stk_load(&entry->generation) == tenant->generation ? entry : NULL;
}

static inline int stk_tenant_revoked(const struct stk_tenant *tenant, struct stk_error_info *info) {
    return stk_fail(info, STK_E_REVOKED, tenant->id, 0);
}

/* Is entry `index` a registered tenant? */
static inline int stk_tenant_is_active(const struct stk_tenants *tenants, uint32_t index) {
    /* Acquire: what was registered before the word is seen with it. */
    return index < tenants->issued && (stk_load_acquire(&tenants->entries[index].word) & TENANT_CLOSED) == 0;
}

#endif
