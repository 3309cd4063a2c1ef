/* Encodes, seals and checks the cells and block headers of the flash log, byte by byte as SPEC.md section 6 has them.
 * This file does not know the contents of the 48 bytes of the writer: log_record.c and store_cell.c do. */
#include "base/memory.h"
#include "log_internal.h"
#include "stoker/crc32c.h"

#define CHECKED    60u         /* bytes of a cell that the checksum covers; the checksum follows them */
#define MAGIC_LOW  0x4C4B5453u /* "STKL" */
#define MAGIC_HIGH 0x3230474Fu /* "OG02" */

/* Id, lap and format lie side by side in the bytes of one checksum. If one of them were the seed of the checksum of
 * another, log 77 in lap 2 and log 78 in lap 1 would share their cells. */
uint32_t stk_log_seed(const struct stk_log *log, uint32_t lap) {
    uint8_t bytes[12];
    stk_put32(bytes, log->id);
    stk_put32(bytes + 4, lap);
    stk_put32(bytes + 8, log->format);
    return stk_crc32c(0, bytes, sizeof bytes);
}

void stk_log_seal(uint8_t *cell, uint32_t seed) {
    stk_put32(cell + CHECKED, stk_crc32c(seed, cell, CHECKED));
}

/* Writes the fields that are the same in every header of `block`, and seals the header. The fields that differ from lap
 * to lap must be in *cell already. stk_log_is_header uses this too: a header is right if completing a copy of it
 * changes nothing. */
STK_LOG_ONCE static void complete_header(uint8_t *cell, const struct stk_log *log, uint32_t block) {
    stk_put32(cell, MAGIC_LOW);
    stk_put32(cell + 4, MAGIC_HIGH);
    stk_put32(cell + 20, block);
    stk_put32(cell + 24, log->geometry.block_bytes);
    stk_put32(cell + 32, log->geometry.prog_unit);
    stk_put32(cell + 36, log->geometry.erased);
    stk_put32(cell + 52, 0);
    stk_put32(cell + 56, 0);
    stk_log_seal(cell, 0);
}

void stk_log_put_header(struct stk_log *log, uint32_t slot, uint32_t block) {
    uint8_t *buffer = log->config.buffer, *cell = buffer + (size_t)slot * STK_LOG_CELL_BYTES;
    const uint8_t *waiting = buffer + (size_t)(1u - slot) * STK_LOG_CELL_BYTES;
    /* The sequence of the first record that waits is read from its cell. log->sequence - log->pending would be wrong:
     * the sequence of a record that no block took is left out. */
    uint32_t first = log->pending != 0u ? stk_log_cell_sequence(waiting) : log->sequence;
    stk_put32(cell + 8, log->id);
    stk_put32(cell + 12, stk_log_lap_of_next(log, block));
    stk_put32(cell + 16, first);
    stk_put32(cell + 28, log->geometry.blocks);
    stk_put32(cell + 40, log->format);
    stk_put32(cell + 44, log->boot);
    stk_put32(cell + 48, stk_log_reach_to(log, block));
    complete_header(cell, log, block);
}

int stk_log_is_header(const uint8_t *cell, const struct stk_log *log, uint32_t block) {
    uint8_t same[STK_LOG_CELL_BYTES];
    memcpy(same, cell, sizeof same);
    complete_header(same, log, block);
    /* No log writes a boot or a reach beyond these bounds. Mount counts on from both numbers, and a forged larger
     * number would wrap around. */
    return memcmp(cell, same, sizeof same) == 0 && stk_log_is_boot(stk_log_header_boot(cell)) &&
           stk_log_header_reach(cell) < stk_log_header_blocks(cell);
}

int stk_log_is_use(const struct stk_log *log, const uint8_t *cell, uint32_t lap) {
    return stk_log_header_id(cell) == log->id && stk_log_header_lap(cell) == lap &&
           stk_log_header_format(cell) == log->format;
}

int stk_log_is_cell(const uint8_t *cell, uint32_t seed) {
    /* Boots begin with 1 and end at STK_LOG_BOOT_MAX. So a blank cell and a marker are no cells, even if their bytes
     * happen to match the checksum of this seed. The word holds boot * 2 + resumed: one comparison of the word leaves
     * out boot 0, which gives 0 or 1, and boot 0x7FFFFFFF, whose sum wraps. */
    return stk_get32(cell + 56) + 2u > 3u && stk_get32(cell + CHECKED) == stk_crc32c(seed, cell, CHECKED);
}

void stk_log_get_cell(const uint8_t *cell, struct stk_log_cell *out) {
    out->kind = stk_get32(cell);
    out->sequence = stk_log_cell_sequence(cell);
    out->boot = stk_log_cell_boot(cell);
    out->resumed = stk_log_cell_resumed(cell);
    memcpy(out->body, cell + 4, STK_LOG_BODY_BYTES);
}

int stk_log_all(const uint8_t *p, uint32_t bytes, uint8_t value) {
    uint32_t i;
    for (i = 0; i < bytes && p[i] == value; i++) {
    }
    return i == bytes;
}
