/* stoker port: what kind of core this is, and the few instructions of it that C has no words for. */
#ifndef STOKER_BARE_ARCH_H
#define STOKER_BARE_ARCH_H

#include <stdint.h>

/* The build sets this for a system with an OS, where a program may not use the instructions of the privileged levels.
 * The compiler's macros do not tell: a compiler for Linux may build for a board without an OS. */
#ifndef BARE_HOSTED
#define BARE_HOSTED 0
#endif

#if BARE_HOSTED
#define BARE_NO_CORE 1
#elif defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
#define BARE_CORTEX_M 1
#elif defined(__riscv)
#define BARE_RISCV 1
#elif defined(__aarch64__)
#define BARE_AARCH64 1
#else
#define BARE_NO_CORE 1
#endif

#if !defined(BARE_CORTEX_M)
#define BARE_CORTEX_M 0
#endif
#if !defined(BARE_RISCV)
#define BARE_RISCV 0
#endif
#if !defined(BARE_AARCH64)
#define BARE_AARCH64 0
#endif

/* Completes all memory accesses before it, cache maintenance among them, before any after it. */
static inline void bare_barrier(void) {
#if BARE_CORTEX_M
    __asm__ volatile("dsb" : : : "memory");
#elif BARE_AARCH64
    __asm__ volatile("dsb sy" : : : "memory");
#elif BARE_RISCV
    __asm__ volatile("fence iorw, iorw" : : : "memory");
#else
    __asm__ volatile("" : : : "memory");
#endif
}

#endif
