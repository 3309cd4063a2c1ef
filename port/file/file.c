/* stoker port: flash over a file or a block device; this file reads, programs, erases and syncs. Opening and creating
 * are in file_open.c. The port locks nothing and caches nothing. */
#include <fcntl.h>
#include <linux/falloc.h>
#include <string.h>
#include <unistd.h>

#include "file_internal.h"

/* Bytes of one write of an erase that has to write. A page suits every file system, and each O_DIRECT alignment in use
 * divides 4096. */
#define PART_BYTES 4096u

/// Transfers ///

/* Checks that a transfer lies in one block and that `data` has the alignment of O_DIRECT, and sets *at to the offset of
 * its first byte in the file. Refuses before any system call, so that a refused transfer changes nothing. */
static int place_of(struct stk_file *f, uint32_t block, uint32_t offset, const void *data, uint32_t bytes, off_t *at) {
    const struct stk_flash_geometry *g = &f->geometry;
    /* `bytes` is compared with the rest of the block, and not offset + bytes with its end: that sum may wrap. */
    if (block >= g->blocks || offset > g->block_bytes || bytes > g->block_bytes - offset) {
        return stk_file_refuse(f, STK_E_RANGE);
    }
    /* Without `direct` the alignment is 1, so that this test never refuses. */
    if (((uintptr_t)data & (f->align - 1u)) != 0) {
        return stk_file_refuse(f, STK_E_ALIGN);
    }
    *at = (off_t)((uint64_t)block * g->block_bytes + offset);
    return STK_OK;
}

/* Returns true if the caller goes on with its transfer after a system call that returned `n`: the call moved bytes, or
 * was interrupted. *tries counts interruptions in a row without a byte; STK_FILE_TRIES_MAX of them end the transfer, so
 * that a medium which only interrupts cannot hold the caller for ever. */
static bool should_retry(ssize_t n, uint32_t *tries) {
    if (n > 0) {
        *tries = 0;
        return true;
    }
    return n < 0 && (errno == EINTR || errno == EAGAIN) && ++*tries < STK_FILE_TRIES_MAX;
}

/* Reads `bytes` bytes at offset `at`. pread may return fewer bytes than asked for, so the loop goes on until all are
 * there. The end of the file is STK_E_SHORT and never a shorter success. */
static int read_all(struct stk_file *f, off_t at, uint8_t *data, size_t bytes) {
    uint32_t tries = 0;
    while (bytes != 0) {
        ssize_t n = pread(f->fd, data, bytes, at);
        if (n == 0) {
            return stk_file_refuse(f, STK_E_SHORT);
        }
        if (!should_retry(n, &tries)) {
            return stk_file_fail(f, errno);
        }
        size_t got = n > 0 ? (size_t)n : 0;
        data += got;
        bytes -= got;
        at += (off_t)got;
    }
    return STK_OK;
}

/* Writes `bytes` bytes at offset `at`, over as many system calls as the kernel needs. After an error any part of the
 * bytes may be in the file. */
static int write_all(struct stk_file *f, off_t at, const uint8_t *data, size_t bytes) {
    uint32_t tries = 0;
    while (bytes != 0) {
        ssize_t n = pwrite(f->fd, data, bytes, at);
        if (n == 0) {
            /* A write of 0 bytes has no errno, and trying again would not end. EIO makes it an error of the medium
             * (STK_E_IO). */
            return stk_file_fail(f, EIO);
        }
        if (!should_retry(n, &tries)) {
            return stk_file_fail(f, errno);
        }
        size_t put = n > 0 ? (size_t)n : 0;
        data += put;
        bytes -= put;
        at += (off_t)put;
    }
    return STK_OK;
}

/* Reads any bytes of a block; the geometry's read_unit is not checked here, since only O_DIRECT needs it and the kernel
 * checks it then. */
static int file_read(void *ctx, uint32_t block, uint32_t offset, void *data, uint32_t bytes) {
    off_t at;
    int err = place_of(ctx, block, offset, data, bytes, &at);
    return err != STK_OK ? err : read_all(ctx, at, data, bytes);
}

/* Programs bytes. A file takes any value again (STK_FLASH_ANY), so the bytes are not compared with what is there. */
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

/* Makes the block zeros without writing them. Tries FALLOC_FL_ZERO_RANGE first: it keeps the space of the block, so
 * that a later program cannot fail for want of space. Else tries to punch a hole, which gives the space back, and which
 * tmpfs has. Returns 1 if the file system has neither; the caller then writes the zeros. A mode that is missing is
 * remembered in `f`, so that it is asked for once. */
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

/* Writes the erased value over the block, where the file system cannot do so itself or `erased` is not 0x00. The buffer
 * is aligned to its own size, which is enough for every O_DIRECT alignment in use. */
static int write_block(struct stk_file *f, off_t at) {
    _Alignas(PART_BYTES) uint8_t part[PART_BYTES];
    uint32_t left = f->geometry.block_bytes;
    int err = STK_OK;
    memset(part, f->geometry.erased, sizeof part);
    while (left != 0 && err == STK_OK) {
        uint32_t n = left < PART_BYTES ? left : PART_BYTES;
        err = write_all(f, at, part, n);
        at += (off_t)n;
        left -= n;
    }
    return err;
}

/* Erases one block. Zeros can be had without writing them; any other erased value has to be written. */
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

/// Sync and geometry ///

/* Makes what was programmed and erased survive a power cut. fdatasync suffices: the length of the file, which a program
 * may change with `grow`, is among the metadata that fdatasync writes. */
static int file_sync(void *ctx) {
    struct stk_file *f = ctx;
    uint32_t tries = 0;
    int r = fdatasync(f->fd);
    while (r != 0 && should_retry(r, &tries)) {
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
