/* stoker: the compression function of BLAKE3 for one node (section 2.2). blake3_wide.c has the same function for
 * several nodes side by side. */
#include "blake3_node.h"
#include "blake3_rounds.h"

/* Does a step for i = 0 .. 7. A library that is built for size has a loop. Any other has eight lines: with constant
 * indices v needs no address and stays in registers. */
#if STK_SMALL
#define FOR_EIGHT(step)                                                                                                \
    for (unsigned i = 0; i < 8; i++) {                                                                                 \
        step(i);                                                                                                       \
    }
#else
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

/* Writes words i and i + 8 of the output: the last step of the compression. `out` may be in->m, which is not read any
 * more from here on. */
#define FEED(i)                                                                                                        \
    do {                                                                                                               \
        out[i] = v[i] ^ v[(i) + 8];                                                                                    \
        out[(i) + 8] = v[(i) + 8] ^ in->cv[i];                                                                         \
    } while (0)

void stk_blake3_compress(const struct stk_blake3_node *in, uint32_t out[16]) {
    uint32_t v[16] = {in->cv[0],
                      in->cv[1],
                      in->cv[2],
                      in->cv[3],
                      in->cv[4],
                      in->cv[5],
                      in->cv[6],
                      in->cv[7],
                      BLAKE3_IV0,
                      BLAKE3_IV1,
                      BLAKE3_IV2,
                      BLAKE3_IV3,
                      (uint32_t)in->counter,
                      (uint32_t)(in->counter >> 32),
                      in->len,
                      in->flags};
    STK_BLAKE3_ROUNDS(v, in->m);
    FOR_EIGHT(FEED);
}
