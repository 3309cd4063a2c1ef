/* stoker: telemetry, sorts keys of 64 bits. No order among equal keys has to be kept: all keys of slots differ, and
 * equal keys of opcodes have equal worth. */
#include "base/memory.h"
#include "stoker/config.h"
#include "telemetry_internal.h"

/* Greatest number of keys for which insertion is faster than passes that clear and sum 256 counters. */
#define FEW 24u

/* Sorts by insertion each set of keys that are `gap` apart. Gap 1 sorts all of them. */
static void insert_sort(uint64_t *keys, uint32_t n, uint32_t gap) {
    for (uint32_t i = gap; i < n; i++) {
        uint64_t key = keys[i];
        uint32_t at = i;
        for (; at >= gap && keys[at - gap] > key; at -= gap) {
            keys[at] = keys[at - gap];
        }
        keys[at] = key;
    }
}

/* Sorts in place with less code than passes by bits take: insertions at gaps that shrink to 1. With gaps of 2^k - 1 the
 * time is within n^1.5 (Knuth, TAOCP 3, 5.2.1, theorem P). */
static void shell_sort(uint64_t *keys, uint32_t n) {
    uint32_t gap = 1;
    while (gap < n / 4u) {
        gap = 2u * gap + 1u;
    }
    for (; gap != 0u; gap /= 2u) {
        insert_sort(keys, n, gap);
    }
}

/* Sorts by the eight bits from `shift` up, from one buffer into the other. Stable, so that passes from the low bits to
 * the high ones sort by all of them. `bins` first counts the keys of each value, and then is the place of the next key
 * of that value. */
static void pass(const uint64_t *from, uint64_t *to, uint32_t *bins, uint32_t n, uint32_t shift) {
    memset(bins, 0, 256u * sizeof *bins);
    for (uint32_t i = 0; i < n; i++) {
        bins[(from[i] >> shift) & 0xFFu]++;
    }
    for (uint32_t b = 0, sum = 0; b < 256u; b++) {
        uint32_t count = bins[b];
        bins[b] = sum;
        sum += count;
    }
    for (uint32_t i = 0; i < n; i++) {
        to[bins[(from[i] >> shift) & 0xFFu]++] = from[i];
    }
}

/* Returns the bits that are 1 in some keys and 0 in others. All other bits need no pass. */
static uint64_t varying(const uint64_t *keys, uint32_t n) {
    uint64_t any = 0;
    uint64_t all = UINT64_MAX;
    for (uint32_t i = 0; i < n; i++) {
        any |= keys[i];
        all &= keys[i];
    }
    return any & ~all;
}

uint64_t *stk_keys_sort(uint64_t *const keys[2], uint32_t *bins, uint32_t n, uint32_t low) {
    uint32_t in = 0;
    if (STK_SMALL || n <= FEW) {
        shell_sort(keys[0], n);
        return keys[0];
    }
    uint64_t rest = varying(keys[0], n) >> low;
    /* Each pass begins at a bit that varies, and takes the seven bits above it too. Bits that do not vary are skipped
     * one by one. */
    for (uint32_t shift = low; rest != 0;) {
        uint32_t step = 1;
        if ((rest & 1u) != 0) {
            pass(keys[in], keys[1u - in], bins, n, shift);
            in = 1u - in;
            step = 8;
        }
        rest >>= step;
        shift += step;
    }
    return keys[in];
}
