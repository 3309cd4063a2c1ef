/* Boards with the chips of nor_chip.h on their bus, one or two of 16 bits. Included once in a test, after cmocka. */
#ifndef NOR_BOARD_H
#define NOR_BOARD_H

#include "nor_chip.h"
#include "stoker/port/nor.h"

static struct chip chips[2];

static uint32_t bus_read(void *ctx, uint32_t offset, uint32_t width) {
    struct chip *c = ctx;
    assert_int_equal(offset % width, 0);
    uint32_t low = chip_read(&c[0], offset / width);
    return width == 2 ? low : low | (uint32_t)chip_read(&c[1], offset / width) << 16;
}

static void bus_write(void *ctx, uint32_t offset, uint32_t width, uint32_t value) {
    struct chip *c = ctx;
    assert_int_equal(offset % width, 0);
    chip_write(&c[0], offset / width, (uint16_t)value);
    if (width == 4) {
        chip_write(&c[1], offset / width, (uint16_t)(value >> 16));
    }
}

static const struct stk_nor_bus bus = {bus_read, bus_write};

/* The four boards that tests of transfers run on. */
static const struct board {
    bool amd;
    uint32_t width;
} boards[] = {{false, 2}, {false, 4}, {true, 2}, {true, 4}};

static inline struct stk_nor_config plug(const struct board *b) {
    chip_init(&chips[0], b->amd);
    chip_init(&chips[1], b->amd);
    return (struct stk_nor_config){.bus = &bus, .bus_ctx = chips, .width = b->width, .polls_per_us = 1};
}

#endif
