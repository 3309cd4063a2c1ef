/* The devices of a scan, each with a reader and a stream over its own memory. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "scan.h"

/* A slot may wait for all that were published before it; only a device that does not live scans less than a megabyte a
 * second. */
#define SLOT_TIMEOUT_NS          UINT64_C(10000000000)
#define SLOT_TIMEOUT_NS_PER_BYTE 1000u

#define CLOSE_NS UINT64_C(2000000000)

/* Returns the longest time for a chunk: that of the option, or one that grows with the bytes in flight. */
static uint64_t slot_timeout_ns(const struct scan_device *d) {
    const struct scan *s = d->scan;
    return s->options.timeout_ms != 0u
               ? s->options.timeout_ms * SCAN_NS_PER_MS
               : SLOT_TIMEOUT_NS + (uint64_t)s->buffer * d->layout.depth * SLOT_TIMEOUT_NS_PER_BYTE;
}

/* Opens the stream of a device over its own memory and reader. */
static int open_stream(struct scan_device *d) {
    struct scan *s = d->scan;
    const struct stk_stream_config config = {
        .memory = d->device.memory,
        .dispatch = d->device.dispatch,
        .ingest = &d->reader.port,
        .platform = {&stk_posix_platform_ops, NULL},
        .on_result = scan_on_result,
        .on_result_ctx = d,
        .depth = d->layout.depth,
        .chunk_bytes = s->buffer,
        .lead_max = s->lead,
        .payload_offset = d->layout.chunks_at,
        .priority = STK_PRIORITY_NORMAL,
        /* The count of a chunk needs no other chunk, and results come in order in both cases. A recording keeps the
         * order of the file. */
        .any_order = s->options.record ? 0u : 1u,
        .slot_timeout_ns = slot_timeout_ns(d),
        .recorder = s->options.record ? &s->recording.recorder : NULL,
        .epoch_chunks = s->options.epoch,
    };
    struct stk_arena arena;
    int err;
    d->arena_bytes = STK_ARENA_BYTES(STK_STREAM_BYTES(d->layout.depth, s->lead));
    d->arena_memory = cli_map(d->arena_bytes);
    stk_arena_init(&arena, d->arena_memory, d->arena_memory ? d->arena_bytes : 0u);
    err = stk_stream_init(&d->stream, &config, &arena);
    return err == STK_OK ? 0 : cli_bad("stream: %s: %s", stk_err_name(err), cli_fix(err));
}

static void note(const struct scan *s, const char *text) {
    if (text[0] && !s->options.quiet) {
        cli_note("%s", text);
    }
}

const char *scan_reader_note(const struct scan_device *d) {
    const struct scan_device *first = &d->scan->devices[0];
    return d == first || strcmp(d->reader.note, first->reader.note) != 0 ? d->reader.note : "";
}

/* Returns the first file that io_uring must not read; NULL: there is none. */
static const char *fuse_file(const struct scan *s) {
    for (uint32_t i = 0; i < s->options.file_count; i++) {
        if (s->files[i].on_fuse) {
            return s->files[i].name;
        }
    }
    return NULL;
}

/* Returns the first file that takes NVMe commands; NULL: there is none. */
static const char *nvme_file(const struct scan *s) {
    for (uint32_t i = 0; i < s->options.file_count; i++) {
        if (s->files[i].is_nvme) {
            return s->files[i].name;
        }
    }
    return NULL;
}

/* Returns how many CPUs a device on the CPU keeps busy: its workers and the thread that feeds them. */
static uint32_t cpus_of(const struct scan_device *d) {
    if (!d->device.is_opencl) {
        return d->device.workers;
    }
    return d->device.opencl.device.type == STK_OPENCL_CPU ? d->device.workers + 1u : 0u;
}

#define BESIDE_READERS 2u /* readers of a device on the CPU that works beside faster devices; they have threads */

/* Returns how many readers a device may get. Of several devices, those that are no CPU share three of four CPUs:
 * copying is all that CPUs do for them, and one reader copies a tenth of what such a device scans. A device on the CPU
 * beside them has few readers, since more would take CPUs from the readers of the faster devices. It has threads for
 * them, since the thread of the scan feeds all devices and must not wait for a copy. */
static uint32_t share_of_readers(const struct scan_device *d) {
    const struct scan *s = d->scan;
    uint32_t readers = stk_reader_pool_default(), cpus = stk_reader_pool_cpus(), busy = cpus_of(d), fast = 0;
    for (uint32_t i = 0; i < s->device_count && s->options.device_count > 1u; i++) {
        const struct scan_device *other = &s->devices[i];
        busy += other != d ? cpus_of(other) : 0u;
        fast += cpus_of(other) == 0u;
    }
    if (fast != 0u && cpus_of(d) != 0u) {
        return BESIDE_READERS;
    }
    if (fast > 1u) {
        readers = cpus * 3u / 4u / fast;
        return readers < STK_READER_POOL_MAX ? readers : STK_READER_POOL_MAX;
    }
    if (busy >= cpus) {
        return 1;
    }
    readers = readers < cpus - busy ? readers : cpus - busy;
    return readers / (fast != 0u ? fast : s->options.device_count);
}

/* Returns how many readers a device gets. Threads pay where there is much to copy and a CPU to copy on. */
static uint32_t readers_of(const struct scan_device *d) {
    const struct scan *s = d->scan;
    uint32_t readers = share_of_readers(d), large = 0;
    for (uint32_t i = 0; i < s->options.file_count; i++) {
        large += s->files[i].size >= SCAN_LARGE;
        if (s->files[i].datagrams) {
            return 1; /* several readers fill their reads */
        }
    }
    if (s->options.readers != 0u) {
        return s->options.readers;
    }
    return large != 0u && readers > 1u ? readers : 1u;
}

/* Opens the reader of a device. Files on FUSE are read with pread, since io_uring may give their bytes twice. NVMe
 * namespaces need io_uring. */
static int open_reader(struct scan_device *d) {
    struct scan *s = d->scan;
    const char *which = s->options.reader ? s->options.reader : "auto", *fuse = fuse_file(s), *nvme = nvme_file(s);
    uint8_t *payload = d->device.memory.payload;
    int automatic = strcmp(which, "auto") == 0, bad;
    d->layout.chunks_at = (uint32_t)((s->block - (uintptr_t)payload % s->block) % s->block);
    if (fuse && (nvme || strcmp(which, "uring") == 0)) {
        return cli_bad("%s: lies on FUSE, where io_uring may give bytes twice: use --reader auto or posix", fuse);
    }
    bad = cli_reader_open(&d->reader, fuse && automatic ? "posix" : which, payload + d->layout.chunks_at,
                          (size_t)s->buffer * d->layout.depth, d->layout.depth, readers_of(d),
                          (nvme ? STK_URING_PASSTHROUGH : 0u) |
                              (s->block > 1u ? STK_URING_HUGE | STK_URING_ONE_THREAD : 0u));
    if (bad == 0 && nvme && !d->reader.is_uring) {
        return cli_bad("%s: takes commands by io_uring alone%s%s: name the block device of the namespace instead", nvme,
                       d->reader.note[0] ? ", and " : "", d->reader.note);
    }
    if (bad == 0 && s->options.direct && !d->reader.is_uring && !d->reader.note[0]) {
        snprintf(d->reader.note, sizeof d->reader.note,
                 "pread goes through the page cache here: --direct is for io_uring");
    }
    if (bad == 0) {
        cli_bound_wrap(&d->timed, &d->reader.port, d->reader.name, &s->bound);
    }
    if (bad == 0 && fuse && automatic) {
        snprintf(d->reader.note, sizeof d->reader.note,
                 "%.160s lies on FUSE, where io_uring may give bytes twice: files are read with pread", fuse);
    }
    return bad;
}

void scan_device_fit(void *ctx, const struct stk_opencl_device *device, struct stk_opencl_config *config) {
    struct scan_device *d = ctx;
    struct scan_layout *l = &d->layout;
    (void)device;
    scan_lay_out(d->scan, config->workers, l);
    if (l->payload_bytes > SCAN_PAYLOAD_MAX &&
        d->scan->options.workers == 0u) { /* counters for so many take too much */
        config->workers = 1;
        scan_lay_out(d->scan, 1, l);
    }
    config->slots = l->depth;
    /* scan_open.c has refused what does not fit one worker, or as many as --workers says. */
    config->payload_bytes = (uint32_t)l->payload_bytes;
}

int scan_device_prepare(struct scan_device *d) {
    struct scan *s = d->scan;
    const struct stk_automaton *a = &s->patterns.automaton;
    /* The only table: so its offset is the same on each device. */
    int bad = cli_device_add_table(&d->device, a->image, (uint32_t)a->image_bytes, &s->image_at);
    /* The counters, and the lists behind them. */
    memset(d->device.memory.payload + d->layout.hits_at, 0, d->device.memory.payload_bytes - d->layout.hits_at);
    for (uint32_t i = 0; i < SCAN_JOBS; i++) {
        d->jobs[i].source = -1;
    }
    bad = bad ? bad : open_reader(d);
    if (bad == 0 && s->options.record) {
        bad = scan_record_open(s);
    }
    bad = bad ? bad : open_stream(d);
    if (bad == 0) {
        note(s, d->device.note);
        note(s, scan_reader_note(d));
        d->device.dispatch.ops->info(d->device.dispatch.ctx, &d->info);
        stk_device_set_describe(&s->fleet_devices[d->index], &d->info, &d->device.memory);
        s->fleet_devices[d->index].compute_units = d->device.is_opencl ? d->device.opencl.device.compute_units : 1u;
        s->fleet_devices[d->index].memory = d->device.is_opencl ? d->device.opencl.device.memory : 0u;
    }
    return bad;
}

/* Sets the names that `all` stands for: the index of every OpenCL device, in the order in which stoker would choose
 * one. */
static int name_all(struct scan *s) {
    static char names[SCAN_DEVICES_MAX][12];
    struct stk_opencl_device d;
    uint32_t i = 0, place = 0;
    int index;
    for (; i < SCAN_DEVICES_MAX && (index = stk_opencl_next(&place, &d)) >= 0; i++) {
        snprintf(names[i], sizeof names[i], "%d", index);
        s->options.devices[i] = names[i];
    }
    s->options.device_count = i;
    return i != 0u ? 0 : cli_bad("--device all: no OpenCL device was found: %s", cli_fix(STK_E_NODEV));
}

/* Opens the device of name `i`. One of `all` that cannot be used is left out, after printing why. */
static int open_named(struct scan *s, uint32_t i, const struct cli_device_wish *wish) {
    struct scan_device *d = &s->devices[s->device_count];
    struct cli_device_wish w = *wish;
    int bad;
    w.name = s->options.devices[i];
    w.no_cpu = 0;
    w.keep_store = s->options.device_count > 1u;
    w.store_of = s->device_count > 0u && s->devices[0].device.store.use ? &s->devices[0].device.store : NULL;
    w.fit_ctx = d;
    d->scan = s;
    d->index = s->device_count;
    bad = cli_device_open(&d->device, &w);
    if (!d->device.is_opencl) {
        d->layout = s->host_layout;
    }
    if (bad) {
        cli_device_close(&d->device);
        return s->options.all_devices ? 0 : bad;
    }
    s->options.devices[s->device_count++] = w.name;
    s->fleet.count = s->device_count;
    return 0;
}

int scan_devices_open(struct scan *s, const struct cli_device_wish *wish) {
    int bad = s->options.all_devices ? name_all(s) : 0;
    if (bad == 0 && s->options.record && s->options.device_count > 1u) {
        bad = cli_bad("--record writes down what one device does: name one with --device");
    }
    s->devices = bad ? NULL : calloc(s->options.device_count + 1u, sizeof *s->devices); /* one may join later */
    if (!s->devices) {
        return bad ? bad : cli_bad("no memory for %u devices: name fewer with --device", s->options.device_count);
    }
    s->fleet.devices = s->fleet_devices;
    for (uint32_t i = 0; i < s->options.device_count && bad == 0; i++) {
        bad = open_named(s, i, wish);
    }
    for (uint32_t i = 0; i < s->device_count && bad == 0; i++) { /* all are known now, and so are their readers */
        bad = scan_device_prepare(&s->devices[i]);
    }
    for (uint32_t i = 0; i < s->device_count; i++) {
        cli_device_leave_store(&s->devices[i].device);
    }
    if (bad || s->device_count == 0u) {
        return CLI_BAD;
    }
    scan_late_init(s, wish);
    return 0;
}

uint64_t scan_device_bytes(const struct scan_device *d) {
    return d->stream.stats.bytes - d->dropped;
}

/// Losing one ///

static const char *why(const struct scan_device *d) {
    return d->device.is_opencl ? d->device.opencl.reason : "interpreter";
}

int scan_device_failed(const struct scan_device *d, int err) {
    struct scan *s = d->scan;
    if (scan_record_error(s) < 0 || s->recording.file.os_error != 0) {
        return scan_record_failed(s, err);
    }
    if (cli_reader_failed(&d->reader)) {
        return CLI_BAD;
    }
    if (s->device_count > 1u) {
        return cli_bad("device %s: %s: %s (%s)%s", s->options.devices[d->index], stk_err_name(err), cli_fix(err),
                       why(d),
                       d->newest && d->newest->input->sequential ? "; what it had of a pipe cannot be read again" : "");
    }
    return cli_bad("device: %s: %s (%s)", stk_err_name(err), cli_fix(err), why(d));
}

/* Returns 1 if another device can read the file from its start. A regular file without a size, such as a file of
 * procfs, is read in order like a pipe. Such a file is opened anew here, since reads of the lost device may still move
 * the position of the old descriptor. */
static int read_again(struct scan *s, struct scan_input *in) {
    const char *name = s->files[in->file].name;
    struct stat st;
    int fd = -1;
    if (!in->sequential) {
        return 1;
    }
    if (strcmp(name, "-") != 0 && fstat(in->fd, &st) == 0 && S_ISREG(st.st_mode)) {
        fd = open(name, O_RDONLY | O_CLOEXEC);
    }
    if (fd >= 0) {
        in->fd = in->opened[in->opened_count++] = fd; /* reads of the lost device may still use the others */
    }
    return fd >= 0;
}

/* Returns 1 if other devices can do all jobs of this one. */
static int can_hand_over(const struct scan_device *d) {
    int can = 1;
    for (uint32_t i = 0; i < SCAN_JOBS && can; i++) {
        can = !d->jobs[i].busy || read_again(d->scan, d->jobs[i].input);
    }
    return can;
}

/* Returns true if another device takes units. */
static bool others_work(const struct scan_device *d) {
    bool any = false;
    for (uint32_t i = 0; i < d->scan->device_count; i++) {
        const struct scan_device *other = &d->scan->devices[i];
        any |= other != d && !other->lost && !other->leaving;
    }
    return any;
}

int scan_device_lose(struct scan_device *d, int err) {
    struct scan *s = d->scan;
    char *text = d->device.note;
    if (err == STK_E_NOMEM || (!others_work(d) && !scan_late_return(d)) || !can_hand_over(d)) {
        return scan_device_failed(d, err);
    }
    d->lost = 1;
    s->fleet_devices[d->index].lost = true;
    scan_leave_units(d);
    for (uint32_t i = 0; i < SCAN_JOBS; i++) {
        struct scan_job *job = &d->jobs[i];
        if (job->busy) {
            s->files[job->input->file].bytes -= job->bytes;
        }
        job->busy = 0;
    }
    d->busy = d->counted = 0;
    d->newest = NULL;
    scan_progress_end(s);
    snprintf(text, sizeof d->device.note, "device %s was lost: %s (%s): the others do its work",
             s->options.devices[d->index], stk_err_name(err), why(d));
    note(s, text);
    /* The reads of the lost device end here, or the system ends them. The buffers stay until the scan is closed. */
    (void)!stk_stream_close(&d->stream, CLOSE_NS);
    return 0;
}

/// Closing ///

void scan_devices_close(struct scan *s) {
    int held = scan_late_close(s) ? 1 : 0; /* 1: threads still use the entries of devices */
    for (uint32_t i = 0; i < s->device_count; i++) {
        struct scan_device *d = &s->devices[i];
        if (d->arena_memory && d->stream.entries) {
            (void)!stk_stream_close(&d->stream, CLOSE_NS);
        }
    }
    scan_record_close(s);
    for (uint32_t i = s->device_count; i-- > 0u;) { /* the first has the store of all */
        struct scan_device *d = &s->devices[i];
        held |= cli_reader_close(&d->reader);
        cli_device_close(&d->device);
        cli_unmap(d->arena_memory, d->arena_bytes);
        for (uint32_t k = 0; k < SCAN_JOBS; k++) {
            matches_free(&d->jobs[k].matches);
            free(d->jobs[k].visits);
        }
    }
    if (!held) {
        free(s->devices);
    }
}
