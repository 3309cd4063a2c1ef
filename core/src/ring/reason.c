/* stoker: names of the reasons of faults. This is a file of its own, so that a program that prints no names does not
 * link the table. */
#include "stoker/ring.h"

const char *stk_reason_name(uint32_t reason) {
    static const char *const names[] = {
#define STK_REASON_NAME(name, number) [number] = "STK_REASON_" #name,
        STK_REASONS(STK_REASON_NAME)
#undef STK_REASON_NAME
    };
    return reason < sizeof names / sizeof names[0] ? names[reason] : "STK_REASON_UNKNOWN";
}
