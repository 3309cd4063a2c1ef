/* Finds a record of the flash log by its sequence, boot or time. This file also has the calls that return the blocks,
 * the capacity and the counters of a log. Each seek searches the blocks by halving, and then reads one block in
 * order. */
#include "log_internal.h"

struct target;

/* Returns 1 if the record that the search read last lies before the target. Sequences and boots are compared by
 * difference, since they wrap. */
typedef int is_before(const struct stk_log_iter *iter, const struct target *target);

/* The record to find. Records lie in the order of each key: of sequences, of boots, and of times within a boot. Times
 * of different boots are not in order, so there is no key of the time alone. */
struct target {
    is_before *precedes;
    uint64_t time;   /* nanoseconds of the clock of the records; only for precedes_time */
    uint32_t number; /* sequence or boot */
    /* Boot and first 8 bytes of the body of the record that the search read last. The sequence of this record is
     * iter->expected - 1. A search needs no more of the cell, and a copy of the cell would take 64 bytes of stack. */
    uint32_t boot;
    uint64_t stamp; /* timestamp of a replay record, in nanoseconds */
};

static int precedes_sequence(const struct stk_log_iter *it, const struct target *t) {
    return (int32_t)(it->expected - 1u - t->number) < 0;
}

static int precedes_boot(const struct stk_log_iter *it, const struct target *t) {
    (void)it;
    return (int32_t)(t->boot - t->number) < 0;
}

static int precedes_time(const struct stk_log_iter *it, const struct target *t) {
    return precedes_boot(it, t) || (t->boot == t->number && t->stamp < t->time);
}

/* Returns where in the buffer the cell lies that the walk has just read, in bytes. */
STK_LOG_ONCE static uint32_t found_at(const struct stk_log_iter *it) {
    return stk_log_before(it, it->source);
}

/* Reads the next record of the walk into the target. Returns as stk_log_next_cell. */
static int next(struct stk_log_iter *it, struct target *t) {
    int found = stk_log_next_cell(it, NULL);
    if (found == 1) {
        const uint8_t *cell = it->buffer + found_at(it);
        t->boot = stk_log_cell_boot(cell);
        t->stamp = stk_get64(cell + 4);
    }
    return found;
}

/* Ends a search: steps back over the record that was found, so that the walk returns this record next. Clears all
 * counters but `unreadable`: the record that the caller seeks may be among the cells that could not be read. Returns
 * STK_OK, or the error of the search. */
static int end_search(struct stk_log_iter *it, int found) {
    if (found == 1) {
        it->at = found_at(it);
        it->expected--;
    }
    stk_log_count_anew(it);
    return found < 0 ? found : STK_OK;
}

/* Reads the first record of the block at `place`. Returns as stk_log_next_cell. */
static int first_of(struct stk_log_iter *it, uint32_t place, struct target *t) {
    stk_log_begin(it, place, 1);
    return next(it, t);
}

/* Returns the place of the block where the walk begins: `low`, or the block before. A block that could not be erased
 * may hold records that a cut left in this lap. Their sequences are smaller than those of the block before, so halving
 * may have stopped one block too late. */
static uint32_t start_of(struct stk_log_iter *it, uint32_t low, struct target *t) {
    if (low != 0u && first_of(it, low, t) == 1) {
        uint32_t expected = it->expected;
        low -= first_of(it, low - 1u, t) == 1 && (int32_t)(it->expected - expected) > 0 ? 1u : 0u;
    }
    return low;
}

/* Moves the walk to the start of the block that may hold the target. Halves for the last block whose first record is
 * before the target: only this block or the blocks behind it can hold the target. A block without a record, or with no
 * whole header, gives no answer, so the next block is looked at instead. Returns STK_OK or an error. */
STK_LOG_ONCE static int seek_block(struct stk_log_iter *it, struct target *t) {
    uint32_t low = 0, all = stk_log_blocks(it->source), high = all;
    while (high - low > 1u) {
        uint32_t middle = low + (high - low) / 2u, at = middle;
        int found;
        do {
            found = first_of(it, at, t);
        } while ((found == 0 || (found == 1 && it->use != STK_LOG_OURS)) && ++at < high);
        if (found < 0) {
            return found;
        }
        if (found == 1 && it->use == STK_LOG_OURS && t->precedes(it, t)) {
            low = at;
        } else {
            high = middle;
        }
    }
    low = start_of(it, low, t);
    stk_log_begin(it, low, all - low);
    return STK_OK;
}

/* Finds the target, or the first record behind the target. Returns 1 with the record in *t; 0 at the end of the
 * log; or an error. The walk returns this record next. */
static int seek(struct stk_log_iter *it, struct target *t) {
    int found = seek_block(it, t);
    if (found < 0) {
        return found;
    }
    do {
        found = next(it, t);
    } while (found == 1 && t->precedes(it, t));
    (void)end_search(it, found);
    return found;
}

/* Implements the public seeks: checks that the walk is over flash, and takes "none found" for success at the end. */
static int seek_to(struct stk_log_iter *it, is_before *precedes, uint32_t number, uint64_t time) {
    struct target t = {.precedes = precedes, .number = number, .time = time};
    int found = it->of_flash ? seek(it, &t) : STK_E_UNSUPPORTED;
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
    struct target t = {.precedes = precedes_sequence, .number = sequence};
    int err = seek_block(iter, &t);
    iter->expected = sequence;
    return err;
}

/* Walks from the oldest record to the first record at or after t->time. Reads the whole log in the worst case. */
static int walk_to_time(struct stk_log_iter *it, struct target *t) {
    int found;
    stk_log_begin(it, 0, stk_log_blocks(it->source));
    do {
        found = next(it, t);
    } while (found == 1 && t->stamp < t->time);
    return end_search(it, found);
}

int stk_log_seek_time(struct stk_log_iter *iter, uint64_t timestamp_ns) {
    struct target t = {.precedes = precedes_time, .time = timestamp_ns};
    int found;
    if (!iter->of_flash) {
        return STK_E_UNSUPPORTED;
    }
    stk_log_begin(iter, 0, stk_log_blocks(iter->source));
    found = next(iter, &t);
    if (found == 1) {
        uint32_t first = t.boot, boot = first, passed;
        do {
            passed = boot - first;
            t.number = boot;
            found = seek(iter, &t);
            if (found != 1) {
                break;
            }
            boot = t.boot;
            if (boot == t.number) {
                return STK_OK;
            }
            /* Each boot must be later than the boot before. The boots of a damaged medium could form a circle, because
             * boots are compared by difference; so the distance from the first boot has to grow, and the loop ends. */
        } while (boot - first > passed);
    }
    return found < 0 ? found : walk_to_time(iter, &t);
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
