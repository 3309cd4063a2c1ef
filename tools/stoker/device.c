/* Opens the device that a command runs on: an OpenCL device, or the interpreter. The options and the environment say
 * which device, which mode and which memory. */
#include "device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "opening.h"
#include "stoker/device_memory.h"
#include "user_ops.h"

#define CLOSE_NS         UINT64_C(2000000000)
#define OPEN_SECONDS_MAX 86400u

const char *cli_residency_name(enum stk_residency residency) {
    return residency == STK_RESIDENT ? "RESIDENT" : residency == STK_QUANTUM ? "QUANTUM" : "BATCH";
}

const char *cli_memory_word(enum stk_opencl_memory memory) {
    static const char *const words[STK_OPENCL_KINDS] = {"any",      "svm-atomics", "host-nv", "alloc-host",
                                                        "use-host", "svm",         "copies"};
    return words[memory];
}

static const char *residency_word(enum stk_residency residency) {
    static const char *const words[] = {"any", "resident", "quantum", "batch"};
    return words[residency];
}

/* Reads the value of an option, or of a variable of the environment. */
static int parse_residency(const char *name, const char *text, enum stk_residency *residency) {
    for (int i = STK_RESIDENT; i <= (int)STK_BATCH; i++) {
        if (strcmp(text, residency_word((enum stk_residency)i)) == 0) {
            *residency = (enum stk_residency)i;
            return 0;
        }
    }
    return cli_bad("%s %s: give " CLI_RESIDENCIES, name, text);
}

static int parse_memory(const char *name, const char *text, enum stk_opencl_memory *memory) {
    for (unsigned i = 1; i < STK_OPENCL_KINDS; i++) {
        if (strcmp(text, cli_memory_word((enum stk_opencl_memory)i)) == 0) {
            *memory = (enum stk_opencl_memory)i;
            return 0;
        }
    }
    return cli_bad("%s %s: give " CLI_MEMORIES, name, text);
}

int cli_parse_residency(const char *text, enum stk_residency *residency) {
    return parse_residency("--residency", text, residency);
}

int cli_parse_memory(const char *text, enum stk_opencl_memory *memory) {
    return parse_memory("--memory", text, memory);
}

int cli_open_ns(uint64_t *open_ns) {
    const char *text = getenv("STOKER_OPEN_SECONDS");
    uint64_t seconds = 0;
    if (text && *text && (cli_parse_number(text, OPEN_SECONDS_MAX, &seconds) != 0 || seconds == 0u)) {
        return cli_bad("STOKER_OPEN_SECONDS %s: give a whole number from 1 to %u", text, OPEN_SECONDS_MAX);
    }
    *open_ns = seconds * UINT64_C(1000000000);
    return 0;
}

const char *cli_open_advice(const struct stk_opencl *cl) {
    return cl->failure == STK_OPENCL_TIMEOUT ? ": set STOKER_OPEN_SECONDS to more seconds" : "";
}

/* Takes from the environment what no option says. */
static int take_environment(struct cli_device_wish *wish) {
    const char *residency = getenv("STOKER_RESIDENCY"), *memory = getenv("STOKER_MEMORY");
    int bad = wish->open_ns ? 0 : cli_open_ns(&wish->open_ns);
    if (bad != 0 || wish->residency || wish->memory) {
        return bad;
    }
    if (residency && *residency) {
        bad = parse_residency("STOKER_RESIDENCY", residency, &wish->residency);
    }
    if (bad == 0 && memory && *memory) {
        bad = parse_memory("STOKER_MEMORY", memory, &wish->memory);
    }
    return bad;
}

/* Lays the buffers out in memory of this process, and opens the interpreter over them. */
static int open_interp(struct cli_device *d, const struct cli_device_wish *wish) {
    const struct stk_device_layout layout = {
        .slots = wish->slots ? wish->slots : 256u,
        .observables = wish->observables ? wish->observables : 256u,
        .tenants = 1,
        .debug_records = STK_DEBUG_RECORDS_DEFAULT,
        .io_slots = STK_IO_SLOTS_MAX,
        .payload_bytes = wish->payload_bytes,
        .table_bytes = STK_DEVICE_TABLE_BYTES(wish->table_bytes),
        .align = 4096,
    };
    struct stk_threads_config config = {.interp = {STK_HANDLERS_INTERP(cli_user_ops)},
                                        .workers = wish->threads ? wish->threads : 1u,
                                        .aside = wish->aside != 0};
    struct stk_arena arena;
    int err = stk_device_memory_bytes(&layout, &d->host_bytes);
    config.interp.turns = layout.slots > 63u ? layout.slots + 1u : 0u; /* so that a drive sees the whole ring */
    d->host = err == STK_OK ? cli_map(d->host_bytes) : NULL;
    if (err == STK_OK && !d->host) {
        return cli_bad(
            "the interpreter needs %zu bytes of memory, which the system does not give: use a smaller --chunk or "
            "--depth",
            d->host_bytes);
    }
    stk_arena_init(&arena, d->host, d->host_bytes);
    err = err == STK_OK ? stk_device_memory_init(&d->memory, &layout, &arena) : err;
    err = err == STK_OK ? stk_threads_open(&d->threads, &d->memory, &config) : err;
    d->dispatch.ops = &stk_threads_ops;
    d->dispatch.ctx = &d->threads;
    d->workers = d->threads.workers;
    return err == STK_OK ? 0 : cli_bad("interpreter: %s: %s", stk_err_name(err), cli_fix(err));
}

/* Adds a text to the note, behind a separator. */
static void add_note(struct cli_device *d, const char *what, const char *text) {
    size_t used = strlen(d->note);
    if (text[0]) {
        snprintf(d->note + used, sizeof d->note - used, "%s%s%s", used ? "; " : "", what, text);
    }
}

/* Opens an OpenCL device with all that was wished for. Its notes go to d->note also on success, such as the devices
 * that were passed over. */
static int open_opencl(struct cli_device *d, const struct cli_device_wish *wish, const char *name) {
    const struct stk_opencl_config config = {
        .device = name,
        .no_cpu = wish->no_cpu,
        .slots = wish->slots,
        .observables = wish->observables,
        .payload_bytes = wish->payload_bytes,
        .table_bytes = wish->table_bytes,
        .workers = wish->workers,
        .lanes = wish->lanes,
        .pieces = wish->handlers ? wish->handlers->pieces : NULL,
        .piece_count = wish->handlers ? wish->handlers->count : 0,
        .costs = wish->handlers ? wish->handlers->costs : NULL,
        .cost_count = wish->handlers ? wish->handlers->cost_count : 0,
        .residency = wish->residency,
        .memory = wish->memory,
        .open_ns = wish->open_ns,
        .deadline_ns = wish->deadline_ns,
        .fit = wish->fit,
        .fit_ctx = wish->fit_ctx,
        .store = wish->store_of ? wish->store_of->use : d->store.use,
    };
    int err = stk_opencl_open(&d->opencl, &config);
    d->is_opencl = err == STK_OK;
    add_note(d, "", d->store.note);
    add_note(d, "store: ", d->store.note[0] ? "" : d->opencl.persist_note);
    if (err == STK_OK) {
        add_note(d, "passed over: ", d->opencl.passed_over);
    }
    d->memory = d->opencl.memory;
    d->dispatch.ops = &stk_opencl_ops;
    d->dispatch.ctx = &d->opencl;
    d->workers = d->opencl.config.workers;
    return err;
}

/* Prints the line for a device that is there and cannot do what was asked for. Returns CLI_BAD. */
static int cannot(const struct cli_device *d, const struct cli_device_wish *wish, int err) {
    const char *both = wish->residency && wish->memory ? ", --memory " : "";
    const char *memory = wish->memory ? cli_memory_word(wish->memory) : "";
    if (err == STK_E_ARG) {
        return cli_bad(
            "--residency %s, --memory %s: they do not go together: copies needs batch, and batch needs copies",
            residency_word(wish->residency), memory);
    }
    return cli_bad("--%s %s%s%s: %s cannot do this: %s: `stoker info --probe` shows what it can do",
                   wish->residency ? "residency" : "memory", wish->residency ? residency_word(wish->residency) : memory,
                   both, *both ? memory : "", d->opencl.device.name, d->opencl.reason);
}

/* Returns 1 if some kind of memory was tried, and none was good for the mode. */
static int tried(const struct cli_device *d, int err) {
    return err == STK_E_UNSUPPORTED && d->opencl.outcome.memory != STK_OPENCL_ANY;
}

/* Prints why the device did not open and what to do. Returns CLI_BAD. */
static int not_opened(const struct cli_device *d, const struct cli_device_wish *wish, int err) {
    if (((wish->residency || wish->memory) && tried(d, err)) ||
        (wish->residency && wish->memory && err == STK_E_ARG && !d->opencl.reason[0])) {
        return cannot(d, wish, err);
    }
    fputs(d->opencl.build_log, stderr);
    return cli_bad("%s %s: %s%s: %s", wish->option ? wish->option : "--device", wish->name ? wish->name : "auto",
                   d->opencl.reason, cli_open_advice(&d->opencl), cli_fix(err));
}

int cli_device_try(struct cli_device *d, const struct cli_device_wish *wish) {
    int err;
    memset(d, 0, sizeof *d);
    (void)cli_store_open(&d->store, wish->store); /* without a path any trouble is only a note */
    err = open_opencl(d, wish, wish->name);
    cli_device_leave_store(d);
    if (err != STK_OK) {
        snprintf(d->note, sizeof d->note, "%s%s", d->opencl.reason, cli_open_advice(&d->opencl));
    }
    return err;
}

int cli_device_open(struct cli_device *d, const struct cli_device_wish *wish) {
    int automatic = !wish->name || strcmp(wish->name, "auto") == 0, asked = wish->residency || wish->memory, err;
    int any = automatic || strcmp(wish->name, "opencl") == 0;
    struct cli_device_wish w = *wish;
    memset(d, 0, sizeof *d);
    if (!automatic && strcmp(wish->name, "interp") == 0) {
        return asked
                   ? cli_bad("--%s is for OpenCL devices, the interpreter runs in this process: leave it out, or name "
                             "another --device",
                             wish->residency ? "residency" : "memory")
                   : open_interp(d, wish);
    }
    err = take_environment(&w);
    if (err != 0) {
        return err;
    }
    if (!wish->store_of && cli_store_open(&d->store, wish->store) != 0) {
        cli_store_close(&d->store);
        return CLI_BAD;
    }
    opening_begin(wish->quiet);
    err = open_opencl(d, &w, any ? NULL : wish->name);
    opening_end();
    if (err == STK_OK) {
        if (!wish->keep_store) {
            cli_device_leave_store(d);
        }
        return 0;
    }
    if (!automatic || asked || ((w.residency || w.memory) && tried(d, err))) {
        cli_store_close(&d->store);
        return not_opened(d, &w, err);
    }
    snprintf(d->note, sizeof d->note, "%s: the interpreter runs the kernel on this CPU%s",
             d->opencl.passed_over[0] ? d->opencl.passed_over : d->opencl.reason, cli_open_advice(&d->opencl));
    return open_interp(d, wish);
}

int cli_device_add_table(struct cli_device *d, const void *data, uint32_t bytes, uint32_t *offset) {
    const struct stk_tables_config config = {.memory = d->memory, .dispatch = d->dispatch, .tables = CLI_DEVICE_TABLES};
    struct stk_error_info info = {0};
    struct stk_arena arena;
    int err = STK_OK;
    if (!d->tables.rows) {
        stk_arena_init(&arena, d->table_rows, sizeof d->table_rows);
        err = stk_tables_init(&d->tables, &config, &arena);
    }
    err = err == STK_OK ? stk_tables_add(&d->tables, 0, data, bytes, offset, &info) : err;
    return err == STK_OK ? 0 : cli_bad("a table of %u bytes: %s: %s", bytes, stk_err_name(err), cli_fix(err));
}

void cli_device_leave_store(struct cli_device *d) {
    if (d->is_opencl) {
        stk_opencl_set_store(&d->opencl, NULL); /* the store may be that of another device, which closes it */
    }
    cli_store_leave(&d->store);
}

/* Opens the store once more where memory stopped being shared, so that close can remove the outcome of the handshake,
 * which was wrong. */
static void forget(struct cli_device *d) {
    if (d->opencl.stats.fallbacks != 0u && !d->store.use && d->store.was_used && cli_store_again(&d->store) == 0) {
        stk_opencl_set_store(&d->opencl, d->store.use);
    }
}

void cli_device_close(struct cli_device *d) {
    if (d->is_opencl) {
        forget(d);
    }
    if (d->is_opencl && stk_opencl_close(&d->opencl, CLOSE_NS) != STK_OK) {
        cli_note("the kernel on the device did not end within 2 s: its memory stays with the driver until this process "
                 "ends");
    }
    cli_store_close(&d->store);
    stk_threads_close(&d->threads);
    cli_unmap(d->host, d->host_bytes);
    d->host = NULL;
}
