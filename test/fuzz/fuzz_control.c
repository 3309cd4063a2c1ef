/* Checked reads of a control buffer of any length. */
#include "fuzz.h"
#include "stoker/control.h"

/* Checks a read of word `word`: STK_OK if the buffer has the word, otherwise STK_E_MISSING with the word. */
static void check_read(int err, uint64_t word, size_t bytes, const struct stk_error_info *info) {
    if (word < bytes / 4u) {
        FUZZ_CHECK(err == STK_OK);
    } else {
        FUZZ_CHECK(err == STK_E_MISSING && info->err == err && info->index == word && info->value == 4u * (word + 1u));
    }
}

/* Checks a read of the metrics: all of them, or an error with the first word that is missing, or with the bytes that
 * all metrics need. */
static void check_metrics(int count, uint32_t cap, size_t bytes, const struct stk_error_info *info) {
    if (bytes / 4u < STK_CTL_METRICS + STK_CTL_METRICS_SLOTS) {
        uint64_t word = bytes / 4u < STK_CTL_METRICS ? STK_CTL_METRICS : bytes / 4u;
        check_read(count, word, bytes, info);
    } else if (count < 0) {
        FUZZ_CHECK(count == STK_E_SPACE && info->index == cap && info->value > cap * sizeof(struct stk_metric));
    } else {
        FUZZ_CHECK((uint32_t)count <= cap);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input in = {data, size};
    uint32_t index = fuzz_u32(&in), value = 0;
    size_t bytes;
    uint32_t *words = fuzz_rest(&in, &bytes);
    struct stk_control control;
    struct stk_metric metrics[STK_CTL_METRICS_SLOTS];
    struct stk_error_info info = {0};
    int err = stk_control_view(&control, words, bytes);
    FUZZ_CHECK(err == (bytes % 4u == 0u ? STK_OK : STK_E_ALIGN));
    if (err == STK_OK) {
        uint32_t cap = index % (STK_CTL_METRICS_SLOTS + 1u);
        check_read(stk_control_done_count(&control, &value, &info), STK_CTL_DONE_COUNT, bytes, &info);
        check_read(stk_control_epoch(&control, &value, &info), STK_CTL_EPOCH, bytes, &info);
        check_read(stk_control_word(&control, index, &value, &info), index, bytes, &info);
        err = stk_control_observable(&control, index, &value, &info);
        if (index > UINT32_MAX - STK_CTL_OBSERVABLE) {
            FUZZ_CHECK(err == STK_E_OVERFLOW && info.index == index);
        } else {
            check_read(err, (uint64_t)index + STK_CTL_OBSERVABLE, bytes, &info);
        }
        check_metrics(stk_control_metrics(&control, metrics, cap, &info), cap, bytes, &info);
    }
    free(words);
    return 0;
}
