/* stoker port: NOR chips of command set 0x0001, Intel. Status comes in a register that reads show after a command. */
#include "nor_internal.h"

enum {
    CMD_ERASE = 0x20,
    CMD_PROGRAM = 0x40,
    CMD_CLEAR_STATUS = 0x50,
    CMD_LOCKS = 0x60,
    CMD_CONFIRM = 0xD0,
    CMD_BUFFER = 0xE8,
    CMD_READ = 0xFF
};

enum {
    SR_READY = 0x80,
    SR_ERRORS = 0x3A, /* erase, program, voltage, locked */
    SR_LOCKED = 0x02
};

/* Waits for the end of what runs, and leaves the chips in read mode. */
static int finish(struct stk_nor *n, uint32_t at, uint32_t polls) {
    uint32_t ready = nor_each(n, SR_READY), status = nor_read(n, at);
    while ((status & ready) != ready && polls-- != 0) {
        status = nor_read(n, at);
    }
    nor_command(n, at, CMD_CLEAR_STATUS);
    nor_command(n, at, CMD_READ);
    if ((status & ready) != ready) {
        return nor_fail(n, STK_E_TIMEOUT, at, status);
    }
    if ((status & nor_each(n, SR_ERRORS)) != 0) {
        return nor_fail(n, (status & nor_each(n, SR_LOCKED)) != 0 ? STK_E_ACCESS : STK_E_IO, at, status);
    }
    return STK_OK;
}

/* Asks for the write buffer until the chips have it. */
static int take_buffer(struct stk_nor *n, uint32_t at) {
    uint32_t ready = nor_each(n, SR_READY), status = 0;
    for (uint32_t polls = n->buffer_polls; (status & ready) != ready; polls--) {
        if (polls == 0) {
            nor_command(n, at, CMD_READ);
            return nor_fail(n, STK_E_TIMEOUT, at, status);
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
