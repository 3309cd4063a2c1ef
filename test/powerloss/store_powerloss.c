/* store_powerloss [--quick | --self-test] [--geometry I [--call N --cut N --mode M [--second N --mode2 M]]]: cuts the power of a
 * flash store at every byte of what it programs and at ten points of what it erases, once and twice. Exit status 1 when an
 * artifact was lost, invented or torn, or a rule of the flash was broken. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store_world.h"

#define QUOTA_DEFAULT 400000u
#define QUOTA_QUICK   4000u
#define QUOTA_SELF    4000u
#define MODES         7u
#define SECONDS_EACH  60u /* about: second cuts after one first */
#define FAILURES      8u  /* shown */
#define ANY           UINT64_MAX

struct shape {
    const char *name;
    struct stk_flash_geometry geometry;
    uint32_t laps; /* length of the workload */
};

#define FLASH(r, p, bytes, n, value, rule)                                                                             \
    { .read_unit = r, .prog_unit = p, .block_bytes = bytes, .blocks = n, .erased = value, .rewrite = rule }

/* read unit, program unit, bytes of a block, blocks, erased value, rule */
static const struct shape shapes[] = {
    {"NOR 1, 256 x 8", FLASH(1, 1, 256, 8, 0xFF, STK_FLASH_MANY), 8},
    {"NOR 4, 512 x 5, erased 0", FLASH(4, 4, 512, 5, 0x00, STK_FLASH_MANY), 8},
    {"once 8, 512 x 6", FLASH(1, 8, 512, 6, 0xFF, STK_FLASH_ONCE), 6},
    {"invert 8, 320 x 9, read 8", FLASH(8, 8, 320, 9, 0xFF, STK_FLASH_INVERT), 6},
    {"once 32, 1024 x 4, read 4", FLASH(4, 32, 1024, 4, 0x00, STK_FLASH_ONCE), 6},
    {"invert 64, 256 x 9", FLASH(1, 64, 256, 9, 0xFF, STK_FLASH_INVERT), 6},
    {"once 64, 128 x 20", FLASH(64, 64, 128, 20, 0xFF, STK_FLASH_ONCE), 4},
    {"once 256, 1024 x 6", FLASH(1, 256, 1024, 6, 0xFF, STK_FLASH_ONCE), 6},
    {"invert 256, 512 x 9, read 128", FLASH(128, 256, 512, 9, 0xFF, STK_FLASH_INVERT), 6},
    {"NOR 512, 1024 x 5", FLASH(1, 512, 1024, 5, 0xFF, STK_FLASH_MANY), 6},
    {"once 4096, 8192 x 5, read 512", FLASH(512, 4096, 8192, 5, 0xFF, STK_FLASH_ONCE), 4},
    {"any 1, 512 x 6", FLASH(1, 1, 512, 6, 0xFF, STK_FLASH_ANY), 6},
};

#define SHAPES (sizeof shapes / sizeof shapes[0])

struct options {
    uint64_t quota, geometry, call, cut, mode, second, mode2;
};

struct tally {
    uint64_t operations, first, second, failures;
};

/* One run over one shape. */
struct run {
    struct world world;
    struct world_copy before, after, cut; /* a call; the call, uncut; the first cut */
    const struct options *o;
    struct tally *tally;
    uint32_t index, call;
    uint64_t dice, candidates;
    uint64_t thin, pair; /* one cut in so many is tried, one in so many of those twice; 0: they are counted only */
    bool quiet;
};

/// Which cuts ///

/* Does a cut in this mode at step k differ from all others? */
static bool differs(const struct run *r, const struct op *op, uint32_t k, uint32_t mode) {
    const struct stk_flash_geometry *g = &r->world.flash.config.geometry;
    uint32_t last = op->steps - 1;
    if (op->erase) {
        return k == 0 || k == last ? mode == 0 : k == 1 || mode > STK_SIM_ERASE_LOOKS_DONE;
    }
    switch (mode) {
    case STK_SIM_PROG_CLEAN:
        return true;
    case STK_SIM_PROG_TORN:
    case STK_SIM_PROG_REORDERED:
        return k < last;
    case STK_SIM_PROG_NO_TRACE:
        return k < last && k % g->prog_unit == 0;
    case STK_SIM_PROG_UNSTABLE:
        return k % g->prog_unit == 0 && g->rewrite != STK_FLASH_ANY;
    case STK_SIM_PROG_UNREADABLE:
        return k % g->prog_unit == 0;
    default:
        return false;
    }
}

static bool is_wanted(uint64_t want, uint64_t have) {
    return want == ANY || want == have;
}

/* Both ends of an operation are tried more often than what lies between. */
static bool is_tried(const struct run *r, const struct op *op, uint32_t k, uint32_t mode) {
    uint64_t thin = k == 0 || k == op->steps - 1 ? r->thin / 8 + 1 : r->thin;
    if (r->o->cut != ANY) {
        return differs(r, op, k, mode) && op->first + k == r->o->cut && is_wanted(r->o->mode, mode);
    }
    return differs(r, op, k, mode) && world_hash(op->first + k, mode) % thin == 0;
}

static void set_cut(struct run *r, uint64_t at, uint32_t mode, uint64_t seed) {
    struct stk_sim_flash *f = &r->world.flash;
    f->cut_at = at;
    f->prog_cut = (enum stk_sim_prog_cut)(mode < STK_SIM_PROG_CUTS ? mode : 0);
    f->erase_cut = (enum stk_sim_erase_cut)mode;
    f->rng = world_hash(at * MODES + mode, seed) | 1u;
}

/// Trying them ///

static bool judge(struct run *r, const char *what) {
    struct world *w = &r->world;
    if (w->wrong == NULL) {
        return true;
    }
    if (!r->quiet && r->tally->failures < FAILURES) {
        printf("FAILED --geometry %u --call %u %s: %s (%u)\n", (unsigned)r->index, (unsigned)r->call, what, w->wrong,
               (unsigned)w->where);
    }
    r->tally->failures++;
    w->wrong = NULL;
    return false;
}

/* Goes on after a cut: some calls, until one loses power. */
static void recover(struct run *r, uint64_t cut) {
    for (uint32_t i = 0; i < 3 && world_call(&r->world, world_hash(cut, i)); i++) {
    }
}

static void try_second(struct run *r, uint64_t cut, uint32_t mode, uint64_t second, uint32_t mode2) {
    struct world *w = &r->world;
    char what[128];
    world_restore(w, &r->cut);
    world_mount_and_check(w);
    set_cut(r, second, mode2, cut * MODES + mode);
    recover(r, cut);
    world_mount_and_check(w);
    recover(r, second);
    world_mount_and_check(w);
    r->tally->second++;
    snprintf(what, sizeof what, "--cut %llu --mode %u --second %llu --mode2 %u", (unsigned long long)cut,
             (unsigned)mode, (unsigned long long)second, (unsigned)mode2);
    (void)judge(r, what);
}

/* The operations are those of the recovery without a second cut. */
static void try_seconds(struct run *r, uint64_t cut, uint32_t mode) {
    static struct op ops[OPS_MAX];
    uint32_t n = r->world.n_ops;
    uint64_t all = 0;
    memcpy(ops, r->world.ops, n * sizeof ops[0]);
    for (uint32_t i = 0; i < n; i++) {
        all += (uint64_t)ops[i].steps * MODES;
    }
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = 0; j < ops[i].steps * MODES; j++) {
            uint32_t k = j / MODES, mode2 = j % MODES;
            bool tried = r->o->second != ANY
                             ? is_wanted(r->o->second, ops[i].first + k)
                             : world_hash(ops[i].first + k, cut + mode2) % (all / SECONDS_EACH + 1) == 0;
            if (tried && differs(r, &ops[i], k, mode2) && is_wanted(r->o->mode2, mode2)) {
                try_second(r, cut, mode, ops[i].first + k, mode2);
            }
        }
    }
}

static void try_first(struct run *r, uint64_t cut, uint32_t mode) {
    struct world *w = &r->world;
    char what[96];
    bool right;
    world_restore(w, &r->before);
    set_cut(r, cut, mode, 0);
    (void)world_call(w, r->dice);
    world_save(w, &r->cut);
    world_mount_and_check(w);
    w->n_ops = 0;
    recover(r, cut);
    world_mount_and_check(w);
    r->tally->first++;
    snprintf(what, sizeof what, "--cut %llu --mode %u", (unsigned long long)cut, (unsigned)mode);
    right = judge(r, what);
    if (r->o->cut != ANY ? r->o->second != ANY : right && world_hash(cut, mode) / 8 % r->pair == 0) {
        try_seconds(r, cut, mode);
    }
}

/* One call without a cut, then with each. Returns false when it goes wrong without one. */
static bool try_call(struct run *r) {
    static struct op ops[OPS_MAX];
    struct world *w = &r->world;
    uint32_t n;
    world_save(w, &r->before);
    w->n_ops = 0;
    (void)world_call(w, r->dice);
    if (!judge(r, "without a cut")) {
        return false;
    }
    n = w->n_ops;
    memcpy(ops, w->ops, n * sizeof ops[0]);
    world_save(w, &r->after);
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = 0; j < ops[i].steps * MODES; j++) {
            if (r->thin == 0) {
                r->candidates += differs(r, &ops[i], j / MODES, j % MODES);
            } else if (is_tried(r, &ops[i], j / MODES, j % MODES)) {
                try_first(r, ops[i].first + j / MODES, j % MODES);
            }
        }
    }
    r->tally->operations += r->thin != 0 ? n : 0;
    world_restore(w, &r->after);
    return true;
}

static void work_through(struct run *r, const struct shape *shape, enum plant plant, void *memory, size_t bytes) {
    struct world *w = &r->world;
    uint64_t erases;
    memset(memory, 0, bytes);
    world_init(w, &shape->geometry, plant, memory, bytes);
    erases = w->flash.counts.erases + (uint64_t)shape->geometry.blocks * shape->laps;
    for (r->call = 0; w->flash.counts.erases < erases && r->call < 5000; r->call++) {
        r->dice = world_hash(r->call, r->index + 77);
        if (r->thin != 0 && r->o->call != ANY && r->call != r->o->call) {
            (void)world_call(w, r->dice);
        } else if (!try_call(r)) {
            return;
        }
    }
    world_mount_and_check(w);
    (void)judge(r, "without a cut");
}

/* All of a shape: what there is to cut, then as much of it as the quota allows. */
static void run_shape(const struct shape *shape, enum plant plant, const struct options *o, bool quiet,
                      struct tally *tally) {
    size_t bytes = world_flash_bytes(&shape->geometry);
    struct run *r = calloc(1, sizeof *r);
    uint8_t *memory = calloc(4, bytes);
    if (r == NULL || memory == NULL) {
        abort();
    }
    r->o = o;
    r->tally = tally;
    r->index = (uint32_t)(shape - shapes);
    r->quiet = quiet;
    world_init(&r->world, &shape->geometry, PLANT_NONE, memory, bytes);
    world_copy_init(&r->before, &r->world, memory + bytes, bytes);
    world_copy_init(&r->after, &r->world, memory + 2 * bytes, bytes);
    world_copy_init(&r->cut, &r->world, memory + 3 * bytes, bytes);
    work_through(r, shape, PLANT_NONE, memory, bytes);
    r->thin = 2 * r->candidates / (o->quota + 1) + 1;
    r->pair = 2u * SECONDS_EACH * (r->candidates / r->thin + 1) / (o->quota + 1) + 1;
    work_through(r, shape, plant, memory, bytes);
    free(memory);
    free(r);
}

/// Runs ///

static double now(void) {
    struct timespec t;
    timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static uint64_t run_shapes(const struct options *o) {
    uint64_t cuts = 0, failures = 0;
    double start = now();
    printf(" #  %-32s %9s %9s %9s %8s %7s\n", "geometry", "flash ops", "one cut", "two cuts", "failures", "seconds");
    for (size_t i = 0; i < SHAPES; i++) {
        struct tally t = {0, 0, 0, 0};
        struct options each = *o;
        double begin = now();
        each.quota /= SHAPES;
        if (!is_wanted(o->geometry, i)) {
            continue;
        }
        run_shape(&shapes[i], PLANT_NONE, &each, false, &t);
        printf("%2u  %-32s %9llu %9llu %9llu %8llu %7.1f\n", (unsigned)i, shapes[i].name,
               (unsigned long long)t.operations, (unsigned long long)t.first, (unsigned long long)t.second,
               (unsigned long long)t.failures, now() - begin);
        fflush(stdout);
        cuts += t.first + t.second;
        failures += t.failures;
    }
    printf("%llu cuts tried, %llu failures, %.1f s\n", (unsigned long long)cuts, (unsigned long long)failures,
           now() - start);
    return failures;
}

/* Every planted mistake must be noticed, and none where there is none. */
static int self_test(void) {
    static const char *const names[PLANTS] = {
        "nothing planted",
        "a program that a later cut undoes",
        "calls return before their last program",
        "an erase takes the next block along",
        "bits are read wrong",
        "erases do nothing",
        "mount takes one artifact for another",
        "mount passes over the newest",
    };
    const struct options o = {QUOTA_SELF, ANY, ANY, ANY, ANY, ANY, ANY};
    int missed = 0;
    for (uint32_t i = 0; i < PLANTS; i++) {
        struct tally t = {0, 0, 0, 0};
        run_shape(&shapes[3], (enum plant)i, &o, i != PLANT_NONE, &t);
        bool right = (t.failures != 0) == (i != PLANT_NONE);
        printf("%-40s %8llu failures of %8llu: %s\n", names[i], (unsigned long long)t.failures,
               (unsigned long long)(t.first + t.second), right ? "right" : "WRONG");
        missed += !right;
    }
    return missed;
}

static bool take_number(struct options *o, const char *arg, const char *value) {
    const struct {
        const char *name;
        uint64_t *to;
    } numbers[] = {
        {"--cuts", &o->quota}, {"--geometry", &o->geometry}, {"--call", &o->call},   {"--cut", &o->cut},
        {"--mode", &o->mode},  {"--second", &o->second},     {"--mode2", &o->mode2},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (strcmp(arg, numbers[i].name) == 0 && value != NULL) {
            char *end;
            *numbers[i].to = strtoull(value, &end, 10);
            return *value != '\0' && *end == '\0';
        }
    }
    return false;
}

int main(int argc, char **argv) {
    struct options o = {QUOTA_DEFAULT, ANY, ANY, ANY, ANY, ANY, ANY};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--self-test") == 0) {
            return self_test() != 0;
        }
        if (strcmp(argv[i], "--quick") == 0) {
            o.quota = QUOTA_QUICK;
        } else if (take_number(&o, argv[i], argv[i + 1])) {
            i++;
        } else {
            fprintf(stderr, "usage: store_powerloss [--quick | --self-test] [--cuts N] [--geometry I [--call N --cut N "
                            "--mode M [--second N --mode2 M]]]\n");
            return 2;
        }
    }
    return run_shapes(&o) != 0;
}
