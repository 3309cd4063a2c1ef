/* tools/check-examples compiles this file with the example of stoker/kernel/io.h in the place of EXAMPLE. */
#include "stoker/kernel/io.h"

#define MY_HANDLE 7u

stk_u32 example(const struct stk_dev *d, const struct stk_call *c);

stk_u32 example(const struct stk_dev *d, const struct stk_call *c) {
    EXAMPLE;
}
