/* Launches of the kernel in each mode. These files alone write mode and stats of the port, and own.launches. */
#ifndef STK_PORT_OPENCL_LAUNCH_H
#define STK_PORT_OPENCL_LAUNCH_H

#include "../internal.h"

/// Modes: modes.c, resident.c, quantum.c, batch.c ///

/* What a mode does in its own way. */
struct stk_opencl_mode {
    int live;                 /* host and a running kernel see each other's stores */
    int copies;               /* the kernel works on memory of the device's own */
    enum stk_residency lower; /* the mode that takes over when memory stops being shared */
    /* the longest time of a launch */
    uint64_t (*lease_ns)(const struct stk_opencl_config *config);
    /* the turns that take so long, and those without work after which a launch leaves; `round`: looks at each slot */
    void (*count_turns)(const struct stk_opencl *cl, uint32_t round, uint32_t *turns, uint32_t *idle_turns);
    /* makes the mode's memory the kernel's arguments */
    int (*attach)(struct stk_opencl *cl, uint32_t control_words, uint32_t payload_bytes);
    /* 1 did something, 0 nothing, or the error of a launch. `pending`: there is work, for which to launch. */
    int (*drive)(struct stk_opencl *cl, bool pending);
    /* looks at launches that are to be the last ones: 1 when one is over, 0, or the error of a launch */
    int (*stop)(struct stk_opencl *cl);
    /* asks the workers under way to leave, where they can be asked */
    void (*hurry)(struct stk_opencl *cl);
};

extern const struct stk_opencl_mode stk_opencl_resident, stk_opencl_quantum, stk_opencl_batch;

const struct stk_opencl_mode *stk_opencl_mode(enum stk_residency mode);

/* Sets the mode, and what holds for launches in it. No launch is under way; the next one takes the table of limits
 * along. */
void stk_opencl_set_mode(struct stk_opencl *cl, enum stk_residency mode, const struct stk_opencl_terms *terms);

/* What the user's configuration says about launches. */
struct stk_opencl_terms stk_opencl_user_terms(const struct stk_opencl *cl);

/* Gives launches other turns than those of the mode. */
void stk_opencl_set_turns(struct stk_opencl *cl, uint32_t turns, uint32_t idle_turns);

/* Returns the turns that take so long, where 20,000 turns take `turn_cost` nanoseconds. */
uint32_t stk_opencl_turns_of(uint64_t ns, uint64_t turn_cost);
#define STK_OPENCL_TURNS 20000u

/* Returns 1 once in so many drives, when it is time to look at the clock. */
int stk_opencl_is_clock_time(struct stk_opencl *cl);

/* A launch is over for the driver and not for the shared memory: leaves the mode. */
int stk_opencl_unseen_end(struct stk_opencl *cl);

/* Leaves the mode: no further launch. Returns 1; while open is at work STK_E_UNSUPPORTED, since then the mode is no
 * good. */
int stk_opencl_leave_mode(struct stk_opencl *cl);

/// Launches: launch.c ///

/* Enqueues a launch of the workers behind those under way, of which there is one at most. */
int stk_opencl_launch(struct stk_opencl *cl);

/* With copies: the older launch is over when `read` is, which is behind it. */
void stk_opencl_follow(struct stk_opencl *cl, cl_event read);

/* Has the older launch ended, as the driver says? 1, 0, or STK_E_DEVICE, with the failure kept, when it failed or
 * the driver does not say; it stays where it is. */
int stk_opencl_launch_over(struct stk_opencl *cl);

/* With copies: the same of the kernel before the read that the launch ends with. */
int stk_opencl_kernel_over(struct stk_opencl *cl);

/* Sets *status to the older launch's, as clGetEventInfo says. Returns 0 where the driver does not tell. */
int stk_opencl_launch_status(const struct stk_opencl *cl, cl_int *status);

/* Takes note that the older launch is over. */
void stk_opencl_pop(struct stk_opencl *cl);

/* Have the workers of the older launch left, as the shared memory says? */
int stk_opencl_left(const struct stk_opencl *cl);

/* Expects no more of workers whose leaving was never seen; none runs. */
void stk_opencl_forget_ends(struct stk_opencl *cl);

/* Lays the shared memory out anew and starts to count launches; no worker runs. */
int stk_opencl_renew(struct stk_opencl *cl);

/* Returns STK_E_DEVICE when the older launch stays past its deadline, and one more look at the launch confirms this. */
int stk_opencl_overdue(struct stk_opencl *cl, uint64_t now_ns);

/* Changes the lease word: workers that see it leave. */
void stk_opencl_end_lease(struct stk_opencl *cl);

/* The same for the older launch alone, once, when it has had its time; `pending`: with the next one behind it. */
int stk_opencl_bound_lease(struct stk_opencl *cl, bool pending, uint64_t now_ns);

/// Cores that are scarce: cores.c ///

/* Lets the port choose the time after which a launch without work leaves. */
void stk_opencl_adapt_idle(struct stk_opencl *cl);

/* Takes note of how often threads of the process have lost a core so far. Returns 1 while cores count as scarce. */
int stk_opencl_cores_scarce(struct stk_opencl_cores *cores, uint64_t lost, uint64_t now_ns);

/* Returns the time after which a launch without work is to leave, as cores are now. */
uint64_t stk_opencl_idle_ns(struct stk_opencl *cl, uint64_t now_ns);

/// Memory that stops being shared: watch.c ///

/* Begins the watch anew. */
void stk_opencl_watch_start(struct stk_opencl *cl, uint64_t now_ns);

/* Look whether memory is still shared, while a launch runs and after one that ended. 1 when it is not, with the reason
 * said. */
int stk_opencl_watch_live(struct stk_opencl *cl, uint64_t now_ns);
int stk_opencl_watch_border(struct stk_opencl *cl);

/// Limits: limits.c ///

/* Makes the table of limits for the present mode and pace. The next launch hands the table to the device. STK_E_ARG:
 * the limits are not valid. */
int stk_opencl_set_limits(struct stk_opencl *cl);

/* Returns STK_E_ARG, with the reason said, when the limits of the configuration are not valid. */
int stk_opencl_check_limits(struct stk_opencl *cl);

/* Makes turns without work read `bytes` bytes of the payload from the next launch on. `one`: 0 all lanes read them, 1
 * one lane. */
void stk_opencl_touch(struct stk_opencl *cl, uint32_t bytes, uint32_t one);

/* Enqueues the table of limits before a launch, unless the device has this table already. */
int stk_opencl_send_limits(struct stk_opencl *cl);

#endif
