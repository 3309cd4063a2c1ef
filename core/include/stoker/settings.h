/* stoker: versions and compile-time switches, as the library was built. All calls are ISR-safe. */
#ifndef STOKER_SETTINGS_H
#define STOKER_SETTINGS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Versions ///

/* Version of the library to which this header belongs. */
#define STK_VERSION_MAJOR  0
#define STK_VERSION_MINOR  1
#define STK_VERSION_PATCH  0
#define STK_VERSION_NUMBER (STK_VERSION_MAJOR * 1000000 + STK_VERSION_MINOR * 1000 + STK_VERSION_PATCH)

/* Version of the wire format of ring, control buffer, debug log and I/O queue (core/SPEC.md). It changes by itself: a
 * new version of the library may keep it. */
#define STK_WIRE_MAJOR 0
#define STK_WIRE_MINOR 6

/* Returns the version of the library that was linked, such as "0.1.0". The text is static. */
const char *stk_version(void);

/// Settings ///

struct stk_setting {
    const char *name; /* NULL: the end of the table */
    uint32_t value;   /* value of the switch when the library was built */
};

/* Returns the table of all compile-time switches. The table is static, and ends with a row whose name is NULL. A
 * program that compares the values with those of its own headers finds a library that does not match them. */
const struct stk_setting *stk_settings(void);

#ifdef __cplusplus
}
#endif
#endif
