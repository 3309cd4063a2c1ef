/* Compares what the library did with the fields of a record, and counts each difference. */
#include "vector_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stoker/le.h"

void vec_differ(struct vec *v, const char *key, const char *want, const char *got) {
    printf("%s:%u: %s: %s: expected %s, got %s\n", v->path, v->line, v->field[0].value, key,
           want == NULL ? "(no such field)" : want, got == NULL ? "(no such field)" : got);
    v->bad++;
}

void vec_differ_word(struct vec *v, const char *key, unsigned index, const uint8_t *want, const uint8_t *got) {
    char name[40], a[16], b[16];
    snprintf(name, sizeof name, "%.24s[%u]", key, index);
    snprintf(a, sizeof a, "%" PRIu32, stk_get32(want));
    snprintf(b, sizeof b, "%" PRIu32, stk_get32(got));
    vec_differ(v, name, a, b);
}

void vec_expect_text(struct vec *v, const char *key, const char *got) {
    const char *want = vec_get(v, key);
    v->checks++;
    if (want == NULL || strcmp(want, got) != 0) {
        vec_differ(v, key, want == NULL ? "(no such field)" : want, got);
    }
}

void vec_expect_outcome(struct vec *v, const char *key, const char *good, const char *bad, int err, int expected) {
    vec_expect_text(v, key, err >= 0 ? good : err == expected ? bad : stk_err_name(err));
}

void vec_expect_u64(struct vec *v, const char *key, uint64_t got) {
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)got);
    vec_expect_text(v, key, text);
}

void vec_expect_hex(struct vec *v, const char *key, const uint8_t *bytes, size_t len) {
    const char *want = vec_get(v, key);
    /* The reference leaves long images out. Their length and hash are still compared. */
    if (want != NULL && strcmp(want, "omitted") == 0) {
        return;
    }
    char *got = vec_alloc(2 * len + 2);
    strcpy(got, len == 0 ? "-" : ""); /* "-" stands for the empty string */
    for (size_t i = 0; i < len; i++) {
        snprintf(got + 2 * i, 3, "%02x", (unsigned)bytes[i]);
    }
    vec_expect_text(v, key, got);
    free(got);
}

void vec_expect_image(struct vec *v, const uint8_t *bytes, size_t len) {
    char hash[20];
    vec_expect_u64(v, "len", len);
    if (vec_has(v, "fnv1a64")) {
        snprintf(hash, sizeof hash, "%016llx", (unsigned long long)vec_fnv1a64(bytes, len));
        vec_expect_text(v, "fnv1a64", hash);
    }
    if (vec_has(v, "hex")) {
        vec_expect_hex(v, "hex", bytes, len);
    }
    if (vec_has(v, "all_zero")) {
        size_t i = 0;
        while (i < len && bytes[i] == 0) {
            i++;
        }
        vec_expect_u64(v, "all_zero", i == len);
    }
}

void vec_expect_size(struct vec *v, const char *key, int err, uint64_t bytes) {
    if (err < 0) {
        vec_expect_text(v, key, err == STK_E_OVERFLOW ? "none" : stk_err_name(err));
    } else {
        vec_expect_u64(v, key, bytes);
    }
}

bool vec_expect_result(struct vec *v, enum vec_family family, int err) {
    vec_expect_text(v, "result", err < 0 ? "err" : "ok");
    if (err >= 0) {
        return v->bad == 0;
    }
    /* The record names the class of its error; the message behind it names the cause. */
    vec_expect_text(v, "class", cause_class(family, err));
    if (vec_has(v, "queue")) {
        vec_expect_text(v, "queue", cause_queue(family, err));
    }
    cause_expect(v, family, err);
    return false;
}

bool vec_expect_read(struct vec *v, const char *buffer, int err, uint64_t word, size_t byte_len) {
    bool ok = vec_expect_result(v, VEC_PROTOCOL, err);
    /* Fields that only some errors of the reference have. */
    if (err < 0) {
        vec_expect_text(v, "buffer", buffer);
    }
    if (err == STK_E_MISSING) {
        vec_expect_u64(v, "word_idx", word);
    }
    if (err == STK_E_MISSING || err == STK_E_ALIGN) {
        vec_expect_u64(v, "byte_len", byte_len);
    }
    return ok;
}
