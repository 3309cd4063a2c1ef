/* stoker bench start: from nothing to a device that takes work, compiled and probed, or from the store, or from the RAM
 * cache. Each start is a process of its own whose driver finds its own cache empty, so what a second start gains is the
 * store's alone. */
#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define RUNS_DEFAULT 3u
#define CLOSE_NS     UINT64_C(2000000000)
#define CACHE_BYTES  (16u << 20)
#define ENTRIES      8u

enum way {
    PLAIN,  /* nothing is kept but by the driver itself */
    DRIVER, /* a second start, with the program that the driver has kept */
    FIRST,  /* the store is empty */
    STORED, /* the store has the program that the way FIRST put there */
    WAYS
};

struct times {
    double open, reopen; /* reopen: in the same process, from the RAM cache */
};

/* Removes a file or an empty folder; nftw calls this for the folder of an execution, from the bottom up. */
static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw) {
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void remove_tree(const char *path) {
    (void)!nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* Opens the device with a store, a cache, both or none. */
static int open_device(const struct bench *b, struct stk_opencl *cl, struct stk_store *store, struct stk_cache *cache) {
    struct stk_opencl_config config = {
        .device = b->options.device, .payload_bytes = 4096, .store = store, .cache = cache};
    int bad = cli_open_ns(&config.open_ns), err;
    if (bad != 0) {
        return bad;
    }
    err = stk_opencl_open(cl, &config);
    if (err == STK_OK && cl->passed_over[0]) {
        cli_note("bench start: passed over: %s", cl->passed_over);
    }
    return err == STK_OK ? 0 : cli_bad("bench start: %s%s: %s", cl->reason, cli_open_advice(cl), cli_fix(err));
}

static double seconds_since(uint64_t start) {
    return (double)(cli_now_ns() - start) / 1e9;
}

/* Makes a start in a process of its own. Returns 0, or CLI_BAD after printing why. */
static int start(const struct bench *b, enum way way, const char *path, uint64_t began, struct times *t) {
    static struct stk_opencl cl;
    static struct cli_store store;
    const struct stk_cache_config config = {.shards = 1, .entries = ENTRIES, .bytes = CACHE_BYTES};
    size_t bytes = STK_ARENA_BYTES(STK_CACHE_BYTES(1, ENTRIES, CACHE_BYTES));
    struct stk_cache cache;
    struct stk_arena arena;
    int keeps = way >= FIRST, bad;
    stk_arena_init(&arena, cli_map(bytes), bytes);
    if (stk_cache_init(&cache, &config, &arena) != STK_OK) {
        return cli_bad("bench start: no memory for a cache of %zu bytes", bytes);
    }
    bad = keeps ? cli_store_open(&store, path) : 0;
    bad = bad ? bad : open_device(b, &cl, store.use, keeps ? &cache : NULL);
    t->open = seconds_since(began);
    if (bad == 0 && way == STORED && cl.built_from != STK_OPENCL_FROM_STORE) {
        bad = cli_bad("bench start: this driver's programs cannot be kept: %s", cl.persist_note);
    }
    if (bad == 0 && keeps && stk_opencl_close(&cl, CLOSE_NS) == STK_OK) {
        began = cli_now_ns();
        bad = open_device(b, &cl, NULL, &cache);
        t->reopen = seconds_since(began);
    }
    (void)!stk_opencl_close(&cl, CLOSE_NS);
    cli_store_close(&store);
    return bad;
}

/* Runs one start. Returns 0, or CLI_BAD after printing why. */
static int run_start(const struct bench *b, enum way way, const char *driver_cache, const char *path, struct times *t) {
    uint64_t began = cli_now_ns();
    int ends[2], status = 0, whole;
    pid_t child;
    fflush(stdout);
    if (pipe(ends) != 0 || (child = fork()) < 0) {
        return cli_bad("bench start: %s: no process of its own can be made", strerror(errno));
    }
    if (child == 0) {
        /* PoCL's and CUDA's. */
        int bad = setenv("POCL_CACHE_DIR", driver_cache, 1) || setenv("CUDA_CACHE_PATH", driver_cache, 1);
        bad = bad ? CLI_BAD : start(b, way, path, began, t);
        bad = write(ends[1], t, sizeof *t) != (ssize_t)sizeof *t || bad ? CLI_BAD : 0;
        _exit(bad);
    }
    close(ends[1]);
    whole = read(ends[0], t, sizeof *t) == (ssize_t)sizeof *t;
    close(ends[0]);
    (void)waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == CLI_BAD) {
        return CLI_BAD; /* the process has printed its message */
    }
    return whole && status == 0 ? 0 : cli_bad("bench start: the process that opened the device ended early");
}

/* Makes a start in every way once, in `folder`. */
static int run_all(const struct bench *b, const char *folder, struct times *times) {
    static const char *const caches[WAYS] = {"plain", "plain", "first", "stored"};
    char store[512], driver_cache[512];
    int bad = 0;
    snprintf(store, sizeof store, "%s/store", folder);
    (void)!unlink(store);
    for (int way = PLAIN; way < (int)WAYS && bad == 0; way++) {
        snprintf(driver_cache, sizeof driver_cache, "%s/%s", folder, caches[way]);
        if (way != DRIVER) {
            remove_tree(driver_cache);
        }
        bad = run_start(b, (enum way)way, driver_cache, store, &times[way]);
    }
    return bad;
}

static void show(struct bench *b, const char *metric, const double *values, const char *peer, const double *peers) {
    uint32_t runs = (uint32_t)b->options.runs;
    const struct bench_figure figure = {metric, bench_median(values, runs), "s", BENCH_LESS,
                                        peer,   bench_median(peers, runs)};
    bench_figure(b, &figure);
}

static int run(struct bench *b) {
    double open[WAYS][BENCH_RUNS_MAX], reopen[BENCH_RUNS_MAX];
    char folder[480];
    int bad = 0;
    b->options.runs = b->options.runs ? b->options.runs : RUNS_DEFAULT;
    bench_temporary(folder, sizeof folder);
    if (!mkdtemp(folder)) {
        return cli_bad("bench start: %s: %s: set TMPDIR to a folder that can be written", folder, strerror(errno));
    }
    for (uint32_t run = 0; run < b->options.runs && bad == 0; run++) {
        struct times times[WAYS] = {{0, 0}};
        bad = run_all(b, folder, times);
        for (int way = 0; way < (int)WAYS; way++) {
            open[way][run] = times[way].open;
        }
        reopen[run] = times[STORED].reopen;
    }
    remove_tree(folder);
    if (bad == 0) {
        show(b, "from_store", open[STORED], "compile_and_probe", open[PLAIN]);
        show(b, "from_store", open[STORED], "driver_cache_and_probe", open[DRIVER]);
        show(b, "from_cache", reopen, "compile_and_probe", open[PLAIN]);
        show(b, "first_with_store", open[FIRST], "compile_and_probe", open[PLAIN]);
    }
    return bad;
}

const struct bench_case bench_start = {
    .name = "start",
    .options = BENCH_RUNS | BENCH_DEVICE,
    .run = run,
    .what = "from nothing to a device that takes work: from the store and from the RAM cache; the peer compiles and "
            "probes. Each start is a process of its own with an empty driver's cache; folders are made in TMPDIR",
    .values = {{"runs", "runs of each (3)"}},
};
