/* Encodes and decodes the cells of the flash store, byte by byte as SPEC.md section 9 has them. The log adds sequence,
 * boot and checksum around these 48 bytes (log_cell.c). */
#include "base/memory.h"
#include "stoker/le.h"
#include "store_internal.h"

void stk_store_put_note(uint8_t body[STK_STORE_CELL_BYTES], const uint8_t name[STK_STORE_KEY_BYTES],
                        const struct stk_store_artifact *artifact) {
    memset(body, 0, STK_STORE_CELL_BYTES);
    memcpy(body, name, STK_STORE_KEY_BYTES);
    stk_put32(body + 32, artifact->bytes);
    stk_put32(body + 36, artifact->sequence);
}

void stk_store_get_head(const struct stk_log_cell *cell, struct stk_store_artifact *artifact) {
    memcpy(artifact->key, cell->body, STK_STORE_KEY_BYTES);
    artifact->bytes = stk_get32(cell->body + 32);
    artifact->sequence = cell->sequence;
}

/* The sequence of the head decides too: without it, the tail of another put could pass for the tail of a torn one. */
int stk_store_is_tail(const struct stk_log_cell *cell, const struct stk_store_artifact *artifact) {
    return cell->kind == STORE_TAIL && cell->sequence == stk_store_tail(artifact) &&
           stk_get32(cell->body + 32) == artifact->bytes && stk_get32(cell->body + 36) == artifact->sequence;
}
