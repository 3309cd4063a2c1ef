/* stoker port: struct stk_device over the interpreter. Computes the arena bytes, lays the buffers out in the caller's
 * arena, and opens the interpreter there. The choice of the device is in device.c. */
#include "device_internal.h"
#include "stoker/device_memory.h"

/* Returns the layout for a configuration with the defaults filled in. The members `align` and `no_shared_atomics` stay
 * 0: host and worker are the same CPU. */
static struct stk_device_layout layout_of(const struct stk_device_config *c) {
    return (struct stk_device_layout){
        .slots = c->slots,
        .observables = c->observables,
        .tenants = c->tenants,
        .debug_records = c->debug_records,
        .io_slots = c->io_slots,
        .payload_bytes = c->payload_bytes,
        .table_bytes = STK_DEVICE_TABLE_BYTES(c->table_bytes),
    };
}

int stk_device_interp_bytes(const struct stk_device_config *config, size_t *bytes) {
    const struct stk_device_config c = stk_device_defaults(config);
    struct stk_device_layout layout;
    if (c.slots > STK_RING_SLOTS_INIT_MAX || c.observables > STK_CONTROL_OBSERVABLES_INIT_MAX ||
        c.tenants > STK_CTL_TENANT_MASKS || c.debug_records > STK_DEVICE_DEBUG_RECORDS_MAX ||
        c.io_slots > STK_IO_SLOTS_MAX) {
        return STK_E_OVERFLOW;
    }
    /* A ticket counts to 2^32 and names slot `ticket % slots`. Only a power of two divides 2^32, so with any other
     * number the slots would jump where the ticket wraps. */
    if ((c.slots & (c.slots - 1u)) != 0u) {
        return STK_E_ARG;
    }
    layout = layout_of(&c);
    return stk_device_memory_bytes(&layout, bytes);
}

int stk_device_open_interp(struct stk_device *device, const struct stk_device_config *config, struct stk_arena *arena) {
    const struct stk_device_config c = stk_device_defaults(config);
    struct stk_interp_config interp = c.interp;
    const struct stk_device_layout layout = layout_of(&c);
    size_t mark = stk_arena_mark(arena);
    int err = stk_device_memory_init(&device->memory, &layout, arena);
    if (interp.turns == 0u) {
        /* One drive then looks at every slot of the ring, wherever the slot lies that the caller waits for. With fewer
         * turns a wait with a timeout of 0 could overlook a slot that is ready. */
        interp.turns = c.slots + 1u;
    }
    err = err == STK_OK ? stk_interp_open(&device->interp, &device->memory, &interp) : err;
    if (err == STK_OK) {
        device->kind = STK_DEVICE_INTERP;
        device->dispatch = (struct stk_dispatch_port){&stk_interp_ops, &device->interp};
    } else {
        stk_arena_release(arena, mark);
    }
    return err;
}
