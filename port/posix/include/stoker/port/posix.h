/* stoker port: clock and wait of POSIX systems, and a reader for kernels without io_uring. */
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

/* The platform interface. now_ns is CLOCK_MONOTONIC. On Linux wait and wake are a process-private futex; elsewhere a
 * wait sleeps in slices of at most 1 ms and looks at the word between them. The port has no state: ctx is ignored, pass
 * NULL. Threads: any, several at once; not from a signal handler. */
extern const struct stk_platform_ops stk_posix_platform_ops;

/* The clock as a port: {&stk_posix_platform_ops, NULL}. */
extern const struct stk_platform_port stk_posix_platform;

/// Reader ///

/* Reads sources with pread and read. Submit only queues. The reading is done inside reap, on the caller's thread, so a
 * reap of a slow disk takes as long as the disk does for one step (1 MiB). Sequential sources are polled first, and no
 * reap blocks on one beyond its timeout, as long as nobody else reads the same pipe. Data lands in dst directly, so
 * bounce_bytes stays 0. Threads: any, one at a time; not from a signal handler. */

/* Defaults and maxima of struct stk_posix_reader_config. */
#define STK_POSIX_DEPTH_DEFAULT   32u
#define STK_POSIX_DEPTH_MAX       4096u
#define STK_POSIX_SOURCES_DEFAULT 16u
#define STK_POSIX_SOURCES_MAX     4096u

/* Configuration of a reader. A 0 means the default. */
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
    uint32_t reads; /* reads taken and not yet reaped */
    bool writable;  /* the descriptor is open for writing */
    bool socket;    /* the descriptor is a socket: a read ends with the bytes of one receive */
    bool datagrams; /* one receive of the socket gives one datagram; false: bytes of a stream */
    struct stk_index_list queue;
};

/* Memory for one struct pollfd of the system, which has the same size. */
struct stk_posix_poll {
    int fd;
    short events, revents;
};

/* A reader. Members are private; read info and stats. */
struct stk_posix_reader {
    struct stk_posix_op *ops;
    struct stk_posix_source *source;
    struct stk_posix_poll *poll; /* one for each source, and one for stk_posix_reader_wait */
    uint32_t depth, sources;
    uint32_t in_flight; /* reads taken and not yet reaped */
    uint32_t n_ready;
    struct stk_index_list free, queue, ready; /* queue: positioned reads, in order */
    struct stk_ingest_stats stats;
    struct stk_error_info
        info; /* last refusal: index is the read in the batch or the source, value the errno or bytes */
};

/* Arena bytes that open takes for `depth` reads and `sources` sources; 0 means the default of each. */
#define STK_POSIX_READER_BYTES(depth, sources)                                                                         \
    STK_POSIX_READER_BYTES_((size_t)((depth) == 0 ? STK_POSIX_DEPTH_DEFAULT : (depth)),                                \
                            (size_t)((sources) == 0 ? STK_POSIX_SOURCES_DEFAULT : (sources)))
#define STK_POSIX_READER_BYTES_(depth, sources)                                                                        \
    (STK_ALIGNED((depth) * sizeof(struct stk_posix_op)) + STK_ALIGNED((sources) * sizeof(struct stk_posix_source)) +   \
     STK_ALIGNED(((sources) + 1u) * sizeof(struct stk_posix_poll)))
#define STK_POSIX_READER_DEFINE(name, depth, sources) STK_STORAGE_DEFINE(name, STK_POSIX_READER_BYTES(depth, sources))

/* Sets *bytes to the arena bytes that open takes for a configuration, which may be NULL for the defaults. STK_E_ARG
 * bytes is NULL; STK_E_OVERFLOW a field is above its maximum. */
STK_MUST_CHECK int stk_posix_reader_bytes(const struct stk_posix_reader_config *config, size_t *bytes);

/* Makes an empty reader in memory from `arena`, which must outlive it. config may be NULL for the defaults. The reader
 * holds no resource of the system, so there is no close: cancel and reap its reads, then drop it. STK_E_ARG reader or
 * arena is NULL; STK_E_OVERFLOW a field is above its maximum; STK_E_SPACE the arena is too small (arena.need has the
 * bytes). */
STK_MUST_CHECK int stk_posix_reader_open(struct stk_posix_reader *reader, const struct stk_posix_reader_config *config,
                                         struct stk_arena *arena);

/* Adds `fd` as a source. flags: 0 or STK_POSIX_SEQUENTIAL. The descriptor stays the caller's and must stay open until
 * the source is removed. Returns the source's index, the lowest free one. On error info.value has the errno. STK_E_ARG
 * a NULL, a bad descriptor or unknown flags; STK_E_FULL no source is free; STK_E_ISDIR a folder; STK_E_ACCESS the
 * descriptor is open for writing only. */
STK_MUST_CHECK int stk_posix_reader_add_file(struct stk_posix_reader *reader, int fd, uint32_t flags);

/* Adds a socket that is bound or connected as a sequential source. A read of this source does not wait until its dst is
 * full: it ends with one datagram, or with the bytes of a stream that are there. If a datagram is longer than its read,
 * the rest of the datagram is lost, and the completion has EMSGSIZE in os_error. An empty datagram is a read of 0
 * bytes, and does not end a source of datagrams. Returns and refuses as stk_posix_reader_add_file; STK_E_ARG also no
 * socket, or one that listens. */
STK_MUST_CHECK int stk_posix_reader_add_socket(struct stk_posix_reader *reader, int fd);

/* Removes a source. The descriptor is the caller's again. STK_E_ARG a NULL; STK_E_RANGE there is no such source;
 * STK_E_STATUS reads of the source are not reaped yet. */
STK_MUST_CHECK int stk_posix_reader_remove_source(struct stk_posix_reader *reader, uint32_t source);

/* Waits for at most `timeout_ns` nanoseconds until a reap may find something to do, or until `fd` can be read. May
 * return early. */
void stk_posix_reader_wait(struct stk_posix_reader *reader, int fd, uint64_t timeout_ns);

/* The ingest interface; ctx is a struct stk_posix_reader. stoker/port/ingest.h has the contract of each call. Submit
 * refuses a batch and takes none of it: STK_E_ARG a NULL, a length of 0 or above 2^31 - 1, or an offset beyond 2^63 -
 * 1; STK_E_RANGE there is no such source. */
extern const struct stk_ingest_ops stk_posix_reader_ops;

/// In a pool ///

struct stk_reader_kind; /* stoker/port/reader_kind.h */

/* A POSIX reader as a reader of a pool. reader_config is a struct stk_posix_reader_config or NULL. */
extern const struct stk_reader_kind stk_posix_reader_kind;

/* Bytes of one POSIX reader in a pool, for STK_READER_POOL_BYTES. */
#define STK_POSIX_READER_POOLED_BYTES(depth, sources)                                                                  \
    (STK_ALIGNED(sizeof(struct stk_posix_reader)) + STK_POSIX_READER_BYTES(depth, sources))

#ifdef __cplusplus
}
#endif
#endif
