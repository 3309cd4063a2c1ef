/* stoker bench: its cases and options. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "json_out.h"

static const char help[] =
    "usage: stoker bench CASE [OPTION]...\n"
    "Measures stoker and, in the same run, what it is compared with. Prints one line for each figure:\n"
    "case= metric= value= unit= peer= peer_value= ratio=, where a ratio above 1 says that stoker is better.\n"
    "\n"
    "  rtt       one NOP at a time through the resident kernel; the peer launches an empty kernel and waits\n"
    "      --count N        round trips (1000000)\n"
    "      --in-flight N    slots of the ring, which are taken in turn (64)\n"
    "  slots     NOP slots per second; the peer launches an empty kernel for each item\n"
    "      --count N        slots (100000000)\n"
    "      --in-flight N    slots of the ring (256)\n"
    "  fair      what seven tenants wait while another floods the ring, beside what they wait alone; and how many\n"
    "            of 10,000 LOW slots run before a CRITICAL one published behind them\n"
    "      --count N        slots of the seven (100000)\n"
    "  scan      stoker scan as a process of its own; the peers are rg -F and grep -F where they are installed\n"
    "      --file FILE      the file to scan\n"
    "  -f, --patterns FILE  the patterns, one a line\n"
    "      --runs N         runs of each (5)\n"
    "  pipeline  chunks of a file summed on the device; the peer reads, copies, launches and waits for each\n"
    "      --bytes BYTES    of the file, which is made in TMPDIR and removed (64M)\n"
    "      --runs N         runs of each (5)\n"
    "\n"
    "  core      nanoseconds of ring, cache, telemetry, BLAKE3 and hand-over; the peers are b3sum, ck_ring and "
    "atomic_queue\n"
    "  log       the replay log: bytes, reads and time on simulated flash against the layout of v1; appending and "
    "reading\n"
    "            files against v1 files and plain calls; the files are made in TMPDIR and removed\n"
    "      --count N        records (65536)\n"
    "  idle      percent of a core that a stream with nothing to do costs, and the time from publish to done on a "
    "parked device;\n"
    "            the peer launches an empty kernel\n"
    "      --count N        times that the device is woken (200)\n"
    "      --runs N         seconds of each measurement (2)\n"
    "\n"
    "  start     from nothing to a device that takes work: from the store and from the RAM cache; the peer compiles "
    "and\n"
    "            probes. Each start is a process of its own with an empty driver's cache; folders are made in TMPDIR\n"
    "      --runs N         runs of each (3)\n"
    "\n"
    "      --workers N      work-groups of the resident kernel (1); not for scan, core and log\n"
    "      --lanes N        work-items in each (1 on a CPU, 256 on a GPU); likewise\n"
    "      --device NAME    an OpenCL device's index or part of its name; not for scan, core and log\n"
    "      --residency MODE ask for " CLI_RESIDENCIES "; likewise\n"
    "      --memory KIND    ask for " CLI_MEMORIES "; likewise\n"
    "      --store FILE     for rtt, slots, fair, pipeline: keep program and handshake in FILE (stoker scan --help)\n"
    "      --json           print one JSON array of the same figures\n"
    "\n" CLI_MODE_HELP;

enum {
    OPT_COUNT = 256,
    OPT_IN_FLIGHT,
    OPT_FILE,
    OPT_RUNS,
    OPT_BYTES,
    OPT_DEVICE,
    OPT_RESIDENCY,
    OPT_MEMORY,
    OPT_WORKERS,
    OPT_LANES,
    OPT_STORE,
    OPT_JSON,
    OPT_HELP
};

/* Which cases take an option. */
#define RTT      1u
#define SLOTS    2u
#define SCAN     4u
#define PIPELINE 8u
#define CORE     16u
#define LOG      32u
#define FAIR     64u
#define IDLE     128u
#define START    256u

static const struct {
    const char *name;
    unsigned bit;
    int (*run)(struct bench *bench);
} cases[] = {
    {"rtt", RTT, bench_rtt},       {"slots", SLOTS, bench_slots},
    {"scan", SCAN, bench_scan},    {"pipeline", PIPELINE, bench_pipeline},
    {"core", CORE, bench_core},    {"log", LOG, bench_log},
    {"fair", FAIR, bench_fair},    {"idle", IDLE, bench_idle},
    {"start", START, bench_start},
};

static const struct option long_options[] = {
    {"count", required_argument, NULL, OPT_COUNT},
    {"in-flight", required_argument, NULL, OPT_IN_FLIGHT},
    {"file", required_argument, NULL, OPT_FILE},
    {"patterns", required_argument, NULL, 'f'},
    {"runs", required_argument, NULL, OPT_RUNS},
    {"bytes", required_argument, NULL, OPT_BYTES},
    {"device", required_argument, NULL, OPT_DEVICE},
    {"residency", required_argument, NULL, OPT_RESIDENCY},
    {"memory", required_argument, NULL, OPT_MEMORY},
    {"workers", required_argument, NULL, OPT_WORKERS},
    {"lanes", required_argument, NULL, OPT_LANES},
    {"store", required_argument, NULL, OPT_STORE},
    {"json", no_argument, NULL, OPT_JSON},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

static unsigned cases_of(int option) {
    switch (option) {
    case OPT_COUNT:
        return RTT | SLOTS | FAIR | LOG | IDLE;
    case OPT_IN_FLIGHT:
        return RTT | SLOTS;
    case OPT_FILE:
    case 'f':
        return SCAN;
    case OPT_RUNS:
        return SCAN | PIPELINE | IDLE | START;
    case OPT_BYTES:
        return PIPELINE;
    case OPT_DEVICE:
        return RTT | SLOTS | PIPELINE | FAIR | IDLE | START;
    case OPT_STORE:
        return RTT | SLOTS | PIPELINE | FAIR;
    case OPT_WORKERS:
    case OPT_LANES:
    case OPT_RESIDENCY:
    case OPT_MEMORY:
        return RTT | SLOTS | PIPELINE | FAIR | IDLE;
    default:
        return RTT | SLOTS | SCAN | PIPELINE | CORE | LOG | FAIR | IDLE | START;
    }
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
    case OPT_JSON:
        o->json = 1;
        return 0;
    default:
        return CLI_BAD; /* getopt has said why */
    }
}

/* 0, an exit code with the line written, or -1 when the help was all that was wanted. */
static int parse(int argc, char **argv, unsigned which, struct bench_options *o) {
    uint64_t seen = 0;
    int option;
    while ((option = getopt_long(argc, argv, "f:", long_options, NULL)) != -1) {
        int bad;
        if (option == OPT_HELP) {
            fputs(help, stdout);
            return -1;
        }
        if ((cases_of(option) & which) == 0u) {
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

/* Runs the case, and prints the figures of --json when all of them are there. */
static int run_case(struct bench *bench, int (*run)(struct bench *)) {
    int code;
    bench->figures = bench->options.json ? json_array() : NULL;
    code = run(bench);
    if (bench->figures && code == 0) {
        return cli_json_print(bench->figures, 9);
    }
    json_decref(bench->figures);
    return code;
}

int cmd_bench(int argc, char **argv) {
    struct bench bench = {.name = argc > 1 ? argv[1] : ""};
    if (strcmp(bench.name, "--help") == 0) {
        fputs(help, stdout);
        return CLI_OK;
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (strcmp(bench.name, cases[i].name) == 0) {
            int code = parse(argc - 1, argv + 1, cases[i].bit, &bench.options);
            return code != 0 ? (code < 0 ? CLI_OK : code) : run_case(&bench, cases[i].run);
        }
    }
    return cli_bad("bench%s%s: name a case: rtt, slots, fair, scan, pipeline, core, log, idle or start",
                   argc > 1 ? " " : "", bench.name);
}
