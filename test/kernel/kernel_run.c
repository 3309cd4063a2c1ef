/* kernel_run LANES [alone|together [TILE]]: runs the kernel text on the first OpenCL device with plain buffers, one
 * case after the other, and holds what it leaves against the same text as C. Made for a simulator that checks each
 * access (kernel.oclgrind), which has no shared virtual memory: the work is published before the launch and read back
 * after it. Exit code 0 when all is equal. Cases that run together share words, which lanes of one group then race for.
 * With TILE the lanes have tiles of so many bytes in local memory. */
#include <string.h>

#include "chunk_cases.h"
#include "hostile.h"
#include "kernel_device.h"
#include "op_cases.h"
#include "op_device.h"
#include "stoker/automaton.h"

#define TURNS      200u
#define IDLE_TURNS 20u
#define RINGS      24u /* hostile ones */

static struct op_image image, expected;
static unsigned failures;

/* Copies in, one launch of one group, copies out. */
static void run_device(cl_uint payload_bytes, cl_uint turns) {
    uint32_t *parts[] = {image.ring, image.control, image.debug, image.io, image.payload, image.tables};
    const size_t bytes[] = {sizeof image.ring, sizeof image.control, sizeof image.debug,
                            sizeof image.io,   sizeof image.payload, sizeof image.tables};
    const cl_uint numbers[] = {OPS_SLOTS, OPS_CONTROL, OPS_DEBUG, OPS_IO, payload_bytes, OPS_TABLES, turns, IDLE_TURNS};
    cl_mem buffers[6], no_guards = NULL;
    cl_int error;
    cl_uint i;
    for (i = 0; i < 6; i++) {
        buffers[i] = clCreateBuffer(context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, bytes[i], parts[i], &error);
        must(error, "clCreateBuffer");
        must(clSetKernelArg(kernel, i, sizeof buffers[i], &buffers[i]), "clSetKernelArg");
    }
    for (i = 0; i < 8; i++) {
        must(clSetKernelArg(kernel, 6u + i, sizeof numbers[i], &numbers[i]), "clSetKernelArg");
    }
    must(clSetKernelArg(kernel, 14, sizeof no_guards, &no_guards), "clSetKernelArg");
    launch();
    for (i = 0; i < 6; i++) {
        must(clEnqueueReadBuffer(commands, buffers[i], CL_TRUE, 0, bytes[i], parts[i], 0, NULL, NULL),
             "clEnqueueReadBuffer");
        must(clReleaseMemObject(buffers[i]), "clReleaseMemObject");
    }
}

static void run_reference(void) {
    const struct stk_dev dev = op_image_device(&expected, 0, 1);
    (void)stk_reference_run(&dev, TURNS, IDLE_TURNS);
}

/* Runs `image` both ways. Every word is the same, that which says where the worker left included; how far its ring
 * scans went depends on the lanes. */
static void compare(const char *name) {
    expected = image;
    run_device(OPS_PAYLOAD, TURNS);
    run_reference();
    expected.control[STK_CTL_RING_SCAN] = image.control[STK_CTL_RING_SCAN];
    if (memcmp(&image, &expected, sizeof image) != 0) {
        uint32_t at = op_image_diff(&image, &expected);
        fprintf(stderr, "kernel_run: %s: word %u is 0x%08x, not 0x%08x\n", name, (unsigned)at,
                (unsigned)((const uint32_t *)(const void *)&image)[at],
                (unsigned)((const uint32_t *)(const void *)&expected)[at]);
        failures++;
    }
}

/* Runs as many cases as the ring has slots in one launch. Each case sees what the others left in memory. */
static void compare_together(size_t first) {
    size_t i;
    op_image_reset(&image);
    for (i = first; i < first + OPS_SLOTS && i < OP_CASES; i++) {
        if (op_cases[i].opcode != STK_OP_SHUTDOWN) {
            op_publish(&image, (uint32_t)(i - first), op_cases[i].opcode, op_cases[i].tenant, op_cases[i].args);
        }
    }
    compare("cases together");
}

/* Text, counters and records share the payload of the image, and the automaton is in its tables. */
static void compare_scans(void) {
    enum {
        TEXT = 2003,
        HITS = 2048,
        RECORDS = 2304,
        ROOM = 40,
        IMAGE = 64
    };
    static _Alignas(64) uint8_t memory[65536];
    static const struct stk_pattern patterns[] = {{(const uint8_t *)"ab", 2},
                                                  {(const uint8_t *)"b", 1},
                                                  {(const uint8_t *)"abcab", 5},
                                                  {(const uint8_t *)"ca", 2}};
    const uint32_t count[STK_SLOT_ARGS] = {0, TEXT, 4, IMAGE, HITS},
                   short_text[STK_SLOT_ARGS] = {8, 37, 0, IMAGE, HITS};
    const uint32_t locate[STK_SLOT_ARGS] = {0, TEXT, 0, IMAGE, 100, RECORDS, ROOM}, sum[STK_SLOT_ARGS] = {4, 1999};
    uint8_t *payload = (uint8_t *)image.payload;
    struct stk_arena arena;
    struct stk_automaton a;
    uint32_t i;
    stk_arena_init(&arena, memory, sizeof memory);
    if (stk_automaton_build(&a, patterns, 4, &arena) != STK_OK || a.image_bytes > OPS_TABLES - IMAGE) {
        fprintf(stderr, "kernel_run: no automaton\n");
        exit(1);
    }
    op_image_reset(&image);
    for (i = 0; i < TEXT; i++) {
        payload[i] = (uint8_t) "abcabbca"[(i * i / 7u + i) % 8u];
    }
    memset(payload + HITS, 0, 64);
    memcpy((uint8_t *)image.tables + IMAGE, a.image, a.image_bytes);
    op_publish(&image, 0, STK_OP_SCAN_COUNT, 0, count);
    op_publish(&image, 3, STK_OP_SCAN_LOCATE, 0, locate);
    op_publish(&image, 4, STK_OP_SCAN_COUNT, 0, short_text);
    op_publish(&image, 5, STK_OP_SUM64, 0, sum);
    compare("scans");
    if (op_status(&image, 0) != STK_SLOT_DONE || op_arg(&image, 0, STK_RESULT_ARG) == 0u ||
        op_arg(&image, 3, STK_RESULT_ARG) != ROOM || op_status(&image, 5) != STK_SLOT_DONE) {
        fprintf(stderr, "kernel_run: the scans did not run\n");
        failures++;
    }
}

/* Rings of slots that mean harm: their order differs from the reference's, so the rules judge them. */
static void run_hostile(void) {
    static struct hostile hostile;
    uint32_t seed, where;
    for (seed = 0; seed < RINGS; seed++) {
        const char *wrong;
        hostile_fill(&hostile, seed, seed % 3u == 0u ? OPS_PAYLOAD : seed * 397u % OPS_PAYLOAD);
        image = hostile.image;
        run_device(hostile.payload_bytes, TURNS * 100u); /* a chunk takes many turns */
        wrong = hostile_wrong(&hostile, &image, &where);
        if (wrong != NULL) {
            fprintf(stderr, "kernel_run: ring %u, %u: %s\n", (unsigned)seed, (unsigned)where, wrong);
            failures++;
        }
    }
}

/* A CRC or a filter of random shape, also against the oracle. */
static void compare_chunk(uint32_t *seed) {
    const struct chunk_case c = chunk_case_random((uint8_t *)image.payload, OPS_PAYLOAD, seed);
    static uint8_t payload[OPS_PAYLOAD];
    uint32_t want[STK_SLOT_RESULTS];
    memcpy(payload, image.payload, OPS_PAYLOAD);
    chunk_expect(&c, payload, want);
    op_publish(&image, 0, c.opcode, 0, c.args);
    compare(c.opcode == STK_OP_CRC32C ? "crc" : "fir");
    if (op_status(&image, 0) != STK_SLOT_DONE ||
        memcmp(op_slot(&image, 0) + STK_SLOT_ARG0 + STK_RESULT_ARG, want, sizeof want) != 0 ||
        memcmp(image.payload, payload, OPS_PAYLOAD) != 0) {
        fprintf(stderr, "kernel_run: opcode 0x%x is not what the oracle says\n", (unsigned)c.opcode);
        failures++;
    }
}

static void compare_chunks(void) {
    uint32_t seed = 5, i;
    for (i = 0; i < 40; i++) {
        op_image_reset(&image);
        compare_chunk(&seed);
    }
}

int main(int argc, char **argv) {
    const char *which = argc >= 3 ? argv[2] : "";
    size_t i;
    lanes = argc >= 2 && argc <= 4 ? strtoul(argv[1], NULL, 10) : 0u;
    tile_bytes = argc == 4 ? strtoul(argv[3], NULL, 10) : 0u;
    if (lanes == 0u || lanes > 256u) {
        fprintf(stderr, "usage: kernel_run LANES [alone|together [TILE]]\n");
        return 2;
    }
    build(NULL);
    for (i = 0; i < OP_CASES && strcmp(which, "together") != 0; i++) {
        op_case_before(&op_cases[i], &image);
        compare(op_cases[i].name);
    }
    for (i = 0; i < OP_CASES && strcmp(which, "alone") != 0; i += OPS_SLOTS) {
        compare_together(i);
    }
    if (strcmp(which, "together") != 0) {
        compare_scans();
        compare_chunks();
    }
    if (strcmp(which, "alone") != 0) {
        run_hostile();
    }
    release();
    printf("kernel_run: %u cases with %u lanes, %u differ\n", (unsigned)OP_CASES, (unsigned)lanes, failures);
    return failures != 0u;
}
