/* A file as flash: by each way to erase, with the geometry of chips, and past the page cache. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "flash.h"
#include "stoker/port/file.h"

#define BLOCK 8192u

enum erase_way {
    BY_ZEROING,
    BY_HOLES,
    BY_WRITING
};

static const struct way {
    const char *name;
    uint32_t prog_unit, read_unit, block_bytes, blocks;
    uint8_t erased;
    enum erase_way erases;
    bool direct;
    uint32_t records;
} ways[] = {
    {"file", 0, 0, BLOCK, 16, 0x00, BY_ZEROING, false, 5000},
    {"file, erased by holes", 16, 0, BLOCK, 4, 0x00, BY_HOLES, false, 500},
    {"file, erased by writing", 1, 0, BLOCK, 4, 0x00, BY_WRITING, false, 500},
    {"file, erased 0xFF", 0, 0, BLOCK, 16, 0xFF, BY_ZEROING, false, 5000},
    {"file, words of 24 bytes", 24, 12, 192, 16, 0xFF, BY_ZEROING, false, 100},
    {"file, pages of 528 bytes", 528, 264, 4224, 8, 0xFF, BY_ZEROING, false, 100},
    {"file, pages of 2112 bytes", 2112, 1056, 16896, 8, 0x00, BY_ZEROING, false, 100},
    {"file, pages of 16 KiB", 16384, 8192, 65536, 4, 0x00, BY_ZEROING, false, 100},
    {"file, past the page cache", 0, 0, BLOCK, 16, 0x00, BY_WRITING, true, 5000},
};
static const struct way *way;
static char path[] = "/tmp/stoker-flash-XXXXXX";
static struct stk_file file;
static int reader, own; /* a descriptor without the right to write; the port's, while that one stands for it */

static void *open_as(bool read_only) {
    const struct stk_file_config config = {.path = path,
                                           .bytes = (uint64_t)way->block_bytes * way->blocks,
                                           .block_bytes = way->block_bytes,
                                           .prog_unit = way->prog_unit,
                                           .read_unit = way->read_unit,
                                           .erased = way->erased,
                                           .direct = way->direct,
                                           .read_only = read_only};
    if (stk_file_open(&file, &config) != STK_OK) {
        return NULL;
    }
    file.zero_range = way->erases == BY_ZEROING;
    file.punch_hole = way->erases <= BY_HOLES;
    return &file;
}

static void *open_it(void) {
    const struct stk_flash_ops *ops = &stk_file_flash_ops;
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(ftruncate(fd, (off_t)way->block_bytes * way->blocks), 0);
    close(fd);
    void *ctx = open_as(false);
    for (uint32_t i = 0; i < way->blocks && ctx != NULL; i++) {
        assert_int_equal(ops->erase(ctx, i), STK_OK);
    }
    return ctx;
}

static void close_it(void) {
    stk_file_close(&file);
}

static void *reopen(void) {
    stk_file_close(&file);
    return open_as(false);
}

static void *reopen_read_only(void) {
    stk_file_close(&file);
    return open_as(true);
}

/* Makes writes fail, as when the right to write was lost. */
static void stand_in_the_way(void) {
    reader = open(path, O_RDONLY);
    own = file.fd;
    file.fd = reader;
}

static void mend(void) {
    file.fd = own;
    close(reader);
}

int main(void) {
    struct flash_port port = {
        .ops = &stk_file_flash_ops,
        .open = open_it,
        .close = close_it,
        .reopen = reopen,
        .bad = UINT32_MAX,
        .refusal = STK_E_ARG,
        .stand_in_the_way = stand_in_the_way,
        .mend = mend,
        .reopen_read_only = reopen_read_only,
    };
    int failed = 0;
    close(mkstemp(path));
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        way = &ways[i];
        port.name = way->name;
        port.records = way->records;
        port.splits = !way->direct;
        port.align = 1;
        if (way->direct) {
            if (open_it() == NULL && file.os_error == EINVAL) {
                print_message("left out: %s: no O_DIRECT in /tmp\n", way->name);
                continue;
            }
            port.align = file.align;
            close_it();
        }
        failed += flash_contract(&port);
    }
    (void)unlink(path);
    return failed;
}
