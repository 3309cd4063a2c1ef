/* stoker: replays a recording. Takes the records of a log in their order, checks each against the shape of the
 * instance, and feeds fresh targets with them. It trusts no number of a record: a log may be damaged, or written by
 * another program. Publishing, waiting and comparing are in replay_slots.c.
 *
 * A function that takes a record returns STK_REPLAY_SAME, STK_REPLAY_DIFFERS, STK_REPLAY_RESTART, or an error below 0.
 * STK_REPLAY_SAME and STK_OK are both 0, so one variable carries either. */
#include "stoker/replay.h"

#include "base/memory.h"
#include "replay_internal.h"
#include "stoker/atomic.h"
#include "base/words_of.h"

#define SLOT_TIMEOUT_DEFAULT_NS UINT64_C(10000000000) /* 10 s: longest wait for one slot where the caller gave none */

/// START ///

/* Reads the shape of the instance from a START. STK_E_UNSUPPORTED another version of the recorder, whose fields may
 * mean something else; STK_E_CORRUPT numbers that no instance has. */
static int shape_of(const struct stk_log_record *start, struct stk_replay_shape *shape) {
    if (start->opcode != STK_RECORDER_VERSION) {
        return STK_E_UNSUPPORTED;
    }
    if (start->args[STK_START_SLOTS] == 0u || start->args[STK_START_SLOTS] > STK_RING_SLOTS_INIT_MAX ||
        start->args[STK_START_CONTROL] < STK_CTL_WORDS_MIN) {
        return STK_E_CORRUPT;
    }
    *shape = (struct stk_replay_shape){
        .slots = start->args[STK_START_SLOTS],
        /* The check above keeps this difference from wrapping: STK_CTL_WORDS_MIN is the word of the first
         * observable. */
        .observables = start->args[STK_START_CONTROL] - STK_CTL_OBSERVABLE,
        .payload_bytes = start->args[STK_START_PAYLOAD],
        .table_bytes = start->slot,
        .debug_records = start->args[STK_START_SIDE] >> STK_START_DEBUG_SHIFT,
        .io_slots = start->args[STK_START_SIDE] & STK_START_IO_MAX,
        .tenants = start->tenant,
        .epoch = start->epoch,
        .digest = start->digest,
        .sequence = start->sequence,
    };
    return STK_OK;
}

int stk_replay_find(struct stk_log_iter *iter, struct stk_replay_shape *shape, uint32_t *skipped) {
    struct stk_log_record record;
    uint32_t passed = 0;
    int more = stk_log_next(iter, &record);
    while (more == 1 && record.kind != STK_LOG_START) {
        passed++;
        more = stk_log_next(iter, &record);
    }
    if (more < 0) {
        return more;
    }
    /* Set only now: after an error of the log the caller's number is as it was. */
    *skipped = passed;
    if (more == 1) {
        int err = shape_of(&record, shape);
        more = err < 0 ? err : 1;
    }
    return more;
}

/// Init ///

int stk_replay_bytes(uint32_t slots, size_t *bytes) {
    if (slots > STK_RING_SLOTS_INIT_MAX) {
        return STK_E_OVERFLOW;
    }
    return stk_size_of(STK_REPLAY_BYTES(slots), bytes);
}

/* Checks that a target has the shape of the recorded instance and is as fresh. Ring and control buffer must have the
 * recorded length, because slots and observables are named by number; other memory may be larger. The digest of the
 * observables tells a target that was used before (STK_E_STATUS). */
static int check_target(struct stk_blake3 *hash, const struct stk_replay_target *t,
                        const struct stk_replay_shape *shape) {
    const struct stk_device_memory *m = &t->memory;
    uint64_t digest;
    if (!t->dispatch.ops || !t->dispatch.ops->drive || !m->ring || !m->control ||
        (shape->payload_bytes != 0u && !m->payload) || (shape->table_bytes != 0u && !m->tables)) {
        return STK_E_ARG;
    }
    if (m->slots != shape->slots || m->control_words != STK_CTL_OBSERVABLE + shape->observables ||
        m->payload_bytes < shape->payload_bytes || m->table_bytes < shape->table_bytes) {
        return STK_E_RANGE;
    }
    digest = stk_record_digest_words(hash, m->control + STK_CTL_OBSERVABLE, shape->observables);
    return shape->digest != 0u && digest != shape->digest ? STK_E_STATUS : STK_OK;
}

/* Checks the configuration, and then each target. `info` gets the index of the target that is wrong. */
static int check(struct stk_blake3 *hash, const struct stk_replay_config *c, const struct stk_replay_shape *shape,
                 struct stk_error_info *info) {
    if (c->targets == 0u || c->targets > STK_REPLAY_TARGETS || !c->platform.ops || !c->platform.ops->now_ns ||
        !c->platform.ops->wait) {
        return STK_E_ARG;
    }
    for (uint32_t i = 0; i < c->targets; i++) {
        int err = check_target(hash, &c->target[i], shape);
        if (err != STK_OK) {
            info->index = i;
            return err;
        }
    }
    return STK_OK;
}

/* Gives a target the recorded tenants and the recorded epoch: a slot of a tenant without a mask faults, and the fences
 * of the target count on from this epoch. Relaxed: nothing runs in the target yet. */
static void prepare(const struct stk_replay_target *t, const struct stk_replay_shape *shape) {
    for (uint32_t i = 0; i < STK_CTL_TENANT_MASKS; i++) {
        stk_store(t->memory.control + STK_CTL_TENANT_MASK + i, (shape->tenants >> i & 1u) != 0u ? UINT32_MAX : 0u);
    }
    stk_store(t->memory.control + STK_CTL_EPOCH, shape->epoch);
}

int stk_replay_init(struct stk_replay *replay, const struct stk_replay_config *config,
                    const struct stk_replay_shape *shape, struct stk_arena *arena, struct stk_error_info *info) {
    struct stk_error_info found = {0};
    void *slots = NULL;
    /* The hash works in the caller's object, which is not set up yet: 600 bytes would be much for the stack. */
    found.err = arena ? check(&replay->hash, config, shape, &found) : STK_E_ARG;
    if (found.err == STK_OK) {
        slots = stk_arena_take(arena, STK_REPLAY_BYTES(shape->slots));
        found.err = slots ? STK_OK : STK_E_SPACE;
        found.value = slots ? 0u : arena->need;
    }
    if (found.err != STK_OK) {
        if (info) {
            *info = found;
        }
        return found.err;
    }
    /* Sets each member by itself, because for a literal of the whole struct the compiler would first build a copy on
     * the stack. `pending` and `args` stay unset: the code writes both before it sets has_pending to 1. */
    replay->config = *config;
    replay->config.slot_timeout_ns = config->slot_timeout_ns != 0u ? config->slot_timeout_ns : SLOT_TIMEOUT_DEFAULT_NS;
    replay->shape = *shape;
    replay->slots = slots;
    replay->report = NULL;
    replay->flying = 0;
    /* The epoch under way ends with the next fence, and has the number of the control buffer after that fence. */
    replay->epoch = shape->epoch + 1u;
    replay->has_pending = 0;
    memset(slots, 0, STK_REPLAY_BYTES(shape->slots));
    for (uint32_t i = 0; i < config->targets; i++) {
        prepare(&config->target[i], shape);
    }
    return STK_OK;
}

/// Records ///

/* Keeps the work of a PUBLISH. Its further arguments may follow in MORE records, so it is published with the record
 * behind them (take() below). */
static int take_publish(struct stk_replay *r, const struct stk_log_record *record) {
    if (record->slot >= r->shape.slots) {
        return STK_E_RANGE;
    }
    if (stk_priority_of_wire((uint32_t)record->error) > STK_PRIORITY_IDLE) {
        return STK_E_CORRUPT; /* no recorder writes such a number */
    }
    r->pending = *record;
    r->has_pending = 1;
    memset(r->args, 0, sizeof r->args);
    memcpy(r->args, record->args, sizeof record->args);
    return STK_REPLAY_SAME;
}

/* Adds four arguments to the work that waits. The index of the first one decides where memcpy() writes, so it is
 * checked at both ends. */
static int take_more(struct stk_replay *r, const struct stk_log_record *record) {
    uint32_t first = (uint32_t)record->error;
    if (!r->has_pending || record->slot != r->pending.slot || first < STK_LOG_ARGS ||
        first > STK_SLOT_ARGS - STK_LOG_ARGS) {
        return STK_E_CORRUPT;
    }
    memcpy(r->args + first, record->args, sizeof record->args);
    return STK_REPLAY_SAME;
}

/* Takes a FAILURE. Only a FAILURE with status FAULT tells how a slot ended, and it must belong to a slot that is under
 * way. Any other one may also name no slot at all (STK_RECORD_NO_SLOT). */
static int take_failure(struct stk_replay *r, const struct stk_log_record *record) {
    struct stk_recorded_end end = {.status = STK_SLOT_FAULT, .results = record->args};
    if (record->status != STK_SLOT_FAULT) {
        /* A failed read, a lost device or a timeout. The slot runs in the targets, but nothing is known of the end that
         * it would have had. */
        r->report->skipped++;
        end = stk_recorded_unknown;
        return record->slot < r->shape.slots ? stk_replay_settle(r, record->slot, &end) : STK_REPLAY_SAME;
    }
    if (record->slot >= r->shape.slots) {
        return STK_E_RANGE;
    }
    return r->slots[record->slot].flying ? stk_replay_settle(r, record->slot, &end) : STK_E_CORRUPT;
}

/* Takes a RESULT: compares the end of its slot with the results that were recorded. */
static int take_result(struct stk_replay *r, const struct stk_log_record *record) {
    const struct stk_recorded_end end = {.status = STK_SLOT_DONE, .results = record->args};
    if (record->slot >= r->shape.slots) {
        return STK_E_RANGE;
    }
    return r->slots[record->slot].flying ? stk_replay_settle(r, record->slot, &end) : STK_E_CORRUPT;
}

/* Returns where the bytes of an INPUT go in a target. The caller has checked the range, and that it is not empty:
 * memory of no bytes may be NULL. */
static uint8_t *input_place(const struct stk_replay_target *t, const struct stk_log_record *record) {
    uint8_t *part = record->status == STK_INPUT_TO_TABLES ? t->memory.tables : t->memory.payload;
    return part + record->args[STK_INPUT_OFFSET];
}

/* Makes the targets ready for an INPUT into their tables: a port that sends copies of the tables to its device has to
 * know what changes, and ends launches that run with the old bytes. */
static int change_tables(struct stk_replay *r, const struct stk_log_record *record) {
    int err = STK_OK;
    for (uint32_t i = 0; i < r->config.targets && err == STK_OK; i++) {
        const struct stk_dispatch_port *port = &r->config.target[i].dispatch;
        err = port->ops->change_tables
                  ? port->ops->change_tables(port->ctx, record->args[STK_INPUT_OFFSET], record->args[STK_INPUT_BYTES],
                                             r->config.slot_timeout_ns)
                  : STK_OK;
        if (err != STK_OK) {
            r->report->target = i;
        }
    }
    return err;
}

/* Writes the bytes of an INPUT into the memory of every target. The caller's function is asked once, and the second
 * target gets a copy of what the first one got, so that both work on the same bytes. A digest that was not recorded (0)
 * is not compared. */
static int fill(struct stk_replay *r, const struct stk_log_record *record) {
    const struct stk_replay_target *t = r->config.target;
    uint32_t bytes = record->args[STK_INPUT_BYTES];
    uint8_t *to;
    int err;
    if (bytes == 0u) {
        /* Memory of no bytes may be NULL, and needs no input function either. */
        return STK_REPLAY_SAME;
    }
    to = input_place(&t[0], record);
    err = record->status == STK_INPUT_TO_TABLES ? change_tables(r, record) : STK_OK;
    if (err == STK_OK) {
        err = r->config.input ? r->config.input(r->config.input_ctx, record, to, bytes) : STK_E_MISSING;
    }
    if (err != STK_OK) {
        return err;
    }
    if (record->digest != 0u && stk_record_digest(&r->hash, to, bytes) != record->digest) {
        return STK_E_CORRUPT;
    }
    if (r->config.targets == STK_REPLAY_TARGETS) {
        memcpy(input_place(&t[1], record), to, bytes);
    }
    return STK_REPLAY_SAME;
}

/* Takes an INPUT: checks its range, waits for the slots that may still work on the bytes that are overwritten, and
 * writes the new ones. These slots ended DONE, or a FAILURE would have come before this record. */
static int take_input(struct stk_replay *r, const struct stk_log_record *record) {
    uint32_t offset = record->args[STK_INPUT_OFFSET], bytes = record->args[STK_INPUT_BYTES];
    uint32_t all = record->status == STK_INPUT_TO_TABLES ? r->shape.table_bytes : r->shape.payload_bytes;
    int what;
    if (record->status > STK_INPUT_TO_TABLES) {
        return STK_E_CORRUPT;
    }
    if (offset > all || bytes > all - offset ||
        (record->slot >= r->shape.slots && record->slot != STK_RECORD_NO_SLOT)) {
        return STK_E_RANGE;
    }
    what = record->slot == STK_RECORD_NO_SLOT ? stk_replay_settle_all(r, &stk_recorded_done)
                                              : stk_replay_settle(r, record->slot, &stk_recorded_done);
    return what == STK_REPLAY_SAME ? fill(r, record) : what;
}

/* Takes an EPOCH: waits for all slots and compares the observables. A recording with a hole is refused here at the
 * latest (STK_E_CORRUPT), because the work that was lost may have changed them. */
static int take_epoch(struct stk_replay *r, const struct stk_log_record *record) {
    int what;
    if (record->args[STK_EPOCH_LOST] != 0u || record->args[STK_EPOCH_COUNT] != r->shape.observables) {
        return STK_E_CORRUPT;
    }
    what = stk_replay_settle_all(r, &stk_recorded_done);
    /* The epoch is set before the comparison, so that a difference is reported under the recorded number. */
    r->epoch = record->epoch;
    what = what == STK_REPLAY_SAME ? stk_replay_observables(r, record) : what;
    if (what == STK_REPLAY_SAME) {
        r->report->epochs++;
        r->epoch = record->epoch + 1u;
    }
    return what;
}

/* Ends the recording: publishes the work that waits, and lets all slots end. How they ended in the recorded run is not
 * known. Two targets are compared with each other all the same. */
static int finish(struct stk_replay *r) {
    int what = stk_replay_publish(r);
    return what == STK_REPLAY_SAME ? stk_replay_settle_all(r, &stk_recorded_unknown) : what;
}

/* Takes a START behind the first: the recording ends here, and another fresh instance goes on. The caller has to give
 * fresh targets of the new shape, so the replay stops. */
static int take_start(struct stk_replay *r, const struct stk_log_record *record) {
    int what = finish(r);
    if (what == STK_REPLAY_SAME) {
        what = shape_of(record, &r->shape);
    }
    return what == STK_REPLAY_SAME ? STK_REPLAY_RESTART : what;
}

/* Takes one record of any kind. Every record but a MORE shows that the work which waits is complete, and publishes it
 * first. */
static int take(struct stk_replay *r, const struct stk_log_record *record) {
    int what = record->kind == STK_LOG_MORE ? STK_REPLAY_SAME : stk_replay_publish(r);
    if (what != STK_REPLAY_SAME) {
        return what;
    }
    switch (record->kind) {
    case STK_LOG_PUBLISH:
        return take_publish(r, record);
    case STK_LOG_MORE:
        return take_more(r, record);
    case STK_LOG_FAILURE:
        return take_failure(r, record);
    case STK_LOG_INPUT:
        return take_input(r, record);
    case STK_LOG_EPOCH:
        return take_epoch(r, record);
    case STK_LOG_START:
        return take_start(r, record);
    case STK_LOG_RESULT:
        return take_result(r, record);
    default:
        return STK_E_UNSUPPORTED;
    }
}

/* Returns 1 if records may be missing before this one: the walk found a gap in the sequence, or this is the first
 * record after a mount. Records that were not durable before the mount are lost. A START needs no record before it. */
static int after_a_gap(const struct stk_log_iter *iter, uint32_t corrupt, const struct stk_log_record *record) {
    return iter->corrupt != corrupt || (record->resumed != 0u && record->kind != STK_LOG_START);
}

int stk_replay_run(struct stk_replay *replay, struct stk_log_iter *iter, struct stk_replay_report *report) {
    /* Gaps that the walk counted before this call lie before the START, and belong to another recording. */
    uint32_t corrupt = iter->corrupt;
    int what = STK_REPLAY_SAME;
    *report = (struct stk_replay_report){0};
    replay->report = report;
    while (what == STK_REPLAY_SAME) {
        int more = stk_log_next(iter, &report->record);
        if (more == 0) {
            what = finish(replay);
            break;
        }
        report->records += more > 0 ? 1u : 0u;
        if (more > 0 && after_a_gap(iter, corrupt, &report->record)) {
            more = STK_E_CORRUPT;
        }
        what = more < 0 ? more : take(replay, &report->record);
    }
    report->err = what < 0 ? what : STK_OK;
    return what;
}
