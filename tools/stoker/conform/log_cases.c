/* Replay log files of version 1: each case works on files in a temporary folder. Making, opening and comparing them;
 * their records are in log_record_cases.c. */
#include "log_world.h"
#include "place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Making and opening ///

/* Makes or opens the log. The reference checks the capacity that it is given before it looks at the file. */
static int attach(struct log_world *l, const char *path, bool create, uint64_t *capacity) {
    struct stk_file_config config = {.path = path, .block_bytes = STK_FILE_WHOLE, .prog_unit = 1, .create = create};
    struct stk_error_info info = {.value = *capacity};
    uint32_t bytes;
    log_close(l);
    int err = stk_vrrl_bytes(*capacity, &bytes);
    if (err != STK_OK) {
        return err;
    }
    config.grow = !create;
    config.bytes = create ? bytes : STK_VRRL_BYTES(STK_VRRL_CAPACITY_MAX);
    err = stk_file_open(&l->file, &config);
    if (err != STK_OK) {
        return err;
    }
    l->open = true;
    err = create ? stk_vrrl_create(&l->log, &(struct stk_flash_port){&stk_file_flash_ops, &l->file}, *capacity)
                 : stk_vrrl_open(&l->log, &(struct stk_flash_port){&stk_file_flash_ops, &l->file}, &info);
    *capacity = info.value;
    return err;
}

/* Makes or opens the file, and compares capacity and cursor of the log. */
static void attach_and_compare(struct vec *v, struct log_world *l, const char *path, bool create) {
    uint64_t capacity = vec_u64(v, "arg_capacity");
    if (v->bad > 0) {
        return;
    }
    int err = attach(l, path, create, &capacity);
    if (log_expect_result(v, VEC_LOG, err, capacity)) {
        vec_expect_u64(v, "capacity", l->log.capacity);
        vec_expect_u64(v, "cursor", l->log.cursor);
    } else {
        log_close(l);
    }
}

static void do_case(struct vec *v, struct world *w) {
    (void)v;
    log_world_free(w);
}

/* For a record "create": makes a log file. */
static void do_create(struct vec *v, struct world *w) {
    struct log_world *l = log_world(v, w);
    char path[LOG_PATH_BYTES];
    if (l == NULL) {
        return;
    }
    snprintf(l->created, sizeof l->created, "%s", vec_need(v, "file"));
    if (log_path(v, l, "file", path)) {
        attach_and_compare(v, l, path, true);
    }
}

/* For a record "open": opens a log file that exists. */
static void do_open(struct vec *v, struct world *w) {
    struct log_world *l = log_world(v, w);
    char path[LOG_PATH_BYTES];
    if (l != NULL && log_path(v, l, "file", path)) {
        attach_and_compare(v, l, path, false);
    }
}

/* For a record "open_copy": opens a copy. NAME.after.vrrl is a copy of NAME.vrrl. */
static void do_open_copy(struct vec *v, struct world *w) {
    static const char after[] = ".after.vrrl";
    struct log_world *l = log_world(v, w);
    char path[LOG_PATH_BYTES], from[LOG_PATH_BYTES];
    if (l == NULL) {
        return;
    }
    snprintf(l->created, sizeof l->created, "%s", vec_need(v, "file"));
    if (!log_path(v, l, "file", path)) {
        return;
    }
    size_t stem = strlen(path) - (sizeof after - 1);
    if (strlen(l->created) < sizeof after || strcmp(path + stem, after) != 0) {
        vec_differ(v, "file", "NAME.after.vrrl", vec_need(v, "file"));
        return;
    }
    snprintf(from, sizeof from, "%.*s.vrrl", (int)stem, path);
    if (!log_copy(from, path)) {
        vec_differ(v, "file", from, "(cannot be copied)");
        return;
    }
    attach_and_compare(v, l, path, false);
}

/// Files ///

/* Compares a file with the stored file of that name, where the stored file has the checksum that is expected now. */
static void expect_stored(struct vec *v, const struct log_world *l, const struct bytes *now) {
    char path[LOG_PATH_BYTES], hash[20];
    struct bytes b = {NULL, 0};
    log_stored(l, vec_need(v, "file"), path);
    if (place_read(path, &b) == NULL) {
        snprintf(hash, sizeof hash, "%016llx", (unsigned long long)vec_fnv1a64(b.p, b.len));
        if (strcmp(hash, vec_need(v, "fnv1a64")) == 0 && (b.len != now->len || memcmp(b.p, now->p, b.len) != 0)) {
            vec_differ(v, "file", "the bytes of the stored file", "others");
        }
    }
    free(b.p);
}

/* For a record "file": compares whether a file exists, its length and its bytes. */
static void do_file(struct vec *v, struct world *w) {
    struct log_world *l = log_world(v, w);
    struct bytes b = {NULL, 0};
    char path[LOG_PATH_BYTES];
    uint64_t size = 0;
    if (l == NULL || !log_path(v, l, "file", path)) {
        return;
    }
    bool exists = place_size(path, &size);
    (void)vec_get(v, "stored");
    if (vec_has(v, "exists")) {
        vec_expect_u64(v, "exists", exists);
    }
    if (vec_has(v, "len")) {
        vec_expect_u64(v, "len", size);
    }
    if (!vec_has(v, "fnv1a64")) {
        return;
    }
    const char *wrong = place_read(path, &b);
    if (wrong != NULL) {
        vec_differ(v, "file", "a file", wrong);
    } else {
        vec_expect_image(v, b.p, b.len);
        expect_stored(v, l, &b);
    }
    free(b.p);
}

const struct handler log_handlers[] = {
    {"case", do_case},           {"create", do_create}, {"open", do_open},
    {"open_copy", do_open_copy}, {"file", do_file},     {NULL, NULL},
};
