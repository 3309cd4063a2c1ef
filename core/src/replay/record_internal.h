/* stoker: the fields of replay records that have a meaning of their own (SPEC.md, 8.1). The recorder fills them and the
 * replay reads them, so each number is here once. Where a field lies in a cell is for the log to decide. Private to
 * recorder and replay. */
#ifndef STK_SRC_RECORD_INTERNAL_H
#define STK_SRC_RECORD_INTERNAL_H

/* START: the shape of the recorded instance. The slot word of the record is the number of bytes of the tables. */
#define STK_START_SLOTS   0u /* argument: slots of the ring */
#define STK_START_CONTROL 1u /* argument: words of the control buffer, observables among them */
#define STK_START_PAYLOAD 2u /* argument: bytes of the payload */
/* Argument with two numbers, since a record has four arguments only: records of the debug log in the upper 24 bits,
 * I/O slots in the lower 8. */
#define STK_START_SIDE        3u
#define STK_START_DEBUG_SHIFT 8u
#define STK_START_DEBUG_MAX   0xFFFFFFu
#define STK_START_IO_MAX      0xFFu

/* INPUT: bytes that were written for slots. The status word of the record says to which memory. */
#define STK_INPUT_TO_PAYLOAD 0u
#define STK_INPUT_TO_TABLES  1u
#define STK_INPUT_OFFSET     0u /* argument: first byte, counted from the start of the payload or of the tables */
#define STK_INPUT_BYTES      1u /* argument: number of bytes of lead and data together */
/* Two arguments: position of the data in its source, in bytes, low half and high half. The lead lies before it. */
#define STK_INPUT_POSITION_LO 2u
#define STK_INPUT_POSITION_HI 3u

/* EPOCH: the observables after a fence. */
#define STK_EPOCH_FIRST 0u /* argument: control word of the first observable */
#define STK_EPOCH_COUNT 1u /* argument: number of observables in the digest */
#define STK_EPOCH_TAG   2u /* argument: tag of the fence */
#define STK_EPOCH_LOST  3u /* argument: records since START that the log refused; not 0: no replay */

#endif
