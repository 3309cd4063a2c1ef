/* Tests NVMe passthrough on the first namespace of this machine, or on the one that STK_TEST_NVME names. Reads by
 * commands must give the bytes of the block device. The test only reads, so it is safe on any device. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "stoker/port/posix.h"
#include "stoker/port/reader_pool.h"
#include "stoker/port/uring.h"

#define DEPTH        16u
#define SOURCES      2u
#define BUFFER_BYTES 65536u
#define MEM          (2u << 20)
#define SECOND       UINT64_C(1000000000)

static _Alignas(4096) uint8_t mem[MEM];
static _Alignas(4096) uint8_t held[MEM]; /* bytes of the block device */
static uint8_t arena_mem[STK_ARENA_BYTES(STK_URING_BYTES(DEPTH, SOURCES))];
static struct stk_uring uring;
static struct stk_uring_nvme nvme;
static int fd = -1, block_fd = -1;
static uint64_t end; /* bytes of the namespace */

static void need_namespace(void) {
    if (fd < 0 || block_fd < 0) {
        print_message("skipped: no NVMe namespace that this process may read\n");
        skip();
    }
}

static int open_ring(uint32_t flags, uint32_t buffer_bytes) {
    const struct stk_uring_config config = {.depth = DEPTH,
                                            .sources = SOURCES,
                                            .flags = flags,
                                            .buffer_bytes = buffer_bytes,
                                            .memory = mem,
                                            .memory_bytes = sizeof mem};
    struct stk_arena arena;
    stk_arena_init(&arena, arena_mem, sizeof arena_mem);
    assert_int_equal(stk_uring_open(&uring, &config, &arena), STK_OK);
    return stk_uring_add_file(&uring, fd, 0);
}

static int close_ring(void **state) {
    (void)state;
    return stk_uring_close(&uring, 10 * SECOND);
}

static uint64_t bounced(void) {
    return uring.path[STK_URING_NVME_PATH].bounce_bytes;
}

/* Reads by a port, and compares with the block device. */
static void reads_by(const struct stk_ingest_ops *ops, void *ctx, uint64_t offset, uint32_t bytes, uint32_t at) {
    const struct stk_ingest_read read = {0, offset, bytes, mem + at, 3, STK_INGEST_READ};
    struct stk_ingest_done done = {0, 0, 0};
    uint64_t left = offset < end ? end - offset : 0u;
    uint32_t there = left < bytes ? (uint32_t)left : bytes;
    memset(mem, 0xEE, sizeof mem);
    assert_int_equal(ops->submit(ctx, &read, 1), 1);
    assert_int_equal(ops->reap(ctx, &done, 1, 60 * SECOND), 1);
    assert_int_equal(done.result, there);
    assert_true(there == 0 || pread(block_fd, held, there, (off_t)offset) == (ssize_t)there);
    assert_memory_equal(mem + at, held, there);
    assert_true((at == 0 || mem[at - 1u] == 0xEE) && (at + bytes == MEM || mem[at + bytes] == 0xEE));
}

/* Returns how many bytes were copied. */
static uint64_t reads(uint64_t offset, uint32_t bytes, uint32_t at) {
    uint64_t before = bounced();
    reads_by(&stk_uring_ops, &uring, offset, bytes, at);
    return bounced() - before;
}

static void a_namespace_says_what_it_is(void **state) {
    uint64_t bytes = 0;
    int sector = 0;
    (void)state;
    need_namespace();
    assert_true(stk_uring_is_nvme(fd) && !stk_uring_is_nvme(block_fd));
    assert_int_equal(ioctl(block_fd, BLKGETSIZE64, &bytes), 0);
    assert_int_equal(ioctl(block_fd, BLKSSZGET, &sector), 0);
    assert_true(end == bytes);
    assert_int_equal(nvme.block_bytes, sector);
    assert_true(nvme.nsid != 0 && nvme.transfer_max >= 4096u && nvme.transfer_max % nvme.block_bytes == 0);
    assert_true(nvme.device_max == 0 || nvme.transfer_max <= nvme.device_max);
    print_message("namespace %u: %llu blocks of %u bytes, %u bytes in a command (the controller: %u)\n",
                  (unsigned)nvme.nsid, (unsigned long long)nvme.blocks, (unsigned)nvme.block_bytes,
                  (unsigned)nvme.transfer_max, (unsigned)nvme.device_max);
}

static void commands_bring_what_the_block_device_holds(void **state) {
    static const uint32_t ways[] = {STK_URING_PASSTHROUGH, STK_URING_PASSTHROUGH | STK_URING_ONE_THREAD,
                                    STK_URING_PASSTHROUGH | STK_URING_PLAIN, STK_URING_PASSTHROUGH | STK_URING_SQPOLL,
                                    STK_URING_PASSTHROUGH};
    (void)state;
    need_namespace();
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(open_ring(ways[i], i == 4 ? BUFFER_BYTES : 0), 0);
        assert_int_equal(reads(0, 4096, 0), 0);
        assert_int_equal(reads(65536, MEM - 4096u, 4096), 0); /* more than one command takes */
        assert_int_equal(reads(end - 8192u, 8192, 0), 0);
        const struct stk_uring_path_stats *s = &uring.path[STK_URING_NVME_PATH];
        bool plain = i == 2 || uring.plain_commands;
        assert_int_equal(stk_uring_copies(s, STK_URING_NVME_PATH),
                         plain ? STK_URING_UNREGISTERED : STK_URING_ZERO_COPY);
        assert_true(i == 2 ? s->registered == 0 : plain || s->plain == 0);
        if (uring.plain_commands) {
            print_message("this kernel takes no command with registered memory\n");
        }
        assert_int_equal(close_ring(NULL), STK_OK);
    }
}

static void reads_begin_and_end_anywhere(void **state) {
    (void)state;
    need_namespace();
    assert_int_equal(open_ring(STK_URING_PASSTHROUGH, 0), 0);
    uint32_t block = nvme.block_bytes;
    for (uint32_t i = 1; i < 40; i++) {
        uint64_t offset = i * 10007u;
        uint32_t bytes = i * 997u, head = (block - (uint32_t)(offset % block)) % block;
        head = head < bytes ? head : bytes;
        uint64_t copied = reads(offset, bytes, 4096u + (uint32_t)(offset % 4096u));
        assert_int_equal(copied, head + (bytes - head) % block);
        assert_int_equal(reads(offset, bytes, 4097u + (uint32_t)(offset % 4096u)), bytes); /* an odd address */
    }
    assert_int_equal(uring.bounces_used, 0);
}

static void reads_end_with_the_namespace(void **state) {
    (void)state;
    need_namespace();
    assert_int_equal(open_ring(STK_URING_PASSTHROUGH, 0), 0);
    assert_int_equal(reads(end - 4096u, 65536, 0), 0);
    uint64_t commands = uring.stats.os_reads;
    assert_int_equal(reads(end, 4096, 0), 0);
    assert_int_equal(reads(end + 12345u, 4096, 0), 0);
    assert_true(uring.stats.os_reads == commands); /* no command leaves the namespace */
    assert_true(reads(end - 100u, 200, 0) == 100);
}

static void many_reads_in_flight_arrive_whole(void **state) {
    struct stk_ingest_read batch[DEPTH];
    struct stk_ingest_done done[DEPTH];
    (void)state;
    need_namespace();
    assert_int_equal(open_ring(STK_URING_PASSTHROUGH | STK_URING_ONE_THREAD, 0), 0);
    for (uint32_t round = 0; round < 50; round++) {
        for (uint32_t i = 0; i < DEPTH; i++) {
            uint64_t offset = (uint64_t)(round * DEPTH + i) * 65536u % (end - 65536u) / 4096u * 4096u;
            batch[i] = (struct stk_ingest_read){0, offset + round % 2u, 65536, mem + i * 131072u, i, STK_INGEST_READ};
        }
        assert_int_equal(stk_uring_ops.submit(&uring, batch, DEPTH), DEPTH);
        for (uint32_t n = 0; n < DEPTH;) {
            int some = stk_uring_ops.reap(&uring, done, DEPTH, 60 * SECOND);
            assert_true(some > 0);
            for (int i = 0; i < some; i++) {
                const struct stk_ingest_read *r = &batch[done[i].tag];
                assert_int_equal(done[i].result, 65536);
                assert_int_equal(pread(block_fd, held, 65536, (off_t)r->offset), 65536);
                assert_memory_equal(r->dst, held, 65536);
            }
            n += (uint32_t)some;
        }
    }
}

static void a_pool_of_rings_reads_a_namespace(void **state) {
    static uint8_t
        memory[STK_ARENA_BYTES(STK_READER_POOL_BYTES(2, DEPTH, SOURCES, STK_URING_READER_BYTES(DEPTH, SOURCES)))];
    static struct stk_reader_pool pool;
    const struct stk_uring_config ring = {
        .depth = DEPTH, .sources = SOURCES, .flags = STK_URING_PASSTHROUGH, .memory = mem, .memory_bytes = sizeof mem};
    const struct stk_reader_pool_config config = {&stk_uring_reader_kind, &ring, 2};
    struct stk_arena arena;
    (void)state;
    need_namespace();
    stk_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(stk_reader_pool_open(&pool, &config, &arena), STK_OK);
    assert_int_equal(stk_reader_pool_add_file(&pool, fd, 0), 0);
    reads_by(&stk_reader_pool_ops, &pool, 4096, 300000, 0);
    reads_by(&stk_reader_pool_ops, &pool, end - 1000u, 3000, 0);
    assert_int_equal(stk_reader_pool_close(&pool, 10 * SECOND), STK_OK);
}

static void a_ring_without_large_requests_refuses_a_namespace(void **state) {
    (void)state;
    need_namespace();
    assert_int_equal(open_ring(0, 0), STK_E_UNSUPPORTED);
    assert_true(uring.info.value == EOPNOTSUPP);
}

/* A process without the right to query the namespace gets an error and no source. Since Linux 6.2 the file's own rights
 * are enough. */
static void rights_are_the_system_s(void **state) {
    int status = 0;
    (void)state;
    need_namespace();
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct stk_uring_nvme asked;
        int r = setgid(65534) == 0 && setuid(65534) == 0 ? stk_uring_nvme_identify(fd, &asked) : STK_OK;
        _exit(r == STK_OK || (r == STK_E_ACCESS && asked.os_error == EACCES && asked.blocks == 0) ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), 0);
}

#define TEST(f) cmocka_unit_test_teardown(f, close_ring)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_namespace_says_what_it_is),
        TEST(commands_bring_what_the_block_device_holds),
        TEST(reads_begin_and_end_anywhere),
        TEST(reads_end_with_the_namespace),
        TEST(many_reads_in_flight_arrive_whole),
        cmocka_unit_test(a_pool_of_rings_reads_a_namespace),
        TEST(a_ring_without_large_requests_refuses_a_namespace),
        cmocka_unit_test(rights_are_the_system_s),
    };
    const char *name = getenv("STK_TEST_NVME");
    struct stk_uring_machine machine;
    char block[64];
    if (stk_uring_machine(&machine) == STK_OK && machine.uring.available) {
        name = name != NULL ? name : machine.nvme;
        fd = open(name, O_RDONLY | O_CLOEXEC);
        (void)snprintf(block, sizeof block, "/dev/nvme%s", strncmp(name, "/dev/ng", 7) == 0 ? name + 7 : "");
        block_fd = fd >= 0 && stk_uring_nvme_identify(fd, &nvme) == STK_OK ? open(block, O_RDONLY | O_CLOEXEC) : -1;
        end = nvme.blocks * nvme.block_bytes;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
