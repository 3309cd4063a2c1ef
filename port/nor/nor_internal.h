/* stoker port: what the files of the NOR port share. */
#ifndef STOKER_NOR_INTERNAL_H
#define STOKER_NOR_INTERNAL_H

#include "stoker/port/nor.h"

static inline uint32_t nor_read(const struct stk_nor *n, uint32_t at) {
    return n->bus->read(n->bus_ctx, at, n->width);
}

static inline void nor_write(const struct stk_nor *n, uint32_t at, uint32_t value) {
    n->bus->write(n->bus_ctx, at, n->width, value);
}

/* A 16-bit value for every chip of the bus. */
static inline uint32_t nor_each(const struct stk_nor *n, uint32_t value) {
    return n->width == 4 ? value | value << 16 : value;
}

/* A command to every chip. */
static inline void nor_command(const struct stk_nor *n, uint32_t at, uint32_t command) {
    nor_write(n, at, nor_each(n, command));
}

/* Keeps the reason in the fault. Returns what the interface says of a program or an erase that failed so: a locked
 * block is a refusal, all else makes the block bad. */
static inline int nor_fail(struct stk_nor *n, int err, uint32_t at, uint32_t status) {
    n->info = (struct stk_error_info){err, (at - n->first) / n->geometry.block_bytes, status};
    n->late = err == STK_E_TIMEOUT;
    return err == STK_E_ACCESS ? err : STK_E_IO;
}

/* The command sets. `at` is a byte of the chips; `words` are what the bus is to be given, of `count` words within one
 * write buffer, and one word where there is no buffer. Each leaves the chips in read mode. */
int stk_nor_intel_program(struct stk_nor *n, uint32_t at, const uint32_t *words, uint32_t count);
int stk_nor_intel_erase(struct stk_nor *n, uint32_t at);
int stk_nor_intel_unlock(struct stk_nor *n, uint32_t at);
int stk_nor_amd_program(struct stk_nor *n, uint32_t at, const uint32_t *words, uint32_t count);
int stk_nor_amd_erase(struct stk_nor *n, uint32_t at);

/* Wait for the end of an operation that passed its limit. STK_OK; STK_E_TIMEOUT the chip still works. */
int stk_nor_intel_wait(struct stk_nor *n, uint32_t at);
int stk_nor_amd_wait(struct stk_nor *n, uint32_t at);

#define NOR_BUFFER_WORDS 64u /* of one buffered program, at most: the rest of a larger buffer brings little */

#endif
