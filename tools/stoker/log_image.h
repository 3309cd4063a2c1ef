/* A replay log in a file, opened to be read: an image of a log on flash, or a v1 file. */
#ifndef STOKER_CLI_LOG_IMAGE_H
#define STOKER_CLI_LOG_IMAGE_H

#include <stdbool.h>

#include "cli.h"
#include "stoker/log.h"
#include "stoker/port/file.h"
#include "stoker/vrrl.h"

#define LOG_IMAGE_READ_BYTES 262144u /* read at once */

struct log_image {
    const char *name;
    int fd;
    bool v1;
    struct stk_file file;
    struct stk_log log;
    struct stk_vrrl vrrl;
    struct stk_log_iter iter;
    uint8_t buffer[STK_LOG_BUFFER_BYTES(1, STK_FLASH_UNIT_MAX)];
    uint8_t *reads; /* LOG_IMAGE_READ_BYTES */
};

/* What a walk over all records found. */
struct log_counts {
    uint32_t records, first, last; /* first, last: sequences, when there are records */
    uint32_t corrupt, torn;
};

/* Finds out what the file is, by what it holds, and begins a walk. Never writes. 0, or CLI_BAD with the line written;
 * nothing is left open then. */
int log_image_open(struct log_image *f, const char *name);
void log_image_close(struct log_image *f);

/* Returns true if the open file is a whole image of a log on flash, and no store. (A store is a log too.) Writes no
 * line. */
bool log_image_is_recording(int fd);

/* Walks all records, each to `each` (which may be NULL). A v1 file ends where a record is damaged: that counts as corrupt, with
 * a line written. Returns CLI_OK, or CLI_FAULT when something is corrupt. */
int log_image_walk(struct log_image *f, void (*each)(void *ctx, const struct stk_log_record *record), void *ctx,
                   struct log_counts *counts);

#endif
