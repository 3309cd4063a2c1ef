/* stoker port: what the files of the file port share. */
#ifndef STOKER_FILE_INTERNAL_H
#define STOKER_FILE_INTERNAL_H

#include <errno.h>

#include "stoker/port/file.h"
#include "stoker/port/os_error.h"

#define STK_FILE_TRIES_MAX 64u /* interruptions in a row, without a byte in between */

/* Keeps the errno and returns its code. EINTR and EAGAIN come here only once their retries are used up:
 * STK_E_WOULD_BLOCK. */
static inline int stk_file_fail(struct stk_file *file, int os_error) {
    file->os_error = os_error;
    return stk_os_flash_error(os_error);
}

/* Returns true if the errno says that this mode of fallocate is not available here. Any other errno means that the call
 * failed. */
static inline bool stk_file_not_here(int os_error) {
    return os_error == EOPNOTSUPP || os_error == ENOSYS || os_error == EINVAL || os_error == ENODEV;
}

/* Refuses without a system call having failed. */
static inline int stk_file_refuse(struct stk_file *file, int err) {
    file->os_error = 0;
    return err;
}

#endif
