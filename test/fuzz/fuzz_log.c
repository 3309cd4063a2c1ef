/* A flash log over an image that somebody else wrote: mounted, read in both directions, written on, and mounted again.
 * The first bytes of the input choose the geometry, the rest is the image, and the last ones what is done with it. */
#include "fuzz.h"
#include "stoker/log.h"

#define BLOCKS_MAX 16u
#define BYTES_MAX  65536u
#define NONE       UINT32_MAX
#define SCRIPT     32u /* bytes at the end of the input */
/* a mount that needs more reads makes no progress */
#define MOUNT_READS(g) (3u * ((g)->blocks + 32u) * ((g)->block_bytes / 64u + 8u))

static uint8_t image[BYTES_MAX];
static struct stk_flash_geometry geometry;
static uint32_t bad_block;  /* fails to erase and program */
static uint32_t unreadable; /* byte of the image: reads that touch it fail; or NONE */
static uint32_t calls;

static void image_geometry(void *ctx, struct stk_flash_geometry *g) {
    (void)ctx;
    *g = geometry;
}

/* Every call must keep the rules of port/flash.h, for any contents of the image. */
static uint8_t *place(uint32_t block, uint32_t offset, uint32_t bytes, uint32_t unit) {
    FUZZ_CHECK(block < geometry.blocks && bytes != 0 && offset % unit == 0 && bytes % unit == 0);
    FUZZ_CHECK(offset <= geometry.block_bytes && bytes <= geometry.block_bytes - offset);
    calls++;
    return image + block * geometry.block_bytes + offset;
}

static int image_read(void *ctx, uint32_t block, uint32_t offset, void *data, uint32_t bytes) {
    const uint8_t *at = place(block, offset, bytes, geometry.read_unit);
    uint32_t first = (uint32_t)(at - image);
    (void)ctx;
    memcpy(data, at, bytes);
    return first <= unreadable && unreadable - first < bytes ? STK_E_IO : STK_OK;
}

static int image_prog(void *ctx, uint32_t block, uint32_t offset, const void *data, uint32_t bytes) {
    uint8_t *at = place(block, offset, bytes, geometry.prog_unit);
    (void)ctx;
    if (block == bad_block) {
        return STK_E_IO;
    }
    memcpy(at, data, bytes);
    return STK_OK;
}

static int image_erase(void *ctx, uint32_t block) {
    (void)ctx;
    if (block == bad_block) {
        return STK_E_IO;
    }
    memset(place(block, 0, geometry.block_bytes, 1), geometry.erased, geometry.block_bytes);
    return STK_OK;
}

static const struct stk_flash_ops ops = {"image", image_geometry, image_read, image_prog, image_erase, NULL};

static struct stk_log flash_log;
/* buffer of exactly the length that the log asks for, so that a sanitizer finds an access behind it */
static uint8_t *page;
static uint8_t walk_bytes[BYTES_MAX];

/* Returns the bytes of the image. */
static uint32_t choose_geometry(struct fuzz_input *in) {
    static const uint16_t units[] = {1,    2,    4,    8,     16, 32, 64, 128, 256, 512, 1024,
                                     2048, 4096, 8192, 16384, 24, 48, 80, 96,  192, 528, 2112};
    const uint32_t count = sizeof units / sizeof *units;
    uint32_t read = fuzz_u8(in) % count, prog = fuzz_u8(in) % count, bits = fuzz_u8(in), pages = fuzz_u8(in), whole;
    geometry.read_unit = units[read];
    geometry.prog_unit = units[prog];
    whole = STK_LOG_PAGE_BYTES(geometry.prog_unit);
    geometry.block_bytes = (whole > geometry.read_unit ? whole : geometry.read_unit) * (1u + pages % 16u);
    geometry.blocks = 3u + (pages >> 4) % (BLOCKS_MAX - 2u);
    geometry.rewrite = bits & 3u;
    geometry.lazy = bits >> 2 & 1u;
    geometry.erased = bits & 8u ? 0x00 : 0xFF;
    bad_block = bits >> 4; /* 15: often none */
    return geometry.block_bytes * geometry.blocks;
}

/* Walks to the end: nothing comes twice, and no more than the flash can hold. */
static uint32_t walk_on(struct stk_log_iter *iter) {
    struct stk_log_record r;
    uint32_t seen = 0, last = 0;
    int got;
    while ((got = stk_log_next(iter, &r)) == 1) {
        FUZZ_CHECK(seen == 0 || (int32_t)(r.sequence - last) > 0);
        FUZZ_CHECK((int32_t)(flash_log.sequence - r.sequence) > 0);
        FUZZ_CHECK(r.boot != 0 && r.resumed <= 1u && r.kind <= 7u);
        last = r.sequence;
        seen++;
        FUZZ_CHECK(seen <= geometry.blocks * (geometry.block_bytes / STK_LOG_CELL_BYTES));
    }
    FUZZ_CHECK(got == 0 && iter->records == seen);
    FUZZ_CHECK(stk_log_next(iter, &r) == 0);
    return seen;
}

static uint32_t walk(struct stk_log_iter *iter) {
    uint32_t bytes = stk_log_buffer_bytes(&geometry);
    bytes += geometry.block_bytes < sizeof walk_bytes - bytes ? geometry.block_bytes : 0u;
    FUZZ_CHECK(stk_log_iterate(&flash_log, iter, walk_bytes, bytes) == STK_OK);
    return walk_on(iter);
}

static void seeks(struct fuzz_input *in) {
    struct stk_log_iter iter;
    for (int i = 0; i < 4; i++) {
        (void)walk(&iter);
        uint32_t target = flash_log.sequence - fuzz_u8(in);
        FUZZ_CHECK(stk_log_seek_sequence(&iter, target) == STK_OK);
        (void)walk_on(&iter);
        FUZZ_CHECK(stk_log_seek_time(&iter, fuzz_u32(in)) == STK_OK);
        (void)walk_on(&iter);
        FUZZ_CHECK(stk_log_seek_boot(&iter, target % 4u) == STK_OK);
        (void)walk_on(&iter);
        FUZZ_CHECK(stk_log_seek_boot_time(&iter, target % 4u, 1000u * target) == STK_OK);
        (void)walk_on(&iter);
    }
}

/* Backwards nothing comes twice either; a step back and one forth are the same record. */
static void walk_back(struct fuzz_input *in) {
    uint32_t seen = 0, last = 0, records = 0, few = fuzz_u8(in) % 8u;
    struct stk_log_iter iter;
    struct stk_log_record r, same;
    int got;
    (void)walk(&iter);
    FUZZ_CHECK(stk_log_count(&iter, &records) == STK_OK && records == walk(&iter));
    FUZZ_CHECK(stk_log_seek_end(&iter) == STK_OK);
    while ((got = stk_log_prev(&iter, &r)) == 1) {
        FUZZ_CHECK(seen == 0 || (int32_t)(last - r.sequence) > 0);
        if (seen % 3u == few % 3u) {
            FUZZ_CHECK(stk_log_next(&iter, &same) == 1 && same.sequence == r.sequence);
            FUZZ_CHECK(stk_log_prev(&iter, &same) == 1 && same.sequence == r.sequence);
        }
        last = r.sequence;
        seen++;
        FUZZ_CHECK(seen <= geometry.blocks * (geometry.block_bytes / STK_LOG_CELL_BYTES));
    }
    FUZZ_CHECK(got == 0);
    FUZZ_CHECK(stk_log_seek_last(&iter, few) == STK_OK);
    (void)walk_on(&iter); /* a copy of a record may count forwards that does not count backwards */
}

/* An appended record must be there after the next mount, as the newest record. After 2^32 laps the lap number is 1
 * again, and a walk begins with the first block of this lap (SPEC.md 6.1). */
static void write_on(const struct stk_log_config *config, uint32_t count) {
    struct stk_log_record r = {.timestamp_ns = 1};
    struct stk_log_iter iter;
    uint32_t sequence = flash_log.sequence, lap = flash_log.lap, seen;
    for (uint32_t i = 0; i < count; i++) {
        int err = stk_log_append(&flash_log, &r);
        FUZZ_CHECK(err == STK_OK || err == STK_E_IO);
        if (err != STK_OK || (i % 4u == 0u && stk_log_poll(&flash_log) < 0)) {
            return; /* a bad block may be one too many */
        }
    }
    if (stk_log_sync(&flash_log) != STK_OK) {
        return;
    }
    FUZZ_CHECK(flash_log.sequence == sequence + count);
    seen = walk(&iter);
    if (unreadable == NONE && (flash_log.lap != 1u || lap == 1u)) {
        FUZZ_CHECK(count == 0 || (seen != 0 && iter.expected == sequence + count));
    }
    if (stk_log_mount(&flash_log, config) == STK_OK) {
        (void)walk(&iter);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input in = {data, size};
    struct fuzz_input script = {data + size - (size < SCRIPT ? size : SCRIPT), size < SCRIPT ? size : SCRIPT};
    uint32_t bytes = choose_geometry(&in), page_bytes = stk_log_buffer_bytes(&geometry);
    struct stk_log_config config = {{&ops, NULL}, NULL, page_bytes};
    if (bytes > sizeof image || geometry.block_bytes + page_bytes > sizeof walk_bytes) {
        return 0;
    }
    memset(image, geometry.erased, sizeof image);
    memcpy(image, in.data, in.size < bytes ? in.size : bytes);
    page = malloc(page_bytes);
    FUZZ_CHECK(page != NULL);
    config.buffer = page;
    calls = 0;
    unreadable = (fuzz_u8(&script) & 3u) == 3u ? fuzz_u32(&script) % bytes : NONE;
    if (stk_log_mount(&flash_log, &config) == STK_OK) {
        FUZZ_CHECK(calls <= MOUNT_READS(&geometry));
        seeks(&script);
        walk_back(&script);
        write_on(&config, fuzz_u8(&script) % 40u);
    }
    free(page);
    return 0;
}
