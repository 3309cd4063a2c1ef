/* stoker: the arena, the core's only source of memory. Two numbers, the size and the bytes in use, are all of its
 * state: there is no list of free memory and no header before an allocation. */
#include "stoker/arena.h"

/* Returns the bytes from the first free byte to the next multiple of STK_ALIGN. The address counts and not the offset,
 * since the caller's memory may begin anywhere. */
static size_t padding(const struct stk_arena *arena) {
    uintptr_t at = (uintptr_t)arena->base + arena->used;
    return (size_t)((STK_ALIGN - (at & (STK_ALIGN - 1u))) & (STK_ALIGN - 1u));
}

/* Returns a + b, or SIZE_MAX where the sum would wrap: a request that is too large must not look like a small one. */
static size_t add_sat(size_t a, size_t b) {
    return b > SIZE_MAX - a ? SIZE_MAX : a + b;
}

void stk_arena_init(struct stk_arena *arena, void *mem, size_t bytes) {
    arena->base = mem;
    arena->size = mem == NULL ? 0 : bytes;
    arena->used = 0;
    arena->need = 0;
}

void *stk_arena_take(struct stk_arena *arena, size_t bytes) {
    size_t pad = padding(arena);
    size_t left = arena->size - arena->used;
    if (bytes == 0) {
        /* NULL means refused. An allocation of 0 bytes must succeed even where nothing is left, so the arena's own
         * address stands for it then; nobody may use the memory behind it. */
        return (arena->base != NULL && pad <= left) ? (void *)(arena->base + arena->used + pad) : (void *)arena;
    }
    /* STK_ALIGNED wraps to 0 for the 63 greatest values of size_t, so the largest sizes cost SIZE_MAX and are
     * refused. */
    size_t cost = bytes > SIZE_MAX - STK_ALIGN ? SIZE_MAX : STK_ALIGNED(bytes);
    if (pad > left || cost > left - pad) {
        size_t need = add_sat(add_sat(arena->used, pad), cost);
        arena->need = need > arena->need ? need : arena->need;
        return NULL;
    }
    void *allocation = arena->base + arena->used + pad;
    arena->used += pad + cost;
    return allocation;
}

size_t stk_arena_mark(const struct stk_arena *arena) {
    return arena->used;
}

void stk_arena_release(struct stk_arena *arena, size_t mark) {
    if (mark < arena->used) { /* a mark of a later state gives nothing back, and must not hand out memory */
        arena->used = mark;
    }
}

size_t stk_arena_left(const struct stk_arena *arena) {
    size_t pad = padding(arena);
    size_t left = arena->size - arena->used;
    /* Rounded down: an allocation costs a multiple of STK_ALIGN, so the bytes of a last short line are of no use. */
    return pad > left ? 0 : (left - pad) & ~(size_t)(STK_ALIGN - 1u);
}
