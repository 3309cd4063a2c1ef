/* stoker bench limits: what the device reads in the best case, of the memory that it shares with the host and of its
 * own. */
#include <stdio.h>

#include "limits.h"

#define COUNTS 4u

/* Measures a read that waits for the read before it. */
static int reads(struct bench *b, struct limits *l, enum limits_memory memory, const char *name) {
    char metric[32];
    double ns;
    int bad = limits_one_read(l, memory, &ns);
    snprintf(metric, sizeof metric, "%s_one_read", name);
    if (bad == 0) {
        bench_figure(b, &(struct bench_figure){.metric = metric, .value = ns, .unit = "ns"});
    }
    return bad;
}

/* Measures reads in order, with 1, 4 and 16 groups, and with a group for each compute unit. */
static int streams(struct bench *b, struct limits *l, enum limits_memory memory, const char *name) {
    static const char *const names[COUNTS] = {"1", "4", "16", "units"};
    const uint32_t groups[COUNTS] = {1u, 4u, 16u, l->compute_units};
    char metric[32];
    int bad = 0;
    for (uint32_t i = 0; i < COUNTS && bad == 0; i++) {
        double gb_per_s;
        bad = limits_stream(l, memory, groups[i], &gb_per_s);
        snprintf(metric, sizeof metric, "%s_stream_%s", name, names[i]);
        if (bad == 0) {
            bench_figure(b, &(struct bench_figure){.metric = metric, .value = gb_per_s, .unit = "GB/s"});
        }
    }
    return bad;
}

static int run(struct bench *bench) {
    static struct cli_device device;
    static struct limits l;
    int bad = bench_device_open(bench, &device, &(struct cli_device_wish){.slots = 0});
    if (bad) {
        return bad;
    }
    bench_note_device(bench, &device);
    bad = bench_device_rest(&device);
    bad = bad ? bad : limits_open(&l, &device.opencl);
    if (bad == 0) {
        bench_figure(bench, &(struct bench_figure){.metric = "units", .value = l.compute_units, .unit = "groups"});
        bench_figure(bench, &(struct bench_figure){.metric = "lanes", .value = l.lanes, .unit = "work-items"});
    }
    bad = bad ? bad : reads(bench, &l, LIMITS_HOST, "host");
    bad = bad ? bad : reads(bench, &l, LIMITS_DEVICE, "device");
    bad = bad ? bad : streams(bench, &l, LIMITS_HOST, "host");
    bad = bad ? bad : streams(bench, &l, LIMITS_DEVICE, "device");
    limits_close(&l);
    cli_device_close(&device);
    return bad;
}

const struct bench_case bench_limits = {
    .name = "limits",
    .options = BENCH_DEVICE | BENCH_STORE | BENCH_MODE,
    .run = run,
    .what = "what the device reads in the best case, of the memory that it shares with the host (host_*) and of its "
            "own (device_*): a read that waits for the one before it, and reads in order by 1, 4 and 16 groups and by "
            "as many as it has compute units",
};
