/* stoker: CRC-32C (Castagnoli), the checksum of what lies on flash. */
#ifndef STOKER_CRC32C_H
#define STOKER_CRC32C_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The CRC-32C of `n` bytes, going on from `crc`, which is 0 at the start or what an earlier call returned. ISR-safe.
 * Source: RFC 3720, appendix B.4 (reflected polynomial 0x82F63B78, all ones before and after). */
uint32_t stk_crc32c(uint32_t crc, const void *data, size_t n);

#ifdef __cplusplus
}
#endif
#endif
