/* Figures of stoker bench: a line each, or one JSON array. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

/* Returns how many times better the figure is than that of the peer; above 1 stoker is better. */
static double ratio_of(const struct bench_figure *f) {
    double above = f->better == BENCH_LESS ? f->peer_value : f->value;
    double below = f->better == BENCH_LESS ? f->value : f->peer_value;
    return below > 0.0 ? above / below : 0.0;
}

/* Prints a figure as a line for programs and people. A peer that is not installed is "missing". */
static void print_line(const char *name, const struct bench_figure *f) {
    char beside[96] = "peer_value=- ratio=-";
    if (f->peer && f->peer_value < 0.0) {
        snprintf(beside, sizeof beside, "peer_value=missing ratio=-");
    } else if (f->peer) {
        snprintf(beside, sizeof beside, "peer_value=%.6g ratio=%.4g", f->peer_value, ratio_of(f));
    }
    cli_record(stdout, "case=%s metric=%s value=%.6g unit=%s peer=%s %s", name, f->metric, f->value, f->unit,
               f->peer ? f->peer : "-", beside);
    fflush(stdout);
}

/* Adds a figure to the JSON array, which is printed when the case has ended. */
static void add_json(struct bench *b, const struct bench_figure *f) {
    int measured = f->peer && f->peer_value >= 0.0;
    json_t *o = json_object();
    json_object_set_new(o, "case", json_string(b->name));
    json_object_set_new(o, "metric", json_string(f->metric));
    json_object_set_new(o, "value", json_real(f->value));
    json_object_set_new(o, "unit", json_string(f->unit));
    json_object_set_new(o, "peer", f->peer ? json_string(f->peer) : json_null());
    json_object_set_new(o, "peer_value", measured ? json_real(f->peer_value) : json_null());
    json_object_set_new(o, "ratio", measured ? json_real(ratio_of(f)) : json_null());
    json_array_append_new(b->figures, o);
}

void bench_figure(struct bench *bench, const struct bench_figure *figure) {
    if (bench->figures) {
        add_json(bench, figure);
    } else {
        print_line(bench->name, figure);
    }
}

int bench_wrong(const struct bench *bench, uint64_t count, const char *what) {
    cli_note("bench %s: %s: %llu; the device or stoker is at fault", bench->name, what, (unsigned long long)count);
    return CLI_FAULT;
}

uint32_t bench_median_index(const double *values, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        uint32_t below = 0, equal = 0;
        for (uint32_t k = 0; k < count; k++) {
            below += values[k] < values[i] ? 1u : 0u;
            equal += values[k] == values[i] ? 1u : 0u;
        }
        if (below <= count / 2u && count / 2u < below + equal) {
            return i;
        }
    }
    return 0;
}

double bench_median(const double *values, uint32_t count) {
    return values[bench_median_index(values, count)];
}

double bench_least(const double *values, uint32_t count) {
    double least = values[0];
    for (uint32_t i = 1; i < count; i++) {
        least = values[i] < least ? values[i] : least;
    }
    return least;
}

void bench_temporary(char *path, size_t size) {
    const char *folder = getenv("TMPDIR");
    snprintf(path, size, "%s/stoker-bench-XXXXXX", folder && folder[0] ? folder : "/tmp");
}

int bench_file(const char *name, int *fd) {
    char path[4096];
    bench_temporary(path, sizeof path);
    *fd = mkostemp(path, O_CLOEXEC);
    if (*fd < 0) {
        return cli_bad("bench %s: %s: %s: name a folder that can be written in TMPDIR", name, path, strerror(errno));
    }
    unlink(path);
    return 0;
}
