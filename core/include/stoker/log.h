/* stoker: the flash replay log.
 *
 * A ring of erase blocks that takes 64-byte records, never programs a unit twice and erases each block once a lap. It
 * survives a power cut at any byte of any program or erase: every record appended before the last sync that returned is
 * there afterwards, in order, and no record is invented. SPEC.md section 5 has the bits, DESIGN.md the reasons.
 *
 * A log is a plain state machine over a flash port: no clock, no lock, no allocation. One thread uses it.
 */
#ifndef STOKER_LOG_H
#define STOKER_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "stoker/err.h"
#include "stoker/port/flash.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Records ///

#define STK_LOG_CELL_BYTES 64u /* of a record, and of a block's header, on the medium */
#define STK_LOG_ARGS       4u

/* recorder.h says what the recorder puts into each. */
enum stk_log_kind {
    STK_LOG_PUBLISH = 0, /* a slot was published; `error` is its priority. Every v1 record without evidence is one */
    STK_LOG_FAILURE = 1, /* a slot failed: status, failure, error and digest say how */
    STK_LOG_MORE = 2,    /* more arguments of the PUBLISH before it; `error` is the index of the first */
    STK_LOG_INPUT = 3,   /* bytes went into the payload */
    STK_LOG_EPOCH = 4,   /* an epoch ended; `digest` is that of the observables */
    STK_LOG_START = 5    /* what is recorded from here on began with a fresh instance */
};

enum stk_log_failure {
    STK_FAILURE_NONE = 0,
    STK_FAILURE_DEVICE_LOSS = 1,
    STK_FAILURE_TRANSIENT_QUEUE = 2,
    STK_FAILURE_PROGRAM_BUG = 3,
    STK_FAILURE_UNCLASSIFIED = 4
};

struct stk_log_record {
    uint64_t timestamp_ns; /* of any clock; v1 has nanoseconds since 1970 */
    uint32_t slot, tenant, opcode;
    uint32_t args[STK_LOG_ARGS];
    uint32_t epoch;
    uint32_t sequence; /* set by the log: free-running. v1: place in the file */
    uint32_t resumed;  /* set by the log: 1 for the first since a mount; numbers before it may never have been given */
    uint32_t kind;     /* enum stk_log_kind; at most 7 */
    uint32_t status;   /* of the slot; at most 255 on flash */
    uint32_t failure;  /* enum stk_log_failure; at most 15 on flash */
    int32_t error;     /* of the backend, or as the kind says; -32768 .. 32767 on flash */
    uint64_t digest;   /* 0: not told */
};

/// Log ///

struct stk_log_config {
    const struct stk_flash_ops *flash; /* mandatory */
    void *flash_ctx;
    void *buffer;          /* mandatory; the log's until it is dropped. Any alignment */
    uint32_t buffer_bytes; /* at least STK_LOG_BUFFER_BYTES(read_unit, prog_unit) */
};

/* What a log needs as buffer: a cell, and a page, which is 64 bytes or a larger unit. */
#define STK_LOG_UNIT_(a, b) ((a) > (b) ? (uint32_t)(a) : (uint32_t)(b))
#define STK_LOG_BUFFER_BYTES(read_unit, prog_unit)                                                                     \
    (STK_LOG_CELL_BYTES + STK_LOG_UNIT_(STK_LOG_CELL_BYTES, STK_LOG_UNIT_(read_unit, prog_unit)))
uint32_t stk_log_buffer_bytes(const struct stk_flash_geometry *geometry);

/* Records that are surely kept, whatever the state of the lap: those of all blocks but the one in use and the one
 * erased ahead of it. Each block that fails takes a block's worth of them; the newest record is kept while two blocks
 * are good. A sync of a page that is not full costs the rest of the page; a mount that is followed by
 * appends costs two pages, or the rest of the block where flash is STK_FLASH_ONCE or lazy. 0 for a geometry that a log
 * cannot use. */
uint64_t stk_log_capacity(const struct stk_flash_geometry *geometry);

struct stk_log_stats {
    uint32_t programs;    /* program operations since mount, of a page each, headers and markers among them */
    uint32_t erases;      /* since mount */
    uint32_t records;     /* appended since mount */
    uint32_t failed;      /* programs and erases that failed since mount; each costs its block until the next lap */
    uint32_t recovered;   /* pages that a power cut may have left unsure and that were marked since mount */
    uint32_t mount_reads; /* read operations that mount took */
    uint32_t page_bytes;  /* of each program */
};

/* Visible for sizeof only. */
struct stk_log {
    struct stk_flash_geometry geometry;
    uint8_t ready;   /* `ahead` is erased (and has its header, where that is a page of its own) */
    uint8_t found;   /* what `unsure` will be in `ahead`: above 0 where mount found that, 0 where it was erased since */
    uint8_t resumed; /* the next record is the first since mount */
    uint32_t cell;   /* of the block in use, where the next page begins; cells per block when it is full */
    uint32_t page_cells;  /* cells that are programmed as one */
    uint32_t block_cells; /* of a block, the header's among them */
    uint32_t block;       /* in use */
    uint32_t lap;         /* of it */
    uint32_t ahead;       /* the block to use next, once `ready` */
    uint32_t pending;     /* records in the buffer that are not on the flash yet */
    uint32_t
        unsure; /* cells of the block in use below which a page may have been begun without leaving a trace, or is its header */
    uint32_t sequence; /* of the next record */
    uint32_t id;       /* seeds every checksum */
    struct stk_log_config config;
    struct stk_log_stats stats;
};

/* Erases every block and begins an empty log, which is mounted afterwards. `id` should differ from that of a log that
 * was on the flash before (a random number, the time); `sequence` is that of the first record, 0 unless it continues
 * another log. A format that a power cut ends is begun again: until it has returned, mount may find the old log's
 * rest or none. Whatever *log was before, it is not mounted when this fails. STK_E_ARG a member of config is missing
 * or the geometry breaks its rules; STK_E_SPACE the buffer is smaller than stk_log_buffer_bytes; STK_E_OVERFLOW fewer
 * than 3 blocks (4 where the program unit is above 64) or 2 cells in a block, or 2^31 cells and more; STK_E_IO no
 * block could be used. */
STK_MUST_CHECK int stk_log_format(struct stk_log *log, const struct stk_log_config *config, uint32_t id,
                                  uint32_t sequence);

/* Finds the log on the flash and its end, in O(log blocks) reads; writes nothing. Call stk_log_poll next, which makes
 * the end sure; else the first append does. STK_E_FORMAT no log, or one of another geometry; else as stk_log_format. */
STK_MUST_CHECK int stk_log_mount(struct stk_log *log, const struct stk_log_config *config);

/* Appends `count` records; their sequences are the log's, whatever they hold. Units up to 64 bytes: one program each,
 * and a record is on the flash when this returns. Larger units: records wait in the buffer until a page is full or
 * the next sync. When a block is full and stk_log_poll did not make the next one ready, this erases it first. A block
 * that fails is passed over and its page goes to the next. A power cut may keep the first few records. Returns count;
 * STK_E_RANGE a field passes what the format holds: nothing changed; STK_E_IO four blocks in a row failed: that
 * record and those after it are not in the log (stats.records tells how many went in), those that wait in the buffer
 * stay there and go out with the next append or sync that finds a block; STK_E_SHUTDOWN the log is not mounted. */
STK_MUST_CHECK int stk_log_append_batch(struct stk_log *log, const struct stk_log_record *records, uint32_t count);

/* Appends one record. 0, or the errors of stk_log_append_batch. */
STK_MUST_CHECK static inline int stk_log_append(struct stk_log *log, const struct stk_log_record *record) {
    int count = stk_log_append_batch(log, record, 1);
    return count < 0 ? count : STK_OK;
}

/* Programs what waits in the buffer, padded to a page, and waits for the medium. When it returns 0, every record
 * appended since mount survives a power cut, as do those that were synced before it; one that mount found although a
 * power cut had ended its program may still fade. On a lazy medium sync or poll at least once a lap, or a cut may leave
 * no log at all. STK_E_IO; STK_E_SHUTDOWN. */
STK_MUST_CHECK int stk_log_sync(struct stk_log *log);

/* Makes the end sure after a mount, and erases the next block ahead of need, once the block in use took a record, which
 * it syncs first. Call it when there is time: once per block's worth of records is enough for appends that never erase;
 * the first block after a mount has room for fewer. Returns 1 when it did something, 0 when there was nothing to do;
 * STK_E_IO; STK_E_SHUTDOWN. */
STK_MUST_CHECK int stk_log_poll(struct stk_log *log);

/* Copies the counters out. */
void stk_log_stats(const struct stk_log *log, struct stk_log_stats *stats);

/* What the header of a block tells. */
struct stk_log_block {
    uint32_t lap; /* how often the block was erased for this log, recoveries aside; 1 after format */
    uint32_t
        sequence; /* of the record that was to be next when the header was written: at most that of its first record */
};

/* Reads the header of `block` into `buffer`, which is as large as an iterator's. STK_E_RANGE; STK_E_FORMAT it has
 * none, or a damaged one; STK_E_IO; STK_E_SPACE. */
STK_MUST_CHECK int stk_log_block(const struct stk_log *log, uint32_t block, void *buffer, uint32_t buffer_bytes,
                                 struct stk_log_block *out);

/// Reading ///

/* Walks records, oldest first; the same for every format. */
struct stk_log_iter {
    int (*next)(struct stk_log_iter *iter,
                struct stk_log_record *record); /* of the format; private, as all up to `records` */
    const void *source;
    uint8_t *buffer;
    uint32_t buffer_bytes;
    uint32_t begun;
    uint32_t block, offset; /* whose bytes come after those in the buffer; v1: record and bytes of the file */
    uint32_t left;          /* blocks after this one; v1: records */
    uint32_t at, filled;    /* bytes of the buffer: taken, valid */
    uint32_t expected;      /* sequence of the next record */
    uint32_t erases;        /* of the log when the walk began */
    uint32_t bad;           /* damaged cells since the last record */
    uint32_t records;       /* returned so far */
    uint32_t corrupt; /* sequence numbers that are missing between those returned, other than right before a mount */
    uint32_t torn; /* damaged cells beyond those: writes that a power cut ended, and the markers that recovery left */
};

/* Next record, oldest first. Returns 1 and fills *record, 0 at the end. Damaged records are skipped and counted in
 * the iterator. STK_E_AGAIN the log erased a block since the walk began: seek to the sequence wanted; v1:
 * STK_E_CORRUPT a record with a wrong magic, STK_E_SHORT the file ends early, STK_E_IO. */
STK_MUST_CHECK int stk_log_next(struct stk_log_iter *iter, struct stk_log_record *record);

/* Starts a walk at the oldest record. `buffer` is the iterator's until it is dropped, at least stk_log_buffer_bytes;
 * the larger it is the fewer reads. Records that wait in the log's own buffer are not seen. STK_E_ARG; STK_E_SPACE;
 * STK_E_SHUTDOWN. */
STK_MUST_CHECK int stk_log_iterate(const struct stk_log *log, struct stk_log_iter *iter, void *buffer,
                                   uint32_t buffer_bytes);

/* Moves the walk to the first record whose sequence is `sequence` or comes after it (by difference modulo 2^32), or
 * to the end when there is none, in O(log blocks + log cells of a block) reads; the iterator's counters begin anew.
 * STK_E_AGAIN as stk_log_next; STK_E_UNSUPPORTED the walk is over a v1 file. */
STK_MUST_CHECK int stk_log_seek_sequence(struct stk_log_iter *iter, uint32_t sequence);

/* The same to the first record at or after `timestamp_ns`, for logs whose times never go back; in others, to some
 * record at or after it. */
STK_MUST_CHECK int stk_log_seek_time(struct stk_log_iter *iter, uint64_t timestamp_ns);

#ifdef __cplusplus
}
#endif
#endif
