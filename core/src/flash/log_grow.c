/* Grows a flash log to a larger partition. Growing is apart from mount, so that a firmware that never grows does not
 * link this code. */
#include "log_internal.h"

/* Leaves the block in use and enters the next one, whose header has the new number of blocks. The growth is in force
 * once that header is the newest one on the flash; a cut before that leaves the log with its old number of blocks. */
static int enter_next(struct stk_log *log) {
    int err;
    log->cell = log->block_cells;
    err = stk_log_settle(log);
    /* Cell 0: the header shares its page with records and was not programmed by the settle. */
    if (err == STK_OK && log->cell == 0u) {
        err = stk_log_flush(log);
    }
    return err == STK_OK ? stk_log_sync(log) : err;
}

int stk_log_grow(struct stk_log *log, const struct stk_log_config *config) {
    int err = stk_log_find(log, config, 1);
    if (err == STK_OK && log->blocks != log->geometry.blocks) {
        err = log->blocks < log->geometry.blocks ? enter_next(log) : STK_E_FORMAT;
        log->blocks = log->geometry.blocks;
    }
    if (err != STK_OK) {
        log->config.flash.ops = NULL;
    }
    return err;
}
