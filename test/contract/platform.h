/* Test cases for the promises of every platform port (stoker/port/platform.h; port/README.md, "Platform"). */
#ifndef CONTRACT_PLATFORM_H
#define CONTRACT_PLATFORM_H

#include <stdint.h>

#include "stoker/port/platform.h"

struct platform_port {
    const char *name;
    const struct stk_platform_ops *ops;
    void *ctx;
    /* Starts a thread that waits some milliseconds, stores `value`, a plain number, in *word, and wakes the waiters of
     * the word. The second call joins this thread. */
    void (*change_later)(uint32_t *word, uint32_t value);
    void (*join)(void);
};

/* Runs all cases. Returns how many failed. */
int platform_contract(const struct platform_port *port);

#endif
