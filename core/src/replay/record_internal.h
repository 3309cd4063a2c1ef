/* Which argument of a record holds what. Private to recorder and replay; SPEC.md, "Recording". */
#ifndef STK_SRC_RECORD_INTERNAL_H
#define STK_SRC_RECORD_INTERNAL_H

/* START. Its slot word has the bytes of the tables. */
#define STK_START_SLOTS       0u
#define STK_START_CONTROL     1u /* words */
#define STK_START_PAYLOAD     2u /* bytes */
#define STK_START_SIDE        3u /* debug records and I/O slots */
#define STK_START_DEBUG_SHIFT 8u
#define STK_START_DEBUG_MAX   0xFFFFFFu
#define STK_START_IO_MAX      0xFFu

/* INPUT. Its status word says where the bytes went. */
#define STK_INPUT_TO_PAYLOAD  0u
#define STK_INPUT_TO_TABLES   1u
#define STK_INPUT_OFFSET      0u /* of the payload, or of the tables */
#define STK_INPUT_BYTES       1u
#define STK_INPUT_POSITION_LO 2u /* of the data in its source */
#define STK_INPUT_POSITION_HI 3u

/* EPOCH */
#define STK_EPOCH_FIRST 0u /* control word of the first observable */
#define STK_EPOCH_COUNT 1u /* observables */
#define STK_EPOCH_TAG   2u
#define STK_EPOCH_LOST  3u /* records since START that the log refused */

#endif
