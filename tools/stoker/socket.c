/* Sockets as input of a scan: tcp:HOST:PORT, unix:PATH and udp:HOST:PORT. */
#include "socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNECT_MS   10000
#define BUFFER_BYTES (4 << 20) /* receive buffer of a UDP socket; the system may give less (net.core.rmem_max) */
#define NAME_BYTES   256u

static const char *const prefixes[] = {[CLI_TCP] = "tcp:", [CLI_UDP] = "udp:", [CLI_UNIX] = "unix:"};

enum cli_socket_kind cli_socket_kind(const char *name) {
    for (int kind = CLI_TCP; kind <= CLI_UNIX; kind++) {
        if (strncmp(name, prefixes[kind], strlen(prefixes[kind])) == 0) {
            return (enum cli_socket_kind)kind;
        }
    }
    return CLI_NO_SOCKET;
}

/* Connects, and waits for the answer. Returns 0, or -1 with errno. */
static int connect_within(int fd, const struct sockaddr *address, socklen_t bytes) {
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    int flags = fcntl(fd, F_GETFL), error = 0, ready;
    socklen_t length = sizeof error;
    (void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    if (connect(fd, address, bytes) != 0) {
        if (errno != EINPROGRESS) {
            return -1;
        }
        ready = poll(&p, 1, CONNECT_MS);
        if (ready <= 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error != 0) {
            errno = ready == 0 ? ETIMEDOUT : error != 0 ? error : errno;
            return -1;
        }
    }
    return fcntl(fd, F_SETFL, flags);
}

/* Closes the descriptor and keeps errno. Returns -1. */
static int give_up(int fd) {
    int error = errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    errno = error;
    return -1;
}

/* Connects to a Unix stream socket. Where the text is wrong, *why says what to give. */
static int open_unix(const char *path, const char **why) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;
    if (path[0] == '\0' || strlen(path) >= sizeof address.sun_path) {
        *why = "give a path of 1 to 107 bytes: unix:PATH";
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1u);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && connect_within(fd, (struct sockaddr *)&address, sizeof address) == 0 ? fd : give_up(fd);
}

/* Opens one address of a host. Returns the descriptor, or -1 with errno. */
static int open_address(const struct addrinfo *a) {
    int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol), bytes = BUFFER_BYTES, done;
    if (fd < 0) {
        return -1;
    }
    if (a->ai_socktype == SOCK_STREAM) {
        done = connect_within(fd, a->ai_addr, a->ai_addrlen);
    } else {
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
        done = bind(fd, a->ai_addr, a->ai_addrlen);
    }
    return done == 0 ? fd : give_up(fd);
}

/* Cuts HOST:PORT or [HOST]:PORT. Returns 0, or -1. */
static int cut(const char *text, char host[NAME_BYTES], const char **port) {
    const char *colon = strrchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : 0u;
    if (length == 0u || length >= NAME_BYTES || colon[1] == '\0') {
        return -1;
    }
    if (text[0] == '[' && text[length - 1u] == ']') {
        text++;
        length -= 2u;
    }
    memcpy(host, text, length);
    host[length] = '\0';
    *port = colon + 1;
    return 0;
}

/* Connects to a TCP address, or binds a UDP address. Tries each address of the host name until one works. */
static int open_inet(enum cli_socket_kind kind, const char *text, const char **why) {
    struct addrinfo hints = {.ai_socktype = kind == CLI_TCP ? SOCK_STREAM : SOCK_DGRAM}, *found = NULL, *a;
    char host[NAME_BYTES];
    const char *port;
    int fd = -1, error;
    if (cut(text, host, &port) != 0) {
        *why = kind == CLI_TCP ? "give a host and a port: tcp:HOST:PORT" : "give a host and a port: udp:HOST:PORT";
        return -1;
    }
    error = getaddrinfo(host, port, &hints, &found);
    if (error != 0) {
        *why = gai_strerror(error);
        return -1;
    }
    for (a = found; a && fd < 0; a = a->ai_next) {
        fd = open_address(a);
    }
    error = errno;
    freeaddrinfo(found);
    errno = error;
    return fd;
}

int cli_socket_open(const char *name, const char **why) {
    enum cli_socket_kind kind = cli_socket_kind(name);
    const char *text = name + strlen(prefixes[kind]);
    *why = NULL;
    return kind == CLI_UNIX ? open_unix(text, why) : open_inet(kind, text, why);
}
