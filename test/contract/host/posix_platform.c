/* The POSIX clock and wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <time.h>

#include "platform.h"
#include "stoker/atomic.h"
#include "stoker/port/posix.h"

static uint32_t *changed;
static uint32_t new_value;
static pthread_t thread;

static void *change(void *arg) {
    struct timespec pause = {0, 30000000};
    (void)arg;
    nanosleep(&pause, NULL);
    stk_store_release(changed, new_value);
    stk_posix_platform_ops.wake(NULL, changed);
    return NULL;
}

static void change_later(uint32_t *word, uint32_t value) {
    changed = word;
    new_value = value;
    assert_int_equal(pthread_create(&thread, NULL, change, NULL), 0);
}

static void join(void) {
    assert_int_equal(pthread_join(thread, NULL), 0);
}

int main(void) {
    const struct platform_port port = {
        .name = "posix", .ops = &stk_posix_platform_ops, .change_later = change_later, .join = join};
    return platform_contract(&port);
}
