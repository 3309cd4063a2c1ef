/* The limit of a round trip between two cores: two threads that pass one line back and forth. */
#ifndef STOKER_CLI_BENCH_LINE_H
#define STOKER_CLI_BENCH_LINE_H

#include "histogram.h"

/* Passes one line of 64 bytes to a second thread and back, `count` times or for BENCH_LINE_NS, and adds the time of
 * each round trip, with the reading of the clock, to the histogram. Both threads may run where the caller may: so does
 * a worker of a driver that pins no thread. Returns 0, or CLI_BAD after printing why. */
#define BENCH_LINE_NS UINT64_C(2000000000)
int bench_line(struct histogram *histogram, uint64_t count);

#endif
