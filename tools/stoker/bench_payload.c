/* stoker bench payload: scans and sums of data that is in the payload already, pass after pass, without any reader. The
 * counts of the devices in each pass are compared with a count by the host. Several devices share the chunks of a pass,
 * and each of them also makes passes alone, for comparison. The passes are in bench_payload_pass.c. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_payload.h"
#include "bench_text.h"
#include "input.h"
#include "limits.h"
#include "stoker/atomic.h"
#include "stoker/port/reader_pool.h"

#define RUNS_DEFAULT  20u
#define BYTES_DEFAULT (UINT64_C(256) << 20)
#define SLOTS_DEFAULT 1024u
#define WORKERS_MAX   1024u /* workers that there are counters for */
#define SETS_MAX      2u    /* most sets: those sets of bench_sets that measure frequent patterns */
#define CHUNKS_MAX    2u

/* A set of patterns, and the matches that the host has counted in the text. */
struct set {
    struct patterns patterns;
    struct bench_count count;
    uint64_t *visits, *scratch, *occurrences;
    uint32_t image_at; /* offset of the automaton in the tables */
};

struct payload {
    struct bench *bench;
    char names[256]; /* names of the devices, each ended by a NUL */
    struct payload_device devices[PAYLOAD_DEVICES_MAX];
    uint32_t device_count;
    struct payload_shared shared;
    double limit; /* 10^9 bytes a second that all devices read of their payloads; BENCH_MISSING: not known */
    struct bench_text text;
    struct set sets[SETS_MAX];
    uint32_t set_count;
    uint32_t chunks[CHUNKS_MAX], chunk_count;
    uint32_t bytes, hits_at; /* bytes of the payload: the text, then the counters of hits */
    uint64_t sum;            /* sum of the words of the text, computed by the host */
    /* times of passes by all devices, then of passes by each device alone */
    double gb_per_s[PAYLOAD_DEVICES_MAX + 1u][BENCH_RUNS_MAX];
    uint64_t wrong; /* passes with a wrong result */
};

/* Passes over the whole text that all do the same work. Their times make one figure. */
struct job {
    struct set *set; /* patterns that the passes search for; NULL: the passes sum the text instead */
    uint32_t chunk;  /* bytes of a chunk */
    char name[32];
};

#define BY_ALL PAYLOAD_DEVICES_MAX /* instead of the index of a device: all devices make the pass */

/// What is measured ///

/* Loads the patterns: one set of the user, or the made sets. */
static int name_sets(struct payload *p) {
    const struct pattern_source file = {p->bench->options.patterns, 1};
    int bad = bench_text_open(&p->text);
    p->set_count = file.text ? 1u : SETS_MAX;
    for (uint32_t i = 0; i < p->set_count && bad == 0; i++) {
        struct set *s = &p->sets[i];
        bad =
            file.text ? patterns_load(&s->patterns, &file, 1) : bench_text_set(&p->text, &bench_sets[i], &s->patterns);
        bad = bad || !file.text ? bad : patterns_build(&s->patterns);
    }
    return bad;
}

/* Sets where everything lies. Counters are there for any number of workers, since the port chooses that number. */
static int lay_out(struct payload *p, uint64_t *payload_bytes, uint64_t *table_bytes) {
    uint64_t bytes = p->bench->options.bytes ? p->bench->options.bytes : BYTES_DEFAULT, counters = 0;
    *table_bytes = STK_TABLES_FIRST;
    for (uint32_t i = 0; i < p->set_count; i++) {
        const struct stk_automaton *a = &p->sets[i].patterns.automaton;
        uint64_t accepting = stk_automaton_accepting(a);
        *table_bytes += ((uint64_t)a->image_bytes + 63u) & ~UINT64_C(63);
        counters = accepting > counters ? accepting : counters;
        for (uint32_t k = 0; k < p->chunk_count; k++) {
            if (a->max_len > p->chunks[k]) {
                return cli_bad("bench payload: a pattern has %u bytes, more than a chunk of %u: use a larger --chunk",
                               a->max_len, p->chunks[k]);
            }
        }
    }
    bytes &= ~UINT64_C(63);
    *payload_bytes = bytes + counters * 4u * WORKERS_MAX;
    if (*payload_bytes > UINT32_MAX - 65536u || *table_bytes > UINT32_MAX - 65536u) {
        return cli_bad("bench payload: text and tables need %llu bytes, and 4 GiB is the most: use a smaller --bytes",
                       (unsigned long long)(*payload_bytes + *table_bytes));
    }
    p->bytes = (uint32_t)bytes;
    p->hits_at = p->bytes;
    return 0;
}

/* Fills the payload with the beginning of the user's file, as often as it fits. */
static int fill_from_file(struct payload *p) {
    const struct cli_file input = {"--file ", p->bench->options.file, "name a file that exists and can be read"};
    uint8_t *text = p->devices[0].device.memory.payload;
    int fd = cli_file_open(&input), bad = 0;
    ssize_t length;
    if (fd < 0) {
        return CLI_BAD;
    }
    length = cli_read_at(fd, text, p->bytes, 0);
    if (length <= 0) {
        bad = cli_bad("--file %s: %s: name a file that is not empty", input.path,
                      length < 0 ? strerror(errno) : "holds nothing");
    }
    close(fd);
    for (size_t got = bad ? p->bytes : (size_t)length; got < p->bytes; got++) {
        text[got] = text[got - (size_t)length];
    }
    return bad;
}

/* Fills the payloads and counts, by the host alone, what the devices are to find. */
static int fill(struct payload *p) {
    uint8_t *text = p->devices[0].device.memory.payload;
    int bad = 0;
    if (p->bench->options.file) {
        bad = fill_from_file(p);
    } else {
        bench_text_fill(&p->text, text, p->bytes);
    }
    for (uint32_t d = 1; d < p->device_count && bad == 0; d++) {
        memcpy(p->devices[d].device.memory.payload, text, p->bytes);
    }
    for (uint32_t i = 0; i < p->bytes && bad == 0; i++) {
        p->sum += (uint64_t)text[i] << (8u * (i & 3u));
    }
    for (uint32_t i = 0; i < p->set_count && bad == 0; i++) {
        struct set *s = &p->sets[i];
        uint32_t accepting = stk_automaton_accepting(&s->patterns.automaton);
        bad = bench_count(&s->count, &s->patterns, text, p->bytes);
        s->visits = calloc(accepting, sizeof *s->visits);
        s->scratch = calloc(accepting, sizeof *s->scratch);
        s->occurrences = calloc(s->patterns.count, sizeof *s->occurrences);
        if (bad == 0 && (!s->visits || !s->scratch || !s->occurrences)) {
            bad = cli_bad("bench payload: no memory for the counters of %u patterns: free some memory",
                          s->patterns.count);
        }
    }
    return bad;
}

/// Counters and results ///

/* Adds the automata to the tables of a device. The order is the same on each, and so are the offsets. */
static int add_automata(struct payload *p, struct payload_device *d) {
    int bad = 0;
    for (uint32_t i = 0; i < p->set_count && bad == 0; i++) {
        const struct stk_automaton *a = &p->sets[i].patterns.automaton;
        bad = cli_device_add_table(&d->device, a->image, (uint32_t)a->image_bytes, &p->sets[i].image_at);
    }
    return bad;
}

/* Sets the counters of the handler to 0. Call it while no worker runs. */
static void clear_counters(struct payload *p, const struct set *set) {
    const struct stk_automaton *a = &set->patterns.automaton;
    for (uint32_t d = 0; d < p->device_count; d++) {
        memset(p->devices[d].device.memory.payload + p->hits_at, 0,
               (size_t)stk_automaton_accepting(a) * 4u * WORKERS_MAX);
    }
}

/* Adds the counters of all workers of a device to the visits, and clears them for the next pass. No slot is under
 * way. */
static void take_counters(struct payload *p, struct payload_device *d, struct set *set) {
    uint32_t accepting = stk_automaton_accepting(&set->patterns.automaton);
    uint32_t *hits = (void *)(d->device.memory.payload + p->hits_at);
    for (uint32_t w = 0; w < d->device.workers; w++) {
        for (uint32_t i = 0; i < accepting; i++, hits++) {
            set->visits[i] += stk_load(hits);
            stk_store(hits, 0);
        }
    }
}

/* Returns 1 if the pass found what the host has counted. Says for the first wrong pass what differs. */
static int is_right(struct payload *p, const struct job *job, uint64_t result) {
    uint64_t expected = job->set ? job->set->count.ends : p->sum;
    int right = result == expected;
    if (!right && p->wrong == 0u) {
        cli_note("bench payload: %s: %llu where the host counts %llu", job->name, (unsigned long long)result,
                 (unsigned long long)expected);
    }
    if (job->set) {
        struct set *s = job->set;
        memset(s->visits, 0, stk_automaton_accepting(&s->patterns.automaton) * sizeof *s->visits);
        for (uint32_t d = 0; d < p->device_count; d++) {
            take_counters(p, &p->devices[d], s);
        }
        stk_automaton_occurrences(&s->patterns.automaton, s->visits, s->scratch, s->occurrences);
        for (uint32_t i = 0; i < s->patterns.count; i++) {
            if (s->occurrences[i] != s->count.occurrences[i] && right && p->wrong == 0u) {
                cli_note("bench payload: %s: pattern %u stands there %llu times where the host counts %llu", job->name,
                         i + 1u, (unsigned long long)s->occurrences[i], (unsigned long long)s->count.occurrences[i]);
            }
            right = right && s->occurrences[i] == s->count.occurrences[i];
        }
    }
    return right;
}

/// All passes ///

/* Makes one pass with device `by` alone, or with all. Adds to *wrong. */
static int make_pass(struct payload *p, const struct job *job, uint32_t by, uint32_t run, uint64_t *wrong) {
    const struct payload_work work = {.bytes = p->bytes,
                                      .chunk = job->chunk,
                                      .lead = job->set ? job->set->patterns.automaton.max_len - 1u : 0u,
                                      .opcode = job->set ? STK_OP_SCAN_COUNT : STK_OP_SUM64,
                                      .image_at = job->set ? job->set->image_at : 0u,
                                      .hits_at = p->hits_at};
    uint64_t result = 0, took = 0;
    uint32_t first = by == BY_ALL ? 0u : by, count = by == BY_ALL ? p->device_count : 1u;
    int err = payload_pass(&p->shared, &p->devices[first], count, &work, &result, &took), right;
    if (err != STK_OK) {
        return cli_bad("bench payload: %s: %s", stk_err_name(err), cli_fix(err));
    }
    p->gb_per_s[by == BY_ALL ? 0u : by + 1u][run] = (double)p->bytes / (double)(took ? took : 1u);
    right = is_right(p, job, result);
    *wrong += right ? 0u : 1u;
    p->wrong += right ? 0u : 1u;
    return 0;
}

/* Prints the speed beside the limit of the memory, and beside the passes of each device alone where there are
 * several. */
static void report(struct payload *p, const struct job *job, uint64_t wrong) {
    const uint32_t runs = (uint32_t)p->bench->options.runs;
    char name[64], peer[32];
    struct bench_figure f = {.metric = job->name,
                             .value = bench_median(p->gb_per_s[0], runs),
                             .unit = "GB/s",
                             .better = BENCH_MORE,
                             .peer = "host_stream_units",
                             .peer_value = p->limit};
    bench_figure(p->bench, &f);
    for (uint32_t d = 0; d < p->device_count && p->device_count > 1u; d++) {
        snprintf(peer, sizeof peer, PAYLOAD_ALONE "%u", d);
        f.peer = peer;
        f.peer_value = bench_median(p->gb_per_s[d + 1u], runs);
        bench_figure(p->bench, &f);
    }
    for (uint32_t d = 0; d < p->device_count && p->device_count > 1u; d++) {
        snprintf(name, sizeof name, "%s_share_%u", job->name, d);
        bench_figure(p->bench, &(struct bench_figure){.metric = name,
                                                      .value = 100.0 * (double)p->devices[d].done /
                                                               (double)payload_chunks(p->bytes, job->chunk) / runs,
                                                      .unit = "percent"});
    }
    snprintf(name, sizeof name, "%s_wrong", job->name);
    bench_figure(p->bench, &(struct bench_figure){.metric = name, .value = (double)wrong, .unit = "passes"});
}

/* Makes all passes of one job, checks the result of each, and prints the figures. */
static int measure(struct payload *p, struct job *job) {
    uint64_t wrong = 0;
    int bad = 0;
    for (uint32_t d = 0; d < p->device_count && bad == 0; d++) {
        bad = bench_device_rest(&p->devices[d].device);
        p->devices[d].done = 0;
    }
    if (bad == 0 && job->set) {
        clear_counters(p, job->set);
    }
    for (uint32_t run = 0; run < p->bench->options.runs && bad == 0; run++) {
        for (uint32_t d = 0; d < p->device_count && p->device_count > 1u && bad == 0; d++) {
            bad = make_pass(p, job, d, run, &wrong);
        }
        bad = bad ? bad : make_pass(p, job, BY_ALL, run, &wrong);
    }
    if (bad == 0) {
        report(p, job, wrong);
    }
    return bad;
}

/* Makes the name of the figures of a job, such as scan_76_64K. */
static void name_job(struct job *job) {
    const char *unit = job->chunk % 1024u == 0u ? "K" : "";
    uint32_t chunk = *unit ? job->chunk / 1024u : job->chunk;
    if (job->set) {
        snprintf(job->name, sizeof job->name, "scan_%u_%u%s", job->set->patterns.count, chunk, unit);
    } else {
        snprintf(job->name, sizeof job->name, "sum64_%u%s", chunk, unit);
    }
}

/* Prints sizes and counts to which the figures belong. */
static void report_terms(struct payload *p) {
    for (uint32_t d = 0; d < p->device_count; d++) {
        struct stk_dispatch_info info = {.device = ""};
        p->devices[d].device.dispatch.ops->info(p->devices[d].device.dispatch.ctx, &info);
        bench_note_device(p->bench, &p->devices[d].device);
        bench_figure(p->bench, &(struct bench_figure){.metric = "workers", .value = info.workers, .unit = "groups"});
        bench_figure(p->bench, &(struct bench_figure){.metric = "lanes", .value = info.lanes, .unit = "work-items"});
    }
    bench_figure(p->bench, &(struct bench_figure){.metric = "payload", .value = p->bytes, .unit = "bytes_of_text"});
    for (uint32_t i = 0; i < p->set_count; i++) {
        char name[32];
        snprintf(name, sizeof name, "matches_%u", p->sets[i].patterns.count);
        bench_figure(p->bench, &(struct bench_figure){
                                   .metric = name, .value = (double)p->sets[i].count.matches, .unit = "matches"});
    }
}

/* Measures each set with each size of chunk, and then the sums. */
static int measure_all(struct payload *p) {
    int bad = 0;
    report_terms(p);
    for (uint32_t set = 0; set <= p->set_count && bad == 0; set++) { /* the turn after the last set measures the sums */
        for (uint32_t i = 0; i < p->chunk_count && bad == 0; i++) {
            struct job job = {.set = set < p->set_count ? &p->sets[set] : NULL, .chunk = p->chunks[i]};
            name_job(&job);
            bad = measure(p, &job);
        }
    }
    return bad || p->wrong == 0u ? bad : bench_wrong(p->bench, p->wrong, "passes with a wrong count");
}

/* Opens the next device by its name. */
static int open_device(struct payload *p, const struct cli_device_wish *wish, const char *name) {
    struct payload_device *d = &p->devices[p->device_count];
    struct cli_device_wish w = *wish;
    struct limits_of_host limits = {0};
    int bad;
    w.name = name;
    w.store_of = p->device_count > 0u && p->devices[0].device.store.use ? &p->devices[0].device.store : NULL;
    bad = bench_device_any(p->bench, &d->device, &w);
    if (bad) {
        return bad;
    }
    p->device_count++;
    if (d->device.workers > WORKERS_MAX) {
        return cli_bad("bench payload: %u workers: use --workers %u or fewer", d->device.workers, WORKERS_MAX);
    }
    bad = bench_device_rest(&d->device);
    bad = bad ? bad : limits_of_host(&d->device, &limits);
    p->limit =
        p->limit == BENCH_MISSING || limits.all_units == BENCH_MISSING ? BENCH_MISSING : p->limit + limits.all_units;
    return bad ? bad : add_automata(p, d);
}

/* Returns the CPUs that the threads which feed the devices of the list leave. */
static uint32_t payload_cpus(const char *list) {
    uint32_t cpus = stk_reader_pool_cpus(), others = 0;
    for (const char *c = list; *c; c++) {
        others += *c == ',';
    }
    return cpus > 2u * others + 1u ? cpus - 2u * others - 1u : 1u;
}

/* Opens the devices of --device, a list with commas. */
static int open_devices(struct payload *p, struct cli_device_wish *wish) {
    const char *list = p->bench->options.device;
    char *rest = p->names, *name;
    int bad = 0;
    if (!list || !strchr(list, ',')) {
        return open_device(p, wish, list);
    }
    if (strlen(list) >= sizeof p->names) {
        return cli_bad("--device: a list of more than %zu bytes: use indexes instead of names", sizeof p->names - 1u);
    }
    strcpy(p->names, list);
    wish->keep_store = 1;
    /* Of the interpreter. Each other device has a thread that feeds it, and that keeps a whole core busy: often two
     * CPUs. */
    wish->threads = payload_cpus(list);
    while (bad == 0 && (name = strsep(&rest, ",")) != NULL) {
        if (!*name || p->device_count == PAYLOAD_DEVICES_MAX) {
            bad =
                cli_bad("--device: %s: name %u devices or fewer, with a comma between two", list, PAYLOAD_DEVICES_MAX);
        }
        bad = bad ? bad : open_device(p, wish, name);
    }
    for (uint32_t d = 0; d < p->device_count; d++) {
        cli_device_leave_store(&p->devices[d].device);
    }
    return bad;
}

/* Makes sets and text, opens the devices, and copies text and tables into their memory. */
static int open_all(struct payload *p) {
    const uint32_t slots = p->bench->options.in_flight ? (uint32_t)p->bench->options.in_flight : SLOTS_DEFAULT;
    struct cli_device_wish wish = {.slots = slots};
    uint64_t bytes = 0, table_bytes = 0;
    int bad = name_sets(p);
    bad = bad ? bad : lay_out(p, &bytes, &table_bytes);
    wish.payload_bytes = (uint32_t)bytes;
    wish.table_bytes = (uint32_t)table_bytes;
    bad = bad ? bad : open_devices(p, &wish);
    bad = bad ? bad : payload_share(&p->shared, p->devices, p->device_count);
    bad = bad ? bad : fill(p);
    bad = bad ? bad : measure_all(p);
    while (p->device_count != 0u) { /* closes the first device last: its store serves all devices */
        cli_device_close(&p->devices[--p->device_count].device);
    }
    return bad;
}

static int run(struct bench *bench) {
    static struct payload p;
    int bad;
    p.bench = bench;
    bench->options.runs = bench->options.runs ? bench->options.runs : RUNS_DEFAULT;
    p.chunk_count = bench->options.chunk ? 1u : CHUNKS_MAX;
    p.chunks[0] = bench->options.chunk ? (uint32_t)bench->options.chunk : 64u << 10;
    p.chunks[1] = 256u << 10;
    bad = open_all(&p);
    for (uint32_t i = 0; i < SETS_MAX; i++) {
        patterns_free(&p.sets[i].patterns);
        free(p.sets[i].count.occurrences);
        free(p.sets[i].visits);
        free(p.sets[i].scratch);
        free(p.sets[i].occurrences);
    }
    bench_text_close(&p.text);
    return bad;
}

const struct bench_case bench_payload = {
    .name = "payload",
    .options = BENCH_FILES | BENCH_RUNS | BENCH_BYTES | BENCH_CHUNK | BENCH_IN_FLIGHT | BENCH_DEVICE | BENCH_STORE |
               BENCH_MODE,
    .run = run,
    .what =
        "scans with 76 and with 926 patterns, and sums, of a text that lies in the payload already. Each pass is "
        "compared with a count of the host's own; with a wrong pass the exit code is 1. Several devices, as --device "
        "0,1, share each pass, and the peers (" PAYLOAD_ALONE "0 and so on) are passes by each of them alone",
    .values = {{"file", "take the text from FILE, repeated as needed, instead of made-up words"},
               {"patterns", "take the patterns, one a line, from FILE instead of the made-up words"},
               {"bytes", "of the text (256M)"},
               {"chunk", "of a slot (64K, then 256K)"},
               {"runs", "passes (20)"},
               {"in-flight", "slots of the ring (1024)"}},
};
