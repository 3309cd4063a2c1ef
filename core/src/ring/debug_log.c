/* stoker: lays out, reads and empties the debug log. The host never appends: handlers do. This log lies in RAM and does
 * not survive a power cut; the log that does is in core/src/flash. */
#include "stoker/debug_log.h"

#include "base/error_info.h"
#include "base/memory.h"
#include "stoker/atomic.h"
#include "base/words_of.h"

int stk_debug_log_bytes(uint32_t records, size_t *bytes) {
    if (records > STK_DEBUG_LOG_RECORDS_MAX) {
        return STK_E_OVERFLOW;
    }
    return stk_size_of(4u * (STK_DEBUG_RECORDS_WORD + (uint64_t)STK_DEBUG_RECORD_WORDS * records), bytes);
}

_Static_assert(STK_DEBUG_LOG_RECORDS_INIT_MAX <= (SIZE_MAX / 4u - STK_DEBUG_RECORDS_WORD) / STK_DEBUG_RECORD_WORDS,
               "what init lays out can be counted");

int stk_debug_log_init(struct stk_debug_log *log, void *mem, size_t bytes, uint32_t records) {
    if (records > STK_DEBUG_LOG_RECORDS_INIT_MAX) {
        return STK_E_OVERFLOW;
    }
    size_t need = STK_DEBUG_LOG_BYTES(records);
    int err = stk_layout_check(mem, bytes, need);
    if (err != STK_OK) {
        return err;
    }
    memset(mem, 0, need);
    log->words = mem;
    log->count = (uint32_t)(need / 4);
    return STK_OK;
}

int stk_debug_log_view(struct stk_debug_log *log, void *mem, size_t bytes) {
    uint32_t count;
    int err = stk_whole_records(mem, bytes, 4, UINT32_MAX, &count);
    if (err != STK_OK) {
        return err;
    }
    log->words = mem;
    log->count = count;
    return STK_OK;
}

int stk_debug_log_count(const struct stk_debug_log *log, struct stk_error_info *info) {
    if (log->count == 0) {
        return stk_fail(info, STK_E_MISSING, STK_DEBUG_CURSOR_WORD, 0);
    }
    /* The words of a record come with the end of its slot, which the caller acquires. The cursor alone promises no
     * whole record: a handler reserves its record before it writes it. */
    uint32_t cursor = stk_load_acquire(log->words + STK_DEBUG_CURSOR_WORD);
    /* A device stored the cursor, so it may be anything: behind the buffer, or inside a record. */
    if (cursor > log->count - STK_DEBUG_RECORDS_WORD || cursor % STK_DEBUG_RECORD_WORDS != 0) {
        return stk_fail(info, STK_E_MISSING, cursor == UINT32_MAX ? cursor : cursor + 1, cursor);
    }
    return (int)(cursor / STK_DEBUG_RECORD_WORDS);
}

/* Copies record `index`, which the caller has found to lie within the buffer. Relaxed: the acquire of the cursor or of
 * the slot's status came before. A record that is reserved and not yet written is copied as it is. */
static void copy_record(const struct stk_debug_log *log, uint32_t index, struct stk_debug_record *out) {
    const uint32_t *w = log->words + STK_DEBUG_RECORDS_WORD + (size_t)index * STK_DEBUG_RECORD_WORDS;
    out->format = stk_load(w);
    for (uint32_t i = 0; i < 3; i++) {
        out->args[i] = stk_load(w + 1 + i);
    }
}

int stk_debug_log_record(const struct stk_debug_log *log, uint32_t index, struct stk_debug_record *out) {
    /* The bound is the end of the buffer and not the cursor. A device may store any number in the cursor, and no word
     * outside the buffer may be read. */
    if (log->count == 0 || index >= (log->count - STK_DEBUG_RECORDS_WORD) / STK_DEBUG_RECORD_WORDS) {
        return STK_E_RANGE;
    }
    copy_record(log, index, out);
    return STK_OK;
}

int stk_debug_log_read(const struct stk_debug_log *log, struct stk_debug_record *out, uint32_t cap,
                       struct stk_error_info *info) {
    int count = stk_debug_log_count(log, info);
    if (count < 0) {
        return count;
    }
    if ((uint32_t)count > cap) {
        return stk_fail(info, STK_E_SPACE, cap, (uint64_t)(uint32_t)count * sizeof *out);
    }
    for (uint32_t i = 0; i < (uint32_t)count; i++) {
        copy_record(log, i, &out[i]); /* stk_debug_log_count() found the cursor to lie within the buffer */
    }
    return count;
}

int stk_debug_log_reset(struct stk_debug_log *log) {
    if (log->count == 0) {
        return STK_E_MISSING;
    }
    /* Release: the host has read the old records before a handler may write over them. */
    stk_store_release(log->words + STK_DEBUG_CURSOR_WORD, 0);
    return STK_OK;
}
