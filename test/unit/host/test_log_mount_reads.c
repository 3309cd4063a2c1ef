/* How many reads a mount takes on flashes of up to 65,536 blocks of 4 KiB, wherever the log ends, among bad blocks too.
 * Most of such a flash is not kept: of each block its header, and the whole of those that were programmed last; other
 * cells read as used and damaged, which is all that a mount could want to know of them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "stoker/log.h"

#define CELL       64u
#define BLOCK      4096u
#define BLOCKS_MAX 65536u
#define RECENT     4u

static struct {
    uint32_t blocks;
    uint8_t header[BLOCKS_MAX][CELL];
    uint8_t recent[RECENT][BLOCK];
    uint32_t at[RECENT], next; /* numbers of these blocks */
    uint32_t reads;
    uint32_t bad_from, bad_to,
        bad_every; /* knobs: these blocks cannot be erased: a run, and each of so many; 0: none */
} sparse;

static uint8_t buffer[STK_LOG_BUFFER_BYTES(1, CELL)], other_buffer[STK_LOG_BUFFER_BYTES(1, CELL)];
static struct stk_log the_log;

static void sparse_geometry(void *ctx, struct stk_flash_geometry *geometry) {
    (void)ctx;
    *geometry = (struct stk_flash_geometry){.read_unit = CELL,
                                            .prog_unit = CELL,
                                            .block_bytes = BLOCK,
                                            .blocks = sparse.blocks,
                                            .erased = 0xFF,
                                            .rewrite = STK_FLASH_ONCE};
}

static uint8_t *recent(uint32_t block) {
    for (uint32_t i = 0; i < RECENT; i++) {
        if (sparse.at[i] == block) {
            return sparse.recent[i];
        }
    }
    return NULL;
}

static int sparse_read(void *ctx, uint32_t block, uint32_t offset, void *data, uint32_t bytes) {
    const uint8_t *kept = recent(block);
    (void)ctx;
    sparse.reads++;
    if (kept != NULL) {
        memcpy(data, kept + offset, bytes);
    } else {
        /* The header of a block that was erased and not used since is blank, and so is the rest. */
        memset(data, sparse.header[block][0] == 0xFF ? 0xFF : 0x55, bytes);
        if (offset == 0) {
            memcpy(data, sparse.header[block], CELL);
        }
    }
    return STK_OK;
}

static int sparse_prog(void *ctx, uint32_t block, uint32_t offset, const void *data, uint32_t bytes) {
    uint8_t *kept = recent(block);
    (void)ctx;
    assert_non_null(kept);
    memcpy(kept + offset, data, bytes);
    if (offset == 0) {
        memcpy(sparse.header[block], data, CELL);
    }
    return STK_OK;
}

static int is_bad(uint32_t block) {
    return (block >= sparse.bad_from && block < sparse.bad_to) ||
           (sparse.bad_every != 0 && block % sparse.bad_every == 5);
}

static int sparse_erase(void *ctx, uint32_t block) {
    uint8_t *kept = recent(block);
    (void)ctx;
    if (is_bad(block)) {
        return STK_E_IO;
    }
    if (kept == NULL) {
        uint32_t i = sparse.next++ % RECENT;
        sparse.at[i] = block;
        kept = sparse.recent[i];
    }
    memset(kept, 0xFF, BLOCK);
    memset(sparse.header[block], 0xFF, CELL);
    return STK_OK;
}

static const struct stk_flash_ops ops = {"sparse", sparse_geometry, sparse_read, sparse_prog, sparse_erase, NULL};

/* A blank flash of well blocks. */
static void lay_out(uint32_t blocks) {
    memset(&sparse, 0xFF, sizeof sparse);
    sparse.blocks = blocks;
    sparse.next = 0;
    sparse.bad_to = sparse.bad_every = 0;
}

static uint32_t smaller(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

static uint32_t log2_of(uint32_t n) {
    uint32_t log2 = 0;
    while (n > 1) {
        n = (n + 1) / 2;
        log2++;
    }
    return log2;
}

/* Most reads that a mount took so far. */
static uint32_t worst;

static void look(void) {
    const struct stk_log_config config = {{&ops, NULL}, other_buffer, sizeof other_buffer};
    struct stk_log other;
    struct stk_log_stats stats;
    sparse.reads = 0;
    assert_int_equal(stk_log_mount(&other, &config), STK_OK);
    stk_log_stats(&other, &stats);
    assert_int_equal(stats.mount_reads, sparse.reads);
    assert_true((int32_t)(other.sequence - the_log.sequence) >= 0 &&
                other.sequence - the_log.sequence <= 2 * BLOCK / CELL);
    assert_true(sparse.reads <= log2_of(sparse.blocks) + smaller(sparse.blocks, STK_LOG_REACH + 1) + 24);
    worst = sparse.reads > worst ? sparse.reads : worst;
}

static void append_to(uint32_t cell) {
    const struct stk_log_record record = {.kind = STK_LOG_PUBLISH};
    while (the_log.page * the_log.page_cells != cell) {
        assert_int_equal(stk_log_append(&the_log, &record), STK_OK);
    }
}

/* Looks with the end at the start, in the middle and at the end of the next block, and with another one ready or
 * not. */
static void look_through_block(int in_all_places) {
    static const uint32_t cells[] = {2, 3, 4, 33, 62, 63, 64};
    if (!in_all_places) {
        append_to(64);
        append_to(2);
        look();
        return;
    }
    append_to(64);
    for (uint32_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        append_to(cells[i]);
        look();
        if (i == 3) {
            assert_true(stk_log_poll(&the_log) >= 0);
            look();
        }
    }
}

static void a_mount_takes_few_reads(void **state) {
    const struct stk_log_config config = {{&ops, NULL}, buffer, sizeof buffer};
    (void)state;
    for (uint32_t blocks = 3; blocks <= BLOCKS_MAX; blocks = blocks < 16 ? blocks + 1 : blocks * 4) {
        lay_out(blocks);
        worst = 0;
        assert_int_equal(stk_log_format(&the_log, &config, 3, 0), STK_OK);
        look();
        /* Every block of small flashes; of large ones those around both ends and the middle, and some others. */
        for (uint32_t i = 0; i < 2 * blocks + 2; i++) {
            uint32_t at = i % blocks, near = at < blocks - at ? at : blocks - at;
            look_through_block(blocks <= 1024 || near < 4 || at % (blocks / 8) < 2);
        }
        print_message("%u blocks: at most %u reads\n", (unsigned)blocks, (unsigned)worst);
    }
}

/* A mount beside the log finds the same end, with two reads for each block at most. */
static void look_among_bad_blocks(uint32_t run) {
    const struct stk_log_config config = {{&ops, NULL}, other_buffer, sizeof other_buffer};
    uint32_t blocks = sparse.blocks, range = smaller(blocks, STK_LOG_REACH + 1 + the_log.reach);
    struct stk_log other;
    sparse.reads = 0;
    assert_int_equal(stk_log_mount(&other, &config), STK_OK);
    assert_true(other.block == the_log.block && (int32_t)(other.sequence - the_log.sequence) >= 0);
    assert_true(sparse.reads <= 2 * blocks + 24);
    assert_true(sparse.reads <= 2 * (log2_of(blocks) + range + run) + 48);
}

/* Makes consecutive bad blocks in the middle, and single bad blocks. Format finds them (`late` is 0), or they fail in
 * use. */
static void look_all_around(uint32_t blocks, uint32_t run, uint32_t every, int late) {
    const struct stk_log_config config = {{&ops, NULL}, buffer, sizeof buffer};
    lay_out(blocks);
    for (int bad = 0; bad <= 1; bad++) {
        sparse.bad_from = blocks / 2;
        sparse.bad_to = blocks / 2 + (bad ? run : 0);
        sparse.bad_every = bad ? every : 0;
        if (bad != late) {
            assert_int_equal(stk_log_format(&the_log, &config, 3, 0), STK_OK);
        }
    }
    for (uint32_t i = 0; i < 2 * blocks; i++) {
        append_to(64);
        append_to(3);
        if (blocks <= 256 || i % (blocks / 64) <= 2) {
            look_among_bad_blocks(run);
        }
    }
}

static void a_mount_among_bad_blocks_reads_each_block_twice_at_most(void **state) {
    static const uint32_t runs[] = {0, 7, STK_LOG_REACH, 500};
    (void)state;
    for (uint32_t blocks = 16; blocks <= 4096; blocks *= 4) {
        for (uint32_t n = 0; n < 16; n++) {
            uint32_t run = smaller(runs[n % 4], blocks / 4);
            look_all_around(blocks, run, n < 8 ? 0 : 11, n / 4 % 2 != 0 && run < STK_LOG_REACH);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mount_takes_few_reads),
        cmocka_unit_test(a_mount_among_bad_blocks_reads_each_block_twice_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
