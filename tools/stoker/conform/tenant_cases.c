/* Tenants. Where stoker differs from the reference on purpose (README.md of the vectors), the record or field counts as
 * skipped: drains of more than is outstanding, which stoker refuses, and what follows from them for that tenant; a
 * deadline of 0 on a tenant that has nothing outstanding; ids whose window would reach the reserved bit. */
#include "tenant_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RING_SLOTS 4 /* where a file does not say */

/* Returns the tenants of this file. The first call makes the table, and a ring where the file has none. */
static struct tenant_world *world_of(struct world *w) {
    if (w->tenants == NULL) {
        struct tenant_world *t = vec_alloc(sizeof *t);
        struct stk_arena arena;
        stk_arena_init(&arena, t->memory, sizeof t->memory);
        if (stk_tenants_init(&t->table, STK_TENANT_IDS_MAX, &arena) != STK_OK) {
            abort();
        }
        w->tenants = t;
        if (w->ring.len == 0) {
            bytes_zero(&w->ring, STK_RING_BYTES(RING_SLOTS));
        }
    }
    return w->tenants;
}

struct tenant_seat *tenant_seat_of(struct vec *v, struct world *w) {
    uint64_t id = vec_u64(v, "id");
    struct tenant_world *t = world_of(w);
    if (id == 0 || id > STK_TENANT_IDS_MAX || t->seat[id].handle.tenants == NULL) {
        v->skip = id > STK_TENANT_IDS_MAX;
        if (!v->skip) {
            vec_differ(v, "id", "a tenant that was registered", vec_need(v, "id"));
        }
        return NULL;
    }
    return &t->seat[id];
}

/* Makes one registration; "attempt=n" makes all those up to the nth. */
static int enlist(struct vec *v, struct tenant_world *t, struct stk_tenant *handle) {
    struct stk_tenant_config config = {NULL, 0, 0, 0};
    bool bounded = vec_has(v, "quota") && strcmp(vec_get(v, "quota"), "unbounded") != 0;
    uint64_t *quota = NULL;
    if (bounded && vec_numbers64(v, "quota", ",", 3, &quota) == 3) {
        config = (struct stk_tenant_config){NULL, quota[0], quota[1], quota[2]};
    }
    free(quota);
    uint64_t upto = vec_has(v, "attempt") ? vec_u64(v, "attempt") : t->attempts + 1;
    int id = STK_E_ARG;
    while (t->attempts < upto && t->attempts < 1000000) {
        t->attempts++;
        id = stk_tenant_register(&t->table, bounded ? &config : NULL, handle);
        if (id > 0) {
            t->seat[id].handle = *handle;
        }
    }
    return id;
}

/* For a record "register": registers a tenant. The reference gives out more ids than can publish; such a record is
 * skipped. */
static void do_register(struct vec *v, struct world *w) {
    struct tenant_world *t = world_of(w);
    struct stk_tenant_counters c;
    struct stk_tenant handle;
    int id = enlist(v, t, &handle);
    (void)vec_get(v, "label");
    if (id == STK_E_FULL && vec_has(v, "id") && vec_u64(v, "id") > STK_TENANT_IDS_MAX) {
        v->skip = true;
        return;
    }
    vec_expect_text(v, "result", id < 0 ? "err" : "ok");
    if (id < 0) {
        vec_expect_text(v, "class", id == STK_E_FULL ? "RegistryFull" : stk_err_name(id));
        vec_skip(v, "issued"); /* the reference registers ids that can never publish */
        return;
    }
    vec_expect_u64(v, "id", (uint64_t)id);
    vec_expect_u64(v, "base_opcode", STK_OP_TENANT_BASE + (uint64_t)id * STK_OP_TENANT_RANGE);
    if (vec_has(v, "max_outstanding_slots") && stk_tenant_counters(&handle, &c) == STK_OK) {
        vec_expect_u64(v, "max_outstanding_slots", c.max_outstanding);
        vec_expect_u64(v, "max_staging_bytes", c.max_staging_bytes);
        vec_expect_u64(v, "max_resident_handles", c.max_handles);
    }
}

static void do_unregister(struct vec *v, struct world *w) {
    int err = stk_tenant_unregister(&world_of(w)->table, vec_u32(v, "id"));
    vec_expect_outcome(v, "result", "some", "none", err, STK_E_REVOKED);
}

static void do_lookup(struct vec *v, struct world *w) {
    struct stk_tenant handle;
    int err = stk_tenant_lookup(&world_of(w)->table, vec_u32(v, "id"), &handle);
    vec_expect_outcome(v, "result", "some", "none", err, STK_E_REVOKED);
}

/* Compares a list of ids. */
static void expect_ids(struct vec *v, const char *key, const uint32_t *ids, int count) {
    char text[8 * STK_TENANT_IDS_MAX] = "-";
    size_t len = 0;
    for (int i = 0; i < count; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, i == 0 ? "%u" : ",%u", (unsigned)ids[i]);
    }
    vec_expect_text(v, key, text);
}

static void do_active_tenants(struct vec *v, struct world *w) {
    uint32_t ids[STK_TENANT_IDS_MAX];
    expect_ids(v, "ids", ids, stk_tenants_list(&world_of(w)->table, ids, STK_TENANT_IDS_MAX));
}

static void do_active_count(struct vec *v, struct world *w) {
    vec_expect_u64(v, "value", world_of(w)->table.active);
}

/* For a record "select": compares which tenants may run together, by a matrix of conflicts. */
static void do_select(struct vec *v, struct world *w) {
    uint32_t ids[STK_TENANT_IDS_MAX], *cells;
    struct tenant_world *t = world_of(w);
    size_t count = vec_numbers(v, "adj", ",", 1, &cells);
    vec_expect_u64(v, "active", t->table.active);
    expect_ids(v, "selected", ids, stk_tenants_select(&t->table, cells, count, ids, STK_TENANT_IDS_MAX));
    free(cells);
}

static void do_ring_zeroed(struct vec *v, struct world *w) {
    uint64_t slots = vec_u64(v, "slots");
    if (slots > STK_RING_SLOTS_INIT_MAX || !vec_affords(v, "slots", slots * STK_SLOT_BYTES)) {
        vec_differ(v, "slots", "a ring that can be", vec_get(v, "slots"));
        return;
    }
    bytes_zero(&w->ring, STK_RING_BYTES(slots));
}

static void do_set_word(struct vec *v, struct world *w) {
    (void)world_of(w);
    bytes_set_word(v, &w->ring);
}

static void do_image(struct vec *v, struct world *w) {
    (void)world_of(w);
    vec_expect_image(v, w->ring.p, w->ring.len);
}

const struct handler tenant_handlers[] = {
    {"register", do_register},
    {"unregister", do_unregister},
    {"lookup", do_lookup},
    {"active_tenants", do_active_tenants},
    {"active_count", do_active_count},
    {"select_concurrent", do_select},
    {"ring_zeroed", do_ring_zeroed},
    {"set_word", do_set_word},
    {"image", do_image},
    {"image_fnv", do_image},
    {NULL, NULL},
};
