/* Checks the rules for the memory of every object, over one table of objects and shapes. STK_X_BYTES, stk_x_bytes and
 * the bytes that init takes are one number. Init refuses one byte less and writes nothing then. No byte outside of the
 * memory is ever written. */
#ifndef SIZE_RULES_H
#define SIZE_RULES_H

#include "red_zone.h"
#include "stoker/arena.h"
#include "stoker/err.h"

/* Set-up and use of one kind of object, whose state is static in the test. `n` is the shape, as many of it as there
 * are. */
struct sized {
    const char *name;
    int (*bytes)(const uint32_t *n, size_t *bytes); /* stk_x_bytes */
    /* Init, one of the two: in memory, with the fault's value 0 where the call names no number of bytes; or from an
     * arena, where what the object itself says about a refusal is compared in here. */
    int (*at)(const uint32_t *n, void *memory, size_t bytes, struct stk_error_info *info);
    int (*from)(const uint32_t *n, struct stk_arena *arena);
    void (*use)(const uint32_t *n); /* uses the object to the full, and gives everything back that is not memory */
    const void *object;             /* object that a refusal must not change; NULL where the object keeps the refusal */
    size_t object_bytes;
    int spares_some; /* bytes may stay unwritten: padding between parts, or room that this use does not fill */
};

/* One object in one shape; `macro` is a constant expression where the table is static. */
struct sized_shape {
    const struct sized *sized;
    size_t macro;
    uint32_t n[3];
};

static inline int size_init(const struct sized_shape *s, void *memory, size_t bytes, size_t *would_do, size_t *used) {
    struct stk_error_info info = {0, 0, 0};
    struct stk_arena arena;
    int err;
    if (s->sized->at != NULL) {
        err = s->sized->at(s->n, memory, bytes, &info);
        *would_do = (size_t)info.value;
        *used = s->macro;
        return err;
    }
    stk_arena_init(&arena, memory, bytes);
    err = s->sized->from(s->n, &arena);
    *would_do = arena.need;
    *used = arena.used;
    return err;
}

/* Checks that with one byte less init returns STK_E_SPACE and the number of bytes that would be enough, and writes
 * nothing. */
static inline void size_refused(const struct sized_shape *s, void *memory, size_t need) {
    static uint8_t before[4096];
    size_t would_do, used;
    assert_true(s->sized->object_bytes <= sizeof before);
    if (s->sized->object != NULL) {
        memcpy(before, s->sized->object, s->sized->object_bytes);
    }
    assert_int_equal(size_init(s, memory, need - 1, &would_do, &used), STK_E_SPACE);
    assert_true(would_do == need || (would_do == 0 && s->sized->at != NULL));
    assert_true(s->sized->at != NULL || used == 0);
    assert_true(zone_intact(0));
    if (s->sized->object != NULL) {
        assert_memory_equal(before, s->sized->object, s->sized->object_bytes);
    }
}

/* The memory begins `late` bytes behind a multiple of STK_ALIGN. */
static inline void size_rules_at(const struct sized_shape *s, size_t late) {
    size_t pad = s->sized->at != NULL ? 0 : (STK_ALIGN - late) % STK_ALIGN;
    size_t need = pad + s->macro, would_do, used;
    uint8_t *memory = (uint8_t *)zone_paint_for(s->macro) + late;
    if (s->macro != 0) {
        size_refused(s, memory, need);
    }
    assert_int_equal(size_init(s, memory, need, &would_do, &used), STK_OK);
    assert_true(used == need || s->macro == 0);
    assert_true(zone_intact_but(late + pad, late + need));
    s->sized->use(s->n);
    assert_true(zone_intact_but(late + pad, late + need));
    assert_true(s->sized->spares_some || zone_used() == (s->macro == 0 ? 0 : late + need));
    assert_true(s->sized->at != NULL || need <= STK_ARENA_BYTES(s->macro));
}

static inline void size_rules(const struct sized_shape *s) {
    static const uint8_t late[] = {0, 8, 1, 63};
    size_t bytes = 0;
    assert_int_equal(s->sized->bytes(s->n, &bytes), STK_OK);
    assert_true(bytes == s->macro && bytes <= ZONE_MAX);
    /* Without an arena the memory is aligned by the caller: to 8 bytes for the strictest of them. */
    for (unsigned i = 0; i < (s->sized->at != NULL ? 2u : 4u); i++) {
        size_rules_at(s, late[i]);
    }
}

/* Checks that init takes all bytes of the storage that STK_X_DEFINE made. */
static inline void size_defined(const struct sized_shape *s, void *memory, size_t bytes) {
    size_t would_do, used;
    assert_true(bytes == s->macro && (uintptr_t)memory % STK_ALIGN == 0);
    assert_int_equal(size_init(s, memory, bytes - 1, &would_do, &used), STK_E_SPACE);
    assert_int_equal(size_init(s, memory, bytes, &would_do, &used), STK_OK);
    s->sized->use(s->n);
}

#endif
