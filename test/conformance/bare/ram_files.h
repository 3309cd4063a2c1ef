/* Files in memory, for a machine without an OS: what the cases of the replay log write and read back. */
#ifndef RAM_FILES_H
#define RAM_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RAM_FOLDER    "ram" /* the folder of all files that are kept here */
#define RAM_FILES_MAX 8     /* a case makes two at most */

struct ram_file {
    char path[256];    /* empty: no file */
    uint8_t *bytes;    /* bytes of the file; the bytes from `size` on are 0 */
    size_t size, room; /* bytes in use, and bytes allocated */
};

/* All files. A place without a file has an empty path. */
extern struct ram_file ram_files[RAM_FILES_MAX];

/* Returns true for a path of a file that is kept here. */
bool ram_owns(const char *path);

/* Returns the file of that path; NULL when there is none. */
struct ram_file *ram_find(const char *path);

/* Returns the file of that path, and makes an empty one where there is none. Returns NULL without a place for it. */
struct ram_file *ram_make(const char *path);

/* Makes the file at least `size` bytes long. Returns false when there is no memory. */
bool ram_grow(struct ram_file *file, size_t size);

/* Removes all files. */
void ram_clear(void);

#endif
