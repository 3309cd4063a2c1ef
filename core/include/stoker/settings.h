/* stoker: versions and compile-time switches, as the library was built. */
#ifndef STOKER_SETTINGS_H
#define STOKER_SETTINGS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Versions ///

/* The library: what this header belongs to. */
#define STK_VERSION_MAJOR  0
#define STK_VERSION_MINOR  1
#define STK_VERSION_PATCH  0
#define STK_VERSION_NUMBER (STK_VERSION_MAJOR * 1000000 + STK_VERSION_MINOR * 1000 + STK_VERSION_PATCH)

/* The wire format of ring, control, debug log and I/O queue (core/SPEC.md). Moves on its own. */
#define STK_WIRE_MAJOR 0
#define STK_WIRE_MINOR 6

/* The version of the library that was linked, "0.1.0". Static. */
const char *stk_version(void);

/// Settings ///

struct stk_setting {
    const char *name;
    uint32_t value;
};

/* Every compile-time switch with its value at the time the library was built, in a table that ends
 * with a NULL name. Static. Compare with a header's values to find a library that does not match
 * it. */
const struct stk_setting *stk_settings(void);

#ifdef __cplusplus
}
#endif
#endif
