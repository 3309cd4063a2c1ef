/* Test model: CFI NOR chips of 16 bits, one or two on a bus, of either command set, that can fail on demand. Written
 * from the data sheets' state tables, not from the port. */
#ifndef NOR_CHIP_H
#define NOR_CHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A chip: four blocks of 2 KiB, then eight of 1 KiB. */
#define BIG_WORDS   1024u
#define SMALL_WORDS 512u
#define BIG_BLOCKS  4u
#define CHIP_USED   (BIG_BLOCKS * BIG_WORDS + 8u * SMALL_WORDS)
#define CFI_BYTES   0x60u

enum chip_mode {
    CHIP_ARRAY,
    CHIP_QUERY,
    CHIP_STATUS
};

enum chip_step {
    STEP_NONE,
    STEP_PROGRAM, /* the next write is the word to program */
    STEP_ERASE,   /* the next write confirms the erase */
    STEP_LOCK,
    STEP_COUNT, /* the next write is the number of words of the buffer, less one */
    STEP_FILL,
    STEP_GO,
    STEP_UNLOCK_1, /* AMD: the chip has seen AA */
    STEP_UNLOCK_2, /* AMD: the chip has seen 55 after AA */
    STEP_AMD_ERASE,
    STEP_AMD_ERASE_1,
    STEP_AMD_ERASE_2,
    STEP_ABORTED
};

struct chip {
    bool amd;
    enum chip_mode mode;
    enum chip_step step;
    uint8_t cfi[CFI_BYTES];
    uint16_t mem[CHIP_USED];
    uint32_t status; /* status register of an Intel chip, without the bit for ready */
    uint32_t busy;   /* polls that will still find the chip busy */
    bool toggling, exceeded;
    uint32_t buffer_at, buffer_left, buffer_block, buffer_words;
    uint16_t buffer[64];
    uint32_t buffer_first;
    uint32_t programs, buffered, erases, unlocks;
    /* Settings of the test. */
    uint32_t polls;     /* polls for which the chip stays busy after each operation */
    uint32_t no_buffer; /* requests for the buffer that the chip answers with "not ready" */
    bool fail_program, fail_erase;
    uint32_t fails;        /* mask of blocks in which programs and erases fail */
    uint32_t buffers_left; /* number of times that the chip gives its buffer, then no more; 0: any number */
    bool no_voltage;
    uint32_t locked; /* mask of the locked blocks */
};

static inline uint32_t chip_block(uint32_t word) {
    return word < BIG_BLOCKS * BIG_WORDS ? word / BIG_WORDS
                                         : BIG_BLOCKS + (word - BIG_BLOCKS * BIG_WORDS) / SMALL_WORDS;
}

static inline uint32_t chip_block_words(uint32_t block) {
    return block < BIG_BLOCKS ? BIG_WORDS : SMALL_WORDS;
}

static inline uint32_t chip_block_at(uint32_t block) {
    return block < BIG_BLOCKS ? block * BIG_WORDS : BIG_BLOCKS * BIG_WORDS + (block - BIG_BLOCKS) * SMALL_WORDS;
}

static inline void chip_init(struct chip *c, bool amd) {
    static const uint8_t table[] = {'Q',
                                    'R',
                                    'Y',
                                    1,
                                    0,
                                    0x31,
                                    0,
                                    0,
                                    0,
                                    0,
                                    0,
                                    0x45,
                                    0x55,
                                    0,
                                    0,
                                    /* 1F */ 3,
                                    4,
                                    2,
                                    0,
                                    4,
                                    4,
                                    4,
                                    0,
                                    14,
                                    2,
                                    0,
                                    /* 2A */ 5,
                                    0,
                                    2,
                                    /* 2D */ BIG_BLOCKS - 1,
                                    0,
                                    BIG_WORDS * 2 / 256,
                                    0,
                                    7,
                                    0,
                                    SMALL_WORDS * 2 / 256,
                                    0};
    memset(c, 0, sizeof *c);
    memset(c->mem, 0xFF, sizeof c->mem);
    memcpy(c->cfi + 0x10, table, sizeof table);
    c->amd = amd;
    c->cfi[0x13] = amd ? 2 : 1;
    c->cfi[0x15] = 0x40; /* the extended table */
    c->polls = 3;
}

/// What a chip does ///

static inline void chip_start(struct chip *c) {
    c->busy = c->polls;
    c->mode = c->amd ? CHIP_ARRAY : CHIP_STATUS;
    c->step = STEP_NONE;
}

/* Returns true if the chip refuses to change the word's block. */
static inline bool chip_is_locked(struct chip *c, uint32_t word) {
    if (c->no_voltage) {
        c->status |= 0x18;
        return true;
    }
    if ((c->locked >> chip_block(word) & 1u) == 0) {
        return false;
    }
    c->status |= c->amd ? 0 : 0x12u;
    return true;
}

static inline void chip_program(struct chip *c, uint32_t word, uint16_t value) {
    if (chip_is_locked(c, word)) {
        return;
    }
    if (c->fail_program || (c->fails >> chip_block(word) & 1u) != 0) {
        c->status |= 0x10;
        c->exceeded = c->amd;
        return;
    }
    c->mem[word] &= value;
}

static inline void chip_erase(struct chip *c, uint32_t word) {
    uint32_t block = chip_block(word);
    c->erases++;
    if (chip_is_locked(c, word)) {
        return;
    }
    if (c->fail_erase || (c->fails >> block & 1u) != 0) {
        c->status |= 0x20;
        c->exceeded = c->amd;
        return;
    }
    memset(c->mem + chip_block_at(block), 0xFF, chip_block_words(block) * 2u);
}

/* Puts a word into the buffer. A word of another block, and a word beyond the buffer's size, end the command with an
 * error. */
static inline void chip_fill(struct chip *c, uint32_t word, uint16_t value) {
    if (c->buffer_words == 0) {
        c->buffer_first = word;
    }
    if (chip_block(word) != c->buffer_block || word != c->buffer_first + c->buffer_words ||
        word / 16u != c->buffer_first / 16u) {
        c->status |= 0x30;
        c->exceeded = c->amd;
    }
    c->buffer[c->buffer_words++] = value;
    c->step = --c->buffer_left == 0 ? STEP_GO : STEP_FILL;
}

static inline void chip_go(struct chip *c) {
    c->buffered++;
    for (uint32_t i = 0; i < c->buffer_words; i++) {
        chip_program(c, c->buffer_first + i, c->buffer[i]);
    }
    chip_start(c);
}

/// Intel ///

static inline void intel_command(struct chip *c, uint32_t word, uint16_t command) {
    switch (command) {
    case 0x40:
        c->step = STEP_PROGRAM;
        break;
    case 0x20:
        c->step = STEP_ERASE;
        break;
    case 0x60:
        c->step = STEP_LOCK;
        break;
    case 0xE8:
        c->mode = CHIP_STATUS;
        c->buffer_block = chip_block(word);
        c->buffer_words = 0;
        if (c->no_buffer != 0) {
            c->no_buffer -= c->no_buffer != UINT32_MAX;
            c->busy = 1;
        } else {
            c->step = STEP_COUNT;
            c->no_buffer = c->buffers_left == 1 ? UINT32_MAX : 0;
            c->buffers_left -= c->buffers_left != 0;
        }
        break;
    case 0x50:
        c->status = 0;
        break;
    case 0x70:
        c->mode = CHIP_STATUS;
        break;
    case 0x98:
        c->mode = CHIP_QUERY;
        break;
    default:
        c->mode = CHIP_ARRAY;
        break;
    }
}

static inline void intel_write(struct chip *c, uint32_t word, uint16_t value) {
    switch (c->step) {
    case STEP_PROGRAM:
        c->programs++;
        chip_program(c, word, value);
        chip_start(c);
        break;
    case STEP_ERASE:
        c->status |= value == 0xD0 ? 0 : 0x30;
        if (value == 0xD0) {
            chip_erase(c, word);
        }
        chip_start(c);
        break;
    case STEP_LOCK:
        c->unlocks++;
        c->locked &= value == 0xD0 ? ~(1u << chip_block(word)) : ~0u;
        chip_start(c);
        break;
    case STEP_COUNT:
        c->buffer_left = value + 1u;
        c->step = STEP_FILL;
        break;
    case STEP_FILL:
        chip_fill(c, word, value);
        break;
    case STEP_GO:
        if (value == 0xD0 && c->status == 0) {
            chip_go(c);
        }
        chip_start(c);
        break;
    default:
        intel_command(c, word, value);
        break;
    }
}

/// AMD ///

static inline void amd_cycle(struct chip *c, uint32_t word, uint16_t value, uint32_t at, uint16_t want,
                             enum chip_step to) {
    c->step = word == at && value == want ? to : STEP_NONE;
}

static inline void amd_command(struct chip *c, uint32_t word, uint16_t value) {
    if (value == 0xF0 && word == 0x555) {
        c->step = STEP_NONE;
        c->exceeded = false;
        c->busy = 0;
    } else if (value == 0x25) {
        c->buffer_block = chip_block(word);
        c->buffer_words = 0;
        c->step = STEP_COUNT;
    } else {
        c->step = word != 0x555 ? STEP_NONE : value == 0xA0 ? STEP_PROGRAM : value == 0x80 ? STEP_AMD_ERASE : STEP_NONE;
    }
}

static inline void amd_write(struct chip *c, uint32_t word, uint16_t value) {
    switch (c->step) {
    case STEP_UNLOCK_1:
        amd_cycle(c, word, value, 0x2AA, 0x55, STEP_UNLOCK_2);
        break;
    case STEP_UNLOCK_2:
        amd_command(c, word, value);
        break;
    case STEP_PROGRAM:
        c->programs++;
        chip_program(c, word, value);
        chip_start(c);
        break;
    case STEP_COUNT:
        c->buffer_left = value + 1u;
        c->step = STEP_FILL;
        break;
    case STEP_FILL:
        chip_fill(c, word, value);
        break;
    case STEP_GO:
        if (value == 0x29 && !c->exceeded) {
            chip_go(c);
        }
        chip_start(c);
        break;
    case STEP_AMD_ERASE:
        amd_cycle(c, word, value, 0x555, 0xAA, STEP_AMD_ERASE_1);
        break;
    case STEP_AMD_ERASE_1:
        amd_cycle(c, word, value, 0x2AA, 0x55, STEP_AMD_ERASE_2);
        break;
    case STEP_AMD_ERASE_2:
        if (value == 0x30) {
            chip_erase(c, word);
        }
        chip_start(c);
        break;
    default:
        if (value == 0x98 && word == 0x55) {
            c->mode = CHIP_QUERY;
        } else if (value == 0xF0) {
            c->mode = CHIP_ARRAY;
        } else if (value == 0xAA && word == 0x555) {
            c->step = STEP_UNLOCK_1;
        }
        break;
    }
}

/// The bus ///

static inline uint16_t chip_read(struct chip *c, uint32_t word) {
    if (c->mode == CHIP_QUERY) {
        return word < CFI_BYTES ? c->cfi[word] : 0;
    }
    if (c->mode == CHIP_STATUS) {
        if (c->busy != 0) {
            c->busy--;
            return 0;
        }
        return (uint16_t)(0x80u | c->status);
    }
    if (c->amd && (c->busy != 0 || c->exceeded)) {
        c->busy -= c->busy != 0;
        c->toggling = !c->toggling;
        return (uint16_t)((c->toggling ? 0x40u : 0u) | (c->busy == 0 && c->exceeded ? 0x20u : 0u));
    }
    return word < CHIP_USED ? c->mem[word] : 0xFFFF;
}

/* Returns true if the chip ignores the command: a busy chip takes only the command for its status. */
static inline bool chip_ignores(const struct chip *c) {
    return c->busy != 0 && c->step == STEP_NONE && !c->exceeded;
}

static inline void chip_write(struct chip *c, uint32_t word, uint16_t value) {
    if (chip_ignores(c)) {
        c->mode = !c->amd && value == 0x70 ? CHIP_STATUS : c->mode;
    } else if (c->amd) {
        amd_write(c, word, value);
    } else {
        intel_write(c, word, value);
    }
}

#endif
