/* stoker port: leaves a mode when host and device no longer share the memory. RESIDENT goes on as QUANTUM, QUANTUM as
 * BATCH. No slot is lost: first the launches end, then the slots that they held go back. */
#include "../launch/launch.h"
#include "../memory/memory.h"
#include "../report/report.h"
#include "../state/state.h"
#include "recover.h"

int stk_opencl_step_downgrade(struct stk_opencl *cl) {
    const enum stk_residency lower = stk_opencl_mode(cl->mode)->lower;
    const struct stk_opencl_terms terms = stk_opencl_user_terms(cl);
    int err = STK_OK;
    /* A launch that still runs could end a slot that was put back, so nothing is put back before the last one is
     * over. */
    while (cl->stats.running) {
        int over = stk_opencl_launch_over(cl);
        if (over < 0) {
            return over;
        }
        if (!over) {
            return stk_opencl_overdue(cl, stk_opencl_now_ns());
        }
        stk_opencl_pop(cl);
    }
    stk_opencl_enter(cl, STK_OPENCL_WORKING);
    /* The ends that the host never saw would make later launches seem over. */
    stk_opencl_forget_ends(cl);
    stk_opencl_put_back(cl, 1);
    if (stk_opencl_mode(lower)->copies) {
        err = stk_opencl_attach_copies(cl, cl->memory.control_words, cl->memory.payload_bytes);
    }
    stk_opencl_set_mode(cl, lower, &terms);
    if (err != STK_OK) {
        return err;
    }
    stk_opencl_say(cl, ", goes on as %s", lower == STK_QUANTUM ? "QUANTUM" : "BATCH");
    return 1;
}
