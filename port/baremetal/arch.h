/* stoker port: what kind of core this is, and the few instructions of it that C has no words for. */
#ifndef STOKER_BARE_ARCH_H
#define STOKER_BARE_ARCH_H

#include <stdint.h>

/* A program under an operating system may not use the instructions of the privileged levels. */
#if defined(__linux__) || defined(__APPLE__) || defined(_WIN32)
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
