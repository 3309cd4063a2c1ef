/* stoker ports: the one translation from errno to enum stk_err. Private to the ports of systems with errno. */
#ifndef STOKER_PORT_OS_ERROR_H
#define STOKER_PORT_OS_ERROR_H

#include <errno.h>

#include "stoker/err.h"

/* Returns the stoker code for a positive errno; STK_OK for 0. Each code stands for one remedy (stk_err_fix). Numbers
 * without a code of their own are STK_E_IO, so the caller keeps the errno as well. EINTR and EAGAIN mean "try again"; a
 * port of reads that gave up retrying returns STK_E_IO itself. */
static inline int stk_os_error(int os_error) {
    switch (os_error) {
    case 0:
        return STK_OK;
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
        return STK_E_NOENT;
    case EACCES:
    case EPERM:
    case EROFS:
        return STK_E_ACCESS;
    case EISDIR:
        return STK_E_ISDIR;
    case EBADF:
    case EFAULT:
    case EINVAL:
        return STK_E_ARG;
    case ENOMEM:
    case ENOBUFS:
        return STK_E_NOMEM;
    case EMFILE:
    case ENFILE:
        return STK_E_FILES;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return STK_E_NOSPC;
    case EINTR:
    case EAGAIN:
        return STK_E_WOULD_BLOCK;
    case ECANCELED:
        return STK_E_CANCELED;
    case ENOSYS:
    case ENOTTY:
    case EOPNOTSUPP:
        return STK_E_UNSUPPORTED;
    case ENODEV:
    case ENXIO:
        return STK_E_NODEV;
    case ETIMEDOUT:
        return STK_E_TIMEOUT;
    default:
        return STK_E_IO;
    }
}

/* Returns the code for an errno of a call on flash, whose callers take STK_E_IO for a bad block (stoker/port/flash.h).
 * So only the numbers with which Linux reports a medium are STK_E_IO: a failed transfer, and errors of ECC, checksums
 * and remote targets. A number without a code of its own is STK_E_DEVICE. */
static inline int stk_os_flash_error(int os_error) {
    switch (os_error) {
    case EIO:
    case EBADMSG:
    case EUCLEAN:
    case EILSEQ:
    case ENODATA:
    case EREMOTEIO:
        return STK_E_IO;
    case EBUSY:
        return STK_E_WOULD_BLOCK;
    default: {
        int err = stk_os_error(os_error);
        return err == STK_E_IO ? STK_E_DEVICE : err;
    }
    }
}

#endif
