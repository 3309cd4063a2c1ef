#include "ram_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ram_file ram_files[RAM_FILES_MAX];

bool ram_owns(const char *path) {
    return strncmp(path, RAM_FOLDER "/", sizeof RAM_FOLDER) == 0;
}

struct ram_file *ram_find(const char *path) {
    for (struct ram_file *f = ram_files; f < ram_files + RAM_FILES_MAX; f++) {
        if (f->path[0] != '\0' && strcmp(f->path, path) == 0) {
            return f;
        }
    }
    return NULL;
}

struct ram_file *ram_make(const char *path) {
    struct ram_file *f = ram_find(path);
    if (f != NULL || strlen(path) >= sizeof f->path) {
        return f;
    }
    for (f = ram_files; f < ram_files + RAM_FILES_MAX; f++) {
        if (f->path[0] == '\0') {
            snprintf(f->path, sizeof f->path, "%s", path);
            return f;
        }
    }
    return NULL;
}

/* The room doubles, so that a log that grows by single records is not copied for each of them. */
bool ram_grow(struct ram_file *file, size_t size) {
    if (size > file->room) {
        size_t room = size > 2 * file->room ? size : 2 * file->room;
        uint8_t *bytes = realloc(file->bytes, room);
        if (bytes == NULL) {
            return false;
        }
        memset(bytes + file->room, 0, room - file->room);
        file->bytes = bytes;
        file->room = room;
    }
    file->size = size > file->size ? size : file->size;
    return true;
}

void ram_clear(void) {
    for (struct ram_file *f = ram_files; f < ram_files + RAM_FILES_MAX; f++) {
        free(f->bytes);
        *f = (struct ram_file){.path = ""};
    }
}
