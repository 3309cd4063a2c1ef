/* stoker: several devices, and the choice of a device for each work.
 *
 * A device set is the caller's table of devices, with the abilities of each (the capability table of the glossary).
 * Routing compares the needs of the work with the table. It returns the device that should take the work, or says which
 * need is not met. How several devices share one range of work is in work_split.h.
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
/* Opcodes first .. last, both included, for which a device has handlers of the user's own. */
struct stk_opcode_range {
    uint32_t first, last;
};

struct stk_device_set_device {
    const char *name;             /* text of the caller, which must outlive the set; may be NULL */
    enum stk_residency residency; /* residency mode; 0: the device cannot be used */
    uint64_t memory;              /* bytes of the device's own memory; 0: not known, which meets no need above 0 */
    uint32_t payload_bytes;       /* bytes of payload that handlers can reach */
    uint32_t compute_units;       /* compute units */
    uint32_t workers;             /* workers of a launch */
    uint32_t lanes;               /* lanes of a worker */
    const struct stk_opcode_range *opcodes; /* handlers of the user's own; may be NULL with 0 ranges */
    uint32_t opcode_ranges;                 /* ranges at `opcodes` */
    uint64_t speed; /* work done in a second, as stk_device_set_learn counts it; 0: not known yet */
    bool lost;      /* true: the device is lost, and gets no work */
};

/* The table. The caller fills it in, and owns the array, which must outlive the set. */
struct stk_device_set {
    struct stk_device_set_device *devices; /* `count` devices */
    uint32_t count;                        /* number of devices, at most INT32_MAX */
    struct stk_error_info info;            /* error of the last stk_device_set_route that failed */
};

/* Fills in name, residency mode, workers, lanes and payload bytes from the info of a dispatch port and from its memory.
 * Leaves the other fields as they are: the caller sets them. */
void stk_device_set_describe(struct stk_device_set_device *device, const struct stk_dispatch_info *info,
                             const struct stk_device_memory *memory);

/// Routing ///

#define STK_DEVICE_SET_ANY UINT32_MAX

/* The needs of some work. A member that is 0, NULL or STK_DEVICE_SET_ANY asks for nothing. */
struct stk_device_set_need {
    uint32_t device;              /* the index of one device, or STK_DEVICE_SET_ANY */
    const char *name;             /* text that must stand in the device's name, in letters of any case */
    enum stk_residency residency; /* the worst mode that is enough: RESIDENT is best, then QUANTUM, then BATCH */
    bool opcode_wanted;           /* true: the device must have a handler for `opcode` */
    uint32_t opcode;              /* used only with opcode_wanted */
    uint64_t memory;              /* least bytes of the device's own memory */
    uint32_t payload_bytes;       /* least bytes of payload */
    uint32_t compute_units;       /* least number of compute units */
    uint32_t lanes;               /* least number of lanes of a worker */
};

/* The needs, in the order in which stk_device_set_lacks compares them with a device. */
enum stk_device_set_lack {
    STK_LACKS_NOTHING,
    STK_LACKS_INDEX,
    STK_LACKS_NAME,
    STK_LACKS_LIFE, /* the device was lost, or cannot be used */
    STK_LACKS_OPCODE,
    STK_LACKS_RESIDENCY,
    STK_LACKS_MEMORY,
    STK_LACKS_PAYLOAD,
    STK_LACKS_COMPUTE_UNITS,
    STK_LACKS_LANES
};

/* Returns the first need that device `device`, an index below the count of devices, does not meet. */
enum stk_device_set_lack stk_device_set_lacks(const struct stk_device_set *fleet, uint32_t device,
                                              const struct stk_device_set_need *need);

/* Returns the name of a need, such as "residency"; "?" for a number that is none. The text is static. */
const char *stk_device_set_lack_name(enum stk_device_set_lack lack);

/* Returns the index of the device that should take such work. Only devices that meet every need come into question.
 * Once the speed of all of them is known, the fastest is taken. Until then the one with the best residency mode is
 * taken, then the one with most compute units, then the first. STK_E_NODEV no device has that index and name;
 * STK_E_UNSUPPORTED some have, and none of them meets the other needs. After an error fleet->info names a device that
 * meets most needs in their order (`index`; 0 in an empty table) and the first need that it does not meet (`value`, an
 * enum stk_device_set_lack). */
STK_MUST_CHECK int stk_device_set_route(struct stk_device_set *fleet, const struct stk_device_set_need *need);

/// Learning ///

/* Tells how much work a device has done in `ns` nanoseconds. `work` is a number of bytes, or of anything else that the
 * caller counts for all devices alike. The stored speed moves by a quarter of the difference towards the new speed. A
 * call with no work or no time changes nothing. Saturates at 2^64 - 1 in a second. */
void stk_device_set_learn(struct stk_device_set_device *device, uint64_t work, uint64_t ns);

/* Returns the speed of a device beside that of the fastest live device, for stk_work_split_weigh: 1 ..
 * STK_DEVICE_SET_WEIGHT. Until the speed of every live device is known, all have STK_DEVICE_SET_WEIGHT. */
#define STK_DEVICE_SET_WEIGHT 1000u
uint32_t stk_device_set_weight(const struct stk_device_set *fleet, uint32_t device);

#ifdef __cplusplus
}
#endif
#endif
