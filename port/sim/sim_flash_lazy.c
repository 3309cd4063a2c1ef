/* stoker port: simulated flash, lazy media. This file keeps the earlier bytes of changed sectors, and a power cut
 * brings some of these bytes back. A lazy medium stands for a disk or a page cache, which writes sectors back in any
 * order.
 *
 * Before bytes of a sector change, the journal takes a copy of them. The entries of one sector form a list, the newest
 * entry first. A table has a place for each sector of the medium, and this place names the first entry of the list. A
 * sync empties the journal and the table. */
#include <string.h>

#include "sim_flash_internal.h"
#include "sim_random.h"

/* The head of an entry; the bytes of the sector follow. */
struct entry {
    uint64_t stamp; /* tells entries apart, also between copies of a medium */
    uint32_t older; /* the next older entry of the same sector, counted from 1; 0: none */
};

/// Places ///

/* Returns the journal's memory, which lies behind the blocks and the unstable places. */
static uint8_t *memory_of(const struct stk_sim_flash *f) {
    return f->mem + f->config.geometry.blocks * f->stride + STK_ALIGNED(2u * STK_SIM_FLASH_WEAK * f->weak_max);
}

static uint32_t sectors_of(const struct stk_sim_flash *f) {
    return f->config.geometry.blocks * f->journal.block_sectors;
}

/* Returns the table: for each sector the number of its newest entry, counted from 1; 0: no entry. */
static uint32_t *table_of(const struct stk_sim_flash *f) {
    return (uint32_t *)(void *)memory_of(f);
}

/* Returns the bytes of the table, in whole words of 8 bytes, to which the entries behind it are aligned. */
static size_t table_bytes(const struct stk_sim_flash *f) {
    return (sectors_of(f) * sizeof(uint32_t) + 7u) / 8u * 8u;
}

static struct entry *entry_at(const struct stk_sim_flash *f, uint32_t i) {
    return (struct entry *)(void *)(memory_of(f) + table_bytes(f) + i * f->journal.stride);
}

/* Returns the bytes of sector `i` of a block. The last sector of a block may be shorter. */
static uint32_t bytes_of(const struct stk_sim_flash *f, uint32_t i) {
    uint32_t left = f->config.geometry.block_bytes - i * f->journal.sector;
    return left < f->journal.sector ? left : f->journal.sector;
}

void stk_sim_flash_journal_init(struct stk_sim_flash *f) {
    const struct stk_flash_geometry *g = &f->config.geometry;
    struct stk_sim_flash_journal *j = &f->journal;
    if (g->lazy != 0) {
        uint32_t sector = f->config.sector != 0 ? f->config.sector : SIM_SECTOR_DEFAULT;
        /* The journal gets what the macro for lazy media has beyond the macro for others; `most` is how many entries
         * fit there. */
        size_t all = STK_SIM_FLASH_LAZY_BYTES(g->blocks, g->block_bytes, g->prog_unit) -
                     STK_SIM_FLASH_BYTES(g->blocks, g->block_bytes, g->prog_unit);
        j->sector = sector < g->block_bytes ? sector : g->block_bytes;
        j->block_sectors = (g->block_bytes + j->sector - 1) / j->sector;
        j->stride = sizeof(struct entry) + (j->sector + (size_t)7) / 8 * 8;
        all = (all - table_bytes(f)) / j->stride;
        j->most = all < UINT32_MAX ? (uint32_t)all : UINT32_MAX;
    }
}

void stk_sim_flash_journal_copy(struct stk_sim_flash *to, const struct stk_sim_flash *from) {
    if (from->journal.used != 0 || to->journal.used != 0) {
        memcpy(table_of(to), table_of(from), table_bytes(from));
    }
    for (uint32_t i = 0; i < from->journal.used; i++) {
        const struct entry *e = entry_at(from, i);
        /* Entries of one stamp are equal, so that a copy back and forth moves few bytes. */
        if (entry_at(to, i)->stamp != e->stamp) {
            memcpy(entry_at(to, i), e, from->journal.stride);
        }
    }
}

/// Changes ///

/* Takes a copy of the sector before a change. A sector's first entry since the last sync always has room: further
 * entries take only the room that is not kept for first entries. So a cut can always bring back what the last sync made
 * sure of. */
static void note_sector(struct stk_sim_flash *f, uint32_t block, uint32_t i) {
    struct stk_sim_flash_journal *j = &f->journal;
    uint32_t *newest = table_of(f) + block * j->block_sectors + i;
    if (*newest == 0 || j->used < j->most - sectors_of(f)) {
        struct entry *e = entry_at(f, j->used++);
        *e = (struct entry){.stamp = ++f->stamp, .older = *newest};
        memcpy(e + 1, sim_flash_bytes(f, block) + i * j->sector, bytes_of(f, i));
        *newest = j->used;
    }
}

struct stk_sim_flash_block *stk_sim_flash_changed(struct stk_sim_flash *f, uint32_t block, uint32_t offset,
                                                  uint32_t bytes) {
    struct stk_sim_flash_block *b = stk_sim_flash_block(f, block);
    if (f->journal.sector != 0) {
        for (uint32_t i = offset / f->journal.sector; i <= (offset + bytes - 1) / f->journal.sector; i++) {
            note_sector(f, block, i);
        }
    }
    b->stamp = ++f->stamp;
    return b;
}

void stk_sim_flash_remember_all(struct stk_sim_flash *f) {
    memset(table_of(f), 0, table_bytes(f));
    f->journal.used = 0;
}

/// Cuts ///

/* Moment to which a sector goes back. */
enum age {
    FIRST,  /* the bytes of the sector at the last sync */
    NOW,    /* the bytes of the sector now: the sector does not go back */
    ANY_AGE /* any moment in between or one of the two, each as likely as the others */
};

/* Takes a sector back to the moment before entry `e`. */
static void take_back(struct stk_sim_flash *f, uint32_t block, uint32_t i, const struct entry *e) {
    struct stk_sim_flash_block *b = stk_sim_flash_block(f, block);
    uint32_t offset = i * f->journal.sector, bytes = bytes_of(f, i);
    stk_sim_flash_settle(f, block, offset, bytes);
    memcpy(sim_flash_bytes(f, block) + offset, e + 1, bytes);
    b->stamp = ++f->stamp;
    /* The block may hold parts of several moments, so only an erase makes it fit for a program again. */
    b->broken = true;
}

/* Takes one sector back to the moment that `age` names. The draw of one of many entries goes along the list once: the
 * n-th is taken with probability 1/n, which makes all of them equally likely. */
static void forget_sector(struct stk_sim_flash *f, uint32_t block, uint32_t i, enum age age) {
    const struct entry *chosen = NULL;
    uint32_t ages = 1, e = table_of(f)[block * f->journal.block_sectors + i];
    for (; e != 0 && age != NOW; e = entry_at(f, e - 1)->older) {
        ages++;
        if (age == FIRST || sim_random_below(&f->rng, ages) == 0) {
            chosen = entry_at(f, e - 1);
        }
    }
    if (chosen != NULL) {
        take_back(f, block, i, chosen);
    }
}

/* Takes the sectors back. In one of four draws the whole medium goes to one end, the last sync or now; in one of four
 * each block does by itself; else each sector goes to a moment of its own. The whole cases are rare otherwise, and are
 * the ones in which an order between blocks is lost. */
void stk_sim_flash_forget(struct stk_sim_flash *f) {
    uint32_t how = sim_random_below(&f->rng, 8);
    for (uint32_t block = 0; block < f->config.geometry.blocks; block++) {
        uint32_t end = how < 2 ? how : sim_random_below(&f->rng, 2);
        for (uint32_t i = 0; i < f->journal.block_sectors; i++) {
            forget_sector(f, block, i, (enum age)(how < 4 ? end : sim_random_below(&f->rng, 3)));
        }
    }
    stk_sim_flash_remember_all(f);
}
