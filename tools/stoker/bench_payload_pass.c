/* A pass of stoker bench payload: each device claims runs of chunks, keeps its ring full, and takes the results. */
#include <pthread.h>
#include <sched.h>

#include "bench_payload.h"
#include "stoker/atomic.h"

#define DRIVE_EVERY 256u /* slots, or looks at one slot, between two drives */

/// One device ///

static int publish(struct payload_device *d, uint32_t slot, uint32_t offset) {
    const struct payload_work *w = d->shared->work;
    uint32_t lead = w->lead < offset ? w->lead : offset, args[STK_SLOT_ARGS] = {0};
    const struct stk_work work = {w->opcode, 0, STK_PRIORITY_NORMAL, STK_RESULT_ARG, args};
    int err;
    args[STK_ARG_OFFSET] = offset - lead;
    args[STK_ARG_BYTES] = lead + (w->bytes - offset < w->chunk ? w->bytes - offset : w->chunk);
    args[STK_ARG_LEAD] = lead;
    if (w->opcode == STK_OP_SCAN_COUNT) {
        args[STK_SCAN_IMAGE] = w->image_at;
        args[STK_SCAN_HITS] = w->hits_at;
    }
    err = stk_ring_publish(&d->ring, slot, &work);
    return err == STK_OK ? stk_control_ring_doorbell(&d->control, NULL) : err;
}

/* Publishes the next chunk of the newest run. */
static int send(struct payload_device *d) {
    int err = publish(d, d->sent % d->ring.slots, d->next * d->shared->work->chunk);
    d->next++;
    d->left--;
    d->sent++;
    if (err == STK_OK && d->sent % DRIVE_EVERY == 0u) {
        err = d->device.dispatch.ops->drive(d->device.dispatch.ctx, true);
        err = err < 0 ? err : STK_OK;
    }
    return err;
}

/* Waits for the oldest slot and adds its result up. The slots of a run come in their order. */
static int harvest(struct payload_device *d) {
    struct stk_work_split_run *run = &d->runs[d->first_run];
    struct stk_slot out = {0};
    uint32_t slot = d->taken % d->ring.slots;
    int err = bench_await(&d->device, &d->ring, slot, DRIVE_EVERY);
    err = err == STK_OK ? stk_ring_read(&d->ring, slot, &out) : err;
    err = err == STK_OK ? stk_work_split_done(&d->shared->units, d->index, run, 1) : err;
    d->result += (uint64_t)out.args[STK_RESULT_ARG + 1u] << 32 | out.args[STK_RESULT_ARG];
    d->taken++;
    if (run->count == 0u) {
        d->first_run = (d->first_run + 1u) % PAYLOAD_RUNS;
        d->run_count--;
    }
    return err;
}

/* Claims the next run if all chunks of the runs before are published. Returns 1 if all chunks of the pass are done. */
static int claim(struct payload_device *d) {
    struct stk_work_split_run *run = &d->runs[(d->first_run + d->run_count) % PAYLOAD_RUNS];
    int got = STK_E_FULL;
    if (d->left == 0u && d->run_count < PAYLOAD_RUNS) {
        got = stk_work_split_claim(&d->shared->units, d->index, run);
    }
    if (got == 1) {
        d->next = run->first;
        d->left = run->count;
        d->run_count++;
    }
    return got == 0;
}

/* Works until all chunks of the pass are done by any device. */
static int work(struct payload_device *d) {
    int err = STK_OK;
    while (err == STK_OK && !claim(d)) {
        if (d->left != 0u && d->sent - d->taken < d->ring.slots) {
            err = send(d);
        } else if (d->sent != d->taken) {
            err = harvest(d);
        } else {
            sched_yield(); /* another device does the rest of the chunks */
        }
    }
    return err;
}

/// All devices of a pass ///

static void *work_beside(void *arg) {
    struct payload_device *d = arg;
    (void)pthread_barrier_wait(&d->shared->start);
    d->err = work(d);
    if (d->err != STK_OK) {
        /* the other devices do the work of this device, and the pass ends */
        (void)!stk_work_split_lose(&d->shared->units, d->index);
    }
    return NULL;
}

/* Starts the pass on all devices, each on a thread of its own, and waits for all threads. */
static int work_together(struct payload_shared *s, struct payload_device *devices, uint64_t *start) {
    pthread_t threads[PAYLOAD_DEVICES_MAX];
    uint32_t threaded = 0;
    int err = STK_OK;
    if (pthread_barrier_init(&s->start, NULL, s->device_count) != 0) {
        return STK_E_NOMEM;
    }
    for (uint32_t i = 1; i < s->device_count && err == STK_OK; i++) {
        err = pthread_create(&threads[i], NULL, work_beside, &devices[i]) == 0 ? STK_OK : STK_E_NOMEM;
        threaded += err == STK_OK;
    }
    if (err != STK_OK) {
        return err; /* the threads that were made never go on: the command ends now */
    }
    (void)pthread_barrier_wait(&s->start);
    *start = cli_now_ns();
    devices[0].err = work(&devices[0]);
    if (devices[0].err != STK_OK) {
        (void)!stk_work_split_lose(&s->units, 0);
    }
    for (uint32_t i = 1; i <= threaded; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    (void)pthread_barrier_destroy(&s->start);
    return STK_OK;
}

/* Prepares a device for a pass. A device whose last pass failed has lost its runs: as far as the host can tell, the
 * device works on nothing any more. */
static void begin(struct payload_device *d, bool works) {
    d->sent = d->taken = d->left = d->run_count = d->first_run = 0;
    d->result = 0;
    d->err = STK_OK;
    (void)!(works ? stk_work_split_rejoin(&d->shared->units, d->index)
                  : stk_work_split_lose(&d->shared->units, d->index));
}

/* Learns from a pass of one device how fast it is. */
static void learn(struct payload_shared *s, uint32_t device, uint64_t bytes, uint64_t ns) {
    stk_device_set_learn(&s->speeds[device], bytes, ns);
    for (uint32_t i = 0; i < s->device_count; i++) {
        (void)!stk_work_split_weigh(&s->units, i, stk_device_set_weight(&s->fleet, i));
    }
}

int payload_pass(struct payload_shared *s, struct payload_device *devices, uint32_t count,
                 const struct payload_work *pass, uint64_t *result, uint64_t *took) {
    struct payload_device *all = devices - devices->index;
    uint64_t start = 0;
    int err;
    s->work = pass;
    for (uint32_t i = 0; i < s->device_count; i++) {
        begin(&all[i], i >= devices->index && i < devices->index + count);
    }
    err = stk_work_split_begin(&s->units, payload_chunks(pass->bytes, pass->chunk), 0);
    if (err != STK_OK) {
        return err;
    }
    if (count > 1u) {
        err = work_together(s, devices, &start);
    } else {
        start = cli_now_ns();
        err = work(devices);
    }
    *took = cli_now_ns() - start;
    for (uint32_t i = 0; i < count; i++) {
        err = err == STK_OK ? devices[i].err : err;
        *result += devices[i].result;
        devices[i].done += count > 1u ? devices[i].taken : 0u;
    }
    if (count == 1u && err == STK_OK) {
        learn(s, devices->index, pass->bytes, *took);
    }
    return err;
}

int payload_share(struct payload_shared *s, struct payload_device *devices, uint32_t count) {
    const struct stk_work_split_config config = {.devices = count, .runs = PAYLOAD_RUNS, .run_min = PAYLOAD_RUN_MIN};
    struct stk_arena arena;
    int err;
    s->device_count = count;
    s->fleet = (struct stk_device_set){.devices = s->speeds, .count = count};
    for (uint32_t i = 0; i < count; i++) {
        struct payload_device *d = &devices[i];
        struct stk_dispatch_info info = {.device = ""};
        d->shared = s;
        d->index = i;
        d->ring = (struct stk_ring){.words = d->device.memory.ring, .slots = d->device.memory.slots};
        d->control = (struct stk_control){.words = d->device.memory.control, .count = d->device.memory.control_words};
        d->device.dispatch.ops->info(d->device.dispatch.ctx, &info);
        stk_device_set_describe(&s->speeds[i], &info, &d->device.memory);
    }
    stk_arena_init(&arena, s->units_memory, sizeof s->units_memory);
    err = stk_work_split_init(&s->units, &config, &arena);
    return err == STK_OK ? 0 : cli_bad("bench payload: %s: %s", stk_err_name(err), cli_fix(err));
}
