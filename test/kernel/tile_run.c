/* tile_run LANES TILE ROUNDS [BYTES]: runs the handlers that take tiles on the first OpenCL device, with plain buffers
 * and a payload of up to BYTES bytes, and holds what they leave against the same text as C, which has no tiles. The
 * payload ends at any byte, most chunks end there or begin at its first bytes, and half of the slots are done in
 * slices. Made for a simulator that checks each access (kernel.oclgrind_tiles). Exit code 0 when all is equal. */
#include <string.h>

#include "chunk_cases.h"
#include "kernel_device.h"
#include "my_handlers.h"
#include "scan_cases.h"
#include "stoker/handlers.h"
#include "stoker/kernel/cost.h"

#define TURNS     100000u
#define SLOTS     4u
#define CONTROL   (STK_CTL_WORDS_MIN + 8u)
#define DEBUG     16u
#define IO_SLOTS  1u
#define GUARDS    (SLOTS + IO_SLOTS)
#define HITS_AT   0u /* offset of the hit counters in the payload */
#define HITS_MAX  4096u
#define LIST_AT   HITS_MAX
#define LIST_ROOM 300u
#define IMAGE_MAX (64u << 10)
#define TEXT_AT   (LIST_AT + 2432u)
#define MY_XOR    0x20002u /* opcode of a user's handler (test/consumer/handlers) */
#define REWRITTEN 0x20003u
#define LONG      700u /* bytes of a pattern that is longer than any lead */

/* The parts of a device, as the host sees them. */
struct parts {
    uint32_t ring[SLOTS * STK_SLOT_WORDS], control[CONTROL], debug[DEBUG], io[IO_SLOTS * STK_IO_WORDS];
    uint32_t guards[GUARDS + STK_LIMIT_WORDS];
    uint8_t *payload;
};

static struct parts image, expected;
static _Alignas(64) uint8_t tables[IMAGE_MAX];
static uint32_t payload_bytes, limited, seed = 11;

static void run_device(void) {
    void *parts[] = {image.ring, image.control, image.debug, image.io, image.payload, tables, image.guards};
    const size_t bytes[] = {sizeof image.ring, sizeof image.control, sizeof image.debug, sizeof image.io,
                            payload_bytes,     sizeof tables,        sizeof image.guards};
    const cl_uint places[] = {0, 1, 2, 3, 4, 5, 14};
    const cl_uint numbers[] = {SLOTS, CONTROL, DEBUG, IO_SLOTS, payload_bytes, sizeof tables, TURNS, 20};
    cl_mem buffers[7], none = NULL;
    cl_int error;
    for (cl_uint i = 0; i < 7; i++) {
        buffers[i] = clCreateBuffer(context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, bytes[i], parts[i], &error);
        must(error, "clCreateBuffer");
        must(clSetKernelArg(kernel, places[i], sizeof none, i == 6u && !limited ? &none : &buffers[i]),
             "clSetKernelArg");
    }
    for (cl_uint i = 0; i < 8; i++) {
        must(clSetKernelArg(kernel, 6u + i, sizeof numbers[i], &numbers[i]), "clSetKernelArg");
    }
    launch();
    for (cl_uint i = 0; i < 7; i++) {
        must(clEnqueueReadBuffer(commands, buffers[i], CL_TRUE, 0, bytes[i], parts[i], 0, NULL, NULL),
             "clEnqueueReadBuffer");
        must(clReleaseMemObject(buffers[i]), "clReleaseMemObject");
    }
}

/* A handler of all lanes whose slot is rewritten while it runs. It adds up what each lane has as argument 1, and what
 * the lanes agree on where one of them refuses, where one has read another word, and where all are content. */
static const char rewritten[] =
    "\nSTK_FN stk_u32 rewritten(const struct stk_dev *d, const struct stk_call *c) {\n"
    "    const stk_u32 read[2] = {9u, STK_LANE == 2u ? 1u : 0u};\n"
    "    stk_u32 x;\n"
    "    if (STK_LANE == 0u) { stk_st(c->args + 1, 7u); }\n"
    "    STK_BARRIER();\n"
    "    x = stk_arg(c, 1);\n"
    "    x += stk_group_same(d, STK_LANE == 1u ? 5u : 0u, 0u, read, 0u) * 10000u;\n"
    "    x += stk_group_same(d, 0u, 3u, read, 2u) * 100000u;\n"
    "    x += stk_group_same(d, 0u, 3u, read, 1u) * 1000000u;\n"
    "    stk_result_add64(c, 0, x);\n"
    "    return STK_SLOT_DONE;\n"
    "}\n"
    "#define STK_USER_OPS(X) STK_HANDLERS(X) X(0x20003u, rewritten, STK_WIDE, stk_cost_none)\n";

/* Reads the file of the user's handlers. A device has the headers of the dialect already. */
static const char *read_handlers(void) {
    static char text[8192], line[512];
    size_t used = 0;
    FILE *f = fopen(TILE_HANDLERS, "r");
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, "#include", 8) != 0 && used + strlen(line) + sizeof rewritten < sizeof text) {
            used += (size_t)snprintf(text + used, sizeof text - used, "%s", line);
        }
    }
    if (f) {
        fclose(f);
    }
    (void)snprintf(text + used, sizeof text - used, "%s", rewritten);
    return text;
}

static void run_reference(void) {
    static const struct stk_user_op ops[] = {{MY_XOR, STK_WIDE, my_xor}};
    const struct stk_dev dev = {.ring = expected.ring,
                                .control = expected.control,
                                .debug = expected.debug,
                                .io = expected.io,
                                .payload = expected.payload,
                                .tables = tables,
                                .table_bytes = sizeof tables,
                                .slots = SLOTS,
                                .control_words = CONTROL,
                                .debug_words = DEBUG,
                                .io_slots = IO_SLOTS,
                                .payload_bytes = payload_bytes,
                                .workers = 1,
                                .user_ops = ops,
                                .user_op_count = 1};
    (void)stk_reference_run(&dev, TURNS, 20);
}

/* Limits under which a call of a handler does few bytes. */
static void set_limits(void) {
    uint32_t *l = image.guards + GUARDS;
    limited = chunk_below(&seed, 2);
    memset(image.guards, 0, sizeof image.guards);
    l[STK_LIMIT_BUDGET] = 200u + chunk_below(&seed, 400000u);
    l[STK_LIMIT_WHOLE] = UINT32_MAX;
    l[STK_LIMIT_TURN] = UINT32_MAX;
    l[STK_LIMIT_LANE] = 1;
    for (uint32_t t = 0; t < STK_CTL_TENANT_MASKS; t++) {
        l[STK_LIMIT_TENANTS + t * STK_LIMIT_ROW + STK_LIMIT_TIME_SHARE] = UINT32_MAX;
    }
}

static void reset(uint32_t bytes_max) {
    payload_bytes = bytes_max - chunk_below(&seed, 40);
    memset(image.ring, 0, sizeof image.ring);
    memset(image.control, 0, sizeof image.control);
    memset(image.debug, 0, sizeof image.debug);
    memset(image.io, 0, sizeof image.io);
    image.control[STK_CTL_TENANT_BASE] = STK_CTL_TENANT_MASK;
    image.control[STK_CTL_TENANT_MASK] = UINT32_MAX;
    set_limits();
}

static void publish(uint32_t opcode, const uint32_t *args) {
    uint32_t *slot = STK_SLOT_AT(image.ring, 1);
    slot[STK_SLOT_OPCODE] = opcode;
    slot[STK_SLOT_PRIORITY] = STK_WIRE_PRIORITY_NORMAL;
    memcpy(slot + STK_SLOT_ARG0, args, STK_SLOT_ARGS * sizeof *args);
    slot[STK_SLOT_STATUS] = STK_SLOT_PUBLISHED;
}

/// Cases ///

/* A chunk behind the tables that often ends with the payload, with a lead that may be all of it. */
static void chunk_of(uint32_t *args, uint32_t multiple) {
    uint32_t room = payload_bytes - TEXT_AT, bytes = chunk_size(&seed, room - 8u), lead;
    uint32_t at = chunk_below(&seed, 2) ? payload_bytes - bytes : TEXT_AT + chunk_below(&seed, 8);
    args[STK_ARG_OFFSET] = at / multiple * multiple;
    args[STK_ARG_BYTES] = bytes;
    lead = chunk_below(&seed, 3) == 0u ? bytes : chunk_below(&seed, 50);
    args[STK_ARG_LEAD] = chunk_below(&seed, 2) || lead > bytes ? 0u : lead;
}

static void set_up_scan(uint32_t *args) {
    static _Alignas(64) uint8_t arena_memory[1u << 20];
    struct scan_set set;
    struct stk_arena arena;
    struct stk_automaton a;
    stk_arena_init(&arena, arena_memory, sizeof arena_memory);
    scan_set_random(&set, 100, &seed);
    if (chunk_below(&seed, 3) == 0u && set.count < SCAN_PATTERNS_MAX) {
        scan_set_add(&set, NULL, chunk_below(&seed, 2) ? LONG : 100u + chunk_below(&seed, 400), &seed);
    }
    scan_text_random(&set, image.payload + TEXT_AT, payload_bytes - TEXT_AT, &seed);
    memset(image.payload, 0, TEXT_AT);
    if (stk_automaton_build(&a, set.pattern, set.count, &arena) != STK_OK || a.image_bytes > IMAGE_MAX) {
        set.count = 1; /* too large for the room here */
        set.pattern[0].len = 1;
        stk_arena_init(&arena, arena_memory, sizeof arena_memory);
        if (stk_automaton_build(&a, set.pattern, 1, &arena) != STK_OK) {
            fprintf(stderr, "tile_run: no automaton\n");
            exit(1);
        }
    }
    memcpy(tables, a.image, a.image_bytes);
    chunk_of(args, 1);
    args[STK_SCAN_IMAGE] = 0;
    args[STK_SCAN_HITS] = HITS_AT;
    args[STK_SCAN_OUT] = LIST_AT;
    args[STK_SCAN_ROOM] = chunk_below(&seed, 2) ? LIST_ROOM : 0u;
}

static uint32_t set_up(uint32_t *args) {
    uint32_t kind = chunk_below(&seed, 5);
    if (kind == 0u || kind == 4u) {
        chunk_fill(image.payload, payload_bytes, &seed);
        chunk_of(args, kind == 0u ? 4u : 1u);
        args[STK_ARG_LEAD] = 0;
        return kind == 0u ? STK_OP_SUM64 : MY_XOR;
    }
    if (kind == 1u) {
        const struct chunk_case c = chunk_case_random(image.payload, payload_bytes, &seed);
        memcpy(args, c.args, sizeof c.args);
        return c.opcode;
    }
    set_up_scan(args);
    return STK_OP_SCAN_COUNT;
}

/// What came of it ///

static int record_order(const void *a, const void *b) {
    const uint32_t *x = a, *y = b;
    return x[STK_MATCH_END] < y[STK_MATCH_END] ? -1 : x[STK_MATCH_END] > y[STK_MATCH_END];
}

/* Lanes list matches in any order; where there are more than fit, in any choice. */
static void sort_list(struct parts *p) {
    uint32_t n = STK_SLOT_AT(expected.ring, 1)[STK_SLOT_ARG0 + STK_RESULT_ARG];
    if (n <= LIST_ROOM) {
        qsort(p->payload + LIST_AT, n, STK_MATCH_WORDS * 4u, record_order);
    } else {
        memset(p->payload + LIST_AT, 0, TEXT_AT - LIST_AT);
    }
}

static int differs(uint32_t opcode, const uint32_t *args) {
    if (opcode == STK_OP_SCAN_COUNT && args[STK_SCAN_ROOM] != 0u) {
        sort_list(&image);
        sort_list(&expected);
    }
    return memcmp(image.ring, expected.ring, sizeof image.ring) != 0 ||
           memcmp(image.payload, expected.payload, payload_bytes) != 0;
}

/* Lanes that meet must go the same way: all of them have the arguments that were read once, and agree. */
static uint32_t check_rewritten(void) {
    const uint32_t args[STK_SLOT_ARGS] = {0, 1000};
    const uint32_t *slot = STK_SLOT_AT(image.ring, 1);
    reset(TEXT_AT + 4000u);
    publish(REWRITTEN, args);
    run_device();
    if (slot[STK_SLOT_ARG0 + 1u] != 7u || slot[STK_SLOT_ARG0 + STK_RESULT_ARG] != 351000u * lanes) {
        fprintf(stderr, "tile_run: lanes did not go the same way: %u\n",
                (unsigned)slot[STK_SLOT_ARG0 + STK_RESULT_ARG]);
        return 1;
    }
    return 0;
}

int main(int argc, char **argv) {
    uint32_t args[STK_SLOT_ARGS], rounds, most, failures = 0, done = 0, sliced = 0, listed = 0;
    lanes = argc >= 4 ? strtoul(argv[1], NULL, 10) : 0u;
    tile_bytes = argc >= 4 ? strtoul(argv[2], NULL, 10) : 0u;
    rounds = argc >= 4 ? (uint32_t)strtoul(argv[3], NULL, 10) : 0u;
    most = TEXT_AT + (argc == 5 ? (uint32_t)strtoul(argv[4], NULL, 10) : 4000u);
    if (lanes == 0u || lanes > 256u || rounds == 0u) {
        fprintf(stderr, "usage: tile_run LANES TILE ROUNDS [BYTES]\n");
        return 2;
    }
    image.payload = calloc(1, most);
    expected.payload = calloc(1, most);
    if (!image.payload || !expected.payload) {
        return 1;
    }
    build(read_handlers());
    for (uint32_t i = 0; i < rounds; i++) {
        uint32_t opcode;
        uint8_t *payload = expected.payload;
        reset(most);
        memset(args, 0, sizeof args);
        opcode = set_up(args);
        publish(opcode, args);
        expected = image;
        expected.payload = payload;
        memcpy(expected.payload, image.payload, payload_bytes);
        run_device();
        run_reference();
        if (differs(opcode, args)) {
            fprintf(stderr, "tile_run: round %u: opcode 0x%x, bytes %u + %u, lead %u, limited %u: %u is not %u\n",
                    (unsigned)i, (unsigned)opcode, (unsigned)args[0], (unsigned)args[1], (unsigned)args[2],
                    (unsigned)limited, (unsigned)STK_SLOT_AT(image.ring, 1)[STK_SLOT_ARG0 + STK_RESULT_ARG],
                    (unsigned)STK_SLOT_AT(expected.ring, 1)[STK_SLOT_ARG0 + STK_RESULT_ARG]);
            failures++;
        }
        done += STK_SLOT_AT(image.ring, 1)[STK_SLOT_STATUS] == STK_SLOT_DONE;
        sliced += limited;
        listed += opcode == STK_OP_SCAN_COUNT && args[STK_SCAN_ROOM] != 0u;
    }
    failures += check_rewritten();
    release();
    printf("tile_run: %u of %u slots done with %u lanes and tiles of %u bytes, %u under limits, %u with a list, %u "
           "differ\n",
           (unsigned)done, (unsigned)rounds, (unsigned)lanes, (unsigned)tile_bytes, (unsigned)sliced, (unsigned)listed,
           (unsigned)failures);
    free(image.payload);
    free(expected.payload);
    return failures != 0u || done != rounds || sliced == 0u || listed == 0u;
}
