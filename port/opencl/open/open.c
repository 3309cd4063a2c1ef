/* stoker port: opening and closing the OpenCL port. Checks the configuration, tries the devices one after the other,
 * and calls the rooms in their order. Finding memory and mode is the work of search/. */
#include <stdio.h>
#include <string.h>

#include "../devices/devices.h"
#include "../launch/launch.h"
#include "../memory/memory.h"
#include "../persist/persist.h"
#include "../program/program.h"
#include "../recover/recover.h"
#include "../report/report.h"
#include "../search/search.h"
#include "../drive/drive.h"
#include "../state/state.h"
#include "stoker/control.h"
#include "stoker/debug_log.h"
#include "stoker/io_queue.h"
#include "stoker/ring.h"

/* Greatest numbers that a configuration may ask for. Devices with more lanes or units run with these. */
#define LANES_MAX   1024u
#define WORKERS_MAX 1024u
/* Nanoseconds that a kernel gets to leave when open fails while the kernel is still there. */
#define LEAVE_NS UINT64_C(2000000000)

/* Returns 1 if mode and memory of the configuration go together: BATCH is for copies, and every other mode for every
 * other kind. */
static int pair_ok(const struct stk_opencl_config *c) {
    int batch = c->residency == STK_BATCH, copies = c->memory == STK_OPENCL_COPIES;
    return (unsigned)c->residency <= STK_BATCH && (unsigned)c->memory < STK_OPENCL_KINDS &&
           (unsigned)c->mail <= STK_OPENCL_MAIL_ON &&
           (batch == copies || c->residency == 0 || c->memory == STK_OPENCL_ANY);
}

/* Returns the default of workers. One group uses one compute unit, and with mailboxes more groups do not make the ring
 * slower. Without mailboxes each worker would look at the ring over the bus, so there is one. */
static uint32_t workers_for(const struct stk_opencl_device *d) {
    uint32_t most = d->compute_units < STK_OPENCL_WORKERS_USUAL ? d->compute_units : STK_OPENCL_WORKERS_USUAL;
    return d->type == STK_OPENCL_GPU && stk_opencl_orders_groups(d) && d->lanes > 1u && most != 0u ? most : 1u;
}

/* Fills in the defaults that depend on no device. Returns STK_E_ARG if a number is out of range. */
static int apply_defaults(struct stk_opencl_config *c) {
    c->slots = c->slots ? c->slots : 256u;
    c->observables = c->observables ? c->observables : 256u;
    c->tenants = c->tenants ? c->tenants : 1u;
    c->debug_records = c->debug_records ? c->debug_records : STK_DEBUG_RECORDS_DEFAULT;
    c->io_slots = c->io_slots ? c->io_slots : STK_IO_SLOTS_MAX;
    c->lease_ns = c->lease_ns ? c->lease_ns : STK_OPENCL_LEASE_NS;
    c->idle_ns = c->idle_ns ? c->idle_ns : UINT64_C(2000000);
    c->quantum_ns = c->quantum_ns ? c->quantum_ns : UINT64_C(2000000);
    c->watch_ns = c->watch_ns ? c->watch_ns : UINT64_C(3000000000);
    c->deadline_ns = c->deadline_ns ? c->deadline_ns : UINT64_C(60000000000);
    c->open_ns = c->open_ns ? c->open_ns : STK_OPENCL_OPEN_NS;
    /* STK_OPENCL_NO_RECOVERY is above 0 and stays; only 0 becomes the default. */
    c->recoveries = c->recoveries ? c->recoveries : 3u;
    c->recovery_ns = c->recovery_ns ? c->recovery_ns : UINT64_C(250000000);
    return c->slots > STK_RING_SLOTS_INIT_MAX || c->observables > STK_CONTROL_OBSERVABLES_INIT_MAX ||
                   c->io_slots > STK_IO_SLOTS_MAX || c->workers > WORKERS_MAX || c->lanes > LANES_MAX ||
                   c->debug_records > (1u << 20) || c->tenants > STK_CTL_TENANT_MASKS ||
                   c->recovery_ns > UINT64_C(1) << 40 || !pair_ok(c)
               ? STK_E_ARG
               : STK_OK;
}

/* Waits until the queues of all contexts are empty: kernels that have left may not have returned yet. Returns STK_OK or
 * STK_E_TIMEOUT. */
static int drain_all(const struct stk_opencl *cl, struct stk_deadline *end) {
    const struct stk_opencl_recovery *r = &cl->own.recovery;
    int err = STK_OK;
    for (uint32_t i = 0; i <= r->lost_contexts && err == STK_OK; i++) {
        /* The queue of the present context comes last. */
        void *queue = i < r->lost_contexts ? r->lost[i].queue : cl->own.program.queue;
        err = queue ? stk_opencl_drain(queue, end) : STK_OK;
    }
    return err;
}

/* Releases everything. Lost contexts come last, since the memory that the host sees may be theirs. */
static void release(struct stk_opencl *cl) {
    struct stk_deadline end;
    stk_opencl_give(cl);
    stk_opencl_close_lost_memory(cl);
    stk_deadline_start(&end, STK_OPENCL_DRAIN_NS, stk_opencl_now_ns());
    (void)drain_all(cl, &end); /* waits for the unmaps */
    stk_opencl_close_tries(cl);
    stk_opencl_release_context(cl);
    stk_opencl_close_lost_contexts(cl);
    stk_opencl_enter(cl, STK_OPENCL_CLOSED);
}

/* Opens context, program and memory in this order, and finds the mode. Stops at the first error; the caller
 * releases. */
static int bring_up(struct stk_opencl *cl) {
    /* The order matters: memory needs the queue, the search needs the kernel, and a program is kept only after the
     * launches of the search (persist/program.c). */
    static int (*const steps[])(struct stk_opencl *) = {
        stk_opencl_create_queue, stk_opencl_build, stk_opencl_open_tries, stk_opencl_find_mode, stk_opencl_persist_now};
    int err = STK_OK;
    stk_opencl_enter(cl, STK_OPENCL_OPENING);
    for (size_t i = 0; i < sizeof steps / sizeof *steps && err == STK_OK; i++) {
        err = steps[i](cl);
    }
    return err;
}

/* Returns 1 when every kernel has left and the queues are empty. A kernel of which the driver knows nothing all the
 * while is gone too. */
static int is_gone(struct stk_opencl *cl, uint64_t timeout_ns) {
    struct stk_deadline end;
    int joined;
    stk_deadline_start(&end, timeout_ns, stk_opencl_now_ns());
    joined = stk_opencl_join_until(cl, &end);
    stk_opencl_forget_unknown(cl);
    if (joined == STK_E_TIMEOUT && cl->stats.running) {
        return 0;
    }
    return drain_all(cl, &end) == STK_OK;
}

/* Fills in the defaults that depend on the device. */
static void apply_device_defaults(struct stk_opencl *cl) {
    struct stk_opencl_config *c = &cl->config;
    c->lanes = c->lanes ? c->lanes : cl->device.lanes;
    c->workers = c->workers ? c->workers : workers_for(&cl->device);
}

/* Fills in all defaults, and lets the caller's `fit` change the rest for this device. A 0 that `fit` leaves becomes a
 * default again. */
static int fit_device(struct stk_opencl *cl) {
    struct stk_opencl_config *c = &cl->config;
    apply_device_defaults(cl);
    if (c->fit) {
        c->fit(c->fit_ctx, &cl->device, c);
        apply_device_defaults(cl);
    }
    return apply_defaults(c);
}

/* Opens the device that was chosen. On error everything is released, except what a kernel that is still there uses. */
static int open_device(struct stk_opencl *cl) {
    int err = fit_device(cl);
    if (err != STK_OK) {
        stk_opencl_say(cl, "a size or a number of the configuration is out of range for this device");
        return err;
    }
    if (cl->config.lanes == 2u && strcmp(cl->device.platform, "Portable Computing Language") == 0) {
        /* PoCL 3.1 replicates the work-items of such a group instead of looping over them, and loses code behind
         * barriers. */
        stk_opencl_say(cl, "PoCL breaks groups of two lanes, use 1, or 3 and more");
        return STK_E_UNSUPPORTED;
    }
    err = bring_up(cl);
    /* A program from the cache or the store may be the cause, so the program is compiled and everything is tried once
     * more. */
    if (stk_opencl_doubts(cl, err) && stk_opencl_allowed(cl, UINT64_MAX) != 0u && is_gone(cl, LEAVE_NS)) {
        release(cl);
        stk_opencl_distrust(cl);
        stk_opencl_clear_failure(cl);
        stk_opencl_clear_reason(cl);
        err = bring_up(cl);
    }
    /* The outcome belongs to the caller and is only read during open. */
    cl->config.known = NULL;
    if (err == STK_OK && cl->memory.table_bytes != 0u) {
        /* A driver may give memory that was used before, and tables begin as zeros. */
        memset(cl->memory.tables, 0, cl->memory.table_bytes);
    }
    if (err == STK_OK) {
        stk_opencl_clear_failure(cl);
        stk_opencl_enter(cl, STK_OPENCL_WORKING);
    } else if (is_gone(cl, LEAVE_NS)) {
        release(cl);
    }
    return err;
}

/* Sets `cl` up to open one device. Deletes all data of the device that was tried before; keeps passed_over. */
static int begin(struct stk_opencl *cl, const struct stk_opencl_config *config, uint64_t began_ns) {
    char passed_over[sizeof cl->passed_over];
    memcpy(passed_over, cl->passed_over, sizeof passed_over);
    memset(cl, 0, sizeof *cl);
    memcpy(cl->passed_over, passed_over, sizeof passed_over);
    stk_opencl_begin_life(cl, began_ns);
    cl->config = *config;
    if (config->idle_ns == 0u) {
        stk_opencl_adapt_idle(cl);
    }
    return apply_defaults(&cl->config);
}

/* Notes why a device did not open. With one device cl->reason stays the reason of this device; with several it lists
 * them all. */
static void pass_over(struct stk_opencl *cl, int index) {
    size_t used = strlen(cl->passed_over);
    snprintf(cl->passed_over + used, sizeof cl->passed_over - used, "%sdevice %d (%s): %.240s", used ? "; " : "", index,
             cl->device.name, cl->reason);
    stk_opencl_trim(cl->passed_over);
    if (used) {
        stk_opencl_clear_reason(cl);
        stk_opencl_say(cl, "%s", cl->passed_over);
    }
}

/* A walk through the devices that a configuration names. Without a name, the devices of the board come first. */
struct walk {
    const char *wanted; /* NULL: any device */
    uint32_t place;     /* position for stk_opencl_candidate */
    int preferred;      /* 1: only devices of the board; -1: all but those; 0: all */
};

static struct walk start_walk(const struct stk_opencl_config *config) {
    const char *wanted = config->device && config->device[0] ? config->device : NULL;
    int preferred = wanted == NULL && STK_OPENCL_PREFERRED[0] != '\0';
    return (struct walk){.wanted = wanted, .preferred = preferred};
}

/* Describes the next device of the walk and returns its index. Returns STK_E_NODEV when no device is left. */
static int next_device(struct walk *w, int no_cpu, struct stk_opencl_device *device) {
    int index;
    do {
        index = stk_opencl_candidate(w->wanted, no_cpu, &w->place, device);
        if (index < 0 && w->preferred > 0) {
            w->preferred = -1;
            w->place = 0;
            index = stk_opencl_candidate(w->wanted, no_cpu, &w->place, device);
        }
    } while (index >= 0 && w->preferred != 0 &&
             (strcasestr(device->name, STK_OPENCL_PREFERRED) != NULL) != (w->preferred > 0));
    return index;
}

int stk_opencl_open(struct stk_opencl *cl, const struct stk_opencl_config *config) {
    struct walk walk = start_walk(config);
    struct stk_opencl_device device;
    uint64_t began_ns = stk_opencl_now_ns();
    int index, err;
    /* The object may hold anything before open; begin() copies this text, so it must be empty first. */
    memset(cl->passed_over, 0, sizeof cl->passed_over);
    /* The configuration is checked before any device is asked for, so that a mistake of the caller has one error
     * everywhere. */
    err = begin(cl, config, began_ns);
    err = err == STK_OK ? stk_opencl_check_limits(cl) : err;
    err = err == STK_OK ? stk_opencl_check_pieces(cl) : err;
    if (err != STK_OK) {
        return err;
    }
    index = next_device(&walk, config->no_cpu, &device);
    if (index < 0) {
        stk_opencl_say(cl, "no OpenCL device %s%s%s", config->no_cpu ? "but CPUs " : "",
                       walk.wanted ? "named " : "was found", walk.wanted ? walk.wanted : "");
        return index;
    }
    do {
        /* The result is ignored: the same configuration was valid above. */
        (void)begin(cl, config, began_ns);
        cl->device = device;
        err = open_device(cl);
        if (err != STK_OK) {
            pass_over(cl, index);
            index = next_device(&walk, config->no_cpu, &device);
        }
        /* There is a further device, but its open would end at once. */
        if (err != STK_OK && index >= 0 && stk_opencl_allowed(cl, UINT64_MAX) == 0u) {
            stk_opencl_say(cl, "; no time was left for device %d", index);
            index = STK_E_NODEV;
        }
    } while (err != STK_OK && index >= 0);
    return err;
}

int stk_opencl_close(struct stk_opencl *cl, uint64_t timeout_ns) {
    if (cl->own.life.state == STK_OPENCL_CLOSED) {
        return STK_OK;
    }
    if (!is_gone(cl, timeout_ns)) {
        return STK_E_TIMEOUT;
    }
    /* Memory stopped being shared, so the next open must not believe the outcome that was kept. */
    if (cl->stats.fallbacks) {
        (void)!stk_opencl_forget(cl);
    }
    release(cl);
    return STK_OK;
}
