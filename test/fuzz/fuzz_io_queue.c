/* An I/O queue that somebody else wrote, served and asked. */
#include "fuzz.h"
#include "stoker/io_queue.h"

static void serve(struct stk_io_queue *queue, struct fuzz_input *in) {
    struct stk_io_request requests[STK_IO_SLOTS_MAX];
    struct stk_io_result results[8];
    struct stk_error_info info = {0};
    int polled = stk_io_queue_poll(queue, requests, STK_IO_SLOTS_MAX), claimed;
    uint32_t n = fuzz_u8(in) % 8u;
    claimed = stk_io_queue_claim(queue, requests, STK_IO_SLOTS_MAX);
    FUZZ_CHECK(polled >= 0 && claimed == polled);
    for (uint32_t i = 0; i < n; i++) {
        results[i] = (struct stk_io_result){fuzz_u8(in) % 70u, fuzz_u8(in) & 1, fuzz_u32(in)};
    }
    (void)!stk_io_queue_complete(queue, results, n, &info);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input in = {data, size}, script = {data, size < 64 ? size : 64};
    size_t bytes;
    uint32_t *words = fuzz_rest(&in, &bytes);
    struct stk_io_queue queue;
    if (stk_io_queue_view(&queue, words, bytes) == STK_OK) {
        FUZZ_CHECK(queue.slots <= STK_IO_SLOTS_MAX);
        for (uint32_t i = 0; i <= queue.slots; i++) {
            struct stk_io_request request;
            (void)!stk_io_queue_read(&queue, i, &request);
            (void)!stk_io_queue_recycled(&queue, i);
        }
        serve(&queue, &script);
        for (uint32_t i = 0; i <= queue.slots; i++) {
            FUZZ_CHECK(i < queue.slots || stk_io_queue_recycle(&queue, i) == STK_E_RANGE);
            (void)!stk_io_queue_recycle(&queue, i);
            (void)!stk_io_queue_submit_read(&queue, i, 1, 2, 3, 4);
        }
    }
    free(words);
    return 0;
}
