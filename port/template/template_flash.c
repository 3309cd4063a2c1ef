/* stoker port template: flash. */
#include "stoker/port/template.h"

#include <stddef.h>

/* Say what the chip is, from its table or from constants. In doubt take the smaller `rewrite`, and 1 for `lazy`. */
static void template_geometry(void *ctx, struct stk_flash_geometry *geometry) {
    (void)ctx;
    *geometry = (struct stk_flash_geometry){.read_unit = 1, .prog_unit = 1, .block_bytes = 1, .erased = 0xFF};
}

/* Copy out, or return STK_E_IO when the ECC could not correct the bytes. Where a DMA engine writes data, clean and
 * invalidate it before the transfer and invalidate it after. */
static int template_read(void *ctx, uint32_t block, uint32_t offset, void *data, uint32_t bytes) {
    (void)ctx;
    (void)block;
    (void)offset;
    (void)data;
    (void)bytes;
    return STK_E_UNSUPPORTED;
}

/* Start the program, then poll its status no longer than the chip may take. Return STK_E_IO when the chip failed or
 * took too long: the caller then leaves the block. Return another code when the block is not to blame: STK_E_ACCESS
 * when it is locked, STK_E_ALIGN when a DMA engine cannot take `data`, STK_E_TIMEOUT when the chip is busy with
 * something else. Do not try again what failed. Where the flash is mapped and cached, invalidate the lines that were
 * programmed. */
static int template_prog(void *ctx, uint32_t block, uint32_t offset, const void *data, uint32_t bytes) {
    (void)ctx;
    (void)block;
    (void)offset;
    (void)data;
    (void)bytes;
    return STK_E_UNSUPPORTED;
}

/* Start the erase, then poll its status as in a program. Return STK_E_IO for a block that is marked bad, without
 * touching it. */
static int template_erase(void *ctx, uint32_t block) {
    (void)ctx;
    (void)block;
    return STK_E_UNSUPPORTED;
}

const struct stk_flash_ops stk_template_flash_ops = {
    .name = "template",
    .geometry = template_geometry,
    .read = template_read,
    .prog = template_prog,
    .erase = template_erase,
    .sync = NULL, /* optional: needed where prog and erase return before what they did survives a power cut */
};
