/* stoker port: puts the program and the outcome that this open made into cache and store. The records are made in
 * program.c and outcome.c. */
#include "persist.h"

int stk_opencl_persist(struct stk_opencl *cl) {
    int program = cl->own.persisted.has_keys && !cl->own.persisted.saved && cl->built_from == STK_OPENCL_MADE;
    int outcome = cl->own.persisted.has_keys && !cl->own.persisted.saved && cl->proved_from == STK_OPENCL_MADE;
    if (!cl->own.program.program) {
        /* The device is lost, so there is no program now. A recovery may make one, and a later call then puts this
         * program into cache and store. */
        return 0;
    }
    if (program) {
        stk_opencl_save_program(cl);
    }
    if (outcome) {
        stk_opencl_save_outcome(cl);
    }
    /* This is set also when the cache or the store did not take a record, so there is one try. persist_note has the
     * reason. */
    cl->own.persisted.saved = 1;
    return program + outcome;
}

int stk_opencl_persist_now(struct stk_opencl *cl) {
    if (!cl->config.persist_later) {
        (void)!stk_opencl_persist(cl);
    }
    return STK_OK;
}
