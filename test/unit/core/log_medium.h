/* A flash for tests of the log that does what the test says: blocks that fail and leave a chosen part done, reads that
 * fail, calls that are refused, and power cuts. It checks the rules that a port sets for its caller. Included once in a
 * test, after cmocka. */
#ifndef LOG_MEDIUM_H
#define LOG_MEDIUM_H

#include <string.h>

#include "stoker/log.h"

#define MEDIUM_BYTES  196608u
#define MEDIUM_BLOCKS 400u
#define NO_CALL       UINT32_MAX

/* The state of the bytes after a program or an erase that failed, or that a power cut ended. */
enum done {
    NO_FAULT, /* the call does not fail */
    NONE,     /* all bytes stay as they were */
    ALL,      /* all bytes are as they were to be */
    FRONT,    /* only the first cell is as it was to be */
    BACK      /* all bytes but the first cell are as they were to be */
};

enum call {
    READ,
    PROG,
    ERASE,
    SYNC
};

static struct medium {
    uint8_t now[MEDIUM_BYTES], synced[MEDIUM_BYTES];               /* bytes that reads give; bytes at the last sync */
    struct stk_flash_geometry geometry;                            /* this and all below are cleared for a new medium */
    uint32_t next[MEDIUM_BLOCKS];                                  /* offset of the first blank unit of each block */
    uint32_t erased[MEDIUM_BLOCKS];                                /* erases of each block */
    uint8_t prog_fails[MEDIUM_BLOCKS], erase_fails[MEDIUM_BLOCKS]; /* knobs: an enum done for each block */
    uint32_t calls[4];                                             /* calls of each kind */
    uint32_t bad_block, bad_from, bad_to, bad_times;               /* knobs: bytes whose reads fail, and how often */
    int bad_err;                                                   /* knob: error of these reads */
    enum call refused;                                             /* knob: kind of the calls that are refused */
    /* knobs: number of the first refused call, and how many calls are refused */
    uint32_t refused_at, refused_times;
    int refused_err;        /* knob: error of a refused call */
    uint32_t after_refusal; /* calls since the last refused call */
    uint32_t cut_at;        /* knob: programs and erases before the cut */
    enum done cut_leaves;   /* knob: what the call that is cut leaves */
    int off;                /* 1: the power is off */
    void (*on_read)(uint32_t block, uint32_t offset, uint8_t *data, uint32_t bytes); /* knob: changes what was read */
    /* knob: is called before a program operation changes any byte; NULL: no call */
    void (*on_prog)(uint32_t block, uint32_t offset, const uint8_t *data, uint32_t bytes);
} medium;

static inline uint8_t *medium_at(uint32_t block, uint32_t offset) {
    return medium.now + (size_t)block * medium.geometry.block_bytes + offset;
}

static inline uint32_t medium_bytes(void) {
    return medium.geometry.blocks * medium.geometry.block_bytes;
}

static inline void medium_geometry(void *ctx, struct stk_flash_geometry *g) {
    (void)ctx;
    *g = medium.geometry;
}

/* Counts a call. Returns the error with which the call is refused, or STK_OK. */
static inline int medium_begin(enum call kind) {
    uint32_t number = medium.calls[kind]++;
    medium.after_refusal++;
    if (medium.off) {
        return STK_E_NODEV;
    }
    if (kind == medium.refused && number >= medium.refused_at && medium.refused_times != 0u) {
        medium.refused_times--;
        medium.after_refusal = 0;
        return medium.refused_err;
    }
    return STK_OK;
}

static inline int medium_read(void *ctx, uint32_t block, uint32_t offset, void *data, uint32_t bytes) {
    int err = medium_begin(READ);
    (void)ctx;
    assert_true(offset % medium.geometry.read_unit == 0u && bytes % medium.geometry.read_unit == 0u && bytes != 0u);
    assert_true(block < medium.geometry.blocks && offset + bytes <= medium.geometry.block_bytes);
    if (err == STK_OK && medium.bad_times != 0u && (medium.bad_block == block || medium.bad_block == NO_CALL) &&
        offset < medium.bad_to && medium.bad_from < offset + bytes) {
        medium.bad_times--;
        memset(data, 0x5A, bytes);
        return medium.bad_err;
    }
    if (err == STK_OK) {
        memcpy(data, medium_at(block, offset), bytes);
        if (medium.on_read) {
            medium.on_read(block, offset, data, bytes);
        }
    }
    return err;
}

/* Counts a program or an erase. Returns true if the power is cut in this call. */
static inline int medium_cut(void) {
    medium.off = medium.cut_at != NO_CALL && medium.cut_at-- == 0u;
    medium.cut_at = medium.off ? NO_CALL : medium.cut_at;
    return medium.off;
}

/* Sets [*from, *to) to the part of `bytes` that the call changes. */
static inline void medium_part(enum done done, uint32_t bytes, uint32_t *from, uint32_t *to) {
    *from = done == BACK ? STK_LOG_CELL_BYTES : 0u;
    *to = done == NONE ? 0u : done == FRONT ? STK_LOG_CELL_BYTES : bytes;
}

static inline int medium_prog(void *ctx, uint32_t block, uint32_t offset, const void *data, uint32_t bytes) {
    int err = medium_begin(PROG), again = offset < medium.next[block];
    enum done done = (enum done)medium.prog_fails[block];
    const uint8_t *p = data;
    uint32_t from, to;
    (void)ctx;
    assert_true(offset % medium.geometry.prog_unit == 0u && bytes % medium.geometry.prog_unit == 0u && bytes != 0u);
    assert_true(block < medium.geometry.blocks && offset + bytes <= medium.geometry.block_bytes);
    if (err != STK_OK) {
        return err;
    }
    assert_true(medium.next[block] != NO_CALL); /* else an erase was begun and did not end well */
    assert_true(!again || medium.geometry.rewrite != STK_FLASH_ONCE);
    if (medium.on_prog) {
        medium.on_prog(block, offset, p, bytes);
    }
    err = done != NO_FAULT ? STK_E_IO : STK_OK;
    if (medium_cut()) {
        done = medium.cut_leaves;
        err = STK_E_NODEV;
    }
    medium_part(done, bytes, &from, &to);
    for (uint32_t i = 0; i < bytes; i++) {
        uint8_t *m = medium_at(block, offset + i), e = medium.geometry.erased;
        int inverse = (p[i] ^ e) == 0xFF;
        assert_true(!again || medium.geometry.rewrite != STK_FLASH_INVERT || inverse);
        if (i >= from && i < to) {
            *m = medium.geometry.rewrite == STK_FLASH_ANY ? p[i] : (uint8_t)(e ? *m & p[i] : *m | p[i]);
        }
    }
    medium.next[block] = again ? medium.next[block] : offset + bytes;
    return err;
}

static inline int medium_erase(void *ctx, uint32_t block) {
    int err = medium_begin(ERASE);
    enum done done = (enum done)medium.erase_fails[block];
    uint32_t from, to;
    (void)ctx;
    assert_true(block < medium.geometry.blocks);
    if (err != STK_OK) {
        return err;
    }
    err = done != NO_FAULT ? STK_E_IO : STK_OK;
    if (medium_cut()) {
        done = medium.cut_leaves;
        err = STK_E_NODEV;
    }
    medium.erased[block]++;
    medium_part(done, medium.geometry.block_bytes, &from, &to);
    if (to > from) {
        memset(medium_at(block, from), medium.geometry.erased, to - from);
    }
    medium.next[block] = err == STK_OK ? 0u : NO_CALL;
    return err;
}

static inline int medium_sync(void *ctx) {
    int err = medium_begin(SYNC);
    (void)ctx;
    if (err == STK_OK && medium.geometry.lazy) {
        memcpy(medium.synced, medium.now, medium_bytes());
    }
    return err;
}

static const struct stk_flash_ops medium_ops = {"medium",    medium_geometry, medium_read,
                                                medium_prog, medium_erase,    medium_sync};

/* Makes a blank medium of this geometry, without bad blocks. */
static inline void medium_new(const struct stk_flash_geometry *g) {
    memset(&medium.geometry, 0, sizeof medium - offsetof(struct medium, geometry));
    assert_true(g->blocks <= MEDIUM_BLOCKS && (uint64_t)g->blocks * g->block_bytes <= MEDIUM_BYTES);
    medium.geometry = *g;
    medium.cut_at = NO_CALL;
    medium.bad_to = NO_CALL;
    medium.bad_err = STK_E_IO;
    memset(medium.now, g->erased, medium_bytes());
    memset(medium.synced, g->erased, medium_bytes());
}

/* Makes reads of the bytes [from, to) of a block fail, `times` times. */
static inline void medium_spoil(uint32_t block, uint32_t from, uint32_t to, uint32_t times) {
    medium.bad_block = block;
    medium.bad_from = from;
    medium.bad_to = to;
    medium.bad_times = times;
}

/* Refuses calls of this kind, `times` calls in all. The first one is the call with this number, counted from now on. */
static inline void medium_refuse(enum call kind, uint32_t number, uint32_t times, int err) {
    medium.refused = kind;
    medium.refused_at = medium.calls[kind] + number;
    medium.refused_times = times;
    medium.refused_err = err;
}

#endif
