/* Random calls against a naive model: every registration ever made is a record of its own, never reused. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "stoker/tenant.h"

#define CAPACITY 5u
#define SLOTS    6u
#define MOST     64u /* registrations of one execution */
#define RUNS     12u
#define STEPS    700u

struct model {
    struct stk_tenant handle;
    int open, quiesced, forgotten; /* forgotten: the id has another owner */
    uint64_t slots, staging_max, handles_max;
    uint64_t outstanding, drained, staging, handles;
    uint32_t calls, timeouts;
};

STK_TENANT_DEFINE(table_memory, CAPACITY);
static _Alignas(64) uint8_t ring_memory[STK_RING_BYTES(SLOTS)];
static struct stk_tenants tenants;
static struct stk_ring ring;
static struct model model[MOST];
static uint32_t models, seed;
static uint64_t now;

static uint32_t dice(uint32_t sides) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 16) % sides;
}

static uint64_t now_ns(void *ctx) {
    (void)ctx;
    return now;
}

static int sleep_ns(void *ctx, const uint32_t *word, uint32_t seen, uint64_t timeout_ns) {
    (void)ctx;
    (void)word;
    (void)seen;
    now += timeout_ns;
    return STK_E_TIMEOUT;
}

/* The owner of `id` that came last, NULL for none. */
static struct model *owner(uint32_t id) {
    for (uint32_t i = models; i-- > 0;) {
        if (model[i].handle.id == id) {
            return &model[i];
        }
    }
    return NULL;
}

static int expected_id(void) {
    for (uint32_t id = 1; id <= CAPACITY; id++) {
        if (owner(id) == NULL) {
            return (int)id;
        }
    }
    for (uint32_t id = 1; id <= CAPACITY; id++) {
        if (owner(id)->quiesced) {
            return (int)id;
        }
    }
    return STK_E_FULL;
}

static void step_register(void) {
    struct stk_tenant_config config = {NULL, dice(4), dice(50), dice(4)};
    struct stk_tenant handle;
    int want = models < MOST ? expected_id() : STK_E_FULL;
    if (models == MOST) {
        return;
    }
    assert_int_equal(stk_tenant_register(&tenants, &config, &handle), want);
    if (want < 0) {
        return;
    }
    if (owner((uint32_t)want) != NULL) {
        owner((uint32_t)want)->forgotten = 1;
    }
    model[models++] = (struct model){.handle = handle,
                                     .open = 1,
                                     .slots = config.max_outstanding ? config.max_outstanding : 1,
                                     .staging_max = config.max_staging_bytes ? config.max_staging_bytes : 1,
                                     .handles_max = config.max_handles ? config.max_handles : 1};
}

static void step_unregister(void) {
    uint32_t id = dice(CAPACITY + 2);
    struct model *m = owner(id);
    int there = m != NULL && m->open;
    assert_int_equal(stk_tenant_unregister(&tenants, id), there ? STK_OK : STK_E_REVOKED);
    if (there) {
        m->open = 0;
        m->staging = m->handles = 0;
    }
}

static void step_publish(struct model *m) {
    uint32_t slot = dice(SLOTS + 1), local = dice(8) == 0 ? STK_OP_TENANT_RANGE : dice(STK_OP_TENANT_RANGE);
    struct stk_work work = {local, 0, STK_PRIORITY_NORMAL, 0, NULL};
    int status = stk_ring_status(&ring, slot), want = STK_OK;
    if (!m->open) {
        want = STK_E_REVOKED;
    } else if (local >= STK_OP_TENANT_RANGE) {
        want = STK_E_OPCODE;
    } else if (m->outstanding >= m->slots) {
        want = STK_E_LIMIT;
    } else if (slot >= SLOTS) {
        want = STK_E_RANGE;
    } else if (status != STK_SLOT_EMPTY) {
        want = STK_E_STATUS;
    }
    assert_int_equal(stk_tenant_publish(&m->handle, &ring, slot, &work, NULL), want);
    m->outstanding += want == STK_OK;
}

static void step_drain(struct model *m) {
    uint64_t n = dice(3);
    int want = m->forgotten ? STK_E_REVOKED : n > m->outstanding ? STK_E_UNDERFLOW : STK_OK;
    assert_int_equal(stk_tenant_note_drained(&m->handle, n, NULL), want);
    if (want == STK_OK) {
        m->outstanding -= n;
        m->drained += n;
    }
    if (dice(2) == 0) {
        (void)!stk_ring_transition(&ring, dice(SLOTS), STK_TO_CANCEL);
    }
}

static void step_quiesce(struct model *m) {
    static const struct stk_platform_ops ops = {"model", now_ns, sleep_ns, NULL};
    static const struct stk_platform_port platform = {&ops, NULL};
    int want = m->forgotten ? STK_E_REVOKED : m->outstanding > 0 ? STK_E_TIMEOUT : STK_OK;
    assert_int_equal(stk_tenant_quiesce(&m->handle, &platform, dice(3), NULL), want);
    m->calls += !m->forgotten;
    m->timeouts += want == STK_E_TIMEOUT;
    m->quiesced |= want == STK_OK && !m->open;
}

static int want_reserve(const struct model *m, uint64_t used, uint64_t most, uint64_t n) {
    return !m->open ? STK_E_REVOKED : used + n > most ? STK_E_LIMIT : STK_OK;
}

static int want_release(const struct model *m, uint64_t used, uint64_t n) {
    return m->forgotten ? STK_E_REVOKED : n > used ? STK_E_UNDERFLOW : STK_OK;
}

static void step_resources(struct model *m) {
    uint64_t n = dice(30), k = dice(3);
    int want = want_reserve(m, m->staging, m->staging_max, n);
    assert_int_equal(stk_tenant_reserve_staging(&m->handle, n, NULL), want);
    m->staging += want == STK_OK ? n : 0;
    want = want_reserve(m, m->handles, m->handles_max, k);
    assert_int_equal(stk_tenant_reserve_handles(&m->handle, k, NULL), want);
    m->handles += want == STK_OK ? k : 0;
    n = dice(30);
    k = dice(3);
    want = want_release(m, m->staging, n);
    assert_int_equal(stk_tenant_release_staging(&m->handle, n, NULL), want);
    m->staging -= want == STK_OK ? n : 0;
    want = want_release(m, m->handles, k);
    assert_int_equal(stk_tenant_release_handles(&m->handle, k, NULL), want);
    m->handles -= want == STK_OK ? k : 0;
}

static void step_select(void) {
    uint32_t rows[CAPACITY], ids[CAPACITY], cells[CAPACITY * CAPACITY], n = 0, taken = 0;
    for (uint32_t id = 1; id <= CAPACITY; id++) {
        const struct model *m = owner(id);
        if (m != NULL && m->open) {
            rows[n++] = id;
        }
    }
    for (uint32_t i = 0; i < n * n; i++) {
        cells[i] = dice(5) == 0;
    }
    int count = stk_tenants_select(&tenants, cells, (size_t)n * n, ids, CAPACITY);
    for (uint32_t i = 0; i < n; i++) {
        int fits = 1;
        for (uint32_t k = 0; k < i; k++) { /* those before it that were taken */
            for (uint32_t t = 0; t < taken; t++) {
                fits &= ids[t] != rows[k] || (cells[i * n + k] == 0 && cells[k * n + i] == 0);
            }
        }
        if (fits) {
            assert_true((int)taken < count);
            assert_int_equal(ids[taken++], rows[i]);
        }
    }
    assert_int_equal(count, taken);
    assert_int_equal(tenants.active, n);
}

static void compare(const struct model *m) {
    struct stk_tenant_counters c;
    int err = stk_tenant_counters(&m->handle, &c);
    assert_int_equal(err, m->forgotten ? STK_E_REVOKED : STK_OK);
    if (err == STK_OK) {
        assert_int_equal(c.outstanding, m->outstanding);
        assert_int_equal(c.drained, m->drained);
        assert_int_equal(c.published, m->drained + m->outstanding);
        assert_int_equal(c.staging_bytes, m->staging);
        assert_int_equal(c.handles, m->handles);
        assert_int_equal(c.quiesce_calls, m->calls);
        assert_int_equal(c.quiesce_timeouts, m->timeouts);
        assert_int_equal(c.revoked, !m->open);
    }
}

static void step(void) {
    struct model *m = models > 0 ? &model[models - 1 - dice(models < 9 ? models : 9)] : NULL;
    uint32_t what = dice(16);
    if (m == NULL || what == 0) {
        step_register();
    } else if (what == 1) {
        step_unregister();
    } else if (what < 8) {
        step_publish(m);
    } else if (what < 12) {
        step_drain(m);
    } else if (what == 12) {
        step_quiesce(m);
    } else if (what == 13) {
        step_select();
    } else {
        step_resources(m);
    }
}

static void random_calls_agree_with_the_model(void **state) {
    (void)state;
    for (uint32_t run = 0; run < RUNS; run++) {
        struct stk_arena arena;
        stk_arena_init(&arena, table_memory, sizeof table_memory);
        assert_int_equal(stk_tenants_init(&tenants, CAPACITY, &arena), STK_OK);
        assert_int_equal(stk_ring_init(&ring, ring_memory, sizeof ring_memory, SLOTS), STK_OK);
        memset(model, 0, sizeof model);
        models = 0;
        seed = run;
        for (uint32_t i = 0; i < STEPS; i++) {
            step();
            for (uint32_t k = 0; k < models; k++) {
                compare(&model[k]);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_calls_agree_with_the_model)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
