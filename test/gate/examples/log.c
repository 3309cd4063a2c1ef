/* tools/check-examples compiles this file with the example of stoker/log.h in the place of EXAMPLE. */
#include "stoker/log.h"

int example(struct stk_log log, struct stk_log_config config, struct stk_log_record record, uint32_t id);

int example(struct stk_log log, struct stk_log_config config, struct stk_log_record record, uint32_t id) {
    int err;
    EXAMPLE;
    return err;
}
