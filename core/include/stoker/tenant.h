/* stoker: tenants.
 *
 * A fixed table of parties that share a ring. Each tenant has an id, a window of opcodes of its own, limits on
 * outstanding slots, staging bytes and resident handles, and counters. A program reaches a tenant through a handle.
 * Unregistering a tenant makes every copy of its handle stop publishing at once; slots that are already published run
 * to their end and are drained as before.
 *
 * Ids begin at 1. Tenant 0 is the host itself. The device runs the slots of a tenant only if the control buffer
 * authorises the id: for the ids 1 to n give n + 1 tenants to stk_control_init(), or in struct stk_device_config.
 *
 * Opcodes: a tenant publishes local opcodes, from 0 on. The handler of local opcode 5 of tenant 2 is the one with
 * opcode 0x40000000 + 2 * 0x100000 + 5, which stk_tenant_opcode() computes. No other tenant can run that handler.
 *
 * The limits of this table hold on the host, when a slot is published. Two other limits hold on the device: the claims
 * of a tenant in one round through the ring (stk_control_set_quota), and its share of payload and observables
 * (stk_control_set_shares).
 *
 * The life of a slot of a tenant, with a device of stoker/port/device.h:
 *
 *     err = stk_tenant_register(&tenants, &config, &tenant);
 *     err = stk_tenant_publish_ticket(&tenant, &device.publisher, &work, NULL, NULL);
 *     err = stk_device_wait(&device, &slot, NULL, timeout_ns);
 *     err = stk_tenant_note_drained(&tenant, 1, NULL); // after a fault too
 *
 * Threads: calls on the table (register, unregister, lookup, list, select) are made by one thread at a time. Calls on
 * one tenant may be made by any number of threads, but for reserving, releasing and stk_tenant_counters, which one
 * thread at a time makes for each tenant.
 */
#ifndef STOKER_TENANT_H
#define STOKER_TENANT_H

#include <stddef.h>
#include <stdint.h>

#include "stoker/arena.h"
#include "stoker/err.h"
#include "stoker/port/platform.h"
#include "stoker/publisher.h"
#include "stoker/ring.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Table ///

#define STK_TENANT_IDS_MAX                1023u /* ids 1 .. 1023: the next window would reach the reserved high bit */
#define STK_TENANT_OUTSTANDING_MAX        0x0FFFFFFFu /* most outstanding slots that are counted, whatever the quota */
#define STK_TENANT_TRIES                  64u /* lost swaps in a row before a call gives up with STK_E_WOULD_BLOCK */
#define STK_TENANT_ENTRY_BYTES            128u
#define STK_TENANT_BYTES(capacity)        STK_ALIGNED((size_t)(capacity)*STK_TENANT_ENTRY_BYTES)
#define STK_TENANT_DEFINE(name, capacity) STK_STORAGE_DEFINE(name, STK_TENANT_BYTES(capacity))

struct stk_tenant_entry; /* one tenant; private */

struct stk_tenants {
    struct stk_tenant_entry *entries; /* id i at i - 1 */
    uint32_t capacity;
    uint32_t issued; /* ids that were handed out at least once: 1 .. issued */
    uint32_t active; /* registered now */
};

/* Bytes of arena that a table of `capacity` tenants takes. STK_E_OVERFLOW above STK_TENANT_IDS_MAX. */
STK_MUST_CHECK int stk_tenant_bytes(uint32_t capacity, size_t *bytes);

/* An empty table for `capacity` tenants in `arena`, which must outlive it. STK_E_OVERFLOW above
 * STK_TENANT_IDS_MAX, STK_E_SPACE (arena.need says how many bytes would do). */
STK_MUST_CHECK int stk_tenants_init(struct stk_tenants *tenants, uint32_t capacity, struct stk_arena *arena);

/// Registering ///

#define STK_TENANT_UNBOUNDED UINT64_MAX

/* 0 counts as 1 in every quota: who may do nothing need not register. */
struct stk_tenant_config {
    const char *label;        /* for reports; kept, not copied; may be NULL */
    uint64_t max_outstanding; /* slots published and not yet drained */
    uint64_t max_staging_bytes;
    uint64_t max_handles;
};

/* Copy it freely. Unregistering ends all copies, and a later owner of the same id is another tenant. */
struct stk_tenant {
    struct stk_tenants *tenants;
    uint32_t id;
    uint32_t generation;
};

/* Registers a tenant; `config` NULL: no quotas, no label. Returns its id, 1 .. capacity. An id that
 * was never used comes first, in ascending order; once there is none, the lowest one that was
 * unregistered and has quiesced since. STK_E_FULL there is none. Looks at each entry at most once. */
STK_MUST_CHECK int stk_tenant_register(struct stk_tenants *tenants, const struct stk_tenant_config *config,
                                       struct stk_tenant *tenant);

/* Revokes tenant `id`: from here on its handles publish and reserve nothing. What it had reserved is
 * given back; what is outstanding runs to its end and is drained as before. STK_E_REVOKED there is no
 * such tenant. */
STK_MUST_CHECK int stk_tenant_unregister(struct stk_tenants *tenants, uint32_t id);

/* A handle of tenant `id`. STK_E_REVOKED there is no such tenant. */
STK_MUST_CHECK int stk_tenant_lookup(struct stk_tenants *tenants, uint32_t id, struct stk_tenant *tenant);

/* The ids of all registered tenants, ascending, into ids[0..cap). Returns how many. STK_E_SPACE cap is
 * below tenants->active. */
STK_MUST_CHECK int stk_tenants_list(const struct stk_tenants *tenants, uint32_t *ids, uint32_t cap);

/* Which tenants may run together: in ascending order of id, each that has no conflict with one taken
 * before it. `conflicts` is a square matrix with a row and a column per registered tenant, row by
 * row, in ascending order of id; two tenants conflict when either of their two cells is not 0, and
 * the diagonal says nothing. A matrix of any other size says nothing at all: every tenant is taken,
 * as in the reference. The ids go to ids[0..cap). Returns how many. STK_E_SPACE cap is below
 * tenants->active. O(n^2). */
STK_MUST_CHECK int stk_tenants_select(const struct stk_tenants *tenants, const uint32_t *conflicts, size_t cells,
                                      uint32_t *ids, uint32_t cap);

/// Publishing ///

/* In the error info of the calls below: index is the tenant's id. STK_E_REVOKED comes before every other
 * error: the tenant was unregistered, or its id has gone to another. */

/* The opcode on the wire of opcode `local` of this tenant's window, 0x40000000 + id * 2^20 + local.
 * STK_E_OPCODE `local` is 2^20 or more (info: value is local). */
STK_MUST_CHECK int stk_tenant_opcode(const struct stk_tenant *tenant, uint32_t local, uint32_t *opcode,
                                     struct stk_error_info *info);

/* Publishes `work` in slot `slot` of `ring`, work->opcode being local to the tenant's window and
 * work->tenant ignored. STK_E_OPCODE as stk_tenant_opcode; STK_E_QUOTA as many slots are outstanding as
 * the tenant may have (info: value is how many), or for a moment while another thread's publish is
 * being refused; then the errors of stk_ring_publish; STK_E_WOULD_BLOCK after STK_TENANT_TRIES lost swaps.
 * Nothing is changed on error. ISR-safe. */
STK_MUST_CHECK int stk_tenant_publish(const struct stk_tenant *tenant, struct stk_ring *ring, uint32_t slot,
                                      const struct stk_work *work, struct stk_error_info *info);

/* The same by ticket: errors and result of stk_publisher_publish. */
STK_MUST_CHECK int stk_tenant_publish_ticket(const struct stk_tenant *tenant, struct stk_publisher *publisher,
                                             const struct stk_work *work, uint32_t *ticket,
                                             struct stk_error_info *info);

/* Says that `slots` slots of the tenant came to an end and were harvested, whether DONE, FAULT or
 * cancelled. A revoked tenant is drained likewise. STK_E_UNDERFLOW fewer are outstanding (info: value
 * is how many); STK_E_WOULD_BLOCK after STK_TENANT_TRIES lost swaps. ISR-safe. */
STK_MUST_CHECK int stk_tenant_note_drained(const struct stk_tenant *tenant, uint64_t slots,
                                           struct stk_error_info *info);

/* Waits until none of the tenant's slots is outstanding. Looks at least once, and waits at most `timeout_ns`
 * (deadline.h): 0 does not wait, UINT64_MAX never ends. The call stops nobody from publishing: unregister first for an
 * end that lasts. Once it succeeded on an unregistered tenant, the id may go to another tenant.
 * STK_E_TIMEOUT (info: value is how many slots are outstanding), or an error of the port's wait. */
STK_MUST_CHECK int stk_tenant_quiesce(const struct stk_tenant *tenant, const struct stk_platform_port *platform,
                                      uint64_t timeout_ns, struct stk_error_info *info);

/// Reserving ///

/* Takes `bytes` bytes or `handles` handles of the quota. STK_E_OVERFLOW the sum passes 2^64;
 * STK_E_QUOTA (info: value is what is reserved already). */
STK_MUST_CHECK int stk_tenant_reserve_staging(const struct stk_tenant *tenant, uint64_t bytes,
                                              struct stk_error_info *info);
STK_MUST_CHECK int stk_tenant_reserve_handles(const struct stk_tenant *tenant, uint64_t handles,
                                              struct stk_error_info *info);

/* Gives them back. STK_E_UNDERFLOW less is reserved (info: value is how much): 0 once the tenant is
 * unregistered, which gave everything back. */
STK_MUST_CHECK int stk_tenant_release_staging(const struct stk_tenant *tenant, uint64_t bytes,
                                              struct stk_error_info *info);
STK_MUST_CHECK int stk_tenant_release_handles(const struct stk_tenant *tenant, uint64_t handles,
                                              struct stk_error_info *info);

/// Counters ///

struct stk_tenant_counters {
    const char *label;
    uint32_t id;
    uint32_t revoked;     /* 1: unregistered */
    uint32_t published;   /* slots, modulo 2^32 */
    uint32_t drained;     /* slots, modulo 2^32 */
    uint32_t outstanding; /* published - drained */
    uint32_t quiesce_calls;
    uint32_t quiesce_timeouts;
    uint64_t max_outstanding;
    uint64_t staging_bytes, max_staging_bytes;
    uint64_t handles, max_handles;
};

/* STK_E_REVOKED only once the id has gone to another tenant. While other threads publish or drain, the
 * figures of slots may lag behind one another by the calls in progress. */
STK_MUST_CHECK int stk_tenant_counters(const struct stk_tenant *tenant, struct stk_tenant_counters *counters);

#ifdef __cplusplus
}
#endif
#endif
