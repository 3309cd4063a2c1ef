/* Tests the user's pieces on an OpenCL device: refused pieces and the reason in the message, build errors, and fused
 * ops, whose results must equal the interpreter's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "op_image.h"
#include "ops.h"
#include "opencl_rig.h"
#include "stoker/port/interp.h"
#include "stoker/ring.h"

/* A function of the dialect as text for the device and as C for the interpreter. */
#define TWIN(name, ...)                                                                                                \
    static const char name##_text[] = #__VA_ARGS__;                                                                    \
    __VA_ARGS__

TWIN(
    twice, static stk_u32 twice(const struct stk_dev *d, const struct stk_call *c) {
        stk_u32 at = stk_arg(c, 0);
        if (stk_arg(c, 1) == 1u || !stk_observable_ok(d, at, 1)) {
            return stk_refuse(c, 91u, at);
        }
        stk_st(d->control + at, stk_ld(d->control + at) * 2u);
        return STK_SLOT_DONE;
    })
TWIN(
    plus_one, static stk_u32 plus_one(const struct stk_dev *d, const struct stk_call *c) {
        stk_u32 at = stk_arg(c, 0);
        if (stk_arg(c, 1) == 2u || !stk_observable_ok(d, at, 1)) {
            return stk_refuse(c, 92u, at);
        }
        if (stk_arg(c, 1) == 3u) {
            return STK_SLOT_REQUEUE;
        }
        stk_st(d->control + at, stk_ld(d->control + at) + 1u);
        stk_result(c, 0, stk_ld(d->control + at));
        return STK_SLOT_DONE;
    })
TWIN(
    wide_sum, static stk_u32 wide_sum(const struct stk_dev *d, const struct stk_call *c) {
        stk_u32 i;
        stk_u64 sum = 0;
        for (i = STK_LANE; i < 100u; i += STK_LANES) {
            sum += (stk_u64)d->payload[i] << 25;
        }
        stk_result_add64(c, 0, sum);
        return STK_SLOT_DONE;
    })
TWIN(
    wide_xor, static stk_u32 wide_xor(const struct stk_dev *d, const struct stk_call *c) {
        stk_u32 i;
        stk_u32 x = 0;
        for (i = STK_LANE; i < 100u; i += STK_LANES) {
            x ^= (stk_u32)d->payload[i] << (i % 25u);
        }
        stk_result_xor(c, 2, x);
        return STK_SLOT_DONE;
    })

static const struct stk_opencl_piece pieces[] = {{"twice.cl", twice_text, 0x20001u, "twice", STK_SCALAR},
                                                 {"plus_one.cl", plus_one_text, 0, "plus_one", STK_SCALAR},
                                                 {"sum.cl", wide_sum_text, 0, "wide_sum", STK_WIDE},
                                                 {"xor.cl", wide_xor_text, 200u, "wide_xor", STK_WIDE}};
static const char *const scalars[] = {"twice", "plus_one", "twice"}, *const wides[] = {"wide_sum", "wide_xor"};
static const struct stk_opencl_fused fused[] = {
    {"2x+1", 201u, scalars, 2}, {"4x+2", 0x40000001u, scalars, 3}, {"digest", 0x40000002u, wides, 2}};
#define ALL .pieces = pieces, .piece_count = 4, .fused = fused, .fused_count = 3

static stk_handler *const scalar_parts[] = {twice, plus_one, twice}, *const wide_parts[] = {wide_sum, wide_xor};
static const struct stk_user_op user_twins[] = {{0x20001u, STK_SCALAR, twice}, {200u, STK_WIDE, wide_xor}};
static const struct stk_fused_op fused_twins[] = {{201u, STK_SCALAR, scalar_parts, 2},
                                                  {0x40000001u, STK_SCALAR, scalar_parts, 3},
                                                  {0x40000002u, STK_WIDE, wide_parts, 2}};

static struct stk_opencl cl;

static int open_device(const struct stk_opencl_config *wish) {
    struct stk_opencl_config config = *wish;
    config.device = getenv("STK_TEST_DEVICE");
    return stk_opencl_open(&cl, &config);
}

/// Refusals ///

#define REFUSED(want, ...)                                                                                             \
    do {                                                                                                               \
        const struct stk_opencl_config config_ = {__VA_ARGS__};                                                        \
        assert_int_equal(stk_opencl_open(&cl, &config_), STK_E_ARG);                                                   \
        assert_string_equal(cl.reason, want);                                                                          \
        assert_null(cl.own.program.context);                                                                           \
    } while (0)
#define PIECES(...)                                                                                                    \
    .pieces = (const struct stk_opencl_piece[]){__VA_ARGS__},                                                          \
    .piece_count = sizeof((const struct stk_opencl_piece[]){__VA_ARGS__}) / sizeof(struct stk_opencl_piece)
#define ONE(...) PIECES({__VA_ARGS__})

static void names_that_cannot_be_are_refused(void **state) {
    static char name[80];
    (void)state;
    memset(name, 'n', STK_OPENCL_NAME_MAX + 1u);
    REFUSED("piece 0 has no name: give it 1 to 63 letters, digits, _ . / + or -", ONE(NULL, "", 0x20001u, "f", 1));
    REFUSED("piece 0 has the name : give it 1 to 63 letters, digits, _ . / + or -", ONE("", "", 0x20001u, "f", 1));
    REFUSED("piece 0 has the name a b: give it 1 to 63 letters, digits, _ . / + or -",
            ONE("a b", "", 0x20001u, "f", 1));
    REFUSED("piece 0 has the name a\": give it 1 to 63 letters, digits, _ . / + or -",
            ONE("a\"", "", 0x20001u, "f", 1));
    REFUSED("piece 0 has the name nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn: give it 1 to 63 "
            "letters, digits, _ . / + or -",
            ONE(name, "", 0x20001u, "f", 1));
    REFUSED("the name a is given twice: give each piece, fused op and entry of STK_HANDLERS its own",
            PIECES({"a", "", 0x20001u, "f", 1}, {"a", "", 0x20002u, "g", 1}));
    REFUSED("the name twice.cl is given twice: give each piece, fused op and entry of STK_HANDLERS its own",
            .pieces = pieces, .piece_count = 4, .fused = &(struct stk_opencl_fused){"twice.cl", 0x20009u, scalars, 2},
            .fused_count = 1);
    REFUSED("fused op 0 has no name: give it 1 to 63 letters, digits, _ . / + or -", .pieces = pieces, .piece_count = 4,
            .fused = &(struct stk_opencl_fused){NULL, 0x20009u, scalars, 2}, .fused_count = 1);
}

static void functions_that_cannot_be_are_refused(void **state) {
    (void)state;
    REFUSED("a: 2f is no name of a function in C", ONE("a", "", 0x20001u, "2f", 1));
    REFUSED("a:  is no name of a function in C", ONE("a", "", 0x20001u, "", 1));
    REFUSED("a: f() is no name of a function in C", ONE("a", "", 0x20001u, "f()", 1));
    REFUSED("a: names no function: name its handler, or leave it a text without an opcode",
            ONE("a", "", 0x20001u, NULL, 1));
    REFUSED("b: names no function: name its handler, or leave it a text without an opcode",
            PIECES({"a", "", 0, NULL, 0}, {"b", NULL, 0, NULL, 0}));
    REFUSED("b: function f is that of a: a fused op runs one under another opcode",
            PIECES({"a", "", 0x20001u, "f", 1}, {"b", NULL, 0x20002u, "f", 1}));
    REFUSED("a: width 3: use STK_SCALAR or STK_WIDE", ONE("a", "", 0x20001u, "f", 3));
    REFUSED("a: width 0: use STK_SCALAR or STK_WIDE", ONE("a", "", 0, "f", 0));
    REFUSED("a: has no source, and no piece before it has: give it its text", ONE("a", NULL, 0x20001u, "f", 1));
    REFUSED("a:3: a #line would hide where errors are: take it out", ONE("a", "\n\n # line 7\n", 0x20001u, "f", 1));
    REFUSED("a:1: a #line would hide where errors are: take it out", ONE("a", "# 7 \"x\"", 0x20001u, "f", 1));
}

static void opcodes_that_are_taken_are_refused(void **state) {
    static const uint32_t no_users[] = {1, 7, 0xFFF0u, STK_OP_PRINTF, STK_OP_PACKED_SLOT, STK_OP_SHUTDOWN};
    (void)state;
    for (size_t i = 0; i < sizeof no_users / sizeof *no_users; i++) {
        const struct stk_opencl_piece piece = {"a", "", no_users[i], "f", 1};
        const struct stk_opencl_config config = {.pieces = &piece, .piece_count = 1};
        assert_int_equal(stk_opencl_open(&cl, &config), STK_E_ARG);
        assert_non_null(strstr(cl.reason, "is not for handlers: "));
        assert_non_null(strstr(cl.reason, stk_err_fix(STK_E_OPCODE)));
    }
    REFUSED("b: opcode 0x20001 is taken by a: use another",
            PIECES({"a", "", 0x20001u, "f", 1}, {"b", "", 0x20001u, "g", 1}));
    REFUSED("f: opcode 0x20001 is taken by twice.cl: use another", .pieces = pieces, .piece_count = 4,
            .fused = &(struct stk_opencl_fused){"f", 0x20001u, scalars, 2}, .fused_count = 1);
    REFUSED("a: opcode 0x100ff is kept for stoker's own handlers: use one outside 0x10000..0x100ff",
            ONE("a", "", STK_OP_STOKER_MAX, "f", 1));
}

/* A piece must not take the opcode of any handler that comes with stoker. */
static void opcodes_of_stokers_handlers_are_refused(void **state) {
#define OPCODE(opcode, function, width, cost) (opcode),
    static const uint32_t taken[] = {STK_OPS(OPCODE)};
    (void)state;
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        const struct stk_opencl_piece piece = {"a", "", taken[i], "f", 1};
        const struct stk_opencl_config config = {.pieces = &piece, .piece_count = 1};
        int chunk = stk_opcode_user(taken[i]) == STK_OK;
        assert_int_equal(stk_opencl_open(&cl, &config), STK_E_ARG);
        assert_non_null(strstr(cl.reason, chunk ? "is kept for stoker's own handlers" : "is not for handlers"));
    }
}

#define FUSED(...)                                                                                                     \
    .pieces = pieces, .piece_count = 4, .fused = &(struct stk_opencl_fused){__VA_ARGS__}, .fused_count = 1

static void fusions_that_cannot_be_are_refused(void **state) {
    static const char *const mixed[] = {"twice", "wide_sum"}, *const unknown[] = {"twice", "thrice"},
                             *const none[] = {NULL};
    (void)state;
    REFUSED("f: fuses 0 functions: name 1 to 8", FUSED("f", 0x20009u, scalars, 0));
    REFUSED("f: fuses 9 functions: name 1 to 8", FUSED("f", 0x20009u, scalars, 9));
    REFUSED("f: fuses 1 functions: name 1 to 8", FUSED("f", 0x20009u, NULL, 1));
    REFUSED("f: twice is scalar and wide_sum is not: fuse functions of one width", FUSED("f", 0x20009u, mixed, 2));
    REFUSED("f: thrice is the function of no piece: add a piece for it, with opcode 0 if it needs none",
            FUSED("f", 0x20009u, unknown, 2));
    REFUSED("f: (null) is the function of no piece: add a piece for it, with opcode 0 if it needs none",
            FUSED("f", 0x20009u, none, 1));
    REFUSED("33 pieces: give an array of at most 32", .pieces = pieces, .piece_count = 33);
    REFUSED("1 pieces: give an array of at most 32", .piece_count = 1);
    REFUSED("17 fused ops: give an array of at most 16", .fused = fused, .fused_count = 17);
    REFUSED("1 fused ops: give an array of at most 16", .fused_count = 1);
    assert_int_equal(open_device(&(struct stk_opencl_config){FUSED("f", 0, scalars, 1)}), STK_E_ARG);
}

/// Build errors ///

static const char bad_text[] = "STK_FN stk_u32 bad(const struct stk_dev *d, const struct stk_call *c) {\n"
                               "    return no_such_name;\n}\n";

/* The build fails and the log has `want` in a line of its own; on PoCL it is the first. */
static void fails_with(const struct stk_opencl_config *config, const char *want, const char *pocl) {
    int err = open_device(config);
    if (err == STK_E_NODEV) {
        skip_without(cl.reason);
    }
    assert_int_equal(err, STK_E_BUILD);
    if (!strstr(cl.build_log, want)) {
        fail_msg("not \"%s\" but: %s", want, cl.build_log);
    }
    if (strstr(cl.device.platform, "Portable Computing")) {
        assert_memory_equal(cl.build_log, pocl, strlen(pocl));
    }
    assert_null(cl.own.program.context); /* everything was released */
    assert_int_equal(stk_opencl_close(&cl, 0), STK_OK);
}

static void build_error_names_the_piece_and_its_line(void **state) {
    const struct stk_opencl_piece alone = {"bad.cl", bad_text, 0x20009u, "bad", STK_SCALAR};
    const struct stk_opencl_piece second[] = {pieces[0], alone};
    (void)state;
    fails_with(&(struct stk_opencl_config){.pieces = &alone, .piece_count = 1},
               "bad.cl:2:", "bad.cl:2:12: error: use of undeclared identifier 'no_such_name'\n");
    fails_with(&(struct stk_opencl_config){.pieces = second, .piece_count = 2},
               "bad.cl:2:", "bad.cl:2:12: error: use of undeclared identifier 'no_such_name'\n");
    assert_non_null(strstr(cl.build_log, "no_such_name"));
    assert_null(strstr(cl.build_log, "twice.cl"));
}

/* A text that ends in a backslash, or in a comment without a newline, spoils nothing behind it. */
static void error_behind_a_ragged_piece_is_found_too(void **state) {
    const struct stk_opencl_piece ragged[] = {{"ragged.cl", "#define RAGGED 1 \\", 0, NULL, 0},
                                              {"comment.cl", "// no newline", 0, NULL, 0},
                                              {"bad.cl", bad_text, 0x20009u, "bad", STK_SCALAR}};
    (void)state;
    fails_with(&(struct stk_opencl_config){.pieces = ragged, .piece_count = 3}, "bad.cl:2:", "bad.cl:2:12: error: ");
}

static void function_that_a_piece_does_not_have_is_said_in_its_name(void **state) {
    const struct stk_opencl_piece empty = {"empty.cl", "", 0x20009u, "nowhere", STK_SCALAR};
    (void)state;
    fails_with(&(struct stk_opencl_config){.pieces = &empty, .piece_count = 1}, "empty.cl: ", "empty.cl: error: ");
    assert_non_null(strstr(cl.build_log, "nowhere"));
}

static void more_errors_than_fit_leave_the_first(void **state) {
    static char text[16384];
    const struct stk_opencl_piece many = {"many.cl", text, 0x20009u, "many", STK_SCALAR};
    size_t used = 0;
    (void)state;
    for (int i = 0; i < 18; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "int a%d = a_name_that_is_nowhere_%0150d;\n", i, i);
    }
    fails_with(&(struct stk_opencl_config){.pieces = &many, .piece_count = 1}, "more lines\n", "many.cl:1:");
    used = strlen(cl.build_log);
    assert_true(used < sizeof cl.build_log && used > sizeof cl.build_log / 2u);
    assert_int_equal(cl.build_log[used - 1u], '\n');
}

/// Running ///

static void publish_case(struct op_image *image, uint32_t i) {
    static const uint32_t opcodes[] = {0x20001u, 201u, 0x40000001u, 0x40000002u, 200u, STK_OP_PACKED_SLOT};
    uint32_t args[STK_SLOT_ARGS] = {STK_CTL_OBSERVABLE + i % 7u, i / 6u % 4u, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    op_image_reset(image);
    if (opcodes[i % 6u] == STK_OP_PACKED_SLOT) {
        args[0] = 1u | 3u << 8 | 201u << 16; /* one op with three words */
        args[1] = STK_CTL_OBSERVABLE + i % 7u;
        args[2] = i / 6u % 4u;
    }
    op_publish(image, 0, opcodes[i % 6u], 0, args);
}

static void run_on_device(struct op_image *image) {
    struct stk_ring ring = {.words = cl.memory.ring, .slots = cl.memory.slots};
    uint64_t start = rig_now();
    op_forget_workers(image->control, cl.memory.control);
    memcpy(cl.memory.ring, image->ring, sizeof image->ring);
    memcpy(cl.memory.control, image->control, sizeof image->control);
    memcpy(cl.memory.payload, image->payload, sizeof image->payload);
    assert_int_equal(stk_opencl_ops.change_tables(&cl, 0, OPS_TABLES, 20 * SECOND), STK_OK);
    memcpy(cl.memory.tables, image->tables, OPS_TABLES);
    while (!stk_status_ended((uint32_t)stk_ring_status(&ring, 0))) {
        assert_true(stk_opencl_ops.drive(&cl, true) >= 0);
        assert_true(rig_now() - start < HANG_NS);
    }
    assert_int_equal(stk_opencl_ops.stop(&cl, 20 * SECOND), STK_OK);
    memcpy(image->ring, cl.memory.ring, sizeof image->ring);
    memcpy(image->control, cl.memory.control, sizeof image->control);
    memcpy(image->payload, cl.memory.payload, sizeof image->payload);
    memcpy(image->tables, cl.memory.tables, sizeof image->tables);
}

static void pieces_and_fused_ops_do_what_their_c_twins_do(void **state) {
    static const uint32_t lanes[] = {1, 4, 16};
    static struct op_image image, expected;
    (void)state;
    for (uint32_t l = 0; l < 3; l++) {
        const struct stk_opencl_config config = {.slots = OPS_SLOTS,
                                                 .observables = OPS_OBSERVABLES,
                                                 .payload_bytes = OPS_PAYLOAD,
                                                 .table_bytes = OPS_TABLES,
                                                 .lanes = lanes[l],
                                                 ALL};
        int err = open_device(&config);
        if (err == STK_E_NODEV) {
            skip_without(cl.reason);
        }
        if (err != STK_OK) {
            fail_msg("%u lanes: %s: %s", (unsigned)lanes[l], stk_err_name(err), cl.reason);
        }
        for (uint32_t i = 0; i < 24; i++) {
            const struct stk_interp_config twins = {
                .user_ops = user_twins, .user_op_count = 2, .fused_ops = fused_twins, .fused_op_count = 3};
            const struct stk_device_memory memory = op_image_memory(&expected);
            struct stk_interp interp;
            publish_case(&image, i);
            publish_case(&expected, i);
            run_on_device(&image);
            assert_int_equal(stk_interp_open(&interp, &memory, &twins), STK_OK);
            assert_true(stk_interp_ops.drive(&interp, true) >= 0);
            op_forget_workers(expected.control, image.control);
            if (op_image_diff(&image, &expected) < sizeof image / 4u) {
                fail_msg("case %u, %u lanes: word %u", (unsigned)i, (unsigned)lanes[l],
                         (unsigned)op_image_diff(&image, &expected));
            }
        }
        assert_int_equal(stk_opencl_close(&cl, 20 * SECOND), STK_OK);
    }
}

/* A build succeeds with the most pieces, fused handlers and parts that the limits allow, all with the longest names. */
static void as_many_as_the_limits_allow_are_built(void **state) {
    static char names[STK_OPENCL_PIECES_MAX + STK_OPENCL_FUSED_MAX][STK_OPENCL_NAME_MAX + 1u];
    static char texts[STK_OPENCL_PIECES_MAX][256];
    static struct stk_opencl_piece many[STK_OPENCL_PIECES_MAX];
    static struct stk_opencl_fused more[STK_OPENCL_FUSED_MAX];
    const char *parts[STK_OPENCL_PARTS_MAX];
    const struct stk_opencl_config config = {.pieces = many,
                                             .piece_count = STK_OPENCL_PIECES_MAX,
                                             .fused = more,
                                             .fused_count = STK_OPENCL_FUSED_MAX,
                                             .residency = STK_BATCH};
    uint32_t i;
    int err;
    (void)state;
    for (i = 0; i < STK_OPENCL_PIECES_MAX + STK_OPENCL_FUSED_MAX; i++) {
        snprintf(names[i], sizeof names[i], "n%062u", (unsigned)i);
    }
    for (i = 0; i < STK_OPENCL_PIECES_MAX; i++) {
        snprintf(texts[i], sizeof texts[i],
                 "STK_FN stk_u32 %.*s(const struct stk_dev *d, const struct stk_call *c) {\n"
                 "    (void)d;\n    stk_result(c, 0, %uu);\n    return STK_SLOT_DONE;\n}\n",
                 (int)STK_OPENCL_NAME_MAX, names[i], (unsigned)i);
        many[i] = (struct stk_opencl_piece){names[i], texts[i], 0x7FFFF000u + i, names[i], STK_SCALAR};
    }
    for (i = 0; i < STK_OPENCL_PARTS_MAX; i++) {
        parts[i] = names[i];
    }
    for (i = 0; i < STK_OPENCL_FUSED_MAX; i++) {
        more[i] =
            (struct stk_opencl_fused){names[STK_OPENCL_PIECES_MAX + i], 0x7FFFFF00u + i, parts, STK_OPENCL_PARTS_MAX};
    }
    err = open_device(&config);
    if (err == STK_E_NODEV) {
        skip_without(cl.reason);
    }
    if (err != STK_OK) {
        fail_msg("%s: %s", cl.reason, cl.build_log);
    }
    assert_int_equal(stk_opencl_close(&cl, 20 * SECOND), STK_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_cannot_be_are_refused),
        cmocka_unit_test(functions_that_cannot_be_are_refused),
        cmocka_unit_test(opcodes_that_are_taken_are_refused),
        cmocka_unit_test(opcodes_of_stokers_handlers_are_refused),
        cmocka_unit_test(fusions_that_cannot_be_are_refused),
        cmocka_unit_test(build_error_names_the_piece_and_its_line),
        cmocka_unit_test(error_behind_a_ragged_piece_is_found_too),
        cmocka_unit_test(function_that_a_piece_does_not_have_is_said_in_its_name),
        cmocka_unit_test(more_errors_than_fit_leave_the_first),
        cmocka_unit_test(pieces_and_fused_ops_do_what_their_c_twins_do),
        cmocka_unit_test(as_many_as_the_limits_allow_are_built),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
