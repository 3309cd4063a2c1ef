/* Reads the input of a command apart from the data of a scan: files, and streams where a stream makes sense. */
#ifndef STOKER_CLI_INPUT_H
#define STOKER_CLI_INPUT_H

#include <sys/types.h>

#include "cli.h"

struct cli_file {
    const char *option; /* text in front of the path in a message, such as "--handler "; "": no text */
    const char *path;   /* cli_file_load: "-" is standard input */
    const char *advice; /* remedy where the name is at fault: "name a readable pattern file after -f" */
};

/* Opens a regular file or a block device, to be read at any offset. Refuses anything else at once, also a FIFO without
 * a writer. Returns the descriptor, or -1 after printing why. */
int cli_file_open(const struct cli_file *input);

/* Reads all of a file or a stream, at most `most` bytes, into memory with a NUL behind the bytes; free() it. Waits for
 * a stream as long as some process has it open for writing, and for the first writer of a FIFO for CLI_WRITER_NS.
 * Returns NULL after printing why on failure. */
#define CLI_WRITER_NS UINT64_C(5000000000)
char *cli_file_load(const struct cli_file *input, size_t most, size_t *length);

/* Reads at an offset. Goes on after short and interrupted reads. Returns the number of bytes, fewer than asked for only
 * at the end, or -1 with errno. */
ssize_t cli_read_at(int fd, void *data, size_t bytes, uint64_t offset);

/* Returns the remedy for an errno of a file: `advice` where the file's name or its rights are at fault, else a text
 * about what the system lacks. */
const char *cli_os_fix(int os_error, const char *advice);

/* Returns 1 if the path is "-", or another name of the pipe or socket that standard input is. */
int cli_is_stdin(const char *path);

#endif
