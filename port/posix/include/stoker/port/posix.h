/* stoker port: POSIX clock and wait, and a reader for kernels without io_uring. */
#ifndef STOKER_PORT_POSIX_H
#define STOKER_PORT_POSIX_H

#include <stdbool.h>
#include <stdint.h>

#include "stoker/arena.h"
#include "stoker/err.h"
#include "stoker/port/index_list.h"
#include "stoker/port/ingest.h"
#include "stoker/port/platform.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Clock and wait ///

/* now_ns is CLOCK_MONOTONIC; wait and wake are a process-private futex on Linux, and slices of sleep of at most 1 ms
 * with a look at the word between them elsewhere. Stateless: ctx is ignored, pass NULL. Any thread; not from a signal
 * handler. */
extern const struct stk_platform_ops stk_posix_platform_ops;

/* The same as a port: {&stk_posix_platform_ops, NULL}. */
extern const struct stk_platform_port stk_posix_platform;

/// Reader ///

/* Reads sources with pread and read. Submit only queues; the reading is done inside reap, on the caller's thread, so a
 * reap of a slow disk takes as long as the disk does for one piece (1 MiB). Sequential sources are polled first, and
 * no reap blocks on one beyond its timeout; that holds as long as nobody else reads the same pipe. One thread at a
 * time. Data lands in dst directly: bounce_bytes stays 0. */

#define STK_POSIX_DEPTH_DEFAULT   32u
#define STK_POSIX_DEPTH_MAX       4096u
#define STK_POSIX_SOURCES_DEFAULT 16u
#define STK_POSIX_SOURCES_MAX     4096u

struct stk_posix_reader_config {
    uint32_t depth;   /* reads taken and not yet reaped, 1..4096; default STK_POSIX_DEPTH_DEFAULT */
    uint32_t sources; /* sources at one time, 1..4096; default STK_POSIX_SOURCES_DEFAULT */
};

/* add_file: read on from where the descriptor is, ignoring offsets, even if it can seek. */
#define STK_POSIX_SEQUENTIAL 1u

/* A read in the port's hands. Visible for sizeof only, as are the structs below. */
struct stk_posix_op {
    uint64_t offset;
    uint8_t *dst;
    uint32_t source, bytes, got, tag;
    int32_t result, os_error;
    uint32_t next, tries;
    uint32_t op; /* an enum stk_ingest_op */
};

struct stk_posix_source {
    int fd;
    uint32_t kind;  /* free, positioned or sequential */
    uint32_t reads; /* taken and not yet reaped */
    bool writable;  /* the descriptor is open for writing */
    bool socket;    /* the descriptor is a socket: a read ends with the bytes of one receive */
    bool datagrams; /* one receive of the socket gives one datagram; false: bytes of a stream */
    struct stk_index_list queue;
};

/* As large as the system's struct pollfd. */
struct stk_posix_poll {
    int fd;
    short events, revents;
};

struct stk_posix_reader {
    struct stk_posix_op *ops;
    struct stk_posix_source *source;
    struct stk_posix_poll *poll; /* one for each source, and one for stk_posix_reader_wait */
    uint32_t depth, sources;
    uint32_t in_flight; /* taken and not yet reaped */
    uint32_t n_ready;
    struct stk_index_list free, queue, ready; /* queue: positioned reads, in order */
    struct stk_ingest_stats stats;
    struct stk_error_info
        info; /* last refusal: index is the read in the batch or the source, value the errno or bytes */
};

/* Arena bytes that open takes for `depth` reads and `sources` sources, 0 of either for the default. */
#define STK_POSIX_READER_BYTES(depth, sources)                                                                         \
    STK_POSIX_READER_BYTES_((size_t)((depth) == 0 ? STK_POSIX_DEPTH_DEFAULT : (depth)),                                \
                            (size_t)((sources) == 0 ? STK_POSIX_SOURCES_DEFAULT : (sources)))
#define STK_POSIX_READER_BYTES_(depth, sources)                                                                        \
    (STK_ALIGNED((depth) * sizeof(struct stk_posix_op)) + STK_ALIGNED((sources) * sizeof(struct stk_posix_source)) +   \
     STK_ALIGNED(((sources) + 1u) * sizeof(struct stk_posix_poll)))
#define STK_POSIX_READER_DEFINE(name, depth, sources) STK_STORAGE_DEFINE(name, STK_POSIX_READER_BYTES(depth, sources))

/* The same for a config, which may be NULL: STK_E_OVERFLOW when a field is above its maximum. */
STK_MUST_CHECK int stk_posix_reader_bytes(const struct stk_posix_reader_config *config, size_t *bytes);

/* Makes an empty reader in memory from `arena`, which must outlive it. config may be NULL for the defaults.
 * STK_E_ARG reader or arena is NULL; STK_E_OVERFLOW as above; STK_E_SPACE the arena has less than
 * stk_posix_reader_bytes says (arena.need has the number). Holds no OS resource, so there is no close: cancel and reap,
 * then drop it. */
STK_MUST_CHECK int stk_posix_reader_open(struct stk_posix_reader *reader, const struct stk_posix_reader_config *config,
                                         struct stk_arena *arena);

/* Adds `fd` as a source. flags: 0 or STK_POSIX_SEQUENTIAL. The descriptor stays the caller's and must stay open until
 * the source is removed. Returns the source's index, the lowest free one. STK_E_FULL no free source; STK_E_ISDIR;
 * STK_E_ACCESS open for writing only; STK_E_ARG bad descriptor or flags (info.value has the errno). */
STK_MUST_CHECK int stk_posix_reader_add_file(struct stk_posix_reader *reader, int fd, uint32_t flags);

/* Adds a socket that is bound or connected as a sequential source. A read of this source does not wait until its dst is
 * full: it ends with one datagram, or with the bytes of a stream that are there. If a datagram is longer than its read,
 * the rest of the datagram is lost, and the completion has EMSGSIZE in os_error. An empty datagram is a read of 0
 * bytes, and does not end a source of datagrams. Returns and refuses as stk_posix_reader_add_file; STK_E_ARG also no
 * socket, or one that listens. */
STK_MUST_CHECK int stk_posix_reader_add_socket(struct stk_posix_reader *reader, int fd);

/* Forgets a source. STK_E_RANGE no such source; STK_E_STATUS reads of it are not reaped yet. */
STK_MUST_CHECK int stk_posix_reader_remove_source(struct stk_posix_reader *reader, uint32_t source);

/* Waits for at most `timeout_ns` until a reap may find something to do, or until `fd` can be read. May return early. */
void stk_posix_reader_wait(struct stk_posix_reader *reader, int fd, uint64_t timeout_ns);

/* ctx is a struct stk_posix_reader. Submit refuses, taking nothing: STK_E_ARG a NULL or a length of 0 or above
 * 2^31 - 1 or an offset beyond 2^63 - 1, STK_E_RANGE no such source. */
extern const struct stk_ingest_ops stk_posix_reader_ops;

/// In a pool ///

struct stk_reader_kind; /* stoker/port/reader_kind.h */

/* A POSIX reader as a reader of a pool, whose reader_config is a struct stk_posix_reader_config or NULL. */
extern const struct stk_reader_kind stk_posix_reader_kind;

/* Bytes of one such reader, for STK_READER_POOL_BYTES. */
#define STK_POSIX_READER_POOLED_BYTES(depth, sources)                                                                  \
    (STK_ALIGNED(sizeof(struct stk_posix_reader)) + STK_POSIX_READER_BYTES(depth, sources))

#ifdef __cplusplus
}
#endif
#endif
