/* stoker port: flash over a Linux file or block device.
 *
 * For logs on a file system, on a raw partition, and for v1 log files. Written bytes may be overwritten without an
 * erase (STK_FLASH_ANY). */
#ifndef STOKER_PORT_FILE_H
#define STOKER_PORT_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "stoker/err.h"
#include "stoker/port/flash.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Defaults of struct stk_file_config in bytes, and a value for block_bytes. */
#define STK_FILE_BLOCK_DEFAULT  65536u
#define STK_FILE_PROG_DEFAULT   4096u
#define STK_FILE_DIRECT_DEFAULT 4096u      /* read unit with `direct` */
#define STK_FILE_WHOLE          UINT32_MAX /* block_bytes: one block, as long as the file */

/* Configuration of a file. A 0 means the default. */
struct stk_file_config {
    /* a regular file or a block device; NULL: `fd` is used. The text is needed only until open returns */
    const char *path;
    int fd; /* descriptor for reading, and for writing unless read_only; the caller's, must stay open until close */
    /* bytes to use from the start, whole blocks; 0: as many whole blocks as there are. Mandatory with `create` */
    uint64_t bytes;
    uint32_t block_bytes; /* a multiple of both units; default 64 KiB */
    /* 1 .. STK_FLASH_UNIT_MAX; default 4096, the least that file systems write. For the image of a chip: its page */
    uint32_t prog_unit;
    uint32_t read_unit; /* 1 .. STK_FLASH_UNIT_MAX; default 1, with direct 4096 */
    uint8_t erased;     /* 0x00 or 0xFF. Default 0x00, which Linux makes without writing the block's bytes */
    bool create;        /* make `path` when it is missing, and lengthen it to `bytes` when it is shorter */
    bool grow; /* the file may be shorter than `bytes`: reads behind its end are STK_E_SHORT, programs lengthen it */
    bool read_only; /* programs and erases are STK_E_ACCESS */
    bool direct;    /* O_DIRECT: past the page cache. An `fd` must have it already */
};

/* Visible for sizeof, and for reading os_error and align. */
struct stk_file {
    struct stk_flash_geometry geometry;
    int fd;
    int os_error;   /* errno of the last call that failed; 0: the port refused it without a system call */
    uint32_t align; /* bytes; addresses of buffers and both units must be multiples of it. Above 1 only with direct */
    bool owned;     /* fd is closed by stk_file_close */
    bool read_only;
    bool zero_range, punch_hole; /* true: this mode of fallocate is not known to be missing */
};

/* Opens and checks the file. A new file is filled with zeros, gets its space at once, so that no program fails later
 * for want of space, has mode 0666 less the umask, and is synced with its directory. An existing file is not changed,
 * but `create` may lengthen it; its content need not be erased. On failure a new file is removed, and a file that was
 * lengthened gets its old length back; then there is nothing to close. The port locks nothing: where several processes
 * may write, lock the file (flock) and pass `fd`. With a limit on the size of files (RLIMIT_FSIZE) the process has to
 * catch or ignore SIGXFSZ; then the limit is reported as STK_E_NOSPC, errno EFBIG. Threads: any, one at a time per
 * object; not from a signal handler. Errors:
 * - STK_E_ARG a NULL, a unit or `erased` breaks its rule, create without path or bytes, or `fd` lacks O_DIRECT.
 * - STK_E_OVERFLOW 2^32 blocks and more, or a whole file of 4 GiB and more.
 * - STK_E_SHORT the file is shorter than `bytes` (or than one block), and neither create nor grow is set.
 * - STK_E_ALIGN with direct: a unit is not a multiple of file->align, which is set then.
 * - STK_E_NOENT, STK_E_ACCESS, STK_E_ISDIR, STK_E_IO and others by the errno, which is in file->os_error. */
STK_MUST_CHECK int stk_file_open(struct stk_file *file, const struct stk_file_config *config);

/* Closes the file, without a sync. A descriptor that the caller gave stays open. May be called again. */
void stk_file_close(struct stk_file *file);

/* The flash interface; ctx is a struct stk_file. A read or program within a block is one system call unless the kernel
 * cuts it short. sync is fdatasync. With direct a log or a store needs buffers at multiples of file->align. Errors
 * beside those of stoker/port/flash.h:
 * - STK_E_SHORT from read: the file ends early. STK_E_ALIGN with direct: `data` is not a multiple of file->align.
 * - STK_E_IO only where the medium failed (EIO, EBADMSG, EUCLEAN, EILSEQ, ENODATA, EREMOTEIO).
 * - STK_E_NOSPC the disk is full, or a quota is used up. STK_E_ACCESS the file system became read only.
 *   STK_E_WOULD_BLOCK the call was interrupted 64 times in a row. STK_E_DEVICE the errno has no code of its own. After
 *   these errors the same call may be made again. */
extern const struct stk_flash_ops stk_file_flash_ops;

#ifdef __cplusplus
}
#endif
#endif
