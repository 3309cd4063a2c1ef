/* stoker bench: its cases and options. */
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "json_out.h"
#include "options.h"
#include "stoker/port/reader_pool.h"

static const struct bench_case *const cases[] = {
#define CASE(name) &bench_##name,
    BENCH_CASES(CASE)
#undef CASE
};

#define CASES (sizeof cases / sizeof *cases)

enum {
    OPT_COUNT = 256,
    OPT_IN_FLIGHT,
    OPT_FILE,
    OPT_RUNS,
    OPT_BYTES,
    OPT_CHUNK,
    OPT_READERS,
    OPT_DEVICE,
    OPT_RESIDENCY,
    OPT_MEMORY,
    OPT_WORKERS,
    OPT_LANES,
    OPT_STORE,
    OPT_NO_STORE,
    OPT_SET,
    OPT_WORDS,
    OPT_WRITE,
    OPT_JSON
};

/* Options whose meaning the cases tell. */
static const struct cli_row values[] = {
    {OPT_COUNT, "count", "N", NULL, NULL, 0},
    {OPT_IN_FLIGHT, "in-flight", "N", NULL, NULL, 0},
    {OPT_FILE, "file", "FILE", NULL, NULL, 0},
    {'f', "patterns", "FILE", NULL, NULL, 0},
    {OPT_RUNS, "runs", "N", NULL, NULL, 0},
    {OPT_BYTES, "bytes", "BYTES", NULL, NULL, 0},
    {OPT_CHUNK, "chunk", "BYTES", NULL, NULL, 0},
    {OPT_READERS, "readers", "N", NULL, NULL, 0},
    {OPT_SET, "set", "NAME", NULL, "frequent76 frequent926 rare76 rare2500", 0},
    {OPT_WORDS, "words", "FILE", NULL, NULL, 0},
    {OPT_WRITE, "write", "FOLDER", NULL, NULL, 0},
};

static const struct cli_row common[] = {
    {0, NULL, NULL, "Cases that use a device", NULL, 0},
    {OPT_DEVICE, "device", "NAME",
     "an OpenCL device's index or part of its name; payload and scan: interp too, or several with a comma between two",
     NULL, 0},
    {OPT_WORKERS, "workers", "N", "work-groups of the resident kernel (as suits the device)", NULL, 0},
    {OPT_LANES, "lanes", "N", "work-items in each (1 on a CPU, 256 on a GPU)", NULL, 0},
    CLI_MODE_ROWS(OPT_RESIDENCY, OPT_MEMORY),
    {OPT_STORE, "store", "FILE", "keep program and handshake in FILE (stoker scan --help); not for idle and start",
     NULL, 0},
    {OPT_NO_STORE, "no-store", NULL, "keep nothing", NULL, 0},
    {0, NULL, NULL, "Output", NULL, 0},
    {OPT_JSON, "json", NULL, "print one JSON array of the same figures", NULL, 0},
    CLI_HELP_ROW,
    {0, NULL, NULL, "Environment", NULL, 0},
    CLI_MODE_ENVIRONMENT,
    {0, NULL, NULL, NULL, NULL, 0},
};

/// The page ///

/* A heading and the word for each case, then its options, then the common ones. */
#define ROWS (2u * CASES + CASES * BENCH_VALUES_MAX + sizeof common / sizeof *common)

/* Adds the rows of a case and of its options to the page, with the case's own words for each option. */
static uint32_t add_case(struct cli_row *rows, uint32_t n, const struct bench_case *c) {
    rows[n++] = (struct cli_row){.value = c->name, .text = c->what};
    for (uint32_t i = 0; i < BENCH_VALUES_MAX && c->values[i].option; i++) {
        const struct cli_row *row = values;
        while (strcmp(row->name, c->values[i].option) != 0) {
            row++;
        }
        rows[n] = *row;
        rows[n++].text = c->values[i].text;
    }
    return n;
}

/* Returns the page of all cases, whose help shows one of them; NULL: all. */
static const struct cli_page *page_of(const struct bench_case *only) {
    static struct cli_row rows[ROWS], shown[ROWS];
    static char operands[128];
    static const struct cli_page page = {
        .name = "bench",
        .what = "measure stoker beside other programs",
        .synopsis = "CASE [OPTION]...",
        .about =
            "Measures stoker and, in the same run, what it is compared with. Prints one line for each figure: case= "
            "metric= value= unit= peer= peer_value= ratio=, where a ratio above 1 says that stoker is better.\n"
            "Where the peer is a figure of stoker bench limits (host_*), measured in the same run, the ratio is the "
            "part of that limit that stoker reaches.",
        .rows = rows,
        .shown = shown,
        .exits = {"all was measured", "a result was wrong",
                  "bad input, no device, or output that could not be written"},
        .operands = operands,
    };
    uint32_t n = 0, m = 0;
    operands[0] = '\0';
    rows[n++] = shown[m++] = (struct cli_row){.text = "Cases, each with its options"};
    for (size_t i = 0; i < CASES; i++) {
        strcat(strcat(operands, i != 0 ? " " : ""), cases[i]->name);
        n = add_case(rows, n, cases[i]);
        m = !only || only == cases[i] ? add_case(shown, m, cases[i]) : m;
    }
    memcpy(rows + n, common, sizeof common);
    memcpy(shown + m, common, sizeof common);
    return &page;
}

const struct cli_page *page_bench(void) {
    return page_of(NULL);
}

/// Options ///

/* Returns what a case must have among its options to take this one; 0: every case takes it. */
static unsigned needs(int option) {
    switch (option) {
    case OPT_COUNT:
        return BENCH_COUNT;
    case OPT_IN_FLIGHT:
        return BENCH_IN_FLIGHT;
    case OPT_FILE:
    case 'f':
        return BENCH_FILES;
    case OPT_RUNS:
        return BENCH_RUNS;
    case OPT_BYTES:
        return BENCH_BYTES;
    case OPT_CHUNK:
        return BENCH_CHUNK;
    case OPT_READERS:
        return BENCH_READERS;
    case OPT_DEVICE:
        return BENCH_DEVICE;
    case OPT_STORE:
    case OPT_NO_STORE:
        return BENCH_STORE;
    case OPT_SET:
    case OPT_WORDS:
    case OPT_WRITE:
        return BENCH_SET;
    case OPT_WORKERS:
    case OPT_LANES:
    case OPT_RESIDENCY:
    case OPT_MEMORY:
        return BENCH_MODE;
    default:
        return 0;
    }
}

static int bytes_option(uint64_t *bytes) {
    if (cli_parse_bytes(optarg, bytes) != 0 || *bytes < 4096u || *bytes > (UINT64_C(64) << 30)) {
        return cli_bad("--bytes %s: give 4K to 64G", optarg);
    }
    return 0;
}

static int chunk_option(uint64_t *chunk) {
    if (cli_parse_bytes(optarg, chunk) != 0 || *chunk < 64u || *chunk > (UINT64_C(1) << 30) || *chunk % 64u != 0u) {
        return cli_bad("--chunk %s: give 64 to 1G, a multiple of 64", optarg);
    }
    return 0;
}

/* Returns the long form of an option that a case may not take. */
static const char *id_name(int id, const struct cli_row *row) {
    while (row->id != id) {
        row++;
    }
    return row->name;
}

struct target {
    const struct bench_case *which; /* NULL: none is named */
    struct bench *bench;
};

/* Takes an option into the options of the bench. An option that the case does not use is refused. */
static int set_option(void *to, int id) {
    const struct target *target = to;
    struct bench_options *o = &target->bench->options;
    if (target->which && (needs(id) & ~target->which->options) != 0u) {
        return cli_bad("bench %s takes no --%s: see stoker bench %s --help", target->which->name,
                       id_name(id, page_of(target->which)->rows), target->which->name);
    }
    switch (id) {
    case OPT_COUNT:
        return cli_number_option("count", 1, UINT64_C(1) << 40, &o->count);
    case OPT_IN_FLIGHT:
        return cli_number_option("in-flight", 1, STK_RING_SLOTS_INIT_MAX, &o->in_flight);
    case OPT_RUNS:
        return cli_number_option("runs", 1, BENCH_RUNS_MAX, &o->runs);
    case OPT_BYTES:
        return bytes_option(&o->bytes);
    case OPT_CHUNK:
        return chunk_option(&o->chunk);
    case OPT_READERS:
        return cli_number_option("readers", 1, STK_READER_POOL_MAX, &o->readers);
    case OPT_FILE:
        o->file = optarg;
        return 0;
    case 'f':
        o->patterns = optarg;
        return 0;
    case OPT_DEVICE:
        o->device = optarg;
        return 0;
    case OPT_RESIDENCY:
        return cli_parse_residency(optarg, &o->residency);
    case OPT_MEMORY:
        return cli_parse_memory(optarg, &o->memory);
    case OPT_WORKERS:
        return cli_number_option("workers", 1, 1024, &o->workers);
    case OPT_LANES:
        return cli_number_option("lanes", 1, 1024, &o->lanes);
    case OPT_STORE:
        return cli_store_option(&o->store, optarg);
    case OPT_NO_STORE:
        return cli_store_option(&o->store, CLI_NO_STORE);
    case OPT_SET:
        o->set = optarg;
        return 0;
    case OPT_WORDS:
        o->words = optarg;
        return 0;
    case OPT_WRITE:
        o->write = optarg;
        return 0;
    default:
        o->json = 1;
        return 0;
    }
}

/* Runs the case, and prints the figures of --json when all of them are there, wrong ones (CLI_FAULT) included. */
static int run_case(struct bench *bench, int (*run)(struct bench *)) {
    int code, bad;
    bench->figures = bench->options.json ? json_array() : NULL;
    code = run(bench);
    if (bench->figures && code != CLI_BAD) {
        bad = cli_json_print(bench->figures, 9);
        return bad ? bad : code;
    }
    json_decref(bench->figures);
    return code;
}

/* Prints the line for a case that does not exist, or for no case. */
static int no_case(const char *name) {
    const char *names[CASES + 1u] = {NULL};
    char text[160], near[192];
    for (size_t i = 0; i < CASES; i++) {
        names[i] = cases[i]->name;
    }
    cli_names(text, sizeof text, names, CASES);
    if (!name) {
        return cli_bad("bench: name a case: %s", text);
    }
    snprintf(near, sizeof near, ": name a case: %s", text);
    return cli_bad("bench %s%s", name, cli_did_you_mean(text, sizeof text, name, names, near));
}

static const struct bench_case *find(const char *name) {
    for (size_t i = 0; i < CASES; i++) {
        if (strcmp(name, cases[i]->name) == 0) {
            return cases[i];
        }
    }
    return NULL;
}

int cmd_bench(int argc, char **argv) {
    struct bench bench = {.name = ""};
    const struct bench_case *which = argc > 1 ? find(argv[1]) : NULL;
    struct target target = {which, &bench};
    int skip = argc > 1 && argv[1][0] != '-', code;
    if (skip && !which) {
        return no_case(argv[1]);
    }
    code = cli_options(page_of(which), argc - skip, argv + skip, set_option, &target);
    if (code != 0) {
        return code < 0 ? CLI_OK : code;
    }
    if (!which) {
        return no_case(NULL);
    }
    if (skip + optind < argc) {
        return cli_bad("bench %s takes no '%s' (stoker bench --help)", which->name, argv[skip + optind]);
    }
    bench.name = which->name;
    return run_case(&bench, which->run);
}
