/* stoker log: what is in a replay log. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "log_image.h"
#include "options.h"

/// Records ///

struct dump {
    bool json, begun;
};

/* Returns the name of a kind of record, or its number in `number` where it has no name. */
static const char *kind_name(uint32_t kind, char number[12]) {
    static const char *const names[] = {"publish", "failure", "more", "input", "epoch", "start", "result"};
    if (kind < sizeof names / sizeof *names) {
        return names[kind];
    }
    snprintf(number, 12, "%u", kind);
    return number;
}

/* Prints a part of JSON as it is, or a record. */
static void print_as(bool json, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints one record: in JSON without line breaks of its own, else as a line that fits the terminal. */
static void print_as(bool json, const char *format, ...) {
    char text[1024]; /* twice the longest record */
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (json) {
        fputs(text, stdout);
    } else {
        cli_record(stdout, "%s", text);
    }
}

/* Begins the next element of a JSON array. */
static void print_comma(struct dump *d) {
    if (d->json) {
        fputs(d->begun ? ",\n  " : "\n  ", stdout);
    }
    d->begun = true;
}

/* Prints a cell that is no replay record, such as one of a store, with its bytes in hexadecimal. */
static void print_cell(const struct dump *d, const struct stk_log_cell *cell) {
    char body[2u * STK_LOG_BODY_BYTES + 1u];
    for (uint32_t i = 0; i < STK_LOG_BODY_BYTES; i++) {
        snprintf(body + (size_t)2u * i, 3, "%02x", cell->body[i]);
    }
    print_as(d->json,
             d->json ? "{\"sequence\": %u, \"boot\": %u, \"resumed\": %u, \"kind\": \"%08x\", \"body\": \"%s\"}"
                     : "sequence=%u boot=%u resumed=%u kind=%08x body=%s",
             cell->sequence, cell->boot, cell->resumed, cell->kind, body);
}

static void print_record(struct dump *d, const struct stk_log_record *r) {
    static const char text[] = "sequence=%u boot=%u resumed=%u kind=%s timestamp_ns=%llu slot=%u tenant=%u opcode=%u "
                               "args=%u,%u,%u,%u epoch=%u status=%u failure=%u error=%d digest=%016llx";
    static const char json[] =
        "{\"sequence\": %u, \"boot\": %u, \"resumed\": %u, \"kind\": \"%s\", \"timestamp_ns\": %llu, "
        "\"slot\": %u, \"tenant\": %u, \"opcode\": %u, \"args\": [%u, %u, %u, %u], "
        "\"epoch\": %u, \"status\": %u, \"failure\": %u, \"error\": %d, \"digest\": \"%016llx\"}";
    char number[12];
    const char *kind = kind_name(r->kind, number);
    print_as(d->json, d->json ? json : text, r->sequence, r->boot, r->resumed, kind,
             (unsigned long long)r->timestamp_ns, r->slot, r->tenant, r->opcode, r->args[0], r->args[1], r->args[2],
             r->args[3], r->epoch, r->status, r->failure, (int)r->error, (unsigned long long)r->digest);
}

static void print_entry(void *ctx, const struct log_entry *e) {
    struct dump *d = ctx;
    print_comma(d);
    if (e->is_cell) {
        print_cell(d, &e->cell);
    } else {
        print_record(d, &e->record);
    }
}

/// Counts ///

static void print_counts(FILE *out, const struct log_counts *c) {
    if (c->records) {
        cli_record(out, "records=%u first=%u last=%u corrupt=%u torn=%u unreadable=%u", c->records, c->first, c->last,
                   c->corrupt, c->torn, c->unreadable);
    } else {
        cli_record(out, "records=0 first=- last=- corrupt=%u torn=%u unreadable=%u", c->corrupt, c->torn,
                   c->unreadable);
    }
}

/* Prints the counts as members of a JSON object. */
static void print_counts_json(const struct log_counts *c) {
    if (c->records) {
        printf("\"records\": %u, \"first\": %u, \"last\": %u", c->records, c->first, c->last);
    } else {
        fputs("\"records\": 0, \"first\": null, \"last\": null", stdout);
    }
    printf(", \"corrupt\": %u, \"torn\": %u, \"unreadable\": %u", c->corrupt, c->torn, c->unreadable);
}

/// Statistics ///

/* Numbers from the headers of the blocks. The lap of a block is the number of times that it was erased for this log. */
struct laps {
    uint32_t headers, none; /* blocks with a whole header of this log, and without */
    uint32_t least, most;   /* laps, when there are headers */
};

/* Reads the header of each block and returns how often the blocks were erased. */
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
    print_as(json,
             json ? "{\"format\": \"STKLOG02\", \"id\": %u, \"block_bytes\": %u, \"blocks\": %u, \"prog_unit\": %u, "
                    "\"erased\": %u, "
                  : "format=STKLOG02 id=%u block_bytes=%u blocks=%u prog_unit=%u erased=%u",
             f->log.id, g->block_bytes, g->blocks, g->prog_unit, g->erased);
    print_as(
        json,
        json ? "\"headers\": %u, \"without\": %u, \"erases_min\": %u, \"erases_max\": %u, \"lap\": %u, \"block\": %u, "
             : "headers=%u without=%u erases_min=%u erases_max=%u lap=%u block=%u",
        laps.headers, laps.none, laps.headers ? laps.least : 0u, laps.most, f->log.lap, f->log.block);
    print_as(json, json ? "\"formats\": %u, \"boots\": %u, \"reach\": %u, " : "formats=%u boots=%u reach=%u",
             f->log.format, f->log.boot - 1u, f->log.reach);
    print_as(json,
             json ? "\"capacity\": %llu, \"record_bytes\": %llu, \"mount_reads\": %u, "
                  : "capacity=%llu record_bytes=%llu mount_reads=%u",
             (unsigned long long)stk_log_capacity(g), (unsigned long long)c->records * STK_LOG_CELL_BYTES,
             f->log.stats.mount_reads);
    if (json) {
        print_counts_json(c);
        puts("}");
    } else {
        print_counts(stdout, c);
    }
}

/// Boots ///

struct boots {
    struct dump dump;
    uint32_t boot, records, first, last;
    uint64_t first_ns, last_ns;
};

/* Prints the boot that has been collected, if there is one. */
static void print_boot(struct boots *b) {
    static const char text[] = "boot=%u records=%u first=%u last=%u first_ns=%llu last_ns=%llu";
    static const char json[] = "{\"boot\": %u, \"records\": %u, \"first\": %u, \"last\": %u, \"first_ns\": %llu, "
                               "\"last_ns\": %llu}";
    if (b->records) {
        print_comma(&b->dump);
        print_as(b->dump.json, b->dump.json ? json : text, b->boot, b->records, b->first, b->last,
                 (unsigned long long)b->first_ns, (unsigned long long)b->last_ns);
    }
}

/* Adds a record to its boot. Records come in the order of the boots, so the first one of another boot ends the boot
 * before. */
static void take_boot(void *ctx, const struct log_entry *e) {
    struct boots *b = ctx;
    uint64_t ns = e->is_cell ? 0 : e->record.timestamp_ns;
    if (b->records && e->record.boot != b->boot) {
        print_boot(b);
        b->records = 0;
    }
    if (!b->records) {
        b->boot = e->record.boot;
        b->first = e->record.sequence;
        b->first_ns = ns;
    }
    b->records++;
    b->last = e->record.sequence;
    b->last_ns = ns;
}

/// Commands ///

static void begin_array(bool json) {
    if (json) {
        putchar('[');
    }
}

/* Ends the JSON array, and writes out what was printed so far. */
static void end_array(const struct dump *d) {
    if (d->json) {
        puts(d->begun ? "\n]" : "]");
    }
    fflush(stdout); /* the counts come after the records where both go to one place */
}

static int do_dump(struct log_image *f, const struct log_range *range, bool json) {
    struct dump dump = {json, false};
    struct log_counts counts;
    int code;
    begin_array(json);
    code = log_image_walk(f, range, print_entry, &dump, &counts);
    end_array(&dump);
    print_counts(stderr, &counts);
    return code;
}

static int do_boots(struct log_image *f, const struct log_range *range, bool json) {
    struct boots boots = {.dump = {json, false}};
    struct log_counts counts;
    int code;
    begin_array(json);
    code = log_image_walk(f, range, take_boot, &boots, &counts);
    print_boot(&boots);
    end_array(&boots.dump);
    return code;
}

static int do_verify(struct log_image *f, const struct log_range *range, bool json) {
    struct log_counts counts;
    int code = log_image_walk(f, range, NULL, NULL, &counts);
    if (json) {
        putchar('{');
        print_counts_json(&counts);
        puts("}");
    } else {
        print_counts(stdout, &counts);
    }
    return code;
}

static int do_count(struct log_image *f, const struct log_range *range, bool json) {
    struct log_counts counts;
    int code = log_image_walk(f, range, NULL, NULL, &counts);
    printf(json ? "{\"records\": %u}\n" : "%u\n", counts.records);
    return code;
}

static int do_stats(struct log_image *f, const struct log_range *range, bool json) {
    struct log_counts counts;
    int code = log_image_walk(f, range, NULL, NULL, &counts);
    if (f->v1) {
        print_v1_stats(&f->vrrl, &counts, json);
    } else {
        print_flash_stats(f, &counts, json);
    }
    return code;
}

struct action {
    const char *name;
    int (*run)(struct log_image *f, const struct log_range *range, bool json);
    bool takes_range;
};

static const struct action actions[] = {{"dump", do_dump, true},
                                        {"verify", do_verify, true},
                                        {"count", do_count, true},
                                        {"boots", do_boots, false},
                                        {"stats", do_stats, false}};

/* Opens the file and does one of the actions. Not every action takes a range of records. */
static int run(const struct action *action, const char *name, const struct log_range *range, bool json) {
    static struct log_image file;
    int code;
    if (!action->takes_range &&
        (range->has_lines || range->reverse || range->has_boot || range->has_since || range->has_until)) {
        return cli_bad("log %s: takes no range: leave --lines, --reverse, --boot, --since and --until away",
                       action->name);
    }
    code = log_image_open(&file, name);
    if (code == 0) {
        code = log_image_check_range(&file, range);
    }
    if (code == 0) {
        code = action->run(&file, range, json);
    }
    if (file.reads) {
        log_image_close(&file);
    }
    return code;
}

/// Options ///

enum {
    OPT_JSON = 256
};

static const struct cli_row rows[] = {
    {0, NULL, NULL, "What it does with the log", NULL, 0},
    {0, NULL, "dump",
     "print a line for each record, oldest first, and on standard error the counts that verify prints. A line has "
     "sequence= boot= resumed= kind= timestamp_ns= slot= tenant= opcode= args=,,, epoch= status= failure= error= "
     "digest=. kind is publish, failure, more, input, epoch, start or a number, digest has 16 hexadecimal digits, and "
     "the others are decimal numbers. A cell that another writer put there, such as a store, has sequence= boot= "
     "resumed= kind= body=, the last two in hexadecimal",
     NULL, 0},
    {0, NULL, "verify",
     "print the counts. records=: how many records there are; first=, last=: the sequence of the first and of the last "
     "one, - for none; corrupt=: records that are missing between others; torn=: writes that were cut short; "
     "unreadable=: records that would fit where the file could not be read",
     NULL, 0},
    {0, NULL, "count", "print the number of records", NULL, 0},
    {0, NULL, "boots",
     "print a line for each boot: boot= records= first= last= first_ns= last_ns=, with the first and the last sequence "
     "and time stamp. A boot is the time from one mount of the log to the next. Boot 1 formatted the log",
     NULL, 0},
    {0, NULL, "stats",
     "print geometry, laps and erases of the blocks; how often the flash was formatted (formats=) and the log mounted "
     "for records (boots=); the most blocks in a row that may have failed (reach=); and the counts",
     NULL, 0},
    {0, NULL, NULL, "Which records dump, verify and count take", NULL, 0},
    {'n', "lines", "N", "the N newest records at most", NULL, 0},
    {'r', "reverse", NULL, "newest first; not of a v1 file", NULL, 0},
    {'b', "boot", "N",
     "records of boot N, as dump and boots number it; 0 is the last boot, -1 the one before it, and so on; not of a v1 "
     "file",
     NULL, 0},
    {'S', "since", "NS",
     "records with a time stamp at or after NS (nanoseconds). If the clock begins anew at each boot, give --boot too",
     NULL, 0},
    {'U', "until", "NS", "records with a time stamp at or before NS", NULL, 0},
    {0, NULL, NULL, "Output", NULL, 0},
    {OPT_JSON, "json", NULL, "print the same in JSON: an array of records or boots, or one object", NULL, 0},
    CLI_HELP_ROW,
    {0, NULL, NULL, NULL, NULL, 0},
};

static const struct cli_page page = {
    .name = "log",
    .what = "show and check replay logs",
    .synopsis = "dump|verify|count|boots|stats FILE [OPTION]...",
    .about =
        "Reads a replay log. FILE is the image of a log on flash (STKLOG02) or a v1 file (VRRL0001); the content of "
        "FILE says which. Nothing is written to FILE.",
    .rows = rows,
    .exits = {"the log is whole", "something in the log is corrupt or could not be read",
              "FILE is no log or cannot be read at all, or the output could not be written"},
    .operands = "dump verify count boots stats",
};

const struct cli_page *page_log(void) {
    return &page;
}

struct log_options {
    struct log_range range;
    bool json;
};

/* Reads a boot: as records name it, or how many before the last one. */
static int parse_boot(const char *text, int64_t *boot) {
    uint64_t n = 0;
    int bad = cli_parse_number(text + (text[0] == '-'), UINT32_MAX, &n);
    *boot = text[0] == '-' ? -(int64_t)n : (int64_t)n;
    return bad;
}

/* Returns 0, or CLI_BAD after printing why. */
static int take_option(void *to, int id) {
    struct log_options *o = to;
    struct log_range *r = &o->range;
    const char *value = optarg;
    uint64_t n = 0;
    switch (id) {
    case 'n':
        r->has_lines = cli_parse_number(value, UINT32_MAX, &n) == 0;
        r->lines = (uint32_t)n;
        return r->has_lines ? 0 : cli_bad("log: --lines %s: give a number of records", value);
    case 'b':
        r->has_boot = parse_boot(value, &r->boot) == 0;
        return r->has_boot ? 0 : cli_bad("log: --boot %s: give the number of a boot, or 0, -1, -2 ...", value);
    case 'S':
        r->has_since = cli_parse_number(value, UINT64_MAX, &r->since) == 0;
        return r->has_since ? 0 : cli_bad("log: --since %s: give a time stamp in nanoseconds", value);
    case 'U':
        r->has_until = cli_parse_number(value, UINT64_MAX, &r->until) == 0;
        return r->has_until ? 0 : cli_bad("log: --until %s: give a time stamp in nanoseconds", value);
    case 'r':
        r->reverse = true;
        return 0;
    default:
        o->json = true;
        return 0;
    }
}

/* Prints the line for a word that is none of the actions. */
static int no_action(const char *word) {
    const char *names[sizeof actions / sizeof *actions + 1u] = {NULL};
    char text[128];
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        names[i] = actions[i].name;
    }
    return cli_bad("log%s%s%s", word ? " " : "", word ? word : "",
                   cli_did_you_mean(text, sizeof text, word ? word : "", names,
                                    ": use dump, verify, count, boots or stats, and name a file (stoker log --help)"));
}

int cmd_log(int argc, char **argv) {
    struct log_options o = {.json = false};
    int code = cli_options(&page, argc, argv, take_option, &o);
    if (code != 0) {
        return code < 0 ? CLI_OK : code;
    }
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (optind < argc && strcmp(argv[optind], actions[i].name) == 0) {
            return argc - optind == 2 ? run(&actions[i], argv[optind + 1], &o.range, o.json)
                                      : cli_bad("log %s: name one file (stoker log --help)", argv[optind]);
        }
    }
    return no_action(optind < argc ? argv[optind] : NULL);
}
