#include "place.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

const char *place_read(const char *path, struct bytes *b) {
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

bool place_write(const char *path, const struct bytes *b) {
    FILE *out = fopen(path, "wb");
    bool done = out != NULL && fwrite(b->p, 1, b->len, out) == b->len;
    if (out != NULL) {
        done = fclose(out) == 0 && done;
    }
    return done;
}

bool place_size(const char *path, uint64_t *size) {
    struct stat st;
    bool exists = stat(path, &st) == 0;
    *size = exists ? (uint64_t)st.st_size : 0;
    return exists;
}

bool place_make(char *path, size_t room) {
    const char *base = getenv("TMPDIR");
    int n = snprintf(path, room, "%s/stoker-conform-XXXXXX", base != NULL ? base : "/tmp");
    return n < (int)room && mkdtemp(path) != NULL;
}

void place_remove(const char *folder) {
    char path[4096];
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

/* Address space without memory until a page is touched. */
void *place_reserve(size_t bytes) {
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void place_release(void *memory, size_t bytes) {
    munmap(memory, bytes);
}
