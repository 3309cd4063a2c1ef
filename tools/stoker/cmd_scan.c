/* stoker scan: its options. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "input.h"
#include "scan.h"

static const char help[] =
    "usage: stoker scan -f PATTERNS [OPTION]... FILE...\n"
    "Counts every occurrence, overlapping ones too, of every pattern in the files, on the device.\n"
    "PATTERNS has one pattern a line, any bytes but a line feed. - is standard input, once.\n"
    "A FIFO as FILE is waited for until a process writes into it; one with patterns needs its writer within 5 s.\n"
    "\n"
    "  -f, --patterns FILE  the patterns; several times: those of all files, in their order\n"
    "      --count          print the total only, not a count for each pattern\n"
    "      --offsets N      also print the first N matches as FILE:OFFSET:PATTERN\n"
    "      --json           print one JSON object\n"
    "      --stats          also print slots, bytes, reads, launches, latency and speed (on stderr without --json)\n"
    "      --chunk BYTES    data bytes of a chunk, 4K to 1G (256K)\n"
    "      --depth N        chunks in flight, 1 to 4096 (8)\n"
    "      --device NAME    auto, interp, or an OpenCL device's index or part of its name (auto); several, as 0,1 or "
    "by\n"
    "                       one --device each, or all, share the work. auto: the interpreter at once, and the first\n"
    "                       GPU or accelerator that opens, where the scan is long; opencl: the first OpenCL device\n"
    "                       that opens, GPUs before accelerators before CPUs. STOKER_DEVICE is the default\n"
    "      --workers N      work-groups of the resident kernel (1), or threads of the interpreter (as the CPUs)\n"
    "      --lanes N        work-items in each (1 on a CPU, 256 on a GPU)\n"
    "      --residency MODE ask for " CLI_RESIDENCIES "\n"
    "      --memory KIND    ask for " CLI_MEMORIES "\n"
    "      --store FILE     keep the compiled program and what the handshake found in FILE, which is made, so that "
    "the\n"
    "                       next start takes them from there (else in the file that STOKER_STORE names, or in\n"
    "                       stoker/programs below XDG_CACHE_HOME, ~/.cache)\n"
    "      --no-store       keep nothing; STOKER_STORE set to nothing says the same\n"
    "      --reader NAME    uring: io_uring into registered memory; posix: pread; auto: the first that reads a byte\n"
    "                       of uring, io_uring into memory as it is, and posix (auto)\n"
    "      --readers N      rings or preads at the same time, each with a thread, 1 to 16; 1 reads on the thread of "
    "the\n"
    "                       scan (1 unless a file of 64M or more is named; then as many as the CPUs that a device on\n"
    "                       the CPU leaves, up to 4, or half the CPUs, up to 8)\n"
    "      --record FILE    record the scan in a log for stoker replay; its tables go to FILE.tables. It replaces\n"
    "                       an older recording; any other file is refused\n"
    "      --epoch CHUNKS   with --record: end an epoch after so many chunks too, not only after each file\n"
    "      --log-size BYTES with --record: of the log (16M); one that the scan outgrows cannot be replayed\n"
    "      --timeout MS     give the device up when a chunk, or a kernel after its lease, takes longer; time in which "
    "the\n"
    "                       scan is stopped does not count (chunk: 10000, and 1 for each KB in flight; kernel: 60000)\n"
    "      --quiet          no notes about fallbacks and no progress bar\n"
    "\n"
    "JSON holds UTF-8. A pattern, file or device that is none is in KEY_hex instead, as hexadecimal digits;\n"
    "in a note each such byte is U+FFFD, and notes_hex has the bytes of that note.\n"
    "Options with a value are given once, but for -f and --device.\n"
    "\n" CLI_MODE_HELP "\n"
    "Exit code: 0 all files scanned; 1 a file failed while it was read, the others are counted; 2 bad input or no "
    "device.\n";

enum {
    OPT_COUNT = 256,
    OPT_OFFSETS,
    OPT_JSON,
    OPT_STATS,
    OPT_CHUNK,
    OPT_DEPTH,
    OPT_DEVICE,
    OPT_WORKERS,
    OPT_LANES,
    OPT_RESIDENCY,
    OPT_MEMORY,
    OPT_STORE,
    OPT_NO_STORE,
    OPT_READER,
    OPT_READERS,
    OPT_TIMEOUT,
    OPT_QUIET,
    OPT_RECORD,
    OPT_EPOCH,
    OPT_LOG_SIZE,
    OPT_HELP
};

static const struct option long_options[] = {
    {"patterns", required_argument, NULL, 'f'},
    {"count", no_argument, NULL, OPT_COUNT},
    {"offsets", required_argument, NULL, OPT_OFFSETS},
    {"json", no_argument, NULL, OPT_JSON},
    {"stats", no_argument, NULL, OPT_STATS},
    {"chunk", required_argument, NULL, OPT_CHUNK},
    {"depth", required_argument, NULL, OPT_DEPTH},
    {"device", required_argument, NULL, OPT_DEVICE},
    {"workers", required_argument, NULL, OPT_WORKERS},
    {"lanes", required_argument, NULL, OPT_LANES},
    {"residency", required_argument, NULL, OPT_RESIDENCY},
    {"memory", required_argument, NULL, OPT_MEMORY},
    {"store", required_argument, NULL, OPT_STORE},
    {"no-store", no_argument, NULL, OPT_NO_STORE},
    {"reader", required_argument, NULL, OPT_READER},
    {"readers", required_argument, NULL, OPT_READERS},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"quiet", no_argument, NULL, OPT_QUIET},
    {"record", required_argument, NULL, OPT_RECORD},
    {"epoch", required_argument, NULL, OPT_EPOCH},
    {"log-size", required_argument, NULL, OPT_LOG_SIZE},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

static int number_option(const char *name, uint64_t least, uint64_t most, uint64_t *value) {
    if (cli_parse_number(optarg, most, value) != 0 || *value < least) {
        return cli_bad("--%s %s: give a whole number from %llu to %llu", name, optarg, (unsigned long long)least,
                       (unsigned long long)most);
    }
    return 0;
}

/* The names between the commas. */
static int device_option(struct scan_options *o) {
    char *rest = optarg, *name;
    while ((name = strsep(&rest, ",")) != NULL) {
        if (strcmp(name, "all") == 0) {
            o->all_devices = 1;
        } else if (!*name) {
            return cli_bad("--device: an empty name: give auto, interp, all, an index or part of a name");
        } else if (o->device_count == SCAN_DEVICES_MAX) {
            return cli_bad("--device: more than %u devices", SCAN_DEVICES_MAX);
        } else {
            o->devices[o->device_count++] = name;
        }
    }
    return o->all_devices && o->device_count != 0u ? cli_bad("--device all: is all of them, name no other") : 0;
}

static int set_option(int option, struct scan_options *o) {
    uint64_t n = 0;
    int bad = 0;
    switch (option) {
    case 'f':
        o->patterns[o->pattern_files++] = optarg;
        break;
    case OPT_COUNT:
        o->count = 1;
        break;
    case OPT_OFFSETS:
        return number_option("offsets", 1, 1u << 30, &o->offsets);
    case OPT_JSON:
        o->json = 1;
        break;
    case OPT_STATS:
        o->stats = 1;
        break;
    case OPT_CHUNK:
        bad = cli_parse_bytes(optarg, &o->chunk) != 0 || o->chunk < 4096u || o->chunk > (1u << 30);
        return bad ? cli_bad("--chunk %s: give 4K to 1G", optarg) : 0;
    case OPT_DEPTH:
        bad = number_option("depth", 1, STK_STREAM_DEPTH_MAX, &n);
        o->depth = (uint32_t)n;
        return bad;
    case OPT_DEVICE:
        return device_option(o);
    case OPT_WORKERS:
        bad = number_option("workers", 1, 1024, &n);
        o->workers = (uint32_t)n;
        return bad;
    case OPT_LANES:
        bad = number_option("lanes", 1, 1024, &n);
        o->lanes = (uint32_t)n;
        return bad;
    case OPT_RESIDENCY:
        return cli_parse_residency(optarg, &o->residency);
    case OPT_MEMORY:
        return cli_parse_memory(optarg, &o->memory);
    case OPT_STORE:
        o->store = optarg;
        break;
    case OPT_NO_STORE:
        o->store = CLI_NO_STORE;
        break;
    case OPT_READER:
        o->reader = optarg;
        break;
    case OPT_READERS:
        bad = number_option("readers", 1, STK_READER_POOL_MAX, &n);
        o->readers = (uint32_t)n;
        return bad;
    case OPT_TIMEOUT:
        return number_option("timeout", 1, UINT64_MAX / SCAN_NS_PER_MS, &o->timeout_ms);
    case OPT_QUIET:
        o->quiet = 1;
        break;
    case OPT_RECORD:
        o->record = optarg;
        break;
    case OPT_EPOCH:
        bad = number_option("epoch", 1, UINT32_MAX, &n);
        o->epoch = (uint32_t)n;
        return bad;
    case OPT_LOG_SIZE:
        bad = cli_parse_bytes(optarg, &o->log_size) != 0 || o->log_size == 0u;
        return bad ? cli_bad("--log-size %s: give bytes, 256K and more", optarg) : 0;
    default:
        return CLI_BAD;
    }
    return 0;
}

/* Checks that standard input is used once, as one of the pattern files or as one of the files, since it gives its bytes
 * once. */
static int check_stdin_once(const struct scan_options *o) {
    uint32_t named = 0;
    for (uint32_t i = 0; i < o->pattern_files; i++) {
        named += cli_is_stdin(o->patterns[i]) ? 1u : 0u;
    }
    for (uint32_t i = 0; i < o->file_count; i++) {
        named += cli_is_stdin(o->files[i]) ? 1u : 0u;
    }
    return named > 1u ? cli_bad("standard input is named %u times and can be read once: put the rest into files", named)
                      : 0;
}

static int check(struct scan_options *o) {
    if (o->pattern_files == 0u) {
        return cli_bad("no patterns: name a pattern file with -f (stoker scan --help)");
    }
    if (!o->record && (o->epoch != 0u || o->log_size != 0u)) {
        return cli_bad("--%s without --record: name the log to record in", o->epoch ? "epoch" : "log-size");
    }
    if (o->file_count == 0u) {
        return cli_bad("no file to scan: name files after the options, or - for standard input");
    }
    return check_stdin_once(o);
}

static int parse(int argc, char **argv, struct scan_options *o) {
    uint64_t seen = 0;
    int option;
    while ((option = getopt_long(argc, argv, ":f:", long_options, NULL)) != -1) {
        int bad;
        if (option == OPT_HELP) {
            fputs(help, stdout);
            return -1;
        }
        bad = option == '?' || option == ':' ? cli_bad_option("scan", option, argv) : 0;
        /* Several pattern files and several devices may be given. */
        bad = bad || option == 'f' || option == OPT_DEVICE ? bad : cli_once(long_options, option, &seen);
        bad = bad ? bad : set_option(option, o);
        if (bad) {
            return bad;
        }
    }
    if (o->device_count == 0u && !o->all_devices) {
        const char *device = getenv("STOKER_DEVICE");
        o->devices[o->device_count++] = device && *device ? device : "auto";
    }
    o->files = argv + optind;
    o->file_count = (uint32_t)(argc - optind);
    return check(o);
}

static int run(const struct scan_options *options) {
    static struct scan scan;
    int code = scan_open(&scan, options);
    if (code == 0) {
        scan.progress = isatty(STDERR_FILENO) && !options->quiet ? scan_progress : NULL;
        code = scan_run(&scan);
        if (code != CLI_BAD && scan_report(&scan) != 0) {
            code = CLI_BAD;
        }
    }
    scan_close(&scan);
    return code;
}

int cmd_scan(int argc, char **argv) {
    struct scan_options options = {.chunk = SCAN_CHUNK_DEFAULT, .depth = SCAN_DEPTH_DEFAULT};
    int code;
    /* there are no more -f than words of the command line */
    options.patterns = calloc((size_t)argc, sizeof *options.patterns);
    if (!options.patterns) {
        return cli_bad("no memory for %d words: name fewer files", argc);
    }
    code = parse(argc, argv, &options);
    code = code == 0 ? run(&options) : code < 0 ? CLI_OK : code;
    free(options.patterns);
    return code;
}
