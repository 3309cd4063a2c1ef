/* stoker ports: what a file descriptor is, as a source of reads. Private to the ports of POSIX systems. */
#ifndef STOKER_PORT_OS_SOURCE_H
#define STOKER_PORT_OS_SOURCE_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stoker/port/ingest.h"
#include "stoker/port/os_error.h"

/* Kind of an entry in a port's table of sources. A sequential source has no offsets. */
enum source_kind {
    SOURCE_FREE = 0,
    SOURCE_POSITIONED = 1,
    SOURCE_SEQUENTIAL = 2
};

/* Checks that `fd` can be read, and sets *sequential to true for pipes, FIFOs, sockets and everything else that cannot
 * seek. STK_E_ISDIR; STK_E_ACCESS if it is open for writing only; else as stk_os_error. *os_error keeps the errno. */
static inline int stk_os_source(int fd, bool *sequential, int *os_error) {
    struct stat st;
    int mode = fcntl(fd, F_GETFL);
    if (mode < 0 || fstat(fd, &st) != 0) {
        *os_error = errno;
        return stk_os_error(errno);
    }
    if (S_ISDIR(st.st_mode)) {
        *os_error = EISDIR;
        return STK_E_ISDIR;
    }
    if ((mode & O_ACCMODE) == O_WRONLY) {
        *os_error = EACCES;
        return STK_E_ACCESS;
    }
    *os_error = 0;
    *sequential =
        S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) || (lseek(fd, 0, SEEK_CUR) == (off_t)-1 && errno == ESPIPE);
    return STK_OK;
}

/* Returns true if `fd` is open for writes at offsets. With O_APPEND Linux ignores the offset and writes at the end. */
static inline bool stk_os_writable(int fd) {
    int mode = fcntl(fd, F_GETFL);
    return mode >= 0 && (mode & O_ACCMODE) != O_RDONLY && (mode & O_APPEND) == 0;
}

/* Checks whether a source of this kind takes `op`, an enum stk_ingest_op, of `bytes` bytes. */
static inline int stk_os_check_op(uint32_t op, uint32_t bytes, enum source_kind kind, bool writable) {
    if (op > STK_INGEST_SYNC || (op == STK_INGEST_SYNC ? bytes != 0 : bytes == 0 || bytes > INT32_MAX)) {
        return STK_E_ARG;
    }
    return op == STK_INGEST_READ || (kind == SOURCE_POSITIONED && writable) ? STK_OK : STK_E_ACCESS;
}

/* Returns true if `fd` is a regular file that ends at or before `offset`. An O_DIRECT read that goes on from an
 * unaligned end of file fails with EINVAL instead of reading 0 bytes; this function tells the end from a real error. */
static inline bool stk_os_at_end(int fd, uint64_t offset) {
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size <= offset;
}

#endif
