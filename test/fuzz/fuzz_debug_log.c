/* A debug log with any cursor. */
#include <stdbool.h>

#include "fuzz.h"
#include "stoker/debug_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input in = {data, size};
    size_t bytes;
    uint32_t *words = fuzz_rest(&in, &bytes);
    struct stk_debug_record all[64], one;
    struct stk_debug_log log;
    struct stk_error_info info = {0};
    int err = stk_debug_log_view(&log, words, bytes);
    FUZZ_CHECK(err == (bytes % 4u == 0u ? STK_OK : STK_E_ALIGN));
    if (err == STK_OK) {
        /* The cursor is good if the records up to the cursor are whole (4 words each) and lie inside the buffer. */
        uint32_t cursor = bytes == 0 ? 0 : words[0];
        bool good = bytes != 0 && cursor % 4u == 0u && cursor <= bytes / 4u - 1u;
        int count = stk_debug_log_count(&log, &info);
        FUZZ_CHECK(good ? count == (int)(cursor / 4u) : count == STK_E_MISSING && info.value == cursor);
        for (int i = 0; i < count && i < 64; i++) {
            FUZZ_CHECK(stk_debug_log_record(&log, (uint32_t)i, &one) == STK_OK);
        }
        FUZZ_CHECK(stk_debug_log_record(&log, UINT32_MAX, &one) == STK_E_RANGE);
        FUZZ_CHECK(stk_debug_log_read(&log, all, 64, &info) == (count <= 64 ? count : STK_E_SPACE));
        FUZZ_CHECK(stk_debug_log_reset(&log) == (bytes == 0 ? STK_E_MISSING : STK_OK));
    }
    free(words);
    return 0;
}
