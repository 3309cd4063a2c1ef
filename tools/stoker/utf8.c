/* UTF-8, for the command and for programs that take a part of the command. */
#include "cli.h"

size_t cli_utf8(const void *bytes, size_t len) {
    const unsigned char *s = bytes;
    unsigned char first = len ? s[0] : 0xFFu;
    size_t n = first < 0x80u ? 1 : first < 0xC2u ? 0 : first < 0xE0u ? 2 : first < 0xF0u ? 3 : first < 0xF5u ? 4 : 0;
    /* The second byte has limits of its own, which exclude overlong forms, surrogates and what is above U+10FFFF. */
    unsigned least = first == 0xE0u ? 0xA0u : first == 0xF0u ? 0x90u : 0x80u;
    unsigned most = first == 0xEDu ? 0x9Fu : first == 0xF4u ? 0x8Fu : 0xBFu;
    for (size_t i = 1; i < n; i++) {
        if (i == len || s[i] < (i == 1 ? least : 0x80u) || s[i] > (i == 1 ? most : 0xBFu)) {
            return 0;
        }
    }
    return n;
}
