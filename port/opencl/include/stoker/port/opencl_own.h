/* stoker port: what struct stk_opencl holds for itself. It is complete here for its size alone: nothing in it is for
 * the user of the port, and it changes without notice. Each struct belongs to one folder of port/opencl
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

/* What the port is about: state/. In this order: from STK_OPENCL_WORKING on the port is open. */
enum stk_opencl_state {
    STK_OPENCL_CLOSED = 0,      /* it holds nothing */
    STK_OPENCL_OPENING = 1,     /* open is at work, or has failed while a kernel stays */
    STK_OPENCL_OPEN_FAILED = 2, /* so has open, by a failure of the device: what was launched is waited for */
    STK_OPENCL_WORKING = 3,
    STK_OPENCL_DOWNGRADING = 4, /* the mode is left: the next one comes once no launch runs */
    STK_OPENCL_QUIETING = 5,    /* recovery: until no launch runs */
    STK_OPENCL_NEW_CONTEXT = 6, /* recovery: after a pause */
    STK_OPENCL_NEW_PROGRAM = 7,
    STK_OPENCL_NEW_COPIES = 8,
    STK_OPENCL_LOST = 9
};

struct stk_opencl_life {
    enum stk_opencl_state state;
    uint64_t began_ns; /* when open began */
};

/* Handles of OpenCL: program/. */
struct stk_opencl_program {
    void *context, *queue, *program, *kernel;
};

/* One shared buffer: what the host sees of it, and what the kernel is given. */
struct stk_opencl_region {
    void *host;                  /* page-aligned, or as the driver mapped it */
    void *cl_mem;                /* NULL: `host` is SVM */
    void *cl_context, *cl_queue; /* in which it was made and mapped */
    void *raw;                   /* what is to be freed, where that is not cl_mem */
    size_t bytes;                /* whole pages */
    int raw_is_svm;              /* raw: from clSVMAlloc; else pages of this process */
};

/* Shared memory: memory/. */
struct stk_opencl_buffers {
    struct stk_opencl_region regions[STK_DEVICE_PARTS];
    /* guard words, which the workers use among themselves, and the table of limits behind them; no host pointer */
    struct stk_opencl_region guards;
    uint32_t payload_bytes; /* bytes of the payload that launches may reach: none in the handshake */
    uint8_t *tries;         /* for each slot: how often the slot was put back */
};

/* Copies, where the kernel has memory of its own: memory/. */
struct stk_opencl_copies {
    /* Kernel arguments; no host pointer. The tables may be here in any mode. */
    struct stk_opencl_region device[STK_DEVICE_PARTS];
    struct stk_opencl_region sent[STK_PART_TABLES]; /* what the device holds, or held before the launch */
    struct stk_opencl_region got[STK_PART_TABLES];  /* what came back */
    struct stk_device_changes tables;               /* what is to be sent of the tables before the next launch */
    uint32_t tables_used;                           /* end of the bytes of the tables that the host ever changed */
    uint64_t copied;                                /* bytes there and back since open */
    int fresh;                                      /* the device holds nothing yet */
    int untracked;                                  /* reads into `got` may be under way that no event tells of */
};

/* What holds for launches: the user's configuration, or what the handshake and the measurements need. */
struct stk_opencl_terms {
    uint32_t workers;
    uint64_t watch_ns, deadline_ns;
    const struct stk_limits *limits;
};

/* Whether more threads want cores than there are: launch/cores.c. */
struct stk_opencl_cores {
    uint64_t window_ns; /* time at which the present window began, in nanoseconds */
    uint64_t lost;      /* losses of cores before the window */
    uint64_t scarce_ns; /* time at which cores were last seen to be scarce, in nanoseconds */
    int scarce;         /* 1: cores count as scarce */
};

/* Launches: launch/. */
struct stk_opencl_launches {
    struct stk_opencl_terms terms;
    void *events[2];      /* of the launches under way, the older one first; with copies, of their last read */
    void *kernel_event;   /* with copies: of the kernel before that read */
    uint32_t end_target;  /* control's end counters once every launched worker has left */
    uint32_t merges;      /* launches with copies whose results were taken in */
    uint32_t drives;      /* drive calls; the port reads the clock only at some of them */
    uint64_t launched_ns; /* when the older launch became the older one */
    struct stk_deadline kernel_end;   /* deadline of the older launch: its lease and deadline_ns */
    int lease_ended;                  /* the host has ended the older launch's lease */
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

/* What is kept in cache and store: persist/. */
struct stk_opencl_persisted {
    uint8_t program_key[STK_STORE_KEY_BYTES], outcome_key[STK_STORE_KEY_BYTES];
    int has_keys;
    int rejected; /* what was found did not work: nothing is taken any more */
    int saved;    /* what this open made was put */
};

/* What a lost launch had in hand. */
enum stk_opencl_claims {
    STK_OPENCL_CLAIMS_NONE = 0,       /* nothing, or it was put back */
    STK_OPENCL_CLAIMS_UNLAUNCHED = 1, /* the launch never was */
    STK_OPENCL_CLAIMS_LAUNCHED = 2
};

/* What a lost context holds until close: it may have read or written its memory to the last. */
struct stk_opencl_lost_context {
    void *context, *queue;
    struct stk_opencl_region got[STK_PART_TABLES];
};
#define STK_OPENCL_LOST_MAX 8u

/* A lost device: recover/. */
struct stk_opencl_recovery {
    uint32_t contexts_tried;       /* since open or stk_opencl_revive */
    uint32_t consecutive_failures; /* new contexts in a row without a launch that worked in between */
    uint32_t merges_seen;          /* own.launches.merges when it was last looked at */
    struct stk_deadline quiet_end; /* deadline of the wait for launches that do not end */
    uint64_t next_ns;              /* time before which no new context is made */
    enum stk_opencl_claims claims; /* what is still to be put back */
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
