/* The temporary folder of the replay log files, and the log that is open in it. */
#include "log_world.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Removes the temporary folder and the files in it. It has no folders inside. */
static void remove_folder(const char *folder) {
    char path[LOG_PATH_BYTES];
    DIR *d = opendir(folder);
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        if (e->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
            (void)unlink(path);
        }
    }
    if (d != NULL) {
        closedir(d);
    }
    (void)rmdir(folder);
}

void log_close(struct log_world *l) {
    if (l->open) {
        stk_file_close(&l->file);
    }
    l->open = false;
}

void log_world_free(struct world *w) {
    if (w->logs != NULL) {
        log_close(w->logs);
        remove_folder(w->logs->folder);
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
        const char *base = getenv("TMPDIR");
        int n = snprintf(l->folder, sizeof l->folder, "%s/stoker-conform-XXXXXX", base != NULL ? base : "/tmp");
        /* An empty name says that there is no folder, so that each later record fails too. */
        if (n >= (int)sizeof l->folder || mkdtemp(l->folder) == NULL) {
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
    FILE *out = bytes_of_file(from, &b) == NULL ? fopen(to, "wb") : NULL;
    bool done = out != NULL && fwrite(b.p, 1, b.len, out) == b.len;
    if (out != NULL) {
        done = fclose(out) == 0 && done;
    }
    free(b.p);
    return done;
}

bool log_path(struct vec *v, struct log_world *l, const char *key, char *path) {
    char stored[LOG_PATH_BYTES];
    const char *name = vec_need(v, key);
    /* A name from a vector file must not lead out of the temporary folder. */
    if (name[0] == '/' || name[0] == '.' || strstr(name, "/.") != NULL || strlen(name) > 200) {
        vec_differ(v, key, "a name within the folder", name);
        return false;
    }
    snprintf(path, LOG_PATH_BYTES, "%s/%.200s", l->folder, name);
    log_stored(l, name, stored);
    if (strcmp(name, l->created) != 0 && access(path, F_OK) != 0 && access(stored, R_OK) == 0 &&
        !log_copy(stored, path)) {
        vec_differ(v, key, "a file that can be copied", stored);
        return false;
    }
    return true;
}
