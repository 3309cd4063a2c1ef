/* stoker port: the commands of NOR chips with command set 0x0002, AMD. These chips have no status register. While a
 * chip works, each read toggles bit 6 (DQ6), and any two reads with the same DQ6 show that the chip is done. No status
 * says that a block is protected. */
#include "nor_internal.h"

/* Addresses of the two unlock cycles, in words of one chip. */
#define UNLOCK_1 0x555u
#define UNLOCK_2 0x2AAu

enum {
    CMD_BUFFER = 0x25,
    CMD_BUFFER_GO = 0x29,
    CMD_ERASE_BLOCK = 0x30,
    CMD_ERASE = 0x80,
    CMD_PROGRAM = 0xA0,
    CMD_RESET = 0xF0
};

/* Bits of a chip that works. */
enum {
    DQ_TOGGLE = 0x40,  /* DQ6: toggles from read to read */
    DQ_EXCEEDED = 0x20 /* DQ5: 1 when the operation has passed the time limit of the chip itself */
};

/* Writes the two cycles that have to go before most commands, so that stray writes of a program start nothing. */
static void unlock_cycles(const struct stk_nor *n) {
    nor_command(n, UNLOCK_1 * n->width, 0xAA);
    nor_command(n, UNLOCK_2 * n->width, 0x55);
}

/* Ends an operation that failed: resets the chips to read mode and returns as nor_fail. A plain reset is enough but for
 * a buffered program that was aborted, which needs the unlock cycles in front. */
static int give_up(struct stk_nor *n, int err, uint32_t at, uint32_t status) {
    unlock_cycles(n);
    nor_command(n, UNLOCK_1 * n->width, CMD_RESET);
    return nor_fail(n, err, at, status);
}

/* Waits until two reads of `at` have the same DQ6, and then checks that the word is `want`. At its own time limit a
 * chip sets DQ5. The function then looks at DQ6 once more, since the operation may have ended between the two reads. A
 * chip whose block is protected does nothing and reads as before, so only the comparison with `want` finds this
 * error. */
static int finish(struct stk_nor *n, uint32_t at, uint32_t want, uint32_t polls) {
    uint32_t toggle = nor_each(n, DQ_TOGGLE), before = nor_read(n, at), now = nor_read(n, at);
    while (((before ^ now) & toggle) != 0) {
        /* Takes DQ5 only of the chips that still toggle; for a chip that is done, this bit is data. DQ5 is the bit
         * below DQ6. */
        uint32_t exceeded = now & (((before ^ now) & toggle) >> 1);
        before = nor_read(n, at);
        now = nor_read(n, at);
        exceeded &= ((before ^ now) & toggle) >> 1; /* drops the chips that ended in between: their bit was data */
        if (((before ^ now) & toggle) != 0 && (exceeded != 0 || polls-- == 0)) {
            return give_up(n, exceeded != 0 ? STK_E_IO : STK_E_TIMEOUT, at, now);
        }
    }
    return now == want ? STK_OK : give_up(n, STK_E_IO, at, now);
}

int stk_nor_amd_wait(struct stk_nor *n, uint32_t at) {
    uint32_t toggle = nor_each(n, DQ_TOGGLE), polls = n->erase_polls, before, now;
    do {
        before = nor_read(n, at);
        now = nor_read(n, at);
    } while (((before ^ now) & toggle) != 0 && polls-- != 0);
    return ((before ^ now) & toggle) == 0 ? STK_OK : STK_E_TIMEOUT;
}

int stk_nor_amd_program(struct stk_nor *n, uint32_t at, const uint32_t *words, uint32_t count) {
    uint32_t last = at + (count - 1) * n->width;
    unlock_cycles(n);
    if (count == 1) {
        nor_command(n, UNLOCK_1 * n->width, CMD_PROGRAM);
        nor_write(n, at, words[0]);
        return finish(n, at, words[0], n->word_polls);
    }
    /* The chip takes the number of words less one, the words, and the confirm command; before that it programs
     * nothing. */
    nor_command(n, at, CMD_BUFFER);
    nor_command(n, at, count - 1);
    for (uint32_t i = 0; i < count; i++) {
        nor_write(n, at + i * n->width, words[i]);
    }
    nor_command(n, at, CMD_BUFFER_GO);
    return finish(n, last, words[count - 1], n->buffer_polls);
}

int stk_nor_amd_erase(struct stk_nor *n, uint32_t at) {
    unlock_cycles(n);
    nor_command(n, UNLOCK_1 * n->width, CMD_ERASE);
    unlock_cycles(n);
    nor_command(n, at, CMD_ERASE_BLOCK);
    int err = finish(n, at, nor_each(n, 0xFFFF), n->erase_polls);
    /* Reads the whole block: a chip whose block is protected erases nothing and gives no error, and the first word
     * alone may have been blank before. */
    for (uint32_t end = at + n->geometry.block_bytes; err == STK_OK && at < end; at += n->width) {
        uint32_t word = nor_read(n, at);
        err = word == nor_each(n, 0xFFFF) ? STK_OK : nor_fail(n, STK_E_IO, at, word);
    }
    return err;
}
