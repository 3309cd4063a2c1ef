/* stoker port: launches of the kernel in each mode. These files alone write mode and stats of the port, and
 * own.launches. */
#ifndef STK_PORT_OPENCL_LAUNCH_H
#define STK_PORT_OPENCL_LAUNCH_H

#include "../internal.h"

/// Modes: modes.c, resident.c, quantum.c, batch.c ///

/* The functions of a mode. */
struct stk_opencl_mode {
    int live;                 /* 1: host and a running kernel see each other's stores */
    int copies;               /* 1: the kernel works on memory of the device's own */
    enum stk_residency lower; /* the mode that takes over when memory stops being shared */
    /* Returns the longest time of a launch in nanoseconds. */
    uint64_t (*lease_ns)(const struct stk_opencl_config *config);
    /* Sets the turns of a launch that take lease_ns, and the turns without work after which it leaves. `scan_turns`:
     * turns of a look at each slot. */
    void (*count_turns)(const struct stk_opencl *cl, uint32_t scan_turns, uint32_t *turns, uint32_t *idle_turns);
    /* Sets the kernel's arguments to the mode's memory, with this number of control words and of payload bytes. */
    int (*attach)(struct stk_opencl *cl, uint32_t control_words, uint32_t payload_bytes);
    /* Looks at launches and makes new ones. Returns 1 if it did something, 0 if nothing, or the error of a launch.
     * `pending`: there is work to launch for. */
    int (*drive)(struct stk_opencl *cl, bool pending);
    /* Looks at launches that are the last ones. Returns 1 when one is over, 0, or the error of a launch. */
    int (*stop)(struct stk_opencl *cl);
    /* Asks the workers under way to leave, where they see the host's stores. */
    void (*hurry)(struct stk_opencl *cl);
};

extern const struct stk_opencl_mode stk_opencl_resident, stk_opencl_quantum, stk_opencl_batch;

const struct stk_opencl_mode *stk_opencl_mode(enum stk_residency mode);

/* Sets the mode, and what holds for launches in it. No launch is under way; the next one takes the table of limits
 * along. */
void stk_opencl_set_mode(struct stk_opencl *cl, enum stk_residency mode, const struct stk_opencl_terms *terms);

/* Returns what the user's configuration says about launches. */
struct stk_opencl_terms stk_opencl_user_terms(const struct stk_opencl *cl);

/* Sets the turns of the next launches, in the place of the mode's turns. */
void stk_opencl_set_turns(struct stk_opencl *cl, uint32_t turns, uint32_t idle_turns);

/* Returns the turns that take `ns` nanoseconds, where STK_OPENCL_TURNS turns take `turn_cost` nanoseconds. */
uint32_t stk_opencl_turns_of(uint64_t ns, uint64_t turn_cost);
#define STK_OPENCL_TURNS 20000u

/* Returns 1 once in 64 drives, when it is time to look at the clock. */
int stk_opencl_is_clock_time(struct stk_opencl *cl);

/* Leaves the mode, because a launch is over for the driver and not for the shared memory: the host does not see the
 * workers' last stores. Returns as stk_opencl_leave_mode. */
int stk_opencl_unseen_end(struct stk_opencl *cl);

/* Leaves the mode: no further launch is made in it. Returns 1. During open returns STK_E_UNSUPPORTED instead, since the
 * mode cannot be used. */
int stk_opencl_leave_mode(struct stk_opencl *cl);

/// Launches: launch.c ///

/* Enqueues a launch of the workers behind those under way, of which there is one at most. */
int stk_opencl_launch(struct stk_opencl *cl);

/* Makes the older launch end with `read`, the last read behind its kernel. For a mode with copies. */
void stk_opencl_follow(struct stk_opencl *cl, cl_event read);

/* Returns 1 if the older launch has ended, as the driver says; 0 if not; STK_E_DEVICE, with the failure noted, if it
 * failed or the driver does not say. The launch stays among those under way. */
int stk_opencl_launch_over(struct stk_opencl *cl);

/* Returns, as stk_opencl_launch_over, whether the kernel of the older launch has ended. For a mode with copies, where
 * the kernel ends before the reads of its launch. */
int stk_opencl_kernel_over(struct stk_opencl *cl);

/* Sets *status to the status of the older launch, as clGetEventInfo says. Returns 0 where the driver does not tell. */
int stk_opencl_launch_status(const struct stk_opencl *cl, cl_int *status);

/* Notes that the older launch is over. */
void stk_opencl_pop(struct stk_opencl *cl);

/* Returns 1 if the workers of the older launch have left, as the shared memory says. */
int stk_opencl_left(const struct stk_opencl *cl);

/* Counts workers whose leaving was never seen as gone. Call it when none runs. */
void stk_opencl_forget_ends(struct stk_opencl *cl);

/* Lays the shared memory out again and starts to count launches from 0. Call it when no worker runs. */
int stk_opencl_renew(struct stk_opencl *cl);

/* Returns STK_E_DEVICE when the older launch stays past its deadline, and one more look at the launch confirms this. */
int stk_opencl_overdue(struct stk_opencl *cl, uint64_t now_ns);

/* Changes the lease word: every worker that sees the change leaves. */
void stk_opencl_end_lease(struct stk_opencl *cl);

/* Ends the lease of the older launch when it has had its time, once for each launch. `pending`: enqueues the next
 * launch first. Returns STK_OK or the error of that launch. */
int stk_opencl_bound_lease(struct stk_opencl *cl, bool pending, uint64_t now_ns);

/// Cores that are scarce: cores.c ///

/* Lets the port choose the time after which a launch without work leaves. */
void stk_opencl_adapt_idle(struct stk_opencl *cl);

/* Counts the losses of cores. `lost`: losses of the process so far. Returns 1 while cores count as scarce. */
int stk_opencl_cores_scarce(struct stk_opencl_cores *cores, uint64_t lost, uint64_t now_ns);

/* Returns the nanoseconds after which a launch without work leaves: config.idle_ns. While other programs want the cores
 * of a CPU device, the time is at most IDLE_MAX_NS, where the port may choose (stk_opencl_adapt_idle). */
uint64_t stk_opencl_idle_ns(struct stk_opencl *cl, uint64_t now_ns);

/// Memory that stops being shared: watch.c ///

/* Begins the watch again, at time `now_ns`. */
void stk_opencl_watch_start(struct stk_opencl *cl, uint64_t now_ns);

/* Both functions look whether memory is still shared: the first while a launch runs, the second after a launch has
 * ended. They return 1 when memory is not shared, with the reason appended to cl->reason. */
int stk_opencl_watch_live(struct stk_opencl *cl, uint64_t now_ns);
int stk_opencl_watch_border(struct stk_opencl *cl);

/// Limits: limits.c ///

/* Makes the table of limits for the present mode and pace. The next launch hands the table to the device. Returns
 * STK_E_ARG if the limits are not valid. */
int stk_opencl_set_limits(struct stk_opencl *cl);

/* Returns STK_E_ARG if the limits of the configuration are not valid, and says so in cl->reason. */
int stk_opencl_check_limits(struct stk_opencl *cl);

/* Makes turns without work read `bytes` bytes of the payload, from the next launch on. `one`: 0 all lanes read them
 * together, 1 one lane reads them alone. For measurements of the pace. */
void stk_opencl_touch(struct stk_opencl *cl, uint32_t bytes, uint32_t one);

/* Enqueues the table of limits before a launch, unless the device has this table already. */
int stk_opencl_send_limits(struct stk_opencl *cl);

#endif
