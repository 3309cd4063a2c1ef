/* stoker: waiting for a word with a deadline. Looks at the word a few times before it sleeps, because a device often
 * answers within a microsecond and a sleep of the system takes many times as long. */
#include "stoker/wait.h"

#include "stoker/atomic.h"
#include "stoker/deadline.h"

#define SPINS 64u /* looks before the first sleep: a microsecond or two, less than the cheapest sleep costs */

int stk_wait_word(const struct stk_platform_port *platform, const uint32_t *word, uint32_t value, uint64_t timeout_ns) {
    struct stk_deadline end;
    uint64_t left;
    uint32_t seen = stk_load_acquire(word); /* acquire: stores before the store of the word are seen after this load */
    for (uint32_t i = 0; i < SPINS && seen != value && timeout_ns != 0u; i++) {
        stk_pause();
        seen = stk_load_acquire(word);
    }
    /* The clock is not read before: a wait that ends in the looks above costs no call of the platform. */
    if (seen == value) {
        return STK_OK;
    }
    stk_deadline_start(&end, timeout_ns, platform->ops->now_ns(platform->ctx));
    for (left = timeout_ns; left != 0u; left = stk_deadline_look(&end, platform->ops->now_ns(platform->ctx))) {
        /* The platform compares the word with `seen` itself, so a store between the last look and the sleep is not
         * slept through. The sleep is short, since a device cannot wake the host. */
        int woken =
            platform->ops->wait(platform->ctx, word, stk_le32(seen), stk_deadline_wait(&end, STK_WAIT_SLICE_NS));
        if (woken != STK_OK && woken != STK_E_TIMEOUT) {
            return woken;
        }
        seen = stk_load_acquire(word); /* acquire, for the same reason as the first load */
        if (seen == value) {
            return STK_OK;
        }
    }
    return STK_E_TIMEOUT;
}
