/* The command stoker with devices that are lost while it runs. STK_TEST_LOSE=N[,N]... has one number for each device:
 * the device fails from its Nth drive on; 0: never. STK_TEST_REFUSE=N makes the Nth device, counted from 1, fail to
 * open. The counts of a lost device stay in its memory, as on a real device.
 *
 * STK_TEST_LOSE_BY says how a device is lost:
 *   calls or fault: the context of an OpenCL device is lost instead of the device, as lose_context.h describes; with
 *     STK_TEST_LOSE_FOR_GOOD=1 the device gives no new context.
 *   late: the drives fail with STK_E_TIMEOUT, and the first close of a stream runs out of time: the results of the
 *     device come when the stream is closed again.
 *   before: the first device of a scan does nothing, and is lost once the second device, which has the units behind,
 *     would claim another run.
 *
 * The linker makes calls of cli_device_open and of stk_stream_close go to this file first (--wrap). */
#include <stdlib.h>
#include <string.h>

#include "lose_context.h"
#include "scan.h"

#define DEVICES_MAX 4u

static struct losing {
    struct stk_dispatch_port own;
    void *id; /* the cl_device_id; NULL: the interpreter */
    unsigned long lost_at, drives;
} devices[DEVICES_MAX];
static unsigned opened;
static const struct scan *scan; /* set where STK_TEST_LOSE_BY=before is used, which only a scan can have */

/* Returns true if the second device of the scan holds two runs at least and may claim another one beside them. */
static bool second_extends(void) {
    const struct scan_device *second = &scan->devices[1];
    const struct scan_job *job = second->newest;
    return job && job->busy && job->run_count > 1u && job->run_units < second->done_units;
}

static int drive(void *ctx, bool pending) {
    struct losing *l = ctx;
    const char *by = getenv("STK_TEST_LOSE_BY");
    l->drives++;
    if (by && strcmp(by, "before") == 0) {
        return l != &devices[0] ? l->own.ops->drive(l->own.ctx, pending) : second_extends() ? STK_E_DEVICE : STK_OK;
    }
    if (by && strcmp(by, "late") == 0) {
        return l->lost_at != 0 && l->drives >= l->lost_at ? STK_E_TIMEOUT : l->own.ops->drive(l->own.ctx, pending);
    }
    if (by && l->id) {
        if (l->drives == l->lost_at) {
            lose_context(l->id, strcmp(by, "fault") == 0 ? LOSE_BY_FAULT : LOSE_BY_CALLS,
                         getenv("STK_TEST_LOSE_FOR_GOOD") != NULL);
        }
        return l->own.ops->drive(l->own.ctx, pending);
    }
    return l->lost_at != 0 && l->drives >= l->lost_at ? STK_E_DEVICE : l->own.ops->drive(l->own.ctx, pending);
}

int __real_stk_stream_close(struct stk_stream *stream, uint64_t timeout_ns);
int __wrap_stk_stream_close(struct stk_stream *stream, uint64_t timeout_ns);

int __wrap_stk_stream_close(struct stk_stream *stream, uint64_t timeout_ns) {
    static unsigned closes;
    const char *by = getenv("STK_TEST_LOSE_BY");
    return by && strcmp(by, "late") == 0 && closes++ == 0u ? STK_E_TIMEOUT
                                                           : __real_stk_stream_close(stream, timeout_ns);
}

static int stop(void *ctx, uint64_t timeout_ns) {
    struct losing *l = ctx;
    return l->own.ops->stop(l->own.ctx, timeout_ns);
}

static void info(void *ctx, struct stk_dispatch_info *about) {
    struct losing *l = ctx;
    l->own.ops->info(l->own.ctx, about);
}

static bool has_workers(void *ctx) {
    struct losing *l = ctx;
    return l->own.ops->has_workers(l->own.ctx);
}

static int change_tables(void *ctx, uint32_t first, uint32_t bytes, uint64_t timeout_ns) {
    struct losing *l = ctx;
    return l->own.ops->change_tables ? l->own.ops->change_tables(l->own.ctx, first, bytes, timeout_ns) : STK_OK;
}

static const struct stk_dispatch_ops losing_ops = {"losing", drive, stop, info, has_workers, change_tables};

/* Returns number `n` of the list; 0 if the list is shorter. */
static unsigned long number(unsigned n) {
    const char *at = getenv("STK_TEST_LOSE");
    while (at && n-- != 0u) {
        at = strchr(at, ',');
        at = at ? at + 1 : NULL;
    }
    return at ? strtoul(at, NULL, 10) : 0;
}

int __real_cli_device_open(struct cli_device *device, const struct cli_device_wish *wish);
int __wrap_cli_device_open(struct cli_device *device, const struct cli_device_wish *wish);

int __wrap_cli_device_open(struct cli_device *device, const struct cli_device_wish *wish) {
    static unsigned long asked;
    const char *refuse = getenv("STK_TEST_REFUSE");
    int bad;
    if (refuse && strtoul(refuse, NULL, 10) == ++asked) {
        memset(device, 0, sizeof *device);
        return cli_bad("device %s: the test refuses it: ask for another", wish->name);
    }
    bad = __real_cli_device_open(device, wish);
    if (bad == 0 && opened < DEVICES_MAX) {
        scan = wish->fit_ctx ? ((const struct scan_device *)wish->fit_ctx)->scan : NULL;
        devices[opened] = (struct losing){.own = device->dispatch,
                                          .id = device->is_opencl ? device->opencl.device.id : NULL,
                                          .lost_at = number(opened)};
        device->dispatch = (struct stk_dispatch_port){&losing_ops, &devices[opened++]};
    }
    return bad;
}
