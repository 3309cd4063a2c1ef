/* Records of telemetry: a snapshot is decoded from two files, and further records ask for its parts. */
#include "place.h"
#include "telemetry_world.h"

#include "stoker/watchdog.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Returns a whole file that lies beside the vector file; empty when it cannot be read. */
static struct bytes image(struct vec *v, const char *file_key, const char *len_key) {
    const char *name = vec_need(v, file_key), *slash = strrchr(v->path, '/');
    int folder = slash == NULL ? 0 : (int)(slash - v->path) + 1;
    size_t room = (size_t)folder + strlen(name) + 1;
    uint64_t len = vec_u64(v, len_key);
    struct bytes b = {0};
    char *path = vec_alloc(room);
    snprintf(path, room, "%.*s%s", folder, v->path, name);
    const char *wrong = place_read(path, &b);
    if (wrong != NULL) {
        vec_differ(v, file_key, path, wrong);
    } else if (b.len != len) {
        vec_differ(v, len_key, vec_get(v, len_key), "a file of another length");
    }
    free(path);
    return b;
}

/* For a record "snapshot": decodes two files, and keeps the snapshot under its number. */
static void do_snapshot(struct vec *v, struct world *w) {
    struct telemetry_world *t = telemetry_world(w);
    uint32_t *list, snap = vec_u32(v, "snap");
    struct stk_opcodes opcodes = {.count = (uint32_t)vec_numbers(v, "window_opcodes", ",", 1, &list)};
    struct bytes control = image(v, "control_file", "control_len"), ring = image(v, "ring_file", "ring_len");
    opcodes.list = list;
    int err = telemetry_decode(t, &control, &ring, &opcodes);
    if (err != STK_OK || snap >= SNAPSHOTS) {
        vec_differ(v, "snap", "a snapshot that decodes", err != STK_OK ? stk_err_name(err) : "too high a number");
    } else {
        t->snapshot[snap] = t->telemetry.snapshot;
    }
    free(control.p);
    free(ring.p);
    free(list);
}

/* Returns the last snapshot. The records of a script name its number again. */
static struct stk_telemetry *current(struct vec *v, struct world *w) {
    (void)vec_u32(v, "snap");
    return &telemetry_world(w)->telemetry;
}

/* Compares the counts of the statuses from `first` up to `end`. */
static void expect_statuses(struct vec *v, const uint32_t *count, uint32_t first, uint32_t end) {
    static const char *const names[] = {"empty", "published", "claimed", "done",   "wait_io",
                                        "yield", "requeue",   "fault",   "unknown"};
    for (uint32_t s = first; s < end; s++) {
        vec_expect_u64(v, names[s], count[s]);
    }
}

/* For a record "occupancy": compares the number of slots in each status. */
static void do_occupancy(struct vec *v, struct world *w) {
    const struct stk_occupancy *o = &current(v, w)->snapshot.occupancy;
    expect_statuses(v, o->count, STK_SLOT_EMPTY, STK_STATUS_KINDS);
    vec_expect_u64(v, "total_slots", o->slots);
    vec_expect_u64(v, "queue_depth", stk_occupancy_depth(o));
}

/* Compares the counters that are not 0, as a list opcode:count. */
static void expect_metrics(struct vec *v, const uint32_t *metrics) {
    char text[STK_CTL_METRICS_SLOTS * 16] = "-";
    for (uint32_t i = 0, at = 0; i < STK_CTL_METRICS_SLOTS; i++) {
        if (metrics[i] != 0) {
            at += (uint32_t)sprintf(text + at, "%s%" PRIu32 ":%" PRIu32, at == 0 ? "" : ",", i, metrics[i]);
        }
    }
    vec_expect_text(v, "metrics", text);
}

/* For a record "control": compares the control words. */
static void do_control(struct vec *v, struct world *w) {
    const struct stk_control_state *c = &current(v, w)->snapshot.control;
    vec_expect_u64(v, "shutdown", c->shutdown != 0);
    vec_expect_u64(v, "done_count", c->done_count);
    vec_expect_u64(v, "epoch", c->epoch);
    expect_metrics(v, c->metrics);
    expect_list32(v, "tenant_fairness", c->tenant_fairness, STK_CTL_TENANT_FAIRNESSES);
    expect_list32(v, "priority_fairness", c->priority_fairness, STK_PRIORITIES);
}

/* For a record "slots": compares a hash over all rows, in the byte order of the reference. */
static void do_slots(struct vec *v, struct world *w) {
    const struct stk_telemetry *t = current(v, w);
    uint32_t slots = t->snapshot.occupancy.slots;
    uint8_t *bytes = vec_alloc((size_t)slots * 28);
    char hash[20];
    for (uint32_t i = 0; i < slots; i++) {
        const struct stk_row *r = &t->rows[i];
        const uint32_t words[] = {i, r->status, r->tenant, r->opcode, r->args[0], r->args[1], r->args[2]};
        for (uint32_t k = 0; k < 28; k++) {
            bytes[(size_t)i * 28 + k] = (uint8_t)(words[k / 4] >> (8 * (k % 4)));
        }
    }
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)vec_fnv1a64(bytes, (size_t)slots * 28));
    vec_expect_u64(v, "count", slots);
    vec_expect_text(v, "fnv1a64", hash);
    free(bytes);
}

/* For a record "slot": compares one row. */
static void do_slot(struct vec *v, struct world *w) {
    static const char *const names[] = {"Empty", "Published", "Claimed", "Done",   "WaitIo",
                                        "Yield", "Requeue",   "Fault",   "Unknown"};
    const struct stk_telemetry *t = current(v, w);
    uint32_t i = vec_u32(v, "i");
    if (i >= t->snapshot.occupancy.slots) {
        vec_differ(v, "i", "a slot", "none");
        return;
    }
    const struct stk_row *r = &t->rows[i];
    vec_expect_text(v, "status", names[r->status < STK_UNKNOWN ? r->status : STK_UNKNOWN]);
    vec_expect_u64(v, "status_raw", r->status);
    vec_expect_u64(v, "active", stk_status_active(r->status) != 0);
    vec_expect_u64(v, "tenant_id", r->tenant);
    vec_expect_u64(v, "opcode", r->opcode);
    expect_list32(v, "args_prefix", r->args, 3);
}

/* For a record "windows": compares how many ticketed windows there are, and how many are active. */
static void do_windows(struct vec *v, struct world *w) {
    const struct stk_telemetry *t = current(v, w);
    uint32_t *active = vec_alloc(t->window_count * sizeof *active);
    vec_expect_u64(v, "count", t->window_count);
    vec_expect_u64(v, "active", (uint64_t)stk_telemetry_active_windows(t, active, t->window_count, NULL));
    free(active);
}

/* For a record "window": compares one ticketed window. */
static void do_window(struct vec *v, struct world *w) {
    const struct stk_telemetry *t = current(v, w);
    uint32_t i = vec_u32(v, "i");
    if (i >= t->window_count) {
        vec_differ(v, "i", "a window", "none");
        return;
    }
    const struct stk_ticketed_window *window = &t->windows[i];
    vec_expect_u64(v, "ticket", window->ticket);
    vec_expect_u64(v, "tenant_id", window->tenant);
    vec_expect_u64(v, "opcode", window->opcode);
    vec_expect_u64(v, "required_slots", window->required);
    vec_expect_u64(v, "lookahead_slots", window->lookahead);
    expect_statuses(v, window->count, STK_SLOT_PUBLISHED, STK_UNKNOWN);
    vec_expect_u64(v, "active", stk_ticketed_window_active(window) != 0);
}

/* For a record "counters": compares the counters and rates of a snapshot; they have the reference's names. */
static void do_counters(struct vec *v, struct world *w) {
    struct stk_runtime_counters c;
    stk_runtime_counters(&current(v, w)->snapshot, &c);
    vec_expect_text(v, "result", "ok");
    vec_expect_u64(v, "total_slots", c.slots);
    vec_expect_u64(v, "queue_depth", c.depth);
    vec_expect_u64(v, "gpu_idle_slots", c.idle_slots);
    vec_expect_u64(v, "gpu_idle_ppm", c.idle_ppm);
    vec_expect_u64(v, "frontier_density_bps", c.depth_bps);
    vec_expect_u64(v, "occupancy_proxy_bps", c.occupied_bps);
    vec_expect_u64(v, "drained_slots", c.done);
    vec_expect_u64(v, "unreclaimed_done_slots", c.unharvested);
    vec_expect_u64(v, "tenant_fairness_total", c.tenant_total);
    vec_expect_u64(v, "tenant_fairness_skew", c.tenant_skew);
    vec_expect_u64(v, "priority_fairness_total", c.priority_total);
    vec_expect_u64(v, "requeue_slots", c.requeued);
    vec_expect_u64(v, "fault_slots", c.faulted);
}

/* For a record "priority": compares whether to drain before more is published. */
static void do_priority(struct vec *v, struct world *w) {
    struct stk_priority_accounting a;
    stk_priority_accounting(&current(v, w)->snapshot, &a);
    bool drain = stk_priority_drain(&a) == STK_DRAIN_PENDING;
    vec_expect_u64(v, "requeue_count", a.requeued);
    vec_expect_u64(v, "aged_promotions", a.promoted);
    vec_expect_u64(v, "max_priority_age", a.oldest);
    vec_expect_u64(v, "should_drain", drain);
    vec_expect_text(v, "reason", drain ? "pending_telemetry" : "none");
}

/* For a record "active_slots": compares the active slots of an opcode, the first 64 of them. */
static void do_active_slots(struct vec *v, struct world *w) {
    const struct stk_telemetry *t = current(v, w);
    uint32_t slots = t->snapshot.occupancy.slots;
    uint32_t *active = vec_alloc(slots * sizeof *active);
    int count = stk_telemetry_active_slots(t, vec_u32(v, "opcode"), active, slots, NULL);
    vec_expect_u64(v, "count", (uint64_t)count);
    expect_list32(v, "slots", active, count > 64 ? 64u : (size_t)count);
    free(active);
}

/* For a record "health": compares two snapshots, as the watchdog does. */
static void do_health(struct vec *v, struct world *w) {
    const struct telemetry_world *t = telemetry_world(w);
    uint32_t prev = vec_u32(v, "prev"), cur = vec_u32(v, "cur");
    struct stk_watchdog dog;
    int err = prev < SNAPSHOTS && cur < SNAPSHOTS ? stk_watchdog(&t->snapshot[prev], &t->snapshot[cur], &dog, NULL)
                                                  : STK_E_RANGE;
    if (!vec_expect_result(v, VEC_TELEMETRY, err)) {
        return;
    }
    vec_expect_u64(v, "done_delta", dog.done_delta);
    vec_expect_u64(v, "queue_depth", dog.depth);
    vec_expect_u64(v, "fault_slots", dog.faulted);
    vec_expect_u64(v, "requeue_slots", dog.requeued);
    vec_expect_u64(v, "gpu_idle_ppm", dog.idle_ppm);
    vec_expect_u64(v, "suspected_stall", dog.stalled_reference);
}

const struct handler telemetry_handlers[] = {
    {"snapshot", do_snapshot}, {"occupancy", do_occupancy},       {"control", do_control}, {"slots", do_slots},
    {"slot", do_slot},         {"windows", do_windows},           {"window", do_window},   {"counters", do_counters},
    {"priority", do_priority}, {"active_slots", do_active_slots}, {"health", do_health},   {NULL, NULL},
};
