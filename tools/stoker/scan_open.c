/* Setting a scan up: everything that can be wrong with options and patterns is found here, before anything is read. */
#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "scan.h"

#define SPARE_MAX        (UINT64_C(16) << 20) /* bytes of counters for chunks with lists */
#define BYTES_OF_THREAD  (UINT64_C(1) << 20)  /* bytes of files for which the interpreter gets one more thread */
#define THREADS_FOR_PIPE (UINT64_C(16) << 20) /* bytes that a file counts as when the file does not announce its size */

/* Notes the files that are written. The files that are read are noted after them; that check finds a file that is both.
 */
static int name_outputs(struct scan *s) {
    char why[CLI_WHY_BYTES];
    if (s->options.store && s->options.store[0] && cli_output_name("--store", s->options.store, why)) {
        return cli_bad("%s", why);
    }
    return s->options.record ? scan_record_name(s) : 0;
}

/* Loads the patterns, prints notes about them, and makes the automaton. A pattern must fit into a chunk. */
static int load_patterns(struct scan *s) {
    int bad = patterns_load(&s->patterns, s->options.patterns, s->options.pattern_count);
    for (uint32_t i = 0; i < s->patterns.note_count && !s->options.quiet; i++) {
        cli_note("%s", s->patterns.notes[i]);
    }
    for (uint32_t i = 0; bad == 0 && i < s->patterns.count; i++) {
        if (s->patterns.items[i].len > s->options.chunk) {
            bad = cli_bad("pattern %u has %u bytes, more than a chunk of %llu: use a larger --chunk", i + 1u,
                          s->patterns.items[i].len, (unsigned long long)s->options.chunk);
        }
    }
    return bad ? bad : patterns_build(&s->patterns);
}

static uint64_t align64(uint64_t n) {
    return (n + 63u) & ~UINT64_C(63);
}

/* Returns 1 if a file is read past the page cache, in blocks. */
static int reads_blocks(const struct scan *s) {
    int blocks = s->options.direct;
    for (uint32_t i = 0; i < s->options.file_count; i++) {
        blocks |= s->files[i].is_nvme;
    }
    return blocks;
}

/* Sets all places for a number of chunks in flight. Counters for chunks with lists take memory a second time, so there
 * are none where the counters take much. */
static void place(const struct scan *s, uint32_t workers, uint32_t depth, struct scan_layout *l) {
    uint64_t counters = (uint64_t)s->accepting * 4u * workers, lists;
    uint64_t hits = align64((uint64_t)s->buffer * depth + (s->block - 1u)); /* the buffers begin at a block */
    uint64_t spare = counters <= SPARE_MAX && s->listed_max != 0u ? hits + counters : hits;
    uint64_t out = align64(spare + counters);
    uint64_t list = align64(out + (uint64_t)s->locate_room * STK_MATCH_WORDS * 4u);
    l->depth = depth;
    l->hits_at = (uint32_t)hits;
    l->spare_at = (uint32_t)spare;
    l->out_at = (uint32_t)out;
    l->list_at = (uint32_t)list;
    lists = s->options.offsets != 0u || spare != hits ? (uint64_t)depth * SCAN_LIST_ROOM * STK_MATCH_WORDS * 4u : 0u;
    l->payload_bytes = list + lists;
}

/* Returns the depth for so many workers: for each worker one chunk that is scanned and one that waits. */
uint32_t scan_depth_of(uint32_t workers) {
    return 2u * workers > SCAN_DEPTH_DEFAULT ? 2u * workers : SCAN_DEPTH_DEFAULT;
}

void scan_lay_out(const struct scan *s, uint32_t workers, struct scan_layout *l) {
    place(s, workers, s->options.depth ? s->options.depth : scan_depth_of(workers), l);
    /* The depth does not go below the default, which one worker has: where some layout fits, that of one worker fits
     * too. */
    while (l->payload_bytes > SCAN_PAYLOAD_MAX && s->options.depth == 0u && l->depth > SCAN_DEPTH_DEFAULT) {
        place(s, workers, l->depth / 2u > SCAN_DEPTH_DEFAULT ? l->depth / 2u : SCAN_DEPTH_DEFAULT, l);
    }
}

/* Counts the patterns that end in each accepting state. They are the state's own patterns, and those of the state that
 * its link leads to, which has a smaller number. */
static void weigh(struct scan *s) {
    const struct stk_automaton *a = &s->patterns.automaton;
    for (uint32_t i = 0; i < a->patterns; i++) {
        s->weights[a->ends[i] - a->first_accept]++;
    }
    for (uint32_t i = 0; i < stk_automaton_accepting(a); i++) {
        s->weights[i] += a->link[i] != 0u ? s->weights[a->link[i] - a->first_accept] : 0u;
    }
}

/* Allocates a counter for each accepting state and for each pattern. */
static int take_counters(struct scan *s) {
    const struct stk_automaton *a = &s->patterns.automaton;
    s->weights = calloc(stk_automaton_accepting(a) + 1u, sizeof *s->weights);
    s->visits = calloc(stk_automaton_accepting(a) + 1u, sizeof *s->visits);
    s->scratch = calloc(stk_automaton_accepting(a), sizeof *s->scratch);
    s->occurrences = calloc(a->patterns, sizeof *s->occurrences);
    if (!s->weights || !s->visits || !s->scratch || !s->occurrences) {
        return cli_bad("no memory for the counters of %u patterns: split the pattern file", a->patterns);
    }
    weigh(s);
    return 0;
}

/* Returns how many CPUs one interpreter of the scan may use. Interpreters alone share all CPUs. Beside other devices an
 * interpreter leaves the thread of the scan and two CPUs for each reader: two CPUs are often one core with two threads,
 * and a reader that shares its core copies less than the interpreter scans there. */
static uint32_t cpus_for_interpreter(const struct scan *s) {
    uint32_t cpus = stk_reader_pool_cpus(), taken = 2u * stk_reader_pool_default() + 1u, interpreters = 0;
    for (uint32_t i = 0; i < s->options.device_count; i++) {
        interpreters += s->options.devices[i] && strcmp(s->options.devices[i], "interp") == 0;
    }
    if (s->options.device_count <= 1u) { /* 0 means --device all, which names no interpreter */
        return cpus;
    }
    if (interpreters == s->options.device_count) {
        return cpus > interpreters ? cpus / interpreters : 1u;
    }
    return cpus > taken ? cpus - taken : 1u;
}

/* Returns how many threads the interpreter scans with. A thread pays only where it has data. A recording has one
 * worker, as its replay has. */
static uint32_t threads_of(const struct scan *s) {
    uint32_t cpus = s->options.workers ? s->options.workers : cpus_for_interpreter(s);
    uint64_t bytes = 0, most;
    bool pipe = false;
    for (uint32_t i = 0; i < s->options.file_count; i++) {
        bytes += s->files[i].size;
        pipe |= s->files[i].size == 0u;
    }
    bytes += pipe ? THREADS_FOR_PIPE : 0u;
    most = s->options.workers ? cpus : bytes / BYTES_OF_THREAD + 1u;
    if (s->options.device_count > 1u) { /* the scan's own thread counts as a worker and runs nothing */
        cpus++;
        most++;
    }
    most = most < STK_THREADS_WORKERS_MAX ? most : STK_THREADS_WORKERS_MAX;
    return s->options.record ? 1u : cpus < most ? cpus : (uint32_t)most;
}

/* Computes the sizes of buffers and tables from patterns and options, and opens devices and readers. */
static int open_ports(struct scan *s) {
    uint32_t max_len = s->patterns.automaton.max_len, threads = threads_of(s);
    uint32_t block = reads_blocks(s) ? SCAN_BLOCK : 1u;
    /* A lead of whole blocks lets a read begin at a block, so that no byte of the read is copied. */
    uint64_t lead = (uint64_t)(max_len - 1u + block - 1u) / block * block;
    uint64_t buffer = align64((s->options.chunk + lead + block - 1u) / block * block);
    uint64_t tables = align64(s->patterns.automaton.image_bytes) + STK_TABLES_FIRST;
    struct scan_layout most; /* layout for the number of workers that an option asks for */
    int bad = 0;
    struct cli_device_wish wish = {
        .threads = threads,
        .aside = s->options.device_count > 1u,
        .store = s->options.store,
        .quiet = s->options.quiet,
        /* a replay has one worker */
        .workers = s->options.workers == 0u && s->options.record ? 1u : s->options.workers,
        .lanes = s->options.lanes,
        .residency = s->options.residency,
        .memory = s->options.memory,
        .fit = scan_device_fit,
        .deadline_ns = s->options.timeout_ms * SCAN_NS_PER_MS,
    };
    s->is_auto = scan_is_auto(&s->options);
    if (s->is_auto) {
        s->options.devices[0] = "interp";
        bad = cli_open_ns(&wish.open_ns);
    }
    if (bad) {
        return bad;
    }
    s->buffer = buffer > UINT32_MAX ? UINT32_MAX : (uint32_t)buffer;
    s->lead = (uint32_t)lead;
    s->block = block;
    s->accepting = stk_automaton_accepting(&s->patterns.automaton);
    /* Each LOCATE reads max_len - 1 bytes again before it goes on. With room for as many records, this costs no more
     * than one byte for each match. */
    s->locate_room = max_len > SCAN_LOCATE_ROOM ? max_len : SCAN_LOCATE_ROOM;
    /* With listed jobs several files are under way at once. A recording holds the files one after the other. */
    s->listed_max = s->options.file_count > 1u && !s->options.record ? SCAN_LISTED_CHUNKS * s->options.chunk : 0u;
    scan_lay_out(s, threads, &s->host_layout);
    scan_lay_out(s, wish.workers > threads ? wish.workers : threads, &most);
    if (buffer > UINT32_MAX || most.payload_bytes > SCAN_PAYLOAD_MAX || tables > SCAN_PAYLOAD_MAX) {
        return cli_bad(
            "buffers and tables need %llu bytes, and 4 GiB is the most: use a smaller --chunk or --depth, or fewer "
            "patterns",
            (unsigned long long)(most.payload_bytes + tables));
    }
    wish.slots = s->host_layout.depth;
    wish.payload_bytes = (uint32_t)s->host_layout.payload_bytes;
    wish.table_bytes = (uint32_t)tables;
    return scan_devices_open(s, &wish);
}

int scan_open(struct scan *s, const struct scan_options *options) {
    int bad;
    memset(s, 0, sizeof *s);
    s->options = *options;
    bad = name_outputs(s);
    bad = bad ? bad : scan_files_find(s);
    bad = bad ? bad : load_patterns(s);
    bad = bad ? bad : take_counters(s);
    bad = bad ? bad : scan_inputs_init(s);
    bad = bad ? bad : matches_init(&s->matches, options->offsets);
    if (bad == 0 && options->record) {
        bad = scan_record_check(s);
    }
    bad = bad ? bad : open_ports(s);
    return bad || !options->record ? bad : scan_record_publish(s);
}

void scan_close(struct scan *s) {
    scan_devices_close(s);
    scan_inputs_free(s);
    matches_free(&s->matches);
    patterns_free(&s->patterns);
    scan_files_free(s);
    free(s->visits);
    free(s->weights);
    free(s->scratch);
    free(s->occurrences);
}
