/* stoker: telemetry, a copy of the state of a ring and its control buffer.
 *
 * A decode takes the bytes of a ring and a control buffer that were read back, or the live ones while workers and
 * publishers write to them. It leaves in the caller's memory: how many slots are in each status, the first words of
 * each slot, the control words, and the ticketed windows of the opcodes that the caller names. watchdog.h,
 * parity/copy_report.h and parity/telemetry_sketch.h compute from these numbers. A decode allocates nothing, never cuts
 * anything off, stores nothing to the ring, and does not stop the device.
 *
 * Counts by tenant: each row has the tenant and the status of its slot. So a program counts the rows of a tenant that
 * are DONE or FAULT. The harvest of a ticket makes the slot EMPTY. So the program decodes before it harvests, or counts
 * the slots that it harvests. The control words have one count by tenant, tenant_fairness. */
#ifndef STOKER_TELEMETRY_H
#define STOKER_TELEMETRY_H

#include <stddef.h>
#include <stdint.h>

#include "stoker/arena.h"
#include "stoker/control.h"
#include "stoker/err.h"
#include "stoker/ring.h"

#ifdef __cplusplus
extern "C" {
#endif

/// What a decode leaves ///

#define STK_UNKNOWN      8u /* index for slots whose status word is none of the eight statuses */
#define STK_STATUS_KINDS 9u /* the eight statuses, and STK_UNKNOWN */

/* Number of slots by status. count[] and torn add up to slots. */
struct stk_occupancy {
    /* count[STK_SLOT_*]: slots in this status; count[STK_UNKNOWN]: slots whose status word is not a status */
    uint32_t count[STK_STATUS_KINDS];
    uint32_t torn;  /* slots that changed during each try to read them; 0 after a decode of bytes */
    uint32_t slots; /* slots in the ring */
};

/* Returns the number of slots in use: neither EMPTY nor DONE nor torn. Slots in FAULT and slots of unknown status
 * count. */
uint32_t stk_occupancy_depth(const struct stk_occupancy *occupancy);

/* Returns 1 if work is under way in this status (PUBLISHED, CLAIMED, WAIT_IO, YIELD or REQUEUE), else 0. */
int stk_status_active(uint32_t status);

/* Row i has the first words of slot i, in their order and in host order. A tenant may have stored any number in
 * them. */
struct stk_row {
    uint32_t status;        /* status word of the slot, which may be no status */
    uint32_t opcode;        /* opcode of the slot */
    uint32_t tenant;        /* tenant of the slot */
    uint32_t wire_priority; /* priority word of the slot, which may be no STK_WIRE_PRIORITY_* */
    uint32_t args[4];       /* arguments 0 to 3 */
};

/* The words of slot i that row i does not have, and why. lost[i] is one of these values. */
enum stk_row_lost {
    /* no word is missing: all words were in the slot at one moment. A decode of bytes has no other value */
    STK_ROW_WHOLE,
    /* all words but the status are missing and 0 in the row, since a publisher may be writing them */
    STK_ROW_WORDS,
    STK_ROW_TORN /* all words are missing and 0 in the row: the slot changed during each try to read it */
};

/* A ticketed window: the slots that have the same argument 0, here called the ticket, and the same opcode. */
struct stk_ticketed_window {
    uint32_t ticket;                  /* argument 0 of its slots */
    uint32_t opcode;                  /* opcode of its slots */
    uint32_t tenant;                  /* tenant of its first slot in the ring */
    uint32_t required;                /* slots whose argument 1 is 0 */
    uint32_t lookahead;               /* slots whose argument 1 is 1 */
    uint32_t other;                   /* slots whose argument 1 is anything else */
    uint32_t count[STK_STATUS_KINDS]; /* number of its slots by status */
};

/* Returns 1 if any slot of the window is PUBLISHED, CLAIMED, WAIT_IO, YIELD or REQUEUE, else 0. */
int stk_ticketed_window_active(const struct stk_ticketed_window *window);

/* The control words. Each word was read at its own moment. Counters wrap modulo 2^32: compare two values by their
 * difference. Workers add to their counters from time to time: done_count, the counters of claims and executed slots,
 * and faults may lag behind the slots while a worker is busy. They are exact when the workers are idle, and after
 * stk_device_stop() (device_stop.h). The reference implementation does not have the words from `tickets` on; they are 0
 * in its control buffers. */
struct stk_control_state {
    uint32_t shutdown;                       /* the shutdown flag, as it is stored */
    uint32_t done_count;                     /* slots that ended DONE */
    uint32_t epoch;                          /* batch fences that have ended */
    uint32_t metrics[STK_CTL_METRICS_SLOTS]; /* slots executed, by opcode 0 to 31 */
    /* claims, by tenant 0 to 31; not counted for a tenant with a quota of 0. stk_tenant_counters (tenant.h) counts the
     * slots that a tenant published and drained */
    uint32_t tenant_fairness[STK_CTL_TENANT_FAIRNESSES];
    uint32_t priority_fairness[STK_PRIORITIES]; /* claims, by priority on the wire */
    /* claims of CRITICAL or HIGH slots since the last claim of a lower priority */
    uint32_t starvation;
    uint32_t tickets;   /* tickets handed out (publisher.h) */
    uint32_t harvested; /* tickets harvested */
    uint32_t workers;   /* workers inside the kernel, by their own count */
    uint32_t heartbeat; /* a counter that grows while workers make turns */
    uint32_t faults;    /* slots that ended in FAULT */
};

/* A snapshot: the numbers of one decode. A snapshot has no pointer, so a program may copy it, and compare a later
 * snapshot with the copy. */
struct stk_snapshot {
    struct stk_occupancy occupancy;
    struct stk_control_state control;
};

/// Memory ///

#define STK_TELEMETRY_SLOTS_MAX   1048576u /* most slots that can be decoded */
#define STK_TELEMETRY_OPCODES_MAX 4096u    /* most opcodes that can be named */

/* Bytes of memory for rings of up to `slots` slots and up to `opcodes` named opcodes, of which a repeated one counts
 * again. Without opcodes this is 33 for each slot. With opcodes it is 76 more for each slot, 64 for each opcode, and
 * 1,024; where there are more opcodes than slots, 16 for each one more. Rounded up to STK_ALIGN. Constant for constant
 * arguments. */
#define STK_TELEMETRY_BYTES(slots, opcodes)                                                                            \
    STK_ALIGNED((size_t)(slots) * (sizeof(struct stk_row) + 1u) +                                                      \
                ((opcodes) > 0u ? STK_TELEMETRY_WINDOW_BYTES_(slots, opcodes) : 0u))
#define STK_TELEMETRY_MOST_(a, b) ((a) > (b) ? (size_t)(a) : (size_t)(b))
#define STK_TELEMETRY_WINDOW_BYTES_(slots, opcodes)                                                                    \
    ((size_t)(slots) * sizeof(struct stk_ticketed_window) + 16u * STK_TELEMETRY_MOST_(slots, opcodes) +                \
     64u * (size_t)(opcodes) + 1024u)

#define STK_TELEMETRY_DEFINE(name, slots, opcodes) STK_STORAGE_DEFINE(name, STK_TELEMETRY_BYTES(slots, opcodes))

/* Configuration of a telemetry object. */
struct stk_telemetry_config {
    uint32_t slots; /* most slots of a ring that is decoded, up to STK_TELEMETRY_SLOTS_MAX */
    /* most opcodes with a name in one decode, up to STK_TELEMETRY_OPCODES_MAX; 0: no ticketed windows */
    uint32_t opcodes;
};

struct stk_name;

/* The last decode, and its memory. One thread at a time uses it. */
struct stk_telemetry {
    struct stk_snapshot snapshot; /* numbers of the last decode */
    struct stk_row *rows;         /* a row for each of snapshot.occupancy.slots slots, in the order of the ring */
    uint8_t *lost;                /* an enum stk_row_lost for each row */
    struct stk_ticketed_window *windows; /* window_count windows, ascending by ticket and then by opcode */
    uint32_t window_count;               /* windows of the last decode */
    uint32_t slots_max;                  /* the number that init got */
    uint32_t opcodes_max;                /* the number that init got */
    uint64_t *keys[2];      /* scratch: a key for each slot whose opcode was named, and room to sort them */
    uint32_t *bins;         /* scratch: 256 counters of the sort */
    struct stk_name *names; /* scratch: a hash table of the opcodes */
};

/* Writes STK_TELEMETRY_BYTES(slots, opcodes) to *bytes. STK_E_OVERFLOW more than STK_TELEMETRY_SLOTS_MAX slots or
 * STK_TELEMETRY_OPCODES_MAX opcodes. */
STK_MUST_CHECK int stk_telemetry_bytes(uint32_t slots, uint32_t opcodes, size_t *bytes);

/* Makes a telemetry object without a decode. Takes STK_TELEMETRY_BYTES(config->slots, config->opcodes) of the arena,
 * and writes none of these bytes. Errors:
 * - STK_E_ARG config or arena is NULL.
 * - STK_E_OVERFLOW as stk_telemetry_bytes() (info: value is the number that is too large).
 * - STK_E_SPACE the arena is too small (info: value is the bytes that the arena must have). */
STK_MUST_CHECK int stk_telemetry_init(struct stk_telemetry *telemetry, const struct stk_telemetry_config *config,
                                      struct stk_arena *arena, struct stk_error_info *info);

/// Decoding ///

/* Opcodes whose slots are grouped into windows, in any order. An opcode that is named twice counts once. */
struct stk_opcodes {
    const uint32_t *list; /* the opcodes; may be NULL when count is 0 */
    uint32_t count;       /* opcodes in the list, repetitions counted; at most opcodes of the configuration */
};

/* Decodes a ring and a control buffer that were read back as bytes, of any alignment. `opcodes` NULL: no windows. The
 * words behind an EMPTY or unknown status are data like any other, and such slots make windows too. Takes time in
 * proportion to slots + opcodes. ISR-safe, if slow. On error the last decode stays as it was. Errors, in this order:
 * - STK_E_ARG a pointer is NULL and its count is not 0.
 * - STK_E_ALIGN `control_bytes` is not a multiple of 4.
 * - STK_E_MISSING `control_bytes` is below 640 (info: index is the first missing word, value 640).
 * - STK_E_ALIGN `ring_bytes` is not a multiple of 64.
 * - STK_E_OVERFLOW more slots or opcodes than any decode takes (info: value is how many there are).
 * - STK_E_SPACE more slots or opcodes than init was told (info: value is the bytes that would do). */
STK_MUST_CHECK int stk_telemetry_decode(struct stk_telemetry *telemetry, const void *ring, size_t ring_bytes,
                                        const void *control, size_t control_bytes, const struct stk_opcodes *opcodes,
                                        struct stk_error_info *info);

/* The publishers that may write to a live ring while it is decoded. Workers may write to it in every case. */
enum stk_feed {
    /* any publisher, by any call. A publisher may be writing to a slot in EMPTY or DONE, so rows in these statuses lose
     * their words */
    STK_FEED_ANY,
    /* stk_publisher alone, with this control buffer: rows of EMPTY slots lose their words */
    STK_FEED_TICKETS,
    STK_FEED_NONE /* no publisher writes until the call returns, so no row loses words for that reason */
};

#define STK_TELEMETRY_TRIES 8u /* tries to read one slot before its row is torn */

/* Decodes a live ring and its control buffer, while workers run. The words of a row are of one moment, and different
 * rows are of different moments. A row that changed while it was read is read again, STK_TELEMETRY_TRIES times in all,
 * and is then torn: it counts in occupancy.torn and nowhere else. Rows that lost their words count in the occupancy and
 * are in no window.
 *
 * Under STK_FEED_ANY a change stays unseen only if a slot runs through two whole lives during one reading, and every
 * word that was read comes back to its value. Tickets rule that out.
 *
 * Any thread; never blocks. On error the last decode stays as it was. STK_E_ARG, STK_E_MISSING, STK_E_OVERFLOW and
 * STK_E_SPACE as stk_telemetry_decode(); STK_E_ARG also for STK_FEED_TICKETS and a number of slots that is not a power
 * of two (info: value is that number). */
STK_MUST_CHECK int stk_telemetry_read(struct stk_telemetry *telemetry, const struct stk_ring *ring,
                                      const struct stk_control *control, enum stk_feed feed,
                                      const struct stk_opcodes *opcodes, struct stk_error_info *info);

/// Filters ///

/* Writes the indices of the active windows (stk_ticketed_window_active) to out[0 .. cap), ascending. Returns how many.
 * STK_E_SPACE `cap` is too small, which window_count never is: `out` is untouched (info: value is the bytes that `out`
 * needs). */
STK_MUST_CHECK int stk_telemetry_active_windows(const struct stk_telemetry *telemetry, uint32_t *out, uint32_t cap,
                                                struct stk_error_info *info);

/* Writes the indices of the slots with opcode `opcode` that are active (stk_status_active) to out[0 .. cap), ascending.
 * Rows that lost words are left out. Returns how many. STK_E_SPACE `cap` is too small: `out` is untouched (info: value
 * is the bytes that `out` needs). */
STK_MUST_CHECK int stk_telemetry_active_slots(const struct stk_telemetry *telemetry, uint32_t opcode, uint32_t *out,
                                              uint32_t cap, struct stk_error_info *info);

#ifdef __cplusplus
}
#endif
#endif
