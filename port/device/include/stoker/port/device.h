/* stoker port: a device to hold. One object that opens a device, takes work, and gives results back.
 *
 * Open takes the first OpenCL device that opens. Where none opens, the interpreter (stoker/port/interp.h) runs the same
 * kernel text on the caller's thread. `reason` says which of them was taken and why; nothing else differs for the
 * caller.
 *
 *     open -> submit, as often as the ring has room -> wait, once for each submission -> close
 *
 * Submissions get tickets (stoker/publisher.h), and wait hands results out in the order of the tickets. So any number
 * of submissions goes through a ring of any size: where the ring is full, wait once and submit again.
 *
 * No worker runs from the end of open to the first wait or drive. A program that sets shares or quotas of tenants
 * (stoker/control.h) sets them in this time, over a view of `memory.control` (stoker/tenant.h has the calls).
 *
 * Threads: submit may be called from any thread while the device is open, wait and close from one thread at a time.
 * The object must not move between open and close. The port allocates nothing.
 */
#ifndef STOKER_PORT_DEVICE_H
#define STOKER_PORT_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#include "stoker/arena.h"
#include "stoker/control.h"
#include "stoker/debug_log.h"
#include "stoker/device_memory.h"
#include "stoker/io_queue.h"
#include "stoker/port/dispatch.h"
#include "stoker/port/interp.h"
#include "stoker/port/opencl.h"
#include "stoker/publisher.h"
#include "stoker/ring.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Kinds of devices: as a wish in a configuration, and as the kind that is open. */
enum stk_device_kind {
    STK_DEVICE_ANY = 0,    /* an OpenCL device; where none opens, the interpreter. In struct stk_device: not open */
    STK_DEVICE_OPENCL = 1, /* an OpenCL device or nothing */
    STK_DEVICE_INTERP = 2  /* the interpreter */
};

/* Configuration of a device. A 0 means the default. One configuration serves both kinds of devices. */
struct stk_device_config {
    enum stk_device_kind kind; /* kinds that open may take; default STK_DEVICE_ANY */
    uint32_t slots;            /* slots of the ring, a power of two up to STK_RING_SLOTS_INIT_MAX; 0: 256 */
    uint32_t observables;      /* words, at most STK_CONTROL_OBSERVABLES_INIT_MAX; 0: 256 */
    uint32_t tenants;          /* authorised tenants, from 0 on, at most 29; 0: 1 */
    uint32_t debug_records;    /* records of the debug log, at most STK_DEVICE_DEBUG_RECORDS_MAX; 0: 64 */
    uint32_t io_slots;         /* slots of the I/O queue, at most 64; 0: 64 */
    uint32_t payload_bytes;    /* memory that handlers read and write, zeros after open; may be 0 */
    uint32_t table_bytes;      /* tables (stoker/tables.h), zeros after open; 0: 4 MiB, STK_NO_TABLES: none */
    /* Everything else about the OpenCL device: which one, handlers as text, times. Its members with the names above
     * stay 0. A member that `interp` has too, such as `limits`, is set in both: each kind of device reads its own. */
    struct stk_opencl_config opencl;
    /* Everything else about the interpreter: handlers as functions of C. Where `opencl` has handlers, the interpreter
     * is taken only if it has a handler for each of their opcodes. */
    struct stk_interp_config interp;
};

#define STK_DEVICE_DEBUG_RECORDS_MAX 1048576u

/// Memory of the interpreter ///

/* Arena bytes that the interpreter takes. A 0 means the default of each. The macros assume the defaults of
 * debug_records and io_slots. The number of tenants changes no size. An OpenCL device takes nothing from the arena. */
#define STK_DEVICE_INTERP_BYTES(slots, observables, payload_bytes, table_bytes)                                        \
    STK_DEVICE_MEMORY_BYTES(((slots) == 0 ? 256 : (slots)), ((observables) == 0 ? 256 : (observables)),                \
                            STK_DEBUG_RECORDS_DEFAULT, STK_IO_SLOTS_MAX, payload_bytes,                                \
                            STK_DEVICE_TABLE_BYTES(table_bytes))
#define STK_DEVICE_INTERP_DEFINE(name, slots, observables, payload_bytes, table_bytes)                                 \
    STK_STORAGE_DEFINE(name, STK_DEVICE_INTERP_BYTES(slots, observables, payload_bytes, table_bytes))

/* Sets *bytes to the arena bytes that the interpreter takes with this configuration, which may be NULL for the
 * defaults. STK_E_ARG slots is not a power of two; STK_E_OVERFLOW a size is above its maximum. */
STK_MUST_CHECK int stk_device_interp_bytes(const struct stk_device_config *config, size_t *bytes);

/// The device ///

/* A device that is open. The user reads its members and writes none, except through the calls below. */
struct stk_device {
    enum stk_device_kind kind;       /* the kind that is open; STK_DEVICE_ANY: none */
    struct stk_device_memory memory; /* shared memory; payload and observables are the caller's to use */
    /* Lines of text for people, without a newline at the end. After a success: the device and its mode, then how the
     * mode was found; for the interpreter, why no OpenCL device was taken. After an error: what failed. */
    char reason[2048];
    struct stk_publisher publisher;    /* stk_publisher_pending(): submissions that nobody has waited for */
    struct stk_dispatch_port dispatch; /* drive, stop and info of the device */
    struct stk_opencl opencl;          /* opencl.build_log: compiler errors of the last build that failed, or "" */
    struct stk_interp interp;          /* private */
};

/* Opens a device. `config` may be NULL for the defaults. `arena` gives the interpreter its memory, of the size that
 * stk_device_interp_bytes() says, and must outlive the device. Open checks the arena first, even where an OpenCL device
 * opens afterwards. So a program that runs on a machine with OpenCL also runs on a machine without. STK_DEVICE_OPENCL
 * needs no arena (NULL).
 *
 * Open takes as long as stk_opencl_open(): some seconds where the kernel has to be compiled, config.opencl.open_ns at
 * most.
 *
 * Errors; device->reason says more about each of them:
 * - STK_E_ARG the config is not valid: `slots` is not a power of two; a size stands in `opencl`; there is no arena; the
 *   kind is STK_DEVICE_INTERP and only `opencl` has some handler; or stk_opencl_open() or stk_interp_open() refuses it.
 * - STK_E_OVERFLOW a size is above its maximum.
 * - STK_E_SPACE the arena is too small; arena->need has the bytes that would do.
 * - The errors of stk_opencl_open() where the interpreter cannot take over: STK_E_NODEV, STK_E_BUILD ...
 *
 * Close the device after an error too: a kernel may still run (see stk_opencl_open()). */
STK_MUST_CHECK int stk_device_open(struct stk_device *device, const struct stk_device_config *config,
                                   struct stk_arena *arena);

/* Publishes `work` in the next slot, rings the doorbell, and returns the index of the slot. *ticket (may be NULL) gets
 * the ticket: 0 for the first submission, one more for each further one. Never blocks.
 *
 * A kernel that runs takes the slot at once. A device without work stops its kernel after some milliseconds; then the
 * next wait starts a kernel. To start it now, call stk_device_wait() with a timeout of 0.
 *
 * STK_E_FULL each slot holds a submission that nobody has waited for: wait once, then submit again. STK_E_STATUS the
 * device is not open. Other errors as stk_publisher_publish(). Nothing is published on error. */
STK_MUST_CHECK int stk_device_submit(struct stk_device *device, const struct stk_work *work, uint32_t *ticket);

/* Waits until the oldest submission has ended. Then copies its slot to *slot and its ticket to *ticket (may be NULL),
 * and makes the slot free. Waits at most `timeout_ns`: 0 looks once, UINT64_MAX never ends.
 *
 * On the interpreter the handlers run inside this call. The deadline is checked between two ring scans; it
 * cannot stop a handler. Some OpenCL drivers run a kernel inside the call that launches it; there the deadline cannot
 * stop a launch, which takes config.opencl.lease_ns at most.
 *
 * - STK_OK the handler ran: slot->args[STK_RESULT_ARG] and the three words after it are its results.
 * - STK_E_SLOT_FAULT the slot ended in a fault. slot->args[STK_FAULT_REASON_ARG] is the reason (STK_REASON_*), and
 *   slot->args[STK_FAULT_VALUE_ARG] the value that was refused. *slot and *ticket are set as for STK_OK.
 * - STK_E_TIMEOUT the submission has not ended: wait again.
 * - STK_E_UNDERFLOW there is no submission to wait for.
 * - STK_E_DEVICE the device is lost; device->reason says why.
 * - STK_E_STATUS the device is not open. */
STK_MUST_CHECK int stk_device_wait(struct stk_device *device, struct stk_slot *slot, uint32_t *ticket,
                                   uint64_t timeout_ns);

/* Waits at most `timeout_ns` until no kernel runs, and releases the device. Submissions that nobody has waited for
 * are dropped. A device that is not open is no error.
 * STK_E_TIMEOUT a kernel still runs and nothing was released: call again. */
STK_MUST_CHECK int stk_device_close(struct stk_device *device, uint64_t timeout_ns);

#ifdef __cplusplus
}
#endif
#endif
