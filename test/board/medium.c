#include "medium.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BYTES (UINT64_C(1) << 20)

void medium_fail(const char *format, ...) {
    va_list args;
    printf("FAILED: ");
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    exit(1);
}

static void open_mtd(struct medium *m, const char *path) {
    int err = stk_mtd_open(&m->mtd, &(struct stk_mtd_config){.path = path});
    if (err != STK_OK) {
        medium_fail("%s: %s, errno %d", path, stk_err_name(err), m->mtd.os_error);
    }
    m->config.flash = (struct stk_flash_port){&stk_mtd_flash_ops, &m->mtd};
}

static void open_file(struct medium *m, bool direct, const char *path) {
    const struct stk_file_config config = {.path = path, .bytes = FILE_BYTES, .direct = direct};
    int err = stk_file_open(&m->file, &config);
    if (err != STK_OK) {
        medium_fail("%s: %s, errno %d", path, stk_err_name(err), m->file.os_error);
    }
    m->config.flash = (struct stk_flash_port){&stk_file_flash_ops, &m->file};
}

void medium_open(struct medium *medium, const char *kind, const char *path) {
    *medium = (struct medium){.walk = NULL};
    if (strcmp(kind, "mtd") == 0) {
        open_mtd(medium, path);
    } else if (strcmp(kind, "file") == 0 || strcmp(kind, "direct") == 0) {
        open_file(medium, kind[0] == 'd', path);
    } else {
        medium_fail("there is no medium %s: give file, direct or mtd", kind);
    }
    medium->config.flash.ops->geometry(medium->config.flash.ctx, &medium->geometry);
    medium->config.buffer = aligned_alloc(4096, MEDIUM_BUFFER_BYTES);
    medium->config.buffer_bytes = MEDIUM_BUFFER_BYTES;
    medium->walk = aligned_alloc(4096, MEDIUM_BUFFER_BYTES);
    if (medium->config.buffer == NULL || medium->walk == NULL) {
        medium_fail("no memory");
    }
}

struct stk_log_record medium_record(uint32_t index) {
    return (struct stk_log_record){.timestamp_ns = UINT64_C(1000003) * index,
                                   .slot = index % 64u,
                                   .tenant = index * 3u,
                                   .opcode = 0x40000000u + index,
                                   .args = {index, ~index, index << 9, 77},
                                   .epoch = index / 10u,
                                   .status = index % 251u,
                                   .digest = index * 2654435761u};
}

int medium_is_whole(const struct stk_log_record *record) {
    const struct stk_log_record want = medium_record(record->args[0]);
    return record->timestamp_ns == want.timestamp_ns && record->slot == want.slot && record->tenant == want.tenant &&
           record->opcode == want.opcode && memcmp(record->args, want.args, sizeof want.args) == 0 &&
           record->epoch == want.epoch && record->status == want.status && record->digest == want.digest;
}
