/* stoker: the work ring.
 *
 * A ring is an array of 64-byte slots in memory that the host and the device both see. The calls here lay a ring out,
 * publish work in its slots, read slots and move them on. They work on any such memory, allocate nothing and take no
 * lock. They start no device and wait for nothing.
 *
 * A publisher writes the words of a slot, and its status last. A worker claims the slot, as a rule by compare-and-swap
 * of the status. The status word alone says which party may touch a slot (core/SPEC.md, 1.2). */
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

/* A view of a ring: copy it freely. The memory is the caller's and must outlive each view. */
struct stk_ring {
    /* the slots, 16 little-endian words each; in the caller's memory, aligned to 4 bytes */
    uint32_t *words;
    uint32_t slots; /* number of slots, at most STK_RING_SLOTS_MAX */
};

/* How urgent a slot is, in the numbers of the host. The ring has other numbers, STK_WIRE_PRIORITY_* (words.h), and each
 * call that publishes translates. A call refuses a number above STK_PRIORITY_IDLE with STK_E_ARG. */
enum stk_priority {
    STK_PRIORITY_DEFAULT = 0, /* NORMAL; the priority of a structure of zeros */
    STK_PRIORITY_CRITICAL,
    STK_PRIORITY_HIGH,
    STK_PRIORITY_NORMAL,
    STK_PRIORITY_LOW,
    STK_PRIORITY_IDLE
};

/* Returns the enum stk_priority of a word of the wire, such as the priority word of a slot that was read. The result is
 * above STK_PRIORITY_IDLE if the word is no priority. ISR-safe. */
uint32_t stk_priority_of_wire(uint32_t wire);

/* Work to publish in one slot. */
struct stk_work {
    uint32_t opcode;      /* handler that does the work: an opcode that stk_opcode_publishable() takes */
    uint32_t tenant;      /* tenant of the slot; 0 where there is only one */
    uint32_t priority;    /* an enum stk_priority; 0: STK_PRIORITY_DEFAULT */
    uint32_t nargs;       /* words at args, at most 12 */
    const uint32_t *args; /* arguments for the handler, in host order; may be NULL when nargs is 0 */
};

/* A slot as it was read: its words, in host order. A tenant may have stored any number in them. */
struct stk_slot {
    /* status: STK_SLOT_* (words.h), or any other word. opcode: handler of the slot. tenant: tenant of the slot */
    uint32_t status, opcode, tenant;
    uint32_t wire_priority;       /* STK_WIRE_PRIORITY_* (words.h), or any other word */
    uint32_t args[STK_SLOT_ARGS]; /* arguments; results from STK_RESULT_ARG (slot.h) on */
};

/* Returns the name of the reason for which a slot faulted, such as "STK_REASON_PAYLOAD"; "STK_REASON_UNKNOWN" for a
 * number that is not in STK_REASONS (slot.h), such as a reason of the user's own handler. The text is static.
 * ISR-safe. */
const char *stk_reason_name(uint32_t reason);

/* Writes the bytes that a ring of `slots` slots takes to *bytes. STK_E_OVERFLOW `slots` is above STK_RING_SLOTS_MAX, or
 * this machine cannot address so many bytes. */
STK_MUST_CHECK int stk_ring_bytes(uint32_t slots, size_t *bytes);

/* Lays out an empty ring of `slots` slots at `mem`, which has `bytes` bytes: every slot becomes EMPTY, and every word
 * 0. Errors, in this order:
 * - STK_E_OVERFLOW `slots` is above STK_RING_SLOTS_INIT_MAX.
 * - STK_E_ALIGN `mem` is not aligned to 4 bytes.
 * - STK_E_SPACE `bytes` is below STK_RING_BYTES(slots).
 * - STK_E_ARG `mem` is NULL and `slots` is not 0. */
STK_MUST_CHECK int stk_ring_init(struct stk_ring *ring, void *mem, size_t bytes, uint32_t slots);

/* Attaches to a ring that exists, and changes no byte of it. `bytes` is its whole length. STK_E_ALIGN `mem` is not
 * aligned to 4 bytes, or `bytes` is not a multiple of 64; STK_E_ARG `mem` is NULL and `bytes` is not 0; STK_E_OVERFLOW
 * more than STK_RING_SLOTS_MAX slots. */
STK_MUST_CHECK int stk_ring_view(struct stk_ring *ring, void *mem, size_t bytes);

/// Publishing ///

/* Returns STK_OK if stk_ring_publish() takes this opcode, else STK_E_OPCODE. LOAD_MISS is refused here:
 * stk_ring_publish_load_miss() publishes it. ISR-safe. */
STK_MUST_CHECK int stk_opcode_publishable(uint32_t opcode);
/* Returns STK_OK if a program may give this opcode to a handler of its own, else STK_E_OPCODE. ISR-safe. Source:
 * SPEC.md, 1.4. */
STK_MUST_CHECK int stk_opcode_user(uint32_t opcode);

/* Publishes `work` in slot `slot`, which must be EMPTY or DONE. Of a DONE slot take the results first: its words are
 * overwritten. Arguments beyond nargs become 0. `work` and its arguments may be words of the slot itself.
 *
 * One publisher for each slot at a time; several publishers of one ring use stk_publisher (stoker/publisher.h). Idle
 * workers learn of the slot at once by stk_control_ring_doorbell(). ISR-safe. Nothing changes on error. Errors, in this
 * order:
 * - STK_E_RANGE there is no such slot.
 * - STK_E_ARGS nargs is above 12.
 * - STK_E_ARG nargs is not 0 and args is NULL, or the priority is above STK_PRIORITY_IDLE.
 * - STK_E_OPCODE as stk_opcode_publishable().
 * - STK_E_STATUS the slot is in use. */
STK_MUST_CHECK int stk_ring_publish(struct stk_ring *ring, uint32_t slot, const struct stk_work *work);

/* Publishes a batch: `count` items in slots start, start + 1 and so on, and a BATCH_FENCE after them with argument 0 =
 * count and argument 1 = tag. All slots get tenant `tenant` and priority NORMAL, whatever the items say. Returns the
 * number of slots used, count + 1. All checks come before the first byte changes. Errors, in this order:
 * - STK_E_RANGE the batch leaves the ring.
 * - For each item, in their order: STK_E_ARGS, STK_E_ARG and STK_E_OPCODE as stk_ring_publish(), the priority too
 *   although it is not used; STK_E_OVERLAP the item or its arguments lie in the slots of the batch.
 * - STK_E_STATUS a slot of the batch is in use.
 *
 * `info` may be NULL. Its index is the slot at which the check failed. Its value is the argument that was refused, or
 * the status of the slot; with STK_E_RANGE the slots that the ring must have; with STK_E_OVERLAP 0. */
STK_MUST_CHECK int stk_ring_publish_batch(struct stk_ring *ring, uint32_t start, uint32_t tenant,
                                          const struct stk_work *items, uint32_t count, uint32_t tag,
                                          struct stk_error_info *info);

/* One op inside a packed slot. */
struct stk_packed_op {
    uint8_t opcode;       /* handler of the op, 0 to 255 */
    uint8_t nargs;        /* words at args */
    const uint32_t *args; /* arguments, in host order; may be NULL when nargs is 0 */
};

/* Publishes `count` ops in one slot, with priority NORMAL. The slot has 12 words for them: a header of 2 + 2 * count
 * bytes, rounded up to whole words, and then the arguments of all ops. STK_E_ARGS they do not fit; STK_E_ARG an op has
 * nargs above 0 and no arguments; then the errors of stk_ring_publish(). Source: SPEC.md, 1.5. */
STK_MUST_CHECK int stk_ring_publish_packed(struct stk_ring *ring, uint32_t slot, uint32_t tenant,
                                           const struct stk_packed_op *ops, uint32_t count);

/* Publishes a LOAD_MISS for `resource`, a number that the service on the host (stoker/fetch.h) has in its table.
 * `prefetch` not 0: the data is asked for ahead of need. The priority is NORMAL. STK_E_RANGE and STK_E_STATUS as
 * stk_ring_publish(). Source: SPEC.md, 1.6. */
STK_MUST_CHECK int stk_ring_publish_load_miss(struct stk_ring *ring, uint32_t slot, uint32_t tenant, uint32_t resource,
                                              uint32_t prefetch);

/* Writes the 64 bytes of a LOAD_MISS slot in status PUBLISHED to `out`: tenant 0, priority CRITICAL, as the reference
 * encodes it. `out` may have any alignment. */
void stk_load_miss_encode(uint8_t out[STK_SLOT_BYTES], uint32_t resource, uint32_t prefetch);

/* Reads a LOAD_MISS out of the bytes of a slot, at any alignment; 24 of the 64 bytes will do. *prefetch becomes 0 or 1.
 * STK_E_MISSING fewer than 24 bytes; STK_E_OPCODE the slot has another opcode. */
STK_MUST_CHECK int stk_load_miss_decode(const void *slot, size_t bytes, uint32_t *resource, uint32_t *prefetch);

/* Reads a LOAD_MISS out of slot `slot`, in any status: a worker leaves the slot in WAIT_IO while the host looks.
 * *prefetch becomes 0 or 1. STK_E_RANGE there is no such slot; STK_E_OPCODE the slot has another opcode. */
STK_MUST_CHECK int stk_ring_load_miss(const struct stk_ring *ring, uint32_t slot, uint32_t *resource,
                                      uint32_t *prefetch);

/// Reading and moving slots ///

/* Copies slot `slot` to *out. The status is read first, with acquire order. If it is DONE or FAULT, the other words are
 * those that the worker left; in any other status they may be changing. STK_E_RANGE there is no such slot. */
STK_MUST_CHECK int stk_ring_read(const struct stk_ring *ring, uint32_t slot, struct stk_slot *out);

/* Returns the status of slot `slot`, read with acquire order. STK_E_RANGE there is no such slot; STK_E_STATUS the word
 * is not a status. */
STK_MUST_CHECK int stk_ring_status(const struct stk_ring *ring, uint32_t slot);

/* Moves of a slot from one status to another. The comment of each has the statuses in which it may start. */
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

/* Returns 1 if a slot with status `from` may make this transition, else 0. A call that moves a slot of another party
 * asks this table. The owner of a slot stores the status itself, by the same rule. ISR-safe. Source: SPEC.md, 1.2. */
int stk_transition_allowed(uint32_t from, enum stk_transition to);

/* Moves slot `slot` by compare-and-swap. Returns the status that it had before. STK_E_RANGE there is no such slot;
 * STK_E_STATUS the table forbids the move, or another party moved the slot first. ISR-safe. */
STK_MUST_CHECK int stk_ring_transition(struct stk_ring *ring, uint32_t slot, enum stk_transition to);

/* Returns how many of the first `items` slots are DONE. The count is not of one moment: workers go on meanwhile.
 * STK_E_RANGE the ring has fewer slots. */
STK_MUST_CHECK int stk_ring_count_done(const struct stk_ring *ring, uint32_t items);

/* Returns how many of the first `items` slots are DONE in a ring that was read back as bytes, of any alignment, perhaps
 * cut short. 0 items are always 0 done. Errors, in this order:
 * - STK_E_OVERFLOW more than STK_RING_SLOTS_MAX items (info: value is the items).
 * - STK_E_ALIGN `bytes` is not a multiple of 4 (info: value is the bytes).
 * - STK_E_MISSING the bytes end before the last item (info: index is the word behind the last one needed, value the
 *   bytes that would do). */
STK_MUST_CHECK int stk_ring_image_count_done(const void *image, size_t bytes, uint64_t items,
                                             struct stk_error_info *info);

#ifdef __cplusplus
}
#endif
#endif
