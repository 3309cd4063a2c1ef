/* The scan itself: gives the units of the files to the devices, in jobs. */
#include <sched.h>

#include "scan.h"

#define POLL_NS  UINT64_C(100000000)
#define SPIN_NS  UINT64_C(200000) /* how long after the last movement several devices are polled without a pause */
#define LEARN_NS UINT64_C(100000) /* least time from which the speed of a busy device is learnt */
#define RUNS_MAX 16384u           /* most chunks in all runs of one job */

/* Ends the runs of a job in the split. A device that leaves has done the first units of its last run and gives the
 * others back. A job whose results do not count gives all of its units back. */
static int end_runs(struct scan_device *d, struct scan_job *job) {
    struct scan_input *in = job->input;
    int err = STK_OK;
    for (uint32_t i = 0; err == STK_OK && i < job->run_count; i++) {
        struct stk_work_split_run *run = &job->runs[i];
        uint64_t done = run->count;
        if (i == job->run_count - 1u && !in->sequential) {
            done = (job->end - job->start + in->unit_bytes - 1u) / in->unit_bytes;
        }
        done = job->overflowed ? 0u : done;
        err = done != 0u ? stk_work_split_done(&in->units, d->index, run, (uint32_t)done) : STK_OK;
        if (err == STK_OK && run->count != 0u) {
            err = stk_work_split_give_back(&in->units, d->index, run);
        }
    }
    d->done_units += job->run_units < UINT32_MAX - d->done_units ? job->run_units : UINT32_MAX - d->done_units;
    return err == STK_OK ? 0 : CLI_BAD;
}

/* Tells every file under way how fast the devices are. */
static void weigh(struct scan *s) {
    for (uint32_t i = 0; i < s->device_count; i++) {
        uint32_t weight = stk_device_set_weight(&s->fleet, i);
        for (uint32_t k = 0; k < s->input_count; k++) {
            (void)!stk_work_split_weigh(&scan_input_at(s, k)->units, i, weight);
        }
    }
}

/* Learns how fast the device is from what it has done since the last time. The first job pays for the first launch and
 * for cold caches, so it does not show how fast the device is. */
static void learn(struct scan_device *d, uint64_t bytes) {
    uint64_t now = cli_now_ns();
    d->learnt += bytes;
    if (d->warm && d->busy != 0u && now - d->since_ns < LEARN_NS) {
        return;
    }
    if (d->warm) {
        stk_device_set_learn(&d->scan->fleet_devices[d->index], d->learnt, now - d->since_ns);
        weigh(d->scan);
    }
    d->warm = 1;
    d->learnt = 0;
    d->since_ns = now;
}

/* Drops the results of a listed job that met more matches than its lists have room for. From now on only files of half
 * its size or less are listed, since the matches of other files may lie as near to each other. So this file becomes a
 * counted job. */
static void drop_results(struct scan_device *d, struct scan_job *job) {
    struct scan *s = d->scan;
    struct scan_file *f = &s->files[job->input->file];
    d->dropped += job->bytes;
    s->listed_max = f->size / 2u < s->listed_max ? f->size / 2u : s->listed_max;
    f->bytes -= job->bytes;
    for (uint32_t i = 0; i < s->accepting; i++) {
        job->visits[i] = 0;
    }
}

/* Adds the results of a job that is over to the file. */
static int add_results(struct scan *s, struct scan_job *job) {
    struct scan_input *in = job->input;
    struct scan_file *f = &s->files[in->file];
    for (uint32_t i = 0; job->ends != 0u && i < s->accepting; i++) {
        in->visits[i] += job->visits[i];
        job->visits[i] = 0;
    }
    in->ends += job->ends;
    if (job->err != STK_OK && job->err_at < in->err_at) {
        in->err_at = job->err_at;
        f->err = job->err;
        f->os_error = job->os_error;
    }
    in->eof_at = job->eof_at < in->eof_at ? job->eof_at : in->eof_at;
    in->data_end = job->data_end > in->data_end ? job->data_end : in->data_end;
    return matches_merge(&in->matches, &job->matches);
}

/* Ends a job whose chunks have all come back. 0, or CLI_BAD. */
static int end_job(struct scan_device *d, struct scan_job *job) {
    int bad = 0;
    scan_job_end(d, job);
    job->busy = 0;
    d->busy--;
    d->counted -= !job->listed;
    d->newest = d->newest == job ? NULL : d->newest;
    if (job->overflowed) {
        drop_results(d, job);
    } else {
        bad = add_results(d->scan, job);
    }
    learn(d, job->bytes);
    return bad ? bad : end_runs(d, job);
}

/// Claiming ///

/* Claims the next run of one file under way. Returns 1 if the job has the run now. */
static int claim(struct scan_device *d, struct scan_job *job, struct scan_input *in, uint32_t at) {
    /* A file that cannot be shared goes to the device that suits best. */
    int got = !(in->sequential && d->index != d->scan->best) &&
              stk_work_split_claim(&in->units, d->index, &job->runs[at]) == 1;
    job->run_count = got ? at + 1u : job->run_count;
    return got;
}

/* Claims another run for the newest job where all chunks of its last run are on their way. The runs of a job end
 * together, so their number of units is bounded: by RUNS_MAX, which is the work that is done again when the device is
 * lost, and by the units that the device has done before, since it may be slower than it is thought to be. The runs lie
 * in the order of the file, since matches and errors of the first bytes are to be met first: a run that lies before the
 * others goes back, and is claimed when these have ended. Returns 1 if the job has another run. */
static int extend(struct scan_device *d) {
    struct scan_job *job = d->newest;
    struct stk_work_split_run *run = &job->runs[job->run_count];
    if (job->next < job->end || d->leaving || job->err != STK_OK || job->source_ended || job->input->sequential ||
        job->run_closed || job->run_count == SCAN_RUNS || job->run_units >= d->done_units ||
        job->run_units >= RUNS_MAX || !claim(d, job, job->input, job->run_count)) {
        return 0;
    }
    if (run->first < run[-1].first) {
        job->run_count--;
        job->run_closed = 1;
        (void)!stk_work_split_give_back(&job->input->units, d->index, run);
        return 0;
    }
    scan_job_extend(d, job);
    return 1;
}

/* Returns 1 if a job of this file would be a listed job. */
static int is_listed(const struct scan_device *d, const struct scan_file *f) {
    return f->size != 0u && f->size <= d->scan->listed_max && d->layout.spare_at != d->layout.hits_at;
}

/* Returns 1 if a job of this file may be in flight beside the jobs that the device has. A file that is read in order
 * may wait for its writer, and results of other jobs would wait behind its own. */
static int may_join(const struct scan_device *d, const struct scan_file *f) {
    return d->busy == 0u || (f->size != 0u && (d->counted == 0u || is_listed(d, f)));
}

/* Returns 1 if the device may begin another job. A slow device has one job at a time, since the others wait for its
 * jobs at the end of the scan. */
static int has_place(const struct scan_device *d) {
    const struct scan *s = d->scan;
    if (d->lost || d->leaving) {
        return 0;
    }
    return d->busy == 0u || (d->busy < SCAN_JOBS && stk_stream_in_flight(&d->stream) < d->layout.depth &&
                             !(d->newest && d->newest->input->sequential) &&
                             2u * stk_device_set_weight(&s->fleet, d->index) >= STK_DEVICE_SET_WEIGHT);
}

/* Returns a place for a job of the file: the one whose reader has the file, or an empty one, or any other. */
static struct scan_job *place_for(struct scan_device *d, const struct scan_input *in) {
    struct scan_job *best = NULL;
    for (uint32_t i = 0; i < SCAN_JOBS; i++) {
        struct scan_job *job = &d->jobs[i];
        if (!job->busy && (!best || job->input == in || (!job->input && best->input != in))) {
            best = job;
        }
    }
    return best;
}

/* Begins a job of the file if there is a run for it. Returns 1 if it did, 0, or CLI_BAD. */
static int begin_job(struct scan_device *d, struct scan_input *in) {
    const struct scan_file *f = &d->scan->files[in->file];
    struct scan_job *job;
    int bad = 0;
    if (!may_join(d, f)) {
        return 0;
    }
    job = place_for(d, in);
    if (!claim(d, job, in, 0)) {
        return 0;
    }
    if (job->input != in) {
        bad = scan_input_leave(d, job);
        job->input = in;
    }
    if (d->busy == 0u) {
        d->since_ns = cli_now_ns();
    }
    job->listed = is_listed(d, f);
    job->busy = 1;
    d->busy++;
    d->counted += !job->listed;
    d->newest = job;
    bad = bad ? bad : scan_job_begin(d);
    return bad ? bad : 1;
}

/* Begins a job of the oldest file that has a run for the device, or of the next file. Returns 1 if it did, 0 if there
 * is none, or CLI_BAD. */
static int take_up(struct scan_device *d) {
    struct scan *s = d->scan;
    const struct scan_file *f;
    int got = 0;
    for (uint32_t i = 0; i < s->input_count && got == 0; i++) {
        got = begin_job(d, scan_input_at(s, i));
    }
    /* An empty file has no units, so the file behind it may be opened too. */
    while (got == 0 && (f = scan_input_next(s)) != NULL && (may_join(d, f) || (f->size == 0u && f->is_regular))) {
        uint32_t before = s->input_count;
        got = scan_input_open(s);
        if (got != 0 || s->input_count == before) {
            break;
        }
        got = begin_job(d, scan_input_at(s, before));
    }
    return got;
}

/* Queues chunks of the newest job, and begins other jobs, while there is room. Returns the number of chunks, or a
 * negative enum stk_err. *bad: 0, or CLI_BAD. */
static int feed(struct scan_device *d, int *bad) {
    int queued = 0, got = 1;
    while (got == 1) {
        int n = d->newest ? scan_job_feed(d, d->newest) : 0;
        if (n < 0) {
            return n;
        }
        queued += n;
        if (d->newest && scan_job_more(d->newest)) {
            break; /* the device has no room for another chunk */
        }
        got = d->newest ? extend(d) : 0;
        got = got == 0 && has_place(d) ? take_up(d) : got;
    }
    *bad = got == CLI_BAD ? CLI_BAD : 0;
    return queued;
}

/* Makes one step of one device: feeds it, takes results, and ends jobs. Adds to *moved and *busy. Returns 0, or
 * CLI_BAD. */
static int step(struct scan_device *d, uint64_t wait_ns, uint32_t *moved, uint32_t *busy) {
    int bad = 0, queued, taken;
    if (d->leaving && d->busy == 0u && !d->lost) {
        scan_leave_units(d); /* the device holds no run, so no unit goes back */
    }
    queued = feed(d, &bad);
    if (bad || d->busy == 0u) {
        return bad;
    }
    taken = queued < 0 ? queued : scan_device_poll(d, queued != 0 ? 0u : wait_ns);
    if (taken < 0) {
        return scan_device_lose(d, taken);
    }
    *moved += (uint32_t)(queued + taken);
    *busy += 1u;
    for (uint32_t i = 0; bad == 0 && i < SCAN_JOBS; i++) {
        struct scan_job *job = &d->jobs[i];
        if (job->busy && job->waiting == 0u && !scan_job_more(job)) {
            bad = end_job(d, job);
        }
    }
    return bad;
}

/* Finds the device that suits best, which has the first choice. 0, or CLI_BAD when no device is left. */
static int choose_best(struct scan *s) {
    const struct stk_device_set_need need = {
        .device = STK_DEVICE_SET_ANY, .opcode_wanted = true, .opcode = STK_OP_SCAN_COUNT, .payload_bytes = s->buffer};
    int best = stk_device_set_route(&s->fleet, &need);
    if (best < 0) {
        return cli_bad("no device for the scan: %s: device %u lacks %s", stk_err_name(best), s->fleet.info.index,
                       stk_device_set_lack_name((enum stk_device_set_lack)s->fleet.info.value));
    }
    s->best = (uint32_t)best;
    return 0;
}

/* Returns how long the next look at one device may wait. A device that works alone is waited for. While several work,
 * no look waits right after something has moved, since the others would have to wait too; the thread only gives its CPU
 * to other threads. */
static uint64_t wait_of(struct scan *s, uint32_t moved, uint32_t busy) {
    uint64_t now;
    if (busy <= 1u) {
        return POLL_NS;
    }
    now = cli_now_ns();
    s->moved_ns = moved != 0u ? now : s->moved_ns;
    if (now - s->moved_ns >= SPIN_NS) {
        return STK_WAIT_SLICE_NS;
    }
    if (moved == 0u) {
        (void)sched_yield();
    }
    return 0;
}

/* Shares the files out until all of them are done. 0, or CLI_BAD. */
static int share_out(struct scan *s) {
    uint64_t wait_ns = 0;
    int bad = 0;
    while (bad == 0 && (s->input_count != 0u || s->next_file < s->options.file_count)) {
        uint32_t moved = 0, busy = 0;
        scan_late_look(s);
        bad = choose_best(s);
        for (uint32_t i = 0; bad == 0 && i < s->device_count; i++) {
            bad = step(&s->devices[(s->best + i) % s->device_count], wait_ns, &moved, &busy);
        }
        bad = bad ? bad : scan_inputs_end(s);
        wait_ns = wait_of(s, moved, busy);
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
        t->bytes += scan_device_bytes(d);
        t->bounce_bytes += d->stream.stats.bounce_bytes + ingest.bounce_bytes;
        t->reads += ingest.os_reads;
        cli_reader_add_paths(&d->reader, t->path);
        t->launches += d->info.launches;
    }
}

int scan_run(struct scan *s) {
    s->started_ns = cli_now_ns();
    s->bound = (struct cli_bound){.since_ns = s->started_ns};
    s->code = CLI_OK;
    s->code = share_out(s) ? CLI_BAD : s->code;
    scan_progress_end(s);
    s->stats.elapsed_ns = cli_now_ns() - s->started_ns;
    (void)cli_bound_to(&s->bound, CLI_BOUND_HOST);
    stk_automaton_occurrences(&s->patterns.automaton, s->visits, s->scratch, s->occurrences);
    collect_stats(s);
    return s->code;
}
