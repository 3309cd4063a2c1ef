/* stoker info: what this machine offers. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "device.h"
#include "reader.h"

#define CLOSE_NS    UINT64_C(2000000000)
#define PROBE_BYTES 4096u
#define PROBE_DEPTH 8u

static const char help[] =
    "usage: stoker info [OPTION]...\n"
    "Prints devices, how the kernel can be resident on each and why, io_uring features, readers, limits.\n"
    "\n"
    "      --probe           try every kind of memory in every mode: one line each, with figures or the reason why "
    "not\n"
    "      --device NAME     only this OpenCL device: an index or a part of its name\n"
    "      --residency MODE  ask for " CLI_RESIDENCIES "\n"
    "      --memory KIND     ask for " CLI_MEMORIES "\n"
    "      --no-store        take nothing from a store (stoker scan --help)\n"
    "      --store FILE      take program and handshake from FILE, or put them there; not with --probe. Says what is "
    "in it\n"
    "\n" CLI_OPEN_HELP;

struct info_options {
    const char *device;
    enum stk_residency residency;
    enum stk_opencl_memory memory;
    uint64_t open_ns;
    int probe;
    const char *store_path;
    struct cli_store *store;
};

static void close_device(struct stk_opencl *cl) {
    if (stk_opencl_close(cl, CLOSE_NS) != STK_OK) {
        printf("  the kernel did not leave within 2 s\n");
    }
}

static void show_residency(const char *name, const struct info_options *o) {
    static struct stk_opencl cl;
    struct stk_opencl_config config = {
        .device = name,
        .payload_bytes = 4096,
        .residency = o->residency,
        .memory = o->memory,
        .open_ns = o->open_ns,
        .store = o->store->use,
    };
    struct stk_dispatch_info info;
    int err = stk_opencl_open(&cl, &config);
    if (err != STK_OK) {
        printf("  residency   none yet: %s%s\n",
               err == STK_E_ARG ? "this mode and this memory do not go together" : cl.reason, cli_open_advice(&cl));
        return;
    }
    stk_opencl_ops.info(&cl, &info);
    printf("  residency   %s: %s\n", cli_residency_name(info.residency), info.reason);
    printf("  memory      %s\n", info.memory);
    if (o->store->use) {
        printf("  kept        program: %s, handshake: %s%s%s\n", cli_built_word(cl.built_from),
               cli_proved_word(cl.proved_from), cl.persist_note[0] ? "; " : "", cl.persist_note);
    }
    printf("  workers     %u group%s of %u work-item%s\n", cl.config.workers, cl.config.workers == 1u ? "" : "s",
           cl.config.lanes, cl.config.lanes == 1u ? "" : "s");
    printf("  lease       %u turns, leaves after %u idle ones\n", cl.stats.turns, cl.stats.idle_turns);
    if (info.residency == STK_BATCH) {
        const struct stk_device_memory *m = &cl.memory;
        size_t fixed = STK_RING_BYTES(m->slots) + 4u * ((size_t)m->control_words + m->debug_words) +
                       (size_t)m->io_slots * STK_IO_WORDS * 4u;
        printf(
            "  copies      a launch: about %zu bytes of ring, control, log and I/O queue there and back; payload: what "
            "changed there, all of it back\n",
            2u * fixed);
    }
    close_device(&cl);
}

/* One kind in one mode. */
static void probe_one(const char *name, const struct info_options *options, enum stk_residency residency,
                      enum stk_opencl_memory memory) {
    static struct stk_opencl cl;
    const struct stk_opencl_config config = {
        .device = name, .payload_bytes = 4096, .residency = residency, .memory = memory, .open_ns = options->open_ns};
    const struct stk_opencl_outcome *o = &cl.outcome;
    uint64_t start = cli_now_ns();
    int err = stk_opencl_open(&cl, &config);
    printf("  %-8s %-11s ", cli_residency_name(residency), cli_memory_word(memory));
    if (err != STK_OK) {
        printf("no: %s%s (%s, %.1f s)\n", cl.reason, cli_open_advice(&cl), stk_err_name(err),
               (double)(cli_now_ns() - start) / 1e9);
        fputs(cl.build_log, stdout);
    } else {
        printf("yes: %u rounds, p50 %.2f us; %u items in order, %.3f M/s; %u of %u adds lost; turn %.1f ns; %.1f s\n",
               (unsigned)o->rounds, (double)o->p50_ns / 1e3, (unsigned)o->items,
               (double)o->items * 1e3 / (double)(o->items_ns ? o->items_ns : 1u), (unsigned)o->adds_lost,
               (unsigned)o->adds, (double)o->turn_cost / 20000.0, (double)(cli_now_ns() - start) / 1e9);
        close_device(&cl);
    }
    fflush(stdout); /* the next one may take long */
}

static void probe(const char *name, const struct info_options *o) {
    for (int mode = STK_RESIDENT; mode <= (int)STK_BATCH; mode++) {
        for (unsigned kind = 1; kind < STK_OPENCL_KINDS; kind++) {
            int pair = (mode == (int)STK_BATCH) == (kind == STK_OPENCL_COPIES);
            int asked = (o->residency == 0 || (int)o->residency == mode) && (o->memory == 0 || o->memory == kind);
            if (pair && asked) {
                probe_one(name, o, (enum stk_residency)mode, (enum stk_opencl_memory)kind);
            }
        }
    }
}

/* Does --device name it? */
static int chosen(const char *wanted, uint32_t index, const struct stk_opencl_device *d) {
    uint64_t number;
    if (!wanted) {
        return 1;
    }
    return cli_parse_number(wanted, UINT32_MAX, &number) == 0 ? number == index : strcasestr(d->name, wanted) != NULL;
}

static uint32_t show_devices(const struct info_options *o) {
    struct stk_opencl_device d;
    uint32_t i = 0, shown = 0;
    for (; stk_opencl_device(i, &d) == STK_OK; i++) {
        char name[16];
        if (!chosen(o->device, i, &d)) {
            continue;
        }
        snprintf(name, sizeof name, "%u", (unsigned)i);
        printf("device %u: %s\n", (unsigned)i, d.name);
        printf("  platform    %s, %s, driver %s\n", d.platform, d.version, d.driver);
        printf("  units       %u, %.1f GB\n", (unsigned)d.units, (double)d.memory / 1e9);
        printf("  SVM         %s%s\n", d.fine_grain ? "fine-grain buffers" : "no fine-grain buffers",
               d.svm_atomics ? ", atomics" : "");
        if (o->probe) {
            probe(name, o);
        } else {
            show_residency(name, o);
        }
        shown++;
    }
    if (o->device) {
        return shown;
    }
    printf("device interp: the kernel as C on this CPU\n");
    printf("  residency   RESIDENT: it runs on the calling thread\n");
    return i;
}

/* Opens what a scan of a large file for a device that needs no CPU would read with, and says what came of it. */
static void show_readers(void) {
    static struct cli_reader reader;
    void *memory = cli_map(PROBE_BYTES);
    char text[CLI_READER_TEXT];
    if (memory && cli_reader_open(&reader, NULL, memory, PROBE_BYTES, PROBE_DEPTH, stk_reader_pool_default()) == 0) {
        printf("readers       %s (%u CPU%s)\n", cli_reader_describe(&reader, text), stk_reader_pool_cpus(),
               stk_reader_pool_cpus() == 1u ? "" : "s");
        if (reader.note[0]) {
            printf("              %s\n", reader.note);
        }
        (void)cli_reader_close(&reader); /* nothing is in flight */
    }
    cli_unmap(memory, PROBE_BYTES);
}

static void show_limits(void) {
    struct stk_uring_info info;
    char text[STK_URING_TEXT_BYTES];
    struct rlimit locked;
    (void)!stk_uring_probe(&info);
    if (stk_uring_describe(&info, text, sizeof text) < 0) {
        snprintf(text, sizeof text, "?");
    }
    printf("io_uring      %s\n", text);
    show_readers();
    if (getrlimit(RLIMIT_MEMLOCK, &locked) == 0) {
        if (locked.rlim_cur == RLIM_INFINITY) {
            printf("locked memory unlimited\n");
        } else {
            printf("locked memory %llu KiB (ulimit -l)\n", (unsigned long long)locked.rlim_cur / 1024u);
        }
    }
    printf("limits        %u ring slots, %u chunks in a stream, %u I/O slots, payload below 4 GiB\n",
           STK_RING_SLOTS_INIT_MAX, STK_STREAM_DEPTH_MAX, STK_IO_SLOTS_MAX);
    printf("stoker        %s, wire format %d.%d\n", stk_version(), STK_WIRE_MAJOR, STK_WIRE_MINOR);
}

enum {
    OPT_PROBE = 256,
    OPT_DEVICE,
    OPT_RESIDENCY,
    OPT_MEMORY,
    OPT_STORE,
    OPT_NO_STORE,
    OPT_HELP
};

static const struct option long_options[] = {
    {"probe", no_argument, NULL, OPT_PROBE},
    {"device", required_argument, NULL, OPT_DEVICE},
    {"residency", required_argument, NULL, OPT_RESIDENCY},
    {"memory", required_argument, NULL, OPT_MEMORY},
    {"store", required_argument, NULL, OPT_STORE},
    {"no-store", no_argument, NULL, OPT_NO_STORE},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

/* 0, an exit code with the line written, or -1 when the help was all that was wanted. */
static int parse(int argc, char **argv, struct info_options *o) {
    uint64_t seen = 0;
    int option, bad = 0;
    while (bad == 0 && (option = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
        bad = cli_once(long_options, option, &seen);
        if (bad) {
            break;
        }
        switch (option) {
        case OPT_PROBE:
            o->probe = 1;
            break;
        case OPT_DEVICE:
            o->device = optarg;
            break;
        case OPT_RESIDENCY:
            bad = cli_parse_residency(optarg, &o->residency);
            break;
        case OPT_MEMORY:
            bad = cli_parse_memory(optarg, &o->memory);
            break;
        case OPT_STORE:
            o->store_path = optarg;
            break;
        case OPT_NO_STORE:
            o->store_path = CLI_NO_STORE;
            break;
        case OPT_HELP:
            fputs(help, stdout);
            return -1;
        default:
            bad = cli_bad("info takes no '%s', or it needs a value: see stoker info --help", argv[optind - 1]);
        }
    }
    return bad == 0 && optind < argc ? cli_bad("info takes no '%s': see stoker info --help", argv[optind]) : bad;
}

static int show(const struct info_options *options) {
    if (show_devices(options) == 0) {
        if (options->device) {
            return cli_bad("--device %s: no such OpenCL device: stoker info lists them", options->device);
        }
        printf("(no OpenCL device: install a driver, for instance pocl-opencl-icd)\n");
    }
    if (!options->device) {
        show_limits();
    }
    return CLI_OK;
}

static void show_store(const struct cli_store *s) {
    struct stk_store_stats stats;
    if (s->aside[0]) {
        printf("store         %s\n", s->aside);
    }
    if (s->note[0]) {
        cli_note("%s", s->note);
    }
    if (s->use) {
        stk_store_stats(s->use, &stats);
        printf("store         %u records, %llu bytes, in %s (%llu KiB); %u found, %u put, %u damaged\n",
               (unsigned)stats.artifacts, (unsigned long long)stats.bytes, s->path,
               (unsigned long long)s->file.geometry.blocks * s->file.geometry.block_bytes / 1024u, (unsigned)stats.hits,
               (unsigned)stats.puts, (unsigned)stats.corrupt);
    }
}

int cmd_info(int argc, char **argv) {
    static struct cli_store store;
    struct info_options options = {.store = &store};
    int code = parse(argc, argv, &options);
    if (code != 0) {
        return code < 0 ? CLI_OK : code;
    }
    if (options.probe && !options.store_path) {
        options.store_path = CLI_NO_STORE;
    }
    if (options.probe && options.store_path[0]) {
        return cli_bad("--store with --probe: a probe tries everything anew: leave one of them out");
    }
    code = cli_open_ns(&options.open_ns);
    code = code != 0 ? code : cli_store_open(&store, options.store_path);
    if (code == 0) {
        code = show(&options);
        show_store(&store);
    }
    cli_store_close(&store);
    return code;
}
