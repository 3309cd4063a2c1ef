#include "reader.h"

#include <stdio.h>
#include <string.h>

#define CLOSE_NS UINT64_C(2000000000)

static int open_uring(struct cli_reader *r, void *payload, size_t bytes, uint32_t depth) {
    const struct stk_uring_config config = {.depth = depth, .sources = CLI_SOURCES};
    struct stk_arena arena;
    stk_arena_init(&arena, r->memory, r->memory_bytes);
    r->ops = &stk_uring_ops;
    r->ctx = &r->uring;
    return stk_uring_open(&r->uring, &config, payload, bytes, &arena);
}

static int open_posix(struct cli_reader *r, uint32_t depth) {
    const struct stk_posix_reader_config config = {.depth = depth, .sources = CLI_SOURCES};
    struct stk_arena arena;
    stk_arena_init(&arena, r->memory, r->memory_bytes);
    r->ops = &stk_posix_reader_ops;
    r->ctx = &r->posix;
    return stk_posix_reader_open(&r->posix, &config, &arena);
}

static int refuse(const struct cli_reader *r, int err, size_t bytes) {
    if (err == STK_E_LOCKED) {
        return cli_bad("io_uring may not lock %zu bytes: raise `ulimit -l`, use a smaller --chunk or --depth, or "
                       "--reader posix",
                       bytes);
    }
    return cli_bad("the %s reader failed: %s: %s", r->ops->name, strerror((int)r->uring.fault.value), stk_err_fix(err));
}

int cli_reader_open(struct cli_reader *r, const char *which, void *payload, size_t bytes, uint32_t depth) {
    int want_uring = which && strcmp(which, "uring") == 0, want_posix = which && strcmp(which, "posix") == 0;
    size_t uring = STK_URING_BYTES(depth, CLI_SOURCES), posix = STK_POSIX_READER_BYTES(depth, CLI_SOURCES);
    int err = STK_E_UNSUPPORTED;
    memset(r, 0, sizeof *r);
    if (which && !want_uring && !want_posix && strcmp(which, "auto") != 0) {
        return cli_bad("--reader %s: use auto, uring or posix", which);
    }
    r->memory_bytes = STK_ARENA_BYTES(uring > posix ? uring : posix);
    r->memory = cli_map(r->memory_bytes);
    if (!r->memory) {
        return cli_bad("no memory for %u reads in flight: use a smaller --depth", depth);
    }
    if (!want_posix) {
        err = open_uring(r, payload, bytes, depth);
        r->is_uring = err == STK_OK;
    }
    if (err == STK_E_UNSUPPORTED && !want_uring) {
        if (!want_posix) {
            snprintf(r->note, sizeof r->note, "no io_uring here (%s), files are read with pread",
                     strerror((int)r->uring.fault.value));
        }
        err = open_posix(r, depth);
    }
    if (err != STK_OK) {
        cli_reader_close(r);
        return refuse(r, err, bytes);
    }
    return 0;
}

void cli_reader_close(struct cli_reader *r) {
    if (r->is_uring && stk_uring_close(&r->uring, CLOSE_NS) != STK_OK) {
        cli_note("the kernel still reads into the buffers after 2 s");
    }
    r->is_uring = 0;
    cli_unmap(r->memory, r->memory_bytes);
    r->memory = NULL;
}

int cli_reader_add(struct cli_reader *r, int fd, int sequential) {
    return r->is_uring ? stk_uring_add_file(&r->uring, fd, sequential ? STK_URING_SEQUENTIAL : 0u)
                       : stk_posix_reader_add_file(&r->posix, fd, sequential ? STK_POSIX_SEQUENTIAL : 0u);
}

int cli_reader_remove(struct cli_reader *r, uint32_t source) {
    return r->is_uring ? stk_uring_remove_source(&r->uring, source) : stk_posix_reader_remove_source(&r->posix, source);
}
