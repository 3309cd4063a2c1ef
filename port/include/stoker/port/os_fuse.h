/* stoker ports: finds out whether a file is on FUSE. Private to the ports of Linux and the command. */
#ifndef STOKER_PORT_OS_FUSE_H
#define STOKER_PORT_OS_FUSE_H

#include <errno.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* Returns true for a regular file on a FUSE file system. Such a file must not be read with io_uring, for two reasons.
 * Where a read comes short and the file system does direct I/O, Linux (seen in 6.18) does not move on in the file: it
 * reads the same bytes again, as often as they fit. And Linux waits for the answer inside the system call that should
 * only send the request. `statfs_error` is the errno of statfs, 0 when statfs filled in `fs`. */
static inline bool stk_os_is_fuse(const struct stat *st, int statfs_error, const struct statfs *fs) {
    if (!S_ISREG(st->st_mode)) {
        return false;
    }
    /* ENOSYS: only the daemon of a FUSE file system can fail to know statfs; all other file systems answer it. */
    return statfs_error != 0 ? statfs_error == ENOSYS : (unsigned long)fs->f_type == FUSE_SUPER_MAGIC;
}

/* Returns true if `fd` is such a file. */
static inline bool stk_os_on_fuse(int fd) {
    struct stat st;
    struct statfs fs = {0};
    return fstat(fd, &st) == 0 && stk_os_is_fuse(&st, fstatfs(fd, &fs) == 0 ? 0 : errno, &fs);
}

#endif
