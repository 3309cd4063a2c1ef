/* The reader for kernels without io_uring. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fd_sources.h"
#include "stoker/port/posix.h"

#define DEPTH        16u
#define SOURCE_BYTES 5000011u

static _Alignas(4096) uint8_t mem[4u << 20];
static _Alignas(STK_ALIGN) uint8_t arena_memory[STK_POSIX_READER_BYTES(DEPTH, FD_SOURCES)];
static struct stk_posix_reader reader;

static void *open_it(void) {
    const struct stk_posix_reader_config config = {.depth = DEPTH, .sources = FD_SOURCES};
    struct stk_arena arena;
    fd_begin();
    stk_arena_init(&arena, arena_memory, sizeof arena_memory);
    return stk_posix_reader_open(&reader, &config, &arena) == STK_OK ? &reader : NULL;
}

static void close_it(void) {
    fd_close_all();
}

_Static_assert(STK_POSIX_SEQUENTIAL == FD_SEQUENTIAL, "the flag that the cases give");

static int add_fd(int fd, uint32_t flags) {
    return stk_posix_reader_add_file(&reader, fd, flags);
}

static int remove_source(uint32_t source) {
    return stk_posix_reader_remove_source(&reader, source);
}

static uint64_t os_error_of_refusal(void) {
    return reader.info.value;
}

static uint32_t refused(void) {
    return reader.info.index;
}

int main(void) {
    struct ingest_port port = fd_port("posix", &stk_posix_reader_ops);
    port.refused = refused;
    port.depth = DEPTH;
    port.mem = mem;
    port.mem_bytes = sizeof mem;
    port.source_bytes = SOURCE_BYTES;
    port.open = open_it;
    port.close = close_it;
    return fd_contract(&port);
}
