/* Critical section of an Arm M-profile core, for stoker/atomic.h: PRIMASK holds off all interrupts that can be held
 * off. Needs privileged execution. */
#ifndef STK_BOARDS_CRITICAL_CORTEX_M_H
#define STK_BOARDS_CRITICAL_CORTEX_M_H

#include <stdint.h>

static inline uint32_t stk_critical_enter(void) {
    uint32_t primask;
    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(primask) : : "memory");
    return primask;
}

static inline void stk_critical_leave(uint32_t entered) {
    __asm__ volatile("msr primask, %0" : : "r"(entered) : "memory");
}

#endif
