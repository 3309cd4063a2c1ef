/* The scan itself: file after file, each shared out between the devices. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "input.h"
#include "scan.h"
#include "stoker/port/os_socket.h"
#include "stoker/port/os_error.h"

#define POLL_NS    UINT64_C(100000000)
#define OTHER_FILE "check that it exists and can be read"

/* Returns the units of the file: chunks, or several chunks where there are too many to count; a pipe is one. */
static uint32_t count_units(struct scan *s) {
    uint64_t chunks = (s->files[s->file].size + s->options.chunk - 1u) / s->options.chunk;
    uint64_t in_one = chunks / UINT32_MAX + 1u;
    s->unit_bytes = s->sequential ? 0u : s->options.chunk * in_one;
    return s->sequential ? 1u : (uint32_t)((chunks + in_one - 1u) / in_one);
}

/* Ends the run in the split. A device that leaves has done its first units and gives the others back. */
static int end_run(struct scan_device *d) {
    struct scan *s = d->scan;
    uint64_t done = s->sequential ? d->run.count : (d->end - d->start + s->unit_bytes - 1u) / s->unit_bytes;
    int err = done != 0u ? stk_work_split_done(&s->units, d->index, &d->run, (uint32_t)done) : STK_OK;
    if (err == STK_OK && d->run.count != 0u) {
        err = stk_work_split_give_back(&s->units, d->index, &d->run);
    }
    return err == STK_OK ? 0 : CLI_BAD;
}

/* Adds the results of a run that is over to the file. */
static int take_run(struct scan_device *d) {
    struct scan *s = d->scan;
    struct scan_file *f = &s->files[s->file];
    uint32_t accepting = stk_automaton_accepting(&s->patterns.automaton);
    scan_run_end(d);
    for (uint32_t i = 0; d->ends != 0u && i < accepting; i++) {
        s->file_visits[i] += d->visits[i];
        d->visits[i] = 0;
    }
    s->ends += d->ends;
    if (d->err != STK_OK && d->err_at < s->err_at) {
        s->err_at = d->err_at;
        f->err = d->err;
        f->os_error = d->os_error;
    }
    s->eof_at = d->eof_at < s->eof_at ? d->eof_at : s->eof_at;
    s->data_end = d->data_end > s->data_end ? d->data_end : s->data_end;
    stk_device_set_learn(&s->fleet_devices[d->index], d->bytes, cli_now_ns() - d->started_ns);
    for (uint32_t i = 0; i < s->device_count; i++) {
        (void)!stk_work_split_weigh(&s->units, i, stk_device_set_weight(&s->fleet, i));
    }
    if (matches_merge(&s->matches, &d->matches) != 0) {
        return CLI_BAD;
    }
    return end_run(d);
}

/* Makes one turn of one device: begins a run if it has none, else moves its run on. Adds to *moved and *busy. Returns
 * 0, or CLI_BAD. */
static int turn(struct scan_device *d, uint64_t wait_ns, uint32_t *moved, uint32_t *busy) {
    int err;
    if (d->leaving && !d->busy && !d->lost) {
        (void)!stk_work_split_lose(&d->scan->units, d->index); /* it holds no run: nothing goes back */
        return 0;
    }
    if (!d->busy && stk_work_split_claim(&d->scan->units, d->index, &d->run) == 1) {
        scan_run_begin(d);
    }
    if (!d->busy) {
        return 0;
    }
    err = scan_run_step(d, wait_ns);
    if (err < 0) {
        return scan_device_lose(d, err);
    }
    *moved += (uint32_t)err;
    *busy += 1u;
    return scan_run_over(d) ? take_run(d) : 0;
}

/* Shares the file out until all of it is done. The device that suits best gets the first run, and all of what cannot be
 * shared. Returns 0, or CLI_BAD when no device is left. */
static int share_out(struct scan *s) {
    const struct stk_device_set_need need = {
        .device = STK_DEVICE_SET_ANY, .opcode_wanted = true, .opcode = STK_OP_SCAN_COUNT, .payload_bytes = s->buffer};
    int first = stk_device_set_route(&s->fleet, &need), bad = 0;
    uint64_t wait_ns = 0;
    if (first < 0) {
        return cli_bad("no device for the scan: %s: device %u lacks %s", stk_err_name(first), s->fleet.info.index,
                       stk_device_set_lack_name((enum stk_device_set_lack)s->fleet.info.value));
    }
    while (bad == 0 && !stk_work_split_finished(&s->units)) {
        uint32_t moved = 0, busy = 0;
        scan_late_look(s);
        for (uint32_t i = 0; bad == 0 && i < s->device_count; i++) {
            bad = turn(&s->devices[((uint32_t)first + i) % s->device_count], wait_ns, &moved, &busy);
        }
        /* One that works alone is waited for; several are looked at in turn. */
        wait_ns = busy <= 1u ? POLL_NS : moved != 0u ? 0u : STK_WAIT_SLICE_NS;
    }
    return bad;
}

/* Fails the file if it shrank while it was read. There are two signs of this. A read met an end before the announced
 * size, and the size is smaller now. Or there is data behind that end: the file was cut and grew again, and the bytes
 * in between were missed. A file that merely announces more than it holds, such as a file of sysfs, is counted to its
 * end. */
static void check_end(struct scan *s, struct scan_file *f) {
    struct stat st;
    if (f->err != STK_OK || s->eof_at == UINT64_MAX) {
        return;
    }
    if (fstat(s->fd, &st) != 0 || (uint64_t)st.st_size < f->size || s->eof_at < s->data_end) {
        f->err = STK_E_SHORT;
        s->err_at = s->eof_at;
    }
}

/* Makes the count of the file from its visits, and adds it to the total unless the file failed. */
static void settle(struct scan *s, struct scan_file *f) {
    uint32_t accepting = stk_automaton_accepting(&s->patterns.automaton);
    for (uint32_t i = 0; s->ends != 0u && i < accepting; i++) {
        uint64_t visits = f->err == STK_OK ? s->file_visits[i] : 0u;
        f->count += visits * s->weights[i];
        s->visits[i] += visits;
        s->file_visits[i] = 0;
    }
    s->ends = 0;
    s->total += f->count;
    f->bytes = f->err == STK_OK ? f->bytes : s->err_at;
    matches_end_file(&s->matches, f->err == STK_OK);
}

/* Lets the readers let go of the file. */
static int release(struct scan *s, int fd) {
    int first = 0;
    if (s->fd != fd) {
        close(s->fd); /* opened anew when a device was lost */
    }
    for (uint32_t i = 0; i < s->device_count; i++) {
        struct scan_device *d = &s->devices[i];
        int err = d->source >= 0 ? cli_reader_remove(&d->reader, (uint32_t)d->source) : 0;
        d->source = -1;
        if (err < 0 && !d->lost && first == 0) {
            first = cli_bad("%s: the %s reader keeps the file open: %s: use --reader posix", s->files[s->file].name,
                            d->reader.port.ops->name, strerror(cli_reader_os_error(&d->reader)));
        }
    }
    return first;
}

int scan_file(struct scan *s, uint32_t index, int fd) {
    int bad, err;
    s->file = index;
    s->fd = fd;
    s->sequential = s->files[index].size == 0u;
    s->datagrams = s->files[index].datagrams;
    s->err_at = s->eof_at = UINT64_MAX;
    s->data_end = 0;
    err = stk_work_split_begin(&s->units, count_units(s));
    bad = err == STK_OK ? share_out(s) : scan_device_failed(&s->devices[0], err);
    if (bad == 0 && s->options.record) {
        err = scan_record_file(s);
        bad = err < 0 ? scan_device_failed(&s->devices[0], err) : 0;
    }
    if (bad == 0) {
        check_end(s, &s->files[index]);
        settle(s, &s->files[index]);
        bad = release(s, fd);
    }
    return bad;
}

/* Opens a file, past the page cache where the scan asks for that and the file system can. */
static int open_file(const struct scan *s, const struct scan_file *f) {
    /* pread has no bounce blocks for the ends of a read. */
    int direct = s->options.direct && f->size != 0u && !f->is_nvme && s->devices[0].reader.is_uring, fd = -1;
    if (strcmp(f->name, "-") == 0) {
        return STDIN_FILENO;
    }
    if (f->fd >= 0) {
        return f->fd;
    }
    if (direct) {
        fd = open(f->name, O_RDONLY | O_CLOEXEC | O_DIRECT);
    }
    if (direct && fd < 0 && errno == EINVAL && !s->options.quiet) {
        cli_note("%s: its file system has no O_DIRECT: it is read through the page cache", f->name);
    }
    return fd >= 0 ? fd : open(f->name, O_RDONLY | O_CLOEXEC);
}

/* Opens a file and scans it. A file that has gone since it was found is no error of the scan. */
static int scan_named(struct scan *s, uint32_t index) {
    struct scan_file *f = &s->files[index];
    int fd = open_file(s, f), bad;
    if (fd < 0) {
        /* It was there a moment ago. */
        f->os_error = errno;
        f->err = stk_os_error(errno);
        return 0;
    }
    bad = scan_file(s, index, fd);
    f->drops = f->datagrams ? stk_os_socket_drops(fd) : 0u;
    if (fd != STDIN_FILENO && fd != f->fd) {
        close(fd);
    }
    return bad;
}

/* Adds up the counters of all devices and their readers. */
static void collect_stats(struct scan *s) {
    struct scan_stats *t = &s->stats;
    for (uint32_t i = 0; i < s->device_count; i++) {
        struct scan_device *d = &s->devices[i];
        struct stk_ingest_stats ingest;
        d->reader.port.ops->stats(d->reader.port.ctx, &ingest);
        d->device.dispatch.ops->info(d->device.dispatch.ctx, &d->info);
        t->slots += d->stream.stats.slots;
        t->bytes += d->stream.stats.bytes;
        t->bounce_bytes += d->stream.stats.bounce_bytes + ingest.bounce_bytes;
        t->reads += ingest.os_reads;
        cli_reader_add_paths(&d->reader, t->path);
        t->launches += d->info.launches;
    }
}

int scan_run(struct scan *s) {
    int code = CLI_OK;
    s->started_ns = cli_now_ns();
    s->bound = (struct cli_bound){.since_ns = s->started_ns};
    for (uint32_t i = 0; i < s->options.file_count && code != CLI_BAD; i++) {
        struct scan_file *f = &s->files[i];
        if (f->err != STK_OK) {
            code = CLI_FAULT; /* named when the files were found */
            continue;
        }
        code = scan_named(s, i) ? CLI_BAD : code;
        scan_progress_end(s);
        if (f->drops != 0u && code != CLI_BAD) {
            cli_note("%s: the system dropped %llu datagram%s, without a scan: send slower, or raise net.core.rmem_max",
                     f->name, (unsigned long long)f->drops, cli_s(f->drops));
            code = CLI_FAULT;
        }
        if (f->err != STK_OK && code != CLI_BAD) {
            cli_note("%s: %s%s%s: not counted", f->name, f->os_error ? strerror(f->os_error) : cli_fix(f->err),
                     f->os_error ? ": " : "", f->os_error ? cli_os_fix(f->os_error, OTHER_FILE) : "");
            code = CLI_FAULT;
        }
    }
    s->stats.elapsed_ns = cli_now_ns() - s->started_ns;
    (void)cli_bound_to(&s->bound, CLI_BOUND_HOST);
    stk_automaton_occurrences(&s->patterns.automaton, s->visits, s->scratch, s->occurrences);
    collect_stats(s);
    return code;
}
