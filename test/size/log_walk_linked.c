/* A program that keeps a log and also walks forward through the records itself. */
#include "stoker/log.h"

static struct stk_log kept;
static struct stk_log_iter walk;
static struct stk_log_cell cell;
static uint8_t buffer[256];

int main(void) {
    static struct stk_log_config config = {.buffer = buffer, .buffer_bytes = sizeof buffer};
    int err = stk_log_format(&kept, &config, 1, 0);
    err |= stk_log_mount(&kept, &config);
    err |= stk_log_append_cell(&kept, 0, cell.body);
    err |= stk_log_poll(&kept);
    err |= stk_log_sync(&kept);
    err |= stk_log_walk(&kept, &walk, buffer, sizeof buffer);
    return err | stk_log_next_cell(&walk, &cell);
}
