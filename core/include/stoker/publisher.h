/* stoker: many publishers, one harvester, one ring.
 *
 * Publishers take slots by ticket: a free-running index in the control buffer, moved by
 * compare-and-swap, gives each of them a slot of its own without scanning. One harvester takes
 * results in ticket order and hands the slots back, which is the publishers' credit. Both indices
 * are u32 and wrap; they are only ever compared by difference.
 *
 * Order on one slot: ticket taken -> words -> PUBLISHED -> a worker -> DONE or FAULT -> harvested
 * -> EMPTY -> head moves. A tenant that may write its own slot may forge its status. Where the control buffer
 * has custody words (stk_control_set_custody; the OpenCL port lays them out), no forged status ends another
 * ticket, blocks the tickets behind it, or gives a slot away that a worker still has. A harvested slot goes to EMPTY
 * rather than staying DONE, since an old DONE under a new ticket whose publisher has not written yet could not be told
 * from a new one.
 */
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

#define STK_PUBLISHER_TRIES 64u /* lost swaps in a row before stk_publisher_publish gives up with STK_E_AGAIN */

/* Any number of threads may share one. All that publishers need lives
 * in the control words STK_CTL_PUBLISH_TAIL and STK_CTL_HARVEST_HEAD, so that publishers in several
 * processes may attach to one ring. */
struct stk_publisher {
    struct stk_ring ring;
    uint32_t *tail;          /* tickets handed out */
    uint32_t *head;          /* tickets harvested */
    uint32_t *doorbell;      /* changed after each publish; NULL: the control buffer has none */
    const uint32_t *control; /* the control words; NULL: the buffer ends before word 159 */
    uint32_t mask;           /* slots - 1 */
    /* The harvester's: the ticket whose status word is no status, and the workers that had entered when that was first
     * seen. */
    uint32_t doubted, entered;
    bool doubts;
};

/* Attaches to `ring` and `control`, whose memory must outlive it, and changes nothing. STK_E_ARG
 * when the ring's slot count is not a power of two: only then does ticket modulo slots stay in step
 * when tickets pass 2^32. STK_E_MISSING when the control buffer has no harvest index. */
STK_MUST_CHECK int stk_publisher_init(struct stk_publisher *publisher, const struct stk_ring *ring,
                                      const struct stk_control *control);

/* Begins again with ticket `first` (0 will do), slots that are DONE or FAULT becoming EMPTY, and, with custody words,
 * those whose status word is no status. While no publisher, harvester or worker runs. STK_E_STATUS when a slot is in
 * any other status, and then nothing changes. */
STK_MUST_CHECK int stk_publisher_reset(struct stk_publisher *publisher, uint32_t first);

/// Publishing: any thread ///

/* Publishes `work` in the slot of the next ticket and returns that slot; *ticket (may be NULL) gets
 * the ticket. Errors, with nothing changed: STK_E_ARGS, STK_E_ARG and STK_E_OPCODE as
 * stk_ring_publish;
 * STK_E_FULL no credit, harvest first; STK_E_AGAIN after STK_PUBLISHER_TRIES swaps were lost to
 * other publishers, or, with custody words, while the slot is not EMPTY though it was harvested: a tenant stored
 * to a slot that was no longer its own, and stk_publisher_harvest gives the slot back once no worker has it;
 * STK_E_STATUS, without custody words, the slot is not EMPTY though it was harvested, since someone
 * published it without a ticket. Lock-free; ISR-safe. */
STK_MUST_CHECK int stk_publisher_publish(struct stk_publisher *publisher, const struct stk_work *work,
                                         uint32_t *ticket);

/* Tickets handed out and not yet harvested. */
uint32_t stk_publisher_pending(const struct stk_publisher *publisher);

/// Harvesting: one thread at a time ///

/* Takes the oldest ticket's slot if it is finished: copies it to *out, its ticket to *ticket (may
 * be NULL), puts the slot back to EMPTY (which acknowledges a FAULT) and moves the head. Returns
 * STK_DONE or STK_FAULT. A slot whose status word is no status (no worker will claim it) is a FAULT
 * with STK_REASON_STATUS and that word as value, once no worker has it; where that cannot be told, once
 * all workers that were there when it was first seen have left. STK_E_AGAIN when nothing is
 * pending or the oldest slot is not finished, whatever its status says: a worker still has it. Then the slot of the
 * next ticket is given back, where a tenant has stored to it since its harvest.
 * Never blocks; ISR-safe if the harvester is the ISR. */
STK_MUST_CHECK int stk_publisher_harvest(struct stk_publisher *publisher, struct stk_slot *out, uint32_t *ticket);

/* Steps over the oldest ticket when its slot is EMPTY: its publisher died before PUBLISHED, or the
 * slot was cancelled; or when its slot says CLAIMED though no worker has it, since its tenant stored that. (A
 * slot that its tenant keeps in WAIT_IO, YIELD, REQUEUE or PUBLISHED is cancelled first: stk_ring_transition,
 * stk_miss_cancel.) `ticket` names the hole, so that a repair that comes late repairs nothing.
 * Only when it is known that the publisher will not wake up and write after all. STK_E_AGAIN when
 * that ticket is not the oldest pending one, STK_E_STATUS when its slot is in another status, or a worker has it. */
STK_MUST_CHECK int stk_publisher_repair(struct stk_publisher *publisher, uint32_t ticket);

/* The oldest pending ticket: what stk_publisher_harvest waits for and stk_publisher_repair may step
 * over. */
uint32_t stk_publisher_oldest(const struct stk_publisher *publisher);

#ifdef __cplusplus
}
#endif
#endif
