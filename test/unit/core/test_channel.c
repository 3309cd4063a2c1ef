#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "red_zone.h"
#include "stoker/channel.h"

static struct stk_ring ring;
static struct stk_producer producer;
static struct stk_consumer consumer;

static int setup(void **state) {
    (void)state;
    stk_ring_producer(&producer, &ring);
    stk_ring_consumer(&consumer, &ring);
    return stk_ring_init(&ring, zone_paint(), STK_RING_BYTES(2), 2);
}

static void both_ends_have_the_same_stable_name(void **state) {
    (void)state;
    assert_string_equal(producer.ops->name, "in-process-host");
    assert_string_equal(consumer.ops->name, "in-process-host");
    assert_int_equal(producer.ops->slots(producer.ctx), 2);
    assert_int_equal(consumer.ops->slots(consumer.ctx), 2);
}

static void what_is_published_is_read_back(void **state) {
    uint8_t image[STK_SLOT_BYTES + 1], out[STK_SLOT_BYTES + 1];
    (void)state;
    for (uint32_t i = 0; i < sizeof image; i++) {
        image[i] = (uint8_t)(i + 3);
    }
    assert_int_equal(producer.ops->publish(producer.ctx, 1, image + 1, 64), 0);
    assert_int_equal(consumer.ops->read(consumer.ctx, 1, out + 1, 64), 0);
    assert_memory_equal(image + 1, out + 1, 64);
    assert_true(zone_intact(STK_RING_BYTES(2)));
    assert_int_equal(consumer.ops->read(consumer.ctx, 0, out + 1, 64), 0);
    assert_int_equal(out[1], 0);
}

static void images_replace_any_status_and_done_is_counted(void **state) {
    uint8_t image[STK_SLOT_BYTES] = {STK_SLOT_DONE};
    (void)state;
    assert_int_equal(consumer.ops->done(consumer.ctx), 0);
    assert_int_equal(producer.ops->publish(producer.ctx, 0, image, 64), 0);
    assert_int_equal(producer.ops->publish(producer.ctx, 0, image, 64), 0);
    assert_int_equal(consumer.ops->done(consumer.ctx), 1);
    image[3] = 1;
    assert_int_equal(producer.ops->publish(producer.ctx, 0, image, 64), 0);
    assert_int_equal(consumer.ops->done(consumer.ctx), 0);
}

static void an_image_may_lie_in_its_slot(void **state) {
    uint8_t was[STK_SLOT_BYTES];
    uint8_t *image = (uint8_t *)(void *)ring.words + 24;
    (void)state;
    for (uint32_t i = 0; i < sizeof was; i++) {
        was[i] = image[i] = (uint8_t)(i + 5);
    }
    assert_int_equal(producer.ops->publish(producer.ctx, 0, image, 64), 0);
    assert_memory_equal(ring.words, was, 64);
}

static void a_refused_call_touches_neither_side(void **state) {
    uint8_t image[STK_SLOT_BYTES] = {7}, out[STK_SLOT_BYTES] = {9};
    (void)state;
    assert_int_equal(producer.ops->publish(producer.ctx, 2, image, 64), STK_E_RANGE);
    assert_int_equal(producer.ops->publish(producer.ctx, 0, image, 63), STK_E_ALIGN);
    assert_int_equal(consumer.ops->read(consumer.ctx, 2, out, 64), STK_E_RANGE);
    assert_int_equal(consumer.ops->read(consumer.ctx, 0, out, 32), STK_E_ALIGN);
    assert_int_equal(out[0], 9);
    assert_int_equal(stk_ring_status(&ring, 0), STK_SLOT_EMPTY);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, NULL)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(both_ends_have_the_same_stable_name),           TEST(what_is_published_is_read_back),
        TEST(images_replace_any_status_and_done_is_counted), TEST(an_image_may_lie_in_its_slot),
        TEST(a_refused_call_touches_neither_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
