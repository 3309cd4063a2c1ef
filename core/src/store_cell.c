/* Cells of the flash store, in the fields of a log's record. */
#include <string.h>

#include "le.h"
#include "store_parts.h"

void stk_store_pack(struct stk_log_record *r, const uint8_t cell[STK_STORE_CELL_BYTES]) {
    r->timestamp_ns = stk_get64(cell);
    r->slot = stk_get32(cell + 8);
    r->tenant = stk_get32(cell + 12);
    r->opcode = stk_get32(cell + 16);
    for (uint32_t i = 0; i < STK_LOG_ARGS; i++) {
        r->args[i] = stk_get32(cell + 20 + 4u * i);
    }
    r->epoch = stk_get32(cell + 36);
    r->digest = stk_get64(cell + 40);
}

void stk_store_unpack(const struct stk_log_record *r, uint8_t cell[STK_STORE_CELL_BYTES]) {
    stk_put64(cell, r->timestamp_ns);
    stk_put32(cell + 8, r->slot);
    stk_put32(cell + 12, r->tenant);
    stk_put32(cell + 16, r->opcode);
    for (uint32_t i = 0; i < STK_LOG_ARGS; i++) {
        stk_put32(cell + 20 + 4u * i, r->args[i]);
    }
    stk_put32(cell + 36, r->epoch);
    stk_put64(cell + 40, r->digest);
}

void stk_store_put_note(uint8_t cell[STK_STORE_CELL_BYTES], const struct store_note_body *note) {
    memset(cell, 0, STK_STORE_CELL_BYTES);
    memcpy(cell, note->name, sizeof note->name);
    stk_put32(cell + 32, note->bytes);
    stk_put32(cell + 36, note->head);
}

void stk_store_get_note(const uint8_t cell[STK_STORE_CELL_BYTES], struct store_note_body *note) {
    memcpy(note->name, cell, sizeof note->name);
    note->bytes = stk_get32(cell + 32);
    note->head = stk_get32(cell + 36);
}
