/* stoker port: sees that more threads want cores than there are. Where the device is this CPU, a worker without work
 * holds a core that the host or another program could use. The scheduler takes such a core away again and again, often
 * while the worker is in the middle of a slot, and then the host waits for milliseconds. So a launch leaves sooner
 * while threads of this process lose their cores. */
#include <sys/resource.h>

#include "launch.h"

/* Nanoseconds in which losses are counted: a few slices of a scheduler. */
#define INTERVAL_NS UINT64_C(16000000)
/* Losses in such an interval that are no accident. */
#define LOST_MANY 2u
/* Nanoseconds for which cores count as scarce after such an interval. */
#define SCARCE_NS UINT64_C(1000000000)
/* Idle nanoseconds of a launch while cores are scarce: about as long as a launch takes, so that to stay longer gains
 * nothing. */
#define IDLE_MAX_NS UINT64_C(50000)

/* Returns how often threads of this process have lost a core that they still wanted. */
static uint64_t lost_cores(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_nivcsw : 0u;
}

int stk_opencl_cores_scarce(struct stk_opencl_cores *c, uint64_t lost, uint64_t now_ns) {
    uint64_t passed = stk_time_since(c->interval_ns, now_ns), losses = lost - c->lost;
    /* The rate counts, so that a long time between two calls does not make a few losses many. */
    int many = losses >= LOST_MANY && passed / losses < INTERVAL_NS / LOST_MANY;
    if (many) {
        c->scarce = 1;
        c->scarce_ns = now_ns;
    } else if (c->scarce && stk_time_since(c->scarce_ns, now_ns) >= SCARCE_NS) {
        c->scarce = 0;
    }
    if (many || passed >= INTERVAL_NS) {
        c->interval_ns = now_ns;
        c->lost = lost;
    }
    return c->scarce;
}

void stk_opencl_adapt_idle(struct stk_opencl *cl) {
    cl->own.launches.idle_adapts = 1;
    /* Begins to count now, so that the first launch knows how it was while the device was opened. */
    cl->own.launches.cores = (struct stk_opencl_cores){.interval_ns = stk_opencl_now_ns(), .lost = lost_cores()};
}

uint64_t stk_opencl_idle_ns(struct stk_opencl *cl, uint64_t now_ns) {
    struct stk_opencl_launches *l = &cl->own.launches;
    int adapts = l->idle_adapts && cl->device.type == STK_OPENCL_CPU;
    uint64_t idle_ns = cl->config.idle_ns;
    if (!adapts || !stk_opencl_cores_scarce(&l->cores, lost_cores(), now_ns)) {
        return idle_ns;
    }
    return idle_ns < IDLE_MAX_NS ? idle_ns : IDLE_MAX_NS;
}
