/* tools/check-examples compiles this file with the n-th example of port/README.md in the place of EXAMPLE(n). */
#include "stoker/port/posix.h"
#include "stoker/port/reader_pool.h"
#include "stoker/port/uring.h"
#include "stoker/stoker.h"

int add_socket(struct stk_uring uring, int fd);
int open_pool(struct stk_reader_pool pool, struct stk_arena arena, void *payload, size_t payload_bytes);

int add_socket(struct stk_uring uring, int fd) {
    int source;
    EXAMPLE(1);
    return source;
}

int open_pool(struct stk_reader_pool pool, struct stk_arena arena, void *payload, size_t payload_bytes) {
    int err;
    EXAMPLE(2);
    return err < 0 || !ingest.ops ? err : STK_OK;
}
