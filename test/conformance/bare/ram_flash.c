/* The calls of stoker/port/file.h that the cases of the replay log make, over files in memory: one block that is erased
 * to zeros and may be programmed again. The member fd is the index of the file. */
#include "ram_files.h"

#include "stoker/port/file.h"

#include <string.h>

int stk_file_open(struct stk_file *file, const struct stk_file_config *config) {
    struct ram_file *ram = config->create ? ram_make(config->path) : ram_find(config->path);
    if (config->bytes > UINT32_MAX) {
        return STK_E_OVERFLOW;
    }
    if (ram == NULL) {
        return config->create ? STK_E_NOSPC : STK_E_NOENT;
    }
    if (config->create && !ram_grow(ram, (size_t)config->bytes)) {
        return STK_E_NOSPC;
    }
    if (ram->size < config->bytes && !config->grow) {
        return STK_E_SHORT;
    }
    *file = (struct stk_file){.fd = (int)(ram - ram_files), .owned = true};
    file->geometry = (struct stk_flash_geometry){.read_unit = 1,
                                                 .prog_unit = config->prog_unit,
                                                 .block_bytes = (uint32_t)config->bytes,
                                                 .blocks = 1,
                                                 .rewrite = STK_FLASH_ANY};
    return STK_OK;
}

void stk_file_close(struct stk_file *file) {
    file->fd = -1;
}

static void geometry(void *ctx, struct stk_flash_geometry *out) {
    *out = ((const struct stk_file *)ctx)->geometry;
}

/* Returns true when the bytes lie in the one block. */
static bool within(const struct stk_file *file, uint32_t block, uint32_t offset, uint32_t bytes) {
    return block == 0 && offset <= file->geometry.block_bytes && bytes <= file->geometry.block_bytes - offset;
}

static int read(void *ctx, uint32_t block, uint32_t offset, void *data, uint32_t bytes) {
    const struct stk_file *file = ctx;
    const struct ram_file *ram = &ram_files[file->fd];
    if (!within(file, block, offset, bytes)) {
        return STK_E_RANGE;
    }
    if (offset > ram->size || bytes > ram->size - offset) {
        return STK_E_SHORT;
    }
    if (bytes > 0) {
        memcpy(data, ram->bytes + offset, bytes);
    }
    return STK_OK;
}

static int prog(void *ctx, uint32_t block, uint32_t offset, const void *data, uint32_t bytes) {
    const struct stk_file *file = ctx;
    struct ram_file *ram = &ram_files[file->fd];
    if (!within(file, block, offset, bytes)) {
        return STK_E_RANGE;
    }
    if (!ram_grow(ram, (size_t)offset + bytes)) {
        return STK_E_NOSPC;
    }
    if (bytes > 0) {
        memcpy(ram->bytes + offset, data, bytes);
    }
    return STK_OK;
}

static int erase(void *ctx, uint32_t block) {
    const struct stk_file *file = ctx;
    struct ram_file *ram = &ram_files[file->fd];
    if (block != 0) {
        return STK_E_RANGE;
    }
    if (ram->size > 0) {
        memset(ram->bytes, 0, ram->size);
    }
    return STK_OK;
}

const struct stk_flash_ops stk_file_flash_ops = {
    .name = "ram file", .geometry = geometry, .read = read, .prog = prog, .erase = erase};
