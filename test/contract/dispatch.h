/* Test cases for the promises of every dispatch port (stoker/port/dispatch.h; port/README.md, "Dispatch"). A port's
 * test fills in one struct dispatch_port for each mode in which the port can be opened. */
#ifndef CONTRACT_DISPATCH_H
#define CONTRACT_DISPATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "stoker/port/dispatch.h"

#define DISPATCH_SLOTS_MAX 64u

struct dispatch_port {
    const char *name;
    const struct stk_dispatch_ops *ops;
    enum stk_residency residency; /* residency mode that info must report */

    /* Makes an instance over fresh memory: 8 to DISPATCH_SLOTS_MAX slots, all EMPTY, and a control buffer that
     * authorises tenant 0 and has at least two observables a slot. Its workers know NOP, STORE_U32 and ATOMIC_ADD.
     * Tells the memory and returns the ctx. */
    void *(*open)(struct stk_device_memory *memory);
    /* Ends the instance, in any state. */
    void (*close)(void);

    /* Makes the next drive find that the device is lost and stays lost. NULL: the port recovers from a loss, or cannot
     * lose its device. */
    void (*lose)(void);
    uint64_t (*now_ns)(void); /* time as the port's stop counts it */
};

/* Runs all cases. Returns how many failed. */
int dispatch_contract(const struct dispatch_port *port);

#endif
