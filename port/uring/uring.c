/* stoker port: opening and closing the ring, and its sources. The reading is in uring_read.c. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "uring_internal.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/uio.h>

#include "stoker/port/os_clock.h"
#include "stoker/port/os_fuse.h"
#include "stoker/port/os_source.h"

#define SQPOLL_IDLE_DEFAULT 50u
#define PIECE_MAX           (1u << 30) /* the kernel's limit for one buffer */
#define PIECE_UNIT          4096u      /* so that a read with O_DIRECT stays aligned across pieces */
#define FLAGS_ALL           (STK_URING_SQPOLL | STK_URING_PLAIN | STK_URING_WAIT_BY_POLL | STK_URING_ONE_THREAD)
#define FEATURES_NEEDED     (IORING_FEAT_NODROP | IORING_FEAT_SUBMIT_STABLE | IORING_FEAT_RW_CUR_POS)
#define CLOSE_BATCH         32u
#define RING_ENTRY_BYTES    128u      /* about what an entry takes in both queues */
#define CLOSE_SLICE_NS      10000000u /* between two attempts to cancel what would not end */

/// Opening ///

static struct stk_uring_config resolved(const struct stk_uring_config *config) {
    struct stk_uring_config c = config != NULL ? *config : (struct stk_uring_config){.flags = 0};
    c.depth = c.depth != 0 ? c.depth : STK_URING_DEPTH_DEFAULT;
    c.sources = c.sources != 0 ? c.sources : STK_URING_SOURCES_DEFAULT;
    c.sqpoll_idle_ms = c.sqpoll_idle_ms != 0 ? c.sqpoll_idle_ms : SQPOLL_IDLE_DEFAULT;
    c.piece_bytes = c.piece_bytes != 0 ? c.piece_bytes : PIECE_MAX;
    c.read_timeout_ns = c.read_timeout_ns != 0 ? c.read_timeout_ns : STK_URING_READ_TIMEOUT_DEFAULT;
    c.refused_max = c.refused_max != 0 ? c.refused_max : STK_URING_REFUSED_DEFAULT;
    return c;
}

int stk_uring_bytes(const struct stk_uring_config *config, size_t *bytes) {
    struct stk_uring_config c = resolved(config);
    if (bytes == NULL) {
        return STK_E_ARG;
    }
    if (c.depth > STK_URING_DEPTH_MAX || c.sources > STK_URING_SOURCES_MAX) {
        return STK_E_OVERFLOW;
    }
    *bytes = STK_URING_BYTES(c.depth, c.sources);
    return STK_OK;
}

static int check_config(struct stk_uring *u, const struct stk_uring_config *c, size_t bytes, size_t *need) {
    if ((c->flags & ~(uint32_t)FLAGS_ALL) != 0) {
        return refuse(u, STK_E_ARG, 0, c->flags);
    }
    if (c->piece_bytes > PIECE_MAX || c->piece_bytes % PIECE_UNIT != 0) {
        return refuse(u, STK_E_ARG, 0, c->piece_bytes);
    }
    if ((bytes - 1) / c->piece_bytes >= STK_URING_PIECES_MAX) {
        return refuse(u, STK_E_OVERFLOW, 0, bytes);
    }
    return stk_uring_bytes(c, need) < 0 ? refuse(u, STK_E_OVERFLOW, 0, 0) : STK_OK;
}

/* Returns the code of an errno with which the kernel refused `bytes` of memory, or the ring. An errno that is about
 * neither memory nor descriptors means that io_uring is not available, or not in this way: it is forbidden, or unknown
 * to this kernel, or the memory cannot be pinned. */
static int refusal_code(int os_error, uint64_t bytes) {
    struct rlimit limit;
    int err = stk_os_error(os_error);
    if (err == STK_E_NOMEM && getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur < bytes) {
        return STK_E_LOCKED;
    }
    return err == STK_E_NOMEM || err == STK_E_FILES ? err : STK_E_UNSUPPORTED;
}

/* Ways to set up a ring that one thread uses, best first. The kernel refuses flags that it does not know with EINVAL.
 * The flag for task work lets a look at the queue see that the kernel has work to do for it. */
static const uint32_t one_thread_setups[] = {
    IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
    IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
    0,
};
#define SETUPS (sizeof one_thread_setups / sizeof one_thread_setups[0])

const char *stk_uring_setup_name(uint32_t setup_flags) {
    return (setup_flags & IORING_SETUP_DEFER_TASKRUN) != 0  ? "single issuer, deferred task work"
           : (setup_flags & IORING_SETUP_COOP_TASKRUN) != 0 ? "cooperative task work"
                                                            : "plain set-up";
}

/* Makes the ring in the best way that the kernel takes. Returns 0 or -errno. */
static int init_ring(struct stk_uring *u, const struct stk_uring_config *c, struct io_uring_params *params) {
    bool sqpoll = (c->flags & STK_URING_SQPOLL) != 0;
    size_t way = !sqpoll && (c->flags & STK_URING_ONE_THREAD) != 0 ? 0 : SETUPS - 1u;
    int r = -EINVAL;
    for (; way < SETUPS && r == -EINVAL; way++) {
        u->setup_flags = one_thread_setups[way] | (sqpoll ? (uint32_t)IORING_SETUP_SQPOLL : 0u);
        *params = (struct io_uring_params){.flags = u->setup_flags};
        params->sq_thread_idle = sqpoll ? c->sqpoll_idle_ms : 0u;
        /* One entry a read and one for a cancel; the completion queue is twice as long, so it never overflows. */
        r = io_uring_queue_init_params(c->depth + 1, u->ring, params);
    }
    return r;
}

/* Returns 0 or a positive errno, with no ring left behind it. */
static int setup_ring(struct stk_uring *u, const struct stk_uring_config *c) {
    struct io_uring_params params;
    int r = init_ring(u, c, &params);
    if (r < 0) {
        return -r;
    }
    if ((params.features & FEATURES_NEEDED) != FEATURES_NEEDED) {
        io_uring_queue_exit(u->ring);
        return ENOSYS;
    }
    if ((params.features & IORING_FEAT_EXT_ARG) == 0) {
        u->flags |= STK_URING_WAIT_BY_POLL;
    }
    return 0;
}

/* Returns 0 or a positive errno. */
static int register_memory(struct stk_uring *u) {
    struct iovec pieces[STK_URING_PIECES_MAX];
    unsigned n = 0;
    for (size_t at = 0; at < u->mem_bytes; at += u->piece_bytes) {
        size_t left = u->mem_bytes - at;
        pieces[n++] = (struct iovec){u->mem + at, left < u->piece_bytes ? left : u->piece_bytes};
    }
    return -io_uring_register_buffers(u->ring, pieces, n);
}

/* Registers memory and files, and reads a byte through the ring. Returns 0, or a positive errno with u->call set. */
static int prepare_ring(struct stk_uring *u) {
    int e = 0;
    u->call = "io_uring_register (buffers)";
    if ((u->flags & STK_URING_PLAIN) == 0) {
        e = register_memory(u);
    }
    if (e == 0) {
        u->call = "io_uring_register (files)";
        e = -io_uring_register_files(u->ring, u->fds, u->sources);
    }
    return e == 0 ? stk_uring_try_(u) : e;
}

/* Sets the ring up. On an error nothing of the ring is left. */
static int start_ring(struct stk_uring *u, const struct stk_uring_config *c) {
    /* Before Linux 5.12 the ring counts as locked memory. */
    uint64_t bytes = (uint64_t)(c->depth + 1u) * RING_ENTRY_BYTES;
    int e;
    u->call = "io_uring_setup";
    e = setup_ring(u, c);
    if (e == 0) {
        bytes = u->mem_bytes;
        e = prepare_ring(u);
        if (e != 0) {
            io_uring_queue_exit(u->ring);
        }
    }
    return e == 0 ? STK_OK : refuse(u, refusal_code(e, bytes), 0, (uint64_t)e);
}

/* Cuts the arena's piece up and makes every list. */
static void lay_out(struct stk_uring *u, uint8_t *piece) {
    u->ring = piece;
    piece += STK_ALIGNED(STK_URING_RING_BYTES);
    u->ops = (struct stk_uring_op *)(void *)piece;
    piece += STK_ALIGNED((size_t)u->depth * sizeof(struct stk_uring_op));
    u->source = (struct stk_uring_source *)(void *)piece;
    piece += STK_ALIGNED((size_t)u->sources * sizeof(struct stk_uring_source));
    u->fds = (int *)(void *)piece;
    stk_index_list_clear(&u->free);
    stk_index_list_clear(&u->outbox);
    stk_index_list_clear(&u->ready);
    for (uint32_t i = 0; i < u->depth; i++) {
        u->ops[i] = (struct stk_uring_op){.state = 0};
        STK_INDEX_PUSH(u->ops, &u->free, i);
    }
    for (uint32_t i = 0; i < u->sources; i++) {
        u->source[i] = (struct stk_uring_source){.kind = SOURCE_FREE, .queue = {STK_INDEX_NONE, STK_INDEX_NONE}};
        u->fds[i] = -1; /* a hole in the registered table */
    }
}

int stk_uring_open(struct stk_uring *uring, const struct stk_uring_config *config, struct stk_arena *arena) {
    struct stk_uring_config c = resolved(config);
    size_t need = 0;
    if (uring == NULL) {
        return STK_E_ARG;
    }
    *uring = (struct stk_uring){.ring = NULL};
    if (c.memory == NULL || c.memory_bytes == 0 || arena == NULL) {
        return refuse(uring, STK_E_ARG, 0, 0);
    }
    int r = check_config(uring, &c, c.memory_bytes, &need);
    if (r < 0) {
        return r;
    }
    size_t mark = stk_arena_mark(arena);
    void *piece = stk_arena_take(arena, need);
    if (piece == NULL) {
        return refuse(uring, STK_E_SPACE, 0, arena->need);
    }
    uring->mem = c.memory;
    uring->mem_bytes = c.memory_bytes;
    uring->depth = c.depth;
    uring->sources = c.sources;
    uring->flags = c.flags;
    uring->piece_bytes = c.piece_bytes;
    uring->read_timeout_ns = c.read_timeout_ns;
    uring->refused_max = c.refused_max;
    uring->looked_ns = stk_os_now_ns();
    lay_out(uring, piece);
    r = start_ring(uring, &c);
    if (r < 0) {
        *uring = (struct stk_uring){.info = uring->info, .call = uring->call};
        stk_arena_release(arena, mark);
    }
    return r;
}

/// Closing ///

int stk_uring_close(struct stk_uring *uring, uint64_t timeout_ns) {
    struct stk_ingest_done dropped[CLOSE_BATCH];
    if (uring == NULL) {
        return STK_E_ARG;
    }
    if (uring->ring == NULL) {
        return STK_OK;
    }
    struct stk_deadline deadline = stk_os_deadline(timeout_ns);
    int r = stk_uring_ops.cancel(uring, 0, UINT32_MAX);
    while (r >= 0 && uring->in_flight != 0) {
        uint64_t left = stk_os_left_ns(&deadline);
        /* Each reap cancels anew what did not end. */
        r = stk_uring_ops.reap(uring, dropped, CLOSE_BATCH, stk_deadline_wait(&deadline, CLOSE_SLICE_NS));
        if (r == 0 && left == 0) {
            return refuse(uring, STK_E_TIMEOUT, 0, uring->out);
        }
    }
    io_uring_queue_exit(uring->ring);
    uring->ring = NULL;
    return r < 0 ? r : STK_OK;
}

/// Sources ///

/* Puts fd, or -1, into the registered table. Returns 0 or a positive errno. */
static int update_file(struct stk_uring *u, uint32_t index, int fd) {
    int r = io_uring_register_files_update(u->ring, index, &fd, 1);
    if (r < 0) {
        return -r;
    }
    u->fds[index] = fd;
    return 0;
}

int stk_uring_add_file(struct stk_uring *uring, int fd, uint32_t flags) {
    bool sequential = false;
    int os_error = 0;
    uint32_t i = 0;
    if (uring == NULL) {
        return STK_E_ARG;
    }
    if (uring->ring == NULL) {
        return refuse(uring, STK_E_SHUTDOWN, 0, 0);
    }
    if ((flags & ~STK_URING_SEQUENTIAL) != 0) {
        return refuse(uring, STK_E_ARG, 0, 0);
    }
    while (i < uring->sources && uring->source[i].kind != SOURCE_FREE) {
        i++;
    }
    if (i == uring->sources) {
        return refuse(uring, STK_E_FULL, i, 0);
    }
    int r = stk_os_source(fd, &sequential, &os_error);
    if (r == STK_OK && stk_os_on_fuse(fd)) {
        r = STK_E_UNSUPPORTED;
        os_error = EOPNOTSUPP;
    }
    if (r == STK_OK) {
        os_error = update_file(uring, i, fd);
        r = stk_os_error(os_error);
    }
    if (r < 0) {
        return refuse(uring, r, i, (uint64_t)os_error);
    }
    sequential = sequential || (flags & STK_URING_SEQUENTIAL) != 0;
    uring->source[i].kind = sequential ? SOURCE_SEQUENTIAL : SOURCE_POSITIONED;
    return (int)i;
}

int stk_uring_remove_source(struct stk_uring *uring, uint32_t source) {
    if (uring == NULL) {
        return STK_E_ARG;
    }
    if (uring->ring == NULL) {
        return refuse(uring, STK_E_SHUTDOWN, source, 0);
    }
    if (source >= uring->sources || uring->source[source].kind == SOURCE_FREE) {
        return refuse(uring, STK_E_RANGE, source, 0);
    }
    if (uring->source[source].reads != 0) {
        return refuse(uring, STK_E_STATUS, source, uring->source[source].reads);
    }
    int e = update_file(uring, source, -1);
    if (e != 0) {
        return refuse(uring, stk_os_error(e), source, (uint64_t)e);
    }
    uring->source[source].kind = SOURCE_FREE;
    return STK_OK;
}
