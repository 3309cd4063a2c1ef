/* stoker: replay log files of version 1, "VRRL0001".
 *
 * This is the file format of the reference: a header, and then records of 64 bytes in a circle, of which each append
 * overwrites the oldest. The format has no checksums and rewrites its header with each append. So it is for media that
 * can be overwritten (files, FRAM), and it does not survive every power cut. A log that does, on flash, is log.h.
 * SPEC.md, "Replay log v1 files", has the bits.
 *
 * The medium is a flash port of one block, which is the whole file: rewrite STK_FLASH_ANY, units of 1 byte. A port may
 * announce a block that is longer than its file. It then returns STK_E_SHORT for reads behind the end of the file, and
 * lets programs lengthen the file (port/file does, on request). One thread uses a log. */
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

#define STK_VRRL_HEADER_BYTES    32u      /* bytes of the header, at the start of the file */
#define STK_VRRL_RECORD_BYTES    64u      /* bytes of a record */
#define STK_VRRL_CAPACITY_MAX    1048576u /* most records of a file */
#define STK_VRRL_BYTES(capacity) (STK_VRRL_HEADER_BYTES + STK_VRRL_RECORD_BYTES * (uint32_t)(capacity))

/* Writes the length of the file of a log of `capacity` records to *bytes. STK_E_ARG `capacity` is 0; STK_E_OVERFLOW it
 * is above STK_VRRL_CAPACITY_MAX. */
STK_MUST_CHECK int stk_vrrl_bytes(uint64_t capacity, uint32_t *bytes);

/// Log ///

/* A log. A caller may read capacity and cursor. */
struct stk_vrrl {
    struct stk_flash_port flash; /* medium of the log */
    uint32_t capacity;           /* records that the file has place for, 1 .. STK_VRRL_CAPACITY_MAX */
    uint32_t cursor;             /* place of the next record, 0 .. capacity - 1 */
    uint32_t flags;              /* flags of the header, kept as found; 0 in a new file */
    uint32_t bytes;              /* bytes of the medium */
    uint32_t appended;           /* records appended since create or open; runs free */
};

/* Makes an empty log of `capacity` records: empties the medium, writes a header and syncs. For a file of exactly the
 * length that the reference makes, let the port announce STK_VRRL_BYTES(capacity) as its block. Errors:
 * - STK_E_ARG `capacity` is 0, or `flash` lacks a call.
 * - STK_E_OVERFLOW `capacity` is above STK_VRRL_CAPACITY_MAX.
 * - STK_E_UNSUPPORTED the medium is not as described above.
 * - STK_E_SPACE the medium is shorter than STK_VRRL_BYTES(capacity).
 * - An error of the port: the medium holds anything. */
STK_MUST_CHECK int stk_vrrl_create(struct stk_vrrl *log, const struct stk_flash_port *flash, uint64_t capacity);

/* Attaches to the log on the medium, and changes no byte of it. The medium may be longer or shorter than the header
 * says. Bytes behind the last record are ignored, and a record that is not there is STK_E_SHORT when it is needed. A
 * cursor behind the last record counts modulo the capacity. Errors:
 * - STK_E_ARG `flash` lacks a call (`info` is untouched), or the capacity in the header is 0.
 * - STK_E_UNSUPPORTED the medium is not as described above (`info` is untouched).
 * - STK_E_SHORT the medium is shorter than a header (info: index is its bytes).
 * - STK_E_FORMAT another magic or version.
 * - STK_E_OVERFLOW the capacity in the header is above STK_VRRL_CAPACITY_MAX.
 * - An error of the port.
 *
 * `info` may be NULL. Its index is the byte of the header, its value the number that was found there. */
STK_MUST_CHECK int stk_vrrl_open(struct stk_vrrl *log, const struct stk_flash_port *flash, struct stk_error_info *info);

/* Appends a record: overwrites the oldest one, and then the header. record->sequence is ignored. The kind is one of
 * two:
 * - STK_LOG_PUBLISH: the format keeps timestamp_ns, slot, tenant, opcode, args and epoch.
 * - STK_LOG_FAILURE: the format also keeps status, failure, error and digest. A record in which these four are 0 is
 *   read back as STK_LOG_PUBLISH.
 *
 * On error `log` does not change, and the next append goes to the same place. STK_E_ARG another kind; STK_E_RANGE
 * `failure` is above STK_FAILURE_UNCLASSIFIED; STK_E_SHORT the medium ends before the place of the record; or an error
 * of the port. After an error of the port the oldest record may be overwritten, and the header may hold anything. */
STK_MUST_CHECK int stk_vrrl_append(struct stk_vrrl *log, const struct stk_log_record *record);

/* Waits until all records that were appended survive a power cut. STK_OK, or an error of the port. */
STK_MUST_CHECK int stk_vrrl_sync(struct stk_vrrl *log);

/// Reading ///

/* Starts a walk at the oldest record; stk_log_next() returns the records. Places that were never written are passed
 * over. The sequence of a record is its place in the file, and `failure` is at most STK_FAILURE_UNCLASSIFIED. `buffer`,
 * of any alignment, belongs to the iterator until the iterator is dropped; each read takes as many records as the
 * buffer holds. `log` must outlive the walk. STK_E_ARG `buffer` is NULL; STK_E_SPACE it is shorter than a record.
 *
 * stk_log_next() then returns these errors, and the walk stays where it is: STK_E_CORRUPT the magic of a record is
 * neither right nor 0; STK_E_SHORT the medium ends early; STK_E_STALE appends have overtaken the walk; or an error of
 * the port. */
STK_MUST_CHECK int stk_vrrl_iterate(const struct stk_vrrl *log, struct stk_log_iter *iter, void *buffer,
                                    uint32_t buffer_bytes);

/* Tells where a walk is. info->index becomes the place of the record that comes next, or at which stk_log_next()
 * failed; info->value, after STK_E_CORRUPT, the magic that was found there. info->err is left alone. */
void stk_vrrl_where(const struct stk_log_iter *iter, struct stk_error_info *info);

#ifdef __cplusplus
}
#endif
#endif
