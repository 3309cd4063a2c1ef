/* stoker port: UARTs of systems without an operating system, driven by polling. */
#ifndef STOKER_PORT_BARE_UART_H
#define STOKER_PORT_BARE_UART_H

#include <stdint.h>

#include "stoker/err.h"
#include "stoker/port/platform.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The kinds of UARTs. They are macros, so that the header of a board can name one without including this header. */
#define STK_UART_CMSDK 1u /* Arm's CMSDK APB UART */
#define STK_UART_PL011 2u /* Arm's PrimeCell PL011 */
#define STK_UART_16550 3u /* 16550A and what behaves like it */

struct stk_bare_uart_config {
    uint32_t kind;                     /* STK_UART_*, mandatory */
    volatile void *registers;          /* mandatory */
    uint32_t clock_hz;                 /* clock of the UART, from which `baud` is made; 0: the rate stays as it is */
    uint32_t baud;                     /* bits in a second; at least clock_hz / 65536 */
    uint32_t stride;                   /* 16550: bytes from one register to the next, 1 or 4; default 1 */
    struct stk_platform_port platform; /* mandatory: the clock of the deadlines */
};

/* The fields are private. */
struct stk_bare_uart {
    struct stk_bare_uart_config config;
    const struct stk_bare_uart_ops *ops;
};

/* Sets the UART up: 8 data bits, no parity, one stop bit, no interrupts. STK_E_ARG a mandatory member is missing, kind,
 * stride; STK_E_RANGE the UART cannot make the rate. */
STK_MUST_CHECK int stk_bare_uart_init(struct stk_bare_uart *uart, const struct stk_bare_uart_config *config);

/* Sends `bytes` bytes. Returns STK_OK when the UART has taken the last byte. Returns STK_E_TIMEOUT after timeout_ns
 * (stoker/deadline.h); then an unknown number of the bytes, from 0 on, was sent. */
STK_MUST_CHECK int stk_bare_uart_write(struct stk_bare_uart *uart, const void *data, uint32_t bytes,
                                       uint64_t timeout_ns);

/* Takes what has arrived, at most `bytes` bytes. Returns how many, also 0. Never blocks. */
uint32_t stk_bare_uart_read(struct stk_bare_uart *uart, void *data, uint32_t bytes);

#ifdef __cplusplus
}
#endif
#endif
