/* The helpers that the files of the flash log share. The public calls are in stoker/log.h.
 *
 * A block is an array of cells of 64 bytes; the first cell is the header of the block. Cells are programmed in pages. A
 * page is the smallest number of whole program units that holds a cell. Each use of a block has a number, the lap of
 * the block. The checksum of a cell depends on the lap, so that a cell of an earlier use never passes for a record.
 * Mount, walk and seek all decide by this one rule which cells count. */
#ifndef STK_SRC_LOG_INTERNAL_H
#define STK_SRC_LOG_INTERNAL_H

#include "stoker/le.h"
#include "stoker/log.h"

/* Keeps a function out of line. Most have two callers, and two inlined copies would take more code. */
#ifdef __GNUC__
#define STK_LOG_ONCE __attribute__((noinline))
#else
#define STK_LOG_ONCE
#endif

/// Geometry ///

/* Bytes of a page. */
static inline uint32_t stk_log_page_bytes(const struct stk_log *log) {
    return log->stats.page_bytes;
}

/* Returns 1 if the header of a block has a page of its own. If not, records share the page of the header. */
static inline int stk_log_header_alone(const struct stk_log *log) {
    return log->page_cells == 1u;
}

/* Cells of a block; the header counts too. */
static inline uint32_t stk_log_block_cells(const struct stk_log *log) {
    return log->block_pages * log->page_cells;
}

/* Returns how many blocks `block` lies behind the block with the newest record, 0 for that block. */
uint32_t stk_log_distance(const struct stk_log *log, uint32_t block);

/* Returns the reach of a log with its newest record in `block`: the most blocks in a row that were ever passed over. */
uint32_t stk_log_reach_to(const struct stk_log *log, uint32_t block);

/* Returns the block after `block`; block 0 comes after the last block of the flash. */
uint32_t stk_log_following(const struct stk_log *log, uint32_t block);

/* Returns the block before `block`; the last block of the flash comes before block 0. */
static inline uint32_t stk_log_preceding(const struct stk_log *log, uint32_t block) {
    return (block == 0u ? log->geometry.blocks : block) - 1u;
}

/* Computes the sizes of pages, read granules and blocks from log->geometry. Returns STK_OK; STK_E_ARG the geometry
 * breaks a rule of stoker/port/flash.h or of stk_log_format; STK_E_OVERFLOW the flash has too few blocks or cells, or
 * too many cells. */
int stk_log_measure(struct stk_log *log);

/* Returns how many of the newest records a log surely keeps, as stk_log_capacity says, after stk_log_measure. Two
 * blocks do not count: the next block may be erased ahead, and the block in use may be empty. The header takes one cell
 * of each block. A log has at most 2^28 cells. */
static inline uint32_t stk_log_kept(const struct stk_log *log) {
    return (log->geometry.blocks - 2u) * (stk_log_block_cells(log) - 1u);
}

/* Returns the bytes of the buffer that a log needs, after stk_log_measure. */
static inline uint32_t stk_log_need(const struct stk_log *log) {
    return STK_LOG_CELL_BYTES + log->read_granule;
}

/* Checks the configuration and puts *log into the state before a mount. Errors as stk_log_format. */
int stk_log_open(struct stk_log *log, const struct stk_log_config *config);

/* Number of pages behind the last page in use that a power cut may have left unsure: one page whose program was begun
 * and that reads blank today, and one page whose marker was begun. */
#define STK_LOG_UNSURE 2u

/* Returns how many blocks mount looks at behind the newest block that it knows: as many blocks as the log may have
 * passed over in a row, and the next one. The writing side stops at the same number, so that mount always finds the
 * block that the log went on in. */
uint32_t stk_log_search_range(const struct stk_log *log);

/* Returns how many blocks the log may make ready between two syncs of the medium. */
uint32_t stk_log_lag(const struct stk_log *log);

/// Reading the medium ///

/* Returns 1 if `err` says that the medium failed to give the bytes. Any other error says that the port refused the
 * call, and tells nothing about the medium. */
static inline int stk_log_is_unreadable(int err) {
    return err == STK_E_IO || err == STK_E_SHORT;
}

/* Reads `bytes` bytes at `offset` of a block for a walk, and reads once more when the medium fails; *reads counts both.
 * Returns the error of the last read. */
int stk_log_read(const struct stk_log *log, uint32_t block, uint32_t offset, void *data, uint32_t bytes,
                 uint32_t *reads);

/* Reads page `page` of a block into the buffer of the log, and reads once more when the medium fails. Returns the first
 * byte of the page, or NULL when the page cannot be read. A read that the port refused sets log->refused; from then on
 * every call returns NULL without a read. So a caller checks log->refused once, at the end of its loop. */
const uint8_t *stk_log_peek(struct stk_log *log, uint32_t block, uint32_t page);

/// Cells ///

/* Returns the seed for the checksums of the cells of a block that is used in `lap`. The seed also depends on the id and
 * the format number of the log, so that cells of another log do not pass. */
uint32_t stk_log_seed(const struct stk_log *log, uint32_t lap);

/* Returns the lap of a block that is in use, or is the next one to be used. Blocks are used in the order of their
 * index, so a block before the one in use can only be used next in the next lap. */
static inline uint32_t stk_log_lap_of_next(const struct stk_log *log, uint32_t block) {
    return block < log->block ? log->lap + 1u : log->lap;
}

/* Writes the header of `block` into cell `slot` (0 or 1) of the buffer of the log. `block` is in use, or is the next
 * one to be used. The first of the records that wait must be in the other of these two cells: the header takes its
 * sequence from there. */
void stk_log_put_header(struct stk_log *log, uint32_t slot, uint32_t block);

/* Returns 1 if the cell is a whole header of `block` in this geometry. The number of blocks may differ: stk_log_grow
 * needs such headers. The header may be of any log and of any lap: the caller compares the fields below. */
int stk_log_is_header(const uint8_t *cell, const struct stk_log *log, uint32_t block);

static inline uint32_t stk_log_header_id(const uint8_t *cell) {
    return stk_get32(cell + 8);
}

static inline uint32_t stk_log_header_lap(const uint8_t *cell) {
    return stk_get32(cell + 12);
}

static inline uint32_t stk_log_header_sequence(const uint8_t *cell) {
    return stk_get32(cell + 16);
}

static inline uint32_t stk_log_header_blocks(const uint8_t *cell) {
    return stk_get32(cell + 28);
}

static inline uint32_t stk_log_header_format(const uint8_t *cell) {
    return stk_get32(cell + 40);
}

static inline uint32_t stk_log_header_boot(const uint8_t *cell) {
    return stk_get32(cell + 44);
}

static inline uint32_t stk_log_header_reach(const uint8_t *cell) {
    return stk_get32(cell + 48);
}

/* Returns 1 if the header at `cell` was written by this log since its format, for the use of the block in `lap`. */
int stk_log_is_use(const struct stk_log *log, const uint8_t *cell, uint32_t lap);

/* Writes the checksum of a cell. The seed of a header is 0, so that mount can check a header before it knows the
 * log. */
void stk_log_seal(uint8_t *cell, uint32_t seed);

/* Returns 1 if the cell is whole and was written in the use of the block with this seed. Do not call this for the first
 * cell of a block: a header may pass for a cell. */
int stk_log_is_cell(const uint8_t *cell, uint32_t seed);

static inline uint32_t stk_log_cell_sequence(const uint8_t *cell) {
    return stk_get32(cell + 52);
}

/* Largest number of a boot. A cell has 31 bits for the boot, and a cell of one bits only is a marker or is blank: so
 * the number of 31 one bits is never a boot. */
#define STK_LOG_BOOT_MAX 0x7FFFFFFEu

/* Returns 1 if `boot` can be the number of a boot: 1 to STK_LOG_BOOT_MAX, the numbers whose successor is above 1 as a
 * signed number. */
static inline int stk_log_is_boot(uint32_t boot) {
    return (int32_t)(boot + 1u) > 1;
}

static inline uint32_t stk_log_cell_boot(const uint8_t *cell) {
    return stk_get32(cell + 56) >> 1;
}

/* Returns 1 if the cell is the first one since a mount, else 0. */
static inline uint32_t stk_log_cell_resumed(const uint8_t *cell) {
    return cell[56] & 1u;
}

/* Returns 1 if all `bytes` bytes at `p` are equal to `value`. */
int stk_log_all(const uint8_t *p, uint32_t bytes, uint8_t value);

/// Mount ///

/* Mounts as stk_log_mount does. Where `blocks` is not NULL, accepts a log that has another number of blocks than the
 * flash, and sets *blocks to the number of the log. The caller must compare *blocks with the geometry before it
 * writes. */
int stk_log_find(struct stk_log *log, const struct stk_log_config *config, uint32_t *blocks);

/// Writing ///

/* Programs the records that wait in the buffer, and leaves the rest of the last page blank. When no record waits and
 * the block in use has no header yet, programs the header alone. A block that fails is passed over, and the records go
 * to the next block. Errors as stk_log_append_cell. */
int stk_log_flush(struct stk_log *log);

/* An append has three steps, so that a caller can write the body of a cell in place: stk_log_settle; the caller writes
 * all STK_LOG_BODY_BYTES at stk_log_next_body; stk_log_end_cell. */

/* Returns cell `i` of the buffer of the log. A cell has any alignment. */
static inline uint8_t *stk_log_cell_at(const struct stk_log *log, uint32_t i) {
    return (uint8_t *)log->config.buffer + (size_t)i * STK_LOG_CELL_BYTES;
}

/* Returns the body of the next cell, which is in the buffer of the log. */
static inline uint8_t *stk_log_next_body(const struct stk_log *log) {
    return stk_log_cell_at(log, log->pending) + 4;
}

/* Takes the cell at stk_log_next_body as the next record, and programs the page when it is full. Errors as
 * stk_log_append_cell. */
int stk_log_end_cell(struct stk_log *log, uint32_t kind);

/// Walks ///

/* Returns the number of blocks that may hold records: all blocks, or in the first lap those up to the block in use. */
uint32_t stk_log_blocks(const struct stk_log *log);

/* Places the walk at the start of a block and clears its counters. `place` counts the blocks of stk_log_blocks from the
 * oldest, which is 0. The walk ends behind `blocks` blocks, at least 1. */
void stk_log_begin(struct stk_log_iter *iter, uint32_t place, uint32_t blocks);

/* Places a walk over flash so that the next cell is the first one whose sequence is `sequence` or comes after it.
 * Searches for the block alone, and so is shorter than stk_log_seek_sequence. The walk stands at the start of the
 * block: it counts what it passes on the way to that cell, and must not go back. Errors as stk_log_seek_sequence. */
int stk_log_start_at(struct stk_log_iter *iter, uint32_t sequence);

/* Bytes of a block that hold pages. */
static inline uint32_t stk_log_used_bytes(const struct stk_log *log) {
    return log->block_pages * stk_log_page_bytes(log);
}

/* Reads `bytes` bytes at `start` of the block of the walk into the buffer of the walk. When the read fails, reads one
 * granule of these bytes alone: the first, or the last when the walk goes backward. A granule that cannot be read
 * counts as damaged, and iter->at is behind it as if its cells had been looked at. Returns STK_OK, or the error of a
 * read that the port refused; the place of the walk does not change then. */
int stk_log_fill(struct stk_log_iter *iter, uint32_t start, uint32_t bytes, int backward);

/* Returns 1 if a record of the block of the walk can have the sequence of this cell. A cell that is whole but does not
 * belong is the copy of a record that was written again, or the rest of a use that a cut spared. */
int stk_log_belongs(const struct stk_log_iter *iter, const uint8_t *cell);

/* The state of the block of a walk, by its header. */
enum stk_log_use {
    STK_LOG_UNKNOWN,  /* the header was not read yet */
    STK_LOG_HEADLESS, /* no whole header: the checksums of the cells decide alone */
    STK_LOG_OURS,     /* the header is of this log, and of the right lap: behind the block in use, the lap before */
    STK_LOG_FOREIGN   /* the block was last used in another lap or by another log, so none of its cells counts */
};

/* Moves the walk to `block`: sets the seed of its cells, and forgets the header of the block before. The caller sets
 * iter->offset. */
void stk_log_enter_block(struct stk_log_iter *iter, uint32_t block);

/* Returns the number of unused bytes behind the last cell of a page: 0 .. 63. */
static inline uint32_t stk_log_rest(const struct stk_log *log) {
    return stk_log_page_bytes(log) % STK_LOG_CELL_BYTES;
}

/* Returns where in the buffer of the walk the cell before the place of the walk begins, in bytes. Steps over the unused
 * bytes behind the last cell of a page. */
static inline uint32_t stk_log_before(const struct stk_log_iter *iter, const struct stk_log *log) {
    uint32_t rest = iter->at % stk_log_page_bytes(log) == 0u ? stk_log_rest(log) : 0u;
    return iter->at - STK_LOG_CELL_BYTES - rest;
}

/* Clears the counters of a walk. The counters `reads` and `unreadable` stay: a seek reports the cells that it could not
 * read on its way. */
static inline void stk_log_count_anew(struct stk_log_iter *iter) {
    iter->bad = 0;
    iter->begun = 0;
    iter->records = 0;
    iter->corrupt = 0;
    iter->torn = 0;
}

/* Fills *out from the bytes of a cell, which the caller has checked with stk_log_is_cell. */
void stk_log_get_cell(const uint8_t *cell, struct stk_log_cell *out);

/* Checks that the log is mounted and that the buffer is there and large enough. Errors as stk_log_walk. */
int stk_log_check_reader(const struct stk_log *log, const void *buffer, uint32_t buffer_bytes);

#endif
