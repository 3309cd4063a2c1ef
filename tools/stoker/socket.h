/* Opens sockets that a scan reads as files. Their names are tcp:HOST:PORT, udp:HOST:PORT and unix:PATH. */
#ifndef STOKER_CLI_SOCKET_H
#define STOKER_CLI_SOCKET_H

#include "cli.h"

enum cli_socket_kind {
    CLI_NO_SOCKET,
    CLI_TCP,
    CLI_UDP,
    CLI_UNIX
};

/* Returns what a name stands for; CLI_NO_SOCKET: a file. ./tcp:a:1 is a file, too. */
enum cli_socket_kind cli_socket_kind(const char *name);

/* Connects to the address of a TCP or Unix socket, within 10 s, or binds a UDP socket to it. HOST is a name or a
 * number, [::1] for IPv6. Returns the descriptor, or -1 with errno, or with *why set to what is wrong with the name. */
int cli_socket_open(const char *name, const char **why);

#endif
