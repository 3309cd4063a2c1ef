/* The command with a device whose results are wrong now and then: STK_TEST_MISCOUNT=N adds 1 to the result of the Nth
 * slot that is read. The linker makes calls of stk_ring_read go to this file first (--wrap). */
#include <stdlib.h>

#include "stoker/ring.h"

int __real_stk_ring_read(const struct stk_ring *ring, uint32_t slot, struct stk_slot *out);
int __wrap_stk_ring_read(const struct stk_ring *ring, uint32_t slot, struct stk_slot *out);

int __wrap_stk_ring_read(const struct stk_ring *ring, uint32_t slot, struct stk_slot *out) {
    static unsigned long reads;
    const char *at = getenv("STK_TEST_MISCOUNT");
    int err = __real_stk_ring_read(ring, slot, out);
    out->args[STK_RESULT_ARG] += at && strtoul(at, NULL, 10) == ++reads ? 1u : 0u;
    return err;
}
