/* stoker: what to do about each error. The texts are long, so the names (err_name.c) are an object of their own. */
#include "stoker/err.h"

const char *stk_err_fix(int err) {
    switch (err) {
#define STK_ERR_CASE(name, value, fix)                                                                                 \
    case (value):                                                                                                      \
        return fix;
        STK_ERR_LIST(STK_ERR_CASE)
#undef STK_ERR_CASE
    default: /* positive numbers too: a count that a caller took for an error */
        return "not a code of this library: pass what a call of it returned";
    }
}
