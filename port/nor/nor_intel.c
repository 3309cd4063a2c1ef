/* stoker port: NOR chips of command set 0x0001, Intel. Status comes in a register that reads show after a command. */
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

enum {
    SR_READY = 0x80,
    SR_ERRORS = 0x3A, /* erase, program, voltage, locked */
    SR_REFUSED = 0x0A /* voltage, locked: nothing was begun */
};

/* Are all chips done? */
static int is_ready(const struct stk_nor *n, uint32_t status) {
    return (status & nor_each(n, SR_READY)) == nor_each(n, SR_READY);
}

/* Waits for the end of what runs, and leaves the chips in read mode. Returns the last status. */
static uint32_t poll(const struct stk_nor *n, uint32_t at, uint32_t polls) {
    uint32_t status = nor_read(n, at);
    while (!is_ready(n, status) && polls-- != 0) {
        status = nor_read(n, at);
    }
    nor_command(n, at, CMD_CLEAR_STATUS);
    nor_command(n, at, CMD_READ);
    return status;
}

/* Waits likewise and returns how the operation ended. */
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

/* Asks for the write buffer until the chips have it. Nothing is programmed before that. */
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
    nor_command(n, at, count - 1);
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
