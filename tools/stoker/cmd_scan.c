/* stoker scan: its page and its options. scan_open.c checks patterns and files, scan_run.c does the scan. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "input.h"
#include "options.h"
#include "scan.h"

enum {
    OPT_COUNT = 256,
    OPT_BY_FILE,
    OPT_OFFSETS,
    OPT_JSON,
    OPT_STATS,
    OPT_COLOR,
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
    OPT_DIRECT,
    OPT_TIMEOUT,
    OPT_QUIET,
    OPT_RECORD,
    OPT_EPOCH,
    OPT_LOG_SIZE
};

static const struct cli_row rows[] = {
    {0, NULL, NULL, "What is searched", NULL, 0},
    {'e', NULL, "PATTERN", "a pattern; lines of it are patterns of their own", NULL, 1},
    {'f', "patterns", "FILE", "the patterns in FILE, one a line", NULL, 1},
    {'r', "recursive", NULL,
     "the regular files below each folder, in the order of their names; links in a folder are not followed. Without "
     "FILE: those below the current folder",
     NULL, 0},
    {0, NULL, NULL, "Output", NULL, 0},
    {OPT_COUNT, "count", NULL, "print only the total; with --by-file a line FILE:COUNT for each file", NULL, 0},
    {OPT_BY_FILE, "by-file", NULL, "print count, bytes and name of each file instead of a count for each pattern", NULL,
     0},
    {OPT_OFFSETS, "offsets", "N", "also print the first N matches as FILE:OFFSET:PATTERN", NULL, 0},
    {OPT_JSON, "json", NULL, "print one JSON object, with the count or the error of each file", NULL, 0},
    {OPT_STATS, "stats", NULL, "also print slots, bytes, reads, launches, latency and speed (on stderr without --json)",
     NULL, 0},
    CLI_COLOR_ROW(OPT_COLOR),
    {OPT_QUIET, "quiet", NULL, "print no notes and no progress bar", NULL, 0},
    CLI_HELP_ROW,
    {0, NULL, NULL, "Device", NULL, 0},
    {OPT_DEVICE, "device", "NAME",
     "auto, interp, or an OpenCL device's index or part of its name (auto); several, as 0,1 or by one --device each, "
     "or all, share the work. auto: the interpreter at once, and the first GPU or accelerator that opens, where the "
     "scan is long; opencl: the first OpenCL device that opens, GPUs before accelerators before CPUs",
     "auto interp opencl all", 1},
    {OPT_WORKERS, "workers", "N",
     "work-groups of the resident kernel (as suits the device), or threads of the interpreter (as the CPUs)", NULL, 0},
    {OPT_LANES, "lanes", "N", "work-items in each (1 on a CPU, 256 on a GPU)", NULL, 0},
    CLI_MODE_ROWS(OPT_RESIDENCY, OPT_MEMORY),
    {OPT_STORE, "store", "FILE",
     "keep the compiled program and the outcome of the handshake in FILE, so that the next start is fast. FILE is made "
     "if it does not exist (default: the file that STOKER_STORE names, or stoker/programs below XDG_CACHE_HOME, "
     "~/.cache)",
     NULL, 0},
    {OPT_NO_STORE, "no-store", NULL, "keep nothing", NULL, 0},
    {OPT_TIMEOUT, "timeout", "MS",
     "give the device up when a chunk takes longer, or when a kernel is still there so long after its time is over. "
     "Time in which the scan is stopped does not count (chunk: 10000, and 1 for each KB in flight; kernel: 60000)",
     NULL, 0},
    {0, NULL, NULL, "Reading", NULL, 0},
    {OPT_CHUNK, "chunk", "BYTES", "data bytes of a chunk, 4K to 1G (256K)", NULL, 0},
    {OPT_DEPTH, "depth", "N", "chunks in flight, 1 to 4096 (8, or 2 a worker)", NULL, 0},
    {OPT_READER, "reader", "NAME",
     "uring: io_uring into registered memory; posix: pread; auto: the first that reads a byte of uring, io_uring into "
     "memory as it is, and posix (auto)",
     "auto uring posix", 0},
    {OPT_READERS, "readers", "N",
     "rings or preads at the same time, each with a thread, 1 to 16; 1 reads on the thread of the scan (1 unless a "
     "file of 64M or more is named; then as many as the CPUs that a device on the CPU leaves, up to 4, or half the "
     "CPUs, up to 8)",
     NULL, 0},
    {OPT_DIRECT, "direct", NULL,
     "read files and block devices with O_DIRECT, past the page cache, where the file system can (reader uring alone)",
     NULL, 0},
    {0, NULL, NULL, "Recording", NULL, 0},
    {OPT_RECORD, "record", "FILE",
     "record the scan in the log FILE for stoker replay, and its tables in FILE.tables. An older recording of this "
     "name is replaced; any other file is refused",
     NULL, 0},
    {OPT_EPOCH, "epoch", "CHUNKS", "with --record: end an epoch after so many chunks too, not only after each file",
     NULL, 0},
    {OPT_LOG_SIZE, "log-size", "BYTES",
     "with --record: size of the log (16M); a recording that needs more than this cannot be replayed", NULL, 0},
    {0, NULL, NULL, "Environment", NULL, 0},
    {0, NULL, "STOKER_DEVICE", "the --device where none is given", NULL, 0},
    {0, NULL, "STOKER_STORE", "the --store where none is given; when set and empty: keep nothing", NULL, 0},
    {0, NULL, "NO_COLOR", "when set and not empty: no colours without --color", NULL, 0},
    CLI_MODE_ENVIRONMENT,
    {0, NULL, NULL, NULL, NULL, 0},
};

static const struct cli_page page = {
    .name = "scan",
    .what = "count byte-string patterns in files, on the device",
    .synopsis = "-e PATTERN|-f PATTERNS [OPTION]... FILE...\n-r -e PATTERN|-f PATTERNS [OPTION]... [FILE]...",
    .about =
        "Counts every occurrence, overlapping ones too, of every pattern in the files, on the device. -e and -f may be "
        "given several times; the patterns count in the order in which they are given.\n"
        "A pattern is any bytes but a line feed. Where every line of a pattern file ends in CR LF, the CR is no part "
        "of the patterns, and a note says so. Where only some lines do, the CR is part of these patterns.\n"
        "- is standard input, which can be named once. If FILE is a FIFO, the scan waits until a process writes into "
        "it; a FIFO with patterns needs its writer within 5 s. The character device of an NVMe namespace, such as "
        "/dev/ng0n1, is read by NVMe commands.\n"
        "tcp:HOST:PORT and unix:PATH connect to a socket and read until the other side closes. udp:HOST:PORT receives "
        "at a local address until an empty datagram comes; each datagram is scanned by itself.\n"
        "A file that cannot be read is named on standard error, and the others are scanned.",
    .rows = rows,
    .notes =
        "JSON is UTF-8. If the name of a pattern, file or device is not UTF-8, the key KEY_hex has its bytes as "
        "hexadecimal digits, in the place of KEY. In a note each such byte is U+FFFD, and notes_hex has the bytes of "
        "the note.\n"
        "An option with a value may be given once, but -e, -f and --device several times. BYTES may end in K, M or G.",
    .exits =
        {"all files were scanned", "a file could not be read; the others are counted",
         "bad input, no file that can be read, or no device, and no result was printed; or the result could not be "
         "written"},
};

const struct cli_page *page_scan(void) {
    return &page;
}

/* Takes the names between the commas of --device. */
static int device_option(struct scan_options *o) {
    char *rest = optarg, *name;
    while ((name = strsep(&rest, ",")) != NULL) {
        if (strcmp(name, "all") == 0) {
            o->all_devices = 1;
        } else if (!*name) {
            return cli_bad("--device: an empty name: give auto, interp, all, an index or part of a name");
        } else if (o->device_count == SCAN_DEVICES_MAX) {
            return cli_bad("--device: more than %u devices are named: name fewer", SCAN_DEVICES_MAX);
        } else {
            o->devices[o->device_count++] = name;
        }
    }
    return o->all_devices && o->device_count != 0u
               ? cli_bad("--device all: names every OpenCL device: leave the other names out")
               : 0;
}

/* Returns the member that an option without a value sets to 1. Returns NULL for every other option. */
static int *flag_of(struct scan_options *o, int id) {
    switch (id) {
    case 'r':
        return &o->recursive;
    case OPT_COUNT:
        return &o->count;
    case OPT_BY_FILE:
        return &o->by_file;
    case OPT_JSON:
        return &o->json;
    case OPT_STATS:
        return &o->stats;
    case OPT_DIRECT:
        return &o->direct;
    case OPT_QUIET:
        return &o->quiet;
    default:
        return NULL;
    }
}

/* Takes a number from 1 to `most` for the option `name`. Returns 0, or CLI_BAD after printing why. */
static int number_option(const char *name, uint32_t most, uint32_t *value) {
    uint64_t n = 0;
    int bad = cli_number_option(name, 1, most, &n);
    *value = (uint32_t)n;
    return bad;
}

static int chunk_option(struct scan_options *o) {
    int bad = cli_parse_bytes(optarg, &o->chunk) != 0 || o->chunk < 4096u || o->chunk > (1u << 30);
    return bad ? cli_bad("--chunk %s: give 4K to 1G", optarg) : 0;
}

static int log_size_option(struct scan_options *o) {
    int bad = cli_parse_bytes(optarg, &o->log_size) != 0 || o->log_size == 0u;
    return bad ? cli_bad("--log-size %s: give bytes, 256K and more", optarg) : 0;
}

/* Takes an option with a value. Returns 0, or CLI_BAD after printing why. */
static int set_value(struct scan_options *o, int id) {
    switch (id) {
    case 'e':
    case 'f':
        o->patterns[o->pattern_count++] = (struct pattern_source){optarg, id == 'f'};
        return 0;
    case OPT_COLOR:
        return cli_parse_color(optarg, &o->color);
    case OPT_OFFSETS:
        return cli_number_option("offsets", 1, 1u << 30, &o->offsets);
    case OPT_CHUNK:
        return chunk_option(o);
    case OPT_DEPTH:
        return number_option("depth", STK_STREAM_DEPTH_MAX, &o->depth);
    case OPT_DEVICE:
        return device_option(o);
    case OPT_WORKERS:
        return number_option("workers", 1024, &o->workers);
    case OPT_LANES:
        return number_option("lanes", 1024, &o->lanes);
    case OPT_RESIDENCY:
        return cli_parse_residency(optarg, &o->residency);
    case OPT_MEMORY:
        return cli_parse_memory(optarg, &o->memory);
    case OPT_STORE:
        return cli_store_option(&o->store, optarg);
    case OPT_READER:
        o->reader = optarg;
        return 0;
    case OPT_READERS:
        return number_option("readers", STK_READER_POOL_MAX, &o->readers);
    case OPT_TIMEOUT:
        return cli_number_option("timeout", 1, UINT64_MAX / SCAN_NS_PER_MS, &o->timeout_ms);
    case OPT_RECORD:
        o->record = optarg;
        return 0;
    case OPT_EPOCH:
        return number_option("epoch", UINT32_MAX, &o->epoch);
    case OPT_LOG_SIZE:
        return log_size_option(o);
    default:
        return CLI_BAD;
    }
}

/* Takes one option. Options that do not go together are found in check(), when all are known. */
static int set_option(void *to, int id) {
    struct scan_options *o = to;
    int *flag = flag_of(o, id);
    if (flag) {
        *flag = 1;
        return 0;
    }
    /* --no-store means an empty --store, and excludes --store. */
    return id == OPT_NO_STORE ? cli_store_option(&o->store, CLI_NO_STORE) : set_value(o, id);
}

/* Checks that standard input is used once, as one of the pattern files or as one of the files, since it gives its bytes
 * once. */
static int check_stdin_once(const struct scan_options *o) {
    uint32_t named = 0;
    for (uint32_t i = 0; i < o->pattern_count; i++) {
        named += o->patterns[i].is_file && cli_is_stdin(o->patterns[i].text) ? 1u : 0u;
    }
    for (uint32_t i = 0; i < o->file_count; i++) {
        named += cli_is_stdin(o->files[i]) ? 1u : 0u;
    }
    return named > 1u ? cli_bad("standard input is named %u times and can be read once: put the rest into files", named)
                      : 0;
}

/* Refuses options that do not go together, and a scan without patterns or files. */
static int check(struct scan_options *o) {
    if (o->pattern_count == 0u) {
        return cli_bad("no patterns: give one with -e PATTERN, or a file of them with -f FILE (stoker scan --help)");
    }
    if (o->lanes != 0u && o->device_count == 1u && strcmp(o->devices[0], "interp") == 0) {
        return cli_bad("--lanes is for OpenCL devices, the interpreter has one lane: leave it out, or name another "
                       "--device");
    }
    if (!o->record && (o->epoch != 0u || o->log_size != 0u)) {
        return cli_bad("--%s without --record: name the log to record in", o->epoch ? "epoch" : "log-size");
    }
    if (o->file_count == 0u && !o->recursive) {
        return cli_bad("no file to scan: name files after the options, - for standard input, or -r for this folder");
    }
    return check_stdin_once(o);
}

/* Reads the command line. Where no --device is given, the environment or "auto" names the device. */
static int parse(int argc, char **argv, struct scan_options *o) {
    int code = cli_options(&page, argc, argv, set_option, o);
    if (code != 0) {
        return code;
    }
    if (o->device_count == 0u && !o->all_devices) {
        const char *device = getenv("STOKER_DEVICE");
        o->devices[o->device_count++] = device && *device ? device : "auto";
    }
    o->files = argv + optind; /* getopt_long has moved the operands to the end */
    o->file_count = (uint32_t)(argc - optind);
    return check(o);
}

/* Does the scan and prints its result. A progress bar is shown on a terminal only. */
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
    struct scan_options options = {.chunk = SCAN_CHUNK_DEFAULT};
    int code;
    /* there are no more -e and -f than words of the command line */
    options.patterns = calloc((size_t)argc, sizeof *options.patterns);
    if (!options.patterns) {
        return cli_bad("no memory for %d words: name fewer files", argc);
    }
    code = parse(argc, argv, &options);
    code = code == 0 ? run(&options) : code < 0 ? CLI_OK : code;
    free(options.patterns);
    return code;
}
