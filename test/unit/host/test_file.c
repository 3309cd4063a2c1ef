/* The file port beside the contract of every flash (test/contract): geometry, transfers, erases, refusals, files that
 * are made; where the system lets it, O_DIRECT. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "host_file.h"
#include "stoker/log.h"
#include "stoker/port/file.h"
#include "stoker/vrrl.h"

#define BLOCK 8192u

static char folder[] = "/tmp/stoker-file-XXXXXX";
static char path[64];

static int make_folder(void **state) {
    (void)state;
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/log", folder);
    return 0;
}

static int drop_folder(void **state) {
    (void)state;
    return rmdir(folder);
}

static int drop_file(void **state) {
    (void)state;
    return unlink(path) == 0 || errno == ENOENT ? 0 : -1;
}

static struct stk_file_config small(void) {
    return (struct stk_file_config){.path = path, .bytes = 4 * BLOCK, .block_bytes = BLOCK, .create = true};
}

static struct stk_file opened(const struct stk_file_config *config) {
    struct stk_file file;
    int err = stk_file_open(&file, config);
    if (err != STK_OK) {
        fail_msg("open says %s, errno %d", stk_err_name(err), file.os_error);
    }
    return file;
}

static uint64_t length_of(const char *name) {
    struct stat st;
    assert_int_equal(stat(name, &st), 0);
    return (uint64_t)st.st_size;
}

static const struct stk_flash_ops *const ops = &stk_file_flash_ops;

/// Opening ///

static void a_file_is_made_with_its_space(void **state) {
    struct stk_file_config config = small();
    struct stk_flash_geometry g;
    uint8_t byte[16], zeros[16] = {0};
    struct stat st;
    (void)state;
    struct stk_file file = opened(&config);
    ops->geometry(&file, &g);
    assert_int_equal(g.read_unit, 1);
    assert_int_equal(g.prog_unit, STK_FILE_PROG_DEFAULT);
    assert_int_equal(g.block_bytes, BLOCK);
    assert_int_equal(g.blocks, 4);
    assert_int_equal(g.erased, 0);
    assert_int_equal(g.rewrite, STK_FLASH_ANY);
    assert_int_equal(g.lazy, 1);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 4 * BLOCK);
    assert_in_range(st.st_blocks * 512, 4 * BLOCK, 64 * BLOCK);
    assert_int_equal(ops->read(&file, 3, BLOCK - 16, byte, 16), STK_OK);
    assert_memory_equal(byte, zeros, 16);
    stk_file_close(&file);
    stk_file_close(&file);
}

static void defaults_are_a_block_of_64_kib(void **state) {
    struct stk_file_config config = {.path = path, .bytes = 3 * 65536 + 1, .create = true};
    (void)state;
    struct stk_file file = opened(&config);
    assert_int_equal(file.geometry.block_bytes, 65536);
    assert_int_equal(file.geometry.blocks, 3);
    assert_int_equal(length_of(path), 3 * 65536 + 1);
    stk_file_close(&file);
}

static void an_existing_file_is_taken_as_it_is(void **state) {
    struct stk_file_config config = small();
    uint8_t in[16] = "0123456789abcde", out[16];
    (void)state;
    config.prog_unit = 16;
    struct stk_file file = opened(&config);
    assert_int_equal(ops->prog(&file, 1, 32, in, 16), STK_OK);
    stk_file_close(&file);
    file = opened(&config);
    assert_int_equal(ops->read(&file, 1, 32, out, 16), STK_OK);
    assert_memory_equal(in, out, 16);
    stk_file_close(&file);
    config.bytes = 0; /* as long as it is */
    config.create = false;
    file = opened(&config);
    assert_int_equal(file.geometry.blocks, 4);
    stk_file_close(&file);
}

/* A cut creation leaves an empty file. Open must refuse it, and make it longer only when the configuration asks for
 * this. */
static void a_file_that_is_too_short_is_lengthened_on_request(void **state) {
    struct stk_file_config config = small();
    struct stk_file file;
    (void)state;
    assert_int_equal(close(open(path, O_CREAT | O_RDWR, 0600)), 0);
    config.create = false;
    assert_int_equal(stk_file_open(&file, &config), STK_E_SHORT);
    assert_int_equal(file.fd, -1);
    config.bytes = 0;
    assert_int_equal(stk_file_open(&file, &config), STK_E_SHORT);
    config = small();
    file = opened(&config);
    assert_int_equal(length_of(path), 4 * BLOCK);
    stk_file_close(&file);
}

/* A limit on the size of files stands for a full disk: the port finds both when it asks for the space. */
static void a_file_that_cannot_be_made_or_lengthened_is_as_before(void **state) {
    struct stk_file_config config = small();
    struct rlimit old, low;
    struct stk_file file;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    low = (struct rlimit){.rlim_cur = 2 * BLOCK, .rlim_max = old.rlim_max};
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    assert_int_equal(stk_file_open(&file, &config), STK_E_NOSPC);
    assert_int_equal(file.os_error, EFBIG);
    assert_int_equal(access(path, F_OK), -1);
    int fd = open(path, O_CREAT | O_RDWR, 0600);
    assert_int_equal(pattern_write(fd, 0, 100), 0);
    assert_int_equal(stk_file_open(&file, &config), STK_E_NOSPC);
    assert_int_equal(length_of(path), 100);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    config.bytes = BLOCK - 1; /* less than one block: the file is not lengthened for this */
    assert_int_equal(stk_file_open(&file, &config), STK_E_SHORT);
    assert_int_equal(length_of(path), 100);
    close(fd);
    unlink(path);
    assert_int_equal(stk_file_open(&file, &config), STK_E_SHORT);
    assert_int_equal(access(path, F_OK), -1);
}

static void configurations_that_break_a_rule_are_refused(void **state) {
    static const struct {
        struct stk_file_config config;
        int err;
    } row[] = {
        {{.prog_unit = 3}, STK_E_ARG},  /* no part of a block of 64 KiB */
        {{.read_unit = 24}, STK_E_ARG}, /* likewise */
        {{.prog_unit = 16385, .block_bytes = 16385}, STK_E_ARG},
        {{.read_unit = 16385, .block_bytes = 16385, .prog_unit = 1}, STK_E_ARG},
        {{.erased = 1}, STK_E_ARG},
        {{.block_bytes = 6000}, STK_E_ARG},
        {{.block_bytes = 6144, .prog_unit = 1024, .read_unit = 4096}, STK_E_ARG},
        {{.create = true, .bytes = 0}, STK_E_ARG},
        {{.create = true, .bytes = 65536, .read_only = true}, STK_E_ARG},
        {{.bytes = UINT64_MAX}, STK_E_OVERFLOW},
        {{.bytes = (uint64_t)1 << 40, .block_bytes = 1, .prog_unit = 1, .grow = true}, STK_E_OVERFLOW},
        {{.bytes = (uint64_t)1 << 40, .block_bytes = STK_FILE_WHOLE, .grow = true}, STK_E_OVERFLOW},
        {{.block_bytes = STK_FILE_WHOLE}, STK_E_ARG}, /* its length is not a multiple of 4096 */
    };
    int fd = open(path, O_CREAT | O_RDWR, 0600);
    (void)state;
    assert_int_equal(pattern_write(fd, 0, 70000), 0);
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct stk_file_config config = row[i].config;
        struct stk_file file;
        config.path = path;
        assert_int_equal(stk_file_open(&file, &config), row[i].err);
        assert_int_equal(file.os_error, 0);
    }
    assert_int_equal(length_of(path), 70000);
    struct stk_file_config config = {.fd = fd, .bytes = 65536, .create = true};
    struct stk_file file;
    assert_int_equal(stk_file_open(&file, &config), STK_E_ARG);
    assert_int_equal(stk_file_open(NULL, &config), STK_E_ARG);
    assert_int_equal(stk_file_open(&file, NULL), STK_E_ARG);
    close(fd);
}

static void what_is_no_file_is_refused_with_its_errno(void **state) {
    struct stk_file_config config = {.path = "/nonexistent/log", .bytes = 65536, .create = true};
    struct stk_file file;
    int ends[2];
    (void)state;
    assert_int_equal(stk_file_open(&file, &config), STK_E_NOENT);
    assert_int_equal(file.os_error, ENOENT);
    config = (struct stk_file_config){.path = folder, .read_only = true};
    assert_int_equal(stk_file_open(&file, &config), STK_E_ISDIR);
    config.read_only = false;
    assert_int_equal(stk_file_open(&file, &config), STK_E_ISDIR);
    assert_int_equal(file.os_error, EISDIR);
    config = (struct stk_file_config){.path = "/dev/null"};
    assert_int_equal(stk_file_open(&file, &config), STK_E_UNSUPPORTED);
    config = (struct stk_file_config){.fd = 4000};
    assert_int_equal(stk_file_open(&file, &config), STK_E_ARG);
    assert_int_equal(file.os_error, EBADF);
    assert_int_equal(pipe(ends), 0);
    config.fd = ends[0];
    assert_int_equal(stk_file_open(&file, &config), STK_E_UNSUPPORTED);
    assert_int_equal(fcntl(ends[0], F_GETFD), 0); /* it stays the caller's */
    close(ends[0]);
    close(ends[1]);
}

static void a_descriptor_stays_the_callers(void **state) {
    struct stk_file_config config = {.fd = pattern_file(2 * BLOCK), .block_bytes = BLOCK};
    uint8_t out[100];
    (void)state;
    struct stk_file file = opened(&config);
    assert_int_equal(file.geometry.blocks, 2);
    assert_int_equal(ops->read(&file, 1, 7, out, sizeof out), STK_OK);
    assert_true(pattern_matches(out, BLOCK + 7, sizeof out));
    stk_file_close(&file);
    assert_int_equal(close(config.fd), 0);
}

/// Errors ///

static void errors_of_the_system_keep_their_number(void **state) {
    char name[40];
    struct stk_file_config config = {.fd = pattern_file(2 * BLOCK), .block_bytes = BLOCK};
    uint8_t data[STK_FILE_PROG_DEFAULT] = {0};
    (void)state;
    snprintf(name, sizeof name, "/proc/self/fd/%d", config.fd);
    int reader = open(name, O_RDONLY), writer = open(name, O_WRONLY);
    struct stk_file file = opened(&config);
    file.fd = reader; /* from here on the file is open for reading only */
    assert_int_equal(ops->prog(&file, 0, 0, data, sizeof data), STK_E_ARG);
    assert_int_equal(file.os_error, EBADF);
    assert_int_equal(ops->erase(&file, 0), STK_E_ARG);
    file.punch_hole = true;
    file.zero_range = false;
    assert_int_equal(ops->erase(&file, 0), STK_E_ARG);
    file.fd = writer;
    assert_int_equal(ops->read(&file, 0, 0, data, sizeof data), STK_E_ARG);
    assert_int_equal(close(reader) + close(writer) + close(config.fd), 0);
    assert_int_equal(ops->sync(&file), STK_E_ARG);
    assert_int_equal(file.os_error, EBADF);
}

/// Whole files ///

static void a_whole_file_is_one_block_of_any_length(void **state) {
    struct stk_file_config config = {.fd = pattern_file(416), .block_bytes = STK_FILE_WHOLE, .prog_unit = 1};
    uint8_t out[416];
    (void)state;
    struct stk_file file = opened(&config);
    assert_int_equal(file.geometry.block_bytes, 416);
    assert_int_equal(file.geometry.blocks, 1);
    assert_int_equal(ops->read(&file, 0, 0, out, 416), STK_OK);
    assert_int_equal(ops->read(&file, 0, 1, out, 416), STK_E_RANGE);
    assert_int_equal(ftruncate(config.fd, 100), 0);
    assert_int_equal(ops->read(&file, 0, 0, out, 416), STK_E_SHORT);
    stk_file_close(&file);
    close(config.fd);
}

static void a_growing_file_ends_where_it_was_written(void **state) {
    struct stk_file_config config = {
        .fd = pattern_file(10), .bytes = 1000, .block_bytes = STK_FILE_WHOLE, .prog_unit = 1, .grow = true};
    uint8_t out[20] = {0};
    struct stat st;
    (void)state;
    struct stk_file file = opened(&config);
    assert_int_equal(file.geometry.block_bytes, 1000);
    assert_int_equal(ops->read(&file, 0, 0, out, 10), STK_OK);
    assert_int_equal(ops->read(&file, 0, 0, out, 11), STK_E_SHORT);
    assert_int_equal(ops->prog(&file, 0, 990, out, 10), STK_OK);
    assert_int_equal(ops->prog(&file, 0, 991, out, 10), STK_E_RANGE);
    assert_int_equal(fstat(config.fd, &st), 0);
    assert_int_equal(st.st_size, 1000);
    stk_file_close(&file);
    close(config.fd);
}

static void a_v1_log_lives_in_a_file(void **state) {
    struct stk_file_config config = {
        .path = path, .bytes = STK_VRRL_BYTES(5), .block_bytes = STK_FILE_WHOLE, .prog_unit = 1, .create = true};
    struct stk_log_record record = {.slot = 1};
    struct stk_vrrl log;
    (void)state;
    struct stk_file file = opened(&config);
    assert_int_equal(stk_vrrl_create(&log, &(struct stk_flash_port){ops, &file}, 5), STK_OK);
    assert_int_equal(stk_vrrl_append(&log, &record), STK_OK);
    assert_int_equal(stk_vrrl_sync(&log), STK_OK);
    stk_file_close(&file);
    assert_int_equal(length_of(path), STK_VRRL_BYTES(5));
    config.create = false;
    config.bytes = 0;
    file = opened(&config);
    assert_int_equal(stk_vrrl_open(&log, &(struct stk_flash_port){ops, &file}, NULL), STK_OK);
    assert_int_equal(log.capacity, 5);
    assert_int_equal(log.cursor, 1);
    stk_file_close(&file);
}

/// Past the page cache ///

/* File systems without O_DIRECT say so at open. */
static void direct_transfers_are_aligned_or_refused(void **state) {
    static _Alignas(4096) uint8_t page[8192];
    struct stk_file_config config = small();
    struct stk_file file;
    (void)state;
    config.direct = true;
    int err = stk_file_open(&file, &config);
    if (err == STK_E_ARG && file.os_error == EINVAL) {
        print_message("skipped: no O_DIRECT below %s\n", folder);
        return;
    }
    assert_int_equal(err, STK_OK);
    assert_int_equal(file.geometry.read_unit, STK_FILE_DIRECT_DEFAULT);
    assert_in_range(file.align, 2, 4096);
    pattern_fill(page, 0, 4096);
    assert_int_equal(ops->prog(&file, 1, 4096, page, 4096), STK_OK);
    assert_int_equal(ops->prog(&file, 1, 4096, page + 1, 4096), STK_E_ALIGN);
    assert_int_equal(ops->read(&file, 1, 4096, page + 4096, 4096), STK_OK);
    assert_true(pattern_matches(page + 4096, 0, 4096));
    file.zero_range = file.punch_hole = false;
    assert_int_equal(ops->erase(&file, 1), STK_OK); /* writes, from a buffer of its own */
    assert_int_equal(ops->sync(&file), STK_OK);
    stk_file_close(&file);
    config.read_unit = 1;
    assert_int_equal(stk_file_open(&file, &config), STK_E_ALIGN);
    assert_in_range(file.align, 2, 4096);
    config = (struct stk_file_config){.fd = pattern_file(65536), .direct = true};
    assert_int_equal(stk_file_open(&file, &config), STK_E_ARG); /* it is not open that way */
    close(config.fd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_is_made_with_its_space, NULL, drop_file),
        cmocka_unit_test_setup_teardown(defaults_are_a_block_of_64_kib, NULL, drop_file),
        cmocka_unit_test_setup_teardown(an_existing_file_is_taken_as_it_is, NULL, drop_file),
        cmocka_unit_test_setup_teardown(a_file_that_is_too_short_is_lengthened_on_request, NULL, drop_file),
        cmocka_unit_test_setup_teardown(a_file_that_cannot_be_made_or_lengthened_is_as_before, NULL, drop_file),
        cmocka_unit_test_setup_teardown(configurations_that_break_a_rule_are_refused, NULL, drop_file),
        cmocka_unit_test_setup_teardown(what_is_no_file_is_refused_with_its_errno, NULL, drop_file),
        cmocka_unit_test(a_descriptor_stays_the_callers),
        cmocka_unit_test(errors_of_the_system_keep_their_number),
        cmocka_unit_test(a_whole_file_is_one_block_of_any_length),
        cmocka_unit_test(a_growing_file_ends_where_it_was_written),
        cmocka_unit_test_setup_teardown(a_v1_log_lives_in_a_file, NULL, drop_file),
        cmocka_unit_test_setup_teardown(direct_transfers_are_aligned_or_refused, NULL, drop_file),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
