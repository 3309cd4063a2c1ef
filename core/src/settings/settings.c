/* stoker: the version of the library and its compile-time switches, as they were when the library was compiled. A
 * program compares them with its own headers, and so finds a library that does not match. */
#include "stoker/settings.h"

#include <stddef.h>

#include "hash/blake3_wide.h"
#include "stoker/arena.h"
#include "stoker/config.h"
#include "stoker/publisher.h"
#include "stoker/words.h"

/* Two steps, so that the number of a version is put between quotes and not its name. */
#define TEXT_(x) #x
#define TEXT(x)  TEXT_(x)

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define BIG_ENDIAN_HOST 1
#else
#define BIG_ENDIAN_HOST 0
#endif

/* Switches that decide the size of a struct, limits, and the choices that the build has made by itself. A new switch of
 * config.h gets a row here. */
static const struct stk_setting settings[] = {
    {"version", STK_VERSION_NUMBER},
    {"wire_major", STK_WIRE_MAJOR},
    {"wire_minor", STK_WIRE_MINOR},
    {"pointer_bits", sizeof(void *) * 8},
    {"big_endian", BIG_ENDIAN_HOST},
    {"align", STK_ALIGN},
    {"ring_slots_max", STK_RING_SLOTS_INIT_MAX},
    {"io_slots_max", STK_IO_SLOTS_MAX},
    {"publisher_tries", STK_PUBLISHER_TRIES},
    {"blake3_depth_max", STK_BLAKE3_DEPTH_MAX},
    {"blake3_lanes", BLAKE3_LANES},
    {"crc32c_tables", STK_CRC32C_TABLES},
    {NULL, 0}, /* the end of the table */
};

const char *stk_version(void) {
    return TEXT(STK_VERSION_MAJOR) "." TEXT(STK_VERSION_MINOR) "." TEXT(STK_VERSION_PATCH);
}

const struct stk_setting *stk_settings(void) {
    return settings;
}
