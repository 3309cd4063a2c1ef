/* JSON that a command prints. Names and texts come from outside and may hold any bytes, but JSON holds UTF-8 only. */
#ifndef STOKER_CLI_JSON_OUT_H
#define STOKER_CLI_JSON_OUT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* Sets `key` to a text. Where the bytes are no UTF-8, sets KEY_hex to their hexadecimal digits instead. */
void cli_json_set(json_t *object, const char *key, const void *bytes, size_t len);

/* Sets `key` to a whole number. */
void cli_json_set_number(json_t *object, const char *key, uint64_t value);

/* Appends a text to the array `key` of the object; an empty text is left out. Each byte that is no UTF-8 becomes U+FFFD
 * in this array. Then there is a second array KEY_hex, with the hexadecimal digits of each such text and null for each
 * other text. */
void cli_json_add(json_t *object, const char *key, const char *text);

/* Prints the value and a line feed on standard output, and frees the value. `digits`: digits of a real number. Returns
 * 0, or CLI_BAD after printing why. */
int cli_json_print(json_t *value, unsigned digits);

#endif
