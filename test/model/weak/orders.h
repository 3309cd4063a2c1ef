/* Compares the memory orders in the sources with the orders that the litmus programs need. */
#ifndef WEAK_ORDERS_H
#define WEAK_ORDERS_H

#include "weak.h"

#define ORDERS_MAX   1024u
#define PROGRAMS_MAX 128

struct order {
    struct weak_site site;
    enum weak_part part;
    bool programs[PROGRAMS_MAX]; /* programs[i]: program i asks for this order */
    const char *needed_by;       /* name of a program that fails without this order; NULL: no program fails */
};

/* Returns true if the path of a compiled file is that of one of these files. */
bool orders_is_checked(const char *path, char **files, unsigned file_count);

/* Reads the files below `root`, finds each call that asks for an order, and says of each order which program needs it.
 * Returns the number of faults: orders that no program asks for or needs and that `exceptions` does not name, and lines
 * of `exceptions` that name no such order. */
unsigned orders_compare(const struct order *orders, unsigned count, const char *root, const char *exceptions,
                        char **files, unsigned file_count);

#endif
