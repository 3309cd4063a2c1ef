/* stoker port: flash over a Linux file or block device.
 *
 * For logs on a file system, on a raw partition, and for v1 log files. Whatever was written may be written again
 * (STK_FLASH_ANY).
 */
#ifndef STOKER_PORT_FILE_H
#define STOKER_PORT_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "stoker/err.h"
#include "stoker/port/flash.h"

#ifdef __cplusplus
extern "C" {
#endif

#define STK_FILE_BLOCK_DEFAULT  65536u
#define STK_FILE_PROG_DEFAULT   4096u
#define STK_FILE_DIRECT_DEFAULT 4096u      /* read unit with `direct` */
#define STK_FILE_WHOLE          UINT32_MAX /* block_bytes: one block, as long as the file */

struct stk_file_config {
    const char *path; /* a regular file or a block device; NULL: `fd`. Only read during open */
    int fd;           /* open for reading, and for writing unless read_only; stays the caller's, until close */
    uint64_t
        bytes; /* to use, whole blocks, from the start; 0: as many whole blocks as there are. Mandatory to create */
    uint32_t block_bytes; /* a multiple of both units; default 64 KiB */
    uint32_t
        /* 1 .. STK_FLASH_UNIT_MAX; default 4096, what file systems write at least. Image of a chip: its page */
        prog_unit;
    uint32_t read_unit; /* 1 .. STK_FLASH_UNIT_MAX; default 1, with direct 4096 */
    uint8_t erased;     /* 0x00 or 0xFF. Default 0x00, which Linux makes without writing the block's bytes */
    bool create;        /* make `path` when it is missing, and lengthen it to `bytes` when it is shorter */
    bool grow;          /* it may be shorter than `bytes`: reads behind its end are STK_E_SHORT, programs lengthen it */
    bool read_only;     /* programs and erases are STK_E_ACCESS */
    bool direct;        /* O_DIRECT: past the page cache. An `fd` must have it already */
};

/* Visible for sizeof, and for reading os_error and align. */
struct stk_file {
    struct stk_flash_geometry geometry;
    int fd;
    int os_error;   /* errno of the last call that failed, 0 when it was refused here */
    uint32_t align; /* what addresses of buffers and both units must be multiples of: above 1 only with direct */
    bool owned;     /* fd is closed by stk_file_close */
    bool read_only;
    bool zero_range, punch_hole; /* not yet seen to be missing here */
};

/* Opens and checks the file. A new file is filled with zeros, gets its space at once, so that no program fails later
 * for want of space, has mode 0666 less the umask, and is synced with its directory. An existing file is not changed,
 * but `create` may lengthen it; its content need not be erased. On failure a new file is removed, and a file that was
 * lengthened gets its old length back. The port locks nothing: where several processes may write, lock the file (flock)
 * and pass `fd`. With a limit on the size of files (RLIMIT_FSIZE) the process has to catch or ignore SIGXFSZ; then the
 * limit is reported as STK_E_NOSPC, errno EFBIG.
 * STK_E_ARG a unit or `erased` breaks its rule, create without path or bytes, `fd` lacks O_DIRECT; STK_E_OVERFLOW 2^32
 * blocks and more, or a whole file of 4 GiB and more; STK_E_SHORT the file is shorter than `bytes` (or than one block),
 * and neither create nor grow is set; STK_E_ALIGN direct, and a unit is no multiple of file->align, which is set then;
 * STK_E_NOENT, STK_E_ACCESS, STK_E_ISDIR, STK_E_IO and others by the errno, which is in file->os_error. After an error
 * there is nothing to close. */
STK_MUST_CHECK int stk_file_open(struct stk_file *file, const struct stk_file_config *config);

/* Closes what open opened. Does not sync. */
void stk_file_close(struct stk_file *file);

/* ctx is a struct stk_file. A read or program within a block is one system call unless the kernel cuts it short. read
 * says STK_E_SHORT where the file ends early. With direct, `data` at an address that is no multiple of file->align is
 * STK_E_ALIGN; so a log or a store needs a buffer with that alignment. sync is fdatasync. Other errors are by the
 * errno: STK_E_IO only where the medium failed (EIO, EBADMSG, EUCLEAN, EILSEQ, ENODATA, EREMOTEIO); STK_E_NOSPC for a
 * full disk or a quota, STK_E_ACCESS for a file system that became read only, STK_E_WOULD_BLOCK for a call that was
 * interrupted 64 times in a row, STK_E_DEVICE for a number without a code of its own. After these the same call may be
 * made again. */
extern const struct stk_flash_ops stk_file_flash_ops;

#ifdef __cplusplus
}
#endif
#endif
