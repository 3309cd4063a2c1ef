/* stoker: the names of the errors. The fixes are an object of their own (err_fix.c), so that firmware which prints a
 * name does not link their texts. A switch and no table: a table of pointers would need relocations at run time. */
#include "stoker/err.h"

const char *stk_err_name(int err) {
    switch (err) {
#define STK_ERR_CASE(name, value, fix)                                                                                 \
    case (value):                                                                                                      \
        return #name;
        STK_ERR_LIST(STK_ERR_CASE)
#undef STK_ERR_CASE
    default:
        return "STK_E_UNKNOWN";
    }
}
