/* stoker: many publishers, one harvester, one ring.
 *
 * Publishers take slots by ticket. A ticket is a value of a free-running index in the control buffer, which is moved by
 * compare-and-swap. So each publisher gets a slot of its own without a search of the ring. One harvester takes the
 * results in the order of the tickets and hands the slots back: this is the credit of the publishers. Both indices have
 * 32 bits and wrap, and are compared by difference alone. Workers know nothing of tickets.
 *
 * Order on one slot: ticket taken -> words -> PUBLISHED -> a worker -> DONE or FAULT -> harvested -> EMPTY -> head
 * moves. A harvested slot goes to EMPTY and does not stay DONE. Otherwise a new ticket whose publisher has not written
 * yet would find the old DONE there, and nobody could tell it from a new one.
 *
 * A tenant that may write its own slot may forge the slot's status. Custody words (stk_control_set_custody; the OpenCL
 * port lays them out) hold against such a tenant: no forged status ends the ticket of another tenant, blocks the
 * tickets behind it, or gives a slot away while a worker still has the slot. */
#ifndef STOKER_PUBLISHER_H
#define STOKER_PUBLISHER_H

#include <stdbool.h>
#include <stdint.h>

#include "stoker/control.h"
#include "stoker/err.h"
#include "stoker/ring.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Setting up ///

#define STK_PUBLISHER_TRIES 64u /* lost swaps in a row before stk_publisher_publish gives up with STK_E_WOULD_BLOCK */

/* A publisher. Any number of threads may share one object for publishing. All state that publishers share lies in the
 * control words STK_CTL_PUBLISH_TAIL and STK_CTL_HARVEST_HEAD, so publishers in several processes may attach to one
 * ring. */
struct stk_publisher {
    struct stk_ring ring;    /* the ring; its number of slots is a power of two */
    uint32_t *tail;          /* tickets handed out */
    uint32_t *head;          /* tickets harvested */
    uint32_t *doorbell;      /* changed after each publish; NULL: the control buffer has none */
    const uint32_t *control; /* the control words; NULL: the buffer ends before word 159 */
    uint32_t mask;           /* slots of the ring - 1 */
    /* State of the harvester. `doubted` is a ticket whose status word is not a status; it means something when `doubts`
     * is set. `entered` is the count of workers that had entered when the harvester first saw that word. */
    uint32_t doubted, entered;
    bool doubts;
};

/* Attaches to `ring` and `control`, whose memory must outlive the publisher, and changes no byte of it. STK_E_ARG the
 * number of slots is not a power of two: only then do ticket and slot stay in step when the tickets pass 2^32.
 * STK_E_MISSING the control buffer ends before the word of the harvest head. */
STK_MUST_CHECK int stk_publisher_init(struct stk_publisher *publisher, const struct stk_ring *ring,
                                      const struct stk_control *control);

/* Begins again with ticket `first`, for instance 0. Slots in DONE or FAULT become EMPTY; with custody words, so do
 * slots whose status word is not a status. Call it while no publisher, harvester or worker runs. STK_E_STATUS a slot is
 * in any other status, and then nothing changes. */
STK_MUST_CHECK int stk_publisher_reset(struct stk_publisher *publisher, uint32_t first);

/// Publishing: any thread ///

/* Publishes `work` in the slot of the next ticket and returns that slot; *ticket (may be NULL) gets the ticket.
 * Lock-free; ISR-safe. Nothing changes on error:
 * - STK_E_ARGS, STK_E_ARG and STK_E_OPCODE as in stk_ring_publish.
 * - STK_E_FULL no credit: harvest first.
 * - STK_E_WOULD_BLOCK after STK_PUBLISHER_TRIES swaps were lost to other publishers. With custody words also while the
 *   slot is not free although it was harvested, because a tenant stored to a slot that was no longer its own;
 *   stk_publisher_harvest gives the slot back once no worker has it.
 * - STK_E_STATUS without custody words: the slot is not EMPTY although it was harvested, because someone published it
 *   without a ticket. */
STK_MUST_CHECK int stk_publisher_publish(struct stk_publisher *publisher, const struct stk_work *work,
                                         uint32_t *ticket);

/* Returns how many tickets are handed out and not yet harvested. Other threads may change the number meanwhile.
 * ISR-safe. */
uint32_t stk_publisher_pending(const struct stk_publisher *publisher);

/// Harvesting: one thread at a time ///

/* Takes the slot of the oldest ticket if the slot is finished: copies it to *out and its ticket to *ticket (may be
 * NULL), puts the slot back to EMPTY (which acknowledges a FAULT) and moves the head. Returns STK_SLOT_DONE or
 * STK_SLOT_FAULT. A slot whose status word is not a status is never claimed by a worker. Such a slot is a FAULT with
 * STK_REASON_STATUS, and the word is the value, once no worker has the slot. Where the custody words cannot tell, the
 * slot is a FAULT once all workers have left that were there when the harvester first saw the word. STK_E_WOULD_BLOCK
 * nothing is pending, or the oldest slot is not finished: a worker still has it, whatever its status says. This call
 * then also gives the slot of the next ticket back, if a tenant has stored to that slot since its harvest. Never
 * blocks; ISR-safe if the harvester is the ISR. */
STK_MUST_CHECK int stk_publisher_harvest(struct stk_publisher *publisher, struct stk_slot *out, uint32_t *ticket);

/* Steps over the oldest ticket in two cases. Its slot is EMPTY: the publisher died before PUBLISHED, or the slot was
 * cancelled. Or its slot says CLAIMED although no worker has the slot: its tenant stored that status. A slot that its
 * tenant keeps in WAIT_IO, YIELD, REQUEUE or PUBLISHED is cancelled first (stk_ring_transition, stk_fetch_cancel).
 * `ticket` names the hole, so that a repair that comes late repairs nothing. Call it only when it is known that the
 * publisher will not wake up and write after all. STK_E_WOULD_BLOCK that ticket is not the oldest pending one;
 * STK_E_STATUS its slot is in another status, or a worker has the slot. */
STK_MUST_CHECK int stk_publisher_repair(struct stk_publisher *publisher, uint32_t ticket);

/* Returns the oldest ticket that is not harvested: stk_publisher_harvest() waits for its slot, and
 * stk_publisher_repair() may step over it. ISR-safe. */
uint32_t stk_publisher_oldest(const struct stk_publisher *publisher);

#ifdef __cplusplus
}
#endif
#endif
