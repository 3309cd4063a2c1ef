/* stoker port: sends one request and waits for its answer, to find out whether a ring works. A sandbox may give a ring
 * and then refuse to enter it or to register with it. An emulation may know only some operations. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "uring_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "stoker/port/os_clock.h"

/* Looks for the answer of one request; with LOOK_NS this is about a second. */
#define LOOKS 1000u
/* Nanoseconds between two looks. */
#define LOOK_NS 1000000u

int stk_uring_ask_(struct io_uring *ring, int *answer) {
    struct pollfd p = {.fd = ring->ring_fd, .events = POLLIN};
    struct timespec pause = stk_os_timespec(LOOK_NS);
    int r = 0;
    for (uint32_t look = 0; look < LOOKS; look++) {
        struct io_uring_cqe *cqe = NULL;
        /* A kernel that is short of memory takes the request later, so it is sent again with each look. */
        if (io_uring_sq_ready(ring) != 0) {
            r = io_uring_submit(ring);
        }
        if (r < 0 && !stk_uring_passing_(-r)) {
            return -r;
        }
        if (io_uring_peek_cqe(ring, &cqe) == 0 && cqe != NULL) {
            *answer = cqe->res;
            io_uring_cqe_seen(ring, cqe);
            return 0;
        }
        (void)ppoll(&p, 1, &pause, NULL);
    }
    return r < 0 ? -r : ETIMEDOUT;
}

/* Reads one byte from a pipe into the first byte of the memory, in the same way as every later read: from a registered
 * file and, unless the ring is plain, into registered memory. Returns 0, or a positive errno with u->call set. */
static int read_a_byte(struct stk_uring *u, int fd) {
    int r = io_uring_register_files_update(u->ring, 0, &fd, 1), answer = 0, e;
    struct io_uring_sqe *sqe;
    if (r < 0) {
        u->call = "io_uring_register (files)";
        return -r;
    }
    u->call = "io_uring_enter";
    sqe = io_uring_get_sqe(u->ring);
    if ((u->flags & STK_URING_PLAIN) != 0) {
        io_uring_prep_read(sqe, 0, u->mem, 1, UINT64_MAX);
    } else {
        io_uring_prep_read_fixed(sqe, 0, u->mem, 1, UINT64_MAX, 0);
    }
    io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE);
    e = stk_uring_ask_(u->ring, &answer);
    if (e == 0 && answer != 1) {
        u->call =
            (u->flags & STK_URING_PLAIN) != 0 ? "a read by io_uring" : "a read by io_uring into registered memory";
        e = answer < 0 ? -answer : EIO;
    }
    return e;
}

int stk_uring_try_(struct stk_uring *u) {
    int ends[2], none = -1, e;
    /* The memory is the caller's. So the pipe gets the byte that is there already, and the read changes nothing. */
    uint8_t byte = u->mem[0];
    u->call = "pipe2";
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        return errno;
    }
    e = write(ends[1], &byte, 1) == 1 ? read_a_byte(u, ends[0]) : EIO;
    /* A request that was not answered may still run after this call. It finds the pipe empty and at its end, and writes
     * nothing into the caller's memory. */
    (void)!read(ends[0], &byte, 1);
    (void)close(ends[1]);
    if (e == 0) {
        int r = io_uring_register_files_update(u->ring, 0, &none, 1);
        u->call = r < 0 ? "io_uring_register (files)" : NULL;
        e = r < 0 ? -r : 0;
    }
    (void)close(ends[0]);
    return e;
}
