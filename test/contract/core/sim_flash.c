/* The simulated flash: each rule of rewriting, both erased values, units that are no powers of two, a lazy medium, and
 * one that needs aligned buffers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "flash.h"
#include "stoker/port/sim_flash.h"

#define READ_ERRORS 1000u

static const struct medium {
    const char *name;
    struct stk_flash_geometry geometry;
    uint32_t align;
} media[] = {
    {"sim, NOR", {1, 1, 1024, 8, 0xFF, STK_FLASH_MANY, 0}, 1},
    {"sim, NOR, erased 0", {4, 4, 512, 8, 0x00, STK_FLASH_MANY, 0}, 1},
    {"sim, words that may be inverted", {8, 8, 640, 9, 0xFF, STK_FLASH_INVERT, 0}, 1},
    {"sim, words that are programmed once", {1, 32, 1024, 6, 0x00, STK_FLASH_ONCE, 0}, 1},
    {"sim, pages of 528 bytes", {528, 528, 2112, 6, 0xFF, STK_FLASH_ONCE, 0}, 1},
    {"sim, words of 24 bytes", {8, 24, 720, 6, 0xFF, STK_FLASH_MANY, 0}, 1},
    {"sim, any value", {1, 1, 512, 8, 0xFF, STK_FLASH_ANY, 0}, 1},
    {"sim, lazy", {1, 512, 2048, 6, 0x00, STK_FLASH_ANY, 1}, 1},
    {"sim, aligned buffers", {512, 512, 4096, 5, 0xFF, STK_FLASH_ANY, 1}, 512},
};

static _Alignas(64) uint8_t memory[131072];
static struct stk_sim_flash flash;
static const struct medium *medium;

static void *open_it(void) {
    const struct stk_sim_flash_config config = {.geometry = medium->geometry, .align = medium->align, .seed = 7};
    struct stk_arena arena;
    stk_arena_init(&arena, memory, sizeof memory);
    return stk_sim_flash_init(&flash, &config, &arena) == STK_OK ? &flash : NULL;
}

static void close_it(void) {
}

static void go_bad(uint32_t block) {
    stk_sim_flash_block(&flash, block)->bad_prog = true;
    stk_sim_flash_block(&flash, block)->bad_erase = true;
}

static void fail_reads(uint32_t block) {
    flash.read_error = (struct stk_sim_flash_read_error){.block = block, .times = READ_ERRORS};
}

static void mend(void) {
    for (uint32_t i = 0; i < medium->geometry.blocks; i++) {
        stk_sim_flash_block(&flash, i)->bad_prog = false;
        stk_sim_flash_block(&flash, i)->bad_erase = false;
    }
    flash.read_error.times = 0;
}

int main(void) {
    struct flash_port port = {
        .ops = &stk_sim_flash_ops,
        .open = open_it,
        .close = close_it,
        .bad = UINT32_MAX,
        .records = 500,
        .go_bad = go_bad,
        .fail_reads = fail_reads,
        .mend = mend,
    };
    int failed = 0;
    for (size_t i = 0; i < sizeof media / sizeof media[0]; i++) {
        medium = &media[i];
        port.name = medium->name;
        port.align = medium->align;
        failed += flash_contract(&port);
    }
    return failed;
}
