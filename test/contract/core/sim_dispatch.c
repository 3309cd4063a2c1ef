/* The simulated workers: all slots at once, few at a time in an order that is drawn, and late. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "dispatch.h"
#include "stoker/atomic.h"
#include "stoker/port/sim.h"
#include "stoker/slot.h"

#define SLOTS   16u
#define CONTROL (STK_CTL_WORDS_MIN + 2u * SLOTS)

static _Alignas(64) uint32_t ring[SLOTS * STK_SLOT_WORDS];
static _Alignas(64) uint32_t control[CONTROL];
static _Alignas(STK_ALIGN) uint8_t arena_memory[STK_SIM_DISPATCH_BYTES(SLOTS)];
static struct stk_sim_platform platform;
static struct stk_sim_dispatch dispatch;
static struct stk_sim_dispatch_config config;

static int run(void *ctx, uint32_t index, uint32_t *slot) {
    uint32_t value = stk_load(slot + STK_SLOT_ARG0), word = stk_load(slot + STK_SLOT_ARG0 + 1u);
    (void)ctx;
    (void)index;
    switch (stk_load(slot + STK_SLOT_OPCODE)) {
    case STK_OP_NOP:
        return 0;
    case STK_OP_STORE_U32:
        stk_store(control + word, value);
        return 0;
    case STK_OP_ATOMIC_ADD:
        (void)stk_fetch_add(control + word, value);
        return 0;
    default:
        return STK_E_SLOT_FAULT;
    }
}

static void *open_it(struct stk_device_memory *memory) {
    struct stk_arena arena;
    memset(ring, 0, sizeof ring);
    memset(control, 0, sizeof control);
    *memory = (struct stk_device_memory){.ring = ring, .slots = SLOTS, .control = control, .control_words = CONTROL};
    config.memory = *memory;
    config.handler = run;
    config.clock = &platform;
    stk_sim_platform_init(&platform, 0, 1000); /* a look takes a microsecond */
    stk_arena_init(&arena, arena_memory, sizeof arena_memory);
    return stk_sim_dispatch_init(&dispatch, &config, &arena) == STK_OK ? &dispatch : NULL;
}

static void close_it(void) {
}

static void lose(void) {
    dispatch.lost = true;
}

static uint64_t now_ns(void) {
    return stk_sim_platform_ops.now_ns(&platform);
}

int main(void) {
    struct dispatch_port port = {
        .name = "sim",
        .ops = &stk_sim_dispatch_ops,
        .residency = STK_RESIDENT,
        .open = open_it,
        .close = close_it,
        .lose = lose,
        .now_ns = now_ns,
    };
    int failed = dispatch_contract(&port);
    port.name = "sim, three slots a drive, in any order";
    config.per_drive = 3;
    config.seed = 9;
    failed += dispatch_contract(&port);
    port.name = "sim, slots end two drives later";
    config.delay = 2;
    failed += dispatch_contract(&port);
    return failed;
}
