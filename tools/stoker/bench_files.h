/* The made text and sets of stoker bench scan as files, since whole programs read them. */
#ifndef STOKER_CLI_BENCH_FILES_H
#define STOKER_CLI_BENCH_FILES_H

#include "bench.h"
#include "bench_text.h"

#define BENCH_FILES_PATH 64u

/* A file without a name, which is gone when the process ends. Programs that the process starts open it by its path
 * below /proc. */
struct bench_unnamed {
    int fd; /* below 0: none */
    char path[BENCH_FILES_PATH];
};

struct bench_files {
    struct bench_text words;
    struct bench_unnamed text, set;
};

/* Reads the words from the file that --words names, or from BENCH_FILES_WORDS without --words. If BENCH_FILES_WORDS is
 * missing, makes words up and prints a note. Writes a text of --bytes bytes from these words. Returns 0, or CLI_BAD
 * after printing an error. The caller calls bench_files_close in both cases. */
#define BENCH_FILES_WORDS "/usr/share/dict/words"
int bench_files_open(struct bench_files *files, const struct bench_options *options);
void bench_files_close(struct bench_files *files);

/* Writes the patterns of a set to files->set, one a line, in place of the set before. Returns 0, or CLI_BAD after
 * printing why. */
int bench_files_set(struct bench_files *files, const struct bench_set *set);

/* Writes the text and the sets that --write names a folder for, under their names: text, frequent76 and so on; nothing
 * is measured. Returns 0, or CLI_BAD after printing why. */
int bench_files_write(const struct bench_options *options);

/* Returns the set that --set names, or NULL where there is none of this name. */
const struct bench_set *bench_set_named(const char *name);

#endif
