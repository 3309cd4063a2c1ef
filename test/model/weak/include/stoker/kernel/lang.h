/* Stands in for kernels/include/stoker/kernel/lang.h in litmus programs, in three forms:
 *
 *   WEAK_KERNEL_C11     kernels as C11, as the interpreter has them: each access has the order of its name, and a fence
 *                       does nothing
 *   WEAK_KERNEL_DEVICE  kernels as OpenCL C: each access is relaxed, STK_MEM_FENCE is an acquire-release fence for all,
 *                       and STK_MEM_FENCE_LOADS an acquire fence, since all that some toolchains promise is the order
 *   of loads WEAK_KERNEL_ONE     the same where a fence of one lane is made for all, and STK_MEM_FENCE_DEVICE reaches
 *                       the device alone (STK_MEM_FENCE_OF_ONE)
 *
 * WEAK_LANES is 1 for the worker of one lane, and 2 for that of several. A litmus program runs lane 0. */
#ifndef STOKER_KERNEL_LANG_H
#define STOKER_KERNEL_LANG_H

#include "stoker/atomic.h"

#define STK_GLOBAL
#define STK_LOCAL
#define STK_FN           static inline
#define STK_FN_FOR_USERS STK_FN
#define STK_COLD         STK_FN
#define STK_APART        STK_FN
typedef uint8_t stk_u8;
typedef uint32_t stk_u32;
typedef uint64_t stk_u64;

#define STK_LANES WEAK_LANES
#define STK_LANE  0u
#if !defined(STK_BARRIER)
#define STK_BARRIER() ((void)0)
#endif
#define STK_PREFETCH(p)   ((void)(p))
#define STK_TILED         0
#define stk_plain_word(v) (v)

#define stk_ld(p)    weak_load((p), WEAK_RELAXED, WEAK_SITE("stk_ld"))
#define stk_st(p, v) weak_store((p), (v), WEAK_RELAXED, WEAK_SITE("stk_st"))

#if defined(WEAK_KERNEL_C11)

#define STK_MEM_FENCE()       ((void)0)
#define STK_MEM_FENCE_LOADS() ((void)0)
#define STK_MEM_FENCE_OF_ONE  0
#define stk_ld_fenced(p)      weak_load((p), WEAK_ACQUIRE, WEAK_SITE("stk_ld_fenced"))
#define stk_ld_acquire(p)     weak_load((p), WEAK_ACQUIRE, WEAK_SITE("stk_ld_acquire"))
#define stk_st_fenced(p, v)   weak_store((p), (v), WEAK_RELEASE, WEAK_SITE("stk_st_fenced"))
#define stk_st_release(p, v)  weak_store((p), (v), WEAK_RELEASE, WEAK_SITE("stk_st_release"))
#define stk_cmpxchg(p, e, v)  weak_cas((p), (e), (v), WEAK_ACQ_REL, WEAK_ACQUIRE, WEAK_SITE("stk_cmpxchg"))
#define stk_add(p, v)         weak_add((p), (v), WEAK_ACQ_REL, WEAK_SITE("stk_add"))
#define stk_cmpxchg_relaxed(p, e, v)                                                                                   \
    weak_cas((p), (e), (v), WEAK_ACQ_REL, WEAK_ACQUIRE, WEAK_SITE("stk_cmpxchg_relaxed"))

#else

#define STK_MEM_FENCE()       weak_fence(WEAK_ACQ_REL, WEAK_SYSTEM, WEAK_SITE("STK_MEM_FENCE"))
#define STK_MEM_FENCE_LOADS() weak_fence(WEAK_ACQUIRE, WEAK_SYSTEM, WEAK_SITE("STK_MEM_FENCE_LOADS"))
#if defined(WEAK_KERNEL_ONE)
#define STK_MEM_FENCE_DEVICE() weak_fence(WEAK_ACQ_REL, WEAK_DEVICE, WEAK_SITE("STK_MEM_FENCE_DEVICE"))
#define STK_MEM_FENCE_OF_ONE   1
#else
#define STK_MEM_FENCE_DEVICE() weak_fence(WEAK_ACQ_REL, WEAK_SYSTEM, WEAK_SITE("STK_MEM_FENCE_DEVICE"))
#define STK_MEM_FENCE_OF_ONE   0
#endif

static inline stk_u32 weak_ld_acquire(const stk_u32 *p, const struct weak_site *site) {
    stk_u32 v = weak_load(p, WEAK_RELAXED, site);
    weak_fence(WEAK_ACQ_REL, WEAK_SYSTEM, site);
    return v;
}

static inline void weak_st_release(stk_u32 *p, stk_u32 v, const struct weak_site *site) {
    weak_fence(WEAK_ACQ_REL, WEAK_SYSTEM, site);
    weak_store(p, v, WEAK_RELAXED, site);
}

static inline stk_u32 weak_cmpxchg(stk_u32 *p, stk_u32 expected, stk_u32 desired, const struct weak_site *site) {
    stk_u32 was = weak_cas(p, expected, desired, WEAK_RELAXED, WEAK_RELAXED, site);
    weak_fence(WEAK_ACQ_REL, WEAK_SYSTEM, site);
    return was;
}

#define stk_ld_fenced(p)     weak_load((p), WEAK_RELAXED, WEAK_SITE("stk_ld_fenced"))
#define stk_ld_acquire(p)    weak_ld_acquire((p), WEAK_SITE("stk_ld_acquire"))
#define stk_st_fenced(p, v)  weak_store((p), (v), WEAK_RELAXED, WEAK_SITE("stk_st_fenced"))
#define stk_st_release(p, v) weak_st_release((p), (v), WEAK_SITE("stk_st_release"))
#define stk_cmpxchg(p, e, v) weak_cmpxchg((p), (e), (v), WEAK_SITE("stk_cmpxchg"))
#define stk_add(p, v)        weak_add((p), (v), WEAK_RELAXED, WEAK_SITE("stk_add"))
#define stk_cmpxchg_relaxed(p, e, v)                                                                                   \
    weak_cas((p), (e), (v), WEAK_RELAXED, WEAK_RELAXED, WEAK_SITE("stk_cmpxchg_relaxed"))

#endif

#if STK_LANES > 1

struct stk_head {
    stk_u32 status, opcode, tenant, priority;
};

static inline struct stk_head stk_ld_head(const stk_u32 *p) {
    struct stk_head head = {stk_ld(p), stk_ld(p + 1), stk_ld(p + 2), stk_ld(p + 3)};
    return head;
}

static inline stk_u32 stk_lowest_bit(stk_u32 bits) {
    stk_u32 bit = 0;
    while ((bits >> bit & 1u) == 0u) {
        bit++;
    }
    return bit;
}

/* Local memory is the group's own, and a litmus program runs one lane of the group. */
static inline stk_u32 stk_local_add(stk_u32 *p, stk_u32 v) {
    stk_u32 was = *p;
    *p = was + v;
    return was;
}

static inline void stk_local_or(stk_u32 *p, stk_u32 v) {
    *p |= v;
}

static inline void stk_local_max(stk_u32 *p, stk_u32 v) {
    *p = *p < v ? v : *p;
}

#define atomic_xor(p, v) (*(p) ^= (v))
#define atomic_add(p, v) stk_local_add((p), (v))
#define atomic_max(p, v) stk_local_max((p), (v))
#else
static inline stk_u32 stk_local_add(stk_u32 *p, stk_u32 v) {
    stk_u32 was = *p;
    *p = was + v;
    return was;
}
#endif

#include "stoker/slot.h"
#include "stoker/words.h"

#endif
