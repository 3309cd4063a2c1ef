/* stoker: the work ring.
 *
 * A ring is an array of 64-byte slots over memory that the host and the device both see. The codec
 * below works on any such memory; it allocates nothing and takes no lock. A publisher writes the
 * words of a slot and its status last; a worker claims it, as a rule by compare-and-swap; the status word
 * alone decides who may touch a slot (the table in core/SPEC.md, 1.2).
 */
#ifndef STOKER_RING_H
#define STOKER_RING_H

#include <stddef.h>
#include <stdint.h>

#include "stoker/arena.h"
#include "stoker/err.h"
#include "stoker/slot.h"
#include "stoker/words.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Ring over caller memory ///

#define STK_RING_BYTES(slots)        ((size_t)(slots)*STK_SLOT_BYTES)
#define STK_RING_DEFINE(name, slots) STK_STORAGE_DEFINE(name, STK_RING_BYTES(slots))

struct stk_ring {
    uint32_t *words; /* slots * 16 little-endian words, caller's memory */
    uint32_t slots;
};

/* How urgent a slot is, as the host says it. The ring has other numbers, STK_WIRE_PRIORITY_* (words.h): every
 * call that publishes writes these. A number above STK_PRIORITY_IDLE is refused with STK_E_ARG. */
enum stk_priority {
    STK_PRIORITY_DEFAULT = 0, /* NORMAL: what a structure of zeros asks for */
    STK_PRIORITY_CRITICAL,
    STK_PRIORITY_HIGH,
    STK_PRIORITY_NORMAL,
    STK_PRIORITY_LOW,
    STK_PRIORITY_IDLE
};

/* Returns the enum stk_priority of a word of the wire, such as that of a slot that was read. The result is above
 * STK_PRIORITY_IDLE where the word is no priority. ISR-safe. */
uint32_t stk_priority_of_wire(uint32_t wire);

/* One unit of work to publish. */
struct stk_work {
    uint32_t opcode;
    uint32_t tenant;
    uint32_t priority;    /* an enum stk_priority; 0: STK_PRIORITY_DEFAULT */
    uint32_t nargs;       /* words at args, at most 12 */
    const uint32_t *args; /* may be NULL when nargs is 0 */
};

/* A slot as read: its words as they are, in host order. */
struct stk_slot {
    uint32_t status, opcode, tenant;
    uint32_t wire_priority; /* STK_WIRE_PRIORITY_*, or any word that a tenant stored there */
    uint32_t args[STK_SLOT_ARGS];
};

/* Returns the name of a reason for which a slot faulted, "STK_REASON_PAYLOAD"; "STK_REASON_UNKNOWN" for a number that
 * is not in STK_REASONS (slot.h), such as a reason of the user's own handler. ISR-safe. */
const char *stk_reason_name(uint32_t reason);

/* Bytes a ring of `slots` slots takes. STK_E_OVERFLOW above STK_RING_SLOTS_MAX. */
STK_MUST_CHECK int stk_ring_bytes(uint32_t slots, size_t *bytes);

/* Lays out an empty ring: clears `slots` slots at mem. STK_E_OVERFLOW above
 * STK_RING_SLOTS_INIT_MAX, STK_E_ALIGN when mem is not 4-byte aligned, STK_E_SPACE when `bytes` is
 * less than STK_RING_BYTES(slots). */
STK_MUST_CHECK int stk_ring_init(struct stk_ring *ring, void *mem, size_t bytes, uint32_t slots);

/* Attaches to a ring that exists, changing nothing. STK_E_ALIGN when mem is not 4-byte aligned or
 * `bytes` is no multiple of 64, STK_E_OVERFLOW above STK_RING_SLOTS_MAX slots. */
STK_MUST_CHECK int stk_ring_view(struct stk_ring *ring, void *mem, size_t bytes);

/// Publishing ///

/* Returns STK_OK if stk_ring_publish takes this opcode, else STK_E_OPCODE. LOAD_MISS has a call of
 * its own. */
STK_MUST_CHECK int stk_opcode_publishable(uint32_t opcode);
/* Returns STK_OK if this opcode may name a user's handler, else STK_E_OPCODE. */
STK_MUST_CHECK int stk_opcode_user(uint32_t opcode);

/* Publishes `work` in slot `slot`, which must be EMPTY or DONE (and, if DONE, harvested: its words are overwritten).
 * Arguments beyond nargs become 0. `work` and its arguments may be words of the slot itself. The checks come in this
 * order, and nothing changes on error: STK_E_RANGE the slot; STK_E_ARGS nargs > 12; STK_E_ARG nargs > 0 without
 * arguments, or a priority above STK_PRIORITY_IDLE; STK_E_OPCODE; STK_E_STATUS the slot is in use. One publisher per
 * slot at a time; several publishers of one ring use stk_publisher (stoker/publisher.h). ISR-safe. */
STK_MUST_CHECK int stk_ring_publish(struct stk_ring *ring, uint32_t slot, const struct stk_work *work);

/* Publishes `count` items in slots start, start+1, ... and a BATCH_FENCE (a0 = count, a1 = tag) after them, all with
 * tenant `tenant` and priority NORMAL. All checks come before the first byte changes. Returns the slots used, count +
 * 1. STK_E_RANGE the batch leaves the ring. Then for each item: STK_E_ARGS; STK_E_ARG (as above: the item's priority is
 * checked although it is not used); STK_E_OPCODE; STK_E_OVERLAP the item or its arguments lie in the batch's own slots.
 * Then STK_E_STATUS. `info` (may be NULL) gets the index of the slot at fault and the argument that was refused. */
STK_MUST_CHECK int stk_ring_publish_batch(struct stk_ring *ring, uint32_t start, uint32_t tenant,
                                          const struct stk_work *items, uint32_t count, uint32_t tag,
                                          struct stk_error_info *info);

/* One op inside a packed slot. */
struct stk_packed_op {
    uint8_t opcode; /* below 256 */
    uint8_t nargs;
    const uint32_t *args;
};

/* Publishes `count` ops in one slot: 2 + 2 * count bytes of header rounded up to a word, then all
 * the arguments, 12 words in all. STK_E_ARGS when they do not fit, then the errors of
 * stk_ring_publish. */
STK_MUST_CHECK int stk_ring_publish_packed(struct stk_ring *ring, uint32_t slot, uint32_t tenant,
                                           const struct stk_packed_op *ops, uint32_t count);

/* Publishes a LOAD_MISS for `resource`, which a handler of I/O resolves to a source. Errors as
 * stk_ring_publish. */
STK_MUST_CHECK int stk_ring_publish_load_miss(struct stk_ring *ring, uint32_t slot, uint32_t tenant, uint32_t resource,
                                              uint32_t prefetch);

/* The 64 bytes of a published LOAD_MISS slot (tenant 0, priority CRITICAL, as the reference encodes
 * it). */
void stk_load_miss_encode(uint8_t out[STK_SLOT_BYTES], uint32_t resource, uint32_t prefetch);

/* Reads a LOAD_MISS out of such bytes, of any alignment; 24 of them are enough. *prefetch becomes 0
 * or 1. STK_E_MISSING fewer bytes, STK_E_OPCODE another opcode. */
STK_MUST_CHECK int stk_load_miss_decode(const void *slot, size_t bytes, uint32_t *resource, uint32_t *prefetch);

/* Reads a LOAD_MISS out of slot `slot`, whatever its status: a worker leaves it in WAIT_IO while
 * the host looks. *prefetch becomes 0 or 1. STK_E_RANGE; STK_E_OPCODE when the slot holds another
 * opcode. */
STK_MUST_CHECK int stk_ring_load_miss(const struct stk_ring *ring, uint32_t slot, uint32_t *resource,
                                      uint32_t *prefetch);

/// Reading and moving slots ///

/* Copies slot `slot` out. The status is read first with acquire order: when it is DONE or FAULT,
 * the other words are those that the worker left. STK_E_RANGE. */
STK_MUST_CHECK int stk_ring_read(const struct stk_ring *ring, uint32_t slot, struct stk_slot *out);

/* The status of slot `slot`, acquire order; STK_E_RANGE; STK_E_STATUS when the word there is no
 * status. */
STK_MUST_CHECK int stk_ring_status(const struct stk_ring *ring, uint32_t slot);

enum stk_transition {
    STK_TO_PUBLISH, /* always refused: publishing writes words too, use stk_ring_publish */
    STK_TO_CLAIM,   /* PUBLISHED, YIELD, REQUEUE -> CLAIMED */
    STK_TO_DONE,    /* CLAIMED -> DONE */
    STK_TO_FAULT,   /* PUBLISHED, CLAIMED, WAIT_IO, YIELD, REQUEUE -> FAULT; by the host as STK_TO_CANCEL */
    /* PUBLISHED, WAIT_IO, YIELD, REQUEUE -> EMPTY; while workers run only as stk_atomics_exclude (slot.h) allows */
    STK_TO_CANCEL,
    STK_TO_WAIT_IO, /* CLAIMED -> WAIT_IO */
    STK_TO_YIELD,   /* CLAIMED -> YIELD */
    STK_TO_REQUEUE, /* CLAIMED, WAIT_IO -> REQUEUE */
    STK_TO_ACK      /* FAULT -> EMPTY, by the host once it has read the fault */
};

/* Returns 1 if a slot with status `from` may make this transition, else 0. Calls that move a slot of somebody else ask
 * this table; who owns a slot stores its status itself, by the same rule (SPEC.md 1.2). */
int stk_transition_allowed(uint32_t from, enum stk_transition to);

/* Moves slot `slot` by compare-and-swap. Returns the previous status; STK_E_RANGE; STK_E_STATUS
 * when the table forbids it or another party moved the slot first. */
STK_MUST_CHECK int stk_ring_transition(struct stk_ring *ring, uint32_t slot, enum stk_transition to);

/* How many of the first `items` slots are DONE. STK_E_RANGE when the ring has fewer. */
STK_MUST_CHECK int stk_ring_count_done(const struct stk_ring *ring, uint32_t items);

/* The same for a ring that was read back as bytes, of any alignment, perhaps cut short. 0 items are
 * always 0 done. STK_E_OVERFLOW more than STK_RING_SLOTS_MAX items, STK_E_ALIGN `bytes` is no
 * multiple of 4, STK_E_MISSING the bytes end before that many slots; `info` (may be NULL) gets the
 * word after the last one needed and the bytes that would do. */
STK_MUST_CHECK int stk_ring_image_count_done(const void *image, size_t bytes, uint64_t items,
                                             struct stk_error_info *info);

#ifdef __cplusplus
}
#endif
#endif
