/* tools/check-examples compiles this file with the n-th example of kernels/README.md in the place of EXAMPLE(n). */
#include "stoker/handlers.h"
#include "stoker/kernel/cost.h"
#include "stoker/kernel/io.h"
#include "stoker/kernel/tile.h"
#include "stoker/port/device.h"
#include "stoker/port/posix.h"
#include "stoker/port/uring.h"
#include "stoker/stoker.h"

#define MY_HANDLE 7u

/// Handlers ///

EXAMPLE(1);

EXAMPLE(3);

EXAMPLE(4);

#define my_hash my_hash_in_slices /* the page has a second form of the handler */
EXAMPLE(5);

stk_u32 weigh(const struct stk_dev *d, const struct stk_call *c, stk_u32 byte);

stk_u32 weigh(const struct stk_dev *d, const struct stk_call *c, stk_u32 byte) {
    stk_u32 weight;
    EXAMPLE(6);
    return weight;
}

EXAMPLE(9);

/// The host ///

int open_device(struct stk_device device, struct stk_arena arena);
int add_table(struct stk_device device, struct stk_arena arena, uint32_t *table);
int serve(struct stk_opencl cl, struct stk_uring uring, struct stk_ring ring, struct stk_arena arena, uint32_t file);
int grant(struct stk_fetch fetch, uint32_t file);
uint32_t fused(void);

int open_device(struct stk_device device, struct stk_arena arena) {
    int err;
    EXAMPLE(2);
    return err;
}

int add_table(struct stk_device device, struct stk_arena arena, uint32_t *table) {
    static const uint32_t weights[256];
    uint32_t offset;
    int err;
    EXAMPLE(7);
    *table = offset;
    return err;
}

int serve(struct stk_opencl cl, struct stk_uring uring, struct stk_ring ring, struct stk_arena arena, uint32_t file) {
    uint32_t tenant = 0;
    int err;
    EXAMPLE(8);
    return err;
}

int grant(struct stk_fetch fetch, uint32_t file) {
    int err;
    EXAMPLE(10);
    return err;
}

uint32_t fused(void) {
    EXAMPLE(11);
    return config.fused_count;
}
