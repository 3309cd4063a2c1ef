/* stoker port: memory that host and kernel share, and the copies where they share none. These files alone write memory
 * of the port, with own.buffers and own.copies. */
#ifndef STK_PORT_OPENCL_MEMORY_H
#define STK_PORT_OPENCL_MEMORY_H

#include "../internal.h"

/// Shared memory: shared.c ///

/* Bytes up to which a buffer is cleared on the device. Larger buffers are payload, or tables that the host sends as a
 * whole. */
#define STK_OPENCL_ZEROED_MAX ((size_t)64 << 20)

/* Allocates `bytes` bytes of one kind of memory and maps them. STK_E_UNSUPPORTED: the device has no such memory.
 * STK_E_NOMEM. The reason is in cl->reason, and nothing is left allocated. */
int stk_opencl_region_open(struct stk_opencl *cl, enum stk_opencl_memory memory, size_t bytes,
                           struct stk_opencl_region *region);
/* Unmaps and releases a buffer. Memory that a driver may still write to stays allocated. An empty region is no
 * error. */
void stk_opencl_region_close(struct stk_opencl_region *region);

/* Makes the six regions the kernel's arguments, with as many words of the control buffer and bytes of the payload as
 * the kernel may touch. Where the device has tables of its own, these take the place of the region. */
int stk_opencl_set_args(struct stk_opencl *cl, const struct stk_opencl_region *regions, uint32_t control_words,
                        uint32_t payload_bytes);

/* Allocates all shared buffers of one kind, points cl->memory at them and lays them out. On error nothing is left
 * allocated. */
int stk_opencl_take(struct stk_opencl *cl, enum stk_opencl_memory memory);

/* Releases the buffers that stk_opencl_take and the copies allocated. Call it when no worker runs. */
void stk_opencl_give(struct stk_opencl *cl);

/* Puts ring, control buffer, debug log and I/O queue back to their first state. Call it when no worker runs. */
int stk_opencl_layout(struct stk_opencl *cl);

/// Copies: copies.c ///

/* Makes the memory that the host sees the kernel's arguments. `control_words` and `payload_bytes` are the parts that
 * the kernel may touch. */
int stk_opencl_attach_shared(struct stk_opencl *cl, uint32_t control_words, uint32_t payload_bytes);

/* Makes buffers of the device's own the kernel's arguments. Allocates them and the two images where they are not
 * there. */
int stk_opencl_attach_copies(struct stk_opencl *cl, uint32_t control_words, uint32_t payload_bytes);

/* Claims the ready slots for the device and fills the image to send, except for the payload. Returns how many slots
 * were claimed. */
uint32_t stk_opencl_snapshot(struct stk_opencl *cl);

/* Merges the image that came back into the shared memory. */
void stk_opencl_merge(struct stk_opencl *cl);

/* Enqueues the writes of the image to send, and of the changed parts of the payload. */
int stk_opencl_send_copies(struct stk_opencl *cl);

/* Notes that the host is about to change bytes of the tables. Returns 1 if the device has a copy of the tables. */
int stk_opencl_change_tables(struct stk_opencl *cl, uint32_t first, uint32_t bytes);

/* Enqueues the write of the changed bytes of the tables. Call it before a launch. */
int stk_opencl_send_tables(struct stk_opencl *cl);

/* Enqueues the reads behind a launch. Sets *last to the event of the last one; NULL where it was not enqueued. */
int stk_opencl_read_copies(struct stk_opencl *cl, cl_event *last);

/* Notes that a launch is given up while reads behind it may still be under way. */
void stk_opencl_abandon_copies(struct stk_opencl *cl);

/* Releases the device's buffers of a lost context. Sets got[0 .. STK_PART_TABLES - 1] to the buffers into which its
 * reads may still go; the caller closes these. */
void stk_opencl_retire_copies(struct stk_opencl *cl, struct stk_opencl_region *got);

/* Releases the copies that were allocated in the present context, after a recovery that failed. */
void stk_opencl_drop_copies(struct stk_opencl *cl);

/* Releases all copies. */
void stk_opencl_close_copies(struct stk_opencl *cl);

/* The first function allocates one byte for each slot, 0 at first, which counts how often the slot was put back. The
 * second function releases these bytes. */
int stk_opencl_open_tries(struct stk_opencl *cl);
void stk_opencl_close_tries(struct stk_opencl *cl);

#endif
