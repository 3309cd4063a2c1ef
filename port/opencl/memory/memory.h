/* The memory that host and kernel share, and the copies where they share none. These files alone write memory of the
 * port, with own.buffers and own.copies. */
#ifndef STK_PORT_OPENCL_MEMORY_H
#define STK_PORT_OPENCL_MEMORY_H

#include "../internal.h"

/// Shared memory: shared.c ///

/* Buffers of at most so many bytes are cleared on the device; larger ones are payload, or tables that the host sends as
 * a whole. */
#define STK_OPENCL_ZEROED_MAX ((size_t)64 << 20)

/* Allocates `bytes` of one kind and maps them. STK_E_UNSUPPORTED the device has no such memory; STK_E_NOMEM;
 * cl->reason. */
int stk_opencl_region_open(struct stk_opencl *cl, enum stk_opencl_memory memory, size_t bytes,
                           struct stk_opencl_region *region);
void stk_opencl_region_close(struct stk_opencl_region *region);

/* Makes the six regions the kernel's arguments, with as many words of the control buffer and bytes of the payload as
 * the kernel may touch. Where the device has tables of its own, these take the place of the region. */
int stk_opencl_set_args(struct stk_opencl *cl, const struct stk_opencl_region *regions, uint32_t control_words,
                        uint32_t payload_bytes);

/* Allocates the shared buffers of one kind, points cl->memory at them and makes them the kernel's arguments. */
int stk_opencl_take(struct stk_opencl *cl, enum stk_opencl_memory memory);

/* Releases what take and the copies took; no worker runs. */
void stk_opencl_give(struct stk_opencl *cl);

/* Puts ring, control, debug log and I/O queue back to their first state; no worker runs. */
int stk_opencl_layout(struct stk_opencl *cl);

/// Copies: copies.c ///

/* Makes the memory that the host sees the kernel's arguments: so many words of the control buffer and bytes of the
 * payload. */
int stk_opencl_attach_shared(struct stk_opencl *cl, uint32_t control_words, uint32_t payload_bytes);

/* The same with buffers of the device's own, which are allocated where they are not there, as is the staging. */
int stk_opencl_attach_copies(struct stk_opencl *cl, uint32_t control_words, uint32_t payload_bytes);

/* Claims what is ready for the device and fills what is sent, but for the payload. Returns how many slots. */
uint32_t stk_opencl_snapshot(struct stk_opencl *cl);

/* Takes what came back into the shared memory. */
void stk_opencl_merge(struct stk_opencl *cl);

/* Enqueues the writes of what the snapshot has, and of what changed in the payload. */
int stk_opencl_send_copies(struct stk_opencl *cl);

/* Notes that the host is about to change bytes of the tables. Returns 1 if the device has a copy of the tables. */
int stk_opencl_change_tables(struct stk_opencl *cl, uint32_t first, uint32_t bytes);

/* Enqueues the write of what changed in the tables, before a launch. */
int stk_opencl_send_tables(struct stk_opencl *cl);

/* Enqueues the reads behind a launch. Sets *last to the event of the last one; NULL where it was not enqueued. */
int stk_opencl_read_copies(struct stk_opencl *cl, cl_event *last);

/* Notes that a launch is given up while reads behind it may be under way. */
void stk_opencl_abandon_copies(struct stk_opencl *cl);

/* Releases the device's buffers of a lost context. Sets got[STK_PART_TABLES] to where its reads may still go. */
void stk_opencl_retire_copies(struct stk_opencl *cl, struct stk_opencl_region *got);

/* Releases what was allocated in the present context. */
void stk_opencl_drop_copies(struct stk_opencl *cl);

/* Releases all of it. */
void stk_opencl_close_copies(struct stk_opencl *cl);

/* Opens and closes the counts of how often slots were put back. */
int stk_opencl_open_tries(struct stk_opencl *cl);
void stk_opencl_close_tries(struct stk_opencl *cl);

#endif
