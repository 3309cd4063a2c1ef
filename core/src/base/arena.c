/* stoker: the arena. */
#include "stoker/arena.h"

static size_t padding(const struct stk_arena *arena) {
    uintptr_t at = (uintptr_t)arena->base + arena->used;
    return (size_t)((STK_ALIGN - (at & (STK_ALIGN - 1u))) & (STK_ALIGN - 1u));
}

/* a + b, or the largest size there is. */
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
        return (arena->base != NULL && pad <= left) ? (void *)(arena->base + arena->used + pad) : (void *)arena;
    }
    size_t cost = bytes > SIZE_MAX - STK_ALIGN ? SIZE_MAX : STK_ALIGNED(bytes);
    if (pad > left || cost > left - pad) {
        size_t need = add_sat(add_sat(arena->used, pad), cost);
        arena->need = need > arena->need ? need : arena->need;
        return NULL;
    }
    void *piece = arena->base + arena->used + pad;
    arena->used += pad + cost;
    return piece;
}

size_t stk_arena_mark(const struct stk_arena *arena) {
    return arena->used;
}

void stk_arena_release(struct stk_arena *arena, size_t mark) {
    if (mark < arena->used) {
        arena->used = mark;
    }
}

size_t stk_arena_left(const struct stk_arena *arena) {
    size_t pad = padding(arena);
    size_t left = arena->size - arena->used;
    return pad > left ? 0 : (left - pad) & ~(size_t)(STK_ALIGN - 1u);
}
