/* stoker: work items, the short form of work.
 *
 * An item is an opcode with three parameters; many of them fill a ring in one call. Items become
 * ordinary slots of priority NORMAL whose first three arguments are input, output and parameter.
 */
#ifndef STOKER_PARITY_WORK_ITEMS_H
#define STOKER_PARITY_WORK_ITEMS_H

#include <stdint.h>

#include "stoker/err.h"
#include "stoker/ring.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Work items ///

struct stk_work_item {
    uint32_t opcode;
    uint32_t input;  /* argument 0 */
    uint32_t output; /* argument 1 */
    uint32_t param;  /* argument 2 */
};

/* Publishes `count` items in slots start, start+1, ... of a live ring. Returns count. Checks all items before the first
 * byte changes, in this order: STK_E_OPCODE an opcode cannot be published; STK_E_RANGE the items need slots behind the
 * end of the ring; STK_E_OVERLAP `items` lie in the slots to which they go; STK_E_STATUS a slot is in use. `info` may
 * be NULL; its index is the slot. One publisher for each slot at a time. */
STK_MUST_CHECK int stk_ring_publish_items(struct stk_ring *ring, uint32_t start, uint32_t tenant,
                                          const struct stk_work_item *items, uint32_t count,
                                          struct stk_error_info *info);

/* Fills a ring that no worker has started on: item i goes to slot i, and every slot behind the items is EMPTY. Words
 * that an item does not use keep their values. STK_E_RANGE more items than slots; then STK_E_OPCODE; then STK_E_OVERLAP
 * `items` lie in the ring. Nothing changes on error. Returns count. */
STK_MUST_CHECK int stk_ring_fill_items(struct stk_ring *ring, uint32_t tenant, const struct stk_work_item *items,
                                       uint32_t count, struct stk_error_info *info);

#ifdef __cplusplus
}
#endif
#endif
