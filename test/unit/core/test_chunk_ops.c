/* The CRC-32C and FIR handlers on payload chunks, through the interpreter, against core's CRC and a plain filter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stoker/atomic.h"
#include "chunk_cases.h"
#include "stoker/port/interp.h"
#include "stoker/ring.h"

#define PAYLOAD 20000u
#define ZONE    64u

static _Alignas(64) uint8_t pool[ZONE + PAYLOAD + ZONE];
static uint8_t expected[sizeof pool];
static uint8_t *const payload = pool + ZONE;
static uint32_t ring_words[4 * STK_SLOT_WORDS], control_words[STK_CTL_WORDS_MIN];
static struct stk_interp port;

/* Runs the slot of the case alone. Returns its status, and copies its results to `results`. */
static uint32_t run(const struct chunk_case *c, uint32_t payload_bytes, uint32_t results[4]) {
    const struct stk_device_memory memory = {.ring = ring_words,
                                             .slots = 4,
                                             .control = control_words,
                                             .control_words = STK_CTL_WORDS_MIN,
                                             .payload = payload,
                                             .payload_bytes = payload_bytes};
    memset(ring_words, 0, sizeof ring_words);
    memset(control_words, 0, sizeof control_words);
    stk_store(&control_words[STK_CTL_TENANT_MASK], UINT32_MAX);
    stk_store(&ring_words[STK_SLOT_OPCODE], c->opcode);
    stk_store(&ring_words[STK_SLOT_PRIORITY], STK_WIRE_PRIORITY_NORMAL);
    stk_copy_in(ring_words + STK_SLOT_ARG0, c->args, STK_SLOT_ARGS);
    stk_store(&ring_words[STK_SLOT_STATUS], STK_SLOT_PUBLISHED);
    assert_int_equal(stk_interp_open(&port, &memory, NULL), STK_OK);
    while (stk_load(&ring_words[STK_SLOT_STATUS]) == STK_SLOT_PUBLISHED) {
        assert_int_equal(stk_interp_ops.drive(&port, true), 1);
    }
    stk_copy_out(results, ring_words + STK_SLOT_ARG0 + STK_RESULT_ARG, 4u);
    return stk_load(&ring_words[STK_SLOT_STATUS]);
}

static void check(const struct chunk_case *c, uint32_t payload_bytes) {
    uint32_t results[4], want[4];
    memcpy(expected, pool, sizeof pool);
    chunk_expect(c, expected + ZONE, want);
    assert_int_equal(run(c, payload_bytes, results), STK_SLOT_DONE);
    assert_memory_equal(results, want, sizeof want);
    assert_memory_equal(pool, expected, sizeof pool);
}

static void random_chunks_are_what_the_oracles_say(void **state) {
    uint32_t seed = 1, i;
    (void)state;
    for (i = 0; i < 300; i++) {
        uint32_t bytes = i % 3u ? 4096u + chunk_below(&seed, PAYLOAD - 4096u) : PAYLOAD;
        struct chunk_case c = chunk_case_random(payload, bytes, &seed);
        check(&c, bytes);
    }
}

/* Every length from nothing to past the first word, at every alignment, and around the length from which chains go in
 * step. */
static void crc_of_each_short_length_at_each_alignment(void **state) {
    static const uint32_t long_sizes[] = {4095, 4096, 4097, 4103, 4111, 4112, 4115};
    uint32_t seed = 7, at, n;
    (void)state;
    chunk_fill(payload, PAYLOAD, &seed);
    for (at = 0; at < 8; at++) {
        for (n = 0; n < 40; n++) {
            const struct chunk_case c = {STK_OP_CRC32C, {at, n}};
            check(&c, PAYLOAD);
        }
        for (n = 0; n < sizeof long_sizes / sizeof *long_sizes; n++) {
            const struct chunk_case c = {STK_OP_CRC32C, {at, long_sizes[n], 0, at}};
            check(&c, PAYLOAD);
        }
    }
}

/* RFC 3720, appendix B.4: 32 bytes of zeros; and the check value of the CRC catalogues. */
static void crc_of_known_texts(void **state) {
    const struct chunk_case zeros = {STK_OP_CRC32C, {0, 32}}, digits = {STK_OP_CRC32C, {33, 9}};
    uint32_t results[4];
    (void)state;
    memset(payload, 0, 64);
    memcpy(payload + 33, "123456789", 9);
    assert_int_equal(run(&zeros, PAYLOAD, results), STK_SLOT_DONE);
    assert_int_equal(results[0], 0x8A9136AAu);
    assert_int_equal(run(&digits, PAYLOAD, results), STK_SLOT_DONE);
    assert_int_equal(results[0], 0xE3069283u);
}

/* The CRC of a chunk goes on from that of the one before, whose last bytes are its lead. */
static void crc_of_chunks_is_that_of_the_whole(void **state) {
    struct chunk_case c = {STK_OP_CRC32C, {0, 1000}};
    uint32_t seed = 3, results[4], whole;
    (void)state;
    chunk_fill(payload, PAYLOAD, &seed);
    whole = stk_crc32c(0, payload, 9000);
    assert_int_equal(run(&c, PAYLOAD, results), STK_SLOT_DONE);
    c = (struct chunk_case){STK_OP_CRC32C, {900, 8100, 100, results[0]}};
    assert_int_equal(run(&c, PAYLOAD, results), STK_SLOT_DONE);
    assert_int_equal(results[0], whole);
}

static void put_samples(uint32_t at, const int32_t *v, uint32_t n) {
    uint32_t i;
    for (i = 0; i < n; i++) {
        payload[at + i * 2u] = (uint8_t)((uint32_t)v[i] & 0xFFu);
        payload[at + i * 2u + 1u] = (uint8_t)((uint32_t)v[i] >> 8 & 0xFFu);
    }
}

/* Compares with results that were computed by hand: halves are rounded up, also below zero; results are limited at both
 * ends, and the limited ones are counted. */
static void fir_rounds_halves_up_and_limits(void **state) {
    static const int32_t taps[] = {16384, -32768}, samples[] = {1, -1, 3, 32767, -32768, 32767},
                         want[] = {1, -1, 3, 16381, -32768, 32767};
    const struct chunk_case c = {STK_OP_FIR_Q15, {100, 12, 0, 0, 2, 200}};
    uint32_t results[4], i;
    (void)state;
    put_samples(0, taps, 2);
    put_samples(100, samples, 6);
    assert_int_equal(run(&c, PAYLOAD, results), STK_SLOT_DONE);
    for (i = 0; i < 6; i++) {
        assert_int_equal(chunk_sample(payload + 200 + i * 2u), want[i]);
    }
    assert_int_equal(results[0], 2);
    assert_int_equal(results[1], 0);
    assert_int_equal(results[2], 6);
}

/* Chunks whose leads hold the filter's history give what the whole signal gives. */
static void fir_of_chunks_with_history_is_that_of_the_whole(void **state) {
    enum {
        TAPS = 31,
        SAMPLES = 700,
        IN = 1000,
        WHOLE = 4000,
        OUT = 8000
    };
    struct chunk_case c = {STK_OP_FIR_Q15, {IN, SAMPLES * 2, 0, 0, TAPS, WHOLE}};
    uint32_t seed = 9, results[4], at = 0, n;
    (void)state;
    chunk_fill(payload, PAYLOAD, &seed);
    assert_int_equal(run(&c, PAYLOAD, results), STK_SLOT_DONE);
    for (n = 1; at < SAMPLES; at += n, n = n * 3u < SAMPLES - at ? n * 3u : SAMPLES - at) {
        uint32_t lead = at < TAPS - 1u ? at : TAPS - 1u;
        c = (struct chunk_case){STK_OP_FIR_Q15,
                                {IN + (at - lead) * 2u, (lead + n) * 2u, lead * 2u, 0, TAPS, OUT + at * 2u}};
        assert_int_equal(run(&c, PAYLOAD, results), STK_SLOT_DONE);
        assert_int_equal(results[2], n);
    }
    assert_memory_equal(payload + OUT, payload + WHOLE, SAMPLES * 2u);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_chunks_are_what_the_oracles_say),
        cmocka_unit_test(crc_of_each_short_length_at_each_alignment),
        cmocka_unit_test(crc_of_known_texts),
        cmocka_unit_test(crc_of_chunks_is_that_of_the_whole),
        cmocka_unit_test(fir_rounds_halves_up_and_limits),
        cmocka_unit_test(fir_of_chunks_with_history_is_that_of_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
