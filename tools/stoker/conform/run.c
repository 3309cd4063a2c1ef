/* Runs the records of a vector file.
 *
 * A record counts as passed when it compared something and all of it agreed; records that only set something up do not
 * count. Records of a kind or name that is not covered count as skipped, and so does every field that is no part of
 * the contract: the wording of the reference's messages, and readers of the reference that lose information. Of a
 * message the cause that it names is compared (causes.c). A record fails if it has a field that the code of this record
 * never read.
 */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "place.h"

/* The functions for the records of each "kind=". A file without a kind is a table of independent rows. */
static const struct {
    const char *kind;
    const struct handler *handlers[5];
} kinds[] = {
    {"", {table_handlers, task_handlers, hit_rate_handlers, telemetry_table_handlers}},
    {"ring", {ring_handlers, item_handlers}},
    {"control", {control_handlers}},
    {"debug", {debug_handlers}},
    {"host", {host_handlers}},
    {"io", {io_handlers}},
    {"constants", {constant_handlers}},
    {"tenant", {tenant_handlers, tenant_call_handlers}},
    {"task_queue", {task_handlers}},
    {"trace", {cache_handlers}},
    {"sequence", {telemetry_handlers, snapshot_sketch_handlers}},
    {"directed", {telemetry_handlers, snapshot_sketch_handlers}},
    {"malformed", {telemetry_edge_handlers, log_handlers, log_record_handlers}},
    {"sketch", {sketch_handlers}},
    {"written", {log_handlers, log_record_handlers}},
    {"failure", {log_handlers, log_record_handlers}},
    {"sessions", {log_handlers, log_record_handlers}},
    {"create_args", {log_handlers, log_record_handlers}},
};

/* Returns the handler for a record of this name in a file of this kind, or NULL. */
static const struct handler *find(const char *kind, const char *rec) {
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        if (strcmp(kinds[k].kind, kind) != 0) {
            continue;
        }
        for (const struct handler *const *table = kinds[k].handlers; *table != NULL; table++) {
            for (const struct handler *h = *table; h->rec != NULL; h++) {
                if (strcmp(h->rec, rec) == 0) {
                    return h;
                }
            }
        }
    }
    return NULL;
}

/* Returns true for the reference's lossy readers, which are no part of the contract. */
static bool is_lossy(const char *rec) {
    size_t len = strlen(rec);
    return len > 6 && strcmp(rec + len - 6, "_lossy") == 0;
}

/* Counts a record that has no handler. Keeps the first such record, which the summary names. */
static void skip_record(struct tally *total, const struct vec *v) {
    const char *rec = v->field[0].value;
    total->skipped++;
    if (!is_lossy(rec) && total->unknown_records++ == 0) {
        snprintf(total->first_unknown, sizeof total->first_unknown, "%s:%u", v->path, v->line);
    }
}

/* Counts a message of the reference whose cause has no code here. Keeps the first such message, which the summary
 * names. */
static void note_cause(struct tally *total, const struct vec *v) {
    if (v->unknown_cause && total->unknown_causes++ == 0) {
        snprintf(total->first_cause, sizeof total->first_cause, "%s:%u", v->path, v->line);
    }
}

/* Counts the fields that are no part of the contract as skipped. Any other field that nobody looked at is a hole in
 * this program. */
static void settle_fields(struct tally *total, struct vec *v) {
    unsigned before = v->skipped;
    vec_skip(v, "msg");
    v->unknown_cause |= v->skipped > before;
    note_cause(total, v);
    vec_skip(v, "lossy");
    vec_skip(v, "lossy_count");
    total->skipped += v->skipped;
    if (v->bad > 0) {
        return; /* the handler may have stopped early, so no check may have read some of the fields */
    }
    for (unsigned i = 1; i < v->fields; i++) {
        if (!v->field[i].seen) {
            vec_differ(v, v->field[i].key, v->field[i].value, "(nothing compares this field)");
        }
    }
}

/* Runs one record and counts it as passed, failed or skipped. A record that compared nothing is not counted. */
static void run_record(struct tally *total, struct vec *v, struct world *w, const char *kind) {
    const struct handler *h = find(kind, v->field[0].value);
    if (h == NULL) {
        skip_record(total, v);
        return;
    }
    h->run(v, w);
    if (v->skip) {
        total->skipped++;
        return;
    }
    settle_fields(total, v);
    if (v->bad > 0) {
        total->failed++;
    } else if (v->checks > 0) {
        total->passed++;
    }
}

/* Stores the kind of a case, which chooses the handlers of the records that follow. Where the kind has a handler named
 * "case", runs this handler: the case record then has the values for the set-up. */
static void begin_case(struct tally *total, struct vec *v, struct world *w, char *kind, size_t size) {
    snprintf(kind, size, "%s", vec_need(v, "kind"));
    const struct handler *h = find(kind, "case");
    if (h != NULL) {
        h->run(v, w);
    }
    total->failed += v->bad > 0;
}

void run_text(struct tally *total, const char *path, char *text) {
    struct vec v = {.path = path};
    struct world w = {0};
    char kind[32] = "";
    bool any = false;
    for (char *line = text, *end; line != NULL && *line != '\0'; line = end) {
        v.line++;
        end = strchr(line, '\n');
        if (end != NULL) {
            *end++ = '\0';
        }
        if (*line == '#' || *line == '\0') {
            continue;
        }
        const char *wrong = vec_parse(&v, line);
        any = true;
        if (wrong != NULL) {
            printf("%s:%u: not a record: %s\n", path, v.line, wrong);
            total->failed++;
        } else if (strcmp(v.field[0].value, "case") == 0) {
            begin_case(total, &v, &w, kind, sizeof kind);
        } else {
            run_record(total, &v, &w, kind);
        }
    }
    if (!any) {
        printf("%s:%u: no record in the file\n", path, v.line + (v.line == 0));
        total->failed++;
    }
    world_free(&w);
}

/// Files ///

void run_unreadable(struct tally *total, const char *path, const char *why) {
    printf("%s: cannot be read: %s\n", path, why);
    total->failed++;
}

/* Returns the number of the line on which `text` ends. */
static unsigned last_line(const char *text) {
    unsigned line = 1;
    for (; *text != '\0'; text++) {
        line += *text == '\n';
    }
    return line;
}

void run_file(struct tally *total, const char *path) {
    struct bytes b = {0};
    const char *wrong = place_read(path, &b);
    total->files++;
    if (wrong != NULL) {
        run_unreadable(total, path, wrong);
        return;
    }
    char *text = vec_alloc(b.len + 1);
    memcpy(text, b.p, b.len);
    free(b.p);
    if (strlen(text) == b.len) {
        run_text(total, path, text);
    } else {
        printf("%s:%u: not a record: a NUL in the text\n", path, last_line(text));
        total->failed++;
    }
    free(text);
}
