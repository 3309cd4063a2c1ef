/* tools/check-examples compiles this file with the example of stoker/replay.h in the place of EXAMPLE. */
#include "stoker/stoker.h"

void open_targets(struct stk_replay_config *config, const struct stk_replay_shape *shape);
int example(struct stk_log_iter iter, struct stk_replay_config config, struct stk_arena arena);

int example(struct stk_log_iter iter, struct stk_replay_config config, struct stk_arena arena) {
    struct stk_replay_report report;
    struct stk_replay replay;
    uint32_t skipped;
    int what = STK_E_NOENT;
    EXAMPLE;
    return what;
}
