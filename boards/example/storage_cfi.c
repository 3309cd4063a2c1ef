#include "board.h"
#include "storage.h"
#include "stoker/port/nor.h"

static struct stk_nor nor;

int storage_open(const struct stk_platform_port *platform, struct stk_flash_port *port) {
    const struct stk_nor_config config = {
        .base = (volatile void *)(uintptr_t)BOARD_NOR_ADDRESS, .width = BOARD_NOR_WIDTH, .bytes = BOARD_LOG_SIZE};
    (void)platform;
    *port = (struct stk_flash_port){&stk_nor_flash_ops, &nor};
    return stk_nor_open(&nor, &config);
}
