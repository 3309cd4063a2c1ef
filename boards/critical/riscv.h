/* Critical section of a RISC-V core in machine mode, for stoker/atomic.h: bit MIE of mstatus. An .option line enables
 * the CSR instructions in the assembler, because the name of a core without the A extension often lacks Zicsr too. */
#ifndef STK_BOARDS_CRITICAL_RISCV_H
#define STK_BOARDS_CRITICAL_RISCV_H

#include <stdint.h>

static inline uint32_t stk_critical_enter(void) {
    uint32_t mstatus;
    __asm__ volatile(".option push\n\t.option arch, +zicsr\n\tcsrrci %0, mstatus, 8\n\t.option pop"
                     : "=r"(mstatus)
                     :
                     : "memory");
    return mstatus;
}

static inline void stk_critical_leave(uint32_t entered) {
    __asm__ volatile(".option push\n\t.option arch, +zicsr\n\tcsrs mstatus, %0\n\t.option pop"
                     :
                     : "r"(entered & 8u)
                     : "memory");
}

#endif
