/* stoker port: what the files of the file port share. */
#ifndef STOKER_FILE_INTERNAL_H
#define STOKER_FILE_INTERNAL_H

#include <errno.h>

#include "stoker/port/file.h"
#include "stoker/port/os_error.h"

/* Interruptions (EINTR, EAGAIN) in a row, without a byte in between, after which a call is given up. */
#define STK_FILE_TRIES_MAX 64u

/* Keeps the errno in file->os_error and returns its code. EINTR and EAGAIN come here only once their retries are used
 * up; they become STK_E_WOULD_BLOCK, after which the caller may make the same call again. */
static inline int stk_file_fail(struct stk_file *file, int os_error) {
    file->os_error = os_error;
    return stk_os_flash_error(os_error);
}

/* Returns true if the errno says that this mode of fallocate is not available here. Any other errno means that the call
 * failed. */
static inline bool stk_file_not_here(int os_error) {
    return os_error == EOPNOTSUPP || os_error == ENOSYS || os_error == EINVAL || os_error == ENODEV;
}

/* Returns `err` for a call that this port refused itself. Sets os_error to 0, so that the caller sees that no system
 * call failed. */
static inline int stk_file_refuse(struct stk_file *file, int err) {
    file->os_error = 0;
    return err;
}

#endif
