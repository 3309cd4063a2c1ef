/* stoker port: OpenCL devices, their description and the order in which open tries them. Everything here comes from
 * queries; what the memory of a device can do is found by the handshake (search/), never from these bits. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "devices.h"
#include "stoker/kernel/tile.h"

#define PLATFORMS_MAX 16u
#define DEVICES_MAX   32u
#define DEVICES_ALL   (PLATFORMS_MAX * DEVICES_MAX)
/* Lanes of a work-group on a device that is no CPU: one lane would wait for each read over the bus, and this many look
 * at as many slots in the time of one look. */
#define LANES_USUAL 256u

/* Finds device `index`, counted over all platforms in the order of the driver's loader. A platform that fails has no
 * devices and shifts no index. */
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
        /* The driver tells how many devices there are, which may be more than the array holds. */
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

int stk_opencl_orders_groups(const struct stk_opencl_device *device) {
    return strstr(device->platform, "NVIDIA") || strcmp(device->platform, "Portable Computing Language") == 0;
}

/* Reads names and versions, and computes the digest of all of them, which tells devices and drivers apart. On PoCL only
 * the platform's version names the compiler, so it goes into the digest too. */
static void describe_texts(cl_platform_id platform, cl_device_id device, struct stk_opencl_device *d) {
    struct stk_opencl_texts texts = {.platform = platform, .whole = 1};
    /* Only the digest needs this text, so its copy may be cut to nothing. */
    char platform_version[2];
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

/* Returns the lanes of a work-group. On a CPU lanes only take turns on one core; elsewhere they look at as many slots
 * in the time of one look. */
static uint32_t lanes_for(cl_device_id device, enum stk_opencl_type type) {
    size_t most = 0;
    (void)clGetDeviceInfo(device, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof most, &most, NULL);
    return type == STK_OPENCL_CPU || most == 0u ? 1u : most < LANES_USUAL ? (uint32_t)most : LANES_USUAL;
}

/* Returns the bytes of a tile. A CPU has nothing to gain from one: what it calls local memory is memory like any other,
 * and PoCL 3.1 loses code behind a barrier in a branch. */
static uint32_t tile_bytes_for(cl_device_id device, enum stk_opencl_type type) {
    cl_device_local_mem_type kind = CL_NONE;
    cl_ulong bytes = 0;
    (void)clGetDeviceInfo(device, CL_DEVICE_LOCAL_MEM_TYPE, sizeof kind, &kind, NULL);
    (void)clGetDeviceInfo(device, CL_DEVICE_LOCAL_MEM_SIZE, sizeof bytes, &bytes, NULL);
    return type == STK_OPENCL_GPU && kind == CL_LOCAL && bytes >= STK_TILE_LOCAL_MAX ? STK_TILE_BYTES_USUAL : 0u;
}

/* Returns the type. A driver sets one of these bits, and may set the bit of the default device as well. */
static enum stk_opencl_type type_of(cl_device_type bits) {
    return (bits & CL_DEVICE_TYPE_GPU)           ? STK_OPENCL_GPU
           : (bits & CL_DEVICE_TYPE_ACCELERATOR) ? STK_OPENCL_ACCELERATOR
           : (bits & CL_DEVICE_TYPE_CPU)         ? STK_OPENCL_CPU
                                                 : STK_OPENCL_OTHER;
}

/* Describes a device. Members whose query fails stay 0, which asks for the careful choice everywhere. */
static void describe(cl_platform_id platform, cl_device_id device, struct stk_opencl_device *d) {
    cl_device_svm_capabilities svm = 0;
    cl_device_type type = 0;
    cl_uint units = 0;
    cl_ulong memory = 0;
    cl_bool unified = CL_FALSE;
    memset(d, 0, sizeof *d);
    d->id = device;
    describe_texts(platform, device, d);
    /* A device of OpenCL 1.2 refuses this query, and `svm` stays 0: it has no SVM. */
    (void)clGetDeviceInfo(device, CL_DEVICE_SVM_CAPABILITIES, sizeof svm, &svm, NULL);
    (void)clGetDeviceInfo(device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL);
    (void)clGetDeviceInfo(device, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof memory, &memory, NULL);
    d->compute_units = units;
    (void)clGetDeviceInfo(device, CL_DEVICE_TYPE, sizeof type, &type, NULL);
    d->type = type_of(type);
    (void)clGetDeviceInfo(device, CL_DEVICE_HOST_UNIFIED_MEMORY, sizeof unified, &unified, NULL);
    /* The kernel of a CPU reads the host's own memory, even if the driver reports memory of the device. */
    d->unified = unified || d->type == STK_OPENCL_CPU;
    d->lanes = lanes_for(device, d->type);
    d->tile_bytes = tile_bytes_for(device, d->type);
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

/* Returns 1 if `part` occurs in `name`. Upper and lower case count as equal. */
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

/* Returns 1 if the device has everything that `need` asks for. */
static int meets(const struct stk_opencl_device *d, const struct stk_opencl_need *need) {
    return (!need->name || name_contains(d->name, need->name)) && d->memory >= need->memory &&
           d->compute_units >= need->compute_units && (!need->fine_grain || d->fine_grain) &&
           (!need->svm_atomics || d->svm_atomics);
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

/* Returns 1 if `wanted` names this device, by its index or by a part of its name. A text that is a number is always an
 * index. */
static int matches(const char *wanted, uint32_t index, const struct stk_opencl_device *d) {
    char *end;
    unsigned long number;
    if (!wanted || !wanted[0]) {
        return 1;
    }
    number = strtoul(wanted, &end, 10);
    return *end == '\0' ? number == index : name_contains(d->name, wanted);
}

/* Returns a number above 0 for each device, in the order in which devices are tried: by type, then by shared memory,
 * then by index. The driver's word about memory is good enough for an order and for no more: the handshake finds out
 * what works. */
static uint32_t place_of(uint32_t index, const struct stk_opencl_device *d) {
    uint32_t sharing = d->svm_atomics ? 0u : d->fine_grain ? 1u : 2u;
    return ((uint32_t)d->type * 3u + sharing) * DEVICES_ALL + index + 1u;
}

int stk_opencl_candidate(const char *wanted, int no_cpu, uint32_t *place, struct stk_opencl_device *device) {
    uint32_t best = UINT32_MAX, found = 0;
    struct stk_opencl_device d;
    cl_platform_id platform;
    cl_device_id id;
    /* Goes over all devices for each candidate. So the port keeps no list, and a driver that adds a device in between
     * harms nothing. */
    for (uint32_t i = 0; device_at(i, &platform, &id) == STK_OK; i++) {
        uint32_t at;
        describe(platform, id, &d);
        at = place_of(i, &d);
        if (at > *place && at < best && matches(wanted, i, &d) && !(no_cpu && d.type >= STK_OPENCL_CPU)) {
            best = at;
            found = i;
            *device = d;
        }
    }
    if (best == UINT32_MAX) {
        return STK_E_NODEV;
    }
    *place = best;
    return (int)found;
}

int stk_opencl_next(uint32_t *place, struct stk_opencl_device *device) {
    return stk_opencl_candidate(NULL, 0, place, device);
}
