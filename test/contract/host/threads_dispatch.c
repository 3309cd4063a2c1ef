/* The kernel compiled as C, on the caller's thread and on threads of the port. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "dispatch.h"
#include "stoker/port/os_clock.h"
#include "stoker/port/threads.h"
#include "stoker/words.h"

#define SLOTS   16u
#define CONTROL (STK_CTL_WORDS_MIN + 2u * SLOTS)

static _Alignas(64) uint32_t ring[SLOTS * STK_SLOT_WORDS];
static _Alignas(64) uint32_t control[CONTROL];
static struct stk_threads threads;
static struct stk_threads_config config;

static void *open_it(struct stk_device_memory *memory) {
    memset(ring, 0, sizeof ring);
    memset(control, 0, sizeof control);
    control[STK_CTL_TENANT_BASE] = STK_CTL_TENANT_MASK;
    control[STK_CTL_TENANT_MASK] = UINT32_MAX;
    *memory = (struct stk_device_memory){.ring = ring, .slots = SLOTS, .control = control, .control_words = CONTROL};
    return stk_threads_open(&threads, memory, &config) == STK_OK ? &threads : NULL;
}

static void close_it(void) {
    stk_threads_close(&threads);
    stk_threads_close(&threads); /* may be called again */
}

int main(void) {
    struct dispatch_port port = {
        .ops = &stk_threads_ops,
        .residency = STK_RESIDENT,
        .open = open_it,
        .close = close_it,
        .now_ns = stk_os_now_ns,
    };
    static const struct {
        const char *name;
        uint32_t workers;
    } shapes[] = {{"threads, 1 worker", 1},
                  {"threads, 2 workers", 2},
                  {"threads, 16 workers", 16},
                  {"threads, a worker for each CPU", 0}};
    int failed = 0;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        port.name = shapes[i].name;
        config.workers = shapes[i].workers;
        failed += dispatch_contract(&port);
    }
    return failed;
}
