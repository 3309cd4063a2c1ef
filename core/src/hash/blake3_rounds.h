/* stoker: the seven rounds of BLAKE3 (section 2.2). Private to the core. blake3_compress.c and blake3_wide.c share this
 * text, so these are macros: the type of a word is uint32_t in one file and a vector in the other.
 *
 * STK_BLAKE3_ROUNDS(v, m) changes the sixteen words of v and reads the sixteen words of m. */
#ifndef STK_SRC_BLAKE3_ROUNDS_H
#define STK_SRC_BLAKE3_ROUNDS_H

#include <stdint.h>

/* Row r has the order in which round r reads the words of the message. The permutation of table 2 is applied ahead of
 * time here, so that no round has to move a word. */
static const uint8_t stk_blake3_schedule[7][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8},
    {3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1}, {10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6},
    {12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4}, {9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7},
    {11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13},
};

#define BLAKE3_ROTATE(x, n) ((x) >> (n) | (x) << (32 - (n)))

/* The function G of the paper: mixes message words x and y into one column or diagonal of the state. */
#define BLAKE3_MIX(v, a, b, c, d, x, y)                                                                                \
    do {                                                                                                               \
        (v)[a] = (v)[a] + (v)[b] + (x);                                                                                \
        (v)[d] = BLAKE3_ROTATE((v)[d] ^ (v)[a], 16);                                                                   \
        (v)[c] = (v)[c] + (v)[d];                                                                                      \
        (v)[b] = BLAKE3_ROTATE((v)[b] ^ (v)[c], 12);                                                                   \
        (v)[a] = (v)[a] + (v)[b] + (y);                                                                                \
        (v)[d] = BLAKE3_ROTATE((v)[d] ^ (v)[a], 8);                                                                    \
        (v)[c] = (v)[c] + (v)[d];                                                                                      \
        (v)[b] = BLAKE3_ROTATE((v)[b] ^ (v)[c], 7);                                                                    \
    } while (0)

/* One round: mixes the four columns of the state and then its four diagonals. `s` is a row of the schedule. */
#define BLAKE3_ROUND(v, m, s)                                                                                          \
    do {                                                                                                               \
        BLAKE3_MIX(v, 0, 4, 8, 12, (m)[(s)[0]], (m)[(s)[1]]);                                                          \
        BLAKE3_MIX(v, 1, 5, 9, 13, (m)[(s)[2]], (m)[(s)[3]]);                                                          \
        BLAKE3_MIX(v, 2, 6, 10, 14, (m)[(s)[4]], (m)[(s)[5]]);                                                         \
        BLAKE3_MIX(v, 3, 7, 11, 15, (m)[(s)[6]], (m)[(s)[7]]);                                                         \
        BLAKE3_MIX(v, 0, 5, 10, 15, (m)[(s)[8]], (m)[(s)[9]]);                                                         \
        BLAKE3_MIX(v, 1, 6, 11, 12, (m)[(s)[10]], (m)[(s)[11]]);                                                       \
        BLAKE3_MIX(v, 2, 7, 8, 13, (m)[(s)[12]], (m)[(s)[13]]);                                                        \
        BLAKE3_MIX(v, 3, 4, 9, 14, (m)[(s)[14]], (m)[(s)[15]]);                                                        \
    } while (0)

/* A library that is built for size has one mix in a loop. Mixes 0 to 3 of a round take the columns of the state. Mixes
 * 4 to 7 take the diagonals: their words lie 0, 1, 2 and 3 columns further, by the row of the word. Any other library
 * has all seven rounds, with constant indices into v and m: the compiler can then keep the state in registers. */
#if STK_SMALL
#define STK_BLAKE3_ROUNDS(v, m)                                                                                        \
    for (unsigned i = 0; i < 7 * 8; i++) {                                                                             \
        const uint8_t *s = stk_blake3_schedule[i / 8] + i % 8 * 2;                                                     \
        unsigned shift = i / 4 % 2, b = 4 + (i + shift) % 4, c = 8 + (i + 2 * shift) % 4;                              \
        unsigned a = i % 4, d = 12 + (i + 3 * shift) % 4;                                                              \
        BLAKE3_MIX(v, a, b, c, d, (m)[s[0]], (m)[s[1]]);                                                               \
    }
#else
#define STK_BLAKE3_ROUNDS(v, m)                                                                                        \
    do {                                                                                                               \
        BLAKE3_ROUND(v, m, stk_blake3_schedule[0]);                                                                    \
        BLAKE3_ROUND(v, m, stk_blake3_schedule[1]);                                                                    \
        BLAKE3_ROUND(v, m, stk_blake3_schedule[2]);                                                                    \
        BLAKE3_ROUND(v, m, stk_blake3_schedule[3]);                                                                    \
        BLAKE3_ROUND(v, m, stk_blake3_schedule[4]);                                                                    \
        BLAKE3_ROUND(v, m, stk_blake3_schedule[5]);                                                                    \
        BLAKE3_ROUND(v, m, stk_blake3_schedule[6]);                                                                    \
    } while (0)
#endif

#endif
