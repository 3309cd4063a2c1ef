/* stoker ports: questions about sockets that are sources of reads. Private to the ports of POSIX systems. */
#ifndef STOKER_PORT_OS_SOCKET_H
#define STOKER_PORT_OS_SOCKET_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#ifdef __linux__
#include <linux/sock_diag.h>
#endif

#include "stoker/port/os_error.h"

/* Sets *datagrams to true if one receive of socket `fd` gives one datagram, to false if it gives the bytes of a stream
 * that are there. STK_E_ARG `fd` is no socket, or the socket listens; *os_error has the errno. */
static inline int stk_os_socket(int fd, bool *datagrams, int *os_error) {
    int type = 0, listens = 0;
    socklen_t bytes = sizeof type;
    *os_error = 0;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &bytes) != 0) {
        *os_error = errno;
        return STK_E_ARG;
    }
    bytes = sizeof listens;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &bytes) == 0 && listens != 0) {
        *os_error = EINVAL;
        return STK_E_ARG;
    }
    *datagrams = type != SOCK_STREAM;
    return STK_OK;
}

/* Returns the socket's counter of datagrams that were dropped, most of them because its buffer was full. The counter
 * wraps at 2^32. Returns 0 where the system has no such counter. */
static inline uint32_t stk_os_socket_drops(int fd) {
#if defined(__linux__) && defined(SO_MEMINFO)
    uint32_t info[SK_MEMINFO_VARS] = {0};
    socklen_t bytes = sizeof info;
    return getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &bytes) == 0 ? info[SK_MEMINFO_DROPS] : 0u;
#else
    (void)fd;
    return 0;
#endif
}

/* Returns how many bytes of a datagram of `res` bytes fit into a read of `room` bytes. Where the datagram is longer its
 * rest is lost, and *os_error gets EMSGSIZE. */
static inline int32_t stk_os_received(int32_t res, uint32_t room, int32_t *os_error) {
    bool cut = (uint32_t)res > room;
    *os_error = cut ? EMSGSIZE : 0;
    return cut ? (int32_t)room : res;
}

#endif
