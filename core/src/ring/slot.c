/* stoker: the slot machine. */
#include "slot_words.h"

#define FROM(status) STK_STATUS_BIT(status)

/* One row per transition: the statuses it may start from, and the one it leads to. */
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
    /* Acquire: what the party before left in the slot is seen. Release: what the caller wrote goes
     * with the move. */
    return stk_cas(status, from, rule[to].to) == from ? (int)from : STK_E_STATUS;
}
