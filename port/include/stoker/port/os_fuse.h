/* stoker ports: is a file on FUSE? Private to the ports of Linux and the command. */
#ifndef STOKER_PORT_OS_FUSE_H
#define STOKER_PORT_OS_FUSE_H

#include <errno.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* Returns true for a regular file on a FUSE file system. io_uring is not for such a file: where a read comes short
 * and the file system does direct I/O, Linux (seen in 6.18) does not move on in the file and reads the same bytes
 * again, as often as they fit; and it waits for the answer inside of the system call that should only send the
 * request. statfs_error: the errno of statfs, 0 when it filled in `fs`. */
static inline bool stk_os_is_fuse(const struct stat *st, int statfs_error, const struct statfs *fs) {
    if (!S_ISREG(st->st_mode)) {
        return false;
    }
    /* ENOSYS: the daemon of a FUSE file system does not know the question, and all others answer it. */
    return statfs_error != 0 ? statfs_error == ENOSYS : (unsigned long)fs->f_type == FUSE_SUPER_MAGIC;
}

/* The same of a descriptor. */
static inline bool stk_os_on_fuse(int fd) {
    struct stat st;
    struct statfs fs = {0};
    return fstat(fd, &st) == 0 && stk_os_is_fuse(&st, fstatfs(fd, &fs) == 0 ? 0 : errno, &fs);
}

#endif
