#include "line.h"

#include <string.h>

#include "board.h"
#include "stoker/le.h"
#include "stoker/port/bare_frame.h"
#include "stoker/port/bare_uart.h"

#define DATA_MAX   200u
#define TIMEOUT_NS UINT64_C(1000000000)

static struct stk_bare_uart uart;
static uint16_t sequence;
static uint8_t frame[STK_FRAME_BYTES(DATA_MAX)];
static uint8_t *const data = frame + STK_FRAME_HEAD_BYTES;

int line_open(const struct stk_platform_port *platform) {
    const struct stk_bare_uart_config config = {
        .kind = BOARD_UART_KIND, .registers = (volatile void *)(uintptr_t)BOARD_UART_ADDRESS, .platform = *platform};
    return stk_bare_uart_init(&uart, &config);
}

/* Sends the `bytes` bytes that lie in `data`. */
static void send(uint32_t type, uint32_t bytes) {
    int n = stk_frame_encode(frame, type, sequence, data, bytes);
    sequence++;
    if (n > 0) {
        (void)!stk_bare_uart_write(&uart, frame, (uint32_t)n, TIMEOUT_NS);
    }
}

void line_words(uint32_t type, const uint32_t *words, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        stk_put32(data + (size_t)4u * i, words[i]);
    }
    send(type, 4u * count);
}

void line_text(const char *text) {
    size_t n = strlen(text);
    n = n < DATA_MAX ? n : DATA_MAX;
    memcpy(data, text, n);
    send(STK_FRAME_TEXT, (uint32_t)n);
}

void line_snapshot(const struct stk_snapshot *snapshot, uint64_t time_ns) {
    stk_frame_snapshot(data, snapshot, time_ns);
    send(STK_FRAME_SNAPSHOT, STK_FRAME_SNAPSHOT_BYTES);
}
