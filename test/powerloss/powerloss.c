/* powerloss [--quick | --long FIRST COUNT | --self-test | --caught] [--trace] [--cuts N] [--geometry I [--rhythm R
 * [--cut N --mode M [--second N --mode2 M]] | --chain N]]: cuts the power of a flash log at every byte of what it programs
 * and at ten points of what it erases, once, twice, and many times in a row, on media that are lazy, whose blocks go bad and
 * whose reads fail. --long makes COUNT chains of cuts from number FIRST on: any slices of them may be run anywhere, and
 * their cuts add up. Exit status 1 when a record was lost or invented, or a rule of the flash was broken; --caught turns
 * that round, for a log that has a mistake. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cuts.h"
#include "shapes.h"

#define QUOTA_DEFAULT 1500000u /* makes about four times as many cuts */
#define QUOTA_QUICK   8000u
#define QUOTA_SELF    2000u
#define QUOTA_CAUGHT  400000u

struct options {
    struct plan plan;
    uint64_t quota, geometry, first, count;
    bool self_test, caught;
};

static uint64_t weights(void) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < shapes_count; i++) {
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
    struct tally t = {0, 0, 0, 0, 0, 0};
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
    struct tally all = {0, 0, 0, 0, 0, 0};
    double start = clock_now();
    printf(" #  %-36s %9s %9s %9s %9s %8s %7s\n", "geometry", "flash ops", "one cut", "two cuts", "chained", "failures",
           "seconds");
    for (uint32_t i = 0; i < shapes_count && !(o->plan.first_failure && all.failures != 0); i++) {
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
    while (at >= shapes[i].weight || shapes[i].geometry.blocks < 4u) {
        at -= at >= shapes[i].weight ? shapes[i].weight : at;
        i = (i + 1) % shapes_count;
    }
    return i;
}

/* Chains are sorted by shape: making a run ready takes longer than a chain. With --geometry all are of that shape. */
static uint64_t run_long(const struct options *o) {
    struct tally all = {0, 0, 0, 0, 0, 0};
    double start = clock_now();
    for (uint32_t i = 0; i < shapes_count; i++) {
        struct run *r = NULL;
        for (uint64_t seed = o->first; seed < o->first + o->count; seed++) {
            if ((o->geometry == ANY ? shape_of(seed) : o->geometry) == i &&
                !(o->plan.first_failure && all.failures != 0)) {
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
        "an erase takes the next block along",
        "bits are read wrong",
        "erases do nothing",
    };
    int missed = 0;
    for (uint32_t i = 0; i < PLANTS; i++) {
        const struct plan plan = {QUOTA_SELF, (enum plant)i, false, false, i != PLANT_NONE, ANY, ANY,
                                  ANY,        ANY,           ANY,   ANY};
        struct tally t = {0, 0, 0, 0, 0, 0};
        run_shape(&shapes[4], 4, &plan, i != PLANT_NONE, &t);
        bool right = (t.failures != 0) == (i != PLANT_NONE);
        printf("%-36s %8llu failures of %8llu: %s\n", names[i], (unsigned long long)t.failures,
               (unsigned long long)(t.first + t.second + t.chained), right ? "right" : "WRONG");
        missed += !right;
    }
    return missed;
}

/// Options ///

static int usage(void) {
    fprintf(stderr, "usage: powerloss [--quick | --long FIRST COUNT | --self-test | --caught] [--trace] "
                    "[--cuts N] [--geometry I [--rhythm R [--cut N --mode M [--second N --mode2 M]] | --chain N]]\n");
    return 2;
}

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
        {"--cuts", &o->quota},       {"--geometry", &o->geometry}, {"--rhythm", &o->plan.rhythm},
        {"--cut", &o->plan.cut},     {"--mode", &o->plan.mode},    {"--second", &o->plan.second},
        {"--mode2", &o->plan.mode2}, {"--chain", &o->plan.chain},
    };
    return take_numbers(numbers, sizeof numbers / sizeof numbers[0], &o->first, &o->count, arg);
}

int main(int argc, char **argv) {
    struct options o = {.plan = {0, PLANT_NONE, false, false, false, ANY, ANY, ANY, ANY, ANY, ANY},
                        .quota = QUOTA_DEFAULT,
                        .geometry = ANY};
    for (int i = 1, n; i < argc; i += n) {
        n = take_flag(&o, argv[i]) ? 1 : take_options(&o, argv + i);
        if (n == 0) {
            return usage();
        }
    }
    o.plan.only = o.plan.cut != ANY || o.plan.chain != ANY;
    if (o.self_test) {
        return self_test() != 0;
    }
    uint64_t failures = o.count != 0 ? run_long(&o) : run_shapes(&o);
    return (failures != 0) != o.caught;
}
