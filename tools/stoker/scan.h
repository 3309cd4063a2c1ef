/* A scan: the pattern set on the device, and files streamed past it. */
#ifndef STOKER_CLI_SCAN_H
#define STOKER_CLI_SCAN_H

#include "device.h"
#include "histogram.h"
#include "matches.h"
#include "patterns.h"
#include "reader.h"
#include "stoker/port/file.h"

struct scan_options {
    const char *patterns, *device, *reader;
    const char *store;  /* file of kept programs; NULL: as the environment says */
    const char *record; /* the log; NULL: none */
    uint64_t log_size;  /* 0: SCAN_LOG_SIZE */
    uint32_t epoch;     /* chunks */
    uint64_t chunk;     /* data bytes of a chunk */
    uint64_t offsets;   /* matches to list */
    uint32_t depth, workers, lanes;
    int json, count, stats, quiet;
    char **files;
    uint32_t file_count;
};

#define SCAN_CHUNK_DEFAULT (256u << 10)
#define SCAN_DEPTH_DEFAULT 8u
#define SCAN_LOG_SIZE      (16u << 20)
#define SCAN_LOCATE_ROOM   4096u /* match records in one answer of LOCATE */

/* What came of one file. */
struct scan_file {
    const char *name;
    uint64_t size;  /* announced bytes, 0 when it is not known */
    uint64_t bytes; /* scanned */
    uint64_t count; /* occurrences in it */
    int err;        /* STK_OK, or why it failed */
    int os_error;
};

struct scan_stats {
    uint64_t slots, bytes, bounce_bytes, reads, launches;
    uint64_t elapsed_ns; /* of reading and scanning, without opening the device */
    struct histogram latency;
};

struct scan_recording {
    struct stk_file file;
    struct stk_log log;
    struct stk_recorder recorder;
    void *buffer; /* of the log */
    size_t buffer_bytes;
    int open;
};

struct scan {
    struct scan_options options;
    struct patterns patterns;
    struct cli_device device;
    struct cli_reader reader;
    struct stk_stream stream;
    struct scan_recording recording; /* with options.record */
    struct scan_file *files;
    uint64_t *visits;      /* per accepting state, of all files that did not fail */
    uint32_t *weights;     /* per accepting state: patterns that end there */
    uint64_t *occurrences; /* per pattern */
    uint64_t total;
    struct matches matches;
    struct scan_stats stats;
    struct stk_dispatch_info info;
    uint32_t image_at, hits_at, out_at; /* bytes of the payload */
    /* the file being scanned */
    uint32_t file;
    int source_ended;  /* a pipe said so */
    uint64_t unfolded; /* bytes counted on the device since its counters were folded */
    uint64_t ends;     /* bytes of the file in which a pattern ended */
    uint64_t *file_visits;
    uint64_t *scratch;
    void (*progress)(struct scan *scan); /* NULL: none */
    uint64_t started_ns, drawn_ns;       /* drawn_ns 0: nothing to wipe */
    void *arena_memory;
    size_t arena_bytes;
};

/* Checks files, loads patterns, opens device, reader and stream. 0, or an exit code with the line written. */
int scan_open(struct scan *scan, const struct scan_options *options);

/* Scans every file. CLI_OK, CLI_FAULT when a file failed, CLI_BAD when the device did. */
int scan_run(struct scan *scan);

/* Scans one open file; its result goes to scan->files[index]. 0, or CLI_BAD when the device failed. */
int scan_file(struct scan *scan, uint32_t index, int fd);

/* The stream's callback; its ctx is the scan. */
int scan_on_result(void *ctx, const struct stk_stream_result *result, struct stk_stream_next *next);

void scan_close(struct scan *scan);

/// Recording: scan_record.c ///

/* Makes the log and the file of the tables, and begins the recording: tables and device are there, nothing is published yet. 0,
 * or CLI_BAD with the line written. */
int scan_record_open(struct scan *scan);

/* The file is scanned: its epoch ends. Returns a negative enum stk_err. */
int scan_record_file(struct scan *scan);

/* The stream has been shut down. Says when the log holds only the end of the scan. */
void scan_record_close(struct scan *scan);

/* Writes the results to stdout and the statistics to stderr (or both as JSON to stdout). */
void scan_report(struct scan *scan);
void scan_report_json(struct scan *scan);

/* A progress bar on stderr, once the scan has taken a second. */
void scan_progress(struct scan *scan);
void scan_progress_end(struct scan *scan);

#endif
