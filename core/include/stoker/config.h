/* stoker: the compile-time knobs of the core, all of them.
 *
 * Never edit this file: put the knobs that you change in a header of your own and compile the
 * library and everything that includes it with -DSTK_CONFIG_FILE='"my_stoker_config.h"'. Knobs that
 * you leave out keep the values below. Those marked "layout" decide the size of a struct, so the
 * library and its callers must agree on them; stk_settings() tells what the library was built with.
 */
#ifndef STOKER_CONFIG_H
#define STOKER_CONFIG_H

#include <stdint.h>

#ifdef STK_CONFIG_FILE
#include STK_CONFIG_FILE
#endif

/// BLAKE3 ///

/* Levels of the hash tree above its chunks, 1 to 53: the longest input is 1,024 << depth bytes, and
 * each level costs 32 bytes of struct stk_blake3. 14 is 16 MiB; 53 is any input there can be.
 * Layout. */
#ifndef STK_BLAKE3_DEPTH_MAX
#define STK_BLAKE3_DEPTH_MAX 14
#endif

/* Chunks of long inputs hashed side by side, one per lane of a vector: 4, 8, or 1 for none. 0 chooses
 * by the instruction set that the library is compiled for: 8 with AVX2, 4 with SSE2 or NEON, 1
 * elsewhere and in builds for size. More than 1 needs GNU C and 2 to 3 KiB of stack in
 * stk_blake3_update. */
#ifndef STK_BLAKE3_LANES
#define STK_BLAKE3_LANES 0
#endif

/// CRC-32C ///

/* Tables of the checksum: 8 (8 KiB, about a cycle a byte) or 1 (64 bytes, about ten). */
#ifndef STK_CRC32C_TABLES
#if UINTPTR_MAX > 0xFFFFFFFF
#define STK_CRC32C_TABLES 8
#else
#define STK_CRC32C_TABLES 1
#endif
#endif
#if STK_CRC32C_TABLES != 1 && STK_CRC32C_TABLES != 8
#error "STK_CRC32C_TABLES is 1 or 8"
#endif

#endif
