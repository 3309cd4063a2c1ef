/* The output of stoker info as JSON. Each function adds to the object that cmd_info.c made. */
#include <string.h>
#include <sys/resource.h>

#include "info.h"
#include "scan.h"
#include "json_out.h"

/* Sets a text. Texts of drivers may have bytes that are no UTF-8. */
static void text(json_t *o, const char *key, const char *value) {
    cli_json_set(o, key, value, strlen(value));
}

void info_json_device(json_t *o, uint32_t index, const struct stk_opencl_device *d) {
    cli_json_set_number(o, "index", index);
    text(o, "name", d->name);
    text(o, "platform", d->platform);
    text(o, "version", d->version);
    text(o, "driver", d->driver);
    cli_json_set_number(o, "units", d->compute_units);
    cli_json_set_number(o, "memory_bytes", d->memory);
    json_object_set_new(o, "svm_fine_grain", json_boolean(d->fine_grain));
    json_object_set_new(o, "svm_atomics", json_boolean(d->svm_atomics));
}

void info_json_opened(json_t *o, struct stk_opencl *cl, int err, const char *reason) {
    struct stk_dispatch_info info;
    /* null: the device has no mode that works; "reason" says why. */
    if (err != STK_OK) {
        json_object_set_new(o, "residency", json_null());
        text(o, "reason", reason);
        text(o, "error", stk_err_name(err));
        return;
    }
    stk_opencl_ops.info(cl, &info);
    text(o, "residency", cli_residency_name(info.residency));
    text(o, "reason", info.reason);
    text(o, "memory", info.memory);
    text(o, "program", cli_built_word(cl->built_from));
    text(o, "handshake", cli_proved_word(cl->proved_from));
    text(o, "note", cl->persist_note);
    cli_json_set_number(o, "workers", cl->config.workers);
    cli_json_set_number(o, "lanes", cl->config.lanes);
    cli_json_set_number(o, "scan_chunk", SCAN_CHUNK_DEFAULT);
    cli_json_set_number(o, "scan_depth", scan_depth_of(cl->config.workers));
    cli_json_set_number(o, "turns", cl->stats.turns);
    cli_json_set_number(o, "idle_turns", cl->stats.idle_turns);
    /* Only BATCH copies ring and control buffer in each launch. */
    if (info.residency == STK_BATCH) {
        cli_json_set_number(o, "copied_bytes", info_copied_bytes(cl));
    }
}

void info_json_probe(json_t *o, const struct stk_opencl *cl, int err, enum stk_residency residency,
                     enum stk_opencl_memory memory, double seconds) {
    const struct stk_opencl_outcome *found = &cl->outcome;
    json_t *p = json_object();
    /* The first probe of a device makes the array. */
    if (!json_object_get(o, "probes")) {
        json_object_set_new(o, "probes", json_array());
    }
    text(p, "residency", cli_residency_name(residency));
    text(p, "memory", cli_memory_word(memory));
    json_object_set_new(p, "works", json_boolean(err == STK_OK));
    json_object_set_new(p, "seconds", json_real(seconds));
    if (err != STK_OK) {
        text(p, "reason", cl->reason);
        text(p, "error", stk_err_name(err));
        text(p, "build_log", cl->build_log);
    } else {
        cli_json_set_number(p, "rounds", found->rounds);
        cli_json_set_number(p, "p50_ns", found->p50_ns);
        cli_json_set_number(p, "items", found->items);
        cli_json_set_number(p, "items_ns", found->items_ns);
        cli_json_set_number(p, "adds", found->adds);
        cli_json_set_number(p, "adds_lost", found->adds_lost);
        json_object_set_new(p, "turn_ns", json_real((double)found->turn_cost / 20000.0));
    }
    json_array_append_new(json_object_get(o, "probes"), p);
}

void info_json_reader(json_t *o, const struct cli_reader *r) {
    char described[CLI_READER_TEXT];
    text(o, "reader", r->name);
    cli_json_set_number(o, "readers", r->readers);
    text(o, "reader_setup", cli_reader_describe(r, described));
    text(o, "reader_note", r->note);
    text(o, "ring", r->ring);
    cli_json_set_number(o, "cpus", stk_reader_pool_cpus());
}

void info_json_limits(json_t *o, const char *uring, int locked_known, uint64_t locked_bytes) {
    text(o, "io_uring", uring);
    /* null: unlimited, or not known. */
    json_object_set_new(o, "locked_memory_bytes",
                        locked_known && locked_bytes != RLIM_INFINITY ? json_integer((json_int_t)locked_bytes)
                                                                      : json_null());
    cli_json_set_number(o, "ring_slots_max", STK_RING_SLOTS_INIT_MAX);
    cli_json_set_number(o, "stream_depth_max", STK_STREAM_DEPTH_MAX);
    cli_json_set_number(o, "io_slots_max", STK_IO_SLOTS_MAX);
    text(o, "version", stk_version());
    json_object_set_new(o, "wire_format", json_pack("[i, i]", STK_WIRE_MAJOR, STK_WIRE_MINOR));
}

void info_json_machine(json_t *o, const struct stk_uring_machine *m) {
    cli_json_set_number(o, "nvme_devices", m->nvme_devices);
    cli_json_set_number(o, "peer_to_peer_devices", m->p2p_devices);
    cli_json_set_number(o, "peer_to_peer_bytes", m->p2p_bytes);
}

void info_json_store(json_t *o, const struct cli_store *s, const struct stk_store_stats *stats) {
    json_t *store = json_object();
    text(store, "file", s->path);
    cli_json_set_number(store, "records", stats->artifacts);
    cli_json_set_number(store, "bytes", stats->bytes);
    cli_json_set_number(store, "file_bytes", (uint64_t)s->file.geometry.blocks * s->file.geometry.block_bytes);
    cli_json_set_number(store, "found", stats->hits);
    cli_json_set_number(store, "put", stats->puts);
    cli_json_set_number(store, "damaged", stats->corrupt);
    json_object_set_new(o, "store", store);
}
