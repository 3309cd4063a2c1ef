/* stoker port: opening and closing a ring of io_uring. Checks the configuration, cuts the arena's memory up, registers
 * memory and files, and cancels everything at close. The flags of the ring are chosen in uring_setup.c, sources are
 * added in uring_source.c, reads are done in uring_read.c. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "uring_internal.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/uio.h>

#include "stoker/port/os_clock.h"

/* Milliseconds without work after which the kernel thread of SQPOLL sleeps. */
#define SQPOLL_IDLE_DEFAULT 50u
/* Most bytes of one registered buffer: the kernel's limit. */
#define BUFFER_MAX (1u << 30)
/* Bytes of a registered buffer that every kernel takes for an NVMe command; see uring_nvme.c. */
#define BUFFER_COMMANDS (256u << 10)
/* Registered buffers are a multiple of this many bytes, so that a read with O_DIRECT that goes on in the next buffer
 * stays aligned. */
#define BUFFER_MULTIPLE 4096u
#define FLAGS_ALL                                                                                                      \
    (STK_URING_SQPOLL | STK_URING_PLAIN | STK_URING_WAIT_BY_POLL | STK_URING_ONE_THREAD | STK_URING_COOP |             \
     STK_URING_PASSTHROUGH | STK_URING_HUGE)
/* Completions that close drops at a time. */
#define CLOSE_BATCH 32u
/* Approximate bytes of an entry in both queues together. Used only to tell which limit of memory refused a ring. */
#define RING_ENTRY_BYTES 128u
/* Nanoseconds between two attempts of close to cancel reads that did not end. */
#define CLOSE_SLICE_NS 10000000u

/// Opening ///

/* Returns the bytes of a registered buffer where the caller names none. Without NVMe commands a buffer is as long as
 * the kernel allows. With them a buffer is as short as every kernel wants (BUFFER_COMMANDS), or longer where
 * STK_URING_BUFFERS_MAX buffers would not cover the memory. */
static uint32_t default_buffer(const struct stk_uring_config *c) {
    uint64_t even = ((uint64_t)c->memory_bytes / STK_URING_BUFFERS_MAX / BUFFER_MULTIPLE + 1u) * BUFFER_MULTIPLE;
    if ((c->flags & STK_URING_PASSTHROUGH) == 0 || even > BUFFER_MAX) {
        return BUFFER_MAX;
    }
    return even > BUFFER_COMMANDS ? (uint32_t)even : BUFFER_COMMANDS;
}

/* Returns the configuration with the defaults in the place of zeros; NULL gives all defaults. */
static struct stk_uring_config resolved(const struct stk_uring_config *config) {
    struct stk_uring_config c = config != NULL ? *config : (struct stk_uring_config){.flags = 0};
    c.depth = c.depth != 0 ? c.depth : STK_URING_DEPTH_DEFAULT;
    c.sources = c.sources != 0 ? c.sources : STK_URING_SOURCES_DEFAULT;
    c.sqpoll_idle_ms = c.sqpoll_idle_ms != 0 ? c.sqpoll_idle_ms : SQPOLL_IDLE_DEFAULT;
    c.buffer_bytes = c.buffer_bytes != 0 ? c.buffer_bytes : default_buffer(&c);
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

/* Checks everything that needs no kernel, and sets *need to the arena bytes. Keeps the detail of a refusal. */
static int check_config(struct stk_uring *u, const struct stk_uring_config *c, size_t bytes, size_t *need) {
    if ((c->flags & ~(uint32_t)FLAGS_ALL) != 0) {
        return refuse(u, STK_E_ARG, 0, c->flags);
    }
    if (c->buffer_bytes > BUFFER_MAX || c->buffer_bytes % BUFFER_MULTIPLE != 0) {
        return refuse(u, STK_E_ARG, 0, c->buffer_bytes);
    }
    /* Rounds up without a sum that could wrap; `bytes` is above 0 here. */
    if ((bytes - 1) / c->buffer_bytes >= STK_URING_BUFFERS_MAX) {
        return refuse(u, STK_E_OVERFLOW, 0, bytes);
    }
    return stk_uring_bytes(c, need) < 0 ? refuse(u, STK_E_OVERFLOW, 0, 0) : STK_OK;
}

/* Returns the code of an errno with which the kernel refused `bytes` bytes of memory, or the ring. ENOMEM under a limit
 * of locked memory below `bytes` is STK_E_LOCKED, which tells the user which limit to raise. An errno that is about
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

/* Registers the memory as buffers of buffer_bytes each. Reads into registered memory spare the kernel the pinning of
 * pages for each request. Returns 0 or a positive errno. */
static int register_memory(struct stk_uring *u) {
    struct iovec buffers[STK_URING_BUFFERS_MAX];
    unsigned n = 0;
    for (size_t at = 0; at < u->mem_bytes; at += u->buffer_bytes) {
        size_t left = u->mem_bytes - at;
        buffers[n++] = (struct iovec){u->mem + at, left < u->buffer_bytes ? left : u->buffer_bytes};
    }
    return -io_uring_register_buffers(u->ring, buffers, n);
}

/* Registers memory and files, and reads a byte through the ring: some sandboxes give a ring that does not read. Returns
 * 0, or a positive errno with u->call set to the call that failed. */
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

/* Sets the ring up and registers with it. On an error nothing of the ring is left, and u->info has the detail. */
static int start_ring(struct stk_uring *u, const struct stk_uring_config *c) {
    /* Bytes of the ring, which count as locked memory before Linux 5.12. */
    uint64_t bytes = (uint64_t)(c->depth + 1u) * RING_ENTRY_BYTES;
    int e;
    u->call = "io_uring_setup";
    e = stk_uring_setup_(u, c);
    if (e == 0) {
        bytes = u->mem_bytes;
        e = prepare_ring(u);
        if (e != 0) {
            io_uring_queue_exit(u->ring);
        }
    }
    return e == 0 ? STK_OK : refuse(u, refusal_code(e, bytes), 0, (uint64_t)e);
}

/* Cuts the arena's memory up and makes every list. The order is that of STK_URING_BYTES. */
static void lay_out(struct stk_uring *u, uint8_t *allocation) {
    u->ring = allocation;
    allocation += STK_ALIGNED(STK_URING_RING_BYTES);
    u->ops = (struct stk_uring_op *)(void *)allocation;
    allocation += STK_ALIGNED((size_t)u->depth * sizeof(struct stk_uring_op));
    u->source = (struct stk_uring_source *)(void *)allocation;
    allocation += STK_ALIGNED((size_t)u->sources * sizeof(struct stk_uring_source));
    u->fds = (int *)(void *)allocation;
    allocation += STK_ALIGNED((size_t)u->sources * sizeof(int));
    /* Bounce blocks begin at a multiple of their size, which satisfies every alignment of O_DIRECT that the port
     * supports. */
    u->bounce =
        allocation + (STK_URING_BOUNCE_BYTES - (uintptr_t)allocation % STK_URING_BOUNCE_BYTES) % STK_URING_BOUNCE_BYTES;
    stk_index_list_clear(&u->free);
    stk_index_list_clear(&u->outbox);
    stk_index_list_clear(&u->ready);
    stk_index_list_clear(&u->parked);
    for (uint32_t i = 0; i < u->depth; i++) {
        u->ops[i] = (struct stk_uring_op){.state = 0};
        STK_INDEX_PUSH(u->ops, &u->free, i);
    }
    for (uint32_t i = 0; i < u->sources; i++) {
        u->source[i] = (struct stk_uring_source){.kind = SOURCE_FREE, .queue = {STK_INDEX_NONE, STK_INDEX_NONE}};
        /* -1 is a hole in the registered table of files. */
        u->fds[i] = -1;
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
    void *allocation = stk_arena_take(arena, need);
    if (allocation == NULL) {
        return refuse(uring, STK_E_SPACE, 0, arena->need);
    }
    uring->mem = c.memory;
    uring->mem_bytes = c.memory_bytes;
    uring->depth = c.depth;
    uring->sources = c.sources;
    uring->flags = c.flags;
    uring->buffer_bytes = c.buffer_bytes;
    uring->read_timeout_ns = c.read_timeout_ns;
    uring->refused_max = c.refused_max;
    uring->looked_ns = stk_os_now_ns();
    lay_out(uring, allocation);
    r = start_ring(uring, &c);
    if (r < 0) {
        /* A ring that failed to open looks like one that is closed, but keeps why. */
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
        /* Each reap cancels again what has not ended. The answers are dropped: the caller has given its reads up. */
        r = stk_uring_ops.reap(uring, dropped, CLOSE_BATCH, stk_deadline_wait(&deadline, CLOSE_SLICE_NS));
        /* The kernel may still write to the memory, so nothing is released. */
        if (r == 0 && left == 0) {
            return refuse(uring, STK_E_TIMEOUT, 0, uring->out);
        }
    }
    /* The kernel must not use a socket's ring of buffers after close, since its memory is the caller's again then. */
    for (uint32_t i = 0; i < uring->sources; i++) {
        (void)stk_uring_forget_socket_(uring, i);
    }
    io_uring_queue_exit(uring->ring);
    uring->ring = NULL;
    return r < 0 ? r : STK_OK;
}
