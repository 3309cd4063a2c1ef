/* stoker bench log on simulated flash: what is written, read and waited for, in counts that do not depend on this
 * machine. */
#include <stdio.h>
#include <string.h>

#include "bench_log.h"
#include "stoker/port/sim_flash.h"

#define BLOCK 4096u
#define UNIT  64u
#define LAPS  10u

/* A serial NOR part, after the data sheet of the W25Q64JV: 30 us for the first byte of a program and 2.5 us for each
 * more, so 187.5 us for 64; 45 ms for a sector of 4 KiB; reads at 50 MHz, 5 bytes of command before them. */
#define READ_NS      800u
#define READ_BYTE_PS 160000u
#define PROG_NS      187500u
#define ERASE_NS     45000000u

struct flash {
    struct stk_sim_flash sim;
    struct stk_log log;
    uint8_t page[STK_LOG_BUFFER_BYTES(1, UNIT)];
    void *memory;
    size_t bytes;
};

/* Makes a simulated NOR flash that counts the time of each operation. */
static int open_flash(struct flash *f, uint32_t blocks) {
    const struct stk_sim_flash_config config = {
        .geometry = {1, UNIT, BLOCK, blocks, 0xFF, STK_FLASH_MANY, 0},
        .cost = {READ_NS, READ_BYTE_PS, PROG_NS, ERASE_NS},
    };
    struct stk_arena arena;
    memset(f, 0, sizeof *f);
    f->bytes = STK_ARENA_BYTES(STK_SIM_FLASH_BYTES(blocks, BLOCK, UNIT));
    f->memory = cli_map(f->bytes);
    stk_arena_init(&arena, f->memory, f->memory ? f->bytes : 0u);
    if (stk_sim_flash_init(&f->sim, &config, &arena) != STK_OK) {
        return cli_bad("bench log: no memory for %zu bytes: use a smaller --count", f->bytes);
    }
    return 0;
}

/* Makes a simulated flash with an empty log on it. */
static int open_log(struct flash *f, uint32_t blocks) {
    const struct stk_log_config config = {{&stk_sim_flash_ops, &f->sim}, f->page, sizeof f->page};
    int bad = open_flash(f, blocks);
    if (bad == 0 && stk_log_format(&f->log, &config, 1, 0) != STK_OK) {
        bad = cli_bad("bench log: the simulated flash could not be formatted: report this");
    }
    return bad;
}

static void close_flash(struct flash *f) {
    cli_unmap(f->memory, f->bytes);
}

/* Appends `count` records, with a poll after each block's worth. *worst_ns gets the longest time of an append. */
static int append(struct flash *f, uint32_t count, uint64_t *worst_ns) {
    int err = STK_OK;
    *worst_ns = 0;
    for (uint32_t i = 0; i < count && err == STK_OK; i++) {
        struct stk_log_record r = bench_log_record(i);
        uint64_t ns;
        if (i % (BLOCK / UNIT - 1u) == 0u && stk_log_poll(&f->log) < 0) {
            break;
        }
        (void)stk_sim_flash_interval(&f->sim);
        err = stk_log_append(&f->log, &r);
        ns = stk_sim_flash_interval(&f->sim);
        *worst_ns = ns > *worst_ns ? ns : *worst_ns;
    }
    return err == STK_OK ? 0 : cli_bad("bench log: an append failed (%s): report this", stk_err_name(err));
}

/* Appends in the layout of version 1. Records lie from the second block on, and each block is erased when the ring gets
 * there. The header lies in the first block, which has to be erased before each rewrite. */
static int append_v1(struct flash *f, uint32_t count, uint64_t *worst_ns) {
    uint8_t cell[UNIT] = {0};
    const uint32_t in_block = BLOCK / UNIT, capacity = in_block * (f->sim.config.geometry.blocks - 1u);
    int err = STK_OK;
    *worst_ns = 0;
    for (uint32_t i = 0; i < count && err == STK_OK; i++) {
        uint32_t at = i % capacity, block = 1u + at / in_block;
        uint64_t ns;
        (void)stk_sim_flash_interval(&f->sim);
        err = at % in_block == 0u ? stk_sim_flash_ops.erase(&f->sim, block) : STK_OK;
        err = err ? err : stk_sim_flash_ops.prog(&f->sim, block, at % in_block * UNIT, cell, UNIT);
        err = err ? err : stk_sim_flash_ops.erase(&f->sim, 0);
        err = err ? err : stk_sim_flash_ops.prog(&f->sim, 0, 0, cell, UNIT);
        ns = stk_sim_flash_interval(&f->sim);
        *worst_ns = ns > *worst_ns ? ns : *worst_ns;
    }
    return err == STK_OK ? 0 : cli_bad("bench log: the simulated flash failed (%s): report this", stk_err_name(err));
}

/* Prints a figure of which less is better. */
static void less(struct bench *b, const char *metric, double value, const char *unit, const char *peer, double other) {
    bench_figure(
        b,
        &(struct bench_figure){
            .metric = metric, .value = value, .unit = unit, .better = BENCH_LESS, .peer = peer, .peer_value = other});
}

/* Fills the flash several times with records, in the log and in the layout of version 1. */
static int serial_nor(struct bench *b) {
    const uint32_t blocks = 16, count = LAPS * blocks * (BLOCK / UNIT - 1u);
    struct flash ours, v1;
    uint64_t our_worst = 0, v1_worst = 0;
    int bad = open_log(&ours, blocks);
    bad = bad ? bad : open_flash(&v1, blocks);
    if (bad == 0) {
        struct stk_sim_flash_counts before = ours.sim.counts;
        bad = append(&ours, count, &our_worst);
        bad = bad ? bad : append_v1(&v1, count, &v1_worst);
        const struct stk_sim_flash_counts *a = &ours.sim.counts, *p = &v1.sim.counts;
        if (bad == 0) {
            double bytes = (double)count * UNIT;
            less(b, "bytes_programmed_per_byte", (double)(a->prog_bytes - before.prog_bytes) / bytes, "bytes",
                 "v1_layout", (double)p->prog_bytes / bytes);
            less(b, "nor_append_mean", (double)(a->ns - before.ns) / count, "ns", "v1_layout", (double)p->ns / count);
            less(b, "nor_append_worst", (double)our_worst, "ns", "v1_layout", (double)v1_worst);
        }
        close_flash(&v1);
    }
    close_flash(&ours);
    return bad;
}

/// Mount ///

/* Measures the most reads of a mount over some ends of the log. The bound is that of log.h: the reads of the search for
 * the newest block, and 24 for the search within the block. */
static int mount_reads(struct bench *b, uint32_t log2_blocks) {
    const uint32_t blocks = 1u << log2_blocks, search = log2_blocks + STK_LOG_REACH + 1u,
                   some = blocks * (BLOCK / UNIT - 1u) / 11u + 1u;
    struct flash f;
    char metric[32];
    uint64_t worst_ns;
    uint32_t most = 0;
    int bad = open_log(&f, blocks);
    for (uint32_t i = 0; i < 24u && bad == 0; i++) {
        const struct stk_log_config config = {{&stk_sim_flash_ops, &f.sim}, f.page, sizeof f.page};
        bad = append(&f, some + i, &worst_ns);
        if (bad == 0 && stk_log_mount(&f.log, &config) != STK_OK) {
            bad = cli_bad("bench log: a mount failed: report this");
        }
        most = f.log.stats.mount_reads > most ? f.log.stats.mount_reads : most;
    }
    if (bad == 0) {
        snprintf(metric, sizeof metric, "mount_reads_%u", blocks);
        less(b, metric, most, "reads", "bound", (search < 2u * blocks ? search : 2u * blocks) + 24.0);
    }
    close_flash(&f);
    return bad;
}

int bench_log_flash(struct bench *bench) {
    int bad = serial_nor(bench);
    for (uint32_t log2_blocks = 4; log2_blocks <= 12u && bad == 0; log2_blocks += 4) {
        bad = mount_reads(bench, log2_blocks);
    }
    return bad;
}
