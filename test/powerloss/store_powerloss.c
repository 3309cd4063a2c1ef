/* store_powerloss [--quick | --long FIRST COUNT | --self-test | --caught] [--trace] [--cuts N] [--geometry I [--call N
 * --cut N --mode M [--second N --mode2 M] | --chain N]]: cuts the power of a flash store at every byte of what it
 * programs and at ten points of what it erases, once, twice, and many times in a row, on media that are lazy, whose
 * blocks go bad and whose reads fail. --long makes COUNT chains of cuts from number FIRST on: any slices of them may be
 * run anywhere, and their cuts add up. Exits with 1 when an artifact was lost, invented or torn, or a rule of the flash
 * was broken, else with 0. With --caught it exits with 0 only if it found such a failure: for a store with a planted
 * bug. */
#include "store_cuts.h"

/* Of FLASH and LAZY: read unit, program unit, bytes of a block, blocks, erased value, rule. Then: laps, weight, bad
 * blocks, bytes of a lazy sector, alignment. */
const struct store_shape shapes[] = {
    {"NOR 1, 256 x 8", FLASH(1, 1, 256, 8, 0xFF, STK_FLASH_MANY), 8, 4, 0, 0, 0},
    {"NOR 4, 512 x 5, erased 0", FLASH(4, 4, 512, 5, 0x00, STK_FLASH_MANY), 8, 4, 0, 0, 0},
    {"once 8, 512 x 6", FLASH(1, 8, 512, 6, 0xFF, STK_FLASH_ONCE), 6, 4, 0, 0, 0},
    {"invert 8, 320 x 9, read 8", FLASH(8, 8, 320, 9, 0xFF, STK_FLASH_INVERT), 6, 4, 0, 0, 0},
    {"once 32, 1024 x 4, read 4", FLASH(4, 32, 1024, 4, 0x00, STK_FLASH_ONCE), 6, 4, 0, 0, 0},
    {"invert 64, 256 x 9", FLASH(1, 64, 256, 9, 0xFF, STK_FLASH_INVERT), 6, 4, 0, 0, 0},
    {"once 64, 128 x 20", FLASH(64, 64, 128, 20, 0xFF, STK_FLASH_ONCE), 4, 4, 0, 0, 0},
    {"once 256, 1024 x 6", FLASH(1, 256, 1024, 6, 0xFF, STK_FLASH_ONCE), 6, 4, 0, 0, 0},
    {"invert 256, 512 x 9, read 128", FLASH(128, 256, 512, 9, 0xFF, STK_FLASH_INVERT), 6, 4, 0, 0, 0},
    {"NOR 256, 1024 x 16", FLASH(1, 256, 1024, 16, 0xFF, STK_FLASH_MANY), 6, 5, 0, 0, 0},
    {"NOR 512, 1024 x 5", FLASH(1, 512, 1024, 5, 0xFF, STK_FLASH_MANY), 6, 4, 0, 0, 0},
    {"once 4096, 8192 x 5, read 512", FLASH(512, 4096, 8192, 5, 0xFF, STK_FLASH_ONCE), 4, 2, 0, 0, 0},
    {"any 1, 512 x 6", FLASH(1, 1, 512, 6, 0xFF, STK_FLASH_ANY), 6, 3, 0, 0, 0},
    /* blocks that go bad, several in a row */
    {"NOR 1, 512 x 12, bad", FLASH(1, 1, 512, 12, 0xFF, STK_FLASH_MANY), 5, 5, 6, 0, 0},
    {"once 64, 192 x 16, erased 0, bad", FLASH(1, 64, 192, 16, 0x00, STK_FLASH_ONCE), 4, 5, 8, 0, 0},
    {"NOR 256, 1024 x 12, bad", FLASH(1, 256, 1024, 12, 0xFF, STK_FLASH_MANY), 4, 5, 6, 0, 0},
    {"once 512, 1024 x 12, read 512, bad", FLASH(512, 512, 1024, 12, 0xFF, STK_FLASH_ONCE), 4, 4, 6, 0, 0},
    /* lazy media: files, FTLs */
    {"lazy any 1, 1024 x 6, erased 0", LAZY(1, 1, 1024, 6, 0x00, STK_FLASH_ANY), 4, 4, 0, 512, 0},
    {"lazy any 512, 2048 x 6", LAZY(512, 512, 2048, 6, 0xFF, STK_FLASH_ANY), 4, 4, 0, 512, 0},
    {"lazy any 1, 512 x 9, sector 64, bad", LAZY(1, 1, 512, 9, 0xFF, STK_FLASH_ANY), 4, 4, 4, 64, 0},
    {"lazy once 256, 1024 x 9", LAZY(1, 256, 1024, 9, 0xFF, STK_FLASH_ONCE), 4, 4, 0, 256, 0},
    {"lazy any 1, 256 x 16, sector 64", LAZY(1, 1, 256, 16, 0xFF, STK_FLASH_ANY), 4, 4, 0, 64, 0},
    /* ports that need aligned buffers, as files with O_DIRECT do */
    {"lazy any 512, 4096 x 5, aligned", LAZY(512, 512, 4096, 5, 0xFF, STK_FLASH_ANY), 4, 3, 0, 512, 512},
    {"any 4096, 8192 x 5, aligned", FLASH(4096, 4096, 8192, 5, 0xFF, STK_FLASH_ANY), 3, 1, 0, 0, 4096},
    {"once 32, 512 x 8, aligned, bad", FLASH(32, 32, 512, 8, 0xFF, STK_FLASH_ONCE), 4, 3, 2, 0, 32},
    /* units that are no powers of two */
    {"NOR 24, 720 x 6, read 8", FLASH(8, 24, 720, 6, 0xFF, STK_FLASH_MANY), 4, 3, 0, 0, 0},
    {"once 528, 2112 x 6, read 528", FLASH(528, 528, 2112, 6, 0xFF, STK_FLASH_ONCE), 4, 3, 0, 0, 0},
};

static const char *shape(uint32_t i, uint32_t *weight) {
    *weight = shapes[i].weight;
    return shapes[i].name;
}

static bool has_chains(uint32_t i) {
    (void)i;
    return true;
}

int main(int argc, char **argv) {
    static const char *const plants[PLANTS] = {
        "nothing planted",
        "a program that a later cut undoes",
        "calls return before their last program",
        "an erase takes the next block along",
        "bits are read wrong",
        "erases do nothing",
    };
    const struct suite suite = {
        .name = "store_powerloss",
        .part_option = "--call",
        .quota = 2000000,
        .quota_quick = 8000,
        .quota_self = 4000,
        .quota_caught = 200000,
        .shapes = (uint32_t)(sizeof shapes / sizeof shapes[0]),
        .shape = shape,
        .has_chains = has_chains,
        .plants = plants,
        .n_plants = PLANTS,
        .self_shape = 3,
        .begin = run_begin,
        .run_all = run_all,
        .run_chain = run_chain,
    };
    return engine_main(&suite, argc, argv);
}
