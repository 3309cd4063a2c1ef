/* stoker port template: workers on a device with a driver of its own, CUDA or Vulkan for instance.
 *
 * The functions under "What the driver does" are all that such a port writes against its driver; here each refuses. The
 * rest is the order in which core's device protocol and the driver meet, for one context and one launch at a time. What
 * port/opencl has beyond it: the search for memory and mode by a handshake at open, two launches enqueued, leases that
 * the host ends by the clock, deadlines, a new context after a loss, and programs that are kept. */
#include "stoker/port/template.h"

/// What the driver does ///

/* Finds a device, opens a context and an in-order queue, and compiles the kernel text (stoker/kernel_text.h). */
static int open_context(struct stk_template_gpu *gpu) {
    (void)gpu;
    return STK_E_UNSUPPORTED;
}

/* Allocates `bytes` bytes for one part, zeroed, in whole pages, and maps them: *host is what the host sees. With copies
 * allocates the buffer of the device and the two images as well, and sets their addresses in gpu->copies.sent and
 * .got. */
static int allocate_part(struct stk_template_gpu *gpu, enum stk_device_part part, size_t bytes, void **host) {
    (void)gpu;
    (void)part;
    (void)bytes;
    (void)host;
    return STK_E_UNSUPPORTED;
}

/* Allocates the device's own buffer, of zeros: STK_DEVICE_PRIVATE_WORDS(slots, io_slots) words. A port zeroes the words
 * behind the limits before the first launch and after a lost launch. */
static int allocate_private(struct stk_template_gpu *gpu, size_t words) {
    (void)gpu;
    (void)words;
    return STK_E_UNSUPPORTED;
}

/* Writes the table of limits (stk_limits_table) to the buffer that allocate_private() made. The first word of the table
 * goes to word `word` of this buffer, which is STK_DEVICE_LIMITS_AT. The port calls this before each launch. */
static int write_limits(struct stk_template_gpu *gpu, size_t word) {
    (void)gpu;
    (void)word;
    return STK_E_UNSUPPORTED;
}

/* Enqueues a launch: the six parts in the order of enum stk_device_part, their sizes, the turns of the lease, the idle
 * turns, the device's own buffer. Returns at once. */
static int enqueue_launch(struct stk_template_gpu *gpu) {
    (void)gpu;
    return STK_E_UNSUPPORTED;
}

/* Looks at the launch, and with copies at the reads behind it. Returns 1 when it is over, 0, or STK_E_DEVICE when it
 * failed or the driver does not say. Never waits. */
static int look_at_launch(struct stk_template_gpu *gpu) {
    (void)gpu;
    return STK_E_UNSUPPORTED;
}

/* Returns true if the driver says that the launch runs, rather than waits for the device. */
static bool launch_runs(struct stk_template_gpu *gpu) {
    (void)gpu;
    return false;
}

/* Copies: enqueue a write of gpu->copies.sent, for the tables of gpu->memory, or a read of all other parts into
 * gpu->copies.got. Never waits. */
static int enqueue_write(struct stk_template_gpu *gpu, enum stk_device_part part, size_t from, size_t bytes) {
    (void)gpu;
    (void)part;
    (void)from;
    (void)bytes;
    return STK_E_UNSUPPORTED;
}

static int enqueue_reads(struct stk_template_gpu *gpu) {
    (void)gpu;
    return STK_E_UNSUPPORTED;
}

/* Waits for what is enqueued and releases everything. */
static void close_context(struct stk_template_gpu *gpu) {
    (void)gpu;
}

/// Open ///

int stk_template_gpu_open(struct stk_template_gpu *gpu, const struct stk_device_layout *layout, uint8_t *tries) {
    void *parts[STK_DEVICE_PARTS] = {NULL};
    int err;
    *gpu = (struct stk_template_gpu){.layout = *layout, .tries = tries, .mode = STK_BATCH, .fresh = true};
    err = open_context(gpu);
    for (unsigned i = 0; i < STK_DEVICE_PARTS && err == STK_OK; i++) {
        size_t bytes = stk_device_part_bytes(layout, (enum stk_device_part)i);
        err = allocate_part(gpu, (enum stk_device_part)i, bytes, &parts[i]);
    }
    if (err == STK_OK) {
        err = allocate_private(gpu, STK_DEVICE_PRIVATE_WORDS(layout->slots, layout->io_slots));
    }
    if (err == STK_OK) {
        stk_device_memory_bind(&gpu->memory, layout, parts);
        gpu->copies.host = gpu->memory;
        gpu->copies.tries = tries;
        err = stk_device_memory_reset(&gpu->memory, layout);
    }
    if (err != STK_OK) {
        close_context(gpu);
    }
    return err;
}

/// Drive ///

static struct stk_device_watched watched(const struct stk_template_gpu *gpu) {
    return (struct stk_device_watched){
        .memory = &gpu->memory, .tries = gpu->tries, .workers = 1, .watch_ns = UINT64_C(3000000000)};
}

/* A launch failed, or memory is no longer shared, and no worker runs any more: its slots go back. */
static void take_back(struct stk_template_gpu *gpu) {
    const struct stk_device_loss loss = {.ran = gpu->launched, .copies = gpu->mode == STK_BATCH};
    (void)stk_device_put_back(&gpu->memory, gpu->tries, loss);
    gpu->launched = false;
}

static int launch(struct stk_template_gpu *gpu) {
    const struct stk_device_layout *l = &gpu->layout;
    int err = write_limits(gpu, STK_DEVICE_LIMITS_AT(l->slots, l->io_slots));
    if (err == STK_OK && gpu->mode == STK_BATCH && gpu->tables.first != gpu->tables.end) {
        err = enqueue_write(gpu, STK_PART_TABLES, gpu->tables.first, gpu->tables.end - gpu->tables.first);
    }
    err = err == STK_OK ? enqueue_launch(gpu) : err;
    if (err == STK_OK) {
        gpu->tables = (struct stk_device_changes){0};
    }
    gpu->launched = err == STK_OK;
    return err;
}

/* BATCH: hands over what is ready, sends it, launches, and reads back. */
static int start_batch(struct stk_template_gpu *gpu) {
    struct stk_device_range range = {0};
    int err = STK_OK;
    if (stk_device_snapshot(&gpu->copies) == 0u) {
        return 0;
    }
    for (unsigned i = STK_PART_RING; i < STK_PART_PAYLOAD && err == STK_OK; i++) {
        err = enqueue_write(gpu, (enum stk_device_part)i, 0,
                            stk_device_part_bytes(&gpu->layout, (enum stk_device_part)i));
    }
    while (err == STK_OK && stk_device_next_range(&gpu->copies, gpu->fresh, &range)) {
        err = enqueue_write(gpu, STK_PART_PAYLOAD, range.from, range.bytes);
    }
    gpu->fresh = false;
    err = err == STK_OK ? launch(gpu) : err;
    err = err == STK_OK ? enqueue_reads(gpu) : err;
    return err == STK_OK ? 1 : err;
}

/* Takes the end of a launch in: with copies its results; otherwise looks whether memory is still shared. Returns 1, or
 * STK_E_DEVICE, after which a port that can goes on in the next mode, at last in BATCH. */
static int end_launch(struct stk_template_gpu *gpu) {
    const struct stk_device_watched what = watched(gpu);
    if (gpu->mode == STK_BATCH) {
        stk_device_merge(&gpu->copies);
    } else if (gpu->mode == STK_QUANTUM && stk_device_watch_launch_end(&gpu->watch, &what) != STK_SIGHT_GOOD) {
        take_back(gpu);
        return STK_E_DEVICE;
    }
    gpu->launched = false;
    return 1;
}

/* RESIDENT: returns STK_E_DEVICE when one side no longer sees the other. The launch still runs then, so its slots go
 * back once it is over. */
static int watch_launch(struct stk_template_gpu *gpu, uint64_t now_ns) {
    const struct stk_device_watched what = watched(gpu);
    enum stk_device_sight sight = stk_device_watch_running(&gpu->watch, &what, now_ns);
    return sight == STK_SIGHT_GOOD || (sight == STK_SIGHT_NO_HEARTBEAT && !launch_runs(gpu)) ? 0 : STK_E_DEVICE;
}

static int gpu_drive(void *ctx, bool pending) {
    struct stk_template_gpu *gpu = ctx;
    uint64_t now_ns = stk_template_platform_ops.now_ns(NULL);
    int over = gpu->launched ? look_at_launch(gpu) : 0, did = 0;
    if (over < 0) {
        /* Right only where the driver says that the launch is over. Otherwise a port waits until it is. */
        take_back(gpu);
        return STK_E_DEVICE;
    }
    if (over > 0) {
        did = end_launch(gpu);
    } else if (gpu->launched && pending && gpu->mode == STK_RESIDENT) {
        did = watch_launch(gpu, now_ns);
    }
    if (did < 0 || gpu->launched || !pending) {
        return did;
    }
    if (gpu->mode == STK_BATCH) {
        int started = start_batch(gpu);
        if (started < 0) {
            /* Puts back the slots that were handed over. A launch on copies that did begin touches nothing of the
             * host's. */
            take_back(gpu);
        }
        return started != 0 ? started : did;
    }
    if (gpu->mode == STK_RESIDENT) {
        const struct stk_device_watched what = watched(gpu);
        stk_device_watch_start(&gpu->watch, &what, now_ns);
    }
    over = launch(gpu);
    return over == STK_OK ? 1 : over;
}

/* The caller has set SHUTDOWN. Looks until `timeout_ns` are over (stk_deadline_look), with naps between the looks. */
static int gpu_stop(void *ctx, uint64_t timeout_ns) {
    struct stk_template_gpu *gpu = ctx;
    (void)timeout_ns;
    return gpu->launched ? STK_E_UNSUPPORTED : STK_OK;
}

static void gpu_info(void *ctx, struct stk_dispatch_info *info) {
    const struct stk_template_gpu *gpu = ctx;
    *info = (struct stk_dispatch_info){
        .device = "none", .memory = "none", .reason = "this port is a template", .residency = gpu->mode};
}

static bool gpu_has_workers(void *ctx) {
    const struct stk_template_gpu *gpu = ctx;
    return gpu->launched && gpu->mode != STK_BATCH;
}

/* The next launch sends the new bytes. A port whose device copies the tables while the host goes on, or reads a copy in
 * other modes than BATCH, ends the launch here, and waits at most `timeout_ns`. After a loss such a port sends all that
 * was ever changed. */
static int gpu_change_tables(void *ctx, uint32_t first, uint32_t bytes, uint64_t timeout_ns) {
    struct stk_template_gpu *gpu = ctx;
    (void)timeout_ns;
    if (first > gpu->memory.table_bytes || bytes > gpu->memory.table_bytes - first) {
        return STK_E_RANGE;
    }
    stk_device_change(&gpu->tables, first, bytes);
    return STK_OK;
}

const struct stk_dispatch_ops stk_template_gpu_ops = {
    .name = "template-gpu",
    .drive = gpu_drive,
    .stop = gpu_stop,
    .info = gpu_info,
    .has_workers = gpu_has_workers,
    .change_tables = gpu_change_tables,
};
