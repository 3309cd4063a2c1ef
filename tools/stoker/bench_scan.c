/* stoker bench scan: whole processes on one warm file: this program's scan, ripgrep, grep and Hyperscan. Counts of all
 * matches are compared with an independent count. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench_files.h"
#include "bench_payload.h"
#include "bench_process.h"
#include "input.h"
#include "limits.h"

#define RUNS_DEFAULT   5u
#define READ_BYTES     (1u << 20)
#define NO_MATCH_CODE  1   /* exit code of rg and grep when nothing matched */
#define PAYLOAD_PASSES "5" /* passes of stoker bench payload, after a first pass in its process */
#define PAYLOAD_MIN    4096u
#define PAYLOAD_MAX    (UINT64_C(256) << 20)
/* most bytes of one pass when several devices share the payload (payload_of_several()) */
#define PAYLOAD_SHARED (UINT64_C(3) << 30)
#define HS_PROGRAM     "hs_scan"

enum {
    STOKER,
    RG,
    GREP,
    HYPERSCAN,
    IN_PROCESS, /* stoker, asked for its own statistics */
    PROGRAMS
};

struct program {
    struct bench_process process;
    const char *peer; /* NULL: stoker */
    int missing;
    int counts_all;                                   /* 1: the program counts every occurrence of every pattern */
    double wall[BENCH_RUNS_MAX], cpu[BENCH_RUNS_MAX]; /* seconds */
};

struct scan_bench {
    struct bench *bench;
    struct program programs[PROGRAMS];
    uint32_t runs;
    const char *file, *patterns;     /* paths that each program opens */
    const char *set;                 /* name of the made set; NULL: the user's patterns */
    uint64_t bytes;                  /* bytes of the file */
    uint64_t expected;               /* matches that the bench counted without the library, by comparing bytes */
    uint64_t wrong;                  /* runs whose count differs from `expected` */
    double gb_per_s[BENCH_RUNS_MAX]; /* speeds of IN_PROCESS */
    /* speed of the same scan over data that is in the payload already; BENCH_MISSING: not measured */
    double payload_gb_per_s;
    double alone_gb_per_s
        [PAYLOAD_DEVICES_MAX]; /* speed of that scan by each of several devices alone, in the order of --device */
    uint32_t alone_count;
    int on_interp;    /* 1: the interpreter was the first device of the scans */
    uint32_t workers; /* workers of the first device */
    struct limits_of_host limits;
    char hs_program[4096];
};

/// Programs ///

/* Finds Hyperscan's program: beside this one in a build tree, else on the path. */
static void find_hyperscan(struct scan_bench *s) {
    ssize_t n = readlink("/proc/self/exe", s->hs_program, sizeof s->hs_program - sizeof HS_PROGRAM);
    char *name = n > 0 ? memrchr(s->hs_program, '/', (size_t)n) : NULL;
    strcpy(name ? name + 1 : s->hs_program, HS_PROGRAM);
    if (access(s->hs_program, X_OK) != 0) {
        strcpy(s->hs_program, HS_PROGRAM);
    }
}

/* Sets the command line of each program up. Programs that count lines, or matches without overlaps, are not compared in
 * their counts. */
static void name_programs(struct scan_bench *s) {
    const char *const f = s->file, *const p = s->patterns, *const d = s->bench->options.device;
    const struct bench_process processes[PROGRAMS] = {
        [STOKER] = {.argv = {"/proc/self/exe", "scan", "-f", p, "--count", f, d ? "--device" : NULL, d}},
        [RG] = {.argv = {"rg", "-F", "--count-matches", "-f", p, f}},
        [GREP] = {.argv = {"grep", "-F", "-c", "-f", p, f}, .locale_c = 1},
        [HYPERSCAN] = {.argv = {s->hs_program, "--count", p, f}},
        [IN_PROCESS] = {.argv = {"/proc/self/exe", "scan", "-f", p, "--count", f, "--json", "--stats",
                                 d ? "--device" : NULL, d}},
    };
    static const char *const peers[PROGRAMS] = {[RG] = "rg", [GREP] = "grep", [HYPERSCAN] = "hyperscan"};
    find_hyperscan(s);
    for (size_t i = 0; i < PROGRAMS; i++) {
        s->programs[i].process = processes[i];
        s->programs[i].peer = peers[i];
        s->programs[i].missing = 0;
        /* rg counts matches without overlaps, and grep counts lines */
        s->programs[i].counts_all = i != RG && i != GREP;
    }
}

/* Runs a program once. Returns 0, also when it is missing, or CLI_BAD after printing why. */
static int run_once(struct program *p) {
    bench_process_run(&p->process);
    p->missing = p->process.not_there;
    if (p->missing || p->process.code == 0 || (p->peer && p->process.code == NO_MATCH_CODE)) {
        return 0;
    }
    return cli_bad("bench scan: %s ended with code %d; it has said why", p->peer ? p->peer : "stoker scan",
                   p->process.code);
}

/* Returns the count that the program printed; of IN_PROCESS speed and device come with it. */
static uint64_t printed_count(struct scan_bench *s, size_t i, uint32_t at) {
    const char *output = s->programs[i].process.output;
    json_t *root, *stats;
    const char *dispatch;
    uint64_t count;
    if (i != IN_PROCESS) {
        return strtoull(output, NULL, 10);
    }
    root = json_loads(output, 0, NULL);
    stats = json_object_get(root, "stats");
    dispatch = json_string_value(json_object_get(stats, "dispatch"));
    s->gb_per_s[at] = json_number_value(json_object_get(stats, "gb_per_s"));
    s->on_interp = dispatch && strcmp(dispatch, "interp") == 0;
    s->workers = (uint32_t)json_integer_value(json_object_get(stats, "workers"));
    count = (uint64_t)json_integer_value(json_object_get(root, "total"));
    json_decref(root);
    return count;
}

/* Compares the count of a program with the independent one. */
static void check_count(struct scan_bench *s, size_t i, uint32_t at) {
    const char *name = s->programs[i].peer ? s->programs[i].peer : "stoker";
    uint64_t count = printed_count(s, i, at);
    if (s->programs[i].counts_all && count != s->expected) {
        cli_note("bench scan: %s counts %llu matches where %llu stand in the file", name, (unsigned long long)count,
                 (unsigned long long)s->expected);
        s->wrong++;
    }
}

/* Runs all programs one after the other, `runs` times. A first pass, which is not measured, warms up and finds out
 * which programs are installed. */
static int measure(struct scan_bench *s) {
    int bad = 0;
    for (uint32_t run = 0; run <= s->runs && bad == 0; run++) {
        uint32_t at = run == 0u ? 0u : run - 1u;
        for (size_t i = 0; i < PROGRAMS && bad == 0; i++) {
            struct program *p = &s->programs[i];
            if (p->missing) {
                continue;
            }
            bad = run_once(p);
            if (bad == 0 && !p->missing) {
                check_count(s, i, at);
            }
            p->wall[at] = p->process.wall;
            p->cpu[at] = p->process.cpu;
        }
    }
    return bad;
}

/* Takes the speeds out of what `stoker bench payload --json` printed, and its wrong passes. */
static void take_payload(struct scan_bench *s, const char *output) {
    json_t *figures = json_loads(output, 0, NULL), *f;
    size_t i;
    json_array_foreach(figures, i, f) {
        const char *metric = json_string_value(json_object_get(f, "metric"));
        const char *peer = json_string_value(json_object_get(f, "peer"));
        double value = json_number_value(json_object_get(f, "value"));
        if (!metric || strncmp(metric, "scan_", 5) != 0) {
            continue;
        }
        if (strstr(metric, "_wrong")) {
            s->wrong += (uint64_t)value;
        } else if (peer && strncmp(peer, PAYLOAD_ALONE, strlen(PAYLOAD_ALONE)) == 0 &&
                   s->alone_count < PAYLOAD_DEVICES_MAX) {
            s->alone_gb_per_s[s->alone_count++] = json_number_value(json_object_get(f, "peer_value"));
        } else if (peer) {
            json_t *limit = json_object_get(f, "peer_value");
            s->payload_gb_per_s = value;
            if (s->bench->options.device) { /* the limit of these devices */
                s->limits.all_units = json_is_number(limit) ? json_number_value(limit) : BENCH_MISSING;
            }
        }
    }
    json_decref(figures);
}

/* Returns the bytes of a payload for several devices: an eighth of the memory, from PAYLOAD_MAX to PAYLOAD_SHARED. The
 * longer a pass is, the less the start and the end count, where not all devices work. */
static uint64_t payload_of_several(void) {
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    uint64_t bytes = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page / 8u : 0u;
    return bytes < PAYLOAD_MAX ? PAYLOAD_MAX : bytes > PAYLOAD_SHARED ? PAYLOAD_SHARED : bytes;
}

/* Has `stoker bench payload` scan the beginning of the file as a payload that is there, in chunks of a scan and on the
 * device of the scans. If this fails, that command has said why, and the figure is missing. */
static void measure_payload(struct scan_bench *s) {
    static struct bench_process p;
    uint64_t most = s->bytes < PAYLOAD_MAX ? s->bytes : PAYLOAD_MAX;
    const char *device = s->bench->options.device;
    char bytes[32], workers[16];
    if (device && strchr(device, ',')) {
        most = payload_of_several(); /* the file is repeated */
    }
    snprintf(workers, sizeof workers, "%u", s->workers ? s->workers : 1u);
    snprintf(bytes, sizeof bytes, "%llu", (unsigned long long)(most > PAYLOAD_MIN ? most : PAYLOAD_MIN));
    p = (struct bench_process){.argv = {"/proc/self/exe", "bench", "payload", "--json", "--file", s->file, "-f",
                                        s->patterns, "--bytes", bytes, "--runs", PAYLOAD_PASSES, "--chunk", "256K",
                                        "--device",
                                        device         ? device
                                        : s->on_interp ? "interp"
                                                       : "auto",
                                        device ? NULL : "--workers", workers}};
    s->payload_gb_per_s = BENCH_MISSING;
    s->limits.all_units = device ? BENCH_MISSING : s->limits.all_units;
    s->alone_count = 0;
    bench_process_run(&p);
    if (!p.not_there) {
        take_payload(s, p.output);
    }
}

/* Measures the limit of the device that the scans take, when those of the first set are over. Without an OpenCL device
 * the limit is missing. */
static int measure_limit(struct scan_bench *s) {
    static struct cli_device device;
    int bad = cli_device_open(&device, &(struct cli_device_wish){.slots = 0});
    if (bad) {
        return bad;
    }
    bad = bench_device_rest(&device);
    bad = bad ? bad : limits_of_host(&device, &s->limits);
    cli_device_close(&device);
    return bad;
}

/// Reporting ///

/* Prints a figure under the name of its metric, and of the set where there are several. */
static void show(struct scan_bench *s, struct bench_figure f) {
    char metric[64];
    if (s->set) {
        snprintf(metric, sizeof metric, "%s_%s", f.metric, s->set);
        f.metric = metric;
    }
    bench_figure(s->bench, &f);
}

/* Prints wall time and CPU time beside those of one peer. */
static void report_peer(struct scan_bench *s, const struct program *peer) {
    const struct program *ours = &s->programs[STOKER];
    const struct {
        const char *metric;
        double (*pick)(const double *values, uint32_t count);
        const double *ours, *theirs;
    } rows[] = {
        {"wall_median", bench_median, ours->wall, peer->wall},
        {"wall_best", bench_least, ours->wall, peer->wall},
        {"cpu_median", bench_median, ours->cpu, peer->cpu},
    };
    double gb = (double)s->bytes / 1e9;
    struct bench_figure f = {.unit = "s", .better = BENCH_LESS, .peer = peer->peer};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        f.metric = rows[i].metric;
        f.value = rows[i].pick(rows[i].ours, s->runs);
        f.peer_value = peer->missing ? BENCH_MISSING : rows[i].pick(rows[i].theirs, s->runs);
        show(s, f);
    }
    f = (struct bench_figure){.metric = "speed_median", .unit = "GB/s", .better = BENCH_MORE, .peer = peer->peer};
    f.value = gb / bench_median(ours->wall, s->runs);
    f.peer_value = peer->missing ? BENCH_MISSING : gb / bench_median(peer->wall, s->runs);
    show(s, f);
}

/* Prints the speed of a scan of the payload by all devices together, beside the speed of each device alone. */
static void report_alone(struct scan_bench *s) {
    char peer[32];
    for (uint32_t i = 0; i < s->alone_count; i++) {
        snprintf(peer, sizeof peer, PAYLOAD_ALONE "%u", i);
        show(s, (struct bench_figure){.metric = "payload_median",
                                      .value = s->payload_gb_per_s,
                                      .unit = "GB/s",
                                      .better = BENCH_MORE,
                                      .peer = peer,
                                      .peer_value = s->alone_gb_per_s[i]});
    }
}

static void report(struct scan_bench *s) {
    struct bench_figure f = {.unit = "GB/s", .better = BENCH_MORE, .metric = "speed_median"};
    report_peer(s, &s->programs[RG]);
    report_peer(s, &s->programs[GREP]);
    if (!s->programs[HYPERSCAN].missing) {
        report_peer(s, &s->programs[HYPERSCAN]);
    }
    f.value = (double)s->bytes / 1e9 / bench_median(s->programs[STOKER].wall, s->runs);
    f.peer = "payload";
    f.peer_value = s->payload_gb_per_s;
    show(s, f);
    f.peer = "host_stream_units";
    f.peer_value = s->limits.all_units;
    show(s, f);
    report_alone(s);
    f.metric = "in_process_median";
    f.value = bench_median(s->gb_per_s, s->runs);
    show(s, f);
    show(s, (struct bench_figure){.metric = "matches", .value = (double)s->expected, .unit = "matches"});
    show(s, (struct bench_figure){.metric = "wrong", .value = (double)s->wrong, .unit = "counts"});
}

/// A file and its patterns ///

/* Reads the file once, so that it lies in the page cache as far as it fits. */
static int warm(struct scan_bench *s) {
    static char buffer[READ_BYTES];
    const struct cli_file input = {"", s->file, "name a file that exists and can be read"};
    ssize_t n = 0;
    int fd = cli_file_open(&input);
    if (fd < 0) {
        return CLI_BAD;
    }
    s->bytes = 0;
    while ((n = read(fd, buffer, sizeof buffer)) > 0) {
        s->bytes += (uint64_t)n;
    }
    if (n < 0 || s->bytes == 0u) {
        n = cli_bad("%s: %s: name a file that is not empty", s->file, n < 0 ? strerror(errno) : "holds nothing");
    }
    close(fd);
    return (int)n;
}

/* Counts the patterns in the text by comparing bytes. */
static int count_text(struct scan_bench *s, const uint8_t *text) {
    const struct pattern_source source = {s->patterns, 1};
    struct bench_count count = {.matches = 0};
    struct patterns patterns;
    int bad = patterns_load(&patterns, &source, 1);
    bad = bad ? bad : bench_count(&count, &patterns, text, s->bytes);
    s->expected = count.matches;
    free(count.occurrences);
    patterns_free(&patterns);
    return bad;
}

/* Counts the matches in the file without the library, by comparing bytes. */
static int count_alone(struct scan_bench *s) {
    const struct cli_file input = {"", s->file, "name a file that exists and can be read"};
    int fd = cli_file_open(&input), bad;
    void *text;
    if (fd < 0) {
        return CLI_BAD;
    }
    text = mmap(NULL, s->bytes, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (text == MAP_FAILED) {
        return cli_bad("%s: %s: name a file that can be mapped", s->file, strerror(errno));
    }
    bad = count_text(s, text);
    munmap(text, s->bytes);
    return bad;
}

/* Checks that the patterns are a regular file, since each program reads them anew. */
static int check_patterns(const char *name) {
    const struct cli_file input = {"", name, "name a readable pattern file after -f"};
    int fd = cli_file_open(&input);
    if (fd < 0) {
        return CLI_BAD;
    }
    close(fd);
    return 0;
}

/* Measures one set of patterns on the file. Returns 0, CLI_FAULT when a count was wrong, or CLI_BAD. */
static int measure_set(struct scan_bench *s) {
    int bad = check_patterns(s->patterns);
    bad = bad ? bad : warm(s);
    bad = bad ? bad : count_alone(s);
    if (bad) {
        return bad;
    }
    s->wrong = 0;
    name_programs(s);
    bad = measure(s);
    if (bad) {
        return bad;
    }
    measure_payload(s);
    if (s->limits.all_units == 0.0 && !s->bench->options.device) { /* the first set */
        bad = measure_limit(s);
    }
    if (bad == 0) {
        report(s);
        bad = s->wrong ? bench_wrong(s->bench, s->wrong, "wrong counts") : 0;
    }
    return bad;
}

/* Measures the made text with each of the made sets. Returns the worst exit code. */
static int measure_made(struct scan_bench *s) {
    static struct bench_files files;
    int code = bench_files_open(&files, &s->bench->options), worst = code;
    for (uint32_t i = 0; i < BENCH_SETS && code != CLI_BAD; i++) {
        if (s->bench->options.set && bench_sets + i != bench_set_named(s->bench->options.set)) {
            continue;
        }
        code = bench_files_set(&files, &bench_sets[i]);
        s->set = bench_sets[i].name;
        s->file = files.text.path;
        s->patterns = files.set.path;
        code = code ? code : measure_set(s);
        worst = code > worst ? code : worst;
    }
    bench_files_close(&files);
    return worst;
}

/* Refuses options that do not go together. */
static int check_options(const struct bench_options *o) {
    const char *names[BENCH_SETS];
    char text[128];
    for (uint32_t i = 0; i < BENCH_SETS; i++) {
        names[i] = bench_sets[i].name;
    }
    if (!o->file != !o->patterns) {
        return cli_bad("bench scan: name both, the file with --file and the patterns with -f, or neither");
    }
    if (o->file && (o->set || o->words || o->write || o->bytes)) {
        return cli_bad(
            "bench scan: --set, --words, --write and --bytes are of the made text: name them without --file");
    }
    if (o->set && !bench_set_named(o->set)) {
        return cli_bad("--set %s: name %s", o->set, cli_names(text, sizeof text, names, BENCH_SETS));
    }
    return 0;
}

static int run(struct bench *bench) {
    static struct scan_bench s;
    int code = check_options(&bench->options);
    s.bench = bench;
    s.runs = bench->options.runs ? (uint32_t)bench->options.runs : RUNS_DEFAULT;
    if (code != 0) {
        return code;
    }
    if (bench->options.write) {
        return bench_files_write(&bench->options);
    }
    s.file = bench->options.file;
    s.patterns = bench->options.patterns;
    code = s.file ? measure_set(&s) : measure_made(&s);
    if (code != CLI_BAD && s.programs[HYPERSCAN].missing) {
        cli_note("bench scan: no row of Hyperscan: install libhyperscan-dev and build the target " HS_PROGRAM
                 ", which is started from the folder of stoker or from the PATH");
    }
    return code;
}

const struct bench_case bench_scan = {
    .name = "scan",
    .options = BENCH_FILES | BENCH_RUNS | BENCH_BYTES | BENCH_SET | BENCH_DEVICE,
    .run = run,
    .what = "stoker scan as a process of its own. The peers are rg -F, which counts no overlaps, grep -F, which counts "
            "lines, and Hyperscan in streaming mode with the same chunks (hs_scan), where they are installed, and the "
            "kernel on a payload that is there. With several devices, as --device 0,1, the payload is also scanned by "
            "each of them alone. Counts of all matches are compared with an independent one; where one "
            "differs the exit code is 1",
    .values = {{"set", "one made set of patterns: frequent76, frequent926, rare76 or rare2500 (all). Frequent ones are "
                       "words of the text, rare ones do not stand in it"},
               {"words", "words for text and sets (/usr/share/dict/words; where it is missing, made-up ones)"},
               {"bytes", "of the made text (128M)"},
               {"write", "only write the made text and sets into FOLDER"},
               {"file", "scan FILE instead of the made text, with -f"},
               {"patterns", "take the patterns, one a line, from FILE instead of the made sets, with --file"},
               {"runs", "runs of each (5)"}},
};
