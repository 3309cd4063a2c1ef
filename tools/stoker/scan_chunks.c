/* A job on a device: queues the chunks of the job in the device's stream, and takes counts and matches from the
 * results. */
#include <stddef.h>

#include "scan.h"
#include "stoker/atomic.h"

/* A read's tag. The low 32 bits are the index of the file, which is the label of the input in a recording. The next 16
 * are 0, or 1 + the list in which COUNT puts the matches. The highest 16 are the number of the job. */
#define TAG_OF(file, list, job) ((uint64_t)(file) | (uint64_t)(list) << 32 | (uint64_t)(job) << 48)
#define LIST_OF(tag)            ((uint32_t)((tag) >> 32 & 0xffffu))
#define JOB_OF(tag)             ((uint32_t)((tag) >> 48))
_Static_assert(STK_STREAM_DEPTH_MAX < 0xffffu, "the number of a list fits its part of the tag");

/* Asks for the matches of the same chunk from byte `from` of it on. */
static int locate(const struct scan_device *d, struct stk_stream_next *next, uint32_t from) {
    const struct scan *s = d->scan;
    next->opcode = STK_OP_SCAN_LOCATE;
    next->params[STK_SCAN_IMAGE - STK_ARG_PARAM] = s->image_at;
    next->params[STK_SCAN_FROM - STK_ARG_PARAM] = from;
    next->params[STK_SCAN_OUT - STK_ARG_PARAM] = d->layout.out_at;
    next->params[STK_SCAN_ROOM - STK_ARG_PARAM] = s->locate_room;
    return STK_STREAM_REPUBLISH;
}

/* Takes a record of a match that ended at byte `end` of the file. */
static int take_match(const struct scan_device *d, struct scan_job *job, uint64_t end, uint32_t state) {
    if (job->listed && state < d->scan->accepting) {
        job->visits[state]++;
    }
    return job->wants_matches ? matches_add(&job->matches, &d->scan->patterns, job->input->file, end, state) : 0;
}

/* Takes the records that LOCATE left, and asks for more while they may matter. */
static int take_matches(struct scan_device *d, struct scan_job *job, const struct stk_stream_result *r,
                        struct stk_stream_next *next) {
    const struct scan *s = d->scan;
    const uint32_t *out = (const void *)(d->device.memory.payload + d->layout.out_at);
    uint64_t chunk_start = r->offset - r->lead;
    uint32_t records = r->results[0] < s->locate_room ? r->results[0] : s->locate_room, reached = r->results[1];
    for (uint32_t i = 0; i < records; i++, out += STK_MATCH_WORDS) {
        if (take_match(d, job, chunk_start + stk_load(out + STK_MATCH_END), stk_load(out + STK_MATCH_STATE)) != 0) {
            return STK_E_NOMEM;
        }
    }
    matches_settle(&job->matches, chunk_start + reached, s->patterns.automaton.max_len);
    return matches_open(&job->matches) && reached < r->lead + r->bytes ? locate(d, next, reached) : 0;
}

/* Returns the byte of the payload at which list `i` begins. */
static uint32_t list_at(const struct scan_device *d, uint32_t i) {
    return d->layout.list_at + i * (SCAN_LIST_ROOM * STK_MATCH_WORDS * 4u);
}

/* Takes the `records` records that COUNT left beside its count. */
static int take_list(struct scan_device *d, struct scan_job *job, const struct stk_stream_result *r, uint32_t records) {
    const uint32_t *out = (const void *)(d->device.memory.payload + list_at(d, LIST_OF(r->tag) - 1u));
    uint64_t chunk_start = r->offset - r->lead;
    for (uint32_t i = 0; i < records; i++, out += STK_MATCH_WORDS) {
        if (take_match(d, job, chunk_start + stk_load(out + STK_MATCH_END), stk_load(out + STK_MATCH_STATE)) != 0) {
            return STK_E_NOMEM;
        }
    }
    matches_settle(&job->matches, r->offset + r->bytes, d->scan->patterns.automaton.max_len);
    return 0;
}

/* Takes the matches of a chunk in which `ends` bytes ended a match, where the host needs more than their counts. They
 * are in the list of the chunk. Where they are too many for the list, a counted job has the chunk walked again, and a
 * listed job is given up: its units are done again as a counted job. */
static int take_records(struct scan_device *d, struct scan_job *job, const struct stk_stream_result *r, uint64_t ends,
                        struct stk_stream_next *next) {
    bool has_list = LIST_OF(r->tag) != 0u && ends <= SCAN_LIST_ROOM;
    if (job->listed) {
        job->overflowed |= !has_list;
        return has_list ? take_list(d, job, r, (uint32_t)ends) : 0;
    }
    if (!matches_open(&job->matches)) {
        return 0;
    }
    return has_list ? take_list(d, job, r, (uint32_t)ends) : locate(d, next, r->lead);
}

/* Notes that the file failed at byte `at`. If a file fails at several bytes, the first byte counts. */
static void fail_file(struct scan_job *job, int err, int os_error, uint64_t at) {
    if (job->err == STK_OK) {
        job->err = err;
        job->os_error = os_error;
        job->err_at = at;
    }
}

/* Returns the data bytes of the chunk at `offset` if the file is as long as announced. Every run but the last of a file
 * ends at a chunk, so the chunk may be one of an earlier run of the job. */
static uint64_t announced(const struct scan *s, const struct scan_job *job, uint64_t offset) {
    uint64_t left = s->files[job->input->file].size - offset;
    return job->input->sequential || left > s->options.chunk ? s->options.chunk : left;
}

/* Notes where the data ended. A read of a file with a size comes short only where the file ends. */
static void note_end(const struct scan *s, struct scan_job *job, const struct stk_stream_result *r) {
    uint64_t end = r->offset + r->bytes;
    job->source_ended = job->input->datagrams ? r->bytes == 0u : r->bytes < announced(s, job, r->offset);
    if (job->source_ended && !job->input->sequential && end < job->eof_at) {
        job->eof_at = end;
    }
    if (r->bytes != 0u && end > job->data_end) {
        job->data_end = end;
    }
}

/* Takes the result of a chunk: counts its matches, lists them, or asks for the chunk again where the list had no
 * room. */
static int take_result(struct scan_device *d, struct scan_job *job, const struct stk_stream_result *r,
                       struct stk_stream_next *next) {
    struct scan *s = d->scan;
    uint64_t ends = (uint64_t)r->results[1] << 32 | r->results[0];
    if (r->latency_ns != 0) {
        histogram_add(&s->stats.latency, r->latency_ns);
    }
    if (r->err == STK_E_SLOT_FAULT) {
        /* the device refused the program's own tables: no file is to blame */
        cli_note("a slot faulted: %s, value %u", stk_reason_name(r->reason), r->value);
        return STK_E_SLOT_FAULT;
    }
    if (job->source_ended && job->input->datagrams) {
        return 0; /* the chunk lies behind the end of the data, or its read was cancelled */
    }
    if (r->err != STK_OK) {
        fail_file(job, r->err, r->os_error, r->offset);
        return 0;
    }
    if (r->opcode == STK_OP_SCAN_LOCATE) {
        return take_matches(d, job, r, next);
    }
    job->ends += ends; /* the ends of a failed file count too, because its counters have to be cleared */
    job->bytes += r->bytes;
    s->files[job->input->file].bytes += r->bytes;
    note_end(s, job, r);
    if (job->input->datagrams && r->os_error != 0) {
        fail_file(job, STK_E_IO, r->os_error, r->offset); /* the kernel cut a datagram that is longer than its room */
    }
    if (s->progress) {
        s->progress(s);
    }
    return (job->listed || job->wants_matches) && job->err == STK_OK && ends != 0u ? take_records(d, job, r, ends, next)
                                                                                   : 0;
}

/* Takes a datagram. It begins where the datagrams before it end, however long its read was. */
static int take_datagram(struct scan_device *d, struct scan_job *job, const struct stk_stream_result *result,
                         struct stk_stream_next *next) {
    struct stk_stream_result r = *result;
    if (r.opcode == STK_OP_SCAN_COUNT) {
        job->datagram = job->bytes;
    }
    r.offset = job->datagram;
    return take_result(d, job, &r, next);
}

int scan_on_result(void *ctx, const struct stk_stream_result *r, struct stk_stream_next *next) {
    struct scan_device *d = ctx;
    struct scan_job *job = &d->jobs[JOB_OF(r->tag)];
    enum cli_bound_state was = cli_bound_to(&d->scan->bound, CLI_BOUND_HOST);
    int err = 0;
    if (!d->lost) { /* a lost device may bring results when the scan is closed, and has no jobs any more */
        err = (job->input->datagrams ? take_datagram : take_result)(d, job, r, next);
        job->waiting -= err != STK_STREAM_REPUBLISH;
    }
    (void)cli_bound_to(&d->scan->bound, was);
    return err;
}

/* Adds the device's 32-bit counters to those of the counted job, and clears them. No chunk of the job is in flight. */
static void fold(struct scan_device *d, struct scan_job *job) {
    uint32_t accepting = d->scan->accepting;
    uint32_t *hits = (void *)(d->device.memory.payload + d->layout.hits_at);
    for (uint32_t w = 0; job->ends != 0u && w < d->device.workers; w++) {
        for (uint32_t i = 0; i < accepting; i++, hits++) {
            uint32_t n = stk_load(hits);
            if (n != 0u) { /* most counters are 0, since each of many workers has counters of its own */
                job->visits[i] += n;
                stk_store(hits, 0);
            }
        }
    }
    d->unfolded = 0;
}

/* Returns the data bytes to ask for at `offset`: up to the end of the block in which the file ends, so that the last
 * read is one of whole blocks. A read comes short where the file ends. */
static uint32_t asked(const struct scan *s, const struct scan_job *job, uint64_t offset) {
    uint64_t bytes = (announced(s, job, offset) + s->block - 1u) / s->block * s->block;
    return (uint32_t)(bytes < s->options.chunk ? bytes : s->options.chunk);
}

/* Makes the read of the next chunk, with the lead that the automaton needs before it. */
static struct stk_stream_read next_read(const struct scan_device *d, const struct scan_job *job) {
    const struct scan *s = d->scan;
    const struct scan_input *in = job->input;
    uint32_t overlap = in->datagrams ? 0u : s->lead, list = 0;
    struct stk_stream_read read = {
        .source = (uint32_t)job->source,
        .flags = in->sequential ? STK_READ_SEQUENTIAL : 0u,
        .offset = job->next,
        .bytes = asked(s, job, job->next),
        .lead = !in->sequential && job->next < overlap ? (uint32_t)job->next : overlap,
        .opcode = STK_OP_SCAN_COUNT,
    };
    read.params[STK_SCAN_IMAGE - STK_ARG_PARAM] = s->image_at;
    read.params[STK_SCAN_HITS - STK_ARG_PARAM] = job->listed ? d->layout.spare_at : d->layout.hits_at;
    if (job->listed || (job->wants_matches && matches_open(&job->matches))) {
        /* Results come in the order of the reads, so the list of `depth` reads ago has been taken. */
        list = d->next_list + 1u;
        read.params[STK_SCAN_OUT - STK_ARG_PARAM] = list_at(d, d->next_list);
        read.params[STK_SCAN_ROOM - STK_ARG_PARAM] = SCAN_LIST_ROOM;
    }
    read.tag = TAG_OF(in->file, list, job - d->jobs);
    return read;
}

int scan_job_more(const struct scan_job *job) {
    /* Nothing is read behind the byte at which the file has failed. */
    return job->err == STK_OK && job->next < job->input->err_at && !job->source_ended &&
           (job->input->sequential || job->next < job->end);
}

int scan_job_feed(struct scan_device *d, struct scan_job *job) {
    int queued = 0, err = STK_OK;
    while (scan_job_more(job) && err == STK_OK) {
        struct stk_stream_read read = next_read(d, job);
        if (!job->listed && d->unfolded + read.bytes > UINT32_MAX) {
            /* The device counts in 32 bits: fold before they could overflow. */
            if (job->waiting != 0u) {
                break;
            }
            fold(d, job);
        }
        err = stk_stream_read(&d->stream, &read);
        if (err == STK_OK) {
            d->unfolded += job->listed ? 0u : read.bytes;
            job->next += read.bytes;
            job->waiting++;
            d->next_list = LIST_OF(read.tag) != 0u ? (d->next_list + 1u) % d->layout.depth : d->next_list;
            queued++;
        }
    }
    return err == STK_OK || err == STK_E_WOULD_BLOCK ? queued : err;
}

void scan_job_restore(struct scan_device *d, struct scan_job *job) {
    const struct stk_work_split_run *run = &job->runs[job->run_count - 1u];
    uint64_t size = d->scan->files[job->input->file].size;
    job->end = (run->first + (uint64_t)run->count) * job->input->unit_bytes;
    job->end = job->end < size ? job->end : size;
}

void scan_job_extend(struct scan_device *d, struct scan_job *job) {
    const struct stk_work_split_run *run = &job->runs[job->run_count - 1u];
    job->run_units += run->count;
    job->start = job->next = run->first * job->input->unit_bytes;
    scan_job_restore(d, job);
}

int scan_job_begin(struct scan_device *d) {
    const struct scan *s = d->scan;
    struct scan_job *job = d->newest;
    struct scan_input *in = job->input;
    int bad = scan_visits_init(s, &job->visits);
    if (bad) {
        return bad;
    }
    job->run_units = job->waiting = 0;
    job->run_closed = job->overflowed = job->source_ended = 0;
    scan_job_extend(d, job);
    job->bytes = job->ends = job->data_end = 0;
    job->eof_at = UINT64_MAX;
    job->err = STK_OK;
    job->wants_matches =
        matches_open(&s->matches) && !matches_full_before(&in->matches, job->start, s->patterns.automaton.max_len);
    matches_restart(&job->matches, matches_room(&s->matches));
    if (job->source < 0) {
        job->source = in->datagrams ? cli_reader_add_socket(&d->reader, in->fd)
                                    : cli_reader_add(&d->reader, in->fd, in->sequential);
        if (job->source < 0) {
            fail_file(job, job->source, cli_reader_os_error(&d->reader), job->start);
        }
    }
    return 0;
}

int scan_device_poll(struct scan_device *d, uint64_t wait_ns) {
    int handed;
    if (d->newest && d->newest->input->datagrams && !scan_job_more(d->newest)) {
        /* reads behind the last datagram would wait for ever */
        (void)d->reader.port.ops->cancel(d->reader.port.ctx, 0, UINT32_MAX);
    }
    cli_bound_poll(&d->timed, stk_stream_in_flight(&d->stream));
    handed = stk_stream_poll(&d->stream, wait_ns);
    (void)cli_bound_to(&d->scan->bound, CLI_BOUND_HOST);
    return handed < 0 ? handed : scan_record_error(d->scan) < 0 ? scan_record_error(d->scan) : handed;
}

void scan_job_end(struct scan_device *d, struct scan_job *job) {
    if (!job->listed) {
        fold(d, job);
    }
}
