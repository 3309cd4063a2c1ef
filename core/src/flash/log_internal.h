/* The parts of the flash log. Private to its files.
 *
 * A block is an array of cells of 64 bytes; the first cell is the block's header. Cells are programmed in pages. A page
 * is the smallest number of whole program units that holds a cell. Each use of a block has a number, its lap. The
 * checksum of a cell depends on the lap, so that a cell of an earlier use never passes for a record: this one rule
 * decides for mount, walk and seek which cells count. */
#ifndef STK_SRC_LOG_INTERNAL_H
#define STK_SRC_LOG_INTERNAL_H

#include "stoker/le.h"
#include "stoker/log.h"

/* A function that is called twice and takes less code once. */
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

/* Has the header a page of its own? Else records share its page. */
static inline int stk_log_header_alone(const struct stk_log *log) {
    return log->page_cells == 1u;
}

/* Where the page that begins with cell `cell` lies in its block, in bytes. */
uint32_t stk_log_offset(const struct stk_log *log, uint32_t cell);

/* Blocks between the one with the newest record and a block that comes after it. */
uint32_t stk_log_between(const struct stk_log *log, uint32_t block);

/* The block after this one in the circle. */
uint32_t stk_log_following(const struct stk_log *log, uint32_t block);

/* The block before this one in the circle. */
static inline uint32_t stk_log_preceding(const struct stk_log *log, uint32_t block) {
    return (block == 0u ? log->geometry.blocks : block) - 1u;
}

/* Fills what follows from log->geometry: pages, cells and granules. STK_OK, or why a log cannot use the geometry. */
int stk_log_measure(struct stk_log *log);

/* Makes *log a log that is not mounted, with its configuration checked as stk_log_format says. */
int stk_log_open(struct stk_log *log, const struct stk_log_config *config);

/* Pages behind the last one in use that a power cut may have left unsure: one that was begun and reads blank today, and
 * one whose mark was begun. */
#define STK_LOG_UNSURE 2u

/* Blocks that mount looks at behind the newest one it knows: as many as may be passed over in a row, and the next
 * one. */
uint32_t stk_log_search_range(const struct stk_log *log);

/* Blocks that may be used between two syncs of the medium. */
uint32_t stk_log_lag(const struct stk_log *log);

/// Reading the medium ///

/* Did the medium fail to give the bytes? Any other error says that the call was wrong. */
static inline int stk_log_is_unreadable(int err) {
    return err == STK_E_IO || err == STK_E_SHORT;
}

/* Reads, and reads once more when the medium fails; *reads counts both. Returns the error of the last read. */
int stk_log_read(const struct stk_log *log, uint32_t block, uint32_t offset, void *data, uint32_t bytes,
                 uint32_t *reads);

/* Reads the page of a block that begins with cell `cell` to the start of the log's buffer. Returns its first byte, NULL
 * when the page cannot be read. log->refused gets the error of a wrong call; nothing is read any more then. */
const uint8_t *stk_log_peek(struct stk_log *log, uint32_t block, uint32_t cell);

/// Cells ///

/* The seed of the checksums in a block's use in `lap`, of this log since this format. */
uint32_t stk_log_seed(const struct stk_log *log, uint32_t lap);

/* The lap of a block that is in use, or is the next one to be used. */
static inline uint32_t stk_log_lap_of_next(const struct stk_log *log, uint32_t block) {
    return block < log->block ? log->lap + 1u : log->lap;
}

/* Writes the header of a block, which is in use or the next one to be used, into cell `slot` of the log's buffer: 0 or
 * 1. In the other one of these two is the first of the records that wait. */
void stk_log_put_header(struct stk_log *log, uint32_t slot, uint32_t block);

/* Is the cell the header of `block`, in this geometry but for the number of blocks? Of any log: the caller looks at the
 * fields below. */
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

/* Is the header at `cell` of this log, for its block's use in `lap`? */
int stk_log_is_use(const struct stk_log *log, const uint8_t *cell, uint32_t lap);

/* Writes a cell, but for its checksum, with the log's sequence and boot. */
void stk_log_put_cell(uint8_t *cell, const struct stk_log *log, uint32_t kind, const void *body);

/* Writes the checksum of a cell, or of a header with seed 0. */
void stk_log_seal(uint8_t *cell, uint32_t seed);

/* Is it a whole cell of the use with this seed? A header may look like one: do not ask about the first cell of a
 * block. */
int stk_log_is_cell(const uint8_t *cell, uint32_t seed);

static inline uint32_t stk_log_cell_sequence(const uint8_t *cell) {
    return stk_get32(cell + 52);
}

#define STK_LOG_BOOT_MAX 0x7FFFFFFEu

static inline uint32_t stk_log_cell_boot(const uint8_t *cell) {
    return stk_get32(cell + 56) >> 1;
}

/* Are all `bytes` bytes equal to `value`? */
int stk_log_all(const uint8_t *p, uint32_t bytes, uint8_t value);

/// Mount ///

/* As stk_log_mount; the log may have fewer blocks than the flash, `log->blocks` says how many. */
int stk_log_find(struct stk_log *log, const struct stk_log_config *config);

/// Writing ///

/* Programs the records that wait, the rest of a page blank; without one, the header of a block that has none yet. */
int stk_log_flush(struct stk_log *log);

/// Walks ///

/* Blocks that may hold records: all, or in the first lap those up to the one in use. The first is the oldest. */
uint32_t stk_log_blocks(const struct stk_log *log);

/* Places the walk at the start of the block at `place` of those, over `blocks` of them. */
void stk_log_begin(struct stk_log_iter *iter, uint32_t place, uint32_t blocks);

/* Bytes of a block that hold pages. */
static inline uint32_t stk_log_used_bytes(const struct stk_log *log) {
    return stk_log_offset(log, log->block_cells);
}

/* Reads `bytes` bytes at `start` of the walk's block into its buffer; when that fails, one granule of them alone, the
 * last one when the walk goes backward. What the medium cannot give back then counts as damaged, and as taken. STK_OK;
 * a read that was refused, which leaves the walk between the same bytes. */
int stk_log_fill(struct stk_log_iter *iter, uint32_t start, uint32_t bytes, int backward);

/* Can a record of the walk's block have the number of this cell? */
int stk_log_belongs(const struct stk_log_iter *iter, const uint8_t *cell);

/* What the header of a walk's block tells. */
enum stk_log_use {
    STK_LOG_UNKNOWN,  /* it was not read yet */
    STK_LOG_HEADLESS, /* there is none: the cells tell for themselves */
    STK_LOG_OURS,     /* the block is in the use that its place asks for */
    STK_LOG_FOREIGN   /* it was last used in another lap, and has no record */
};

/* Sets what depends on iter->block: the seed of its cells. */
void stk_log_enter_block(struct stk_log_iter *iter, uint32_t block);

/* Bytes behind the last cell of a page. */
static inline uint32_t stk_log_rest(const struct stk_log *log) {
    return stk_log_page_bytes(log) % STK_LOG_CELL_BYTES;
}

/* Moves the walk back past a cell, and past the bytes behind the last cell of a page. */
static inline void stk_log_step_back(struct stk_log_iter *iter, const struct stk_log *log) {
    uint32_t rest = iter->at % stk_log_page_bytes(log) == 0u ? stk_log_rest(log) : 0u;
    iter->at -= STK_LOG_CELL_BYTES + rest;
}

/* Begins the counters of a walk anew, but for those of reads and of what cannot be read. */
static inline void stk_log_count_anew(struct stk_log_iter *iter) {
    iter->bad = 0;
    iter->begun = 0;
    iter->records = 0;
    iter->corrupt = 0;
    iter->torn = 0;
}

/* Fills *out from the bytes of a cell. */
void stk_log_get_cell(const uint8_t *cell, struct stk_log_cell *out);

/* Can the log be read with this buffer? STK_OK, or as stk_log_walk. */
int stk_log_check_reader(const struct stk_log *log, const void *buffer, uint32_t buffer_bytes);

#endif
