/* No part of any program: clang-tidy must say that the last two arguments are swapped (gate.tidy_fails). */
#include <string.h>

void swapped(char *to, size_t n);

void swapped(char *to, size_t n) {
    memset(to, (int)n, 0);
}
