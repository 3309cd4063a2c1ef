/* Checked reads of a control buffer of any length. */
#include "fuzz.h"
#include "stoker/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input in = {data, size};
    uint32_t index = fuzz_u32(&in), value = 0;
    size_t bytes;
    uint32_t *words = fuzz_rest(&in, &bytes);
    struct stk_control control;
    struct stk_metric metrics[STK_CTL_METRICS_SLOTS];
    struct stk_error_info info = {0};
    if (stk_control_view(&control, words, bytes) == STK_OK) {
        int err = stk_control_done_count(&control, &value, &info);
        FUZZ_CHECK((err == STK_OK) == (bytes >= 8));
        err = stk_control_epoch(&control, &value, &info);
        FUZZ_CHECK((err == STK_OK) == (bytes > 4u * STK_CTL_EPOCH));
        err = stk_control_word(&control, index, &value, &info);
        FUZZ_CHECK((err == STK_OK) == (index < bytes / 4u));
        err = stk_control_observable(&control, index, &value, &info);
        FUZZ_CHECK((err == STK_OK) == ((uint64_t)index + STK_CTL_OBSERVABLE < bytes / 4u));
        err = stk_control_metrics(&control, metrics, index % (STK_CTL_METRICS_SLOTS + 1u), &info);
        FUZZ_CHECK(err <= (int)STK_CTL_METRICS_SLOTS);
    }
    free(words);
    return 0;
}
