/* The kernel compiled as C, on the caller's thread: with its defaults, and with few turns a drive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "dispatch.h"
#include "stoker/port/interp.h"
#include "stoker/words.h"

#define SLOTS   16u
#define CONTROL (STK_CTL_WORDS_MIN + 2u * SLOTS)

static _Alignas(64) uint32_t ring[SLOTS * STK_SLOT_WORDS];
static _Alignas(64) uint32_t control[CONTROL];
static struct stk_interp interp;
static struct stk_interp_config config;
static uint64_t looks;

static void *open_it(struct stk_device_memory *memory) {
    memset(ring, 0, sizeof ring);
    memset(control, 0, sizeof control);
    control[STK_CTL_TENANT_BASE] = STK_CTL_TENANT_MASK;
    control[STK_CTL_TENANT_MASK] = UINT32_MAX;
    *memory = (struct stk_device_memory){.ring = ring, .slots = SLOTS, .control = control, .control_words = CONTROL};
    return stk_interp_open(&interp, memory, &config) == STK_OK ? &interp : NULL;
}

static void close_it(void) {
}

/* No call waits, so a look at the clock is all that takes time: a microsecond. */
static uint64_t now_ns(void) {
    return ++looks * 1000u;
}

int main(void) {
    struct dispatch_port port = {
        .name = "interp",
        .ops = &stk_interp_ops,
        .residency = STK_RESIDENT,
        .open = open_it,
        .close = close_it,
        .now_ns = now_ns,
    };
    int failed = dispatch_contract(&port);
    port.name = "interp, two turns a drive";
    config.turns = 2;
    failed += dispatch_contract(&port);
    return failed;
}
