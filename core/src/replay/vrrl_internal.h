/* stoker: where the fields of a v1 replay log are. Private to the core; SPEC.md, "Replay log v1 files". */
#ifndef STK_SRC_VRRL_INTERNAL_H
#define STK_SRC_VRRL_INTERNAL_H

#include "stoker/le.h"
#include "stoker/vrrl.h"

/* The header. Its first 8 bytes are the magic "VRRL0001". */
enum {
    VRRL_H_MAGIC = 0,
    VRRL_H_VERSION = 8,
    VRRL_H_FLAGS = 12,
    VRRL_H_CAPACITY = 16,
    VRRL_H_CURSOR = 24
};

#define VRRL_MAGIC_LO     0x4C525256u /* "VRRL" */
#define VRRL_MAGIC_HI     0x31303030u /* "0001" */
#define VRRL_VERSION      1u
#define VRRL_RECORD_MAGIC 0xDEADBEEFu

/* A record. */
enum {
    VRRL_R_MAGIC = 0,
    VRRL_R_TIMESTAMP = 4,
    VRRL_R_SLOT = 12,
    VRRL_R_TENANT = 16,
    VRRL_R_OPCODE = 20,
    VRRL_R_ARGS = 24,
    VRRL_R_EPOCH = 40,
    VRRL_R_STATUS = 44, /* from here on all zero when it tells of no failure */
    VRRL_R_FAILURE = 48,
    VRRL_R_ERROR = 52,
    VRRL_R_DIGEST = 56
};

_Static_assert(VRRL_H_CURSOR + 8 == STK_VRRL_HEADER_BYTES, "the cursor ends the header");
_Static_assert(VRRL_R_DIGEST + 8 == STK_VRRL_RECORD_BYTES, "the digest ends a record");
_Static_assert(VRRL_R_ARGS + 4 * STK_LOG_ARGS == VRRL_R_EPOCH, "all arguments fit");

/* The byte of the file where the record at `place` begins. */
static inline uint32_t vrrl_offset(uint32_t place) {
    return STK_VRRL_BYTES(place);
}

#endif
