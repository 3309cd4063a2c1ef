/* Compiled programs that are kept: looked for in the RAM cache, then in the flash store, and put into both once compiled. What a
 * driver refuses is compiled again. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "internal.h"
#include "stoker/artifact.h"

#define KIND_PROGRAM 1u
#define TEXTS_MAX    (2u * STK_OPENCL_PLACES_MAX)

static struct stk_span span_of(const char *text) {
    return (struct stk_span){text, strlen(text)};
}

int stk_opencl_key(const struct stk_opencl *cl, const struct stk_span *sources, uint32_t count, const char *options,
                   uint8_t key[STK_STORE_KEY_BYTES]) {
    const struct stk_artifact_recipe recipe = {
        .abi = STK_OPENCL_ABI,
        .source_count = count,
        .sources = sources,
        .options = span_of(options),
        .device = span_of(cl->device.name),
        .driver = {cl->device.identity, sizeof cl->device.identity},
    };
    struct stk_blake3 hash;
    return cl->device.identified && stk_artifact_key(&hash, &recipe, key) == STK_OK;
}

static int program_key(struct stk_opencl *cl, const char *const *texts, const size_t *lengths, uint32_t count) {
    struct stk_span sources[TEXTS_MAX];
    char options[96];
    if (count > TEXTS_MAX) {
        return 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        sources[i] = (struct stk_span){texts[i], lengths[i]};
    }
    snprintf(options, sizeof options, STK_OPENCL_OPTIONS, (unsigned)cl->config.lanes);
    return stk_opencl_key(cl, sources, count, options, cl->program_key);
}

/* Has it the kernel of this port? */
static cl_int take_kernel(struct stk_opencl *cl, cl_program program) {
    cl_uint args = 0;
    cl_int error;
    cl_kernel kernel = clCreateKernel(program, "stk_resident", &error);
    if (error != CL_SUCCESS) {
        return error;
    }
    error = clGetKernelInfo(kernel, CL_KERNEL_NUM_ARGS, sizeof args, &args, NULL);
    if (error != CL_SUCCESS || args != KERNEL_ARGS) {
        clReleaseKernel(kernel);
        return error != CL_SUCCESS ? error : CL_INVALID_KERNEL_DEFINITION;
    }
    cl->cl_kernel = kernel;
    return CL_SUCCESS;
}

static cl_int load(struct stk_opencl *cl, const struct stk_opencl_kept *got) {
    cl_device_id device = cl->cl_device;
    const unsigned char *bytes = got->payload;
    const size_t size = got->bytes;
    cl_int status = CL_SUCCESS, error;
    cl_program program = clCreateProgramWithBinary(cl->cl_context, 1, &device, &size, &bytes, &status, &error);
    if (error == CL_SUCCESS) {
        error = status != CL_SUCCESS ? status : clBuildProgram(program, 1, &device, NULL, NULL, NULL);
        error = error == CL_SUCCESS ? take_kernel(cl, program) : error;
        if (error == CL_SUCCESS) {
            cl->cl_program = program;
        } else {
            clReleaseProgram(program);
        }
    }
    return error;
}

static int recall_from(struct stk_opencl *cl, enum stk_opencl_origin from) {
    struct stk_opencl_kept got;
    cl_int error;
    if (!stk_opencl_kept_get(cl, from, cl->program_key, KIND_PROGRAM, &got)) {
        return 0;
    }
    error = load(cl, &got);
    if (error == CL_SUCCESS) {
        cl->built_from = from;
        stk_opencl_kept_spread(cl, &got);
    } else {
        stk_opencl_kept_say(cl, "the driver refused %s's with OpenCL error %d", stk_opencl_origin_name(from), error);
    }
    stk_opencl_kept_drop(cl, &got);
    return error == CL_SUCCESS;
}

int stk_opencl_recall_program(struct stk_opencl *cl, const char *const *texts, const size_t *lengths, uint32_t count) {
    if (!stk_opencl_keeps(cl)) {
        return 0;
    }
    cl->keyed = program_key(cl, texts, lengths, count);
    if (!cl->keyed) {
        stk_opencl_kept_say(cl, "nothing is kept: the driver does not say its version, or the texts are too many");
        return 0;
    }
    return !cl->distrusted && (recall_from(cl, STK_OPENCL_FROM_CACHE) || recall_from(cl, STK_OPENCL_FROM_STORE));
}

int stk_opencl_doubts(const struct stk_opencl *cl, int err) {
    return cl->built_from != STK_OPENCL_MADE && (err == STK_E_DEVICE || err == STK_E_BUILD || err == STK_E_UNSUPPORTED);
}

void stk_opencl_distrust(struct stk_opencl *cl) {
    stk_opencl_kept_say(cl, "%s's did not work: %.120s", stk_opencl_origin_name(cl->built_from), cl->reason);
    cl->built_from = STK_OPENCL_MADE;
    cl->distrusted = 1;
}

/* After the launches of open: PoCL compiles the kernel for a size of group when it is first launched with it, and puts into the
 * binary what it has until then. */
static void keep_program(struct stk_opencl *cl) {
    size_t bytes = 0, mapped;
    cl_int error = clGetProgramInfo(cl->cl_program, CL_PROGRAM_BINARY_SIZES, sizeof bytes, &bytes, NULL);
    uint8_t *record;
    if (error != CL_SUCCESS || bytes == 0u || bytes > UINT32_MAX - STK_OPENCL_KEPT_HEADER) {
        stk_opencl_kept_say(cl, "the driver gives no binary (OpenCL error %d)", error);
        return;
    }
    mapped = bytes + STK_OPENCL_KEPT_HEADER;
    record = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (record == MAP_FAILED) {
        stk_opencl_kept_say(cl, "no memory for a binary of %zu bytes", bytes);
        return;
    }
    unsigned char *binary = record + STK_OPENCL_KEPT_HEADER;
    error = clGetProgramInfo(cl->cl_program, CL_PROGRAM_BINARIES, sizeof binary, &binary, NULL);
    if (error == CL_SUCCESS) {
        stk_opencl_kept_put(cl, cl->program_key, KIND_PROGRAM, record, (uint32_t)bytes);
    } else {
        stk_opencl_kept_say(cl, "the driver gives no binary (OpenCL error %d)", error);
    }
    munmap(record, mapped);
}

int stk_opencl_keep(struct stk_opencl *cl) {
    int program = cl->keyed && !cl->was_kept && cl->built_from == STK_OPENCL_MADE;
    int outcome = cl->keyed && !cl->was_kept && cl->proved_from == STK_OPENCL_MADE;
    if (!cl->cl_program) {
        return 0; /* lost: there may be one after a recovery */
    }
    if (program) {
        keep_program(cl);
    }
    if (outcome) {
        stk_opencl_keep_outcome(cl);
    }
    cl->was_kept = 1;
    return program + outcome;
}

int stk_opencl_keep_now(struct stk_opencl *cl) {
    if (!cl->config.keep_late) {
        (void)!stk_opencl_keep(cl);
    }
    return STK_OK;
}
