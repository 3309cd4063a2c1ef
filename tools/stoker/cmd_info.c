/* stoker info: what this machine offers. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "info.h"
#include "scan.h"
#include "json_out.h"
#include "options.h"

#define CLOSE_NS    UINT64_C(2000000000)
#define PROBE_BYTES 4096u
#define PROBE_DEPTH 8u

struct info_options {
    const char *device;
    enum stk_residency residency;
    enum stk_opencl_memory memory;
    uint64_t open_ns;
    int probe;
    enum cli_color color;
    json_t *json; /* object that --json prints at the end; NULL: text is printed */
    const char *store_path;
    struct cli_store *store;
};

size_t info_copied_bytes(const struct stk_opencl *cl) {
    const struct stk_device_memory *m = &cl->memory;
    return 2u * (STK_RING_BYTES(m->slots) + 4u * ((size_t)m->control_words + m->debug_words) +
                 (size_t)m->io_slots * STK_IO_WORDS * 4u);
}

/* Closes the device. A kernel that hangs gives only a message, since the next device can still be shown. */
static void close_device(struct stk_opencl *cl, const json_t *json) {
    if (stk_opencl_close(cl, CLOSE_NS) != STK_OK && !json) {
        printf("  the kernel did not leave within 2 s\n");
    }
}

/* Prints the mode that the device was opened in, and why; the memory; and the sizes that a scan would take. */
static void print_residency(struct stk_opencl *cl, const struct info_options *o) {
    struct stk_dispatch_info info;
    stk_opencl_ops.info(cl, &info);
    cli_fact(stdout, "  residency", "%s: %s", cli_residency_name(info.residency), info.reason);
    cli_fact(stdout, "  memory", "%s", info.memory);
    if (o->store->use) {
        cli_fact(stdout, "  kept", "program: %s, handshake: %s%s%s", cli_built_word(cl->built_from),
                 cli_proved_word(cl->proved_from), cl->persist_note[0] ? "; " : "", cl->persist_note);
    }
    cli_fact(stdout, "  workers", "%u group%s of %u work-item%s", cl->config.workers,
             cl->config.workers == 1u ? "" : "s", cl->config.lanes, cl->config.lanes == 1u ? "" : "s");
    cli_fact(stdout, "  scan", "chunks of %u KiB, %u in flight", SCAN_CHUNK_DEFAULT >> 10,
             scan_depth_of(cl->config.workers));
    cli_fact(stdout, "  lease", "a launch ends after %.3g ms, or after %.3g ms without work",
             (double)cl->config.lease_ns / 1e6, (double)cl->config.idle_ns / 1e6);
    if (info.residency == STK_BATCH) {
        cli_fact(stdout, "  copies",
                 "each launch copies about %zu bytes of ring, control buffer, debug log and I/O queue in both "
                 "directions; of the payload, the blocks that changed to the device, and all of it back",
                 info_copied_bytes(cl));
    }
}

/* Opens the device in the best mode, or in the one that was asked for, and shows what was found. */
static void show_residency(const char *name, const struct info_options *o, json_t *json) {
    static struct stk_opencl cl;
    struct stk_opencl_config config = {
        .device = name,
        .payload_bytes = 4096,
        .residency = o->residency,
        .memory = o->memory,
        .open_ns = o->open_ns,
        .store = o->store->use,
    };
    int err = stk_opencl_open(&cl, &config);
    const char *why = err == STK_E_ARG ? "this mode and this memory do not go together" : cl.reason;
    if (json) {
        info_json_opened(json, &cl, err, why);
    } else if (err != STK_OK) {
        cli_fact(stdout, "  residency", "none yet: %s%s", why, cli_open_advice(&cl));
    } else {
        print_residency(&cl, o);
    }
    if (err == STK_OK) {
        close_device(&cl, json);
    }
}

/* Tries one kind of memory in one mode. */
static void probe_one(const char *name, const struct info_options *options, json_t *json, enum stk_residency residency,
                      enum stk_opencl_memory memory) {
    static struct stk_opencl cl;
    const struct stk_opencl_config config = {
        .device = name, .payload_bytes = 4096, .residency = residency, .memory = memory, .open_ns = options->open_ns};
    const struct stk_opencl_outcome *o = &cl.outcome;
    uint64_t start = cli_now_ns();
    int err = stk_opencl_open(&cl, &config);
    double seconds = (double)(cli_now_ns() - start) / 1e9;
    char label[32];
    snprintf(label, sizeof label, "  %-8s %-11s", cli_residency_name(residency), cli_memory_word(memory));
    if (json) {
        info_json_probe(json, &cl, err, residency, memory, seconds);
    } else if (err != STK_OK) {
        cli_fact(stdout, label, "no: %s%s (%s, %.1f s)", cl.reason, cli_open_advice(&cl), stk_err_name(err), seconds);
        fputs(cl.build_log, stdout);
    } else {
        cli_fact(stdout, label,
                 "yes: %u rounds, p50 %.2f us; %u items in order, %.3f M/s; %u of %u adds lost; turn %.1f ns; %.1f s",
                 (unsigned)o->rounds, (double)o->p50_ns / 1e3, (unsigned)o->items,
                 (double)o->items * 1e3 / (double)(o->items_ns ? o->items_ns : 1u), (unsigned)o->adds_lost,
                 (unsigned)o->adds, (double)o->turn_cost / 20000.0, seconds);
    }
    if (err == STK_OK) {
        close_device(&cl, json);
    }
    fflush(stdout); /* the next one may take long */
}

/* Tries each kind of memory in each mode. Copies go with BATCH alone, and BATCH with copies. */
static void probe(const char *name, const struct info_options *o, json_t *json) {
    for (int mode = STK_RESIDENT; mode <= (int)STK_BATCH; mode++) {
        for (unsigned kind = 1; kind < STK_OPENCL_KINDS; kind++) {
            int pair = (mode == (int)STK_BATCH) == (kind == STK_OPENCL_COPIES);
            int asked = (o->residency == 0 || (int)o->residency == mode) && (o->memory == 0 || o->memory == kind);
            if (pair && asked) {
                probe_one(name, o, json, (enum stk_residency)mode, (enum stk_opencl_memory)kind);
            }
        }
    }
}

/* Returns 1 if --device names this device, by its index or by a part of its name, or if there is no --device. */
static int chosen(const char *wanted, uint32_t index, const struct stk_opencl_device *d) {
    uint64_t number;
    if (!wanted) {
        return 1;
    }
    return cli_parse_number(wanted, UINT32_MAX, &number) == 0 ? number == index : strcasestr(d->name, wanted) != NULL;
}

/* Prints what the driver says about a device, before anything is tried. */
static void print_device(uint32_t index, const struct stk_opencl_device *d) {
    cli_paint(CLI_NAME);
    printf("device %u: %s\n", (unsigned)index, d->name);
    cli_paint(CLI_PLAIN);
    cli_fact(stdout, "  platform", "%s, %s, driver %s", d->platform, d->version, d->driver);
    cli_fact(stdout, "  units", "%u, %.1f GB", (unsigned)d->compute_units, (double)d->memory / 1e9);
    cli_fact(stdout, "  SVM", "%s%s", d->fine_grain ? "fine-grain buffers" : "no fine-grain buffers",
             d->svm_atomics ? ", atomics" : "");
}

/* Shows one device, as an element of `list` where there is one. */
static void show_device(const struct info_options *o, json_t *list, uint32_t index, const struct stk_opencl_device *d) {
    json_t *json = list ? json_object() : NULL;
    char name[16];
    snprintf(name, sizeof name, "%u", (unsigned)index);
    if (json) {
        info_json_device(json, index, d);
        json_array_append_new(list, json);
    } else {
        print_device(index, d);
    }
    (o->probe ? probe : show_residency)(name, o, json);
}

/* Shows the interpreter, which is there on every machine. */
static void show_interpreter(json_t *list) {
    if (list) {
        json_array_append_new(list, json_pack("{s:n, s:s, s:s}", "index", "name", "interp", "residency", "RESIDENT"));
        return;
    }
    cli_paint(CLI_NAME);
    printf("device interp: the kernel as C on this CPU\n");
    cli_paint(CLI_PLAIN);
    cli_fact(stdout, "  residency", "RESIDENT: it runs on the calling thread");
}

/* Shows each OpenCL device that was asked for. Returns how many there were. */
static uint32_t show_devices(const struct info_options *o) {
    struct stk_opencl_device d;
    json_t *list = o->json ? json_array() : NULL;
    uint32_t i = 0, shown = 0;
    if (list) {
        json_object_set_new(o->json, "devices", list);
    }
    for (; stk_opencl_device(i, &d) == STK_OK; i++) {
        if (chosen(o->device, i, &d)) {
            show_device(o, list, i, &d);
            shown++;
        }
    }
    if (!o->device) {
        show_interpreter(list);
    }
    return o->device ? shown : i;
}

/* Opens what a scan of a large file for a device that needs no CPU would read with, and says what came of it. */
static void show_readers(json_t *json) {
    static struct cli_reader reader;
    void *memory = cli_map(PROBE_BYTES);
    char text[CLI_READER_TEXT];
    if (memory && cli_reader_open(&reader, NULL, memory, PROBE_BYTES, PROBE_DEPTH, stk_reader_pool_default(), 0) == 0) {
        if (json) {
            info_json_reader(json, &reader);
        } else {
            cli_fact(stdout, "readers", "%s (%u CPU%s)", cli_reader_describe(&reader, text), stk_reader_pool_cpus(),
                     stk_reader_pool_cpus() == 1u ? "" : "s");
        }
        if (reader.note[0] && !json) {
            cli_fact(stdout, "", "%s", reader.note);
        }
        if (reader.ring[0] && !json) {
            cli_fact(stdout, "ring", "%s", reader.ring);
        }
        (void)cli_reader_close(&reader); /* nothing is in flight */
    }
    cli_unmap(memory, PROBE_BYTES);
}

/* Says what there is for reads that no CPU copies. */
static void show_machine(const struct stk_uring_machine *m) {
    if (m->nvme_devices == 0u) {
        cli_fact(stdout, "NVMe", "no character device of a namespace, such as /dev/ng0n1, so no passthrough");
    } else {
        cli_fact(stdout, "NVMe", "%u character device%s of namespaces, %s first%s", m->nvme_devices,
                 m->nvme_devices == 1u ? "" : "s", m->nvme,
                 m->uring.uring_cmd ? "" : "; this kernel takes no commands for them");
    }
    if (m->p2p_devices == 0u) {
        cli_fact(stdout, "peer to peer", "no PCI device offers memory to the DMA of other devices");
    } else {
        cli_fact(stdout, "peer to peer", "%u PCI device%s with %llu bytes for the DMA of other devices", m->p2p_devices,
                 m->p2p_devices == 1u ? "" : "s", (unsigned long long)m->p2p_bytes);
    }
}

/* Shows what does not belong to one device: io_uring, NVMe, readers, locked memory and limits of the library. */
static void show_limits(json_t *json) {
    struct stk_uring_machine machine;
    char text[STK_URING_TEXT_BYTES];
    struct rlimit locked = {0, 0};
    int locked_known;
    (void)!stk_uring_machine(&machine);
    if (stk_uring_describe(&machine.uring, text, sizeof text) < 0) {
        snprintf(text, sizeof text, "?");
    }
    locked_known = getrlimit(RLIMIT_MEMLOCK, &locked) == 0;
    if (json) {
        info_json_limits(json, text, locked_known, (uint64_t)locked.rlim_cur);
        info_json_machine(json, &machine);
        show_readers(json);
        return;
    }
    cli_fact(stdout, "io_uring", "%s", text);
    show_machine(&machine);
    show_readers(json);
    if (locked_known) {
        if (locked.rlim_cur == RLIM_INFINITY) {
            cli_fact(stdout, "locked memory", "unlimited");
        } else {
            cli_fact(stdout, "locked memory", "%llu KiB (ulimit -l)", (unsigned long long)locked.rlim_cur / 1024u);
        }
    }
    cli_fact(stdout, "limits", "%u ring slots, %u chunks in a stream, %u I/O slots, payload below 4 GiB",
             STK_RING_SLOTS_INIT_MAX, STK_STREAM_DEPTH_MAX, STK_IO_SLOTS_MAX);
    cli_fact(stdout, "stoker", "%s, wire format %d.%d", stk_version(), STK_WIRE_MAJOR, STK_WIRE_MINOR);
}

enum {
    OPT_PROBE = 256,
    OPT_DEVICE,
    OPT_RESIDENCY,
    OPT_MEMORY,
    OPT_STORE,
    OPT_NO_STORE,
    OPT_COLOR,
    OPT_JSON
};

static const struct cli_row rows[] = {
    {0, NULL, NULL, "What is shown", NULL, 0},
    {OPT_DEVICE, "device", "NAME", "only this OpenCL device: an index or a part of its name", NULL, 0},
    {OPT_PROBE, "probe", NULL,
     "try every kind of memory in every mode, and print figures or the reason why it does not work", NULL, 0},
    CLI_MODE_ROWS(OPT_RESIDENCY, OPT_MEMORY),
    {OPT_STORE, "store", "FILE",
     "take the compiled program and the outcome of the handshake from FILE, or put them there, and print what FILE "
     "holds; not with --probe",
     NULL, 0},
    {OPT_NO_STORE, "no-store", NULL, "take nothing from a store (stoker scan --help)", NULL, 0},
    {0, NULL, NULL, "Output", NULL, 0},
    {OPT_JSON, "json", NULL, "print one JSON object", NULL, 0},
    CLI_COLOR_ROW(OPT_COLOR),
    CLI_HELP_ROW,
    {0, NULL, NULL, "Environment", NULL, 0},
    CLI_OPEN_ENVIRONMENT,
    {0, NULL, NULL, NULL, NULL, 0},
};

static const struct cli_page page = {
    .name = "info",
    .what = "show the devices, how the kernel runs on each, io_uring features and limits",
    .synopsis = "[OPTION]...",
    .about = "Prints the devices, how the kernel runs on each and why, the features of io_uring, the readers and the "
             "limits.",
    .rows = rows,
    .exits = {"everything was shown", NULL, "bad input, no such device, or the output could not be written"},
};

const struct cli_page *page_info(void) {
    return &page;
}

static int set_option(void *to, int id) {
    struct info_options *o = to;
    switch (id) {
    case OPT_PROBE:
        o->probe = 1;
        return 0;
    case OPT_DEVICE:
        o->device = optarg;
        return 0;
    case OPT_RESIDENCY:
        return cli_parse_residency(optarg, &o->residency);
    case OPT_MEMORY:
        return cli_parse_memory(optarg, &o->memory);
    case OPT_STORE:
        return cli_store_option(&o->store_path, optarg);
    case OPT_NO_STORE:
        return cli_store_option(&o->store_path, CLI_NO_STORE);
    case OPT_COLOR:
        return cli_parse_color(optarg, &o->color);
    default:
        o->json = o->json ? o->json : json_object();
        return 0;
    }
}

/* Reads the command line. Returns 0, an exit code after printing why, or -1 when the help was all that was
 * wanted. */
static int parse(int argc, char **argv, struct info_options *o) {
    int code = cli_options(&page, argc, argv, set_option, o);
    if (code == 0 && optind < argc) {
        return cli_bad("info takes no '%s': see stoker info --help", argv[optind]);
    }
    if (o->probe && !o->store_path) {
        o->store_path = CLI_NO_STORE;
    }
    if (code == 0 && o->probe && o->store_path[0]) {
        return cli_bad("--store and --probe: a probe uses no store: leave one of them out");
    }
    cli_color_begin(o->color);
    return code;
}

/* Shows devices, then limits. With --device only that device is shown. */
static int show(const struct info_options *options) {
    if (show_devices(options) == 0) {
        if (options->device) {
            return cli_bad("--device %s: no such OpenCL device: stoker info lists them", options->device);
        }
        if (!options->json) {
            printf("(no OpenCL device: install a driver, for instance pocl-opencl-icd)\n");
        }
    }
    if (!options->device) {
        show_limits(options->json);
    }
    return CLI_OK;
}

/* Shows the file of the store and what this execution found in the file and put into it. */
static void show_store(const struct cli_store *s, json_t *json) {
    struct stk_store_stats stats;
    if (s->aside[0] && json) {
        cli_json_set(json, "store_note", s->aside, strlen(s->aside));
    } else if (s->aside[0]) {
        cli_fact(stdout, "store", "%s", s->aside);
    }
    if (s->note[0]) {
        cli_note("%s", s->note);
    }
    if (!s->use) {
        return;
    }
    stk_store_stats(s->use, &stats);
    if (json) {
        info_json_store(json, s, &stats);
        return;
    }
    cli_fact(stdout, "store", "%u records, %llu bytes, in %s (%llu KiB); %u found, %u put, %u damaged",
             (unsigned)stats.artifacts, (unsigned long long)stats.bytes, s->path,
             (unsigned long long)s->file.geometry.blocks * s->file.geometry.block_bytes / 1024u, (unsigned)stats.hits,
             (unsigned)stats.puts, (unsigned)stats.corrupt);
}

static int run(struct info_options *options) {
    int code = cli_open_ns(&options->open_ns);
    code = code != 0 ? code : cli_store_open(options->store, options->store_path);
    if (code == 0) {
        code = show(options);
        show_store(options->store, options->json);
    }
    cli_store_close(options->store);
    if (code == 0 && options->json) {
        code = cli_json_print(options->json, 6);
        options->json = NULL;
    }
    return code;
}

int cmd_info(int argc, char **argv) {
    static struct cli_store store;
    struct info_options options = {.store = &store};
    int code = parse(argc, argv, &options);
    code = code != 0 ? (code < 0 ? CLI_OK : code) : run(&options);
    json_decref(options.json);
    return code;
}
