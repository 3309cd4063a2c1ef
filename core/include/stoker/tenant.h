/* stoker: tenants.
 *
 * A fixed table of parties that share a ring. Each tenant has an id, a window of opcodes of its own, limits on
 * outstanding slots, staging bytes and resident handles, and counters. A program reaches a tenant through a handle.
 * Unregistering a tenant makes every copy of its handle stop publishing at once; slots that are already published run
 * to their end and are drained as before.
 *
 * Ids begin at 1. Tenant 0 is the host itself. The device runs the slots of a tenant only if the control buffer
 * authorises the id: for the ids 1 to n give n + 1 tenants to stk_control_init(), or in struct stk_device_config. A
 * control buffer authorises ids up to 28. A slot of a higher id ends in FAULT with STK_REASON_TENANT.
 *
 * Opcodes: a tenant publishes local opcodes, from 0 on. The handler of local opcode 5 of tenant 2 is the one with
 * opcode 0x40000000 + 2 * 0x100000 + 5, which stk_tenant_opcode() computes. No other tenant can run that handler. Each
 * tenant has handlers of its own in the list of handlers (kernels/README.md). An opcode outside the windows, such as
 * STK_OP_SUM64, is for all tenants. The host publishes such a slot with stk_publisher_publish() and the id in
 * work.tenant. This table neither limits nor counts the slot.
 *
 * The limits of this table hold on the host, when a slot is published. Two other limits hold on the device: the claims
 * of a tenant in one ring scan (stk_control_set_quota), and its share of payload and observables
 * (stk_control_set_shares).
 *
 * The life of a slot of a tenant, with a device of stoker/port/device.h. The first two lines give each tenant a share
 * of the payload and of the observables. They come after the open of the device and before the first slot is published:
 *
 *     err = stk_control_view(&control, device.memory.control, device.memory.control_words * sizeof(uint32_t));
 *     err = stk_control_set_shares(&control, observables, payload_bytes, NULL);
 *     err = stk_tenant_register(&tenants, &config, &tenant);
 *     err = stk_tenant_publish_ticket(&tenant, &device.publisher, &work, NULL, NULL);
 *     err = stk_device_wait(&device, &slot, NULL, timeout_ns); // slot.tenant is the id of the tenant
 *     err = stk_tenant_lookup(&tenants, slot.tenant, &tenant);
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

#define STK_TENANT_IDS_MAX 1023u /* ids 1 .. 1023: the next window would reach the reserved high bit */
/* most outstanding slots of any tenant, also with a higher limit */
#define STK_TENANT_OUTSTANDING_MAX        0x0FFFFFFFu
#define STK_TENANT_TRIES                  64u /* lost swaps in a row before a call gives up with STK_E_WOULD_BLOCK */
#define STK_TENANT_ENTRY_BYTES            128u
#define STK_TENANT_BYTES(capacity)        STK_ALIGNED((size_t)(capacity)*STK_TENANT_ENTRY_BYTES)
#define STK_TENANT_DEFINE(name, capacity) STK_STORAGE_DEFINE(name, STK_TENANT_BYTES(capacity))

struct stk_tenant_entry; /* one tenant; private */

/* The fields are private, except `active` and `capacity`, which a caller may read. */
struct stk_tenants {
    struct stk_tenant_entry *entries; /* id i has entry i - 1 */
    uint32_t capacity;                /* most tenants at one time, 0 .. STK_TENANT_IDS_MAX */
    uint32_t issued;                  /* ids that were handed out at least once: 1 .. issued */
    uint32_t active;                  /* tenants that are registered now */
};

/* Writes the bytes of arena that a table of `capacity` tenants takes to *bytes. STK_E_OVERFLOW above
 * STK_TENANT_IDS_MAX. */
STK_MUST_CHECK int stk_tenant_bytes(uint32_t capacity, size_t *bytes);

/* Makes an empty table for `capacity` tenants. Takes STK_TENANT_BYTES(capacity) from `arena`, whose memory must outlive
 * the table. STK_E_OVERFLOW above STK_TENANT_IDS_MAX; STK_E_SPACE the arena is too small (arena.need says how many
 * bytes would do). */
STK_MUST_CHECK int stk_tenants_init(struct stk_tenants *tenants, uint32_t capacity, struct stk_arena *arena);

/// Registering ///

#define STK_TENANT_UNBOUNDED UINT64_MAX

/* Limits of a tenant. A limit of 0 counts as 1; STK_TENANT_UNBOUNDED is no limit. */
struct stk_tenant_config {
    const char *label;          /* name for reports; the caller's text, which must outlive the tenant; may be NULL */
    uint64_t max_outstanding;   /* slots published and not yet drained */
    uint64_t max_staging_bytes; /* bytes that stk_tenant_reserve_staging may take in all */
    uint64_t max_handles;       /* handles that stk_tenant_reserve_handles may take in all */
};

/* The handle of a tenant. A caller may copy it freely, and must not change its fields. Unregistering ends all copies;
 * a later owner of the same id is another tenant. */
struct stk_tenant {
    struct stk_tenants *tenants; /* table of the tenant */
    uint32_t id;                 /* 1 .. capacity; the tenant word of its slots */
    uint32_t generation;         /* tells this owner of the id from earlier and later ones */
};

/* Registers a tenant, and writes its handle to *tenant. `config` NULL: no limits, no label. Returns the id, 1 ..
 * capacity. An id that was never used comes first, in ascending order. Once all were used, the call takes the lowest
 * id that was unregistered and has quiesced since (stk_tenant_quiesce). STK_E_FULL there is no such id. Looks at each
 * entry at most once. */
STK_MUST_CHECK int stk_tenant_register(struct stk_tenants *tenants, const struct stk_tenant_config *config,
                                       struct stk_tenant *tenant);

/* Unregisters tenant `id`: from here on its handles publish and reserve nothing. What the tenant had reserved is given
 * back. Slots that are outstanding run to their end and are drained as before. STK_E_REVOKED there is no such
 * tenant. */
STK_MUST_CHECK int stk_tenant_unregister(struct stk_tenants *tenants, uint32_t id);

/* Writes a handle of tenant `id` to *tenant. STK_E_REVOKED there is no such tenant. */
STK_MUST_CHECK int stk_tenant_lookup(struct stk_tenants *tenants, uint32_t id, struct stk_tenant *tenant);

/* Writes the ids of all registered tenants, ascending, to ids[0 .. cap). Returns how many. STK_E_SPACE `cap` is below
 * tenants->active; nothing is written then. */
STK_MUST_CHECK int stk_tenants_list(const struct stk_tenants *tenants, uint32_t *ids, uint32_t cap);

/* Picks tenants that may run together: in ascending order of id, each tenant that has no conflict with one picked
 * before it. `conflicts` is a square matrix of `cells` words, with a row and a column for each registered tenant, row
 * by row, in ascending order of id. Two tenants conflict when either of their two cells is not 0; the diagonal has no
 * meaning. A matrix of any other size, or NULL, means that there are no conflicts, as in the reference. The ids go to
 * ids[0 .. cap). Returns how many. STK_E_SPACE `cap` is below tenants->active. O(n^2). */
STK_MUST_CHECK int stk_tenants_select(const struct stk_tenants *tenants, const uint32_t *conflicts, size_t cells,
                                      uint32_t *ids, uint32_t cap);

/// Publishing ///

/* In the error info of the calls below, `index` is the tenant's id; `info` may be NULL. STK_E_REVOKED comes before
 * every other error: the tenant was unregistered, or its id has gone to another tenant. */

/* Writes the opcode on the wire of opcode `local` of this tenant's window to *opcode: 0x40000000 + id * 2^20 + local.
 * STK_E_OPCODE `local` is 2^20 or more (info: value is `local`). Source: SPEC.md, 1.4. */
STK_MUST_CHECK int stk_tenant_opcode(const struct stk_tenant *tenant, uint32_t local, uint32_t *opcode,
                                     struct stk_error_info *info);

/* Publishes `work` in slot `slot` of `ring`. work->opcode is local to the tenant's window, 0 .. 2^20 - 1; work->tenant
 * is ignored. Nothing is changed on error. ISR-safe. Errors:
 * - STK_E_OPCODE as stk_tenant_opcode.
 * - STK_E_LIMIT as many slots are outstanding as the tenant may have (info: value is how many). While a publish of
 *   another thread is being refused, its slot counts for a moment.
 * - STK_E_WOULD_BLOCK this thread lost STK_TENANT_TRIES swaps in a row: try again.
 * - The errors of stk_ring_publish. */
STK_MUST_CHECK int stk_tenant_publish(const struct stk_tenant *tenant, struct stk_ring *ring, uint32_t slot,
                                      const struct stk_work *work, struct stk_error_info *info);

/* Publishes `work` as stk_tenant_publish does, in the slot of a ticket of `publisher`. *ticket (may be NULL) gets the
 * ticket. Returns what stk_publisher_publish returns, or an error as above. */
STK_MUST_CHECK int stk_tenant_publish_ticket(const struct stk_tenant *tenant, struct stk_publisher *publisher,
                                             const struct stk_work *work, uint32_t *ticket,
                                             struct stk_error_info *info);

/* Takes `slots` slots off those that are outstanding. Call it for slots that ended in DONE or FAULT and were harvested,
 * and for slots that were cancelled; also for a tenant that was unregistered. STK_E_UNDERFLOW fewer slots are
 * outstanding (info: value is how many); STK_E_WOULD_BLOCK this thread lost STK_TENANT_TRIES swaps in a row. Nothing is
 * changed on error. ISR-safe. */
STK_MUST_CHECK int stk_tenant_note_drained(const struct stk_tenant *tenant, uint64_t slots,
                                           struct stk_error_info *info);

/* Waits until none of the tenant's slots is outstanding. Looks at least once, and waits at most `timeout_ns`
 * (deadline.h): 0 does not wait, UINT64_MAX never ends. The call stops nobody from publishing. So unregister the tenant
 * first if no slot may follow. Once it succeeded on an unregistered tenant, the id may go to another tenant.
 * STK_E_TIMEOUT (info: value is how many slots are outstanding), or an error of the port's wait. */
STK_MUST_CHECK int stk_tenant_quiesce(const struct stk_tenant *tenant, const struct stk_platform_port *platform,
                                      uint64_t timeout_ns, struct stk_error_info *info);

/// Reserving ///

/* Reserves `bytes` bytes of staging memory, or `handles` handles, against the tenant's limit. The calls count; they
 * allocate and open nothing. STK_E_OVERFLOW the sum passes 2^64; STK_E_LIMIT the sum passes the limit. In both cases
 * info's value is what is reserved already, and nothing is changed. */
STK_MUST_CHECK int stk_tenant_reserve_staging(const struct stk_tenant *tenant, uint64_t bytes,
                                              struct stk_error_info *info);
STK_MUST_CHECK int stk_tenant_reserve_handles(const struct stk_tenant *tenant, uint64_t handles,
                                              struct stk_error_info *info);

/* Gives back what was reserved. STK_E_UNDERFLOW less is reserved (info: value is how much). Unregistering a tenant
 * gives everything back, so the value is 0 then. */
STK_MUST_CHECK int stk_tenant_release_staging(const struct stk_tenant *tenant, uint64_t bytes,
                                              struct stk_error_info *info);
STK_MUST_CHECK int stk_tenant_release_handles(const struct stk_tenant *tenant, uint64_t handles,
                                              struct stk_error_info *info);

/// Counters ///

struct stk_tenant_counters {
    const char *label;          /* label of the configuration; may be NULL */
    uint32_t id;                /* 1 .. capacity */
    uint32_t revoked;           /* 1: the tenant was unregistered */
    uint32_t published;         /* slots published since the tenant was registered, modulo 2^32 */
    uint32_t drained;           /* slots drained since then, modulo 2^32 */
    uint32_t outstanding;       /* slots published and not yet drained */
    uint32_t quiesce_calls;     /* calls of stk_tenant_quiesce, modulo 2^32 */
    uint32_t quiesce_timeouts;  /* calls of stk_tenant_quiesce that ended with STK_E_TIMEOUT, modulo 2^32 */
    uint64_t max_outstanding;   /* limit of outstanding slots, 1 or more */
    uint64_t staging_bytes;     /* reserved staging memory, in bytes */
    uint64_t max_staging_bytes; /* limit of reserved staging memory, in bytes; 1 or more */
    uint64_t handles;           /* reserved handles */
    uint64_t max_handles;       /* limit of reserved handles; 1 or more */
};

/* Copies the counters of a tenant to *counters, also after the tenant was unregistered. STK_E_REVOKED only once the id
 * has gone to another tenant. While other threads publish or drain, the counters of slots may differ by the calls in
 * progress. */
STK_MUST_CHECK int stk_tenant_counters(const struct stk_tenant *tenant, struct stk_tenant_counters *counters);

#ifdef __cplusplus
}
#endif
#endif
