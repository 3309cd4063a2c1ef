/* stoker: the return of the slots that a lost device had claimed, in the ring and in the I/O queue.
 *
 * A device, its driver or one launch may be lost while slots are CLAIMED by its workers. Once no worker runs, the host
 * moves each such slot as its worker would: to REQUEUE, so that the next launch runs it again, or, after three losses,
 * to FAULT. What a handler had already stored in shared memory stays there; with copies nothing of it is seen.
 * test/model/lost.pml proves the steps. */
#ifndef STOKER_DEVICE_LOSS_H
#define STOKER_DEVICE_LOSS_H

#include "stoker/device_memory.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How often a slot of lost launches is put back before it faults with STK_REASON_LOST. */
#define STK_DEVICE_TRIES 3u

struct stk_device_loss {
    bool ran;    /* true: a launch was under way. false: none was, which is not held against a slot */
    bool copies; /* true: the device had copies (BATCH), so the I/O queue is as the host left it */
};

/* Puts back all slots that are CLAIMED, takes back their requests (stk_device_recover_io), and makes all custody words
 * even. `tries`: one byte for each slot of the ring, 0 at first; the caller keeps it for as long as the
 * ring and gives it to the other calls of this protocol (stoker/device_copies.h, stoker/device_watch.h). No worker may
 * run, and no other thread may be inside a call on the I/O queue. Returns how many slots went to REQUEUE. */
uint32_t stk_device_put_back(const struct stk_device_memory *memory, uint8_t *tries, struct stk_device_loss loss);

/* Puts back the load misses, as a part of stk_device_put_back: frees requests that the device did not live to publish,
 * and outcomes that no slot names any more. A slot that waits for such a request goes back to CLAIMED, and asks again
 * once it is put back. A program that puts back slots by itself makes this call before, and once more after if some of
 * the slots were faulted instead. Needs no service (stoker/fetch.h). Returns how many slots went back to CLAIMED. */
uint32_t stk_device_recover_io(const struct stk_device_memory *memory);

#ifdef __cplusplus
}
#endif
#endif
