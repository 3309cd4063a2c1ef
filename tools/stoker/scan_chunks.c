/* A run of units on one device: chunks through its stream, counts and matches back. */
#include <stddef.h>

#include "scan.h"
#include "stoker/atomic.h"

/* A read's tag. The low half is the index of the file, which is the label of the input in a recording. The high half is
 * 0, or 1 + the list in which COUNT puts the matches. */
#define TAG_OF(file, list) ((uint64_t)(file) | ((uint64_t)(list) + 1u) << 32)
#define HAS_LIST(tag)      ((tag) >> 32 != 0u)
#define LIST_OF(tag)       ((uint32_t)((tag) >> 32) - 1u)

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

/* Takes the records that LOCATE left, and asks for more while they may matter. */
static int take_matches(struct scan_device *d, const struct stk_stream_result *r, struct stk_stream_next *next) {
    const struct scan *s = d->scan;
    const uint32_t *out = (const void *)(d->device.memory.payload + d->layout.out_at);
    uint64_t chunk_start = r->offset - r->lead;
    uint32_t records = r->results[0] < s->locate_room ? r->results[0] : s->locate_room, reached = r->results[1];
    for (uint32_t i = 0; i < records; i++, out += STK_MATCH_WORDS) {
        if (matches_add(&d->matches, &s->patterns, d->input->file, chunk_start + stk_load(out + STK_MATCH_END),
                        stk_load(out + STK_MATCH_STATE)) != 0) {
            return STK_E_NOMEM;
        }
    }
    matches_settle(&d->matches, chunk_start + reached, s->patterns.automaton.max_len);
    return matches_open(&d->matches) && reached < r->lead + r->bytes ? locate(d, next, reached) : 0;
}

/* Returns the byte of the payload at which list `i` begins. */
static uint32_t list_at(const struct scan_device *d, uint32_t i) {
    return d->layout.list_at + i * (SCAN_LIST_ROOM * STK_MATCH_WORDS * 4u);
}

/* Takes the `records` records that COUNT left beside its count. */
static int take_list(struct scan_device *d, const struct stk_stream_result *r, uint32_t records) {
    const struct scan *s = d->scan;
    const uint32_t *out = (const void *)(d->device.memory.payload + list_at(d, LIST_OF(r->tag)));
    for (uint32_t i = 0; i < records; i++, out += STK_MATCH_WORDS) {
        if (matches_add(&d->matches, &s->patterns, d->input->file, r->offset - r->lead + stk_load(out + STK_MATCH_END),
                        stk_load(out + STK_MATCH_STATE)) != 0) {
            return STK_E_NOMEM;
        }
    }
    matches_settle(&d->matches, r->offset + r->bytes, s->patterns.automaton.max_len);
    return 0;
}

/* Lists the matches of a chunk in which `ends` bytes ended a match. They are in the list of the chunk; where they are
 * too many for it, the chunk is walked again. */
static int list_chunk(struct scan_device *d, const struct stk_stream_result *r, uint64_t ends,
                      struct stk_stream_next *next) {
    return HAS_LIST(r->tag) && ends <= SCAN_LIST_ROOM ? take_list(d, r, (uint32_t)ends) : locate(d, next, r->lead);
}

/* Notes that the file failed here. The first byte at which it failed counts. */
static void fail_file(struct scan_device *d, int err, int os_error, uint64_t at) {
    if (d->err == STK_OK) {
        d->err = err;
        d->os_error = os_error;
        d->err_at = at;
    }
}

/* Returns the data bytes of the chunk at `offset` if the file is as long as announced. Every run but the last of a file
 * ends at a chunk, so the chunk may be one of an earlier run of the device. */
static uint64_t announced(const struct scan_device *d, uint64_t offset) {
    uint64_t left = d->scan->files[d->input->file].size - offset;
    return d->input->sequential || left > d->scan->options.chunk ? d->scan->options.chunk : left;
}

/* Notes where the data ended. A read of a file with a size comes short only where the file ends. */
static void note_end(struct scan_device *d, const struct stk_stream_result *r) {
    uint64_t end = r->offset + r->bytes;
    d->source_ended = d->input->datagrams ? r->bytes == 0u : r->bytes < announced(d, r->offset);
    if (d->source_ended && !d->input->sequential && end < d->eof_at) {
        d->eof_at = end;
    }
    if (r->bytes != 0u && end > d->data_end) {
        d->data_end = end;
    }
}

/* Takes the result of a chunk: counts its matches, lists them, or asks for the chunk again where the list had no
 * room. */
static int take_result(struct scan_device *d, const struct stk_stream_result *r, struct stk_stream_next *next) {
    struct scan *s = d->scan;
    uint64_t ends = (uint64_t)r->results[1] << 32 | r->results[0];
    if (r->latency_ns != 0) {
        histogram_add(&s->stats.latency, r->latency_ns);
    }
    if (r->err == STK_E_SLOT_FAULT) {
        /* our own tables were refused: no file is to blame */
        cli_note("a slot faulted: %s, value %u", stk_reason_name(r->reason), r->value);
        return STK_E_SLOT_FAULT;
    }
    if (d->source_ended && d->input->datagrams) {
        return 0; /* behind the end: cancelled, or too late */
    }
    if (r->err != STK_OK) {
        fail_file(d, r->err, r->os_error, r->offset);
        return 0;
    }
    if (r->opcode == STK_OP_SCAN_LOCATE) {
        return take_matches(d, r, next);
    }
    d->ends += ends; /* of a failed file too: its counters are to be cleared */
    d->bytes += r->bytes;
    s->files[d->input->file].bytes += r->bytes;
    note_end(d, r);
    if (d->input->datagrams && r->os_error != 0) {
        fail_file(d, STK_E_IO, r->os_error, r->offset); /* a datagram that was cut */
    }
    if (s->progress) {
        s->progress(s);
    }
    return d->list && d->err == STK_OK && matches_open(&d->matches) && ends != 0u ? list_chunk(d, r, ends, next) : 0;
}

/* Takes a datagram. It begins where the datagrams before it end, however long its read was. */
static int take_datagram(struct scan_device *d, const struct stk_stream_result *result, struct stk_stream_next *next) {
    struct stk_stream_result r = *result;
    if (r.opcode == STK_OP_SCAN_COUNT) {
        d->datagram = d->bytes;
    }
    r.offset = d->datagram;
    return take_result(d, &r, next);
}

int scan_on_result(void *ctx, const struct stk_stream_result *r, struct stk_stream_next *next) {
    struct scan_device *d = ctx;
    enum cli_bound_state was = cli_bound_to(&d->scan->bound, CLI_BOUND_HOST);
    /* A lost device may bring results when the scan is closed, and has no file any more. */
    int err = d->lost ? 0 : (d->input->datagrams ? take_datagram : take_result)(d, r, next);
    (void)cli_bound_to(&d->scan->bound, was);
    return err;
}

/* Adds the device's 32-bit counters to the run's, and clears them. Nothing is in flight. */
static void fold(struct scan_device *d) {
    uint32_t accepting = stk_automaton_accepting(&d->scan->patterns.automaton);
    uint32_t *hits = (void *)(d->device.memory.payload + d->layout.hits_at);
    for (uint32_t w = 0; d->ends != 0u && w < d->device.workers; w++) {
        for (uint32_t i = 0; i < accepting; i++, hits++) {
            uint32_t n = stk_load(hits);
            if (n != 0u) { /* most are 0, since there are counters for each of many workers */
                d->visits[i] += n;
                stk_store(hits, 0);
            }
        }
    }
    d->unfolded = 0;
}

/* Returns the data bytes to ask for at `offset`: up to the end of the block in which the file ends, so that the last
 * read is one of whole blocks. A read comes short where the file ends. */
static uint32_t asked(const struct scan_device *d, uint64_t offset) {
    const struct scan *s = d->scan;
    uint64_t bytes = (announced(d, offset) + s->block - 1u) / s->block * s->block;
    return (uint32_t)(bytes < s->options.chunk ? bytes : s->options.chunk);
}

/* Makes the read of the next chunk, with the lead that the automaton needs before it. */
static struct stk_stream_read next_read(const struct scan_device *d) {
    const struct scan *s = d->scan;
    const struct scan_input *in = d->input;
    uint32_t overlap = in->datagrams ? 0u : s->lead;
    struct stk_stream_read read = {
        .source = (uint32_t)d->source,
        .flags = in->sequential ? STK_READ_SEQUENTIAL : 0u,
        .offset = d->next,
        .bytes = asked(d, d->next),
        .lead = !in->sequential && d->next < overlap ? (uint32_t)d->next : overlap,
        .opcode = STK_OP_SCAN_COUNT,
        .tag = in->file,
    };
    read.params[STK_SCAN_IMAGE - STK_ARG_PARAM] = s->image_at;
    read.params[STK_SCAN_HITS - STK_ARG_PARAM] = d->layout.hits_at;
    if (d->list && matches_open(&d->matches)) {
        /* Results come in the order of the reads, so the list of `depth` reads ago has been taken. */
        read.tag = TAG_OF(in->file, d->next_list);
        read.params[STK_SCAN_OUT - STK_ARG_PARAM] = list_at(d, d->next_list);
        read.params[STK_SCAN_ROOM - STK_ARG_PARAM] = SCAN_LIST_ROOM;
    }
    return read;
}

/* Returns 1 if a part of the run is still to be read. Nothing is read behind the byte at which the file has failed. */
static int more(const struct scan_device *d) {
    return d->err == STK_OK && d->next < d->input->err_at && !d->source_ended &&
           (d->input->sequential || d->next < d->end);
}

/* Queues as many chunks as there is room for. Returns how many. */
static int feed(struct scan_device *d) {
    int queued = 0, err = STK_OK;
    while (more(d) && err == STK_OK) {
        struct stk_stream_read read = next_read(d);
        if (d->unfolded + read.bytes > UINT32_MAX) {
            /* The device counts in 32 bits: fold before they could overflow. */
            if (stk_stream_in_flight(&d->stream) != 0u) {
                break;
            }
            fold(d);
        }
        err = stk_stream_read(&d->stream, &read);
        if (err == STK_OK) {
            d->unfolded += read.bytes;
            d->next += read.bytes;
            d->next_list = HAS_LIST(read.tag) ? (d->next_list + 1u) % d->layout.depth : d->next_list;
            queued++;
        }
    }
    return err == STK_OK || err == STK_E_WOULD_BLOCK ? queued : err;
}

void scan_run_restore(struct scan_device *d) {
    const struct stk_work_split_run *run = &d->runs[d->run_count - 1u];
    uint64_t size = d->scan->files[d->input->file].size;
    d->end = (run->first + (uint64_t)run->count) * d->input->unit_bytes;
    d->end = d->end < size ? d->end : size;
}

void scan_run_extend(struct scan_device *d) {
    const struct stk_work_split_run *run = &d->runs[d->run_count - 1u];
    d->run_units += run->count;
    d->start = d->next = run->first * d->input->unit_bytes;
    scan_run_restore(d);
}

void scan_run_begin(struct scan_device *d) {
    const struct scan *s = d->scan;
    struct scan_input *in = d->input;
    d->run_units = 0;
    d->run_closed = 0;
    scan_run_extend(d);
    d->started_ns = cli_now_ns();
    d->bytes = d->ends = d->data_end = 0;
    d->eof_at = UINT64_MAX;
    d->err = d->source_ended = 0;
    d->busy = 1;
    d->list = matches_open(&s->matches) && !matches_full_before(&in->matches, d->start, s->patterns.automaton.max_len);
    matches_restart(&d->matches, matches_room(&s->matches));
    if (d->source < 0) {
        d->source = in->datagrams ? cli_reader_add_socket(&d->reader, in->fd)
                                  : cli_reader_add(&d->reader, in->fd, in->sequential);
        if (d->source < 0) {
            fail_file(d, d->source, cli_reader_os_error(&d->reader), d->start);
        }
    }
}

int scan_run_step(struct scan_device *d, uint64_t wait_ns) {
    int queued = feed(d), handed;
    if (queued < 0) {
        return queued;
    }
    if (d->input->datagrams && !more(d)) {
        (void)d->reader.port.ops->cancel(d->reader.port.ctx, 0, UINT32_MAX); /* reads behind the last datagram */
    }
    cli_bound_poll(&d->timed, stk_stream_in_flight(&d->stream));
    handed = stk_stream_poll(&d->stream, queued != 0 ? 0u : wait_ns);
    (void)cli_bound_to(&d->scan->bound, CLI_BOUND_HOST);
    handed = handed < 0 ? handed : scan_record_error(d->scan) < 0 ? scan_record_error(d->scan) : handed;
    return handed < 0 ? handed : queued + handed;
}

int scan_run_over(const struct scan_device *d) {
    return !more(d) && stk_stream_in_flight(&d->stream) == 0u;
}

void scan_run_end(struct scan_device *d) {
    fold(d);
    d->busy = 0;
}
