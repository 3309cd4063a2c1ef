/* stoker port: the core of a system without an operating system: its clock, its locks, its data cache.
 *
 * One core, no threads, interrupts. Arm M-profile, RISC-V in machine mode, AArch64 in EL1 and above.
 */
#ifndef STOKER_PORT_BARE_CORE_H
#define STOKER_PORT_BARE_CORE_H

#include <stddef.h>
#include <stdint.h>

#include "stoker/err.h"
#include "stoker/port/lock.h"
#include "stoker/port/platform.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Interrupts ///

/* Holds interrupts off. `enter` returns what `leave` is to restore, so sections may lie within each other. */
struct stk_bare_mask {
    uint32_t (*enter)(void);
    void (*leave)(uint32_t entered);
};

/* Holds all interrupts off that this core can hold off: PRIMASK, mstatus.MIE or DAIF. Needs the privilege to do so.
 * The object is there on the cores named above, where there is no operating system. */
extern const struct stk_bare_mask stk_bare_core_mask;

/// Clock ///

enum stk_bare_timer {
    STK_BARE_SYSTICK = 1, /* Arm M-profile: 24 bits, counts down. Wraps: 0.67 s at 25 MHz */
    STK_BARE_DWT = 2,     /* Arm M-profile: cycle counter of 32 bits. Wraps: 21 s at 200 MHz */
    STK_BARE_MTIME = 3,   /* RISC-V: 64 bits, in memory */
    STK_BARE_CNTVCT = 4   /* AArch64: 64 bits, in a register of the core */
};

struct stk_bare_clock_config {
    enum stk_bare_timer timer; /* mandatory */
    volatile void *registers;  /* MTIME: address of mtime, mandatory. SYSTICK, DWT: the system control space; default
                                  0xE000E000, with the DWT 0xD000 bytes before it. CNTVCT: unused */
    uint32_t hz;               /* rate of the timer. CNTVCT: 0 takes CNTFRQ_EL0; else mandatory */
    const struct stk_bare_mask *mask; /* held while a look at the timer is in progress; NULL: nobody looks from an
                                         interrupt */
    /* Called between two looks of `wait`, where the core may sleep until the next interrupt (WFI). `left_ns`: the most
     * that may pass. The call ends at the timer's next wrap at the latest. Default: nothing, and wait spins. */
    void (*idle)(uint64_t left_ns);
};

/* The fields are private. */
struct stk_bare_clock {
    struct stk_bare_clock_config config;
    uint64_t ticks; /* ticks of the timer since init */
    uint64_t scale; /* nanoseconds of a tick, with 32 bits behind the point */
    uint64_t last;  /* value of the timer at the last look */
    uint64_t range; /* bits of the timer that are set when it is full */
};

/* Starts the timer where it does not run, and begins at 0 ns. A SysTick that runs already keeps its interrupt and must
 * count the whole 24 bits. A SysTick that does not run is started without an interrupt. STK_E_ARG `timer` is no timer,
 * or the configuration has no registers or no rate; STK_E_UNSUPPORTED the core or the board has no such timer. */
STK_MUST_CHECK int stk_bare_clock_init(struct stk_bare_clock *clock, const struct stk_bare_clock_config *config);

/* Returns the nanoseconds since init. Call it at least once in each wrap of the timer (enum stk_bare_timer), else the
 * clock loses a wrap. A program that polls in a loop does this anyway; another program calls it from an interrupt of
 * the timer. Callable from interrupts where `mask` is set. */
uint64_t stk_bare_clock_now(struct stk_bare_clock *clock);

/* ctx is a struct stk_bare_clock. `wait` looks at the word until it changes or the timeout is over, with `idle` between
 * two looks; `wake` is there for interrupts that store the word: an interrupt ends the sleep by itself. */
extern const struct stk_platform_ops stk_bare_platform_ops;

/// Locks ///

/* Sections that hold interrupts off, for objects that interrupts use too. A system without threads needs one lock for
 * all indices. */
struct stk_bare_lock {
    const struct stk_bare_mask *mask; /* mandatory */
    uint32_t entered;                 /* private */
};

extern const struct stk_lock_ops stk_bare_lock_ops; /* its ctx is a struct stk_bare_lock */

/// Data cache ///

/* Cache maintenance by address, for buffers that a device reads or writes without looking at the cache (DMA). On a core
 * without a data cache, or with the cache switched off, the calls do nothing but order memory accesses. */
struct stk_bare_cache {
    volatile uint32_t *scs; /* Arm M-profile: the system control space; private */
    uint32_t line_bytes;    /* size of a data cache line; 0: there is no cache, or it is off */
};

/* Finds the line size. `scs`: NULL, or the address of the system control space for a test. */
void stk_bare_cache_init(struct stk_bare_cache *cache, volatile void *scs);

/* Writes lines that the core has changed back to memory. Call it before a device reads the `bytes` bytes. Any address.
 */
void stk_bare_cache_clean(const struct stk_bare_cache *cache, const void *data, size_t bytes);

/* Drops the lines, so that no line is written back over the device's stores, and the core reads these stores. Call it
 * before a device writes the `bytes` bytes, and once more after. STK_E_ALIGN the bytes do not begin and end at a line:
 * bytes beside them would be lost. */
STK_MUST_CHECK int stk_bare_cache_invalidate(const struct stk_bare_cache *cache, void *data, size_t bytes);

/* Cleans and then invalidates the lines of the bytes. Any address. */
void stk_bare_cache_flush(const struct stk_bare_cache *cache, void *data, size_t bytes);

#ifdef __cplusplus
}
#endif
#endif
