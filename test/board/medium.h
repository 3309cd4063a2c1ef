/* A log's medium by its name on the command line, and the records that the programs of this folder write. */
#ifndef BOARD_MEDIUM_H
#define BOARD_MEDIUM_H

#include <stdint.h>

#include "stoker/log.h"
#include "stoker/port/file.h"
#include "stoker/port/mtd.h"

#define MEDIUM_BUFFER_BYTES 65536u

struct medium {
    struct stk_log_config config; /* configuration for stk_log_format and stk_log_mount */
    struct stk_flash_geometry geometry;
    uint8_t *walk; /* MEDIUM_BUFFER_BYTES for a walk */
    struct stk_file file;
    struct stk_mtd mtd;
};

/* Opens the medium `kind` at `path`: "file" and "direct" (O_DIRECT) a block device or an existing file, of which the
 * first MiB is used; "mtd" an MTD character device. Ends the process with a message where it cannot. The medium stays
 * open until the process ends. */
void medium_open(struct medium *medium, const char *kind, const char *path);

/* The record of this index. Only the index decides what it holds. */
struct stk_log_record medium_record(uint32_t index);

/* Returns 1 if the record has the contents that belong to its own index, else 0. The sequence that the log gave the
 * record does not matter. */
int medium_is_whole(const struct stk_log_record *record);

/* Prints "FAILED: " and the message, and ends the process with status 1. */
_Noreturn void medium_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
