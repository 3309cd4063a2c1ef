/* stoker bench: its cases and options. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "json_out.h"
#include "stoker/port/reader_pool.h"

static const char help_head[] =
    "usage: stoker bench CASE [OPTION]...\n"
    "Measures stoker and, in the same run, what it is compared with. Prints one line for each figure:\n"
    "case= metric= value= unit= peer= peer_value= ratio=, where a ratio above 1 says that stoker is better.\n"
    "Where the peer is a figure of stoker bench limits (host_*), measured in the same run, the ratio is the part of "
    "that\n"
    "limit that stoker reaches.\n"
    "\n";

static const char help_tail[] =
    "\n"
    "Of the cases that use a device:\n"
    "      --workers N      work-groups of the resident kernel (1)\n"
    "      --lanes N        work-items in each (1 on a CPU, 256 on a GPU)\n"
    "      --device NAME    an OpenCL device's index or part of its name\n"
    "      --residency MODE ask for " CLI_RESIDENCIES "\n"
    "      --memory KIND    ask for " CLI_MEMORIES "\n"
    "      --store FILE     keep program and handshake in FILE (stoker scan --help); not for idle and start\n"
    "      --no-store       keep nothing\n"
    "      --json           print one JSON array of the same figures\n"
    "\n" CLI_MODE_HELP;

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
    OPT_JSON,
    OPT_HELP
};

static const struct option long_options[] = {
    {"count", required_argument, NULL, OPT_COUNT},
    {"in-flight", required_argument, NULL, OPT_IN_FLIGHT},
    {"file", required_argument, NULL, OPT_FILE},
    {"patterns", required_argument, NULL, 'f'},
    {"runs", required_argument, NULL, OPT_RUNS},
    {"bytes", required_argument, NULL, OPT_BYTES},
    {"chunk", required_argument, NULL, OPT_CHUNK},
    {"readers", required_argument, NULL, OPT_READERS},
    {"device", required_argument, NULL, OPT_DEVICE},
    {"residency", required_argument, NULL, OPT_RESIDENCY},
    {"memory", required_argument, NULL, OPT_MEMORY},
    {"workers", required_argument, NULL, OPT_WORKERS},
    {"lanes", required_argument, NULL, OPT_LANES},
    {"store", required_argument, NULL, OPT_STORE},
    {"no-store", no_argument, NULL, OPT_NO_STORE},
    {"set", required_argument, NULL, OPT_SET},
    {"words", required_argument, NULL, OPT_WORDS},
    {"write", required_argument, NULL, OPT_WRITE},
    {"json", no_argument, NULL, OPT_JSON},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

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

static void print_help(void) {
    fputs(help_head, stdout);
    for (size_t i = 0; i < CASES; i++) {
        fputs(cases[i]->help, stdout);
    }
    fputs(help_tail, stdout);
}

static int number_option(const char *name, uint64_t least, uint64_t most, uint64_t *value) {
    if (cli_parse_number(optarg, most, value) != 0 || *value < least) {
        return cli_bad("--%s %s: give a whole number from %llu to %llu", name, optarg, (unsigned long long)least,
                       (unsigned long long)most);
    }
    return 0;
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

static int set_option(int option, struct bench_options *o) {
    switch (option) {
    case OPT_COUNT:
        return number_option("count", 1, UINT64_C(1) << 40, &o->count);
    case OPT_IN_FLIGHT:
        return number_option("in-flight", 1, STK_RING_SLOTS_INIT_MAX, &o->in_flight);
    case OPT_RUNS:
        return number_option("runs", 1, BENCH_RUNS_MAX, &o->runs);
    case OPT_BYTES:
        return bytes_option(&o->bytes);
    case OPT_CHUNK:
        return chunk_option(&o->chunk);
    case OPT_READERS:
        return number_option("readers", 1, STK_READER_POOL_MAX, &o->readers);
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
        return number_option("workers", 1, 1024, &o->workers);
    case OPT_LANES:
        return number_option("lanes", 1, 1024, &o->lanes);
    case OPT_STORE:
        o->store = optarg;
        return 0;
    case OPT_NO_STORE:
        o->store = CLI_NO_STORE;
        return 0;
    case OPT_SET:
        o->set = optarg;
        return 0;
    case OPT_WORDS:
        o->words = optarg;
        return 0;
    case OPT_WRITE:
        o->write = optarg;
        return 0;
    case OPT_JSON:
        o->json = 1;
        return 0;
    default:
        return CLI_BAD; /* getopt has said why */
    }
}

/* 0, an exit code with the line written, or -1 when the help was all that was wanted. */
static int parse(int argc, char **argv, const struct bench_case *which, struct bench_options *o) {
    uint64_t seen = 0;
    int option;
    while ((option = getopt_long(argc, argv, "f:", long_options, NULL)) != -1) {
        int bad;
        if (option == OPT_HELP) {
            print_help();
            return -1;
        }
        if ((needs(option) & ~which->options) != 0u) {
            return cli_bad("bench %s takes no '%s' (stoker bench --help)", argv[0], argv[optind - 1]);
        }
        bad = cli_once(long_options, option, &seen);
        bad = bad ? bad : set_option(option, o);
        if (bad) {
            return bad;
        }
    }
    if (optind < argc) {
        return cli_bad("bench %s takes no '%s' (stoker bench --help)", argv[0], argv[optind]);
    }
    return 0;
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

static int no_case(const char *before, const char *name) {
    const char *names[CASES];
    char text[128];
    for (size_t i = 0; i < CASES; i++) {
        names[i] = cases[i]->name;
    }
    return cli_bad("bench%s%s: name a case: %s", before, name, cli_names(text, sizeof text, names, CASES));
}

int cmd_bench(int argc, char **argv) {
    struct bench bench = {.name = argc > 1 ? argv[1] : ""};
    if (strcmp(bench.name, "--help") == 0) {
        print_help();
        return CLI_OK;
    }
    for (size_t i = 0; i < CASES; i++) {
        if (strcmp(bench.name, cases[i]->name) == 0) {
            int code = parse(argc - 1, argv + 1, cases[i], &bench.options);
            return code != 0 ? (code < 0 ? CLI_OK : code) : run_case(&bench, cases[i]->run);
        }
    }
    return no_case(argc > 1 ? " " : "", bench.name);
}
