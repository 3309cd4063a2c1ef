/* stoker: stopping the workers of a device. */
#ifndef STOKER_DEVICE_STOP_H
#define STOKER_DEVICE_STOP_H

#include <stdint.h>

#include "stoker/err.h"
#include "stoker/port/dispatch.h"
#include "stoker/port/platform.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Stops every worker of a device: sets the SHUTDOWN word of its control buffer, then asks the dispatch port to stop,
 * again and again until no worker runs or timeout_ns is over (deadline.h); 0 asks once. A worker ends the slot that it
 * has before it leaves; slots that nobody has claimed stay as they are. All streams and services on the device stand
 * still then: close them after this call, or clear the word (stk_control_set_shutdown) and drive the device to go on.
 * `control` is the device's control buffer, of at least STK_CTL_WORDS_MIN words.
 * STK_OK; STK_E_TIMEOUT workers still run; STK_E_DEVICE the device was lost; STK_E_ARG a NULL, or a port without a
 * function that is called. Thread: the one that drives the device. */
STK_MUST_CHECK int stk_device_stop(uint32_t *control, const struct stk_dispatch_port *dispatch,
                                   const struct stk_platform_port *platform, uint64_t timeout_ns);

#ifdef __cplusplus
}
#endif
#endif
