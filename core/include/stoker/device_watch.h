/* stoker: the watch over memory that a running device shares with the host. It finds out when one side no longer sees
 * the stores of the other.
 *
 * A handshake at open shows that host and device see each other's stores. Some drivers stop that later. A dispatch port
 * calls the watch in its drive, and leaves the mode when the watch says that one side is blind. The statuses of slots
 * decide nothing alone, since a tenant may store any status in its own slots: the watch believes the control words and
 * the custody words, which no tenant reaches. Pure code: the port reads the clock and asks the driver.
 */
#ifndef STOKER_DEVICE_WATCH_H
#define STOKER_DEVICE_WATCH_H

#include "stoker/deadline.h"
#include "stoker/device_memory.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The finding of the watch. */
enum stk_device_sight {
    STK_SIGHT_GOOD = 0,
    /* No slot ended, none is in custody, and the heartbeat stands still. The host is blind if the driver says that the
     * launch runs. Where the launch only waits for the device, this is good. */
    STK_SIGHT_NO_HEARTBEAT = 1,
    STK_SIGHT_NOT_TAKEN = 2, /* workers turn and pass a published slot over: the device is blind */
    STK_SIGHT_UNTOUCHED = 3  /* STK_WATCH_LAUNCHES launches came and went, and touched nothing */
};
#define STK_WATCH_LAUNCHES 8u

/* The buffers to watch. The port may fill this struct in again for each call. */
struct stk_device_watched {
    const struct stk_device_memory *memory; /* with custody words */
    const uint8_t *tries;                   /* for each slot: how often the slot was put back (stoker/device_loss.h) */
    uint32_t workers;                       /* workers of a launch */
    uint64_t watch_ns; /* time without any progress after which a published slot was not seen; UINT64_MAX: never */
};

/* The fields are private. Zero before the first call. */
struct stk_device_watch {
    struct stk_deadline quiet_end; /* deadline of half of watch_ns, in which nothing moved */
    uint32_t ended, beats;         /* slots that had ended, and the heartbeat, when the watch began */
    uint32_t slot;                 /* the published slot under watch; UINT32_MAX: none was picked */
    uint32_t custody;              /* custody word of that slot when the watch began */
    uint32_t launches;             /* launches that came and went since the watch began */
};

/* Begins the watch anew: call it when a mode begins, and when a launch follows on a time without any. */
void stk_device_watch_start(struct stk_device_watch *watch, const struct stk_device_watched *watched, uint64_t now_ns);

/* Looks while a launch runs that sees stores of the host as they happen (RESIDENT) and work is pending. During the
 * first half of watch_ns no slot ends; then a waiting slot is picked. During the second half no slot ends and no worker
 * takes that slot. Then the workers do not see the slot, or they are in long handlers, or they have no core. In long
 * handlers a slot is in custody and the heartbeat stands still; without a core the heartbeat stands still too. */
enum stk_device_sight stk_device_watch_running(struct stk_device_watch *watch, const struct stk_device_watched *watched,
                                               uint64_t now_ns);

/* Looks after a launch that sees what was published before it (QUANTUM). Workers leave when they find nothing, so where
 * a slot was published before several launches, of which none ended any slot, the slot was not there for them or their
 * work is not here for the host. */
enum stk_device_sight stk_device_watch_launch_end(struct stk_device_watch *watch,
                                                  const struct stk_device_watched *watched);

/* Returns a static text that says what was found: "the kernel no longer saw what the host published". */
const char *stk_device_sight_text(enum stk_device_sight sight);

#ifdef __cplusplus
}
#endif
#endif
