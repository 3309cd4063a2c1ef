/* The scan itself: files in chunks through the stream, counts back. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "scan.h"
#include "stoker/atomic.h"

#define POLL_NS UINT64_C(100000000)

/* Asks for the matches of the same chunk from byte `from` of it on. */
static int locate(struct scan *s, struct stk_stream_next *next, uint32_t from) {
    next->opcode = STK_OP_SCAN_LOCATE;
    next->params[STK_SCAN_IMAGE - STK_ARG_PARAM] = s->image_at;
    next->params[STK_SCAN_FROM - STK_ARG_PARAM] = from;
    next->params[STK_SCAN_OUT - STK_ARG_PARAM] = s->out_at;
    next->params[STK_SCAN_ROOM - STK_ARG_PARAM] = SCAN_LOCATE_ROOM;
    return STK_STREAM_AGAIN;
}

/* Takes the records that LOCATE left, and asks for more while they may matter. */
static int take_matches(struct scan *s, const struct stk_stream_result *r, struct stk_stream_next *next) {
    const uint32_t *out = (const void *)(s->device.memory.payload + s->out_at);
    uint64_t chunk_start = r->offset - r->lead;
    uint32_t records = r->results[0] < SCAN_LOCATE_ROOM ? r->results[0] : SCAN_LOCATE_ROOM, reached = r->results[1];
    for (uint32_t i = 0; i < records; i++, out += STK_MATCH_WORDS) {
        if (matches_add(&s->matches, &s->patterns, s->file, chunk_start + stk_load(out + STK_MATCH_END),
                        stk_load(out + STK_MATCH_STATE)) != 0) {
            return STK_E_NOMEM;
        }
    }
    matches_settle(&s->matches, chunk_start + reached, s->patterns.automaton.max_len);
    return matches_open(&s->matches) && reached < r->lead + r->bytes ? locate(s, next, reached) : 0;
}

int scan_on_result(void *ctx, const struct stk_stream_result *r, struct stk_stream_next *next) {
    struct scan *s = ctx;
    struct scan_file *f = &s->files[s->file];
    if (r->latency_ns != 0) {
        histogram_add(&s->stats.latency, r->latency_ns);
    }
    if (r->err == STK_E_FAULT) {
        return STK_E_FAULT; /* our own tables were refused: no file is to blame */
    }
    if (r->err != STK_OK) {
        /* The first failure of a file says what happened to it. */
        f->os_error = f->err == STK_OK ? r->os_error : f->os_error;
        f->err = f->err == STK_OK ? r->err : f->err;
        return 0;
    }
    if (r->opcode == STK_OP_SCAN_LOCATE) {
        return take_matches(s, r, next);
    }
    f->bytes += r->bytes;
    s->ends += (uint64_t)r->results[1] << 32 | r->results[0];
    s->source_ended = r->bytes < s->options.chunk; /* only the last read of a pipe comes short */
    if (s->progress) {
        s->progress(s);
    }
    return matches_open(&s->matches) && (r->results[0] | r->results[1]) != 0 ? locate(s, next, r->lead) : 0;
}

/* Adds the device's 32-bit counters to the file's, and clears them. Nothing is in flight. */
static void fold(struct scan *s) {
    uint32_t accepting = stk_automaton_accepting(&s->patterns.automaton);
    uint32_t *hits = (void *)(s->device.memory.payload + s->hits_at);
    for (uint32_t w = 0; s->ends != 0u && w < s->device.workers; w++) {
        for (uint32_t i = 0; i < accepting; i++, hits++) {
            s->file_visits[i] += stk_load(hits);
            stk_store(hits, 0);
        }
    }
    s->unfolded = 0;
}

static int device_failed(struct scan *s, int err) {
    if (s->recording.file.os_error != 0) {
        return cli_bad("%s: %s: the recording cannot go on, free space there or scan without --record",
                       s->options.record, strerror(s->recording.file.os_error));
    }
    return cli_bad("device: %s: %s (%s)", stk_err_name(err), stk_err_fix(err),
                   s->device.is_opencl ? s->device.opencl.reason : "interpreter");
}

/* Waits until nothing is in flight: for a pipe as long as its writer takes, for the device as long as the stream does. */
static int drain(struct scan *s) {
    int err = 0;
    while (err >= 0 && stk_stream_in_flight(&s->stream) != 0u) {
        err = stk_stream_poll(&s->stream, POLL_NS);
    }
    return err;
}

static struct stk_stream_read next_read(const struct scan *s, uint32_t source, int sequential, uint64_t offset,
                                        uint64_t size) {
    uint32_t overlap = s->patterns.automaton.max_len - 1u;
    uint64_t left = size - offset;
    struct stk_stream_read read = {
        .source = source,
        .flags = sequential ? STK_READ_SEQUENTIAL : 0u,
        .offset = offset,
        .bytes = (uint32_t)(sequential || left > s->options.chunk ? s->options.chunk : left),
        .lead = !sequential && offset < overlap ? (uint32_t)offset : overlap,
        .opcode = STK_OP_SCAN_COUNT,
        .tag = s->file, /* the label of the inputs in a recording */
    };
    read.params[STK_SCAN_IMAGE - STK_ARG_PARAM] = s->image_at;
    read.params[STK_SCAN_HITS - STK_ARG_PARAM] = s->hits_at;
    return read;
}

/* Queues the next chunk, or makes room for it. */
static int advance(struct scan *s, const struct stk_stream_read *read) {
    int err;
    if (s->unfolded + read->bytes > UINT32_MAX) {
        /* The device counts in 32 bits: fold before they could overflow. */
        err = drain(s);
        fold(s);
        return err;
    }
    err = stk_stream_read(&s->stream, read);
    s->unfolded += err == STK_OK ? read->bytes : 0u;
    return err == STK_E_AGAIN ? stk_stream_poll(&s->stream, POLL_NS) : err;
}

/* Streams one source until its end or its first failure. Returns a negative enum stk_err when stream or device failed. */
static int stream_source(struct scan *s, uint32_t source, int sequential, uint64_t size) {
    uint64_t offset = 0;
    int err = 0;
    s->source_ended = 0;
    while (err >= 0 && s->files[s->file].err == STK_OK && !s->source_ended && (sequential || offset < size)) {
        struct stk_stream_read read = next_read(s, source, sequential, offset, size);
        uint64_t queued = s->stream.queued;
        err = advance(s, &read);
        offset += s->stream.queued != queued ? read.bytes : 0u;
    }
    err = err < 0 ? err : drain(s);
    return err < 0 || !s->options.record ? err : scan_record_file(s);
}

/* The file's visits become its count, and part of the total unless it failed. */
static void settle(struct scan *s, struct scan_file *f) {
    uint32_t accepting = stk_automaton_accepting(&s->patterns.automaton);
    fold(s);
    for (uint32_t i = 0; s->ends != 0u && i < accepting; i++) {
        uint64_t visits = f->err == STK_OK ? s->file_visits[i] : 0u;
        f->count += visits * s->weights[i];
        s->visits[i] += visits;
        s->file_visits[i] = 0;
    }
    s->ends = 0;
    s->total += f->count;
    matches_end_file(&s->matches, f->err == STK_OK);
}

int scan_file(struct scan *s, uint32_t index, int fd) {
    struct scan_file *f = &s->files[index];
    int sequential = f->size == 0, source = cli_reader_add(&s->reader, fd, sequential), err;
    s->file = index;
    if (source < 0) {
        f->err = source;
        return 0;
    }
    err = stream_source(s, (uint32_t)source, sequential, f->size);
    if (err < 0) {
        return device_failed(s, err);
    }
    settle(s, f);
    err = cli_reader_remove(&s->reader, (uint32_t)source);
    return err < 0 ? device_failed(s, err) : 0;
}

static int scan_named(struct scan *s, uint32_t index) {
    struct scan_file *f = &s->files[index];
    int fd = strcmp(f->name, "-") == 0 ? STDIN_FILENO : open(f->name, O_RDONLY | O_CLOEXEC), bad;
    if (fd < 0) {
        /* It was there a moment ago. */
        f->os_error = errno;
        f->err = errno == ENOENT ? STK_E_NOENT : errno == EACCES ? STK_E_ACCESS : STK_E_IO;
        return 0;
    }
    bad = scan_file(s, index, fd);
    if (fd != STDIN_FILENO) {
        close(fd);
    }
    return bad;
}

static void collect_stats(struct scan *s) {
    struct stk_ingest_stats ingest;
    s->reader.ops->stats(s->reader.ctx, &ingest);
    s->device.dispatch->info(s->device.ctx, &s->info);
    s->stats.slots = s->stream.stats.slots;
    s->stats.bytes = s->stream.stats.bytes;
    s->stats.bounce_bytes = s->stream.stats.bounce_bytes + ingest.bounce_bytes;
    s->stats.reads = ingest.os_reads;
    s->stats.launches = s->info.launches;
}

int scan_run(struct scan *s) {
    int code = CLI_OK;
    s->started_ns = cli_now_ns();
    for (uint32_t i = 0; i < s->options.file_count && code != CLI_BAD; i++) {
        struct scan_file *f = &s->files[i];
        code = scan_named(s, i) ? CLI_BAD : code;
        scan_progress_end(s);
        if (f->err != STK_OK && code != CLI_BAD) {
            cli_note("%s: %s%s%s: not counted", f->name, f->os_error ? strerror(f->os_error) : stk_err_fix(f->err),
                     f->os_error ? ": " : "", f->os_error ? stk_err_fix(f->err) : "");
            code = CLI_FAULT;
        }
    }
    s->stats.elapsed_ns = cli_now_ns() - s->started_ns;
    stk_automaton_occurrences(&s->patterns.automaton, s->visits, s->scratch, s->occurrences);
    collect_stats(s);
    return code;
}
