/* Test cases for the promises of every platform port (stoker/port/platform.h; port/README.md, "Platform"). */
#ifndef CONTRACT_PLATFORM_H
#define CONTRACT_PLATFORM_H

#include <stdint.h>

#include "stoker/port/platform.h"

struct platform_port {
    const char *name;
    const struct stk_platform_ops *ops;
    void *ctx;
    /* Stores `value`, a plain number, into *word in some milliseconds and wakes whoever waits on it; then joins who
     * did. */
    void (*change_later)(uint32_t *word, uint32_t value);
    void (*join)(void);
};

/* Runs all cases. Returns how many failed. */
int platform_contract(const struct platform_port *port);

#endif
