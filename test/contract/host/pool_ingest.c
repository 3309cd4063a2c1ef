/* Runs the contract of ingest ports over the reader pool, with each kind of reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fd_sources.h"
#include "stoker/port/reader_pool.h"
#include "stoker/port/uring.h"

#define DEPTH        16u
#define READERS_MAX  3u
#define SECOND       UINT64_C(1000000000)
#define SOURCE_BYTES 5000011u

static _Alignas(4096) uint8_t mem[4u << 20];
static uint8_t arena_memory[STK_ARENA_BYTES(STK_READER_POOL_BYTES(
    READERS_MAX, DEPTH, FD_SOURCES,
    STK_URING_READER_BYTES(DEPTH, FD_SOURCES) + STK_POSIX_READER_POOLED_BYTES(DEPTH, FD_SOURCES)))];
static struct stk_reader_pool pool;
static const struct stk_posix_reader_config posix_config = {.depth = DEPTH, .sources = FD_SOURCES};
static struct stk_uring_config uring_config = {
    .depth = DEPTH, .sources = FD_SOURCES, .memory = mem, .memory_bytes = sizeof mem};
static struct stk_reader_pool_config config;

static void *open_it(void) {
    struct stk_arena arena;
    fd_begin();
    stk_arena_init(&arena, arena_memory, sizeof arena_memory);
    return stk_reader_pool_open(&pool, &config, &arena) == STK_OK && pool.readers == config.readers ? &pool : NULL;
}

static void close_it(void) {
    assert_int_equal(stk_reader_pool_close(&pool, 20 * SECOND), STK_OK);
    fd_close_all();
}

_Static_assert(STK_READER_POOL_SEQUENTIAL == FD_SEQUENTIAL, "the flag that the cases give");

static int add_fd(int fd, uint32_t flags) {
    return stk_reader_pool_add_file(&pool, fd, flags);
}

static int remove_source(uint32_t source) {
    return stk_reader_pool_remove_source(&pool, source);
}

static uint64_t os_error_of_refusal(void) {
    return pool.info.value;
}

static uint32_t refused(void) {
    return pool.info.index;
}

int main(void) {
    static const struct {
        const char *name;
        bool uring;
        uint32_t readers, flags;
    } ways[] = {
        {"one POSIX reader with a thread", false, 1, 0},
        {"three POSIX readers", false, 3, 0},
        {"one ring with a thread", true, 1, 0},
        {"three rings", true, 3, 0},
        {"three rings, memory that is not registered", true, 3, STK_URING_PLAIN},
        {"two rings, SQPOLL", true, 2, STK_URING_SQPOLL},
    };
    struct ingest_port port = fd_port("reader pool", &stk_reader_pool_ops);
    struct stk_uring_info info;
    bool uring = stk_uring_probe(&info) == STK_OK;
    int failed = 0;
    if (!uring) {
        print_message("io_uring is not available here (errno %d): its pools are left out\n", info.os_error);
    }
    port.refused = refused;
    port.depth = DEPTH;
    port.mem = mem;
    port.mem_bytes = sizeof mem;
    port.source_bytes = SOURCE_BYTES;
    port.open = open_it;
    port.close = close_it;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        if (ways[i].uring && (!uring || ((ways[i].flags & STK_URING_SQPOLL) != 0 && !info.sqpoll))) {
            continue;
        }
        uring_config.flags = ways[i].flags;
        config.kind = ways[i].uring ? &stk_uring_reader_kind : &stk_posix_reader_kind;
        config.reader_config = ways[i].uring ? (const void *)&uring_config : (const void *)&posix_config;
        config.readers = ways[i].readers;
        port.name = ways[i].name;
        port.checks_memory = ways[i].uring;
        if (i == 4) {
            port.stop_and_write = NULL; /* both kinds have been stopped */
        }
        failed += fd_contract(&port);
    }
    return failed;
}
