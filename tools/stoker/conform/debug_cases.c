/* Records of the debug log: an empty log, its size, and the records that a reader finds in it. */
#include "cases.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SMALL ((size_t)64 << 10) /* bytes; a larger buffer is not kept for later records */

/* For a record "encode_empty_debug_log": lays an empty log out; a small one is kept for later records. */
static void do_encode_empty_debug_log(struct vec *v, struct world *w) {
    struct stk_debug_log log;
    struct bytes b = {0};
    uint32_t records = vec_u32(v, "capacity");
    bytes_zero(&b, records > STK_DEBUG_LOG_RECORDS_INIT_MAX ? 0 : STK_DEBUG_LOG_BYTES(records));
    int err = stk_debug_log_init(&log, b.p, b.len, records);
    if (vec_expect_read(v, "debug_log", err, 0, 0)) {
        vec_expect_image(v, b.p, b.len);
    }
    if (err == STK_OK && b.len <= SMALL) {
        bytes_take(&w->log, b.p, b.len);
    } else {
        free(b.p);
    }
}

/* For a record "debug_log_byte_len": compares the size of a log. */
static void do_debug_log_byte_len(struct vec *v, struct world *w) {
    size_t bytes = 0;
    (void)w;
    int err = stk_debug_log_bytes(vec_u32(v, "capacity"), &bytes);
    vec_expect_size(v, "value", err, bytes);
}

static void do_debug_load(struct vec *v, struct world *w) {
    bytes_load(v, &w->log);
}

static void do_debug_set_word(struct vec *v, struct world *w) {
    bytes_set_word(v, &w->log);
}

static void do_debug_image(struct vec *v, struct world *w) {
    vec_expect_image(v, w->log.p, w->log.len);
}

/* For a record "read_debug_log": reads all records of the log, which further records then look at. */
static void do_read_debug_log(struct vec *v, struct world *w) {
    struct stk_debug_log log;
    struct stk_error_info info = {0};
    uint32_t cap = (uint32_t)(w->log.len / 16);
    free(w->records);
    w->records = vec_alloc(cap * sizeof *w->records);
    w->record_count = stk_debug_log_view(&log, w->log.p, w->log.len);
    if (w->record_count == STK_OK) {
        w->record_count = stk_debug_log_read(&log, w->records, cap, &info);
    }
    /* The reference names the word behind the cursor; ours is saturated, the cursor itself is not. */
    uint64_t word = w->log.len == 0 ? 0 : info.value + 1;
    if (vec_expect_read(v, "debug_log", w->record_count, word, w->log.len)) {
        vec_expect_u64(v, "count", (uint64_t)w->record_count);
    }
}

/* For a record "debug_record": compares one of the records that were read. */
static void do_debug_record(struct vec *v, struct world *w) {
    char args[40];
    uint64_t i = vec_u64(v, "i");
    if (w->record_count < 0 || i >= (uint64_t)w->record_count) {
        vec_differ(v, "i", "a record", "no such record");
        return;
    }
    const struct stk_debug_record *r = &w->records[i];
    snprintf(args, sizeof args, "%" PRIu32 ",%" PRIu32 ",%" PRIu32, r->args[0], r->args[1], r->args[2]);
    vec_expect_u64(v, "fmt_id", r->format);
    vec_expect_text(v, "args", args);
}

const struct handler debug_handlers[] = {
    {"encode_empty_debug_log", do_encode_empty_debug_log},
    {"debug_log_byte_len", do_debug_log_byte_len},
    {"debug_load", do_debug_load},
    {"debug_set_word", do_debug_set_word},
    {"debug_image", do_debug_image},
    {"read_debug_log", do_read_debug_log},
    {"debug_record", do_debug_record},
    {NULL, NULL},
};
