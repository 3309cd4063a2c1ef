/* Test helper: files and pipes with the known bytes of pattern.h. */
#ifndef STOKER_TEST_HOST_FILE_H
#define STOKER_TEST_HOST_FILE_H

#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "pattern.h"

/* Writes all of the pattern [offset, offset + bytes) to fd, pipe or file. Returns 0 on success. */
static inline int pattern_write(int fd, uint64_t offset, size_t bytes) {
    uint8_t block[4096];
    while (bytes != 0) {
        size_t n = bytes < sizeof block ? bytes : sizeof block;
        pattern_fill(block, offset, n);
        if (write(fd, block, n) != (ssize_t)n) {
            return -1;
        }
        offset += n;
        bytes -= n;
    }
    return 0;
}

/* Makes a file without a name with `bytes` bytes of the pattern. Returns its descriptor, or -1 on failure. */
static inline int pattern_file(size_t bytes) {
    char name[] = "/tmp/stoker-test-XXXXXX";
    int fd = mkstemp(name);
    if (fd >= 0 && (unlink(name) != 0 || pattern_write(fd, 0, bytes) != 0)) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

struct slow_writer {
    int fd;
    size_t step, total;
};

/* A thread: writes the pattern [0, total) to the pipe in steps with pauses between them, and closes it. */
static inline void *write_slowly(void *arg) {
    const struct slow_writer *w = arg;
    for (size_t at = 0; at < w->total; at += w->step) {
        struct timespec pause = {0, 500000};
        size_t n = w->total - at < w->step ? w->total - at : w->step;
        nanosleep(&pause, NULL);
        if (pattern_write(w->fd, at, n) != 0) {
            break;
        }
    }
    (void)close(w->fd);
    return NULL;
}

#endif
