/* Memory with a painted zone before and behind it, to see exactly which bytes a call wrote. */
#ifndef RED_ZONE_H
#define RED_ZONE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ZONE_PAINT 0xA5u
#define ZONE_EDGE  64u
#define ZONE_MAX   8192u

static _Alignas(64) uint8_t zone_memory[ZONE_EDGE + ZONE_MAX + ZONE_EDGE];

/* Paints everything; the returned memory is aligned to 64 bytes. */
static inline void *zone_paint(void) {
    memset(zone_memory, ZONE_PAINT, sizeof zone_memory);
    return zone_memory + ZONE_EDGE;
}

/* Bytes from the start of the memory to the last one that lost its paint. */
static inline size_t zone_used(void) {
    size_t used = sizeof zone_memory;
    while (used > ZONE_EDGE && zone_memory[used - 1] == ZONE_PAINT) {
        used--;
    }
    return used - ZONE_EDGE;
}

/* Is the paint whole before the memory and from `bytes` on? */
static inline int zone_intact(size_t bytes) {
    for (size_t i = 0; i < ZONE_EDGE; i++) {
        if (zone_memory[i] != ZONE_PAINT) {
            return 0;
        }
    }
    return zone_used() <= bytes;
}

#endif
