/* The parts of bench core that need another thread or program. */
#ifndef STOKER_CLI_BENCH_CORE_H
#define STOKER_CLI_BENCH_CORE_H

#include "bench.h"

/* Returns the nanoseconds a byte of `b3sum --num-threads 1` over a large file, its start included; negative when b3sum
 * is not installed. */
double bench_b3sum_ns_per_byte(void);

/* Measures the hand-over between two threads, and its peers. Returns an exit code. */
int bench_spsc(struct bench *bench);

/* Peers in C++, where its header was there: images through an atomic queue. Spins until it is done. */
void bench_atomic_queue_open(void);
int bench_atomic_queue_put(const uint32_t image[16]);
int bench_atomic_queue_take(uint32_t image[16]);

#endif
