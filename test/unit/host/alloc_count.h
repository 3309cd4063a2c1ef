/* Counts what one thread allocates and releases: this program's malloc and its kin stand before the C library's for
 * everything that is loaded, the driver too. Only between begin and end, and only on the thread that called begin,
 * since the library has no thread of its own and a driver's threads are the driver's. alloc_count_cl.h counts for
 * itself what happens inside OpenCL calls. Include it once. */
#ifndef ALLOC_COUNT_H
#define ALLOC_COUNT_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

struct alloc_count {
    unsigned library; /* allocations outside OpenCL calls */
    unsigned launch;  /* allocations in OpenCL calls that enqueue, set up or release a launch or a copy */
    unsigned driver;  /* allocations in all other OpenCL calls */
};
static struct alloc_count alloc_count;
static _Thread_local unsigned *alloc_place; /* NULL: this thread is not watched */

static inline void alloc_count_begin(void) {
    alloc_count = (struct alloc_count){0, 0, 0};
    alloc_place = &alloc_count.library;
}

static inline void alloc_count_end(void) {
    alloc_place = NULL;
}

static inline void alloc_note(void) {
    if (alloc_place) {
        ++*alloc_place;
    }
}

/// The C library's, whose own entries stay reachable under these names ///

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *memory, size_t bytes);
void *__libc_memalign(size_t align, size_t bytes);
void __libc_free(void *memory);

void *malloc(size_t bytes) {
    alloc_note();
    return __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes) {
    alloc_note();
    return __libc_calloc(count, bytes);
}

void *realloc(void *memory, size_t bytes) {
    alloc_note();
    return __libc_realloc(memory, bytes);
}

void *aligned_alloc(size_t align, size_t bytes) {
    alloc_note();
    return __libc_memalign(align, bytes);
}

void *memalign(size_t align, size_t bytes);
void *memalign(size_t align, size_t bytes) {
    alloc_note();
    return __libc_memalign(align, bytes);
}

int posix_memalign(void **memory, size_t align, size_t bytes) {
    alloc_note();
    *memory = __libc_memalign(align, bytes);
    return *memory ? 0 : ENOMEM;
}

void free(void *memory) {
    alloc_note();
    __libc_free(memory);
}

void *mmap(void *at, size_t bytes, int prot, int flags, int fd, off_t offset) {
    alloc_note();
    return (void *)syscall(SYS_mmap, at, bytes, prot, flags, fd, offset);
}

/* A test: what is counted is counted. */
static void what_allocates_is_counted(void **state) {
    void *volatile memory;
    (void)state;
    alloc_count_begin();
    memory = malloc(10);
    free(memory);
    memory = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    alloc_count_end();
    assert_int_equal(alloc_count.library, 3);
    assert_int_equal(munmap(memory, 4096), 0);
}

#endif
