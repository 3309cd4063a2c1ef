/* stoker port: the clock of a core, from whichever timer it has. A look adds the ticks since the last look to a count
 * of 64 bits, and turns the count into nanoseconds by one multiplication. Adding up nanoseconds instead would add up
 * what each look rounds away. */
#include <stdbool.h>

#include "arch.h"
#include "stoker/atomic.h"
#include "stoker/deadline.h"
#include "stoker/port/bare_core.h"

/* Words of the system control space of an M-profile core. Source: Arm v7-M Architecture Reference Manual, B3.3 and
 * C1.8. */
enum {
    SYST_CSR = 0x010 / 4,
    SYST_RVR = 0x014 / 4,
    SYST_CVR = 0x018 / 4,
    DEMCR = 0xDFC / 4,
    DWT_CTRL = 0,
    DWT_CYCCNT = 1
};

/* Bits of SYST_CSR, and the largest count: the timer counts down from it. */
#define SYST_ENABLE     0x1u
#define SYST_CORE_CLOCK 0x4u
#define SYST_RANGE      0xFFFFFFu
/* DEMCR.TRCENA switches the DWT on; DWT_CTRL.NOCYCCNT says that the core has no cycle counter. */
#define DEMCR_TRACE    0x01000000u
#define DWT_NO_COUNTER 0x02000000u
#define DWT_ENABLE     0x1u
/* Address of the system control space on every M-profile core. */
#define SCS_DEFAULT      0xE000E000u
#define DWT_BEHIND_BYTES 0xD000u /* distance from the DWT up to the system control space */

/* Returns the system control space, as words. */
static volatile uint32_t *scs_of(const struct stk_bare_clock *c) {
    volatile void *at = c->config.registers;
    return at ? at : (volatile uint32_t *)(uintptr_t)SCS_DEFAULT;
}

/* Returns the registers of the DWT, as words. */
static volatile uint32_t *dwt_of(const struct stk_bare_clock *c) {
    return scs_of(c) - DWT_BEHIND_BYTES / 4u;
}

/// Timers ///

/* Reads a counter of 64 bits in two words; the upper word may change between them. */
static uint64_t read_mtime(const struct stk_bare_clock *c) {
    const volatile uint32_t *at = c->config.registers;
    uint32_t high, low;
    do {
        high = at[1];
        low = at[0];
    } while (at[1] != high);
    return (uint64_t)high << 32 | low;
}

/* Reads the virtual counter. The barrier keeps the core from reading it ahead of what was to be timed. */
static uint64_t read_cntvct(void) {
    uint64_t count = 0;
#if BARE_AARCH64
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(count) : : "memory");
#endif
    return count;
}

/* Reads the timer, as a count that goes up. */
static uint64_t read_timer(const struct stk_bare_clock *c) {
    switch (c->config.timer) {
    case STK_BARE_SYSTICK:
        return SYST_RANGE - (scs_of(c)[SYST_CVR] & SYST_RANGE);
    case STK_BARE_DWT:
        return dwt_of(c)[DWT_CYCCNT];
    case STK_BARE_MTIME:
        return read_mtime(c);
    default:
        return read_cntvct();
    }
}

/* Starts SysTick, or takes it over as it runs. A shorter period would wrap at a number that the clock does not know. */
static int start_systick(struct stk_bare_clock *c) {
    volatile uint32_t *scs = scs_of(c);
    c->range = SYST_RANGE;
    if ((scs[SYST_CSR] & SYST_ENABLE) == 0) {
        scs[SYST_RVR] = SYST_RANGE;
        scs[SYST_CVR] = 0; /* any value sets it to 0 */
        scs[SYST_CSR] = SYST_CORE_CLOCK | SYST_ENABLE;
    }
    return (scs[SYST_RVR] & SYST_RANGE) == SYST_RANGE ? STK_OK : STK_E_UNSUPPORTED;
}

/* Switches the cycle counter on. It does no harm if a debugger has switched the counter on before. */
static int start_dwt(struct stk_bare_clock *c) {
    volatile uint32_t *scs = scs_of(c), *dwt = dwt_of(c);
    c->range = UINT32_MAX;
    scs[DEMCR] |= DEMCR_TRACE;
    if ((dwt[DWT_CTRL] & DWT_NO_COUNTER) != 0) {
        return STK_E_UNSUPPORTED;
    }
    dwt[DWT_CTRL] |= DWT_ENABLE;
    /* Emulators and small cores take the bit and forget it. */
    return (dwt[DWT_CTRL] & DWT_ENABLE) != 0 ? STK_OK : STK_E_UNSUPPORTED;
}

/* Takes the rate from CNTFRQ_EL0, which firmware before this one has set, unless the board tells another. */
static int start_cntvct(struct stk_bare_clock *c) {
#if BARE_AARCH64
    uint64_t hz;
    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(hz));
    c->config.hz = c->config.hz != 0 ? c->config.hz : (uint32_t)hz;
    c->range = UINT64_MAX;
    return STK_OK;
#else
    (void)c;
    return STK_E_UNSUPPORTED;
#endif
}

/* Starts the timer of the configuration, and sets the bits that it counts with. */
static int start(struct stk_bare_clock *c) {
    switch (c->config.timer) {
    case STK_BARE_SYSTICK:
        return start_systick(c);
    case STK_BARE_DWT:
        return start_dwt(c);
    case STK_BARE_MTIME:
        c->range = UINT64_MAX;
        return c->config.registers ? STK_OK : STK_E_ARG;
    case STK_BARE_CNTVCT:
        return start_cntvct(c);
    default:
        return STK_E_ARG;
    }
}

int stk_bare_clock_init(struct stk_bare_clock *clock, const struct stk_bare_clock_config *config) {
    if (!clock || !config || (config->hz == 0 && config->timer != STK_BARE_CNTVCT)) {
        return STK_E_ARG;
    }
    *clock = (struct stk_bare_clock){.config = *config};
    int err = start(clock);
    if (err != STK_OK) {
        return err;
    }
    if (clock->config.hz == 0) {
        return STK_E_ARG; /* nobody has set CNTFRQ_EL0 */
    }
    /* The one division: a look at the clock must not divide 64 bits on a core of 32. */
    clock->scale = (UINT64_C(1000000000) << 32) / clock->config.hz;
    clock->last = read_timer(clock);
    return STK_OK;
}

/// Time ///

/* Returns ticks * scale / 2^32, without a division and without the bits of the product that pass 64. */
static uint64_t scaled(uint64_t ticks, uint64_t scale) {
    uint64_t low = ticks & UINT32_MAX;
    return (ticks >> 32) * scale + low * (scale >> 32) + (low * (scale & UINT32_MAX) >> 32);
}

uint64_t stk_bare_clock_now(struct stk_bare_clock *clock) {
    const struct stk_bare_mask *mask = clock->config.mask;
    uint32_t entered = mask ? mask->enter() : 0;
    uint64_t seen = read_timer(clock);
    /* The difference is right over a wrap of the timer, as long as no whole wrap passed since the last look. */
    clock->ticks += (seen - clock->last) & clock->range;
    clock->last = seen;
    uint64_t ticks = clock->ticks;
    if (mask) {
        mask->leave(entered);
    }
    return scaled(ticks, clock->scale);
}

/* now_ns of the platform. */
static uint64_t bare_now(void *ctx) {
    return stk_bare_clock_now(ctx);
}

/* wait of the platform. */
static int bare_wait(void *ctx, const uint32_t *word, uint32_t seen, uint64_t timeout_ns) {
    struct stk_bare_clock *clock = ctx;
    struct stk_deadline deadline;
    stk_deadline_start(&deadline, timeout_ns, stk_bare_clock_now(clock));
    for (;;) {
        uint64_t left = stk_deadline_look(&deadline, stk_bare_clock_now(clock));
        /* Acquire: what was stored before the word is seen after the wait. The word is in its stored order. */
        if (stk_le32(stk_load_acquire(word)) != seen) {
            return STK_OK;
        }
        if (left == 0) {
            return STK_E_TIMEOUT;
        }
        /* Interrupts that come between the look at the word and the sleep end the sleep at once: WFI sees them
         * pending. */
        if (clock->config.idle) {
            clock->config.idle(stk_deadline_wait(&deadline, left));
        }
    }
}

/* An interrupt that has stored a word ends the sleep of the core by itself. */
static void bare_wake(void *ctx, uint32_t *word) {
    (void)ctx;
    (void)word;
}

/* The platform of a system with one core and no threads. */
const struct stk_platform_ops stk_bare_platform_ops = {
    .name = "baremetal", .now_ns = bare_now, .wait = bare_wait, .wake = bare_wake};
