/* stoker: reads and makes slots as plain bytes, such as those of a file or of a ring that was read back. The bytes may
 * have any alignment, and nobody else changes them, so nothing here is atomic. */
#include "base/error_info.h"
#include "base/memory.h"
#include "stoker/le.h"
#include "stoker/ring.h"

#define LOAD_MISS_BYTES (4u * (STK_SLOT_ARG0 + 2u)) /* words 0 to 5: status to argument 1 */

void stk_load_miss_encode(uint8_t out[STK_SLOT_BYTES], uint32_t resource, uint32_t prefetch) {
    memset(out, 0, STK_SLOT_BYTES);
    stk_put32(out + 4 * STK_SLOT_STATUS, STK_SLOT_PUBLISHED);
    stk_put32(out + 4 * STK_SLOT_OPCODE, STK_OP_LOAD_MISS);
    stk_put32(out + 4 * STK_SLOT_ARG0, resource);
    stk_put32(out + 4 * (STK_SLOT_ARG0 + 1), prefetch != 0);
}

int stk_load_miss_decode(const void *slot, size_t bytes, uint32_t *resource, uint32_t *prefetch) {
    const uint8_t *in = slot;
    /* The status is not looked at, nor are the words behind argument 1 (SPEC.md, 1.6). */
    if (bytes < LOAD_MISS_BYTES) {
        return STK_E_MISSING;
    }
    if (stk_get32(in + 4 * STK_SLOT_OPCODE) != STK_OP_LOAD_MISS) {
        return STK_E_OPCODE;
    }
    *resource = stk_get32(in + 4 * STK_SLOT_ARG0);
    *prefetch = stk_get32(in + 4 * (STK_SLOT_ARG0 + 1)) != 0;
    return STK_OK;
}

int stk_ring_image_count_done(const void *image, size_t bytes, uint64_t items, struct stk_error_info *info) {
    if (items > STK_RING_SLOTS_MAX) {
        return stk_fail(info, STK_E_OVERFLOW, 0, items);
    }
    /* This check comes before that of the length: 0 slots need no bytes, not even a whole number of words. */
    if (items == 0) {
        return 0;
    }
    if (bytes % 4 != 0) {
        return stk_fail(info, STK_E_ALIGN, 0, bytes);
    }
    if (bytes / STK_SLOT_BYTES < items) {
        return stk_fail(info, STK_E_MISSING, (uint32_t)(items * STK_SLOT_WORDS), items * STK_SLOT_BYTES);
    }
    int done = 0;
    const uint8_t *slot = image;
    for (uint32_t left = (uint32_t)items; left != 0; left--, slot += STK_SLOT_BYTES) {
        done += stk_get32(slot + 4 * STK_SLOT_STATUS) == STK_SLOT_DONE;
    }
    return done;
}
