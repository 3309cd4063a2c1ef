/* Part of the command of gpu.c: the steps of a scan that another device joins come at fixed moments.
 *
 * STK_TEST_STEPS=waits: all is as without steps, but the scan waits while the device opens, so the device always joins.
 * STK_TEST_STEPS=stalled: all is as without steps, but the scan has begun a second before each look.
 *
 * STK_TEST_STEPS=slow or fast: the device joins once the interpreter is in the middle of a run. The device is judged to
 * be slow or fast once the device is in the middle of a run too. STK_TEST_STEPS=extending is fast, and the device joins
 * once the interpreter would claim another run while the present run is in flight.
 *
 * STK_TEST_LOSE_INTERP=leaving loses the interpreter when it is to leave, and STK_TEST_LOSE_INTERP=back when it was
 * called back. The linker makes calls of scan_late_look and of cli_device_open go to this file first (--wrap). */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "scan.h"
#include "stoker/atomic.h"

static struct stk_dispatch_port interp;
static struct stk_dispatch_ops losing_ops; /* those of `interp`, with a drive that can fail */
static bool interp_is_lost;

/// The interpreter ///

static int drive(void *ctx, bool pending) {
    return interp_is_lost ? STK_E_DEVICE : interp.ops->drive(ctx, pending);
}

int __real_cli_device_open(struct cli_device *device, const struct cli_device_wish *wish);
int __wrap_cli_device_open(struct cli_device *device, const struct cli_device_wish *wish);

int __wrap_cli_device_open(struct cli_device *device, const struct cli_device_wish *wish) {
    int bad = __real_cli_device_open(device, wish);
    if (bad == 0 && !device->is_opencl && getenv("STK_TEST_LOSE_INTERP")) {
        interp = device->dispatch;
        losing_ops = *interp.ops;
        losing_ops.drive = drive;
        device->dispatch = (struct stk_dispatch_port){&losing_ops, interp.ctx};
    }
    return bad;
}

/// The steps ///

/* Returns true if the device has chunks in flight and has not read its newest job to the end. */
static bool is_mid_run(const struct scan_device *d) {
    const struct scan_job *job = d->newest;
    return job && job->busy && job->next < job->end && stk_stream_in_flight(&d->stream) != 0u;
}

/* Loses the interpreter at the moment that the test has chosen. */
static void lose_interp(const struct scan *s) {
    const char *at = getenv("STK_TEST_LOSE_INTERP");
    bool leaves = s->devices[0].leaving, was_back = s->devices[1].leaving && !leaves;
    interp_is_lost |= at && (strcmp(at, "leaving") == 0 ? leaves : was_back);
}

void __real_scan_late_look(struct scan *scan);
void __wrap_scan_late_look(struct scan *scan);

void __wrap_scan_late_look(struct scan *s) {
    const struct timespec nap = {.tv_nsec = 1000000};
    const struct scan_device *first = &s->devices[0], *second = &s->devices[1];
    const char *verdict = getenv("STK_TEST_STEPS");
    struct scan_late *l = &s->late;
    uint32_t state = stk_load_acquire(&l->state);
    if (verdict && strcmp(verdict, "stalled") == 0) {
        s->started_ns -= UINT64_C(1000000000);
        l->looked_ns = 0;
        __real_scan_late_look(s);
        return;
    }
    if (verdict && strcmp(verdict, "waits") == 0) {
        __real_scan_late_look(s);
        if (stk_load_acquire(&l->state) != SCAN_LATE_OPENING) {
            return;
        }
        while (stk_load_acquire(&l->state) == SCAN_LATE_OPENING) {
            (void)nanosleep(&nap, NULL);
        }
        l->looked_ns = 0;
        __real_scan_late_look(s); /* the device joins */
        return;
    }
    if (verdict && state == SCAN_LATE_WAITING) {
        if (!is_mid_run(first) ||
            (strcmp(verdict, "extending") == 0 && first->done_units <= first->newest->run_units)) {
            return;
        }
        l->known_bytes = UINT64_MAX; /* however fast the interpreter is, the rest would take it long */
        s->started_ns -= UINT64_C(1000000000);
        __real_scan_late_look(s);
        while (stk_load_acquire(&l->state) == SCAN_LATE_OPENING) {
            (void)nanosleep(&nap, NULL);
        }
        l->looked_ns = 0; /* the device joins in the look below */
    } else if (verdict && state == SCAN_LATE_JOINED && !second->lost) {
        if (!is_mid_run(second) || (getenv("STK_TEST_LOSE_INTERP") && interp_is_lost && !first->lost)) {
            return;
        }
        l->looked_ns = l->joined_ns = 0; /* the time of the proof is over */
        l->rate = strcmp(verdict, "slow") == 0 ? 1e9 : 0.0;
    }
    __real_scan_late_look(s);
    lose_interp(s);
}
