/* stoker: BATCH, the protocol between memory that the host goes on writing and copies that the device works on.
 *
 * A dispatch port whose device shares no memory with the host keeps two images beside the shared memory: `sent`, what
 * the device holds or held before its launch, and `got`, what came back. One launch goes so:
 *   1. stk_device_snapshot claims the slots that are ready and fills `sent`, but for the payload;
 *   2. the port sends the parts of `sent`, and of the payload the byte ranges that stk_device_next_range names;
 *   3. the port sends what the host has changed in the tables (stk_device_change);
 *   4. the port launches the workers, and then reads all parts but the tables back into `got`;
 *   5. stk_device_merge takes the changes into the shared memory.
 * Meanwhile the host publishes, harvests, reads chunks into the payload and serves I/O as with any other device. None
 * of the calls waits, allocates or calls a port; one thread makes them. A launch that is lost is not merged:
 * stk_device_put_back (stoker/device_loss.h) returns its slots.
 */
#ifndef STOKER_DEVICE_COPIES_H
#define STOKER_DEVICE_COPIES_H

#include "stoker/device_memory.h"

#ifdef __cplusplus
extern "C" {
#endif

struct stk_device_copies {
    struct stk_device_memory host; /* shared memory, which threads of the host read and write at any time */
    /* Addresses of the copies; sizes are those of `host`. All parts but the payload are as large as in `host`, custody
     * words included. There are no copies of the tables here: nobody but the host changes them. The custody words of
     * `sent` stay 0: workers take the slots of their copy by themselves. */
    struct stk_device_memory sent, got;
    uint8_t *tries; /* for each slot: how often the slot was put back (stoker/device_loss.h) */
};

/* Claims every slot that is ready, as a worker does, and fills the copies in `sent`, but for the payload. Slots that
 * are not handed over are CLAIMED there where they have not ended, so that fences wait for them, and EMPTY else.
 * Returns how many slots were handed over; 0: there is nothing to launch, and only the ring in `sent` was written. */
uint32_t stk_device_snapshot(const struct stk_device_copies *copies);

/* Bytes [first, end) of the tables that the host has changed since they were sent; first == end: none. A port that
 * gives the device a copy of the tables keeps one of these. */
struct stk_device_changes {
    uint32_t first, end;
};

/* Adds bytes [first, first + bytes), which lie in the tables. Bytes between two changes count as changed. */
void stk_device_change(struct stk_device_changes *changes, uint32_t first, uint32_t bytes);

/* A range of payload bytes to send. */
struct stk_device_range {
    uint32_t from, bytes; /* byte offset in the payload, and length */
    uint32_t count;       /* ranges so far */
};
#define STK_DEVICE_BLOCK 4096u /* bytes of the payload that are compared and sent as one */
/* most ranges of a launch; the last range also takes the equal bytes between its blocks */
#define STK_DEVICE_RANGES_MAX 16u

/* Finds the next blocks of the payload that the device does not hold as they are now, and copies them to `sent`. Begin
 * with *range all zeros. `all`: true: the device holds nothing yet. Returns false at the end, with *range unchanged. A
 * chunk may land in a block meanwhile: its slot is published after that, and so belongs to a later launch. */
bool stk_device_next_range(const struct stk_device_copies *copies, bool all, struct stk_device_range *range);

/* Takes what came back into the shared memory; `got` is complete. What the device changed is taken, and what only the
 * host changed stays:
 * - payload: lines of 64 bytes, which host and handlers must not both write during one launch;
 * - control: counters grow by what the device added; SHUTDOWN, CURSOR and observables are stored;
 * - debug log: new records are appended as far as there is room;
 * - I/O queue: requests that the device made. Where the host took the I/O slot meanwhile, the ring slot asks again;
 * - ring: the slots that were handed over, words before status, then they leave custody. Their tries begin anew when
 *   they ended. */
void stk_device_merge(const struct stk_device_copies *copies);

#ifdef __cplusplus
}
#endif
#endif
