/* stoker port template: reads. */
#include "stoker/port/template.h"

/* Checks all reads first: on an error the port takes none of them. A port that cannot write refuses any op but
 * STK_INGEST_READ with STK_E_ACCESS. Queues the reads, starts as many as the hardware takes, and returns the number of
 * reads that the port took. Where the device or a DMA engine writes dst and the CPU has a cache that does not see it,
 * clean and invalidate dst here, before the transfer starts. */
static int template_submit(void *ctx, const struct stk_ingest_read *reads, uint32_t count) {
    (void)ctx;
    (void)reads;
    (void)count;
    return STK_E_UNSUPPORTED;
}

/* Return finished reads. Invalidate dst here once more, after the transfer, since a CPU may have prefetched it. Short
 * reads go on and interrupted ones are retried on this side of the interface. */
static int template_reap(void *ctx, struct stk_ingest_done *done, uint32_t max, uint64_t timeout_ns) {
    (void)ctx;
    (void)done;
    (void)max;
    (void)timeout_ns;
    return STK_E_UNSUPPORTED;
}

/* Ask for the reads in flight with these tags to end; reap still returns each of them once. */
static int template_cancel(void *ctx, uint32_t first, uint32_t last) {
    (void)ctx;
    (void)first;
    (void)last;
    return STK_E_UNSUPPORTED;
}

/* Keep submitted = completed + failed + in flight. */
static void template_stats(void *ctx, struct stk_ingest_stats *stats) {
    (void)ctx;
    *stats = (struct stk_ingest_stats){.submitted = 0};
}

const struct stk_ingest_ops stk_template_ingest_ops = {
    .name = "template",
    .submit = template_submit,
    .reap = template_reap,
    .cancel = template_cancel,
    .stats = template_stats,
};
