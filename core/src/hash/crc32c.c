/* CRC-32C, in three versions of which the configuration picks one: eight bytes at a time with 8 KiB of tables, half a
 * byte at a time with 64 bytes, or bit by bit without a table. All give the same results. A checksum finds damage by
 * chance; it protects against no one who writes bytes on purpose. */
#include "stoker/crc32c.h"

#include "stoker/le.h"
#include "stoker/config.h"

/* The tables are written by macros, so that the compiler makes them and they can stay in flash. An entry of a table is
 * linear in its index: it is the exclusive or of the entries for the bits that are set in the index. So eight
 * constants, for the indices 1, 2, 4 .. 128, give all 256 entries. */
#define BIT(n, i, c)                     (((n) >> (i)) & 1u ? UINT32_C(c) : 0u)
#define LOW(n, a, b, c, d)               (BIT(n, 0, a) ^ BIT(n, 1, b) ^ BIT(n, 2, c) ^ BIT(n, 3, d))
#define HIGH(n, e, f, g, h)              (BIT(n, 4, e) ^ BIT(n, 5, f) ^ BIT(n, 6, g) ^ BIT(n, 7, h))
#define ENTRY(n, a, b, c, d, e, f, g, h) (LOW(n, a, b, c, d) ^ HIGH(n, e, f, g, h))
#define FOUR(X, n)                       X(n), X((n) + 1u), X((n) + 2u), X((n) + 3u)
#define SIXTEEN(X, n)                    FOUR(X, n), FOUR(X, (n) + 4u), FOUR(X, (n) + 8u), FOUR(X, (n) + 12u)
#define THIRTY_TWO(X, n)                 SIXTEEN(X, n), SIXTEEN(X, (n) + 16u)
#define SIXTY_FOUR(X, n)                 THIRTY_TWO(X, n), THIRTY_TWO(X, (n) + 32u)
#define ALL(X)                           SIXTY_FOUR(X, 0u), SIXTY_FOUR(X, 64u), SIXTY_FOUR(X, 128u), SIXTY_FOUR(X, 192u)

#if STK_CRC32C_TABLES == 8

/* Table k has the remainder of a byte that k more bytes follow, so that one step can take eight bytes at once. */
#define T0(n) ENTRY(n, 0xf26b8303, 0xe13b70f7, 0xc79a971f, 0x8ad958cf, 0x105ec76f, 0x20bd8ede, 0x417b1dbc, 0x82f63b78)
#define T1(n) ENTRY(n, 0x13a29877, 0x274530ee, 0x4e8a61dc, 0x9d14c3b8, 0x3fc5f181, 0x7f8be302, 0xff17c604, 0xfbc3faf9)
#define T2(n) ENTRY(n, 0xa541927e, 0x4f6f520d, 0x9edea41a, 0x38513ec5, 0x70a27d8a, 0xe144fb14, 0xc76580d9, 0x8b277743)
#define T3(n) ENTRY(n, 0xdd45aab8, 0xbf672381, 0x7b2231f3, 0xf64463e6, 0xe964b13d, 0xd725148b, 0xaba65fe7, 0x52a0c93f)
#define T4(n) ENTRY(n, 0x38116fac, 0x7022df58, 0xe045beb0, 0xc5670b91, 0x8f2261d3, 0x1ba8b557, 0x37516aae, 0x6ea2d55c)
#define T5(n) ENTRY(n, 0xef306b19, 0xdb8ca0c3, 0xb2f53777, 0x6006181f, 0xc00c303e, 0x85f4168d, 0x0e045beb, 0x1c08b7d6)
#define T6(n) ENTRY(n, 0x68032cc8, 0xd0065990, 0xa5e0c5d1, 0x4e2dfd53, 0x9c5bfaa6, 0x3d5b83bd, 0x7ab7077a, 0xf56e0ef4)
#define T7(n) ENTRY(n, 0x493c7d27, 0x9278fa4e, 0x211d826d, 0x423b04da, 0x847609b4, 0x0d006599, 0x1a00cb32, 0x34019664)

static const uint32_t table[8][256] = {{ALL(T0)}, {ALL(T1)}, {ALL(T2)}, {ALL(T3)},
                                       {ALL(T4)}, {ALL(T5)}, {ALL(T6)}, {ALL(T7)}};

uint32_t stk_crc32c(uint32_t crc, const void *data, size_t n) {
    const uint8_t *p = data;
    crc = ~crc;
    /* The first four bytes meet the checksum so far; the byte at the front is followed by seven others: table 7. */
    for (; n >= 8u; n -= 8u, p += 8) {
        uint32_t a = stk_get32(p) ^ crc, b = stk_get32(p + 4);
        crc = table[7][a & 255u] ^ table[6][a >> 8 & 255u] ^ table[5][a >> 16 & 255u] ^ table[4][a >> 24] ^
              table[3][b & 255u] ^ table[2][b >> 8 & 255u] ^ table[1][b >> 16 & 255u] ^ table[0][b >> 24];
    }
    for (; n != 0u; n--) {
        crc = table[0][(crc ^ *p++) & 255u] ^ crc >> 8;
    }
    return ~crc;
}

#elif STK_CRC32C_TABLES == 1

/* The remainder of half a byte. */
#define NIBBLE(n) LOW(n, 0x105ec76f, 0x20bd8ede, 0x417b1dbc, 0x82f63b78)

static const uint32_t table[16] = {SIXTEEN(NIBBLE, 0u)};

uint32_t stk_crc32c(uint32_t crc, const void *data, size_t n) {
    const uint8_t *p = data;
    crc = ~crc;
    for (; n != 0u; n--) {
        crc ^= *p++;
        /* The lower half of the byte goes first, since CRC-32C takes the lowest bit of each byte first. */
        crc = table[crc & 15u] ^ crc >> 4;
        crc = table[crc & 15u] ^ crc >> 4;
    }
    return ~crc;
}

#else

#define POLYNOMIAL UINT32_C(0x82f63b78) /* of CRC-32C, the lowest bit first */

uint32_t stk_crc32c(uint32_t crc, const void *data, size_t n) {
    const uint8_t *p = data;
    crc = ~crc;
    for (; n != 0u; n--) {
        crc ^= *p++;
        for (unsigned bits = 8; bits != 0u; bits--) {
            uint32_t odd = crc & 1u;
            crc >>= 1;
            if (odd != 0u) {
                crc ^= POLYNOMIAL;
            }
        }
    }
    return ~crc;
}

#endif
