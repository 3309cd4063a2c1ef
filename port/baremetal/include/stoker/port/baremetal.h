/* stoker port: systems without an operating system. Includes all headers of the port. */
#ifndef STOKER_PORT_BAREMETAL_H
#define STOKER_PORT_BAREMETAL_H

#include "stoker/port/bare_core.h"
#include "stoker/port/bare_frame.h"
#include "stoker/port/bare_uart.h"

#endif
