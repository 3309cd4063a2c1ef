/* stoker port: what the files of the simulated flash share. */
#ifndef STOKER_SIM_FLASH_INTERNAL_H
#define STOKER_SIM_FLASH_INTERNAL_H

#include "stoker/port/sim_flash.h"

/* Bytes of the smallest sector of a lazy medium. The journal's memory is computed for no smaller ones. */
#define SIM_SECTOR_MIN 64u
/* Bytes of a sector unless the configuration says otherwise: that of most disks. */
#define SIM_SECTOR_DEFAULT 512u

/* A program that is under way, as the rules and the cuts look at it. */
struct sim_prog {
    struct stk_sim_flash_block *block; /* head of the block */
    uint32_t index, offset, bytes;     /* the block's number, and the place in the block in bytes */
    const uint8_t *data;               /* the bytes to program, `bytes` of them */
};

/* Returns the bytes of a block, which follow its head in the medium's memory. Behind them lie the two maps. */
static inline uint8_t *sim_flash_bytes(const struct stk_sim_flash *f, uint32_t block) {
    return f->mem + block * f->stride + sizeof(struct stk_sim_flash_block);
}

/* Returns the map of used units: one bit for each program unit, set if the unit was programmed since the last erase. */
static inline uint8_t *sim_flash_used(const struct stk_sim_flash *f, uint32_t block) {
    return sim_flash_bytes(f, block) + f->config.geometry.block_bytes;
}

/* Returns the map of unreadable units: one bit for each program unit, set if reads of the unit fail. */
static inline uint8_t *sim_flash_unreadable(const struct stk_sim_flash *f, uint32_t block) {
    const struct stk_flash_geometry *g = &f->config.geometry;
    return sim_flash_used(f, block) + STK_SIM_FLASH_MAP_(g->block_bytes, g->prog_unit);
}

static inline uint32_t sim_smaller(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

static inline bool sim_bit(const uint8_t *map, uint32_t i) {
    return (map[i / 8] >> (i % 8) & 1u) != 0;
}

static inline void sim_set_bit(uint8_t *map, uint32_t i, bool to) {
    uint8_t mask = (uint8_t)(1u << (i % 8));
    map[i / 8] = (uint8_t)(to ? map[i / 8] | mask : map[i / 8] & ~mask);
}

/* Returns a byte of the medium after a program of `data`. Bits can only leave the erased value, except on a medium that
 * takes any value. */
static inline uint8_t sim_flash_byte(const struct stk_sim_flash *f, uint8_t old, uint8_t data) {
    if (f->config.geometry.rewrite == STK_FLASH_ANY) {
        return data;
    }
    return (uint8_t)(f->config.geometry.erased == 0xFF ? old & data : old | data);
}

/// Rules ///

/* Notes that a call broke `rule`; only the first such call is noted. Returns STK_E_RANGE. */
int stk_sim_flash_violate(struct stk_sim_flash *f, enum stk_sim_flash_rule rule, uint32_t block, uint32_t offset,
                          uint32_t bytes);

/* Returns true if these bytes are whole units of one block of the medium. 0 bytes are whole. */
bool stk_sim_flash_is_placed(const struct stk_sim_flash *f, uint32_t unit, uint32_t block, uint32_t offset,
                             uint32_t bytes);

/* Returns the rule that a program breaks, or STK_SIM_FLASH_KEPT. */
enum stk_sim_flash_rule stk_sim_flash_rule_of(const struct stk_sim_flash *f, const struct sim_prog *p);

/// Changes ///

/* Takes note that bytes of a block are about to change: the journal of a lazy medium keeps them, and the block gets a
 * new stamp. Call it before the change; `bytes` is above 0. Returns the block. */
struct stk_sim_flash_block *stk_sim_flash_changed(struct stk_sim_flash *f, uint32_t block, uint32_t offset,
                                                  uint32_t bytes);

/* The first function programs bytes from .. to - 1 of `p`. The second one counts units from .. to - 1 of the block as
 * programmed. */
void stk_sim_flash_apply(struct stk_sim_flash *f, const struct sim_prog *p, uint32_t from, uint32_t to);
void stk_sim_flash_use(struct stk_sim_flash *f, const struct sim_prog *p, uint32_t from, uint32_t to);

/* Fills a block with old, erased and random bytes. */
void stk_sim_flash_garbage(struct stk_sim_flash *f, uint32_t block);

/* Erases the block completely, and ends everything that a cut or a failure had left in it, but for `bad_prog` and
 * `bad_erase`. */
void stk_sim_flash_clear(struct stk_sim_flash *f, uint32_t block);

/* Ends the unstable places that overlap these bytes: they keep the value that they have now. */
void stk_sim_flash_settle(struct stk_sim_flash *f, uint32_t block, uint32_t offset, uint32_t bytes);

/* Reads bytes of a block that flickers, into `data`. */
void stk_sim_flash_flicker(struct stk_sim_flash *f, uint32_t block, uint32_t offset, uint8_t *data, uint32_t bytes);

/// Cuts and failures ///

/* Both functions change the block as a cut at step `k` of the operation would: the first for a program, the second for
 * an erase. k counts from 0, as sim_flash_media.h says. */
void stk_sim_flash_cut_prog(struct stk_sim_flash *f, const struct sim_prog *p, uint32_t k);
void stk_sim_flash_cut_erase(struct stk_sim_flash *f, uint32_t block, uint32_t k);

/* Both functions do an operation that fails, a program or an erase, and make the block bad. They return STK_E_IO. */
int stk_sim_flash_fail_prog(struct stk_sim_flash *f, const struct sim_prog *p);
int stk_sim_flash_fail_erase(struct stk_sim_flash *f, uint32_t block);

/* Returns true if the read error hits a read of these bytes, and then uses the error up by one. */
bool stk_sim_flash_read_fails(struct stk_sim_flash *f, uint32_t block, uint32_t offset, uint32_t bytes);

/// Lazy media ///

/* Sets the journal up if the medium is lazy. Its memory is all zeros before. */
void stk_sim_flash_journal_init(struct stk_sim_flash *f);
void stk_sim_flash_journal_copy(struct stk_sim_flash *to, const struct stk_sim_flash *from);

/* Empties the journal: what the medium holds now survives a power cut. */
void stk_sim_flash_remember_all(struct stk_sim_flash *f);

/* Takes sectors back to what they held at some moment since the last sync, drawn for each, and empties the journal. */
void stk_sim_flash_forget(struct stk_sim_flash *f);

#endif
