/* Conformance: one line of a vector file, "rec=name key=value ... msg=rest of the line". */
#ifndef VECTOR_TEXT_H
#define VECTOR_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VEC_FIELDS_MAX 64

struct vec_field {
    const char *key, *value;
    bool seen; /* some check or input asked for it */
};

struct vec {
    const char *path;
    unsigned line;
    struct vec_field field[VEC_FIELDS_MAX];
    unsigned fields;
    unsigned checks;    /* comparisons made so far */
    unsigned bad;       /* comparisons that differed */
    unsigned skipped;   /* fields that are no part of the contract */
    bool skip;          /* the record is not covered after all */
    bool unknown_cause; /* nothing compared what the message of an error says */
};

/* Splits `text` in place. NULL, or why it is not a record. */
const char *vec_parse(struct vec *v, char *text);

bool vec_has(const struct vec *v, const char *key);

/* Returns true if something has looked at the field `key`. */
bool vec_seen(const struct vec *v, const char *key);

/* Returns the value of `key`, or NULL when the record has no such field. Marks the field as seen. */
const char *vec_get(struct vec *v, const char *key);

/* Returns the value of `key`, which the record must have. A missing field fails the record, and its value is "-". */
const char *vec_need(struct vec *v, const char *key);

/* Counts the field `key` as skipped, since it is no part of the contract. No effect on a field that was looked at. */
void vec_skip(struct vec *v, const char *key);

/* Returns the value of `key` as a number. A field that is missing, or is no number, fails the record. */
uint64_t vec_u64(struct vec *v, const char *key);
uint32_t vec_u32(struct vec *v, const char *key);

/* Returns the value of `key` as a number of bytes. A number above VEC_SIZE_MAX fails the record and is 0, so that no
 * record can take all memory. */
#define VEC_SIZE_MAX ((size_t)1 << 28)
size_t vec_size(struct vec *v, const char *key);

/* Returns true if the record may take `bytes` bytes of memory; else fails the record, with `key` as the reason. */
bool vec_affords(struct vec *v, const char *key, uint64_t bytes);

/* Reads the numbers of `key`, separated by one of `separators`, a multiple of `group` of them; "-" is the empty list.
 * Anything else fails the record and is the empty list. The caller frees *out. Returns how many. */
size_t vec_numbers(struct vec *v, const char *key, const char *separators, size_t group, uint32_t **out);
size_t vec_numbers64(struct vec *v, const char *key, const char *separators, size_t group, uint64_t **out);

/* Reads the numbers of `text` as vec_numbers reads those of `key`. */
size_t vec_numbers_in(struct vec *v, const char *key, const char *text, const char *separators, uint32_t **out);

/* Returns the next tuple of *list, which '|' separates, cut off in place; NULL when there is none. */
char *vec_tuple(char **list);

/* Reads the lowercase hex digits of `key` as bytes; "-" is the empty string. Anything else fails the record and is the
 * empty string. The caller frees *out. Returns the number of bytes. */
size_t vec_bytes(struct vec *v, const char *key, uint8_t **out);

/* Returns which of the `count` names `key` is. Any other value fails the record, and is `count`. */
unsigned vec_one_of(struct vec *v, const char *key, const char *const *names, unsigned count);

uint64_t vec_fnv1a64(const uint8_t *bytes, size_t len);

void *vec_alloc(size_t bytes); /* zeroed; ends the program when there is no memory */
char *vec_copy(const char *text);

#endif
