/* stoker: the table of the transitions of a slot (SPEC.md, 1.2), and the call that makes one of them by
 * compare-and-swap. Owners that store a status without a swap, such as a worker with DONE, follow the same table but do
 * not come here. */
#include "slot_words.h"

#define FROM(status) STK_STATUS_BIT(status)

/* One row for each transition: the set of statuses in which it may start, and the status to which it leads. TO_PUBLISH
 * starts nowhere, because a publish writes words of the slot too. */
static const struct {
    uint8_t from;
    uint8_t to;
} rule[] = {
    [STK_TO_PUBLISH] = {0, STK_SLOT_PUBLISHED},
    [STK_TO_CLAIM] = {STK_STATUSES_CLAIMABLE, STK_SLOT_CLAIMED},
    [STK_TO_DONE] = {FROM(STK_SLOT_CLAIMED), STK_SLOT_DONE},
    [STK_TO_FAULT] = {STK_STATUSES_CLAIMABLE | FROM(STK_SLOT_CLAIMED) | FROM(STK_SLOT_WAIT_IO), STK_SLOT_FAULT},
    [STK_TO_CANCEL] = {STK_STATUSES_CLAIMABLE | FROM(STK_SLOT_WAIT_IO), STK_SLOT_EMPTY},
    [STK_TO_WAIT_IO] = {FROM(STK_SLOT_CLAIMED), STK_SLOT_WAIT_IO},
    [STK_TO_YIELD] = {FROM(STK_SLOT_CLAIMED), STK_SLOT_YIELD},
    [STK_TO_REQUEUE] = {FROM(STK_SLOT_CLAIMED) | FROM(STK_SLOT_WAIT_IO), STK_SLOT_REQUEUE},
    [STK_TO_ACK] = {FROM(STK_SLOT_FAULT), STK_SLOT_EMPTY},
};

uint32_t stk_priority_of_wire(uint32_t wire) {
    return wire <= STK_WIRE_PRIORITY_IDLE ? wire + STK_PRIORITY_CRITICAL : UINT32_MAX;
}

int stk_transition_allowed(uint32_t from, enum stk_transition to) {
    /* A caller may pass any number for `to`, and a word of the ring for `from`: neither may reach past the table. */
    return (uint32_t)to < sizeof rule / sizeof rule[0] && stk_status_in(from, rule[to].from);
}

int stk_ring_transition(struct stk_ring *ring, uint32_t slot, enum stk_transition to) {
    if (slot >= ring->slots) {
        return STK_E_RANGE;
    }
    uint32_t *status = stk_slot_at(ring, slot) + STK_SLOT_STATUS;
    uint32_t from = stk_load(status);
    if (!stk_transition_allowed(from, to)) {
        return STK_E_STATUS;
    }
    /* Acquire: the caller sees what the last owner left in the slot. Release: the next owner sees what the caller
     * wrote. */
    return stk_cas(status, from, rule[to].to) == from ? (int)from : STK_E_STATUS;
}
