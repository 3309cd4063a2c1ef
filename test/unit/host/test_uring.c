/* The io_uring port against the kernel of this machine: what it has beside the contract of every ingest port
 * (test/contract). */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "host_file.h"
#include "need_device.h"
#include "stoker/port/uring.h"

#define DEPTH     16u
#define SOURCES   4u
#define MEM_BYTES (1u << 20)
#define SECOND    UINT64_C(1000000000)
#define SLICE     (SECOND / 50)

static _Alignas(4096) uint8_t mem[MEM_BYTES];
static uint8_t arena_mem[STK_ARENA_BYTES(STK_URING_BYTES(DEPTH, SOURCES))];
static struct stk_arena arena;
static struct stk_uring uring;
static bool available;

/// Helpers ///

/* Opens a ring over `bytes` bytes at `memory`; `config` may be NULL. */
static int open_over(struct stk_uring *u, const struct stk_uring_config *config, void *memory, size_t bytes,
                     struct stk_arena *from) {
    struct stk_uring_config c = config != NULL ? *config : (struct stk_uring_config){0};
    c.memory = memory;
    c.memory_bytes = bytes;
    return stk_uring_open(u, &c, from);
}

static void open_with(uint32_t flags, uint32_t buffer_bytes) {
    struct stk_uring_config config = {.depth = DEPTH, .sources = SOURCES, .flags = flags, .buffer_bytes = buffer_bytes};
    if (!available) {
        skip_without("io_uring");
    }
    memset(mem, 0xEE, sizeof mem);
    stk_arena_init(&arena, arena_mem, sizeof arena_mem);
    assert_int_equal(open_over(&uring, &config, mem, sizeof mem, &arena), STK_OK);
}

static int open_default(void **state) {
    (void)state;
    if (available) {
        open_with(0, 0);
    }
    return 0;
}

static int close_it(void **state) {
    (void)state;
    return stk_uring_close(&uring, 10 * SECOND);
}

static void need_uring(void) {
    if (!available) {
        skip_without("io_uring");
    }
}

static int submit1(uint32_t source, uint64_t offset, uint32_t bytes, uint8_t *dst, uint32_t tag) {
    struct stk_ingest_read read = {source, offset, bytes, dst, tag, 0};
    return stk_uring_ops.submit(&uring, &read, 1);
}

static struct stk_ingest_done reap1(void) {
    struct stk_ingest_done done = {0, 0, 0};
    assert_int_equal(stk_uring_ops.reap(&uring, &done, 1, 10 * SECOND), 1);
    return done;
}

static void assert_adds_up(void) {
    struct stk_ingest_stats s;
    stk_uring_ops.stats(&uring, &s);
    assert_true(s.submitted == s.completed + s.failed + uring.in_flight);
    assert_true(s.bounce_bytes == 0);
}

/* Runs `body` in a child, and returns what it returned. */
static int in_child(int (*body)(void)) {
    int status = 0;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        _exit(body());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

/// Files ///

static void a_read_across_registered_buffers_arrives_whole(void **state) {
    (void)state;
    open_with(0, 16384);
    int fd = pattern_file(900001);
    assert_int_equal(stk_uring_add_file(&uring, fd, 0), 0);
    assert_int_equal(submit1(0, 1, 900000, mem + 100, 1), 1);
    assert_int_equal(reap1().result, 900000);
    assert_true(pattern_matches(mem + 100, 1, 900000));
    struct stk_ingest_stats s;
    stk_uring_ops.stats(&uring, &s);
    assert_true(s.os_reads >= 900000 / 16384);
    close(fd);
}

/// Cancel and close ///

static void cancel_keeps_reads_that_were_finished(void **state) {
    struct stk_ingest_done done;
    (void)state;
    need_uring();
    int fd = pattern_file(4096);
    assert_int_equal(stk_uring_add_file(&uring, fd, 0), 0);
    assert_int_equal(submit1(0, 0, 4096, mem, 1), 1);
    while (stk_uring_ops.reap(&uring, &done, 0, 0) == 0 && uring.out != 0) {
    }
    assert_int_equal(stk_uring_ops.cancel(&uring, 0, UINT32_MAX), STK_OK);
    assert_int_equal(reap1().result, 4096);
    close(fd);
}

static void close_with_reads_in_flight_lets_go_of_the_memory(void **state) {
    int fds[2];
    (void)state;
    need_uring();
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(stk_uring_add_file(&uring, fds[0], 0), 0);
    for (uint32_t i = 0; i < DEPTH; i++) {
        assert_int_equal(submit1(0, 0, 100, mem, i), 1);
    }
    assert_int_equal(stk_uring_close(&uring, 5 * SECOND), STK_OK);
    assert_adds_up();
    assert_int_equal(stk_uring_close(&uring, 0), STK_OK);
    struct stk_ingest_done done;
    assert_int_equal(submit1(0, 0, 100, mem, 0), STK_E_SHUTDOWN);
    assert_int_equal(stk_uring_ops.reap(&uring, &done, 1, 0), STK_E_SHUTDOWN);
    assert_int_equal(stk_uring_ops.cancel(&uring, 0, UINT32_MAX), STK_E_SHUTDOWN);
    assert_int_equal(stk_uring_add_file(&uring, fds[0], 0), STK_E_SHUTDOWN);
    assert_int_equal(pattern_write(fds[1], 0, 100), 0); /* nobody reads it any more */
    close(fds[0]);
    close(fds[1]);
}

/// Opening ///

static void open_checks_its_arguments(void **state) {
    struct stk_uring u;
    struct stk_uring_config bad_depth = {.depth = STK_URING_DEPTH_MAX + 1}, bad_sources = {.sources = 5000};
    struct stk_uring_config bad_flags = {.flags = 1u << 9}, bad_buffer = {.buffer_bytes = 5000};
    struct stk_uring_config small_buffer = {.buffer_bytes = 4096};
    (void)state;
    stk_arena_init(&arena, arena_mem, sizeof arena_mem);
    assert_int_equal(open_over(&u, NULL, NULL, 10, &arena), STK_E_ARG);
    assert_int_equal(open_over(&u, NULL, mem, 0, &arena), STK_E_ARG);
    assert_int_equal(open_over(&u, NULL, mem, 10, NULL), STK_E_ARG);
    assert_int_equal(open_over(NULL, NULL, mem, 10, &arena), STK_E_ARG);
    assert_int_equal(open_over(&u, &bad_depth, mem, 10, &arena), STK_E_OVERFLOW);
    assert_int_equal(open_over(&u, &bad_sources, mem, 10, &arena), STK_E_OVERFLOW);
    assert_int_equal(open_over(&u, &bad_flags, mem, 10, &arena), STK_E_ARG);
    assert_int_equal(open_over(&u, &bad_buffer, mem, 10, &arena), STK_E_ARG);
    assert_int_equal(open_over(&u, &small_buffer, mem, MEM_BYTES, &arena), STK_E_OVERFLOW);
    assert_int_equal(stk_arena_mark(&arena), 0);
}

static int open_without_locked_memory(void) {
    struct rlimit limit = {65536, 65536};
    struct stk_uring u;
    stk_arena_init(&arena, arena_mem, sizeof arena_mem);
    /* root is not bound by the limit */
    if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0 || (getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))) {
        return 2;
    }
    struct stk_uring_config config = {.depth = DEPTH, .sources = SOURCES};
    int r = open_over(&u, &config, mem, sizeof mem, &arena);
    return r == STK_E_LOCKED && u.info.value == ENOMEM && strcmp(u.call, "io_uring_register (buffers)") == 0 &&
                   u.ring == NULL && stk_arena_mark(&arena) == 0
               ? 0
               : 1;
}

static void too_little_locked_memory_is_said(void **state) {
    (void)state;
    need_uring();
    assert_int_equal(in_child(open_without_locked_memory), 0);
}

/* Makes this system call fail with `os_error` from now on. */
static int forbid(unsigned call, int os_error) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)os_error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof code[0], code};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) : -1;
}

/* Returns true if the ring is refused with this code, the errno and the name of the call, and nothing is kept. */
static bool refused_by(const char *call, int os_error, int err) {
    struct stk_uring_config config = {.depth = DEPTH, .sources = SOURCES};
    stk_arena_init(&arena, arena_mem, sizeof arena_mem);
    mem[0] = 0x5A;
    int free_before = dup(0);
    (void)close(free_before);
    int r = open_over(&uring, &config, mem, sizeof mem, &arena);
    return r == err && uring.info.value == (uint64_t)os_error && strcmp(uring.call, call) == 0 && mem[0] == 0x5A &&
           stk_arena_mark(&arena) == 0 && dup(0) == free_before; /* no descriptor is left open */
}

static int open_where_forbidden(int os_error) {
    struct stk_uring_info info;
    char text[STK_URING_TEXT_BYTES];
    if (forbid(SYS_io_uring_setup, os_error) != 0) {
        return 77;
    }
    if (!refused_by("io_uring_setup", os_error, STK_E_UNSUPPORTED)) {
        return 1;
    }
    if (stk_uring_probe(&info) != STK_E_UNSUPPORTED || info.available || info.os_error != os_error) {
        return 2;
    }
    return stk_uring_describe(&info, text, sizeof text) > 0 && strncmp(text, "not available: ", 15) == 0 ? 0 : 3;
}

static int open_where_eperm(void) {
    return open_where_forbidden(EPERM);
}

static int open_where_enosys(void) {
    return open_where_forbidden(ENOSYS);
}

static void a_kernel_without_io_uring_is_unsupported(void **state) {
    (void)state;
    int r = in_child(open_where_enosys);
    if (r == 77) {
        skip(); /* no seccomp here */
    }
    assert_int_equal(r, 0);
    assert_int_equal(in_child(open_where_eperm), 0);
}

static int open_where_enter_is_forbidden(void) {
    struct stk_uring_info info;
    if (forbid(SYS_io_uring_enter, EPERM) != 0) {
        return 77;
    }
    return refused_by("io_uring_enter", EPERM, STK_E_UNSUPPORTED) && stk_uring_probe(&info) == STK_E_UNSUPPORTED &&
                   info.os_error == EPERM
               ? 0
               : 1;
}

static int open_where_enter_says_again(void) {
    return forbid(SYS_io_uring_enter, EAGAIN) == 0 && refused_by("io_uring_enter", EAGAIN, STK_E_UNSUPPORTED) ? 0 : 1;
}

static int open_where_register_is_forbidden(void) {
    return forbid(SYS_io_uring_register, EPERM) == 0 &&
                   refused_by("io_uring_register (buffers)", EPERM, STK_E_UNSUPPORTED)
               ? 0
               : 1;
}

static int open_without_descriptors(void) {
    return forbid(SYS_io_uring_setup, EMFILE) == 0 && refused_by("io_uring_setup", EMFILE, STK_E_FILES) ? 0 : 1;
}

static int open_without_memory(void) {
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    (void)getrlimit(RLIMIT_MEMLOCK, &limit); /* where the limit is high enough, raising it would be no help */
    int err = limit.rlim_cur >= sizeof mem ? STK_E_NOMEM : STK_E_LOCKED;
    return forbid(SYS_io_uring_register, ENOMEM) == 0 && refused_by("io_uring_register (buffers)", ENOMEM, err) ? 0 : 1;
}

static void io_uring_that_is_there_in_part_is_not_opened(void **state) {
    (void)state;
    need_uring();
    int r = in_child(open_where_enter_is_forbidden);
    if (r == 77) {
        skip(); /* there is no seccomp here */
    }
    assert_int_equal(r, 0);
    assert_int_equal(in_child(open_where_enter_says_again), 0);
    assert_int_equal(in_child(open_where_register_is_forbidden), 0);
    assert_int_equal(in_child(open_without_descriptors), 0);
    assert_int_equal(in_child(open_without_memory), 0);
}

/* Makes the kernel refuse requests once the ring is open. */
static int submit_where_enter_says_again(void) {
    struct stk_uring_config config = {.depth = DEPTH, .sources = SOURCES, .refused_max = 3};
    struct stk_ingest_done done;
    int fd = pattern_file(4096), n = 0;
    stk_arena_init(&arena, arena_mem, sizeof arena_mem);
    if (open_over(&uring, &config, mem, sizeof mem, &arena) != STK_OK || stk_uring_add_file(&uring, fd, 0) != 0 ||
        forbid(SYS_io_uring_enter, EAGAIN) != 0) {
        return 77;
    }
    (void)submit1(0, 0, 4096, mem, 1);
    while (n == 0) {
        n = stk_uring_ops.reap(&uring, &done, 1, SLICE);
    }
    return n == STK_E_IO && uring.info.value == EAGAIN && strcmp(uring.call, "io_uring_enter") == 0 ? 0 : 1;
}

static void a_kernel_that_refuses_for_ever_fails_the_ring(void **state) {
    (void)state;
    need_uring();
    int r = in_child(submit_where_enter_says_again);
    if (r == 77) {
        skip(); /* there is no seccomp here */
    }
    assert_int_equal(r, 0);
}

/* An eventfd looks like a file with offsets to lseek. A read of it waits until somebody adds to the counter, so this
 * read does not end. */
static void a_read_that_does_not_end_is_late(void **state) {
    struct stk_uring_config config = {.depth = DEPTH, .sources = SOURCES, .read_timeout_ns = SLICE};
    struct stk_ingest_done done;
    int fd = eventfd(0, EFD_CLOEXEC), file = pattern_file(4096), n = 0;
    (void)state;
    need_uring();
    stk_arena_init(&arena, arena_mem, sizeof arena_mem);
    assert_int_equal(open_over(&uring, &config, mem, sizeof mem, &arena), STK_OK);
    assert_int_equal(stk_uring_add_file(&uring, fd, 0), 0);
    if (uring.source[0].kind != 1u) {
        skip(); /* this kernel's event counters cannot seek */
    }
    assert_int_equal(submit1(0, 0, 8, mem, 1), 1);
    while (n == 0) {
        n = stk_uring_ops.reap(&uring, &done, 1, SLICE);
    }
    assert_int_equal(n, 1);
    assert_int_equal(done.result, STK_E_TIMEOUT);
    assert_int_equal(done.os_error, ETIMEDOUT);
    assert_int_equal(stk_uring_add_file(&uring, file, 0), 1); /* the ring goes on */
    assert_int_equal(submit1(1, 0, 4096, mem, 2), 1);
    assert_int_equal(reap1().result, 4096);
    close(file);
    close(fd);
}

static void the_probe_describes_the_kernel(void **state) {
    struct stk_uring_info info;
    char text[STK_URING_TEXT_BYTES];
    (void)state;
    need_uring();
    assert_int_equal(stk_uring_probe(&info), STK_OK);
    assert_true(info.available && info.opcodes > 20);
    int n = stk_uring_describe(&info, text, sizeof text);
    assert_true(n > 0);
    assert_int_equal(strlen(text), n);
    print_message("io_uring: %s\n", text);
    assert_int_equal(stk_uring_describe(&info, text, (size_t)n), STK_E_SPACE);
    assert_int_equal(stk_uring_describe(&info, text, (size_t)n + 1), n);
    assert_string_equal(stk_uring_opcode_name(4), "READ_FIXED");
    assert_null(stk_uring_opcode_name(1000));
    assert_int_equal(stk_uring_probe(NULL), STK_E_ARG);
}

#define TEST(f)       cmocka_unit_test_setup_teardown(f, open_default, close_it)
#define TEST_ALONE(f) cmocka_unit_test_teardown(f, close_it)

int main(void) {
    struct stk_uring_info info;
    const struct CMUnitTest tests[] = {
        TEST_ALONE(a_read_across_registered_buffers_arrives_whole),
        TEST(cancel_keeps_reads_that_were_finished),
        TEST(close_with_reads_in_flight_lets_go_of_the_memory),
        cmocka_unit_test(open_checks_its_arguments),
        cmocka_unit_test(too_little_locked_memory_is_said),
        cmocka_unit_test(a_kernel_without_io_uring_is_unsupported),
        cmocka_unit_test(io_uring_that_is_there_in_part_is_not_opened),
        cmocka_unit_test(a_kernel_that_refuses_for_ever_fails_the_ring),
        TEST_ALONE(a_read_that_does_not_end_is_late),
        cmocka_unit_test(the_probe_describes_the_kernel),
    };
    available = stk_uring_probe(&info) == STK_OK;
    if (!available) {
        print_message("io_uring is not available here (errno %d): its tests are skipped\n", info.os_error);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
