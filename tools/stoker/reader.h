/* How a command reads files: io_uring, or plain reads where there is none. */
#ifndef STOKER_CLI_READER_H
#define STOKER_CLI_READER_H

#include "cli.h"
#include "stoker/port/posix.h"
#include "stoker/port/uring.h"

#define CLI_SOURCES 4u

struct cli_reader {
    struct stk_ingest_port port;
    char note[320]; /* why the reader is not io_uring with registered memory; empty when it is */
    struct stk_uring uring;
    struct stk_posix_reader posix;
    void *memory;
    size_t memory_bytes;
    int is_uring;
};

/* Opens a reader into `bytes` bytes at `payload`. which: "uring" is io_uring with registered memory, "posix" is pread.
 * NULL or "auto" tries io_uring, then io_uring with memory that is not registered, then pread, and takes the first that
 * reads. Returns 0, or CLI_BAD with the line written. */
int cli_reader_open(struct cli_reader *reader, const char *which, void *payload, size_t bytes, uint32_t depth);

/* Returns 0 while the reader works. Writes the line and returns CLI_BAD once the reader itself has failed. */
int cli_reader_failed(const struct cli_reader *reader);
void cli_reader_close(struct cli_reader *reader);

/* The source's index, or a negative enum stk_err. */
int cli_reader_add(struct cli_reader *reader, int fd, int sequential);
/* Returns the errno of the last refusal of cli_reader_add or cli_reader_remove; 0 when there is none. */
int cli_reader_os_error(const struct cli_reader *reader);
int cli_reader_remove(struct cli_reader *reader, uint32_t source);

#endif
