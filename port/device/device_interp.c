/* A device to hold: the interpreter over the caller's memory. */
#include "device_internal.h"

int stk_device_interp_bytes(const struct stk_device_config *config, size_t *bytes) {
    const struct stk_device_config c = stk_device_defaults(config);
    if (c.slots > STK_RING_SLOTS_INIT_MAX || c.observables > STK_CONTROL_OBSERVABLES_INIT_MAX ||
        c.tenants > STK_CTL_TENANT_MASKS || c.debug_records > STK_DEVICE_DEBUG_RECORDS_MAX ||
        c.io_slots > STK_IO_SLOTS_MAX) {
        return STK_E_OVERFLOW;
    }
    if ((c.slots & (c.slots - 1u)) != 0u) {
        return STK_E_ARG;
    }
    *bytes = STK_ALIGNED(STK_RING_BYTES(c.slots)) + STK_ALIGNED(STK_CONTROL_BYTES(c.observables)) +
             STK_ALIGNED(STK_DEBUG_LOG_BYTES(c.debug_records)) + STK_ALIGNED(STK_IO_QUEUE_BYTES(c.io_slots)) +
             STK_ALIGNED(c.payload_bytes);
    return STK_OK;
}

/* Takes the five buffers from the arena and lays them out. */
static int lay_out(struct stk_device_memory *memory, const struct stk_device_config *c, struct stk_arena *arena) {
    struct stk_ring ring;
    struct stk_control control;
    struct stk_debug_log debug;
    struct stk_io_queue io;
    const size_t ring_bytes = STK_RING_BYTES(c->slots), control_bytes = STK_CONTROL_BYTES(c->observables);
    const size_t debug_bytes = STK_DEBUG_LOG_BYTES(c->debug_records), io_bytes = STK_IO_QUEUE_BYTES(c->io_slots);
    int err = stk_ring_init(&ring, stk_arena_take(arena, ring_bytes), ring_bytes, c->slots);
    err = err == STK_OK ? stk_control_init(&control, stk_arena_take(arena, control_bytes), control_bytes, 0, c->tenants,
                                           c->observables)
                        : err;
    err = err == STK_OK ? stk_debug_log_init(&debug, stk_arena_take(arena, debug_bytes), debug_bytes, c->debug_records)
                        : err;
    err = err == STK_OK ? stk_io_queue_init(&io, stk_arena_take(arena, io_bytes), io_bytes, c->io_slots) : err;
    if (err != STK_OK) {
        return err;
    }
    *memory = (struct stk_device_memory){
        .ring = ring.words,
        .slots = c->slots,
        .control = control.words,
        .control_words = control.count,
        .debug = debug.words,
        .debug_words = (uint32_t)(debug_bytes / 4u),
        .io = io.words,
        .io_slots = c->io_slots,
        .payload = stk_arena_take(arena, c->payload_bytes),
        .payload_bytes = c->payload_bytes,
    };
    return STK_OK;
}

int stk_device_open_interp(struct stk_device *device, const struct stk_device_config *config, struct stk_arena *arena) {
    const struct stk_device_config c = stk_device_defaults(config);
    struct stk_interp_config interp = c.interp;
    size_t mark = stk_arena_mark(arena);
    int err = lay_out(&device->memory, &c, arena);
    if (interp.turns == 0u) {
        interp.turns = c.slots + 1u; /* a drive sees each slot, wherever the one that is waited for lies */
    }
    err = err == STK_OK ? stk_interp_open(&device->interp, &device->memory, &interp) : err;
    if (err == STK_OK) {
        device->kind = STK_DEVICE_INTERP;
        device->dispatch = &stk_interp_ops;
        device->ctx = &device->interp;
    } else {
        stk_arena_release(arena, mark);
    }
    return err;
}
