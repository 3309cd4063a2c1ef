/* Encodes replay records into cells of the flash log and decodes them again, byte by byte as SPEC.md 6.3 has them. The
 * log itself does not read what a cell carries; log_cell.c has the fields that every cell shares. */
#include "log_internal.h"

/* Returns 1 if the small fields of the record fit into the one word that the format has for them. */
static int fits(const struct stk_log_record *r) {
    return (r->kind >> 3 | r->failure >> 4 | r->status >> 8) == 0u && r->error == (int16_t)r->error;
}

/* Encodes and appends a record whose fields fit. Sequence, boot and `resumed` of *r are not read: the log sets them. */
static int append(struct stk_log *log, const struct stk_log_record *r) {
    uint8_t body[STK_LOG_BODY_BYTES];
    stk_put64(body, r->timestamp_ns);
    stk_put32(body + 8, r->slot);
    stk_put32(body + 12, r->tenant);
    stk_put32(body + 16, r->opcode);
    for (uint32_t i = 0; i < STK_LOG_ARGS; i++) {
        stk_put32(body + 20 + 4u * i, r->args[i]);
    }
    stk_put32(body + 36, r->epoch);
    stk_put64(body + 40, r->digest);
    return stk_log_append_cell(log, r->kind | r->failure << 4 | r->status << 8 | (uint32_t)r->error << 16, body);
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
    r->timestamp_ns = stk_get64(cell->body);
    r->slot = stk_get32(cell->body + 8);
    r->tenant = stk_get32(cell->body + 12);
    r->opcode = stk_get32(cell->body + 16);
    for (uint32_t i = 0; i < STK_LOG_ARGS; i++) {
        r->args[i] = stk_get32(cell->body + 20 + 4u * i);
    }
    r->epoch = stk_get32(cell->body + 36);
    r->digest = stk_get64(cell->body + 40);
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
