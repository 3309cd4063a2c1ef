/* stoker port: NOR chips of command set 0x0002, AMD. A chip that works toggles a bit of what it is read as. */
#include "nor_internal.h"

/* Where the two unlock cycles go, in words. */
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

enum {
    DQ_TOGGLE = 0x40,
    DQ_EXCEEDED = 0x20
};

static void unlock_cycles(const struct stk_nor *n) {
    nor_command(n, UNLOCK_1 * n->width, 0xAA);
    nor_command(n, UNLOCK_2 * n->width, 0x55);
}

/* Ends what failed; the unlock cycles are for a write buffer that was abandoned. */
static int give_up(struct stk_nor *n, int err, uint32_t at, uint32_t status) {
    unlock_cycles(n);
    nor_command(n, UNLOCK_1 * n->width, CMD_RESET);
    return nor_fail(n, err, at, status);
}

/* Waits until `at` reads the same twice, and as `want`. A chip sets DQ5 at its own time limit; the toggling is looked
 * at once more then, since it may have ended between the two reads. A chip with its block protected does nothing and
 * reads as before. */
static int finish(struct stk_nor *n, uint32_t at, uint32_t want, uint32_t polls) {
    uint32_t toggle = nor_each(n, DQ_TOGGLE), before = nor_read(n, at), now = nor_read(n, at);
    while (((before ^ now) & toggle) != 0) {
        /* DQ5 of those chips that still toggle: for the others it is data. */
        uint32_t exceeded = now & (((before ^ now) & toggle) >> 1);
        before = nor_read(n, at);
        now = nor_read(n, at);
        exceeded &= ((before ^ now) & toggle) >> 1; /* a chip that ended in between had data there */
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
    /* A chip with the block protected does nothing and says nothing. */
    for (uint32_t end = at + n->geometry.block_bytes; err == STK_OK && at < end; at += n->width) {
        uint32_t word = nor_read(n, at);
        err = word == nor_each(n, 0xFFFF) ? STK_OK : nor_fail(n, STK_E_IO, at, word);
    }
    return err;
}
