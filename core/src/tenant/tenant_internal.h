/* stoker: one tenant of a table, and its state word. Private to the core. */
#ifndef STK_SRC_TENANT_INTERNAL_H
#define STK_SRC_TENANT_INTERNAL_H

#include "base/error_info.h"
#include "stoker/atomic.h"
#include "stoker/tenant.h"

/* The state word: outstanding slots in the low 28 bits, flags above them, so that one swap both counts a slot and sees
 * that the tenant is open. The two lowest bits of the generation are in the word too: a thread may load the word, sleep
 * while the id goes to another tenant, and swap; the generation makes this swap fail. */
#define TENANT_COUNT                  STK_TENANT_OUTSTANDING_MAX
#define TENANT_CLOSED                 (1u << 28) /* unregistered */
#define TENANT_QUIESCED               (1u << 29) /* unregistered, and no slot is outstanding: the id is free */
#define TENANT_GENERATION(generation) ((generation) << 30)

/* The words of 32 bits are atomic, and any thread may use them. The other fields belong to the thread that registers or
 * reserves. An entry begins on a cache line, so that the publishers of two tenants do not slow one another. */
struct stk_tenant_entry {
    _Alignas(STK_ALIGN) uint32_t word; /* the state word above */
    uint32_t generation;               /* number of the present owner of the id, from 1 on; wraps */
    uint32_t cap;                      /* most outstanding slots, 1 .. TENANT_COUNT */
    uint32_t drained;                  /* slots drained since the tenant was registered; wraps */
    uint32_t quiesce_calls;            /* calls of stk_tenant_quiesce; wraps */
    uint32_t quiesce_timeouts;         /* calls of stk_tenant_quiesce that ended with STK_E_TIMEOUT; wraps */
    const char *label;                 /* the caller's text; may be NULL */
    uint64_t max_outstanding;          /* limit of slots as the config has it, which may be above `cap` */
    uint64_t max_staging_bytes;        /* limit of reserved staging memory, in bytes; 1 or more */
    uint64_t staging_bytes;            /* reserved staging memory, in bytes */
    uint64_t max_handles;              /* limit of reserved handles; 1 or more */
    uint64_t handles;                  /* reserved handles */
};

_Static_assert(sizeof(struct stk_tenant_entry) == STK_TENANT_ENTRY_BYTES, "STK_TENANT_BYTES counts on this");

/* Returns the entry that a handle names; NULL: the id of the handle has gone to another tenant. A tenant that was
 * unregistered still has its entry until then, so that its slots can be drained. */
static inline struct stk_tenant_entry *stk_tenant_entry_of(const struct stk_tenant *tenant) {
    struct stk_tenant_entry *entry = &tenant->tenants->entries[tenant->id - 1];
    return stk_load(&entry->generation) == tenant->generation ? entry : NULL;
}

/* Returns STK_E_REVOKED, with the id in the error info. */
static inline int stk_tenant_revoked(const struct stk_tenant *tenant, struct stk_error_info *info) {
    return stk_fail(info, STK_E_REVOKED, tenant->id, 0);
}

/* Returns 1 if entry `index` is a registered tenant. Any index may be asked for: id 0 comes here as UINT32_MAX. */
static inline int stk_tenant_is_active(const struct stk_tenants *tenants, uint32_t index) {
    /* Acquire: what was registered before the word is seen with it. */
    return index < tenants->issued && (stk_load_acquire(&tenants->entries[index].word) & TENANT_CLOSED) == 0;
}

#endif
