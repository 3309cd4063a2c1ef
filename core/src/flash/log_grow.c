/* Grows a flash log to a larger partition. Growing is apart from mount, so that a firmware that never grows does not
 * link this code. */
#include "log_internal.h"

/* Leaves the block in use and enters the next one, whose header has the new number of blocks. The growth is in force
 * once that header is the newest one on the flash; a cut before that leaves the log with its old number of blocks. */
static int enter_next(struct stk_log *log) {
    int err;
    log->page = log->block_pages;
    err = stk_log_settle(log);
    /* Page 0: the header shares its page with records and was not programmed by the settle. */
    if (err == STK_OK && log->page == 0u) {
        err = stk_log_flush(log);
    }
    return err == STK_OK ? stk_log_sync(log) : err;
}

int stk_log_grow(struct stk_log *log, const struct stk_log_config *config) {
    uint32_t blocks;
    int err = stk_log_find(log, config, &blocks);
    if (err == STK_OK && blocks != log->geometry.blocks) {
        err = blocks < log->geometry.blocks ? enter_next(log) : STK_E_FORMAT;
    }
    if (err != STK_OK) {
        log->config.flash.ops = NULL;
    }
    return err;
}
