/* stoker: the debug log.
 *
 * Handlers on the device append short records, for instance by PRINTF; the host reads and clears them. The debug log is
 * one cursor word and then records of four words (core/SPEC.md, "Debug log"). When it is full, new records are dropped.
 * It lies in RAM, and nothing of it survives a power cut; log.h is the log on flash. */
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
/* Most records that a view may have: their words are counted by 32 bits. */
#define STK_DEBUG_LOG_RECORDS_MAX      1073741823u
#define STK_DEBUG_LOG_RECORDS_INIT_MAX 1048576u /* most records that init lays out */

/* A view of a debug log: copy it freely. The memory is the caller's and must outlive each view. */
struct stk_debug_log {
    uint32_t *words; /* little-endian words, in the caller's memory, aligned to 4 bytes */
    uint32_t count;  /* number of words, the cursor among them */
};

/* A record, in host order. */
struct stk_debug_record {
    uint32_t format;  /* number of the message; handlers and host agree on it */
    uint32_t args[3]; /* two arguments of the handler, and the word index in the ring of the slot that was running */
};

/* Writes the bytes that a log of `records` records takes to *bytes. STK_E_OVERFLOW `records` is above
 * STK_DEBUG_LOG_RECORDS_MAX, or this machine cannot address so many bytes. */
STK_MUST_CHECK int stk_debug_log_bytes(uint32_t records, size_t *bytes);

/* Lays out an empty debug log at `mem`, which has `bytes` bytes. The call makes these checks in this order:
 * STK_E_OVERFLOW `records` is above STK_DEBUG_LOG_RECORDS_INIT_MAX; STK_E_ALIGN `mem` is not aligned to 4 bytes;
 * STK_E_SPACE `bytes` is below STK_DEBUG_LOG_BYTES(records); STK_E_ARG `mem` is NULL. */
STK_MUST_CHECK int stk_debug_log_init(struct stk_debug_log *log, void *mem, size_t bytes, uint32_t records);

/* Attaches to a log, and changes no byte of it. STK_E_ALIGN `mem` is not aligned to 4 bytes, or `bytes` is not a
 * multiple of 4; STK_E_ARG `mem` is NULL and `bytes` is not 0; STK_E_OVERFLOW more than 2^32 - 1 words. */
STK_MUST_CHECK int stk_debug_log_view(struct stk_debug_log *log, void *mem, size_t bytes);

/// Reading ///

/* Returns the number of records in the log. A handler reserves its record before it writes it. So a record is whole
 * once the slot that made it is seen DONE; until then its words may be old ones. STK_E_MISSING the cursor passes the
 * buffer, or points into a record, or the buffer has no word. `info` may be NULL: value is the cursor, index the word
 * behind the last one that the cursor covers (UINT32_MAX where that does not fit). ISR-safe. */
STK_MUST_CHECK int stk_debug_log_count(const struct stk_debug_log *log, struct stk_error_info *info);

/* Copies record `index` to *out. Only records below stk_debug_log_count() mean something. STK_E_RANGE the buffer ends
 * before the record. ISR-safe. */
STK_MUST_CHECK int stk_debug_log_record(const struct stk_debug_log *log, uint32_t index, struct stk_debug_record *out);

/* Copies all records to out[0 .. cap). Returns how many. Nothing is written on error. STK_E_MISSING as
 * stk_debug_log_count(); STK_E_SPACE `cap` is too small (info: index is `cap`, value the bytes that `out` needs). */
STK_MUST_CHECK int stk_debug_log_read(const struct stk_debug_log *log, struct stk_debug_record *out, uint32_t cap,
                                      struct stk_error_info *info);

/* Empties the log. Call it while no handler runs: a record that a handler appends at the same moment is lost, or stays
 * behind a cursor that starts at 0 again. STK_E_MISSING the buffer has no word. */
STK_MUST_CHECK int stk_debug_log_reset(struct stk_debug_log *log);

#ifdef __cplusplus
}
#endif
#endif
