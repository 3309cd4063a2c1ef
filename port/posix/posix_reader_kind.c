/* stoker port: the table by which a reader pool drives POSIX readers (stoker/port/reader_kind.h). Nothing here reads;
 * each entry hands on to the reader's own call. */
#include "reader_internal.h"
#include "stoker/port/reader_kind.h"

/* Tells the pool how much one reader takes: depth, sources, and the arena bytes with the object itself. */
static int kind_shape(const void *config, struct stk_reader_shape *shape) {
    const struct stk_posix_reader_config *c = config;
    size_t bytes = 0;
    int err = stk_posix_reader_bytes(c, &bytes);
    if (err == STK_OK) {
        *shape = (struct stk_reader_shape){
            .depth = c != NULL && c->depth != 0 ? c->depth : STK_POSIX_DEPTH_DEFAULT,
            .sources = c != NULL && c->sources != 0 ? c->sources : STK_POSIX_SOURCES_DEFAULT,
            .bytes = STK_ALIGNED(sizeof(struct stk_posix_reader)) + bytes,
        };
    }
    return err;
}

static int kind_open(void *reader, const void *config, struct stk_arena *arena) {
    return stk_posix_reader_open(reader, config, arena);
}

/* Returns STK_OK: the reader reads inside its calls only, so between two calls the system holds none of its memory. */
static int kind_close(void *reader, uint64_t timeout_ns) {
    (void)reader;
    (void)timeout_ns;
    return STK_OK;
}

static int kind_add_file(void *reader, int fd, bool sequential) {
    return stk_posix_reader_add_file(reader, fd, sequential ? STK_POSIX_SEQUENTIAL : 0u);
}

static int kind_remove_source(void *reader, uint32_t source) {
    return stk_posix_reader_remove_source(reader, source);
}

static void kind_wait(void *reader, int fd, uint64_t timeout_ns) {
    stk_posix_reader_wait(reader, fd, timeout_ns);
}

/* Copies the detail of the reader's last refusal. *call stays NULL: the errno in the detail says enough for a reader
 * that makes one kind of call. */
static void kind_refusal(const void *reader, struct stk_error_info *info, const char **call) {
    *info = ((const struct stk_posix_reader *)reader)->info;
    *call = NULL;
}

const struct stk_reader_kind stk_posix_reader_kind = {
    .ops = &stk_posix_reader_ops,
    .object_bytes = sizeof(struct stk_posix_reader),
    .shape = kind_shape,
    .check_file = stk_os_source,
    .open = kind_open,
    .close = kind_close,
    .add_file = kind_add_file,
    .remove_source = kind_remove_source,
    .wait = kind_wait,
    .refusal = kind_refusal,
};
