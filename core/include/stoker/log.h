/* stoker: the flash log.
 *
 * A circular log of erase blocks that takes cells of 64 bytes, never programs a unit twice and erases each block once a
 * lap. It survives a power cut at any byte of any program or erase: every cell appended before the last sync that
 * returned is there afterwards, in order, and no cell is invented. POWER-CUTS.md says what holds on which medium,
 * SPEC.md section 6 has the bits, DESIGN.md the reasons.
 *
 * A cell carries 48 bytes and a kind that the log does not read. Replay records (the struct below) are one use of
 * cells, the artifacts of store.h are another. A flash holds cells of one use only.
 *
 * At start-up a program mounts the log. STK_E_FORMAT says that the flash has no log. Then the program formats the
 * flash:
 *
 *     err = stk_log_mount(&log, &config);
 *     err = err == STK_E_FORMAT ? stk_log_format(&log, &config, id, 0) : err;
 *     err = err < 0 ? err : stk_log_append(&log, &record);
 *     err = err < 0 ? err : stk_log_sync(&log); // now the record survives a power cut
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

#define STK_LOG_CELL_BYTES 64u /* of a cell, and of a block's header, on the medium */
#define STK_LOG_BODY_BYTES 48u /* of a cell that its writer fills */
#define STK_LOG_ARGS       4u

/* recorder.h says what the recorder puts into each. */
enum stk_log_kind {
    STK_LOG_PUBLISH =
        /* a slot was published; `error` is its priority, STK_WIRE_PRIORITY_*. Every v1 record without evidence is one
         * */
        0,
    STK_LOG_FAILURE = 1, /* a slot failed: status, failure, error and digest say how */
    STK_LOG_MORE = 2,    /* more arguments of the PUBLISH before it; `error` is the index of the first */
    STK_LOG_INPUT = 3,   /* bytes went into the payload */
    STK_LOG_EPOCH = 4,   /* an epoch ended; `digest` is that of the observables */
    STK_LOG_START = 5,   /* what is recorded from here on began with a fresh instance */
    STK_LOG_RESULT = 6   /* a slot ended without a failure; its arguments are the results of the slot */
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
    uint32_t sequence; /* set by the log: free-running; each mount leaves some numbers out. v1: place in the file */
    uint32_t boot;     /* set by the log: of the boots that wrote to it, 1 the first, that of the format. v1: 0 */
    uint32_t resumed;  /* set by the log: 1 for the first since a mount; numbers before it may never have been given */
    uint32_t kind;     /* enum stk_log_kind; at most 7 */
    uint32_t status;   /* of the slot; at most 255 on flash */
    uint32_t failure;  /* enum stk_log_failure; at most 15 on flash */
    int32_t error;     /* of the backend, or as the kind says; -32768 .. 32767 on flash */
    uint64_t digest;   /* 0: not told */
};

/* A cell as a walk returns it. */
struct stk_log_cell {
    uint32_t kind;     /* its writer's */
    uint32_t sequence; /* set by the log: free-running, compared by difference */
    uint32_t boot;     /* set by the log: 1 .. 0x7FFFFFFE; of the boots that wrote to it, 1 the first */
    uint32_t resumed;  /* set by the log: 1 for the first since a mount; numbers before it may never have been given */
    uint8_t body[STK_LOG_BODY_BYTES];
};

/// Log ///

struct stk_log_config {
    struct stk_flash_port flash; /* mandatory */
    void *
        /* mandatory; the log's until it is dropped. Any alignment that the port takes: pages are programmed from the
         * start of the buffer, and read to it */
        buffer;
    uint32_t buffer_bytes; /* at least STK_LOG_BUFFER_BYTES(read_unit, prog_unit) */
};

#define STK_LOG_LARGER_(a, b) ((a) > (b) ? (uint32_t)(a) : (uint32_t)(b))

/* Bytes of a page: the smallest number of whole program units that holds a cell. */
#define STK_LOG_PAGE_BYTES(prog_unit)                                                                                  \
    ((STK_LOG_CELL_BYTES + (uint32_t)(prog_unit)-1u) / (uint32_t)(prog_unit) * (uint32_t)(prog_unit))

/* What a log needs as buffer: a cell, and a page or a larger read unit. */
#define STK_LOG_BUFFER_BYTES(read_unit, prog_unit)                                                                     \
    (STK_LOG_CELL_BYTES + STK_LOG_LARGER_(read_unit, STK_LOG_PAGE_BYTES(prog_unit)))
uint32_t stk_log_buffer_bytes(const struct stk_flash_geometry *geometry);

/* Blocks that fail are passed over; so many in a row, and as many more as the log has met before or format has found,
 * do no harm. A flash of STK_LOG_REACH + 2 blocks or fewer may lose all blocks but two. */
#define STK_LOG_REACH 64u

/* Records that are surely kept, whatever the state of the lap: those of all blocks but the one in use and the one
 * erased ahead of it. Each block that fails takes a block's worth of them; the newest record is kept while two blocks
 * are good. A sync of a page that is not full costs the rest of the page; a mount that is followed by appends costs
 * two pages, or the rest of the block where flash is STK_FLASH_ONCE or lazy, or the block behind the one in use where
 * that one was full. 0 for a geometry that a log cannot use. */
uint64_t stk_log_capacity(const struct stk_flash_geometry *geometry);

struct stk_log_stats {
    uint32_t programs;    /* program operations since mount, of a page each, headers and markers among them */
    uint32_t erases;      /* since mount */
    uint32_t records;     /* appended since mount */
    uint32_t failed;      /* programs and erases that failed since mount; each costs its block until the next lap */
    uint32_t recovered;   /* pages that a power cut may have left unsure and that were marked since mount */
    uint32_t mount_reads; /* read operations that mount or format took */
    uint32_t page_bytes;  /* of each program */
};

/* Visible for sizeof only. Small members and those of which the code is full are first, where short instructions reach
 * them. */
struct stk_log {
    struct stk_flash_geometry geometry;
    uint8_t ready;    /* how far `ahead` is made ready: 0 not at all, 1 erased, 2 with its header, 3 ready for use */
    uint8_t resumed;  /* the next record is the first since mount */
    uint8_t prepared; /* blocks made ready since mount behind one with a record, up to 2 */
    struct stk_log_config config;
    struct stk_log_stats stats;
    uint32_t page_cells;   /* of a page, which has stats.page_bytes */
    uint32_t read_granule; /* bytes of the smallest read: whole pages and whole read units */
    uint32_t block_cells;  /* of a block, the header's among them */
    uint32_t block;        /* in use */
    uint32_t lap;          /* of it */
    uint32_t cell;         /* of the block in use, where the next page begins; block_cells when it is full or left */
    uint32_t unsure;       /* cells of the block in use below which pages are to be marked */
    uint32_t ahead;        /* the block to use next; while `ready` is 0 the one behind which to look for it */
    uint32_t last;         /* the block with the newest record, which is never erased for the next one */
    uint32_t pending;      /* records in the buffer that are not on the flash yet */
    uint32_t sequence;     /* of the next record */
    uint32_t boot;         /* of the next record */
    uint32_t id;           /* goes into every checksum */
    uint32_t format;       /* how often the flash was formatted, as far as known; 0 while mount knows no header */
    uint32_t reach;        /* the longest run of blocks that were passed over */
    uint32_t failures;     /* programs in a row that failed */
    uint32_t unsynced;     /* blocks made ready since the medium was synced */
    uint32_t blocks;       /* of the log, as its newest header says */
    int refused;           /* error of a read that was wrong, 0 for none */
};

/* Erases every block and begins an empty log, which is mounted afterwards. `id` should differ from that of a log that
 * was on the flash before (a random number, the time); `sequence` is that of the first record, 0 unless it continues
 * another log. Blocks that cannot be erased are passed over, and the log notes how many there are in a row; what they
 * hold of an older log is never taken for this one's. A format that a power cut ends is begun again: until it has
 * returned, mount may find the old log's rest or none. Whatever *log was before, it is not mounted when this fails.
 * STK_E_ARG a member of config is missing or the geometry breaks its rules: the read unit must divide the page, or
 * the page the read unit; STK_E_SPACE the buffer is smaller than stk_log_buffer_bytes; STK_E_OVERFLOW fewer than 3
 * blocks (4 where a page holds two cells) or 2 cells in a block, or more than 2^28 cells; STK_E_IO no block could be
 * used; any other error of the port, which refused a call. */
STK_MUST_CHECK int stk_log_format(struct stk_log *log, const struct stk_log_config *config, uint32_t id,
                                  uint32_t sequence);

/* Finds the log on the flash and its end; writes nothing. The first append makes the end sure. The search for the
 * newest block reads log2(blocks) headers, one in each of the STK_LOG_REACH + 1 blocks behind (and as many more as
 * have ever failed in a row), and in all 2 * blocks pages, or up to 3 * blocks where most blocks are bad; then it
 * looks for the last record in the newest block, and in the one before that has records: log2(pages of a block) pages
 * each, and those behind the record. A read that fails is tried once more. A page that cannot be read then is no
 * record, and is not blank either; blocks whose records cannot be read right behind the newest one are passed over
 * until the next mount. STK_E_FORMAT no log, or one of another geometry (of fewer blocks: stk_log_grow); STK_E_IO no
 * log was found, and a read failed; else as stk_log_format. */
STK_MUST_CHECK int stk_log_mount(struct stk_log *log, const struct stk_log_config *config);

/* Mounts as stk_log_mount a log that was made when the flash had fewer blocks, all of which it has still, and lets
 * the log use the blocks behind. What those hold is erased. Takes the next block, as the first record behind a full
 * block does, programs its header and syncs; a power cut leaves the log as it was, or grown. A log that has the
 * blocks of the geometry is just mounted: so call this at each start in place of stk_log_mount until a record was
 * synced after the growth, for a cut before that may undo the growth, and stk_log_mount then says STK_E_FORMAT.
 * Errors as stk_log_mount and stk_log_sync. */
STK_MUST_CHECK int stk_log_grow(struct stk_log *log, const struct stk_log_config *config);

/* Appends a cell with a copy of the 48 bytes of `body`. Units up to 64 bytes: one program, and the cell is on the
 * flash when this returns. Larger units: cells wait in the buffer until a page is full or the next sync. When a block
 * is full and stk_log_poll did not make the next one ready, this erases the next one first. The first append after a
 * mount may have to mark pages, or to erase a block: see stk_log_settle. A block that fails is passed over and its
 * page goes to the next. A power cut may keep the cell. STK_E_IO no block could be used: the cell is not in the log,
 * or a walk finds it although the call failed; those that wait in the buffer stay there and go out with the next call
 * that finds a block; STK_E_SHUTDOWN the log is not mounted; any other error of the port, which refused a call
 * (STK_E_ALIGN: the buffer): as with STK_E_IO. */
STK_MUST_CHECK int stk_log_append_cell(struct stk_log *log, uint32_t kind, const void *body);

/* Appends `count` records as cells, one after the other; their sequences and boots are the log's, whatever they hold.
 * Returns count; STK_E_RANGE a field passes what the format holds: nothing changed; else as stk_log_append_cell, and
 * stats.records tells how many went in. */
STK_MUST_CHECK int stk_log_append_batch(struct stk_log *log, const struct stk_log_record *records, uint32_t count);

/* Appends one record. 0, or the errors of stk_log_append_batch. */
STK_MUST_CHECK static inline int stk_log_append(struct stk_log *log, const struct stk_log_record *record) {
    int count = stk_log_append_batch(log, record, 1);
    return count < 0 ? count : STK_OK;
}

/* Programs what waits in the buffer, padded to a page, and waits for the medium. When it returns 0, every record
 * appended since mount survives a power cut, as do those that were synced before it; one that mount found although a
 * power cut had ended its program may still fade. STK_E_IO; STK_E_SHUTDOWN; an error of the port that refused a
 * call. */
STK_MUST_CHECK int stk_log_sync(struct stk_log *log);

/* Erases the next block ahead of need, and syncs the medium first. Call it when there is time: once per block's worth
 * of records is enough for appends that never erase, once the boot has appended as many. After a mount it does
 * nothing until the boot has appended two records more than the block in use has room for, so that a device which
 * restarts again and again does not wear its flash. Returns 1 when it did something, 0 when there was nothing to do;
 * else as stk_log_sync. */
STK_MUST_CHECK int stk_log_poll(struct stk_log *log);

/* Makes the log ready for its next append: after a mount that takes up to two programs (STK_FLASH_MANY and
 * STK_FLASH_INVERT), and an erase and a header where the block in use cannot be used further. Call it in a boot that
 * will append, before the append that must not wait. Errors as stk_log_sync. */
STK_MUST_CHECK int stk_log_settle(struct stk_log *log);

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
    uint32_t of_flash; /* 1: source is a struct stk_log */
    uint32_t begun;
    uint32_t block, offset; /* whose bytes come after those in the buffer; v1: record and bytes of the file */
    uint32_t seed;          /* of the checksums in that block */
    uint32_t use;           /* what the header of that block tells */
    uint32_t floor;         /* no record in that block has a number before this one */
    uint32_t span;          /* nor one that is not less than so many behind it */
    uint32_t span_boot;     /* but for records of later boots than this one */
    uint32_t left;          /* blocks after this one; v1: records */
    uint32_t at, filled;    /* bytes of the buffer: taken, valid */
    uint32_t expected;      /* sequence of the next record */
    uint32_t erases;        /* of the log when the walk began */
    uint32_t bad;           /* damaged cells since the last record */
    uint32_t records;       /* returned so far */
    uint32_t corrupt; /* sequence numbers that are missing between those returned, other than right before a mount */
    uint32_t torn; /* damaged cells beyond those: writes that a power cut ended, and the markers that recovery left */
    /* Cells that the medium did not give back; they count as damaged too. After a seek: those between the beginning of
     * the last block that begins before the target and the record found. */
    uint32_t unreadable;
    uint32_t reads; /* read operations since the walk was started */
};

/* Next record, oldest first. Returns 1 and fills *record, 0 at the end. Damaged records are skipped and counted in
 * the iterator. STK_E_STALE the log erased a block since the walk began: begin a new walk and seek to the sequence
 * wanted; an error of the port that refused a read; v1: STK_E_CORRUPT a record with a wrong magic, STK_E_SHORT the
 * file ends early, STK_E_IO. */
STK_MUST_CHECK int stk_log_next(struct stk_log_iter *iter, struct stk_log_record *record);

/* The same for cells, in a walk that stk_log_walk or stk_log_iterate started. */
STK_MUST_CHECK int stk_log_next_cell(struct stk_log_iter *iter, struct stk_log_cell *cell);

/* Fills *record from a cell. The cell is a replay record when bit 3 of its kind is clear. Of any other cell only
 * sequence, boot and resumed are meaningful. */
void stk_log_get_record(const struct stk_log_cell *cell, struct stk_log_record *record);

/* Starts a walk over records at the oldest one. `buffer` is the iterator's until it is dropped, at least
 * stk_log_buffer_bytes; the larger it is the fewer reads. Records that wait in the log's own buffer are not seen.
 * STK_E_ARG; STK_E_SPACE; STK_E_SHUTDOWN. */
STK_MUST_CHECK int stk_log_iterate(const struct stk_log *log, struct stk_log_iter *iter, void *buffer,
                                   uint32_t buffer_bytes);

/* The same over cells: only stk_log_next_cell and stk_log_prev_cell may follow, and the calls that place the walk. */
STK_MUST_CHECK int stk_log_walk(const struct stk_log *log, struct stk_log_iter *iter, void *buffer,
                                uint32_t buffer_bytes);

/// Placing a walk; the iterator's counters begin anew. STK_E_UNSUPPORTED over a v1 file; else as stk_log_next ///

/* Moves the walk to the first record whose sequence is `sequence` or comes after it (by difference modulo 2^32), or
 * to the end when there is none, in O(log blocks + cells of a block) reads. */
STK_MUST_CHECK int stk_log_seek_sequence(struct stk_log_iter *iter, uint32_t sequence);

/* The same to the first record of `boot`, or of the first boot after it that has one. */
STK_MUST_CHECK int stk_log_seek_boot(struct stk_log_iter *iter, uint32_t boot);

/* The same to the first record of `boot` at or after `timestamp_ns`, or to the first record of a later boot. Of
 * records (not of other cells), where the clock does not go back within a boot. */
STK_MUST_CHECK int stk_log_seek_boot_time(struct stk_log_iter *iter, uint32_t boot, uint64_t timestamp_ns);

/* The same to the first record in the log, whatever its boot, at or after `timestamp_ns`. The clock may begin anew at
 * each boot: the call looks at one boot after the other, with O(log blocks) reads each. Where the clock went back
 * within a boot, it finds some record at or after the time whenever there is one; when the boots show none, it reads
 * the whole log. */
STK_MUST_CHECK int stk_log_seek_time(struct stk_log_iter *iter, uint64_t timestamp_ns);

/* Moves the walk behind the newest record. */
STK_MUST_CHECK int stk_log_seek_end(struct stk_log_iter *iter);

/* Moves the walk before the newest `records` records, or before all when there are fewer. */
STK_MUST_CHECK int stk_log_seek_last(struct stk_log_iter *iter, uint32_t records);

/* Reads the whole log and sets *records to how many it holds; the walk is at the end then. */
STK_MUST_CHECK int stk_log_count(struct stk_log_iter *iter, uint32_t *records);

/// Walking backwards ///

/* The record before the place of the walk, which lies between two records: after a next, prev returns the same record
 * again. Returns 1 and fills *record, 0 at the begin. Only `unreadable` is counted. Errors as stk_log_next;
 * STK_E_UNSUPPORTED over a v1 file. */
STK_MUST_CHECK int stk_log_prev(struct stk_log_iter *iter, struct stk_log_record *record);

/* The same for cells. */
STK_MUST_CHECK int stk_log_prev_cell(struct stk_log_iter *iter, struct stk_log_cell *cell);

#ifdef __cplusplus
}
#endif
#endif
