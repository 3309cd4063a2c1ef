/* CFI NOR over chips that the test models: both command sets, one chip and two, and larger units. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "flash.h"
#include "nor_board.h"

static struct stk_nor nor;
static struct stk_nor_config config;
static const struct board *board;
static uint32_t unit; /* program unit that the port reports; 0: the unit of the bus */
static bool once;     /* a unit is programmed once */

static void *reopen(void) {
    return stk_nor_open(&nor, &config) == STK_OK ? &nor : NULL;
}

static void *open_it(void) {
    config = plug(board);
    config.prog_unit = unit;
    config.once = once;
    return reopen();
}

static void close_it(void) {
}

static void go_bad(uint32_t block) {
    chips[0].fails = 1u << block;
}

static void stand_in_the_way(void) {
    chips[0].no_voltage = chips[1].no_voltage = true;
}

static void mend(void) {
    for (uint32_t i = 0; i < 2; i++) {
        chips[i].fails = 0;
        chips[i].no_voltage = false;
    }
}

int main(void) {
    static const struct {
        const char *name;
        uint32_t board, unit;
        bool once;
    } ways[] = {
        {"nor, Intel, one chip", 0, 0, false},
        {"nor, Intel, two chips", 1, 0, false},
        {"nor, AMD, one chip", 2, 0, false},
        {"nor, AMD, two chips", 3, 0, false},
        {"nor, words that are programmed once", 0, 64, true},
        {"nor, pages of 1 KiB", 2, 1024, true},
    };
    struct flash_port port = {
        .ops = &stk_nor_flash_ops,
        .open = open_it,
        .close = close_it,
        .reopen = reopen,
        .bad = UINT32_MAX,
        .align = 1,
        .go_bad = go_bad,
        .refusal = STK_E_ACCESS,
        .stand_in_the_way = stand_in_the_way,
        .mend = mend,
    };
    int failed = 0;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        board = &boards[ways[i].board];
        unit = ways[i].unit;
        once = ways[i].once;
        port.name = ways[i].name;
        port.stand_in_the_way = board->amd ? NULL : stand_in_the_way; /* an AMD chip does not report low voltage */
        port.records = unit <= 64 ? 500 : 0;
        failed += flash_contract(&port);
    }
    return failed;
}
