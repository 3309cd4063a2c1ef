/* stoker: replay log files of version 1, "VRRL0001".
 *
 * The format of the reference: a header, then a ring of 64-byte records that are overwritten in place, the oldest
 * first. It has no checksums and rewrites one hot header, so it is for media that can be overwritten (files, FRAM); a
 * log that survives power cuts on flash is log.h. SPEC.md section "Replay log v1 files" has the bits.
 *
 * The medium is a flash port of one block, which is the whole file: rewrite STK_FLASH_ANY, units of 1 byte. A port
 * may announce a block that is longer than its file, and then says STK_E_SHORT for reads behind the file's end and
 * lets programs lengthen it (port/file does, on request). One thread uses a log.
 */
#ifndef STOKER_VRRL_H
#define STOKER_VRRL_H

#include <stdint.h>

#include "stoker/err.h"
#include "stoker/log.h"
#include "stoker/port/flash.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Sizes ///

#define STK_VRRL_HEADER_BYTES    32u
#define STK_VRRL_RECORD_BYTES    64u
#define STK_VRRL_CAPACITY_MAX    1048576u /* records */
#define STK_VRRL_BYTES(capacity) (STK_VRRL_HEADER_BYTES + STK_VRRL_RECORD_BYTES * (uint32_t)(capacity))

/* How long the file of a log of `capacity` records is. STK_E_ARG none; STK_E_OVERFLOW more than
 * STK_VRRL_CAPACITY_MAX. */
STK_MUST_CHECK int stk_vrrl_bytes(uint64_t capacity, uint32_t *bytes);

/// Log ///

/* Visible for sizeof, and for reading capacity and cursor. */
struct stk_vrrl {
    struct stk_flash_port flash;
    uint32_t capacity; /* records */
    uint32_t cursor;   /* where the next record goes, below capacity */
    uint32_t flags;    /* the header's; kept as found */
    uint32_t bytes;    /* of the medium */
    uint32_t appended; /* since create or open, free-running */
};

/* Empties the medium, writes a header and syncs: an empty log of `capacity` records. For a file of exactly the length
 * that the reference makes, announce STK_VRRL_BYTES(capacity) as its block. STK_E_ARG capacity 0, or `flash` lacks
 * something; STK_E_OVERFLOW capacity; STK_E_UNSUPPORTED the medium is not as above; STK_E_SPACE it is shorter than
 * STK_VRRL_BYTES(capacity); else the port's error, and the medium holds anything. */
STK_MUST_CHECK int stk_vrrl_create(struct stk_vrrl *log, const struct stk_flash_port *flash, uint64_t capacity);

/* Attaches to the log on the medium, changing nothing. A medium of another length than the header announces is no
 * error here: what lies behind the last record is ignored, and a record that is not there is STK_E_SHORT when it is
 * needed. A cursor behind the last record counts modulo the capacity. STK_E_SHORT less than a header; STK_E_FORMAT
 * another magic or version; STK_E_ARG the header's capacity is 0 (or `flash` lacks something, and `info` is
 * untouched); STK_E_OVERFLOW it is above STK_VRRL_CAPACITY_MAX; STK_E_UNSUPPORTED as above; else the port's error.
 * `info` may be NULL: index is the byte of the header, value what was found there. */
STK_MUST_CHECK int stk_vrrl_open(struct stk_vrrl *log, const struct stk_flash_port *flash, struct stk_error_info *info);

/* Overwrites the oldest record, then the header. Kinds are STK_LOG_PUBLISH, of which the format keeps everything up
 * to `epoch` and no priority, and STK_LOG_FAILURE, of which it keeps all; one whose status, failure, error and digest
 * are all 0 is read back as STK_LOG_PUBLISH. record->sequence is ignored. STK_E_ARG another kind; STK_E_RANGE failure
 * above STK_FAILURE_UNCLASSIFIED; STK_E_SHORT the medium ends before the record's place; else the port's error: the
 * log is as it was, and the next append goes to the same place. */
STK_MUST_CHECK int stk_vrrl_append(struct stk_vrrl *log, const struct stk_log_record *record);

/* Waits until all that was appended survives a power cut. The port's error. */
STK_MUST_CHECK int stk_vrrl_sync(struct stk_vrrl *log);

/// Reading ///

/* Starts a walk from the oldest record for stk_log_next; places that were never written are passed over. Each
 * record's sequence is its place in the file, and `failure` is at most STK_FAILURE_UNCLASSIFIED. `buffer`, of any
 * alignment, is the iterator's until it is dropped; as many records are read at once as it holds. `log` must outlive
 * the walk. STK_E_ARG buffer is NULL; STK_E_SPACE it is shorter than a record.
 *
 * stk_log_next says STK_E_CORRUPT for a record whose magic is neither right nor 0, STK_E_SHORT where the medium ends
 * early, STK_E_STALE when appends have overtaken the walk, else the port's error; the walk stays there. */
STK_MUST_CHECK int stk_vrrl_iterate(const struct stk_vrrl *log, struct stk_log_iter *iter, void *buffer,
                                    uint32_t buffer_bytes);

/* Where a walk is: index is the place of the record that comes next, or at which stk_log_next failed; value, after
 * STK_E_CORRUPT, the magic found there. err is left alone. */
void stk_vrrl_where(const struct stk_log_iter *iter, struct stk_error_info *info);

#ifdef __cplusplus
}
#endif
#endif
