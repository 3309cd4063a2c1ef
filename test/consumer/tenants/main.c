/* program: two tenants on one device, with telemetry. Each tenant has opcodes, a quota and a share of the payload of
 * its own. Tenant 1 publishes more than its quota allows, and tenant 2 reaches for the payload of tenant 1; both are
 * refused. A telemetry snapshot before the work and one after it say what the ring held and what the device did. */
#include <stdio.h>
#include <string.h>

#include <stoker/device_stop.h>
#include <stoker/handlers.h>
#include <stoker/port/device.h>
#include <stoker/port/posix.h>
#include <stoker/telemetry.h>
#include <stoker/tenant.h>
#include <stoker/watchdog.h>

#define SLOTS         16u
#define PAYLOAD_BYTES 4096u
#define SHARE_BYTES   1024u /* payload bytes of each tenant: tenant t has the bytes from t * SHARE_BYTES on */
#define WAIT_NS       UINT64_C(10000000000)

extern const struct stk_handlers my_handlers;

STK_DEVICE_INTERP_DEFINE(device_memory, SLOTS, 0, PAYLOAD_BYTES, STK_NO_TABLES);
STK_TENANT_DEFINE(tenant_memory, 2);
STK_TELEMETRY_DEFINE(telemetry_memory, SLOTS, 0);

static struct stk_device device;
static struct stk_tenants tenants;
static struct stk_tenant tenant[2]; /* ids 1 and 2 */
static struct stk_telemetry telemetry;
static struct stk_control control;

static int fail(const char *where, int err) {
    printf("%s: %s: %s\n", where, stk_err_name(err), stk_err_fix(err));
    return 1;
}

static int set_up(void) {
    const struct stk_device_config config = {.slots = SLOTS,
                                             .tenants = 3, /* 0, which stays the host's own, 1 and 2 */
                                             .payload_bytes = PAYLOAD_BYTES,
                                             .table_bytes = STK_NO_TABLES,
                                             .opencl = {STK_HANDLERS_OPENCL(my_handlers)},
                                             .interp = {STK_HANDLERS_INTERP(my_handlers)}};
    const struct stk_tenant_config quotas[2] = {{.label = "sums", .max_outstanding = 2},
                                                {.label = "maxima", .max_outstanding = 4}};
    const struct stk_telemetry_config rows = {.slots = SLOTS};
    struct stk_arena arena;
    int err;
    stk_arena_init(&arena, device_memory, sizeof device_memory);
    err = stk_device_open(&device, &config, &arena);
    printf("%s\n", device.reason);
    if (err < 0) {
        return err;
    }
    /* The shares are set before the first submission, while no worker runs. */
    err = stk_control_view(&control, device.memory.control, device.memory.control_words * sizeof(uint32_t));
    err = err < 0 ? err : stk_control_set_shares(&control, 0, SHARE_BYTES, NULL);
    stk_arena_init(&arena, tenant_memory, sizeof tenant_memory);
    err = err < 0 ? err : stk_tenants_init(&tenants, 2, &arena);
    for (int i = 0; i < 2 && err >= 0; i++) {
        err = stk_tenant_register(&tenants, &quotas[i], &tenant[i]);
    }
    stk_arena_init(&arena, telemetry_memory, sizeof telemetry_memory);
    return err < 0 ? err : stk_telemetry_init(&telemetry, &rows, &arena, NULL);
}

/* Publishes the tenant's handler 1 for the bytes [offset, offset + 16) of the payload. */
static int publish(const struct stk_tenant *who, uint32_t offset) {
    const uint32_t args[2] = {offset, 16};
    const struct stk_work work = {.opcode = 1, .nargs = 2, .args = args};
    return stk_tenant_publish_ticket(who, &device.publisher, &work, NULL, NULL);
}

/* Waits for the oldest slot, prints its end, and tells its tenant that the slot was harvested. */
static int take(void) {
    struct stk_slot slot = {0};
    int err = stk_device_wait(&device, &slot, NULL, WAIT_NS), drained;
    if (err != STK_OK && err != STK_E_SLOT_FAULT) {
        return err;
    }
    if (err == STK_OK) {
        printf("tenant %u: result %u\n", (unsigned)slot.tenant, (unsigned)slot.args[STK_RESULT_ARG]);
    } else {
        printf("tenant %u: %s, value %u\n", (unsigned)slot.tenant, stk_reason_name(slot.args[STK_FAULT_REASON_ARG]),
               (unsigned)slot.args[STK_FAULT_VALUE_ARG]);
    }
    drained = stk_tenant_note_drained(&tenant[slot.tenant - 1u], 1, NULL);
    return drained < 0 ? drained : STK_OK;
}

static int look(struct stk_snapshot *snapshot) {
    int err = stk_telemetry_read(&telemetry, &device.publisher.ring, &control, STK_FEED_TICKETS, NULL, NULL);
    *snapshot = telemetry.snapshot;
    return err;
}

int main(void) {
    struct stk_snapshot before, after;
    struct stk_watchdog progress;
    struct stk_tenant_counters counters;
    int err = set_up(), over = 0, closed;
    if (err < 0) {
        return fail("set_up", err);
    }
    for (uint32_t i = 0; i < PAYLOAD_BYTES; i++) {
        device.memory.payload[i] = (uint8_t)(i % 100u);
    }
    err = publish(&tenant[0], SHARE_BYTES);
    err = err < 0 ? err : publish(&tenant[0], SHARE_BYTES + 16u);
    over = publish(&tenant[0], SHARE_BYTES + 32u);
    err = err < 0 ? err : publish(&tenant[1], 2u * SHARE_BYTES);
    err = err < 0 ? err : publish(&tenant[1], SHARE_BYTES); /* the share of tenant 1 */
    err = err < 0 ? err : look(&before);
    while (err >= 0 && stk_publisher_pending(&device.publisher) > 0u) {
        err = take();
    }
    /* The counters of the device are exact once no worker runs. */
    err = err < 0 ? err : stk_device_stop(device.memory.control, &device.dispatch, &stk_posix_platform, WAIT_NS);
    err = err < 0 ? err : look(&after);
    err = err < 0 ? err : stk_watchdog(&before, &after, &progress, NULL);
    if (err < 0) {
        return fail("work", err);
    }
    printf("third slot of tenant 1: %s\n", stk_err_name(over));
    printf("in use before %u, after %u; ended by then %u, faulted %u\n",
           (unsigned)stk_occupancy_depth(&before.occupancy), (unsigned)stk_occupancy_depth(&after.occupancy),
           (unsigned)after.control.done_count, (unsigned)after.control.faults);
    for (int i = 0; i < 2; i++) {
        err = stk_tenant_counters(&tenant[i], &counters);
        printf("tenant %u (%s): published %u, outstanding %u of %llu\n", (unsigned)counters.id, counters.label,
               (unsigned)counters.published, (unsigned)counters.outstanding,
               (unsigned long long)counters.max_outstanding);
    }
    closed = stk_device_close(&device, WAIT_NS);
    return !(err == STK_OK && closed == STK_OK && over == STK_E_LIMIT && after.control.done_count == 3u &&
             after.control.faults == 1u);
}
