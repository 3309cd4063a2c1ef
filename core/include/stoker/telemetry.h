/* stoker: telemetry, what a ring and its control buffer looked like at one moment.
 *
 * A decode takes the bytes of a ring and a control buffer that were read back, or the live ones while workers and
 * publishers write them, and leaves in the caller's memory: how many slots are in each status, the first words of every
 * slot, the control words, and the ticketed windows of the opcodes that the caller names. watchdog.h,
 * parity/copy_report.h and parity/telemetry_sketch.h compute from what is here. Nothing is allocated, nothing is ever
 * cut off.
 */
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

#define STK_UNKNOWN      8u /* index, beside the eight statuses, of slots whose status word is none of them */
#define STK_STATUS_KINDS 9u

/* Slots by status. count[] and torn add up to slots. */
struct stk_occupancy {
    uint32_t count[STK_STATUS_KINDS];
    uint32_t torn;  /* slots that changed under every try to read them; 0 when decoded from bytes */
    uint32_t slots; /* in the ring */
};

/* Slots in use that were read: neither EMPTY nor DONE nor torn. FAULT and unknown count. */
uint32_t stk_occupancy_depth(const struct stk_occupancy *occupancy);

/* Returns 1 if work is under way in this status (PUBLISHED, CLAIMED, WAIT_IO, YIELD or REQUEUE), else 0. */
int stk_status_active(uint32_t status);

/* The head of slot i, as rows[i]: its first words in their order. */
struct stk_row {
    uint32_t status; /* the word itself, which may be no status */
    uint32_t opcode;
    uint32_t tenant;
    uint32_t wire_priority; /* the word itself, which may be no STK_WIRE_PRIORITY_* */
    uint32_t args[4];       /* the first four */
};

/* What is missing from row i, as lost[i]. */
enum stk_row_lost {
    STK_ROW_WHOLE, /* nothing: every word was in the slot at one moment. Always so when decoded from bytes */
    STK_ROW_WORDS, /* all but the status: the other words are a publisher's, who may be writing them; 0 in the row */
    STK_ROW_TORN   /* everything: the slot changed under every try; all 0 in the row */
};

/* The slots of one (ticket, opcode): ticket is argument 0. */
struct stk_ticketed_window {
    uint32_t ticket;
    uint32_t opcode;
    uint32_t tenant;                  /* of its first slot in the ring */
    uint32_t required;                /* slots whose argument 1 is 0 */
    uint32_t lookahead;               /* slots whose argument 1 is 1 */
    uint32_t other;                   /* slots whose argument 1 is anything else */
    uint32_t count[STK_STATUS_KINDS]; /* its slots by status */
};

/* Returns 1 if any slot of the window is PUBLISHED, CLAIMED, WAIT_IO, YIELD or REQUEUE, else 0. */
int stk_ticketed_window_active(const struct stk_ticketed_window *window);

/* The control words, each of its own moment. Counters run free: compare them by difference. */
struct stk_control_state {
    uint32_t shutdown; /* the word itself */
    uint32_t done_count;
    uint32_t epoch;
    uint32_t metrics[STK_CTL_METRICS_SLOTS]; /* by opcode */
    uint32_t tenant_fairness[STK_CTL_TENANT_FAIRNESSES];
    uint32_t priority_fairness[STK_PRIORITIES];
    uint32_t starvation;
    uint32_t tickets;   /* handed out; from here on stoker's own words, 0 in buffers of others */
    uint32_t harvested; /* tickets */
    uint32_t workers;   /* inside the kernel, by their own count */
    uint32_t heartbeat;
    uint32_t faults; /* slots that ended in FAULT */
};

/* One moment, with no pointer in it: copy it to compare a later one against. */
struct stk_snapshot {
    struct stk_occupancy occupancy;
    struct stk_control_state control;
};

/// Memory ///

#define STK_TELEMETRY_SLOTS_MAX   1048576u /* most slots that can be decoded */
#define STK_TELEMETRY_OPCODES_MAX 4096u    /* most opcodes that can be named */

/* Bytes for rings of up to `slots` slots and up to `opcodes` named opcodes, repetitions counted: 33 for a slot, and
 * when there are opcodes another 76 for a slot, 64 for an opcode and 1,024, rounded up to STK_ALIGN. Constant for
 * constant arguments. */
#define STK_TELEMETRY_BYTES(slots, opcodes)                                                                            \
    STK_ALIGNED((size_t)(slots) * (sizeof(struct stk_row) + 1u) +                                                      \
                ((opcodes) > 0u ? STK_TELEMETRY_WINDOW_BYTES_(slots, opcodes) : 0u))
#define STK_TELEMETRY_MOST_(a, b) ((a) > (b) ? (size_t)(a) : (size_t)(b))
#define STK_TELEMETRY_WINDOW_BYTES_(slots, opcodes)                                                                    \
    ((size_t)(slots) * sizeof(struct stk_ticketed_window) + 16u * STK_TELEMETRY_MOST_(slots, opcodes) +                \
     64u * (size_t)(opcodes) + 1024u)

#define STK_TELEMETRY_DEFINE(name, slots, opcodes) STK_STORAGE_DEFINE(name, STK_TELEMETRY_BYTES(slots, opcodes))

struct stk_telemetry_config {
    uint32_t slots;   /* most slots of a ring that is decoded, at most STK_TELEMETRY_SLOTS_MAX */
    uint32_t opcodes; /* most opcodes that a decode names, at most STK_TELEMETRY_OPCODES_MAX; 0: no windows */
};

struct stk_name;

/* The last decode, and the memory it is in. One thread at a time. */
struct stk_telemetry {
    struct stk_snapshot snapshot;
    struct stk_row *rows;                /* snapshot.occupancy.slots of them, in ring order */
    uint8_t *lost;                       /* as many, enum stk_row_lost */
    struct stk_ticketed_window *windows; /* window_count of them, ascending by (ticket, opcode) */
    uint32_t window_count;
    uint32_t slots_max;
    uint32_t opcodes_max;
    uint64_t *keys[2];      /* scratch: slots whose opcode was named; for sorting, before and behind a pass */
    uint32_t *bins;         /* scratch: 256 counters */
    struct stk_name *names; /* scratch: a hash table of the opcodes */
};

/* Bytes that stk_telemetry_init needs, as STK_TELEMETRY_BYTES says. STK_E_OVERFLOW above STK_TELEMETRY_SLOTS_MAX slots
 * or STK_TELEMETRY_OPCODES_MAX opcodes, or when this machine cannot address that many. */
STK_MUST_CHECK int stk_telemetry_bytes(uint32_t slots, uint32_t opcodes, size_t *bytes);

/* Takes STK_TELEMETRY_BYTES of the arena, and has nothing decoded. Writes none of these bytes. STK_E_OVERFLOW as above
 * (info's value: the number that is too large), STK_E_SPACE the arena is too small (info's value: the bytes that it
 * must have), STK_E_ARG config or arena NULL. */
STK_MUST_CHECK int stk_telemetry_init(struct stk_telemetry *telemetry, const struct stk_telemetry_config *config,
                                      struct stk_arena *arena, struct stk_error_info *info);

/// Decoding ///

/* Opcodes whose slots are grouped into windows. In any order; one that is named twice counts once. */
struct stk_opcodes {
    const uint32_t *list; /* may be NULL when count is 0 */
    uint32_t count;
};

/* Decodes a ring and a control buffer that were read back, of any alignment. `opcodes` may be NULL for no windows. The
 * words behind an EMPTY or unknown status are data like any other, and such slots make windows. Takes time in
 * proportion to slots + opcodes. Errors, looked for in this order, with the last decode left as it was: STK_E_ARG a
 * pointer is NULL and its count is not 0; STK_E_ALIGN control_bytes is no multiple of 4; STK_E_MISSING it is below 640
 * (info: the first missing word and 640); STK_E_ALIGN ring_bytes is no multiple of 64; STK_E_OVERFLOW more slots or
 * opcodes than can be decoded at all (info's value: how many there are); STK_E_SPACE more than stk_telemetry_init was
 * told (info's value: the bytes that would do). ISR-safe, if slow. */
STK_MUST_CHECK int stk_telemetry_decode(struct stk_telemetry *telemetry, const void *ring, size_t ring_bytes,
                                        const void *control, size_t control_bytes, const struct stk_opcodes *opcodes,
                                        struct stk_error_info *info);

/* Who may publish into a live ring while it is read. Workers may do anything to it in every case. */
enum stk_feed {
    /* anyone by any call. A publisher may be rewriting an EMPTY or a DONE slot: their rows lose their words */
    STK_FEED_ANY,
    STK_FEED_TICKETS, /* stk_publisher alone, with this control buffer: rows of EMPTY slots lose their words */
    STK_FEED_NONE     /* nobody until the call returns: rows lose nothing */
};

#define STK_TELEMETRY_TRIES 8u /* readings of one slot before its row is given up as torn */

/* The same from a live ring, without a halt. Each row is of one moment, rows are of different ones. A row that changed
 * while it was read is read again, STK_TELEMETRY_TRIES times in all, and then reported as torn: it counts in
 * occupancy.torn and nowhere else. Rows that lost their words count in the occupancy and are in no window. Under
 * STK_FEED_ANY a change stays unseen only if a slot runs through two whole lives during one reading and every word read
 * comes back to its value; tickets rule that out.
 * Errors: STK_E_MISSING, STK_E_OVERFLOW and STK_E_SPACE as above; STK_E_ARG STK_FEED_TICKETS and a slot count
 * that is no power of two. Any thread; never blocks. */
STK_MUST_CHECK int stk_telemetry_read(struct stk_telemetry *telemetry, const struct stk_ring *ring,
                                      const struct stk_control *control, enum stk_feed feed,
                                      const struct stk_opcodes *opcodes, struct stk_error_info *info);

/// Filters ///

/* The indices of the windows that are active, ascending, into out[0..cap). Returns how many. STK_E_SPACE when cap is
 * too small: out is untouched, and info's value the bytes that it needs (window_count entries always do). */
STK_MUST_CHECK int stk_telemetry_active_windows(const struct stk_telemetry *telemetry, uint32_t *out, uint32_t cap,
                                                struct stk_error_info *info);

/* The indices of the active slots with this opcode, ascending; the rest as above. */
STK_MUST_CHECK int stk_telemetry_active_slots(const struct stk_telemetry *telemetry, uint32_t opcode, uint32_t *out,
                                              uint32_t cap, struct stk_error_info *info);

#ifdef __cplusplus
}
#endif
#endif
