/* stoker port: texts that a driver gives about itself, and texts that are cut to fit. A driver's text may have any
 * length. A member of struct stk_opencl_device holds its start; the digest of the whole texts tells devices and drivers
 * apart. */
#include <string.h>
#include <sys/mman.h>

#include "devices.h"

/* Bytes of a text that fit on the stack. Longer texts are read into pages of their own. */
#define USUAL_BYTES 512u
/* Most bytes of a text that are read. A longer text counts as one that the driver does not give. */
#define TEXT_MAX (1u << 20)
/* True for a byte of a UTF-8 character that is not its first. */
#define CONTINUES(byte) (((unsigned char)(byte)&0xC0u) == 0x80u)

void stk_opencl_trim(char *text) {
    size_t bytes = strlen(text), tail = 0, whole;
    unsigned char lead;
    /* A UTF-8 character has at most 3 bytes behind its first one. */
    while (tail < 3u && tail < bytes && CONTINUES(text[bytes - 1u - tail])) {
        tail++;
    }
    lead = tail < bytes ? (unsigned char)text[bytes - 1u - tail] : 0u;
    /* The first byte says how many bytes its character has; 0 stands for a character of one byte. */
    whole = lead >= 0xF0u ? 4u : lead >= 0xE0u ? 3u : lead >= 0xC0u ? 2u : 0u;
    if (whole > tail + 1u) {
        memset(text + bytes - 1u - tail, 0, tail + 1u);
    }
}

/* Asks the device for a text, or the platform where there is no device. */
static cl_int ask(const struct stk_opencl_texts *t, cl_uint what, size_t room, void *out, size_t *need) {
    return t->device ? clGetDeviceInfo(t->device, what, room, out, need)
                     : clGetPlatformInfo(t->platform, what, room, out, need);
}

/* Copies the start of a text of `bytes` bytes and adds the whole text to the digest. */
static void take(struct stk_opencl_texts *t, const char *text, size_t bytes, char *out, size_t size) {
    size_t fits = bytes < size - 1u ? bytes : size - 1u;
    memcpy(out, text, fits);
    out[fits] = '\0';
    if (fits < bytes) {
        stk_opencl_trim(out);
    }
    /* The zero byte behind each text keeps two texts apart from one longer text. */
    t->whole =
        t->whole && stk_blake3_update(&t->hash, text, bytes) == STK_OK && stk_blake3_update(&t->hash, "", 1) == STK_OK;
}

/* Reads a text that is too long for the usual buffer into pages of its own, which the caller unmaps. Sets *bytes to its
 * length. Returns NULL on error, with the error in *error. */
static char *read_long(const struct stk_opencl_texts *t, cl_uint what, size_t *bytes, cl_int *error) {
    void *pages = MAP_FAILED;
    *error = ask(t, what, 0, NULL, bytes);
    if (*error == CL_SUCCESS && *bytes != 0u && *bytes <= TEXT_MAX) {
        pages = mmap(NULL, *bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    }
    if (pages == MAP_FAILED) {
        *error = CL_OUT_OF_HOST_MEMORY;
        return NULL;
    }
    *error = ask(t, what, *bytes, pages, NULL);
    return pages;
}

void stk_opencl_text(struct stk_opencl_texts *t, cl_uint what, char *out, size_t size) {
    char usual[USUAL_BYTES] = {0}, *pages = NULL;
    const char *text = usual;
    size_t bytes = sizeof usual;
    cl_int error = ask(t, what, sizeof usual, usual, NULL);
    if (error == CL_INVALID_VALUE) { /* a driver also returns this for a property that it does not know */
        text = pages = read_long(t, what, &bytes, &error);
    }
    if (error == CL_SUCCESS) {
        take(t, text, strnlen(text, bytes), out, size);
    } else {
        memcpy(out, "?", 2);
        t->whole = 0;
    }
    if (pages) {
        munmap(pages, bytes);
    }
}
