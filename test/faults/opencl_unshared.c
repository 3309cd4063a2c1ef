/* Memory that the device does not share: launches get buffers of the device's own in place of the port's, so that
 * the host and the kernel do not see each other's stores. */
#include "opencl_faults.h"

#include <stdio.h>
#include <stdlib.h>

#include "../../port/opencl/internal.h"
#include "stoker/atomic.h"

#define MEMORIES_MAX 64u
#define LATE_MAX     4u /* launches whose ends are still to be seen */

cl_mem __real_clCreateBuffer(cl_context c, cl_mem_flags flags, size_t bytes, void *host, cl_int *error);
cl_int __real_clReleaseMemObject(cl_mem m);
cl_int __real_clSetKernelArg(cl_kernel k, cl_uint i, size_t bytes, const void *value);
cl_int __real_clSetKernelArgSVMPointer(cl_kernel k, cl_uint i, const void *value);
cl_int __real_clEnqueueFillBuffer(cl_command_queue q, cl_mem m, const void *pattern, size_t unit, size_t at,
                                  size_t bytes, cl_uint n, const cl_event *after, cl_event *event);

cl_int __real_clEnqueueReadBuffer(cl_command_queue q, cl_mem m, cl_bool wait, size_t at, size_t bytes, void *host,
                                  cl_uint n, const cl_event *after, cl_event *event);

struct memory {
    const void *handle; /* a cl_mem, or where an SVM allocation begins; NULL: free */
    enum stk_opencl_memory kind;
    size_t bytes;
    void *host; /* address at which the host has mapped it */
    cl_mem shadow;
    uint32_t ends[2]; /* for a control buffer: the two counters of ends in the shadow copy, as the host has seen them */
};

static struct memory memories[MEMORIES_MAX];
static struct faults_unshared how;
static int begun; /* 1: `after` slots were done */

/* The regions that the kernel's arguments name. */
static struct {
    struct memory *memory;
    void *host;
    const void *pointer; /* address of SVM memory; NULL: the memory is a buffer */
} regions[STK_DEVICE_PARTS];
static uint32_t slots, idle_turns;

/* Launches that worked on shadows which the host sees at their borders. */
static struct {
    cl_event event;
    cl_command_queue queue;
    struct memory *control;
} late[LATE_MAX];

void faults_unshare(const struct faults_unshared *wanted) {
    how = wanted ? *wanted : (struct faults_unshared){0};
    begun = 0;
}

/// What the port allocates ///

void unshared_born(enum stk_opencl_memory kind, const void *handle, size_t bytes) {
    uint32_t i = 0;
    while (handle && i < MEMORIES_MAX && memories[i].handle) {
        i++;
    }
    if (i == MEMORIES_MAX) {
        fprintf(stderr, "more buffers than the test has room for\n");
        abort();
    }
    if (handle) {
        memories[i] = (struct memory){.handle = handle, .kind = kind, .bytes = bytes};
    }
}

/* Returns the allocation that holds an address. */
static struct memory *find(const void *address) {
    for (uint32_t i = 0; i < MEMORIES_MAX; i++) {
        const struct memory *m = &memories[i];
        int is_svm = m->kind == STK_OPENCL_SVM || m->kind == STK_OPENCL_SVM_ATOMICS;
        size_t at = (size_t)((uintptr_t)address - (uintptr_t)m->handle);
        if (m->handle && (address == m->handle || (is_svm && at < m->bytes))) {
            return &memories[i];
        }
    }
    return NULL;
}

void unshared_mapped(const void *handle, void *host) {
    struct memory *m = find(handle);
    if (m) {
        m->host = host;
    }
}

void unshared_gone(const void *handle) {
    struct memory *m = handle ? find(handle) : NULL;
    for (uint32_t i = 0; m && i < STK_DEVICE_PARTS; i++) {
        regions[i].memory = regions[i].memory == m ? NULL : regions[i].memory;
    }
    for (uint32_t i = 0; m && i < LATE_MAX; i++) {
        late[i].event = late[i].control == m ? NULL : late[i].event;
    }
    if (m && m->shadow) {
        (void)__real_clReleaseMemObject(m->shadow);
    }
    if (m) {
        *m = (struct memory){.handle = NULL};
    }
}

/// The kernel's arguments ///

void unshared_arg(cl_uint i, const void *value) {
    if (i < STK_DEVICE_PARTS) {
        regions[i].memory = find(*(const cl_mem *)value);
        regions[i].host = regions[i].memory ? regions[i].memory->host : NULL;
        regions[i].pointer = NULL;
    } else if (i == STK_DEVICE_PARTS + STK_PART_RING) {
        slots = *(const uint32_t *)value;
    } else if (i == ARG_IDLE_TURNS) {
        idle_turns = *(const uint32_t *)value;
    }
}

void unshared_arg_svm(cl_uint i, void *pointer) {
    if (i < STK_DEVICE_PARTS) {
        regions[i].memory = find(pointer);
        regions[i].host = pointer;
        regions[i].pointer = pointer;
    }
}

/// Launches ///

static int is_copy(uint32_t i) {
    return !regions[i].memory || regions[i].memory->kind == STK_OPENCL_COPIES;
}

/* Sets the first `claims` published slots to CLAIMED, as a lost kernel would leave them. */
static uint32_t claim(void) {
    uint32_t *words = regions[STK_PART_RING].host, taken = 0;
    for (uint32_t i = 0; i < slots && taken < how.claims; i++) {
        taken +=
            stk_cas(words + (size_t)i * STK_SLOT_WORDS, STK_SLOT_PUBLISHED, STK_SLOT_CLAIMED) == STK_SLOT_PUBLISHED;
    }
    return taken;
}

/* Returns the regions that the kernel has no longer, from the launch on that finds `after` slots done and no other
 * launch under way. */
static uint32_t lost_parts(void) {
    if (how.after == 0u || is_copy(STK_PART_RING)) {
        return 0;
    }
    if (!begun && faults_living("event") == 0u &&
        stk_load((const uint32_t *)regions[STK_PART_CONTROL].host + STK_CTL_DONE_COUNT) >= how.after) {
        begun = how.claims == 0u || claim() != 0u; /* wait until there is a slot to claim */
    }
    return begun ? how.parts : 0u;
}

/* A launch that stays longer than a look at each slot takes waits for stores of the host, or is only timed. */
static uint32_t dead_parts(void) {
    uint32_t kinds = idle_turns > 2u * slots + 64u ? how.not_live : how.not_coherent, parts = 0;
    for (uint32_t i = 0; i < STK_DEVICE_PARTS; i++) {
        parts |= !is_copy(i) && (kinds >> (unsigned)regions[i].memory->kind & 1u) != 0u ? 1u << i : 0u;
    }
    return parts;
}

static cl_mem shadow_of(cl_command_queue q, struct memory *m) {
    const uint32_t nothing = 0;
    cl_context context;
    cl_int error = CL_SUCCESS;
    if (!m->shadow && clGetCommandQueueInfo(q, CL_QUEUE_CONTEXT, sizeof context, &context, NULL) == CL_SUCCESS) {
        m->shadow = __real_clCreateBuffer(context, CL_MEM_READ_WRITE, m->bytes, NULL, &error);
        error = error == CL_SUCCESS ? __real_clEnqueueFillBuffer(q, m->shadow, &nothing, sizeof nothing, 0,
                                                                 m->bytes & ~(size_t)3u, 0, NULL, NULL)
                                    : error;
    }
    if (!m->shadow || error != CL_SUCCESS) {
        fprintf(stderr, "no memory in place of the shared one: OpenCL error %d\n", error);
        abort();
    }
    return m->shadow;
}

uint32_t unshared_begin(cl_command_queue q, cl_kernel k) {
    uint32_t parts = lost_parts() | dead_parts();
    for (cl_uint i = 0; i < STK_DEVICE_PARTS; i++) {
        if (parts >> i & 1u) {
            cl_mem shadow = shadow_of(q, regions[i].memory);
            (void)__real_clSetKernelArg(k, i, sizeof shadow, &shadow);
        }
    }
    return parts;
}

/* A launch has the arguments that were set when it was enqueued. */
void unshared_end(cl_kernel k, uint32_t parts) {
    for (cl_uint i = 0; i < STK_DEVICE_PARTS; i++) {
        cl_mem mem = parts >> i & 1u && !regions[i].pointer ? (cl_mem)(uintptr_t)regions[i].memory->handle : NULL;
        if (mem) {
            (void)__real_clSetKernelArg(k, i, sizeof mem, &mem);
        } else if (parts >> i & 1u) {
            (void)__real_clSetKernelArgSVMPointer(k, i, regions[i].pointer);
        }
    }
}

void unshared_launched(cl_command_queue q, cl_event event, uint32_t parts) {
    static uint32_t next;
    struct memory *control = regions[STK_PART_CONTROL].memory;
    if ((parts >> STK_PART_CONTROL & 1u) != 0u && how.after == 0u &&
        (how.not_coherent >> (unsigned)control->kind & 1u) == 0u) {
        late[next].event = event;
        late[next].queue = q;
        late[next].control = control;
        next = (next + 1u) % LATE_MAX;
    }
}

/* At the border of the launch the host sees that its workers have left. */
void unshared_over(cl_event event) {
    static const uint32_t at[2] = {STK_CTL_LEASE_ENDS, STK_CTL_IDLE_ENDS};
    for (uint32_t i = 0; i < LATE_MAX; i++) {
        struct memory *m = late[i].control;
        for (uint32_t k = 0; late[i].event == event && k < 2u; k++) {
            uint32_t now = 0;
            (void)__real_clEnqueueReadBuffer(late[i].queue, m->shadow, CL_TRUE, at[k] * 4u, sizeof now, &now, 0, NULL,
                                             NULL);
            (void)stk_fetch_add((uint32_t *)regions[STK_PART_CONTROL].host + at[k], now - m->ends[k]);
            m->ends[k] = now;
        }
        late[i].event = late[i].event == event ? NULL : late[i].event;
    }
}
