/* Programs and outcomes of handshakes that are kept: where they are taken from, and that what is not right is made
 * again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "opencl_faults.h"
#include "opencl_places.h"
#include "stoker/le.h"

#define MADE  STK_OPENCL_MADE
#define CACHE STK_OPENCL_FROM_CACHE
#define STORE STK_OPENCL_FROM_STORE

static const struct stk_opencl_config both = {.cache = &cache, .store = &store};
static const struct stk_opencl_config cached = {.cache = &cache};
static const struct stk_opencl_config stored = {.store = &store};

static uint8_t program_key[32], outcome_key[32];

/* Cache and store after a first start, which is made once; where the driver gives no binaries there is nothing to
 * test. */
static void first_start(void) {
    static uint8_t program[4u << 20], outcome[512];
    static uint32_t program_bytes, outcome_bytes;
    fresh_cache();
    fresh_store(BLOCKS);
    if (program_bytes == 0u) {
        start(&both, MADE, MADE);
        if (strstr(cl.persist_note, "gives no binary")) {
            print_message("skipped: %s\n", cl.persist_note);
            skip();
        }
        assert_string_equal(cl.persist_note, "");
        memcpy(program_key, cl.own.persisted.program_key, 32);
        memcpy(outcome_key, cl.own.persisted.outcome_key, 32);
        program_bytes = record_of(STORE, program_key);
        memcpy(program, scratch, program_bytes);
        outcome_bytes = record_of(STORE, outcome_key);
        assert_true(outcome_bytes <= sizeof outcome);
        memcpy(outcome, scratch, outcome_bytes);
        return;
    }
    memcpy(scratch, program, program_bytes);
    plant(CACHE, program_key, program_bytes);
    plant(STORE, program_key, program_bytes);
    memcpy(scratch, outcome, outcome_bytes);
    plant(CACHE, outcome_key, outcome_bytes);
    plant(STORE, outcome_key, outcome_bytes);
}

/// Where it comes from ///

static void second_start_takes_from_the_cache_and_the_third_from_the_store(void **state) {
    (void)state;
    first_start();
    start(&both, CACHE, CACHE);
    fresh_cache();
    mount_again();
    start(&both, STORE, STORE);
    start(&both, CACHE, CACHE); /* the start before has put the records into the cache */
    assert_string_equal(cl.persist_note, "");
    start(&stored, STORE, STORE);
    start(&(struct stk_opencl_config){.slots = 64}, MADE, MADE);
    fresh_store(BLOCKS);
    start(&both, CACHE, CACHE); /* the cache has the records, and this start also puts them into the new store */
    start(&stored, STORE, STORE);
}

static void other_text_options_or_wishes_are_other_records(void **state) {
    static const struct stk_opencl_piece other = {"other", "/* nothing more */\n", 0, NULL, 0};
    struct stk_opencl_config config = both;
    (void)state;
    first_start();
    config.pieces = &other;
    config.piece_count = 1;
    start(&config, MADE, MADE);
    start(&config, CACHE, CACHE);
    config = both;
    config.lanes = 3;
    start(&config, MADE, MADE);
    config = both;
    config.slots = 32; /* the same program; a turn may cost something else */
    start(&config, CACHE, MADE);
    config = both;
    config.residency = STK_BATCH;
    start(&config, CACHE, MADE);
    start(&both, CACHE, CACHE);
}

static void what_is_to_be_kept_later_is_put_by_keep(void **state) {
    struct stk_opencl_config config = both;
    (void)state;
    first_start();
    fresh_cache();
    fresh_store(BLOCKS);
    config.persist_later = 1;
    start(&config, MADE, MADE);
    assert_int_equal(open_kept(&config), STK_OK);
    assert_int_equal(cl.built_from, MADE);
    assert_int_equal(stk_opencl_persist(&cl), 2);
    assert_int_equal(stk_opencl_persist(&cl), 0);
    (void)run_adds(300);
    close_way();
    start(&stored, STORE, STORE);
    assert_int_equal(open_kept(&config), STK_OK);
    assert_int_equal(stk_opencl_persist(&cl), 0);
    close_way();
}

static void outcome_of_the_caller_goes_first(void **state) {
    struct stk_opencl_outcome known;
    struct stk_opencl_config config = both;
    (void)state;
    first_start();
    known = cl.outcome;
    config.known = &known;
    start(&config, CACHE, STK_OPENCL_FROM_CALLER);
    known.driver[0] ^= 1;
    start(&config, CACHE, MADE);
}

/// What is not right ///

/* Starts with one place, cache or store, whose record of `key` is bad. The port must make the program or the outcome
 * again, give `why` as the reason, and replace the bad record: the next start takes the new one. */
static void assert_made_again(enum stk_opencl_origin place, const uint8_t *key, const char *why) {
    const struct stk_opencl_config *config = place == CACHE ? &cached : &stored;
    int program = key == program_key;
    start(config, program ? MADE : place, program ? place : MADE);
    assert_kept_says(why);
    start(config, place, place);
    assert_string_equal(cl.persist_note, "");
}

static const struct {
    /* Index of the byte to change. Above UINT32_MAX / 2 the index counts from the end: UINT32_MAX is the last byte. */
    uint32_t at;
    const char *why;
} flips[] = {
    {0, "of another format"},
    {4, "of another format"},
    {8, "of another format"},
    {12, "of another length"},
    {15, "of another length"},
    {16, "of another device or driver"},
    {111, "of another device"},
    {112, "of another device or driver"},
    {176, "of another device"},
    {239, "of another device or driver"},
    {240, "damaged"},
    {271, "damaged"},
    {STK_OPENCL_RECORD_HEADER, "damaged"},
    {UINT32_MAX, "damaged"},
};

/* The hash of the artifact is right each time, since the changed record was put as a whole. So only the port can find
 * the wrong byte. */
static void record_with_a_wrong_byte_is_made_again(void **state) {
    (void)state;
    first_start();
    for (int place = CACHE; place <= (int)STORE; place++) {
        for (size_t i = 0; i < sizeof flips / sizeof *flips; i += times(1, 5)) {
            const uint8_t *key = place == CACHE && i % 4u == 1u ? outcome_key : program_key; /* a probe takes longer */
            uint32_t bytes = record_of((enum stk_opencl_origin)place, key);
            uint32_t at = flips[i].at > UINT32_MAX / 2u ? bytes - 1u - (UINT32_MAX - flips[i].at) : flips[i].at;
            assert_true(bytes > STK_OPENCL_RECORD_HEADER);
            scratch[at] ^= 0x10;
            plant((enum stk_opencl_origin)place, key, bytes);
            assert_made_again((enum stk_opencl_origin)place, key, flips[i].why);
        }
    }
}

static void record_that_is_cut_short_is_made_again(void **state) {
    (void)state;
    first_start();
    for (int place = CACHE; place <= (int)STORE; place++) {
        uint32_t bytes = record_of((enum stk_opencl_origin)place, program_key);
        const uint32_t left[] = {0, 100, STK_OPENCL_RECORD_HEADER, bytes / 2u, bytes - 1u};
        for (size_t i = 0; i < sizeof left / sizeof *left; i += times(1, 2)) {
            assert_true(record_of((enum stk_opencl_origin)place, program_key) >= left[i]);
            plant((enum stk_opencl_origin)place, program_key, left[i]);
            assert_made_again((enum stk_opencl_origin)place, program_key,
                              left[i] < STK_OPENCL_RECORD_HEADER ? "shorter than its header" : "of another length");
        }
    }
}

static void bad_record_of_the_cache_gives_way_to_the_stores(void **state) {
    uint32_t bytes;
    (void)state;
    first_start();
    bytes = record_of(CACHE, program_key);
    scratch[bytes / 2u] ^= 1;
    plant(CACHE, program_key, bytes);
    bytes = record_of(CACHE, outcome_key);
    scratch[bytes - 1u] ^= 1;
    plant(CACHE, outcome_key, bytes);
    start(&both, STORE, STORE);
    assert_string_equal(cl.persist_note, "the cache's was damaged; the cache's was damaged");
    start(&both, CACHE, CACHE);
}

/* A record of the other kind, or of another program, under this key. */
static void record_of_another_key_is_made_again(void **state) {
    static const struct stk_opencl_piece other = {"other", "/* other */\n", 0, NULL, 0};
    uint32_t bytes;
    (void)state;
    first_start();
    bytes = record_of(STORE, outcome_key);
    plant(STORE, program_key, bytes);
    assert_made_again(STORE, program_key, "of another format");
    start(&(struct stk_opencl_config){.store = &store, .pieces = &other, .piece_count = 1}, MADE, MADE);
    bytes = record_of(STORE, cl.own.persisted.program_key);
    plant(STORE, program_key, bytes);
    assert_made_again(STORE, program_key, "damaged");
}

/* Every hash of the record is right, so the driver has to refuse the program. */
static void garbage_that_hashes_right_is_made_again(void **state) {
    (void)state;
    first_start();
    for (uint32_t round = 0; round < 3u; round++) {
        uint32_t bytes = record_of(STORE, program_key), size = round == 0u ? bytes : STK_OPENCL_RECORD_HEADER + 4096u;
        for (uint32_t i = STK_OPENCL_RECORD_HEADER; i < size; i++) {
            scratch[i] = (uint8_t)(round == 2u ? 0u : i * 2654435761u >> 13);
        }
        stk_put32(scratch + 12, size - STK_OPENCL_RECORD_HEADER);
        seal_again(program_key, size);
        plant(STORE, program_key, size);
        assert_made_again(STORE, program_key, "the driver refused the store's");
    }
}

/* A program of this device that is not ours: without the kernel, with another one of its name, with one that does
 * nothing. */
static void program_of_somebody_else_is_made_again(void **state) {
    static const struct {
        const char *text, *why;
    } others[] = {
        {"__kernel void other(__global uint *a) { a[0] = 1; }\n", "the driver refused the store's"},
        {"__kernel void stk_resident(__global uint *a) { a[0] = 1; }\n", "the driver refused the store's"},
        {"__kernel void stk_resident(__global uint *a, __global uint *b, __global uint *c, __global uint *d,\n"
         "__global uchar *e, const __global uchar *f, uint g, uint h, uint i, uint j, uint k, uint l, uint m, uint n,\n"
         "__global uint *o) { }\n",
         "the store's did not work"},
    };
    (void)state;
    first_start();
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        cl_device_id device;
        cl_int error;
        cl_context context;
        cl_program program;
        size_t bytes = 0;
        unsigned char *binary = scratch + STK_OPENCL_RECORD_HEADER;
        assert_true(record_of(STORE, program_key) != 0u);
        assert_int_equal(open_kept(&stored), STK_OK);
        device = cl.device.id;
        context = clCreateContext(NULL, 1, &device, NULL, NULL, &error);
        program = clCreateProgramWithSource(context, 1, (const char *[]){others[i].text}, NULL, &error);
        assert_int_equal(clBuildProgram(program, 1, &device, NULL, NULL, NULL), CL_SUCCESS);
        assert_int_equal(clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof bytes, &bytes, NULL), CL_SUCCESS);
        assert_true(bytes != 0u && bytes < sizeof scratch - STK_OPENCL_RECORD_HEADER);
        assert_int_equal(clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof binary, &binary, NULL), CL_SUCCESS);
        clReleaseProgram(program);
        clReleaseContext(context);
        close_way();
        stk_put32(scratch + 12, (uint32_t)bytes);
        seal_again(program_key, (uint32_t)bytes + STK_OPENCL_RECORD_HEADER);
        plant(STORE, program_key, (uint32_t)bytes + STK_OPENCL_RECORD_HEADER);
        start(&stored, MADE, i == 2u ? MADE : STORE);
        assert_kept_says(others[i].why);
        start(&stored, STORE, STORE);
    }
}

/// A store in trouble ///

static void damaged_flash_is_made_again(void **state) {
    (void)state;
    first_start();
    for (uint32_t block = 0; block < 3u; block++) {
        stk_sim_flash_flip(&flash, block, BLOCK_BYTES * 4u + 12345u);
    }
    mount_again();
    assert_int_equal(open_kept(&stored), STK_OK);
    assert_int_equal(cl.built_from, MADE);
    close_way();
    start(&stored, STORE, cl.proved_from);
}

static void store_without_room_fails_no_start(void **state) {
    (void)state;
    first_start();
    fresh_store(4); /* an artifact gets two of the four blocks at most: less than the program of most drivers */
    if (stk_store_largest(&flash.config.geometry) >= record_of(CACHE, program_key)) {
        print_message("skipped: the program is too small\n");
        skip();
    }
    start(&stored, MADE, MADE);
    assert_kept_says("the store did not take");
    start(&stored, MADE, STORE);
}

static void store_that_fails_fails_no_start(void **state) {
    static const struct stk_opencl_piece fresh = {"fresh", "/* new */\n", 0, NULL, 0};
    (void)state;
    first_start();
    for (uint32_t block = 0; block < BLOCKS; block++) {
        stk_sim_flash_block(&flash, block)->bad_prog = true;
        stk_sim_flash_block(&flash, block)->bad_erase = true;
    }
    start(&stored, STORE, STORE); /* it can still be read */
    start(&(struct stk_opencl_config){.store = &store, .pieces = &fresh, .piece_count = 1}, MADE, MADE);
    assert_kept_says("the store did not take");
    assert_kept_says("STK_E_IO");
    flash.off = true;
    start(&stored, MADE, MADE);
    init_store(); /* not mounted */
    start(&stored, MADE, MADE);
    assert_kept_says("the store could not be read: STK_E_SHUTDOWN");
    fresh_cache();
    start(&both, MADE, MADE);
    start(&both, CACHE, CACHE); /* without the store's help */
}

/// Outcomes ///

static void outcome_that_no_handshake_ends_with_is_not_believed(void **state) {
    static const struct {
        uint32_t at, value;
    } wrong[] = {
        {0, STK_OPENCL_KINDS}, {4, 4}, {4, STK_BATCH}, {20, 0xFFFFFFFF}, {40, 0}, {48, 0},
    };
    (void)state;
    first_start();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i += times(1, 2)) {
        uint32_t bytes = record_of(CACHE, outcome_key);
        assert_int_equal(bytes, STK_OPENCL_RECORD_HEADER + 64u);
        stk_put32(scratch + STK_OPENCL_RECORD_HEADER, STK_OPENCL_SVM_ATOMICS);
        stk_put32(scratch + STK_OPENCL_RECORD_HEADER + 4, STK_QUANTUM);
        stk_put32(scratch + STK_OPENCL_RECORD_HEADER + wrong[i].at, wrong[i].value);
        if (wrong[i].at >= 40u) { /* 64 bits */
            stk_put32(scratch + STK_OPENCL_RECORD_HEADER + wrong[i].at + 4u, 0);
        }
        seal_again(outcome_key, bytes);
        plant(CACHE, outcome_key, bytes);
        assert_made_again(CACHE, outcome_key, "makes no sense");
    }
    seal_again(outcome_key, record_of(CACHE, outcome_key));
    stk_put32(scratch + 12, 47);
    seal_again(outcome_key, STK_OPENCL_RECORD_HEADER + 47u);
    plant(CACHE, outcome_key, STK_OPENCL_RECORD_HEADER + 47u);
    assert_made_again(CACHE, outcome_key, "makes no sense");
}

/* The kind that is remembered is not shared any more: a new probe, whose outcome takes its place. */
static void outcome_that_is_no_longer_so_is_probed_again(void **state) {
    struct stk_opencl_config config = {.device = getenv("STK_TEST_DEVICE"), .slots = 64, .store = &store};
    struct faults_unshared how = {0};
    enum stk_opencl_memory was;
    (void)state;
    first_start();
    was = cl.outcome.memory;
    if (was == STK_OPENCL_COPIES) {
        skip();
    }
    how.not_live = how.not_coherent = 1u << was;
    faults_unshare(&how);
    assert_int_equal(stk_opencl_open(&cl, &config), STK_OK);
    faults_unshare(NULL);
    assert_int_equal(cl.built_from, STORE);
    assert_int_equal(cl.proved_from, MADE);
    assert_true(cl.outcome.memory != was);
    close_way();
    start(&stored, STORE, STORE);
    assert_true(cl.outcome.memory != was);
}

/* A mode that was left because memory stopped being shared is not remembered: the next start finds out again. */
static void mode_that_was_left_is_forgotten_at_close(void **state) {
    struct stk_opencl_config config = both;
    const struct faults_unshared lost = {.after = 50, .parts = 0x1F};
    (void)state;
    config.watch_ns = SECOND / 4u;
    fresh_cache();
    fresh_store(BLOCKS);
    start(&config, MADE, MADE);
    start(&config, CACHE, CACHE);
    assert_int_equal(open_kept(&config), STK_OK);
    if (cl.mode != STK_RESIDENT) {
        close_way();
        skip();
    }
    memcpy(outcome_key, cl.own.persisted.outcome_key, 32);
    (void)run_adds(50);
    faults_unshare(&lost);
    (void)run_adds(50);
    assert_true(cl.stats.fallbacks >= 1u);
    assert_true(record_of(CACHE, outcome_key) != 0u);
    close_way();
    faults_unshare(NULL);
    assert_int_equal(record_of(CACHE, outcome_key), 0);
    assert_int_equal(record_of(STORE, outcome_key), 0);
    start(&config, CACHE, MADE);
    start(&config, CACHE, CACHE);
}

static void forget_says_whether_there_was_something(void **state) {
    (void)state;
    first_start();
    assert_int_equal(open_kept(&both), STK_OK);
    assert_int_equal(stk_opencl_forget(&cl), 1);
    assert_int_equal(stk_opencl_forget(&cl), 0);
    close_way();
    start(&both, CACHE, MADE);
    assert_int_equal(open_kept(&(struct stk_opencl_config){.slots = 64}), STK_OK);
    assert_int_equal(stk_opencl_forget(&cl), 0);
    close_way();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(second_start_takes_from_the_cache_and_the_third_from_the_store),
        cmocka_unit_test(other_text_options_or_wishes_are_other_records),
        cmocka_unit_test(what_is_to_be_kept_later_is_put_by_keep),
        cmocka_unit_test(outcome_of_the_caller_goes_first),
        cmocka_unit_test(record_with_a_wrong_byte_is_made_again),
        cmocka_unit_test(record_that_is_cut_short_is_made_again),
        cmocka_unit_test(bad_record_of_the_cache_gives_way_to_the_stores),
        cmocka_unit_test(record_of_another_key_is_made_again),
        cmocka_unit_test(garbage_that_hashes_right_is_made_again),
        cmocka_unit_test(program_of_somebody_else_is_made_again),
        cmocka_unit_test(damaged_flash_is_made_again),
        cmocka_unit_test(store_without_room_fails_no_start),
        cmocka_unit_test(store_that_fails_fails_no_start),
        cmocka_unit_test(outcome_that_no_handshake_ends_with_is_not_believed),
        cmocka_unit_test(outcome_that_is_no_longer_so_is_probed_again),
        cmocka_unit_test(mode_that_was_left_is_forgotten_at_close),
        cmocka_unit_test(forget_says_whether_there_was_something),
    };
    struct stk_opencl_device d;
    if (stk_opencl_device(0, &d) != STK_OK) {
        return exit_without("an OpenCL device");
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
