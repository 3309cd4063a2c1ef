/* Tests writes through the ingest ports for files on a real kernel: a file system without space, a limit on the size of
 * the file, O_DIRECT, a descriptor that is open for reading only, and that no write allocates memory. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "host_file.h"
#include "need_device.h"
#include "stoker/port/posix.h"
#include "stoker/port/reader_pool.h"
#include "stoker/port/uring.h"

#define SECOND    UINT64_C(1000000000)
#define MEM_BYTES (1u << 20)
#define DEPTH     16u
#define SOURCES   4u
#define SMALL     (64u * 1024u) /* bytes of the small file system */

static _Alignas(4096) uint8_t mem[MEM_BYTES];
static _Alignas(64) uint8_t arena_mem[1u << 17];
static struct stk_posix_reader reader;
static struct stk_uring uring;
static struct stk_reader_pool pool;
static struct stk_ingest_port port;
static int (*add_file)(int fd);
static bool small_is_mounted;
static const char *small_folder;

/// Ports ///

static int add_posix(int fd) {
    return stk_posix_reader_add_file(&reader, fd, 0);
}

static int add_uring(int fd) {
    return stk_uring_add_file(&uring, fd, 0);
}

static int add_pool(int fd) {
    return stk_reader_pool_add_file(&pool, fd, 0);
}

static int open_posix(void **state) {
    struct stk_arena arena;
    (void)state;
    stk_arena_init(&arena, arena_mem, sizeof arena_mem);
    port = (struct stk_ingest_port){.ops = &stk_posix_reader_ops, .ctx = &reader};
    add_file = add_posix;
    return stk_posix_reader_open(&reader, NULL, &arena);
}

static int open_uring_with(uint32_t flags, uint32_t buffer_bytes) {
    const struct stk_uring_config config = {.depth = DEPTH,
                                            .sources = SOURCES,
                                            .flags = flags,
                                            .buffer_bytes = buffer_bytes,
                                            .memory = mem,
                                            .memory_bytes = sizeof mem};
    struct stk_arena arena;
    stk_arena_init(&arena, arena_mem, sizeof arena_mem);
    port = (struct stk_ingest_port){.ops = &stk_uring_ops, .ctx = &uring};
    add_file = add_uring;
    return stk_uring_open(&uring, &config, &arena);
}

static int open_uring(void **state) {
    (void)state;
    return open_uring_with(0, 16384); /* a write runs over several registered buffers */
}

static int open_plain(void **state) {
    (void)state;
    return open_uring_with(STK_URING_PLAIN, 0);
}

static int close_uring(void **state) {
    (void)state;
    return stk_uring_close(&uring, 5 * SECOND);
}

static int open_pool(void **state) {
    static const struct stk_posix_reader_config each = {.depth = DEPTH, .sources = SOURCES};
    const struct stk_reader_pool_config config = {.kind = &stk_posix_reader_kind, .reader_config = &each, .readers = 2};
    struct stk_arena arena;
    (void)state;
    stk_arena_init(&arena, arena_mem, sizeof arena_mem);
    port = (struct stk_ingest_port){.ops = &stk_reader_pool_ops, .ctx = &pool};
    add_file = add_pool;
    return stk_reader_pool_open(&pool, &config, &arena);
}

static int close_pool(void **state) {
    (void)state;
    return stk_reader_pool_close(&pool, 5 * SECOND);
}

/// Helpers ///

static struct stk_ingest_done one(uint32_t op, int source, uint64_t offset, uint32_t bytes, uint8_t *from) {
    const struct stk_ingest_read read = {(uint32_t)source, offset, bytes, from, 3, op};
    struct stk_ingest_done done = {0, 0, 0};
    assert_int_equal(port.ops->submit(port.ctx, &read, 1), 1);
    assert_int_equal(port.ops->reap(port.ctx, &done, 1, 10 * SECOND), 1);
    assert_int_equal(done.tag, 3);
    return done;
}

static int small_file(int flags) {
    char name[256];
    (void)snprintf(name, sizeof name, "%s/file", small_folder);
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | flags, 0600);
    if (fd >= 0) {
        (void)unlink(name);
    }
    return fd;
}

/// Tests ///

/* A tmpfs of 64 KiB takes 16 pages. A write over its end is kept up to there, and the port goes on. */
static void a_file_system_without_space_keeps_what_fits(void **state) {
    int fd, source;
    uint8_t last;
    (void)state;
    if (!small_is_mounted) {
        print_message("skipped: this process may not mount a file system\n");
        skip();
    }
    fd = small_file(0);
    assert_true(fd >= 0);
    source = add_file(fd);
    assert_true(source >= 0);
    pattern_fill(mem, 0, 200000);
    struct stk_ingest_done done = one(STK_INGEST_WRITE, source, 0, 40000, mem);
    assert_int_equal(done.result, 40000);
    done = one(STK_INGEST_WRITE, source, 40000, 60000, mem + 40000);
    assert_int_equal(done.result, (int)SMALL - 40000);
    assert_int_equal(done.os_error, ENOSPC);
    done = one(STK_INGEST_WRITE, source, 100000, 4096, mem);
    assert_int_equal(done.result, STK_E_NOSPC);
    assert_int_equal(done.os_error, ENOSPC);
    done = one(STK_INGEST_SYNC, source, 0, 0, NULL);
    assert_int_equal(done.result, 0);
    assert_int_equal(pread(fd, &last, 1, SMALL - 1), 1);
    assert_true(pattern_matches(&last, SMALL - 1, 1));
    done = one(STK_INGEST_WRITE, source, 10, 100, mem + 500); /* over bytes that are there */
    assert_int_equal(done.result, 100);
    assert_int_equal(ftruncate(fd, 0), 0); /* a ring may keep the file a little longer than this process */
    (void)close(fd);
}

/* The limit of the process: the kernel writes up to it, and then says EFBIG. */
static void a_limit_of_the_files_size_is_no_space(void **state) {
    struct rlimit was, limit;
    int fd = pattern_file(0), source = add_file(fd);
    (void)state;
    assert_true(source >= 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    limit = was;
    limit.rlim_cur = 5000;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    struct stk_ingest_done part = one(STK_INGEST_WRITE, source, 4000, 3000, mem);
    struct stk_ingest_done none = one(STK_INGEST_WRITE, source, 6000, 3000, mem);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    assert_int_equal(part.result, 1000);
    assert_int_equal(part.os_error, EFBIG);
    assert_int_equal(none.result, STK_E_NOSPC);
    assert_int_equal(none.os_error, EFBIG);
    (void)close(fd);
}

static void a_device_that_is_full_fails_that_write_alone(void **state) {
    int full = open("/dev/full", O_RDWR), fd = pattern_file(0), source = add_file(full), file = add_file(fd);
    (void)state;
    assert_true(source >= 0 && file >= 0);
    struct stk_ingest_done done = one(STK_INGEST_WRITE, source, 0, 100, mem);
    assert_int_equal(done.result, STK_E_NOSPC);
    assert_int_equal(done.os_error, ENOSPC);
    done = one(STK_INGEST_SYNC, source, 0, 0, NULL); /* this kind of source has no fsync */
    assert_int_equal(done.result, STK_E_ARG);
    assert_int_equal(done.os_error, EINVAL);
    assert_int_equal(one(STK_INGEST_WRITE, file, 0, 100, mem).result, 100);
    (void)close(full);
    (void)close(fd);
}

static void a_descriptor_that_may_only_be_read_takes_no_write(void **state) {
    const struct stk_ingest_op_case { uint32_t op, bytes; } cases[] = {{STK_INGEST_WRITE, 10}, {STK_INGEST_SYNC, 0}};
    int fd = open("/proc/self/exe", O_RDONLY), source = add_file(fd);
    (void)state;
    assert_true(source >= 0);
    for (int i = 0; i < 2; i++) {
        const struct stk_ingest_read read = {(uint32_t)source, 0, cases[i].bytes, mem, 1, cases[i].op};
        assert_int_equal(port.ops->submit(port.ctx, &read, 1), STK_E_ACCESS);
    }
    (void)close(fd);
}

/* On a descriptor with O_APPEND Linux ignores the offset and writes at the end, which may be outside the range of a
 * handle. */
static void a_descriptor_that_appends_takes_no_write(void **state) {
    int fd = pattern_file(4096), source;
    struct stat st;
    (void)state;
    assert_int_equal(fcntl(fd, F_SETFL, O_APPEND), 0);
    source = add_file(fd);
    assert_true(source >= 0);
    const struct stk_ingest_read read = {(uint32_t)source, 0, 100, mem, 1, STK_INGEST_WRITE};
    assert_int_equal(port.ops->submit(port.ctx, &read, 1), STK_E_ACCESS);
    assert_int_equal(one(STK_INGEST_READ, source, 0, 100, mem).result, 100);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_size, 4096);
    (void)close(fd);
}

/* An aligned write succeeds. Any other write fails with the kernel's EINVAL and does not change the file. */
static void o_direct_writes_what_is_aligned(void **state) {
    char name[] = "/tmp/stoker-direct-XXXXXX";
    int plain = mkstemp(name), fd = open(name, O_RDWR | O_DIRECT), source;
    struct stat st;
    (void)state;
    (void)unlink(name);
    if (fd < 0) {
        (void)close(plain);
        print_message("skipped: no O_DIRECT in /tmp\n");
        skip();
    }
    source = add_file(fd);
    assert_true(source >= 0);
    pattern_fill(mem, 0, 16384);
    assert_int_equal(one(STK_INGEST_WRITE, source, 4096, 12288, mem + 4096).result, 12288);
    assert_int_equal(one(STK_INGEST_SYNC, source, 0, 0, NULL).result, 0);
    struct stk_ingest_done done = one(STK_INGEST_WRITE, source, 0, 100, mem);
    if (done.result < 0) { /* some file systems write it through the page cache */
        assert_int_equal(done.result, STK_E_ARG);
        assert_int_equal(done.os_error, EINVAL);
    }
    assert_int_equal(fstat(plain, &st), 0);
    assert_int_equal(st.st_size, 16384);
    assert_int_equal(pread(plain, mem + 65536, 12288, 4096), 12288);
    assert_true(pattern_matches(mem + 65536, 4096, 12288));
    (void)close(plain);
    (void)close(fd);
}

/* Mounts a tmpfs of 64 KiB in a mount namespace of this process, which ends with the process. */
static void mount_small(void) {
    static char folder[] = "/tmp/stoker-small-XXXXXX";
    small_folder = mkdtemp(folder);
    if (small_folder == NULL) {
        return;
    }
    if (unshare(CLONE_NEWNS) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) {
        (void)mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
        small_is_mounted = mount("tmpfs", small_folder, "tmpfs", 0, "size=64k") == 0;
    }
}

#define CASES(open, close)                                                                                             \
    {                                                                                                                  \
        cmocka_unit_test_setup_teardown(a_file_system_without_space_keeps_what_fits, open, close),                     \
            cmocka_unit_test_setup_teardown(a_limit_of_the_files_size_is_no_space, open, close),                       \
            cmocka_unit_test_setup_teardown(a_device_that_is_full_fails_that_write_alone, open, close),                \
            cmocka_unit_test_setup_teardown(a_descriptor_that_may_only_be_read_takes_no_write, open, close),           \
            cmocka_unit_test_setup_teardown(a_descriptor_that_appends_takes_no_write, open, close),                    \
            cmocka_unit_test_setup_teardown(o_direct_writes_what_is_aligned, open, close),                             \
    }

int main(void) {
    const struct CMUnitTest by_posix[] = CASES(open_posix, NULL);
    const struct CMUnitTest by_pool[] = CASES(open_pool, close_pool);
    const struct CMUnitTest by_uring[] = CASES(open_uring, close_uring);
    const struct CMUnitTest by_plain[] = CASES(open_plain, close_uring);
    struct stk_uring_info info;
    int failed;
    mount_small();
    failed = cmocka_run_group_tests_name("posix", by_posix, NULL, NULL);
    failed += cmocka_run_group_tests_name("pool of two", by_pool, NULL, NULL);
    if (stk_uring_probe(&info) == STK_OK) {
        failed += cmocka_run_group_tests_name("io_uring, in registered buffers", by_uring, NULL, NULL);
        failed += cmocka_run_group_tests_name("io_uring, memory that is not registered", by_plain, NULL, NULL);
    } else {
        print_message("io_uring is not available here (errno %d): left out\n", info.os_error);
    }
    (void)umount(small_folder);
    (void)rmdir(small_folder);
    return failed;
}
