/* Runs every vector file below a directory against the library.
 *
 * A record counts as passed when it compared something and all of it agreed; records that only set something up do not
 * count. Records of a kind or name that is not covered count as skipped, and so does every field that is no part of
 * the contract: the reference's message texts and lossy readers. A field that nobody asked for fails its record.
 */
#include "cases.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct { unsigned passed, failed, skipped, files; } total;

/* Which handlers a "kind=" brings. Files without one are tables of independent rows. */
static const struct {
    const char *kind;
    const struct handler *handlers[4];
} kinds[] = {
    {"", {table_handlers, task_handlers, hit_rate_handlers}},
    {"ring", {ring_handlers, item_handlers}},
    {"control", {control_handlers}},
    {"debug", {debug_handlers}},
    {"host", {host_handlers}},
    {"io", {io_handlers}},
    {"constants", {constant_handlers}},
    {"tenant", {tenant_handlers, tenant_call_handlers}},
    {"task_queue", {task_handlers}},
    {"trace", {cache_handlers}},
};

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

/* Fields that are no part of the contract count as skipped; others that nobody looked at are a hole in this program. */
static void settle_fields(struct vec *v) {
    vec_skip(v, "msg");
    vec_skip(v, "lossy");
    vec_skip(v, "lossy_count");
    total.skipped += v->skipped;
    for (unsigned i = 1; i < v->fields; i++) {
        if (!v->field[i].seen) {
            vec_differ(v, v->field[i].key, v->field[i].value, "(nothing compares this field)");
        }
    }
}

static void run_record(struct vec *v, struct world *w, const char *kind) {
    const struct handler *h = find(kind, v->field[0].value);
    if (h == NULL) {
        total.skipped++;
        return;
    }
    h->run(v, w);
    if (v->skip) {
        total.skipped++;
        return;
    }
    settle_fields(v);
    if (v->bad > 0) {
        total.failed++;
    } else if (v->checks > 0) {
        total.passed++;
    }
}

static void run_lines(const char *path, char *text) {
    struct vec v = {.path = path};
    struct world w = {0};
    char kind[32] = "";
    for (char *line = text, *end; line != NULL && *line != '\0'; line = end) {
        v.line++;
        end = strchr(line, '\n');
        if (end != NULL) {
            *end++ = '\0';
        }
        if (*line == '#' || *line == '\0') {
            continue;
        }
        if (!vec_parse(&v, line)) {
            printf("%s:%u: not a record\n", path, v.line);
            total.failed++;
        } else if (strcmp(v.field[0].value, "case") == 0) {
            const char *name = vec_get(&v, "kind");
            snprintf(kind, sizeof kind, "%s", name == NULL ? "?" : name);
            const struct handler *h = find(kind, "case"); /* where the case itself says what to make */
            if (h != NULL) {
                h->run(&v, &w);
            }
        } else {
            run_record(&v, &w, kind);
        }
    }
    world_free(&w);
}

static void run_file(const char *path) {
    FILE *f = fopen(path, "rb");
    struct stat st;
    if (f == NULL || stat(path, &st) != 0) {
        printf("%s: cannot be read\n", path);
        total.failed++;
        if (f != NULL) {
            fclose(f);
        }
        return;
    }
    char *text = vec_alloc((size_t)st.st_size + 1);
    if (fread(text, 1, (size_t)st.st_size, f) != (size_t)st.st_size) {
        printf("%s: cannot be read whole\n", path);
        total.failed++;
    } else {
        total.files++;
        run_lines(path, text);
    }
    free(text);
    fclose(f);
}

static bool is_vector(const char *name) {
    static const char *const ends[] = {".case", ".table", ".expect", ".trace"};
    for (unsigned i = 0; i < 4; i++) {
        size_t len = strlen(name), tail = strlen(ends[i]);
        if (len > tail && strcmp(name + len - tail, ends[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void run_directory(const char *path) {
    struct dirent **entry;
    struct stat st;
    int count = scandir(path, &entry, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        size_t len = strlen(path) + strlen(entry[i]->d_name) + 2;
        char *below = vec_alloc(len);
        snprintf(below, len, "%s/%s", path, entry[i]->d_name);
        if (entry[i]->d_name[0] != '.' && stat(below, &st) == 0) {
            if (S_ISDIR(st.st_mode)) {
                run_directory(below);
            } else if (is_vector(below)) {
                run_file(below);
            }
        }
        free(below);
        free(entry[i]);
    }
    if (count >= 0) {
        free(entry);
    }
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: test_conformance DIRECTORY\n");
        return 2;
    }
    run_directory(argv[1]);
    if (total.files == 0) {
        fprintf(stderr, "test_conformance: no vector file below %s: name a directory that has some\n", argv[1]);
        return 2;
    }
    printf("%u passed, %u failed, %u skipped\n", total.passed, total.failed, total.skipped);
    return total.failed == 0 ? 0 : 1;
}
