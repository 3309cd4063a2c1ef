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

/// Size or speed ///

/* 1: the library leaves out code that only saves time, such as unrolled rounds and second ways for frequent cases. 0:
 * all of that is in. The default is 1 in builds for size (-Os), else 0. The results of all calls are the same. */
#ifndef STK_SMALL
#ifdef __OPTIMIZE_SIZE__
#define STK_SMALL 1
#else
#define STK_SMALL 0
#endif
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
 * elsewhere and with STK_SMALL. More than 1 needs GNU C and 2 to 3 KiB of stack in
 * stk_blake3_update. */
#ifndef STK_BLAKE3_LANES
#define STK_BLAKE3_LANES 0
#endif

/// CRC-32C ///

/* Tables of the checksum: 8 (8 KiB, about a cycle a byte), 1 (64 bytes, about ten) or 0 (none, about fifty; saves 72
 * bytes, and an append to the log takes 2.5 times as many instructions). The default is 8 on a 64-bit machine without
 * STK_SMALL, else 1. */
#ifndef STK_CRC32C_TABLES
#if UINTPTR_MAX > 0xFFFFFFFF && !STK_SMALL
#define STK_CRC32C_TABLES 8
#else
#define STK_CRC32C_TABLES 1
#endif
#endif
#if STK_CRC32C_TABLES != 0 && STK_CRC32C_TABLES != 1 && STK_CRC32C_TABLES != 8
#error "STK_CRC32C_TABLES is 0, 1 or 8"
#endif

#endif
