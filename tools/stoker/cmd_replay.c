/* stoker replay: its page and its options. replay_run.c does the replay, replay_report.c prints the outcome. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "replay.h"

#define TIMEOUT_MS_MAX 86400000u

enum {
    OPT_ON = 256,
    OPT_AGAINST,
    OPT_INPUT,
    OPT_TABLES,
    OPT_HANDLER,
    OPT_WORKERS,
    OPT_LANES,
    OPT_RESIDENCY,
    OPT_MEMORY,
    OPT_SIZE_MAX,
    OPT_TIMEOUT,
    OPT_JSON
};

static const struct cli_row rows[] = {
    {0, NULL, NULL, "What is compared", NULL, 0},
    {OPT_ON, "on", "SIDE", "opencl, interp, recorded, or an OpenCL device's index or part of its name (opencl)",
     "opencl interp recorded", 0},
    {OPT_AGAINST, "against", "SIDE", "the other side, named in the same way (interp)", "opencl interp recorded", 0},
    {0, NULL, NULL, "What the recording needs", NULL, 0},
    {OPT_INPUT, "input", "LABEL=PATH",
     "the file that was read as input LABEL; stoker scan labels its files 0, 1 ... in their order", NULL, 1},
    {OPT_TABLES, "tables", "PATH", "the tables that stoker scan wrote beside the log (LOG.tables)", NULL, 0},
    {OPT_HANDLER, "handler", "FILE",
     "a file of handlers of your own, for OpenCL devices; for interp build stoker with -DSTK_CLI_HANDLER=FILE "
     "(kernels/README.md)",
     NULL, 0},
    {0, NULL, NULL, "Device", NULL, 0},
    {OPT_WORKERS, "workers", "N",
     "work-groups on an OpenCL device (1); no more than were recorded for handlers that keep something for each "
     "worker, as those of scan do",
     NULL, 0},
    {OPT_LANES, "lanes", "N", "work-items in each (1 on a CPU, 256 on a GPU)", NULL, 0},
    CLI_MODE_ROWS(OPT_RESIDENCY, OPT_MEMORY),
    {OPT_SIZE_MAX, "size-max", "BYTES", "most memory of an instance that the recording may ask for (256M)", NULL, 0},
    {OPT_TIMEOUT, "timeout", "MS",
     "longest wait for one slot, 1 to 86400000 (10000, and up to 60000 with a large payload)", NULL, 0},
    {0, NULL, NULL, "Output", NULL, 0},
    {OPT_JSON, "json", NULL, "print one JSON object; name_hex instead of name for a SIDE that is no UTF-8", NULL, 0},
    CLI_HELP_ROW,
    {0, NULL, NULL, "Environment", NULL, 0},
    CLI_MODE_ENVIRONMENT,
    {0, NULL, NULL, NULL, NULL, 0},
};

static const struct cli_page page = {
    .name = "replay",
    .what = "run recorded work again and find the first difference",
    .synopsis = "[OPTION]... LOG",
    .about = "Runs a recording again on two sides and prints the first difference between them. LOG is a recording of "
             "stoker "
             "scan --record, or of a program that uses stk_recorder.",
    .rows = rows,
    .notes = "The side recorded is the log itself: it has the failures, and a digest of the observables after each "
             "epoch. Two other sides are compared word by word: the observables after each epoch, and the status and "
             "the results of every slot.\n"
             "An epoch ends at a fence. Epochs have the numbers that the control buffer counts.",
    .exits = {"no difference", "a difference",
              "bad input, no device, a recording that cannot be replayed, or output that could not be written"},
};

const struct cli_page *page_replay(void) {
    return &page;
}

/* Reads an option of the recording's device, all of which are small numbers. */
static int small_option(const char *name, uint32_t *value) {
    uint64_t n = 0;
    int bad = cli_number_option(name, 1, 1024, &n);
    *value = (uint32_t)n;
    return bad;
}

static int timeout_option(uint64_t *ns) {
    if (cli_parse_number(optarg, TIMEOUT_MS_MAX, ns) != 0 || *ns == 0u) {
        return cli_bad("--timeout %s: give whole milliseconds from 1 to %u", optarg, TIMEOUT_MS_MAX);
    }
    *ns *= UINT64_C(1000000); /* milliseconds to nanoseconds: at most 86,400,000 of them, so nothing wraps */
    return 0;
}

/* Takes LABEL=PATH. The path stays in the word of the command line. */
static int input_option(struct replay_options *o) {
    char *equals = strchr(optarg, '=');
    uint64_t label = 0;
    if (o->input_count == REPLAY_INPUTS_MAX) {
        return cli_bad("more than %u inputs are named: name only those that the recording reads", REPLAY_INPUTS_MAX);
    }
    if (equals) {
        *equals = '\0';
    }
    if (!equals || cli_parse_number(optarg, UINT32_MAX, &label) != 0 || equals[1] == '\0') {
        return cli_bad("--input %s: give LABEL=PATH, the label a whole number", optarg);
    }
    /* One label is one source of the recording, so a second path for it would be ignored. */
    for (uint32_t i = 0; i < o->input_count; i++) {
        if (o->inputs[i].label == label) {
            return cli_bad("--input %u=%s: input %u is %s already: give each label once", (unsigned)label, equals + 1,
                           (unsigned)label, o->inputs[i].path);
        }
    }
    o->inputs[o->input_count++] = (struct replay_input){(uint32_t)label, equals + 1, -1};
    return 0;
}

/* Takes one option. replay_run.c checks whether the sides need the option. */
static int set_option(void *to, int id) {
    struct replay_options *o = to;
    switch (id) {
    case OPT_ON:
        o->on = optarg;
        return 0;
    case OPT_AGAINST:
        o->against = optarg;
        return 0;
    case OPT_INPUT:
        return input_option(o);
    case OPT_TABLES:
        o->tables = optarg;
        return 0;
    case OPT_HANDLER:
        o->handler = optarg;
        return 0;
    case OPT_WORKERS:
        return small_option("workers", &o->workers);
    case OPT_LANES:
        return small_option("lanes", &o->lanes);
    case OPT_RESIDENCY:
        return cli_parse_residency(optarg, &o->residency);
    case OPT_MEMORY:
        return cli_parse_memory(optarg, &o->memory);
    case OPT_SIZE_MAX:
        return cli_parse_bytes(optarg, &o->size_max) == 0 && o->size_max != 0u
                   ? 0
                   : cli_bad("--size-max %s: give bytes, 64K and more", optarg);
    case OPT_TIMEOUT:
        return timeout_option(&o->timeout_ns);
    case OPT_JSON:
        o->json = 1;
        return 0;
    default:
        return CLI_BAD;
    }
}

static int parse(int argc, char **argv, struct replay_options *o) {
    int code = cli_options(&page, argc, argv, set_option, o);
    if (code != 0) {
        return code;
    }
    if (optind + 1 != argc) {
        return cli_bad("%s: give one recording after the options (stoker replay --help)",
                       optind == argc ? "no log to replay" : "more than one log");
    }
    o->log = argv[optind];
    return 0;
}

int cmd_replay(int argc, char **argv) {
    static struct replay replay;
    static struct replay_options options = {.on = "opencl", .against = "interp"};
    int code = parse(argc, argv, &options);
    if (code != 0) {
        return code < 0 ? CLI_OK : code;
    }
    code = replay_open(&replay, &options);
    if (code == 0) {
        code = replay_run(&replay);
    }
    replay_close(&replay);
    return code;
}
