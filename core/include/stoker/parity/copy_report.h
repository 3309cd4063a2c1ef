/* stoker: the report of copies: numbers that show how many bytes a program copied and how many copies it avoided.
 *
 * The caller fills in the numbers that it measured, and sets the bits of their families. The calls return the families
 * that are missing, and the part of all copies that was avoided. Nothing here measures. */
#ifndef STOKER_PARITY_COPY_REPORT_H
#define STOKER_PARITY_COPY_REPORT_H

#include <stdint.h>

#include "stoker/telemetry.h"

#ifdef __cplusplus
extern "C" {
#endif

#define STK_COPY_REPORT_VERSION 1u

/// Evidence ///

/* Families of numbers, as bits. */
#define STK_COPY_REPORT_RING      1u /* occupancy, ring_decode_ns */
#define STK_COPY_REPORT_CONTROL   2u /* control_decode_ns */
#define STK_COPY_REPORT_COPY      4u /* host_copy_bytes, host_copy_avoided_bytes */
#define STK_COPY_REPORT_RESIDENCY 8u /* resident_bytes */
#define STK_COPY_REPORT_ALL       15u

struct stk_copy_report {
    uint32_t version;                 /* STK_COPY_REPORT_VERSION */
    uint32_t families;                /* bits STK_COPY_REPORT_* of the families that were measured */
    uint64_t resident_bytes;          /* bytes that stay on the device between dispatches */
    uint64_t host_copy_bytes;         /* bytes that the host copied */
    uint64_t host_copy_avoided_bytes; /* bytes that resident handles or device-side I/O saved the host from copying */
    uint64_t control_decode_ns;       /* time to decode the control buffer, in nanoseconds */
    uint64_t ring_decode_ns;          /* time to decode the ring, in nanoseconds */
    struct stk_occupancy occupancy;   /* slots of the ring by status */
};

/* Returns the families that are missing, as bits; 0 when all are there. ISR-safe. */
uint32_t stk_copy_report_missing(const struct stk_copy_report *evidence);

/* Returns 1 if nothing is missing and the version is known, else 0. ISR-safe. */
int stk_copy_report_complete(const struct stk_copy_report *evidence);

/* Returns the name of a family: "ring", "control", "copy" or "residency"; "unknown" for a number that is not exactly
 * one of them. The text is static. ISR-safe. */
const char *stk_copy_report_family(uint32_t family);

/* Returns the part of all copies that was avoided, in ten-thousandths: 10000 * avoided / (copied + avoided), rounded
 * down, and exact for every pair of 64-bit counts; 0 when there were no copies. ISR-safe. */
uint32_t stk_copy_report_avoided_bps(const struct stk_copy_report *evidence);

/// Capacity evidence: a decode stayed in the memory that its caller gave ///

struct stk_capacity_evidence {
    uint32_t version;      /* STK_COPY_REPORT_VERSION */
    uint32_t slots;        /* slots that were decoded */
    uint32_t slots_room;   /* most slots for which there is memory */
    uint32_t windows;      /* ticketed windows that were made */
    uint32_t windows_room; /* most ticketed windows for which there is memory */
    uint32_t opcodes_room; /* most opcodes that a decode may name */
    uint32_t keys_room;    /* most slots that can be sorted into ticketed windows */
};

/* Fills in the capacity evidence of the last decode of `telemetry`. ISR-safe. */
void stk_telemetry_capacity(const struct stk_telemetry *telemetry, struct stk_capacity_evidence *out);

/* Returns 1 if the room covers what was decoded and the version is known, else 0. ISR-safe. */
int stk_capacity_complete(const struct stk_capacity_evidence *evidence);

#ifdef __cplusplus
}
#endif
#endif
