/* Files and memory of a machine without an OS. A path below RAM_FOLDER is a file in memory; any other is a file of the
 * host, which the C library reads by semihosting. */
#include "place.h"
#include "ram_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *read_ram(const char *path, struct bytes *b) {
    const struct ram_file *ram = ram_find(path);
    if (ram == NULL) {
        return "there is no such file in memory";
    }
    bytes_zero(b, ram->size);
    if (ram->size > 0) {
        memcpy(b->p, ram->bytes, ram->size);
    }
    return NULL;
}

const char *place_read(const char *path, struct bytes *b) {
    uint64_t size;
    if (ram_owns(path)) {
        return read_ram(path, b);
    }
    FILE *f = place_size(path, &size) && size <= VEC_SIZE_MAX ? fopen(path, "rb") : NULL;
    if (f == NULL) {
        return "it cannot be opened";
    }
    bytes_zero(b, (size_t)size);
    bool whole = fread(b->p, 1, b->len, f) == b->len && fgetc(f) == EOF;
    fclose(f);
    if (!whole) {
        bytes_take(b, NULL, 0);
        return "it changed meanwhile";
    }
    return NULL;
}

bool place_write(const char *path, const struct bytes *b) {
    struct ram_file *ram = ram_owns(path) ? ram_make(path) : NULL;
    if (ram == NULL) {
        return false;
    }
    free(ram->bytes);
    ram->bytes = NULL;
    ram->size = ram->room = 0;
    if (!ram_grow(ram, b->len)) {
        return false;
    }
    if (b->len > 0) {
        memcpy(ram->bytes, b->p, b->len);
    }
    return true;
}

bool place_size(const char *path, uint64_t *size) {
    const struct ram_file *ram = ram_owns(path) ? ram_find(path) : NULL;
    FILE *f = ram_owns(path) ? NULL : fopen(path, "rb");
    long end = f != NULL && fseek(f, 0, SEEK_END) == 0 ? ftell(f) : -1;
    if (f != NULL) {
        fclose(f);
    }
    *size = ram != NULL ? ram->size : end >= 0 ? (uint64_t)end : 0;
    return ram != NULL || end >= 0;
}

bool place_make(char *path, size_t room) {
    snprintf(path, room, "%s", RAM_FOLDER);
    return true;
}

void place_remove(const char *folder) {
    (void)folder;
    ram_clear();
}

void *place_reserve(size_t bytes) {
    return calloc(1, bytes);
}

void place_release(void *memory, size_t bytes) {
    (void)bytes;
    free(memory);
}
