/* stoker port: struct stk_device, opening and closing. Open chooses between an OpenCL device and the interpreter, and
 * writes the reason of the choice. Submit and wait are in device_run.c; this file never runs work. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "device_internal.h"

/// Reason ///

/* Appends formatted text to device->reason. A text that does not fit is cut, since the reason is for people alone and
 * no program decides by it. */
__attribute__((format(printf, 2, 3))) static void add_reason(struct stk_device *device, const char *format, ...) {
    size_t used = strlen(device->reason);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(device->reason + used, sizeof device->reason - used, format, args);
    va_end(args);
}

/* Replaces the whole reason by `reason` and returns `err`, so that a caller can write `return refuse(...)`. */
static int refuse(struct stk_device *device, int err, const char *reason) {
    device->reason[0] = '\0';
    add_reason(device, "%s", reason);
    return err;
}

void stk_device_describe_opencl(struct stk_device *device) {
    /* Index: enum stk_residency. The "?" stands for 0, which no open device has. */
    static const char *const modes[] = {"?", "RESIDENT", "QUANTUM", "BATCH"};
    struct stk_dispatch_info info;
    device->dispatch.ops->info(device->dispatch.ctx, &info);
    device->reason[0] = '\0';
    add_reason(device, "%s (opencl, %s, %s; %u worker%s of %u lane%s)\n%s", info.device, modes[info.residency],
               info.memory, (unsigned)info.workers, info.workers == 1u ? "" : "s", (unsigned)info.lanes,
               info.lanes == 1u ? "" : "s", info.reason);
    if (device->opencl.passed_over[0]) {
        add_reason(device, "\npassed over: %s", device->opencl.passed_over);
    }
    if (device->opencl.persist_note[0]) {
        add_reason(device, "\nstore: %s", device->opencl.persist_note);
    }
}

/// Configuration ///

struct stk_device_config stk_device_defaults(const struct stk_device_config *config) {
    struct stk_device_config c = config ? *config : (struct stk_device_config){.kind = STK_DEVICE_ANY};
    c.slots = c.slots ? c.slots : 256u;
    c.observables = c.observables ? c.observables : 256u;
    c.tenants = c.tenants ? c.tenants : 1u;
    c.debug_records = c.debug_records ? c.debug_records : STK_DEBUG_RECORDS_DEFAULT;
    c.io_slots = c.io_slots ? c.io_slots : STK_IO_SLOTS_MAX;
    return c;
}

/* Checks the sizes and the kind of `c`, and sets *bytes to the arena bytes that the interpreter needs. The sizes are
 * checked for the interpreter even where an OpenCL device will open, so that one configuration is valid on each machine
 * or on none. */
static int check_sizes(struct stk_device *device, const struct stk_device_config *c, size_t *bytes) {
    const struct stk_opencl_config *o = &c->opencl;
    int err = stk_device_interp_bytes(c, bytes);
    if (err == STK_E_ARG) {
        return refuse(device, err, "slots: use a power of two, so that tickets stay in step with slots");
    }
    if (err != STK_OK) {
        return refuse(device, err, "slots, observables, tenants, debug_records or io_slots is above its maximum");
    }
    /* A size in `opencl` would hold for one of the two devices only: device_opencl.c overwrites all of these
     * members. */
    if ((o->slots | o->observables | o->tenants | o->debug_records | o->io_slots | o->payload_bytes | o->table_bytes) !=
        0u) {
        return refuse(device, STK_E_ARG, "opencl: set sizes in struct stk_device_config itself, which holds for both");
    }
    /* The cast makes a negative value, which a caller can store in an enum, a large one. */
    if ((unsigned)c->kind > STK_DEVICE_INTERP) {
        return refuse(device, STK_E_ARG, "kind: use STK_DEVICE_ANY, STK_DEVICE_OPENCL or STK_DEVICE_INTERP");
    }
    return STK_OK;
}

/* Checks that the arena has room for the interpreter. Takes the bytes and gives them back at once: so a program that is
 * short of memory fails on a machine with OpenCL too, and not only on the first machine without OpenCL. */
static int check_arena(struct stk_device *device, size_t bytes, struct stk_arena *arena) {
    size_t mark, need;
    if (!arena) {
        return refuse(device, STK_E_ARG, "arena: the interpreter needs memory; only STK_DEVICE_OPENCL goes without");
    }
    mark = stk_arena_mark(arena);
    if (!stk_arena_take(arena, bytes)) {
        need = arena->need;
        (void)refuse(device, STK_E_SPACE, "arena: too small for the interpreter");
        add_reason(device, ": %zu bytes would do, it has %zu", need, arena->size);
        return STK_E_SPACE;
    }
    stk_arena_release(arena, mark);
    return STK_OK;
}

/* Returns 1 if the interpreter has a handler for the opcode. */
static int interp_has(const struct stk_interp_config *interp, uint32_t opcode) {
    int has = 0;
    for (uint32_t i = 0; i < interp->user_op_count; i++) {
        has |= interp->user_ops[i].opcode == opcode;
    }
    for (uint32_t i = 0; i < interp->fused_op_count; i++) {
        has |= interp->fused_ops[i].opcode == opcode;
    }
    return has;
}

/* Returns an opcode of the OpenCL device's handlers that the interpreter has no handler for. Returns 0 if there is
 * none; 0 is NOP, which is built in, so no handler of a user has this opcode. */
static uint32_t missing_handler(const struct stk_device_config *c) {
    for (uint32_t i = 0; i < c->opencl.piece_count; i++) {
        /* A piece with opcode 0 is text that other pieces use, so the interpreter needs no handler for the piece. */
        uint32_t opcode = c->opencl.pieces[i].opcode;
        if (opcode != 0u && !interp_has(&c->interp, opcode)) {
            return opcode;
        }
    }
    for (uint32_t i = 0; i < c->opencl.fused_count; i++) {
        if (!interp_has(&c->interp, c->opencl.fused[i].opcode)) {
            return c->opencl.fused[i].opcode;
        }
    }
    return 0;
}

/// Opening and closing ///

/* Attaches the tickets to the ring that open laid out, and clears the payload, in which a handshake leaves words.
 * Clears the tables of the interpreter as well; the OpenCL port has cleared its own, of which the device may have a
 * copy that a store from here would not reach. */
static int attach(struct stk_device *device) {
    const struct stk_ring ring = {.words = device->memory.ring, .slots = device->memory.slots};
    const struct stk_control control = {.words = device->memory.control, .count = device->memory.control_words};
    if (device->memory.payload_bytes != 0u) {
        memset(device->memory.payload, 0, device->memory.payload_bytes);
    }
    if (device->kind == STK_DEVICE_INTERP && device->memory.table_bytes != 0u) {
        memset(device->memory.tables, 0, device->memory.table_bytes);
    }
    return stk_publisher_init(&device->publisher, &ring, &control);
}

/* Opens the interpreter. `reason` says why the interpreter is taken, and becomes the second line of device->reason. */
static int take_interp(struct stk_device *device, const struct stk_device_config *c, struct stk_arena *arena,
                       const char *reason) {
    int err = stk_device_open_interp(device, c, arena);
    if (err != STK_OK) {
        return refuse(device, err, "interp: the limits or the pace are not valid");
    }
    (void)refuse(device, STK_OK, "interpreter (the kernel as C on the calling thread)\n");
    add_reason(device, "%s", reason);
    return attach(device);
}

/* Says in the reason which opcode the interpreter has no handler for, and returns `err`. Appends to the reason, because
 * after an OpenCL device that failed the first line says why that device failed. */
static int refuse_missing_handler(struct stk_device *device, int err, uint32_t opcode) {
    add_reason(device, "%sthe interpreter has no handler for opcode 0x%x: add a row to interp.user_ops",
               device->reason[0] ? "\n" : "", (unsigned)opcode);
    return err;
}

/* Opens a device for a configuration whose sizes and memory are valid: the OpenCL device, or else the interpreter if
 * the kind allows it and no handler is missing. Every path leaves a reason behind. */
static int choose(struct stk_device *device, const struct stk_device_config *c, struct stk_arena *arena) {
    const uint32_t missing = missing_handler(c);
    int err;
    if (c->kind == STK_DEVICE_INTERP) {
        return missing != 0u ? refuse_missing_handler(device, STK_E_ARG, missing)
                             : take_interp(device, c, arena, "STK_DEVICE_INTERP was asked for");
    }
    err = stk_device_open_opencl(device, c);
    if (err == STK_OK) {
        stk_device_describe_opencl(device);
        return attach(device);
    }
    (void)refuse(device, err, device->opencl.reason[0] ? device->opencl.reason : stk_err_fix(err));
    if (c->kind == STK_DEVICE_OPENCL || err == STK_E_ARG) {
        /* STK_E_ARG is a mistake of the caller on every machine. Taking the interpreter would hide the mistake until
         * the program runs without OpenCL. */
        return err;
    }
    return missing != 0u ? refuse_missing_handler(device, err, missing)
                         : take_interp(device, c, arena, device->opencl.reason);
}

int stk_device_open(struct stk_device *device, const struct stk_device_config *config, struct stk_arena *arena) {
    const struct stk_device_config c = stk_device_defaults(config);
    size_t bytes = 0;
    int err;
    /* The object is zeroed first: stk_device_close() must work after any error, and finds STK_DEVICE_ANY and a closed
     * OpenCL port in a zeroed object. */
    memset(device, 0, sizeof *device);
    err = check_sizes(device, &c, &bytes);
    if (err == STK_OK && c.kind != STK_DEVICE_OPENCL) {
        err = check_arena(device, bytes, arena);
    }
    return err == STK_OK ? choose(device, &c, arena) : err;
}

int stk_device_close(struct stk_device *device, uint64_t timeout_ns) {
    /* A closed OpenCL port answers STK_OK, so this call is right for the interpreter as well, which has nothing to
     * release. */
    int err = stk_device_close_opencl(device, timeout_ns);
    if (err == STK_OK) {
        device->kind = STK_DEVICE_ANY;
    }
    return err;
}
