/* A debug log with any cursor. */
#include "fuzz.h"
#include "stoker/debug_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input in = {data, size};
    size_t bytes;
    uint32_t *words = fuzz_rest(&in, &bytes);
    struct stk_debug_record all[64], one;
    struct stk_debug_log log;
    struct stk_error_info info = {0};
    if (stk_debug_log_view(&log, words, bytes) == STK_OK) {
        int count = stk_debug_log_count(&log, &info);
        FUZZ_CHECK(count < 0 || 4u + (size_t)count * 16u <= bytes);
        for (int i = 0; i < count && i < 64; i++) {
            FUZZ_CHECK(stk_debug_log_record(&log, (uint32_t)i, &one) == STK_OK);
        }
        FUZZ_CHECK(stk_debug_log_record(&log, UINT32_MAX, &one) < 0);
        count = stk_debug_log_read(&log, all, 64, &info);
        FUZZ_CHECK(count <= 64);
    }
    free(words);
    return 0;
}
