/* stoker: CRC-32C (Castagnoli), the checksum of the records on flash and of frames. The checksum finds accidents. It
 * does not stop anybody who changes bytes on purpose. */
#ifndef STOKER_CRC32C_H
#define STOKER_CRC32C_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Returns the CRC-32C of `n` bytes at `data`. `crc` is 0, or the result for the bytes before: the result is then the
 * checksum of both parts together. The time grows with `n`; ISR-safe where that time is short enough. Source: RFC 3720,
 * appendix B.4 (reflected polynomial 0x82F63B78, all ones before and after). */
uint32_t stk_crc32c(uint32_t crc, const void *data, size_t n);

#ifdef __cplusplus
}
#endif
#endif
