/* stoker: places of the fields in a replay log file of version 1, in bytes, for vrrl.c and vrrl_walk.c. All fields are
 * little-endian and have 32 bits, but for those marked here. SPEC.md, 7 has the whole format. Private to the core. */
#ifndef STK_SRC_VRRL_INTERNAL_H
#define STK_SRC_VRRL_INTERNAL_H

#include "stoker/le.h"
#include "stoker/vrrl.h"

/* The header: bytes from the start of the file. */
enum {
    VRRL_H_MAGIC = 0, /* 8 characters: "VRRL0001" */
    VRRL_H_VERSION = 8,
    VRRL_H_FLAGS = 12,
    VRRL_H_CAPACITY = 16, /* 64 bits: records that the file has place for */
    VRRL_H_CURSOR = 24    /* 64 bits: place of the next record */
};

#define VRRL_MAGIC_LO     0x4C525256u /* "VRRL" */
#define VRRL_MAGIC_HI     0x31303030u /* "0001" */
#define VRRL_VERSION      1u
#define VRRL_RECORD_MAGIC 0xDEADBEEFu

/* Offsets of the fields of a record, in bytes from the start of the record. */
enum {
    VRRL_R_MAGIC = 0,     /* VRRL_RECORD_MAGIC; 0: the record was never written */
    VRRL_R_TIMESTAMP = 4, /* 64 bits: nanoseconds of the writer's clock */
    VRRL_R_SLOT = 12,
    VRRL_R_TENANT = 16,
    VRRL_R_OPCODE = 20,
    VRRL_R_ARGS = 24, /* STK_LOG_ARGS words */
    VRRL_R_EPOCH = 40,
    /* The tail, from here to the end: all zeros in a PUBLISH; anything else is a FAILURE. */
    VRRL_R_STATUS = 44,
    VRRL_R_FAILURE = 48,
    VRRL_R_ERROR = 52,
    VRRL_R_DIGEST = 56 /* 64 bits; 0: no digest */
};

_Static_assert(VRRL_H_CURSOR + 8 == STK_VRRL_HEADER_BYTES, "the cursor ends the header");
_Static_assert(VRRL_R_DIGEST + 8 == STK_VRRL_RECORD_BYTES, "the digest ends a record");
_Static_assert(VRRL_R_ARGS + 4 * STK_LOG_ARGS == VRRL_R_EPOCH, "all arguments fit");

/* Returns the byte of the file at which the record at `place` begins. STK_VRRL_CAPACITY_MAX keeps it within 32 bits. */
static inline uint32_t vrrl_offset(uint32_t place) {
    return STK_VRRL_BYTES(place);
}

#endif
