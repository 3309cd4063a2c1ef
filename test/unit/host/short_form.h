/* The short form of a test. With STK_TEST_SHORT set in the environment, as CMake sets it under a sanitizer, a test
 * keeps each of its cases and repeats them less often. */
#ifndef SHORT_FORM_H
#define SHORT_FORM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static inline bool is_short(void) {
    const char *wish = getenv("STK_TEST_SHORT");
    return wish != NULL && wish[0] != '\0' && strcmp(wish, "0") != 0;
}

/* How often something is done: `often`, or `few` in the short form. */
static inline uint32_t times(uint32_t often, uint32_t few) {
    return is_short() ? few : often;
}

#endif
