/* stoker port: CFI NOR as flash: read, program and erase for both command sets. nor_open.c finds the chips; nor_intel.c
 * and nor_amd.c have the commands. Nothing here retries a failed operation: the log decides. */
#include <stddef.h>
#include <string.h>

#include "nor_internal.h"

/* Checks that a transfer lies within one block, and sets *at to its place in the chips. Compares with the room that is
 * left, so that no sum can wrap around. */
static int place_of(struct stk_nor *n, uint32_t block, uint32_t offset, uint32_t bytes, uint32_t *at) {
    const struct stk_flash_geometry *g = &n->geometry;
    if (block >= g->blocks || offset > g->block_bytes || bytes > g->block_bytes - offset) {
        return STK_E_RANGE;
    }
    *at = n->first + block * g->block_bytes + offset;
    return STK_OK;
}

/* Waits for the end of an earlier operation that passed its time limit, if there is one. A chip that works ignores
 * commands and answers reads with its status, so every call begins with this. STK_E_TIMEOUT the chip still works. */
static int wait_for_chip(struct stk_nor *n, uint32_t at) {
    if (n->late) {
        int err = n->amd ? stk_nor_amd_wait(n, at) : stk_nor_intel_wait(n, at);
        n->late = err != STK_OK;
    }
    return n->late ? STK_E_TIMEOUT : STK_OK;
}

/* Returns the word of the bus whose bytes in memory are `bytes`, in the byte order of this machine. The bytes need no
 * alignment, hence memcpy. */
static uint32_t word_of(const struct stk_nor *n, const uint8_t *bytes) {
    uint16_t half;
    uint32_t whole;
    if (n->width == 2) {
        memcpy(&half, bytes, sizeof half);
        return half;
    }
    memcpy(&whole, bytes, sizeof whole);
    return whole;
}

/* Writes the bytes of a word of the bus, the inverse of word_of. */
static void bytes_of(const struct stk_nor *n, uint32_t word, uint8_t *bytes) {
    uint16_t half = (uint16_t)word;
    if (n->width == 2) {
        memcpy(bytes, &half, sizeof half);
    } else {
        memcpy(bytes, &word, sizeof word);
    }
}

static int nor_flash_read(void *ctx, uint32_t block, uint32_t offset, void *data, uint32_t bytes) {
    struct stk_nor *n = ctx;
    uint8_t word[4], *out = data;
    uint32_t at;
    int err = place_of(n, block, offset, bytes, &at);
    if (err == STK_OK && wait_for_chip(n, at) != STK_OK) {
        err = STK_E_IO;
    }
    /* The bus reads whole words only; the first and the last word of the transfer may be needed in part. */
    while (err == STK_OK && bytes != 0) {
        uint32_t skip = at % n->width, some = n->width - skip;
        some = some < bytes ? some : bytes;
        bytes_of(n, nor_read(n, at - skip), word);
        memcpy(out, word + skip, some);
        out += some;
        at += some;
        bytes -= some;
    }
    return err;
}

/// Programming ///

/* Programs words that lie in one write buffer, by the command set of the chips. */
static int program(struct stk_nor *n, uint32_t at, const uint32_t *words, uint32_t count) {
    return n->amd ? stk_nor_amd_program(n, at, words, count) : stk_nor_intel_program(n, at, words, count);
}

/* Returns how many words from `at` on go into one program: up to the next multiple of the size of the write buffer,
 * which no program may cross; one word where the chip has no buffer. */
static uint32_t run_of(const struct stk_nor *n, uint32_t at, uint32_t bytes) {
    uint32_t room = n->buffer_bytes == 0 ? n->width : n->buffer_bytes - at % n->buffer_bytes;
    return (room < bytes ? room : bytes) / n->width;
}

/* Programs `count` words. Gives the chip the data AND the bits that are there, because chips differ in what they do
 * with a 1 over a 0. Words that are all ones change nothing, so they cost no program. */
static int program_run(struct stk_nor *n, uint32_t at, const uint8_t *data, uint32_t count) {
    uint32_t words[NOR_BUFFER_WORDS], all = nor_each(n, 0xFFFF), kept = all;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t want = word_of(n, data + i * n->width);
        kept &= want;
        words[i] = want & nor_read(n, at + i * n->width);
    }
    return kept == all ? STK_OK : program(n, at, words, count);
}

/* Makes the chip ready to change a block: waits for an earlier operation, and unlocks the block unless it was the last
 * one unlocked. Changes no byte of the block, so no error here means a bad block: the error is STK_E_TIMEOUT or
 * STK_E_ACCESS, never STK_E_IO. */
static int make_ready(struct stk_nor *n, uint32_t block) {
    uint32_t at = n->first + block * n->geometry.block_bytes;
    int err = wait_for_chip(n, at);
    if (err == STK_OK && n->locks && n->unlocked != block) {
        err = stk_nor_intel_unlock(n, at) == STK_OK ? STK_OK
              : n->info.err == STK_E_TIMEOUT        ? STK_E_TIMEOUT
                                                    : STK_E_ACCESS;
        n->unlocked = err == STK_OK ? block : UINT32_MAX;
    }
    return err;
}

static int nor_flash_prog(void *ctx, uint32_t block, uint32_t offset, const void *data, uint32_t bytes) {
    struct stk_nor *n = ctx;
    const uint8_t *in = data;
    uint32_t at;
    int err = place_of(n, block, offset, bytes, &at);
    /* The loop below programs whole words: with a part of a word left, `bytes` would never become 0. */
    if (err == STK_OK && (offset % n->geometry.prog_unit != 0 || bytes % n->geometry.prog_unit != 0)) {
        err = STK_E_RANGE;
    }
    if (err == STK_OK) {
        err = make_ready(n, block);
    }
    while (err == STK_OK && bytes != 0) {
        uint32_t count = run_of(n, at, bytes), some = count * n->width;
        err = program_run(n, at, in, count);
        if (err != STK_OK && in != data && n->geometry.rewrite == STK_FLASH_ONCE) {
            /* The first part of the data is programmed already and may not be programmed again. So the whole call must
             * not be repeated, which STK_E_ACCESS or STK_E_TIMEOUT would allow. */
            err = STK_E_IO;
        }
        in += some;
        at += some;
        bytes -= some;
    }
    return err;
}

static int nor_flash_erase(void *ctx, uint32_t block) {
    struct stk_nor *n = ctx;
    uint32_t at;
    int err = place_of(n, block, 0, n->geometry.block_bytes, &at);
    if (err == STK_OK) {
        err = make_ready(n, block);
    }
    if (err != STK_OK) {
        return err;
    }
    return n->amd ? stk_nor_amd_erase(n, at) : stk_nor_intel_erase(n, at);
}

static void nor_flash_geometry(void *ctx, struct stk_flash_geometry *geometry) {
    *geometry = ((const struct stk_nor *)ctx)->geometry;
}

const struct stk_flash_ops stk_nor_flash_ops = {
    .name = "nor",
    .geometry = nor_flash_geometry,
    .read = nor_flash_read,
    .prog = nor_flash_prog,
    .erase = nor_flash_erase,
    .sync = NULL, /* prog and erase return when the chip is done */
};
