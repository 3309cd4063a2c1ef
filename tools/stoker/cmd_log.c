/* stoker log: what is in a replay log. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "log_image.h"

static const char help[] =
    "usage: stoker log dump|verify|stats FILE [--json]\n"
    "Reads a replay log: the image of a log on flash (STKLOG01) or a v1 file (VRRL0001), told apart by what is in "
    "them.\n"
    "Nothing is written to FILE.\n"
    "\n"
    "  dump       a line for each record, oldest first, and the counts of verify on standard error:\n"
    "             sequence= resumed= kind= timestamp_ns= slot= tenant= opcode= args=,,, epoch= status= failure= "
    "error=\n"
    "             digest=, all of them numbers in decimal but kind (publish, failure, more, input, epoch, start; a\n"
    "             number when it is none of them) and digest (16 hexadecimal digits)\n"
    "  verify     records= first= last= corrupt= torn=: the sequences of the first and the last record, - when there\n"
    "             is none; records that are missing between others; writes that were cut short\n"
    "  stats      geometry, laps and erases of the blocks, and the counts\n"
    "      --json the same in JSON: an array of records, or one object\n"
    "\n"
    "Exit code: 0 the log is whole, 1 something in it is corrupt, 2 it is no log or cannot be read.\n";

/// Records ///

struct dump {
    bool json, begun;
};

static const char *kind_name(uint32_t kind, char number[12]) {
    static const char *const names[] = {"publish", "failure", "more", "input", "epoch", "start"};
    if (kind < sizeof names / sizeof *names) {
        return names[kind];
    }
    snprintf(number, 12, "%u", kind);
    return number;
}

static void print_record(void *ctx, const struct stk_log_record *r) {
    static const char text[] = "sequence=%u resumed=%u kind=%s timestamp_ns=%llu slot=%u tenant=%u opcode=%u "
                               "args=%u,%u,%u,%u epoch=%u status=%u failure=%u error=%d digest=%016llx\n";
    static const char json[] =
        "{\"sequence\": %u, \"resumed\": %u, \"kind\": \"%s\", \"timestamp_ns\": %llu, "
        "\"slot\": %u, \"tenant\": %u, \"opcode\": %u, \"args\": [%u, %u, %u, %u], "
        "\"epoch\": %u, \"status\": %u, \"failure\": %u, \"error\": %d, \"digest\": \"%016llx\"}";
    struct dump *d = ctx;
    char number[12];
    const char *kind = kind_name(r->kind, number);
    if (d->json) {
        fputs(d->begun ? ",\n  " : "\n  ", stdout);
    }
    d->begun = true;
    printf(d->json ? json : text, r->sequence, r->resumed, kind, (unsigned long long)r->timestamp_ns, r->slot,
           r->tenant, r->opcode, r->args[0], r->args[1], r->args[2], r->args[3], r->epoch, r->status, r->failure,
           (int)r->error, (unsigned long long)r->digest);
}

/// Counts ///

static void print_counts(FILE *out, const struct log_counts *c) {
    if (c->records) {
        fprintf(out, "records=%u first=%u last=%u", c->records, c->first, c->last);
    } else {
        fputs("records=0 first=- last=-", out);
    }
    fprintf(out, " corrupt=%u torn=%u\n", c->corrupt, c->torn);
}

/* The members of a JSON object. */
static void print_counts_json(const struct log_counts *c) {
    if (c->records) {
        printf("\"records\": %u, \"first\": %u, \"last\": %u", c->records, c->first, c->last);
    } else {
        fputs("\"records\": 0, \"first\": null, \"last\": null", stdout);
    }
    printf(", \"corrupt\": %u, \"torn\": %u", c->corrupt, c->torn);
}

/// Statistics ///

/* What the headers of the blocks tell. A block's lap is how often it was erased for this log. */
struct laps {
    uint32_t headers, none; /* blocks with a whole header of this log, and without */
    uint32_t least, most;   /* laps, when there are headers */
};

static struct laps count_laps(struct log_image *f) {
    struct laps laps = {0, 0, UINT32_MAX, 0};
    for (uint32_t i = 0; i < f->log.geometry.blocks; i++) {
        struct stk_log_block block;
        if (stk_log_block(&f->log, i, f->reads, LOG_IMAGE_READ_BYTES, &block) != STK_OK) {
            laps.none++;
            continue;
        }
        laps.headers++;
        laps.least = block.lap < laps.least ? block.lap : laps.least;
        laps.most = block.lap > laps.most ? block.lap : laps.most;
    }
    return laps;
}

static void print_v1_stats(const struct stk_vrrl *v, const struct log_counts *c, bool json) {
    if (json) {
        printf("{\"format\": \"VRRL0001\", \"capacity\": %u, \"cursor\": %u, \"flags\": %u, \"record_bytes\": %llu, ",
               v->capacity, v->cursor, v->flags, (unsigned long long)c->records * STK_VRRL_RECORD_BYTES);
        print_counts_json(c);
        puts("}");
        return;
    }
    printf("format=VRRL0001 capacity=%u cursor=%u flags=%u\n", v->capacity, v->cursor, v->flags);
    printf("record_bytes=%llu\n", (unsigned long long)c->records * STK_VRRL_RECORD_BYTES);
    print_counts(stdout, c);
}

static void print_flash_stats(struct log_image *f, const struct log_counts *c, bool json) {
    const struct stk_flash_geometry *g = &f->log.geometry;
    struct laps laps = count_laps(f);
    printf(json ? "{\"format\": \"STKLOG01\", \"id\": %u, \"block_bytes\": %u, \"blocks\": %u, \"prog_unit\": %u, "
                  "\"erased\": %u, "
                : "format=STKLOG01 id=%u block_bytes=%u blocks=%u prog_unit=%u erased=%u\n",
           f->log.id, g->block_bytes, g->blocks, g->prog_unit, g->erased);
    printf(
        json ? "\"headers\": %u, \"without\": %u, \"erases_min\": %u, \"erases_max\": %u, \"lap\": %u, \"block\": %u, "
             : "headers=%u without=%u erases_min=%u erases_max=%u lap=%u block=%u\n",
        laps.headers, laps.none, laps.headers ? laps.least : 0u, laps.most, f->log.lap, f->log.block);
    printf(json ? "\"capacity\": %llu, \"record_bytes\": %llu, \"mount_reads\": %u, "
                : "capacity=%llu record_bytes=%llu mount_reads=%u\n",
           (unsigned long long)stk_log_capacity(g), (unsigned long long)c->records * STK_LOG_CELL_BYTES,
           f->log.stats.mount_reads);
    if (json) {
        print_counts_json(c);
        puts("}");
    } else {
        print_counts(stdout, c);
    }
}

/// Commands ///

static int do_dump(struct log_image *f, bool json) {
    struct dump dump = {json, false};
    struct log_counts counts;
    int code;
    if (json) {
        putchar('[');
    }
    code = log_image_walk(f, print_record, &dump, &counts);
    if (json) {
        puts(dump.begun ? "\n]" : "]");
    }
    fflush(stdout); /* the counts come after the records where both go to one place */
    print_counts(stderr, &counts);
    return code;
}

static int do_verify(struct log_image *f, bool json) {
    struct log_counts counts;
    int code = log_image_walk(f, NULL, NULL, &counts);
    if (json) {
        putchar('{');
        print_counts_json(&counts);
        puts("}");
    } else {
        print_counts(stdout, &counts);
    }
    return code;
}

static int do_stats(struct log_image *f, bool json) {
    struct log_counts counts;
    int code = log_image_walk(f, NULL, NULL, &counts);
    if (f->v1) {
        print_v1_stats(&f->vrrl, &counts, json);
    } else {
        print_flash_stats(f, &counts, json);
    }
    return code;
}

static const struct {
    const char *name;
    int (*run)(struct log_image *f, bool json);
} actions[] = {{"dump", do_dump}, {"verify", do_verify}, {"stats", do_stats}};

static int run(int (*action)(struct log_image *f, bool json), const char *name, bool json) {
    static struct log_image file;
    int code = log_image_open(&file, name);
    if (code == 0) {
        code = action(&file, json);
        log_image_close(&file);
    }
    return code;
}

int cmd_log(int argc, char **argv) {
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    bool json = false;
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            return CLI_OK;
        }
        if (option != 'j') {
            return CLI_BAD; /* getopt has said why */
        }
        json = true;
    }
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (optind < argc && strcmp(argv[optind], actions[i].name) == 0) {
            return argc - optind == 2 ? run(actions[i].run, argv[optind + 1], json)
                                      : cli_bad("log %s: name one file (stoker log --help)", argv[optind]);
        }
    }
    return cli_bad("log%s%s: use dump, verify or stats, and name a file (stoker log --help)", optind < argc ? " " : "",
                   optind < argc ? argv[optind] : "");
}
