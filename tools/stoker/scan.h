/* A scan: streams files through a device that has the automaton of the patterns. */
#ifndef STOKER_CLI_SCAN_H
#define STOKER_CLI_SCAN_H

#include <pthread.h>

#include "bound.h"
#include "device.h"
#include "histogram.h"
#include "matches.h"
#include "output.h"
#include "patterns.h"
#include "reader.h"
#include "stoker/device_set.h"
#include "stoker/port/file.h"
#include "stoker/work_split.h"

#define SCAN_DEVICES_MAX 16u

struct scan_options {
    struct pattern_source *patterns; /* at least one */
    uint32_t pattern_count;
    const char *reader;
    const char *devices[SCAN_DEVICES_MAX]; /* one entry at least; an entry that is NULL means auto */
    uint32_t device_count;
    const char *store;  /* file of kept programs; NULL: the value of STOKER_STORE */
    int all_devices;    /* 1: use every OpenCL device instead of `devices` */
    const char *record; /* file of the recording; NULL: none */
    uint64_t log_size;  /* bytes of the recording; 0: SCAN_LOG_SIZE */
    /* longest time of a slot, and of a kernel after its lease, in milliseconds; 0: the defaults of both */
    uint64_t timeout_ms;
    uint32_t epoch;          /* chunks of an epoch */
    uint64_t chunk;          /* data bytes of a chunk */
    uint64_t offsets;        /* matches to list */
    uint32_t depth;          /* chunks in flight; 0: SCAN_DEPTH_DEFAULT, or two for each worker where they are more */
    uint32_t workers, lanes; /* 0: the device's default */
    uint32_t readers;        /* readers of each device; 0: chosen by the number of CPUs if a file is large, else 1 */
    enum stk_residency residency;
    enum stk_opencl_memory memory;
    int json, count, by_file, stats, quiet;
    int recursive; /* 1: folders stand for the files below them */
    int direct;    /* 1: files are read with O_DIRECT where that can be */
    enum cli_color color;
    char **files;
    uint32_t file_count;
};

#define SCAN_CHUNK_DEFAULT (256u << 10)
#define SCAN_DEPTH_DEFAULT 8u
#define SCAN_PAYLOAD_MAX   (UINT32_MAX - 65536u) /* bytes of a payload, and of tables */
#define SCAN_BLOCK         4096u                 /* no file system asks more of O_DIRECT; a page */
#define SCAN_LARGE         (UINT64_C(64) << 20)  /* bytes of a file for which readers get threads of their own */
#define SCAN_LOG_SIZE      (16u << 20)
#define SCAN_NS_PER_MS     UINT64_C(1000000)
#define SCAN_LIST_ROOM     1024u /* match records of a chunk that COUNT has room for */
#define SCAN_LISTED_CHUNKS 8u    /* greatest file whose matches are counted from lists, in chunks */
#define SCAN_LOCATE_ROOM   4096u /* match records in one answer of LOCATE; more for long patterns */

/* One file, and the result of its scan. */
struct scan_file {
    char *name;     /* allocated */
    int on_fuse;    /* 1: the file is on FUSE, so io_uring must not read it */
    int fd;         /* descriptor of a socket, which is open from the start; else -1 */
    int datagrams;  /* 1: a socket of datagrams, each of which is scanned by itself */
    uint64_t drops; /* datagrams that the socket dropped */
    int is_nvme;    /* 1: the character device of an NVMe namespace, which takes commands alone */
    int is_regular; /* 1: opening and reading the file never waits for another program */
    uint64_t size;  /* announced bytes, 0 when the size is not known */
    uint64_t bytes; /* bytes that were scanned */
    uint64_t count; /* occurrences of all patterns in the file */
    int err;        /* STK_OK, or why the file failed */
    int os_error;
};

struct scan_stats {
    uint64_t slots, bytes, bounce_bytes, reads, launches;
    uint64_t elapsed_ns; /* time of reading and scanning, without opening the device */
    struct histogram latency;
    struct stk_uring_path_stats path[STK_URING_PATHS]; /* of all rings */
};

struct scan_recording {
    struct cli_output output, tables;
    char tables_path[CLI_PATH_BYTES];
    struct stk_file file; /* flash port that writes to output.fd */
    struct stk_log log;
    struct stk_recorder recorder;
    void *buffer; /* of the log */
    size_t buffer_bytes;
    int open; /* 1: the log has the name of --record, and an older recording is gone */
};

/// Device that joins later: scan_late.c ///

enum scan_late_state {
    SCAN_LATE_NONE,    /* no device joins */
    SCAN_LATE_WAITING, /* the scan has not been long enough for a device to pay */
    SCAN_LATE_OPENING, /* a thread opens the device */
    SCAN_LATE_OPEN,    /* the thread has opened the device, or failed */
    SCAN_LATE_JOINED,  /* the device scans, and the interpreter leaves */
    SCAN_LATE_OVER     /* nothing changes any more */
};

struct scan_late {
    uint32_t state; /* enum scan_late_state; the thread stores SCAN_LATE_OPEN, with release */
    int err;        /* result of the open on the thread */
    char why[480];  /* why the scan chose its device; empty where the scan did not choose */
    pthread_t thread;
    struct cli_device_wish wish;
    uint64_t looked_ns;   /* when the state was looked at last */
    uint64_t known_bytes; /* announced bytes of all files */
    uint64_t joined_ns;   /* when the device joined */
    double rate;          /* speed of the interpreter, in bytes for each nanosecond */
};

struct scan;

/* Where everything lies in the payload of a device: `depth` buffers of chunks, which the reader registers, then
 * counters and match records. */
struct scan_layout {
    uint32_t depth;
    uint32_t chunks_at; /* the first buffer: 0, or where a page begins */
    uint32_t hits_at;   /* counters, one for each accepting state, of each worker */
    uint32_t spare_at;  /* as many counters, which nobody reads, for chunks that have a list; hits_at: there are none */
    uint32_t out_at;    /* match records of LOCATE, scan.locate_room of them */
    uint32_t list_at;   /* lists of COUNT, one for each chunk in flight */
    uint64_t payload_bytes; /* of all */
};

/* Runs that a job may hold. The device claims the next one while the chunks of the last one are still in flight, so
 * that the device never waits between two runs; their counts are taken out of the device together. */
#define SCAN_RUNS 16u

/* A file under way, whose units the devices share. A device that finds no unit in the files under way goes on to the
 * next file, so many small files are shared among the devices and a large one is shared within itself. */
struct scan_input {
    uint32_t file;                     /* index in scan.files */
    int fd;                            /* descriptor from which the file is read */
    int opened[SCAN_DEVICES_MAX + 1u]; /* each time that the file was opened: once, and again for each lost device */
    uint32_t opened_count; /* descriptors in `opened`, which the scan closes; 0: the scan does not close `fd` */
    int sequential;        /* 1: the file can only be read in order, by one device, as one unit, and as its only job */
    int datagrams;         /* 1: a socket of datagrams */
    uint64_t unit_bytes;   /* bytes of the file in a unit; 0: sequential */
    uint64_t ends;         /* bytes of the file in which a pattern ended */
    uint64_t err_at;       /* the first byte at which the file failed; UINT64_MAX: nowhere */
    uint64_t eof_at;       /* least scan_job.eof_at of all jobs */
    uint64_t data_end;     /* greatest scan_job.data_end of all jobs */
    uint64_t *visits;      /* visits of each accepting state */
    struct matches matches;
    struct stk_work_split units;
    uint8_t units_memory[STK_ARENA_BYTES(STK_WORK_SPLIT_BYTES(SCAN_DEVICES_MAX, SCAN_RUNS))];
};

/* Files under way at once. A slow device may hold one file while the others scan the files behind it. */
#define SCAN_INPUTS 64u

/* Jobs of a device that may be in flight together. A small file is done long before its result is back at the host, so
 * a device that had one file at a time would wait most of the time. */
#define SCAN_JOBS 16u
_Static_assert(SCAN_JOBS <= CLI_SOURCES, "each job has a source in the reader");

/* A job: units of one file that a device scans. The results of a job count only when all of them are there. So if the
 * device is lost, the results of its unfinished jobs do not count, and other devices do these units.
 *
 * A job is counted or listed. The chunks of a counted job add to the counters of the device, which tell no job from
 * another, so a device has one counted job at a time. Each chunk of a listed job has a list of its matches, from which
 * the host counts them, so a device has several listed jobs at a time. Lists suit small files. */
struct scan_job {
    int busy;
    int listed;                                /* 1: a listed job; 0: a counted job */
    int overflowed;                            /* 1: a list had no room for all matches, so nothing of the job counts */
    struct scan_input *input;                  /* file of the job, or of the last job in this place; NULL: none */
    int source;                                /* number of input->fd in the reader; below 0: the reader has no file */
    struct stk_work_split_run runs[SCAN_RUNS]; /* the last one is read */
    uint32_t run_count;
    uint32_t run_units;        /* units of the runs */
    int run_closed;            /* 1: no other run is claimed before these have ended */
    uint64_t start, next, end; /* bytes of the file: begin of the last run, next read, end of the last run */
    uint32_t waiting;          /* chunks that are queued or in flight */
    int source_ended;          /* 1: a pipe has ended */
    uint64_t datagram;         /* bytes of the datagrams before the present one */
    uint64_t bytes;            /* bytes that the job scanned */
    uint64_t ends;             /* bytes in which a pattern ended */
    uint64_t *visits;          /* visits of each accepting state; NULL: no job had this place yet */
    int err, os_error;         /* why the file failed; STK_OK and 0: it did not */
    uint64_t err_at;           /* byte of the file at which it failed */
    uint64_t eof_at;   /* first byte at which a read found the end before the announced size; UINT64_MAX: none */
    uint64_t data_end; /* offset behind the last byte that was read */
    int wants_matches; /* 1: matches of this job may be printed with their offsets */
    struct matches matches;
};

/* A device of the scan with a stream of its own. Its jobs are fed one after the other, so only the newest one may have
 * chunks that are not queued yet. */
struct scan_device {
    struct scan *scan;
    uint32_t index;
    struct cli_device device;
    struct scan_layout layout;
    struct cli_reader reader;
    struct cli_bound_port timed; /* the stream reads through this */
    struct stk_stream stream;
    struct stk_dispatch_info info; /* at the end of the scan */
    void *arena_memory;
    size_t arena_bytes;
    int lost;                /* 1: the device is given up */
    int warm;                /* 1: the device has ended a job */
    int leaving;             /* 1: the device ends its jobs where they are, and takes no other job */
    uint32_t busy;           /* number of jobs in flight */
    uint32_t counted;        /* how many of them are counted jobs: 0 or 1 */
    uint32_t done_units;     /* units of all jobs that ended; stops at its greatest value */
    uint64_t since_ns;       /* when the bytes of `learnt` began */
    uint64_t learnt;         /* bytes of jobs that ended, from which the speed is not learnt yet */
    uint64_t dropped;        /* bytes of jobs whose results were dropped because a list overflowed */
    uint64_t unfolded;       /* bytes counted on the device since its counters were folded */
    uint32_t next_list;      /* list of the next chunk; there is one for each chunk in flight, used in a cycle */
    struct scan_job *newest; /* job that is fed; NULL: none */
    struct scan_job jobs[SCAN_JOBS];
};

struct scan {
    struct scan_options options;
    struct patterns patterns;
    uint32_t accepting; /* accepting states; a device that opens beside the scan reads this and no pattern */
    struct scan_device *devices;
    uint32_t device_count;
    int is_auto; /* 1: the scan chooses the device */
    struct scan_late late;
    struct stk_device_set fleet; /* abilities and speeds of the devices */
    struct stk_device_set_device fleet_devices[SCAN_DEVICES_MAX];
    struct scan_recording recording; /* with options.record */
    struct scan_file *files;
    uint64_t *visits;      /* per accepting state, of all files that did not fail */
    uint32_t *weights;     /* per accepting state: patterns that end there */
    uint64_t *occurrences; /* per pattern */
    uint64_t total;
    struct matches matches;
    struct scan_stats stats;
    struct cli_bound bound;
    uint32_t image_at;              /* offset of the automaton in each device's tables */
    uint32_t buffer, lead;          /* bytes of a chunk with its lead, and of the lead */
    uint32_t block;                 /* bytes: reads begin and end at multiples of `block` where possible; 1: anywhere */
    uint32_t locate_room;           /* match records in one answer of LOCATE */
    struct scan_layout host_layout; /* layout of the interpreter's payload */
    struct scan_input *inputs;      /* SCAN_INPUTS of them, used in a cycle */
    uint32_t first_input;           /* index of the oldest file under way */
    uint32_t input_count;           /* files under way; their results are taken in the order of the files */
    uint32_t next_file;             /* the next file to open */
    uint64_t bytes_behind;          /* announced bytes of the files that are not open yet */
    uint64_t listed_max;            /* bytes of the greatest file whose matches are counted from lists */
    uint64_t moved_ns;              /* when something moved last, while several devices worked */
    uint32_t best;                  /* index of the most suitable device; it alone takes files that cannot be shared */
    int code;                       /* exit code so far */
    uint64_t *scratch;
    void (*progress)(struct scan *scan); /* NULL: none */
    uint64_t started_ns, drawn_ns;       /* drawn_ns 0: nothing to wipe */
};

/* Checks files, loads patterns, and opens device, reader and stream. Returns 0, or an exit code after
 * printing why. */
int scan_open(struct scan *scan, const struct scan_options *options);

/* Scans every file. Returns CLI_OK, CLI_FAULT when a file failed, or CLI_BAD when the device did. */
int scan_run(struct scan *scan);

void scan_close(struct scan *scan);

/// Finding the files: scan_files.c ///

/* Sets scan->files to the files that the options name, those below folders too, and options.file_count to their number.
 * Names each file that cannot be read on standard error. Returns 0, or CLI_BAD after printing why where none can be
 * read. */
int scan_files_find(struct scan *scan);
void scan_files_free(struct scan *scan);

/// Files under way: scan_inputs.c ///

/* Makes room for the files under way. 0, or CLI_BAD after printing why. */
int scan_inputs_init(struct scan *scan);
void scan_inputs_free(struct scan *scan);

/* Makes a counter of visits for each accepting state, all 0, where *visits is NULL. Counters that are there stay. 0, or
 * CLI_BAD after printing why. */
int scan_visits_init(const struct scan *scan, uint64_t **visits);

/* Returns file under way `i`, the oldest first. */
struct scan_input *scan_input_at(struct scan *scan, uint32_t i);

/* Returns the next file that is to be opened; NULL: there is none. Skips files that have failed already. */
struct scan_file *scan_input_next(struct scan *scan);

/* Opens the next file and puts it behind those under way. Where there is no other file, or none can be opened now, it
 * adds none. A file that cannot be opened is added with its error and without units. 0, or CLI_BAD after
 * printing why. */
int scan_input_open(struct scan *scan);

/* Takes the file of a job that has ended out of the device's reader. 0, or CLI_BAD after printing why. */
int scan_input_leave(struct scan_device *device, struct scan_job *job);

/* Ends the oldest files under way as long as all their units are done: their results become part of the scan's. 0, or
 * CLI_BAD after printing why. */
int scan_inputs_end(struct scan *scan);

/* The first function says that the device takes no more units, and gives back the units that the device holds. The
 * second one says that the device takes units again. Both are for all files under way. */
void scan_leave_units(struct scan_device *device);
void scan_rejoin_units(struct scan_device *device);

/// Devices: scan_device.c ///

/* Returns how many chunks of a scan are in flight on a device with so many workers, where no option says it. */
uint32_t scan_depth_of(uint32_t workers);

/* Lays the payload of a device with `workers` workers out: as many chunks in flight as the options say, or as suit the
 * workers and fit. */
void scan_lay_out(const struct scan *scan, uint32_t workers, struct scan_layout *layout);

/* Lays the payload out for the OpenCL device that is about to open; `ctx` is its struct scan_device. */
void scan_device_fit(void *ctx, const struct stk_opencl_device *device, struct stk_opencl_config *config);

/* Opens the devices of the options. Returns 0, or CLI_BAD after printing why. */
int scan_devices_open(struct scan *scan, const struct cli_device_wish *wish);
void scan_devices_close(struct scan *scan);

/* Makes the device ready to scan: its table, reader and stream. Returns 0, or CLI_BAD after printing why. */
int scan_device_prepare(struct scan_device *device);

/// Device that joins later: scan_late.c ///

/* Without --device, a scan begins on the interpreter at once. A device that is no CPU is opened beside the scan where
 * what is left takes long enough, and takes over. The device that leaves gives the rest of its run back. */

/* Decides whether a device may join. `wish` is what scan_devices_open was given. */
void scan_late_init(struct scan *scan, const struct cli_device_wish *wish);

/* Returns true if the scan chooses the device: --device, and what only an OpenCL device has, are not given. */
bool scan_is_auto(const struct scan_options *options);

/* Looks whether a device should be opened, join or leave. Called between two steps of the scan. */
void scan_late_look(struct scan *scan);

/* Lets the devices work again that had left, when another device is lost. Returns true if there is such a device. */
bool scan_late_return(struct scan_device *lost);

/* Ends the choice of devices, when the scan is over. Returns true if a thread still opens the device: it goes on until
 * the process ends, and uses the device's entry. */
bool scan_late_close(struct scan *scan);

/* Returns the note of the device's reader; an empty text where the first device's note is the same. */
const char *scan_reader_note(const struct scan_device *device);

/* Goes on without a device whose stream failed with `err`. Returns 0, or CLI_BAD after printing why when that cannot
 * be. */
int scan_device_lose(struct scan_device *device, int err);

/* Returns the bytes that the device scanned, without those of dropped results. */
uint64_t scan_device_bytes(const struct scan_device *device);

/* Writes the line for a device or a recording that failed. Returns CLI_BAD. */
int scan_device_failed(const struct scan_device *device, int err);

/// A job on a device: scan_chunks.c ///

/* Takes a result of a chunk. Is the callback of the stream; its ctx is the scan_device. */
int scan_on_result(void *ctx, const struct stk_stream_result *result, struct stk_stream_next *next);

/* Begins the newest job of the device with its first run, job->runs[0]. Returns 0, or CLI_BAD after printing why. */
int scan_job_begin(struct scan_device *device);

/* Goes on with the last of job->runs, which was claimed while those before are in flight. */
void scan_job_extend(struct scan_device *device, struct scan_job *job);

/* Sets the end of the last run again, for a device that was to leave and goes on. */
void scan_job_restore(struct scan_device *device, struct scan_job *job);

/* Returns 1 if a part of the job is still to be read. */
int scan_job_more(const struct scan_job *job);

/* Queues as many chunks of the job as there is room for. Returns how many, or a negative enum stk_err. */
int scan_job_feed(struct scan_device *device, struct scan_job *job);

/* Takes results, and waits at most wait_ns for one. Returns a number above 0 when something moved, 0 when nothing did,
 * or a negative enum stk_err. */
int scan_device_poll(struct scan_device *device, uint64_t wait_ns);

/* Takes the counts of a job whose chunks have all come back, into job->visits. */
void scan_job_end(struct scan_device *device, struct scan_job *job);

/// Recording: scan_record.c ///

/* Notes which files the scan writes. Returns 0, or CLI_BAD after printing why. */
int scan_record_name(struct scan *scan);

/* Checks that log and tables may be written, and locks the files that are there; changes nothing. Returns 0, or CLI_BAD
 * after printing why. */
int scan_record_check(struct scan *scan);

/* Makes the log and the file of the tables, and begins the recording: tables and device are there, nothing is published
 * yet. Returns 0, or CLI_BAD after printing why. */
int scan_record_open(struct scan *scan);

/* Gives log and tables their names, in place of those of an older recording. Call it when everything that the scan
 * needs is ready: a run that ends before leaves the older recording. Returns 0, or CLI_BAD after printing why. */
int scan_record_publish(struct scan *scan);

/* Returns the first error that the recorder met, a negative enum stk_err; STK_OK: there is none, or no recording. */
int scan_record_error(const struct scan *scan);

/* Ends the epoch of a file that was scanned. Returns a negative enum stk_err on error. */
int scan_record_file(struct scan *scan, uint32_t file);

/* Writes the line for an error of the log or of the file below it. Returns CLI_BAD. */
int scan_record_failed(struct scan *scan, int err);

/* Ends the recording, after the stream was closed. Writes a note when the log holds only the end of the scan. */
void scan_record_close(struct scan *scan);

/* Writes the results to stdout and the statistics to stderr (or both as JSON to stdout). Returns 0, or CLI_BAD after
 * printing why. */
int scan_report(struct scan *scan);
int scan_report_json(struct scan *scan);

/* Draws a progress bar on stderr, once the scan has taken a second. */
void scan_progress(struct scan *scan);
void scan_progress_end(struct scan *scan);

#endif
