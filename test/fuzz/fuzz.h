/* Shared by the fuzz targets. Each defines LLVMFuzzerTestOneInput and aborts on what must not happen. */
#ifndef STK_TEST_FUZZ_H
#define STK_TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Fails the input. */
#define FUZZ_CHECK(what)                                                                                               \
    do {                                                                                                               \
        if (!(what)) {                                                                                                 \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

/* Takes bytes off the front of the input; zeros once it is used up. */
struct fuzz_input {
    const uint8_t *data;
    size_t size;
};

static inline uint8_t fuzz_u8(struct fuzz_input *in) {
    if (in->size == 0) {
        return 0;
    }
    in->size--;
    return *in->data++;
}

static inline uint32_t fuzz_u32(struct fuzz_input *in) {
    uint32_t v = 0;
    for (int i = 0; i < 4; i++) {
        v |= (uint32_t)fuzz_u8(in) << (8 * i);
    }
    return v;
}

/* Returns the rest of the input in an allocation of exactly that length, so that a sanitizer sees a read past the end.
 * The caller frees the allocation. *bytes: its length. */
static inline uint32_t *fuzz_rest(struct fuzz_input *in, size_t *bytes) {
    uint32_t *words = malloc(in->size ? in->size : 1u);
    FUZZ_CHECK(words != NULL);
    memcpy(words, in->data, in->size);
    *bytes = in->size;
    return words;
}

#endif
