/* stoker port: compiled programs that are kept. Looks for one in the RAM cache, then in the flash store, and puts one
 * into both once it was compiled. A program that the driver refuses is compiled again, never run. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "../program/program.h"
#include "persist.h"
#include "stoker/artifact.h"

/* Most texts of a program: each place has a #line and its text. */
#define TEXTS_MAX (2u * STK_OPENCL_PLACES_MAX)

/* Returns a text without its NUL as bytes for a key. */
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

/* Computes the key of the program from its texts and the options of the compiler. Returns 0 if there is no key. */
static int program_key(struct stk_opencl *cl, const char *const *texts, const size_t *lengths, uint32_t count) {
    struct stk_span sources[TEXTS_MAX];
    char options[96];
    /* Cannot happen with a source of this port; without a key nothing is kept. */
    if (count > TEXTS_MAX) {
        return 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        sources[i] = (struct stk_span){texts[i], lengths[i]};
    }
    stk_opencl_options(cl, options, sizeof options);
    return stk_opencl_key(cl, sources, count, options, cl->own.persisted.program_key);
}

/* Makes the kernel out of a program. A program whose kernel has another number of arguments belongs to another version
 * and is refused, even if its key is right. */
static cl_int make_kernel(cl_program program, cl_kernel *kernel) {
    cl_uint args = 0;
    cl_int error;
    cl_kernel made = clCreateKernel(program, "stk_resident", &error);
    if (error != CL_SUCCESS) {
        return error;
    }
    error = clGetKernelInfo(made, CL_KERNEL_NUM_ARGS, sizeof args, &args, NULL);
    if (error != CL_SUCCESS || args != KERNEL_ARGS) {
        clReleaseKernel(made);
        return error != CL_SUCCESS ? error : CL_INVALID_KERNEL_DEFINITION;
    }
    *kernel = made;
    return CL_SUCCESS;
}

/* Makes a program and its kernel out of a record. Returns the OpenCL error; on an error nothing is left. */
static cl_int load(const struct stk_opencl *cl, const struct stk_opencl_record *got, cl_program *program,
                   cl_kernel *kernel) {
    cl_device_id device = cl->device.id;
    const unsigned char *bytes = got->payload;
    const size_t size = got->bytes;
    cl_int status = CL_SUCCESS, error;
    cl_program made = clCreateProgramWithBinary(cl->own.program.context, 1, &device, &size, &bytes, &status, &error);
    if (error != CL_SUCCESS) {
        return error;
    }
    /* A driver may refuse a binary here, in `status`, or when the program is built. */
    error = status != CL_SUCCESS ? status : clBuildProgram(made, 1, &device, NULL, NULL, NULL);
    error = error == CL_SUCCESS ? make_kernel(made, kernel) : error;
    if (error == CL_SUCCESS) {
        *program = made;
    } else {
        clReleaseProgram(made);
    }
    return error;
}

/* Loads the program from one place. Returns 1 if the driver took it; the record then goes to the other place too. */
static int load_from(struct stk_opencl *cl, enum stk_opencl_origin from, cl_program *program, cl_kernel *kernel) {
    struct stk_opencl_record got;
    cl_int error;
    if (!stk_opencl_record_get(cl, from, cl->own.persisted.program_key, STK_OPENCL_RECORD_PROGRAM, &got)) {
        return 0;
    }
    error = load(cl, &got, program, kernel);
    if (error == CL_SUCCESS) {
        stk_opencl_record_spread(cl, &got);
    } else {
        stk_opencl_persist_say(cl, "the driver refused %s's with OpenCL error %d", stk_opencl_origin_name(from), error);
    }
    stk_opencl_record_drop(cl, &got);
    return error == CL_SUCCESS;
}

enum stk_opencl_origin stk_opencl_load_program(struct stk_opencl *cl, const char *const *texts, const size_t *lengths,
                                               uint32_t count, cl_program *program, cl_kernel *kernel) {
    if (!stk_opencl_persists(cl)) {
        return STK_OPENCL_MADE;
    }
    cl->own.persisted.has_keys = program_key(cl, texts, lengths, count);
    if (!cl->own.persisted.has_keys) {
        stk_opencl_persist_say(cl, "nothing is kept: the driver does not say its version, or the texts are too many");
        return STK_OPENCL_MADE;
    }
    for (int from = STK_OPENCL_FROM_CACHE; !cl->own.persisted.rejected && from <= STK_OPENCL_FROM_STORE; from++) {
        if (load_from(cl, (enum stk_opencl_origin)from, program, kernel)) {
            return (enum stk_opencl_origin)from;
        }
    }
    return STK_OPENCL_MADE;
}

void stk_opencl_reject(struct stk_opencl *cl, enum stk_opencl_origin from) {
    stk_opencl_persist_say(cl, "%s's did not work: %.120s", stk_opencl_origin_name(from), cl->reason);
    cl->own.persisted.rejected = 1;
}

/* Gets the binary from the driver and puts it. Called after the launches of open: PoCL compiles the kernel for a size
 * of group at the first launch with this size, and its binary has only what was compiled until then. */
void stk_opencl_save_program(struct stk_opencl *cl) {
    size_t bytes = 0, mapped;
    cl_int error = clGetProgramInfo(cl->own.program.program, CL_PROGRAM_BINARY_SIZES, sizeof bytes, &bytes, NULL);
    uint8_t *record;
    /* A driver may have no binary to give, and a record holds at most 2^32 - 1 bytes. */
    if (error != CL_SUCCESS || bytes == 0u || bytes > UINT32_MAX - STK_OPENCL_RECORD_HEADER) {
        stk_opencl_persist_say(cl, "the driver gives no binary (OpenCL error %d)", error);
        return;
    }
    mapped = bytes + STK_OPENCL_RECORD_HEADER;
    record = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (record == MAP_FAILED) {
        stk_opencl_persist_say(cl, "no memory for a binary of %zu bytes", bytes);
        return;
    }
    /* The driver writes behind the room for the header, so that the record needs no second copy. */
    unsigned char *binary = record + STK_OPENCL_RECORD_HEADER;
    error = clGetProgramInfo(cl->own.program.program, CL_PROGRAM_BINARIES, sizeof binary, &binary, NULL);
    if (error == CL_SUCCESS) {
        stk_opencl_record_put(cl, cl->own.persisted.program_key, STK_OPENCL_RECORD_PROGRAM, record, (uint32_t)bytes);
    } else {
        stk_opencl_persist_say(cl, "the driver gives no binary (OpenCL error %d)", error);
    }
    munmap(record, mapped);
}
