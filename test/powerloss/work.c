#include "work.h"

int work_call(struct world *w, char call, uint64_t luck) {
    uint32_t most = world_block_cells(w) - 1 < 7 ? world_block_cells(w) - 1 : 7;
    switch (call) {
    case 'a':
        return world_append(w, 1);
    case 'b':
        return world_append(w, 1 + (uint32_t)(luck >> 40) % most);
    case 's':
        return world_sync(w);
    case 'p':
        return world_poll(w);
    case 'x':
        world_go_bad(w, luck);
        return STK_OK;
    case 'h':
        world_heal(w);
        return STK_OK;
    case 'r':
        world_mount_shaken(w, luck);
        return STK_OK;
    case 'u':
        world_mount_blind(w);
        return STK_OK;
    case 'w':
        world_check_shaken(w, luck);
        return STK_OK;
    default:
        world_mount(w);
        return STK_OK;
    }
}

char work_rhythm(const struct world *w, uint32_t rhythm, uint32_t i) {
    uint32_t lap = world_block_cells(w) - 1; /* records of a block */
    uint32_t dice = (uint32_t)(cut_hash(rhythm, i) >> 33) % 16;
    switch (rhythm) {
    case 0: /* a poll after each append; each sixth poll is a sync */
        return i % 12 == 11 ? 's' : i % 2 != 0 ? 'p' : 'a';
    case 1: /* batches, appends, polls and syncs, in a random order */
        return dice < 7 ? 'b' : dice < 10 ? 'a' : dice < 12 ? 'p' : 's';
    case 2: /* one poll in a block, many syncs */
        return i % (lap + 1) == lap ? 'p' : i % 4 == 3 ? 's' : 'a';
    case 3: /* mounts among the other calls */
        return dice < 9 ? 'a' : dice < 11 ? 'b' : dice < 13 ? 'p' : dice < 15 ? 's' : 'm';
    case 4: /* neither polls nor syncs */
        return 'a';
    case 5: /* mounts and walks while reads fail */
        return dice < 8 ? 'a' : dice < 10 ? 'b' : dice < 11 ? 'p' : dice < 12 ? 's' : dice < 14 ? 'r' : "wu"[dice % 2];
    default: /* blocks go bad, and later all blocks are good again */
        return i % (2 * lap + 1) == lap ? 'x' : i % (16 * lap + 3) == 15 * lap ? 'h' : "aaapbsab"[dice % 8];
    }
}

void work_script(struct world *w, const char *calls) {
    uint64_t luck = 0;
    while (*calls != '\0' && work_call(w, *calls, luck << 40) >= 0) {
        calls++;
        luck++;
    }
}

const char *work_recovery(uint64_t luck) {
    static const char *const scripts[] = {"paas", "aapas", "pbpbs", "basp"};
    return scripts[luck % 4];
}
