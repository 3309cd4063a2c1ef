/* The virtual clock: one that stands still between waits, and one that steps with each look. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "platform.h"
#include "stoker/atomic.h"
#include "stoker/port/sim.h"

static struct stk_sim_platform platform;
static uint32_t *changed;
static uint32_t new_value;

static void change(void *ctx, const uint32_t *word, uint32_t seen, uint64_t timeout_ns) {
    (void)ctx;
    (void)word;
    (void)seen;
    (void)timeout_ns;
    stk_store_release(changed, new_value);
}

/* Lets the next wait change the word. */
static void change_later(uint32_t *word, uint32_t value) {
    changed = word;
    new_value = value;
    platform.hook = change;
}

static void join(void) {
    platform.hook = NULL;
}

int main(void) {
    struct platform_port port = {
        .name = "sim",
        .ops = &stk_sim_platform_ops,
        .ctx = &platform,
        .change_later = change_later,
        .join = join,
    };
    stk_sim_platform_init(&platform, 0, 0);
    int failed = platform_contract(&port);
    port.name = "sim, each look takes a microsecond";
    stk_sim_platform_init(&platform, 5000, 1000);
    return failed + platform_contract(&port);
}
