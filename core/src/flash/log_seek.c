/* Finds a record of the flash log by its sequence, boot or time. This file also has the calls that return the blocks,
 * the capacity and the counters of a log. Each seek searches the blocks by halving, and then reads one block in
 * order. */
#include "log_internal.h"

struct target;

/* Returns 1 if the cell lies before the target. Sequences and boots are compared by difference, since they wrap. */
typedef int is_before(const struct stk_log_cell *cell, const struct target *target);

/* The record to find. Records lie in the order of each key: of sequences, of boots, and of times within a boot. Times
 * of different boots are not in order, so there is no key of the time alone. */
struct target {
    is_before *precedes;
    uint32_t number; /* sequence or boot */
    uint64_t time;   /* nanoseconds of the clock of the records; only for precedes_time */
};

/* Returns the timestamp of a replay record, which is the first field of its body. */
static uint64_t time_of(const struct stk_log_cell *cell) {
    return stk_get64(cell->body);
}

static int precedes_sequence(const struct stk_log_cell *cell, const struct target *t) {
    return (int32_t)(cell->sequence - t->number) < 0;
}

static int precedes_boot(const struct stk_log_cell *cell, const struct target *t) {
    return (int32_t)(cell->boot - t->number) < 0;
}

static int precedes_time(const struct stk_log_cell *cell, const struct target *t) {
    return precedes_boot(cell, t) || (cell->boot == t->number && time_of(cell) < t->time);
}

/* Ends a search: steps back over the record that was found, so that the walk returns this record next. Clears all
 * counters but `unreadable`: the record that the caller seeks may be among the cells that could not be read. Returns
 * STK_OK, or the error of the search. */
static int end_search(struct stk_log_iter *it, int found, const struct stk_log_cell *cell) {
    if (found == 1) {
        stk_log_step_back(it, it->source);
        it->expected = cell->sequence;
    }
    stk_log_count_anew(it);
    return found < 0 ? found : STK_OK;
}

/* Reads the first record of the block at `place`. Returns as stk_log_next_cell. */
static int first_of(struct stk_log_iter *it, uint32_t place, struct stk_log_cell *cell) {
    stk_log_begin(it, place, 1);
    return stk_log_next_cell(it, cell);
}

/* Returns the place of the block where the walk begins: `low`, or the block before. A block that could not be erased
 * may hold records that a cut left in this lap. Their sequences are smaller than those of the block before, so halving
 * may have stopped one block too late. */
static uint32_t start_of(struct stk_log_iter *it, uint32_t low, struct stk_log_cell *cell) {
    if (low != 0u && first_of(it, low, cell) == 1) {
        uint32_t sequence = cell->sequence;
        low -= first_of(it, low - 1u, cell) == 1 && (int32_t)(cell->sequence - sequence) > 0 ? 1u : 0u;
    }
    return low;
}

/* Moves the walk to the start of the block that may hold the target. Halves for the last block whose first record is
 * before the target: only this block or the blocks behind it can hold the target. A block without a record, or with no
 * whole header, gives no answer, so the next block is looked at instead. `cell` is room to work in. Returns STK_OK or
 * an error. */
STK_LOG_ONCE static int seek_block(struct stk_log_iter *it, const struct target *t, struct stk_log_cell *cell) {
    uint32_t low = 0, all = stk_log_blocks(it->source), high = all;
    while (high - low > 1u) {
        uint32_t middle = low + (high - low) / 2u, at = middle;
        int found;
        do {
            found = first_of(it, at, cell);
        } while ((found == 0 || (found == 1 && it->use != STK_LOG_OURS)) && ++at < high);
        if (found < 0) {
            return found;
        }
        if (found == 1 && it->use == STK_LOG_OURS && t->precedes(cell, t)) {
            low = at;
        } else {
            high = middle;
        }
    }
    low = start_of(it, low, cell);
    stk_log_begin(it, low, all - low);
    return STK_OK;
}

/* Finds the target, or the first record behind the target. Returns 1 with the record in *cell; 0 at the end of the log;
 * or an error. The walk returns the record of *cell next. */
static int seek(struct stk_log_iter *it, const struct target *t, struct stk_log_cell *cell) {
    int found = seek_block(it, t, cell);
    if (found < 0) {
        return found;
    }
    do {
        found = stk_log_next_cell(it, cell);
    } while (found == 1 && t->precedes(cell, t));
    (void)end_search(it, found, cell);
    return found;
}

/* Implements the public seeks: checks that the walk is over flash, and takes "none found" for success at the end. */
static int seek_to(struct stk_log_iter *it, is_before *precedes, uint32_t number, uint64_t time) {
    const struct target t = {precedes, number, time};
    struct stk_log_cell cell;
    int found = it->of_flash ? seek(it, &t, &cell) : STK_E_UNSUPPORTED;
    return found < 0 ? found : STK_OK;
}

int stk_log_seek_sequence(struct stk_log_iter *iter, uint32_t sequence) {
    return seek_to(iter, precedes_sequence, sequence, 0);
}

int stk_log_seek_boot(struct stk_log_iter *iter, uint32_t boot) {
    return seek_to(iter, precedes_boot, boot, 0);
}

int stk_log_seek_boot_time(struct stk_log_iter *iter, uint32_t boot, uint64_t timestamp_ns) {
    return seek_to(iter, precedes_time, boot, timestamp_ns);
}

int stk_log_start_at(struct stk_log_iter *iter, uint32_t sequence) {
    const struct target t = {precedes_sequence, sequence, 0};
    struct stk_log_cell cell;
    int err = seek_block(iter, &t, &cell);
    iter->expected = sequence;
    return err;
}

/* Walks from the oldest record to the first record at or after `time`. Reads the whole log in the worst case. */
static int walk_to_time(struct stk_log_iter *it, uint64_t time) {
    struct stk_log_cell cell;
    int found;
    stk_log_begin(it, 0, stk_log_blocks(it->source));
    do {
        found = stk_log_next_cell(it, &cell);
    } while (found == 1 && time_of(&cell) < time);
    return end_search(it, found, &cell);
}

int stk_log_seek_time(struct stk_log_iter *iter, uint64_t timestamp_ns) {
    struct target t = {precedes_time, 0, timestamp_ns};
    struct stk_log_cell cell;
    uint32_t first, passed = 0;
    int found;
    if (!iter->of_flash) {
        return STK_E_UNSUPPORTED;
    }
    stk_log_begin(iter, 0, stk_log_blocks(iter->source));
    found = stk_log_next_cell(iter, &cell);
    first = t.number = cell.boot;
    while (found == 1) {
        found = seek(iter, &t, &cell);
        if (found == 1 && cell.boot == t.number) {
            return STK_OK;
        }
        /* Each boot must be later than the boot before. The boots of a damaged medium could form a circle, because
         * boots are compared by difference; so the distance from the first boot has to grow, and the loop ends. */
        if (found != 1 || cell.boot - first <= passed) {
            break;
        }
        passed = cell.boot - first;
        t.number = cell.boot;
    }
    return found < 0 ? found : walk_to_time(iter, timestamp_ns);
}

/// Blocks, capacity and counters ///

int stk_log_block(const struct stk_log *log, uint32_t block, void *buffer, uint32_t buffer_bytes,
                  struct stk_log_block *out) {
    uint32_t reads = 0;
    int err = stk_log_check_reader(log, buffer, buffer_bytes);
    if (err == STK_OK && block >= log->geometry.blocks) {
        err = STK_E_RANGE;
    }
    if (err == STK_OK) {
        err = stk_log_read(log, block, 0, buffer, log->read_granule, &reads);
    }
    if (err == STK_OK && (!stk_log_is_header(buffer, log, block) || stk_log_header_id(buffer) != log->id)) {
        err = STK_E_FORMAT;
    }
    if (err == STK_OK) {
        out->lap = stk_log_header_lap(buffer);
        out->sequence = stk_log_header_sequence(buffer);
    }
    return err;
}

uint64_t stk_log_capacity(const struct stk_flash_geometry *geometry) {
    struct stk_log log = {.geometry = *geometry};
    return stk_log_measure(&log) == STK_OK ? stk_log_kept(&log) : 0u;
}

void stk_log_stats(const struct stk_log *log, struct stk_log_stats *stats) {
    *stats = log->stats;
}
