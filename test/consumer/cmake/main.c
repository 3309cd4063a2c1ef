/* A program of someone else's: finds stoker with find_package. */
#include <stdio.h>
#include <string.h>

#include <stoker/err.h>

int main(void) {
    puts(stk_err_name(0));
    return strcmp(stk_err_name(0), "STK_OK") != 0;
}
