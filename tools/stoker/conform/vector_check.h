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

/* Compares `key`, a hex string, with the bytes; "omitted" passes without a comparison. */
void vec_expect_hex(struct vec *v, const char *key, const uint8_t *bytes, size_t len);

/* Compares `key` with an outcome: `good` where `err` is no error, `bad` where it is the code `expected`. Any other code
 * differs, by its name. */
void vec_expect_outcome(struct vec *v, const char *key, const char *good, const char *bad, int err, int expected);

/* Notes that word `index` of `key` differs; both are four little-endian bytes. */
void vec_differ_word(struct vec *v, const char *key, unsigned index, const uint8_t *want, const uint8_t *got);

/* Compares those of the fields len, fnv1a64, hex and all_zero that the record has. */
void vec_expect_image(struct vec *v, const uint8_t *bytes, size_t len);

/* Compares `key` with a number of bytes, or with "none" when `err` says that there is no such size. */
void vec_expect_size(struct vec *v, const char *key, int err, uint64_t bytes);

/* Compares the fields result, class and queue, and the cause in the message, with a return code. Returns true when both
 * sides say success. */
bool vec_expect_result(struct vec *v, enum vec_family family, int err);

/* Compares a ProtocolError with its payload: `buffer` is the reference's name for the object, `word` the word that the
 * error names, `byte_len` the bytes that were passed in. Returns as vec_expect_result. */
bool vec_expect_read(struct vec *v, const char *buffer, int err, uint64_t word, size_t byte_len);

#endif
