/* The parts of the flash log. Private to its files. A block is an array of cells of 64 bytes, the first of which is
 * its header. Cells are programmed in pages: one cell, or as many as the program unit holds. */
#ifndef STK_SRC_LOG_PARTS_H
#define STK_SRC_LOG_PARTS_H

#include "le.h"
#include "stoker/log.h"

/// Geometry ///

static inline uint32_t stk_log_page_bytes(const struct stk_log *log) {
    return log->stats.page_bytes;
}

/* Has the header a page of its own? Else records share it. */
static inline int stk_log_header_alone(const struct stk_log *log) {
    return log->page_cells == 1u;
}

/* What is read at least. */
static inline uint32_t stk_log_read_unit(const struct stk_log *log) {
    return STK_LOG_UNIT_(STK_LOG_CELL_BYTES, log->geometry.read_unit);
}

/* STK_OK, or why a log cannot use the geometry. */
int stk_log_check_geometry(const struct stk_flash_geometry *geometry);

/* Makes *log a log that is not mounted, with its configuration checked as stk_log_format says. */
int stk_log_open(struct stk_log *log, const struct stk_log_config *config);

/* Pages from the first blank one on that a power cut may have left unsure: one that was begun or that reads blank
 * today, and one whose mark was begun. */
#define STK_LOG_UNSURE 2u

/* Blocks in a row that may fail: so many are passed over, and so many do not mislead a mount. More of them are no bad
 * blocks but a medium that fails, and every further try would cost a block of records. */
#define STK_LOG_RUN 3u

/// Cells ///

/* Writes the header of `block` for its use in `lap` into the log's buffer. */
void stk_log_put_header(const struct stk_log *log, uint32_t block, uint32_t lap);

/* Is the cell the header of `block`, in this geometry? Of any log: its id, lap and sequence are to be looked at. */
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

/* Writes a record into a cell, with the log's sequence for its own. */
void stk_log_put_record(uint8_t *cell, const struct stk_log *log, const struct stk_log_record *record);

/* Is the cell a record? */
int stk_log_is_record(const uint8_t *cell, const struct stk_log *log);

static inline uint32_t stk_log_record_sequence(const uint8_t *cell) {
    return stk_get32(cell + 44);
}

/* Reads a cell that is one. */
void stk_log_get_record(const uint8_t *cell, struct stk_log_record *record);

/* Can a cell hold the record? */
int stk_log_record_fits(const struct stk_log_record *record);

/* Are all `bytes` bytes equal to `value`? */
int stk_log_all(const uint8_t *p, uint32_t bytes, uint8_t value);

/// Walks ///

/* Blocks that may hold records: all, or in the first lap those up to the one in use. The first is the oldest. */
uint32_t stk_log_blocks(const struct stk_log *log);

/* Begins a walk at the block at `place` of those, over `blocks` of them. */
void stk_log_begin(struct stk_log_iter *iter, uint32_t place, uint32_t blocks);

/* The iterator's `next`. */
int stk_log_next_cell(struct stk_log_iter *iter, struct stk_log_record *record);

/* Can the log be read with this buffer? STK_OK, or as stk_log_iterate. */
int stk_log_check_reader(const struct stk_log *log, const void *buffer, uint32_t buffer_bytes);

#endif
