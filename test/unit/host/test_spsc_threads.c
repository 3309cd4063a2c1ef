/* Two threads and many images. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stoker/parity/spsc.h"

#define SLOTS  64u
#define IMAGES 300000u

static uint32_t words[SLOTS * STK_SLOT_WORDS];
static struct stk_ring ring;

static void *put_all(void *arg) {
    struct stk_spsc end;
    uint32_t image[STK_SLOT_WORDS];
    (void)arg;
    stk_spsc_begin(&end, &ring);
    for (uint32_t n = 0; n < IMAGES; n++) {
        for (uint32_t i = 0; i < STK_SLOT_WORDS; i++) {
            image[i] = n + i;
        }
        while (stk_spsc_put(&end, image) != STK_OK) {
            sched_yield();
        }
    }
    return NULL;
}

static void every_image_arrives_once_whole_and_in_order(void **state) {
    struct stk_spsc end;
    uint32_t image[STK_SLOT_WORDS];
    pthread_t thread;
    (void)state;
    assert_int_equal(stk_ring_init(&ring, words, sizeof words, SLOTS), STK_OK);
    stk_spsc_begin(&end, &ring);
    assert_int_equal(pthread_create(&thread, NULL, put_all, NULL), 0);
    for (uint32_t n = 0; n < IMAGES; n++) {
        while (stk_spsc_take(&end, image) != STK_OK) {
            sched_yield();
        }
        for (uint32_t i = 1; i < STK_SLOT_WORDS; i++) {
            assert_int_equal(image[i], n + i);
        }
    }
    assert_int_equal(stk_spsc_take(&end, image), STK_E_WOULD_BLOCK);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_image_arrives_once_whole_and_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
