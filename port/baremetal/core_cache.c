/* stoker port: the data cache by address. Sources: Arm v7-M Architecture Reference Manual, B3.2 (CCSIDR, CTR, DCCMVAC
 * ...); Arm Architecture Reference Manual for A-profile, C5.3 (DC); RISC-V Zicbom. */
#include "arch.h"
#include "stoker/port/bare_core.h"

/* Words of the system control space of an M-profile core. */
enum {
    CCR = 0xD14 / 4,
    CTR = 0xD7C / 4,
    DCIMVAC = 0xF5C / 4,
    DCCMVAC = 0xF68 / 4,
    DCCIMVAC = 0xF70 / 4
};

/* Where every M-profile core has the system control space. */
#define SCS_DEFAULT 0xE000E000u
#define CCR_DATA    0x00010000u /* the data cache is on */
/* DminLine of the cache type register: the logarithm of the words of the smallest data cache line. CTR_EL0 of AArch64
 * has the field at the same bits. */
#define LINE_OF(ctr) (4u << ((ctr) >> 16 & 0xFu))
/* Zicbom has no register that tells the size; 64 bytes is the size that RVA profiles prescribe. */
#define RISCV_LINE 64u

/* The operation on a cache line. */
enum operation {
    CLEAN = 0,
    INVALIDATE = 1,
    FLUSH = 2
};

void stk_bare_cache_init(struct stk_bare_cache *cache, volatile void *scs) {
    *cache = (struct stk_bare_cache){.scs = scs};
#if BARE_CORTEX_M
    cache->scs = scs ? scs : (volatile uint32_t *)(uintptr_t)SCS_DEFAULT;
#endif
    /* A cache that is off keeps no line: its operations would cost time for nothing. */
    if (cache->scs) {
        cache->line_bytes = (cache->scs[CCR] & CCR_DATA) != 0 ? LINE_OF(cache->scs[CTR]) : 0;
        return;
    }
#if BARE_AARCH64
    uint64_t ctr;
    __asm__ volatile("mrs %0, ctr_el0" : "=r"(ctr));
    cache->line_bytes = LINE_OF((uint32_t)ctr);
#elif BARE_RISCV && defined(__riscv_zicbom)
    cache->line_bytes = RISCV_LINE;
#endif
}

/* Does one line. */
/* Does one line: by a register of the system control space, or by an instruction. */
static void line(const struct stk_bare_cache *c, enum operation what, uintptr_t at) {
    static const uint16_t registers[] = {DCCMVAC, DCIMVAC, DCCIMVAC};
    if (c->scs) {
        c->scs[registers[what]] = (uint32_t)at;
        return;
    }
#if BARE_AARCH64
    if (what == CLEAN) {
        __asm__ volatile("dc cvac, %0" : : "r"(at) : "memory");
    } else if (what == INVALIDATE) {
        __asm__ volatile("dc ivac, %0" : : "r"(at) : "memory");
    } else {
        __asm__ volatile("dc civac, %0" : : "r"(at) : "memory");
    }
#elif BARE_RISCV && defined(__riscv_zicbom)
    if (what == CLEAN) {
        __asm__ volatile("cbo.clean (%0)" : : "r"(at) : "memory");
    } else if (what == INVALIDATE) {
        __asm__ volatile("cbo.inval (%0)" : : "r"(at) : "memory");
    } else {
        __asm__ volatile("cbo.flush (%0)" : : "r"(at) : "memory");
    }
#endif
}

/* Does all lines that the bytes touch, from the one that holds the first byte on. */
static void lines(const struct stk_bare_cache *c, enum operation what, uintptr_t at, size_t bytes) {
    /* A store may still be in a buffer before the cache. */
    bare_barrier();
    if (c->line_bytes != 0 && bytes != 0) {
        uintptr_t end = at + bytes;
        for (at -= at % c->line_bytes; at < end; at += c->line_bytes) {
            line(c, what, at);
        }
    }
    bare_barrier(); /* a device that is started after this sees the memory */
}

void stk_bare_cache_clean(const struct stk_bare_cache *cache, const void *data, size_t bytes) {
    lines(cache, CLEAN, (uintptr_t)data, bytes);
}

int stk_bare_cache_invalidate(const struct stk_bare_cache *cache, void *data, size_t bytes) {
    uintptr_t at = (uintptr_t)data;
    if (cache->line_bytes != 0 && (at % cache->line_bytes != 0 || bytes % cache->line_bytes != 0)) {
        return STK_E_ALIGN;
    }
    lines(cache, INVALIDATE, at, bytes);
    return STK_OK;
}

void stk_bare_cache_flush(const struct stk_bare_cache *cache, void *data, size_t bytes) {
    lines(cache, FLUSH, (uintptr_t)data, bytes);
}
