/* stoker port: the helpers that the files of the NOR port share: accesses to the bus, the way an error is kept, and the
 * calls of the two command sets. stoker/port/nor.h has the calls of a user.
 *
 * An address `at` is a byte offset from the start of the chips as the bus sees them, a multiple of `width`. With two
 * chips side by side a word of the bus has 16 bits of each chip. */
#ifndef STOKER_NOR_INTERNAL_H
#define STOKER_NOR_INTERNAL_H

#include "stoker/port/nor.h"

/* Reads one word of the bus at byte `at`. While a chip works, the word is the status of the chip and no data. */
static inline uint32_t nor_read(const struct stk_nor *n, uint32_t at) {
    return n->bus->read(n->bus_ctx, at, n->width);
}

/* Writes one word to the bus at byte `at`. A chip takes the word for a command or for a part of one. */
static inline void nor_write(const struct stk_nor *n, uint32_t at, uint32_t value) {
    n->bus->write(n->bus_ctx, at, n->width, value);
}

/* Returns the word of the bus that has the 16-bit `value` for every chip. */
static inline uint32_t nor_each(const struct stk_nor *n, uint32_t value) {
    return n->width == 4 ? value | value << 16 : value;
}

/* Gives the same command to every chip. */
static inline void nor_command(const struct stk_nor *n, uint32_t at, uint32_t command) {
    nor_write(n, at, nor_each(n, command));
}

/* Notes in n->info why a program or an erase failed: the error, the block and the status word. Returns the error for
 * the user of the flash: STK_E_ACCESS for a locked block, which is a refusal and leaves the block good; STK_E_IO for
 * all else, which makes the block bad. After STK_E_TIMEOUT the chip may still work, so n->late is set and the next call
 * waits first. */
static inline int nor_fail(struct stk_nor *n, int err, uint32_t at, uint32_t status) {
    n->info = (struct stk_error_info){err, (at - n->first) / n->geometry.block_bytes, status};
    n->late = err == STK_E_TIMEOUT;
    return err == STK_E_ACCESS ? err : STK_E_IO;
}

/* The command sets: program, erase and unlock. A program gives the bus the `count` words at `words`; all of them lie in
 * one write buffer, and `count` is 1 where the chip has no buffer. An erase and an unlock change the block that begins
 * at `at`. Each call waits for the end of its operation and leaves the chips in read mode. Errors as nor_fail. A cut
 * within a program leaves any bits of these words, within an erase any bits of the block. */
int stk_nor_intel_program(struct stk_nor *n, uint32_t at, const uint32_t *words, uint32_t count);
int stk_nor_intel_erase(struct stk_nor *n, uint32_t at);
int stk_nor_intel_unlock(struct stk_nor *n, uint32_t at);
int stk_nor_amd_program(struct stk_nor *n, uint32_t at, const uint32_t *words, uint32_t count);
int stk_nor_amd_erase(struct stk_nor *n, uint32_t at);

/* Waits for the end of an operation that passed its time limit, at most as long as an erase may take. Returns STK_OK
 * when the chip is in read mode, or STK_E_TIMEOUT while the chip is still busy. Does not check whether the operation
 * succeeded: the call that began it has failed already. */
int stk_nor_intel_wait(struct stk_nor *n, uint32_t at);
int stk_nor_amd_wait(struct stk_nor *n, uint32_t at);

/* Words of the bus in one buffered program, at most. They lie on the stack. A chip may have a larger buffer; using all
 * of it would save little time. */
#define NOR_BUFFER_WORDS 64u

#endif
