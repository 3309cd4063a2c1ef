/* The bare-metal clock over an mtime in memory that goes on while the core sleeps: 10 us for each nap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "platform.h"
#include "stoker/atomic.h"
#include "stoker/port/bare_core.h"

static struct stk_bare_clock clock;
static uint32_t mtime[2];
static uint32_t *changed;
static uint32_t new_value;

static void nap(uint64_t left_ns) {
    mtime[0] += left_ns >= 10000u ? 100u : 1u;
    if (changed != NULL) {
        stk_store_release(changed, new_value); /* as an interrupt does */
        changed = NULL;
    }
}

static void change_later(uint32_t *word, uint32_t value) {
    changed = word;
    new_value = value;
}

static void join(void) {
}

int main(void) {
    const struct stk_bare_clock_config config = {
        .timer = STK_BARE_MTIME, .registers = mtime, .hz = 10000000, .idle = nap};
    const struct platform_port port = {
        .name = "baremetal",
        .ops = &stk_bare_platform_ops,
        .ctx = &clock,
        .change_later = change_later,
        .join = join,
    };
    if (stk_bare_clock_init(&clock, &config) != STK_OK) {
        return 1;
    }
    return platform_contract(&port);
}
