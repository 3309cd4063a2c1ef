/* stoker: the compression function of BLAKE3 for one node (section 2.2). blake3_wide.c has the same function for
 * several nodes side by side. */
#include "base/memory.h"
#include "blake3_node.h"
#include "blake3_rounds.h"

/* Does a step for i = 0 .. 7. A library that is built for size has a loop. Any other has eight lines: with constant
 * indices v needs no address and stays in registers. TAKE_ALL takes the chaining value. */
#if STK_SMALL
#define TAKE_ALL memcpy(v, in->cv, sizeof in->cv)
#define FOR_EIGHT(step)                                                                                                \
    for (unsigned i = 0; i < 8; i++) {                                                                                 \
        step(i);                                                                                                       \
    }
#else
#define TAKE_ALL FOR_EIGHT(TAKE)
#define FOR_EIGHT(step)                                                                                                \
    do {                                                                                                               \
        step(0);                                                                                                       \
        step(1);                                                                                                       \
        step(2);                                                                                                       \
        step(3);                                                                                                       \
        step(4);                                                                                                       \
        step(5);                                                                                                       \
        step(6);                                                                                                       \
        step(7);                                                                                                       \
    } while (0)
#endif

/* Takes word i of the chaining value. */
#define TAKE(i) v[i] = in->cv[i]

/* Writes words i and i + 8 of the output: the last step of the compression. `out` may be in->m, which is not read any
 * more from here on. */
#define FEED(i)                                                                                                        \
    do {                                                                                                               \
        out[i] = v[i] ^ v[(i) + 8];                                                                                    \
        out[(i) + 8] = v[(i) + 8] ^ in->cv[i];                                                                         \
    } while (0)

void stk_blake3_compress(const struct stk_blake3_node *in, uint32_t out[16]) {
    uint32_t v[16];
    TAKE_ALL;
    v[8] = BLAKE3_IV0;
    v[9] = BLAKE3_IV1;
    v[10] = BLAKE3_IV2;
    v[11] = BLAKE3_IV3;
    v[12] = (uint32_t)in->counter;
    v[13] = (uint32_t)(in->counter >> 32);
    v[14] = in->len;
    v[15] = in->flags;
    STK_BLAKE3_ROUNDS(v, in->m);
    FOR_EIGHT(FEED);
}
