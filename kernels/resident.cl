/* stoker kernels: the entry of the kernel in OpenCL C. Each work-group is one worker. The host sets the arguments by
 * position (port/opencl/internal.h); a change of them is a new STK_OPENCL_ABI. */

#include "loop.h"
#include "loop_wide.h"

#if STK_TILED
/* A tile has whole rows of 128 bytes, and everything in local memory fits. Arrays of a negative size stop the
 * compiler. */
typedef char stk_tile_rows[STK_TILE_BYTES % 128u == 0u ? 1 : -1];
typedef char stk_local_fits[(STK_TILE_WORDS(STK_TILE_BYTES) + STK_SHARED_WORDS) * 4u <= STK_TILE_LOCAL_MAX ? 1 : -1];
#endif

__kernel STK_GROUP void stk_resident(__global stk_u32 *ring, __global stk_u32 *control, __global stk_u32 *debug,
                                     __global stk_u32 *io, __global stk_u8 *payload, const __global stk_u8 *tables,
                                     stk_u32 slots, stk_u32 control_words, stk_u32 debug_words, stk_u32 io_slots,
                                     stk_u32 payload_bytes, stk_u32 table_bytes, stk_u32 turns, stk_u32 idle_turns,
                                     __global stk_u32 *guards) {
    /* Local memory must be declared in the kernel function itself, so it is handed down from here. */
    STK_LOCAL stk_u32 shared[STK_SHARED_WORDS];
#if STK_TILED
    __local stk_u32 tile[STK_TILE_WORDS(STK_TILE_BYTES)];
#endif
    struct stk_worker w;
    struct stk_dev d;
    d.ring = ring;
    d.control = control;
    d.debug = debug;
    d.io = io;
    d.payload = payload;
    d.tables = tables;
    d.guards = guards;
#if STK_TILED
    d.tile = tile;
#endif
    /* The host lays the table of limits behind the guards, and the mailboxes behind the limits. */
    d.limits = guards ? guards + slots + io_slots : 0;
    d.mail = 0;
    /* Mailboxes need several workers of several lanes, and a device whose own memory has room for them. */
    if (STK_LANES > 1 && guards && get_num_groups(0) > 1u && d.limits[STK_LIMIT_MAIL] != 0u) {
        d.mail = d.limits + STK_LIMIT_WORDS;
    }
    d.slots = slots;
    d.control_words = control_words;
    d.debug_words = debug_words;
    d.io_slots = io_slots;
    d.payload_bytes = payload_bytes;
    d.table_bytes = table_bytes;
    /* The kernel is launched in one dimension: the group is the worker. */
    d.worker = (stk_u32)get_group_id(0);
    d.workers = (stk_u32)get_num_groups(0);
    stk_worker_run(&d, &w, shared, turns, idle_turns);
}
