/* stoker: several devices, and which of them takes a piece of work.
 *
 * A fleet is the caller's table of devices with what each can do. Routing answers what work needs with the device that
 * should take it, or says which need which device does not meet. How work of many units is then shared is in
 * work_split.h.
 *
 * One thread at a time; nothing waits. ISR-safe.
 */
#ifndef STOKER_DEVICE_SET_H
#define STOKER_DEVICE_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "stoker/err.h"
#include "stoker/port/dispatch.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Devices ///

/* Opcodes first .. last, of handlers that a device has beside those of the kernel text. */
struct stk_opcode_range {
    uint32_t first, last;
};

struct stk_device_set_device {
    const char *name;             /* may be NULL; outlives the fleet */
    enum stk_residency residency; /* 0: the device cannot be used */
    uint64_t memory;              /* bytes of its own; 0: not known, which meets no need above 0 */
    uint32_t payload_bytes;       /* what handlers can reach */
    uint32_t units;               /* compute units */
    uint32_t workers, lanes;
    const struct stk_opcode_range *opcodes; /* may be NULL with 0 ranges */
    uint32_t opcode_ranges;
    uint64_t speed; /* learnt: work a second, in the unit that stk_device_set_learn is told; 0: not known yet */
    bool lost;
};

struct stk_device_set {
    struct stk_device_set_device *devices;
    uint32_t count;
    struct stk_error_info info; /* of the last stk_device_set_route that failed */
};

/* Fills in what a dispatch port and its memory say; the port's other figures and the handlers of the user's own are the
 * caller's. */
void stk_device_set_describe(struct stk_device_set_device *device, const struct stk_dispatch_info *info,
                             const struct stk_device_memory *memory);

/// Routing ///

#define STK_DEVICE_SET_ANY UINT32_MAX

/* What work needs; 0 (or NULL, or STK_DEVICE_SET_ANY) asks for nothing. */
struct stk_device_set_need {
    uint32_t device;              /* this index or STK_DEVICE_SET_ANY */
    const char *name;             /* a part of the device's name, whatever the case of its letters */
    enum stk_residency residency; /* at least: RESIDENT is better than QUANTUM, and that than BATCH */
    bool opcode_wanted;           /* `opcode` is one of the needs */
    uint32_t opcode;              /* the kernel text's, or in one of the ranges of the device */
    uint64_t memory;              /* bytes */
    uint32_t payload_bytes;
    uint32_t units, lanes;
};

/* The needs in the order in which a device is held against them. */
enum stk_device_set_lack {
    STK_LACKS_NOTHING,
    STK_LACKS_INDEX,
    STK_LACKS_NAME,
    STK_LACKS_LIFE, /* it was lost, or could never be used */
    STK_LACKS_OPCODE,
    STK_LACKS_RESIDENCY,
    STK_LACKS_MEMORY,
    STK_LACKS_PAYLOAD,
    STK_LACKS_UNITS,
    STK_LACKS_LANES
};

/* The first need that a device, which is in the table, does not meet. */
enum stk_device_set_lack stk_device_set_lacks(const struct stk_device_set *fleet, uint32_t device,
                                              const struct stk_device_set_need *need);

/* "residency": a static string. */
const char *stk_device_set_lack_name(enum stk_device_set_lack lack);

/* Returns the device that should take such work. Of those that meet every need: the fastest once the speed of all of
 * them is known; until then the one of the best residency, of these with most compute units, of these the first.
 * STK_E_NODEV no device has that index and name. STK_E_UNSUPPORTED some have, and none meets the other needs. The
 * fleet's fault names the device that came farthest (`index`) and the need where it ended (`value`, an enum
 * stk_device_set_lack); in an empty table index 0. */
STK_MUST_CHECK int stk_device_set_route(struct stk_device_set *fleet, const struct stk_device_set_need *need);

/// Learning ///

/* The device did `work`, bytes or whatever the caller counts in, in `ns` nanoseconds. Speeds are kept as a moving
 * average of a quarter of the newest; a call with no work or no time teaches nothing. Saturates at 2^64 - 1 a
 * second. */
void stk_device_set_learn(struct stk_device_set_device *device, uint64_t work, uint64_t ns);

/* The device's speed beside the fastest live one's, for stk_work_split_weigh: 1 .. STK_DEVICE_SET_WEIGHT. All have
 * STK_DEVICE_SET_WEIGHT until the speed of every live device is known. */
#define STK_DEVICE_SET_WEIGHT 1000u
uint32_t stk_device_set_weight(const struct stk_device_set *fleet, uint32_t device);

#ifdef __cplusplus
}
#endif
#endif
