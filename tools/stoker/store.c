/* The file in which compiled programs and outcomes of handshakes are kept. A file that another user can write to is
 * refused, since its programs run in this process. */
#include "store.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cache_path.h"

#define BLOCK_BYTES  65536u
#define PROG_UNIT    4096u
#define ENTRIES      128u
#define WAIT_NS      UINT64_C(5000000000) /* longest wait for another process that uses the store */
#define NAP_NS       5000000
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

/* Copies the line of the output into the note. Returns CLI_BAD. */
static int output_trouble(struct cli_store *s) {
    return trouble(s, "%s", s->output.why);
}

static int not_ours(struct cli_store *s) {
    (void)cli_output_refuse(&s->output);
    return output_trouble(s);
}

/* Puts the line for an error of the store, or of the file below it, into the note. */
static int store_trouble(struct cli_store *s, int err) {
    (void)cli_output_trouble(&s->output, s->file.os_error, err);
    return output_trouble(s);
}

/* Checks that nobody else can have put programs into the file: they run with the rights of this process. */
static int check_owner(struct cli_store *s) {
    const struct stat *st = &s->output.st;
    if (cli_is_foreign(st)) {
        return trouble(s, "%s %s: is a file of user %lu, whose programs would run as this one: name a file of your own",
                       s->output.what, s->path, (unsigned long)st->st_uid);
    }
    if (cli_is_shared(st)) {
        return trouble(s, "%s %s: others may write to it, and its programs run in this process: chmod go-w the file",
                       s->output.what, s->path);
    }
    return 0;
}

/* Opens the file as a flash, and makes it first if it is new. */
static int open_file(struct cli_store *s, int is_new) {
    struct stk_file_config config = {.block_bytes = BLOCK_BYTES, .prog_unit = PROG_UNIT};
    int bad, err;
    s->output.is_private = true;
    bad = is_new ? cli_output_make(&s->output, CLI_STORE_BYTES) : 0;
    bad = bad ? output_trouble(s) : is_new ? 0 : check_owner(s);
    if (bad) {
        return bad;
    }
    config.fd = s->output.fd;
    err = stk_file_open(&s->file, &config);
    return err == STK_OK ? 0 : err == STK_E_SHORT ? not_ours(s) : store_trouble(s, err);
}

/* Takes memory for the index of the store and for its buffer. */
static int take_memory(struct cli_store *s) {
    struct stk_store_config config = {.flash = {&stk_file_flash_ops, &s->file}, .entries = ENTRIES};
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
    return err == STK_OK ? 0 : err == STK_E_OVERFLOW ? not_ours(s) : store_trouble(s, err);
}

/* Begins an empty store in a new file. The file gets its name once the store is whole. */
static int begin(struct cli_store *s) {
    int err = stk_store_format(&s->store, (uint32_t)cli_now_ns());
    if (err != STK_OK) {
        return store_trouble(s, err);
    }
    return cli_output_publish(&s->output) ? output_trouble(s) : 0;
}

/* Finds the artifacts in the file. A file of another kind is never written to. */
static int mount(struct cli_store *s) {
    struct stk_error_info info = {0};
    int err = stk_store_mount(&s->store, &info);
    if (err == STK_E_FORMAT || err == STK_E_OVERFLOW) {
        return not_ours(s);
    }
    if (err < 0 && err != STK_E_FULL) { /* with STK_E_FULL the newest artifacts are there */
        return store_trouble(s, err);
    }
    (void)!stk_store_poll(&s->store); /* an error is reported by the next put */
    return 0;
}

/* Opens the store. Returns 0, or CLI_BAD with the reason in the note. */
static int open_store(struct cli_store *s) {
    const char *what = s->is_option ? "--store" : s->is_default ? "store" : CLI_STORE_ENV;
    int is_new, bad;
    if (cli_output_name(what, s->path, s->note)) {
        return CLI_BAD;
    }
    if (cli_output_open(&s->output, what, s->path, "store")) {
        return output_trouble(s);
    }
    is_new = s->output.fd < 0 || s->output.st.st_size == 0;
    bad = open_file(s, is_new);
    bad = bad ? bad : take_memory(s);
    return bad ? bad : is_new ? begin(s) : mount(s);
}

/* Closes the files, which also releases the lock. */
static void close_files(struct cli_store *s) {
    stk_file_close(&s->file);
    cli_output_close(&s->output);
}

void cli_store_leave(struct cli_store *s) {
    close_files(s);
    cli_unmap(s->memory, s->memory_bytes);
    s->memory = NULL;
    s->use = NULL;
}

/* Waits while another process uses the store: a process that compiles is worth the wait. */
static int open_in_turn(struct cli_store *s) {
    const struct timespec nap = {.tv_nsec = NAP_NS};
    uint64_t start = cli_now_ns();
    int bad = open_store(s);
    while (bad && s->output.in_use && cli_now_ns() - start < WAIT_NS) {
        cli_store_leave(s);
        s->note[0] = '\0';
        (void)nanosleep(&nap, NULL);
        bad = open_store(s);
    }
    return bad;
}

/* Keeps the line for --stats and stoker info. Nobody asked for the store, so no message is printed. */
static void set_aside(struct cli_store *s) {
    memcpy(s->aside, s->note, sizeof s->aside);
    s->note[0] = '\0';
}

int cli_store_option(const char **store, const char *path) {
    if (*store && (**store == '\0') != (*path == '\0')) {
        return cli_bad("--store and --no-store: one asks for a store, the other for none: leave one of them out");
    }
    *store = path;
    return 0;
}

int cli_store_open(struct cli_store *s, const char *path) {
    const char *environment = getenv(CLI_STORE_ENV);
    int bad;
    memset(s, 0, sizeof *s);
    s->is_option = path != NULL;
    s->is_default = !path && !environment;
    s->path = path ? path : environment;
    if (s->is_default) {
        bad = cli_cache_path(s->default_path, s->note);
        s->path = bad ? NULL : s->default_path;
        if (bad) {
            set_aside(s);
        }
    }
    if (!s->path || !s->path[0]) {
        return 0;
    }
    bad = open_in_turn(s);
    if (bad == 0) {
        s->use = &s->store;
        s->was_used = 1;
        return 0;
    }
    if (s->is_default) {
        set_aside(s);
        bad = 0;
    } else if (!path || s->output.no_lock) {
        strcat(s->note, "; goes on without it");
        bad = 0;
    } else {
        cli_bad("%s", s->note);
    }
    cli_store_leave(s);
    return bad;
}

int cli_store_again(struct cli_store *s) {
    int bad = open_in_turn(s);
    s->use = bad ? NULL : &s->store;
    return bad;
}

void cli_store_close(struct cli_store *s) {
    cli_store_leave(s);
    *s = (struct cli_store){.use = NULL};
}
