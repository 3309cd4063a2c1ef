/* stoker port: the system calls of the MTD port, as the kernel has them. Tests take other functions (mtd_os.h); nothing
 * is decided here. */
#include "mtd_os.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* open and ioctl take further arguments by `...`, so pointers to them do not fit the table and need a function each. */
static int os_open(const char *path, int flags) {
    return open(path, flags);
}

static int os_ioctl(int fd, unsigned long request, void *argument) {
    return ioctl(fd, request, argument);
}

static off_t os_seek_end(int fd) {
    return lseek(fd, 0, SEEK_END);
}

static const struct stk_mtd_os os_calls = {
    .open = os_open,
    .close = close,
    .ioctl = os_ioctl,
    .seek_end = os_seek_end,
    .pread = pread,
    .pwrite = pwrite,
};

int stk_mtd_open(struct stk_mtd *mtd, const struct stk_mtd_config *config) {
    return stk_mtd_open_by(mtd, config, &os_calls);
}
