/* stoker port: what the kernel's io_uring can do, and the report of it. Asks a small ring of its own, so it needs no
 * open port. A sandbox may give a ring that cannot be entered, so a request is sent as well. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "uring_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/uio.h>

#include "stoker/port/os_error.h"

/* Entries of the rings of the probe, which hold one request at a time. */
#define PROBE_ENTRIES 4u
/* Most operations that a probe reports: the kernel numbers them with 8 bits. */
#define PROBE_OPS 256u
/* Bytes of the buffer that the probe registers. Registered memory may count against RLIMIT_MEMLOCK, so it is small. */
#define PROBE_BYTES 4096u
/* The kernel thread of the trial ring sleeps after this many milliseconds without a request. 0 would mean 1 s. */
#define SQPOLL_IDLE_MS 1u

/* Index: enum io_uring_op. Newer operations have no name here and are reported by their number. */
static const char *const opcode_names[] = {
    [IORING_OP_NOP] = "NOP",
    [IORING_OP_READV] = "READV",
    [IORING_OP_WRITEV] = "WRITEV",
    [IORING_OP_FSYNC] = "FSYNC",
    [IORING_OP_READ_FIXED] = "READ_FIXED",
    [IORING_OP_WRITE_FIXED] = "WRITE_FIXED",
    [IORING_OP_POLL_ADD] = "POLL_ADD",
    [IORING_OP_POLL_REMOVE] = "POLL_REMOVE",
    [IORING_OP_SYNC_FILE_RANGE] = "SYNC_FILE_RANGE",
    [IORING_OP_SENDMSG] = "SENDMSG",
    [IORING_OP_RECVMSG] = "RECVMSG",
    [IORING_OP_TIMEOUT] = "TIMEOUT",
    [IORING_OP_TIMEOUT_REMOVE] = "TIMEOUT_REMOVE",
    [IORING_OP_ACCEPT] = "ACCEPT",
    [IORING_OP_ASYNC_CANCEL] = "ASYNC_CANCEL",
    [IORING_OP_LINK_TIMEOUT] = "LINK_TIMEOUT",
    [IORING_OP_CONNECT] = "CONNECT",
    [IORING_OP_FALLOCATE] = "FALLOCATE",
    [IORING_OP_OPENAT] = "OPENAT",
    [IORING_OP_CLOSE] = "CLOSE",
    [IORING_OP_FILES_UPDATE] = "FILES_UPDATE",
    [IORING_OP_STATX] = "STATX",
    [IORING_OP_READ] = "READ",
    [IORING_OP_WRITE] = "WRITE",
    [IORING_OP_FADVISE] = "FADVISE",
    [IORING_OP_MADVISE] = "MADVISE",
    [IORING_OP_SEND] = "SEND",
    [IORING_OP_RECV] = "RECV",
    [IORING_OP_OPENAT2] = "OPENAT2",
    [IORING_OP_EPOLL_CTL] = "EPOLL_CTL",
    [IORING_OP_SPLICE] = "SPLICE",
    [IORING_OP_PROVIDE_BUFFERS] = "PROVIDE_BUFFERS",
    [IORING_OP_REMOVE_BUFFERS] = "REMOVE_BUFFERS",
    [IORING_OP_TEE] = "TEE",
    [IORING_OP_SHUTDOWN] = "SHUTDOWN",
    [IORING_OP_RENAMEAT] = "RENAMEAT",
    [IORING_OP_UNLINKAT] = "UNLINKAT",
    [IORING_OP_MKDIRAT] = "MKDIRAT",
    [IORING_OP_SYMLINKAT] = "SYMLINKAT",
    [IORING_OP_LINKAT] = "LINKAT",
    [IORING_OP_MSG_RING] = "MSG_RING",
    [IORING_OP_FSETXATTR] = "FSETXATTR",
    [IORING_OP_SETXATTR] = "SETXATTR",
    [IORING_OP_FGETXATTR] = "FGETXATTR",
    [IORING_OP_GETXATTR] = "GETXATTR",
    [IORING_OP_SOCKET] = "SOCKET",
    [IORING_OP_URING_CMD] = "URING_CMD",
    [IORING_OP_SEND_ZC] = "SEND_ZC",
    [IORING_OP_SENDMSG_ZC] = "SENDMSG_ZC",
};

const char *stk_uring_opcode_name(uint32_t n) {
    return n < sizeof opcode_names / sizeof opcode_names[0] ? opcode_names[n] : NULL;
}

/* Returns true if the kernel has said that it knows the operation. */
static bool knows(const struct stk_uring_info *info, unsigned opcode) {
    return ((unsigned)info->opcode[opcode / 8] & (1u << (opcode % 8))) != 0;
}

/* Asks which operations the kernel knows. */
static void probe_opcodes(struct io_uring *ring, struct stk_uring_info *info) {
    /* The probe has a flexible array at its end; the union gives it its room on the stack. */
    union {
        struct io_uring_probe probe;
        uint8_t bytes[sizeof(struct io_uring_probe) + PROBE_OPS * sizeof(struct io_uring_probe_op)];
    } p;
    /* The kernel refuses a probe with a byte that is not 0. */
    memset(&p, 0, sizeof p);
    if (io_uring_register_probe(ring, &p.probe, PROBE_OPS) < 0) {
        /* Linux before 5.6 does not know this question, and then the report says that no operation is known. */
        return;
    }
    const struct io_uring_probe_op *op = (const void *)(p.bytes + sizeof(struct io_uring_probe));
    for (unsigned i = 0; i < p.probe.ops_len; i++) {
        if ((op[i].flags & IO_URING_OP_SUPPORTED) != 0) {
            info->opcode[op[i].op / 8] |= (uint8_t)(1u << (op[i].op % 8));
            info->opcodes++;
        }
    }
    info->uring_cmd = knows(info, IORING_OP_URING_CMD);
    info->msg_ring = knows(info, IORING_OP_MSG_RING);
}

/* Tries to register a page of the stack and a table of one empty place. Both end with the ring. */
static void probe_registration(struct io_uring *ring, struct stk_uring_info *info) {
    /* -1 in a table of files leaves the place empty, so that the probe needs no descriptor. */
    static const int no_file = -1;
    uint8_t bytes[PROBE_BYTES];
    struct iovec buffer = {bytes, sizeof bytes};
    info->fixed_buffers = io_uring_register_buffers(ring, &buffer, 1) == 0;
    info->fixed_files = io_uring_register_files(ring, &no_file, 1) == 0;
}

/* Tries to make a ring with a kernel thread, which some systems allow to root alone. */
static void probe_sqpoll(struct stk_uring_info *info) {
    struct io_uring ring;
    struct io_uring_params params = {.flags = IORING_SETUP_SQPOLL, .sq_thread_idle = SQPOLL_IDLE_MS};
    if (io_uring_queue_init_params(PROBE_ENTRIES, &ring, &params) == 0) {
        info->sqpoll = true;
        io_uring_queue_exit(&ring);
    }
}

int stk_uring_probe(struct stk_uring_info *info) {
    struct io_uring ring;
    struct io_uring_params params = {.flags = 0};
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    int answer = 0;
    if (info == NULL) {
        return STK_E_ARG;
    }
    (void)getrlimit(RLIMIT_MEMLOCK, &limit); /* fails only for a limit that does not exist */
    *info = (struct stk_uring_info){.memlock_max = limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur};
    int r = io_uring_queue_init_params(PROBE_ENTRIES, &ring, &params);
    if (r < 0) {
        info->os_error = -r;
        return STK_E_UNSUPPORTED;
    }
    /* A ring that was made may still refuse to be entered, so one request without data has to be answered. */
    io_uring_prep_nop(io_uring_get_sqe(&ring));
    r = stk_uring_ask_(&ring, &answer);
    if (r != 0) {
        io_uring_queue_exit(&ring);
        info->os_error = r;
        return STK_E_UNSUPPORTED;
    }
    /* From here on the answer is STK_OK: a question that the kernel refuses leaves its field false. */
    info->available = true;
    info->features = params.features;
    info->timed_wait = (params.features & IORING_FEAT_EXT_ARG) != 0;
    probe_opcodes(&ring, info);
    probe_registration(&ring, info);
    /* The ring with a kernel thread is a second one, since the mode of a ring is fixed when it is made. */
    io_uring_queue_exit(&ring);
    probe_sqpoll(info);
    return STK_OK;
}

/* Returns the reason in words that name what the user can change. */
static const char *why_not(int os_error) {
    switch (os_error) {
    case ENOSYS:
        return "this kernel has no io_uring";
    case EPERM:
    case EACCES:
        return "forbidden here (sysctl kernel.io_uring_disabled, or a container's seccomp profile)";
    default:
        return strerror(os_error);
    }
}

/* Adds one word to the list, with a comma before it, if `on`. */
static void add_word(char line[STK_URING_TEXT_BYTES], bool on, const char *word) {
    size_t n = strlen(line);
    if (on) {
        (void)snprintf(line + n, STK_URING_TEXT_BYTES - n, "%s%s", n != 0 ? ", " : "", word);
    }
}

/* Builds the line in a buffer of its own, so that nothing is written where `bytes` is too small. */
int stk_uring_describe(const struct stk_uring_info *info, char *text, size_t bytes) {
    char line[STK_URING_TEXT_BYTES] = "";
    size_t n;
    if (info == NULL || (text == NULL && bytes != 0)) {
        return STK_E_ARG;
    }
    if (!info->available) {
        (void)snprintf(line, sizeof line, "not available: %s (errno %d)", why_not(info->os_error), info->os_error);
    } else {
        add_word(line, info->fixed_buffers, "fixed buffers");
        add_word(line, info->fixed_files, "fixed files");
        add_word(line, info->sqpoll, "SQPOLL");
        add_word(line, info->uring_cmd, "URING_CMD");
        add_word(line, info->msg_ring, "MSG_RING");
        add_word(line, info->timed_wait, "timed wait");
        n = strlen(line);
        (void)snprintf(line + n, sizeof line - n, "%s%u opcodes", n != 0 ? "; " : "", (unsigned)info->opcodes);
    }
    /* The answer counts without the 0 at the end, but the caller's buffer needs room for it. */
    n = strlen(line) + 1;
    if (bytes < n) {
        return STK_E_SPACE;
    }
    memcpy(text, line, n);
    return (int)(n - 1);
}
