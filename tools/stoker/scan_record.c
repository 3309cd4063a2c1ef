/* Recording a scan: a log for stoker replay, and the tables beside it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "scan.h"

#define LOG_BYTES_MIN (4u * STK_FILE_BLOCK_DEFAULT)

static int refuse(const struct scan *s, int err) {
    const int os_error = s->recording.file.os_error;
    return cli_bad("%s: %s: %s", s->options.record, os_error ? strerror(os_error) : stk_err_name(err),
                   stk_err_fix(err));
}

/* An empty log; what was in the file is gone. */
static int create(struct scan *s, uint64_t bytes) {
    struct scan_recording *r = &s->recording;
    const struct stk_file_config config = {.path = s->options.record, .bytes = bytes, .create = true};
    struct stk_log_config log = {.flash = &stk_file_flash_ops, .flash_ctx = &r->file};
    struct stat st;
    int err;
    if (bytes < LOG_BYTES_MIN) {
        return cli_bad("--log-size %llu: too small for a log, give %u and more", (unsigned long long)bytes,
                       LOG_BYTES_MIN);
    }
    /* What a longer file holds behind the log is an old one's. */
    if (stat(s->options.record, &st) == 0 && S_ISREG(st.st_mode) && truncate(s->options.record, 0) != 0) {
        return cli_bad("%s: %s: name a file that may be written", s->options.record, strerror(errno));
    }
    err = stk_file_open(&r->file, &config);
    if (err != STK_OK) {
        return refuse(s, err);
    }
    r->open = 1;
    r->buffer_bytes = stk_log_buffer_bytes(&r->file.geometry);
    r->buffer = cli_map(r->buffer_bytes);
    if (!r->buffer) {
        return cli_bad("no memory for the log's buffer of %zu bytes", r->buffer_bytes);
    }
    log.buffer = r->buffer;
    log.buffer_bytes = (uint32_t)r->buffer_bytes;
    err = stk_log_format(&r->log, &log, (uint32_t)time(NULL) ^ (uint32_t)getpid() << 16, 0);
    return err == STK_OK ? 0 : refuse(s, err);
}

/* The automaton's image as a file: its bytes come from no input. */
static int write_tables(const struct scan *s) {
    const struct stk_automaton *a = &s->patterns.automaton;
    char path[4200];
    FILE *file;
    int failed;
    if ((size_t)snprintf(path, sizeof path, "%s.tables", s->options.record) >= sizeof path) {
        return cli_bad("%s: the name is too long: use a shorter one", s->options.record);
    }
    file = fopen(path, "we");
    failed = !file || fwrite(a->image, 1, a->image_bytes, file) != a->image_bytes;
    failed = (file && fclose(file) != 0) || failed;
    return failed ? cli_bad("%s: %s: name a log beside which a file can be written", path, strerror(errno)) : 0;
}

static int begin(struct scan *s) {
    const struct stk_recorder_config config = {.log = &s->recording.log, .platform = &stk_posix_platform_ops};
    const struct stk_record_input tables = {
        .slot = STK_RECORD_NO_SLOT,
        .offset = s->image_at,
        .bytes = (uint32_t)s->patterns.automaton.image_bytes,
        .label = STK_RECORD_TABLES,
    };
    int err = stk_recorder_init(&s->recording.recorder, &config);
    err = err == STK_OK ? stk_recorder_start(&s->recording.recorder, &s->devices[0].device.memory) : err;
    return err == STK_OK ? stk_recorder_input(&s->recording.recorder, &tables) : err;
}

int scan_record_open(struct scan *s) {
    int bad = create(s, s->options.log_size ? s->options.log_size : SCAN_LOG_SIZE), err;
    bad = bad ? bad : write_tables(s);
    if (bad) {
        return bad;
    }
    err = begin(s);
    return err == STK_OK ? 0 : refuse(s, err);
}

int scan_record_file(struct scan *s) {
    struct stk_stream *stream = &s->devices[0].stream;
    return stk_stream_epoch(stream, s->file, stream->config.slot_timeout_ns);
}

void scan_record_close(struct scan *s) {
    struct scan_recording *r = &s->recording;
    struct stk_log_stats stats = {0};
    if (r->open) {
        stk_log_stats(&r->log, &stats);
        if (stats.records > stk_log_capacity(&r->file.geometry)) {
            cli_note("%s: holds only the last of %u records, and cannot be replayed: use a larger --log-size",
                     s->options.record, stats.records);
        }
        stk_file_close(&r->file);
    }
    cli_unmap(r->buffer, r->buffer_bytes);
}
