/* stoker port: dispatch by the interpreter, the kernel compiled as C and run on the caller's thread.
 *
 * It is the dispatcher of bare metal, the oracle of tests, and the fallback where there is no OpenCL device.
 * Freestanding. Drive runs handlers on the caller's thread for at most `turns` turns. Threads: any, one at a
 * time per object; not from an interrupt. Several objects may share one ring (worker, workers), each on a thread of its
 * own.
 *
 * A program without an operating system lays out the memory, opens the interpreter, and runs a slot:
 *
 *     err = stk_device_memory_init(&memory, &layout, &arena);
 *     err = stk_interp_open(&interp, &memory, &config);
 *     err = stk_ring_view(&ring, memory.ring, STK_RING_BYTES(memory.slots));
 *     err = stk_control_view(&control, memory.control, memory.control_words * sizeof(uint32_t));
 *     err = stk_publisher_init(&publisher, &ring, &control);
 *     err = stk_publisher_publish(&publisher, &work, NULL);
 *     while (stk_interp_ops.drive(&interp, true) == 1) {} // until there is nothing to do
 *     err = stk_publisher_harvest(&publisher, &slot, NULL); // STK_SLOT_DONE or STK_SLOT_FAULT
 */
#ifndef STOKER_PORT_INTERP_H
#define STOKER_PORT_INTERP_H

#include "stoker/limits.h"
#include "stoker/port/dispatch.h"
#include "stoker/reference.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Configuration of a worker. A 0 means the default. */
struct stk_interp_config {
    const struct stk_user_op *user_ops; /* handlers beside the built-in ones; may be NULL. Must outlive the port */
    uint32_t user_op_count;
    const struct stk_fused_op *fused_ops; /* opcodes that run several handlers; may be NULL. Must outlive the port */
    uint32_t fused_op_count;
    uint32_t turns;                    /* most turns of one drive; 0: 64. A turn finishes at most one slot */
    uint32_t idle_turns;               /* turns without a finished slot that end a drive; 0: the number of slots + 1 */
    const struct stk_user_cost *costs; /* costs of handlers and fused ops; may be NULL. Must outlive the port */
    uint32_t cost_count;
    const struct stk_limits *limits; /* limits of slots and tenants; NULL: none. Read during open only */
    /* number of this worker, and how many workers share the buffers, each with a port of its own on a thread of its
     * own; 0 of 0: the only one */
    uint32_t worker, workers;
    /* pace of this machine, if it was measured; all zero: unknown. The port sets pace.slots itself. */
    struct stk_pace pace;
};

/* A worker. Members are private; the counters can be read by info of stk_interp_ops. */
struct stk_interp {
    struct stk_device_memory memory;
    struct stk_interp_config config;
    uint64_t launches, lease_ends, idle_ends;
    uint32_t table[STK_LIMIT_WORDS]; /* table of limits that the worker reads */
};

extern const struct stk_dispatch_ops stk_interp_ops; /* its ctx is the struct stk_interp */

/* Binds the interpreter to the buffers in `memory`. The caller has laid the buffers out and keeps them until the last
 * call: stk_device_memory_init lays them out in one block of memory, which may be static. A caller with a buffer for
 * each part uses stk_device_memory_bind. `config` may be NULL for the defaults; all that its pointers name must outlive
 * the port, except `limits`. Errors:
 * - STK_E_ARG a NULL, no ring, no slots, a control buffer below STK_CTL_WORDS_MIN words, a worker that is not below
 *   `workers`, or limits that stk_limits_table refuses.
 * - STK_E_ALIGN a buffer is not aligned to 4 bytes. */
STK_MUST_CHECK int stk_interp_open(struct stk_interp *interp, const struct stk_device_memory *memory,
                                   const struct stk_interp_config *config);

#ifdef __cplusplus
}
#endif
#endif
