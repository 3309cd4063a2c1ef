/* stoker: an arena over the caller's memory.
 *
 * The arena is the only source of memory in the core. It hands out aligned allocations from the front of the caller's
 * memory. No allocation is given back alone; a mark that was taken before some allocations gives all of them back.
 * One thread at a time uses an arena. No call blocks.
 */
#ifndef STOKER_ARENA_H
#define STOKER_ARENA_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STK_ALIGN 64u /* bytes; every allocation begins at a multiple, which is a cache line on most CPUs */

/* `n` rounded up to STK_ALIGN: the bytes that an allocation of n bytes costs. A constant expression for constant n. */
#define STK_ALIGNED(n) ((((size_t)(n)) + (STK_ALIGN - 1u)) & ~(size_t)(STK_ALIGN - 1u))

/* Bytes of memory of any alignment that an arena needs to hold `n` bytes of aligned allocations. */
#define STK_ARENA_BYTES(n) (STK_ALIGNED(n) + STK_ALIGN)

/* Declares `bytes` bytes of static storage, aligned to STK_ALIGN, and nothing else. Each STK_X_DEFINE(name, ...) is
 * this with STK_X_BYTES(...): STK_STREAM_DEFINE(mem, 8, 64); */
#ifdef __cplusplus
#define STK_STORAGE_DEFINE(name, bytes) alignas(STK_ALIGN) static uint8_t name[bytes]
#else
#define STK_STORAGE_DEFINE(name, bytes) static _Alignas(STK_ALIGN) uint8_t name[bytes]
#endif

/* Defines memory for an arena of several objects:
 * STK_ARENA_DEFINE(mem, STK_STREAM_BYTES(8, 64) + STK_TENANT_BYTES(4)); */
#define STK_ARENA_DEFINE(name, n) STK_STORAGE_DEFINE(name, STK_ALIGNED(n))

/* A caller may read the fields, and must not change them. */
struct stk_arena {
    uint8_t *base; /* the caller's memory; may be NULL where `size` is 0 */
    size_t size;   /* bytes at base */
    size_t used;   /* bytes handed out, padding included */
    size_t need;   /* bytes at base with which the largest refused request would have fitted; 0: none was refused */
};

/* Makes an empty arena over `bytes` bytes at `mem`. The memory stays the caller's and must outlive every allocation.
 * `mem` may be NULL when `bytes` is 0. ISR-safe. */
void stk_arena_init(struct stk_arena *arena, void *mem, size_t bytes);

/* Takes `bytes` bytes, aligned to STK_ALIGN and not cleared. Returns their address; NULL when they do not fit: then the
 * arena is unchanged, and `need` says how many bytes would do. An allocation of 0 bytes costs nothing and is not NULL;
 * nobody may use its address. */
void *stk_arena_take(struct stk_arena *arena, size_t bytes);

/* Returns a mark, for stk_arena_release. */
size_t stk_arena_mark(const struct stk_arena *arena);

/* Gives back every allocation that was taken since `mark` was returned. A mark of a later state changes nothing. */
void stk_arena_release(struct stk_arena *arena, size_t mark);

/* Returns the bytes of the largest allocation that stk_arena_take would grant now. */
size_t stk_arena_left(const struct stk_arena *arena);

#ifdef __cplusplus
}
#endif
#endif
