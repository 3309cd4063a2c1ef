/* stoker port: frames, records on a serial line that loses and damages bytes.
 *
 * A frame has a length and a CRC-32C over all that follows its first two bytes. A reader that lost its place looks for
 * the next two bytes that begin a frame. core/SPEC.md, section 11, has the bits; tools/stkframes.py reads them on the
 * host.
 */
#ifndef STOKER_PORT_BARE_FRAME_H
#define STOKER_PORT_BARE_FRAME_H

#include <stdint.h>

#include "stoker/err.h"
#include "stoker/telemetry.h"

#ifdef __cplusplus
extern "C" {
#endif

#define STK_FRAME_HEAD_BYTES 8u
#define STK_FRAME_DATA_MAX   1024u

/* Bytes of a frame with `bytes` bytes of data. */
#define STK_FRAME_BYTES(bytes) (STK_FRAME_HEAD_BYTES + (bytes) + 4u)

/* The type of a frame. Types from STK_FRAME_OWN on belong to the program. */
enum stk_frame_type {
    STK_FRAME_SNAPSHOT = 1, /* stk_frame_snapshot */
    STK_FRAME_TEXT = 2,     /* a line in UTF-8, without its end */
    STK_FRAME_OWN = 0x80
};

/* Writes a frame to `out`, which has room for STK_FRAME_BYTES(bytes). `sequence` is that of the frame before plus 1,
 * so that the reader sees which are missing. `data` may lie in `out` behind the head, where it belongs. Returns the
 * bytes of the frame. STK_E_RANGE more than STK_FRAME_DATA_MAX bytes, or a type above 255. */
STK_MUST_CHECK int stk_frame_encode(uint8_t *out, uint32_t type, uint16_t sequence, const void *data, uint32_t bytes);

#define STK_FRAME_SNAPSHOT_BYTES 108u

/* Writes the data of a STK_FRAME_SNAPSHOT, STK_FRAME_SNAPSHOT_BYTES of them: a decode of stk_telemetry, and the time
 * at which it was made. */
void stk_frame_snapshot(uint8_t *out, const struct stk_snapshot *snapshot, uint64_t time_ns);

/// Reading: the same as tools/stkframes.py, for a board that is sent frames ///

struct stk_frame {
    uint32_t type;
    uint16_t sequence;
    const uint8_t *data; /* data of the frame, which lie in the caller's bytes */
    uint32_t bytes;
};

/* Looks for a frame at the start of data[0..bytes). Returns 1 with *frame and *used, the bytes that it takes; 0 when
 * the bytes may begin a frame whose rest has not come; else how the caller goes on: -1, *used bytes are of no frame and
 * are to be thrown away. *used is 0 with 0, and at least 1 with -1. */
int stk_frame_decode(struct stk_frame *frame, const uint8_t *data, uint32_t bytes, uint32_t *used);

#ifdef __cplusplus
}
#endif
#endif
