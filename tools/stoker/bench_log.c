/* stoker bench log: appending to a log in a file and reading it back, against the file of version 1 and against the
 * plain calls that the reference makes for it. No side is asked to sync; the log does before it erases its next block,
 * which a file needs. */
#include "bench_log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define COUNT_DEFAULT 65536u
#define READ_BYTES    65536u

struct files {
    uint32_t count;
    int log_fd, v1_fd, plain_fd;
    struct stk_file log_file, v1_file;
    struct stk_log log;
    struct stk_vrrl vrrl;
    uint8_t page[STK_LOG_BUFFER_BYTES(1, STK_FILE_PROG_DEFAULT)];
    uint8_t reads[READ_BYTES];
};

struct stk_log_record bench_log_record(uint32_t n) {
    return (struct stk_log_record){.timestamp_ns = UINT64_C(1000) * n,
                                   .slot = n % 256u,
                                   .tenant = n % 4u,
                                   .opcode = 0x40000000u,
                                   .args = {n, n + 1u, n + 2u, n + 3u},
                                   .epoch = n / 1000u};
}

/// Files ///

static int check(int err) {
    return err == STK_OK ? 0 : cli_bad("bench log: %s: %s", stk_err_name(err), cli_fix(err));
}

/* Makes a log with as many blocks as the records take, and some more. */
static int open_log(struct files *f) {
    const uint64_t in_block = STK_FILE_BLOCK_DEFAULT / STK_LOG_CELL_BYTES - 1u, blocks = f->count / in_block + 4u;
    struct stk_file_config config = {.fd = f->log_fd, .bytes = blocks * STK_FILE_BLOCK_DEFAULT};
    const struct stk_log_config log = {{&stk_file_flash_ops, &f->log_file}, f->page, sizeof f->page};
    if (ftruncate(f->log_fd, (off_t)config.bytes) != 0) {
        return cli_bad("bench log: %s: name a folder with room in TMPDIR", strerror(errno));
    }
    int err = stk_file_open(&f->log_file, &config);
    return check(err != STK_OK ? err : stk_log_format(&f->log, &log, 1, 0));
}

/* Makes the file of version 1, and gives the plain file the same size. */
static int open_v1(struct files *f) {
    uint32_t bytes = STK_VRRL_BYTES(f->count);
    const struct stk_file_config config = {
        .fd = f->v1_fd, .bytes = bytes, .block_bytes = bytes, .prog_unit = 1, .read_unit = 1};
    if (ftruncate(f->v1_fd, bytes) != 0 || ftruncate(f->plain_fd, bytes) != 0) {
        return cli_bad("bench log: %s: name a folder with room in TMPDIR", strerror(errno));
    }
    int err = stk_file_open(&f->v1_file, &config);
    return check(err != STK_OK
                     ? err
                     : stk_vrrl_create(&f->vrrl, &(struct stk_flash_port){&stk_file_flash_ops, &f->v1_file}, f->count));
}

static int open_files(struct files *f) {
    int bad;
    f->log_fd = f->v1_fd = f->plain_fd = -1;
    bad = bench_file("log", &f->log_fd);
    bad = bad ? bad : bench_file("log", &f->v1_fd);
    bad = bad ? bad : bench_file("log", &f->plain_fd);
    bad = bad ? bad : open_log(f);
    return bad ? bad : open_v1(f);
}

static void close_files(struct files *f) {
    const int fds[] = {f->log_fd, f->v1_fd, f->plain_fd};
    for (unsigned i = 0; i < 3; i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
}

/// Appending ///

/* Appends all records to the log. */
static int append_log(struct files *f) {
    int err = STK_OK;
    for (uint32_t i = 0; i < f->count && err == STK_OK; i++) {
        struct stk_log_record r = bench_log_record(i);
        err = stk_log_append(&f->log, &r);
    }
    return err;
}

/* Appends all records to the file of version 1. */
static int append_v1(struct files *f) {
    int err = STK_OK;
    for (uint32_t i = 0; i < f->count && err == STK_OK; i++) {
        struct stk_log_record r = bench_log_record(i);
        err = stk_vrrl_append(&f->vrrl, &r);
    }
    return err;
}

/* Writes records as the reference does: seek and write the record, seek and write the header. */
static int append_plain(struct files *f) {
    uint8_t record[STK_VRRL_RECORD_BYTES] = {0}, header[STK_VRRL_HEADER_BYTES] = {0};
    for (uint32_t i = 0; i < f->count; i++) {
        struct stk_log_record r = bench_log_record(i);
        memcpy(record, &r, 48);
        memcpy(header + 24, &i, sizeof i);
        if (lseek(f->plain_fd, (off_t)STK_VRRL_BYTES(i), SEEK_SET) < 0 ||
            write(f->plain_fd, record, sizeof record) != (ssize_t)sizeof record ||
            lseek(f->plain_fd, 0, SEEK_SET) < 0 ||
            write(f->plain_fd, header, sizeof header) != (ssize_t)sizeof header) {
            return STK_E_IO;
        }
    }
    return STK_OK;
}

/// Reading ///

/* Reads all records of the log back. */
static int read_log(struct files *f) {
    struct stk_log_iter iter;
    struct stk_log_record r;
    uint32_t sum = 0, seen = 0;
    int err = stk_log_iterate(&f->log, &iter, f->reads, sizeof f->reads);
    while (err == STK_OK && stk_log_next(&iter, &r) == 1) {
        sum += r.args[0];
        seen++;
    }
    return err == STK_OK && seen >= f->count && sum != 1u ? STK_OK : STK_E_CORRUPT;
}

/* Reads the plain file with one seek and one read for each record. Uses each record, as the other ways do. */
static int read_plain(struct files *f) {
    uint8_t record[STK_VRRL_RECORD_BYTES];
    uint32_t sum = 0, word;
    for (uint32_t i = 0; i < f->count; i++) {
        if (lseek(f->plain_fd, (off_t)STK_VRRL_BYTES(i), SEEK_SET) < 0 ||
            read(f->plain_fd, record, sizeof record) != (ssize_t)sizeof record) {
            return STK_E_IO;
        }
        memcpy(&word, record + 24, sizeof word);
        sum += word;
    }
    return sum != 1u ? STK_OK : STK_E_CORRUPT;
}

/// Figures ///

enum way {
    APPEND,
    APPEND_V1,
    APPEND_PLAIN,
    READ,
    READ_PLAIN,
    WAYS
};

/* Measures all ways once. The log is synced before it is read, outside of the time, so that the records in its buffer
 * are there. */
static int measure(struct files *f, double rates[WAYS][BENCH_BLOCKS], uint32_t block) {
    static int (*const ways[WAYS])(struct files * f) = {append_log, append_v1, append_plain, read_log, read_plain};
    int err = STK_OK;
    for (uint32_t i = 0; i < WAYS && err == STK_OK; i++) {
        uint64_t start;
        err = i == READ ? stk_log_sync(&f->log) : STK_OK;
        start = cli_now_ns();
        err = err ? err : ways[i](f);
        rates[i][block] = (double)f->count * 1e9 / (double)(cli_now_ns() - start + 1u);
    }
    return check(err);
}

static double best(const double *rates) {
    double most = 0;
    for (uint32_t i = 0; i < BENCH_BLOCKS; i++) {
        most = rates[i] > most ? rates[i] : most;
    }
    return most;
}

/* Prints the median and the best of the blocks. */
static void report(struct bench *b, const char *metric, const char *unit, const char *peer, const double *ours,
                   const double *theirs) {
    char name[64];
    struct bench_figure figure = {.metric = name, .unit = unit, .better = BENCH_MORE, .peer = peer};
    snprintf(name, sizeof name, "%s_median", metric);
    figure.value = bench_median(ours, BENCH_BLOCKS);
    figure.peer_value = bench_median(theirs, BENCH_BLOCKS);
    bench_figure(b, &figure);
    snprintf(name, sizeof name, "%s_best", metric);
    figure.value = best(ours);
    figure.peer_value = best(theirs);
    bench_figure(b, &figure);
}

static int run(struct bench *bench) {
    static struct files files;
    static double rates[WAYS][BENCH_BLOCKS];
    int bad;
    if (bench->options.count > STK_VRRL_CAPACITY_MAX) {
        return cli_bad("bench log: --count: give at most %u, what a v1 file holds", STK_VRRL_CAPACITY_MAX);
    }
    files.count = bench->options.count ? (uint32_t)bench->options.count : COUNT_DEFAULT;
    bad = open_files(&files); /* refuses what it must before a figure is printed */
    bad = bad ? bad : bench_log_flash(bench);
    for (uint32_t i = 0; i < BENCH_BLOCKS && bad == 0; i++) {
        bad = measure(&files, rates, i);
    }
    if (bad == 0) {
        report(bench, "append", "records/s", "v1_file", rates[APPEND], rates[APPEND_V1]);
        report(bench, "append", "records/s", "two_seeks_two_writes", rates[APPEND], rates[APPEND_PLAIN]);
        report(bench, "read", "records/s", "seek_and_read_each", rates[READ], rates[READ_PLAIN]);
    }
    close_files(&files);
    return bad;
}

const struct bench_case bench_log = {
    .name = "log",
    .options = BENCH_COUNT,
    .run = run,
    .what = "the replay log: bytes, reads and time on simulated flash against the layout of v1; appending and reading "
            "files against v1 files and plain calls; the files are made in TMPDIR and removed",
    .values = {{"count", "records (65536)"}},
};
