/* stoker port: dispatch by a kernel on an OpenCL device, in the best way in which the device can share memory with the
 * host.
 *
 * Open tries the kinds of shared memory one after the other, and finds by a bounded handshake which residency mode
 * works. In RESIDENT a running kernel and the host see each other's stores. In QUANTUM they see them at the borders of
 * a launch. BATCH uses copies, and works on every device. The kernel is the same in all modes. It runs under a lease:
 * it leaves after a number of turns, after a number of idle turns, or when the host ends the lease. The next drive with
 * work launches it once more. All state is in the ring, so nothing is lost between two leases. If the memory stops
 * being shared, the port notices this and goes on in the next mode.
 *
 * Threads: any, one at a time per object; not from a signal handler. port/README.md lists the calls that may block. */
#ifndef STOKER_PORT_OPENCL_H
#define STOKER_PORT_OPENCL_H

#include <stddef.h>
#include <stdint.h>

#include "stoker/blake3.h"
#include "stoker/cache.h"
#include "stoker/deadline.h"
#include "stoker/limits.h"
#include "stoker/port/dispatch.h"
#include "stoker/port/opencl_own.h"
#include "stoker/store.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Devices ///

/* Kinds of devices, in the order in which open tries them. */
enum stk_opencl_type {
    STK_OPENCL_GPU = 0,
    STK_OPENCL_ACCELERATOR = 1,
    STK_OPENCL_CPU = 2, /* a CPU, often that of the host */
    STK_OPENCL_OTHER = 3
};

/* A device, as its driver describes it. A text that is longer than its member is cut between two characters. A text
 * that the driver does not give is "?". */
struct stk_opencl_device {
    char name[96];     /* CL_DEVICE_NAME */
    char platform[64]; /* CL_PLATFORM_NAME */
    char version[128]; /* CL_DEVICE_VERSION */
    char driver[64];   /* CL_DRIVER_VERSION */
    /* Digest of these texts and CL_PLATFORM_VERSION, each as long as the driver gives it. */
    uint8_t identity[STK_BLAKE3_OUT];
    int identified;         /* 0: the driver did not give all of the texts, and `identity` is zeros */
    uint32_t compute_units; /* number of compute units */
    uint32_t lanes; /* work-items in a group that suit it: 1 for a CPU, 256 or as many as a group may have for others */
    /* bytes of a tile in local memory (stoker/kernel/tile.h) for a group of several lanes; 0: no tile, since the device
     * is no GPU, or its local memory is too small or lies in other memory */
    uint32_t tile_bytes;
    uint64_t memory; /* bytes of global memory */
    enum stk_opencl_type type;
    int unified;     /* host and device have one memory, so that a buffer of the host's costs the device no bus */
    int fine_grain;  /* 1: the device has fine-grain SVM buffers */
    int svm_atomics; /* 1: the device has atomics on fine-grain SVM */
    void *id;        /* cl_device_id of the device */
};

/* Describes device `index`, counted from 0 over all platforms, in *device. STK_E_NODEV there is no such device, or no
 * OpenCL driver at all. */
STK_MUST_CHECK int stk_opencl_device(uint32_t index, struct stk_opencl_device *device);

/* Describes the next device in the order in which open tries them, and returns its index. The order is by type; within
 * a type by shared memory (first the devices with atomics on fine-grain SVM, then those with fine-grain SVM, then the
 * others); then by index. `*place` is 0 before the first call. STK_E_NODEV there is no further device, and *device is
 * unchanged. */
STK_MUST_CHECK int stk_opencl_next(uint32_t *place, struct stk_opencl_device *device);

/* Demands on a device. A member that is 0 or NULL demands nothing. */
struct stk_opencl_need {
    const char *name;            /* a part of its name, in letters of any case; NULL: any name */
    uint64_t memory;             /* least bytes of global memory */
    uint32_t compute_units;      /* least compute units */
    int fine_grain, svm_atomics; /* 1: as in struct stk_opencl_device */
};

/* Finds the first device from index `from` on that meets all demands, describes it and returns its index. As text this
 * index is what stk_opencl_config.device takes: two devices may have the same name. STK_E_NODEV there is no such
 * device. */
STK_MUST_CHECK int stk_opencl_find(const struct stk_opencl_need *need, uint32_t from, struct stk_opencl_device *device);

/// Shared memory ///

/* Kinds of memory, in the order in which open tries them. */
enum stk_opencl_memory {
    STK_OPENCL_ANY = 0,
    STK_OPENCL_SVM_ATOMICS = 1, /* fine-grain SVM with atomics */
    STK_OPENCL_HOST_NV = 2,     /* host-located buffer: clCreateBufferNV of cl_nv_create_buffer */
    STK_OPENCL_ALLOC_HOST = 3,  /* CL_MEM_ALLOC_HOST_PTR, mapped */
    STK_OPENCL_USE_HOST = 4,    /* CL_MEM_USE_HOST_PTR over pages of this process, mapped */
    STK_OPENCL_SVM = 5,         /* fine-grain SVM without atomics */
    STK_OPENCL_COPIES = 6       /* buffers of the device, copied there and back */
};
#define STK_OPENCL_KINDS 7u

/* Returns the name of a kind, such as "host-located buffer"; "any" for STK_OPENCL_ANY and numbers out of range.
 * Static. */
const char *stk_opencl_memory_name(enum stk_opencl_memory memory);

/* Outcome of a handshake over one kind of memory. It may be kept and given to a later open of the same device under the
 * same driver, which then does not probe; a store does both by itself. */
struct stk_opencl_outcome {
    char device[96], driver[64];      /* the device and the driver that the outcome belongs to */
    uint8_t identity[STK_BLAKE3_OUT]; /* identity of this device: stk_opencl_device.identity */
    enum stk_opencl_memory memory;
    enum stk_residency residency; /* mode that works; 0: none */
    uint32_t rounds;              /* slots that were published and answered one at a time */
    uint64_t p50_ns;              /* median of the round trips of these slots, in nanoseconds */
    uint32_t items;     /* slots answered while many were in flight, none with an old payload behind its status */
    uint64_t items_ns;  /* nanoseconds that the `items` slots took together */
    uint32_t adds;      /* RESIDENT: adds of host and workers to one word at the same time */
    uint32_t adds_lost; /* adds that were lost */
    uint64_t turn_cost; /* nanoseconds of 20,000 turns over an empty ring */
    uint64_t unit_cost; /* nanoseconds that 2^20 units of cost take (stoker/limits.h) */
    uint64_t lane_cost; /* nanoseconds that 2^20 bytes take when one lane reads them alone */
};

/// Records in cache and store ///

/* Place that a program or an outcome came from. */
enum stk_opencl_origin {
    STK_OPENCL_MADE = 0, /* compiled, or probed, by this open */
    STK_OPENCL_FROM_CACHE = 1,
    STK_OPENCL_FROM_STORE = 2,
    STK_OPENCL_FROM_CALLER = 3 /* an outcome: config.known */
};

/* Returns "this open", "the cache", "the store" or "the caller". Static. */
const char *stk_opencl_origin_name(enum stk_opencl_origin origin);

/// The user's handlers ///

/* Most pieces, most fused ops, and most bytes of a name. */
#define STK_OPENCL_PIECES_MAX 32u
#define STK_OPENCL_FUSED_MAX  16u
#define STK_OPENCL_PARTS_MAX  8u /* functions of a fused op */
#define STK_OPENCL_NAME_MAX   63u

/* A piece of text in the dialect of kernels/README.md, compiled with the kernel. Pieces are one text, in their order: a
 * later one may use what an earlier one has. Names are 1 to STK_OPENCL_NAME_MAX letters, digits, and _ . / + -, and no
 * two are the same. */
struct stk_opencl_piece {
    const char *name;   /* name in the build log, for example that of its file */
    const char *source; /* NUL-terminated text without #line; NULL: an earlier piece has the function */
    /* opcode of the handler: stk_opcode_user must accept it, it lies outside STK_OP_STOKER_MIN..MAX, and no other piece
     * has it; 0: the piece has no handler */
    uint32_t opcode;
    const char *function; /* the handler's name; NULL: the piece is only what later ones use, and has no opcode */
    uint32_t width;       /* width of the function: STK_SCALAR or STK_WIDE */
};

/* One opcode that runs functions of the pieces one after the other on one slot (kernels/README.md, "Fused ops"). */
struct stk_opencl_fused {
    const char *name; /* name in the build log, by the rules for pieces */
    uint32_t opcode;  /* opcode of the fused op, by the rules for the opcode of a piece, but not 0 */
    /* functions of pieces, all of one width, which is the width of the op; a function may stand there several times */
    const char *const *functions;
    uint32_t function_count; /* 1..STK_OPENCL_PARTS_MAX */
};

#define STK_OPENCL_COSTS_MAX (STK_OPENCL_PIECES_MAX + STK_OPENCL_FUSED_MAX)

/* Names the function of the pieces that states what an op costs (kernels/README.md, "Cost"). An op without such a
 * function costs one unit for each byte of its chunk and for each handler that it runs. */
struct stk_opencl_cost {
    uint32_t opcode; /* opcode of a piece or of a fused op; each opcode at most once */
    /* Name of a function in the text of a piece (struct stk_opencl_piece). Its prototype:
     * struct stk_cost function(const struct stk_dev *, const struct stk_call *) */
    const char *function;
};

/// Failures ///

/* Class of a failure, by the OpenCL error or by the clock. */
enum stk_opencl_failure {
    STK_OPENCL_SOUND = 0,
    STK_OPENCL_BUILD = 1,   /* the program does not compile, or its binary is not taken: STK_E_BUILD */
    STK_OPENCL_NOMEM = 2,   /* memory of host or device: STK_E_NOMEM */
    STK_OPENCL_DEVICE = 3,  /* the device, its context or its queue; every code that is not known: STK_E_DEVICE */
    STK_OPENCL_TIMEOUT = 4, /* a kernel past its deadline: STK_E_DEVICE */
    STK_OPENCL_REFUSED = 5  /* arguments or sizes that this device does not take: STK_E_UNSUPPORTED */
};

/* Returns the class of an OpenCL error code; STK_OPENCL_SOUND for CL_SUCCESS. Never STK_OPENCL_TIMEOUT. */
enum stk_opencl_failure stk_opencl_failure_of(int error);

/* Return the name of a class, such as "device", and what to do about it. Static. */
const char *stk_opencl_failure_name(enum stk_opencl_failure failure);
const char *stk_opencl_failure_fix(enum stk_opencl_failure failure);

/// Port ///

/* Mailboxes: whether one worker of several lanes looks at the ring, and hands slots for all lanes to the others through
 * mailboxes in the device's own memory. Otherwise each worker looks at the ring itself. In BATCH, with one lane and
 * with one worker there are never mailboxes. */
enum stk_opencl_mail {
    /* mailboxes, unless the device is a CPU, where a look at the ring costs no bus, or its compiler has no known fence
     * between groups */
    STK_OPENCL_MAIL_AUTO = 0,
    STK_OPENCL_MAIL_OFF = 1,
    STK_OPENCL_MAIL_ON = 2
};

/* Default of stk_opencl_config.open_ns. A build for a machine whose compiler is slower sets another one. */
#ifndef STK_OPENCL_OPEN_NS
#define STK_OPENCL_OPEN_NS UINT64_C(120000000000)
#endif

/* Settings of the build's board for its device (boards/README.md). All three hold for the compiled library. */

/* Where stk_opencl_config.device is NULL or "", open first tries the devices whose name has this part, then the others.
 * "": no device is preferred. */
#ifndef STK_OPENCL_PREFERRED
#define STK_OPENCL_PREFERRED ""
#endif

/* Default of stk_opencl_config.lease_ns. A driver that resets a GPU after some time needs a shorter lease. */
#ifndef STK_OPENCL_LEASE_NS
#define STK_OPENCL_LEASE_NS UINT64_C(100000000)
#endif

/* Kinds of memory that open does not try where stk_opencl_config.memory is STK_OPENCL_ANY: a bit 1u << KIND for each. A
 * driver may offer a kind although the host must not touch such memory while a kernel runs: the handshake itself would
 * end the process. STK_OPENCL_COPIES is always tried. */
#ifndef STK_OPENCL_KINDS_OFF
#define STK_OPENCL_KINDS_OFF 0u
#endif

struct stk_opencl_config;

/* Changes what a configuration asks for, for the device that open is about to try. See stk_opencl_config.fit. */
typedef void stk_opencl_fit(void *ctx, const struct stk_opencl_device *device, struct stk_opencl_config *config);

/* Configuration of the port. A 0 means the default. */
struct stk_opencl_config {
    /* Index ("0"), or a part of the device's name; NULL or "": any device, those of STK_OPENCL_PREFERRED first. Where
     * this names several devices, open takes the first one that opens, in the order of stk_opencl_next. */
    const char *device;
    int no_cpu;             /* 1: only devices that the driver calls a GPU or an accelerator */
    uint32_t slots;         /* ring slots; 0: 256 */
    uint32_t observables;   /* words; 0: 256 */
    uint32_t tenants;       /* authorised tenants, from 0 on, at most 29; 0: 1 */
    uint32_t debug_records; /* 0: 64 */
    uint32_t io_slots;      /* at most 64; 0: 64 */
    uint32_t payload_bytes; /* bytes that handlers read and write; may be 0 */
    uint32_t table_bytes;   /* tables (stoker/tables.h), zeros after open; 0: 4 MiB, STK_NO_TABLES: none */
    /* Work-groups; 0: one for each compute unit of a GPU, STK_OPENCL_WORKERS_USUAL at most; 1 for other devices, and
     * for a GPU whose compiler has no known fence between groups */
    uint32_t workers;
    uint32_t lanes; /* work-items in a group; 0: what suits the device */
    /* All times are in nanoseconds and take any value. UINT64_MAX means never, but no launch has more than 2^32 - 1
     * turns. stoker/deadline.h says what watch_ns and deadline_ns count. */
    /* longest time of one launch; 0: STK_OPENCL_LEASE_NS (100 ms unless the build sets another time) */
    uint64_t lease_ns;
    /* RESIDENT: a launch without work ends after about this. 0: 2 ms; where the device is this CPU, 50 us while threads
     * of this process lose their cores to others */
    uint64_t idle_ns;
    uint64_t quantum_ns;  /* QUANTUM: longest time of one launch; 0: 2 ms */
    uint64_t watch_ns;    /* the port leaves the mode when no live kernel takes a published slot for so long; 0: 3 s */
    uint64_t deadline_ns; /* a kernel that stays for so long after its lease counts as lost; 0: 60 s */
    /* longest time of open as a whole; the driver's compiler may take all of it; 0: STK_OPENCL_OPEN_NS (120 s unless
     * the build sets another time) */
    uint64_t open_ns;
    uint32_t recoveries; /* most new contexts that are tried after failures; 0: 3, STK_OPENCL_NO_RECOVERY: none */
    /* pause before a second try in a row, doubled for each further one, at most 2^40; 0: 250 ms */
    uint64_t recovery_ns;
    enum stk_residency residency; /* use this mode or fail; 0: the best that works */
    /* use this kind or fail; STK_OPENCL_COPIES goes with BATCH alone; 0: any kind but those of STK_OPENCL_KINDS_OFF */
    enum stk_opencl_memory memory;
    enum stk_opencl_mail mail; /* whether one worker looks at the ring for all workers */
    /* Outcome of an earlier open. Used if device and driver are the same, residency and memory allow it, its memory can
     * be had, and a short handshake confirms it. Read during open only. NULL: use the outcome in cache or store, or
     * else probe. */
    const struct stk_opencl_outcome *known;
    /* Places where programs and outcomes of handshakes are kept. They are looked for in the cache, then in the store,
     * which is mounted, and put into both. Each may be NULL. Both are the caller's, must stay until close, and are used
     * in open, persist, forget and close, and where a program is built anew. An error of either fails no call:
     * cl->persist_note says it. */
    struct stk_cache *cache;
    struct stk_store *store;
    /* 1: stk_opencl_persist puts the records of this open there later, when there is time. PoCL 3.1 compiles the kernel
     * once more for its binary. */
    int persist_later;
    const struct stk_opencl_piece *pieces; /* handlers of the user's; may be NULL. Stay until close, texts included */
    uint32_t piece_count;                  /* at most STK_OPENCL_PIECES_MAX */
    const struct stk_opencl_fused *fused;  /* opcodes that run several of them; may be NULL. Stay until close */
    uint32_t fused_count;                  /* at most STK_OPENCL_FUSED_MAX */
    const struct stk_opencl_cost *costs;   /* costs of pieces and fused ops; may be NULL. Must stay until close */
    uint32_t cost_count;                   /* at most STK_OPENCL_COSTS_MAX */
    /* Limits of slots and tenants; NULL: no limits but the lease. Must stay until close. */
    const struct stk_limits *limits;
    /* Called for each device that open tries, with the defaults of the device filled in: `workers` and `lanes` are what
     * the device gets, and the function may change them, and sizes and numbers that depend on them. NULL: nothing
     * depends on the device. */
    stk_opencl_fit *fit;
    void *fit_ctx;
};

#define STK_OPENCL_NO_RECOVERY UINT32_MAX

/* Most workers of a device by default: one that looks and one for each mailbox. */
#define STK_OPENCL_WORKERS_USUAL (1u + STK_MAIL_BOXES_MAX)

/* Counters of the port since open. */
struct stk_opencl_stats {
    uint32_t running;                         /* launches under way */
    uint64_t launches, lease_ends, idle_ends; /* launches; those whose lease ended, and those that found no more work */
    uint32_t turns, idle_turns;               /* turns and idle turns of the next launch, from the calibration */
    uint32_t fallbacks;                       /* modes that were left because memory stopped being shared */
};

/* Counters of lost kernels and devices since open. */
struct stk_opencl_losses {
    uint32_t put_back;   /* slots of lost kernels that were put back */
    uint32_t recoveries; /* lost devices from which the port has recovered */
};

/* A port. The user reads its members and writes none. */
struct stk_opencl {
    struct stk_device_memory memory; /* valid after open */
    struct stk_opencl_device device;
    struct stk_opencl_config config;   /* configuration with defaults filled in */
    struct stk_opencl_outcome outcome; /* outcome for the memory in use */
    enum stk_residency mode;           /* the mode in which the port works now */
    struct stk_opencl_stats stats;
    struct stk_opencl_losses losses;
    enum stk_opencl_failure failure;    /* class of the last failure since open, or of the open that failed */
    int cl_error;                       /* the last OpenCL error code, 0 when there was none */
    enum stk_opencl_origin built_from;  /* place that the program came from */
    enum stk_opencl_origin proved_from; /* place that the outcome came from */
    char reason[640];                   /* why this mode was chosen, or why open or the device failed */
    /* Compiler's log of the last build that failed, each place as name:line:column of a piece or a file under kernels/.
     * Whole lines; the errors first if not all fit. */
    char build_log[2048];
    char persist_note[320];    /* errors of records and of keeping them; empty: none */
    char passed_over[640];     /* the devices that open tried and could not open, each as "device INDEX (NAME): why" */
    struct stk_opencl_own own; /* private */
};

extern const struct stk_dispatch_ops stk_opencl_ops; /* its ctx is the struct stk_opencl */

/* Opens a device. Tries the devices that config.device names (see there) one after the other until one opens. Builds
 * the kernel, finds by handshakes of bounded length the memory and the mode that work, and lays out the shared buffers.
 * `cl` stays the caller's and must not move until close.
 *
 * Errors:
 * - STK_E_NODEV there is no driver, or no device of that name.
 * - STK_E_UNSUPPORTED the mode or memory asked for does not work (cl->reason says why).
 * - STK_E_BUILD the kernel did not compile (cl->build_log); STK_E_NOMEM.
 * - STK_E_DEVICE the device failed; cl->failure is STK_OPENCL_TIMEOUT when config.open_ns are over.
 * - STK_E_ARG a number is out of range, mode and memory do not go together, or a piece or a fused op is not valid
 *   (cl->reason says which one and what to do).
 *
 * Where several devices fail, error, failure and build_log are those of the last device, and the reason tells of each.
 * On error everything is released, and `cl` keeps reason, failure and build_log. There is one exception: where a kernel
 * still runs after some seconds, nothing is released, and the caller has to call stk_opencl_close, as after a success.
 * (Where there is a further device to try, such a kernel, its context and its memory are left to the driver.)
 *
 * Time: as long as the driver's compiler takes, plus some seconds for each kind of memory that stalls. Both together
 * take at most config.open_ns. Open takes longer in two cases: it waits some seconds more for a kernel that still runs,
 * and it waits for a call of the driver to return, since such a call cannot be broken off. Open needs neither the
 * compiler nor the probing where cache or store have the records of an earlier open (built_from, proved_from). Such a
 * record is used when it is whole, belongs to this device and driver, and the driver takes it. Else the program is
 * compiled, memory and mode are probed, and a new record replaces the old one.
 *
 * A driver that runs a kernel inside the call that launches it is good for BATCH alone. With such a driver a drive
 * returns only when its launch has ended. A launch takes as long as the slots that are ready, and at most lease_ns
 * where handlers are bounded by lease_ns. */
STK_MUST_CHECK int stk_opencl_open(struct stk_opencl *cl, const struct stk_opencl_config *config);

/* Puts the program and the outcome of this open into cache and store, once. Open has done so unless
 * config.persist_later. Call it before close. Takes as long as the driver needs for its binary. Returns how many
 * records were new, 0 to 2; what went wrong is in cl->persist_note. */
STK_MUST_CHECK int stk_opencl_persist(struct stk_opencl *cl);

/* Makes the port use another store from now on; NULL: none. The store that was used before is the caller's again. A
 * command that opens a device and runs for long gives a store that it shares with other processes back in this way. */
void stk_opencl_set_store(struct stk_opencl *cl, struct stk_store *store);

/* Removes the outcome of the handshake that this open used or put from cache and store, so that the next open probes.
 * Close calls this if a mode was left because memory stopped being shared. A program that does not close calls this
 * when cl->stats.fallbacks grows. Returns 1, or 0 if there was none; STK_E_PINNED another thread has the record in the
 * cache pinned; else as stk_store_remove. */
STK_MUST_CHECK int stk_opencl_forget(struct stk_opencl *cl);

/* Recovery: what the port does when a call of the driver fails after open, a launch fails, or a kernel stays past its
 * deadline.
 *
 * The port waits until the driver says that no launch of it runs. It puts the slots back that the launch had claimed, 3
 * times at most; then such a slot ends as a FAULT with STK_REASON_LOST. It goes on as BATCH in a new context with a
 * program built anew; cl->memory stays where and as it is. Drive does this in steps, none of which waits for a launch;
 * a step takes as long as the driver's call in it, the build as long as the compiler or the cache.
 * cl->losses.recoveries counts recoveries; cl->failure and cl->reason say why. A slot that was put back runs again, and
 * the bytes that its handler had already stored in shared memory stay.
 *
 * When config.recoveries are used up, or a kernel still runs at its deadline, drive and stop return STK_E_DEVICE from
 * then on. The claimed slots are put back as soon as the driver says that the kernel is gone (with copies at once);
 * each drive looks for that. No published slot is forgotten: ring and payload are as the host and the last launch left
 * them. Before close the program has three ways on:
 * - Call stk_opencl_revive when the cause was seen to.
 * - Hand cl->memory to another port, for example by stk_interp_open, once no slot is CLAIMED.
 * - Read the slots that are left with stk_ring_read, and publish them to a port that is opened anew.
 * Close frees the ring. */

/* Gives the port its recoveries again after STK_E_DEVICE, so that the next drives make a new context. Returns STK_OK.
 * STK_E_STATUS the device is not lost; STK_E_WOULD_BLOCK a kernel of the lost context still runs, as far as the driver
 * says: call again later; STK_E_FULL 8 contexts were lost since open, all of which hold memory until close. */
STK_MUST_CHECK int stk_opencl_revive(struct stk_opencl *cl);

/* Ends the lease, waits at most timeout_ns for the kernel and for what the driver has queued, and releases everything.
 * A timeout of 0 looks once, UINT64_MAX never ends; the same holds for stop.
 * STK_E_TIMEOUT the kernel still runs and nothing was released: call again. port/README.md lists what may block. */
STK_MUST_CHECK int stk_opencl_close(struct stk_opencl *cl, uint64_t timeout_ns);

#ifdef __cplusplus
}
#endif
#endif
