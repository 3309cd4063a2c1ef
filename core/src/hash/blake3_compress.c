/* stoker: the compression function of BLAKE3 (section 2.2). */
#include "blake3_node.h"
#include "blake3_rounds.h"

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
    /* Constant indices, so that v never needs an address and stays in registers. */
    FEED(0);
    FEED(1);
    FEED(2);
    FEED(3);
    FEED(4);
    FEED(5);
    FEED(6);
    FEED(7);
}
