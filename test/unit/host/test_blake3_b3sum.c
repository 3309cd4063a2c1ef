/* BLAKE3 against b3sum, an implementation of other authors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "stoker/blake3.h"

#define RANDOM_MAX (4u << 20)
#define OUT_MAX    1000u

static const char key[] = "whats the Elvish word for friend";
static const char context[] = "stoker 2025 test of derived keys";
static const char *const options[] = {"", "--keyed", "--derive-key 'stoker 2025 test of derived keys'"};

static uint8_t input[STK_BLAKE3_INPUT_MAX];
static char input_path[] = "/tmp/stoker-test-XXXXXX";
static uint64_t random_state = 88172645463325252u;

/// Helpers ///

static uint64_t random_u64(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static int make_input(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof input; i += 8) {
        uint64_t x = random_u64();
        memcpy(input + i, &x, sizeof x);
    }
    int fd = mkstemp(input_path);
    return fd < 0 ? -1 : close(fd);
}

static int drop_input(void **state) {
    (void)state;
    return unlink(input_path);
}

/* Returns the hash that b3sum prints for the first `bytes` bytes of the input. */
static void b3sum(unsigned mode, size_t bytes, uint8_t *out, size_t out_bytes) {
    char command[200];
    FILE *file = fopen(input_path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(input, 1, bytes, file), bytes);
    assert_int_equal(fclose(file), 0);
    snprintf(command, sizeof command, "printf '%s' | b3sum --num-threads 1 --raw -l %zu %s %s", mode == 1 ? key : "",
             out_bytes, options[mode], input_path);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t got = fread(out, 1, out_bytes, pipe);
    if (pclose(pipe) != 0) {
        fail_msg("b3sum is missing or failed: tools/setup installs it");
    }
    assert_int_equal(got, out_bytes);
}

/* Hashes the same bytes with stoker, in parts of random sizes. */
static void ours(unsigned mode, size_t bytes, uint8_t *out, size_t out_bytes) {
    struct stk_blake3 s;
    stk_blake3_init(&s);
    if (mode == 1) {
        stk_blake3_init_keyed(&s, (const uint8_t *)key);
    } else if (mode == 2) {
        assert_int_equal(stk_blake3_init_derive(&s, context, sizeof context - 1), STK_OK);
    }
    for (size_t at = 0; at < bytes;) {
        size_t n = (size_t)(random_u64() % (UINT64_C(2) << random_u64() % 22));
        n = n < bytes - at ? n : bytes - at;
        assert_int_equal(stk_blake3_update(&s, input + at, n), STK_OK);
        at += n;
    }
    assert_int_equal(stk_blake3_output(&s, 0, out, out_bytes), STK_OK);
}

static void assert_agrees(unsigned mode, size_t bytes, size_t out_bytes) {
    uint8_t want[OUT_MAX], got[OUT_MAX];
    b3sum(mode, bytes, want, out_bytes);
    ours(mode, bytes, got, out_bytes);
    if (memcmp(want, got, out_bytes) != 0) {
        fail_msg("mode %u, %zu bytes, %zu of output", mode, bytes, out_bytes);
    }
}

/// Tests ///

static void random_lengths_hash_like_b3sum(void **state) {
    (void)state;
    for (unsigned i = 0; i < 60; i++) {
        size_t bytes = (size_t)(random_u64() % ((RANDOM_MAX >> i % 20) + 1));
        assert_agrees(i % 3, bytes, 1 + (size_t)(random_u64() % OUT_MAX));
    }
}

static void chunk_and_subtree_edges_hash_like_b3sum(void **state) {
    (void)state;
    for (size_t chunks = 1; chunks <= 64; chunks *= 2) {
        for (size_t off = 0; off < 3; off++) {
            assert_agrees((unsigned)off, chunks * STK_BLAKE3_CHUNK - 1 + off, STK_BLAKE3_OUT);
        }
    }
}

static void the_longest_input_hashes_like_b3sum(void **state) {
    (void)state;
    assert_agrees(0, sizeof input, STK_BLAKE3_OUT);
    assert_agrees(1, sizeof input - 1, STK_BLAKE3_OUT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_lengths_hash_like_b3sum),
        cmocka_unit_test(chunk_and_subtree_edges_hash_like_b3sum),
        cmocka_unit_test(the_longest_input_hashes_like_b3sum),
    };
    return cmocka_run_group_tests(tests, make_input, drop_input);
}
