/* stoker port: a template. Copy the folder, rename `template`, and fill the functions in.
 *
 * It compiles as it is, and every call that can fail returns STK_E_UNSUPPORTED. port/README.md has the contract of each
 * function; the simulated port (port/sim) is a small working example of all interfaces. */
#ifndef STOKER_PORT_TEMPLATE_H
#define STOKER_PORT_TEMPLATE_H

#include "stoker/device_copies.h"
#include "stoker/device_loss.h"
#include "stoker/device_watch.h"
#include "stoker/port/dispatch.h"
#include "stoker/port/flash.h"
#include "stoker/port/ingest.h"
#include "stoker/port/platform.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The tables of calls. ctx is the object of your port; the template looks at no object and takes NULL. */
extern const struct stk_platform_ops stk_template_platform_ops;
extern const struct stk_ingest_ops stk_template_ingest_ops;
extern const struct stk_dispatch_ops stk_template_dispatch_ops;
extern const struct stk_flash_ops stk_template_flash_ops;

/* Workers on a device with a driver: the state that a port needs for core's device protocol. A real port adds the
 * handles of its driver. */
struct stk_template_gpu {
    struct stk_device_memory memory;  /* the memory on which streams, services and publishers work */
    struct stk_device_layout layout;  /* sizes of its parts */
    struct stk_device_copies copies;  /* BATCH: `memory`, and its images `sent` and `got` */
    struct stk_device_changes tables; /* BATCH: bytes of the tables to send before the next launch */
    struct stk_device_watch watch;    /* RESIDENT, QUANTUM: whether memory is still shared */
    uint8_t *tries; /* memory of the caller, one byte for each slot, 0 at first: how often the slot was put back */
    enum stk_residency mode; /* mode in which the port works */
    bool launched;           /* a launch was enqueued and not seen to its end */
    bool fresh;              /* BATCH: the device holds nothing yet */
};

extern const struct stk_dispatch_ops stk_template_gpu_ops; /* its ctx is the struct stk_template_gpu */

/* Opens a device for this layout, with pages as alignment. STK_E_UNSUPPORTED: the template has no driver. */
STK_MUST_CHECK int stk_template_gpu_open(struct stk_template_gpu *gpu, const struct stk_device_layout *layout,
                                         uint8_t *tries);

#ifdef __cplusplus
}
#endif
#endif
