/* A replay log in a file, opened to be read: an image of a log on flash, or a v1 file. */
#ifndef STOKER_CLI_LOG_IMAGE_H
#define STOKER_CLI_LOG_IMAGE_H

#include <stdbool.h>

#include "cli.h"
#include "stoker/log.h"
#include "stoker/port/file.h"
#include "stoker/vrrl.h"

#define LOG_IMAGE_READ_BYTES 262144u /* read at once */

/* A record of a recording; or a cell that another writer made, which is shown as it is. */
struct log_entry {
    bool is_cell;
    struct stk_log_record record; /* sequence, boot and resumed are set for both */
    struct stk_log_cell cell;     /* when is_cell */
};

/* The choice of records and their order. All members 0: all records, the oldest first. */
struct log_range {
    bool has_boot, has_since, has_until, has_lines, reverse;
    int64_t boot; /* 1 and above: as records name it; 0: the last one that has records; -1: the one before it ... */
    uint64_t since,
        until;      /* time stamps, both included. A cell of another writer has no time, so none is wanted then */
    uint32_t lines; /* most lines to print; the newest are printed */
};

struct log_image {
    const char *name;
    int fd;
    bool v1;
    struct stk_file file;
    struct stk_flash_geometry geometry; /* geometry of the flash, from the headers of its blocks */
    struct stk_log log;
    struct stk_vrrl vrrl;
    struct stk_log_iter iter;
    int read_error; /* errno of the first read that the medium failed */
    uint8_t buffer[STK_LOG_BUFFER_BYTES(1, STK_FLASH_UNIT_MAX)];
    uint8_t *reads; /* LOG_IMAGE_READ_BYTES */
};

/* Counts of a walk over the records. */
struct log_counts {
    uint32_t records, first, last; /* first, last: sequences, when there are records */
    uint32_t corrupt, torn, unreadable;
};

/* Finds out what the file is, by what it holds, and begins a walk. Never writes. Returns 0, or CLI_BAD after
 * printing why; nothing is left open then. */
int log_image_open(struct log_image *f, const char *name);
void log_image_close(struct log_image *f);

/* Returns true if the open file is a whole image of a log on flash, and no store. (A store is a log too.) Writes no
 * line. */
bool log_image_is_recording(int fd);

/* Takes the next or the previous entry of the walk. Returns as stk_log_next and stk_log_prev. */
int log_image_next(struct log_image *f, struct log_entry *entry);
int log_image_prev(struct log_image *f, struct log_entry *entry);

/* Checks that the log can be walked in this range. Returns 0, or CLI_BAD after printing why. */
int log_image_check_range(const struct log_image *f, const struct log_range *range);

/* Walks the records of the range, each to `each` (which may be NULL), and fills *counts: `records`, `first` and `last`
 * are of the range, in the order of the walk; the others are of all records that were passed on the way. A v1 file ends
 * where a record is damaged, which counts as corrupt. The call prints on standard error which parts are corrupt or were
 * not read. Returns CLI_OK, or CLI_FAULT when there is such a part. */
int log_image_walk(struct log_image *f, const struct log_range *range,
                   void (*each)(void *ctx, const struct log_entry *entry), void *ctx, struct log_counts *counts);

#endif
