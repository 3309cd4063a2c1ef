/* Devices as their drivers describe them. These files write nothing of the port. */
#ifndef STK_PORT_OPENCL_DEVICES_H
#define STK_PORT_OPENCL_DEVICES_H

#include "../internal.h"

/* Returns 1 if the fences of a work-group order its stores as other groups see them. OpenCL C 1.2 promises less: a
 * mem_fence orders them for the group alone, and only some compilers have another one (stoker/kernel/lang.h). */
int stk_opencl_orders_groups(const struct stk_opencl_device *device);

/* Does what stk_opencl_next does, for the devices that `wanted` names; NULL or "": for all devices. */
int stk_opencl_candidate(const char *wanted, int no_cpu, uint32_t *place, struct stk_opencl_device *device);

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

#endif
