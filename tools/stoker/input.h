/* What a command reads besides the data of a scan: files, and streams where one makes sense. */
#ifndef STOKER_CLI_INPUT_H
#define STOKER_CLI_INPUT_H

#include <sys/types.h>

#include "cli.h"

struct cli_file {
    const char *option; /* in front of the path in a message, as "--handler "; "": nothing */
    const char *path;   /* cli_file_load: "-" is standard input */
    const char *advice; /* where the name is at fault: "name a readable pattern file after -f" */
};

/* Opens a regular file or a block device to be read at any offset; whatever else is refused at once, a FIFO without a
 * writer too. The descriptor, or -1 with the line written. */
int cli_file_open(const struct cli_file *input);

/* Reads all of a file or a stream, at most `most` bytes, into memory with a NUL behind; free() it. A stream is waited
 * for as long as something has it open for writing, and a FIFO that has no writer for CLI_WRITER_NS. NULL with the
 * line written. */
#define CLI_WRITER_NS UINT64_C(5000000000)
char *cli_file_load(const struct cli_file *input, size_t most, size_t *length);

/* Reads at an offset, over short and interrupted reads. The bytes, fewer than asked for only at the end; -1 with
 * errno. */
ssize_t cli_read_at(int fd, void *data, size_t bytes, uint64_t offset);

/* What to do about an errno of a file: `advice` where its name or its rights are at fault, else what the system
 * lacks. */
const char *cli_os_fix(int os_error, const char *advice);

/* Is the path "-", or another name of the pipe or socket that standard input is? */
int cli_is_stdin(const char *path);

#endif
