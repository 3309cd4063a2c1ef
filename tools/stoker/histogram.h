/* A histogram of times with a relative error below 1/32, of fixed size. */
#ifndef STOKER_CLI_HISTOGRAM_H
#define STOKER_CLI_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_SUB     32u /* steps per power of two */
#define HISTOGRAM_BUCKETS (60u * HISTOGRAM_SUB)

struct histogram {
    uint64_t bucket[HISTOGRAM_BUCKETS];
    uint64_t count, max;
};

void histogram_add(struct histogram *h, uint64_t value);

/* Returns the value below which `per_100000 / 100000` of all values lie: histogram_at(h, 99900) is p99.9. Returns 0 for
 * an empty histogram. */
uint64_t histogram_at(const struct histogram *h, uint32_t per_100000);

#endif
