/* stoker port: holding interrupts off, for each kind of core. */
#include "arch.h"
#include "stoker/port/bare_core.h"

#if BARE_CORTEX_M
/* Returns PRIMASK as it was, and sets it. NMI and HardFault are not held off. */
static uint32_t core_enter(void) {
    uint32_t primask;
    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(primask) : : "memory");
    return primask;
}

/* Restores PRIMASK: an outer section stays closed. */
static void core_leave(uint32_t entered) {
    __asm__ volatile("msr primask, %0" : : "r"(entered) : "memory");
}
#elif BARE_RISCV
/* An .option line enables the CSR instructions in the assembler, because the name of a core often lacks Zicsr. Bit 3 of
 * mstatus is MIE. */
static uint32_t core_enter(void) {
    uintptr_t status;
    __asm__ volatile(".option push\n\t.option arch, +zicsr\n\tcsrrci %0, mstatus, 8\n\t.option pop"
                     : "=r"(status)
                     :
                     : "memory");
    return (uint32_t)(status & 8u);
}

/* Sets MIE only where it was set. */
static void core_leave(uint32_t entered) {
    __asm__ volatile(".option push\n\t.option arch, +zicsr\n\tcsrs mstatus, %0\n\t.option pop"
                     :
                     : "r"((uintptr_t)entered)
                     : "memory");
}
#elif BARE_AARCH64
/* Holds IRQ and FIQ off; SError and debug exceptions stay. */
static uint32_t core_enter(void) {
    uint64_t daif;
    __asm__ volatile("mrs %0, daif\n\tmsr daifset, #3" : "=r"(daif) : : "memory");
    return (uint32_t)daif;
}

static void core_leave(uint32_t entered) {
    __asm__ volatile("msr daif, %0" : : "r"((uint64_t)entered) : "memory");
}
#endif

/* A port for several cores needs a spin lock beside this: interrupts of other cores go on. */
#if BARE_CORTEX_M || BARE_RISCV || BARE_AARCH64
/* The core of this build. A build for a system with an OS has none, and its linker says so. */
const struct stk_bare_mask stk_bare_core_mask = {core_enter, core_leave};
#endif

/// Locks ///

/* `lock` of struct stk_lock_ops. `index` does not matter: interrupts are off while any lock is held. */
static void bare_lock(void *ctx, uint32_t index) {
    struct stk_bare_lock *lock = ctx;
    uint32_t entered = lock->mask->enter();
    (void)index;
    lock->entered = entered; /* written while interrupts are off: no other holder can come between */
}

/* `unlock` of struct stk_lock_ops. Holders never wait and hold one lock at a time, so `entered` is of this lock. */
static void bare_unlock(void *ctx, uint32_t index) {
    struct stk_bare_lock *lock = ctx;
    (void)index;
    lock->mask->leave(lock->entered);
}

const struct stk_lock_ops stk_bare_lock_ops = {.name = "baremetal", .lock = bare_lock, .unlock = bare_unlock};
