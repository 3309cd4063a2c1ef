/* stoker port: the private members of struct stk_opencl. They are complete here for their size alone: nothing in them
 * is for the user of the port, and they change without notice. Each struct belongs to one folder of port/opencl
 * (port/opencl/README.md), and the files of that folder alone write it. */
#ifndef STOKER_PORT_OPENCL_OWN_H
#define STOKER_PORT_OPENCL_OWN_H

#include <stddef.h>
#include <stdint.h>

#include "stoker/deadline.h"
#include "stoker/device_copies.h"
#include "stoker/device_memory.h"
#include "stoker/device_watch.h"
#include "stoker/limits.h"
#include "stoker/store.h"

/* State of the port: state/. The order matters: from STK_OPENCL_WORKING on the port is open. */
enum stk_opencl_state {
    STK_OPENCL_CLOSED = 0,      /* the port holds nothing */
    STK_OPENCL_OPENING = 1,     /* open is at work, or it has failed and a kernel stays */
    STK_OPENCL_OPEN_FAILED = 2, /* open has failed by a failure of the device; its launches are waited for */
    STK_OPENCL_WORKING = 3,     /* the port works in its mode */
    STK_OPENCL_DOWNGRADING = 4, /* the mode is left: the next one comes once no launch runs */
    STK_OPENCL_QUIETING = 5,    /* recovery: waits until no launch runs */
    STK_OPENCL_NEW_CONTEXT = 6, /* recovery: makes a context, after a pause */
    STK_OPENCL_NEW_PROGRAM = 7, /* recovery: makes the program */
    STK_OPENCL_NEW_COPIES = 8,  /* recovery: makes the buffers for BATCH */
    STK_OPENCL_LOST = 9         /* the device is given up */
};

struct stk_opencl_life {
    enum stk_opencl_state state;
    uint64_t began_ns; /* monotonic time in nanoseconds when open began */
};

/* Handles of OpenCL: program/. */
struct stk_opencl_program {
    void *context, *queue, *program, *kernel;
};

/* One shared buffer, as the host sees it and as the kernel gets it. */
struct stk_opencl_region {
    void *host;                  /* address for the host: page-aligned, or as the driver mapped the buffer */
    void *cl_mem;                /* NULL: `host` is SVM */
    void *cl_context, *cl_queue; /* context in which the buffer was made, and queue by which it was mapped */
    void *raw;                   /* memory to free, where the buffer is not cl_mem alone; NULL: none */
    size_t bytes;                /* length in whole pages */
    int raw_is_svm;              /* 1: `raw` came from clSVMAlloc; 0: `raw` is pages of this process */
};

/* Shared memory: memory/. */
struct stk_opencl_buffers {
    struct stk_opencl_region regions[STK_DEVICE_PARTS];
    /* guard words, which the workers use among themselves, and the table of limits behind them; no host pointer */
    struct stk_opencl_region guards;
    uint32_t payload_bytes; /* bytes of the payload that launches may reach: none in the handshake */
    uint8_t *tries;         /* for each slot: how often the slot was put back */
};

/* Copies for a kernel that works on memory of the device: memory/. */
struct stk_opencl_copies {
    /* Buffers of the device, which the kernel gets; they have no host pointer. In BATCH all parts have one. In the
     * other modes only the tables have one, where the device is behind a bus. */
    struct stk_opencl_region device[STK_DEVICE_PARTS];
    struct stk_opencl_region sent[STK_PART_TABLES]; /* image to send: what the device holds, or held before a launch */
    struct stk_opencl_region got[STK_PART_TABLES];  /* image that came back */
    struct stk_device_changes tables;               /* bytes of the tables to send before the next launch */
    uint32_t tables_used;                           /* end of the bytes of the tables that the host ever changed */
    uint64_t copied;                                /* bytes copied to the device and back since open */
    int fresh;                                      /* 1: the device holds nothing yet */
    int untracked;                                  /* 1: reads into `got` may be under way without an event */
};

/* Terms of the launches: by the user's configuration, or as the handshake and the measurements need them. */
struct stk_opencl_terms {
    uint32_t workers;
    uint64_t watch_ns, deadline_ns;
    const struct stk_limits *limits;
};

/* State of the question whether more threads want cores than there are: launch/cores.c. */
struct stk_opencl_cores {
    uint64_t interval_ns; /* time at which the present interval began, in nanoseconds */
    uint64_t lost;        /* losses of cores before the interval */
    uint64_t scarce_ns;   /* time at which cores were last seen to be scarce, in nanoseconds */
    int scarce;           /* 1: cores count as scarce */
};

/* Launches: launch/. */
struct stk_opencl_launches {
    struct stk_opencl_terms terms;
    void *events[2];      /* events of the launches under way, the older one first; with copies, of their last read */
    void *kernel_event;   /* with copies: event of the kernel before that read */
    uint32_t end_target;  /* sum of the end counters of the control buffer once every launched worker has left */
    uint32_t merges;      /* launches with copies whose results were taken in */
    uint32_t drives;      /* drive calls; the port reads the clock only at some of them */
    uint64_t launched_ns; /* time in ns: the older launch was enqueued, or the launch before it ended */
    struct stk_deadline kernel_end;   /* deadline of the older launch: its lease and deadline_ns */
    int lease_ended;                  /* 1: the host has ended the older launch's lease */
    uint64_t idle_workers;            /* workers that left with nothing to do; the device's own counter wraps */
    uint32_t idle_seen;               /* value of the device's counter when it was last added to idle_workers */
    uint32_t limits[STK_LIMIT_WORDS]; /* the table of limits that workers read */
    int limits_sent;                  /* 1: the device has the table as it is in `limits` */
    struct stk_device_watch watch;
    struct stk_opencl_cores cores;
    int idle_adapts; /* 1: the user has left idle_ns to the port */
};

/* The search for a mode: search/. */
struct stk_opencl_search {
    int synchronous; /* 1: the driver runs a kernel inside the call that launches it */
};

/* Records in cache and store: persist/. */
struct stk_opencl_persisted {
    uint8_t program_key[STK_STORE_KEY_BYTES], outcome_key[STK_STORE_KEY_BYTES];
    int has_keys; /* 1: the keys are set */
    int rejected; /* 1: a record did not work, so no record is taken any more */
    int saved;    /* 1: the records of this open were put */
};

/* Slots that a lost launch had claimed. */
enum stk_opencl_claims {
    STK_OPENCL_CLAIMS_NONE = 0,       /* no slots, or all were put back */
    STK_OPENCL_CLAIMS_UNLAUNCHED = 1, /* slots that were claimed for a launch, and the launch did not start */
    STK_OPENCL_CLAIMS_LAUNCHED = 2    /* slots of a launch */
};

/* A lost context, which is kept until close: its last reads may still use its memory. */
struct stk_opencl_lost_context {
    void *context, *queue;
    struct stk_opencl_region got[STK_PART_TABLES];
};
#define STK_OPENCL_LOST_MAX 8u

/* A lost device: recover/. */
struct stk_opencl_recovery {
    uint32_t contexts_tried;       /* new contexts since open or stk_opencl_revive */
    uint32_t consecutive_failures; /* new contexts in a row without a launch that worked in between */
    uint32_t merges_seen;          /* value of own.launches.merges at the last look */
    struct stk_deadline quiet_end; /* deadline of the wait for launches that do not end */
    uint64_t next_ns;              /* monotonic time in nanoseconds before which no new context is made */
    enum stk_opencl_claims claims; /* slots that are still to be put back */
    struct stk_opencl_lost_context lost[STK_OPENCL_LOST_MAX];
    uint32_t lost_contexts;
};

struct stk_opencl_own {
    struct stk_opencl_life life;
    struct stk_opencl_program program;
    struct stk_opencl_buffers buffers;
    struct stk_opencl_copies copies;
    struct stk_opencl_launches launches;
    struct stk_opencl_search search;
    struct stk_opencl_persisted persisted;
    struct stk_opencl_recovery recovery;
};

#endif
