/* stoker bench payload: scans and sums of a payload that is there, pass after pass, without any reader. What the device
 * counts in each pass is compared with what the host counted by itself. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_text.h"
#include "input.h"
#include "limits.h"
#include "stoker/atomic.h"
#include "stoker/control.h"

#define RUNS_DEFAULT  20u
#define BYTES_DEFAULT (UINT64_C(256) << 20)
#define SLOTS_DEFAULT 1024u
#define DRIVE_EVERY   256u  /* slots, or looks at one slot, between two drives */
#define WORKERS_MAX   1024u /* workers that there are counters for */
#define SETS_MAX      2u    /* the frequent ones of bench_sets */
#define CHUNKS_MAX    2u

/* A set of patterns, and what stands in the text. */
struct set {
    struct patterns patterns;
    struct bench_count count;
    uint64_t *visits, *scratch, *occurrences;
    uint32_t image_at; /* offset of the automaton in the tables */
};

struct payload {
    struct bench *bench;
    struct cli_device device;
    struct stk_ring ring;
    struct stk_control control;
    struct limits_of_host limits;
    struct bench_text text;
    struct set sets[SETS_MAX];
    uint32_t set_count;
    uint32_t chunks[CHUNKS_MAX], chunk_count;
    uint32_t bytes, hits_at; /* of the payload: the text, then counters */
    uint64_t sum;            /* of the text's words, by the host */
    double gb_per_s[BENCH_RUNS_MAX];
    uint64_t wrong; /* passes */
};

/* One figure: passes over all of the text. */
struct job {
    struct set *set; /* NULL: the text is summed */
    uint32_t chunk;
    char name[32];
};

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
    uint8_t *text = p->device.memory.payload;
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

/* Fills the payload and counts, by the host alone, what the device is to find. */
static int fill(struct payload *p) {
    uint8_t *text = p->device.memory.payload;
    int bad = 0;
    if (p->bench->options.file) {
        bad = fill_from_file(p);
    } else {
        bench_text_fill(&p->text, text, p->bytes);
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

/// A pass ///

/* Adds the automata to the tables of the device. */
static int add_automata(struct payload *p) {
    int bad = 0;
    for (uint32_t i = 0; i < p->set_count && bad == 0; i++) {
        const struct stk_automaton *a = &p->sets[i].patterns.automaton;
        bad = cli_device_add_table(&p->device, a->image, (uint32_t)a->image_bytes, &p->sets[i].image_at);
    }
    return bad;
}

/* Sets the counters of the handler to 0. Call it while no worker runs. */
static void clear_counters(struct payload *p, const struct set *set) {
    const struct stk_automaton *a = &set->patterns.automaton;
    memset(p->device.memory.payload + p->hits_at, 0, (size_t)stk_automaton_accepting(a) * 4u * WORKERS_MAX);
}

/* Adds the counters of all workers up, and clears them for the next pass. No slot is under way. */
static void take_counters(struct payload *p, struct set *set) {
    uint32_t accepting = stk_automaton_accepting(&set->patterns.automaton);
    uint32_t *hits = (void *)(p->device.memory.payload + p->hits_at);
    memset(set->visits, 0, accepting * sizeof *set->visits);
    for (uint32_t w = 0; w < p->device.workers; w++) {
        for (uint32_t i = 0; i < accepting; i++, hits++) {
            set->visits[i] += stk_load(hits);
            stk_store(hits, 0);
        }
    }
}

/* Publishes a slot for the chunk at `offset`: a scan with a lead before its data, or a sum. */
static int publish(struct payload *p, const struct job *job, uint32_t slot, uint32_t offset) {
    uint32_t lead = job->set ? job->set->patterns.automaton.max_len - 1u : 0u, args[STK_SLOT_ARGS] = {0};
    uint32_t data = p->bytes - offset < job->chunk ? p->bytes - offset : job->chunk;
    const struct stk_work work = {job->set ? STK_OP_SCAN_COUNT : STK_OP_SUM64, 0, STK_PRIORITY_NORMAL, STK_RESULT_ARG,
                                  args};
    int err;
    lead = lead < offset ? lead : offset;
    args[STK_ARG_OFFSET] = offset - lead;
    args[STK_ARG_BYTES] = lead + data;
    args[STK_ARG_LEAD] = lead;
    if (job->set) {
        args[STK_SCAN_IMAGE] = job->set->image_at;
        args[STK_SCAN_HITS] = p->hits_at;
    }
    err = stk_ring_publish(&p->ring, slot, &work);
    return err == STK_OK ? stk_control_ring_doorbell(&p->control, NULL) : err;
}

static int drive(struct payload *p) {
    int err = p->device.dispatch.ops->drive(p->device.dispatch.ctx, true);
    return err < 0 ? err : STK_OK;
}

/* Waits for a slot and adds its result up. */
static int harvest(struct payload *p, uint32_t slot, uint64_t *result) {
    struct stk_slot out = {0};
    int err = bench_await(&p->device, &p->ring, slot, DRIVE_EVERY);
    err = err == STK_OK ? stk_ring_read(&p->ring, slot, &out) : err;
    *result += (uint64_t)out.args[STK_RESULT_ARG + 1u] << 32 | out.args[STK_RESULT_ARG];
    return err;
}

/* Publishes all of the text, chunk after chunk, with the ring full. *result: the sum of what the slots left. */
static int pass(struct payload *p, const struct job *job, uint64_t *result) {
    uint32_t count = (p->bytes - 1u) / job->chunk + 1u, i;
    int err = STK_OK;
    *result = 0;
    for (i = 0; i < count && err == STK_OK; i++) {
        err = i >= p->ring.slots ? harvest(p, i % p->ring.slots, result) : STK_OK;
        err = err == STK_OK ? publish(p, job, i % p->ring.slots, i * job->chunk) : err;
        if (i % DRIVE_EVERY == 0u && err == STK_OK) {
            err = drive(p);
        }
    }
    for (i = count > p->ring.slots ? count - p->ring.slots : 0u; i < count && err == STK_OK; i++) {
        err = harvest(p, i % p->ring.slots, result);
    }
    return err;
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
        take_counters(p, s);
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

/* Makes all passes of one job, checks the result of each, and prints the figures. */
static int measure(struct payload *p, struct job *job) {
    char wrong_name[48];
    uint64_t wrong = 0;
    int bad = bench_device_rest(&p->device);
    if (bad == 0 && job->set) {
        clear_counters(p, job->set);
    }
    for (uint32_t run = 0; run < p->bench->options.runs && bad == 0; run++) {
        uint64_t start = cli_now_ns(), result, took;
        int err = pass(p, job, &result), right;
        took = cli_now_ns() - start;
        if (err != STK_OK) {
            return cli_bad("bench payload: %s: %s", stk_err_name(err), cli_fix(err));
        }
        p->gb_per_s[run] = (double)p->bytes / (double)(took ? took : 1u);
        right = is_right(p, job, result);
        wrong += right ? 0u : 1u;
        p->wrong += right ? 0u : 1u;
    }
    if (bad == 0) {
        snprintf(wrong_name, sizeof wrong_name, "%s_wrong", job->name);
        bench_figure(p->bench,
                     &(struct bench_figure){.metric = job->name,
                                            .value = bench_median(p->gb_per_s, (uint32_t)p->bench->options.runs),
                                            .unit = "GB/s",
                                            .better = BENCH_MORE,
                                            .peer = "host_stream_units",
                                            .peer_value = p->limits.all_units});
        bench_figure(p->bench, &(struct bench_figure){.metric = wrong_name, .value = (double)wrong, .unit = "passes"});
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
    struct stk_dispatch_info info = {.device = ""};
    p->device.dispatch.ops->info(p->device.dispatch.ctx, &info);
    bench_note_device(p->bench, &p->device);
    bench_figure(p->bench, &(struct bench_figure){.metric = "workers", .value = info.workers, .unit = "groups"});
    bench_figure(p->bench, &(struct bench_figure){.metric = "lanes", .value = info.lanes, .unit = "work-items"});
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
    for (uint32_t set = 0; set <= p->set_count && bad == 0; set++) { /* behind the last one: sums */
        for (uint32_t i = 0; i < p->chunk_count && bad == 0; i++) {
            struct job job = {.set = set < p->set_count ? &p->sets[set] : NULL, .chunk = p->chunks[i]};
            name_job(&job);
            bad = measure(p, &job);
        }
    }
    return bad || p->wrong == 0u ? bad : bench_wrong(p->bench, p->wrong, "passes with a wrong count");
}

/* Makes sets and text, opens the device, and copies text and tables into its memory. */
static int open_all(struct payload *p) {
    const uint32_t slots = p->bench->options.in_flight ? (uint32_t)p->bench->options.in_flight : SLOTS_DEFAULT;
    struct cli_device_wish wish = {.slots = slots};
    uint64_t bytes = 0, table_bytes = 0;
    int bad = name_sets(p);
    bad = bad ? bad : lay_out(p, &bytes, &table_bytes);
    wish.payload_bytes = (uint32_t)bytes;
    wish.table_bytes = (uint32_t)table_bytes;
    bad = bad ? bad : bench_device_any(p->bench, &p->device, &wish);
    if (bad) {
        return bad;
    }
    if (p->device.workers > WORKERS_MAX) {
        bad = cli_bad("bench payload: %u workers: use --workers %u or fewer", p->device.workers, WORKERS_MAX);
    }
    p->ring = (struct stk_ring){.words = p->device.memory.ring, .slots = p->device.memory.slots};
    p->control = (struct stk_control){.words = p->device.memory.control, .count = p->device.memory.control_words};
    bad = bad ? bad : bench_device_rest(&p->device);
    bad = bad ? bad : limits_of_host(&p->device, &p->limits);
    bad = bad ? bad : add_automata(p);
    bad = bad ? bad : fill(p);
    bad = bad ? bad : measure_all(p);
    cli_device_close(&p->device);
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
    .what = "scans with 76 and with 926 patterns, and sums, of a text that lies in the payload already. Each pass is "
            "compared with a count of the host's own; with a wrong pass the exit code is 1",
    .values = {{"file", "take the text from FILE, repeated as needed, instead of made-up words"},
               {"patterns", "take the patterns, one a line, from FILE instead of the made-up words"},
               {"bytes", "of the text (256M)"},
               {"chunk", "of a slot (64K, then 256K)"},
               {"runs", "passes (20)"},
               {"in-flight", "slots of the ring (1024)"}},
};
