/* stoker port: struct stk_device, submitting work and waiting for it. The same code serves both devices, through the
 * dispatch port that open chose. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <time.h>

#include "device_internal.h"
#include "stoker/port/os_clock.h"
#include "stoker/wait.h"

/* Looks of a wait before the first sleep. A slot of a running kernel ends within a few microseconds, and a sleep takes
 * 50 microseconds, so a wait for short work does not sleep at all. */
#define STEPS_AWAKE 256u

int stk_device_submit(struct stk_device *device, const struct stk_work *work, uint32_t *ticket) {
    return device->kind == STK_DEVICE_ANY ? STK_E_STATUS : stk_publisher_publish(&device->publisher, work, ticket);
}

int stk_device_wait(struct stk_device *device, struct stk_slot *slot, uint32_t *ticket, uint64_t timeout_ns) {
    struct stk_deadline end = stk_os_deadline(timeout_ns);
    if (device->kind == STK_DEVICE_ANY) {
        return STK_E_STATUS;
    }
    if (stk_publisher_pending(&device->publisher) == 0u) {
        return STK_E_UNDERFLOW;
    }
    for (uint32_t step = 0;; step++) {
        /* The clock is read before the slot: so the last look at the slot comes after the deadline, and a process that
         * was stopped for long still finds a result that has arrived. */
        uint64_t left_ns = stk_os_left_ns(&end);
        int driven = device->dispatch.ops->drive(device->dispatch.ctx, true);
        int status = stk_publisher_harvest(&device->publisher, slot, ticket);
        /* A result comes before an error of drive: a device that is lost may have ended this slot before. */
        if (status >= 0) {
            return status == (int)STK_SLOT_DONE ? STK_OK : STK_E_SLOT_FAULT;
        }
        if (driven < 0) {
            /* Only the OpenCL device gets here, since a drive of the interpreter cannot fail. */
            stk_device_describe_opencl(device);
            return driven;
        }
        if (left_ns == 0u) {
            return STK_E_TIMEOUT;
        }
        /* While drive makes progress the loop does not sleep: on the interpreter handlers run inside drive, and a
         * launch in steps needs the next step at once. */
        if (driven == 0 && step >= STEPS_AWAKE) {
            struct timespec nap = stk_os_timespec(stk_deadline_wait(&end, STK_WAIT_SLICE_NS));
            (void)nanosleep(&nap, NULL); /* a signal may cut the sleep short: the loop looks again */
        }
    }
}
