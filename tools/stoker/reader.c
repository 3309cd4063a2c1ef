/* Opens the reader of a scan: io_uring into registered memory, io_uring without registered memory, or pread; one reader
 * or a pool of them. */
#include "reader.h"

#include <stdio.h>
#include <string.h>

#define CLOSE_NS UINT64_C(2000000000)

/// Opening ///

/* Opens several readers of one kind. */
static int open_pool(struct cli_reader *r, const struct stk_reader_kind *kind, const void *config, uint32_t readers) {
    const struct stk_reader_pool_config pool = {.kind = kind, .reader_config = config, .readers = readers};
    struct stk_arena arena;
    int err;
    stk_arena_init(&arena, r->memory, r->memory_bytes);
    err = stk_reader_pool_open(&r->pool, &pool, &arena);
    r->port.ops = &stk_reader_pool_ops;
    r->port.ctx = &r->pool;
    r->is_pool = err == STK_OK;
    r->readers = r->pool.readers;
    r->call = r->pool.call;
    r->os_error = (int)r->pool.info.value;
    return err;
}

/* Returns the first ring that is open. */
static const struct stk_uring *ring_of(const struct cli_reader *r) {
    for (uint32_t i = 0; r->is_pool && i < r->pool.wanted; i++) {
        if (r->pool.threads[i].err == STK_OK) {
            return r->pool.threads[i].reader;
        }
    }
    return &r->uring;
}

/* Opens io_uring. Returns STK_OK or a negative enum stk_err, with the system call and the errno in r. */
static int open_uring(struct cli_reader *r, void *payload, size_t bytes, uint32_t depth, uint32_t readers,
                      uint32_t flags) {
    const struct stk_uring_config config = {
        .depth = depth, .sources = CLI_SOURCES, .flags = flags | r->flags, .memory = payload, .memory_bytes = bytes};
    struct stk_arena arena;
    int err;
    if (readers > 1u) {
        err = open_pool(r, &stk_uring_reader_kind, &config, readers);
    } else {
        stk_arena_init(&arena, r->memory, r->memory_bytes);
        err = stk_uring_open(&r->uring, &config, &arena);
        r->port.ops = &stk_uring_ops;
        r->port.ctx = &r->uring;
        r->readers = 1;
        r->call = r->uring.call;
        r->os_error = (int)r->uring.info.value;
    }
    r->name = stk_uring_ops.name;
    r->is_uring = err == STK_OK;
    r->setup = NULL;
    r->ring[0] = '\0';
    if (r->is_uring) {
        r->setup = stk_uring_setup_name(ring_of(r)->setup_flags);
        (void)!stk_uring_describe_setup(ring_of(r), r->ring, sizeof r->ring);
    }
    return err;
}

/* Opens readers that use pread. */
static int open_posix(struct cli_reader *r, uint32_t depth, uint32_t readers) {
    const struct stk_posix_reader_config config = {.depth = depth, .sources = CLI_SOURCES};
    struct stk_arena arena;
    r->name = stk_posix_reader_ops.name;
    if (readers > 1u) {
        return open_pool(r, &stk_posix_reader_kind, &config, readers);
    }
    stk_arena_init(&arena, r->memory, r->memory_bytes);
    r->port.ops = &stk_posix_reader_ops;
    r->port.ctx = &r->posix;
    r->readers = 1;
    return stk_posix_reader_open(&r->posix, &config, &arena);
}

/* Returns a text with a system call that failed, and why it failed. */
static const char *why(const char *call, int os_error, char *text, size_t size) {
    snprintf(text, size, "%s: %s, errno %d", call ? call : "io_uring", strerror(os_error), os_error);
    return text;
}

static const char *why_refused(const struct cli_reader *r, char *text, size_t size) {
    return why(r->call, r->os_error, text, size);
}

/* Writes into the note why a pool has fewer readers than it should have. */
static void note_fewer(struct cli_reader *r, uint32_t wanted) {
    char text[160];
    if (r->is_pool && r->readers < wanted && !r->note[0]) {
        snprintf(r->note, sizeof r->note, "%u of %u readers could be opened (%s)%s", r->readers, wanted,
                 why(r->pool.fewer_call, (int)r->pool.fewer_info.value, text, sizeof text),
                 r->pool.fewer == STK_E_FILES ? ": raise `ulimit -n`" : "");
    }
}

/* Tries the three kinds of reading in order, and opens the first kind that works. Returns STK_OK or a negative enum
 * stk_err. */
static int open_auto(struct cli_reader *r, void *payload, size_t bytes, uint32_t depth, uint32_t readers) {
    static const char too_low[] = "; `ulimit -l` is too low";
    char text[160];
    int err = open_uring(r, payload, bytes, depth, readers, 0), plain_err;
    if (err == STK_OK && r->is_pool && r->pool.fewer == STK_E_LOCKED) {
        /* Each ring locks the memory anew. More rings read faster than registered memory does. */
        err = STK_E_LOCKED;
        r->call = r->pool.fewer_call;
        r->os_error = (int)r->pool.fewer_info.value;
        if (stk_reader_pool_close(&r->pool, CLOSE_NS) != STK_OK) {
            return STK_E_TIMEOUT; /* threads of the pool still use the memory that the next way would take */
        }
    }
    if (err == STK_OK) {
        return STK_OK;
    }
    why_refused(r, text, sizeof text);
    plain_err = open_uring(r, payload, bytes, depth, readers, STK_URING_PLAIN);
    if (plain_err == STK_OK) {
        snprintf(r->note, sizeof r->note,
                 "io_uring cannot register %zu bytes (%s%s): it reads into memory that is not registered", bytes, text,
                 err == STK_E_LOCKED ? too_low : "");
        return STK_OK;
    }
    why_refused(r, text, sizeof text);
    snprintf(r->note, sizeof r->note, "io_uring does not work here (%s%s): files are read with pread%s", text,
             plain_err == STK_E_LOCKED ? too_low : "", plain_err == STK_E_FILES ? ": raise `ulimit -n`" : "");
    return open_posix(r, depth, readers);
}

/* Prints why the reader did not open, and what to do. Returns CLI_BAD. */
static int refuse(const struct cli_reader *r, int err, size_t bytes) {
    char text[160];
    if (strcmp(r->name, stk_posix_reader_ops.name) == 0) {
        return cli_bad("the posix reader failed: %s: %s", stk_err_name(err), cli_fix(err));
    }
    why_refused(r, text, sizeof text);
    if (err == STK_E_LOCKED) {
        return cli_bad("io_uring may not lock %zu bytes (%s): raise `ulimit -l`, use a smaller --chunk or --depth, or "
                       "--reader auto",
                       bytes, text);
    }
    if (err == STK_E_FILES) {
        return cli_bad("io_uring does not work here (%s): %s", text, cli_fix(err));
    }
    return cli_bad("io_uring does not work here (%s): use --reader auto or posix", text);
}

/* Returns the bytes that `readers` readers of either kind take from an arena. */
static size_t memory_need(uint32_t depth, uint32_t readers) {
    size_t uring = readers > 1u
                       ? STK_READER_POOL_BYTES(readers, depth, CLI_SOURCES, STK_URING_READER_BYTES(depth, CLI_SOURCES))
                       : STK_URING_BYTES(depth, CLI_SOURCES);
    size_t posix = readers > 1u ? STK_READER_POOL_BYTES(readers, depth, CLI_SOURCES,
                                                        STK_POSIX_READER_POOLED_BYTES(depth, CLI_SOURCES))
                                : STK_POSIX_READER_BYTES(depth, CLI_SOURCES);
    return STK_ARENA_BYTES(uring > posix ? uring : posix);
}

int cli_reader_open(struct cli_reader *r, const char *which, void *payload, size_t bytes, uint32_t depth,
                    uint32_t readers, uint32_t flags) {
    int err;
    memset(r, 0, sizeof *r);
    r->flags = flags;
    if (which && strcmp(which, "uring") != 0 && strcmp(which, "posix") != 0 && strcmp(which, "auto") != 0) {
        return cli_bad("--reader %s: use auto, uring or posix", which);
    }
    r->memory_bytes = memory_need(depth, readers);
    r->memory = cli_map(r->memory_bytes);
    if (!r->memory) {
        return cli_bad("no memory for %u reads in flight: use a smaller --depth", depth);
    }
    if (!which || strcmp(which, "auto") == 0) {
        err = open_auto(r, payload, bytes, depth, readers);
    } else if (strcmp(which, "uring") == 0) {
        err = open_uring(r, payload, bytes, depth, readers, 0);
    } else {
        err = open_posix(r, depth, readers);
    }
    if (err != STK_OK) {
        (void)cli_reader_close(r);
        return refuse(r, err, bytes);
    }
    note_fewer(r, readers);
    return 0;
}

/// Use ///

const char *cli_reader_describe(const struct cli_reader *r, char text[CLI_READER_TEXT]) {
    const char *one = r->is_uring ? "ring" : "reader", *s = r->readers == 1u ? "" : "s";
    snprintf(text, CLI_READER_TEXT, "%s, %u %s%s%s%s%s", r->name, r->readers, one, s,
             r->is_pool ? " with a thread each" : "", r->is_pool && r->setup ? "; " : "",
             r->is_pool && r->setup ? r->setup : "");
    return text;
}

/* Adds the counters of one ring to the sums of all rings. */
static void add_ring(const struct stk_uring *ring, struct stk_uring_path_stats sum[STK_URING_PATHS]) {
    for (uint32_t i = 0; i < STK_URING_PATHS; i++) {
        const struct stk_uring_path_stats *p = &ring->path[i];
        sum[i].submitted += p->submitted;
        sum[i].completed += p->completed;
        sum[i].failed += p->failed;
        sum[i].canceled += p->canceled;
        sum[i].bytes += p->bytes;
        sum[i].bounce_bytes += p->bounce_bytes;
        sum[i].registered += p->registered;
        sum[i].plain += p->plain;
    }
}

void cli_reader_add_paths(const struct cli_reader *r, struct stk_uring_path_stats sum[STK_URING_PATHS]) {
    for (uint32_t i = 0; r->is_uring && r->is_pool && i < r->pool.wanted; i++) {
        if (r->pool.threads[i].err == STK_OK) {
            add_ring(r->pool.threads[i].reader, sum);
        }
    }
    if (r->is_uring && !r->is_pool) {
        add_ring(&r->uring, sum);
    }
}

int cli_reader_failed(const struct cli_reader *r) {
    const struct stk_error_info *info = r->is_pool ? &r->pool.info : &r->uring.info;
    const char *call = r->is_pool ? r->pool.call : r->uring.call;
    char text[160];
    if (!r->is_uring || (r->is_pool ? r->pool.broken : r->uring.broken) == 0) {
        return 0;
    }
    return cli_bad("io_uring failed (%s): try again, or use --reader posix",
                   why(call, (int)info->value, text, sizeof text));
}

int cli_reader_close(struct cli_reader *r) {
    int err = STK_OK;
    if (r->is_pool) {
        err = stk_reader_pool_close(&r->pool, CLOSE_NS);
    } else if (r->is_uring) {
        err = stk_uring_close(&r->uring, CLOSE_NS);
    }
    r->is_uring = r->is_pool = 0;
    if (err == STK_E_TIMEOUT) {
        /* Threads of a pool still use the memory of the reader, so it stays until the process ends. */
        cli_note("reads had not ended after 2 s: their buffers stay with the kernel until this process ends");
        return 1;
    }
    cli_unmap(r->memory, r->memory_bytes);
    if (r->socket_memory) {
        cli_unmap(r->socket_memory, r->socket_bytes);
    }
    r->memory = r->socket_memory = NULL;
    return 0;
}

int cli_reader_add(struct cli_reader *r, int fd, int sequential) {
    if (r->is_pool) {
        return stk_reader_pool_add_file(&r->pool, fd, sequential ? STK_READER_POOL_SEQUENTIAL : 0u);
    }
    return r->is_uring ? stk_uring_add_file(&r->uring, fd, sequential ? STK_URING_SEQUENTIAL : 0u)
                       : stk_posix_reader_add_file(&r->posix, fd, sequential ? STK_POSIX_SEQUENTIAL : 0u);
}

int cli_reader_add_socket(struct cli_reader *r, int fd) {
    struct stk_uring_socket_config config = {.memory = NULL};
    if (!r->is_uring) {
        return stk_posix_reader_add_socket(&r->posix, fd);
    }
    if (!r->socket_memory) {
        r->socket_bytes = STK_URING_SOCKET_BYTES(r->uring.depth);
        r->socket_memory = cli_map(r->socket_bytes);
    }
    config = (struct stk_uring_socket_config){.memory = r->socket_memory, .memory_bytes = r->socket_bytes};
    return stk_uring_add_socket(&r->uring, fd, &config);
}

int cli_reader_remove(struct cli_reader *r, uint32_t source) {
    if (r->is_pool) {
        return stk_reader_pool_remove_source(&r->pool, source);
    }
    return r->is_uring ? stk_uring_remove_source(&r->uring, source) : stk_posix_reader_remove_source(&r->posix, source);
}

int cli_reader_os_error(const struct cli_reader *r) {
    return (int)(r->is_pool ? r->pool.info.value : r->is_uring ? r->uring.info.value : r->posix.info.value);
}
