/* Records of replay log files: appending and replaying them. And what the reference calls each refusal. */
#include "log_world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Results ///

/* Compares a failure of a file operation with the reference's name for it. */
static void expect_io(struct vec *v, const char *op, const char *kind) {
    vec_expect_text(v, "class", "Io");
    vec_expect_text(v, "op", op);
    vec_expect_text(v, "kind", kind);
}

/* Compares the fields of a refusal; `count` is the capacity that was refused. */
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

bool log_expect_result(struct vec *v, enum vec_family family, int err, uint64_t count) {
    vec_expect_text(v, "result", err < 0 ? "err" : "ok");
    if (err < 0) {
        expect_class(v, err, count);
        cause_expect(v, family, err);
    }
    return err >= 0;
}

struct log_world *log_open(struct vec *v, struct world *w) {
    struct log_world *l = log_world(v, w);
    if (l != NULL && !l->open) {
        vec_differ(v, "result", vec_need(v, "result"), "(no log is open)");
        return NULL;
    }
    return l;
}

/// Records ///

/* Takes the fields of a failure, where the record has one. */
static void failure_of(struct vec *v, struct stk_log_record *r) {
    if (vec_u32(v, "failure") != 0) {
        r->kind = STK_LOG_FAILURE;
        r->status = vec_u32(v, "slot_status");
        r->failure = vec_u32(v, "failure_class");
        r->error = (int32_t)vec_u32(v, "backend_error_code");
        r->digest = vec_u64(v, "output_digest");
    }
}

/* For a record "append": appends a record to the log. */
static void do_append(struct vec *v, struct world *w) {
    struct log_world *l = log_open(v, w);
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
    if (v->bad == 0 && log_expect_result(v, VEC_LOG, stk_vrrl_append(&l->log, &r), 0)) {
        vec_expect_u64(v, "cursor", l->log.cursor);
    }
}

/* Reads all records into l->records. */
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

/* For a record "replay": reads all records, which further records then look at. */
static void do_replay(struct vec *v, struct world *w) {
    struct log_world *l = log_open(v, w);
    if (l != NULL && log_expect_result(v, VEC_LOG_REPLAY, replay(l), 0)) {
        vec_expect_u64(v, "count", l->count);
    }
}

/* Compares the fields of a failure. A record of a publish has no such fields. */
static void expect_failure(struct vec *v, const struct stk_log_record *r) {
    vec_expect_u64(v, "failure", r->kind == STK_LOG_FAILURE);
    if (r->kind == STK_LOG_FAILURE) {
        vec_expect_u64(v, "slot_status", r->status);
        vec_expect_u64(v, "failure_class", r->failure);
        vec_expect_u64(v, "backend_error_code", (uint32_t)r->error);
        vec_expect_u64(v, "output_digest", r->digest);
    }
}

/* For a record "record": compares one of the records of the last replay. */
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

const struct handler log_record_handlers[] = {
    {"append", do_append},
    {"replay", do_replay},
    {"record", do_record},
    {NULL, NULL},
};
