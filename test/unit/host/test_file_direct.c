/* A log and a store over a file with O_DIRECT, which demands aligned addresses: nothing is lost, and a buffer without
 * the alignment is an error of the call. Where the file system has no O_DIRECT the tests are skipped. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stoker/log.h"
#include "stoker/port/file.h"
#include "stoker/store.h"

#define RECORDS   5000u
#define ARTIFACTS 40u
#define BYTES     (1u << 20)
#define BUFFER    65536u

static const struct stk_flash_ops *const ops = &stk_file_flash_ops;
static _Alignas(4096) uint8_t own[BUFFER + 64], walk[BUFFER + 64];
static struct stk_file file;
static struct stk_log flash_log;

/* Opens a new file without a name in /tmp. */
static int open_direct(void **state) {
    char name[] = "/tmp/stoker-direct-XXXXXX";
    const struct stk_file_config config = {.path = name, .bytes = BYTES, .direct = true, .create = true};
    int fd = mkstemp(name), err;
    (void)state;
    if (fd < 0 || close(fd) != 0) {
        return -1;
    }
    err = stk_file_open(&file, &config);
    (void)unlink(name);
    file.owned = err == STK_OK;
    return err == STK_OK || (err == STK_E_ARG && file.os_error == EINVAL) ? 0 : -1;
}

static int close_direct(void **state) {
    (void)state;
    stk_file_close(&file);
    return 0;
}

/* Skips the test where the file could not be opened with O_DIRECT. */
static void need_direct(void) {
    if (!file.owned) {
        print_message("no O_DIRECT in /tmp\n");
        skip();
    }
}

static struct stk_log_config on(uint8_t *buffer) {
    return (struct stk_log_config){{ops, &file}, buffer, BUFFER};
}

static void append(uint32_t first, uint32_t count) {
    for (uint32_t n = first; n < first + count; n++) {
        const struct stk_log_record record = {.timestamp_ns = n, .args = {n}};
        assert_int_equal(stk_log_append(&flash_log, &record), STK_OK);
    }
}

/* Checks that the log holds the records 0 to count - 1, and nothing else. */
static void expect_records(uint32_t count) {
    struct stk_log_iter iter;
    struct stk_log_record record;
    assert_int_equal(stk_log_iterate(&flash_log, &iter, walk, BUFFER), STK_OK);
    for (uint32_t n = 0; n < count; n++) {
        assert_int_equal(stk_log_next(&iter, &record), 1);
        assert_int_equal(record.args[0], n);
    }
    assert_int_equal(stk_log_next(&iter, &record), 0);
    assert_int_equal(iter.corrupt, 0);
}

static void a_log_past_the_page_cache_keeps_every_record(void **state) {
    const struct stk_log_config config = on(own);
    struct stk_log_stats stats;
    (void)state;
    need_direct();
    assert_int_equal(stk_log_format(&flash_log, &config, 77, 0), STK_OK);
    append(0, RECORDS);
    assert_int_equal(stk_log_sync(&flash_log), STK_OK);
    stk_log_stats(&flash_log, &stats);
    assert_int_equal(stats.failed, 0);
    assert_in_range(stats.programs, RECORDS / 64, RECORDS / 64 + 20);
    assert_int_equal(stk_log_mount(&flash_log, &config), STK_OK);
    expect_records(RECORDS);
}

/* Appends go on after each mount, with syncs and polls between them. */
static void a_log_past_the_page_cache_goes_on_after_mounts(void **state) {
    const struct stk_log_config config = on(own);
    (void)state;
    need_direct();
    assert_int_equal(stk_log_format(&flash_log, &config, 78, 0), STK_OK);
    for (uint32_t turn = 0; turn < 5; turn++) {
        append(turn * 100, 100);
        assert_true(stk_log_poll(&flash_log) >= 0);
        assert_int_equal(stk_log_sync(&flash_log), STK_OK);
        assert_int_equal(stk_log_mount(&flash_log, &config), STK_OK);
    }
    expect_records(500);
}

/* Every call that reads or programs returns the error at once, and the contents of the file stay. */
static void a_buffer_without_the_alignment_is_an_error_of_the_call(void **state) {
    const struct stk_log_config good = on(own), bad = on(own + 1);
    struct stk_log_iter iter;
    struct stk_log_record record;
    struct stk_log other;
    (void)state;
    need_direct();
    assert_int_equal(stk_log_format(&flash_log, &bad, 1, 0), STK_E_ALIGN);
    assert_int_equal(stk_log_format(&flash_log, &good, 79, 0), STK_OK);
    append(0, 100);
    assert_int_equal(stk_log_sync(&flash_log), STK_OK);
    assert_int_equal(stk_log_mount(&other, &bad), STK_E_ALIGN);
    assert_int_equal(stk_log_iterate(&flash_log, &iter, walk + 1, BUFFER), STK_OK);
    assert_int_equal(stk_log_next(&iter, &record), STK_E_ALIGN);
    assert_int_equal(stk_log_mount(&flash_log, &good), STK_OK);
    expect_records(100);
    assert_int_equal(flash_log.stats.failed, 0);
}

static void fill(uint8_t *data, uint32_t bytes, uint32_t seed) {
    for (uint32_t i = 0; i < bytes; i++) {
        data[i] = (uint8_t)((i + seed) * 2654435761u >> 13);
    }
}

static void a_store_past_the_page_cache_keeps_every_artifact(void **state) {
    static struct stk_store store;
    STK_STORE_DEFINE(index, ARTIFACTS + 1);
    const struct stk_store_config config = {
        .flash = {ops, &file}, .buffer = own, .buffer_bytes = BUFFER, .entries = ARTIFACTS + 1};
    uint8_t key[STK_STORE_KEY_BYTES] = {0}, in[3000], out[3000];
    struct stk_arena arena;
    uint32_t bytes;
    (void)state;
    need_direct();
    stk_arena_init(&arena, index, sizeof index);
    assert_int_equal(stk_store_init(&store, &config, &arena), STK_OK);
    assert_int_equal(stk_store_format(&store, 5), STK_OK);
    for (uint32_t i = 0; i < ARTIFACTS; i++) {
        struct stk_span span = {in, 10 + i * 70};
        key[0] = (uint8_t)i;
        fill(in, sizeof in, i);
        assert_int_equal(stk_store_put(&store, key, &span, 1), 0);
    }
    assert_int_equal(stk_store_mount(&store, NULL), ARTIFACTS);
    for (uint32_t i = 0; i < ARTIFACTS; i++) {
        key[0] = (uint8_t)i;
        fill(in, sizeof in, i);
        assert_int_equal(stk_store_get(&store, key, out, sizeof out, &bytes), 1);
        assert_int_equal(bytes, 10 + i * 70);
        assert_memory_equal(in, out, bytes);
    }
}

static void a_store_with_a_buffer_without_the_alignment_says_so(void **state) {
    static struct stk_store store;
    STK_STORE_DEFINE(index, 4);
    const struct stk_store_config config = {
        .flash = {ops, &file}, .buffer = own + 1, .buffer_bytes = BUFFER, .entries = 4};
    struct stk_arena arena;
    (void)state;
    need_direct();
    stk_arena_init(&arena, index, sizeof index);
    assert_int_equal(stk_store_init(&store, &config, &arena), STK_OK);
    assert_int_equal(stk_store_format(&store, 5), STK_E_ALIGN);
    assert_int_equal(stk_store_mount(&store, NULL), STK_E_ALIGN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_direct, close_direct)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_log_past_the_page_cache_keeps_every_record),
        TEST(a_log_past_the_page_cache_goes_on_after_mounts),
        TEST(a_buffer_without_the_alignment_is_an_error_of_the_call),
        TEST(a_store_past_the_page_cache_keeps_every_artifact),
        TEST(a_store_with_a_buffer_without_the_alignment_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
