/* Implements opencl_faults.h: the plans, the counts of calls, and the list of objects that were created. */
#include "opencl_faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIVE_MAX 1024u
#define HUNG_MAX 16u

cl_int __real_clReleaseEvent(cl_event event);

static struct {
    const char *kind;
    const void *object;
    cl_int status; /* status of an event */
} live[LIVE_MAX];

static struct fault_plan plan;
static enum fault_phase phase;
static uint32_t counts[FAULT_PHASES][FAULT_CALL_COUNT], fired, bad;
static int armed, begun, here;
static cl_event hung[HUNG_MAX];
static uint32_t hung_count;
static char complaint[128];

/// Plans ///

void faults_plan(const struct fault_plan *wanted) {
    memset(counts, 0, sizeof counts);
    armed = wanted != NULL;
    plan = wanted ? *wanted : (struct fault_plan){.nth = 0};
    begun = here = 0;
    fired = 0;
    phase = FAULT_OPEN;
}

void faults_phase(enum fault_phase now) {
    phase = now;
}

void faults_mend(void) {
    armed = 0;
}

uint32_t faults_count(enum fault_phase of, enum fault_call call) {
    return counts[of][call];
}

uint32_t faults_fired(void) {
    return fired;
}

const struct fault_plan *faults_now(void) {
    return here ? &plan : NULL;
}

static int is_status(void) {
    return plan.kind == FAULT_STATUS || plan.kind == FAULT_DROPPED || plan.kind == FAULT_HANGS ||
           plan.kind == FAULT_BLIND;
}

cl_int faults_next(enum fault_call call) {
    uint32_t n = ++counts[phase][call];
    int hit = armed && call == plan.call && phase == plan.phase && n == plan.nth;
    here = hit && is_status();
    begun |= hit && !is_status();
    if (here || (begun && armed && (hit || plan.kind == FAULT_ALL || (plan.kind == FAULT_EVER && call == plan.call)))) {
        fired++;
        return here ? CL_SUCCESS : hit || call == plan.call ? plan.error : CL_OUT_OF_RESOURCES;
    }
    return CL_SUCCESS;
}

/// Calls ///

const char *faults_name(enum fault_call call) {
#define FAULT_NAME(name) #name,
    static const char *const names[] = {FAULT_CALLS(FAULT_NAME)};
    return names[call];
}

#define ERRORS_MAX 4u

cl_int faults_error(enum fault_call call, uint32_t i) {
    static const cl_int usual[ERRORS_MAX] = {CL_OUT_OF_RESOURCES, CL_OUT_OF_HOST_MEMORY};
    static const cl_int own[FAULT_CALL_COUNT][ERRORS_MAX] = {
        [CALL_clBuildProgram] = {CL_BUILD_PROGRAM_FAILURE, CL_OUT_OF_HOST_MEMORY, CL_OUT_OF_RESOURCES,
                                 CL_INVALID_BINARY},
        [CALL_clCreateBuffer] = {CL_MEM_OBJECT_ALLOCATION_FAILURE, CL_OUT_OF_RESOURCES, CL_INVALID_BUFFER_SIZE},
        [CALL_clCreateContext] = {CL_DEVICE_NOT_AVAILABLE, CL_OUT_OF_HOST_MEMORY},
        [CALL_clCreateKernel] = {CL_INVALID_PROGRAM_EXECUTABLE, CL_OUT_OF_RESOURCES},
        [CALL_clEnqueueFillBuffer] = {CL_MEM_OBJECT_ALLOCATION_FAILURE, CL_INVALID_COMMAND_QUEUE},
        [CALL_clEnqueueMapBuffer] = {CL_MAP_FAILURE, CL_OUT_OF_RESOURCES},
        [CALL_clEnqueueNDRangeKernel] = {CL_OUT_OF_RESOURCES, CL_INVALID_WORK_GROUP_SIZE, CL_OUT_OF_HOST_MEMORY, -9999},
        [CALL_clEnqueueReadBuffer] = {CL_OUT_OF_RESOURCES, CL_MEM_OBJECT_ALLOCATION_FAILURE, -9999},
        [CALL_clEnqueueWriteBuffer] = {CL_INVALID_COMMAND_QUEUE, CL_MEM_OBJECT_ALLOCATION_FAILURE, -9999},
        [CALL_clFlush] = {CL_INVALID_COMMAND_QUEUE, CL_OUT_OF_RESOURCES},
        [CALL_clGetDeviceIDs] = {CL_DEVICE_NOT_FOUND, CL_OUT_OF_HOST_MEMORY},
        [CALL_clGetEventInfo] = {CL_INVALID_EVENT, CL_OUT_OF_RESOURCES},
        [CALL_clGetPlatformIDs] = {-1001, CL_OUT_OF_HOST_MEMORY}, /* CL_PLATFORM_NOT_FOUND_KHR */
        [CALL_clSetKernelArg] = {CL_INVALID_ARG_VALUE, CL_OUT_OF_RESOURCES},
        [CALL_clSetKernelArgSVMPointer] = {CL_INVALID_ARG_VALUE, CL_OUT_OF_RESOURCES},
    };
    const cl_int *set = own[call][0] ? own[call] : usual;
    return i < ERRORS_MAX ? set[i] : CL_SUCCESS;
}

/// Calls that wait ///

static enum fault_call waiting = FAULT_CALL_COUNT;

void faults_waits(enum fault_call call) {
    waiting = call;
}

int faults_waits_in(enum fault_call call) {
    return waiting == call;
}

/// Texts ///

#define TEXTS_MAX 4u

static struct {
    cl_uint what;
    const char *text;
} texts[TEXTS_MAX];

void faults_text(cl_uint what, const char *text) {
    uint32_t i = 0;
    while (i < TEXTS_MAX && texts[i].what != what && texts[i].text) {
        i++;
    }
    if (i == TEXTS_MAX) {
        fprintf(stderr, "more texts than the test has room for\n");
        abort();
    }
    texts[i].what = what;
    texts[i].text = text;
}

const char *faults_text_of(cl_uint what) {
    const char *text = NULL;
    for (uint32_t i = 0; i < TEXTS_MAX; i++) {
        text = texts[i].what == what ? texts[i].text : text;
    }
    return text;
}

/// Numbers ///

#define DEVICES_MAX 4u
#define NUMBERS_MAX 4u

static struct {
    cl_uint what;
    cl_ulong value;
} numbers[DEVICES_MAX][NUMBERS_MAX];

void faults_number(uint32_t index, cl_uint what, cl_ulong value) {
    uint32_t i = 0;
    while (index < DEVICES_MAX && i < NUMBERS_MAX && numbers[index][i].what != what && numbers[index][i].what != 0u) {
        i++;
    }
    if (index >= DEVICES_MAX || i == NUMBERS_MAX) {
        fprintf(stderr, "more numbers than the test has room for\n");
        abort();
    }
    numbers[index][i].what = what;
    numbers[index][i].value = value;
}

const cl_ulong *faults_number_of(uint32_t index, cl_uint what) {
    for (uint32_t i = 0; index < DEVICES_MAX && i < NUMBERS_MAX; i++) {
        if (numbers[index][i].what == what) {
            return &numbers[index][i].value;
        }
    }
    return NULL;
}

/// What lives ///

static uint32_t find(const char *kind, const void *object) {
    uint32_t i = 0;
    while (i < LIVE_MAX && (!live[i].kind || strcmp(live[i].kind, kind) != 0 || live[i].object != object)) {
        i++;
    }
    return i;
}

void faults_born(const char *kind, const void *object) {
    uint32_t i = 0;
    while (object && i < LIVE_MAX && live[i].kind) {
        i++;
    }
    if (i == LIVE_MAX) {
        fprintf(stderr, "more objects of OpenCL than the test has room for\n");
        abort();
    }
    if (object) {
        live[i].kind = kind;
        live[i].object = object;
        live[i].status = CL_SUCCESS;
    }
}

void faults_gone(const char *kind, const void *object) {
    uint32_t i = find(kind, object);
    if (i == LIVE_MAX) {
        bad++;
        snprintf(complaint, sizeof complaint, "a %s was released that was not there", kind);
        return;
    }
    live[i].kind = NULL;
}

uint32_t faults_living(const char *kind) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < LIVE_MAX; i++) {
        count += live[i].kind && strcmp(live[i].kind, kind) == 0;
    }
    return count;
}

uint32_t faults_leaks(const char **what) {
    uint32_t leaks = bad;
    for (uint32_t i = 0; i < LIVE_MAX; i++) {
        if (live[i].kind) {
            leaks++;
            snprintf(complaint, sizeof complaint, "a %s was not released", live[i].kind);
        }
    }
    *what = complaint;
    return leaks;
}

/// Events ///

void faults_mark(const void *event, cl_int status) {
    uint32_t i = find("event", event);
    if (i < LIVE_MAX) {
        live[i].status = status;
    }
}

cl_int faults_marked(const void *event) {
    uint32_t i = find("event", event);
    return i < LIVE_MAX ? live[i].status : CL_SUCCESS;
}

void faults_hold(cl_event event) {
    if (hung_count == HUNG_MAX) {
        fprintf(stderr, "more launches hang than the test has room for\n");
        abort();
    }
    hung[hung_count++] = event;
}

void faults_end_hung(void) {
    while (hung_count) {
        cl_event event = hung[--hung_count];
        clSetUserEventStatus(event, CL_COMPLETE);
        __real_clReleaseEvent(event); /* the test made this event, so no list of the port has it */
    }
}
