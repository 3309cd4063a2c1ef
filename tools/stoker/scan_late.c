/* The device that joins a scan which the interpreter has begun. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scan.h"
#include "stoker/atomic.h"

/* A device is opened only if the rest of the scan would take the interpreter longer than this: a driver starts in 50 to
 * 500 ms, and takes as much time of the CPU. */
#define WORTH_NS UINT64_C(400000000)
/* The rate of the interpreter counts as known after this time. */
#define RATE_NS UINT64_C(40000000)
#define LOOK_NS UINT64_C(5000000) /* time between two looks */
/* The rate of a device counts as known after this many bytes, or after this time. */
#define PROOF    (UINT64_C(128) << 20)
#define PROOF_NS UINT64_C(500000000)

bool scan_is_auto(const struct scan_options *o) {
    const char *residency = getenv("STOKER_RESIDENCY"), *memory = getenv("STOKER_MEMORY");
    const char *name = o->devices[0];
    bool asks = o->residency || o->memory || o->lanes || o->record || (o->store && o->store[0]) ||
                (residency && *residency) || (memory && *memory);
    return !o->all_devices && o->device_count == 1u && (!name || strcmp(name, "auto") == 0) && !asks;
}

static void say(struct scan *s, const char *what, const char *why) {
    snprintf(s->late.why, sizeof s->late.why, "%s%.400s", what, why);
}

void scan_late_init(struct scan *s, const struct cli_device_wish *wish) {
    struct scan_late *l = &s->late;
    if (!s->is_auto) {
        return;
    }
    l->state = SCAN_LATE_WAITING;
    l->wish = *wish;
    l->wish.name = NULL;
    l->wish.no_cpu = 1;
    l->wish.fit_ctx = &s->devices[1];
    s->devices[1].scan = s;
    for (uint32_t i = 0; i < s->options.file_count; i++) {
        l->known_bytes += s->files[i].size;
    }
    say(s, "the interpreter was done before another device would have started", "");
}

/// Opening ///

/* Runs on a thread: opens the device while the interpreter scans. */
static void *open_beside(void *arg) {
    struct scan *s = arg;
    s->late.err = cli_device_try(&s->devices[1].device, &s->late.wish);
    /* release: a thread that sees the new state also sees the device */
    stk_store_release(&s->late.state, SCAN_LATE_OPEN);
    return NULL;
}

/* Returns the bytes that were scanned so far, over all files. */
static uint64_t done_bytes(const struct scan *s) {
    uint64_t done = 0;
    for (uint32_t i = 0; i < s->options.file_count; i++) {
        done += s->files[i].bytes;
    }
    return done;
}

/* Returns true if a file under way can only be read in order. */
static bool reads_pipe(struct scan *s) {
    bool any = false;
    for (uint32_t i = 0; i < s->input_count; i++) {
        any |= scan_input_at(s, i)->sequential != 0;
    }
    return any;
}

/* Begins to open a device if the rest of the scan is long enough. A pipe stays with the device that began it, so
 * nothing is opened while a pipe is read. */
static void open_if_worth(struct scan *s, uint64_t now) {
    struct scan_late *l = &s->late;
    uint64_t done = done_bytes(s), elapsed = now - s->started_ns;
    /* Without a chunk that was scanned no rate is known, however long the first chunk takes. */
    if (reads_pipe(s) || elapsed < RATE_NS || done == 0 || done >= l->known_bytes) {
        return;
    }
    l->rate = (double)done / (double)elapsed;
    if ((double)(l->known_bytes - done) > l->rate * (double)WORTH_NS) {
        say(s, "the interpreter was done before another device had started", "");
        l->state = SCAN_LATE_OPENING;
        if (pthread_create(&l->thread, NULL, open_beside, s) != 0) {
            say(s, "the system gave no thread to open another device", "");
            l->state = SCAN_LATE_OVER;
        }
    }
}

/// Joining and leaving ///

/* Stops the device from taking units. The units of its newest job that it has not read go to the other devices. */
static void leave(struct scan_device *d) {
    struct scan *s = d->scan;
    struct scan_job *job = d->newest;
    d->leaving = 1;
    s->fleet_devices[d->index].lost = true;
    if (job && !job->input->sequential && job->input->unit_bytes == s->options.chunk && job->next < job->end) {
        job->end = job->next;
    }
}

/* Lets a device that leaves take units again. */
static void come_back(struct scan_device *d) {
    struct scan *s = d->scan;
    d->leaving = 0;
    s->fleet_devices[d->index].lost = false;
    scan_rejoin_units(d);
    if (d->newest && !d->newest->input->sequential) {
        scan_job_restore(d, d->newest);
    }
}

bool scan_late_return(struct scan_device *lost) {
    bool any = false;
    for (uint32_t i = 0; i < lost->scan->device_count; i++) {
        struct scan_device *d = &lost->scan->devices[i];
        if (d != lost && d->leaving && !d->lost) {
            come_back(d);
            any = true;
        }
    }
    return any;
}

/* Lets the device begin that the thread has opened, and the interpreter leave. */
static void join(struct scan *s, uint64_t now) {
    struct scan_late *l = &s->late;
    struct scan_device *d = &s->devices[1];
    (void)pthread_join(l->thread, NULL);
    l->state = SCAN_LATE_OVER;
    if (l->err != STK_OK) {
        say(s, "no other device: ", d->device.note);
        cli_device_close(&d->device);
        return;
    }
    d->index = 1;
    s->options.devices[1] = d->device.opencl.device.name;
    s->device_count = 2;
    if (scan_device_prepare(d) != 0) {
        d->lost = 1; /* the message is printed; the interpreter scans the rest alone */
        return;
    }
    s->fleet.count = 2;
    scan_rejoin_units(d);
    leave(&s->devices[0]);
    say(s, "the interpreter scanned until another device had started", "");
    l->joined_ns = now;
    l->state = SCAN_LATE_JOINED;
}

/* Compares the device, which has shown how fast it is, with the interpreter. A slower device leaves again. */
static void judge(struct scan *s, uint64_t now) {
    struct scan_late *l = &s->late;
    uint64_t bytes = scan_device_bytes(&s->devices[1]);
    if (s->devices[1].lost || s->devices[0].lost) {
        l->state = SCAN_LATE_OVER; /* one device scans alone, so its speed does not matter */
    } else if (bytes >= PROOF || now - l->joined_ns >= PROOF_NS) {
        if ((double)bytes < l->rate * (double)(now - l->joined_ns)) {
            leave(&s->devices[1]);
            come_back(&s->devices[0]);
            say(s, "another device had started, and was slower than the interpreter", "");
        }
        l->state = SCAN_LATE_OVER;
    }
}

void scan_late_look(struct scan *s) {
    struct scan_late *l = &s->late;
    uint32_t state = stk_load_acquire(&l->state);
    uint64_t now;
    if (state == SCAN_LATE_NONE || state == SCAN_LATE_OVER) {
        return;
    }
    now = cli_now_ns();
    if (now - l->looked_ns < LOOK_NS) {
        return;
    }
    l->looked_ns = now;
    if (state == SCAN_LATE_WAITING) {
        open_if_worth(s, now);
    } else if (state == SCAN_LATE_OPEN) {
        join(s, now);
    } else if (state == SCAN_LATE_JOINED) {
        judge(s, now);
    }
}

bool scan_late_close(struct scan *s) {
    struct scan_late *l = &s->late;
    uint32_t state = stk_load_acquire(&l->state);
    if (state == SCAN_LATE_OPENING) {
        (void)pthread_detach(l->thread);
        cli_leave_threads();
        return true;
    }
    if (state == SCAN_LATE_OPEN) {
        (void)pthread_join(l->thread, NULL);
        cli_device_close(&s->devices[1].device);
    }
    return false;
}
