/* Conformance: the tenants of one vector file. */
#ifndef TENANT_WORLD_H
#define TENANT_WORLD_H

#include "cases.h"

#include "stoker/tenant.h"

/* The state of one tenant id in the file. Handles stay after an unregister, as in the reference implementation. */
struct tenant_seat {
    struct stk_tenant handle; /* handle.tenants is NULL until it was registered */
    bool overdrawn;           /* the reference drained more than was outstanding; stoker refused */
    bool early;               /* a quiesce came to an end at once where the reference's timed out */
};

struct tenant_world {
    struct stk_tenants table;
    uint64_t attempts; /* registrations so far */
    struct tenant_seat seat[STK_TENANT_IDS_MAX + 1];
    _Alignas(STK_ALIGN) uint8_t memory[STK_ARENA_BYTES(STK_TENANT_BYTES(STK_TENANT_IDS_MAX))];
};

/* Returns the seat that "id=" names. Returns NULL when there is none, and then the record is failed or skipped. */
struct tenant_seat *tenant_seat_of(struct vec *v, struct world *w);

#endif
