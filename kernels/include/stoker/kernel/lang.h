/* stoker kernel language: one dialect for OpenCL C 1.2 and C11.
 *
 * Handlers and the worker loop are written against this header alone. On the host every address space is empty and the
 * atomics are those of stoker/atomic.h; on a device they are OpenCL 1.2 forms, which every toolchain takes.
 *
 *   STK_GLOBAL, STK_LOCAL   address spaces of the shared buffers, and of words that the lanes of a group share
 *                           (private to a lone lane); OpenCL C 1.2 has no generic one
 *   stk_u8 stk_u32 stk_u64  widths that are the same on both sides
 *   STK_FN, STK_COLD        linkage of a function of the dialect; one that is kept out of line
 *   STK_APART               linkage of a function that a GPU has in line, and a CPU out of line
 *   STK_FN_FOR_USERS        linkage of a function for handlers, which the kernel itself does not call
 *   STK_LANE, STK_LANES     number of this work-item in its group, and number of work-items in a group
 *   STK_BARRIER             all lanes meet; only in control flow that all lanes take
 *   STK_PREFETCH            a hint: this line will be written soon
 *   stk_plain_word          a word that a plain load took from the payload or the tables, in the order of this machine
 *   stk_ld .. stk_add       atomic words: relaxed, acquire and release loads and stores, CAS, add; _fenced: beside a
 *                           STK_MEM_FENCE
 *   stk_local_add ..        words that the lanes of a group share */
#ifndef STOKER_KERNEL_LANG_H
#define STOKER_KERNEL_LANG_H

#ifdef __OPENCL_C_VERSION__

#define STK_GLOBAL       __global
#define STK_FN           static
#define STK_COLD         static __attribute__((noinline))
#define STK_FN_FOR_USERS static __attribute__((unused))
#if STK_TILE_BYTES
#define STK_APART STK_FN
#else
#define STK_APART STK_COLD /* PoCL 3.1's compiler crashes on some large functions */
#endif
typedef uchar stk_u8;
typedef uint stk_u32;
typedef ulong stk_u64;

#ifndef STK_LANES
#define STK_LANES 1
#endif
/* Tells the size of a group to a compiler that assigns registers by it. */
#if defined(__NV_CL_C_VERSION) || defined(cl_nv_pragma_unroll)
#define STK_GROUP __attribute__((reqd_work_group_size(STK_LANES, 1, 1)))
#else
#define STK_GROUP
#endif

#if STK_LANES > 1
#define STK_LOCAL     volatile __local
#define STK_LANE      ((stk_u32)get_local_id(0))
#define STK_BARRIER() barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)
/* Orders local memory alone, so it does not wait for stores that are on their way over a bus. */
#define STK_BARRIER_LOCAL() barrier(CLK_LOCAL_MEM_FENCE)
#else
#define STK_LOCAL     __private
#define STK_LANE      0u
#define STK_BARRIER() ((void)0)
#endif

/* The system fence: orders this work-item's accesses to shared memory against the host. There is a body for each
 * toolchain, because mem_fence is a work-group fence at most, and a barrier on PoCL's CUDA driver. NVIDIA's own
 * compiler comes first: it may name its target as LLVM does. STK_FENCE_PLAIN is set where a body was refused; the
 * handshake then judges the memory. */
#if defined(STK_FENCE_PLAIN)
#define STK_MEM_FENCE() mem_fence(CLK_GLOBAL_MEM_FENCE)
#elif defined(__NV_CL_C_VERSION) || defined(cl_nv_pragma_unroll)
#define STK_MEM_FENCE() asm volatile("membar.sys;" ::: "memory")
#elif defined(__NVPTX__)
void __nvvm_membar_sys(void);
#define STK_MEM_FENCE() __nvvm_membar_sys()
#elif defined(__x86_64__) || defined(__aarch64__) || defined(__arm__) || defined(__riscv)
#define STK_MEM_FENCE() __atomic_thread_fence(__ATOMIC_ACQ_REL)
#else
#define STK_MEM_FENCE() mem_fence(CLK_GLOBAL_MEM_FENCE)
#endif

/* STK_MEM_FENCE_DEVICE orders this work-item's accesses as other groups of the device see them, and drops the contents
 * of a cache of its own unit. STK_MEM_FENCE_OF_ONE is 1 where a fence of one work-item also orders the accesses that
 * the others of its group made before a barrier which all of them passed. Then one work-item fences for all: fences of
 * many wait for one another, since each of them goes over the bus and back. */
#if !defined(STK_FENCE_PLAIN) && (defined(__NV_CL_C_VERSION) || defined(cl_nv_pragma_unroll))
#define STK_MEM_FENCE_DEVICE() asm volatile("membar.gl;" ::: "memory")
#define STK_MEM_FENCE_OF_ONE   1
#else
#define STK_MEM_FENCE_DEVICE() STK_MEM_FENCE()
#define STK_MEM_FENCE_OF_ONE   0
#endif

/* Stands between a load and later loads, where a branch on the loaded value lies between them. A compiler keeps
 * volatile loads in order, x86 keeps all of them, and a GPU of NVIDIA loads nothing before it has taken the branch. */
#if defined(__NV_CL_C_VERSION) || defined(cl_nv_pragma_unroll) || defined(__NVPTX__) || defined(__x86_64__)
#define STK_MEM_FENCE_LOADS() ((void)0)
#else
#define STK_MEM_FENCE_LOADS() STK_MEM_FENCE()
#endif

/* Asks for the cache line at p, to be written soon. A hint, and only where a device has caches like a host's. */
#if defined(__x86_64__) || defined(__aarch64__) || defined(__riscv)
#define STK_PREFETCH(p) __builtin_prefetch((const void *)(ulong)(p), 1)
#else
#define STK_PREFETCH(p) ((void)(p))
#endif

/* A device of OpenCL that this code runs on is little-endian, as the words are. */
STK_FN stk_u32 stk_plain_word(stk_u32 v) {
    return v;
}

/* Loads a word, in relaxed order. */
STK_FN stk_u32 stk_ld(const STK_GLOBAL stk_u32 *p) {
    return *(const volatile STK_GLOBAL stk_u32 *)p;
}

/* The first words of a slot in one load of 16 bytes, where a worker of several lanes is alone with its slots: a new
 * status comes with its opcode and tenant. No standard says so; the handshake of the port does, or does not take the
 * memory. */
struct stk_head {
    stk_u32 status, opcode, tenant, priority;
};

#if STK_LANES > 1
/* Returns the number of the lowest bit that is set in `bits`, which is not 0. */
STK_FN stk_u32 stk_lowest_bit(stk_u32 bits) {
    return 31u - (stk_u32)clz(bits & (0u - bits));
}

STK_FN struct stk_head stk_ld_head(const STK_GLOBAL stk_u32 *p) {
    uint4 words = *(const volatile STK_GLOBAL uint4 *)p;
    struct stk_head head = {words.x, words.y, words.z, words.w};
    return head;
}
#endif

/* Loads a word as one of many acquire loads that share a STK_MEM_FENCE after the last. */
STK_FN stk_u32 stk_ld_fenced(const STK_GLOBAL stk_u32 *p) {
    return stk_ld(p);
}

/* Loads a word with acquire order. */
STK_FN stk_u32 stk_ld_acquire(const STK_GLOBAL stk_u32 *p) {
    stk_u32 v = *(const volatile STK_GLOBAL stk_u32 *)p;
    STK_MEM_FENCE(); /* later accesses come after the load */
    return v;
}

/* Stores a word, in relaxed order. */
STK_FN void stk_st(STK_GLOBAL stk_u32 *p, stk_u32 v) {
    *(volatile STK_GLOBAL stk_u32 *)p = v;
}

/* Stores a word with release order. */
STK_FN void stk_st_release(STK_GLOBAL stk_u32 *p, stk_u32 v) {
    STK_MEM_FENCE(); /* earlier accesses are seen before the word */
    *(volatile STK_GLOBAL stk_u32 *)p = v;
}

/* Stores a word as one of many release stores that share a STK_MEM_FENCE before the first. */
STK_FN void stk_st_fenced(STK_GLOBAL stk_u32 *p, stk_u32 v) {
    stk_st(p, v);
}

/* Compares and swaps a word, and returns the value before. Orders nothing: for control flow that not all lanes take,
 * with a fence that they all do. */
STK_FN stk_u32 stk_cmpxchg_relaxed(STK_GLOBAL stk_u32 *p, stk_u32 expected, stk_u32 desired) {
    return atomic_cmpxchg((volatile STK_GLOBAL stk_u32 *)p, expected, desired);
}

/* Compares and swaps a word with acquire order, and returns the value before. */
STK_FN stk_u32 stk_cmpxchg(STK_GLOBAL stk_u32 *p, stk_u32 expected, stk_u32 desired) {
    stk_u32 was = stk_cmpxchg_relaxed(p, expected, desired);
    STK_MEM_FENCE(); /* the words that a claim guards are read after the claim */
    return was;
}

/* Adds to a word and returns the value before. Orders nothing. */
STK_FN stk_u32 stk_add(STK_GLOBAL stk_u32 *p, stk_u32 v) {
    return atomic_add((volatile STK_GLOBAL stk_u32 *)p, v);
}

#if STK_LANES > 1
STK_FN stk_u32 stk_local_add(STK_LOCAL stk_u32 *p, stk_u32 v) {
    return atomic_add(p, v);
}

STK_FN void stk_local_or(STK_LOCAL stk_u32 *p, stk_u32 v) {
    (void)atomic_or(p, v);
}

STK_FN void stk_local_max(STK_LOCAL stk_u32 *p, stk_u32 v) {
    (void)atomic_max(p, v);
}
#else
STK_FN stk_u32 stk_local_add(STK_LOCAL stk_u32 *p, stk_u32 v) {
    stk_u32 was = *p;
    *p = was + v;
    return was;
}
#endif

#else /* C11 */

#include "stoker/atomic.h"

#define STK_GLOBAL
#define STK_LOCAL
#define STK_FN           static inline
#define STK_FN_FOR_USERS STK_FN
#if defined(__GNUC__)
#define STK_COLD static __attribute__((noinline))
#else
#define STK_COLD static
#endif
typedef uint8_t stk_u8;
typedef uint32_t stk_u32;
typedef uint64_t stk_u64;

#define STK_LANES     1
#define STK_LANE      0u
#define STK_BARRIER() ((void)0)

#define STK_PREFETCH(p)       ((void)(p))
#define STK_MEM_FENCE()       ((void)0) /* the accesses themselves are ordered; see stk_ld_fenced */
#define STK_MEM_FENCE_LOADS() ((void)0)

STK_FN stk_u32 stk_plain_word(stk_u32 v) {
    return stk_le32(v);
}

STK_FN stk_u32 stk_ld(const stk_u32 *p) {
    return stk_load(p);
}

STK_FN stk_u32 stk_ld_fenced(const stk_u32 *p) {
    return stk_load_acquire(p);
}

STK_FN stk_u32 stk_ld_acquire(const stk_u32 *p) {
    return stk_load_acquire(p);
}

STK_FN void stk_st(stk_u32 *p, stk_u32 v) {
    stk_store(p, v);
}

STK_FN void stk_st_release(stk_u32 *p, stk_u32 v) {
    stk_store_release(p, v);
}

STK_FN void stk_st_fenced(stk_u32 *p, stk_u32 v) {
    stk_store_release(p, v);
}

STK_FN stk_u32 stk_cmpxchg(stk_u32 *p, stk_u32 expected, stk_u32 desired) {
    return stk_cas(p, expected, desired);
}

STK_FN stk_u32 stk_cmpxchg_relaxed(stk_u32 *p, stk_u32 expected, stk_u32 desired) {
    return stk_cas(p, expected, desired);
}

STK_FN stk_u32 stk_add(stk_u32 *p, stk_u32 v) {
    return stk_fetch_add(p, v);
}

STK_FN stk_u32 stk_local_add(stk_u32 *p, stk_u32 v) {
    stk_u32 was = *p;
    *p = was + v;
    return was;
}

#endif

/* 1: the lanes of a group have a tile in local memory (tile.h). The port defines STK_TILE_BYTES. */
#if STK_LANES > 1 && defined(STK_TILE_BYTES) && STK_TILE_BYTES > 0
#define STK_TILED 1
#else
#define STK_TILED 0
#endif

#include "stoker/slot.h"
#include "stoker/words.h"

#endif
