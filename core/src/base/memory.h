/* stoker: the four functions of the C library that a freestanding compiler may call. A freestanding implementation has
 * no <string.h>, so the prototypes are here, once. The program that links the library provides the functions. */
#ifndef STK_BASE_MEMORY_H
#define STK_BASE_MEMORY_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);

#endif
