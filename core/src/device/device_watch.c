/* stoker: the watch over memory that host and device share. Notices that one side no longer sees the other's stores.
 * Decides nothing alone: the port asks the driver and leaves the mode. */
#include "stoker/device_watch.h"

#include "stoker/atomic.h"
#include "stoker/slot.h"

#define NO_SLOT    UINT32_MAX /* in the place of a slot number: no slot is watched */
#define BEAT_TURNS 1024u      /* turns of a worker from one heartbeat to the next (kernels/loop.h) */

/* Returns the custody word of a slot; 0, even, where there are no custody words. */
static uint32_t custody_of(const struct stk_device_watched *watched, uint32_t slot) {
    const uint32_t *custody = stk_device_custody(watched->memory);
    return custody != NULL ? stk_load(custody + slot) : 0u;
}

/* Returns true if a worker owns some slot. The statuses cannot show this, since a tenant may store CLAIMED. */
static bool any_in_custody(const struct stk_device_watched *watched) {
    uint32_t i = 0;
    while (i < watched->memory->slots && (custody_of(watched, i) & 1u) == 0u) {
        i++;
    }
    return i < watched->memory->slots;
}

/* Returns how many slots have ended, modulo 2^32. Only equality counts, so that the sum may wrap. */
static uint32_t ended_slots(const struct stk_device_watched *watched) {
    const uint32_t *control = watched->memory->control;
    return stk_load(control + STK_CTL_DONE_COUNT) + stk_load(control + STK_CTL_FAULT_COUNT);
}

/* Returns the heartbeat, which each worker adds to after every BEAT_TURNS turns; modulo 2^32. */
static uint32_t heartbeats(const struct stk_device_watched *watched) {
    return stk_load(watched->memory->control + STK_CTL_HEARTBEAT);
}

/* Returns true for a slot that a worker takes once it sees the slot: published, or put back by the port, and in
 * nobody's hand. (A slot that a handler puts back may stay as it is.) */
static bool waits_for_worker(const struct stk_device_watched *watched, uint32_t slot) {
    uint32_t status = stk_load(STK_SLOT_AT(watched->memory->ring, slot) + STK_SLOT_STATUS);
    return (status == STK_SLOT_PUBLISHED || (status == STK_SLOT_REQUEUE && watched->tries[slot] != 0u)) &&
           (custody_of(watched, slot) & 1u) == 0u;
}

/* Returns true if the slot under watch still waits and no worker has had it since the watch began. A tenant that stores
 * PUBLISHED again and again in its own slot makes the slot look as if no worker took it. The custody word, which no
 * tenant can reach, changes each time that a worker takes the slot. */
static bool is_untouched(const struct stk_device_watch *watch, const struct stk_device_watched *watched) {
    return waits_for_worker(watched, watch->slot) && custody_of(watched, watch->slot) == watch->custody;
}

/* Returns the first slot that waits for a worker, or NO_SLOT. */
static uint32_t find_waiting(const struct stk_device_watched *watched) {
    uint32_t i = 0;
    while (i < watched->memory->slots && !waits_for_worker(watched, i)) {
        i++;
    }
    return i < watched->memory->slots ? i : NO_SLOT;
}

/* Begins the watch over `slot`, or over no slot yet. */
static void watch_slot(struct stk_device_watch *watch, const struct stk_device_watched *watched, uint32_t slot,
                       uint64_t now_ns) {
    *watch = (struct stk_device_watch){.ended = ended_slots(watched), .beats = heartbeats(watched), .slot = slot};
    watch->custody = slot != NO_SLOT ? custody_of(watched, slot) : 0u;
    stk_deadline_start(&watch->quiet_end, watched->watch_ns / 2u, now_ns);
}

void stk_device_watch_start(struct stk_device_watch *watch, const struct stk_device_watched *watched, uint64_t now_ns) {
    watch_slot(watch, watched, NO_SLOT, now_ns);
}

enum stk_device_sight stk_device_watch_running(struct stk_device_watch *watch, const struct stk_device_watched *watched,
                                               uint64_t now_ns) {
    uint64_t left = stk_deadline_look(&watch->quiet_end, now_ns);
    /* The heartbeats of all workers in twice the turns of an idle worker's ring scan, which takes 16 turns for each
     * slot (STK_IDLE_SCAN_EVERY, kernels/find.h). In a whole scan each tenant below its quota is looked at. Two more
     * for each worker, since a worker may be anywhere between two heartbeats when the watch begins. */
    uint32_t scan_beats = watched->workers * (2u + 32u * watched->memory->slots / BEAT_TURNS), beaten;
    if (ended_slots(watched) != watch->ended || (watch->slot != NO_SLOT && !is_untouched(watch, watched))) {
        watch_slot(watch, watched, NO_SLOT, now_ns); /* something moved */
        return STK_SIGHT_GOOD;
    }
    if (left != 0u) {
        return STK_SIGHT_GOOD;
    }
    /* The first half of the time has passed without an end. Only a slot that is picked now and waits for all of the
     * second half shows anything: a slot published at the end of the first half has not waited long. */
    if (watch->slot == NO_SLOT) {
        watch_slot(watch, watched, find_waiting(watched), now_ns);
        return STK_SIGHT_GOOD;
    }
    beaten = heartbeats(watched) - watch->beats;
    /* A worker in a long handler has no heartbeat either, but its slot is in custody. */
    if (beaten == 0u && !any_in_custody(watched)) {
        return STK_SIGHT_NO_HEARTBEAT;
    }
    return beaten >= scan_beats ? STK_SIGHT_NOT_TAKEN : STK_SIGHT_GOOD;
}

enum stk_device_sight stk_device_watch_launch_end(struct stk_device_watch *watch,
                                                  const struct stk_device_watched *watched) {
    if (watch->slot == NO_SLOT || ended_slots(watched) != watch->ended || !is_untouched(watch, watched)) {
        /* The launch behind this one may have begun before the slot that is picked now was published. */
        watch_slot(watch, watched, find_waiting(watched), 0);
        return STK_SIGHT_GOOD;
    }
    return ++watch->launches < STK_WATCH_LAUNCHES ? STK_SIGHT_GOOD : STK_SIGHT_UNTOUCHED;
}

const char *stk_device_sight_text(enum stk_device_sight sight) {
    switch (sight) {
    case STK_SIGHT_NO_HEARTBEAT:
        return "the host no longer saw the kernel's heartbeat";
    case STK_SIGHT_NOT_TAKEN:
        return "the kernel no longer saw what the host published";
    case STK_SIGHT_UNTOUCHED:
        return "8 launches did not touch a published slot";
    default:
        return "host and kernel see each other's stores";
    }
}
