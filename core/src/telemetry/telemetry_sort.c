/* stoker: telemetry, sorting of keys. All keys differ, or those that are equal are of equal worth. So no order among
 * equal keys has to be kept. */
#include "base/memory.h"
#include "stoker/config.h"
#include "telemetry_internal.h"

#define FEW 24u /* up to here an insertion beats 256 counters */

/* Sorts by insertion among keys that are `gap` apart. */
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
    uint32_t gap = UINT32_MAX;
    do {
        gap /= 2u;
        insert_sort(keys, n, gap);
    } while (gap != 1u);
}

/* One stable pass by the eight bits from `shift` up. */
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

/* Bits that are 1 in some keys and 0 in others. */
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
    if (STK_SMALL) {
        shell_sort(keys[0], n);
        return keys[0];
    }
    if (n <= FEW) {
        insert_sort(keys[0], n, 1);
        return keys[0];
    }
    uint64_t rest = varying(keys[0], n) >> low;
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
