/* Waiting for a word with a deadline. */
#include "stoker/wait.h"

#include "stoker/atomic.h"

#define SPINS 256u /* looks before the first sleep; a few hundred nanoseconds */

int stk_wait_word(const struct stk_platform_ops *platform, void *platform_ctx, const uint32_t *word, uint32_t value,
                  uint64_t timeout_ns) {
    uint64_t start, passed = 0;
    uint32_t seen = stk_load_acquire(word); /* orders what was stored before the word */
    for (uint32_t i = 0; i < SPINS && seen != value && timeout_ns != 0u; i++) {
        seen = stk_load_acquire(word);
    }
    if (seen == value) {
        return STK_OK;
    }
    start = platform->now_ns(platform_ctx);
    while (passed < timeout_ns) {
        uint64_t left = timeout_ns - passed;
        int woken =
            platform->wait(platform_ctx, word, stk_le32(seen), left < STK_WAIT_SLICE_NS ? left : STK_WAIT_SLICE_NS);
        if (woken != STK_OK && woken != STK_E_TIMEOUT) {
            return woken;
        }
        seen = stk_load_acquire(word); /* as above */
        if (seen == value) {
            return STK_OK;
        }
        passed = platform->now_ns(platform_ctx) - start;
    }
    return STK_E_TIMEOUT;
}
