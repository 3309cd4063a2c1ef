/* stoker: places for the tables that handlers read. Finds a place, keeps the list of places, and lets nobody change a
 * table that a slot names. The copy of a device is the port's. DESIGN.md, "Tables lie beside the payload", has the
 * reasons. */
#include "stoker/tables.h"

#include <stdbool.h>

#include "base/error_info.h"
#include "base/memory.h"
#include "base/words_of.h"
#include "stoker/atomic.h"
#include "stoker/device_memory.h"
#include "stoker/slot.h"

#define TIMEOUT_DEFAULT_NS UINT64_C(10000000000) /* 10 s */

_Static_assert(sizeof(struct stk_table) == STK_TABLE_ROW_BYTES, "a row has the bytes that the header says");

/// Set-up ///

int stk_tables_bytes(uint32_t tables, size_t *bytes) {
    if (tables > STK_TABLES_MAX) {
        return STK_E_OVERFLOW;
    }
    return stk_size_of(STK_TABLES_BYTES(tables), bytes);
}

int stk_tables_init(struct stk_tables *tables, const struct stk_tables_config *config, struct stk_arena *arena) {
    const struct stk_device_memory *m = &config->memory;
    size_t bytes = 0;
    void *rows = NULL;
    int err = stk_tables_bytes(config->tables, &bytes);
    if (!m->ring || m->slots == 0u || !m->control || m->control_words < STK_CTL_WORDS_MIN || !config->dispatch.ops) {
        err = STK_E_ARG;
    } else if (((uintptr_t)m->tables & (STK_TABLE_ALIGN - 1u)) != 0u) {
        err = STK_E_ALIGN;
    }
    if (err == STK_OK) {
        rows = stk_arena_take(arena, bytes);
        err = rows ? STK_OK : STK_E_SPACE;
    }
    if (err == STK_OK) {
        *tables = (struct stk_tables){.config = *config, .rows = rows};
        tables->config.tables = config->tables != 0u ? config->tables : STK_TABLES_DEFAULT;
        tables->config.timeout_ns = config->timeout_ns != 0u ? config->timeout_ns : TIMEOUT_DEFAULT_NS;
        tables->config.memory.table_bytes = m->tables ? m->table_bytes : 0u;
    }
    return err;
}

/// Places ///

/* Bytes [first, end) of the tables, 0 .. table_bytes. In 64 bits, since the end of a tenant's share may lie behind the
 * end of the tables. */
struct share_range {
    uint64_t first, end;
};

/* Returns how many bytes of the tables each tenant owns; 0: there are no shares, and each tenant owns all of them. Read
 * anew in each call, because the host may set the shares after init. */
static uint32_t share_of(const struct stk_tables *t) {
    const struct stk_device_memory *m = &t->config.memory;
    return stk_table_share(m->table_bytes, m->payload_bytes, stk_load(m->control + STK_CTL_SHARE_PAYLOAD));
}

/* Returns the bytes in which tables of the tenant may lie, by the rule of stk_share_of in kernels/worker.h. The range
 * is empty for a tenant whose share lies behind the end of the tables. */
static struct share_range share_range_of(const struct stk_tables *t, uint32_t tenant) {
    uint64_t share = share_of(t), all = t->config.memory.table_bytes;
    struct share_range w = {.first = share * tenant, .end = share != 0u ? share * (tenant + UINT64_C(1)) : all};
    w.first = w.first > STK_TABLES_FIRST ? w.first : STK_TABLES_FIRST;
    w.end = w.end < all ? w.end : all;
    w.first = w.first < w.end ? w.first : w.end;
    return w;
}

/* The result of a search for a free place. */
struct place {
    uint64_t first, bytes; /* first byte and size of the first place that is large enough, else of the largest place */
    uint64_t last;         /* end of the last table in the share */
};

/* Finds the first free place of `bytes` bytes in the share `w`, or the largest one where none is large enough. The rows
 * are in the order of their offsets, so one walk sees each gap between two tables. */
static struct place find_place(const struct stk_tables *t, const struct share_range *w, uint64_t bytes) {
    struct place found = {.first = w->first, .last = w->first};
    for (uint32_t i = 0; i <= t->count; i++) {
        uint64_t next = i < t->count ? t->rows[i].offset : w->end;
        uint64_t end = next < w->end ? next : w->end;
        if (end > found.last && end - found.last > found.bytes && found.bytes < bytes) {
            found.first = found.last;
            found.bytes = end - found.last;
        }
        if (i < t->count && t->rows[i].offset < w->end && t->rows[i].offset + t->rows[i].bytes > found.last) {
            found.last = (uint64_t)t->rows[i].offset + t->rows[i].bytes;
        }
    }
    return found;
}

/* Returns the row of the table at `offset`, or the number of tables. */
static uint32_t row_of(const struct stk_tables *t, uint32_t offset) {
    uint32_t i = 0;
    while (i < t->count && t->rows[i].offset != offset) {
        i++;
    }
    return i;
}

/// Use ///

/* Returns true if some argument of the slot has the offset. All arguments are looked at, since only the handler knows
 * which of them names a table. */
static bool slot_names(const uint32_t *slot, uint32_t offset) {
    bool names = false;
    for (uint32_t i = 0; i < STK_SLOT_ARGS; i++) {
        names |= stk_load(slot + STK_SLOT_ARG0 + i) == offset;
    }
    return names;
}

/* Returns the first slot that names the table at `offset` and is unfinished, or the number of slots. A slot in custody
 * of a worker is unfinished, even if a tenant has stored another status in it. */
static uint32_t slot_with(const struct stk_tables *t, uint32_t offset) {
    const struct stk_device_memory *m = &t->config.memory;
    const uint32_t *custody = stk_device_custody(m);
    uint32_t i = 0;
    for (; i < m->slots; i++) {
        const uint32_t *slot = STK_SLOT_AT(m->ring, i);
        /* Acquire: the arguments are read after the status with which they were published. */
        bool unfinished = stk_status_unfinished(stk_load_acquire(slot + STK_SLOT_STATUS)) ||
                          (custody && (stk_load(custody + i) & 1u) != 0u);
        if (unfinished && slot_names(slot, offset)) {
            break;
        }
    }
    return i;
}

/* Writes the row of the table at `offset` to *row. STK_E_NOENT there is no such table; STK_E_PINNED a slot names it. */
static int unused_row(const struct stk_tables *t, uint32_t offset, uint32_t *row, struct stk_error_info *info) {
    uint32_t slot;
    *row = row_of(t, offset);
    if (*row == t->count) {
        return stk_fail(info, STK_E_NOENT, 0, offset);
    }
    slot = slot_with(t, offset);
    return slot < t->config.memory.slots ? stk_fail(info, STK_E_PINNED, slot, offset) : STK_OK;
}

/* Writes the bytes of a table once no worker of the device reads an older copy. Calls change_tables of the port first,
 * which ends the launch if the device has a copy of its own. A port without such copies has no change_tables. */
static int store(struct stk_tables *t, uint32_t offset, const void *data, uint32_t bytes, struct stk_error_info *info) {
    const struct stk_dispatch_port *port = &t->config.dispatch;
    int err =
        port->ops->change_tables ? port->ops->change_tables(port->ctx, offset, bytes, t->config.timeout_ns) : STK_OK;
    if (err != STK_OK) {
        return stk_fail(info, err, 0, offset);
    }
    memcpy(t->config.memory.tables + offset, data, bytes);
    return STK_OK;
}

/// Tables ///

/* Returns the bytes of tables with which the tenant's share would have `bytes` bytes behind its last table. All shares
 * are equally large, so the sum is multiplied by their number. */
static uint64_t bytes_that_do(const struct stk_tables *t, uint32_t tenant, uint64_t last, uint64_t bytes) {
    const struct stk_device_memory *m = &t->config.memory;
    uint64_t first = (uint64_t)share_of(t) * tenant;
    uint64_t shares = stk_payload_shares(m->payload_bytes, stk_load(m->control + STK_CTL_SHARE_PAYLOAD));
    if (share_of(t) != 0u && tenant >= shares) {
        return 0; /* such a tenant owns nothing, however large the region is */
    }
    return (last - (first < last ? first : last) + bytes) * shares;
}

int stk_tables_add(struct stk_tables *tables, uint32_t tenant, const void *data, uint32_t bytes, uint32_t *offset,
                   struct stk_error_info *info) {
    const struct share_range share = share_range_of(tables, tenant);
    const uint64_t wanted = ((uint64_t)bytes + STK_TABLE_ALIGN - 1u) / STK_TABLE_ALIGN * STK_TABLE_ALIGN;
    struct place place;
    uint32_t row = 0;
    int err;
    if (bytes == 0u || !data || tenant >= STK_CTL_TENANT_MASKS) {
        return stk_fail(info, STK_E_ARG, tenant, bytes);
    }
    if (tables->count == tables->config.tables) {
        return stk_fail(info, STK_E_FULL, 0, tables->count);
    }
    place = find_place(tables, &share, wanted);
    if (place.bytes < wanted) {
        return stk_fail(info, STK_E_SPACE, (uint32_t)place.bytes, bytes_that_do(tables, tenant, place.last, wanted));
    }
    /* The bytes are stored before the row is made: if the port refuses the bytes, there is no table. */
    err = store(tables, (uint32_t)place.first, data, bytes, info);
    if (err != STK_OK) {
        return err;
    }
    while (row < tables->count && tables->rows[row].offset < place.first) {
        row++;
    }
    memmove(tables->rows + row + 1u, tables->rows + row, (tables->count - row) * sizeof *tables->rows);
    tables->rows[row] = (struct stk_table){.offset = (uint32_t)place.first, .bytes = (uint32_t)wanted};
    tables->count++;
    *offset = (uint32_t)place.first;
    return STK_OK;
}

int stk_tables_replace(struct stk_tables *tables, uint32_t offset, const void *data, uint32_t bytes,
                       struct stk_error_info *info) {
    uint32_t row;
    int err;
    if (bytes == 0u || !data) {
        return stk_fail(info, STK_E_ARG, 0, bytes);
    }
    err = unused_row(tables, offset, &row, info);
    if (err == STK_OK && bytes > tables->rows[row].bytes) {
        err = stk_fail(info, STK_E_SPACE, 0, tables->rows[row].bytes);
    }
    return err == STK_OK ? store(tables, offset, data, bytes, info) : err;
}

int stk_tables_remove(struct stk_tables *tables, uint32_t offset, struct stk_error_info *info) {
    uint32_t row;
    int err = unused_row(tables, offset, &row, info);
    if (err == STK_OK) {
        tables->count--;
        memmove(tables->rows + row, tables->rows + row + 1u, (tables->count - row) * sizeof *tables->rows);
    }
    return err;
}

uint32_t stk_tables_free(const struct stk_tables *tables, uint32_t tenant) {
    const struct share_range share = share_range_of(tables, tenant);
    const struct place place = find_place(tables, &share, UINT64_MAX); /* a size that no place has: the largest */
    return tenant < STK_CTL_TENANT_MASKS ? (uint32_t)(place.bytes / STK_TABLE_ALIGN * STK_TABLE_ALIGN) : 0u;
}
