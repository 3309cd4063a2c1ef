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
    int err = stk_io_queue_complete(queue, results, n, &info);
    FUZZ_CHECK(err == STK_OK || ((err == STK_E_RANGE || err == STK_E_STATUS) && info.err == err));
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
            int read = stk_io_queue_read(&queue, i, &request), free = stk_io_queue_recycled(&queue, i);
            FUZZ_CHECK(i < queue.slots ? read == STK_OK || read == STK_E_WOULD_BLOCK : read == STK_E_RANGE);
            FUZZ_CHECK(i < queue.slots ? free == 0 || free == 1 : free == STK_E_RANGE);
        }
        serve(&queue, &script);
        for (uint32_t i = 0; i <= queue.slots; i++) {
            int was = stk_io_queue_recycle(&queue, i), put = stk_io_queue_submit_read(&queue, i, 1, 2, 3, 4);
            if (i < queue.slots) {
                FUZZ_CHECK(was == (int)STK_IO_OK || was == (int)STK_IO_ERROR || was == STK_E_STATUS);
                FUZZ_CHECK(put == STK_OK || (put == STK_E_STATUS && was < 0));
            } else {
                FUZZ_CHECK(was == STK_E_RANGE && put == STK_E_RANGE);
            }
        }
    }
    free(words);
    return 0;
}
