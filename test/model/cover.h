/* Included into spin's verifier by run.sh: the steps taken, told at its end. */
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
