/* A ring over memory of the test's own. The test defines DEPTH (reads), SOURCES and MEM_BYTES before it includes this
 * file, once and after cmocka.h. */
#ifndef URING_RIG_H
#define URING_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include "need_device.h"
#include "stoker/port/uring.h"

static _Alignas(4096) uint8_t mem[MEM_BYTES];
static uint8_t arena_mem[STK_ARENA_BYTES(STK_URING_BYTES(DEPTH, SOURCES))];
static struct stk_uring uring;
static bool available; /* this machine has io_uring */

/* Finds out whether this machine has io_uring. */
static inline void look_for_uring(void) {
    struct stk_uring_info info;
    available = stk_uring_probe(&info) == STK_OK;
}

static inline void need_uring(void) {
    if (!available) {
        skip_without("io_uring");
    }
}

/* Opens the ring in pieces of `buffer_bytes`, 0 for the default. Returns as stk_uring_open. */
static inline int open_pieces(uint32_t flags, uint32_t buffer_bytes) {
    const struct stk_uring_config config = {.depth = DEPTH,
                                            .sources = SOURCES,
                                            .flags = flags,
                                            .buffer_bytes = buffer_bytes,
                                            .memory = mem,
                                            .memory_bytes = sizeof mem};
    struct stk_arena arena;
    need_uring();
    stk_arena_init(&arena, arena_mem, sizeof arena_mem);
    return stk_uring_open(&uring, &config, &arena);
}

#endif
