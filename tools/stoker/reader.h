/* How a command reads files: io_uring, or plain reads where there is none. */
#ifndef STOKER_CLI_READER_H
#define STOKER_CLI_READER_H

#include "cli.h"
#include "stoker/port/posix.h"
#include "stoker/port/uring.h"

#define CLI_SOURCES 4u

struct cli_reader {
    const struct stk_ingest_ops *ops;
    void *ctx;
    char note[160]; /* why not io_uring; empty when it is */
    struct stk_uring uring;
    struct stk_posix_reader posix;
    void *memory;
    size_t memory_bytes;
    int is_uring;
};

/* Opens a reader into `bytes` bytes at `payload`. which: NULL or "auto", "uring", "posix". 0, or CLI_BAD with the line
 * written. */
int cli_reader_open(struct cli_reader *reader, const char *which, void *payload, size_t bytes, uint32_t depth);
void cli_reader_close(struct cli_reader *reader);

/* The source's index, or a negative enum stk_err. */
int cli_reader_add(struct cli_reader *reader, int fd, int sequential);
int cli_reader_remove(struct cli_reader *reader, uint32_t source);

#endif
