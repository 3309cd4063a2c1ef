/* Cells of the flash log, bit by bit as SPEC.md has them. */
#include <string.h>

#include "log_parts.h"
#include "stoker/crc32c.h"

#define CHECKED      60u /* bytes before the checksum */
#define RECORD_MAGIC 0xDEADBEEFu
#define RESUMED      8u          /* beside the kind */
#define MAGIC_LOW    0x4C4B5453u /* "STKL" */
#define MAGIC_HIGH   0x3130474Fu /* "OG01" */

static void seal(uint8_t *cell, uint32_t seed) {
    stk_put32(cell + CHECKED, stk_crc32c(seed, cell, CHECKED));
}

/* Writes what is the same in every header of `block` around id, lap and sequence. */
static void complete_header(uint8_t *cell, const struct stk_log *log, uint32_t block) {
    stk_put32(cell, MAGIC_LOW);
    stk_put32(cell + 4, MAGIC_HIGH);
    stk_put32(cell + 20, block);
    stk_put32(cell + 24, log->geometry.block_bytes);
    stk_put32(cell + 28, log->geometry.blocks);
    stk_put32(cell + 32, log->geometry.prog_unit);
    stk_put32(cell + 36, log->geometry.erased);
    memset(cell + 40, 0, CHECKED - 40u);
    seal(cell, 0);
}

void stk_log_put_header(const struct stk_log *log, uint32_t block, uint32_t lap) {
    uint8_t *cell = log->config.buffer;
    stk_put32(cell + 8, log->id);
    stk_put32(cell + 12, lap);
    stk_put32(cell + 16, log->sequence - log->pending);
    complete_header(cell, log, block);
}

int stk_log_is_header(const uint8_t *cell, const struct stk_log *log, uint32_t block) {
    uint8_t same[STK_LOG_CELL_BYTES];
    memcpy(same, cell, sizeof same);
    complete_header(same, log, block);
    return memcmp(cell, same, sizeof same) == 0;
}

int stk_log_record_fits(const struct stk_log_record *r) {
    return (r->kind >> 3 | r->failure >> 4 | r->status >> 8) == 0u && r->error == (int16_t)r->error;
}

void stk_log_put_record(uint8_t *cell, const struct stk_log *log, const struct stk_log_record *r) {
    stk_put32(cell, RECORD_MAGIC);
    stk_put64(cell + 4, r->timestamp_ns);
    stk_put32(cell + 12, r->slot);
    stk_put32(cell + 16, r->tenant);
    stk_put32(cell + 20, r->opcode);
    for (uint32_t i = 0; i < STK_LOG_ARGS; i++) {
        stk_put32(cell + 24 + 4u * i, r->args[i]);
    }
    stk_put32(cell + 40, r->epoch);
    stk_put32(cell + 44, log->sequence);
    stk_put32(cell + 48,
              r->kind | (log->resumed ? RESUMED : 0u) | r->failure << 4 | r->status << 8 | (uint32_t)r->error << 16);
    stk_put64(cell + 52, r->digest);
    seal(cell, log->id);
}

int stk_log_is_record(const uint8_t *cell, const struct stk_log *log) {
    return stk_get32(cell) == RECORD_MAGIC && stk_get32(cell + CHECKED) == stk_crc32c(log->id, cell, CHECKED);
}

void stk_log_get_record(const uint8_t *cell, struct stk_log_record *r) {
    uint32_t kind = stk_get32(cell + 48);
    r->timestamp_ns = stk_get64(cell + 4);
    r->slot = stk_get32(cell + 12);
    r->tenant = stk_get32(cell + 16);
    r->opcode = stk_get32(cell + 20);
    for (uint32_t i = 0; i < STK_LOG_ARGS; i++) {
        r->args[i] = stk_get32(cell + 24 + 4u * i);
    }
    r->epoch = stk_get32(cell + 40);
    r->sequence = stk_log_record_sequence(cell);
    r->resumed = (kind & RESUMED) != 0u;
    r->kind = kind & 7u;
    r->status = kind >> 8 & 255u;
    r->failure = kind >> 4 & 15u;
    r->error = (int16_t)(uint16_t)(kind >> 16);
    r->digest = stk_get64(cell + 52);
}

int stk_log_all(const uint8_t *p, uint32_t bytes, uint8_t value) {
    uint32_t i;
    for (i = 0; i < bytes && p[i] == value; i++) {
    }
    return i == bytes;
}
