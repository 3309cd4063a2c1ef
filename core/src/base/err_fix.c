/* stoker: what to do about each error. */
#include "stoker/err.h"

const char *stk_err_fix(int err) {
    switch (err) {
#define STK_ERR_CASE(name, value, fix)                                                                                 \
    case (value):                                                                                                      \
        return fix;
        STK_ERR_LIST(STK_ERR_CASE)
#undef STK_ERR_CASE
    default:
        return "not a code of this library: pass what a call of it returned";
    }
}
