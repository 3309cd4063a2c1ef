/* Runs the records of one file against stoker. */
#ifndef CONFORM_RUN_H
#define CONFORM_RUN_H

#include "vector_text.h"

/* Records that compared something, and fields or records that were passed over. */
struct tally {
    unsigned files, passed, failed, skipped;
    unsigned unknown_records; /* skipped records of a kind that this program does not know */
    char first_unknown[256];  /* place of the first such record */
    unsigned unknown_causes;  /* errors with a message for which this program has no code */
    char first_cause[256];    /* place of the first such error */
};

/* Runs the lines of `text` and prints the differences. Writes to `text`. */
void run_text(struct tally *total, const char *path, char *text);

/* Runs the records of one file. A file that has a NUL byte is not a text file, so none of its records runs. */
void run_file(struct tally *total, const char *path);

/* Counts a file or folder that cannot be read as failed, and prints why. */
void run_unreadable(struct tally *total, const char *path, const char *why);

#endif
