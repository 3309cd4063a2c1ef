/* stoker port: what the files of the MTD port share. */
#ifndef STOKER_MTD_INTERNAL_H
#define STOKER_MTD_INTERNAL_H

#include <errno.h>

#include "mtd_os.h"
#include "stoker/port/os_error.h"

/* Keeps the errno of a call in mtd->os_error and returns `err`. `os_error` is 0 if this port refused and no system call
 * failed. */
static inline int stk_mtd_fail(struct stk_mtd *mtd, int err, int os_error) {
    mtd->os_error = os_error;
    return err;
}

#endif
