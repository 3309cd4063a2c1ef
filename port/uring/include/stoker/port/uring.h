/* stoker port: ingest by io_uring, with registered buffers and files. */
#ifndef STOKER_PORT_URING_H
#define STOKER_PORT_URING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stoker/arena.h"
#include "stoker/err.h"
#include "stoker/port/index_list.h"
#include "stoker/port/ingest.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Reads go straight into memory that is registered with the kernel once (IORING_OP_READ_FIXED) from files that are
 * registered too: no copy in user space, no page lookup per read; bounce_bytes stays 0. Needs Linux 5.6; what a newer
 * kernel does better is used when it is there. One thread at a time, any thread; nothing here may be called from a
 * signal handler. No call blocks beyond its timeout. After a fork the child must not touch the object. */

/// Configuration ///

#define STK_URING_DEPTH_DEFAULT   64u
#define STK_URING_DEPTH_MAX       4096u
#define STK_URING_SOURCES_DEFAULT 16u
#define STK_URING_SOURCES_MAX     4096u
#define STK_URING_PIECES_MAX      64u
#define STK_URING_REFUSED_DEFAULT 5000u

#define STK_URING_READ_TIMEOUT_DEFAULT UINT64_C(60000000000)

enum stk_uring_flags {
    /* A kernel thread takes the reads, so that submit makes no system call while it is awake. Open fails with
     * STK_E_UNSUPPORTED where that is forbidden: open again without. */
    STK_URING_SQPOLL = 1u << 0,
    /* Memory that the kernel cannot pin (a driver's own mapping): bounds are still checked, but it is not
     * registered. */
    STK_URING_PLAIN = 1u << 1,
    /* Do as on an old kernel (before 5.11): wait with ppoll. For tests. */
    STK_URING_WAIT_BY_POLL = 1u << 2,
    /* One thread makes every call for this ring, from open to close. The kernel then does its own work for the ring
     * only when that thread asks (6.1: single issuer, deferred task work), or without interrupting the thread (5.19:
     * cooperative task work); an older kernel does as ever. setup_flags says which. No effect with STK_URING_SQPOLL. */
    STK_URING_ONE_THREAD = 1u << 3
};

struct stk_uring_config {
    uint32_t depth;          /* reads taken and not yet reaped, 1..4096; default STK_URING_DEPTH_DEFAULT */
    uint32_t sources;        /* sources at one time, 1..4096; default STK_URING_SOURCES_DEFAULT */
    uint32_t flags;          /* of enum stk_uring_flags; default none */
    uint32_t sqpoll_idle_ms; /* how long the kernel thread spins before it sleeps; default 50 */
    uint32_t piece_bytes;    /* bytes registered as one buffer, a multiple of 4096 up to 1 GiB; default 1 GiB */
    /* How often in a row requests may be refused (EAGAIN or EBUSY, at least 1 ms apart) before the ring counts as
     * failed. Default STK_URING_REFUSED_DEFAULT. */
    uint32_t refused_max;
    /* Longest time, in nanoseconds, that the kernel may keep one request of a source with offsets; 1 us for each byte
     * of the request is added. The read then ends with STK_E_TIMEOUT. Only time in which reap could have seen an answer
     * counts. Default STK_URING_READ_TIMEOUT_DEFAULT; UINT64_MAX: for ever. Reads of sequential sources wait for their
     * data as long as it takes. */
    uint64_t read_timeout_ns;
    /* Mandatory for open: the memory into which every read must go. It stays the caller's and must not be freed before
     * close has returned STK_OK. */
    void *memory;
    size_t memory_bytes;
};

/// Object ///

/* A read in the port's hands. Visible for sizeof only, as are the structs below. */
struct stk_uring_op {
    uint64_t offset;
    uint8_t *dst;
    uint32_t source, bytes, got, tag;
    int32_t result, os_error;
    uint32_t next;
    uint16_t state, tries;
    /* watched time when the request of this read was sent, or when the read was cancelled for being late */
    uint64_t sent_ns;
    uint8_t late;        /* 1: this read is cancelled because the kernel had it for too long */
    uint8_t canceled;    /* 1: this read is cancelled because the caller asked for it */
    uint8_t cancel_sent; /* 1: the kernel has not answered the request that cancels this read */
};

struct stk_uring_source {
    uint32_t kind;  /* free, positioned or sequential */
    uint32_t reads; /* taken and not yet reaped */
    uint32_t busy;  /* sequential: one read is out, the others wait in the queue */
    struct stk_index_list queue;
};

struct stk_uring {
    void *ring; /* the struct io_uring, NULL when closed */
    struct stk_uring_op *ops;
    struct stk_uring_source *source;
    int *fds; /* by source, -1 when free */
    uint8_t *mem;
    size_t mem_bytes;
    uint32_t depth, sources, flags, piece_bytes;
    uint32_t setup_flags; /* IORING_SETUP_* bits with which the kernel made the ring */
    uint32_t in_flight;   /* taken and not yet reaped */
    uint32_t out;         /* requests the kernel has not answered, cancels not counted */
    uint32_t cancels;     /* cancel requests it has not answered */
    uint32_t canceled;    /* reads in the kernel that the caller asked to cancel */
    bool cancel_due;      /* there are reads to cancel whose cancel request was not sent */
    int broken;           /* the ring failed: what reap returns from then on */
    struct stk_index_list free, outbox, ready;
    struct stk_ingest_stats stats;
    struct stk_error_info info; /* last refusal; see each call */
    const char *call; /* system call behind a refusal of open, or behind `broken`; a static text; NULL: none */
    uint64_t read_timeout_ns;
    uint64_t looked_ns;            /* time when reap looked last */
    uint64_t watched_ns;           /* watched time: time in which an answer would have been seen, in nanoseconds */
    uint64_t look_late_ns;         /* watched time of the next look for late reads */
    uint64_t refused_ns;           /* time when the last refusal was counted */
    uint32_t refused, refused_max; /* refusals in a row, and the most that may follow each other */
};

#define STK_URING_RING_BYTES 256u /* at least sizeof(struct io_uring) */

/* Arena bytes that open takes for `depth` reads and `sources` sources, 0 of either for the default. */
#define STK_URING_BYTES(depth, sources)                                                                                \
    STK_URING_BYTES_((size_t)((depth) == 0 ? STK_URING_DEPTH_DEFAULT : (depth)),                                       \
                     (size_t)((sources) == 0 ? STK_URING_SOURCES_DEFAULT : (sources)))
#define STK_URING_BYTES_(depth, sources)                                                                               \
    (STK_ALIGNED(STK_URING_RING_BYTES) + STK_ALIGNED((depth) * sizeof(struct stk_uring_op)) +                          \
     STK_ALIGNED((sources) * sizeof(struct stk_uring_source)) + STK_ALIGNED((sources) * sizeof(int)))
#define STK_URING_DEFINE(name, depth, sources) STK_STORAGE_DEFINE(name, STK_URING_BYTES(depth, sources))

/* The same for a config, which may be NULL: STK_E_OVERFLOW when a field is above its maximum. */
STK_MUST_CHECK int stk_uring_bytes(const struct stk_uring_config *config, size_t *bytes);

/* Opens a ring over the memory of the config. A ring that can be made does not always work. So open reads one byte of a
 * pipe through the ring before it returns; the memory keeps its bytes, and open gives up after about a second when the
 * kernel does not answer. On an error the arena is as it was, no kernel object is left, uring->info.value has the errno
 * (unless a code below says otherwise) and uring->call the system call. STK_E_ARG a NULL, no memory, or a piece_bytes
 * or flag out of range; STK_E_OVERFLOW depth or sources above the maximum, or memory of more than 64 pieces;
 * STK_E_SPACE the arena is too small (value: bytes that would do); STK_E_UNSUPPORTED the kernel has no io_uring,
 * forbids it or a part of it, does not answer, or cannot pin this memory; STK_E_LOCKED RLIMIT_MEMLOCK is too small for
 * the memory: open again with STK_URING_PLAIN; STK_E_NOMEM; STK_E_FILES. */
STK_MUST_CHECK int stk_uring_open(struct stk_uring *uring, const struct stk_uring_config *config,
                                  struct stk_arena *arena);

/* Cancels the reads in flight, waits at most `timeout_ns` (0 looks once, UINT64_MAX never ends) for the kernel to let
 * go of the memory, and closes the ring. Completions that were not reaped are dropped. Returns STK_OK, also when the
 * ring is closed already. STK_E_TIMEOUT the kernel still holds `out` reads: the ring stays open, and the kernel may
 * still write to the memory until another close succeeds. */
STK_MUST_CHECK int stk_uring_close(struct stk_uring *uring, uint64_t timeout_ns);

/// Sources ///

/* add_file: read on from where the descriptor is, ignoring offsets, even if it can seek. */
#define STK_URING_SEQUENTIAL 1u

/* Adds `fd` as a source. flags: 0 or STK_URING_SEQUENTIAL. A descriptor that cannot seek (pipe, FIFO, socket, terminal)
 * is always sequential: its reads run one at a time in the order of submission, each until it is full or the source
 * ends. The descriptor stays the caller's and must stay open until the source is removed. With O_DIRECT, offsets,
 * lengths and dst must be aligned as the file system asks. Returns the source's index, the lowest free one.
 * On error info.index is that index, info.value the errno. STK_E_FULL no free source; STK_E_ISDIR; STK_E_ACCESS open
 * for writing only; STK_E_ARG bad descriptor or flags; STK_E_UNSUPPORTED a regular file on FUSE, where Linux may give
 * the same bytes twice: read it with another port; STK_E_SHUTDOWN the ring is closed. */
STK_MUST_CHECK int stk_uring_add_file(struct stk_uring *uring, int fd, uint32_t flags);

/* Forgets a source. STK_E_RANGE no such source; STK_E_STATUS reads of it are not reaped yet; STK_E_SHUTDOWN. */
STK_MUST_CHECK int stk_uring_remove_source(struct stk_uring *uring, uint32_t source);

/// Reading ///

/* The ingest interface; ctx is a struct stk_uring. Submit refuses a batch and takes none of it (info.index: which
 * read): STK_E_RANGE no such source; STK_E_ARG a length of 0 or above 2^31 - 1, a dst outside the memory, an offset
 * beyond 2^63 - 1; STK_E_SHUTDOWN closed. When the kernel fails the ring, reap reports this from then on: STK_E_IO, or
 * STK_E_TIMEOUT where the kernel keeps a read that was late and cancelled; info.value has the errno. A read of a
 * source with offsets that the kernel gave up in read_timeout_ns is a completion with STK_E_TIMEOUT. */
extern const struct stk_ingest_ops stk_uring_ops;

/* Waits for at most `timeout_ns` until a reap may find an answer, or until `fd` can be read. May return early. */
void stk_uring_wait(struct stk_uring *uring, int fd, uint64_t timeout_ns);

/// In a pool ///

struct stk_reader_kind; /* stoker/port/reader_kind.h */

/* A ring as a reader of a pool, whose reader_config is a struct stk_uring_config. Every ring has STK_URING_ONE_THREAD,
 * and each registers the memory: RLIMIT_MEMLOCK counts it once for each ring. */
extern const struct stk_reader_kind stk_uring_reader_kind;

/* Bytes of one such reader, for STK_READER_POOL_BYTES. */
#define STK_URING_READER_BYTES(depth, sources) (STK_ALIGNED(sizeof(struct stk_uring)) + STK_URING_BYTES(depth, sources))

/* Returns the words for the setup_flags of a ring: "single issuer, deferred task work", "cooperative task work" or
 * "plain set-up". Static. */
const char *stk_uring_setup_name(uint32_t setup_flags);

/// What the kernel can do ///

struct stk_uring_info {
    bool available;     /* io_uring can be set up */
    bool sqpoll;        /* with a kernel thread */
    bool fixed_buffers; /* memory can be registered */
    bool fixed_files;   /* files can be registered */
    bool uring_cmd;     /* NVMe passthrough */
    bool msg_ring;
    bool timed_wait;      /* waits with a timeout in one system call (IORING_FEAT_EXT_ARG) */
    int os_error;         /* why io_uring is not available, 0 when it is */
    uint32_t features;    /* IORING_FEAT_* bits, as the kernel gives them */
    uint32_t opcodes;     /* how many operations it knows */
    uint8_t opcode[32];   /* bit n % 8 of byte n / 8: it knows operation n */
    uint64_t memlock_max; /* RLIMIT_MEMLOCK in bytes, UINT64_MAX when unlimited */
};

#define STK_URING_TEXT_BYTES 256u /* always enough for stk_uring_describe */

/* Finds out by trying, with small rings that are closed again; takes a few milliseconds. STK_OK; STK_E_ARG info is
 * NULL; STK_E_UNSUPPORTED io_uring is not available: info is filled in all the same, os_error says why. */
STK_MUST_CHECK int stk_uring_probe(struct stk_uring_info *info);

/* Writes one line without a newline: "fixed buffers, fixed files, SQPOLL, URING_CMD, MSG_RING, timed wait; 56 opcodes",
 * or "not available: " and the reason. Returns its length. STK_E_SPACE `bytes` is too small, nothing is written;
 * STK_URING_TEXT_BYTES do. */
STK_MUST_CHECK int stk_uring_describe(const struct stk_uring_info *info, char *text, size_t bytes);

/* Name of operation n, "READ_FIXED"; NULL above those this build knows. Static. */
const char *stk_uring_opcode_name(uint32_t n);

#ifdef __cplusplus
}
#endif
#endif
