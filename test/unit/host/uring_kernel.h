/* A layer over the real io_uring that refuses and fails as a case asks: liburing's calls go through here (ld --wrap).
 * An error of a request is an answer of the real kernel: the request is sent as a NOP with the result that the case
 * wants (IORING_NOP_INJECT_RESULT, Linux 6.10). A short read is a real read of fewer bytes. Include it once. */
#ifndef URING_KERNEL_H
#define URING_KERNEL_H

#include <errno.h>
#include <stdbool.h>

#include <liburing.h>

static struct {
    uint32_t unknown;    /* IORING_SETUP_* bits that this kernel does not know: EINVAL */
    int sqpoll_error;    /* errno for a ring with a kernel thread; 0: it may be */
    uint32_t cq_entries; /* longest completion queue; 0: as the kernel makes it */
    uint32_t sq_entries; /* longest submission queue; 0: as asked for */
    int refuse;          /* errno for every request from now on; 0: the kernel takes them */
    bool no_multishot;   /* this kernel knows no multishot receive: EINVAL (before Linux 6.0) */
    int buffers_error;   /* errno for every new ring of buffers; 0: the kernel takes them */
    uint32_t submits;    /* calls that took requests */
    uint32_t receives;   /* requests to receive that were sent */
    uint32_t requests;   /* reads that were sent */
    /* Decides about read number `nth` of `bytes` bytes. Returns 0: the read runs; above 0: the read gets at most so
     * many bytes; below 0: the read fails with this -errno. NULL: all reads run. */
    int32_t (*fate)(uint32_t nth, uint32_t bytes);
} kernel;

#define INJECT_RESULT   1u         /* IORING_NOP_INJECT_RESULT */
#define UNKNOWN_RECEIVE (1u << 15) /* a flag of receives that no kernel knows */

static bool kernel_injects; /* the real kernel answers a request as a case asks; else no request fails */

static inline void be_nop(struct io_uring_sqe *sqe, int32_t res) {
    uint64_t data = sqe->user_data;
    io_uring_prep_nop(sqe);
    sqe->rw_flags = (int)INJECT_RESULT;
    sqe->len = (uint32_t)res;
    sqe->user_data = data;
}

/* Changes the requests that are about to be sent. */
static inline void change_requests(struct io_uring *ring) {
    unsigned shift = (ring->flags & IORING_SETUP_SQE128) != 0 ? 1 : 0;
    for (unsigned i = ring->sq.sqe_head; i != ring->sq.sqe_tail; i++) {
        struct io_uring_sqe *sqe = &ring->sq.sqes[(i & ring->sq.ring_mask) << shift];
        if (sqe->opcode == IORING_OP_READ || sqe->opcode == IORING_OP_READ_FIXED) {
            int32_t fate = kernel.fate != NULL ? kernel.fate(kernel.requests, sqe->len) : 0;
            kernel.requests++;
            if (fate < 0 && kernel_injects) {
                be_nop(sqe, fate);
            } else if (fate > 0 && (uint32_t)fate < sqe->len) {
                sqe->len = (uint32_t)fate;
            }
        }
        if (sqe->opcode == IORING_OP_RECV) {
            kernel.receives++;
            if (kernel.no_multishot && (sqe->ioprio & IORING_RECV_MULTISHOT) != 0) {
                sqe->ioprio |= UNKNOWN_RECEIVE;
            }
        }
    }
}

int __real_io_uring_submit(struct io_uring *ring);
int __wrap_io_uring_submit(struct io_uring *ring);
int __wrap_io_uring_submit(struct io_uring *ring) {
    if (kernel.refuse != 0) {
        return -kernel.refuse;
    }
    change_requests(ring);
    kernel.submits++;
    return __real_io_uring_submit(ring);
}

int __real_io_uring_submit_and_wait_timeout(struct io_uring *ring, struct io_uring_cqe **cqe, unsigned wait,
                                            struct __kernel_timespec *t, sigset_t *mask);
int __wrap_io_uring_submit_and_wait_timeout(struct io_uring *ring, struct io_uring_cqe **cqe, unsigned wait,
                                            struct __kernel_timespec *t, sigset_t *mask);
int __wrap_io_uring_submit_and_wait_timeout(struct io_uring *ring, struct io_uring_cqe **cqe, unsigned wait,
                                            struct __kernel_timespec *t, sigset_t *mask) {
    if (kernel.refuse != 0) {
        return -kernel.refuse;
    }
    change_requests(ring);
    return __real_io_uring_submit_and_wait_timeout(ring, cqe, wait, t, mask);
}

int __real_io_uring_register_buf_ring(struct io_uring *ring, struct io_uring_buf_reg *reg, unsigned flags);
int __wrap_io_uring_register_buf_ring(struct io_uring *ring, struct io_uring_buf_reg *reg, unsigned flags);
int __wrap_io_uring_register_buf_ring(struct io_uring *ring, struct io_uring_buf_reg *reg, unsigned flags) {
    return kernel.buffers_error != 0 ? -kernel.buffers_error : __real_io_uring_register_buf_ring(ring, reg, flags);
}

/* Finds out whether the real kernel answers a request as a case asks. */
static inline void kernel_begin(void) {
    struct io_uring ring;
    struct io_uring_cqe *cqe = NULL;
    if (io_uring_queue_init(2, &ring, 0) == 0) {
        be_nop(io_uring_get_sqe(&ring), -EIO);
        kernel_injects = __real_io_uring_submit(&ring) == 1 && io_uring_wait_cqe(&ring, &cqe) == 0 && cqe->res == -EIO;
        io_uring_queue_exit(&ring);
    }
}

int __real_io_uring_queue_init_params(unsigned entries, struct io_uring *ring, struct io_uring_params *params);
int __wrap_io_uring_queue_init_params(unsigned entries, struct io_uring *ring, struct io_uring_params *params);
int __wrap_io_uring_queue_init_params(unsigned entries, struct io_uring *ring, struct io_uring_params *params) {
    if ((params->flags & kernel.unknown) != 0) {
        return -EINVAL;
    }
    if (kernel.sqpoll_error != 0 && (params->flags & IORING_SETUP_SQPOLL) != 0) {
        return -kernel.sqpoll_error;
    }
    if (kernel.cq_entries != 0) {
        params->flags |= IORING_SETUP_CQSIZE;
        params->cq_entries = kernel.cq_entries;
    }
    return __real_io_uring_queue_init_params(kernel.sq_entries != 0 ? kernel.sq_entries : entries, ring, params);
}

#endif
