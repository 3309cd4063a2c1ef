/* Buffers of the records: made, filled from files, and freed with the world of their file. */
#include "cases.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void bytes_take(struct bytes *b, uint8_t *p, size_t len) {
    free(b->p);
    b->p = p;
    b->len = len;
}

void bytes_zero(struct bytes *b, size_t len) {
    bytes_take(b, vec_alloc(len), len);
}

const char *bytes_of_file(const char *path, struct bytes *b) {
    struct stat st;
    /* Looks at the file before it opens the file: the open of a pipe would wait for its other end. */
    if (stat(path, &st) != 0) {
        return strerror(errno);
    }
    if (!S_ISREG(st.st_mode)) {
        return "it is no file";
    }
    if (st.st_size < 0 || (uint64_t)st.st_size > VEC_SIZE_MAX) {
        return "it is too long";
    }
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        return strerror(errno);
    }
    bytes_zero(b, (size_t)st.st_size);
    /* A file that grew or shrank since stat is not what was asked for. */
    bool whole = fread(b->p, 1, b->len, f) == b->len && fgetc(f) == EOF;
    fclose(f);
    if (!whole) {
        bytes_take(b, NULL, 0);
        return "it changed meanwhile";
    }
    return NULL;
}

/* Shortens the bytes. The copy has the exact size, so that the sanitizers see a read behind it. */
void bytes_cut(struct vec *v, struct bytes *b) {
    uint64_t len = vec_u64(v, "len");
    if (len > b->len) {
        vec_differ(v, "len", "no more than there is", "more");
        return;
    }
    uint8_t *p = vec_alloc((size_t)len);
    if (len > 0) {
        memcpy(p, b->p, (size_t)len);
    }
    bytes_take(b, p, (size_t)len);
}

void bytes_load(struct vec *v, struct bytes *b) {
    uint8_t *p;
    size_t len = vec_bytes(v, "hex", &p);
    bytes_take(b, p, len);
    if (len != vec_u64(v, "len")) {
        vec_differ(v, "len", vec_get(v, "len"), "another length of hex");
    }
}

void bytes_set_word(struct vec *v, struct bytes *b) {
    uint64_t idx = vec_u64(v, "idx"), at = 4 * idx;
    uint32_t value = vec_u32(v, "value");
    if (idx >= b->len / 4) {
        vec_differ(v, "idx", "a word that is there", "one behind the end");
        return;
    }
    for (unsigned i = 0; i < 4; i++) {
        b->p[at + i] = (uint8_t)(value >> (8 * i));
    }
}

void world_free(struct world *w) {
    struct bytes *all[] = {&w->ring, &w->words, &w->control, &w->log, &w->host, &w->queue, &w->view};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        free(all[i]->p);
    }
    free(w->records);
    free(w->tenants);
    cache_world_free(w);
    telemetry_world_free(w);
    log_world_free(w);
}
