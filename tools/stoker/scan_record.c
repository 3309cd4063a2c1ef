/* Records a scan: writes a log for stoker replay, and a second file with the tables in the same folder. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log_image.h"
#include "scan.h"

#define LOG_BYTES_MIN (4u * STK_FILE_BLOCK_DEFAULT)

int scan_record_failed(struct scan *s, int err) {
    struct scan_recording *r = &s->recording;
    (void)cli_output_trouble(&r->output, r->file.os_error, err);
    return cli_bad("%s", r->output.why);
}

/// The files ///

/* Returns true if the file begins as the tables of an automaton do: such a file may be replaced. */
static bool are_tables(int fd) {
    uint32_t words[2] = {0};
    return pread(fd, words, sizeof words, 0) == (ssize_t)sizeof words && words[0] == STK_IMAGE_MAGIC &&
           words[1] == STK_IMAGE_VERSION;
}

/* Opens and locks the file at the path, if there is one. A file that is not empty must be of the kind. */
static int check(struct cli_output *o, const char *path, const char *kind, bool (*is_kind)(int fd)) {
    int bad = cli_output_open(o, "--record", path, kind);
    if (bad == 0 && o->fd >= 0 && o->st.st_size != 0 && !is_kind(o->fd)) {
        bad = cli_output_refuse(o);
    }
    return bad ? cli_bad("%s", o->why) : 0;
}

int scan_record_check(struct scan *s) {
    struct scan_recording *r = &s->recording;
    int bad;
    if (s->options.log_size != 0 && s->options.log_size < LOG_BYTES_MIN) {
        return cli_bad("--log-size %llu: too small for a log, give %u and more",
                       (unsigned long long)s->options.log_size, LOG_BYTES_MIN);
    }
    bad = check(&r->output, s->options.record, "recording", log_image_is_recording);
    return bad ? bad : check(&r->tables, r->tables_path, "file of tables", are_tables);
}

int scan_record_name(struct scan *s) {
    struct scan_recording *r = &s->recording;
    const char *path = s->options.record;
    char why[CLI_WHY_BYTES];
    if ((size_t)snprintf(r->tables_path, sizeof r->tables_path, "%s.tables", path) >= sizeof r->tables_path) {
        return cli_bad("--record %s: the name is too long: use a shorter one", path);
    }
    if (cli_output_name("--record", path, why) || cli_output_name("--record", r->tables_path, why)) {
        return cli_bad("%s", why);
    }
    return 0;
}

/* Makes an empty log. */
static int create(struct scan *s) {
    struct scan_recording *r = &s->recording;
    struct stk_file_config config = {.bytes = s->options.log_size ? s->options.log_size : SCAN_LOG_SIZE};
    struct stk_log_config log = {.flash = {&stk_file_flash_ops, &r->file}};
    int err;
    if (cli_output_make(&r->output, config.bytes)) {
        return cli_bad("%s", r->output.why);
    }
    config.fd = r->output.fd;
    err = stk_file_open(&r->file, &config);
    if (err != STK_OK) {
        return scan_record_failed(s, err);
    }
    r->buffer_bytes = stk_log_buffer_bytes(&r->file.geometry);
    r->buffer = cli_map(r->buffer_bytes);
    if (!r->buffer) {
        return cli_bad("no memory for the log's buffer of %zu bytes", r->buffer_bytes);
    }
    log.buffer = r->buffer;
    log.buffer_bytes = (uint32_t)r->buffer_bytes;
    err = stk_log_format(&r->log, &log, (uint32_t)time(NULL) ^ (uint32_t)getpid() << 16, 0);
    return err == STK_OK ? 0 : scan_record_failed(s, err);
}

/* Writes the automaton's image to a file of its own, because its bytes come from no input. */
static int write_tables(struct scan *s) {
    const struct stk_automaton *a = &s->patterns.automaton;
    struct cli_output *o = &s->recording.tables;
    const uint8_t *data = (const uint8_t *)a->image;
    size_t done = 0;
    int bad = cli_output_make(o, 0);
    while (bad == 0 && done < a->image_bytes) {
        ssize_t n = write(o->fd, data + done, a->image_bytes - done);
        if (n > 0) {
            done += (size_t)n;
        } else if (n == 0 || errno != EINTR) {
            bad = cli_output_trouble(o, n == 0 ? EIO : errno, STK_E_IO);
        }
    }
    return bad ? cli_bad("%s", o->why) : 0;
}

/// The recording ///

/* Begins the recording: START, and then the tables, which every slot of the scan uses. */
static int begin(struct scan *s) {
    const struct stk_recorder_config config = {.log = &s->recording.log, .platform = {&stk_posix_platform_ops, NULL}};
    const struct stk_record_input tables = {
        .slot = STK_RECORD_NO_SLOT,
        .offset = s->image_at,
        .bytes = (uint32_t)s->patterns.automaton.image_bytes,
        .label = STK_RECORD_TABLES,
        .to_tables = true,
    };
    int err = stk_recorder_init(&s->recording.recorder, &config);
    err = err == STK_OK ? stk_recorder_start(&s->recording.recorder, &s->devices[0].device.memory) : err;
    return err == STK_OK ? stk_recorder_input(&s->recording.recorder, &tables) : err;
}

int scan_record_open(struct scan *s) {
    int bad = create(s), err;
    bad = bad ? bad : write_tables(s);
    if (bad) {
        return bad;
    }
    err = begin(s);
    return err == STK_OK ? 0 : scan_record_failed(s, err);
}

/* The tables get their name first: a log without its tables cannot be replayed. */
int scan_record_publish(struct scan *s) {
    struct scan_recording *r = &s->recording;
    if (cli_output_publish(&r->tables)) {
        return cli_bad("%s", r->tables.why);
    }
    if (cli_output_publish(&r->output)) {
        return cli_bad("%s", r->output.why);
    }
    r->open = 1;
    return 0;
}

int scan_record_error(const struct scan *s) {
    return s->options.record ? s->recording.recorder.err : STK_OK;
}

int scan_record_file(struct scan *s, uint32_t file) {
    struct stk_stream *stream = &s->devices[0].stream;
    int err = stk_stream_epoch(stream, file, stream->config.slot_timeout_ns);
    return err < 0 ? err : scan_record_error(s);
}

/* Returns true if the log still holds its first record. The count of records does not show this, since each sync fills
 * up a page. */
static bool is_whole(struct scan_recording *r) {
    void *reads = cli_map(r->buffer_bytes);
    struct stk_log_iter iter;
    struct stk_log_record first = {.sequence = 0};
    bool lost = reads && stk_log_iterate(&r->log, &iter, reads, (uint32_t)r->buffer_bytes) == STK_OK &&
                stk_log_next(&iter, &first) == 1 && first.sequence != 0;
    cli_unmap(reads, r->buffer_bytes);
    return !lost;
}

void scan_record_close(struct scan *s) {
    struct scan_recording *r = &s->recording;
    struct stk_log_stats stats = {0};
    if (r->open && !is_whole(r)) {
        stk_log_stats(&r->log, &stats);
        cli_note("%s: holds only the last of %u records, and cannot be replayed: use a larger --log-size",
                 s->options.record, stats.records);
    }
    stk_file_close(&r->file);
    cli_output_close(&r->output);
    cli_output_close(&r->tables);
    cli_unmap(r->buffer, r->buffer_bytes);
}
