/* The files under way: opened in their order, shared by the devices, and settled in their order. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "input.h"
#include "scan.h"
#include "stoker/port/os_error.h"
#include "stoker/port/os_socket.h"

#define RUN_MAX    4096u /* most chunks of a run; after the loss of a device its last run is scanned once more */
#define OTHER_FILE "check that it exists and can be read"

struct scan_input *scan_input_at(struct scan *s, uint32_t i) {
    return &s->inputs[(s->first_input + i) % SCAN_INPUTS];
}

void scan_leave_units(struct scan_device *d) {
    for (uint32_t i = 0; i < d->scan->input_count; i++) {
        (void)!stk_work_split_lose(&scan_input_at(d->scan, i)->units, d->index);
    }
}

/* Lets a device take units of the file, with the weight that it has now. Returns a negative enum stk_err. */
static int let_take(const struct scan *s, struct scan_input *in, uint32_t device) {
    int err = stk_work_split_rejoin(&in->units, device);
    return err == STK_OK ? stk_work_split_weigh(&in->units, device, stk_device_set_weight(&s->fleet, device)) : err;
}

void scan_rejoin_units(struct scan_device *d) {
    for (uint32_t i = 0; i < d->scan->input_count; i++) {
        (void)!let_take(d->scan, scan_input_at(d->scan, i), d->index);
    }
}

/// Opening ///

/* Returns the units of the file: chunks, or several of them where there are too many to count; a pipe is one. */
static uint32_t count_units(const struct scan *s, struct scan_input *in) {
    uint64_t chunks = (s->files[in->file].size + s->options.chunk - 1u) / s->options.chunk;
    uint64_t in_one = chunks / UINT32_MAX + 1u;
    in->unit_bytes = in->sequential ? 0u : s->options.chunk * in_one;
    return in->sequential ? 1u : (uint32_t)((chunks + in_one - 1u) / in_one);
}

/* Returns the units of the files behind this one, as far as their sizes are known: one at least for each. */
static uint32_t units_behind(const struct scan *s, uint32_t file) {
    uint64_t bytes = s->bytes_behind, files = s->options.file_count - file - 1u;
    uint64_t units = bytes / s->options.chunk + files;
    return units < UINT32_MAX ? (uint32_t)units : UINT32_MAX;
}

/* Makes the units of the file, for every device that there is or that may join later. A place that was used before
 * knows what the devices did there, so that they do not begin with short runs again. */
static int share_units(struct scan *s, struct scan_input *in, uint32_t total) {
    struct stk_work_split_config config = {.runs = SCAN_RUNS, .devices = s->options.device_count};
    struct stk_arena arena;
    int err = STK_OK;
    config.devices += config.devices < SCAN_DEVICES_MAX ? 1u : 0u;
    config.run_max = s->options.device_count > 1u || s->is_auto ? RUN_MAX : 0u;
    if (in->units.words == NULL) {
        stk_arena_init(&arena, in->units_memory, sizeof in->units_memory);
        err = stk_work_split_init(&in->units, &config, &arena);
    }
    for (uint32_t i = 0; err == STK_OK && i < config.devices; i++) {
        bool works = i < s->device_count && !s->devices[i].lost && !s->devices[i].leaving;
        err = works ? let_take(s, in, i) : stk_work_split_lose(&in->units, i);
    }
    err = err == STK_OK ? stk_work_split_begin(&in->units, total, units_behind(s, in->file)) : err;
    return err == STK_OK ? 0 : cli_bad("devices: %s: %s", stk_err_name(err), cli_fix(err));
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

/* Returns true if the file has no byte. A file of procfs announces 0 bytes and has some. */
static bool is_empty(const struct scan_file *f, int fd) {
    char byte;
    return f->is_regular && f->size == 0u && pread(fd, &byte, 1, 0) == 0;
}

int scan_visits_init(const struct scan *s, uint64_t **visits) {
    *visits = *visits ? *visits : calloc(s->accepting + 1u, sizeof **visits);
    return *visits ? 0 : cli_bad("no memory for the counters of a file: scan fewer files at once, or fewer patterns");
}

/* Puts an open file, or one that could not be opened, behind those that are under way. */
static int begin_input(struct scan *s, uint32_t file, int fd) {
    struct scan_input *in = scan_input_at(s, s->input_count);
    const struct scan_file *f = &s->files[file];
    int bad;
    in->file = file;
    s->bytes_behind -= f->size;
    in->fd = fd;
    in->opened_count = 0;
    if (fd >= 0 && fd != STDIN_FILENO && fd != f->fd) {
        in->opened[in->opened_count++] = fd;
    }
    in->sequential = f->size == 0u;
    in->datagrams = f->datagrams;
    in->ends = in->data_end = 0;
    in->err_at = in->eof_at = UINT64_MAX;
    bad = scan_visits_init(s, &in->visits);
    if (bad) {
        return bad;
    }
    matches_restart(&in->matches, matches_room(&s->matches));
    s->input_count++;
    return share_units(s, in, fd < 0 || is_empty(f, fd) ? 0u : count_units(s, in));
}

struct scan_file *scan_input_next(struct scan *s) {
    while (s->next_file < s->options.file_count && s->files[s->next_file].err != STK_OK) {
        s->code = CLI_FAULT; /* the file was reported when the files were found */
        s->next_file++;
    }
    return s->next_file < s->options.file_count ? &s->files[s->next_file] : NULL;
}

int scan_input_open(struct scan *s) {
    struct scan_file *f = scan_input_next(s);
    int fd;
    /* Opening a FIFO waits for its writer, and no device is driven meanwhile. */
    if (!f || s->input_count == SCAN_INPUTS || (f->size == 0u && !f->is_regular && s->input_count != 0u)) {
        return 0;
    }
    fd = open_file(s, f);
    if (fd < 0 && s->input_count != 0u && (errno == EMFILE || errno == ENFILE)) {
        return 0; /* the file is opened when another one is closed */
    }
    if (fd < 0) {
        f->os_error = errno; /* the file existed when the files were found */
        f->err = stk_os_error(errno);
    }
    return begin_input(s, s->next_file++, fd);
}

/// Ending ///

int scan_input_leave(struct scan_device *d, struct scan_job *job) {
    int err = job->source >= 0 ? cli_reader_remove(&d->reader, (uint32_t)job->source) : 0;
    const char *name = job->input ? d->scan->files[job->input->file].name : "";
    job->source = -1;
    job->input = NULL;
    if (err < 0 && !d->lost) {
        return cli_bad("%s: the %s reader keeps the file open: %s: use --reader posix", name, d->reader.port.ops->name,
                       strerror(cli_reader_os_error(&d->reader)));
    }
    return 0;
}

/* Fails the file if it shrank while it was read. There are two signs of this. A read met an end before the announced
 * size, and the size is smaller now. Or there is data behind that end: the file was cut and grew again, and the bytes
 * in between were missed. A file that merely announces more than it holds, such as a file of sysfs, is counted to its
 * end. */
static void check_end(struct scan_input *in, struct scan_file *f) {
    struct stat st;
    if (f->err != STK_OK || in->eof_at == UINT64_MAX) {
        return;
    }
    if (fstat(in->fd, &st) != 0 || (uint64_t)st.st_size < f->size || in->eof_at < in->data_end) {
        f->err = STK_E_SHORT;
        in->err_at = in->eof_at;
    }
}

/* Makes the count of the file from its visits, and adds it to the total unless the file failed. */
static int settle(struct scan *s, struct scan_input *in, struct scan_file *f) {
    int bad;
    for (uint32_t i = 0; in->ends != 0u && i < s->accepting; i++) {
        uint64_t visits = f->err == STK_OK ? in->visits[i] : 0u;
        f->count += visits * s->weights[i];
        s->visits[i] += visits;
        in->visits[i] = 0;
    }
    s->total += f->count;
    f->bytes = f->err == STK_OK ? f->bytes : in->err_at;
    bad = matches_merge(&s->matches, &in->matches);
    matches_end_file(&s->matches, f->err == STK_OK);
    return bad;
}

/* Lets go of the file: the readers first, then the descriptors. */
static int release(struct scan *s, struct scan_input *in, struct scan_file *f) {
    int bad = 0;
    for (uint32_t i = 0; i < s->device_count * SCAN_JOBS; i++) {
        struct scan_device *d = &s->devices[i / SCAN_JOBS];
        struct scan_job *job = &d->jobs[i % SCAN_JOBS];
        if (job->input == in) {
            int err = scan_input_leave(d, job);
            bad = bad ? bad : err;
        }
    }
    f->drops = f->datagrams ? stk_os_socket_drops(in->fd) : 0u;
    while (in->opened_count != 0u) {
        close(in->opened[--in->opened_count]);
    }
    return bad;
}

/* Writes the line of a file that is not counted, or not in full. */
static void note_trouble(struct scan *s, const struct scan_file *f) {
    if (f->drops != 0u) {
        cli_note("%s: the system dropped %llu datagram%s, without a scan: send slower, or raise net.core.rmem_max",
                 f->name, (unsigned long long)f->drops, cli_s(f->drops));
        s->code = CLI_FAULT;
    }
    if (f->err != STK_OK) {
        cli_note("%s: %s%s%s: not counted", f->name, f->os_error ? strerror(f->os_error) : cli_fix(f->err),
                 f->os_error ? ": " : "", f->os_error ? cli_os_fix(f->os_error, OTHER_FILE) : "");
        s->code = CLI_FAULT;
    }
}

/* Ends the oldest file under way: all its units are done. */
static int end_input(struct scan *s) {
    struct scan_input *in = scan_input_at(s, 0);
    struct scan_file *f = &s->files[in->file];
    int bad = 0;
    if (in->fd >= 0) {
        int err = s->options.record ? scan_record_file(s, in->file) : STK_OK;
        bad = err < 0 ? scan_device_failed(&s->devices[0], err) : 0;
        if (bad == 0) {
            check_end(in, f);
            bad = settle(s, in, f);
        }
        bad = bad ? bad : release(s, in, f);
    }
    s->first_input = (s->first_input + 1u) % SCAN_INPUTS;
    s->input_count--;
    scan_progress_end(s);
    if (bad == 0) {
        note_trouble(s, f);
    }
    return bad;
}

int scan_inputs_end(struct scan *s) {
    int bad = 0;
    while (bad == 0 && s->input_count != 0u && stk_work_split_finished(&scan_input_at(s, 0)->units)) {
        bad = end_input(s);
    }
    return bad;
}

int scan_inputs_init(struct scan *s) {
    s->inputs = calloc(SCAN_INPUTS, sizeof *s->inputs);
    for (uint32_t i = 0; i < s->options.file_count; i++) {
        s->bytes_behind += s->files[i].err == STK_OK ? s->files[i].size : 0u;
    }
    return s->inputs ? 0 : cli_bad("no memory for %u files", SCAN_INPUTS);
}

void scan_inputs_free(struct scan *s) {
    for (uint32_t i = 0; s->inputs && i < SCAN_INPUTS; i++) {
        matches_free(&s->inputs[i].matches);
        free(s->inputs[i].visits);
    }
    free(s->inputs);
}
