/* Tests that slots which are put back after a lost kernel run on the device once more (core/test_device_loss.c tests
 * the rules), and the classes of errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "load_miss_words.h"
#include "opencl_adds.h"
#include "stoker/device_loss.h"
#include "stoker/io_queue.h"

/// What a lost kernel asked for ///

static uint32_t *io_at(uint32_t k) {
    return cl.memory.io + (size_t)k * STK_IO_WORDS;
}

/* Answers all requests, and drives, until slots 0 to `last` are DONE. */
static void serve_until_done(uint32_t last) {
    struct stk_io_queue io = {.words = cl.memory.io, .slots = cl.memory.io_slots};
    uint64_t start = rig_now();
    for (uint32_t i = 0; i <= last; i += stk_ring_status(&ring, i) == (int)STK_SLOT_DONE) {
        struct stk_io_request asked;
        if (stk_io_queue_claim(&io, &asked, 1) == 1) {
            const struct stk_io_result result = {.slot = asked.slot, .ok = 1};
            assert_int_equal(stk_io_queue_complete(&io, &result, 1, NULL), STK_OK);
            assert_true(stk_ring_transition(&ring, asked.tag, STK_TO_REQUEUE) >= 0);
        }
        drive(true);
        assert_true(rig_now() - start < HANG_NS);
    }
}

/* Loses the device at each step between two stores of a worker. test/model/lost.pml proves the same for one slot at a
 * time. */
static void requests_of_lost_kernels_are_put_back(void **state) {
    const struct stk_opencl_config config = {.slots = 8, .io_slots = 8};
    (void)state;
    open_way(&config, first_way(STK_QUANTUM));
    /* the worker has taken I/O slot 0; slot 0 does not hold its ticket yet */
    load_miss_in(&cl.memory, 0, STK_SLOT_CLAIMED, 0);
    io_in(&cl.memory, 0, STK_SLOT_WAIT_IO);
    load_miss_in(&cl.memory, 1, STK_SLOT_CLAIMED, 2); /* slot 1 holds the ticket of its I/O slot */
    io_in(&cl.memory, 1, STK_SLOT_WAIT_IO);
    load_miss_in(&cl.memory, 2, STK_SLOT_WAIT_IO, 3); /* slot 2 waits, and its request was not published */
    io_in(&cl.memory, 2, STK_SLOT_WAIT_IO);
    load_miss_in(&cl.memory, 3, STK_SLOT_WAIT_IO, 4); /* slot 3 waits, and its request was published */
    io_in(&cl.memory, 3, STK_SLOT_PUBLISHED);
    load_miss_in(&cl.memory, 4, STK_SLOT_CLAIMED, 0); /* slot 4 has its answer; I/O slot 4 is not EMPTY yet */
    io_in(&cl.memory, 4, STK_IO_OK);
    load_miss_in(&cl.memory, 5, STK_SLOT_REQUEUE, 6); /* the answer for slot 5 is in I/O slot 5 */
    io_in(&cl.memory, 5, STK_IO_OK);
    io_in(&cl.memory, 6, STK_IO_ERROR);     /* no slot names I/O slot 6 */
    io_in(&cl.memory, 7, STK_SLOT_CLAIMED); /* the server has claimed I/O slot 7 */
    (void)stk_device_put_back(&cl.memory, cl.own.buffers.tries, (struct stk_device_loss){.ran = true});
    expect_miss_in(&cl.memory, 0, STK_SLOT_REQUEUE, 0);
    expect_miss_in(&cl.memory, 1, STK_SLOT_REQUEUE, 0);
    expect_miss_in(&cl.memory, 2, STK_SLOT_REQUEUE, 0);
    expect_miss_in(&cl.memory, 3, STK_SLOT_WAIT_IO, 4);
    expect_miss_in(&cl.memory, 4, STK_SLOT_REQUEUE, 0);
    expect_miss_in(&cl.memory, 5, STK_SLOT_REQUEUE, 6);
    for (uint32_t k = 0; k < 8u; k++) {
        static const uint32_t left[] = {STK_SLOT_EMPTY, STK_SLOT_EMPTY, STK_SLOT_EMPTY, STK_SLOT_PUBLISHED,
                                        STK_SLOT_EMPTY, STK_IO_OK,      STK_SLOT_EMPTY, STK_SLOT_CLAIMED};
        assert_int_equal(stk_load(io_at(k) + STK_IO_STATUS), left[k]);
    }
    serve_until_done(5);
    for (uint32_t k = 0; k < 6u; k++) {
        assert_int_equal(stk_load(io_at(k) + STK_IO_STATUS), STK_SLOT_EMPTY);
    }
    close_way();
}

/// Errors ///

static void errors_are_classed(void **state) {
    static const struct {
        int error;
        enum stk_opencl_failure failure;
    } known[] = {{0, STK_OPENCL_SOUND},    {-11, STK_OPENCL_BUILD},    {-42, STK_OPENCL_BUILD},
                 {-4, STK_OPENCL_NOMEM},   {-6, STK_OPENCL_NOMEM},     {-12, STK_OPENCL_NOMEM},
                 {-2, STK_OPENCL_DEVICE},  {-5, STK_OPENCL_DEVICE},    {-14, STK_OPENCL_DEVICE},
                 {-36, STK_OPENCL_DEVICE}, {-9999, STK_OPENCL_DEVICE}, {-54, STK_OPENCL_REFUSED},
                 {-61, STK_OPENCL_REFUSED}};
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_int_equal(stk_opencl_failure_of(known[i].error), known[i].failure);
    }
    for (int a = STK_OPENCL_SOUND; a <= STK_OPENCL_REFUSED; a++) {
        for (int b = STK_OPENCL_SOUND; b < a; b++) {
            assert_string_not_equal(stk_opencl_failure_name((enum stk_opencl_failure)a),
                                    stk_opencl_failure_name((enum stk_opencl_failure)b));
            assert_string_not_equal(stk_opencl_failure_fix((enum stk_opencl_failure)a),
                                    stk_opencl_failure_fix((enum stk_opencl_failure)b));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_of_lost_kernels_are_put_back),
        cmocka_unit_test(errors_are_classed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
