/* Cells of the flash log, bit by bit as SPEC.md has them. */
#include "le.h"
#include "log_parts.h"
#include "stoker/crc32c.h"

#define CELL_WORDS   16u
#define CHECKED      60u /* bytes before the checksum */
#define RECORD_MAGIC 0xDEADBEEFu
#define RESUMED      8u          /* beside the kind */
#define MAGIC_LOW    0x4C4B5453u /* "STKL" */
#define MAGIC_HIGH   0x3130474Fu /* "OG01" */

/* Where the words of a record are. */
enum {
    W_MAGIC,
    W_TIME,
    W_SLOT = 3,
    W_TENANT,
    W_OPCODE,
    W_ARGS,
    W_EPOCH = 10,
    W_SEQUENCE,
    W_KIND,
    W_DIGEST
};

static void seal(uint8_t *cell, uint32_t seed, const uint32_t *words) {
    for (uint32_t i = 0; i < CELL_WORDS - 1u; i++) {
        stk_put32(cell + 4u * i, words[i]);
    }
    stk_put32(cell + CHECKED, stk_crc32c(seed, cell, CHECKED));
}

static int sealed(const uint8_t *cell, uint32_t seed) {
    return stk_get32(cell + CHECKED) == stk_crc32c(seed, cell, CHECKED);
}

/* The words of a header: everything that is the same in all blocks, and what is not. */
static void header_words(uint32_t *w, const struct stk_flash_geometry *g, uint32_t block,
                         const struct stk_log_header *h) {
    const uint32_t words[CELL_WORDS] = {
        MAGIC_LOW, MAGIC_HIGH, h->id, h->lap, h->sequence, block, g->block_bytes, g->blocks, g->prog_unit, g->erased,
    };
    for (uint32_t i = 0; i < CELL_WORDS; i++) {
        w[i] = words[i];
    }
}

void stk_log_put_header(uint8_t *cell, const struct stk_flash_geometry *g, uint32_t block,
                        const struct stk_log_header *header) {
    uint32_t w[CELL_WORDS];
    header_words(w, g, block, header);
    seal(cell, 0, w);
}

int stk_log_get_header(const uint8_t *cell, const struct stk_flash_geometry *g, uint32_t block,
                       struct stk_log_header *header) {
    const struct stk_log_header h = {stk_get32(cell + 8), stk_get32(cell + 12), stk_get32(cell + 16)};
    uint32_t w[CELL_WORDS], i;
    header_words(w, g, block, &h);
    for (i = 0; i < CELL_WORDS - 1u && stk_get32(cell + 4u * i) == w[i]; i++) {
    }
    if (i != CELL_WORDS - 1u || !sealed(cell, 0)) {
        return 0;
    }
    *header = h;
    return 1;
}

int stk_log_record_fits(const struct stk_log_record *r) {
    return r->kind <= 7u && r->failure <= 15u && r->status <= 255u && r->error >= INT16_MIN && r->error <= INT16_MAX;
}

void stk_log_put_record(uint8_t *cell, uint32_t id, const struct stk_log_record *r) {
    const uint32_t w[CELL_WORDS] = {
        RECORD_MAGIC,
        (uint32_t)r->timestamp_ns,
        (uint32_t)(r->timestamp_ns >> 32),
        r->slot,
        r->tenant,
        r->opcode,
        r->args[0],
        r->args[1],
        r->args[2],
        r->args[3],
        r->epoch,
        r->sequence,
        r->kind | (r->resumed ? RESUMED : 0u) | r->failure << 4 | r->status << 8 | (uint32_t)r->error << 16,
        (uint32_t)r->digest,
        (uint32_t)(r->digest >> 32),
    };
    seal(cell, id, w);
}

static uint64_t get64(const uint8_t *p) {
    return (uint64_t)stk_get32(p + 4) << 32 | stk_get32(p);
}

int stk_log_get_record(const uint8_t *cell, uint32_t id, struct stk_log_record *r) {
    uint32_t kind;
    if (stk_get32(cell) != RECORD_MAGIC || !sealed(cell, id)) {
        return 0;
    }
    r->timestamp_ns = get64(cell + 4u * W_TIME);
    r->slot = stk_get32(cell + 4u * W_SLOT);
    r->tenant = stk_get32(cell + 4u * W_TENANT);
    r->opcode = stk_get32(cell + 4u * W_OPCODE);
    for (uint32_t i = 0; i < STK_LOG_ARGS; i++) {
        r->args[i] = stk_get32(cell + 4u * (W_ARGS + i));
    }
    r->epoch = stk_get32(cell + 4u * W_EPOCH);
    r->sequence = stk_get32(cell + 4u * W_SEQUENCE);
    kind = stk_get32(cell + 4u * W_KIND);
    r->kind = kind & 7u;
    r->resumed = (kind & RESUMED) != 0u;
    r->failure = kind >> 4 & 15u;
    r->status = kind >> 8 & 255u;
    r->error = (int16_t)(uint16_t)(kind >> 16);
    r->digest = get64(cell + 4u * W_DIGEST);
    return 1;
}

int stk_log_all(const uint8_t *p, uint32_t bytes, uint8_t value) {
    uint32_t i;
    for (i = 0; i < bytes && p[i] == value; i++) {
    }
    return i == bytes;
}
