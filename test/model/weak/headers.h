/* The headers that litmus programs have in the place of the real ones. */
#ifndef WEAK_HEADERS_H
#define WEAK_HEADERS_H

#include <stdbool.h>

/* Returns how many calls of the real headers below `root` ask for something else than those of include/ do. */
unsigned headers_compare(const char *root);

#endif
