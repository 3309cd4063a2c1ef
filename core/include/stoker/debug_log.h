/* stoker: the debug log.
 *
 * Handlers on the device append records with PRINTF; the host reads and clears them. One cursor
 * word, then records of four words (core/SPEC.md, "Debug log"). A log that is full drops what comes
 * next.
 */
#ifndef STOKER_DEBUG_LOG_H
#define STOKER_DEBUG_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "stoker/arena.h"
#include "stoker/err.h"
#include "stoker/words.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Layout ///

#define STK_DEBUG_LOG_BYTES(records)                                                                                   \
    (4u * ((size_t)STK_DEBUG_RECORDS_WORD + (size_t)STK_DEBUG_RECORD_WORDS * (size_t)(records)))
#define STK_DEBUG_LOG_DEFINE(name, records) STK_STORAGE_DEFINE(name, STK_DEBUG_LOG_BYTES(records))
#define STK_DEBUG_LOG_RECORDS_MAX           1073741823u /* most records whose words can be counted */
#define STK_DEBUG_LOG_RECORDS_INIT_MAX      1048576u    /* most records that init will lay out */

struct stk_debug_log {
    uint32_t *words; /* little-endian, caller's memory */
    uint32_t count;  /* words there */
};

struct stk_debug_record {
    uint32_t format;  /* what the handler named its message */
    uint32_t args[3]; /* two arguments, and the word index of the slot it ran for */
};

/* Bytes a log of `records` records takes. STK_E_OVERFLOW above STK_DEBUG_LOG_RECORDS_MAX, or when
 * this machine cannot address that many. */
STK_MUST_CHECK int stk_debug_log_bytes(uint32_t records, size_t *bytes);

/* Lays out an empty log at mem. STK_E_OVERFLOW above STK_DEBUG_LOG_RECORDS_INIT_MAX, STK_E_ALIGN
 * when mem is not 4-byte aligned, STK_E_SPACE when `bytes` is too small, STK_E_ARG mem NULL. */
STK_MUST_CHECK int stk_debug_log_init(struct stk_debug_log *log, void *mem, size_t bytes, uint32_t records);

/* Attaches to a log, changing nothing. STK_E_ALIGN when mem is not 4-byte aligned or `bytes` is no
 * multiple of 4, STK_E_ARG mem NULL, STK_E_OVERFLOW above 2^32 - 1 words. */
STK_MUST_CHECK int stk_debug_log_view(struct stk_debug_log *log, void *mem, size_t bytes);

/// Reading ///

/* Records in the log. A handler reserves its record before it writes it: a record is whole once the slot that made it
 * is seen DONE, until then its words may be those from before. STK_E_MISSING when the cursor passes the buffer or
 * points into a record; `info` (may be NULL) then has in value the cursor and in index the word after the last one it
 * covers (saturated). ISR-safe. */
STK_MUST_CHECK int stk_debug_log_count(const struct stk_debug_log *log, struct stk_error_info *info);

/* Record `index`, below stk_debug_log_count(). STK_E_RANGE when the buffer ends before it. */
STK_MUST_CHECK int stk_debug_log_record(const struct stk_debug_log *log, uint32_t index, struct stk_debug_record *out);

/* All records into out[0..cap). Returns how many. STK_E_MISSING as above, STK_E_SPACE when cap is
 * too small, with the bytes that out needs in info's value; out is untouched on error. */
STK_MUST_CHECK int stk_debug_log_read(const struct stk_debug_log *log, struct stk_debug_record *out, uint32_t cap,
                                      struct stk_error_info *info);

/* Empties the log. While no handler runs: what one appends at the same moment is lost, or left behind a cursor that
 * starts over. STK_E_MISSING when the log has no word at all. */
STK_MUST_CHECK int stk_debug_log_reset(struct stk_debug_log *log);

#ifdef __cplusplus
}
#endif
#endif
