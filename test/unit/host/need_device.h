/* Tests without their device. Where STK_REQUIRE_DEVICE is set in the environment, as tools/check sets it, a machine
 * that lacks a device or a ring fails the test, so that nothing is proved by a test that did not run. Elsewhere such a
 * test is skipped, with a message. Include after cmocka.h. */
#ifndef NEED_DEVICE_H
#define NEED_DEVICE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static inline bool device_required(void) {
    const char *wish = getenv("STK_REQUIRE_DEVICE");
    return wish != NULL && wish[0] != '\0' && strcmp(wish, "0") != 0;
}

/* Ends the test: skipped, or failed where the device is required. `what` says what is not there. */
#define skip_without(what)                                                                                             \
    do {                                                                                                               \
        if (device_required()) {                                                                                       \
            fail_msg("STK_REQUIRE_DEVICE is set, and this machine has not what the test needs: %s", (what));           \
        }                                                                                                              \
        print_message("skipped: %s\n", (what));                                                                        \
        skip();                                                                                                        \
    } while (0)

/* The exit status of a program that runs none of its tests for want of `what`. */
static inline int exit_without(const char *what) {
    print_message("%s: %s\n", device_required() ? "failed, since STK_REQUIRE_DEVICE is set" : "skipped", what);
    return device_required() ? 1 : 0;
}

#endif
