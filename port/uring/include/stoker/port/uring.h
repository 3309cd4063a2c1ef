/* stoker port: ingest by io_uring, with registered buffers and files. Needs Linux 5.6; port/README.md says what newer
 * kernels add. For kernels without io_uring and for files on FUSE there is the reader of stoker/port/posix.h. */
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

/* Reads go straight into memory that is registered with the kernel once (IORING_OP_READ_FIXED), from files that are
 * registered too, without a page lookup for each read. The port copies nothing, except the ends of reads with O_DIRECT
 * or from an NVMe namespace that begin or end within a block; bounce_bytes counts these bytes.
 *
 * Threads: any thread, one at a time. Not from a signal handler or an interrupt. No call blocks beyond its timeout.
 * After a fork the child must not touch the object. */

/// Configuration ///

/* Defaults and maxima of struct stk_uring_config. */
#define STK_URING_DEPTH_DEFAULT   64u
#define STK_URING_DEPTH_MAX       4096u
#define STK_URING_SOURCES_DEFAULT 16u
#define STK_URING_SOURCES_MAX     4096u
#define STK_URING_BUFFERS_MAX     64u
#define STK_URING_REFUSED_DEFAULT 5000u

#define STK_URING_READ_TIMEOUT_DEFAULT UINT64_C(60000000000)

enum stk_uring_flags {
    /* A kernel thread takes the reads, so that submit makes no system call while it is awake. Where the kernel refuses
     * such a thread, the ring has none (stk_uring.feature). */
    STK_URING_SQPOLL = 1u << 0,
    /* Memory that the kernel cannot pin (a driver's own mapping): bounds are still checked, but it is not
     * registered. */
    STK_URING_PLAIN = 1u << 1,
    /* Waits with ppoll, as on a kernel before 5.11. For tests. */
    STK_URING_WAIT_BY_POLL = 1u << 2,
    /* One thread makes every call for this ring, from open to close. The kernel then does its own work for the ring
     * only when that thread asks (6.1: single issuer, deferred task work), or without interrupting the thread (5.19:
     * cooperative task work); on an older kernel the flag changes nothing. With a kernel thread of STK_URING_SQPOLL the
     * ring gets single issuer (6.0) alone. */
    STK_URING_ONE_THREAD = 1u << 3,
    /* Asks for cooperative task work (5.19) alone, without single issuer and deferred task work. Several threads may
     * make the calls, one at a time. */
    STK_URING_COOP = 1u << 4,
    /* Requests of 128 bytes and answers of 32 bytes (5.19), which NVMe passthrough needs. */
    STK_URING_PASSTHROUGH = 1u << 5,
    /* Asks the kernel for huge pages behind the memory, and waits until the kernel has put them there (6.1). A disk
     * then gets long contiguous memory instead of single pages. The memory keeps its bytes. */
    STK_URING_HUGE = 1u << 6
};

/// Set-up ///

/* Features that a ring may have. Open asks the kernel for those that the configuration wants, and does without those
 * that the kernel refuses. */
enum stk_uring_feature {
    STK_URING_BUFFERS,        /* the memory is registered */
    STK_URING_FILES,          /* sources are registered; a ring without this does not open */
    STK_URING_SINGLE_ISSUER,  /* the kernel knows that one thread uses the ring */
    STK_URING_DEFER_TASKRUN,  /* deferred task work */
    STK_URING_COOP_TASKRUN,   /* cooperative task work */
    STK_URING_KERNEL_THREAD,  /* SQPOLL */
    STK_URING_LARGE_REQUESTS, /* SQE128 and CQE32, for NVMe passthrough */
    STK_URING_TIMED_WAIT,     /* a wait with a timeout is one system call */
    STK_URING_HUGE_PAGES,     /* the kernel was asked for huge pages, and did not refuse */
    STK_URING_MULTISHOT,      /* multishot receive, for sockets with memory; refused: some socket does without */
    STK_URING_FEATURES
};

/* Why a ring has a feature or lacks it. */
enum stk_uring_why {
    STK_URING_ON,        /* the ring has the feature */
    STK_URING_NOT_ASKED, /* the config does not ask for the feature */
    STK_URING_REFUSED,   /* the kernel refused the feature; os_error */
    STK_URING_EXCLUDED   /* another feature that is on does the same, or forbids the feature */
};

/* State of one feature of a ring. */
struct stk_uring_feature_state {
    enum stk_uring_why why;
    /* errno of the refusal, with STK_URING_REFUSED; 0 with STK_URING_REFUSED: the kernel is too old to know the
     * feature. Otherwise 0 */
    int32_t os_error;
};

/* Configuration of a ring. A 0 means the default, except for `memory`. */
struct stk_uring_config {
    uint32_t depth;          /* most reads taken and not yet reaped, 1..4096; default 64 */
    uint32_t sources;        /* most sources at one time, 1..4096; default 16 */
    uint32_t flags;          /* enum stk_uring_flags, or-ed; default none */
    uint32_t sqpoll_idle_ms; /* milliseconds for which the kernel thread spins before it sleeps; default 50 */
    /* Bytes of each registered buffer, a multiple of 4096 up to 1 GiB. The default is 1 GiB. With STK_URING_PASSTHROUGH
     * the default is 256 KiB, or as much more as a large memory needs, since a ring has at most 64 buffers. Linux 6.1
     * refuses an NVMe command whose registered buffer has more pages than the controller takes in one command. */
    uint32_t buffer_bytes;
    /* Most refusals of requests in a row (EAGAIN or EBUSY, at least 1 ms apart) before the ring counts as failed.
     * Default 5000. */
    uint32_t refused_max;
    /* Longest time in nanoseconds that the kernel may keep one request of a source with offsets; 1 us for each byte
     * of the request is added. The read then ends with STK_E_TIMEOUT. Only time in which reap could have seen an
     * answer counts. Default 60 s; UINT64_MAX: for ever. Reads of sequential sources wait for their data as long as
     * it takes. */
    uint64_t read_timeout_ns;
    /* Mandatory for open: the memory into which every read must go. It stays the caller's and must not be freed before
     * close has returned STK_OK. */
    void *memory;
    size_t memory_bytes; /* bytes of the memory, above 0 */
};

/// Paths ///

/* The way from a source into the memory. */
enum stk_uring_path {
    STK_URING_SEQUENTIAL_PATH, /* pipes, sockets, terminals */
    STK_URING_BUFFERED_PATH,   /* files through the page cache */
    STK_URING_DIRECT_PATH,     /* files and block devices that are open with O_DIRECT */
    STK_URING_NVME_PATH,       /* NVMe commands to a namespace (passthrough) */
    STK_URING_NOP_PATH,        /* requests without data, to measure what a request costs */
    STK_URING_PATHS
};

/* Counters of one path since open, in reads, writes and syncs. At every moment submitted = completed + failed +
 * canceled + in flight. */
struct stk_uring_path_stats {
    uint64_t submitted, completed, failed, canceled; /* reads; a canceled read does not count as failed */
    uint64_t bytes;                                  /* bytes of completed reads and writes */
    uint64_t bounce_bytes;                           /* bytes that were copied out of bounce blocks */
    uint64_t registered, plain; /* requests into registered memory, and into memory that is not registered */
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
    uint8_t op;          /* an enum stk_ingest_op */
    uint8_t fixed;       /* 1: the request names a registered buffer */
    uint8_t bounce;      /* 1 + the bounce block that the request reads into; 0: the request reads into dst */
    /* The request of this read that is next, or with the kernel: place in the source, address, bytes, and how many of
     * the first bytes lie before the read. */
    uint64_t at;
    uint8_t *to;
    uint32_t asked, skip;
};

/* Counters of a socket since it was added as a source. */
struct stk_uring_socket_stats {
    uint64_t receives; /* datagrams, or parts of a stream, that came into reads */
    uint64_t cut;      /* datagrams that were longer than their read; the rest of each is lost */
    uint64_t drops;    /* datagrams that the socket dropped, most of them because its buffer was full (SO_MEMINFO) */
    uint64_t requests; /* multishot: requests that were sent */
    uint64_t dry;      /* multishot: how often no read waited, so that the kernel left the data in the socket */
    bool multishot;    /* one request serves many reads; false: each read has its own */
    int32_t os_error;  /* why there is no multishot, or none any more; 0: it was not asked for */
};

/* A source of the ring. Visible for sizeof only. */
struct stk_uring_source {
    uint32_t kind;       /* free, positioned or sequential */
    uint32_t reads;      /* reads taken and not yet reaped */
    uint32_t busy;       /* sequential: 1: one read is out, and the others wait in the queue */
    bool writable;       /* the descriptor is open for writing */
    bool datagrams;      /* socket: one receive gives one datagram */
    uint8_t receive;     /* socket: 1: each read sends a request; 2: multishot; 0: no socket */
    uint8_t armed;       /* multishot: the kernel has the request */
    uint8_t arm_due;     /* multishot: the request is to be sent */
    uint16_t generation; /* tells the answers of this socket from those of an earlier source of this number */
    uint32_t drops_seen; /* the socket's own counter at the last look */
    void *buffers;       /* multishot: ring of buffers, the caller's memory */
    struct stk_uring_socket_stats socket;
    struct stk_index_list queue;
    uint32_t path;        /* an enum stk_uring_path */
    uint32_t block;       /* bytes; requests begin and end at multiples of `block`; 0: anywhere */
    uint32_t align;       /* bytes; the address of a request is a multiple of `align` */
    uint32_t request_max; /* most bytes of one request */
    uint64_t end;         /* bytes of the source; UINT64_MAX: not known before a read comes back short */
    uint32_t nsid;        /* NVMe: number of the namespace */
};

/* A ring. Members are private, except for reading: feature, setup_flags, info, call, in_flight, out, socket_drops. */
struct stk_uring {
    void *ring; /* the struct io_uring, NULL when closed */
    struct stk_uring_op *ops;
    struct stk_uring_source *source;
    int *fds; /* descriptors by source; -1: the source is free */
    uint8_t *mem;
    size_t mem_bytes;
    uint32_t depth, sources, flags, buffer_bytes;
    uint32_t setup_flags; /* IORING_SETUP_* bits with which the kernel made the ring */
    struct stk_uring_feature_state feature[STK_URING_FEATURES]; /* state of each feature */
    uint32_t in_flight;                                         /* reads taken and not yet reaped */
    uint32_t out;          /* requests that the kernel has not answered, without cancels */
    uint32_t cancels;      /* cancels that the kernel has not answered */
    uint32_t canceled;     /* reads in the kernel that the caller asked to cancel */
    uint32_t arms_due;     /* sources whose multishot request is to be sent */
    uint16_t generation;   /* generation of the socket that was added last */
    uint64_t socket_drops; /* datagrams dropped by sockets that were removed, or were there when the ring was closed */
    bool cancel_due;       /* there are reads to cancel whose cancel request was not sent */
    int broken;            /* error that reap returns from now on, because the ring failed; 0: it works */
    struct stk_index_list free, outbox, ready;
    struct stk_index_list parked; /* reads whose next request needs a bounce block, while none is free */
    uint8_t *bounce;              /* STK_URING_BOUNCES blocks of STK_URING_BOUNCE_BYTES */
    uint32_t bounces_used;        /* bit n: a read uses block n */
    bool plain_commands;          /* the kernel takes no NVMe command with registered memory */
    struct stk_ingest_stats stats;
    struct stk_uring_path_stats path[STK_URING_PATHS];
    struct stk_error_info info; /* last refusal; see each call */
    const char *call; /* system call behind a refusal of open, or behind `broken`; a static text; NULL: none */
    uint64_t read_timeout_ns;
    uint64_t looked_ns;            /* time when reap looked last */
    uint64_t watched_ns;           /* watched time: time in which an answer would have been seen, in nanoseconds */
    uint64_t look_late_ns;         /* watched time of the next look for late reads */
    uint64_t refused_ns;           /* time when the last refusal was counted */
    uint32_t refused, refused_max; /* refusals in a row, and the most that may follow each other */
};

#define STK_URING_RING_BYTES   256u  /* bytes for a struct io_uring, at least its size */
#define STK_URING_BOUNCE_BYTES 4096u /* greatest block of a source, and alignment of the bounce blocks */
#define STK_URING_BOUNCES      8u

/* Arena bytes that open takes for `depth` reads and `sources` sources; 0 means the default of each. */
#define STK_URING_BYTES(depth, sources)                                                                                \
    STK_URING_BYTES_((size_t)((depth) == 0 ? STK_URING_DEPTH_DEFAULT : (depth)),                                       \
                     (size_t)((sources) == 0 ? STK_URING_SOURCES_DEFAULT : (sources)))
#define STK_URING_BYTES_(depth, sources)                                                                               \
    (STK_ALIGNED(STK_URING_RING_BYTES) + STK_ALIGNED((depth) * sizeof(struct stk_uring_op)) +                          \
     STK_ALIGNED((sources) * sizeof(struct stk_uring_source)) + STK_ALIGNED((sources) * sizeof(int)) +                 \
     (STK_URING_BOUNCES + 1u) * (size_t)STK_URING_BOUNCE_BYTES)
#define STK_URING_DEFINE(name, depth, sources) STK_STORAGE_DEFINE(name, STK_URING_BYTES(depth, sources))

/* Sets *bytes to the arena bytes that open takes for a configuration, which may be NULL for the defaults. Returns
 * STK_OK, STK_E_ARG if `bytes` is NULL, or STK_E_OVERFLOW if depth or sources is above its maximum. Any thread. */
STK_MUST_CHECK int stk_uring_bytes(const struct stk_uring_config *config, size_t *bytes);

/* Opens a ring over the memory of the configuration. A ring that can be made does not always work. So open reads one
 * byte of a pipe through the ring before it returns; the memory keeps its bytes, and open gives up after about a second
 * when the kernel does not answer.
 *
 * `arena` gives the ring its memory (stk_uring_bytes) and must outlive the ring, as must config->memory. On an error
 * the arena is as it was, no kernel object is left, uring->info.value has the errno (unless a line below says
 * otherwise) and uring->call names the system call. Errors:
 * - STK_E_ARG a NULL, no memory, or a buffer_bytes or flag out of range.
 * - STK_E_OVERFLOW depth or sources is above its maximum, or the memory needs more than 64 registered buffers.
 * - STK_E_SPACE the arena is too small; info.value: bytes that would do.
 * - STK_E_UNSUPPORTED the kernel has no io_uring, forbids it or a part of it, does not answer, or cannot pin this
 *   memory.
 * - STK_E_LOCKED RLIMIT_MEMLOCK is too small for the memory: open again with STK_URING_PLAIN.
 * - STK_E_NOMEM the kernel has no memory for the ring. STK_E_FILES the process has no descriptor left. */
STK_MUST_CHECK int stk_uring_open(struct stk_uring *uring, const struct stk_uring_config *config,
                                  struct stk_arena *arena);

/* Closes the ring: cancels the reads in flight and waits at most `timeout_ns` nanoseconds until the kernel lets go of
 * the memory (0 looks once, UINT64_MAX never ends). Completions that were not reaped are dropped. Returns STK_OK, also
 * if the ring is closed already. Errors:
 * - STK_E_ARG uring is NULL.
 * - STK_E_TIMEOUT the kernel still holds uring->out requests. The ring stays open, and the kernel may write to the
 *   memory until another close succeeds.
 * - The error that reap reports, if the ring had failed. The ring is closed then. While uring->out is not 0 the kernel
 *   may still write to the memory, so keep the memory for as long as the process runs. */
STK_MUST_CHECK int stk_uring_close(struct stk_uring *uring, uint64_t timeout_ns);

/// Sources ///

/* add_file: read on from where the descriptor is, ignoring offsets, even if it can seek. */
#define STK_URING_SEQUENTIAL 1u

/* Adds `fd` as a source. flags: 0 or STK_URING_SEQUENTIAL. Returns the source's index, the lowest free one. The
 * descriptor stays the caller's and must stay open until the source is removed.
 *
 * A descriptor that cannot seek (pipe, FIFO, socket, terminal) is always sequential: its reads run one at a time in the
 * order of submission, each until it is full or the source ends.
 *
 * With O_DIRECT, and on an NVMe character device (/dev/ng0n1), the medium is read in blocks. A read may begin and end
 * anywhere. The bytes of a block that a read asks for only in part, and data for a dst without the alignment that the
 * file system asks for, go through a bounce block and count in bounce_bytes. A read that begins and ends at multiples
 * of 4096, into a dst that is a multiple of 4096 too, needs no copy. A read beyond the end of a file, device or
 * namespace comes short.
 *
 * An NVMe namespace needs STK_URING_PASSTHROUGH and is never sequential. This call asks the controller for the block
 * size and the capacity of the namespace (stk_uring_nvme_identify).
 *
 * On an error info.index is the index that the source would have, and info.value the errno. Errors:
 * - STK_E_FULL no source is free. STK_E_SHUTDOWN the ring is closed.
 * - STK_E_ARG `uring` is NULL, or `fd` or `flags` is bad. STK_E_ISDIR `fd` is a folder.
 * - STK_E_ACCESS the descriptor is open for writing only, or the process may not ask the namespace.
 * - STK_E_UNSUPPORTED `fd` is a regular file on FUSE, where Linux may give the same bytes twice: read the
 *   file with another port. Also: a source with blocks of more than 4096 bytes; an NVMe namespace with metadata, or on
 *   a ring without STK_URING_PASSTHROUGH. */
STK_MUST_CHECK int stk_uring_add_file(struct stk_uring *uring, int fd, uint32_t flags);

/* Adds a source whose reads send requests that do nothing, and leave the memory as it is. The result of each read is
 * its full length. For measuring the cost of a request. Returns the source's index. STK_E_ARG a NULL; STK_E_FULL no
 * source is free; STK_E_SHUTDOWN the ring is closed. */
STK_MUST_CHECK int stk_uring_add_nop(struct stk_uring *uring);

/// Sockets ///

/* Bytes of the memory of one socket (struct stk_uring_socket_config) on a ring of `depth` reads; 0 means the
 * default. */
#define STK_URING_SOCKET_BYTES(depth)                                                                                  \
    ((((size_t)((depth) == 0 ? STK_URING_DEPTH_DEFAULT : (depth)) * 32u) + 4095u) / 4096u * 4096u)

/* Memory of a socket. */
struct stk_uring_socket_config {
    /* For a ring of provided buffers, aligned to 4096; at least STK_URING_SOCKET_BYTES(depth). It stays the caller's
     * and must not be freed before the source is removed or the ring is closed. NULL: no multishot. */
    void *memory;
    size_t memory_bytes; /* bytes of the memory, STK_URING_SOCKET_BYTES(depth) at least */
};

/* Adds a socket that is bound or connected (TCP, UDP, Unix) as a sequential source. config may be NULL. Returns the
 * source's index. Reads end in the order of submission.
 *
 * A read of this source does not wait until its dst is full: it ends with one datagram, or with the bytes of a stream
 * that are there. If a datagram is longer than its read, the rest of the datagram is lost, and the completion has
 * EMSGSIZE in os_error. An empty datagram is a read of 0 bytes, and does not end a source of datagrams. While no read
 * is submitted the data stays in the socket, which may drop datagrams and counts the dropped ones.
 *
 * With the memory of `config` one multishot request serves all reads, by a ring of provided buffers (Linux 6.0). On an
 * older kernel, without this memory, and from the moment when the kernel has no memory for a ring of buffers, each read
 * sends a request of its own. Errors:
 * - Those of stk_uring_add_file. STK_E_ARG also where `fd` is no socket, or one that listens.
 * - STK_E_SPACE the memory is too small; info.value: bytes that would do.
 * - STK_E_ALIGN the memory is not aligned to 4096. */
STK_MUST_CHECK int stk_uring_add_socket(struct stk_uring *uring, int fd, const struct stk_uring_socket_config *config);

/* Copies the counters of a socket to *stats, after it has asked the kernel for the newest number of drops. The drops of
 * sockets that were removed, and of all sockets once the ring is closed, are in uring->socket_drops. STK_E_ARG a NULL;
 * STK_E_RANGE there is no such source, or it is no socket; STK_E_SHUTDOWN the ring is closed. */
STK_MUST_CHECK int stk_uring_socket_stats(struct stk_uring *uring, uint32_t source,
                                          struct stk_uring_socket_stats *stats);

/* Removes a source. The descriptor is the caller's again. STK_E_ARG a NULL; STK_E_RANGE there is no such source;
 * STK_E_STATUS reads of the source are not reaped yet, or the kernel has not taken a request for it yet: reap, then
 * call again; STK_E_SHUTDOWN the ring is closed. */
STK_MUST_CHECK int stk_uring_remove_source(struct stk_uring *uring, uint32_t source);

/// Reading ///

/* The ingest interface; ctx is a struct stk_uring. stoker/port/ingest.h has the contract of each call.
 *
 * Submit refuses a batch and takes none of it; info.index says which read. STK_E_RANGE there is no such source;
 * STK_E_ARG a length of 0 or above 2^31 - 1, a dst outside the memory, or an offset beyond 2^63 - 1; STK_E_SHUTDOWN the
 * ring is closed. When the kernel fails the ring, reap reports this from then on: STK_E_IO, or STK_E_TIMEOUT where the
 * kernel keeps a read that was late and cancelled; info.value has the errno. A read of a source with offsets that the
 * kernel gave up within read_timeout_ns is a completion with STK_E_TIMEOUT. */
extern const struct stk_ingest_ops stk_uring_ops;

/* Waits for at most `timeout_ns` nanoseconds until a reap may find an answer, or until `fd` can be read. May return
 * early. For a program that waits for the ring and for something else at once. */
void stk_uring_wait(struct stk_uring *uring, int fd, uint64_t timeout_ns);

/// NVMe namespaces ///

/* An NVMe namespace, by its identify data. */
struct stk_uring_nvme {
    uint32_t nsid;         /* number of the namespace */
    uint32_t block_bytes;  /* bytes of a logical block, 512 to 4096 */
    uint64_t blocks;       /* logical blocks of the namespace */
    uint32_t transfer_max; /* most bytes of one command that the port sends */
    uint32_t device_max;   /* most bytes of one command that the controller takes (MDTS); 0: no limit */
    int os_error;          /* why the namespace could not be identified; 0: it was identified */
};

/* Returns true if `fd` is the character device of an NVMe namespace. */
bool stk_uring_is_nvme(int fd);

/* Asks the controller for the identify data of the namespace behind `fd` (NVM Express Base Specification 2.0c, 5.17).
 * Returns STK_OK, or the code for the errno in nvme->os_error:
 * - STK_E_ACCESS the process may not ask; before Linux 6.2 only root may.
 * - STK_E_UNSUPPORTED `fd` is no namespace, or one with metadata, or with blocks of less than 512 or more than 4096
 *   bytes.
 * - STK_E_NODEV the namespace is not active, or gone. STK_E_IO the controller failed. STK_E_ARG nvme is NULL. */
STK_MUST_CHECK int stk_uring_nvme_identify(int fd, struct stk_uring_nvme *nvme);

/// What a ring has ///

/* Returns the words for a feature, "registered buffers"; NULL: there is no such feature. Static. */
const char *stk_uring_feature_name(enum stk_uring_feature feature);

#define STK_URING_SETUP_BYTES 768u /* always enough for stk_uring_describe_setup */

/* Writes one line without a newline: the features of the ring, then those that it lacks and why: "registered buffers,
 * registered files, timed wait; without single issuer (not asked for), ...". Returns its length in bytes. STK_E_ARG a
 * NULL; STK_E_SHUTDOWN the ring is closed; STK_E_SPACE `bytes` is too small, and nothing is written;
 * STK_URING_SETUP_BYTES do. */
STK_MUST_CHECK int stk_uring_describe_setup(const struct stk_uring *uring, char *text, size_t bytes);

/// In a pool ///

struct stk_reader_kind; /* stoker/port/reader_kind.h */

/* A ring as a reader of a pool. reader_config is a struct stk_uring_config. Every ring has STK_URING_ONE_THREAD, and
 * each registers the memory, so RLIMIT_MEMLOCK counts the memory once for each ring. */
extern const struct stk_reader_kind stk_uring_reader_kind;

/* Bytes of one ring in a pool, for STK_READER_POOL_BYTES. */
#define STK_URING_READER_BYTES(depth, sources) (STK_ALIGNED(sizeof(struct stk_uring)) + STK_URING_BYTES(depth, sources))

/* Returns the words for the setup_flags of a ring: "single issuer, deferred task work", "cooperative task work" or
 * "plain set-up". Static. */
const char *stk_uring_setup_name(uint32_t setup_flags);

/// Copies ///

/* Returns the words for a path, "NVMe passthrough"; NULL: there is no such path. Static. */
const char *stk_uring_path_name(enum stk_uring_path path);

/* Copies the counters of a path out. A ring that is closed keeps its counters. STK_E_ARG a NULL, or no such path. */
STK_MUST_CHECK int stk_uring_path_stats(const struct stk_uring *uring, enum stk_uring_path path,
                                        struct stk_uring_path_stats *stats);

/* Way by which the bytes of a path came into the memory. */
enum stk_uring_copies {
    STK_URING_ZERO_COPY,    /* the device wrote all of them to their place, in registered memory */
    STK_URING_UNREGISTERED, /* the device wrote all, in memory that the kernel pinned for each request */
    STK_URING_KERNEL_COPY,  /* the kernel copied them out of its page cache, pipe or socket */
    STK_URING_BOUNCED,      /* the port copied some of them out of bounce blocks */
    STK_URING_NO_DATA,      /* no read of the path has brought a byte */
    STK_URING_UNFINISHED    /* reads of the path are in flight: ask later */
};

/* Returns how the bytes of a path came into the memory, by the counters of the path. Call it when the reads of the path
 * have ended. Counters of several rings may be summed. */
enum stk_uring_copies stk_uring_copies(const struct stk_uring_path_stats *stats, enum stk_uring_path path);

/* Returns the words for a way of copying, "zero-copy". Static. */
const char *stk_uring_copies_name(enum stk_uring_copies copies);

/// What the kernel can do ///

/* Abilities of the kernel's io_uring. */
struct stk_uring_info {
    bool available;       /* a ring can be set up */
    bool sqpoll;          /* a ring can have a kernel thread */
    bool fixed_buffers;   /* memory can be registered */
    bool fixed_files;     /* files can be registered */
    bool uring_cmd;       /* the kernel knows the commands that NVMe passthrough needs */
    bool msg_ring;        /* the kernel knows messages between rings */
    bool timed_wait;      /* waits with a timeout in one system call (IORING_FEAT_EXT_ARG) */
    int os_error;         /* why io_uring is not available, 0 when it is */
    uint32_t features;    /* IORING_FEAT_* bits, as the kernel gives them */
    uint32_t opcodes;     /* number of operations that the kernel knows */
    uint8_t opcode[32];   /* bit n % 8 of byte n / 8: the kernel knows operation n */
    uint64_t memlock_max; /* RLIMIT_MEMLOCK in bytes, UINT64_MAX when unlimited */
};

#define STK_URING_TEXT_BYTES 256u /* always enough for stk_uring_describe */

/* Finds out what the kernel's io_uring can do, by small rings that are closed again. Takes a few milliseconds.
 * STK_E_ARG info is NULL; STK_E_UNSUPPORTED io_uring is not available: info is filled in too, and os_error says why. */
STK_MUST_CHECK int stk_uring_probe(struct stk_uring_info *info);

/* Writes one line without a newline: "fixed buffers, fixed files, SQPOLL, URING_CMD, MSG_RING, timed wait; 56 opcodes",
 * or "not available: " and the reason. Returns its length in bytes. STK_E_ARG a NULL; STK_E_SPACE `bytes` is too small,
 * and nothing is written; STK_URING_TEXT_BYTES do. */
STK_MUST_CHECK int stk_uring_describe(const struct stk_uring_info *info, char *text, size_t bytes);

/* Parts of this machine that matter for reads which no CPU copies. */
struct stk_uring_machine {
    struct stk_uring_info uring; /* os_error says why io_uring is not available */
    uint32_t nvme_devices;       /* character devices of NVMe namespaces */
    char nvme[32];               /* path of the first one, "/dev/ng0n1"; empty: none */
    uint32_t p2p_devices;        /* PCI devices that give memory for peer-to-peer DMA */
    uint64_t p2p_bytes;          /* bytes of the memory of these devices */
};

/* Looks for io_uring, NVMe devices and peer-to-peer memory on this machine, and fills in *machine. Returns STK_OK also
 * if the machine lacks some of them. STK_E_ARG `machine` is NULL. */
STK_MUST_CHECK int stk_uring_machine(struct stk_uring_machine *machine);

/* Returns the name of operation `n`, "READ_FIXED"; NULL for operations that this build does not know. Static. */
const char *stk_uring_opcode_name(uint32_t n);

#ifdef __cplusplus
}
#endif
#endif
