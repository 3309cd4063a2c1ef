/* The reader of v1 replay logs over a file that somebody else wrote: 2 bytes that choose the walk's buffer and what is
 * appended, then the image. */
#include "fuzz.h"
#include "stoker/vrrl.h"

/* The image, exactly as long as it is, and the block announced for it, which may be longer. */
struct image {
    uint8_t *bytes;
    uint32_t length, block_bytes;
};

static void image_geometry(void *ctx, struct stk_flash_geometry *g) {
    *g = (struct stk_flash_geometry){.read_unit = 1, .prog_unit = 1, .blocks = 1, .rewrite = STK_FLASH_ANY};
    g->block_bytes = ((const struct image *)ctx)->block_bytes;
}

static int image_read(void *ctx, uint32_t block, uint32_t offset, void *data, uint32_t bytes) {
    const struct image *m = ctx;
    FUZZ_CHECK(block == 0 && offset <= m->block_bytes && bytes <= m->block_bytes - offset);
    if (offset > m->length || bytes > m->length - offset) {
        return STK_E_SHORT;
    }
    memcpy(data, m->bytes + offset, bytes);
    return STK_OK;
}

static int image_prog(void *ctx, uint32_t block, uint32_t offset, const void *data, uint32_t bytes) {
    const struct image *m = ctx;
    FUZZ_CHECK(block == 0 && offset <= m->block_bytes && bytes <= m->block_bytes - offset);
    if (offset > m->length || bytes > m->length - offset) {
        return STK_E_IO;
    }
    memcpy(m->bytes + offset, data, bytes);
    return STK_OK;
}

static int image_erase(void *ctx, uint32_t block) {
    (void)ctx;
    (void)block;
    return STK_E_IO;
}

static const struct stk_flash_ops image_ops = {"image", image_geometry, image_read, image_prog, image_erase, NULL};

/* Walks to the end or to an error. Returns how many records there were, with that error in *err. */
static uint32_t walk(const struct stk_vrrl *log, uint32_t buffer_bytes, int *err) {
    uint8_t *buffer = malloc(buffer_bytes);
    struct stk_log_iter iter;
    struct stk_log_record record;
    uint32_t count = 0;
    FUZZ_CHECK(buffer != NULL);
    FUZZ_CHECK(stk_vrrl_iterate(log, &iter, buffer, buffer_bytes) == STK_OK);
    while ((*err = stk_log_next(&iter, &record)) == 1) {
        FUZZ_CHECK(record.sequence < log->capacity && record.failure <= STK_FAILURE_UNCLASSIFIED);
        FUZZ_CHECK(record.kind == STK_LOG_PUBLISH || record.kind == STK_LOG_FAILURE);
        count++;
    }
    FUZZ_CHECK(count == iter.records && count <= log->capacity);
    FUZZ_CHECK(*err == 0 || *err == STK_E_SHORT || *err == STK_E_CORRUPT);
    free(buffer);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input in = {data, size};
    uint8_t records = fuzz_u8(&in), extra = fuzz_u8(&in);
    struct stk_log_record record = {.slot = records, .kind = extra % 2u};
    struct stk_vrrl log;
    size_t bytes;
    int one, many;
    uint8_t *image = (uint8_t *)fuzz_rest(&in, &bytes);
    struct image m = {image, (uint32_t)bytes, (uint32_t)bytes + extra};
    if (stk_vrrl_open(&log, &(struct stk_flash_port){&image_ops, &m}, NULL) == STK_OK) {
        FUZZ_CHECK(log.cursor < log.capacity && log.capacity <= STK_VRRL_CAPACITY_MAX);
        /* However many records are read at once, the walk is the same. */
        uint32_t count = walk(&log, STK_VRRL_RECORD_BYTES, &one);
        FUZZ_CHECK(walk(&log, (records % 8u + 2u) * STK_VRRL_RECORD_BYTES + extra % 64u, &many) == count &&
                   one == many);
        if (stk_vrrl_append(&log, &record) == STK_OK) {
            (void)walk(&log, 4 * STK_VRRL_RECORD_BYTES, &one);
        }
    }
    free(image);
    return 0;
}
