/* stoker port: the simulator's random numbers, the same for a seed on every machine. Not for secrets. */
#ifndef STOKER_SIM_RANDOM_H
#define STOKER_SIM_RANDOM_H

#include <stdint.h>

/* Returns the next number of a 64-bit xorshift (Marsaglia, "Xorshift RNGs", 2003, shifts 13, 7, 17). The state must not
 * be 0, from which every further number is 0. */
static inline uint64_t sim_random(uint64_t *state) {
    uint64_t x = *state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    *state = x;
    return x;
}

/* Returns a number below n, for n > 0. Uses the high half of the 64 bits: the low bits of small seeds are slow to
 * spread. The rest of the division prefers small numbers by less than n / 2^32, which no test notices. */
static inline uint32_t sim_random_below(uint64_t *state, uint32_t n) {
    return (uint32_t)(sim_random(state) >> 32) % n;
}

#endif
