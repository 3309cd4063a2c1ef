/* stoker: stops the workers of a device. The slots stay as they are: a worker ends or gives back its slot before it
 * leaves. Closing the device is the port's. */
#include "stoker/device_stop.h"

#include <stddef.h>

#include "stoker/atomic.h"
#include "stoker/deadline.h"
#include "stoker/words.h"

int stk_device_stop(uint32_t *control, const struct stk_dispatch_port *dispatch,
                    const struct stk_platform_port *platform, uint64_t timeout_ns) {
    struct stk_deadline end;
    uint64_t left = timeout_ns, before;
    int err;
    if (control == NULL || dispatch->ops == NULL || dispatch->ops->stop == NULL || platform->ops == NULL ||
        platform->ops->now_ns == NULL) {
        return STK_E_ARG;
    }
    stk_deadline_start(&end, timeout_ns, platform->ops->now_ns(platform->ctx));
    /* SHUTDOWN is stored before the port is asked, so that a launch which begins meanwhile leaves at once. */
    stk_store(control + STK_CTL_SHUTDOWN, 1u);
    /* A port may give up early, for instance after the process was stopped. A port that gives up at once is asked only
     * once when the clock does not move. */
    do {
        before = left;
        err = dispatch->ops->stop(dispatch->ctx, stk_deadline_wait(&end, UINT64_MAX));
        left = stk_deadline_look(&end, platform->ops->now_ns(platform->ctx));
    } while (err == STK_E_TIMEOUT && left != 0u && left != before);
    return err;
}
