/* Tests that an open ring of io_uring allocates nothing on any path. The test replaces the allocation functions of the
 * C library to count their calls. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "host_file.h"

#if defined(__has_feature)
#define FEATURE(name) __has_feature(name)
#else
#define FEATURE(name) 0
#endif

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&                           \
    !FEATURE(address_sanitizer) && !FEATURE(thread_sanitizer)
#include "alloc_count.h"

#define DEPTH      16u
#define SOURCES    4u
#define READ_BYTES 3000u
#define FILE_BYTES 100001u
#define ROUNDS     200u
#define SECOND     UINT64_C(1000000000)
#define MEM_BYTES  (DEPTH * READ_BYTES)

#include "uring_rig.h"

/* Submits a read for each buffer. */
static uint32_t submit_all(uint32_t source, uint32_t round) {
    struct stk_ingest_read reads[DEPTH];
    for (uint32_t i = 0; i < DEPTH; i++) {
        reads[i] = (struct stk_ingest_read){source,     (round * DEPTH + i) * 997u % FILE_BYTES,
                                            READ_BYTES, mem + (size_t)i * READ_BYTES,
                                            i,          STK_INGEST_READ};
    }
    int taken = stk_uring_ops.submit(&uring, reads, DEPTH);
    return taken > 0 ? (uint32_t)taken : 0u;
}

/* Reaps until nothing is in flight. Returns how many reads came back. */
static uint32_t reap_all(void) {
    struct stk_ingest_done done[DEPTH];
    uint32_t n = 0;
    int some = 1;
    while (uring.in_flight != 0 && some > 0) {
        some = stk_uring_ops.reap(&uring, done, DEPTH, 10 * SECOND);
        n += some > 0 ? (uint32_t)some : 0u;
    }
    return n;
}

/* Every path: files through the page cache, files with O_DIRECT at odd offsets, a pipe that is cancelled, sources that
 * come and go. Returns how many reads came back. */
static uint32_t work(int fd, int direct, int pipe_end) {
    uint32_t n = 0;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        const int fds[] = {fd, direct, pipe_end};
        for (uint32_t i = 0; i < 3; i++) {
            int source = stk_uring_add_file(&uring, fds[i], 0);
            if (source >= 0 && submit_all((uint32_t)source, round) == DEPTH) {
                n += i < 2 || stk_uring_ops.cancel(&uring, 0, UINT32_MAX) == STK_OK ? reap_all() : 0u;
            }
            if (source < 0 || stk_uring_remove_source(&uring, (uint32_t)source) != STK_OK) {
                return 0;
            }
        }
    }
    return n;
}

static void an_open_ring_allocates_nothing(void **state) {
    static const uint32_t ways[] = {0,
                                    STK_URING_ONE_THREAD,
                                    STK_URING_PLAIN,
                                    STK_URING_SQPOLL,
                                    STK_URING_ONE_THREAD | STK_URING_PASSTHROUGH,
                                    STK_URING_WAIT_BY_POLL};
    int fd = pattern_file(FILE_BYTES), ends[2], direct;
    char name[64];
    (void)state;
    need_uring();
    (void)snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    direct = open(name, O_RDONLY | O_DIRECT);
    direct = direct >= 0 ? direct : dup(fd); /* this file system has no direct I/O */
    assert_int_equal(pipe(ends), 0);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        assert_int_equal(open_pieces(ways[i], 0), STK_OK);
        alloc_count_begin();
        uint32_t n = work(fd, direct, ends[0]);
        alloc_count_end();
        assert_int_equal(n, 3 * ROUNDS * DEPTH);
        assert_int_equal(alloc_count.library, 0);
        assert_int_equal(stk_uring_close(&uring, 10 * SECOND), STK_OK);
    }
    (void)close(fd);
    (void)close(direct);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_allocates_is_counted),
        cmocka_unit_test(an_open_ring_allocates_nothing),
    };
    look_for_uring();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void) {
    print_message("skipped: a sanitizer's functions are in the place of the counted ones\n");
    return 0;
}

#endif
