/* stoker port: the commands of NOR chips with command set 0x0001, Intel. After a command, reads show a status register
 * until the command for read mode. The register says how an operation ended, and whether the block was locked. */
#include "nor_internal.h"

enum {
    CMD_ERASE = 0x20,
    CMD_PROGRAM = 0x40,
    CMD_CLEAR_STATUS = 0x50,
    CMD_LOCKS = 0x60,
    CMD_READ_STATUS = 0x70,
    CMD_CONFIRM = 0xD0,
    CMD_BUFFER = 0xE8,
    CMD_READ = 0xFF
};

/* Bits of the status register. */
enum {
    SR_READY = 0x80,  /* the chip does not work; the other bits hold only then */
    SR_ERRORS = 0x3A, /* any of: erase failed, program failed, voltage too low, block locked */
    SR_REFUSED = 0x0A /* any of: voltage too low, block locked; the chip began nothing */
};

/* Returns 1 if all chips of the bus are done. */
static int is_ready(const struct stk_nor *n, uint32_t status) {
    return (status & nor_each(n, SR_READY)) == nor_each(n, SR_READY);
}

/* Waits for the end of an operation, for at most `polls` reads, and leaves the chips in read mode. Returns the last
 * status. Clears the register: its error bits would stay and be taken for errors of the next operation. */
static uint32_t poll(const struct stk_nor *n, uint32_t at, uint32_t polls) {
    uint32_t status = nor_read(n, at);
    while (!is_ready(n, status) && polls-- != 0) {
        status = nor_read(n, at);
    }
    nor_command(n, at, CMD_CLEAR_STATUS);
    nor_command(n, at, CMD_READ);
    return status;
}

/* Waits for the end of an operation, for at most `polls` reads. Returns STK_OK, or the error that nor_fail returns. The
 * operation has failed if one chip of the bus reports an error. */
static int finish(struct stk_nor *n, uint32_t at, uint32_t polls) {
    uint32_t status = poll(n, at, polls);
    if (!is_ready(n, status)) {
        return nor_fail(n, STK_E_TIMEOUT, at, status);
    }
    if ((status & nor_each(n, SR_ERRORS)) != 0) {
        return nor_fail(n, (status & nor_each(n, SR_REFUSED)) != 0 ? STK_E_ACCESS : STK_E_IO, at, status);
    }
    return STK_OK;
}

int stk_nor_intel_wait(struct stk_nor *n, uint32_t at) {
    nor_command(n, at, CMD_READ_STATUS);
    return is_ready(n, poll(n, at, n->erase_polls)) ? STK_OK : STK_E_TIMEOUT;
}

/* Asks for the write buffer until every chip has one free. Nothing is programmed before that, so STK_E_TIMEOUT is
 * returned as it is and not as STK_E_IO: the block is good. */
static int take_buffer(struct stk_nor *n, uint32_t at) {
    uint32_t status = 0;
    for (uint32_t polls = n->buffer_polls; !is_ready(n, status); polls--) {
        if (polls == 0) {
            nor_command(n, at, CMD_READ);
            (void)nor_fail(n, STK_E_TIMEOUT, at, status);
            return STK_E_TIMEOUT;
        }
        nor_command(n, at, CMD_BUFFER);
        status = nor_read(n, at);
    }
    return STK_OK;
}

int stk_nor_intel_program(struct stk_nor *n, uint32_t at, const uint32_t *words, uint32_t count) {
    if (count == 1) {
        nor_command(n, at, CMD_PROGRAM);
        nor_write(n, at, words[0]);
        return finish(n, at, n->word_polls);
    }
    int err = take_buffer(n, at);
    if (err != STK_OK) {
        return err;
    }
    nor_command(n, at, count - 1); /* the chip expects the number of words less one */
    for (uint32_t i = 0; i < count; i++) {
        nor_write(n, at + i * n->width, words[i]);
    }
    nor_command(n, at, CMD_CONFIRM);
    return finish(n, at, n->buffer_polls);
}

int stk_nor_intel_erase(struct stk_nor *n, uint32_t at) {
    nor_command(n, at, CMD_ERASE);
    nor_command(n, at, CMD_CONFIRM);
    return finish(n, at, n->erase_polls);
}

int stk_nor_intel_unlock(struct stk_nor *n, uint32_t at) {
    nor_command(n, at, CMD_LOCKS);
    nor_command(n, at, CMD_CONFIRM);
    return finish(n, at, n->buffer_polls);
}
