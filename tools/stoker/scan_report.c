/* Prints the results of a scan as text. */
#include <stdio.h>
#include <string.h>

#include "scan.h"

/* Returns the number of digits of the largest number, for a column of numbers that ends in a tab. */
static int width_of(uint64_t most) {
    return snprintf(NULL, 0, "%llu", (unsigned long long)most);
}

/* Prints bytes in a colour, with control bytes escaped. */
static void print_painted(enum cli_paint paint, const void *bytes, size_t len) {
    cli_paint(paint);
    cli_print_bytes(stdout, bytes, len);
    cli_paint(CLI_PLAIN);
}

/* Prints a line for each pattern, the counts in one column. */
static void print_counts(const struct scan *s) {
    uint64_t most = 0;
    int width;
    for (uint32_t i = 0; i < s->patterns.count; i++) {
        most = s->occurrences[i] > most ? s->occurrences[i] : most;
    }
    width = width_of(most);
    for (uint32_t i = 0; i < s->patterns.count; i++) {
        printf("%*llu\t", width, (unsigned long long)s->occurrences[i]);
        print_painted(CLI_PATTERN, s->patterns.items[i].bytes, s->patterns.items[i].len);
        putchar('\n');
    }
}

/* Prints "FILE:COUNT" for each file that could be read. */
static void print_file_totals(const struct scan *s) {
    for (uint32_t i = 0; i < s->options.file_count; i++) {
        const struct scan_file *f = &s->files[i];
        if (f->err == STK_OK) {
            print_painted(CLI_NAME, f->name, strlen(f->name));
            printf(":%llu\n", (unsigned long long)f->count);
        }
    }
}

/* Prints count, bytes and name of each file; "-" where the file could not be read. */
static void print_files(const struct scan *s) {
    uint64_t counts = 0, bytes = 0;
    for (uint32_t i = 0; i < s->options.file_count; i++) {
        counts = s->files[i].count > counts ? s->files[i].count : counts;
        bytes = s->files[i].bytes > bytes ? s->files[i].bytes : bytes;
    }
    for (uint32_t i = 0; i < s->options.file_count; i++) {
        const struct scan_file *f = &s->files[i];
        if (f->err == STK_OK) {
            printf("%*llu\t%*llu\t", width_of(counts), (unsigned long long)f->count, width_of(bytes),
                   (unsigned long long)f->bytes);
        } else {
            printf("%*s\t%*s\t", width_of(counts), "-", width_of(bytes), "-");
        }
        print_painted(CLI_NAME, f->name, strlen(f->name));
        putchar('\n');
    }
}

/* Prints the matches as FILE:OFFSET:PATTERN. */
static void print_matches(const struct scan *s) {
    for (size_t i = 0; i < s->matches.count; i++) {
        const struct match *m = &s->matches.items[i];
        print_painted(CLI_NAME, s->files[m->file].name, strlen(s->files[m->file].name));
        putchar(':');
        cli_paint(CLI_NUMBER);
        printf("%llu", (unsigned long long)m->start);
        cli_paint(CLI_PLAIN);
        putchar(':');
        print_painted(CLI_PATTERN, s->patterns.items[m->pattern].bytes, m->length);
        putchar('\n');
    }
}

static double gb_per_s(const struct scan_stats *t) {
    return t->elapsed_ns ? (double)t->bytes / (double)t->elapsed_ns : 0.0;
}

static void print_note(const char *text) {
    if (text[0]) {
        cli_fact(stderr, "note", "%s", text);
    }
}

/* Prints the device of --stats, where its program came from, and its share of a scan by several devices. */
static void print_device(const struct scan *s, const struct scan_device *d) {
    const struct stk_dispatch_info *i = &d->info;
    cli_fact(stderr, "device", "%s (%s, %s, %s; %u worker%s of %u lane%s)", i->device, d->device.dispatch.ops->name,
             cli_residency_name(i->residency), i->memory, i->workers, i->workers == 1 ? "" : "s", i->lanes,
             i->lanes == 1 ? "" : "s");
    if (d->device.is_opencl) {
        fprintf(stderr, "program       %s; handshake: %s\n", cli_built_word(d->device.opencl.built_from),
                cli_proved_word(d->device.opencl.proved_from));
    }
    if (s->device_count > 1u) {
        fprintf(stderr, "share         %llu slot%s, %llu byte%s%s\n", (unsigned long long)d->stream.stats.slots,
                cli_s(d->stream.stats.slots), (unsigned long long)scan_device_bytes(d), cli_s(scan_device_bytes(d)),
                d->lost ? ", then it was lost" : "");
    }
}

static void print_reader(const struct cli_reader *r) {
    char text[CLI_READER_TEXT];
    cli_fact(stderr, "reader", "%s", cli_reader_describe(r, text));
    if (r->ring[0]) {
        cli_fact(stderr, "ring", "%s", r->ring);
    }
}

/* Prints for each path the reads and bytes of the path, and whether a byte was copied. */
static void print_paths(const struct scan_stats *t) {
    for (uint32_t i = 0; i < STK_URING_PATHS; i++) {
        const struct stk_uring_path_stats *p = &t->path[i];
        if (p->submitted != 0u) {
            cli_fact(stderr, "path", "%s: %s; %llu read%s, %llu request%s, %llu byte%s, %llu of them bounced",
                     stk_uring_path_name((enum stk_uring_path)i),
                     stk_uring_copies_name(stk_uring_copies(p, (enum stk_uring_path)i)),
                     (unsigned long long)p->submitted, cli_s(p->submitted),
                     (unsigned long long)(p->registered + p->plain), cli_s(p->registered + p->plain),
                     (unsigned long long)p->bytes, cli_s(p->bytes), (unsigned long long)p->bounce_bytes);
        }
    }
}

/* Says what took the most time, and the shares of all. */
static void print_bound(const struct cli_bound *b) {
    cli_fact(stderr, "bounded by", "%s (reading %.0f %%, device %.0f %%, host %.0f %% of the time)", cli_bound_name(b),
             cli_bound_percent(b, b->reading_ns), cli_bound_percent(b, b->device_ns), cli_bound_percent(b, b->host_ns));
}

/* Prints the figures of --stats, one fact in a line. */
static void print_stats(const struct scan *s) {
    const struct scan_stats *t = &s->stats;
    for (uint32_t i = 0; i < s->device_count; i++) {
        print_device(s, &s->devices[i]);
    }
    if (s->late.why[0]) {
        cli_fact(stderr, "choice", "%s", s->late.why);
    }
    print_reader(&s->devices[0].reader);
    for (uint32_t i = 0; i < s->device_count; i++) {
        print_note(s->devices[i].device.note);
        print_note(scan_reader_note(&s->devices[i]));
    }
    for (uint32_t i = 0; i < s->patterns.note_count; i++) {
        print_note(s->patterns.notes[i]);
    }
    fprintf(stderr, "slots         %llu\n", (unsigned long long)t->slots);
    fprintf(stderr, "bytes         %llu\n", (unsigned long long)t->bytes);
    fprintf(stderr, "bounce bytes  %llu\n", (unsigned long long)t->bounce_bytes);
    fprintf(stderr, "reads         %llu\n", (unsigned long long)t->reads);
    print_paths(t);
    fprintf(stderr, "launches      %llu\n", (unsigned long long)t->launches);
    fprintf(stderr, "slot latency  p50 %.1f us, p99 %.1f us\n", (double)histogram_at(&t->latency, 50000) / 1e3,
            (double)histogram_at(&t->latency, 99000) / 1e3);
    print_bound(&s->bound);
    fprintf(stderr, "speed         %.2f GB/s (%.3f s)\n", gb_per_s(t), (double)t->elapsed_ns / 1e9);
}

int scan_report(struct scan *s) {
    if (s->options.json) {
        return scan_report_json(s);
    }
    cli_color_begin(s->options.color);
    if (s->options.by_file) {
        (s->options.count ? print_file_totals : print_files)(s);
    } else if (s->options.count) {
        printf("%llu\n", (unsigned long long)s->total);
    } else {
        print_counts(s);
    }
    print_matches(s);
    fflush(stdout);
    if (s->options.stats) {
        print_stats(s);
    }
    return 0;
}
