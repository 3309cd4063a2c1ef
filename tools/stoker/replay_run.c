/* A replay: instances of the recorded shape, one recording after the other. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "replay.h"
#include "stoker/port/posix.h"
#include "user_ops.h"

/* A slot may wait for all that were published before it, as in a scan. */
#define SLOT_TIMEOUT_NS          UINT64_C(10000000000)
#define SLOT_TIMEOUT_NS_PER_BYTE 1000u

static int is_interp(const struct replay_side *side) {
    return strcmp(side->name, "interp") == 0;
}

/* Refuses sides that cannot be compared, and options that no side would use. */
static int check_sides(const struct replay *r) {
    const struct replay_side *s = r->sides;
    if (s[0].recorded && s[1].recorded) {
        return cli_bad("--on and --against are both recorded: name interp or an OpenCL device for one of them");
    }
    if ((r->options.residency || r->options.memory) && (s[0].recorded || is_interp(&s[0])) &&
        (s[1].recorded || is_interp(&s[1]))) {
        return cli_bad("--%s is for OpenCL devices: name one with --on or --against, or leave it out",
                       r->options.residency ? "residency" : "memory");
    }
    for (uint32_t i = 0; i < STK_REPLAY_TARGETS; i++) {
        if (r->options.handler && cli_user_ops.count == 0u && is_interp(&s[i])) {
            return cli_bad("%s interp: this stoker has no C build of the handlers: build one with "
                           "-DSTK_CLI_HANDLER=%s (kernels/README.md)",
                           s[i].option, r->options.handler);
        }
    }
    return 0;
}

/* Opens the log. A v1 log is refused, since it has neither START nor EPOCH. */
static int open_log(struct replay *r) {
    int bad = log_image_open(&r->log, r->options.log);
    r->log_open = bad == 0;
    if (bad == 0 && r->log.v1) {
        return cli_bad(
            "%s: is a v1 log, which tells neither the instance's shape nor its inputs: record with stoker scan "
            "--record, or with stk_recorder over a log on flash",
            r->options.log);
    }
    return bad;
}

int replay_open(struct replay *r, const struct replay_options *options) {
    size_t bytes = strlen(options->log) + sizeof ".tables";
    int bad;
    r->options = *options;
    r->sides[0] = (struct replay_side){.name = options->on, .option = "--on"};
    r->sides[1] = (struct replay_side){.name = options->against, .option = "--against"};
    for (uint32_t i = 0; i < STK_REPLAY_TARGETS; i++) {
        r->sides[i].recorded = strcmp(r->sides[i].name, "recorded") == 0;
        if (!r->sides[i].recorded) {
            r->side_of[r->targets++] = i;
        }
    }
    r->side_of[1] = r->targets == 1u ? 1u - r->side_of[0] : r->side_of[1];
    bad = check_sides(r);
    r->tables = malloc(bytes);
    if (bad == 0 && !r->tables) {
        bad = cli_bad("no memory for a path: free some memory");
    }
    if (bad == 0) {
        snprintf(r->tables, bytes, "%s.tables", options->log);
        bad = open_log(r);
    }
    bad = bad ? bad : cli_input(options->tables ? options->tables : r->tables);
    for (uint32_t i = 0; i < options->input_count && bad == 0; i++) {
        bad = cli_input(options->inputs[i].path);
    }
    if (bad == 0 && options->handler) {
        bad = cli_handlers_load(&r->handlers, options->handler);
    }
    return bad;
}

static void close_targets(struct replay *r) {
    for (uint32_t i = 0; i < r->targets; i++) {
        cli_device_close(&r->sides[r->side_of[i]].device);
        memset(&r->sides[r->side_of[i]].device, 0, sizeof r->sides[0].device);
    }
    cli_unmap(r->scratch, r->scratch_bytes);
    r->scratch = NULL;
}

/* Opens a device or an interpreter with the shape that was recorded. */
static int open_target(struct replay *r, struct replay_side *side, struct stk_replay_target *target) {
    const struct cli_device_wish wish = {
        .name = side->name,
        .option = side->option,
        .handlers = &r->handlers,
        .slots = r->shape.slots,
        .observables = r->shape.observables,
        .payload_bytes = r->shape.payload_bytes,
        .table_bytes = r->shape.table_bytes != 0u ? r->shape.table_bytes : STK_NO_TABLES,
        /* one worker by default: the recorded device may have had one only */
        .workers = r->options.workers ? r->options.workers : 1u,
        .lanes = r->options.lanes,
        .residency = is_interp(side) ? 0 : r->options.residency,
        .memory = is_interp(side) ? STK_OPENCL_ANY : r->options.memory,
    };
    int bad = cli_device_open(&side->device, &wish);
    if (bad == 0 && side->device.note[0]) {
        cli_note("%s", side->device.note);
    }
    if (bad == 0) {
        *target = (struct stk_replay_target){side->device.memory, side->device.dispatch};
        /* The target has only the observables of the shape, although the port may have made more by default. */
        target->memory.control_words = STK_CTL_OBSERVABLE + r->shape.observables;
        if (side->device.is_opencl) { /* the interpreter's memory is fresh, and takes no room until it is used */
            memset(target->memory.payload, 0, r->shape.payload_bytes);
        }
    }
    return bad;
}

/* Checks the size of the instance, since a few bytes of a log may announce an instance of gigabytes. */
static int check_size(const struct replay *r) {
    const struct stk_replay_shape *shape = &r->shape;
    uint64_t most = r->options.size_max ? r->options.size_max : REPLAY_SIZE_MAX;
    uint64_t bytes = (uint64_t)shape->payload_bytes + shape->table_bytes + (uint64_t)shape->slots * STK_SLOT_BYTES +
                     (uint64_t)shape->observables * sizeof(uint32_t);
    return bytes <= most
               ? 0
               : cli_bad("%s: record %u: the recorded instance has %llu bytes, and --size-max allows %llu: give "
                         "--size-max %llu if the recording can be trusted",
                         r->options.log, shape->sequence, (unsigned long long)bytes, (unsigned long long)most,
                         (unsigned long long)bytes);
}

/* Returns the longest wait for one slot, in nanoseconds: longer for a large payload, and at most
 * REPLAY_TIMEOUT_MAX_NS. */
static uint64_t slot_timeout(const struct replay *r) {
    uint64_t ns = SLOT_TIMEOUT_NS + (uint64_t)r->shape.payload_bytes * SLOT_TIMEOUT_NS_PER_BYTE;
    ns = ns < REPLAY_TIMEOUT_MAX_NS ? ns : REPLAY_TIMEOUT_MAX_NS;
    return r->options.timeout_ns ? r->options.timeout_ns : ns;
}

/* Opens fresh instances for the recording under way. */
static int open_targets(struct replay *r) {
    struct stk_replay_config config = {
        .targets = r->targets,
        .platform = {&stk_posix_platform_ops, NULL},
        .input = replay_give_input,
        .input_ctx = r,
        .slot_timeout_ns = slot_timeout(r),
    };
    struct stk_error_info info = {0};
    struct stk_arena arena;
    int bad = check_size(r), err;
    for (uint32_t i = 0; i < r->targets && bad == 0; i++) {
        bad = open_target(r, &r->sides[r->side_of[i]], &config.target[i]);
    }
    if (bad) {
        return bad;
    }
    err = stk_replay_bytes(r->shape.slots, &r->scratch_bytes);
    r->scratch = err == STK_OK ? cli_map(r->scratch_bytes) : NULL;
    if (!r->scratch) {
        return cli_bad("no memory to replay %u slots: free some memory", r->shape.slots);
    }
    stk_arena_init(&arena, r->scratch, r->scratch_bytes);
    err = stk_replay_init(&r->core, &config, &r->shape, &arena, &info);
    return err == STK_OK ? 0 : replay_refused(r, err, &info);
}

/* Goes to the first recording that is there from its start on. Returns 0, or CLI_BAD. */
static int find_recording(struct replay *r) {
    uint32_t skipped = 0;
    int found = stk_replay_find(&r->log.iter, &r->shape, &skipped);
    if (found < 0) {
        return cli_bad("%s: %s: %s", r->options.log, stk_err_name(found), cli_fix(found));
    }
    if (found == 0 && skipped == 0u) {
        return cli_bad("%s: the log is empty: record into it first", r->options.log);
    }
    if (found == 0) {
        return cli_bad("%s: the start of the recording was overwritten, %u record%s left of it: record again with "
                       "a larger --log-size",
                       r->options.log, skipped, skipped == 1u ? " is" : "s are");
    }
    if (skipped != 0u) {
        cli_note("%u record%s of an older recording, whose start was overwritten, passed over", skipped,
                 skipped == 1u ? " is" : "s are");
    }
    return 0;
}

int replay_run(struct replay *r) {
    int what = STK_REPLAY_RESTART, bad = find_recording(r);
    while (bad == 0 && what == STK_REPLAY_RESTART) {
        r->recordings++;
        bad = open_targets(r);
        if (bad == 0) {
            what = stk_replay_run(&r->core, &r->log.iter, &r->report);
            bad = what < 0 ? replay_trouble(r, what) : 0;
            r->epochs += r->report.epochs;
            r->slots += r->report.slots;
            r->skipped += r->report.skipped;
            r->shape = r->core.shape;
        }
        if (bad == 0 && what != STK_REPLAY_RESTART) {
            bad = replay_report(r, what);
        }
        close_targets(r);
    }
    return bad ? bad : what == STK_REPLAY_DIFFERS ? REPLAY_DIFFERS : CLI_OK;
}

void replay_close(struct replay *r) {
    replay_close_inputs(r);
    if (r->log_open) {
        log_image_close(&r->log);
    }
    cli_handlers_free(&r->handlers);
    free(r->tables);
}
