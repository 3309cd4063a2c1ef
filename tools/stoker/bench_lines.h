/* Measures how fast two cores can hand cache lines to each other: the limit beside stoker bench slots. */
#ifndef STOKER_CLI_BENCH_LINES_H
#define STOKER_CLI_BENCH_LINES_H

#include "bench.h"

/* Lets two threads hand `count` lines of 64 bytes back and forth, until `rounds` lines have gone there and back.
 * *per_second: lines that go there and back in a second. Returns 0, or CLI_BAD after printing why. */
int bench_lines(uint32_t count, uint64_t rounds, double *per_second);

#endif
