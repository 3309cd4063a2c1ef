#include "vector_text.h"

#include "vector_check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool vec_parse(struct vec *v, char *text) {
    v->fields = v->checks = v->bad = v->skipped = 0;
    v->skip = false;
    while (*text != '\0' && v->fields < VEC_FIELDS_MAX) {
        char *equals = strchr(text, '=');
        if (equals == NULL) {
            return false;
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
    return v->fields > 0 && strcmp(v->field[0].key, "rec") == 0;
}

bool vec_has(const struct vec *v, const char *key) {
    for (unsigned i = 0; i < v->fields; i++) {
        if (strcmp(v->field[i].key, key) == 0) {
            return true;
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
    if (vec_get(v, key) != NULL) {
        v->skipped++;
    }
}

uint64_t vec_u64(struct vec *v, const char *key) {
    const char *text = vec_get(v, key);
    char *end = NULL;
    errno = 0;
    uint64_t n = text == NULL ? 0 : strtoull(text, &end, 10);
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

size_t vec_numbers(const char *text, const char *separators, uint32_t **out) {
    size_t count = 1;
    *out = NULL;
    if (strcmp(text, "-") == 0) {
        return 0;
    }
    for (const char *p = text; (p = strpbrk(p, separators)) != NULL; p++) {
        count++;
    }
    *out = vec_alloc(count * sizeof **out);
    for (size_t i = 0; i < count; i++) {
        char *end;
        (*out)[i] = (uint32_t)strtoull(text, &end, 10);
        text = *end == '\0' ? end : end + 1;
    }
    return count;
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

static unsigned nibble(char c) {
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10u;
}

size_t vec_bytes(const char *hex, uint8_t **out) {
    size_t len = strcmp(hex, "-") == 0 ? 0 : strlen(hex) / 2;
    *out = vec_alloc(len);
    for (size_t i = 0; i < len; i++) {
        (*out)[i] = (uint8_t)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
    }
    return len;
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
