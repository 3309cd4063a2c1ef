/* stoker port template: clock and wait. */
#include "stoker/port/template.h"

#include <stddef.h>

/* Read a free-running timer and widen it to 64 bits here: a 32-bit cycle counter wraps within seconds. */
static uint64_t template_now_ns(void *ctx) {
    (void)ctx;
    return 0;
}

/* On bare metal: look at the word, then sleep until the next interrupt (WFI) or the timeout. Arm the timeout first and
 * look at the word with interrupts off, else a wake between the look and the sleep is lost. */
static int template_wait(void *ctx, const uint32_t *word, uint32_t seen, uint64_t timeout_ns) {
    (void)ctx;
    (void)word;
    (void)seen;
    (void)timeout_ns;
    return STK_E_UNSUPPORTED;
}

const struct stk_platform_ops stk_template_platform_ops = {
    .name = "template",
    .now_ns = template_now_ns,
    .wait = template_wait,
    .wake = NULL, /* optional: needed once a second thread waits */
};
