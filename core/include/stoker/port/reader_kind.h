/* stoker port helper: a kind of reader, which a pool of readers drives with a thread for each (reader_pool.h of the
 * port posix). A port of ingest describes its readers here, so that no port needs another. */
#ifndef STOKER_PORT_READER_KIND_H
#define STOKER_PORT_READER_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stoker/arena.h"
#include "stoker/err.h"
#include "stoker/port/ingest.h"

#ifdef __cplusplus
extern "C" {
#endif

struct stk_reader_shape {
    uint32_t depth, sources; /* most reads in flight and most sources; the defaults stand in place of 0 */
    size_t bytes;            /* memory of one reader: the object and what its open takes from an arena */
    const uint8_t *memory;   /* memory into which every read must go; NULL: any memory */
    size_t memory_bytes;
};

/* A kind of reader, of which a pool opens several objects. `reader` is memory for one object. All calls for one reader
 * come from one thread. `config` is a configuration of this kind. */
struct stk_reader_kind {
    const struct stk_ingest_ops *ops;
    size_t object_bytes; /* size of one reader object */
    /* Resolves the defaults of a config. STK_E_OVERFLOW: a field is above its maximum. */
    int (*shape)(const void *config, struct stk_reader_shape *shape);
    /* Returns what stk_os_source says, and refuses what this kind must not read. Any thread. */
    int (*check_file)(int fd, bool *sequential, int *os_error);
    int (*open)(void *reader, const void *config, struct stk_arena *arena);
    /* Returns STK_E_TIMEOUT while the system still holds the memory; anything else ends the reader. */
    int (*close)(void *reader, uint64_t timeout_ns);
    int (*add_file)(void *reader, int fd, bool sequential);
    int (*remove_source)(void *reader, uint32_t source);
    /* Waits for at most `timeout_ns` until a reap may find something, or until `fd` can be read. May return early. */
    void (*wait)(void *reader, int fd, uint64_t timeout_ns);
    /* Copies the detail of the last refusal or failure. *call: the system call behind it, a static text or NULL. */
    void (*refusal)(const void *reader, struct stk_error_info *info, const char **call);
};

#ifdef __cplusplus
}
#endif
#endif
