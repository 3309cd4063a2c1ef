/* The scan itself: runs of the files' units, device by device. */
#include <sched.h>

#include "scan.h"

#define POLL_NS  UINT64_C(100000000)
#define SPIN_NS  UINT64_C(200000) /* after the last movement of several devices */
#define RUNS_MAX 16384u           /* chunks: units of the runs that a device holds */

/* Ends the runs in the split. A device that leaves has done the first units of its last run and gives the others
 * back. */
static int end_runs(struct scan_device *d) {
    struct scan_input *in = d->input;
    int err = STK_OK;
    for (uint32_t i = 0; err == STK_OK && i < d->run_count; i++) {
        struct stk_work_split_run *run = &d->runs[i];
        uint64_t done = run->count;
        if (i == d->run_count - 1u && !in->sequential) {
            done = (d->end - d->start + in->unit_bytes - 1u) / in->unit_bytes;
        }
        err = done != 0u ? stk_work_split_done(&in->units, d->index, run, (uint32_t)done) : STK_OK;
        if (err == STK_OK && run->count != 0u) {
            err = stk_work_split_give_back(&in->units, d->index, run);
        }
    }
    d->done_units += d->run_units < UINT32_MAX - d->done_units ? d->run_units : UINT32_MAX - d->done_units;
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

/* Adds the results of a run that is over to the file. */
static int take_run(struct scan_device *d) {
    struct scan *s = d->scan;
    struct scan_input *in = d->input;
    struct scan_file *f = &s->files[in->file];
    scan_run_end(d);
    for (uint32_t i = 0; d->ends != 0u && i < s->accepting; i++) {
        in->visits[i] += d->visits[i];
        d->visits[i] = 0;
    }
    in->ends += d->ends;
    if (d->err != STK_OK && d->err_at < in->err_at) {
        in->err_at = d->err_at;
        f->err = d->err;
        f->os_error = d->os_error;
    }
    in->eof_at = d->eof_at < in->eof_at ? d->eof_at : in->eof_at;
    in->data_end = d->data_end > in->data_end ? d->data_end : in->data_end;
    /* The first run pays for the first launch and for cold caches, so it does not show how fast the device is. */
    if (d->warm) {
        stk_device_set_learn(&s->fleet_devices[d->index], d->bytes, cli_now_ns() - d->started_ns);
        weigh(s);
    }
    d->warm = 1;
    if (matches_merge(&in->matches, &d->matches) != 0) {
        return CLI_BAD;
    }
    return end_runs(d);
}

/* Claims the next run of one file under way. Returns 1 if the device has the run now. */
static int claim(struct scan_device *d, struct scan_input *in, uint32_t at) {
    /* A file that cannot be shared goes to the device that suits best. */
    int got =
        !(in->sequential && d->index != d->scan->best) && stk_work_split_claim(&in->units, d->index, &d->runs[at]) == 1;
    d->run_count = got ? at + 1u : d->run_count;
    return got;
}

/* Claims another run where all chunks of the last one are on their way. The runs of a device end together, so their
 * number of units is bounded: by RUNS_MAX, which is the work that is done again when the device is lost, and by the
 * units that the device has done before, since it may be slower than it is thought to be. The runs lie in the order of
 * the file, since matches and errors of the first bytes are to be met first: a run that lies before the others goes
 * back, and is claimed when these have ended. */
static void extend(struct scan_device *d) {
    struct stk_work_split_run *run = &d->runs[d->run_count];
    if (d->next < d->end || d->leaving || d->err != STK_OK || d->source_ended || d->input->sequential ||
        d->run_closed || d->run_count == SCAN_RUNS || d->run_units >= d->done_units || d->run_units >= RUNS_MAX ||
        !claim(d, d->input, d->run_count)) {
        return;
    }
    if (run->first < run[-1].first) {
        d->run_count--;
        d->run_closed = 1;
        (void)!stk_work_split_give_back(&d->input->units, d->index, run);
        return;
    }
    scan_run_extend(d);
}

/* Gives the device a run of the oldest file that has one for it, or of the next file. 0, or CLI_BAD. */
static int take_up(struct scan_device *d) {
    struct scan *s = d->scan;
    uint32_t i = 0;
    int bad = 0;
    while (i < s->input_count && !claim(d, scan_input_at(s, i), 0)) {
        i++;
    }
    if (i == s->input_count) {
        bad = scan_input_open(s);
        if (bad || i == s->input_count || !claim(d, scan_input_at(s, i), 0)) {
            return bad;
        }
    }
    if (d->input != scan_input_at(s, i)) {
        bad = scan_input_leave(d);
        d->input = scan_input_at(s, i);
    }
    scan_run_begin(d);
    return bad;
}

/* Makes one step of one device: begins a run if it has none, else moves its run on. Adds to *moved and *busy. Returns
 * 0, or CLI_BAD. */
static int step(struct scan_device *d, uint64_t wait_ns, uint32_t *moved, uint32_t *busy) {
    int err;
    if (!d->busy && !d->lost) {
        if (d->leaving) {
            scan_leave_units(d); /* the device holds no run: nothing goes back */
            return 0;
        }
        err = take_up(d);
        if (err) {
            return err;
        }
    }
    if (!d->busy) {
        return 0;
    }
    extend(d);
    err = scan_run_step(d, wait_ns);
    if (err < 0) {
        return scan_device_lose(d, err);
    }
    *moved += (uint32_t)err;
    *busy += 1u;
    return scan_run_over(d) ? take_run(d) : 0;
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
        t->bytes += d->stream.stats.bytes;
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
