/* Devices: enumeration and choice. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define PLATFORMS_MAX 16u
#define DEVICES_MAX   32u
#define LANES_USUAL   256u

/* Device `index` over all platforms. */
static int device_at(uint32_t index, cl_platform_id *platform, cl_device_id *device) {
    cl_platform_id platforms[PLATFORMS_MAX];
    cl_uint platform_count = 0;
    if (clGetPlatformIDs(PLATFORMS_MAX, platforms, &platform_count) != CL_SUCCESS) {
        return STK_E_NODEV;
    }
    for (cl_uint p = 0; p < platform_count && p < PLATFORMS_MAX; p++) {
        cl_device_id devices[DEVICES_MAX];
        cl_uint count = 0;
        if (clGetDeviceIDs(platforms[p], CL_DEVICE_TYPE_ALL, DEVICES_MAX, devices, &count) != CL_SUCCESS) {
            continue;
        }
        count = count < DEVICES_MAX ? count : DEVICES_MAX;
        if (index < count) {
            *platform = platforms[p];
            *device = devices[index];
            return STK_OK;
        }
        index -= count;
    }
    return STK_E_NODEV;
}

/* Names, versions, and the digest of all of them. On PoCL only the platform's version names the compiler. */
static void describe_texts(cl_platform_id platform, cl_device_id device, struct stk_opencl_device *d) {
    struct stk_opencl_texts texts = {.platform = platform, .whole = 1};
    char platform_version[2]; /* for the digest alone */
    stk_blake3_init(&texts.hash);
    stk_opencl_text(&texts, CL_PLATFORM_NAME, d->platform, sizeof d->platform);
    stk_opencl_text(&texts, CL_PLATFORM_VERSION, platform_version, sizeof platform_version);
    texts.device = device;
    stk_opencl_text(&texts, CL_DEVICE_NAME, d->name, sizeof d->name);
    stk_opencl_text(&texts, CL_DEVICE_VERSION, d->version, sizeof d->version);
    stk_opencl_text(&texts, CL_DRIVER_VERSION, d->driver, sizeof d->driver);
    d->identified = texts.whole;
    if (texts.whole) {
        stk_blake3_digest(&texts.hash, d->identity);
    }
}

/* On a CPU lanes only take turns; elsewhere they look at as many slots in the time of one look. */
static uint32_t lanes_for(cl_device_id device, int is_cpu) {
    size_t most = 0;
    (void)clGetDeviceInfo(device, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof most, &most, NULL);
    return is_cpu || most == 0u ? 1u : most < LANES_USUAL ? (uint32_t)most : LANES_USUAL;
}

static void describe(cl_platform_id platform, cl_device_id device, struct stk_opencl_device *d) {
    cl_device_svm_capabilities svm = 0;
    cl_device_type type = 0;
    cl_uint units = 0;
    cl_ulong memory = 0;
    memset(d, 0, sizeof *d);
    describe_texts(platform, device, d);
    /* A device of OpenCL 1.2 refuses this query: it has no SVM. */
    (void)clGetDeviceInfo(device, CL_DEVICE_SVM_CAPABILITIES, sizeof svm, &svm, NULL);
    (void)clGetDeviceInfo(device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL);
    (void)clGetDeviceInfo(device, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof memory, &memory, NULL);
    d->units = units;
    (void)clGetDeviceInfo(device, CL_DEVICE_TYPE, sizeof type, &type, NULL);
    d->is_cpu = (type & CL_DEVICE_TYPE_CPU) != 0;
    d->lanes = lanes_for(device, d->is_cpu);
    d->memory = memory;
    d->fine_grain = (svm & CL_DEVICE_SVM_FINE_GRAIN_BUFFER) != 0;
    d->svm_atomics = (svm & CL_DEVICE_SVM_ATOMICS) != 0;
}

int stk_opencl_device(uint32_t index, struct stk_opencl_device *device) {
    cl_platform_id platform;
    cl_device_id id;
    int err = device_at(index, &platform, &id);
    if (err == STK_OK) {
        describe(platform, id, device);
    }
    return err;
}

static int name_contains(const char *name, const char *part) {
    for (; *name; name++) {
        size_t i = 0;
        while (part[i] && tolower((unsigned char)name[i]) == tolower((unsigned char)part[i])) {
            i++;
        }
        if (!part[i]) {
            return 1;
        }
    }
    return 0;
}

static int meets(const struct stk_opencl_device *d, const struct stk_opencl_need *need) {
    return (!need->name || name_contains(d->name, need->name)) && d->memory >= need->memory &&
           d->units >= need->units && (!need->fine_grain || d->fine_grain) && (!need->svm_atomics || d->svm_atomics);
}

int stk_opencl_find(const struct stk_opencl_need *need, uint32_t from, struct stk_opencl_device *device) {
    struct stk_opencl_device d;
    for (uint32_t i = from; stk_opencl_device(i, &d) == STK_OK; i++) {
        if (meets(&d, need)) {
            *device = d;
            return (int)i;
        }
    }
    return STK_E_NODEV;
}

static int matches(const char *wanted, uint32_t index, const struct stk_opencl_device *d) {
    char *end;
    unsigned long number;
    if (!wanted || !wanted[0]) {
        return d->fine_grain; /* what it says of itself is good for an order, no more */
    }
    number = strtoul(wanted, &end, 10);
    return *end == '\0' ? number == index : name_contains(d->name, wanted);
}

int stk_opencl_select(const char *wanted, cl_device_id *device, struct stk_opencl_device *info) {
    cl_platform_id platform;
    struct stk_opencl_device first = {0};
    for (uint32_t i = 0; device_at(i, &platform, device) == STK_OK; i++) {
        describe(platform, *device, info);
        if (matches(wanted, i, info)) {
            return STK_OK;
        }
        if (i == 0u) {
            first = *info;
        }
    }
    *info = first;
    return !wanted || !wanted[0] ? device_at(0, &platform, device) : STK_E_NODEV;
}
