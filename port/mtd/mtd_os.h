/* stoker port: the system calls that the MTD port makes, so that a test can stand in for the kernel. */
#ifndef STOKER_MTD_OS_H
#define STOKER_MTD_OS_H

#include <sys/types.h>

#include "stoker/port/mtd.h"

/* The system calls of the port. Each returns what the system call of its name returns: below zero on error, with errno
 * set. seek_end returns the bytes of the device. */
struct stk_mtd_os {
    int (*open)(const char *path, int flags);
    int (*close)(int fd);
    int (*ioctl)(int fd, unsigned long request, void *argument);
    off_t (*seek_end)(int fd);
    ssize_t (*pread)(int fd, void *data, size_t bytes, off_t at);
    ssize_t (*pwrite)(int fd, const void *data, size_t bytes, off_t at);
};

/* Does what stk_mtd_open does, by the system calls in `os`, which must outlive the object. */
int stk_mtd_open_by(struct stk_mtd *mtd, const struct stk_mtd_config *config, const struct stk_mtd_os *os);

#endif
