/* tools/check-examples compiles this file with the example of stoker/kernel/tile.h in the place of EXAMPLE. */
#include "stoker/kernel/tile.h"

void example(const struct stk_dev *d, const struct stk_call *c, stk_u32 offset, stk_u32 from, stk_u32 to, stk_u32 lead);

void example(const struct stk_dev *d, const struct stk_call *c, stk_u32 offset, stk_u32 from, stk_u32 to,
             stk_u32 lead) {
    stk_u32 a, b, i;
    stk_u64 x = 0;
    EXAMPLE;
}
