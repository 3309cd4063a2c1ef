/* JSON output. JSON is UTF-8, but names of files and patterns may be any bytes: such a string goes out under another
 * key, as hexadecimal digits. */
#include "json_out.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

/* Returns a JSON string of hexadecimal digits, or NULL where there is no memory. */
static json_t *hex_of(const uint8_t *bytes, size_t len) {
    static const char digits[] = "0123456789abcdef";
    char *text = malloc(2u * len + 1u);
    json_t *hex = NULL;
    for (size_t i = 0; text && i < len; i++) {
        text[2u * i] = digits[bytes[i] >> 4];
        text[2u * i + 1u] = digits[bytes[i] & 15u];
    }
    if (text) {
        hex = json_stringn_nocheck(text, 2u * len);
    }
    free(text);
    return hex;
}

/* Returns the text with U+FFFD in place of each byte that is no UTF-8. */
static json_t *replaced(const uint8_t *bytes, size_t len) {
    static const char mark[] = "\xEF\xBF\xBD";
    char *text = malloc(len * (sizeof mark - 1u) + 1u);
    json_t *string = NULL;
    size_t n = 0;
    for (size_t i = 0; text && i < len;) {
        size_t taken = cli_utf8(bytes + i, len - i), put = taken ? taken : sizeof mark - 1u;
        memcpy(text + n, taken ? (const char *)bytes + i : mark, put);
        i += taken ? taken : 1u;
        n += put;
    }
    if (text) {
        string = json_stringn_nocheck(text, n);
    }
    free(text);
    return string;
}

void cli_json_set(json_t *object, const char *key, const void *bytes, size_t len) {
    json_t *text = json_stringn(bytes, len);
    char name[32];
    if (text) {
        json_object_set_new(object, key, text);
        return;
    }
    snprintf(name, sizeof name, "%s_hex", key);
    json_object_set_new(object, name, hex_of(bytes, len));
}

/* Returns the array `key` of the object. Makes the array when it is missing. */
static json_t *array_of(json_t *object, const char *key) {
    if (!json_object_get(object, key)) {
        json_object_set_new(object, key, json_array());
    }
    return json_object_get(object, key);
}

void cli_json_set_number(json_t *object, const char *key, uint64_t value) {
    json_object_set_new(object, key, json_integer((json_int_t)value));
}

void cli_json_add(json_t *object, const char *key, const char *text) {
    size_t len = strlen(text);
    json_t *list = array_of(object, key), *whole = json_stringn(text, len);
    char name[32];
    snprintf(name, sizeof name, "%s_hex", key);
    if (len == 0u) {
        json_decref(whole);
        return;
    }
    if (!whole || json_object_get(object, name)) {
        json_t *hex = array_of(object, name);
        while (json_array_size(hex) < json_array_size(list)) {
            json_array_append_new(hex, json_null());
        }
        json_array_append_new(hex, whole ? json_null() : hex_of((const uint8_t *)text, len));
    }
    json_array_append_new(list, whole ? whole : replaced((const uint8_t *)text, len));
}

int cli_json_print(json_t *value, unsigned digits) {
    int failed = !value || json_dumpf(value, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(digits)) != 0;
    json_decref(value);
    putchar('\n');
    /* An output that could not be written is reported at the end of the command. */
    return failed && !ferror(stdout) ? cli_bad("no memory for the JSON output: ask for less of it") : 0;
}
