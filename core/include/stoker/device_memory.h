/* stoker: the memory that host and workers share, and where each part of it lies.
 *
 * A device works on six parts, which are separate buffers or parts of one block: the ring, the control buffer with
 * the custody words behind it, the debug log, the I/O queue, the payload and the tables. Every dispatch port, the
 * interpreter and every program that provides the memory itself takes sizes and places from here. Behind a bus a port
 * also gives the workers buffers of the device's own, which the host never maps: guard words with the table of limits
 * behind them, and a copy of the tables.
 * struct stk_device_memory (stoker/port/dispatch.h) says where the parts are.
 * core/SPEC.md has the bits of each part.
 */
#ifndef STOKER_DEVICE_MEMORY_H
#define STOKER_DEVICE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stoker/arena.h"
#include "stoker/control.h"
#include "stoker/debug_log.h"
#include "stoker/err.h"
#include "stoker/io_queue.h"
#include "stoker/limits.h"
#include "stoker/port/dispatch.h"
#include "stoker/ring.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Layout ///

/* The parts, in the order of the kernel's arguments and of one block that holds them all. */
enum stk_device_part {
    STK_PART_RING = 0,
    STK_PART_CONTROL = 1, /* control words, then custody words */
    STK_PART_DEBUG = 2,
    STK_PART_IO = 3,
    STK_PART_PAYLOAD = 4,
    STK_PART_TABLES = 5 /* only the host writes it: stoker/tables.h */
};
#define STK_DEVICE_PARTS 6u

struct stk_device_layout {
    uint32_t slots;         /* slots of the ring: 1 .. STK_RING_SLOTS_INIT_MAX; 64 bytes each */
    uint32_t observables;   /* observables: at most STK_CONTROL_OBSERVABLES_INIT_MAX */
    uint32_t tenants;       /* tenants whose slots run, 0 .. tenants - 1: at most STK_CTL_TENANT_MASKS */
    uint32_t debug_records; /* records of the debug log: at most STK_DEBUG_LOG_RECORDS_INIT_MAX; 0: no debug log */
    uint32_t io_slots;      /* slots of the I/O queue: at most STK_IO_SLOTS_MAX; 0: no I/O queue */
    uint32_t payload_bytes; /* bytes of the payload; 0: none */
    uint32_t table_bytes;   /* bytes of the tables; 0: none */
    /* Bytes at whose multiples each part and the custody words begin: a power of two from STK_ALIGN to 65536; 0:
     * STK_ALIGN. A port takes the page where it maps or copies the parts by whole pages. */
    uint32_t align;
    /* true: atomics of the host and those of the device on one word do not exclude each other (SPEC.md, 1.2) */
    bool no_shared_atomics;
};

/* `bytes` rounded up to a multiple of `align`. */
#define STK_DEVICE_ROUND(bytes, align) (((size_t)(bytes) + (size_t)(align)-1u) & ~((size_t)(align)-1u))

/* Index of the control word at which the custody words begin. */
#define STK_DEVICE_CUSTODY_AT(observables, align) (STK_DEVICE_ROUND(STK_CONTROL_BYTES(observables), align) / 4u)

/* Bytes of each part. */
#define STK_DEVICE_CONTROL_BYTES(slots, observables, io_slots, align)                                                  \
    ((STK_DEVICE_CUSTODY_AT(observables, align) + (size_t)(slots) + (size_t)(io_slots)) * 4u)
#define STK_DEVICE_DEBUG_BYTES(records) ((records) ? STK_DEBUG_LOG_BYTES(records) : 0u)

/* Bytes of one block that holds all parts, for the default of `align`. */
#define STK_DEVICE_MEMORY_BYTES(slots, observables, debug_records, io_slots, payload_bytes, table_bytes)               \
    (STK_ALIGNED(STK_RING_BYTES(slots)) +                                                                              \
     STK_ALIGNED(STK_DEVICE_CONTROL_BYTES(slots, observables, io_slots, STK_ALIGN)) +                                  \
     STK_ALIGNED(STK_DEVICE_DEBUG_BYTES(debug_records)) + STK_ALIGNED(STK_IO_QUEUE_BYTES(io_slots)) +                  \
     STK_ALIGNED(payload_bytes) + STK_ALIGNED(table_bytes))
#define STK_DEVICE_MEMORY_DEFINE(name, slots, observables, debug_records, io_slots, payload_bytes, table_bytes)        \
    STK_STORAGE_DEFINE(                                                                                                \
        name, STK_DEVICE_MEMORY_BYTES(slots, observables, debug_records, io_slots, payload_bytes, table_bytes))

/* Bytes of the tables where a port's configuration says 0 (4 MiB), and the number that asks for no tables. */
#define STK_DEVICE_TABLES_DEFAULT 4194304u
#define STK_NO_TABLES             UINT32_MAX

/* Bytes of the tables that a port's configuration asks for. */
#define STK_DEVICE_TABLE_BYTES(bytes)                                                                                  \
    ((bytes) == 0u ? STK_DEVICE_TABLES_DEFAULT : (bytes) == STK_NO_TABLES ? 0u : (bytes))

/* Words of the device's own buffer: a guard for each slot of the ring, one for each slot of the I/O queue, then the
 * table of limits (stk_limits_table), which begins at this word, then the mailboxes of the workers. A launch finds all
 * guards and all words of the mailboxes 0: the last worker of a launch that leaves makes them 0 again. */
#define STK_DEVICE_LIMITS_AT(slots, io_slots) ((size_t)(slots) + (size_t)(io_slots))
#define STK_DEVICE_PRIVATE_WORDS(slots, io_slots)                                                                      \
    (STK_DEVICE_LIMITS_AT(slots, io_slots) + STK_LIMIT_WORDS + STK_MAIL_WORDS)

/* Writes the bytes of one block that holds all parts to *bytes. STK_E_ARG a member of the layout is out of range;
 * STK_E_OVERFLOW this machine cannot address that many bytes. */
STK_MUST_CHECK int stk_device_memory_bytes(const struct stk_device_layout *layout, size_t *bytes);

/* Returns the bytes of one part, rounded up to the layout's alignment; 0 where the part is left out. */
size_t stk_device_part_bytes(const struct stk_device_layout *layout, enum stk_device_part part);

/* Takes the memory from the arena and lays it out: stk_device_memory_bind over the parts of one block, then
 * stk_device_memory_reset. The payload and the tables are left as they are. Errors: as stk_device_memory_bytes;
 * STK_E_SPACE the arena is too small; STK_E_ALIGN the arena's next allocation does not begin at a multiple of the
 * layout's alignment. */
STK_MUST_CHECK int stk_device_memory_init(struct stk_device_memory *memory, const struct stk_device_layout *layout,
                                          struct stk_arena *arena);

/* For a port that allocates each part by itself: sets `memory` to parts[STK_DEVICE_PARTS], the addresses of buffers of
 * at least stk_device_part_bytes bytes. Writes nothing to them. */
void stk_device_memory_bind(struct stk_device_memory *memory, const struct stk_device_layout *layout,
                            void *const *parts);

/* Puts ring, control buffer, debug log and I/O queue into their first state, custody words included. No worker may run.
 * Errors: STK_E_ARG a member of the layout is out of range; STK_E_ALIGN a part is not 4-byte aligned. */
STK_MUST_CHECK int stk_device_memory_reset(const struct stk_device_memory *memory,
                                           const struct stk_device_layout *layout);

/* Returns the index of the control word at which the custody words begin: a launch may be given all words before it as
 * control words. Where there are none: memory->control_words. */
uint32_t stk_device_custody_at(const struct stk_device_memory *memory);

/* Returns the custody words (SPEC.md, 1.12), one for each slot of the ring, then one for each slot of the I/O queue;
 * NULL: the control buffer has none. A word is odd while a worker owns its slot. */
uint32_t *stk_device_custody(const struct stk_device_memory *memory);

#ifdef __cplusplus
}
#endif
#endif
