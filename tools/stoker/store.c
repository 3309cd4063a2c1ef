#include "store.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_BYTES  65536u
#define PROG_UNIT    4096u
#define ENTRIES      128u
#define BUFFER_BYTES (STK_STORE_BUFFER_BYTES(1, PROG_UNIT) + BLOCK_BYTES)

const char *cli_built_word(enum stk_opencl_origin origin) {
    return origin == STK_OPENCL_FROM_STORE ? "store" : origin == STK_OPENCL_FROM_CACHE ? "cache" : "compiled";
}

const char *cli_proved_word(enum stk_opencl_origin origin) {
    static const char *const words[] = {"probed", "cache", "store", "caller"};
    return words[origin];
}

__attribute__((format(printf, 2, 3))) static int trouble(struct cli_store *s, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(s->note, sizeof s->note, format, args);
    va_end(args);
    return CLI_BAD;
}

/* Who named the file. */
static const char *what(const struct cli_store *s) {
    return s->is_option ? "--store" : CLI_STORE_ENV;
}

static int not_ours(struct cli_store *s) {
    return trouble(s, "%s %s: is no store: name a file that does not exist, or one that --store made", what(s),
                   s->path);
}

static int open_file(struct cli_store *s) {
    struct stk_file_config config = {.path = s->path, .block_bytes = BLOCK_BYTES, .prog_unit = PROG_UNIT};
    struct stat st;
    int err;
    if (stat(s->path, &st) != 0 || (S_ISREG(st.st_mode) && st.st_size == 0)) {
        config.create = true;
        config.bytes = CLI_STORE_BYTES;
    }
    err = stk_file_open(&s->file, &config);
    s->is_open = err == STK_OK;
    if (err == STK_E_SHORT) {
        return not_ours(s);
    }
    return err == STK_OK ? 0
                         : trouble(s, "%s %s: %s: %s", what(s), s->path,
                                   s->file.os_error ? strerror(s->file.os_error) : stk_err_name(err), stk_err_fix(err));
}

/* Nothing was ever written: made just now, or by a process that did not get further. */
static int is_blank(const struct cli_store *s) {
    static const uint8_t zero[BLOCK_BYTES];
    static uint8_t block[BLOCK_BYTES];
    for (uint32_t i = 0; i < s->file.geometry.blocks; i++) {
        if (stk_file_flash_ops.read((void *)&s->file, i, 0, block, sizeof block) != STK_OK ||
            memcmp(block, zero, sizeof block) != 0) {
            return 0;
        }
    }
    return 1;
}

static int mount(struct cli_store *s) {
    struct stk_fault fault = {0};
    struct stk_store_config config = {.flash = &stk_file_flash_ops, .flash_ctx = &s->file, .entries = ENTRIES};
    struct stk_arena arena;
    int err;
    s->memory_bytes = STK_ARENA_BYTES(STK_STORE_BYTES(ENTRIES)) + BUFFER_BYTES;
    s->memory = cli_map(s->memory_bytes);
    if (!s->memory) {
        return trouble(s, "no memory for the store");
    }
    config.buffer = s->memory;
    config.buffer_bytes = (uint32_t)BUFFER_BYTES;
    stk_arena_init(&arena, (uint8_t *)s->memory + BUFFER_BYTES, s->memory_bytes - BUFFER_BYTES);
    err = stk_store_init(&s->store, &config, &arena);
    err = err == STK_OK ? stk_store_mount(&s->store, &fault) : err;
    if (err == STK_E_FORMAT && is_blank(s)) {
        err = stk_store_format(&s->store, (uint32_t)cli_now_ns());
    }
    if (err == STK_E_FORMAT || err == STK_E_OVERFLOW) {
        return not_ours(s);
    }
    if (err < 0 && err != STK_E_FULL) { /* the newest are there all the same */
        return trouble(s, "%s %s: %s: %s", what(s), s->path, stk_err_name(err), stk_err_fix(err));
    }
    (void)!stk_store_poll(&s->store); /* a put says what is wrong */
    s->use = &s->store;
    return 0;
}

int cli_store_open(struct cli_store *s, const char *path) {
    const char *environment = getenv(CLI_STORE_ENV);
    int bad;
    memset(s, 0, sizeof *s);
    s->is_option = path != NULL;
    s->path = path ? path : environment && environment[0] ? environment : NULL;
    if (!s->path) {
        return 0;
    }
    bad = open_file(s);
    if (bad == 0 && flock(s->file.fd, LOCK_EX | LOCK_NB) != 0) {
        (void)trouble(s, "%s %s: is in use by another process: goes on without it", what(s), s->path);
        return 0;
    }
    bad = bad ? bad : mount(s);
    if (bad && path) {
        cli_bad("%s", s->note);
    }
    return path ? bad : 0;
}

void cli_store_close(struct cli_store *s) {
    if (s->is_open) {
        stk_file_close(&s->file); /* and the lock */
    }
    cli_unmap(s->memory, s->memory_bytes);
    *s = (struct cli_store){.use = NULL};
}
