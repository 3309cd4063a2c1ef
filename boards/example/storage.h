/* The flash that the example's log lies on: the board's CFI flash, or a simulated SPI NOR chip whose contents the host
 * keeps in a file. */
#ifndef EXAMPLE_STORAGE_H
#define EXAMPLE_STORAGE_H

#include "stoker/port/flash.h"
#include "stoker/port/platform.h"

/* Opens the flash. Its object stays until the program ends. Returns STK_OK with *port, or the port's error. */
int storage_open(const struct stk_platform_port *platform, struct stk_flash_port *port);

#endif
