/* Cells of the flash log, bit by bit as SPEC.md has them. */
#include <string.h>

#include "le.h"
#include "log_parts.h"
#include "stoker/crc32c.h"

#define CELL_WORDS   16u
#define CHECKED      60u /* bytes before the checksum */
#define RECORD_MAGIC 0xDEADBEEFu
#define RESUMED      8u          /* beside the kind */
#define MAGIC_LOW    0x4C4B5453u /* "STKL" */
#define MAGIC_HIGH   0x3130474Fu /* "OG01" */

static void seal(uint8_t *cell, uint32_t seed, const uint32_t *words) {
    for (uint32_t i = 0; i < CELL_WORDS - 1u; i++) {
        stk_put32(cell + 4u * i, words[i]);
    }
    stk_put32(cell + CHECKED, stk_crc32c(seed, cell, CHECKED));
}

void stk_log_put_header(uint8_t *cell, const struct stk_log *log, uint32_t block, const struct stk_log_header *header) {
    const struct stk_flash_geometry *g = &log->geometry;
    const uint32_t w[CELL_WORDS] = {
        MAGIC_LOW, MAGIC_HIGH,     header->id, header->lap,  header->sequence,
        block,     g->block_bytes, g->blocks,  g->prog_unit, g->erased,
    };
    seal(cell, 0, w);
}

int stk_log_get_header(const uint8_t *cell, const struct stk_log *log, uint32_t block, struct stk_log_header *header) {
    uint8_t same[STK_LOG_CELL_BYTES];
    header->id = stk_get32(cell + 8);
    header->lap = stk_get32(cell + 12);
    header->sequence = stk_get32(cell + 16);
    stk_log_put_header(same, log, block, header);
    return memcmp(cell, same, sizeof same) == 0;
}

int stk_log_record_fits(const struct stk_log_record *r) {
    return r->kind <= 7u && r->failure <= 15u && r->status <= 255u && r->error >= INT16_MIN && r->error <= INT16_MAX;
}

void stk_log_put_record(uint8_t *cell, const struct stk_log *log, const struct stk_log_record *r) {
    const uint32_t w[CELL_WORDS] = {
        RECORD_MAGIC,
        (uint32_t)r->timestamp_ns,
        (uint32_t)(r->timestamp_ns >> 32),
        r->slot,
        r->tenant,
        r->opcode,
        r->args[0],
        r->args[1],
        r->args[2],
        r->args[3],
        r->epoch,
        log->sequence,
        r->kind | (log->resumed ? RESUMED : 0u) | r->failure << 4 | r->status << 8 | (uint32_t)r->error << 16,
        (uint32_t)r->digest,
        (uint32_t)(r->digest >> 32),
    };
    seal(cell, log->id, w);
}

int stk_log_is_record(const uint8_t *cell, const struct stk_log *log, uint32_t *sequence) {
    if (stk_get32(cell) != RECORD_MAGIC || stk_get32(cell + CHECKED) != stk_crc32c(log->id, cell, CHECKED)) {
        return 0;
    }
    *sequence = stk_get32(cell + 44);
    return 1;
}

void stk_log_get_record(const uint8_t *cell, struct stk_log_record *r) {
    uint32_t kind = stk_get32(cell + 48);
    r->timestamp_ns = (uint64_t)stk_get32(cell + 8) << 32 | stk_get32(cell + 4);
    r->slot = stk_get32(cell + 12);
    r->tenant = stk_get32(cell + 16);
    r->opcode = stk_get32(cell + 20);
    for (uint32_t i = 0; i < STK_LOG_ARGS; i++) {
        r->args[i] = stk_get32(cell + 24 + 4u * i);
    }
    r->epoch = stk_get32(cell + 40);
    r->sequence = stk_get32(cell + 44);
    r->resumed = (kind & RESUMED) != 0u;
    r->kind = kind & 7u;
    r->status = kind >> 8 & 255u;
    r->failure = kind >> 4 & 15u;
    r->error = (int16_t)(uint16_t)(kind >> 16);
    r->digest = (uint64_t)stk_get32(cell + 56) << 32 | stk_get32(cell + 52);
}

int stk_log_all(const uint8_t *p, uint32_t bytes, uint8_t value) {
    uint32_t i;
    for (i = 0; i < bytes && p[i] == value; i++) {
    }
    return i == bytes;
}
