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

#define STK_LOG_CELL_BYTES 64u /* bytes of a cell, and of the header of a block, on the medium */
#define STK_LOG_BODY_BYTES 48u /* bytes of a cell that the writer of the cell fills */
#define STK_LOG_ARGS       4u  /* arguments in one replay record */

/* The kind of a replay record. SPEC.md, 8.1, has the fields of each kind. */
enum stk_log_kind {
    /* A slot was published; `error` is its priority, STK_WIRE_PRIORITY_*. Every v1 record without evidence has this
     * kind. */
    STK_LOG_PUBLISH = 0,
    STK_LOG_FAILURE = 1, /* a slot failed; status, failure, error and digest have the evidence */
    STK_LOG_MORE = 2,    /* more arguments of the PUBLISH before; `error` is the index of the first one here */
    STK_LOG_INPUT = 3,   /* bytes were written to the payload */
    STK_LOG_EPOCH = 4,   /* an epoch ended; `digest` is the digest of the observables */
    STK_LOG_START = 5,   /* a recording begins here, with a fresh device */
    STK_LOG_RESULT = 6   /* a slot ended without a failure; the arguments are the results of the slot */
};

/* Why a slot failed, as the caller of the recorder gave it. */
enum stk_log_failure {
    STK_FAILURE_NONE = 0,
    STK_FAILURE_DEVICE_LOSS = 1,
    STK_FAILURE_TRANSIENT_QUEUE = 2,
    STK_FAILURE_PROGRAM_BUG = 3,
    STK_FAILURE_UNCLASSIFIED = 4
};

/* A replay record. The caller of an append sets every field but sequence, boot and resumed, which the log sets. */
struct stk_log_record {
    uint64_t timestamp_ns; /* nanoseconds of any clock that the writer picks; v1: nanoseconds since 1970 */
    uint32_t slot, tenant, opcode;
    uint32_t args[STK_LOG_ARGS];
    uint32_t epoch;
    uint32_t sequence; /* free-running number of the record; each mount skips some numbers. v1: place in the file */
    uint32_t boot;     /* number of the boot that wrote the record; the boot of the format is 1. v1: 0 */
    uint32_t resumed;  /* 1: the first record since a mount, so the numbers right before may never have been given */
    uint32_t kind;     /* enum stk_log_kind; at most 7 */
    uint32_t status;   /* status of the slot; at most 255 on flash */
    uint32_t failure;  /* enum stk_log_failure; at most 15 on flash */
    int32_t error;     /* error code of the backend, or as the kind says; -32768 .. 32767 on flash */
    uint64_t digest;   /* digest of the evidence or of the observables; 0: none */
};

/* A cell that a walk returns. The log sets sequence, boot and resumed. */
struct stk_log_cell {
    uint32_t kind;     /* any number that the writer of the cell picked */
    uint32_t sequence; /* free-running number of the cell, compared by difference modulo 2^32 */
    uint32_t boot;     /* number of the boot that wrote the cell, 1 .. 0x7FFFFFFE; the boot of the format is 1 */
    uint32_t resumed;  /* 1: the first cell since a mount, so the numbers right before may never have been given */
    uint8_t body[STK_LOG_BODY_BYTES];
};

/// Log ///

struct stk_log_config {
    struct stk_flash_port flash; /* the flash for this log alone; mandatory */
    /* Memory for the log, which must stay as long as the log is used; mandatory. The log programs pages from the start
     * of the buffer and reads pages to the start of the buffer, so the buffer needs the alignment that the port asks
     * for. */
    void *buffer;
    uint32_t buffer_bytes; /* bytes of the buffer, at least STK_LOG_BUFFER_BYTES(read_unit, prog_unit) */
};

#define STK_LOG_LARGER_(a, b) ((a) > (b) ? (uint32_t)(a) : (uint32_t)(b))

/* Bytes of a page: the least multiple of the program unit that holds a cell. */
#define STK_LOG_PAGE_BYTES(prog_unit)                                                                                  \
    ((STK_LOG_CELL_BYTES + (uint32_t)(prog_unit)-1u) / (uint32_t)(prog_unit) * (uint32_t)(prog_unit))

/* Bytes of buffer that a log needs: one cell, and the larger of a page and a read unit. stk_log_buffer_bytes returns
 * the same at run time. */
#define STK_LOG_BUFFER_BYTES(read_unit, prog_unit)                                                                     \
    (STK_LOG_CELL_BYTES + STK_LOG_LARGER_(read_unit, STK_LOG_PAGE_BYTES(prog_unit)))
uint32_t stk_log_buffer_bytes(const struct stk_flash_geometry *geometry);

/* Number of blocks in a row that may fail between two uses without harm: the log passes over them. If the log has met a
 * longer row before, or format could not erase some blocks, the limit is higher by the larger of these two numbers. A
 * flash of STK_LOG_REACH + 2 blocks or fewer may lose all blocks but two. */
#define STK_LOG_REACH 64u

/* Returns how many of the newest records are surely kept, wherever the log is in its lap: the records of all blocks but
 * the one in use and the one erased ahead. Each block that fails takes the records of one block from this number; the
 * newest record is kept while two blocks are good. Two things take room as well. A sync of a page that is not full
 * costs the rest of the page. A mount that is followed by appends costs two pages; or the rest of the block where the
 * flash is STK_FLASH_ONCE or lazy; or the next block where the block in use was full. Returns 0 for a geometry that a
 * log cannot use. */
uint64_t stk_log_capacity(const struct stk_flash_geometry *geometry);

struct stk_log_stats {
    uint32_t page_bytes;  /* bytes of a page, which one program operation writes */
    uint32_t records;     /* records appended since mount */
    uint32_t programs;    /* program operations since mount, of one page each; headers and markers count too */
    uint32_t erases;      /* erase operations since mount */
    uint32_t failed;      /* programs and erases that failed since mount; each costs its block until the next lap */
    uint32_t recovered;   /* pages that a power cut may have left unsure and that were marked since mount */
    uint32_t mount_reads; /* read operations of the mount or the format, and of the marks after a mount */
};

/* Visible for sizeof only. Small members and those that the code uses most are first, where short instructions reach
 * them. */
struct stk_log {
    struct stk_flash_geometry geometry;
    uint8_t ready;    /* state of block `ahead`: 0 not chosen, 1 chosen, 2 erased, 3 with its header, 4 ready */
    uint8_t resumed;  /* 1: the next record is the first since mount; else 0 */
    uint16_t pending; /* number of records in the buffer that are not on the flash */
    struct stk_log_config config;
    uint16_t page_cells;   /* cells of a page */
    uint16_t read_granule; /* bytes of the smallest read: whole pages and whole read units */
    uint32_t block_pages;  /* pages of a block */
    uint32_t block;        /* the block in use */
    uint32_t lap;          /* lap of the block in use */
    uint32_t page;         /* next page of the block in use; block_pages: the block is full or left */
    uint32_t unsure;       /* pages of the block in use below this one are to be marked before the next record */
    uint32_t ahead;        /* the block to use next; while `ready` is 0, the block behind which to look for it */
    uint32_t last;         /* the block with the newest record, which is never erased to make room */
    uint32_t sequence;     /* sequence of the next record */
    uint32_t boot;         /* boot of the next record, 1 .. 0x7FFFFFFE */
    uint32_t id;           /* id of the log, a part of the seed of every checksum */
    uint32_t format;       /* how often the flash was formatted, as far as known; 0 while mount knows no header */
    /* The larger of two numbers: of the blocks that format could not erase, and of the most blocks in a row that were
     * ever passed over since. */
    uint32_t reach;
    int32_t failures; /* programs in a row that failed; in format from minus the number of blocks on */
    /* Blocks that may be made ready before the next sync is due; 0 until a record of this boot is durable. */
    uint32_t unsynced_left;
    int refused; /* error of a read that the port refused, 0 for none */
    struct stk_log_stats stats;
};

/* Erases every block and begins an empty log, which is mounted afterwards. `id` should differ from the id of a log that
 * was on the flash before: use a random number or the time. `sequence` is the sequence of the first record, 0 unless
 * the log continues another one. Blocks that cannot be erased are passed over, and the log notes how many there
 * are; their old cells are never taken for cells of this log. After a power cut within this call, mount may find a
 * rest of the old log, or none: format again. When this call fails, *log is not mounted, whatever it was before.
 * STK_E_ARG a member of config is missing or the geometry breaks its rules: the read unit must divide the page, or the
 * page the read unit; STK_E_SPACE the buffer is smaller than stk_log_buffer_bytes; STK_E_OVERFLOW the flash has fewer
 * than 3 blocks (4 where a page holds two cells), fewer than 2 cells in a block, or more than 2^28 cells; STK_E_IO no
 * block could be used; any other error of the port, which refused a call. */
STK_MUST_CHECK int stk_log_format(struct stk_log *log, const struct stk_log_config *config, uint32_t id,
                                  uint32_t sequence);

/* Finds the log on the flash and its end. Writes nothing: the first append makes the end sure. A read that fails is
 * tried once more. A page that cannot be read then is not a record, and is not blank either. Blocks right behind the
 * newest one whose records cannot be read are passed over until the next mount. STK_E_FORMAT the flash has no log, or a
 * log of another geometry (with fewer blocks: call stk_log_grow); STK_E_IO no log was found, and a read failed, so do
 * not format; else as stk_log_format.
 *
 * Reads, in pages: log2(blocks) headers, and one in each of the STK_LOG_REACH + 1 blocks behind the newest (and as many
 * more as format could not erase, or as have ever failed in a row); at most 2 * blocks in all, or 3 * blocks where most
 * blocks are bad. Then log2(pages of a block) in the newest block, as many in the block with records before that one,
 * and the pages behind the last record of each. */
STK_MUST_CHECK int stk_log_mount(struct stk_log *log, const struct stk_log_config *config);

/* Mounts a log that was made when the flash had fewer blocks, and lets the log use the new blocks, which must lie
 * behind the old ones. The contents of the new blocks are erased. The call enters the next block, programs its header
 * and syncs; a power cut leaves the log as it was, or grown. A log that has all blocks of the flash already is only
 * mounted. Call this at each start in place of stk_log_mount, until a record was synced after the growth: a cut before
 * that may undo the growth, and stk_log_mount then returns STK_E_FORMAT. Errors as stk_log_mount and stk_log_sync. */
STK_MUST_CHECK int stk_log_grow(struct stk_log *log, const struct stk_log_config *config);

/* Appends a cell with a copy of the 48 bytes of `body`. With program units up to 64 bytes this takes one program, and
 * the cell is on the flash when the call returns. With larger units cells wait in the buffer until a page is full or
 * the next sync. When a block is full and stk_log_poll did not make the next block ready, this call erases that block
 * first. The first append after a mount may have to mark pages or to erase a block: see stk_log_settle. When a program
 * or an erase of a block fails, the log skips that block and writes the page to the next block. After a power cut
 * within the call, the log has the whole cell or nothing of the cell.
 *
 * STK_E_IO every block failed. STK_E_SHUTDOWN the log is not mounted. The port may return other errors for a call that
 * it refuses, for example STK_E_ALIGN for the buffer. After STK_E_IO and these errors of the port a walk may find the
 * cell or not. Cells in the buffer stay there, and the next call that finds a good block programs them. */
STK_MUST_CHECK int stk_log_append_cell(struct stk_log *log, uint32_t kind, const void *body);

/* Appends `count` records as cells, one after the other. The log sets their sequences and boots. Returns count;
 * STK_E_RANGE a field of a record is out of its range on flash, and nothing changed; else as stk_log_append_cell, and
 * the growth of stats.records is the number of records that were appended. */
STK_MUST_CHECK int stk_log_append_batch(struct stk_log *log, const struct stk_log_record *records, uint32_t count);

/* Appends one record. 0, or the errors of stk_log_append_batch. */
STK_MUST_CHECK static inline int stk_log_append(struct stk_log *log, const struct stk_log_record *record) {
    int count = stk_log_append_batch(log, record, 1);
    return count < 0 ? count : STK_OK;
}

/* Programs the records that wait in the buffer, and waits until the medium is durable. Leaves the rest of the last page
 * unused. When this returns 0, every record that was appended since mount survives a power cut, and so does every
 * record that was synced before. A record that mount found although a power cut had ended its program may still fade:
 * append it again. STK_E_IO the medium failed; STK_E_SHUTDOWN the log is not mounted; any other error of the port,
 * which refused a call. */
STK_MUST_CHECK int stk_log_sync(struct stk_log *log);

/* Syncs the medium and erases the next block ahead of need. Call this when there is time. One call for each block of
 * records is enough to keep erases out of appends, once the boot has appended a block of records. After a mount the
 * call does nothing until the boot has appended two records more than the block in use has room for, so that a device
 * which restarts again and again does not wear its flash. Returns 1 when it wrote or erased something, 0 when there was
 * nothing to do; else as stk_log_sync. */
STK_MUST_CHECK int stk_log_poll(struct stk_log *log);

/* Makes the log ready for its next append, so that this append does not have to. After a mount this takes up to two
 * programs (with STK_FLASH_MANY and STK_FLASH_INVERT; after a cut more), or an erase and a header where the block in
 * use cannot be used further. Call this only in a boot that will append. Errors as stk_log_sync. */
STK_MUST_CHECK int stk_log_settle(struct stk_log *log);

/* Copies the counters out. */
void stk_log_stats(const struct stk_log *log, struct stk_log_stats *stats);

/* Contents of the header of a block. */
struct stk_log_block {
    uint32_t lap; /* how often the block was erased for this log, recoveries aside; 1 after format */
    /* Sequence of the next record when the header was written; no record of the block has a smaller one. */
    uint32_t sequence;
};

/* Reads the header of `block` and fills *out. `buffer` is memory to work in, at least stk_log_buffer_bytes. STK_E_RANGE
 * the flash has no such block; STK_E_FORMAT the block has no header, or a damaged one; STK_E_IO the header cannot be
 * read; STK_E_SPACE the buffer is too small; STK_E_ARG `buffer` is NULL; STK_E_SHUTDOWN the log is not mounted. */
STK_MUST_CHECK int stk_log_block(const struct stk_log *log, uint32_t block, void *buffer, uint32_t buffer_bytes,
                                 struct stk_log_block *out);

/// Reading ///

/* A walk over the records of a log, oldest first. The same type serves the log on flash and the v1 log file (vrrl.h).
 * The members before `records` are private. */
struct stk_log_iter {
    /* The function of the format that reads the next record. */
    int (*next)(struct stk_log_iter *iter, struct stk_log_record *record);
    const void *source;     /* the struct stk_log, or the v1 file */
    uint8_t *buffer;        /* bytes that were read from the medium */
    uint32_t buffer_bytes;  /* bytes of the buffer that reads use, whole read granules */
    uint32_t of_flash;      /* 1: source is a struct stk_log; 0: a v1 file */
    uint32_t begun;         /* 1: a record was returned, so `expected` is known; else 0 */
    uint32_t block, offset; /* place of the bytes behind those in the buffer; v1: next record, bytes of the file */
    uint32_t seed;          /* seed of the checksums in `block` */
    uint32_t use;           /* state of the header of `block`, enum stk_log_use; private to the log */
    uint32_t floor;         /* least sequence that a record in `block` can have */
    uint32_t span;          /* sequences of `block` are less than floor + span, in boots up to span_boot */
    uint32_t span_boot;     /* last boot for which `span` holds; sequences of later boots have no such bound */
    uint32_t left;          /* blocks behind `block` that the walk has not begun; v1: records */
    uint32_t at, filled;    /* `at`: bytes of the buffer that the walk has used; `filled`: bytes that are valid */
    uint32_t expected;      /* least sequence that the next record can have */
    uint32_t erases;        /* stats.erases of the log when the walk began; a later erase makes the walk stale */
    uint32_t bad;           /* damaged cells since the last record */
    uint32_t records;       /* records returned so far */
    /* sequences missing between records that were returned; gaps right before the first record of a boot do not
     * count */
    uint32_t corrupt;
    /* damaged cells that no missing sequence explains: writes that a power cut ended, and markers that recovery left */
    uint32_t torn;
    /* Cells that the medium did not give back; they count as damaged too. After a seek: the cells between the start of
     * the last block that begins before the target and the record found. */
    uint32_t unreadable;
    uint32_t reads; /* read operations since the walk was started */
};

/* Reads the next record, oldest first. Returns 1 and fills *record; 0 at the end. Damaged records are skipped and
 * counted in the iterator. STK_E_STALE the log erased a block since the walk began: begin a new walk and seek to the
 * sequence that is needed next; any other error of the port, which refused a read. v1: STK_E_CORRUPT a record has a
 * wrong magic; STK_E_SHORT the file ends early; STK_E_IO the file cannot be read. */
STK_MUST_CHECK int stk_log_next(struct stk_log_iter *iter, struct stk_log_record *record);

/* Reads the next cell as stk_log_next reads the next record, in a walk that stk_log_walk or stk_log_iterate started. */
STK_MUST_CHECK int stk_log_next_cell(struct stk_log_iter *iter, struct stk_log_cell *cell);

/* Fills *record from a cell. The cell is a replay record when bit 3 of its kind is clear. Of any other cell only
 * sequence, boot and resumed are meaningful. */
void stk_log_get_record(const struct stk_log_cell *cell, struct stk_log_record *record);

/* Starts a walk over records at the oldest one. `buffer` has at least stk_log_buffer_bytes and belongs to the walk
 * until the program drops the iterator; a larger buffer takes fewer reads. The walk does not see records that wait in
 * the buffer of the log. STK_E_ARG `buffer` is NULL; STK_E_SPACE the buffer is too small; STK_E_SHUTDOWN the log is not
 * mounted. */
STK_MUST_CHECK int stk_log_iterate(const struct stk_log *log, struct stk_log_iter *iter, void *buffer,
                                   uint32_t buffer_bytes);

/* Starts a walk over cells, as stk_log_iterate does over records. Of the calls that read, only stk_log_next_cell and
 * stk_log_prev_cell may follow. */
STK_MUST_CHECK int stk_log_walk(const struct stk_log *log, struct stk_log_iter *iter, void *buffer,
                                uint32_t buffer_bytes);

/// Placing a walk; the iterator's counters begin anew. STK_E_UNSUPPORTED over a v1 file; else as stk_log_next ///

/* Moves the walk to the first record whose sequence is `sequence` or comes after it (by difference modulo 2^32), or
 * to the end when there is none, in O(log blocks + cells of a block) reads. */
STK_MUST_CHECK int stk_log_seek_sequence(struct stk_log_iter *iter, uint32_t sequence);

/* Moves the walk to the first record of `boot`, or of the first later boot that has a record. */
STK_MUST_CHECK int stk_log_seek_boot(struct stk_log_iter *iter, uint32_t boot);

/* Moves the walk to the first record of `boot` at or after `timestamp_ns` nanoseconds, or to the first record of a
 * later boot. Works for replay records only, and where the clock does not go back within a boot. */
STK_MUST_CHECK int stk_log_seek_boot_time(struct stk_log_iter *iter, uint32_t boot, uint64_t timestamp_ns);

/* Moves the walk to the first replay record of any boot at or after `timestamp_ns` nanoseconds. The clock may begin
 * anew at each boot: the call looks at one boot after the other, with O(log blocks) reads for each. Where the clock
 * went back within a boot, the call finds some record at or after the time whenever there is one. When this search
 * finds none, the call reads the whole log. */
STK_MUST_CHECK int stk_log_seek_time(struct stk_log_iter *iter, uint64_t timestamp_ns);

/* Moves the walk behind the newest record. */
STK_MUST_CHECK int stk_log_seek_end(struct stk_log_iter *iter);

/* Moves the walk before the newest `records` records, or before all when there are fewer. */
STK_MUST_CHECK int stk_log_seek_last(struct stk_log_iter *iter, uint32_t records);

/* Reads the whole log and sets *records to the number of its records. Then the walk is at the end. */
STK_MUST_CHECK int stk_log_count(struct stk_log_iter *iter, uint32_t *records);

/// Walking backwards ///

/* Reads the record before the place of the walk, which lies between two records: after a next, prev returns the same
 * record again. Returns 1 and fills *record; 0 before the oldest record. Of the counters only `unreadable` changes.
 * Errors as stk_log_next; STK_E_UNSUPPORTED the walk is over a v1 file. */
STK_MUST_CHECK int stk_log_prev(struct stk_log_iter *iter, struct stk_log_record *record);

/* Reads the cell before the place of the walk, as stk_log_prev. */
STK_MUST_CHECK int stk_log_prev_cell(struct stk_log_iter *iter, struct stk_log_cell *cell);

#ifdef __cplusplus
}
#endif
#endif
