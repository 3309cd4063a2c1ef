/* Conformance: comparing what the library did with what a record says. */
#ifndef VECTOR_CHECK_H
#define VECTOR_CHECK_H

#include "causes.h"
#include "vector_text.h"

#include "stoker/err.h"

/* Notes a difference and prints it with file, line and both values; NULL is a field that is not there. */
void vec_differ(struct vec *v, const char *key, const char *want, const char *got);

void vec_expect_u64(struct vec *v, const char *key, uint64_t got);
void vec_expect_text(struct vec *v, const char *key, const char *got);

/* `key` is a hex string; "omitted" passes unchecked. */
void vec_expect_hex(struct vec *v, const char *key, const uint8_t *bytes, size_t len);

/* `key` is `good` where `err` is none, and `bad` where it is the code `expected`; any other code differs by its
 * name. */
void vec_expect_outcome(struct vec *v, const char *key, const char *good, const char *bad, int err, int expected);

/* Notes that word `index` of `key` differs; both are four little-endian bytes. */
void vec_differ_word(struct vec *v, const char *key, unsigned index, const uint8_t *want, const uint8_t *got);

/* The fields len, fnv1a64, hex and all_zero, those that are there. */
void vec_expect_image(struct vec *v, const uint8_t *bytes, size_t len);

/* `key` is a number of bytes, or "none" when `err` says that there is no such size. */
void vec_expect_size(struct vec *v, const char *key, int err, uint64_t bytes);

/* The fields result, class and queue and the cause in the message, against a return code. True when both sides say
 * success. */
bool vec_expect_result(struct vec *v, enum vec_family family, int err);

/* The same of a ProtocolError with its payload: `buffer` is what the reference calls the object, `word` is the one that
 * the error names, `byte_len` is what was passed in. */
bool vec_expect_read(struct vec *v, const char *buffer, int err, uint64_t word, size_t byte_len);

#endif
