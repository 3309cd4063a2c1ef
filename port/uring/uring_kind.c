/* stoker port: the table by which a reader pool drives rings of io_uring (stoker/port/reader_kind.h). Nothing here
 * reads; each entry hands on to the ring's own call. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "stoker/port/os_fuse.h"
#include "stoker/port/reader_kind.h"
#include "uring_internal.h"

/* Fills *shape: the reads and the sources that one ring can have at a time, the bytes of the ring's object, and the
 * memory that reads fill. All rings of a pool register this memory, so any ring can serve any read. */
static int kind_shape(const void *config, struct stk_reader_shape *shape) {
    const struct stk_uring_config *c = config;
    size_t bytes = 0;
    int err = c != NULL && c->memory != NULL ? stk_uring_bytes(c, &bytes) : STK_E_ARG;
    if (err == STK_OK) {
        *shape = (struct stk_reader_shape){
            .depth = c->depth != 0 ? c->depth : STK_URING_DEPTH_DEFAULT,
            .sources = c->sources != 0 ? c->sources : STK_URING_SOURCES_DEFAULT,
            .bytes = STK_ALIGNED(sizeof(struct stk_uring)) + bytes,
            .memory = c->memory,
            .memory_bytes = c->memory_bytes,
        };
    }
    return err;
}

/* Checks a descriptor without a ring. The pool asks on the caller's thread, before any reader knows the source. */
static int kind_check_file(int fd, bool *sequential, int *os_error) {
    if (stk_uring_is_nvme(fd)) {
        /* The ring itself asks the namespace for its blocks, when it adds the source. */
        *sequential = false;
        return STK_OK;
    }
    int r = stk_os_source(fd, sequential, os_error);
    if (r == STK_OK && stk_os_on_fuse(fd)) {
        *os_error = EOPNOTSUPP;
        r = STK_E_UNSUPPORTED;
    }
    return r;
}

static int kind_open(void *reader, const void *config, struct stk_arena *arena) {
    struct stk_uring_config c = *(const struct stk_uring_config *)config;
    /* A reader of a pool is used by its own thread only, which is what single issuer promises to the kernel. */
    c.flags |= STK_URING_ONE_THREAD;
    return stk_uring_open(reader, &c, arena);
}

static int kind_close(void *reader, uint64_t timeout_ns) {
    return stk_uring_close(reader, timeout_ns);
}

static int kind_add_file(void *reader, int fd, bool sequential) {
    return stk_uring_add_file(reader, fd, sequential ? STK_URING_SEQUENTIAL : 0u);
}

static int kind_remove_source(void *reader, uint32_t source) {
    return stk_uring_remove_source(reader, source);
}

static void kind_wait(void *reader, int fd, uint64_t timeout_ns) {
    stk_uring_wait(reader, fd, timeout_ns);
}

static void kind_refusal(const void *reader, struct stk_error_info *info, const char **call) {
    const struct stk_uring *u = reader;
    *info = u->info;
    *call = u->call;
}

const struct stk_reader_kind stk_uring_reader_kind = {
    .ops = &stk_uring_ops,
    .object_bytes = sizeof(struct stk_uring),
    .shape = kind_shape,
    .check_file = kind_check_file,
    .open = kind_open,
    .close = kind_close,
    .add_file = kind_add_file,
    .remove_source = kind_remove_source,
    .wait = kind_wait,
    .refusal = kind_refusal,
};
