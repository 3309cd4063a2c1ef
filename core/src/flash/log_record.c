/* Encodes replay records into cells of the flash log and decodes them again, byte by byte as SPEC.md 6.3 has them. The
 * log itself does not read what a cell carries; log_cell.c has the fields that every cell shares. */
#include "log_internal.h"

/* Returns 1 if the small fields of the record fit into the one word that the format has for them. */
static int fits(const struct stk_log_record *r) {
    return (r->kind >> 3 | r->failure >> 4 | r->status >> 8) == 0u && r->error == (int16_t)r->error;
}

/* A CPU without unaligned loads and stores takes four of them for a word of a cell, so there the two functions below
 * are not inline. */
#if defined __riscv || (defined __arm__ && !defined __ARM_FEATURE_UNALIGNED)
#define WORD STK_LOG_ONCE static
#else
#define WORD static inline
#endif

/* Writes one word of a body at `at`, and returns the place behind the word. */
WORD uint8_t *put(uint8_t *at, uint32_t word) {
    stk_put32(at, word);
    return at + 4;
}

/* Returns the word of a body at `at`. */
WORD uint32_t get(const uint8_t *at) {
    return stk_get32(at);
}

/* Encodes and appends a record whose fields fit. Sequence, boot and `resumed` of *r are not read: the log sets them. */
static int append(struct stk_log *log, const struct stk_log_record *r) {
    uint8_t *body;
    int err = stk_log_settle(log);
    if (err != STK_OK) {
        return err;
    }
    body = stk_log_next_body(log);
    body = put(body, (uint32_t)r->timestamp_ns);
    body = put(body, (uint32_t)(r->timestamp_ns >> 32));
    body = put(body, r->slot);
    body = put(body, r->tenant);
    body = put(body, r->opcode);
    for (uint32_t i = 0; i < STK_LOG_ARGS; i++) {
        body = put(body, r->args[i]);
    }
    body = put(body, r->epoch);
    body = put(body, (uint32_t)r->digest);
    (void)put(body, (uint32_t)(r->digest >> 32));
    return stk_log_end_cell(log, r->kind | r->failure << 4 | r->status << 8 | (uint32_t)r->error << 16);
}

int stk_log_append_batch(struct stk_log *log, const struct stk_log_record *records, uint32_t count) {
    int err = log->config.flash.ops ? STK_OK : STK_E_SHUTDOWN;
    uint32_t i;
    /* Checks all records before the first append, so that STK_E_RANGE leaves the log as it was. */
    for (i = 0; i < count && err == STK_OK; i++) {
        err = fits(&records[i]) ? STK_OK : STK_E_RANGE;
    }
    for (i = 0; i < count && err == STK_OK; i++) {
        err = append(log, &records[i]);
    }
    return err == STK_OK ? (int)count : err;
}

void stk_log_get_record(const struct stk_log_cell *cell, struct stk_log_record *r) {
    const uint8_t *body = cell->body;
    r->timestamp_ns = (uint64_t)get(body + 4) << 32 | get(body);
    r->slot = get(body + 8);
    r->tenant = get(body + 12);
    r->opcode = get(body + 16);
    for (uint32_t i = 0; i < STK_LOG_ARGS; i++) {
        r->args[i] = get(body + 20 + 4u * i);
    }
    r->epoch = get(body + 36);
    r->digest = (uint64_t)get(body + 44) << 32 | get(body + 40);
    r->sequence = cell->sequence;
    r->boot = cell->boot;
    r->resumed = cell->resumed;
    r->kind = cell->kind & 7u;
    r->failure = cell->kind >> 4 & 15u;
    r->status = cell->kind >> 8 & 255u;
    r->error = (int16_t)(uint16_t)(cell->kind >> 16); /* restores the sign of the 16 bits */
}

/* Implements iter->next for a log on flash. vrrl.c has the one for a v1 log file. */
static int next_record(struct stk_log_iter *iter, struct stk_log_record *record) {
    struct stk_log_cell cell;
    int found = stk_log_next_cell(iter, &cell);
    if (found == 1) {
        stk_log_get_record(&cell, record);
    }
    return found;
}

int stk_log_next(struct stk_log_iter *iter, struct stk_log_record *record) {
    return iter->next(iter, record);
}

int stk_log_iterate(const struct stk_log *log, struct stk_log_iter *iter, void *buffer, uint32_t buffer_bytes) {
    int err = stk_log_walk(log, iter, buffer, buffer_bytes);
    if (err == STK_OK) {
        iter->next = next_record;
    }
    return err;
}
