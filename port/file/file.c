/* stoker port: a file as flash: reading, programming, erasing. Opening is in file_open.c. */
#include <fcntl.h>
#include <linux/falloc.h>
#include <string.h>
#include <unistd.h>

#include "file_internal.h"

#define PIECE_BYTES 4096u /* of an erase that has to write */

/// Transfers ///

/* Checks a transfer and gives the offset of its first byte in *at. */
static int place_of(struct stk_file *f, uint32_t block, uint32_t offset, const void *data, uint32_t bytes, off_t *at) {
    const struct stk_flash_geometry *g = &f->geometry;
    if (block >= g->blocks || offset > g->block_bytes || bytes > g->block_bytes - offset) {
        return stk_file_refuse(f, STK_E_RANGE);
    }
    if (((uintptr_t)data & (f->align - 1u)) != 0) {
        return stk_file_refuse(f, STK_E_ALIGN);
    }
    *at = (off_t)((uint64_t)block * g->block_bytes + offset);
    return STK_OK;
}

/* Is a transfer that gave `n` to be tried again? Counts tries in a row that moved nothing. */
static bool again(ssize_t n, uint32_t *tries) {
    if (n > 0) {
        *tries = 0;
        return true;
    }
    return n < 0 && (errno == EINTR || errno == EAGAIN) && ++*tries < STK_FILE_TRIES_MAX;
}

static int read_all(struct stk_file *f, off_t at, uint8_t *data, size_t bytes) {
    uint32_t tries = 0;
    while (bytes != 0) {
        ssize_t n = pread(f->fd, data, bytes, at);
        if (n == 0) {
            return stk_file_refuse(f, STK_E_SHORT);
        }
        if (!again(n, &tries)) {
            return stk_file_fail(f, errno);
        }
        size_t got = n > 0 ? (size_t)n : 0;
        data += got;
        bytes -= got;
        at += (off_t)got;
    }
    return STK_OK;
}

static int write_all(struct stk_file *f, off_t at, const uint8_t *data, size_t bytes) {
    uint32_t tries = 0;
    while (bytes != 0) {
        ssize_t n = pwrite(f->fd, data, bytes, at);
        if (n == 0) {
            return stk_file_fail(f, EIO); /* a medium that takes nothing and says nothing */
        }
        if (!again(n, &tries)) {
            return stk_file_fail(f, errno);
        }
        size_t put = n > 0 ? (size_t)n : 0;
        data += put;
        bytes -= put;
        at += (off_t)put;
    }
    return STK_OK;
}

static int file_read(void *ctx, uint32_t block, uint32_t offset, void *data, uint32_t bytes) {
    off_t at;
    int err = place_of(ctx, block, offset, data, bytes, &at);
    return err != STK_OK ? err : read_all(ctx, at, data, bytes);
}

static int file_prog(void *ctx, uint32_t block, uint32_t offset, const void *data, uint32_t bytes) {
    struct stk_file *f = ctx;
    off_t at;
    int err = place_of(f, block, offset, data, bytes, &at);
    if (err == STK_OK && f->read_only) {
        err = stk_file_refuse(f, STK_E_ACCESS);
    }
    return err != STK_OK ? err : write_all(f, at, data, bytes);
}

/// Erase ///

/* Zeros without writing them. Zeroing keeps the space, so that a later program needs none; a hole gives it back, but
 * is what tmpfs has. Returns 1 when neither is to be had. */
static int zero_block(struct stk_file *f, off_t at) {
    off_t bytes = (off_t)f->geometry.block_bytes;
    if (f->zero_range) {
        if (fallocate(f->fd, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, at, bytes) == 0) {
            return STK_OK;
        }
        if (!stk_file_not_here(errno)) {
            return stk_file_fail(f, errno);
        }
        f->zero_range = false;
    }
    if (f->punch_hole) {
        if (fallocate(f->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, bytes) == 0) {
            return STK_OK;
        }
        if (!stk_file_not_here(errno)) {
            return stk_file_fail(f, errno);
        }
        f->punch_hole = false;
    }
    return 1;
}

/* Writes the erased value over the block. The piece is aligned for any O_DIRECT that there is. */
static int write_block(struct stk_file *f, off_t at) {
    _Alignas(PIECE_BYTES) uint8_t piece[PIECE_BYTES];
    uint32_t left = f->geometry.block_bytes;
    int err = STK_OK;
    memset(piece, f->geometry.erased, sizeof piece);
    while (left != 0 && err == STK_OK) {
        uint32_t n = left < PIECE_BYTES ? left : PIECE_BYTES;
        err = write_all(f, at, piece, n);
        at += (off_t)n;
        left -= n;
    }
    return err;
}

static int file_erase(void *ctx, uint32_t block) {
    struct stk_file *f = ctx;
    off_t at;
    int err = place_of(f, block, 0, NULL, f->geometry.block_bytes, &at);
    if (err == STK_OK && f->read_only) {
        err = stk_file_refuse(f, STK_E_ACCESS);
    }
    if (err == STK_OK) {
        err = f->geometry.erased == 0 ? zero_block(f, at) : 1;
    }
    return err <= STK_OK ? err : write_block(f, at);
}

/// The rest ///

static int file_sync(void *ctx) {
    struct stk_file *f = ctx;
    uint32_t tries = 0;
    int r = fdatasync(f->fd);
    while (r != 0 && again(r, &tries)) {
        r = fdatasync(f->fd);
    }
    return r == 0 ? STK_OK : stk_file_fail(f, errno);
}

static void file_geometry(void *ctx, struct stk_flash_geometry *geometry) {
    *geometry = ((const struct stk_file *)ctx)->geometry;
}

const struct stk_flash_ops stk_file_flash_ops = {
    .name = "file",
    .geometry = file_geometry,
    .read = file_read,
    .prog = file_prog,
    .erase = file_erase,
    .sync = file_sync,
};
