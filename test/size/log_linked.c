/* Links the library as a program does that keeps a log through power cuts and bad blocks. A host reads the records from
 * the flash image. */
#include "stoker/log.h"

static struct stk_log kept;
static uint8_t body[STK_LOG_BODY_BYTES];
static uint8_t buffer[256];

int main(void) {
    static struct stk_log_config config = {.buffer = buffer, .buffer_bytes = sizeof buffer};
    int err = stk_log_format(&kept, &config, 1, 0);
    err |= stk_log_mount(&kept, &config);
    err |= stk_log_append_cell(&kept, 0, body);
    err |= stk_log_poll(&kept);
    return err | stk_log_sync(&kept);
}
