/* Calls that are made through the handle of a tenant. */
#include "tenant_world.h"

#include <stdlib.h>
#include <string.h>

/* The arguments of a call that its error messages repeat. */
struct request {
    const char *quota_class, *resource; /* of reservations */
    uint64_t n, cap;
};

/* Compares a refusal for a quota: what was asked for, what is used and the limit. */
static void expect_quota(struct vec *v, const struct stk_error_info *info, const struct request *r) {
    if (r->resource == NULL) {
        vec_expect_text(v, "class", "Backpressure");
        vec_expect_u64(v, "outstanding", info->value);
    } else {
        vec_expect_text(v, "class", r->quota_class);
        vec_expect_u64(v, "requested", r->n);
        vec_expect_u64(v, "used", info->value);
    }
    vec_expect_u64(v, "cap", r->cap);
}

/* Compares the class of an error and its payload. */
static void expect_class(struct vec *v, int err, const struct stk_error_info *info, const struct request *r) {
    switch (err) {
    case STK_E_REVOKED:
        vec_expect_text(v, "class", "Revoked");
        break;
    case STK_E_OPCODE:
        vec_expect_text(v, "class", "OpcodeOutOfRange");
        vec_expect_u64(v, "local_opcode", info->value);
        vec_expect_u64(v, "cap", STK_OP_TENANT_RANGE);
        break;
    case STK_E_LIMIT:
        expect_quota(v, info, r);
        break;
    case STK_E_UNDERFLOW:
        vec_expect_text(v, "class", "ResourceUnderflow");
        vec_expect_text(v, "resource", r->resource);
        vec_expect_u64(v, "requested", r->n);
        vec_expect_u64(v, "used", info->value);
        break;
    case STK_E_TIMEOUT:
        vec_expect_text(v, "class", "QuiesceTimeout");
        vec_expect_u64(v, "outstanding", info->value);
        break;
    default:
        vec_expect_text(v, "class", "Pipeline");
        vec_expect_text(v, "inner", cause_class(VEC_TENANT, err));
        vec_expect_text(v, "queue", cause_queue(VEC_TENANT, err));
        return;
    }
    vec_expect_u64(v, "tenant_id", info->index);
}

/* Compares the result of a call. Returns true if the call succeeded. */
static bool expect(struct vec *v, int err, const struct stk_error_info *info, const struct request *r) {
    vec_expect_text(v, "result", err < 0 ? "err" : "ok");
    if (err < 0) {
        expect_class(v, err, info, r);
        cause_expect(v, VEC_TENANT, err);
    }
    return err >= 0;
}

/* For a record "global_opcode": compares the opcode on the wire of a tenant's local opcode. */
static void do_global_opcode(struct vec *v, struct world *w) {
    const struct tenant_seat *seat = tenant_seat_of(v, w);
    const struct request r = {0};
    struct stk_error_info info = {0};
    uint32_t opcode = 0;
    if (seat != NULL && expect(v, stk_tenant_opcode(&seat->handle, vec_u32(v, "local"), &opcode, &info), &info, &r)) {
        vec_expect_u64(v, "global", opcode);
    }
}

/* Reserves or releases one of the two resources. */
static void resource(struct vec *v, struct world *w, bool staging, bool take) {
    const struct tenant_seat *seat = tenant_seat_of(v, w);
    struct stk_tenant_counters c = {0};
    struct stk_error_info info = {0};
    uint64_t n = vec_u64(v, "n");
    int (*const call[2][2])(const struct stk_tenant *, uint64_t, struct stk_error_info *) = {
        {stk_tenant_release_handles, stk_tenant_reserve_handles},
        {stk_tenant_release_staging, stk_tenant_reserve_staging},
    };
    if (seat == NULL || stk_tenant_counters(&seat->handle, &c) != STK_OK) {
        return;
    }
    struct request r = {staging ? "StagingBackpressure" : "ResidentHandleBackpressure",
                        staging ? "staging_bytes" : "resident_handles", n,
                        staging ? c.max_staging_bytes : c.max_handles};
    (void)expect(v, call[staging][take](&seat->handle, n, &info), &info, &r);
}

static void do_reserve_staging(struct vec *v, struct world *w) {
    resource(v, w, true, true);
}

static void do_release_staging(struct vec *v, struct world *w) {
    resource(v, w, true, false);
}

static void do_reserve_resident(struct vec *v, struct world *w) {
    resource(v, w, false, true);
}

static void do_release_resident(struct vec *v, struct world *w) {
    resource(v, w, false, false);
}

/* Returns true if the reference refuses this record because the tenant was drained too often before. */
static bool is_refused_for_overdraft(struct vec *v, const struct tenant_seat *seat) {
    const char *queue = vec_has(v, "queue") ? vec_get(v, "queue") : "";
    return seat->overdrawn && strcmp(queue, "tenant") == 0;
}

/* For a record "publish": publishes for a tenant. A refusal that follows from draining too much is skipped. */
static void do_publish(struct vec *v, struct world *w) {
    const struct tenant_seat *seat = tenant_seat_of(v, w);
    struct stk_tenant_counters c = {0};
    struct stk_error_info info = {0};
    struct stk_ring ring;
    uint32_t *args;
    if (seat == NULL || is_refused_for_overdraft(v, seat) || stk_tenant_counters(&seat->handle, &c) != STK_OK) {
        v->skip = v->skip || seat != NULL;
        return;
    }
    struct request r = {.cap = c.max_outstanding};
    size_t nargs = vec_numbers(v, "args", ",", 1, &args);
    struct stk_work work = {vec_u32(v, "local"), 0, STK_PRIORITY_NORMAL, (uint32_t)nargs, args};
    int err = stk_ring_view(&ring, w->ring.p, w->ring.len);
    if (err == STK_OK) {
        err = stk_tenant_publish(&seat->handle, &ring, vec_u32(v, "slot"), &work, &info);
    }
    (void)expect(v, err, &info, &r);
    free(args);
}

/* For a record "note_drained": the reference takes any number; stoker refuses more than is outstanding, and later
 * records of this tenant are skipped. */
static void do_note_drained(struct vec *v, struct world *w) {
    struct tenant_seat *seat = tenant_seat_of(v, w);
    if (seat == NULL) {
        return;
    }
    if (stk_tenant_note_drained(&seat->handle, vec_u64(v, "n"), NULL) == STK_E_UNDERFLOW) {
        seat->overdrawn = true;
        v->skip = true;
    }
}

/* Returns the time of a clock that only sleeping moves. */
static uint64_t now_ns(void *ctx) {
    return *(uint64_t *)ctx;
}

static int sleep_ns(void *ctx, const uint32_t *word, uint32_t seen, uint64_t timeout_ns) {
    (void)word;
    (void)seen;
    (void)timeout_ns;
    /* Nobody drains meanwhile, so each sleep is long: a few sleeps use up any timeout. */
    *(uint64_t *)ctx += UINT64_MAX / 16u;
    return STK_E_TIMEOUT;
}

/* For a record "quiesce": waits until the tenant has no outstanding slot, for as many spins as the record says. */
static void do_quiesce(struct vec *v, struct world *w) {
    static const struct stk_platform_ops platform = {"conform", now_ns, sleep_ns, NULL};
    struct tenant_seat *seat = tenant_seat_of(v, w);
    const struct request r = {0};
    struct stk_error_info info = {0};
    uint64_t clock = 0, spins = vec_u64(v, "max_spins");
    if (seat == NULL) {
        return;
    }
    /* The greatest number of spins must end; a timeout of UINT64_MAX would not. */
    int err = stk_tenant_quiesce(&seat->handle, &(struct stk_platform_port){&platform, &clock},
                                 spins < UINT64_MAX ? spins : spins - 1u, &info);
    if (seat->overdrawn || (spins == 0 && err == STK_OK)) {
        seat->early = true;
        v->skip = true;
        return;
    }
    (void)expect(v, err, &info, &r);
}

/* For a record "counters": compares the counters of a tenant, but for those that differ since the two drained
 * differently. */
static void do_counters(struct vec *v, struct world *w) {
    const struct tenant_seat *seat = tenant_seat_of(v, w);
    struct stk_tenant_counters c;
    if (seat == NULL || stk_tenant_counters(&seat->handle, &c) != STK_OK) {
        return;
    }
    if (seat->overdrawn) {
        vec_skip(v, "drained");
        vec_skip(v, "outstanding");
    } else {
        vec_expect_u64(v, "drained", c.drained);
        vec_expect_u64(v, "outstanding", c.outstanding);
    }
    if (seat->early) {
        vec_skip(v, "quiesce_timeouts");
    } else {
        vec_expect_u64(v, "quiesce_timeouts", c.quiesce_timeouts);
    }
    vec_expect_u64(v, "published", c.published);
    vec_expect_u64(v, "max_outstanding_slots", c.max_outstanding);
    vec_expect_u64(v, "quiesce_calls", c.quiesce_calls);
    vec_expect_u64(v, "staging_bytes", c.staging_bytes);
    vec_expect_u64(v, "resident_handles", c.handles);
}

const struct handler tenant_call_handlers[] = {
    {"global_opcode", do_global_opcode},       {"reserve_staging", do_reserve_staging},
    {"release_staging", do_release_staging},   {"reserve_resident", do_reserve_resident},
    {"release_resident", do_release_resident}, {"tenant_publish", do_publish},
    {"note_drained", do_note_drained},         {"quiesce", do_quiesce},
    {"tenant_counters", do_counters},          {NULL, NULL},
};
