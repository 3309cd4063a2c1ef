/* stoker: an arena over the caller's memory.
 *
 * The only source of memory in the core. It hands out aligned pieces from the front and never takes
 * one back; a mark taken before scratch work restores the arena to that point.
 */
#ifndef STOKER_ARENA_H
#define STOKER_ARENA_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STK_ALIGN 64u /* every piece starts on a cache line */

/* `n` rounded up to STK_ALIGN: what a piece of n bytes costs. A constant expression for constant n.
 */
#define STK_ALIGNED(n) ((((size_t)(n)) + (STK_ALIGN - 1u)) & ~(size_t)(STK_ALIGN - 1u))

/* Bytes an arena over memory of any alignment needs to hold `n` bytes of aligned pieces. */
#define STK_ARENA_BYTES(n) (STK_ALIGNED(n) + STK_ALIGN)

/* Declares `bytes` bytes of static storage, aligned to STK_ALIGN, and nothing else. Each STK_X_DEFINE(name, ...) is
 * this with STK_X_BYTES(...): STK_STREAM_DEFINE(mem, 8, 64); */
#ifdef __cplusplus
#define STK_STORAGE_DEFINE(name, bytes) alignas(STK_ALIGN) static uint8_t name[bytes]
#else
#define STK_STORAGE_DEFINE(name, bytes) static _Alignas(STK_ALIGN) uint8_t name[bytes]
#endif

/* The same for an arena of several objects: STK_ARENA_DEFINE(mem, STK_STREAM_BYTES(8, 64) + STK_TENANT_BYTES(4)); */
#define STK_ARENA_DEFINE(name, n) STK_STORAGE_DEFINE(name, STK_ALIGNED(n))

struct stk_arena {
    uint8_t *base;
    size_t size; /* bytes at base */
    size_t used; /* bytes handed out, padding included */
    size_t need; /* total bytes that the largest refused request would have needed; 0 when none was
                    refused */
};

/* Covers `bytes` bytes at `mem`, which stay the caller's and must outlive every piece. mem may be
 * NULL when bytes is 0. ISR-safe. */
void stk_arena_init(struct stk_arena *arena, void *mem, size_t bytes);

/* Takes `bytes` bytes aligned to STK_ALIGN, not cleared. NULL when they do not fit: the arena is
 * unchanged but for `need`. A piece of 0 bytes is valid and costs nothing. */
void *stk_arena_take(struct stk_arena *arena, size_t bytes);

/* A point to come back to with stk_arena_release. */
size_t stk_arena_mark(const struct stk_arena *arena);

/* Gives back every piece taken since `mark`. */
void stk_arena_release(struct stk_arena *arena, size_t mark);

/* Bytes that one more stk_arena_take could return. */
size_t stk_arena_left(const struct stk_arena *arena);

#ifdef __cplusplus
}
#endif
#endif
