/* The memory that litmus programs share: what a port lays out for core and kernels, as small as it goes. */
#ifndef WEAK_MACHINE_H
#define WEAK_MACHINE_H

#include <string.h>

#include "stoker/atomic.h"
#include "stoker/control.h"
#include "stoker/ring.h"
#include "stoker/slot.h"
#include "weak.h"

#define SLOTS    2u
#define IO_SLOTS 1u
#define CUSTODY  STK_CTL_WORDS_MIN

static struct {
    uint32_t ring[SLOTS * STK_SLOT_WORDS];
    uint32_t control[STK_CTL_WORDS_MIN + SLOTS + IO_SLOTS];
    uint32_t io[IO_SLOTS * STK_IO_WORDS];
    uint32_t payload[4];
    uint32_t guards[SLOTS + IO_SLOTS]; /* in the device's own memory */
    uint32_t limits[STK_LIMIT_WORDS];
    uint32_t mail[STK_MAIL_WORDS];
} machine;

enum {
    PLAIN_RING,
    WITH_CUSTODY,
    BEHIND_BUS
};

/* Clears the memory. `kind`: without custody words; with them, where host and device share their atomics; or with them
 * and guards, behind a bus. */
static inline void machine_reset(int kind) {
    memset(&machine, 0, sizeof machine);
    machine.control[STK_CTL_TENANT_MASK] = UINT32_MAX;
    if (kind != PLAIN_RING) {
        machine.control[STK_CTL_NO_SHARED_ATOMICS] = CUSTODY << STK_CUSTODY_SHIFT | (kind == BEHIND_BUS ? 1u : 0u);
    }
}

static inline uint32_t *status_of(uint32_t slot) {
    return STK_SLOT_AT(machine.ring, slot) + STK_SLOT_STATUS;
}

static inline uint32_t *arg_of(uint32_t slot, uint32_t arg) {
    return STK_SLOT_AT(machine.ring, slot) + STK_SLOT_ARG0 + arg;
}

static inline uint32_t *custody_of(uint32_t slot) {
    return machine.control + CUSTODY + slot;
}

/* A ring of the first `slots` slots. */
static inline struct stk_ring machine_ring(uint32_t slots) {
    return (struct stk_ring){.words = machine.ring, .slots = slots};
}

static inline struct stk_control machine_control(void) {
    return (struct stk_control){.words = machine.control, .count = STK_CTL_WORDS_MIN};
}

#endif
