#include "engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FAILURES_SHOWN 8u

struct options {
    struct plan plan;
    uint64_t quota, geometry, first, count;
    bool self_test, caught;
};

static const struct suite *suite;

/// Runs ///

struct run_base engine_base(const struct stk_flash_geometry *geometry, uint32_t index, const struct plan *plan,
                            bool quiet, struct tally *tally) {
    static uint8_t *memory;
    size_t bytes = medium_bytes(geometry);
    free(memory);
    memory = calloc(4, bytes);
    if (memory == NULL) {
        abort();
    }
    return (struct run_base){plan, tally, index, quiet, memory, bytes};
}

bool engine_judge(const struct run_base *base, const char **wrong, uint32_t where, uint32_t part, const char *what) {
    if (*wrong == NULL) {
        return true;
    }
    if (!base->quiet && base->tally->failures < FAILURES_SHOWN) {
        printf("FAILED --geometry %u %s %u %s: %s (%u)\n", (unsigned)base->index, suite->part_option, (unsigned)part,
               what, *wrong, (unsigned)where);
        fflush(stdout);
    }
    base->tally->failures++;
    *wrong = NULL;
    return false;
}

static double clock_now(void) {
    struct timespec t;
    timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static uint32_t weight_of(uint32_t i) {
    uint32_t weight;
    (void)suite->shape(i, &weight);
    return weight;
}

static uint64_t weights(void) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < suite->shapes; i++) {
        sum += weight_of(i);
    }
    return sum;
}

static uint64_t cuts_of(const struct tally *t) {
    return t->first + t->second + t->chained;
}

static void print_sum(const struct tally *t, double start) {
    printf("%llu cuts tried, %llu failures, %.1f s\n", (unsigned long long)cuts_of(t), (unsigned long long)t->failures,
           clock_now() - start);
}

static void run_one(const struct options *o, uint32_t i, struct tally *all) {
    struct tally t = {0, 0, 0, 0, 0};
    struct plan plan = o->plan;
    double begin = clock_now();
    uint32_t weight;
    const char *name = suite->shape(i, &weight);
    plan.quota = o->quota * weight / weights();
    suite->run_all(suite->begin(i, &plan, false, &t));
    printf("%2u  %-36s %9llu %9llu %9llu %9llu %8llu %7.1f\n", (unsigned)i, name, (unsigned long long)t.operations,
           (unsigned long long)t.first, (unsigned long long)t.second, (unsigned long long)t.chained,
           (unsigned long long)t.failures, clock_now() - begin);
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
    for (uint32_t i = 0; i < suite->shapes && !(o->plan.first_failure && all.failures != 0); i++) {
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
    while (at >= weight_of(i) || !suite->has_chains(i)) {
        at -= at >= weight_of(i) ? weight_of(i) : at;
        i = (i + 1) % suite->shapes;
    }
    return i;
}

/* Chains are sorted by shape: making a run ready takes longer than a chain. With --geometry all are of that shape. */
static uint64_t run_long(const struct options *o) {
    struct tally all = {0, 0, 0, 0, 0};
    double start = clock_now();
    for (uint32_t i = 0; i < suite->shapes; i++) {
        struct run *r = NULL;
        for (uint64_t seed = o->first; seed < o->first + o->count; seed++) {
            if ((o->geometry == ANY ? shape_of(seed) : o->geometry) == i &&
                !(o->plan.first_failure && all.failures != 0)) {
                r = r == NULL ? suite->begin(i, &o->plan, false, &all) : r;
                suite->run_chain(r, seed);
            }
        }
    }
    printf("chains %llu to %llu: ", (unsigned long long)o->first, (unsigned long long)(o->first + o->count - 1));
    print_sum(&all, start);
    return all.failures;
}

static const struct plan anything = {.part = ANY, .cut = ANY, .mode = ANY, .second = ANY, .mode2 = ANY, .chain = ANY};

/* Checks that the test finds each planted mistake, and finds none when none is planted. */
static int self_test(void) {
    int missed = 0;
    for (uint32_t i = 0; i < suite->n_plants; i++) {
        struct tally t = {0, 0, 0, 0, 0};
        struct plan plan = anything;
        plan.quota = suite->quota_self;
        plan.plant = i;
        plan.first_failure = i != 0;
        suite->run_all(suite->begin(suite->self_shape, &plan, i != 0, &t));
        bool right = (t.failures != 0) == (i != 0);
        printf("%-40s %8llu failures of %8llu: %s\n", suite->plants[i], (unsigned long long)t.failures,
               (unsigned long long)cuts_of(&t), right ? "right" : "WRONG");
        missed += !right;
    }
    return missed;
}

/// Options ///

static int usage(void) {
    fprintf(stderr,
            "usage: %s [--quick | --long FIRST COUNT | --self-test | --caught] [--trace] [--cuts N]\n"
            "       [--geometry I [%s N [--cut N --mode M [--second N --mode2 M]] | --chain N]]\n",
            suite->name, suite->part_option);
    return 2;
}

static bool take_flag(struct options *o, const char *arg) {
    if (strcmp(arg, "--quick") == 0) {
        o->quota = suite->quota_quick;
    } else if (strcmp(arg, "--self-test") == 0) {
        o->self_test = true;
    } else if (strcmp(arg, "--caught") == 0) {
        o->caught = o->plan.first_failure = true;
        o->quota = suite->quota_caught;
    } else if (strcmp(arg, "--trace") == 0) {
        o->plan.trace = true;
    } else {
        return false;
    }
    return true;
}

static bool to_number(uint64_t *to, const char *value) {
    char *end;
    if (value == NULL) {
        return false;
    }
    *to = strtoull(value, &end, 10);
    return *value != '\0' && *end == '\0';
}

/* Takes `--long FIRST COUNT` or an option with a number. Returns how many arguments that takes, 0 when it is none of
 * them or has a wrong value. */
static int take_numbers(struct options *o, char **arg) {
    const struct {
        const char *name;
        uint64_t *to;
    } numbers[] = {
        {"--cuts", &o->quota},       {"--geometry", &o->geometry}, {suite->part_option, &o->plan.part},
        {"--cut", &o->plan.cut},     {"--mode", &o->plan.mode},    {"--second", &o->plan.second},
        {"--mode2", &o->plan.mode2}, {"--chain", &o->plan.chain},
    };
    if (strcmp(arg[0], "--long") == 0) {
        return to_number(&o->first, arg[1]) && to_number(&o->count, arg[2]) && o->count != 0 ? 3 : 0;
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (strcmp(arg[0], numbers[i].name) == 0) {
            return to_number(numbers[i].to, arg[1]) ? 2 : 0;
        }
    }
    return 0;
}

int engine_main(const struct suite *the_suite, int argc, char **argv) {
    struct options o = {.plan = anything, .quota = the_suite->quota, .geometry = ANY};
    suite = the_suite;
    for (int i = 1, n; i < argc; i += n) {
        n = take_flag(&o, argv[i]) ? 1 : take_numbers(&o, argv + i);
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
