/* The temporary folder of the replay log files, and the log that is open in it. */
#include "log_world.h"

#include "place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void log_close(struct log_world *l) {
    if (l->open) {
        stk_file_close(&l->file);
    }
    l->open = false;
}

void log_world_free(struct world *w) {
    if (w->logs != NULL) {
        log_close(w->logs);
        place_remove(w->logs->folder);
        free(w->logs->records);
        free(w->logs);
        w->logs = NULL;
    }
}

struct log_world *log_world(struct vec *v, struct world *w) {
    const char *slash = strrchr(v->path, '/');
    struct log_world *l = w->logs;
    if (l == NULL) {
        l = w->logs = vec_alloc(sizeof *l);
        /* An empty name says that there is no folder, so that each later record fails too. */
        if (!place_make(l->folder, sizeof l->folder)) {
            l->folder[0] = '\0';
        }
        snprintf(l->stored, sizeof l->stored, "%.*s", slash == NULL ? 1 : (int)(slash - v->path),
                 slash == NULL ? "." : v->path);
    }
    if (l->folder[0] == '\0') {
        vec_differ(v, "file", "a folder below TMPDIR", "none can be made");
        return NULL;
    }
    return l;
}

void log_stored(const struct log_world *l, const char *name, char *path) {
    snprintf(path, LOG_PATH_BYTES, "%s/%.200s", l->stored, name);
}

bool log_copy(const char *from, const char *to) {
    struct bytes b = {NULL, 0};
    bool done = place_read(from, &b) == NULL && place_write(to, &b);
    free(b.p);
    return done;
}

bool log_path(struct vec *v, struct log_world *l, const char *key, char *path) {
    char stored[LOG_PATH_BYTES];
    uint64_t size;
    const char *name = vec_need(v, key);
    /* A name from a vector file must not lead out of the temporary folder. */
    if (name[0] == '/' || name[0] == '.' || strstr(name, "/.") != NULL || strlen(name) > 200) {
        vec_differ(v, key, "a name within the folder", name);
        return false;
    }
    snprintf(path, LOG_PATH_BYTES, "%s/%.200s", l->folder, name);
    log_stored(l, name, stored);
    if (strcmp(name, l->created) != 0 && !place_size(path, &size) && place_size(stored, &size) &&
        !log_copy(stored, path)) {
        vec_differ(v, key, "a file that can be copied", stored);
        return false;
    }
    return true;
}
