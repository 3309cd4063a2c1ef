/* Makes pairs of sockets over loopback, and datagrams that hold their own number. */
#ifndef TEST_SOCKETS_H
#define TEST_SOCKETS_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum socket_kind {
    UDP,
    UNIX_DATAGRAMS,
    UNIX_PACKETS,
    TCP,
    UNIX_STREAM,
    SOCKET_KINDS
};

static inline bool socket_has_datagrams(enum socket_kind kind) {
    return kind <= UNIX_PACKETS;
}

/* A socket that is bound to a free port of the loopback address; -1 on failure. */
static inline int socket_bound(int type, struct sockaddr_in *address) {
    socklen_t bytes = sizeof *address;
    int fd = socket(AF_INET, type, 0);
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd >= 0 && (bind(fd, (struct sockaddr *)address, bytes) != 0 ||
                    getsockname(fd, (struct sockaddr *)address, &bytes) != 0)) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

/* Makes both ends: ends[0] receives, ends[1] sends. Returns 0 on success. */
static inline int socket_ends(enum socket_kind kind, int ends[2]) {
    static const int types[] = {SOCK_DGRAM, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM, SOCK_STREAM};
    struct sockaddr_in address;
    int bound;
    if (kind != UDP && kind != TCP) {
        return socketpair(AF_UNIX, types[kind], 0, ends);
    }
    bound = socket_bound(types[kind], &address);
    ends[1] = socket(AF_INET, types[kind], 0);
    if (bound < 0 || (kind == TCP && listen(bound, 1) != 0) ||
        connect(ends[1], (struct sockaddr *)&address, sizeof address) != 0) {
        return -1;
    }
    ends[0] = kind == TCP ? accept(bound, NULL, NULL) : bound;
    if (kind == TCP) {
        (void)close(bound);
    }
    return ends[0] < 0 ? -1 : 0;
}

#endif
