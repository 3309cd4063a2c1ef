#include "reader.h"

#include <stdio.h>
#include <string.h>

#define CLOSE_NS UINT64_C(2000000000)

/* Opens io_uring. Returns STK_OK or a negative enum stk_err, with the system call and the errno in r->uring. */
static int open_uring(struct cli_reader *r, void *payload, size_t bytes, uint32_t depth, uint32_t flags) {
    const struct stk_uring_config config = {
        .depth = depth, .sources = CLI_SOURCES, .flags = flags, .memory = payload, .memory_bytes = bytes};
    struct stk_arena arena;
    int err;
    stk_arena_init(&arena, r->memory, r->memory_bytes);
    err = stk_uring_open(&r->uring, &config, &arena);
    r->port.ops = &stk_uring_ops;
    r->port.ctx = &r->uring;
    r->is_uring = err == STK_OK;
    return err;
}

static int open_posix(struct cli_reader *r, uint32_t depth) {
    const struct stk_posix_reader_config config = {.depth = depth, .sources = CLI_SOURCES};
    struct stk_arena arena;
    stk_arena_init(&arena, r->memory, r->memory_bytes);
    r->port.ops = &stk_posix_reader_ops;
    r->port.ctx = &r->posix;
    return stk_posix_reader_open(&r->posix, &config, &arena);
}

/* Returns a text with the system call of io_uring that failed last, and why it failed. */
static const char *why(const struct cli_reader *r, char *text, size_t size) {
    int os_error = (int)r->uring.info.value;
    snprintf(text, size, "%s: %s, errno %d", r->uring.call ? r->uring.call : "io_uring", strerror(os_error), os_error);
    return text;
}

/* Opens the first of the three ways that works. Returns STK_OK or a negative enum stk_err. */
static int open_auto(struct cli_reader *r, void *payload, size_t bytes, uint32_t depth) {
    char text[160];
    int err = open_uring(r, payload, bytes, depth, 0);
    if (err == STK_OK) {
        return STK_OK;
    }
    why(r, text, sizeof text);
    if (open_uring(r, payload, bytes, depth, STK_URING_PLAIN) == STK_OK) {
        snprintf(r->note, sizeof r->note, "io_uring cannot register %zu bytes (%s%s): it reads into memory as it is",
                 bytes, text, err == STK_E_LOCKED ? "; `ulimit -l` is too low" : "");
        return STK_OK;
    }
    snprintf(r->note, sizeof r->note, "no io_uring here (%s), files are read with pread", why(r, text, sizeof text));
    return open_posix(r, depth);
}

static int refuse(const struct cli_reader *r, int err, size_t bytes) {
    char text[160];
    if (!r->is_uring && r->port.ops == &stk_posix_reader_ops) {
        return cli_bad("the posix reader failed: %s: %s", stk_err_name(err), cli_fix(err));
    }
    why(r, text, sizeof text);
    if (err == STK_E_LOCKED) {
        return cli_bad("io_uring may not lock %zu bytes (%s): raise `ulimit -l`, use a smaller --chunk or --depth, or "
                       "--reader auto",
                       bytes, text);
    }
    return cli_bad("io_uring does not work here (%s): use --reader auto or posix", text);
}

int cli_reader_open(struct cli_reader *r, const char *which, void *payload, size_t bytes, uint32_t depth) {
    size_t uring = STK_URING_BYTES(depth, CLI_SOURCES), posix = STK_POSIX_READER_BYTES(depth, CLI_SOURCES);
    int err;
    memset(r, 0, sizeof *r);
    if (which && strcmp(which, "uring") != 0 && strcmp(which, "posix") != 0 && strcmp(which, "auto") != 0) {
        return cli_bad("--reader %s: use auto, uring or posix", which);
    }
    r->memory_bytes = STK_ARENA_BYTES(uring > posix ? uring : posix);
    r->memory = cli_map(r->memory_bytes);
    if (!r->memory) {
        return cli_bad("no memory for %u reads in flight: use a smaller --depth", depth);
    }
    if (!which || strcmp(which, "auto") == 0) {
        err = open_auto(r, payload, bytes, depth);
    } else if (strcmp(which, "uring") == 0) {
        err = open_uring(r, payload, bytes, depth, 0);
    } else {
        err = open_posix(r, depth);
    }
    if (err != STK_OK) {
        cli_reader_close(r);
        return refuse(r, err, bytes);
    }
    return 0;
}

int cli_reader_failed(const struct cli_reader *r) {
    char text[160];
    if (!r->is_uring || r->uring.broken == 0) {
        return 0;
    }
    return cli_bad("io_uring failed (%s): try again, or use --reader posix", why(r, text, sizeof text));
}

void cli_reader_close(struct cli_reader *r) {
    if (r->is_uring && stk_uring_close(&r->uring, CLOSE_NS) == STK_E_TIMEOUT) {
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

int cli_reader_os_error(const struct cli_reader *r) {
    return (int)(r->is_uring ? r->uring.info.value : r->posix.info.value);
}
