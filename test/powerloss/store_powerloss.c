/* store_powerloss [--quick | --long FIRST COUNT | --self-test | --caught] [--trace] [--cuts N] [--geometry I [--call N --cut N
 * --mode M [--second N --mode2 M] | --chain N]]: cuts the power of a flash store at every byte of what it programs and at ten
 * points of what it erases, once, twice, and many times in a row, on media that are lazy, whose blocks go bad and whose
 * reads fail. --long makes COUNT chains of cuts from number FIRST on: any slices of them may be run anywhere, and their cuts
 * add up. Exit status 1 when an artifact was lost, invented or torn, or a rule of the flash was broken; --caught turns that
 * round, for a store that has a mistake. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store_cuts.h"

#define QUOTA_DEFAULT 2000000u
#define QUOTA_QUICK   8000u
#define QUOTA_SELF    4000u
#define QUOTA_CAUGHT  200000u

/* Of FLASH and LAZY: read unit, program unit, bytes of a block, blocks, erased value, rule. Then: laps, weight, bad blocks,
 * bytes of a lazy sector, alignment. */
static const struct store_shape shapes[] = {
    {"NOR 1, 256 x 8", FLASH(1, 1, 256, 8, 0xFF, STK_FLASH_MANY), 8, 4, 0, 0, 0},
    {"NOR 4, 512 x 5, erased 0", FLASH(4, 4, 512, 5, 0x00, STK_FLASH_MANY), 8, 4, 0, 0, 0},
    {"once 8, 512 x 6", FLASH(1, 8, 512, 6, 0xFF, STK_FLASH_ONCE), 6, 4, 0, 0, 0},
    {"invert 8, 320 x 9, read 8", FLASH(8, 8, 320, 9, 0xFF, STK_FLASH_INVERT), 6, 4, 0, 0, 0},
    {"once 32, 1024 x 4, read 4", FLASH(4, 32, 1024, 4, 0x00, STK_FLASH_ONCE), 6, 4, 0, 0, 0},
    {"invert 64, 256 x 9", FLASH(1, 64, 256, 9, 0xFF, STK_FLASH_INVERT), 6, 4, 0, 0, 0},
    {"once 64, 128 x 20", FLASH(64, 64, 128, 20, 0xFF, STK_FLASH_ONCE), 4, 4, 0, 0, 0},
    {"once 256, 1024 x 6", FLASH(1, 256, 1024, 6, 0xFF, STK_FLASH_ONCE), 6, 4, 0, 0, 0},
    {"invert 256, 512 x 9, read 128", FLASH(128, 256, 512, 9, 0xFF, STK_FLASH_INVERT), 6, 4, 0, 0, 0},
    {"NOR 256, 1024 x 16", FLASH(1, 256, 1024, 16, 0xFF, STK_FLASH_MANY), 6, 5, 0, 0, 0},
    {"NOR 512, 1024 x 5", FLASH(1, 512, 1024, 5, 0xFF, STK_FLASH_MANY), 6, 4, 0, 0, 0},
    {"once 4096, 8192 x 5, read 512", FLASH(512, 4096, 8192, 5, 0xFF, STK_FLASH_ONCE), 4, 2, 0, 0, 0},
    {"any 1, 512 x 6", FLASH(1, 1, 512, 6, 0xFF, STK_FLASH_ANY), 6, 3, 0, 0, 0},
    /* blocks that go bad, several in a row */
    {"NOR 1, 512 x 12, bad", FLASH(1, 1, 512, 12, 0xFF, STK_FLASH_MANY), 5, 5, 6, 0, 0},
    {"once 64, 192 x 16, erased 0, bad", FLASH(1, 64, 192, 16, 0x00, STK_FLASH_ONCE), 4, 5, 8, 0, 0},
    {"NOR 256, 1024 x 12, bad", FLASH(1, 256, 1024, 12, 0xFF, STK_FLASH_MANY), 4, 5, 6, 0, 0},
    {"once 512, 1024 x 12, read 512, bad", FLASH(512, 512, 1024, 12, 0xFF, STK_FLASH_ONCE), 4, 4, 6, 0, 0},
    /* lazy media: files, FTLs */
    {"lazy any 1, 1024 x 6, erased 0", LAZY(1, 1, 1024, 6, 0x00, STK_FLASH_ANY), 4, 4, 0, 512, 0},
    {"lazy any 512, 2048 x 6", LAZY(512, 512, 2048, 6, 0xFF, STK_FLASH_ANY), 4, 4, 0, 512, 0},
    {"lazy any 1, 512 x 9, sector 64, bad", LAZY(1, 1, 512, 9, 0xFF, STK_FLASH_ANY), 4, 4, 4, 64, 0},
    {"lazy once 256, 1024 x 9", LAZY(1, 256, 1024, 9, 0xFF, STK_FLASH_ONCE), 4, 4, 0, 256, 0},
    {"lazy any 1, 256 x 16, sector 64", LAZY(1, 1, 256, 16, 0xFF, STK_FLASH_ANY), 4, 4, 0, 64, 0},
    /* ports that need aligned buffers, as files with O_DIRECT do */
    {"lazy any 512, 4096 x 5, aligned", LAZY(512, 512, 4096, 5, 0xFF, STK_FLASH_ANY), 4, 3, 0, 512, 512},
    {"any 4096, 8192 x 5, aligned", FLASH(4096, 4096, 8192, 5, 0xFF, STK_FLASH_ANY), 3, 1, 0, 0, 4096},
    {"once 32, 512 x 8, aligned, bad", FLASH(32, 32, 512, 8, 0xFF, STK_FLASH_ONCE), 4, 3, 2, 0, 32},
    /* units that are no powers of two */
    {"NOR 24, 720 x 6, read 8", FLASH(8, 24, 720, 6, 0xFF, STK_FLASH_MANY), 4, 3, 0, 0, 0},
    {"once 528, 2112 x 6, read 528", FLASH(528, 528, 2112, 6, 0xFF, STK_FLASH_ONCE), 4, 3, 0, 0, 0},
};

#define SHAPES ((uint32_t)(sizeof shapes / sizeof shapes[0]))

struct options {
    struct plan plan;
    uint64_t quota, geometry, first, count;
    bool self_test, caught;
};

static uint64_t weights(void) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < SHAPES; i++) {
        sum += shapes[i].weight;
    }
    return sum;
}

static void print_sum(const struct tally *t, double start) {
    printf("%llu cuts tried, %llu failures, %.1f s\n", (unsigned long long)(t->first + t->second + t->chained),
           (unsigned long long)t->failures, clock_now() - start);
}

/// Runs ///

static void run_one(const struct options *o, uint32_t i, struct tally *all) {
    struct tally t = {0, 0, 0, 0, 0};
    struct plan plan = o->plan;
    double begin = clock_now();
    plan.quota = o->quota * shapes[i].weight / weights();
    run_shape(&shapes[i], i, &plan, false, &t);
    printf("%2u  %-36s %9llu %9llu %9llu %9llu %8llu %7.1f\n", (unsigned)i, shapes[i].name,
           (unsigned long long)t.operations, (unsigned long long)t.first, (unsigned long long)t.second,
           (unsigned long long)t.chained, (unsigned long long)t.failures, clock_now() - begin);
    fflush(stdout);
    all->first += t.first;
    all->second += t.second;
    all->chained += t.chained;
    all->failures += t.failures;
}

static uint64_t run_shapes(const struct options *o) {
    struct tally all = {0, 0, 0, 0, 0};
    double start = clock_now();
    printf(" #  %-36s %9s %9s %9s %9s %8s %7s\n", "geometry", "flash ops", "one cut", "two cuts", "chained", "failures",
           "seconds");
    for (uint32_t i = 0; i < SHAPES && !(o->plan.first_failure && all.failures != 0); i++) {
        if (o->geometry == ANY || o->geometry == i) {
            run_one(o, i, &all);
        }
    }
    print_sum(&all, start);
    return all.failures;
}

/* Returns the shape of a chain of --long. */
static uint32_t shape_of(uint64_t seed) {
    uint64_t at = cut_hash(seed, 1) % weights();
    uint32_t i = 0;
    while (at >= shapes[i].weight) {
        at -= shapes[i++].weight;
    }
    return i;
}

/* Chains are sorted by shape: making a run ready takes longer than a chain. */
static uint64_t run_long(const struct options *o) {
    struct tally all = {0, 0, 0, 0, 0};
    double start = clock_now();
    for (uint32_t i = 0; i < SHAPES; i++) {
        struct run *r = NULL;
        for (uint64_t seed = o->first; seed < o->first + o->count; seed++) {
            if (shape_of(seed) == i) {
                r = r == NULL ? run_begin(&shapes[i], i, &o->plan, false, &all) : r;
                run_chain(r, seed);
            }
        }
    }
    printf("chains %llu to %llu: ", (unsigned long long)o->first, (unsigned long long)(o->first + o->count - 1));
    print_sum(&all, start);
    return all.failures;
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
    };
    int missed = 0;
    for (uint32_t i = 0; i < PLANTS; i++) {
        const struct plan plan = {QUOTA_SELF, (enum plant)i, false, i != PLANT_NONE, ANY, ANY, ANY, ANY, ANY, ANY};
        struct tally t = {0, 0, 0, 0, 0};
        run_shape(&shapes[3], 3, &plan, i != PLANT_NONE, &t);
        bool right = (t.failures != 0) == (i != PLANT_NONE);
        printf("%-40s %8llu failures of %8llu: %s\n", names[i], (unsigned long long)t.failures,
               (unsigned long long)(t.first + t.second + t.chained), right ? "right" : "WRONG");
        missed += !right;
    }
    return missed;
}

/// Options ///

static bool take_flag(struct options *o, const char *arg) {
    if (strcmp(arg, "--quick") == 0) {
        o->quota = QUOTA_QUICK;
    } else if (strcmp(arg, "--self-test") == 0) {
        o->self_test = true;
    } else if (strcmp(arg, "--caught") == 0) {
        o->caught = o->plan.first_failure = true;
        o->quota = QUOTA_CAUGHT;
    } else if (strcmp(arg, "--trace") == 0) {
        o->plan.trace = true;
    } else {
        return false;
    }
    return true;
}

static int take_options(struct options *o, char **arg) {
    const struct number numbers[] = {
        {"--cuts", &o->quota},       {"--geometry", &o->geometry}, {"--call", &o->plan.call},
        {"--cut", &o->plan.cut},     {"--mode", &o->plan.mode},    {"--second", &o->plan.second},
        {"--mode2", &o->plan.mode2}, {"--chain", &o->plan.chain},
    };
    return take_numbers(numbers, sizeof numbers / sizeof numbers[0], &o->first, &o->count, arg);
}

int main(int argc, char **argv) {
    struct options o = {
        .plan = {0, PLANT_NONE, false, false, ANY, ANY, ANY, ANY, ANY, ANY}, .quota = QUOTA_DEFAULT, .geometry = ANY};
    for (int i = 1, n; i < argc; i += n) {
        n = take_flag(&o, argv[i]) ? 1 : take_options(&o, argv + i);
        if (n == 0) {
            fprintf(stderr,
                    "usage: store_powerloss [--quick | --long FIRST COUNT | --self-test | --caught] [--trace] "
                    "[--cuts N] [--geometry I [--call N --cut N --mode M [--second N --mode2 M] | --chain N]]\n");
            return 2;
        }
    }
    if (o.self_test) {
        return self_test() != 0;
    }
    uint64_t failures = o.count != 0 ? run_long(&o) : run_shapes(&o);
    return (failures != 0) != o.caught;
}
