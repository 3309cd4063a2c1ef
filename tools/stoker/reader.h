/* How a command reads files: io_uring, or plain reads where there is none. */
#ifndef STOKER_CLI_READER_H
#define STOKER_CLI_READER_H

#include "cli.h"
#include "stoker/port/posix.h"
#include "stoker/port/reader_pool.h"
#include "stoker/port/uring.h"

#define CLI_SOURCES 16u /* files that a reader has at a time */

struct cli_reader {
    struct stk_ingest_port port;
    const char *name; /* kind of the reader: "io_uring" or "posix" */
    char note[320];   /* why the reader is not io_uring with registered memory, or why it has fewer rings than it should
                         have; empty when all is well */
    uint32_t readers; /* rings or POSIX readers; above 1 each has a thread of its own */
    const char *setup;                /* text: how Linux set the rings up; NULL: the reader has no rings */
    char ring[STK_URING_SETUP_BYTES]; /* features that a ring has and lacks, with the reason; empty: no rings */
    uint32_t flags;                   /* flags for the rings, of enum stk_uring_flags */
    struct stk_uring uring;
    struct stk_posix_reader posix;
    struct stk_reader_pool pool; /* the pool of all readers, where there are several */
    void *memory, *socket_memory;
    size_t memory_bytes, socket_bytes;
    int is_uring, is_pool;
    /* the last refusal of any attempt */
    const char *call;
    int os_error;
};

/* Opens a reader into `bytes` bytes at `payload`. which: "uring" is io_uring with registered memory, "posix" is pread.
 * NULL or "auto" tries io_uring, then io_uring with memory that is not registered, then pread, and takes the first that
 * reads. readers: rings or POSIX readers, at most STK_READER_POOL_MAX; 1 reads on the caller's thread. flags: of enum
 * stk_uring_flags, for rings. Returns 0, or CLI_BAD after printing why. */
int cli_reader_open(struct cli_reader *reader, const char *which, void *payload, size_t bytes, uint32_t depth,
                    uint32_t readers, uint32_t flags);

#define CLI_READER_TEXT 128u

/* Writes what the reader is to `text`: "io_uring, 1 ring", "posix, 4 readers with a thread each". Returns text. */
const char *cli_reader_describe(const struct cli_reader *reader, char text[CLI_READER_TEXT]);

/* Adds the counters of the reader's rings, by path, to `sum`. Nothing is in flight. */
void cli_reader_add_paths(const struct cli_reader *reader, struct stk_uring_path_stats sum[STK_URING_PATHS]);

/* Returns 0 while the reader works. Writes the line and returns CLI_BAD once the reader itself has failed. */
int cli_reader_failed(const struct cli_reader *reader);
/* Closes the reader. Returns 1 while its threads or the kernel still use it: the object and the buffers then have to
 * stay until the process ends; else 0. */
int cli_reader_close(struct cli_reader *reader);

/* Adds an open file. Returns the index of the source, or a negative enum stk_err. */
int cli_reader_add(struct cli_reader *reader, int fd, int sequential);
/* Adds a socket of datagrams, each of which is a read. Needs a single reader. Returns as cli_reader_add. */
int cli_reader_add_socket(struct cli_reader *reader, int fd);
/* Returns the errno of the last refusal of cli_reader_add or cli_reader_remove; 0 when there is none. */
int cli_reader_os_error(const struct cli_reader *reader);
int cli_reader_remove(struct cli_reader *reader, uint32_t source);

#endif
