/* Memory with a painted zone before and behind it, to see exactly which bytes a call wrote. */
#ifndef RED_ZONE_H
#define RED_ZONE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ZONE_PAINT 0xA5u
#define ZONE_EDGE  64u
#ifndef ZONE_MAX
#define ZONE_MAX 8192u
#endif

/* Behind the memory lie two edges, so that one is left when it starts up to 64 bytes late. */
static _Alignas(64) uint8_t zone_memory[ZONE_EDGE + ZONE_MAX + 2u * ZONE_EDGE];
static size_t zone_span = sizeof zone_memory; /* bytes that are painted and looked at */

/* Paints what `bytes` bytes need, edges included; the returned memory is aligned to 64 bytes. */
static inline void *zone_paint_for(size_t bytes) {
    zone_span = 3u * ZONE_EDGE + bytes;
    memset(zone_memory, ZONE_PAINT, zone_span);
    return zone_memory + ZONE_EDGE;
}

/* Paints everything. */
static inline void *zone_paint(void) {
    return zone_paint_for(ZONE_MAX);
}

/* Returns the bytes from the start of the memory to the last one that lost its paint. */
static inline size_t zone_used(void) {
    size_t used = zone_span;
    while (used > ZONE_EDGE && zone_memory[used - 1] == ZONE_PAINT) {
        used--;
    }
    return used - ZONE_EDGE;
}

/* Returns true if the paint is whole before byte `first` of the memory and from byte `bytes` on. */
static inline int zone_intact_but(size_t first, size_t bytes) {
    for (size_t i = 0; i < ZONE_EDGE + first; i++) {
        if (zone_memory[i] != ZONE_PAINT) {
            return 0;
        }
    }
    return zone_used() <= bytes;
}

/* Returns true if the paint is whole behind memory that is used from its start on. */
static inline int zone_intact(size_t bytes) {
    return zone_intact_but(0, bytes);
}

#endif
