/* stoker port: workers of the interpreter on several threads of this process. Worker 0 runs on the caller's thread
 * inside drive; each further worker has a thread. This file decides which threads sleep; the workers claim slots from
 * the ring without any help.
 *
 * A thread is awake or asleep. A thread goes to sleep when its worker finds no slot to claim. Only drive wakes threads:
 * as many as there are slots to claim, but for the slot that the caller's worker takes. */
#include "stoker/port/threads.h"

#include <time.h>

#include "stoker/atomic.h"
#include "stoker/deadline.h"
#include "stoker/port/os_clock.h"
#include "stoker/port/os_cpus.h"
#include "stoker/slot.h"
#include "stoker/wait.h"
#include "stoker/words.h"

/// Threads ///

/* Runs the worker until one drive finishes no slot. Called without the lock, since a handler may take long. */
static void run(struct stk_threads_worker *w) {
    while (stk_interp_ops.drive(&w->interp, true) > 0) {
    }
}

/* Sleeps until drive calls a thread. Returns false when the port closes. Called with the lock held. The loop looks at
 * `called` again after each wake, because a condition variable may wake a thread for no reason. */
static bool sleep_until_called(struct stk_threads *t) {
    while (t->called == 0u && !t->closing) {
        (void)pthread_cond_wait(&t->wake, &t->lock);
    }
    if (t->closing) {
        return false;
    }
    t->called--;
    return true;
}

/* Returns how many slots of the ring a worker could claim. Stops counting at `most`, so that the cost is bounded where
 * much is published. The status may change right after the look, so the count is only good for waking threads. */
static uint32_t claimable(const struct stk_threads *t, uint32_t most) {
    const struct stk_device_memory *m = &t->own.memory;
    uint32_t found = 0;
    for (uint32_t i = 0; i < m->slots && found < most; i++) {
        found += stk_status_claimable(stk_load(m->ring + (size_t)i * STK_SLOT_WORDS + STK_SLOT_STATUS)) ? 1u : 0u;
    }
    return found;
}

/* Says that the thread sleeps, and looks at the ring once more. A caller publishes, and then looks which threads sleep.
 * Thread and caller both add to one word (acquire and release), and one add comes first: either the caller sees the
 * sleeper, or the thread sees the slot. Returns true if there is a slot to claim, and the thread stays awake. Called
 * with the lock held. */
static bool stays_awake(struct stk_threads *t) {
    (void)stk_fetch_add(&t->asleep, 1);
    if (claimable(t, 1) == 0u) {
        return false;
    }
    (void)stk_fetch_add(&t->asleep, UINT32_MAX); /* adds -1 */
    return true;
}

/* Runs as the body of each thread: sleeps until drive calls, runs the worker, sleeps again. */
static void *work(void *arg) {
    struct stk_threads_worker *w = arg;
    struct stk_threads *t = w->port;
    (void)pthread_mutex_lock(&t->lock);
    while (sleep_until_called(t)) {
        (void)pthread_mutex_unlock(&t->lock);
        run(w);
        (void)pthread_mutex_lock(&t->lock);
        if (stays_awake(t)) {
            /* There is no third look. A slot that this worker may not claim, such as one of a tenant without quota,
             * would otherwise keep the thread awake for ever. */
            (void)pthread_mutex_unlock(&t->lock);
            run(w);
            (void)pthread_mutex_lock(&t->lock);
            (void)stk_fetch_add(&t->asleep, 1);
        }
        /* The lock is held from the add to `asleep` until the wait in sleep_until_called(), so no call of drive gets
         * lost in between. */
        t->idle_ends++;
    }
    (void)pthread_mutex_unlock(&t->lock);
    return NULL;
}

/* Wakes as many threads as there are slots beside the one that the caller's worker takes. The look without the lock
 * keeps a drive cheap while all threads run. This look is an add of 0 and no load: stays_awake() says why both sides
 * must add. */
static void wake_for_slots(struct stk_threads *t) {
    uint32_t wanted;
    if (stk_fetch_add(&t->asleep, 0) == 0u) {
        return;
    }
    wanted = claimable(t, t->workers);
    if (wanted <= t->own_slots) {
        return; /* the caller's worker takes the only one, if there is one */
    }
    (void)pthread_mutex_lock(&t->lock);
    for (; stk_load(&t->asleep) != 0u && wanted > t->own_slots; wanted--) {
        (void)stk_fetch_add(&t->asleep, UINT32_MAX); /* adds -1 */
        t->called++;
        t->launches++;
        (void)pthread_cond_signal(&t->wake);
    }
    (void)pthread_mutex_unlock(&t->lock);
}

/// Open and close ///

/* Opens worker `i` of `workers` over the shared memory. */
static int open_worker(struct stk_interp *interp, const struct stk_device_memory *memory,
                       const struct stk_threads_config *config, uint32_t i, uint32_t workers) {
    struct stk_interp_config c = config->interp;
    c.worker = i;
    c.workers = workers;
    if (i == 0u && workers > 1u) {
        /* With several workers, worker 0 ends each drive after one turn, so that the caller publishes again soon and no
         * thread waits for work. A worker that is alone keeps its turns, since a drive for each slot would only cost
         * time. */
        c.turns = 1;
    }
    return stk_interp_open(interp, memory, &c);
}

/* Makes at most `wanted` threads, which go to sleep at once. Returns how many the system gave; fewer is no error,
 * because fewer workers finish the same work. */
static uint32_t make_threads(struct stk_threads *t, uint32_t wanted) {
    uint32_t made = 0;
    while (made < wanted && pthread_create(&t->crew[made].thread, NULL, work, &t->crew[made]) == 0) {
        made++;
    }
    return made;
}

int stk_threads_open(struct stk_threads *t, const struct stk_device_memory *memory,
                     const struct stk_threads_config *config) {
    const struct stk_threads_config none = {.workers = 0};
    uint32_t wanted;
    int err;
    if (!t) {
        return STK_E_ARG;
    }
    *t = (struct stk_threads){.workers = 0};
    config = config ? config : &none;
    wanted = config->workers ? config->workers : stk_os_cpus();
    if (config->workers > STK_THREADS_WORKERS_MAX) {
        return STK_E_ARG;
    }
    wanted = wanted < STK_THREADS_WORKERS_MAX ? wanted : STK_THREADS_WORKERS_MAX;
    /* Checks the arguments before any thread exists, as the only worker. The real number of workers is known after
     * make_threads(), and each worker is opened with that number below. */
    err = open_worker(&t->own, memory, config, 0, 1);
    if (err != STK_OK) {
        return err;
    }
    (void)pthread_mutex_init(&t->lock, NULL);
    (void)pthread_cond_init(&t->wake, NULL);
    for (uint32_t i = 0; i < wanted - 1u; i++) {
        t->crew[i].port = t;
    }
    t->workers = 1u + make_threads(t, wanted - 1u);
    t->asleep = t->workers - 1u;
    t->own_slots = config->aside && t->workers > 1u ? 0u : 1u;
    /* No thread has been called yet, so each thread waits for the lock or for `wake`, and each worker is open before
     * its thread reads it. */
    err = open_worker(&t->own, memory, config, 0, t->workers);
    for (uint32_t i = 1; err == STK_OK && i < t->workers; i++) {
        err = open_worker(&t->crew[i - 1u].interp, memory, config, i, t->workers);
    }
    if (err != STK_OK) {
        stk_threads_close(t);
    }
    return err;
}

void stk_threads_close(struct stk_threads *t) {
    if (t->workers == 0u) {
        return;
    }
    (void)pthread_mutex_lock(&t->lock);
    t->closing = true;
    /* Wakes all threads, not one: each of them has to see `closing`. */
    (void)pthread_cond_broadcast(&t->wake);
    (void)pthread_mutex_unlock(&t->lock);
    for (uint32_t i = 1; i < t->workers; i++) {
        (void)pthread_join(t->crew[i - 1u].thread, NULL);
    }
    (void)pthread_cond_destroy(&t->wake);
    (void)pthread_mutex_destroy(&t->lock);
    t->workers = 0;
}

/// Dispatch ///

/* Runs the worker of the caller until it has done one slot, which may be any slot of the ring. A drive of one turn
 * looks at two slots and the next drive goes on behind them, so slots + 1 drives look at the whole ring. */
static int run_own(struct stk_threads *t) {
    uint32_t looks = t->workers > 1u ? t->own.memory.slots + 1u : 1u;
    int did = 0;
    for (uint32_t i = 0; i < looks && did == 0; i++) {
        did = stk_interp_ops.drive(&t->own, true);
    }
    return did;
}

static int threads_drive(void *ctx, bool pending) {
    struct stk_threads *t = ctx;
    if (!pending) {
        return 0;
    }
    wake_for_slots(t);
    if (t->own_slots == 0u) {
        return 0;
    }
    t->drives++;
    return run_own(t);
}

/* Returns true while a thread is awake. A thread that drive has called counts as awake at once, before it runs. */
static bool threads_has_workers(void *ctx) {
    struct stk_threads *t = ctx;
    bool awake;
    (void)pthread_mutex_lock(&t->lock);
    awake = stk_load(&t->asleep) != t->workers - 1u;
    (void)pthread_mutex_unlock(&t->lock);
    return awake;
}

/* Waits until all threads sleep. The caller has set SHUTDOWN, which a worker sees between two slots; a handler that
 * runs cannot be stopped. */
static int threads_stop(void *ctx, uint64_t timeout_ns) {
    struct stk_deadline end = stk_os_deadline(timeout_ns);
    while (threads_has_workers(ctx)) {
        struct timespec nap;
        if (stk_os_left_ns(&end) == 0u) {
            return threads_has_workers(ctx) ? STK_E_TIMEOUT : STK_OK;
        }
        nap = stk_os_timespec(stk_deadline_wait(&end, STK_WAIT_SLICE_NS));
        /* A signal may cut the sleep short: the loop looks again. */
        (void)nanosleep(&nap, NULL);
    }
    return STK_OK;
}

static void threads_info(void *ctx, struct stk_dispatch_info *info) {
    struct stk_threads *t = ctx;
    stk_interp_ops.info(&t->own, info);
    info->reason = t->workers > 1u ? "the kernel runs as C on threads of this process" : info->reason;
    (void)pthread_mutex_lock(&t->lock);
    /* Each drive of worker 0 counts as a launch that ended idle, since turns of one drive bound nothing here. Lease
     * ends are 0: no lease is counted on threads. */
    info->launches = t->drives + t->launches;
    info->idle_ends = t->drives + t->idle_ends;
    info->lease_ends = 0;
    (void)pthread_mutex_unlock(&t->lock);
}

const struct stk_dispatch_ops stk_threads_ops = {
    .name = "interp",
    .drive = threads_drive,
    .stop = threads_stop,
    .info = threads_info,
    .has_workers = threads_has_workers,
};
