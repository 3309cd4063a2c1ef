/* stoker port: workers of the interpreter on threads.
 *
 * A thread is awake or asleep. A thread goes to sleep when its worker finds no slot to claim. Only drive wakes threads:
 * as many as there are slots to claim, but for the slot that the caller's worker takes.
 */
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

/* Runs the worker until it finds nothing to do. */
static void run(struct stk_threads_worker *w) {
    while (stk_interp_ops.drive(&w->interp, true) > 0) {
    }
}

/* Sleeps until drive calls this thread. Returns false when the port closes. Called with the lock held. */
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

/* Returns how many slots of the ring a worker could claim, at most `most`. */
static uint32_t claimable(const struct stk_threads *t, uint32_t most) {
    const struct stk_device_memory *m = &t->own.memory;
    uint32_t found = 0;
    for (uint32_t i = 0; i < m->slots && found < most; i++) {
        found += stk_status_claimable(stk_load(m->ring + (size_t)i * STK_SLOT_WORDS + STK_SLOT_STATUS)) ? 1u : 0u;
    }
    return found;
}

/* Says that the thread sleeps, and looks at the ring once more. A caller publishes, and then looks which threads sleep.
 * Both do so by an add to one word (acquire and release), and one add comes first: either the caller sees the sleeper,
 * or the thread sees the slot. Returns true if there is a slot to claim, and the thread stays awake. Called with the
 * lock held. */
static bool stays_awake(struct stk_threads *t) {
    (void)stk_fetch_add(&t->asleep, 1);
    if (claimable(t, 1) == 0u) {
        return false;
    }
    (void)stk_fetch_add(&t->asleep, UINT32_MAX); /* one less */
    return true;
}

static void *work(void *arg) {
    struct stk_threads_worker *w = arg;
    struct stk_threads *t = w->port;
    (void)pthread_mutex_lock(&t->lock);
    while (sleep_until_called(t)) {
        (void)pthread_mutex_unlock(&t->lock);
        run(w);
        (void)pthread_mutex_lock(&t->lock);
        if (stays_awake(t)) {
            /* A slot that the worker may not claim, such as one of a tenant without quota, must not keep the thread
             * awake: there is no third look. */
            (void)pthread_mutex_unlock(&t->lock);
            run(w);
            (void)pthread_mutex_lock(&t->lock);
            (void)stk_fetch_add(&t->asleep, 1);
        }
        t->idle_ends++;
    }
    (void)pthread_mutex_unlock(&t->lock);
    return NULL;
}

/* Wakes as many threads as there are slots beside the one that the caller's worker takes. The look without the lock
 * keeps a drive cheap while all threads run; stays_awake says why it is an add. */
static void wake_for_slots(struct stk_threads *t) {
    uint32_t wanted;
    if (stk_fetch_add(&t->asleep, 0) == 0u) {
        return;
    }
    wanted = claimable(t, t->workers);
    if (wanted < 2u) {
        return; /* the caller's worker takes the only one */
    }
    (void)pthread_mutex_lock(&t->lock);
    for (; stk_load(&t->asleep) != 0u && wanted > 1u; wanted--) {
        (void)stk_fetch_add(&t->asleep, UINT32_MAX); /* one less */
        t->called++;
        t->launches++;
        (void)pthread_cond_signal(&t->wake);
    }
    (void)pthread_mutex_unlock(&t->lock);
}

/// Open and close ///

/* Opens worker `i` of `workers`. */
static int open_worker(struct stk_interp *interp, const struct stk_device_memory *memory,
                       const struct stk_threads_config *config, uint32_t i, uint32_t workers) {
    struct stk_interp_config c = config->interp;
    c.worker = i;
    c.workers = workers;
    if (i == 0u && workers > 1u) {
        c.turns = 1; /* the caller publishes again after each slot, so that no thread waits for work */
    }
    return stk_interp_open(interp, memory, &c);
}

/* Makes the threads, which sleep at once. Returns how many there are. */
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
    /* No thread has been called: each worker is opened before its thread reads it. */
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

/* The own worker's turn: one slot, which may be any slot of the ring. A turn looks at two slots, and the next turn goes
 * on behind them. */
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
    t->drives++;
    return run_own(t);
}

static bool threads_has_workers(void *ctx) {
    struct stk_threads *t = ctx;
    bool awake;
    (void)pthread_mutex_lock(&t->lock);
    awake = stk_load(&t->asleep) != t->workers - 1u;
    (void)pthread_mutex_unlock(&t->lock);
    return awake;
}

/* Workers see SHUTDOWN between two slots. */
static int threads_stop(void *ctx, uint64_t timeout_ns) {
    struct stk_deadline end = stk_os_deadline(timeout_ns);
    while (threads_has_workers(ctx)) {
        struct timespec nap;
        if (stk_os_left_ns(&end) == 0u) {
            return threads_has_workers(ctx) ? STK_E_TIMEOUT : STK_OK;
        }
        nap = stk_os_timespec(stk_deadline_wait(&end, STK_WAIT_SLICE_NS));
        (void)nanosleep(&nap, NULL); /* cut short by a signal: the loop looks again */
    }
    return STK_OK;
}

static void threads_info(void *ctx, struct stk_dispatch_info *info) {
    struct stk_threads *t = ctx;
    stk_interp_ops.info(&t->own, info);
    info->reason = t->workers > 1u ? "the kernel runs as C on threads of this process" : info->reason;
    (void)pthread_mutex_lock(&t->lock);
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
