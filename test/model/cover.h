/* run.sh includes this file into spin's verifier. It notes the steps that were taken, and prints them when the verifier
 * ends. */
#include <stdio.h>
#include <stdlib.h>

static unsigned char stk_ran[4096];

static void stk_ran_tell(void) {
    for (int i = 0; i < 4096; i++) {
        if (stk_ran[i]) {
            printf("ran %d\n", i);
        }
    }
}

__attribute__((constructor)) static void stk_ran_begin(void) {
    atexit(stk_ran_tell);
}
