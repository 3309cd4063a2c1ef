/* Putting what this open made into cache and store. */
#include "persist.h"

int stk_opencl_persist(struct stk_opencl *cl) {
    int program = cl->own.persisted.has_keys && !cl->own.persisted.saved && cl->built_from == STK_OPENCL_MADE;
    int outcome = cl->own.persisted.has_keys && !cl->own.persisted.saved && cl->proved_from == STK_OPENCL_MADE;
    if (!cl->own.program.program) {
        return 0; /* lost: there may be one after a recovery */
    }
    if (program) {
        stk_opencl_save_program(cl);
    }
    if (outcome) {
        stk_opencl_save_outcome(cl);
    }
    cl->own.persisted.saved = 1;
    return program + outcome;
}

int stk_opencl_persist_now(struct stk_opencl *cl) {
    if (!cl->config.persist_later) {
        (void)!stk_opencl_persist(cl);
    }
    return STK_OK;
}
