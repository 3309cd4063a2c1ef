/* Several threads publish through one handle while one harvests, one fills up the limit and one revokes: after a
 * quiesce nothing of the old owner is ever published, though its id has gone to another. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>

#include "stoker/atomic.h"
#include "stoker/port/posix.h"
#include "stoker/tenant.h"

#define SLOTS       16u
#define OUTSTANDING 5u
#define PUBLISHERS  3u
#define OWNERS      40u  /* one after the other, all with id 1 */
#define EACH        300u /* harvested of each before it is revoked */

STK_TENANT_DEFINE(table_memory, 1);
static _Alignas(64) uint8_t ring_memory[STK_RING_BYTES(SLOTS)];
static _Alignas(64) uint8_t control_memory[STK_CONTROL_BYTES(0)];
static struct stk_tenants tenants;
static struct stk_ring ring;
static struct stk_control control;
static struct stk_publisher publisher;
static uint32_t harvested, stop;

struct party {
    struct stk_tenant tenant;
    uint32_t owner, published;
    const char *failure;
};

/* Publishes until it is refused as revoked. */
static void *publish_all(void *arg) {
    struct party *self = arg;
    for (;;) {
        struct stk_work work = {7, 0, STK_PRIORITY_NORMAL, 1, &self->owner};
        int slot = stk_tenant_publish_ticket(&self->tenant, &publisher, &work, NULL, NULL);
        if (slot >= 0) {
            self->published++;
        } else if (slot == STK_E_LIMIT || slot == STK_E_FULL || slot == STK_E_WOULD_BLOCK) {
            sched_yield();
        } else {
            self->failure = slot == STK_E_REVOKED ? NULL : "refused for another reason";
            return NULL;
        }
    }
}

/* Works and harvests in one thread. Checks that each slot carries the number of the owner that is served now. */
static void *harvest_all(void *arg) {
    struct party *self = arg;
    struct stk_slot slot;
    while (stk_load_acquire(&stop) == 0) {
        uint32_t at = stk_publisher_oldest(&publisher) % SLOTS;
        if (stk_ring_transition(&ring, at, STK_TO_CLAIM) < 0 || stk_ring_transition(&ring, at, STK_TO_DONE) < 0 ||
            stk_publisher_harvest(&publisher, &slot, NULL) != STK_SLOT_DONE) {
            sched_yield();
            continue;
        }
        struct stk_tenant_counters c;
        if (slot.tenant != 1 || slot.args[0] != self->owner || stk_tenant_counters(&self->tenant, &c) != STK_OK ||
            c.outstanding > OUTSTANDING) {
            self->failure = "a slot of another owner, or more than the limit";
        }
        int err;
        while ((err = stk_tenant_note_drained(&self->tenant, 1, NULL)) == STK_E_WOULD_BLOCK) {
        }
        if (err != STK_OK) {
            self->failure = "a drain was refused";
        }
        stk_store_release(&harvested, stk_load(&harvested) + 1);
    }
    return NULL;
}

static void serve_one_owner(uint32_t owner) {
    struct stk_tenant_config config = {"owner", OUTSTANDING, 1, 1};
    struct party party[PUBLISHERS + 1] = {0};
    struct stk_tenant_counters c;
    pthread_t thread[PUBLISHERS + 1];
    uint32_t published = 0;
    assert_int_equal(stk_tenant_register(&tenants, &config, &party[0].tenant), 1);
    stk_store(&harvested, 0);
    stk_store(&stop, 0);
    for (uint32_t i = 0; i <= PUBLISHERS; i++) {
        party[i].tenant = party[0].tenant;
        party[i].owner = owner;
        assert_int_equal(pthread_create(&thread[i], NULL, i < PUBLISHERS ? publish_all : harvest_all, &party[i]), 0);
    }
    while (stk_load_acquire(&harvested) < EACH) {
        sched_yield();
    }
    assert_int_equal(stk_tenant_unregister(&tenants, 1), STK_OK);
    assert_int_equal(stk_tenant_quiesce(&party[0].tenant, &stk_posix_platform, UINT64_C(20000000000), NULL), STK_OK);
    stk_store_release(&stop, 1);
    for (uint32_t i = 0; i <= PUBLISHERS; i++) {
        assert_int_equal(pthread_join(thread[i], NULL), 0);
        assert_null(party[i].failure);
        published += party[i].published;
    }
    assert_int_equal(stk_tenant_counters(&party[0].tenant, &c), STK_OK);
    assert_int_equal(c.published, published);
    assert_int_equal(c.drained, stk_load(&harvested));
    assert_int_equal(c.outstanding, 0);
}

static void nothing_is_published_behind_a_quiesce(void **state) {
    struct stk_arena arena;
    (void)state;
    stk_arena_init(&arena, table_memory, sizeof table_memory);
    assert_int_equal(stk_tenants_init(&tenants, 1, &arena), STK_OK);
    assert_int_equal(stk_ring_init(&ring, ring_memory, sizeof ring_memory, SLOTS), STK_OK);
    assert_int_equal(stk_control_init(&control, control_memory, sizeof control_memory, 0, 1, 0), STK_OK);
    assert_int_equal(stk_publisher_init(&publisher, &ring, &control), STK_OK);
    for (uint32_t owner = 0; owner < OWNERS; owner++) {
        serve_one_owner(owner);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_published_behind_a_quiesce)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
