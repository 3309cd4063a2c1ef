/* stoker port interface: dispatch, the workers that take slots from a ring. */
#ifndef STOKER_PORT_DISPATCH_H
#define STOKER_PORT_DISPATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "stoker/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The buffers that host and workers share. Each is an array of little-endian words, aligned to 64 bytes.
 * stoker/device_memory.h lays them out. */
struct stk_device_memory {
    uint32_t *ring;         /* slots * 16 words */
    uint32_t slots;         /* slots of the ring */
    uint32_t *control;      /* control buffer: control_words words, then the custody words where there are any */
    uint32_t control_words; /* words that handlers may reach, at least STK_CTL_WORDS_MIN; no custody words */
    uint32_t *debug;        /* debug log: 1 + 4 * records words; may be NULL with 0 words */
    uint32_t debug_words;   /* words of the debug log */
    uint32_t *io;           /* I/O queue: 8 words for each I/O slot; may be NULL with 0 slots */
    uint32_t io_slots;      /* I/O slots of the queue */
    uint8_t *payload;       /* bytes that handlers read and write; may be NULL with 0 bytes */
    uint32_t payload_bytes; /* length of the payload */
    uint8_t *tables;        /* bytes that handlers read and only the host writes (stoker/tables.h); NULL with 0 bytes */
    uint32_t table_bytes;   /* length of the tables */
};

/* Residency mode: when host and workers see each other's stores (port/README.md, "Dispatch"). Smaller is better. */
enum stk_residency {
    STK_RESIDENT = 1, /* during a launch */
    STK_QUANTUM = 2,  /* stores are seen at the borders of a launch */
    STK_BATCH = 3     /* by copies, before and after a launch */
};

struct stk_dispatch_info {
    const char *device;           /* the device's own name; lives as long as the port */
    const char *memory;           /* kind of the shared memory, such as "fine-grain SVM" */
    const char *reason;           /* why the port is in this residency mode */
    enum stk_residency residency; /* residency mode now */
    uint32_t workers;             /* workers of a launch: work-groups of the kernel */
    uint32_t lanes;               /* lanes of a worker: work-items of a work-group */
    uint64_t launches;            /* kernel launches since open; those that have not ended are under way or enqueued */
    uint64_t lease_ends;          /* launches that ended because their lease was used up */
    uint64_t idle_ends;           /* launches that ended because there was nothing to do */
    uint64_t probe_p50_ns;        /* the handshake at open: median round trip of a slot; 0: there was none */
    uint32_t probe_rounds;        /* rounds of the handshake */
    uint32_t probe_items;         /* slots that the handshake checked for order */
    uint64_t copied_bytes; /* bytes copied to the device and back since open: in BATCH, and for tables of its own */
    uint32_t fallbacks;    /* times that memory stopped being shared and the next mode was taken */
    uint32_t recoveries;   /* times that the device or its driver failed and the port still went on */
};

struct stk_dispatch_ops {
    const char *name;

    /* Moves work on: makes sure that workers run when `pending` says that published slots wait, renews a lease that
     * ended, and, where the workers are code on this thread, runs them for a bounded number of slots. Call it after
     * publishing and in every step of a wait. Never blocks. Returns 1 when it did something, 0 when there was nothing
     * to do, STK_E_DEVICE when the device was lost. Mandatory. */
    int (*drive)(void *ctx, bool pending);

    /* Waits until no worker runs, at most `timeout_ns` (0 looks once, UINT64_MAX never ends); the caller has set the
     * control buffer's SHUTDOWN word, after which workers claim nothing and end what they hold. STK_OK: no slot is a
     * worker's; STK_E_TIMEOUT; STK_E_DEVICE. May be called again, and drive starts workers again once the word is 0.
     * Mandatory. */
    int (*stop)(void *ctx, uint64_t timeout_ns);

    /* Describes the port. Mandatory. */
    void (*info)(void *ctx, struct stk_dispatch_info *info);

    /* Returns true if a worker may touch the memory of the host: one runs, or was launched and may begin at any time.
     * Returns false in BATCH, where workers have copies. Where bit 0 of STK_CTL_NO_SHARED_ATOMICS is set, the host
     * moves a slot that a worker may claim only while this is false; and workers start in drive only, so it stays false
     * until the next drive. Never blocks. Mandatory. */
    bool (*has_workers)(void *ctx);

    /* The caller is about to write bytes [first, first + bytes) of the tables, and drives next after it has written
     * them. Makes sure that no launch with older bytes runs. Workers which read the host's own memory may run on. Where
     * the device has a copy of the tables, the port waits at most `timeout_ns` for the workers to leave, and sends
     * these bytes before the next launch. STK_OK; STK_E_RANGE the bytes leave the tables; STK_E_TIMEOUT, STK_E_DEVICE
     * as stop: do not write then. Optional: NULL means that workers read the host's own memory. */
    int (*change_tables)(void *ctx, uint32_t first, uint32_t bytes, uint64_t timeout_ns);
};

/* A dispatch port: its functions and its object. Both stay the caller's and must outlive every object that got the
 * port. */
struct stk_dispatch_port {
    const struct stk_dispatch_ops *ops;
    void *ctx;
};

#ifdef __cplusplus
}
#endif
#endif
