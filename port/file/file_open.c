/* stoker port: flash over a file or a block device; this file opens, creates, lengthens and checks. Transfers are in
 * file.c. Open removes what it made when it fails, so that a failed open changes no file. */
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_internal.h"

/* Bytes of the longest path of a directory that is synced, with its NUL: PATH_MAX of Linux. */
#define PATH_BYTES 4096u

/// The descriptor ///

/* Syncs the directory that holds `path`. fsync of the file keeps its bytes; only fsync of the directory keeps its name
 * through a power cut. */
static int sync_directory(struct stk_file *f, const char *path) {
    char directory[PATH_BYTES] = ".";
    const char *slash = strrchr(path, '/');
    if (slash != NULL) {
        /* The directory of "/name" is "/", one byte, and not the empty text before the slash. */
        size_t length = slash == path ? 1 : (size_t)(slash - path);
        if (length >= sizeof directory) {
            return stk_file_fail(f, ENAMETOOLONG);
        }
        memcpy(directory, path, length);
        directory[length] = '\0';
    }
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int os_error = fd < 0 || fsync(fd) != 0 ? errno : 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    /* EINVAL says that the file system cannot sync a directory, and then there is nothing to sync. */
    return os_error == 0 || os_error == EINVAL ? STK_OK : stk_file_fail(f, os_error);
}

/* Opens config->path, and creates the file if it is missing and config->create is set. Sets *made if this call created
 * the file, since then a later failure must remove the file again. */
static int open_path(struct stk_file *f, const struct stk_file_config *config, bool *made) {
    int flags = (config->read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | (config->direct ? O_DIRECT : 0) |
                /* O_NONBLOCK keeps open from waiting for the other end of a FIFO, which length_of() then refuses. */
                O_NONBLOCK;
    f->fd = open(config->path, flags);
    if (f->fd < 0 && errno == ENOENT && config->create) {
        /* O_EXCL: if another process creates the file in between, open fails. Otherwise a failure later would remove a
         * file that belongs to the other process. */
        f->fd = open(config->path, flags | O_CREAT | O_EXCL, 0666);
        *made = f->fd >= 0;
    }
    f->owned = f->fd >= 0;
    return f->fd >= 0 ? STK_OK : stk_file_fail(f, errno);
}

/* Takes the caller's descriptor. Refuses one without O_DIRECT where config->direct is set, instead of setting the flag:
 * the flag would change every other user of the same open file. */
static int take_fd(struct stk_file *f, const struct stk_file_config *config) {
    int flags = fcntl(config->fd, F_GETFL);
    if (flags < 0) {
        return stk_file_fail(f, errno);
    }
    if (config->direct && (flags & O_DIRECT) == 0) {
        return stk_file_refuse(f, STK_E_ARG);
    }
    f->fd = config->fd;
    return STK_OK;
}

/// Length ///

/* Sets *length to the bytes of the file or block device. fstat gives 0 for a block device, so its length comes from
 * BLKGETSIZE64. */
static int length_of(struct stk_file *f, uint64_t *length) {
    struct stat st;
    if (fstat(f->fd, &st) != 0) {
        return stk_file_fail(f, errno);
    }
    if (S_ISREG(st.st_mode)) {
        *length = (uint64_t)st.st_size;
        return STK_OK;
    }
    if (S_ISDIR(st.st_mode)) {
        return stk_file_refuse(f, STK_E_ISDIR);
    }
    if (!S_ISBLK(st.st_mode)) {
        return stk_file_refuse(f, STK_E_UNSUPPORTED);
    }
    return ioctl(f->fd, BLKGETSIZE64, length) == 0 ? STK_OK : stk_file_fail(f, errno);
}

/* Makes the file `bytes` long and syncs it and its name. Takes the space of the file at once where the file system can,
 * so that no program fails later for want of space. On failure the file gets its old `length` back. */
static int lengthen(struct stk_file *f, const struct stk_file_config *config, uint64_t length) {
    uint32_t tries = 0;
    int r;
    do {
        r = fallocate(f->fd, 0, 0, (off_t)config->bytes);
    } while (r != 0 && errno == EINTR && ++tries < STK_FILE_TRIES_MAX);
    /* A file system without fallocate gives a sparse file; there a program may still fail for want of space. */
    if (r != 0 && stk_file_not_here(errno)) {
        r = ftruncate(f->fd, (off_t)config->bytes);
    }
    int err = r != 0 || fsync(f->fd) != 0 ? stk_file_fail(f, errno) : sync_directory(f, config->path);
    if (err != STK_OK) {
        (void)!ftruncate(f->fd, (off_t)length);
    }
    return err;
}

/// Geometry ///

static bool is_unit(uint32_t unit) {
    return unit != 0 && unit <= STK_FLASH_UNIT_MAX;
}

static uint32_t or_default(uint32_t value, uint32_t other) {
    return value != 0 ? value : other;
}

/* Checks everything that can be checked before the file is open, and fills in the geometry but for the number of
 * blocks. */
static int check_config(struct stk_file *f, const struct stk_file_config *config) {
    struct stk_flash_geometry *g = &f->geometry;
    g->prog_unit = or_default(config->prog_unit, STK_FILE_PROG_DEFAULT);
    g->read_unit = or_default(config->read_unit, config->direct ? STK_FILE_DIRECT_DEFAULT : 1u);
    g->block_bytes = or_default(config->block_bytes, STK_FILE_BLOCK_DEFAULT);
    g->erased = config->erased;
    g->rewrite = STK_FLASH_ANY;
    /* The page cache and the medium's own cache may lose or reorder writes until sync. */
    g->lazy = 1;
    if (!is_unit(g->prog_unit) || !is_unit(g->read_unit) || (config->erased != 0x00 && config->erased != 0xFF)) {
        return STK_E_ARG;
    }
    /* The length of the whole file as one block is known only once the file is open; lay_out() checks it then. */
    if (g->block_bytes != STK_FILE_WHOLE &&
        (g->block_bytes % g->prog_unit != 0 || g->block_bytes % g->read_unit != 0)) {
        return STK_E_ARG;
    }
    if (config->create && (config->path == NULL || config->bytes == 0 || config->read_only)) {
        return STK_E_ARG;
    }
    /* off_t is signed, so no offset above 2^63 - 1 can be given to the kernel. */
    return config->bytes > (uint64_t)INT64_MAX ? STK_E_OVERFLOW : STK_OK;
}

/* Computes the number of blocks for a file of `length` bytes. A rest behind the last whole block stays unused. */
static int lay_out(struct stk_file *f, uint64_t length) {
    struct stk_flash_geometry *g = &f->geometry;
    if (g->block_bytes == STK_FILE_WHOLE) {
        if (length >= UINT32_MAX) {
            return stk_file_refuse(f, STK_E_OVERFLOW);
        }
        g->block_bytes = (uint32_t)length;
        g->blocks = 1;
        return length % g->prog_unit == 0 && length % g->read_unit == 0 ? STK_OK : stk_file_refuse(f, STK_E_ARG);
    }
    if (length < g->block_bytes) {
        return stk_file_refuse(f, STK_E_SHORT);
    }
    if (length / g->block_bytes > UINT32_MAX) {
        return stk_file_refuse(f, STK_E_OVERFLOW);
    }
    g->blocks = (uint32_t)(length / g->block_bytes);
    return STK_OK;
}

/* Returns the alignment in bytes that O_DIRECT needs for offsets, lengths and addresses: the greatest of the three,
 * since one value covers them all. Kernels before 6.1 do not tell the alignment of a regular file; 4096 covers every
 * device in use. For a block device the size of a sector is enough. */
static uint32_t direct_align(int fd) {
    int sector = 0;
#ifdef STATX_DIOALIGN
    struct statx sx;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &sx) == 0 && (sx.stx_mask & STATX_DIOALIGN) != 0 &&
        sx.stx_dio_offset_align != 0) {
        return sx.stx_dio_offset_align > sx.stx_dio_mem_align ? sx.stx_dio_offset_align : sx.stx_dio_mem_align;
    }
#endif
    return ioctl(fd, BLKSSZGET, &sector) == 0 && sector > 0 ? (uint32_t)sector : 4096u;
}

/* Refuses read and program units that O_DIRECT cannot transfer. Sets file->align even on failure, so that the caller
 * can choose units that fit. */
static int check_direct(struct stk_file *f) {
    const struct stk_flash_geometry *g = &f->geometry;
    f->align = direct_align(f->fd);
    return g->read_unit % f->align == 0 && g->prog_unit % f->align == 0 ? STK_OK : stk_file_refuse(f, STK_E_ALIGN);
}

/// Open and close ///

/* Lays the geometry out. Makes the file as long as the geometry says in the last step, so a geometry that is refused
 * changes no file. */
static int fit(struct stk_file *f, const struct stk_file_config *config) {
    uint64_t length = 0;
    int err = length_of(f, &length);
    if (err != STK_OK) {
        return err;
    }
    bool is_short = length < config->bytes;
    if (is_short && !config->create && !config->grow) {
        return stk_file_refuse(f, STK_E_SHORT);
    }
    err = lay_out(f, config->bytes != 0 ? config->bytes : length);
    return err == STK_OK && is_short && config->create ? lengthen(f, config, length) : err;
}

int stk_file_open(struct stk_file *file, const struct stk_file_config *config) {
    if (file == NULL || config == NULL) {
        return STK_E_ARG;
    }
    *file = (struct stk_file){.fd = -1, .align = 1, .zero_range = true, .punch_hole = true};
    file->read_only = config->read_only;
    int err = check_config(file, config);
    if (err != STK_OK) {
        return err;
    }
    bool made = false;
    err = config->path != NULL ? open_path(file, config, &made) : take_fd(file, config);
    if (err == STK_OK && config->direct) {
        err = check_direct(file);
    }
    if (err == STK_OK) {
        err = fit(file, config);
    }
    if (err != STK_OK && made) {
        (void)unlink(config->path);
    }
    if (err != STK_OK) {
        stk_file_close(file);
    }
    return err;
}

void stk_file_close(struct stk_file *file) {
    if (file->owned) {
        (void)close(file->fd);
    }
    file->owned = false;
    file->fd = -1;
}
