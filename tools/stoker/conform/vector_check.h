/* Conformance: comparing what the library did with what a record says. */
#ifndef VECTOR_CHECK_H
#define VECTOR_CHECK_H

#include "vector_text.h"

#include "stoker/err.h"

/* Notes a difference and prints it with file, line and both values; NULL is a field that is not there. */
void vec_differ(struct vec *v, const char *key, const char *want, const char *got);

void vec_expect_u64(struct vec *v, const char *key, uint64_t got);
void vec_expect_text(struct vec *v, const char *key, const char *got);

/* `key` is a hex string; "omitted" passes unchecked. */
void vec_expect_hex(struct vec *v, const char *key, const uint8_t *bytes, size_t len);

/* Notes that word `index` of `key` differs; both are four little-endian bytes. */
void vec_differ_word(struct vec *v, const char *key, unsigned index, const uint8_t *want, const uint8_t *got);

/* The fields len, fnv1a64, hex and all_zero, those that are there. */
void vec_expect_image(struct vec *v, const uint8_t *bytes, size_t len);

/* `key` is a number of bytes, or "none" when `err` is below zero. */
void vec_expect_size(struct vec *v, const char *key, int err, uint64_t bytes);

/* Which of the reference's error families a call belongs to. */
enum vec_family {
    VEC_QUEUE,    /* every refusal is QueueFull */
    VEC_IO,       /* a misaligned view is Backend, the rest is QueueFull */
    VEC_PROTOCOL, /* MisalignedByteLength, MissingWord, ByteLengthOverflow */
};

/* The fields result, class and the payload of an error, against a return code. `buffer` is what the reference calls the
 * object; word is the one that the fault names, byte_len what was passed in. True when both sides say success. */
bool vec_expect_result(struct vec *v, enum vec_family family, int err);
bool vec_expect_read(struct vec *v, const char *buffer, int err, uint64_t word, size_t byte_len);

#endif
