/* Reads with O_DIRECT that begin and end anywhere: the bytes are right, and no byte is copied that could have gone to
 * its place. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "host_file.h"

#define DEPTH        16u
#define SOURCES      2u
#define FILE_BYTES   300007u
#define BUFFER_BYTES 16384u
#define GUARD        0xEEu
#define SECOND       UINT64_C(1000000000)
#define MEM_BYTES    (1u << 19)

#include "uring_rig.h"

static int fd = -1;

static uint64_t bounced(void) {
    struct stk_uring_path_stats stats;
    assert_int_equal(stk_uring_path_stats(&uring, STK_URING_DIRECT_PATH, &stats), STK_OK);
    return stats.bounce_bytes;
}

/* Opens a ring and a file with O_DIRECT as source 0. */
static void open_all(uint32_t flags, uint32_t buffer_bytes) {
    char name[64];
    need_uring();
    int file = pattern_file(FILE_BYTES);
    assert_int_equal(fsync(file), 0);
    (void)snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    fd = open(name, O_RDONLY | O_DIRECT);
    (void)close(file);
    if (fd < 0) {
        print_message("skipped: no O_DIRECT in /tmp\n");
        skip();
    }
    assert_int_equal(open_pieces(flags, buffer_bytes), STK_OK);
    assert_int_equal(stk_uring_add_file(&uring, fd, 0), 0);
    assert_int_equal(uring.source[0].path, STK_URING_DIRECT_PATH);
    memset(mem, GUARD, sizeof mem);
}

static int close_all(void **state) {
    (void)state;
    int err = stk_uring_close(&uring, 10 * SECOND);
    if (fd >= 0) {
        (void)close(fd);
    }
    fd = -1;
    return err;
}

/* Reads, and checks the data and the bytes around the data. Returns the number of bounce bytes. */
static uint64_t reads(uint64_t offset, uint32_t bytes, uint8_t *dst) {
    uint64_t before = bounced(), left = offset < FILE_BYTES ? FILE_BYTES - offset : 0u;
    uint32_t there = left < bytes ? (uint32_t)left : bytes;
    const struct stk_ingest_read read = {0, offset, bytes, dst, 7, STK_INGEST_READ};
    struct stk_ingest_done done = {0, 0, 0};
    assert_int_equal(stk_uring_ops.submit(&uring, &read, 1), 1);
    assert_int_equal(stk_uring_ops.reap(&uring, &done, 1, 10 * SECOND), 1);
    assert_int_equal(done.result, there);
    assert_true(pattern_matches(dst, offset, there));
    assert_true((dst == mem || dst[-1] == GUARD) && (dst + bytes == mem + sizeof mem || dst[bytes] == GUARD));
    memset(dst, GUARD, bytes);
    assert_int_equal(uring.bounces_used, 0);
    return bounced() - before;
}

/* Returns the bytes of a read that share a block with others, where the data goes to dst in whole blocks else. */
static uint64_t at_the_ends(uint64_t offset, uint32_t bytes) {
    uint32_t block = uring.source[0].block, before = (uint32_t)(offset % block);
    uint32_t head = before != 0 ? block - before : 0u;
    if (offset + bytes > FILE_BYTES) {
        bytes = offset < FILE_BYTES ? (uint32_t)(FILE_BYTES - offset) : 0u;
    }
    head = head < bytes ? head : bytes;
    return head + (bytes - head) % block;
}

static void whole_blocks_are_not_copied(void **state) {
    (void)state;
    open_all(0, 0);
    assert_int_equal(reads(0, 4096, mem), 0);
    assert_int_equal(reads(8192, 262144, mem + 4096), 0);
    assert_int_equal(reads(294912, 8192, mem), 0); /* beyond the end of the file, in whole blocks */
    assert_int_equal(reads(303104, 4096, mem), 0); /* behind the end */
}

static void only_the_ends_of_a_read_are_copied(void **state) {
    static const uint64_t offsets[] = {
        1, 511, 512, 4095, 4096, 4097, 100001, 299000, FILE_BYTES - 1u, FILE_BYTES, FILE_BYTES + 1u, 400000};
    static const uint32_t lengths[] = {1, 2, 511, 512, 513, 4095, 4096, 4097, 8192, 65537, 262144};
    (void)state;
    for (uint32_t way = 0; way < 3; way++) {
        open_all(way == 1 ? STK_URING_PLAIN : 0, way == 2 ? BUFFER_BYTES : 0);
        for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
            for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
                /* The address lies in its block as the offset does. */
                uint64_t copied = reads(offsets[i], lengths[k], mem + 4096 + offsets[i] % 4096u);
                uint64_t least = at_the_ends(offsets[i], lengths[k]);
                bool ends_in_file = offsets[i] + lengths[k] <= FILE_BYTES;
                /* The last block of the file is asked for whole where the read has room for the block. */
                assert_true(ends_in_file ? copied == least : copied <= least);
            }
        }
        assert_int_equal(close_all(NULL), STK_OK);
    }
}

static void any_address_will_do(void **state) {
    (void)state;
    open_all(0, 0);
    for (uint32_t i = 0; i < 40; i++) {
        uint64_t copied = reads(i * 4096u, 50000, mem + 1 + i * 3u);
        assert_int_equal(copied, (1 + i * 3u) % uring.source[0].align != 0 ? 50000 : 50000 % uring.source[0].block);
    }
}

static void more_reads_than_bounce_blocks_wait_their_turn(void **state) {
    struct stk_ingest_read batch[DEPTH];
    struct stk_ingest_done done[DEPTH];
    (void)state;
    open_all(0, 0);
    for (uint32_t i = 0; i < DEPTH; i++) {
        batch[i] = (struct stk_ingest_read){0, i * 9001u + 1u, 9001, mem + i * 12288u, i, STK_INGEST_READ};
    }
    for (uint32_t round = 0; round < 20; round++) {
        assert_int_equal(stk_uring_ops.submit(&uring, batch, DEPTH), DEPTH);
        for (uint32_t n = 0; n < DEPTH;) {
            int some = stk_uring_ops.reap(&uring, done, DEPTH, 10 * SECOND);
            assert_true(some > 0);
            for (int i = 0; i < some; i++) {
                assert_int_equal(done[i].result, 9001);
                assert_true(pattern_matches(batch[done[i].tag].dst, batch[done[i].tag].offset, 9001));
            }
            n += (uint32_t)some;
        }
        assert_int_equal(uring.bounces_used, 0);
    }
}

static void a_file_that_shrinks_under_direct_reads_comes_short(void **state) {
    struct stk_ingest_read read = {0, 5, 200000, mem, 1, STK_INGEST_READ};
    struct stk_ingest_done done = {0, 0, 0};
    char name[64];
    (void)state;
    open_all(0, 0);
    (void)snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    int writer = open(name, O_WRONLY);
    assert_int_equal(ftruncate(writer, 100003), 0);
    (void)close(writer);
    assert_int_equal(stk_uring_ops.submit(&uring, &read, 1), 1);
    assert_int_equal(stk_uring_ops.reap(&uring, &done, 1, 10 * SECOND), 1);
    assert_int_equal(done.result, 100003 - 5);
    assert_true(pattern_matches(mem, 5, 100003 - 5));
}

/// Evidence ///

static void a_run_says_whether_it_was_zero_copy(void **state) {
    struct stk_uring_path_stats stats;
    (void)state;
    open_all(0, 0);
    assert_int_equal(stk_uring_copies(&uring.path[STK_URING_DIRECT_PATH], STK_URING_DIRECT_PATH), STK_URING_NO_DATA);
    assert_int_equal(reads(0, 65536, mem), 0);
    assert_int_equal(stk_uring_path_stats(&uring, STK_URING_DIRECT_PATH, &stats), STK_OK);
    assert_int_equal(stk_uring_copies(&stats, STK_URING_DIRECT_PATH), STK_URING_ZERO_COPY);
    assert_true(stats.plain == 0 && stats.registered != 0 && stats.bytes == 65536);
    const struct stk_ingest_read read = {0, 0, 4096, mem, 7, STK_INGEST_READ};
    struct stk_ingest_done done;
    assert_int_equal(stk_uring_ops.submit(&uring, &read, 1), 1);
    assert_int_equal(stk_uring_copies(&uring.path[STK_URING_DIRECT_PATH], STK_URING_DIRECT_PATH), STK_URING_UNFINISHED);
    assert_int_equal(stk_uring_ops.reap(&uring, &done, 1, 10 * SECOND), 1);
    assert_true(reads(1, 65536, mem + 131073) != 0);
    assert_int_equal(stk_uring_copies(&uring.path[STK_URING_DIRECT_PATH], STK_URING_DIRECT_PATH), STK_URING_BOUNCED);
    assert_string_equal(stk_uring_copies_name(STK_URING_ZERO_COPY), "zero-copy");
    assert_int_equal(stk_uring_path_stats(&uring, STK_URING_PATHS, &stats), STK_E_ARG);
    assert_int_equal(stk_uring_path_stats(&uring, STK_URING_DIRECT_PATH, NULL), STK_E_ARG);
}

static void a_sync_is_no_request_into_memory(void **state) {
    char name[64];
    struct stk_ingest_read ops[] = {{1, 0, 4096, mem, 1, STK_INGEST_WRITE}, {1, 0, 0, NULL, 2, STK_INGEST_SYNC}};
    struct stk_ingest_done done = {0, 0, 0};
    (void)state;
    open_all(0, 0);
    (void)snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    int writer = open(name, O_RDWR | O_DIRECT);
    assert_int_equal(stk_uring_add_file(&uring, writer, 0), 1);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(stk_uring_ops.submit(&uring, &ops[i], 1), 1);
        assert_int_equal(stk_uring_ops.reap(&uring, &done, 1, 10 * SECOND), 1);
        assert_int_equal(done.result, ops[i].bytes);
    }
    assert_int_equal(stk_uring_copies(&uring.path[STK_URING_DIRECT_PATH], STK_URING_DIRECT_PATH), STK_URING_ZERO_COPY);
    assert_int_equal(stk_uring_remove_source(&uring, 1), STK_OK);
    (void)close(writer);
}

static void the_page_cache_and_memory_that_is_not_registered_are_said(void **state) {
    (void)state;
    open_all(STK_URING_PLAIN, 0);
    assert_int_equal(reads(0, 65536, mem), 0);
    assert_int_equal(stk_uring_copies(&uring.path[STK_URING_DIRECT_PATH], STK_URING_DIRECT_PATH),
                     STK_URING_UNREGISTERED);
    int file = pattern_file(1000);
    assert_int_equal(stk_uring_add_file(&uring, file, 0), 1);
    const struct stk_ingest_read read = {1, 0, 1000, mem, 7, STK_INGEST_READ};
    struct stk_ingest_done done;
    assert_int_equal(stk_uring_ops.submit(&uring, &read, 1), 1);
    assert_int_equal(stk_uring_ops.reap(&uring, &done, 1, 10 * SECOND), 1);
    assert_int_equal(stk_uring_copies(&uring.path[STK_URING_BUFFERED_PATH], STK_URING_BUFFERED_PATH),
                     STK_URING_KERNEL_COPY);
    (void)close(file);
}

static void the_machine_is_described(void **state) {
    struct stk_uring_machine machine;
    struct stat st;
    (void)state;
    assert_int_equal(stk_uring_machine(&machine), STK_OK);
    assert_int_equal(machine.uring.available, available);
    assert_int_equal(machine.nvme_devices != 0, machine.nvme[0] != '\0');
    assert_true(machine.nvme_devices == 0 || (stat(machine.nvme, &st) == 0 && S_ISCHR(st.st_mode)));
    assert_true(machine.p2p_devices != 0 || machine.p2p_bytes == 0);
    assert_int_equal(stk_uring_machine(NULL), STK_E_ARG);
    print_message("%u NVMe devices, %u with memory for peers\n", (unsigned)machine.nvme_devices,
                  (unsigned)machine.p2p_devices);
}

static void what_is_no_namespace_is_not_taken_for_one(void **state) {
    struct stk_uring_nvme nvme;
    int null = open("/dev/null", O_RDONLY), file = pattern_file(10);
    (void)state;
    assert_false(stk_uring_is_nvme(null));
    assert_false(stk_uring_is_nvme(file));
    assert_false(stk_uring_is_nvme(-1));
    assert_int_equal(stk_uring_nvme_identify(null, &nvme), STK_E_UNSUPPORTED);
    assert_int_equal(nvme.os_error, ENOTTY);
    assert_int_equal(stk_uring_nvme_identify(-1, &nvme), STK_E_ARG);
    assert_int_equal(stk_uring_nvme_identify(null, NULL), STK_E_ARG);
    (void)close(null);
    (void)close(file);
}

#define TEST(f) cmocka_unit_test_teardown(f, close_all)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(whole_blocks_are_not_copied),
        TEST(only_the_ends_of_a_read_are_copied),
        TEST(any_address_will_do),
        TEST(more_reads_than_bounce_blocks_wait_their_turn),
        TEST(a_file_that_shrinks_under_direct_reads_comes_short),
        TEST(a_run_says_whether_it_was_zero_copy),
        TEST(a_sync_is_no_request_into_memory),
        TEST(the_page_cache_and_memory_that_is_not_registered_are_said),
        cmocka_unit_test(the_machine_is_described),
        cmocka_unit_test(what_is_no_namespace_is_not_taken_for_one),
    };
    look_for_uring();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
