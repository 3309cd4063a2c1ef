/* The orders that the sources ask for, against those that the litmus programs need. */
#ifndef WEAK_ORDERS_H
#define WEAK_ORDERS_H

#include "weak.h"

#define ORDERS_MAX 1024u

struct order {
    struct weak_site site;
    enum weak_part part;
    uint64_t programs;     /* a bit for each program that asks for it */
    const char *needed_by; /* a program that fails without it; NULL: none */
};

/* Reads the files below `root`, finds each call that asks for an order, and says of each order which program needs it.
 * Returns the number of faults: orders that no program asks for or needs and that `exceptions` does not name, and lines
 * of `exceptions` that name no such order. */
unsigned orders_compare(const struct order *orders, unsigned count, const char *root, const char *exceptions,
                        char **files, unsigned file_count);

#endif
