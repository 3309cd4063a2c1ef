/* stoker port: dispatch by the interpreter on several threads, for a host whose CPUs do the work.
 *
 * The kernel compiled as C runs as one worker on the caller's thread, inside drive, and as one worker on each thread
 * of the port. With stk_threads_config.aside it runs on the threads of the port alone. All workers claim slots from one
 * ring. A thread sleeps while no published slot waits, and drive wakes the thread. */
#ifndef STOKER_PORT_THREADS_H
#define STOKER_PORT_THREADS_H

#include <pthread.h>
#include <stdbool.h>

#include "stoker/port/interp.h"

#ifdef __cplusplus
extern "C" {
#endif

#define STK_THREADS_WORKERS_MAX 16u

/* Configuration of the port. A 0 means the default. */
struct stk_threads_config {
    struct stk_interp_config interp; /* configuration of each worker; the port sets `worker` and `workers` itself */
    uint32_t workers; /* 1 to STK_THREADS_WORKERS_MAX, the caller's thread included; 0: the CPUs that this process may
                         use, at most STK_THREADS_WORKERS_MAX */
    /* true: drive runs no slot, and only wakes threads. For a caller that has more to do than to wait for this device,
     * such as one that feeds several devices. Without a thread beside the caller's, drive runs slots all the same */
    bool aside;
};

struct stk_threads;

/* A thread of the port with its worker. Members are private. */
struct stk_threads_worker {
    struct stk_threads *port;
    struct stk_interp interp;
    pthread_t thread;
};

/* The port. It must not move while it is open. Members are private; read workers. */
struct stk_threads {
    /* workers that run, the caller's included: fewer than asked for where the system gave no thread */
    uint32_t workers;
    uint32_t own_slots;    /* slots that one drive runs on the caller's thread: 1, or 0 where the port works aside */
    struct stk_interp own; /* worker 0, on the caller's thread */
    uint64_t drives;       /* times that worker 0 began */
    struct stk_threads_worker crew[STK_THREADS_WORKERS_MAX - 1u];
    pthread_mutex_t lock; /* guards the members below */
    pthread_cond_t wake;  /* wakes the threads: there is work, or the port closes */
    uint32_t asleep;      /* threads that sleep; drive reads the member without the lock */
    uint32_t called;      /* threads that were woken and have not run yet */
    bool closing;
    uint64_t launches;  /* times that a thread was woken */
    uint64_t idle_ends; /* times that a thread found no more work and went to sleep */
};

extern const struct stk_dispatch_ops stk_threads_ops; /* its ctx is the struct stk_threads */

/* Starts the threads over the buffers in `memory`, which the caller has laid out as for stk_interp_open and keeps until
 * stk_threads_close. `config` may be NULL for the defaults. Where the system gives fewer threads than asked for, the
 * port opens with fewer workers (threads->workers). STK_E_ARG a NULL, or more workers than STK_THREADS_WORKERS_MAX;
 * other errors as stk_interp_open. On error no thread is left. */
STK_MUST_CHECK int stk_threads_open(struct stk_threads *threads, const struct stk_device_memory *memory,
                                    const struct stk_threads_config *config);

/* Ends the threads and waits for them. Each one first ends the slot that it runs, so the call takes as long as a
 * handler. Where a handler may take long, set SHUTDOWN and call stop with a timeout before. May be called again, and on
 * an all-zero struct. */
void stk_threads_close(struct stk_threads *threads);

#ifdef __cplusplus
}
#endif
#endif
