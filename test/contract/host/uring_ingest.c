/* The io_uring port against the kernel of this machine: as it is, and on the paths of other kernels and memories. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fd_sources.h"
#include "stoker/port/uring.h"

#define DEPTH        16u
#define SECOND       UINT64_C(1000000000)
#define SOURCE_BYTES 5000011u

static _Alignas(4096) uint8_t mem[1u << 20];
static uint8_t arena_memory[STK_ARENA_BYTES(STK_URING_BYTES(DEPTH, FD_SOURCES))];
static struct stk_uring uring;
static struct stk_uring_config config = {
    .depth = DEPTH, .sources = FD_SOURCES, .memory = mem, .memory_bytes = sizeof mem};

static void *open_it(void) {
    struct stk_arena arena;
    fd_begin();
    stk_arena_init(&arena, arena_memory, sizeof arena_memory);
    return stk_uring_open(&uring, &config, &arena) == STK_OK ? &uring : NULL;
}

static void close_it(void) {
    assert_int_equal(stk_uring_close(&uring, 20 * SECOND), STK_OK);
    fd_close_all();
}

_Static_assert(STK_URING_SEQUENTIAL == FD_SEQUENTIAL, "the flag that the cases give");

static int add_fd(int fd, uint32_t flags) {
    return stk_uring_add_file(&uring, fd, flags);
}

static int remove_source(uint32_t source) {
    return stk_uring_remove_source(&uring, source);
}

static uint64_t os_error_of_refusal(void) {
    return uring.info.value;
}

static uint32_t refused(void) {
    return uring.info.index;
}

int main(void) {
    static const struct {
        const char *name;
        uint32_t flags, buffer_bytes;
    } ways[] = {
        {"io_uring", 0, 0},
        {"io_uring, a kernel before 5.11", STK_URING_WAIT_BY_POLL, 0},
        {"io_uring, memory that is not registered", STK_URING_PLAIN, 0},
        {"io_uring, memory in many registered buffers", 0, 16384},
        {"io_uring, SQPOLL", STK_URING_SQPOLL, 0},
        {"io_uring, SQPOLL before 5.11", STK_URING_SQPOLL | STK_URING_WAIT_BY_POLL, 0},
    };
    struct ingest_port port = fd_port("io_uring", &stk_uring_ops);
    struct stk_uring_info info;
    int failed = 0;
    if (stk_uring_probe(&info) != STK_OK) {
        print_message("io_uring is not available here (errno %d): its contract is left out\n", info.os_error);
        return 0;
    }
    port.refused = refused;
    port.depth = DEPTH;
    port.mem = mem;
    port.mem_bytes = sizeof mem;
    port.checks_memory = true;
    port.source_bytes = SOURCE_BYTES;
    port.open = open_it;
    port.close = close_it;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        config.flags = ways[i].flags;
        config.buffer_bytes = ways[i].buffer_bytes;
        port.name = ways[i].name;
        if (i == 2) {
            port.stop_and_write = NULL; /* both ways to wait have been stopped */
        }
        if ((config.flags & STK_URING_SQPOLL) == 0 || info.sqpoll) {
            failed += fd_contract(&port);
        }
    }
    return failed;
}
