/* Shared by the files of this port. */
#ifndef STK_PORT_OPENCL_INTERNAL_H
#define STK_PORT_OPENCL_INTERNAL_H

#define CL_USE_DEPRECATED_OPENCL_1_2_APIS /* clCreateCommandQueue */
#include <CL/cl.h>

#include "stoker/blake3.h"
#include "stoker/device_copies.h"
#include "stoker/device_loss.h"
#include "stoker/port/opencl.h"
#include "stoker/slot.h"
#include "stoker/words.h"

#define STK_OPENCL_PAGE 4096u /* the parts of the shared memory are mapped and copied by whole pages */

/* Indices of regions: the parts of the shared memory. */
enum {
    REGION_RING = STK_PART_RING,
    REGION_CONTROL = STK_PART_CONTROL,
    REGION_DEBUG = STK_PART_DEBUG,
    REGION_IO = STK_PART_IO,
    REGION_PAYLOAD = STK_PART_PAYLOAD
};

/* Arguments of the kernel behind the regions and their sizes. */
enum {
    ARG_TURNS = 2 * STK_OPENCL_REGIONS,
    ARG_IDLE_TURNS,
    ARG_GUARDS,
    KERNEL_ARGS
};

/// Devices and programs: opencl_device.c, opencl_build.c ///

/* Does what stk_opencl_next does, for the devices that `wanted` names; NULL or "": for all devices. */
int stk_opencl_candidate(const char *wanted, uint32_t *place, cl_device_id *device, struct stk_opencl_device *info);

/* Compiles the kernel text and the user's pieces for cl->cl_device. */
int stk_opencl_build(struct stk_opencl *cl);

/* A context and its queue: cl->cl_context, cl->cl_queue. */
int stk_opencl_create_queue(struct stk_opencl *cl);

/* Releases them, with program and kernel, as far as they are there. */
void stk_opencl_release_context(struct stk_opencl *cl);

/// Texts: opencl_text.c ///

/* Texts of a device, or of a platform where `device` is NULL, with the digest of all texts that were asked for. */
struct stk_opencl_texts {
    cl_platform_id platform;
    cl_device_id device;
    struct stk_blake3 hash;
    int whole; /* 1: every text so far is in the digest, from its first byte to its last */
};

/* Asks for a text and copies as much of the text as fits into out[0..size), cut between two characters. Where the
 * driver does not give the text, `out` is "?" and `whole` becomes 0. */
void stk_opencl_text(struct stk_opencl_texts *texts, cl_uint what, char *out, size_t size);

/* Clears, at the end of a text that was cut, a UTF-8 character that is not whole. */
void stk_opencl_trim(char *text);

/// Faults: opencl_fault.c ///

/* Keeps an OpenCL error and its class, says so, and returns what it means for the caller; STK_OK for CL_SUCCESS. After open the
 * reason is about this failure alone. */
int stk_opencl_error(struct stk_opencl *cl, cl_int error, const char *what);

/* A failure that no call returned; STK_E_DEVICE. While the port is opened the device is then lost. */
int stk_opencl_fail(struct stk_opencl *cl, enum stk_opencl_fault fault, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends to cl->reason, cut to fit. */
void stk_opencl_say(struct stk_opencl *cl, const char *format, ...) __attribute__((format(printf, 2, 3)));

/// What is kept: opencl_kept.c, opencl_binary.c, opencl_remember.c ///

/* The version of what lies between program and port: the kernel's arguments, and what its words mean. Raise it with either. */
#define STK_OPENCL_ABI 4u

/* Of the compiler, with the lanes; part of a program's key. */
#define STK_OPENCL_OPTIONS "-cl-std=CL1.2 -DSTK_LANES=%u"

/* Bytes before a record's payload. */
#define STK_OPENCL_KEPT_HEADER 272u

/* A record that was found, whole and right. */
struct stk_opencl_kept {
    enum stk_opencl_origin from;
    const uint8_t *key;
    const uint8_t *record, *payload; /* the cache's, pinned, or in `pages` */
    size_t record_bytes, mapped;
    uint32_t bytes; /* of the payload */
    void *pages;
};

/* Is there a cache or a store? */
int stk_opencl_keeps(const struct stk_opencl *cl);

/* 1: `got` has the record of `key` in the place `from`, and is to be dropped; 0: there is none, or it is not right, which is said. */
int stk_opencl_kept_get(struct stk_opencl *cl, enum stk_opencl_origin from, const uint8_t *key, uint32_t kind,
                        struct stk_opencl_kept *got);
void stk_opencl_kept_drop(struct stk_opencl *cl, struct stk_opencl_kept *got);

/* Puts what one place had into the other one. */
void stk_opencl_kept_spread(struct stk_opencl *cl, const struct stk_opencl_kept *got);

/* Writes the header before `bytes` bytes of payload, which begin STK_OPENCL_KEPT_HEADER bytes into `record`, and puts it into both. */
void stk_opencl_kept_put(struct stk_opencl *cl, const uint8_t *key, uint32_t kind, uint8_t *record, uint32_t bytes);

/* Appends to cl->kept, cut to fit, behind a separator. */
void stk_opencl_kept_say(struct stk_opencl *cl, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The key of an artifact made from these by the compiler and the device of cl. 0 when there can be none. */
int stk_opencl_key(const struct stk_opencl *cl, const struct stk_span *sources, uint32_t count, const char *options,
                   uint8_t key[STK_STORE_KEY_BYTES]);

/* Loads the program that these texts were compiled to. 1: cl->cl_program and cl->cl_kernel are there. */
int stk_opencl_recall_program(struct stk_opencl *cl, const char *const *texts, const size_t *lengths, uint32_t count);

/* After an open that failed: may the program that it found be the reason? Then the next one takes nothing that was kept. */
int stk_opencl_doubts(const struct stk_opencl *cl, int err);
void stk_opencl_distrust(struct stk_opencl *cl);

/* Notes in `outcome` the device and the driver that it belongs to. */
void stk_opencl_sign(const struct stk_opencl *cl, struct stk_opencl_outcome *outcome);

/* What an earlier open found; STK_OPENCL_MADE: nothing. */
enum stk_opencl_origin stk_opencl_recall_outcome(struct stk_opencl *cl, struct stk_opencl_outcome *outcome);

/* stk_opencl_keep unless that is for later. Always STK_OK. */
int stk_opencl_keep_now(struct stk_opencl *cl);
void stk_opencl_keep_outcome(struct stk_opencl *cl);

/// Source and build log: opencl_pieces.c, opencl_source.c, opencl_log.c ///

/* Are pieces and fused ops of cl->config well? STK_OK, or STK_E_ARG with the reason said. */
int stk_opencl_check_pieces(struct stk_opencl *cl);

/* The first piece with this function; STK_OPENCL_NO_PIECE: none. */
uint32_t stk_opencl_piece_of(const struct stk_opencl_config *config, const char *function);
#define STK_OPENCL_NO_PIECE 1000000u /* an index that no entry has */

#define STK_OPENCL_FILES_MAX  48u /* files of the kernel text */
#define STK_OPENCL_PLACES_MAX (STK_OPENCL_FILES_MAX + 2u * STK_OPENCL_PIECES_MAX + STK_OPENCL_FUSED_MAX + 1u)

/* Lines of the whole text from `line` on that come from one file or piece. */
struct stk_opencl_place {
    const char *name;
    uint32_t name_bytes;
    uint32_t line; /* number of its first line in the whole text */
    uint32_t made; /* the lines were made for it, so their numbers say nothing */
};

/* The text as clCreateProgramWithSource takes it. Each place starts with a #line that gives it its name and the number that its
 * line has in the whole text anyway: so a driver's log has that number, whether the driver heeds #line or not. */
struct stk_opencl_source {
    const char *texts[2u * STK_OPENCL_PLACES_MAX];
    size_t lengths[2u * STK_OPENCL_PLACES_MAX];
    uint32_t count;
    struct stk_opencl_place places[STK_OPENCL_PLACES_MAX];
    uint32_t place_count;
    uint32_t line; /* of what comes next */
    size_t used;
    /* #line directives, the calls of the handlers and of their cost functions, and the list of opcodes */
    char made[57344];
};

/* Fills `source` from the kernel text and cl->config, which must stay as long as it. STK_E_BUILD when the kernel text is not what
 * this port knows. */
int stk_opencl_source(struct stk_opencl *cl, struct stk_opencl_source *source);

/* Copies a driver's log of `bytes` bytes into to[0..room), with places as name:line:column of `source`. What does not fit is cut
 * at a line, and then errors go before the rest. */
void stk_opencl_map_log(const struct stk_opencl_source *source, const char *log, size_t bytes, char *to, size_t room);

/// Shared memory: opencl_shared.c ///

/* Allocates `bytes` of one kind and maps them. STK_E_UNSUPPORTED the device has no such memory; STK_E_NOMEM; cl->reason. */
int stk_opencl_region_open(struct stk_opencl *cl, enum stk_opencl_memory memory, size_t bytes,
                           struct stk_opencl_region *region);
void stk_opencl_region_close(struct stk_opencl_region *region);

/* Makes the five regions the kernel's arguments; `control_words` is what the kernel may touch of the control buffer. */
int stk_opencl_set_args(struct stk_opencl *cl, const struct stk_opencl_region *regions, uint32_t control_words);

/* Allocates the shared buffers of one kind, points cl->memory at them and makes them the kernel's arguments. */
int stk_opencl_take(struct stk_opencl *cl, enum stk_opencl_memory memory);

/* Releases what take and the batch's own buffers took; no worker runs. */
void stk_opencl_give(struct stk_opencl *cl);

/* Puts ring, control, debug log and I/O queue back to their first state; no worker runs. */
int stk_opencl_layout(struct stk_opencl *cl);

/* The shared memory with its copies, which batch_open has allocated. */
struct stk_device_copies stk_opencl_copies(const struct stk_opencl *cl);

/// Waiting: opencl_drain.c ///

#define STK_OPENCL_DRAIN_NS UINT64_C(10000000000) /* for commands that no kernel holds up */

/* Waits until the queue is empty or the deadline is over. Looks at least once. Returns STK_OK or STK_E_TIMEOUT. STK_OK
 * is also returned where the queue has failed, since nothing of a failed queue runs. */
int stk_opencl_drain(void *queue, struct stk_deadline *end);

/* Returns `limit_ns`, or the time that is left of config.open_ns where that is shorter. Call it only while the port is
 * opened. */
uint64_t stk_opencl_allowed(const struct stk_opencl *cl, uint64_t limit_ns);

/* Returns STK_OK while open has time left. Else sets the reason and returns STK_E_DEVICE. */
int stk_opencl_in_time(struct stk_opencl *cl);

/// Leases: opencl_lease.c, opencl_mode.c, opencl_calibrate.c ///

uint64_t stk_opencl_now_ns(void);
void stk_opencl_nap(void);

/* Enqueues a launch of the workers behind those under way, of which there is one at most. */
int stk_opencl_launch(struct stk_opencl *cl);

/* Has the older launch ended, as the driver says? 1, 0, or STK_E_DEVICE, with the fault kept, when it failed or the driver does not
 * say; it stays where it is. */
int stk_opencl_event_over(struct stk_opencl *cl);

/* Takes note that the older launch is over. */
void stk_opencl_pop(struct stk_opencl *cl);

/* Have the workers of the older launch left, as the shared memory says? */
int stk_opencl_left(const struct stk_opencl *cl);

/* Expects no more of workers whose leaving was never seen; none runs. */
void stk_opencl_forget_ends(struct stk_opencl *cl);

/* Returns STK_E_DEVICE when the older launch stays past its deadline, and one more look at the launch confirms this. */
int stk_opencl_overdue(struct stk_opencl *cl, uint64_t now_ns);

/* Changes the lease word: workers that see it leave. */
void stk_opencl_end_lease(struct stk_opencl *cl);

/* Waits until no worker runs, at most timeout_ns. The second function waits until a deadline that is under way is over.
 */
int stk_opencl_join(struct stk_opencl *cl, uint64_t timeout_ns);
int stk_opencl_join_until(struct stk_opencl *cl, struct stk_deadline *end);

/* drive, in the mode of the moment. */
int stk_opencl_drive(void *ctx, bool pending);

/* Sets the mode and the turns that launches have in it. */
void stk_opencl_set_mode(struct stk_opencl *cl, enum stk_residency mode);

uint32_t stk_opencl_turns_of(uint64_t ns, uint64_t turn_cost);

/* Measures a unit of cost by a slot, in the mode that was found. The caller lays the ring out anew afterwards. */
int stk_opencl_pace(struct stk_opencl *cl);

/* Makes the table of limits for the present mode and pace. The next launch hands the table to the device. STK_E_ARG:
 * the limits of the configuration are not valid. */
int stk_opencl_set_limits(struct stk_opencl *cl);

/* Makes turns without work read `bytes` bytes of the payload from the next launch on. `one`: 0 all lanes read them, 1
 * one lane. */
void stk_opencl_touch(struct stk_opencl *cl, uint32_t bytes, uint32_t one);

/* Enqueues the table of limits before a launch, unless the device has this table already. */
int stk_opencl_send_limits(struct stk_opencl *cl);

/* Does one launch without work. Drivers compile in their first launch, so it may take all the time that open has left.
 */
int stk_opencl_warm_up(struct stk_opencl *cl);

/* Finds out whether the driver's calls return while a kernel stays, which RESIDENT and QUANTUM need. STK_E_UNSUPPORTED
 * the calls do not; the reason and cl->synchronous are set. */
int stk_opencl_check_launch(struct stk_opencl *cl);

/* Measures a turn and a unit of cost: sets cl->turn_cost and cl->unit_cost. */
int stk_opencl_calibrate(struct stk_opencl *cl);

/// Copies: opencl_batch.c ///

/* Allocates the device's buffers and the staging, and makes them the kernel's arguments; cl->memory stays as it is. */
int stk_opencl_batch_open(struct stk_opencl *cl, uint32_t control_words);
int stk_opencl_batch_drive(struct stk_opencl *cl, bool pending);

/// A lost device: opencl_recover.c ///

/* Where a recovery is. */
enum {
    RECOVER_NONE,
    RECOVER_QUIET,   /* until no launch runs */
    RECOVER_CONTEXT, /* after a pause: a new context */
    RECOVER_PROGRAM,
    RECOVER_MEMORY
};

/* After a failure, whose fault is kept: begins a recovery, or marks the device lost. 1 or STK_E_DEVICE. */
int stk_opencl_recover(struct stk_opencl *cl);

/* The next step of it. 1, 0 not yet, STK_E_DEVICE. */
int stk_opencl_recover_on(struct stk_opencl *cl);

/* The device is lost: looks whether its kernels are gone, and then puts back what they had. STK_E_DEVICE. */
int stk_opencl_lost_on(struct stk_opencl *cl);

/// Falling back: opencl_watch.c ///

/* Begins the watch over the shared memory anew. */
void stk_opencl_watch_start(struct stk_opencl *cl, uint64_t now_ns);

/* Look whether memory is still shared, while a launch runs and after one that ended. 1 when it is not, with the reason
 * said. */
int stk_opencl_watch_live(struct stk_opencl *cl, uint64_t now_ns);
int stk_opencl_watch_border(struct stk_opencl *cl);

/* A launch is over for the driver and not for the shared memory. */
int stk_opencl_unseen_end(struct stk_opencl *cl);

/* Leaves the mode: no further launch; goes on in the next mode once the kernels under way are over. */
int stk_opencl_fall(struct stk_opencl *cl);

/* 1 when the next mode was taken, 0 not yet, STK_E_DEVICE. */
int stk_opencl_fall_on(struct stk_opencl *cl);

/* Puts back what lost kernels had in hand; no worker runs. `ran`: 0 when no kernel was launched. */
void stk_opencl_put_back(struct stk_opencl *cl, int ran);

/// Handshake: opencl_probe.c, opencl_prove.c, opencl_handshake.c ///

/* Finds memory and mode for cl->config and leaves both open, laid out. */
int stk_opencl_settle(struct stk_opencl *cl);

/* The handshake in cl->mode, calibrated. STK_OK, or why not, with the reason said. */
int stk_opencl_shake(struct stk_opencl *cl);

/* A short one, where a whole one was done before. */
int stk_opencl_shake_again(struct stk_opencl *cl);

/* Proves `mode` over the memory that is open: fills cl->outcome. STK_E_UNSUPPORTED it does not work, with the reason said. */
int stk_opencl_prove(struct stk_opencl *cl, enum stk_residency mode);

/* Sees whether `known` is still so over the memory that is open: sets cl->outcome to it. STK_E_UNSUPPORTED it is not. */
int stk_opencl_prove_again(struct stk_opencl *cl, const struct stk_opencl_outcome *known);

#endif
