/* Memory that stops being shared: how it is noticed, and how the port goes on in the next mode without losing a slot. */
#include <string.h>

#include "internal.h"
#include "stoker/atomic.h"

#define NONE          UINT32_MAX
#define DEAF_LAUNCHES 8u    /* QUANTUM: launches that may pass a published slot over */
#define BEAT_TURNS    1024u /* of the kernel's heartbeat */

static uint32_t *status_at(const struct stk_opencl *cl, uint32_t slot) {
    return STK_SLOT_AT(cl->memory.ring, slot) + STK_SLOT_STATUS;
}

static uint32_t custody_of(const struct stk_opencl *cl, uint32_t slot) {
    return stk_load(stk_device_custody(&cl->memory) + slot);
}

/* Returns true if a worker has some slot in hand. The statuses cannot show this, since a tenant may store CLAIMED. */
static int any_in_hand(const struct stk_opencl *cl) {
    uint32_t i = 0;
    while (i < cl->memory.slots && (custody_of(cl, i) & 1u) == 0u) {
        i++;
    }
    return i < cl->memory.slots;
}

static uint32_t done(const struct stk_opencl *cl) {
    return stk_load(cl->memory.control + STK_CTL_DONE_COUNT) + stk_load(cl->memory.control + STK_CTL_FAULT_COUNT);
}

static uint32_t beats(const struct stk_opencl *cl) {
    return stk_load(cl->memory.control + STK_CTL_HEARTBEAT);
}

/* Does the driver say that the older launch runs, rather than waits for the device? */
static int runs(struct stk_opencl *cl) {
    cl_int status = CL_QUEUED;
    (void)clGetEventInfo(cl->cl_events[0], CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL);
    return status == CL_RUNNING;
}

/* Returns true for a slot that a worker takes once it sees the slot: published, or put back by the port, and in
 * nobody's hand. (A slot that a handler puts back may stay as it is.) */
static int waits(const struct stk_opencl *cl, uint32_t slot) {
    uint32_t status = stk_load(status_at(cl, slot));
    return (status == STK_SLOT_PUBLISHED || (status == STK_SLOT_REQUEUE && cl->tries[slot] != 0u)) &&
           (custody_of(cl, slot) & 1u) == 0u;
}

/* Returns true if the slot under watch still waits and no worker has had it since the watch began. A tenant that stores
 * PUBLISHED again and again in its own slot makes the slot look as if no worker took it. The custody word, which no
 * tenant can reach, changes each time that a worker takes the slot. */
static int untouched(const struct stk_opencl *cl) {
    return waits(cl, cl->watch.slot) && custody_of(cl, cl->watch.slot) == cl->watch.custody;
}

static uint32_t find_waiting(const struct stk_opencl *cl) {
    uint32_t i = 0;
    while (i < cl->memory.slots && !waits(cl, i)) {
        i++;
    }
    return i < cl->memory.slots ? i : NONE;
}

/* Something moved: the watch starts again. */
static void restart(struct stk_opencl *cl, uint64_t now_ns, uint32_t slot) {
    cl->watch = (struct stk_opencl_watch){.done = done(cl), .beats = beats(cl), .slot = slot};
    cl->watch.custody = slot != NONE ? custody_of(cl, slot) : 0u;
    stk_deadline_start(&cl->watch.quiet_end, cl->config.watch_ns / 2u, now_ns);
}

/* Returns 1 when memory is no longer shared. During the first half of watch_ns no slot ends; then a waiting slot is
 * picked. During the second half no slot ends and no worker takes that slot. Then the workers do not see the slot, or
 * they are in long handlers, or they have no core. In long handlers a slot is in hand and the heartbeat stands still.
 * Without a core the heartbeat stands still too. */
int stk_opencl_watch_live(struct stk_opencl *cl, uint64_t now_ns) {
    struct stk_opencl_watch *w = &cl->watch;
    uint64_t left = stk_deadline_look(&w->quiet_end, now_ns);
    /* Twice the turns of a quiet worker's ring scan, in which each tenant below its quota is looked at (kernels/find.h). */
    uint32_t round = cl->config.workers * (2u + 32u * cl->memory.slots / BEAT_TURNS), beaten;
    if (done(cl) != w->done || (w->slot != NONE && !untouched(cl))) {
        restart(cl, now_ns, NONE);
        return 0;
    }
    if (left != 0u) {
        return 0;
    }
    if (w->slot == NONE) {
        restart(cl, now_ns, find_waiting(cl));
        return 0;
    }
    beaten = beats(cl) - w->beats;
    if (beaten == 0u && runs(cl) && !any_in_hand(cl)) {
        stk_opencl_say(cl, "; then the host no longer saw the kernel's heartbeat");
        return 1;
    }
    if (beaten >= round) {
        stk_opencl_say(cl, "; then the kernel no longer saw what the host published");
        return 1;
    }
    return 0;
}

/* After a launch: the kernel leaves when it finds nothing, so a slot that was published before several launches, of which none
 * ended any slot, was not there for them or their work is not here for us. */
int stk_opencl_watch_border(struct stk_opencl *cl) {
    struct stk_opencl_watch *w = &cl->watch;
    if (w->slot == NONE || done(cl) != w->done || !untouched(cl)) {
        /* The launch behind this one may have begun before the slot that is picked now was published. */
        restart(cl, 0, find_waiting(cl));
        return 0;
    }
    if (++w->launches < DEAF_LAUNCHES) {
        return 0;
    }
    stk_opencl_say(cl, "; then %u launches did not touch a published slot", DEAF_LAUNCHES);
    return 1;
}

int stk_opencl_unseen_end(struct stk_opencl *cl) {
    stk_opencl_say(cl, "; then a kernel ended and the host did not see its last stores");
    return stk_opencl_fall(cl);
}

int stk_opencl_fall(struct stk_opencl *cl) {
    cl->falling = 1;
    cl->fallbacks++;
    if (cl->mode == STK_RESIDENT) {
        stk_opencl_end_lease(cl);
    }
    return 1;
}

int stk_opencl_fall_on(struct stk_opencl *cl) {
    int err = STK_OK;
    while (cl->running) {
        int over = stk_opencl_event_over(cl);
        if (over < 0) {
            return over;
        }
        if (!over) {
            return stk_opencl_overdue(cl, stk_opencl_now_ns());
        }
        stk_opencl_pop(cl);
    }
    cl->falling = 0;
    stk_opencl_forget_ends(cl);
    stk_opencl_put_back(cl, 1);
    if (cl->mode == STK_RESIDENT) {
        stk_opencl_set_mode(cl, STK_QUANTUM);
    } else {
        err = stk_opencl_batch_open(cl, cl->memory.control_words);
        stk_opencl_set_mode(cl, STK_BATCH);
    }
    if (err != STK_OK) {
        return err;
    }
    stk_opencl_say(cl, ", goes on as %s", cl->mode == STK_QUANTUM ? "QUANTUM" : "BATCH");
    return 1;
}
