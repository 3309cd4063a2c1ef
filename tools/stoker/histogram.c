/* Counts of times in buckets, from which percentiles are read. A bucket is at most 1/32 of its value wide. */
#include "histogram.h"

/* Returns the bucket of a value. Values below 32 have a bucket each; above, there are 32 buckets for each power of
 * two. */
static uint32_t bucket_of(uint64_t value) {
    uint32_t shift = 0;
    while (value >> shift >= 2u * HISTOGRAM_SUB) {
        shift++;
    }
    return shift * HISTOGRAM_SUB + (uint32_t)(value >> shift);
}

static uint64_t value_of(uint32_t bucket) {
    uint32_t shift = bucket < 2u * HISTOGRAM_SUB ? 0u : bucket / HISTOGRAM_SUB - 1u;
    return (uint64_t)(bucket - shift * HISTOGRAM_SUB) << shift;
}

void histogram_add(struct histogram *h, uint64_t value) {
    uint32_t bucket = bucket_of(value);
    h->bucket[bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1u]++;
    h->count++;
    h->max = value > h->max ? value : h->max;
}

uint64_t histogram_at(const struct histogram *h, uint32_t per_100000) {
    uint64_t rank = (h->count * per_100000 + 99999u) / 100000u, seen = 0;
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += h->bucket[i];
        if (seen >= rank && seen != 0u) {
            return value_of(i);
        }
    }
    return 0;
}
