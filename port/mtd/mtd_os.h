/* stoker port: the system calls that the MTD port makes, so that a test can stand in for the kernel. */
#ifndef STOKER_MTD_OS_H
#define STOKER_MTD_OS_H

#include <sys/types.h>

#include "stoker/port/mtd.h"

/* Each as the system call of its name: below zero with errno set. */
struct stk_mtd_os {
    int (*open)(const char *path, int flags);
    int (*close)(int fd);
    int (*ioctl)(int fd, unsigned long request, void *argument);
    off_t (*seek_end)(int fd);
    ssize_t (*pread)(int fd, void *data, size_t bytes, off_t at);
    ssize_t (*pwrite)(int fd, const void *data, size_t bytes, off_t at);
};

int stk_mtd_open_by(struct stk_mtd *mtd, const struct stk_mtd_config *config, const struct stk_mtd_os *os);

#endif
