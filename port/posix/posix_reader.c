/* stoker port: the POSIX reader, set-up and sources. Reads are done in posix_reader_io.c. The reader is for systems
 * without io_uring: it reads inside its calls, one system call after the other. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <poll.h>
#include <stddef.h>

#include "reader_internal.h"
#include "stoker/port/os_socket.h"
#include "stoker/port/os_source.h"

/* The header declares a struct of its own, so that a program does not need <poll.h> for it. The reader hands an array
 * of these structs to ppoll. */
_Static_assert(sizeof(struct stk_posix_poll) == sizeof(struct pollfd), "must hold a pollfd");
_Static_assert(_Alignof(struct stk_posix_poll) == _Alignof(struct pollfd), "must align as a pollfd");

/* Returns the configuration with the defaults in the place of zeros; NULL gives all defaults. */
static struct stk_posix_reader_config resolved(const struct stk_posix_reader_config *config) {
    struct stk_posix_reader_config c = {STK_POSIX_DEPTH_DEFAULT, STK_POSIX_SOURCES_DEFAULT};
    if (config != NULL) {
        c.depth = config->depth != 0 ? config->depth : c.depth;
        c.sources = config->sources != 0 ? config->sources : c.sources;
    }
    return c;
}

int stk_posix_reader_bytes(const struct stk_posix_reader_config *config, size_t *bytes) {
    struct stk_posix_reader_config c = resolved(config);
    if (c.depth > STK_POSIX_DEPTH_MAX || c.sources > STK_POSIX_SOURCES_MAX) {
        return STK_E_OVERFLOW;
    }
    if (bytes == NULL) {
        return STK_E_ARG;
    }
    *bytes = STK_POSIX_READER_BYTES(c.depth, c.sources);
    return STK_OK;
}

int stk_posix_reader_open(struct stk_posix_reader *reader, const struct stk_posix_reader_config *config,
                          struct stk_arena *arena) {
    struct stk_posix_reader_config c = resolved(config);
    size_t bytes;
    if (reader == NULL || arena == NULL) {
        return STK_E_ARG;
    }
    int r = stk_posix_reader_bytes(&c, &bytes);
    if (r < 0) {
        return r;
    }
    /* One allocation for all arrays: if the arena is too small, it stays as it was and arena->need names all bytes. */
    uint8_t *mem = stk_arena_take(arena, bytes);
    if (mem == NULL) {
        return STK_E_SPACE;
    }
    *reader = (struct stk_posix_reader){.depth = c.depth, .sources = c.sources};
    reader->ops = (struct stk_posix_op *)(void *)mem;
    mem += STK_ALIGNED((size_t)c.depth * sizeof(struct stk_posix_op));
    reader->source = (struct stk_posix_source *)(void *)mem;
    mem += STK_ALIGNED((size_t)c.sources * sizeof(struct stk_posix_source));
    reader->poll = (struct stk_posix_poll *)(void *)mem;
    /* An empty list has STK_INDEX_NONE at both ends, which is not 0. */
    stk_index_list_clear(&reader->free);
    stk_index_list_clear(&reader->queue);
    stk_index_list_clear(&reader->ready);
    for (uint32_t i = 0; i < c.depth; i++) {
        STK_INDEX_PUSH(reader->ops, &reader->free, i);
    }
    for (uint32_t i = 0; i < c.sources; i++) {
        /* -1 is no descriptor, so that a mistake with a free source gets EBADF and reads no file of another. */
        reader->source[i] = (struct stk_posix_source){.fd = -1, .kind = SOURCE_FREE};
    }
    return STK_OK;
}

/// Sources ///

int stk_posix_reader_add_file(struct stk_posix_reader *reader, int fd, uint32_t flags) {
    bool sequential = false;
    int os_error = 0;
    uint32_t i = 0;
    if (reader == NULL) {
        return STK_E_ARG;
    }
    if ((flags & ~STK_POSIX_SEQUENTIAL) != 0) {
        return refuse(reader, STK_E_ARG, 0, 0);
    }
    /* The lowest free index is taken, as the header promises. */
    while (i < reader->sources && reader->source[i].kind != SOURCE_FREE) {
        i++;
    }
    if (i == reader->sources) {
        return refuse(reader, STK_E_FULL, i, 0);
    }
    int r = stk_os_source(fd, &sequential, &os_error);
    if (r < 0) {
        return refuse(reader, r, i, (uint64_t)os_error);
    }
    /* A descriptor that cannot seek is sequential, with the flag or without. */
    sequential = sequential || (flags & STK_POSIX_SEQUENTIAL) != 0;
    struct stk_posix_source *s = &reader->source[i];
    *s = (struct stk_posix_source){
        .fd = fd, .kind = sequential ? SOURCE_SEQUENTIAL : SOURCE_POSITIONED, .writable = stk_os_writable(fd)};
    stk_index_list_clear(&s->queue);
    return (int)i;
}

int stk_posix_reader_add_socket(struct stk_posix_reader *reader, int fd) {
    bool datagrams = false;
    int os_error = 0, err, source;
    if (reader == NULL) {
        return STK_E_ARG;
    }
    /* The socket is checked before it becomes a source, so that a refusal leaves the reader as it was. */
    err = stk_os_socket(fd, &datagrams, &os_error);
    if (err != STK_OK) {
        return refuse(reader, err, 0, (uint64_t)os_error);
    }
    source = stk_posix_reader_add_file(reader, fd, STK_POSIX_SEQUENTIAL);
    if (source >= 0) {
        reader->source[source].socket = true;
        reader->source[source].datagrams = datagrams;
    }
    return source;
}

/* The caller closes its descriptor after this call, so reads of the source must have ended. */
int stk_posix_reader_remove_source(struct stk_posix_reader *reader, uint32_t source) {
    if (reader == NULL) {
        return STK_E_ARG;
    }
    if (source >= reader->sources || reader->source[source].kind == SOURCE_FREE) {
        return refuse(reader, STK_E_RANGE, source, 0);
    }
    if (reader->source[source].reads != 0) {
        return refuse(reader, STK_E_STATUS, source, reader->source[source].reads);
    }
    reader->source[source] = (struct stk_posix_source){.fd = -1, .kind = SOURCE_FREE};
    return STK_OK;
}
