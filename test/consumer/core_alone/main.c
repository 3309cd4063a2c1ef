/* program: core alone, in static memory. A board keeps a log on a flash chip. The chip here is an array in RAM, behind
 * the four calls that a port of flash has. The program starts three times: it formats the flash at the first start, and
 * finds the records of the starts before at the later ones. It needs no operating system and no allocator. */
#include <stdio.h>
#include <string.h>

#include <stoker/log.h>

#define BLOCKS      4u
#define BLOCK_BYTES 4096u
#define PROG_UNIT   64u

/// The port: a flash chip ///

static uint8_t chip[BLOCKS][BLOCK_BYTES];

static void chip_geometry(void *ctx, struct stk_flash_geometry *geometry) {
    (void)ctx;
    *geometry = (struct stk_flash_geometry){.read_unit = 1,
                                            .prog_unit = PROG_UNIT,
                                            .block_bytes = BLOCK_BYTES,
                                            .blocks = BLOCKS,
                                            .erased = 0xFF,
                                            .rewrite = STK_FLASH_ONCE};
}

static int in_block(uint32_t block, uint32_t offset, uint32_t bytes) {
    return block < BLOCKS && offset <= BLOCK_BYTES && bytes <= BLOCK_BYTES - offset;
}

static int chip_read(void *ctx, uint32_t block, uint32_t offset, void *data, uint32_t bytes) {
    (void)ctx;
    if (!in_block(block, offset, bytes)) {
        return STK_E_RANGE;
    }
    memcpy(data, &chip[block][offset], bytes);
    return STK_OK;
}

static int chip_prog(void *ctx, uint32_t block, uint32_t offset, const void *data, uint32_t bytes) {
    (void)ctx;
    if (!in_block(block, offset, bytes)) {
        return STK_E_RANGE;
    }
    memcpy(&chip[block][offset], data, bytes);
    return STK_OK;
}

static int chip_erase(void *ctx, uint32_t block) {
    (void)ctx;
    if (block >= BLOCKS) {
        return STK_E_RANGE;
    }
    memset(chip[block], 0xFF, BLOCK_BYTES);
    return STK_OK;
}

static const struct stk_flash_ops chip_ops = {"ram_chip", chip_geometry, chip_read, chip_prog, chip_erase, NULL};

/// The program: all memory is static ///

static uint8_t log_buffer[STK_LOG_BUFFER_BYTES(1, PROG_UNIT)];
static uint8_t walk_buffer[STK_LOG_BUFFER_BYTES(1, PROG_UNIT)];
static struct stk_log flash_log;

/* One start of the board: finds the log, or formats the flash, and appends a record. */
static int start(uint64_t now_ns) {
    const struct stk_log_config config = {
        .flash = {&chip_ops, NULL}, .buffer = log_buffer, .buffer_bytes = sizeof log_buffer};
    struct stk_log_record record = {.timestamp_ns = now_ns, .kind = STK_LOG_START};
    int err = stk_log_mount(&flash_log, &config);
    if (err == STK_E_FORMAT) {
        err = stk_log_format(&flash_log, &config, 1, 0); /* 1: the id of this log */
    }
    err = err < 0 ? err : stk_log_append(&flash_log, &record);
    return err < 0 ? err : stk_log_sync(&flash_log); /* from here on the record survives a power cut */
}

/* Prints every record, the oldest first. Returns how many there are. */
static int print_log(void) {
    struct stk_log_iter iter;
    struct stk_log_record record;
    int count = 0, err = stk_log_iterate(&flash_log, &iter, walk_buffer, sizeof walk_buffer);
    while (err >= 0 && (err = stk_log_next(&iter, &record)) == 1) {
        printf("record %u: boot %u, %llu ns\n", (unsigned)record.sequence, (unsigned)record.boot,
               (unsigned long long)record.timestamp_ns);
        count++;
    }
    return err < 0 ? err : count;
}

int main(void) {
    int err = STK_OK, count;
    memset(chip, 0x5A, sizeof chip); /* a chip as it comes: no log */
    for (uint64_t boot = 1; boot <= 3u && err == STK_OK; boot++) {
        err = start(boot * 1000u);
    }
    count = err < 0 ? err : print_log();
    if (count < 0) {
        printf("%s: %s\n", stk_err_name(count), stk_err_fix(count));
    }
    return count != 3;
}
