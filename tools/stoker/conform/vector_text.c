/* Cuts a line of a vector file into fields, and reads the numbers, lists and bytes in them. */
#include "vector_text.h"

#include "cli.h"
#include "vector_check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Returns true if all of the text is UTF-8. */
static bool is_utf8(const char *text) {
    size_t left = strlen(text), taken = 1;
    for (; left != 0 && taken != 0; left -= taken, text += taken) {
        taken = cli_utf8(text, left);
    }
    return taken != 0;
}

const char *vec_parse(struct vec *v, char *text) {
    v->fields = v->checks = v->bad = v->skipped = 0;
    v->skip = v->unknown_cause = false;
    if (!is_utf8(text)) {
        return "no UTF-8";
    }
    while (*text != '\0') {
        char *equals = strchr(text, '=');
        if (equals == NULL) {
            return "a field without '='";
        }
        if (v->fields == VEC_FIELDS_MAX) {
            return "too many fields";
        }
        *equals = '\0';
        v->field[v->fields++] = (struct vec_field){text, equals + 1, false};
        /* The message is last and may hold anything. */
        char *end = strcmp(text, "msg") == 0 ? NULL : strchr(equals + 1, ' ');
        if (end == NULL) {
            break;
        }
        *end = '\0';
        text = end + 1;
    }
    return v->fields > 0 && strcmp(v->field[0].key, "rec") == 0 ? NULL : "it does not begin with 'rec='";
}

bool vec_has(const struct vec *v, const char *key) {
    for (unsigned i = 0; i < v->fields; i++) {
        if (strcmp(v->field[i].key, key) == 0) {
            return true;
        }
    }
    return false;
}

bool vec_seen(const struct vec *v, const char *key) {
    for (unsigned i = 0; i < v->fields; i++) {
        if (strcmp(v->field[i].key, key) == 0) {
            return v->field[i].seen;
        }
    }
    return false;
}

const char *vec_get(struct vec *v, const char *key) {
    for (unsigned i = 0; i < v->fields; i++) {
        if (strcmp(v->field[i].key, key) == 0) {
            v->field[i].seen = true;
            return v->field[i].value;
        }
    }
    return NULL;
}

const char *vec_need(struct vec *v, const char *key) {
    const char *value = vec_get(v, key);
    if (value == NULL) {
        vec_differ(v, key, "a value", "(no such field)");
    }
    return value == NULL ? "-" : value;
}

void vec_skip(struct vec *v, const char *key) {
    if (!vec_seen(v, key) && vec_get(v, key) != NULL) {
        v->skipped++;
    }
}

uint64_t vec_u64(struct vec *v, const char *key) {
    const char *text = vec_get(v, key);
    char *end = NULL;
    errno = 0; /* strtoull says only by errno that a number is too large */
    uint64_t n = text == NULL ? 0 : strtoull(text, &end, 10);
    /* strtoull also takes blanks and signs, which the format does not have. */
    if (text == NULL || *text < '0' || *text > '9' || *end != '\0' || errno != 0) {
        vec_differ(v, key, text == NULL ? "(no such field)" : text, "a number");
    }
    return n;
}

uint32_t vec_u32(struct vec *v, const char *key) {
    uint64_t n = vec_u64(v, key);
    if (n > UINT32_MAX) {
        vec_differ(v, key, vec_get(v, key), "a 32-bit number");
    }
    return (uint32_t)n;
}

bool vec_affords(struct vec *v, const char *key, uint64_t bytes) {
    char most[40], asked[40];
    if (bytes <= VEC_SIZE_MAX) {
        return true;
    }
    snprintf(most, sizeof most, "%zu bytes at most", VEC_SIZE_MAX);
    snprintf(asked, sizeof asked, "%" PRIu64, bytes);
    vec_differ(v, key, most, asked);
    return false;
}

size_t vec_size(struct vec *v, const char *key) {
    uint64_t n = vec_u64(v, key);
    return vec_affords(v, key, n) ? (size_t)n : 0;
}

/* Reads `text` as `count` numbers up to `max`, each followed by one of `separators` or the end. */
static bool numbers(const char *text, const char *separators, uint64_t max, uint64_t *out, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char *end;
        errno = 0;
        out[i] = strtoull(text, &end, 10);
        bool last = i + 1 == count;
        if (*text < '0' || *text > '9' || errno != 0 || out[i] > max || (*end == '\0') != last ||
            (!last && strchr(separators, *end) == NULL)) {
            return false;
        }
        text = end + 1;
    }
    return true;
}

/* Reads a list of numbers; "-" is the empty list. The count must be a multiple of `group`. */
static size_t list_in(struct vec *v, const char *key, const char *text, const char *separators, size_t group,
                      uint64_t max, uint64_t **out) {
    size_t count = 1; /* one number more than there are separators */
    for (const char *p = text; (p = strpbrk(p, separators)) != NULL; p++) {
        count++;
    }
    count = strcmp(text, "-") == 0 ? 0 : count;
    *out = vec_alloc(count * sizeof **out);
    if (count % group != 0 || !numbers(text, separators, max, *out, count)) {
        vec_differ(v, key, "a list of numbers", text);
        return 0;
    }
    return count;
}

/* Returns the numbers as 32 bits, which the caller has checked, and frees the list of 64 bits. */
static size_t narrow(uint64_t *from, size_t count, uint32_t **out) {
    *out = vec_alloc(count * sizeof **out);
    for (size_t i = 0; i < count; i++) {
        (*out)[i] = (uint32_t)from[i];
    }
    free(from);
    return count;
}

size_t vec_numbers64(struct vec *v, const char *key, const char *separators, size_t group, uint64_t **out) {
    return list_in(v, key, vec_need(v, key), separators, group, UINT64_MAX, out);
}

size_t vec_numbers(struct vec *v, const char *key, const char *separators, size_t group, uint32_t **out) {
    uint64_t *wide;
    size_t count = list_in(v, key, vec_need(v, key), separators, group, UINT32_MAX, &wide);
    return narrow(wide, count, out);
}

size_t vec_numbers_in(struct vec *v, const char *key, const char *text, const char *separators, uint32_t **out) {
    uint64_t *wide;
    size_t count = list_in(v, key, text, separators, 1, UINT32_MAX, &wide);
    return narrow(wide, count, out);
}

char *vec_tuple(char **list) {
    char *tuple = *list;
    if (tuple == NULL || strcmp(tuple, "-") == 0) {
        return NULL;
    }
    char *bar = strchr(tuple, '|');
    if (bar != NULL) {
        *bar = '\0';
    }
    *list = bar == NULL ? NULL : bar + 1;
    return tuple;
}

/* Returns the value of a lowercase hex digit. */
static unsigned nibble(char c) {
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10u;
}

size_t vec_bytes(struct vec *v, const char *key, uint8_t **out) {
    const char *hex = vec_need(v, key);
    size_t digits = strcmp(hex, "-") == 0 ? 0 : strlen(hex);
    bool whole = digits % 2 == 0 && (digits == 0 || strspn(hex, "0123456789abcdef") == digits);
    size_t len = whole ? digits / 2 : 0;
    if (!whole) {
        vec_differ(v, key, "pairs of lowercase hex digits", hex);
    }
    *out = vec_alloc(len);
    for (size_t i = 0; i < len; i++) {
        (*out)[i] = (uint8_t)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
    }
    return len;
}

unsigned vec_one_of(struct vec *v, const char *key, const char *const *names, unsigned count) {
    const char *name = vec_need(v, key);
    unsigned i = 0;
    while (i < count && strcmp(name, names[i]) != 0) {
        i++;
    }
    if (i == count) {
        vec_differ(v, key, "a name that is known", name);
    }
    return i;
}

uint64_t vec_fnv1a64(const uint8_t *bytes, size_t len) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    }
    return hash;
}

void *vec_alloc(size_t bytes) {
    void *p = calloc(1, bytes == 0 ? 1 : bytes);
    if (p == NULL) {
        fprintf(stderr, "conformance: out of memory\n");
        exit(2);
    }
    return p;
}

char *vec_copy(const char *text) {
    size_t len = strlen(text) + 1;
    return memcpy(vec_alloc(len), text, len);
}
