/* The ways in which the tests use an OpenCL device: each mode over each kind of memory. STK_TEST_DEVICE, an index or a
 * part of a name, says which device; what it cannot do is left out with a message. STK_TEST_RESIDENCY, resident,
 * quantum or batch, leaves out the other modes. PoCL on a CPU can do everything but clCreateBufferNV. */
#ifndef OPENCL_RIG_H
#define OPENCL_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hang.h"
#include "need_device.h"
#include "opencl_modes.h"
#include "short_form.h"
#include "stoker/port/opencl.h"
#include "stoker/port/posix.h"

#define SECOND UINT64_C(1000000000)

struct way {
    const char *name;
    enum stk_residency residency;
    enum stk_opencl_memory memory;
};

static const struct way ways[] = {
    {"RESIDENT, SVM with atomics", STK_RESIDENT, STK_OPENCL_SVM_ATOMICS},
    {"RESIDENT, host-located", STK_RESIDENT, STK_OPENCL_HOST_NV},
    {"RESIDENT, ALLOC_HOST_PTR", STK_RESIDENT, STK_OPENCL_ALLOC_HOST},
    {"RESIDENT, USE_HOST_PTR", STK_RESIDENT, STK_OPENCL_USE_HOST},
    {"RESIDENT, SVM", STK_RESIDENT, STK_OPENCL_SVM},
    {"QUANTUM, SVM with atomics", STK_QUANTUM, STK_OPENCL_SVM_ATOMICS},
    {"QUANTUM, host-located", STK_QUANTUM, STK_OPENCL_HOST_NV},
    {"QUANTUM, ALLOC_HOST_PTR", STK_QUANTUM, STK_OPENCL_ALLOC_HOST},
    {"QUANTUM, USE_HOST_PTR", STK_QUANTUM, STK_OPENCL_USE_HOST},
    {"QUANTUM, SVM", STK_QUANTUM, STK_OPENCL_SVM},
    {"BATCH", STK_BATCH, STK_OPENCL_COPIES},
};
#define WAYS (sizeof ways / sizeof *ways)

static inline uint64_t rig_now(void) {
    return stk_posix_platform_ops.now_ns(NULL);
}

static inline int rig_is_pocl(const struct stk_opencl *cl) {
    return strstr(cl->device.platform, "Portable Computing") != NULL;
}

/* Says why a way is left out; fails where it must not be. Returns 0. */
static inline int rig_left_out(const struct stk_opencl *cl, const struct way *way, int err) {
    int pocl = rig_is_pocl(cl) && way->memory != STK_OPENCL_HOST_NV;
    print_message("left out: %s: %s\n", way->name, cl->reason);
    if ((err != STK_E_NODEV || device_required()) && (err != STK_E_UNSUPPORTED || pocl)) {
        fail_msg("%s: %s: %s\n%s", way->name, stk_err_name(err), cl->reason, cl->build_log);
    }
    return 0;
}

/* Returns the outcome of one handshake of the device in this way of sharing memory. Returns NULL and prints a message
 * if the device cannot share memory in this way. */
static inline const struct stk_opencl_outcome *rig_can(const struct way *way) {
    static struct stk_opencl probe;
    static struct stk_opencl_outcome found[WAYS];
    static int asked[WAYS];
    size_t i = (size_t)(way - ways);
    if (wanted_residency() && wanted_residency() != way->residency) {
        return NULL;
    }
    if (!asked[i]) {
        const struct stk_opencl_config config = {
            .device = getenv("STK_TEST_DEVICE"), .slots = 64, .residency = way->residency, .memory = way->memory};
        int err = stk_opencl_open(&probe, &config);
        asked[i] = 1;
        if (err == STK_OK) {
            found[i] = probe.outcome;
        } else {
            (void)rig_left_out(&probe, way, err);
        }
        (void)!stk_opencl_close(&probe, 20 * SECOND);
    }
    return found[i].residency != 0 ? &found[i] : NULL;
}

/* Returns true for the first memory that works here in its mode. */
static inline bool rig_is_first(size_t way) {
    size_t i = 0;
    while (i < way && (ways[i].residency != ways[way].residency || !rig_can(&ways[i]))) {
        i++;
    }
    return i == way && rig_can(&ways[way]) != NULL;
}

/* Returns true if a test runs in this mode over this memory. The short form tests a mode with one kind of memory. */
static inline bool rig_goes(size_t way) {
    return is_short() ? rig_is_first(way) : rig_can(&ways[way]) != NULL;
}

/* Opens the device in one way, without another handshake. 1; 0 where it cannot, with a message; ends the test where it
 * should be able to. */
static inline int rig_open(struct stk_opencl *cl, const struct stk_opencl_config *wish, const struct way *way) {
    struct stk_opencl_config config = *wish;
    int err;
    config.device = getenv("STK_TEST_DEVICE");
    config.residency = way->residency;
    config.memory = way->memory;
    config.known = rig_can(way);
    if (!config.known) {
        return 0;
    }
    err = stk_opencl_open(cl, &config);
    return err == STK_OK ? 1 : rig_left_out(cl, way, err);
}

#endif
