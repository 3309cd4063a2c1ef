/* stoker: the layout of the memory that host and workers share, and its first state. Every dispatch port uses this one
 * layout. The memory itself comes from the caller or from the port. */
#include "stoker/device_memory.h"

#include "base/memory.h"
#include "base/words_of.h"
#include "stoker/atomic.h"
#include "stoker/slot.h"

#define ALIGN_MAX 65536u /* bytes; the largest alignment that a layout may ask for */

/* Returns the alignment of the parts, in bytes. */
static uint32_t align_of(const struct stk_device_layout *layout) {
    return layout->align != 0u ? layout->align : STK_ALIGN;
}

/* Checks each number of the layout against its limit. The limits keep every part but payload and tables below 2^30
 * bytes, so that their sum cannot wrap. */
static int check_layout(const struct stk_device_layout *layout) {
    uint32_t align = align_of(layout);
    bool align_ok = align >= STK_ALIGN && align <= ALIGN_MAX && (align & (align - 1u)) == 0u;
    return align_ok && layout->slots != 0u && layout->slots <= STK_RING_SLOTS_INIT_MAX &&
                   layout->observables <= STK_CONTROL_OBSERVABLES_INIT_MAX && layout->tenants <= STK_CTL_TENANT_MASKS &&
                   layout->debug_records <= STK_DEBUG_LOG_RECORDS_INIT_MAX && layout->io_slots <= STK_IO_SLOTS_MAX
               ? STK_OK
               : STK_E_ARG;
}

size_t stk_device_part_bytes(const struct stk_device_layout *layout, enum stk_device_part part) {
    uint32_t align = align_of(layout);
    const size_t bytes[STK_DEVICE_PARTS] = {
        STK_RING_BYTES(layout->slots),
        STK_DEVICE_CONTROL_BYTES(layout->slots, layout->observables, layout->io_slots, align),
        STK_DEVICE_DEBUG_BYTES(layout->debug_records),
        STK_IO_QUEUE_BYTES(layout->io_slots),
        layout->payload_bytes,
        layout->table_bytes,
    };
    return STK_DEVICE_ROUND(bytes[part], align);
}

/* Rounds up to the alignment of the parts, in 64 bits. */
static uint64_t round_up(const struct stk_device_layout *layout, uint64_t bytes) {
    uint64_t align = align_of(layout);
    return (bytes + align - 1u) / align * align;
}

int stk_device_memory_bytes(const struct stk_device_layout *layout, size_t *bytes) {
    /* Each part but payload and tables is far below 2^30 bytes. These two are rounded here in 64 bits, where they
     * cannot pass the end of a size_t. */
    uint64_t sum = round_up(layout, layout->payload_bytes) + round_up(layout, layout->table_bytes);
    int err = check_layout(layout);
    for (unsigned part = STK_PART_RING; err == STK_OK && part < STK_PART_PAYLOAD; part++) {
        sum += stk_device_part_bytes(layout, (enum stk_device_part)part);
    }
    return err == STK_OK ? stk_size_of(sum, bytes) : err;
}

void stk_device_memory_bind(struct stk_device_memory *memory, const struct stk_device_layout *layout,
                            void *const *parts) {
    *memory = (struct stk_device_memory){
        .ring = parts[STK_PART_RING],
        .slots = layout->slots,
        .control = parts[STK_PART_CONTROL],
        .control_words = STK_CTL_OBSERVABLE + layout->observables,
        .debug = parts[STK_PART_DEBUG],
        .debug_words = (uint32_t)(STK_DEVICE_DEBUG_BYTES(layout->debug_records) / 4u),
        .io = parts[STK_PART_IO],
        .io_slots = layout->io_slots,
        .payload = parts[STK_PART_PAYLOAD],
        .payload_bytes = layout->payload_bytes,
        .tables = parts[STK_PART_TABLES],
        .table_bytes = layout->table_bytes,
    };
}

int stk_device_memory_reset(const struct stk_device_memory *memory, const struct stk_device_layout *layout) {
    struct stk_ring ring;
    struct stk_control control;
    uint32_t align = align_of(layout);
    int err = check_layout(layout);
    if (err == STK_OK) {
        err = stk_ring_init(&ring, memory->ring, STK_RING_BYTES(layout->slots), layout->slots);
    }
    if (err == STK_OK) {
        err = stk_control_init(&control, memory->control, STK_CONTROL_BYTES(layout->observables), 0, layout->tenants,
                               layout->observables);
    }
    if (err == STK_OK) {
        /* The custody words lie behind the observables, and so do the bytes up to their alignment. */
        size_t used = STK_CONTROL_BYTES(layout->observables);
        memset((uint8_t *)memory->control + used, 0, stk_device_part_bytes(layout, STK_PART_CONTROL) - used);
        stk_store(memory->control + STK_CTL_NO_SHARED_ATOMICS,
                  layout->no_shared_atomics ? STK_NO_SHARED_ATOMICS_BIT : 0u);
        err = stk_control_set_custody(&control, (uint32_t)STK_DEVICE_CUSTODY_AT(layout->observables, align), NULL);
    }
    if (err == STK_OK && memory->debug_words != 0u) {
        memset(memory->debug, 0, (size_t)memory->debug_words * 4u);
    }
    if (err == STK_OK && memory->io_slots != 0u) {
        memset(memory->io, 0, STK_IO_QUEUE_BYTES(memory->io_slots));
    }
    return err;
}

int stk_device_memory_init(struct stk_device_memory *memory, const struct stk_device_layout *layout,
                           struct stk_arena *arena) {
    struct stk_device_memory m;
    void *parts[STK_DEVICE_PARTS];
    size_t bytes = 0, mark = stk_arena_mark(arena);
    int err = stk_device_memory_bytes(layout, &bytes);
    uint8_t *at = err == STK_OK ? stk_arena_take(arena, bytes) : NULL;
    if (err == STK_OK && at == NULL) {
        err = STK_E_SPACE;
    }
    /* The arena aligns to 64 bytes. A layout that asks for more needs an arena that begins at such an address. */
    if (err == STK_OK && ((uintptr_t)at & (align_of(layout) - 1u)) != 0u) {
        stk_arena_release(arena, mark);
        err = STK_E_ALIGN;
    }
    if (err != STK_OK) {
        return err;
    }
    for (unsigned part = STK_PART_RING; part < STK_DEVICE_PARTS; part++) {
        size_t part_bytes = stk_device_part_bytes(layout, (enum stk_device_part)part);
        parts[part] = part_bytes != 0u ? at : NULL;
        at += part_bytes;
    }
    stk_device_memory_bind(&m, layout, parts);
    err = stk_device_memory_reset(&m, layout);
    if (err == STK_OK) {
        *memory = m;
    }
    return err;
}

/* Returns the index of the first custody word; 0: there are none. */
static uint32_t custody_index(const struct stk_device_memory *memory) {
    return stk_custody_at(stk_load(memory->control + STK_CTL_NO_SHARED_ATOMICS));
}

uint32_t stk_device_custody_at(const struct stk_device_memory *memory) {
    uint32_t at = custody_index(memory);
    /* Returns the end of the control buffer if there are no custody words: callers copy the words before this index. */
    return at != 0u ? at : memory->control_words;
}

uint32_t *stk_device_custody(const struct stk_device_memory *memory) {
    uint32_t at = custody_index(memory);
    return at != 0u ? memory->control + at : NULL;
}
