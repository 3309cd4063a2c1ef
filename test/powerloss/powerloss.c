/* powerloss [--quick | --long | --self-test] [--steady] [--trace] [--cuts N] [--geometry I [--rhythm R [--cut N --mode M [--second N
 * --mode2 M]] | --chain N]]: cuts the power of a flash log at every byte of what it programs and at ten points of what it
 * erases, once, twice, and many times in a row. Exit status 1 when a record was lost or invented, or a rule of the flash was
 * broken. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cuts.h"

#define QUOTA_DEFAULT 1000000u
#define QUOTA_QUICK   4000u
#define QUOTA_LONG    30000000u
#define QUOTA_SELF    2000u

#define FLASH(r, p, bytes, n, value, rule)                                                                             \
    { .read_unit = r, .prog_unit = p, .block_bytes = bytes, .blocks = n, .erased = value, .rewrite = rule }

/* read unit, program unit, bytes of a block, blocks, erased value, rule; laps in hundredths, rhythms, weight */
static const struct shape shapes[] = {
    {"NOR 1, 256 x 3", FLASH(1, 1, 256, 3, 0xFF, STK_FLASH_MANY), 600, 5, 40},
    {"NOR 1, 512 x 4, erased 0", FLASH(1, 1, 512, 4, 0x00, STK_FLASH_MANY), 300, 5, 32},
    {"NOR 4, 4096 x 3, read 4", FLASH(4, 4, 4096, 3, 0xFF, STK_FLASH_MANY), 150, 5, 16},
    {"once 8, 320 x 5", FLASH(1, 8, 320, 5, 0xFF, STK_FLASH_ONCE), 400, 5, 32},
    {"invert 8, 512 x 4, read 8", FLASH(8, 8, 512, 4, 0xFF, STK_FLASH_INVERT), 400, 5, 40},
    {"once 16, 512 x 3, read 16", FLASH(16, 16, 512, 3, 0xFF, STK_FLASH_ONCE), 400, 5, 32},
    {"invert 16, 256 x 8, erased 0", FLASH(16, 16, 256, 8, 0x00, STK_FLASH_INVERT), 300, 5, 32},
    {"once 32, 1024 x 4, read 4", FLASH(4, 32, 1024, 4, 0xFF, STK_FLASH_ONCE), 300, 5, 28},
    {"invert 64, 256 x 3", FLASH(1, 64, 256, 3, 0xFF, STK_FLASH_INVERT), 600, 5, 40},
    {"once 64, 128 x 4", FLASH(64, 64, 128, 4, 0xFF, STK_FLASH_ONCE), 800, 5, 32},
    {"once 256, 1024 x 4", FLASH(1, 256, 1024, 4, 0xFF, STK_FLASH_ONCE), 300, 5, 32},
    {"invert 256, 512 x 5, read 128", FLASH(128, 256, 512, 5, 0xFF, STK_FLASH_INVERT), 300, 5, 32},
    {"once 512, 2048 x 4, read 512", FLASH(512, 512, 2048, 4, 0x00, STK_FLASH_ONCE), 300, 4, 24},
    {"NOR 512, 512 x 4", FLASH(1, 512, 512, 4, 0xFF, STK_FLASH_MANY), 500, 4, 24},
    {"once 2048, 8192 x 4, read 2048", FLASH(2048, 2048, 8192, 4, 0xFF, STK_FLASH_ONCE), 200, 4, 24},
    {"once 4096, 8192 x 4, read 512", FLASH(512, 4096, 8192, 4, 0xFF, STK_FLASH_ONCE), 200, 4, 20},
    {"invert 4096, 16384 x 4", FLASH(4096, 4096, 16384, 4, 0xFF, STK_FLASH_INVERT), 150, 4, 16},
    {"any 1, 512 x 4", FLASH(1, 1, 512, 4, 0xFF, STK_FLASH_ANY), 300, 5, 24},
    {"NOR 1, 32768 x 3, read 64", FLASH(64, 1, 32768, 3, 0xFF, STK_FLASH_MANY), 105, 2, 1},
    {"NAND 2048, 131072 x 4", FLASH(2048, 2048, 131072, 4, 0xFF, STK_FLASH_ONCE), 110, 2, 1},
};

#define SHAPES (sizeof shapes / sizeof shapes[0])

struct options {
    struct plan plan;
    uint64_t quota, geometry;
    bool self_test;
};

static double now(void) {
    struct timespec t;
    timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/// Runs ///

static uint64_t run_shapes(const struct options *o) {
    struct tally all = {0, 0, 0, 0, 0, 0};
    uint64_t weights = 0;
    double start = now();
    for (size_t i = 0; i < SHAPES; i++) {
        weights += shapes[i].weight;
    }
    printf(" #  %-32s %9s %9s %9s %9s %8s %7s\n", "geometry", "flash ops", "one cut", "two cuts", "chained", "failures",
           "seconds");
    for (size_t i = 0; i < SHAPES; i++) {
        struct tally t = {0, 0, 0, 0, 0, 0};
        struct plan plan = o->plan;
        double begin = now();
        if (o->geometry != ANY && o->geometry != i) {
            continue;
        }
        plan.quota = o->quota * shapes[i].weight / weights;
        cuts_run(&shapes[i], (uint32_t)i, &plan, false, &t);
        printf("%2u  %-32s %9llu %9llu %9llu %9llu %8llu %7.1f\n", (unsigned)i, shapes[i].name,
               (unsigned long long)t.operations, (unsigned long long)t.first, (unsigned long long)t.second,
               (unsigned long long)t.chained, (unsigned long long)t.failures, now() - begin);
        fflush(stdout);
        all.first += t.first;
        all.second += t.second;
        all.chained += t.chained;
        all.failures += t.failures;
    }
    printf("%llu cuts tried, %llu failures, %.1f s\n", (unsigned long long)(all.first + all.second + all.chained),
           (unsigned long long)all.failures, now() - start);
    return all.failures;
}

/* Every planted mistake must be noticed, and none where there is none. */
static int self_test(void) {
    static const char *const names[PLANTS] = {
        "nothing planted",
        "a program that a later cut undoes",
        "mount uses the last cell again",
        "mount trusts the first blank cell",
        "mount gives the last number again",
        "an erase takes the next block along",
        "bits are read wrong",
        "erases do nothing",
    };
    int missed = 0;
    for (uint32_t i = 0; i < PLANTS; i++) {
        const struct plan plan = {QUOTA_SELF, (enum plant)i, false, false, false, ANY, ANY, ANY, ANY, ANY, ANY};
        struct tally t = {0, 0, 0, 0, 0, 0};
        cuts_run(&shapes[4], 4, &plan, i != PLANT_NONE, &t);
        bool right = (t.failures != 0) == (i != PLANT_NONE);
        printf("%-36s %8llu failures of %8llu: %s\n", names[i], (unsigned long long)t.failures,
               (unsigned long long)(t.first + t.second + t.chained), right ? "right" : "WRONG");
        missed += !right;
    }
    return missed;
}

/// Options ///

static int usage(void) {
    fprintf(
        stderr,
        "usage: powerloss [--quick | --long | --self-test] [--steady] [--trace] [--cuts N] [--geometry I [--rhythm R "
        "[--cut N --mode M [--second N --mode2 M]] | --chain N]]\n");
    return 2;
}

static bool take_flag(struct options *o, const char *arg) {
    if (strcmp(arg, "--quick") == 0) {
        o->quota = QUOTA_QUICK;
    } else if (strcmp(arg, "--long") == 0) {
        o->quota = QUOTA_LONG;
    } else if (strcmp(arg, "--self-test") == 0) {
        o->self_test = true;
    } else if (strcmp(arg, "--steady") == 0) {
        o->plan.steady = true;
    } else if (strcmp(arg, "--trace") == 0) {
        o->plan.trace = true;
    } else {
        return false;
    }
    return true;
}

static bool take_number(struct options *o, const char *arg, const char *value) {
    const struct {
        const char *name;
        uint64_t *to;
    } numbers[] = {
        {"--cuts", &o->quota},       {"--geometry", &o->geometry}, {"--rhythm", &o->plan.rhythm},
        {"--cut", &o->plan.cut},     {"--mode", &o->plan.mode},    {"--second", &o->plan.second},
        {"--mode2", &o->plan.mode2}, {"--chain", &o->plan.chain},
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
    struct options o = {{0, PLANT_NONE, false, false, false, ANY, ANY, ANY, ANY, ANY, ANY}, QUOTA_DEFAULT, ANY, false};
    for (int i = 1; i < argc; i++) {
        if (!take_flag(&o, argv[i])) {
            if (!take_number(&o, argv[i], argv[i + 1])) {
                return usage();
            }
            i++;
        }
    }
    o.plan.only = o.plan.cut != ANY || o.plan.chain != ANY;
    if (o.self_test) {
        return self_test() != 0;
    }
    return run_shapes(&o) != 0;
}
