/* stoker: tables, which handlers read again and again: automata, weights.
 *
 * The tables are a part of the device's memory of their own (struct stk_device_memory). Handlers read them and never
 * write them, so a device may keep a copy where its loads are cheap (port/README.md, "Dispatch"). An object of this
 * module gives each table a place there. A slot names a table by the offset of this place, in an argument. A table has
 * a tenant. The tables have as many shares as the payload (SPEC.md, 2.3), and a tenant's table lies in its share;
 * without shares all tenants have all of them. Set the shares before the first table is added.
 *
 * A table is in use while a slot that is neither EMPTY nor ended has the table's offset in some argument, whatever the
 * argument means. No table has offset 0, which unused arguments have.
 *
 * One thread uses an object, the thread that drives the port. Nobody publishes a slot that names a table while a call
 * is about that table.
 */
#ifndef STOKER_TABLES_H
#define STOKER_TABLES_H

#include <stddef.h>
#include <stdint.h>

#include "stoker/arena.h"
#include "stoker/err.h"
#include "stoker/port/dispatch.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Set-up ///

struct stk_tables_config {
    struct stk_device_memory memory;
    struct stk_dispatch_port dispatch;
    uint32_t tables;     /* most tables at one time, at most STK_TABLES_MAX; 0: STK_TABLES_DEFAULT */
    uint64_t timeout_ns; /* longest wait for the workers of a device that has a copy of the tables; 0: 10 s */
};

#define STK_TABLES_MAX     65536u
#define STK_TABLES_DEFAULT 16u

/* One table. */
struct stk_table {
    uint32_t offset; /* place of the table: offset from the start of the tables; a multiple of 64, not 0 */
    uint32_t bytes;  /* size of its place; a multiple of 64 */
};

struct stk_tables {
    struct stk_tables_config config;
    struct stk_table *rows; /* the tables, in the order of their offsets */
    uint32_t count;
};

/* Bytes of the first place, which no table gets. */
#define STK_TABLES_FIRST 64u

/* Bytes of tables that hold one table of `bytes` bytes. */
#define STK_TABLES_ROOM(bytes) (STK_TABLES_FIRST + STK_ALIGNED(bytes))

/* Arena bytes of an object for n tables; 0: the default. */
#define STK_TABLE_ROW_BYTES        8u
#define STK_TABLES_BYTES(n)        STK_ALIGNED((size_t)((n) == 0u ? STK_TABLES_DEFAULT : (n)) * STK_TABLE_ROW_BYTES)
#define STK_TABLES_DEFINE(name, n) STK_STORAGE_DEFINE(name, STK_TABLES_BYTES(n))

/* Sets *bytes to STK_TABLES_BYTES(tables). STK_E_OVERFLOW `tables` is above STK_TABLES_MAX. */
STK_MUST_CHECK int stk_tables_bytes(uint32_t tables, size_t *bytes);

/* Makes an object without tables. Memory and port stay the caller's and must outlive the object. STK_E_ARG the config
 * has no ring, no control buffer or no port; STK_E_ALIGN the tables do not begin at a multiple of 64 bytes;
 * STK_E_OVERFLOW as above; STK_E_SPACE the arena is too small (arena.need). */
STK_MUST_CHECK int stk_tables_init(struct stk_tables *tables, const struct stk_tables_config *config,
                                   struct stk_arena *arena);

/// Tables ///

/* A table that was added or replaced is there for each slot that is published after the call. The calls wait for
 * workers only where the device has a copy of the tables but none of the slots. `info` may be NULL. */

/* Copies `bytes` bytes of `data` to a free place that the tenant owns, and sets *offset to its offset. Errors:
 * - STK_E_ARG `bytes` is 0, `data` is NULL, or the tenant is none.
 * - STK_E_FULL the object has as many tables as it has room for; info->value has how many.
 * - STK_E_SPACE no free place of the tenant's is large enough: info->index has the bytes of the largest one, and
 *   info->value the bytes of tables (table_bytes of the port's configuration) that would do; 0: none would, since the
 *   tenant has no share.
 * - STK_E_TIMEOUT the workers did not leave; STK_E_DEVICE the device is lost. */
STK_MUST_CHECK int stk_tables_add(struct stk_tables *tables, uint32_t tenant, const void *data, uint32_t bytes,
                                  uint32_t *offset, struct stk_error_info *info);

/* Copies `bytes` bytes of `data` over the table at `offset`. Errors as stk_tables_add, and:
 * - STK_E_NOENT there is no table at this offset.
 * - STK_E_PINNED a slot names the table; info->index has the slot. Wait until it has ended.
 * - STK_E_SPACE the table's place is too small; info->value has its bytes. Remove the table and add the other one. */
STK_MUST_CHECK int stk_tables_replace(struct stk_tables *tables, uint32_t offset, const void *data, uint32_t bytes,
                                      struct stk_error_info *info);

/* Makes the place of the table at `offset` free. STK_E_NOENT, STK_E_PINNED as above. */
STK_MUST_CHECK int stk_tables_remove(struct stk_tables *tables, uint32_t offset, struct stk_error_info *info);

/* Returns the bytes of the largest table that could be added for the tenant now. */
uint32_t stk_tables_free(const struct stk_tables *tables, uint32_t tenant);

#ifdef __cplusplus
}
#endif
#endif
