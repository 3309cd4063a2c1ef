/* Prints the results of a scan as one JSON object. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "json_out.h"
#include "scan.h"

/* Returns the counts over all files, in the order in which the patterns were given. */
static json_t *patterns_json(const struct scan *s) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < s->patterns.count; i++) {
        json_t *item = json_object();
        cli_json_set(item, "pattern", s->patterns.items[i].bytes, s->patterns.items[i].len);
        cli_json_set_number(item, "count", s->occurrences[i]);
        json_array_append_new(list, item);
    }
    return list;
}

/* Returns each file with its count, or with its error and a count of null. */
static json_t *files_json(const struct scan *s) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < s->options.file_count; i++) {
        const struct scan_file *f = &s->files[i];
        json_t *item = json_object();
        cli_json_set(item, "file", f->name, strlen(f->name));
        cli_json_set_number(item, "bytes", f->bytes);
        json_object_set_new(item, "count", f->err == STK_OK ? json_integer((json_int_t)f->count) : json_null());
        if (f->err != STK_OK) {
            json_object_set_new(item, "error", json_string(stk_err_name(f->err)));
            json_object_set_new(item, "os_error", json_integer(f->os_error));
        }
        json_array_append_new(list, item);
    }
    return list;
}

/* Returns the listed matches. Files and patterns are indices of the other arrays. */
static json_t *matches_json(const struct scan *s) {
    json_t *list = json_array();
    for (size_t i = 0; i < s->matches.count; i++) {
        const struct match *m = &s->matches.items[i];
        json_array_append_new(list, json_pack("{s:I, s:I, s:I, s:I}", "file", (json_int_t)m->file, "offset",
                                              (json_int_t)m->start, "length", (json_int_t)m->length, "pattern",
                                              (json_int_t)m->pattern));
    }
    return list;
}

/* Adds the properties of a device. With several devices, also adds the work that this device did. */
static void set_device(json_t *o, const struct scan_device *d) {
    cli_json_set(o, "device", d->info.device, strlen(d->info.device));
    json_object_set_new(o, "dispatch", json_string(d->device.dispatch.ops->name));
    json_object_set_new(o, "residency", json_string(cli_residency_name(d->info.residency)));
    cli_json_set(o, "memory", d->info.memory, strlen(d->info.memory));
    cli_json_set_number(o, "workers", d->info.workers);
    cli_json_set_number(o, "lanes", d->info.lanes);
    if (d->device.is_opencl) {
        json_object_set_new(o, "program", json_string(cli_built_word(d->device.opencl.built_from)));
        json_object_set_new(o, "handshake", json_string(cli_proved_word(d->device.opencl.proved_from)));
    }
    json_object_set_new(o, "reader", json_string(d->reader.name));
    cli_json_set_number(o, "readers", d->reader.readers);
    json_object_set_new(o, "ring", json_string(d->reader.ring));
}

/* Returns what each device did. A lost device has the slots that it ended before. */
static json_t *devices_json(const struct scan *s) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < s->device_count; i++) {
        const struct scan_device *d = &s->devices[i];
        json_t *o = json_object();
        set_device(o, d);
        cli_json_set_number(o, "slots", d->stream.stats.slots);
        cli_json_set_number(o, "bytes", scan_device_bytes(d));
        cli_json_set_number(o, "launches", d->info.launches);
        json_object_set_new(o, "lost", json_boolean(d->lost));
        json_array_append_new(list, o);
    }
    return list;
}

/* Adds the notes that were written to standard error. */
static void set_notes(json_t *o, const struct scan *s) {
    json_object_set_new(o, "notes", json_array());
    for (uint32_t i = 0; i < s->device_count; i++) {
        cli_json_add(o, "notes", s->devices[i].device.note);
        cli_json_add(o, "notes", scan_reader_note(&s->devices[i]));
    }
    for (uint32_t i = 0; i < s->patterns.note_count; i++) {
        cli_json_add(o, "notes", s->patterns.notes[i]);
    }
}

static json_t *paths_json(const struct scan_stats *t) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < STK_URING_PATHS; i++) {
        const struct stk_uring_path_stats *p = &t->path[i];
        if (p->submitted != 0u) {
            json_t *o = json_object();
            json_object_set_new(o, "path", json_string(stk_uring_path_name((enum stk_uring_path)i)));
            json_object_set_new(o, "copies",
                                json_string(stk_uring_copies_name(stk_uring_copies(p, (enum stk_uring_path)i))));
            cli_json_set_number(o, "reads", p->submitted);
            cli_json_set_number(o, "registered_requests", p->registered);
            cli_json_set_number(o, "plain_requests", p->plain);
            cli_json_set_number(o, "bytes", p->bytes);
            cli_json_set_number(o, "bounce_bytes", p->bounce_bytes);
            json_array_append_new(list, o);
        }
    }
    return list;
}

/* Returns the times and counters of --stats as an object, under the same names as in the text where these are one
 * word. */
static json_t *stats_json(const struct scan *s) {
    const struct scan_stats *t = &s->stats;
    json_t *o = json_object();
    set_device(o, &s->devices[0]);
    if (s->device_count > 1u) {
        json_object_set_new(o, "devices", devices_json(s));
    }
    if (s->late.why[0]) {
        json_object_set_new(o, "choice", json_string(s->late.why));
    }
    set_notes(o, s);
    cli_json_set_number(o, "slots", t->slots);
    cli_json_set_number(o, "bytes", t->bytes);
    cli_json_set_number(o, "bounce_bytes", t->bounce_bytes);
    cli_json_set_number(o, "reads", t->reads);
    json_object_set_new(o, "paths", paths_json(t));
    cli_json_set_number(o, "launches", t->launches);
    json_object_set_new(o, "bounded_by", json_string(cli_bound_name(&s->bound)));
    cli_json_set_number(o, "reading_ns", s->bound.reading_ns);
    cli_json_set_number(o, "device_ns", s->bound.device_ns);
    cli_json_set_number(o, "host_ns", s->bound.host_ns);
    cli_json_set_number(o, "latency_p50_ns", histogram_at(&t->latency, 50000));
    cli_json_set_number(o, "latency_p99_ns", histogram_at(&t->latency, 99000));
    cli_json_set_number(o, "elapsed_ns", t->elapsed_ns);
    json_object_set_new(o, "gb_per_s", json_real(t->elapsed_ns ? (double)t->bytes / (double)t->elapsed_ns : 0.0));
    return o;
}

int scan_report_json(struct scan *s) {
    json_t *root = json_object();
    cli_json_set_number(root, "total", s->total);
    if (!s->options.count) {
        json_object_set_new(root, "patterns", patterns_json(s));
    }
    json_object_set_new(root, "files", files_json(s));
    if (s->options.offsets) {
        json_object_set_new(root, "offsets", matches_json(s));
    }
    if (s->options.stats) {
        json_object_set_new(root, "stats", stats_json(s));
    }
    return cli_json_print(root, 6);
}
