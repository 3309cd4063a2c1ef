/* stoker port: measures a unit of cost as a slot takes it: a sum over a stretch of the payload beside a NOP, in the
 * memory and the mode that were found. Reads of a loop that does nothing else may overlap where those of a handler wait
 * for one another. So launches over an empty ring (calibrate.c) say how one lane compares with all, and this file says
 * how long all take. */
#include "../launch/launch.h"
#include "../drive/drive.h"
#include "search.h"
#include "stoker/ring.h"

/* Least payload bytes of the sum. The time of a shorter sum is less than the variation of a round trip. */
#define BYTES_MIN 4096u
/* Most payload bytes of the sum. */
#define BYTES_MAX (256u << 10)
/* Runs of each slot, of which the fastest counts: any may lose its core for a while. */
#define RUNS    5
#define SLOT_NS UINT64_C(2000000000)

/* Publishes one slot and waits for its end. Sets *best if this was the fastest so far. STK_E_TIMEOUT: the slot did not
 * end, so nothing is measured. */
static int time_slot(struct stk_opencl *cl, const struct stk_work *work, uint64_t *best) {
    struct stk_ring ring = {.words = cl->memory.ring, .slots = cl->memory.slots};
    uint64_t start = stk_opencl_now_ns(), took;
    struct stk_deadline end;
    int err = stk_ring_publish(&ring, 0, work), did;
    stk_deadline_start(&end, stk_opencl_allowed(cl, SLOT_NS), start);
    while (err == STK_OK && stk_ring_status(&ring, 0) != (int)STK_SLOT_DONE) {
        did = stk_opencl_step(cl, STK_OPENCL_AIM_WORK);
        err = did < 0 ? did : stk_deadline_look(&end, stk_opencl_now_ns()) == 0u ? STK_E_TIMEOUT : STK_OK;
    }
    took = stk_opencl_now_ns() - start;
    *best = took < *best ? took : *best;
    return err;
}

/* Sets the costs of a unit from the time of a sum over so many bytes. The ratio of one lane to all stays as it was. */
static void set_cost(struct stk_opencl_outcome *o, uint64_t took_ns, uint32_t bytes) {
    uint64_t lanes = o->lane_cost / (o->unit_cost ? o->unit_cost : 1u), unit = (took_ns << 20) / bytes;
    o->unit_cost = unit ? unit : 1u;
    o->lane_cost = o->unit_cost * (lanes ? lanes : 1u);
}

int stk_opencl_pace(struct stk_opencl *cl) {
    const struct stk_opencl_config *config = &cl->config;
    /* The user's limits do not hold for this slot, and nothing ends the mode in between. */
    const struct stk_opencl_terms terms = {
        .workers = config->workers, .watch_ns = UINT64_MAX, .deadline_ns = UINT64_MAX};
    uint32_t bytes = config->payload_bytes < BYTES_MAX ? config->payload_bytes & ~3u : BYTES_MAX;
    const uint32_t args[] = {0, bytes};
    const struct stk_work nop = {.opcode = STK_OP_NOP, .priority = STK_PRIORITY_NORMAL},
                          sum = {STK_OP_SUM64, 0, STK_PRIORITY_NORMAL, 2, args};
    uint64_t idle = UINT64_MAX, took = UINT64_MAX;
    int err = STK_OK, joined;
    if (stk_opencl_mode(cl->mode)->copies || bytes < BYTES_MIN) {
        /* In a mode with copies the time of a slot is mostly the time of the copies. */
        return STK_OK;
    }
    stk_opencl_set_mode(cl, cl->mode, &terms);
    for (int i = 0; i < RUNS && err == STK_OK; i++) {
        err = time_slot(cl, &nop, &idle);
        err = err == STK_OK ? time_slot(cl, &sum, &took) : err;
    }
    joined = stk_opencl_join(cl, SLOT_NS);
    if (err == STK_OK && took > idle) {
        set_cost(&cl->outcome, took - idle, bytes);
    }
    /* A timeout is no error here: the mode was proved, and the pace stays as it was. */
    err = err == STK_E_TIMEOUT ? STK_OK : err;
    return joined == STK_OK ? err : STK_E_DEVICE;
}
