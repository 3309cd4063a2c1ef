/* Opening a replay log by its content. The image of a flash has its geometry in every block's header. */
#include "log_image.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "input.h"
#include "stoker/crc32c.h"
#include "stoker/le.h"

#define SEARCH_BYTES (UINT64_C(256) << 20) /* in which a whole header is looked for */
#define CELL         STK_LOG_CELL_BYTES
#define MAGIC_BYTES  8u

static const char flash_magic[] = "STKLOG02", v1_magic[] = "VRRL0001";

/// The geometry ///

static uint32_t word(const uint8_t *cell, uint32_t i) {
    return stk_get32(cell + 4u * i);
}

/* A header that tells the geometry of a log. */
struct found {
    struct stk_flash_geometry geometry;
    uint32_t format;
};

/* Returns true if the cell at byte `at` is the whole header of a block that begins there (SPEC.md section 6.1). */
static bool header_at(const uint8_t *cell, uint64_t at, struct found *h) {
    struct stk_flash_geometry *g = &h->geometry;
    if (memcmp(cell, flash_magic, MAGIC_BYTES) != 0 || word(cell, 15) != stk_crc32c(0, cell, CELL - 4u)) {
        return false;
    }
    h->format = word(cell, 10);
    *g = (struct stk_flash_geometry){.read_unit = 1,
                                     .prog_unit = word(cell, 8),
                                     .block_bytes = word(cell, 6),
                                     .blocks = word(cell, 7),
                                     .erased = (uint8_t)word(cell, 9),
                                     .rewrite = STK_FLASH_MANY};
    return word(cell, 9) <= 255u && stk_log_capacity(g) != 0 && word(cell, 5) < g->blocks &&
           (uint64_t)word(cell, 5) * g->block_bytes == at;
}

/* Takes the header when it is of a newer log, or of the same one when that had grown. */
static int take_header(const struct found *h, struct found *best, int is_first) {
    bool newer = is_first || h->format > best->format ||
                 (h->format == best->format && h->geometry.blocks > best->geometry.blocks);
    if (newer) {
        *best = *h;
    }
    return 1;
}

/* Looks at all whole headers. Any block may be damaged, and a bad one may hold the header of an older log. Returns 1, 0
 * when there is none, or -1 with errno set. */
static int search_header(struct log_image *f, struct found *best) {
    int found = 0;
    for (uint64_t at = 0; at < SEARCH_BYTES;) {
        ssize_t got = cli_read_at(f->fd, f->reads, LOG_IMAGE_READ_BYTES, at);
        const uint8_t *p = f->reads, *end = p + got;
        struct found h;
        if (got < 0) {
            return -1;
        }
        while ((p = memmem(p, (size_t)(end - p), flash_magic, MAGIC_BYTES)) != NULL && end - p >= (ptrdiff_t)CELL) {
            if (header_at(p, at + (uint64_t)(p - f->reads), &h)) {
                found = take_header(&h, best, !found);
            }
            p++;
        }
        if ((size_t)got < LOG_IMAGE_READ_BYTES) {
            break;
        }
        at += (uint64_t)got - (CELL - 1u); /* a header may lie across the end */
    }
    return found;
}

/* Finds a whole block header in the file and takes the geometry from it. */
static int find_header(struct log_image *f) {
    struct found best;
    int found = search_header(f, &best);
    f->geometry = best.geometry;
    if (found < 0) {
        return cli_bad("%s: %s: %s", f->name, strerror(errno), cli_os_fix(errno, "name a file that can be read"));
    }
    return found ? 0
                 : cli_bad("%s: is no replay log: it has no whole header (STKLOG02 or VRRL0001): name a file that was "
                           "recorded, or a copy of the whole flash",
                           f->name);
}

/// Opening ///

/* Gives the geometry of the image. The flash that the image was copied from may allow less than a file does, and then a
 * mount looks for less. So an image is read as if a page could be marked. This finds the records that any flash may
 * keep. */
static void image_geometry(void *ctx, struct stk_flash_geometry *geometry) {
    *geometry = ((const struct log_image *)ctx)->geometry;
}

/* Reads from the file, and keeps the first error of the system for the report. */
static int image_read(void *ctx, uint32_t block, uint32_t offset, void *data, uint32_t bytes) {
    struct log_image *f = ctx;
    int err = stk_file_flash_ops.read(&f->file, block, offset, data, bytes);
    if (err == STK_E_IO && f->read_error == 0) {
        f->read_error = f->file.os_error;
    }
    return err;
}

static int image_prog(void *ctx, uint32_t block, uint32_t offset, const void *data, uint32_t bytes) {
    (void)ctx, (void)block, (void)offset, (void)data, (void)bytes;
    return STK_E_ACCESS;
}

static int image_erase(void *ctx, uint32_t block) {
    (void)ctx, (void)block;
    return STK_E_ACCESS;
}

static const struct stk_flash_ops image_ops = {"image", image_geometry, image_read, image_prog, image_erase, NULL};

/* Mounts the log with the geometry that was found. Returns an enum stk_err. */
static int mount_flash(struct log_image *f) {
    const struct stk_flash_geometry *g = &f->geometry;
    struct stk_log_config config = {{&image_ops, f}, f->buffer, sizeof f->buffer};
    const struct stk_file_config file = {.fd = f->fd,
                                         .bytes = (uint64_t)g->blocks * g->block_bytes,
                                         .block_bytes = g->block_bytes,
                                         .prog_unit = g->prog_unit,
                                         .erased = g->erased,
                                         .read_only = true};
    int err = stk_file_open(&f->file, &file);
    err = err != STK_OK ? err : stk_log_mount(&f->log, &config);
    return err != STK_OK ? err : stk_log_iterate(&f->log, &f->iter, f->reads, LOG_IMAGE_READ_BYTES);
}

/* Mounts the log in the image of a flash. An image that is shorter than its flash is refused. */
static int open_flash(struct log_image *f, uint64_t size) {
    const struct stk_flash_geometry *g = &f->geometry;
    int err = find_header(f);
    if (err) {
        return err;
    }
    if (size / g->block_bytes < g->blocks) {
        return cli_bad("%s: %llu of the %llu bytes of the log: copy the whole of it", f->name, (unsigned long long)size,
                       (unsigned long long)g->blocks * g->block_bytes);
    }
    err = mount_flash(f);
    return err == STK_OK ? 0 : cli_bad("%s: %s: %s", f->name, stk_err_name(err), cli_fix(err));
}

/* Opens a file of version 1. Bytes behind the longest such file are ignored. */
static int open_v1(struct log_image *f, uint64_t size) {
    uint32_t bytes = STK_VRRL_BYTES(STK_VRRL_CAPACITY_MAX);
    struct stk_file_config file = {.fd = f->fd, .prog_unit = 1, .read_unit = 1, .read_only = true};
    struct stk_error_info info = {0, 0, 0};
    int err;
    f->v1 = true;
    file.block_bytes = size < bytes ? (uint32_t)size : bytes;
    file.bytes = file.block_bytes;
    err = stk_file_open(&f->file, &file);
    err = err != STK_OK ? err : stk_vrrl_open(&f->vrrl, &(struct stk_flash_port){&stk_file_flash_ops, &f->file}, &info);
    err = err != STK_OK ? err : stk_vrrl_iterate(&f->vrrl, &f->iter, f->reads, LOG_IMAGE_READ_BYTES);
    return err == STK_OK ? 0
                         : cli_bad("%s: its header, byte %u, has %llu (%s): copy the whole of a v1 log", f->name,
                                   (unsigned)info.index, (unsigned long long)info.value, stk_err_name(err));
}

/* Opens the file and finds its length. */
static int open_fd(struct log_image *f, uint64_t *size) {
    const struct cli_file input = {"", f->name, "name a file that exists and can be read"};
    off_t end;
    f->fd = cli_file_open(&input);
    if (f->fd < 0) {
        return CLI_BAD;
    }
    end = lseek(f->fd, 0, SEEK_END);
    if (end <= 0) {
        return cli_bad("%s: is empty: name the file of a log", f->name);
    }
    *size = (uint64_t)end;
    return 0;
}

int log_image_open(struct log_image *f, const char *name) {
    char magic[MAGIC_BYTES] = {0};
    uint64_t size = 0;
    int bad;
    memset(f, 0, sizeof *f);
    f->name = name;
    f->fd = -1;
    f->reads = cli_map(LOG_IMAGE_READ_BYTES);
    bad = f->reads ? open_fd(f, &size) : cli_bad("no memory for %u bytes", LOG_IMAGE_READ_BYTES);
    if (bad == 0) {
        ssize_t got = cli_read_at(f->fd, magic, sizeof magic, 0);
        bad = got == (ssize_t)sizeof magic && memcmp(magic, v1_magic, sizeof magic) == 0 ? open_v1(f, size)
                                                                                         : open_flash(f, size);
    }
    if (bad) {
        log_image_close(f);
    }
    return bad;
}

/* A store is made of cells of its own kinds. */
bool log_image_is_recording(int fd) {
    static struct log_image f;
    struct log_entry first = {.is_cell = false};
    struct found best;
    bool is_log;
    f.fd = fd;
    f.reads = cli_map(LOG_IMAGE_READ_BYTES);
    is_log = f.reads && search_header(&f, &best) == 1;
    if (is_log) {
        f.geometry = best.geometry;
        is_log = mount_flash(&f) == STK_OK && log_image_next(&f, &first) >= 0 && !first.is_cell;
    }
    cli_unmap(f.reads, LOG_IMAGE_READ_BYTES);
    return is_log;
}

void log_image_close(struct log_image *f) {
    cli_unmap(f->reads, LOG_IMAGE_READ_BYTES);
    if (f->fd >= 0) {
        close(f->fd);
    }
    f->reads = NULL;
    f->fd = -1;
}
