/* Replay log files of version 1: each case works on files in a temporary folder. */
#include "log_world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/// Results ///

static void expect_io(struct vec *v, const char *op, const char *kind) {
    vec_expect_text(v, "class", "Io");
    vec_expect_text(v, "op", op);
    vec_expect_text(v, "kind", kind);
}

/* The fields of a refusal; `count` is the capacity that was refused. */
static void expect_class(struct vec *v, int err, uint64_t count) {
    switch (err) {
    case STK_E_ARG:
        vec_expect_text(v, "class", "ZeroCapacity");
        break;
    case STK_E_OVERFLOW:
        vec_expect_text(v, "class", "CapacityOverflow");
        vec_expect_u64(v, "count", count);
        vec_expect_u64(v, "max", STK_VRRL_CAPACITY_MAX);
        break;
    case STK_E_FORMAT:
    case STK_E_CORRUPT:
        vec_expect_text(v, "class", "HeaderMismatch");
        break;
    case STK_E_SHORT:
        expect_io(v, "read", "UnexpectedEof");
        break;
    case STK_E_NOENT:
        expect_io(v, "open", "NotFound");
        break;
    default:
        vec_expect_text(v, "class", stk_err_name(err));
        break;
    }
}

static bool expect_result(struct vec *v, int err, uint64_t count) {
    vec_expect_text(v, "result", err < 0 ? "err" : "ok");
    if (err < 0) {
        expect_class(v, err, count);
    }
    return err >= 0;
}

/* The log that is open; NULL, and a failed record, when none is. */
static struct log_world *open_log(struct vec *v, struct world *w) {
    struct log_world *l = log_world(v, w);
    if (l != NULL && !l->open) {
        vec_differ(v, "result", vec_need(v, "result"), "(no log is open)");
        return NULL;
    }
    return l;
}

/// Making and opening ///

/* The reference checks the capacity that it is given before it looks at the file. */
static int attach(struct log_world *l, const char *path, bool create, uint64_t *capacity) {
    struct stk_file_config config = {.path = path, .block_bytes = STK_FILE_WHOLE, .prog_unit = 1, .create = create};
    struct stk_fault fault = {.value = *capacity};
    uint32_t bytes;
    log_close(l);
    int err = stk_vrrl_bytes(*capacity, &bytes);
    if (err != STK_OK) {
        return err;
    }
    config.grow = !create;
    config.bytes = create ? bytes : STK_VRRL_BYTES(STK_VRRL_CAPACITY_MAX);
    err = stk_file_open(&l->file, &config);
    if (err != STK_OK) {
        return err;
    }
    l->open = true;
    err = create ? stk_vrrl_create(&l->log, &stk_file_flash_ops, &l->file, *capacity)
                 : stk_vrrl_open(&l->log, &stk_file_flash_ops, &l->file, &fault);
    *capacity = fault.value;
    return err;
}

static void attach_and_compare(struct vec *v, struct log_world *l, const char *path, bool create) {
    uint64_t capacity = vec_u64(v, "arg_capacity");
    if (v->bad > 0) {
        return;
    }
    int err = attach(l, path, create, &capacity);
    if (expect_result(v, err, capacity)) {
        vec_expect_u64(v, "capacity", l->log.capacity);
        vec_expect_u64(v, "cursor", l->log.cursor);
    } else {
        log_close(l);
    }
}

static void do_case(struct vec *v, struct world *w) {
    (void)v;
    log_world_free(w);
}

static void do_create(struct vec *v, struct world *w) {
    struct log_world *l = log_world(v, w);
    char path[LOG_PATH_BYTES];
    if (l == NULL) {
        return;
    }
    snprintf(l->created, sizeof l->created, "%s", vec_need(v, "file"));
    if (log_path(v, l, "file", path)) {
        attach_and_compare(v, l, path, true);
    }
}

static void do_open(struct vec *v, struct world *w) {
    struct log_world *l = log_world(v, w);
    char path[LOG_PATH_BYTES];
    if (l != NULL && log_path(v, l, "file", path)) {
        attach_and_compare(v, l, path, false);
    }
}

/* NAME.after.vrrl is a copy of NAME.vrrl. */
static void do_open_copy(struct vec *v, struct world *w) {
    static const char after[] = ".after.vrrl";
    struct log_world *l = log_world(v, w);
    char path[LOG_PATH_BYTES], from[LOG_PATH_BYTES];
    if (l == NULL) {
        return;
    }
    snprintf(l->created, sizeof l->created, "%s", vec_need(v, "file"));
    if (!log_path(v, l, "file", path)) {
        return;
    }
    size_t stem = strlen(path) - (sizeof after - 1);
    if (strlen(l->created) < sizeof after || strcmp(path + stem, after) != 0) {
        vec_differ(v, "file", "NAME.after.vrrl", vec_need(v, "file"));
        return;
    }
    snprintf(from, sizeof from, "%.*s.vrrl", (int)stem, path);
    if (!log_copy(from, path)) {
        vec_differ(v, "file", from, "(cannot be copied)");
        return;
    }
    attach_and_compare(v, l, path, false);
}

/// Records ///

static void failure_of(struct vec *v, struct stk_log_record *r) {
    if (vec_u32(v, "failure") != 0) {
        r->kind = STK_LOG_FAILURE;
        r->status = vec_u32(v, "slot_status");
        r->failure = vec_u32(v, "failure_class");
        r->error = (int32_t)vec_u32(v, "backend_error_code");
        r->digest = vec_u64(v, "output_digest");
    }
}

static void do_append(struct vec *v, struct world *w) {
    struct log_world *l = open_log(v, w);
    struct stk_log_record r = {.kind = STK_LOG_PUBLISH};
    uint32_t *args;
    if (l == NULL) {
        return;
    }
    r.timestamp_ns = vec_u64(v, "timestamp_ns");
    r.slot = vec_u32(v, "slot_idx");
    r.tenant = vec_u32(v, "tenant_id");
    r.opcode = vec_u32(v, "opcode");
    r.epoch = vec_u32(v, "epoch");
    if (vec_numbers(v, "args", ",", STK_LOG_ARGS, &args) == STK_LOG_ARGS) {
        memcpy(r.args, args, sizeof r.args);
    } else {
        vec_differ(v, "args", "four arguments", "another number of them");
    }
    free(args);
    failure_of(v, &r);
    (void)vec_u32(v, "i");
    if (v->bad == 0 && expect_result(v, stk_vrrl_append(&l->log, &r), 0)) {
        vec_expect_u64(v, "cursor", l->log.cursor);
    }
}

/* All records into l->records. */
static int replay(struct log_world *l) {
    uint8_t buffer[4096];
    struct stk_log_iter iter;
    free(l->records);
    l->records = vec_alloc(l->log.capacity * sizeof *l->records);
    l->count = 0;
    int err = stk_vrrl_iterate(&l->log, &iter, buffer, sizeof buffer);
    while (err >= 0 && (err = stk_log_next(&iter, &l->records[l->count])) > 0) {
        l->count++;
    }
    return err;
}

static void do_replay(struct vec *v, struct world *w) {
    struct log_world *l = open_log(v, w);
    if (l != NULL && expect_result(v, replay(l), 0)) {
        vec_expect_u64(v, "count", l->count);
    }
}

static void expect_failure(struct vec *v, const struct stk_log_record *r) {
    vec_expect_u64(v, "failure", r->kind == STK_LOG_FAILURE);
    if (r->kind == STK_LOG_FAILURE) {
        vec_expect_u64(v, "slot_status", r->status);
        vec_expect_u64(v, "failure_class", r->failure);
        vec_expect_u64(v, "backend_error_code", (uint32_t)r->error);
        vec_expect_u64(v, "output_digest", r->digest);
    }
}

static void do_record(struct vec *v, struct world *w) {
    struct log_world *l = log_world(v, w);
    uint64_t i = vec_u64(v, "i");
    char args[64];
    if (l == NULL || i >= l->count) {
        vec_differ(v, "i", "a record of the last replay", "one behind them");
        return;
    }
    const struct stk_log_record *r = &l->records[i];
    vec_expect_u64(v, "timestamp_ns", r->timestamp_ns);
    vec_expect_u64(v, "slot_idx", r->slot);
    vec_expect_u64(v, "tenant_id", r->tenant);
    vec_expect_u64(v, "opcode", r->opcode);
    snprintf(args, sizeof args, "%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32, r->args[0], r->args[1], r->args[2],
             r->args[3]);
    vec_expect_text(v, "args", args);
    vec_expect_u64(v, "epoch", r->epoch);
    expect_failure(v, r);
}

/// Files ///

/* The bytes of the stored file of that name, where it has the checksum that is expected now. */
static void expect_stored(struct vec *v, const struct log_world *l, const struct bytes *now) {
    char path[LOG_PATH_BYTES], hash[20];
    struct bytes b = {NULL, 0};
    log_stored(l, vec_need(v, "file"), path);
    if (bytes_of_file(path, &b) == NULL) {
        snprintf(hash, sizeof hash, "%016" PRIx64, vec_fnv1a64(b.p, b.len));
        if (strcmp(hash, vec_need(v, "fnv1a64")) == 0 && (b.len != now->len || memcmp(b.p, now->p, b.len) != 0)) {
            vec_differ(v, "file", "the bytes of the stored file", "others");
        }
    }
    free(b.p);
}

static void do_file(struct vec *v, struct world *w) {
    struct log_world *l = log_world(v, w);
    struct bytes b = {NULL, 0};
    char path[LOG_PATH_BYTES];
    struct stat st;
    if (l == NULL || !log_path(v, l, "file", path)) {
        return;
    }
    bool exists = stat(path, &st) == 0;
    (void)vec_get(v, "stored");
    if (vec_has(v, "exists")) {
        vec_expect_u64(v, "exists", exists);
    }
    if (vec_has(v, "len")) {
        vec_expect_u64(v, "len", exists ? (uint64_t)st.st_size : 0);
    }
    if (!vec_has(v, "fnv1a64")) {
        return;
    }
    const char *wrong = bytes_of_file(path, &b);
    if (wrong != NULL) {
        vec_differ(v, "file", "a file", wrong);
    } else {
        vec_expect_image(v, b.p, b.len);
        expect_stored(v, l, &b);
    }
    free(b.p);
}

const struct handler log_handlers[] = {
    {"case", do_case},           {"create", do_create}, {"open", do_open},
    {"open_copy", do_open_copy}, {"append", do_append}, {"replay", do_replay},
    {"record", do_record},       {"file", do_file},     {NULL, NULL},
};
