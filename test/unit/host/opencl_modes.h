/* Reads the residency mode to test from the environment. */
#ifndef OPENCL_MODES_H
#define OPENCL_MODES_H

#include <stdlib.h>
#include <string.h>

#include "stoker/port/dispatch.h"

/* The mode that STK_TEST_RESIDENCY names; 0: the test's own choice. */
static inline enum stk_residency wanted_residency(void) {
    static const char *const words[] = {"", "resident", "quantum", "batch"};
    const char *wanted = getenv("STK_TEST_RESIDENCY");
    for (int i = 0; wanted && i <= (int)STK_BATCH; i++) {
        if (strcmp(wanted, words[i]) == 0) {
            return (enum stk_residency)i;
        }
    }
    if (wanted) {
        fail_msg("STK_TEST_RESIDENCY is %s: give resident, quantum or batch", wanted);
    }
    return (enum stk_residency)0;
}

#endif
