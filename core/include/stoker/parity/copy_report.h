/* stoker: evidence, the figures that a benchmark or a release keeps to show what a run copied and what it cost.
 *
 * The caller fills in what it measured and says which families of figures those are; the calls say what is missing and
 * work out the share of copies avoided.
 */
#ifndef STOKER_PARITY_COPY_REPORT_H
#define STOKER_PARITY_COPY_REPORT_H

#include <stdint.h>

#include "stoker/telemetry.h"

#ifdef __cplusplus
extern "C" {
#endif

#define STK_COPY_REPORT_VERSION 1u

/// Evidence ///

/* Families of figures, as bits. */
#define STK_COPY_REPORT_RING      1u /* occupancy, ring_decode_ns */
#define STK_COPY_REPORT_CONTROL   2u /* control_decode_ns */
#define STK_COPY_REPORT_COPY      4u /* host_copy_bytes, host_copy_avoided_bytes */
#define STK_COPY_REPORT_RESIDENCY 8u /* resident_bytes */
#define STK_COPY_REPORT_ALL       15u

struct stk_copy_report {
    uint32_t version;                 /* STK_COPY_REPORT_VERSION */
    uint32_t families;                /* whose figures were measured */
    uint64_t resident_bytes;          /* that stay on the device between dispatches */
    uint64_t host_copy_bytes;         /* that the host still copied */
    uint64_t host_copy_avoided_bytes; /* that resident handles or device-side I/O made needless */
    uint64_t control_decode_ns;
    uint64_t ring_decode_ns;
    struct stk_occupancy occupancy;
};

/* The families that are missing, as bits; 0 when all are there. ISR-safe. */
uint32_t stk_copy_report_missing(const struct stk_copy_report *evidence);

/* Returns 1 if nothing is missing and the version is known, else 0. ISR-safe. */
int stk_copy_report_complete(const struct stk_copy_report *evidence);

/* Name of a family: "ring", "control", "copy", "residency"; "unknown" for what is not exactly one of them. Static.
 * ISR-safe. */
const char *stk_copy_report_family(uint32_t family);

/* Bytes not copied of all that would have been, in ten-thousandths, rounded down and exact for every pair of 64-bit
 * counts; 0 when there were none. ISR-safe. */
uint32_t stk_copy_report_avoided_bps(const struct stk_copy_report *evidence);

/// Capacity evidence: a decode stayed in the memory that its caller gave ///

struct stk_capacity_evidence {
    uint32_t version; /* STK_COPY_REPORT_VERSION */
    uint32_t slots;   /* decoded, and the room for them */
    uint32_t slots_room;
    uint32_t windows; /* likewise */
    uint32_t windows_room;
    uint32_t opcodes_room; /* for opcodes named */
    uint32_t keys_room;    /* for slots being sorted into windows */
};

/* Of the last decode. ISR-safe. */
void stk_telemetry_capacity(const struct stk_telemetry *telemetry, struct stk_capacity_evidence *out);

/* Returns 1 if the room covers what was decoded and the version is known, else 0. ISR-safe. */
int stk_capacity_complete(const struct stk_capacity_evidence *evidence);

#ifdef __cplusplus
}
#endif
#endif
