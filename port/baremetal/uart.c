/* stoker port: UARTs by polling: CMSDK, PL011, 16550. Telemetry is sent between two steps of the work, and nobody waits
 * for its answer, so interrupts would bring nothing but handlers that a board has to place in its vector table. Each
 * driver has three functions; all that they share, the deadline among it, is at the end of the file. */
#include <stdbool.h>
#include <stddef.h>

#include "stoker/deadline.h"
#include "stoker/port/bare_uart.h"

/* The functions that differ between the kinds of UARTs. `put` and `get` return false where the UART has no room, or no
 * byte. */
struct stk_bare_uart_ops {
    int (*init)(const struct stk_bare_uart_config *config);
    bool (*put)(const struct stk_bare_uart_config *config, uint8_t byte);
    bool (*get)(const struct stk_bare_uart_config *config, uint8_t *byte);
};

/* Returns the registers of a UART that has words. */
static volatile uint32_t *words(const struct stk_bare_uart_config *c) {
    return c->registers;
}

/* Returns the divisor, rounded, that makes `parts` ticks of a bit; 0 if it is not in [least, most]. */
static uint32_t divisor(const struct stk_bare_uart_config *c, uint32_t parts, uint32_t least, uint32_t most) {
    uint64_t n = ((uint64_t)c->clock_hz * 2u / ((uint64_t)c->baud * parts) + 1u) / 2u;
    return n >= least && n <= most ? (uint32_t)n : 0;
}

/* Returns true if the driver has to set the baud rate. The configuration has 0 where a boot loader has set the rate, or
 * where the UART of an emulator has no rate. */
static bool sets_rate(const struct stk_bare_uart_config *c) {
    return c->clock_hz != 0 && c->baud != 0;
}

/// CMSDK. Source: Arm Cortex-M System Design Kit Technical Reference Manual, 4.3 ///

enum {
    CMSDK_DATA = 0,
    CMSDK_STATE = 1, /* bit 0: transmitter full, bit 1: a byte has come */
    CMSDK_CTRL = 2,  /* bit 0: transmitter on, bit 1: receiver on */
    CMSDK_DIVIDER = 4
};

static int cmsdk_init(const struct stk_bare_uart_config *c) {
    /* The least divisor that the hardware takes is 16; an emulator needs one too, or it counts no rate. */
    uint32_t n = sets_rate(c) ? divisor(c, 1, 16, 0xFFFFF) : 16u;
    if (n == 0) {
        return STK_E_RANGE;
    }
    if (sets_rate(c) || words(c)[CMSDK_DIVIDER] < 16u) {
        words(c)[CMSDK_DIVIDER] = n;
    }
    words(c)[CMSDK_CTRL] = 3;
    return STK_OK;
}

/* Sends a byte if the transmitter has room for one. */
static bool cmsdk_put(const struct stk_bare_uart_config *c, uint8_t byte) {
    bool room = (words(c)[CMSDK_STATE] & 1u) == 0;
    if (room) {
        words(c)[CMSDK_DATA] = byte;
    }
    return room;
}

/* Takes the byte that has come, if there is one. The receiver keeps a single byte. */
static bool cmsdk_get(const struct stk_bare_uart_config *c, uint8_t *byte) {
    bool has = (words(c)[CMSDK_STATE] & 2u) != 0;
    if (has) {
        *byte = (uint8_t)words(c)[CMSDK_DATA];
    }
    return has;
}

/// PL011. Source: Arm PrimeCell UART (PL011) Technical Reference Manual, 3 ///

enum {
    PL011_DATA = 0x00 / 4,
    PL011_FLAGS = 0x18 / 4, /* bit 4: no byte, bit 5: transmitter full */
    PL011_WHOLE = 0x24 / 4,
    PL011_FRACTION = 0x28 / 4,
    PL011_LINE = 0x2C / 4,
    PL011_CTRL = 0x30 / 4,
    PL011_MASK = 0x38 / 4
};

/* Sets the PL011 up. The UART is off meanwhile: the manual forbids changes of the rate while it runs. */
static int pl011_init(const struct stk_bare_uart_config *c) {
    words(c)[PL011_CTRL] = 0;
    if (sets_rate(c)) {
        /* The divisor is of a sixteenth of a bit, and has 6 bits behind the point. */
        uint64_t sixty_fourths = ((uint64_t)c->clock_hz * 4u + c->baud / 2u) / c->baud;
        if (sixty_fourths < 64u || sixty_fourths > 0x3FFFC0u) {
            return STK_E_RANGE;
        }
        words(c)[PL011_WHOLE] = (uint32_t)(sixty_fourths >> 6);
        words(c)[PL011_FRACTION] = (uint32_t)(sixty_fourths & 0x3Fu);
    }
    words(c)[PL011_LINE] = 0x70; /* 8 bits, FIFOs on; this write takes the rate over */
    words(c)[PL011_MASK] = 0;
    words(c)[PL011_CTRL] = 0x301;
    return STK_OK;
}

/* Sends a byte if the FIFO has room. */
static bool pl011_put(const struct stk_bare_uart_config *c, uint8_t byte) {
    bool room = (words(c)[PL011_FLAGS] & 0x20u) == 0;
    if (room) {
        words(c)[PL011_DATA] = byte;
    }
    return room;
}

/* Takes a byte from the FIFO. The upper bits of the data register are error flags, and are dropped. */
static bool pl011_get(const struct stk_bare_uart_config *c, uint8_t *byte) {
    bool has = (words(c)[PL011_FLAGS] & 0x10u) == 0;
    if (has) {
        *byte = (uint8_t)words(c)[PL011_DATA];
    }
    return has;
}

/// 16550. Source: PC16550D data sheet, National Semiconductor, 8 ///

enum {
    NS_DATA = 0, /* while the latch is open, this register holds the low byte of the divisor */
    NS_INTERRUPTS = 1,
    NS_FIFOS = 2,
    NS_LINE = 3,
    NS_MODEM = 4,
    NS_STATUS = 5 /* bit 0: a byte has come, bit 5: the transmitter has room */
};

/* Returns a register of the 16550. Boards with a bus of words give each register four bytes. */
static volatile uint8_t *ns(const struct stk_bare_uart_config *c, uint32_t index) {
    return (volatile uint8_t *)c->registers + (size_t)index * (c->stride != 0 ? c->stride : 1u);
}

/* Sets the 16550 up. Bit 7 of the line register lays the divisor over the first two registers. */
static int ns_init(const struct stk_bare_uart_config *c) {
    if (c->stride > 1 && c->stride != 4) {
        return STK_E_ARG;
    }
    *ns(c, NS_INTERRUPTS) = 0;
    if (sets_rate(c)) {
        uint32_t n = divisor(c, 16, 1, 0xFFFF);
        if (n == 0) {
            return STK_E_RANGE;
        }
        *ns(c, NS_LINE) = 0x80;
        *ns(c, NS_DATA) = (uint8_t)n;
        *ns(c, NS_INTERRUPTS) = (uint8_t)(n >> 8);
    }
    /* 8 bits, no parity, one stop bit, and the divisor out of the way. */
    *ns(c, NS_LINE) = 0x03;
    /* FIFOs on, and empty. */
    *ns(c, NS_FIFOS) = 0x07;
    /* DTR and RTS, for a host that waits for them. */
    *ns(c, NS_MODEM) = 0x03;
    return STK_OK;
}

/* Sends a byte if the transmitter is empty. Its FIFO has room for more, which this driver does not use. */
static bool ns_put(const struct stk_bare_uart_config *c, uint8_t byte) {
    bool room = (*ns(c, NS_STATUS) & 0x20u) != 0;
    if (room) {
        *ns(c, NS_DATA) = byte;
    }
    return room;
}

/* Takes a byte from the FIFO, if there is one. */
static bool ns_get(const struct stk_bare_uart_config *c, uint8_t *byte) {
    bool has = (*ns(c, NS_STATUS) & 1u) != 0;
    if (has) {
        *byte = *ns(c, NS_DATA);
    }
    return has;
}

/// The port ///

/* The drivers, by STK_UART_*. Number 0 is none. */
static const struct stk_bare_uart_ops kinds[] = {
    [STK_UART_CMSDK] = {cmsdk_init, cmsdk_put, cmsdk_get},
    [STK_UART_PL011] = {pl011_init, pl011_put, pl011_get},
    [STK_UART_16550] = {ns_init, ns_put, ns_get},
};

int stk_bare_uart_init(struct stk_bare_uart *uart, const struct stk_bare_uart_config *config) {
    if (!uart || !config || !config->registers || !config->platform.ops || config->kind == 0 ||
        config->kind >= sizeof kinds / sizeof *kinds) {
        return STK_E_ARG;
    }
    *uart = (struct stk_bare_uart){.config = *config, .ops = &kinds[config->kind]};
    return uart->ops->init(&uart->config);
}

/* A UART whose other side holds it (CTS, or an emulator without a reader) takes nothing: the deadline ends that. */
int stk_bare_uart_write(struct stk_bare_uart *uart, const void *data, uint32_t bytes, uint64_t timeout_ns) {
    const struct stk_platform_port *platform = &uart->config.platform;
    const uint8_t *in = data;
    struct stk_deadline deadline;
    stk_deadline_start(&deadline, timeout_ns, platform->ops->now_ns(platform->ctx));
    while (bytes != 0) {
        /* The clock is read before the UART is looked at. So the UART is looked at once more after the deadline, also
         * when the core paused between the two. */
        uint64_t left = stk_deadline_look(&deadline, platform->ops->now_ns(platform->ctx));
        if (uart->ops->put(&uart->config, *in)) {
            in++;
            bytes--;
        } else if (left == 0) {
            return STK_E_TIMEOUT;
        }
    }
    return STK_OK;
}

/* If nobody reads for too long, the FIFO is full and further bytes are lost. The numbers of frames show such a loss. */
uint32_t stk_bare_uart_read(struct stk_bare_uart *uart, void *data, uint32_t bytes) {
    uint8_t *out = data;
    uint32_t n = 0;
    while (n < bytes && uart->ops->get(&uart->config, out + n)) {
        n++;
    }
    return n;
}
