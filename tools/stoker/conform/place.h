/* Conformance: what the cases ask of the machine that they run on, files and memory. place.c is for a machine with an
 * OS; test/conformance/bare has the calls for a machine without. */
#ifndef CONFORM_PLACE_H
#define CONFORM_PLACE_H

#include "cases.h"

/* Reads a whole regular file into `b`, which is empty. Returns NULL, or why the file cannot be had. */
const char *place_read(const char *path, struct bytes *b);

/* Writes a file. Returns false when that is not possible. */
bool place_write(const char *path, const struct bytes *b);

/* Returns true when there is a file, and sets *size to its bytes. */
bool place_size(const char *path, uint64_t *size);

/* Makes an empty temporary folder and writes its path. Returns false when that is not possible. */
bool place_make(char *path, size_t room);

/* Removes a folder that place_make made, with the files in it. */
void place_remove(const char *folder);

/* Returns zeroed memory of which the caller may touch little, NULL when there is none. */
void *place_reserve(size_t bytes);
void place_release(void *memory, size_t bytes);

#endif
