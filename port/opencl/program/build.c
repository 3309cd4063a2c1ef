/* stoker port: compiles the kernel text with the user's pieces for one device, or takes the program that is kept. The
 * text is put together in source.c, the compiler's log is translated in log.c. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "../persist/persist.h"
#include "../report/report.h"
#include "program.h"
#include "stoker/kernel/tile.h"

/* Most bytes of a build log that are read. */
#define LOG_MAX (16u << 20)

/* Copies the compiler's log into cl->build_log, with places as names of the user's pieces. A log that cannot be had
 * leaves an empty text. */
static void keep_log(struct stk_opencl *cl, const struct stk_opencl_source *source) {
    size_t size = 0;
    void *raw = MAP_FAILED;
    cl->build_log[0] = '\0';
    if (clGetProgramBuildInfo(cl->own.program.program, cl->device.id, CL_PROGRAM_BUILD_LOG, 0, NULL, &size) !=
            CL_SUCCESS ||
        size == 0u) {
        return;
    }
    if (size <= LOG_MAX) {
        raw = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    }
    if (raw == MAP_FAILED) {
        snprintf(cl->build_log, sizeof cl->build_log, "build log of %zu bytes, too long to keep\n", size);
        return;
    }
    if (clGetProgramBuildInfo(cl->own.program.program, cl->device.id, CL_PROGRAM_BUILD_LOG, size, raw, NULL) ==
        CL_SUCCESS) {
        stk_opencl_map_build_log(source, raw, strnlen(raw, size), cl->build_log, sizeof cl->build_log);
    }
    munmap(raw, size);
}

/* Looks for the program in cache and store, or creates one from its text. A kernel is there only if it was found. */
static int create(struct stk_opencl *cl, struct stk_opencl_source *source) {
    cl_program program = NULL;
    cl_kernel kernel = NULL;
    cl_int error = CL_SUCCESS;
    int err = stk_opencl_source(cl, source);
    if (err != STK_OK) {
        return err;
    }
    cl->built_from = stk_opencl_load_program(cl, source->texts, source->lengths, source->count, &program, &kernel);
    if (cl->built_from == STK_OPENCL_MADE) {
        program =
            clCreateProgramWithSource(cl->own.program.context, source->count, source->texts, source->lengths, &error);
    }
    cl->own.program.program = program;
    cl->own.program.kernel = kernel;
    return stk_opencl_error(cl, error, "clCreateProgramWithSource");
}

void stk_opencl_options(const struct stk_opencl *cl, char *options, size_t size) {
    /* A tile is for groups of several lanes, up to the most that tile.h supports. */
    uint32_t lanes = cl->config.lanes, tile = lanes > 1u && lanes <= STK_TILE_LANES_MAX ? cl->device.tile_bytes : 0u;
    snprintf(options, size, "-cl-std=CL1.2 -DSTK_LANES=%u -DSTK_TILE_BYTES=%u", (unsigned)lanes, (unsigned)tile);
}

/* Compiles the program with the usual options and `more`. */
static cl_int compile(struct stk_opencl *cl, const char *more) {
    cl_device_id device = cl->device.id;
    char options[96];
    stk_opencl_options(cl, options, sizeof options);
    strncat(options, more, sizeof options - strlen(options) - 1u);
    return clBuildProgram(cl->own.program.program, 1, &device, options, NULL, NULL);
}

int stk_opencl_build(struct stk_opencl *cl) {
    struct stk_opencl_source source;
    cl_int error;
    int err = create(cl, &source);
    /* A program that was found in cache or store has its kernel already. */
    if (err != STK_OK || cl->own.program.kernel) {
        return err;
    }
    error = compile(cl, "");
    if (error != CL_SUCCESS) {
        /* The log of the first try is kept, also if the second one succeeds: it has the user's errors and warnings. */
        keep_log(cl, &source);
        if (strstr(cl->device.platform, "NVIDIA")) {
            /* The fence of NVIDIA's dialect is the one body of the kernel text that a driver may not take. */
            error = compile(cl, " -DSTK_FENCE_PLAIN");
        }
    }
    if (error != CL_SUCCESS) {
        /* The driver may give any code, but the user has to see that the text did not compile. */
        (void)stk_opencl_error(cl, error, "clBuildProgram");
        return STK_E_BUILD;
    }
    cl->own.program.kernel = clCreateKernel(cl->own.program.program, "stk_resident", &error);
    return stk_opencl_error(cl, error, "clCreateKernel");
}

int stk_opencl_doubts(const struct stk_opencl *cl, int err) {
    /* These are the errors that a bad binary can cause. */
    return cl->built_from != STK_OPENCL_MADE && (err == STK_E_DEVICE || err == STK_E_BUILD || err == STK_E_UNSUPPORTED);
}

void stk_opencl_distrust(struct stk_opencl *cl) {
    stk_opencl_reject(cl, cl->built_from);
    cl->built_from = STK_OPENCL_MADE;
}
