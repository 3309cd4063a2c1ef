/* stoker port: the simulator's random numbers. */
#ifndef STOKER_SIM_RANDOM_H
#define STOKER_SIM_RANDOM_H

#include <stdint.h>

/* A 64-bit xorshift; state must not be 0 (Marsaglia, "Xorshift RNGs", 2003, shifts 13, 7, 17). */
static inline uint64_t sim_random(uint64_t *state) {
    uint64_t x = *state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    *state = x;
    return x;
}

/* A number below n, n > 0. The high half is drawn from: the low bits of small seeds are slow to spread. */
static inline uint32_t sim_random_below(uint64_t *state, uint32_t n) {
    return (uint32_t)(sim_random(state) >> 32) % n;
}

#endif
